// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that changes its rights, its content or its owner while a context
 * works with it, and how the same context goes on afterwards.
 */
#include <signal.h>
#include <sys/mman.h>

#include "cxl_test.h"
#include "machine.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define LINES 1024

FIXTURE(memory) {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
	char *src;
	char *dst;
};

FIXTURE_SETUP(memory)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, LINES));
	self->page = sysconf(_SC_PAGESIZE);
	self->src = cxl_pages(self->page);
	self->dst = cxl_pages(self->page);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
}

FIXTURE_TEARDOWN(memory)
{
	mc_close(&self->mc);
}

/* The element that the AFU has stopped at, NULL if there is none. */
static struct mc_element *failed_element(const struct mc *mc)
{
	unsigned int i;

	for (i = 0; i < mc->entries; i++) {
		if (mc->ring[i].status == MC_AERROR)
			return &mc->ring[i];
	}
	return NULL;
}

/* Fills the ring with copies of a page to another one; returns the last one. */
static struct mc_element *start_ring(struct mc *mc, const char *src, char *dst, size_t page)
{
	struct mc_element *last = NULL, *next;
	size_t offset = 0;

	mc_hold(mc);
	while ((next = mc_push(mc, MC_COPY, MC_COPY_MAX, src + offset, dst + offset))) {
		last = next;
		offset = (offset + MC_COPY_MAX) % page;
	}
	mc_release(mc);
	return last;
}

/* Whether the AFU is through with its ring (false) or has an event (true). */
static bool wait_for_event(struct __test_metadata *_metadata, struct mc *mc,
			   struct mc_element *last)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;

	while (!cxl_poll(mc->fd, 1)) {
		ASSERT_LT(cxl_now_ms(), end);
		if (mc_wait(mc, last, 0) == MC_DONE)
			return false;
	}
	return true;
}

FIXTURE(rights) {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
	char *src;
	char *dst;
};

/* Which of both pages loses which rights */
FIXTURE_VARIANT(rights) {
	bool source;
	int prot;
};

FIXTURE_VARIANT_ADD(rights, no_longer_written) {
	.prot = PROT_READ,
};

FIXTURE_VARIANT_ADD(rights, destination_closed) {
	.prot = PROT_NONE,
};

FIXTURE_VARIANT_ADD(rights, source_closed) {
	.source = true,
	.prot = PROT_NONE,
};

FIXTURE_SETUP(rights)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, LINES));
	self->page = sysconf(_SC_PAGESIZE);
	self->src = cxl_pages(self->page);
	self->dst = cxl_pages(self->page);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
}

FIXTURE_TEARDOWN(rights)
{
	mc_close(&self->mc);
}

/* Until the rights return, nothing more arrives; then the context goes on. */
static void check_and_go_on(struct __test_metadata *_metadata, struct mc *mc,
			    char *victim, size_t page, const char *watched)
{
	struct mc_element *failed;
	struct cxl_event event;
	char *seen = malloc(page);

	ASSERT_NE(NULL, seen);
	ASSERT_EQ(0, cxl_read_event(mc->fd, &event, 0));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_LE((uintptr_t)victim, event.fault.addr);
	EXPECT_GT((uintptr_t)victim + page, event.fault.addr);
	ASSERT_EQ(0, mc_wait_stopped(mc));
	failed = failed_element(mc);
	ASSERT_NE(NULL, failed);
	memcpy(seen, watched, page);
	/* the AFU has been told, it does not try again by itself */
	EXPECT_EQ(0, cxl_poll(mc->fd, 2));
	EXPECT_EQ(0, memcmp(seen, watched, page));
	free(seen);
	ASSERT_EQ(0, mprotect(victim, page, PROT_READ | PROT_WRITE));
	ASSERT_EQ(MC_DONE, mc_retry(mc, failed));
}

/* Taken away and given back again and again, always with the same context. */
TEST_F_TIMEOUT(rights, toggled, 60)
{
	unsigned int i, rounds = machine_rounds(20), faulted = 0;
	char *victim = variant->source ? self->src : self->dst;
	struct mc_element *last;

	for (i = 0; i < rounds; i++) {
		cxl_fill(self->src, self->page, i);
		last = start_ring(&self->mc, self->src, self->dst, self->page);
		ASSERT_EQ(0, mprotect(victim, self->page, variant->prot));
		if (wait_for_event(_metadata, &self->mc, last)) {
			/* what cannot be looked at is not */
			check_and_go_on(_metadata, &self->mc, victim, self->page,
					variant->prot == PROT_READ || variant->source ?
					self->dst : self->src);
			faulted++;
		}
		ASSERT_EQ(0, mprotect(victim, self->page, PROT_READ | PROT_WRITE));
		ASSERT_EQ(MC_DONE, mc_wait(&self->mc, last, CXL_WAIT_MS));
		EXPECT_EQ(-1, cxl_mismatch(self->dst, self->page, i));
		EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
	}
	EXPECT_GT(faulted, 0U);
}

/* A child that keeps what it has got by the fork, until the pipe closes. */
static pid_t keeper(const char *mem, size_t bytes, unsigned int seed, int pipe_fds[2])
{
	pid_t pid;
	char byte;

	if (pipe(pipe_fds))
		return -1;
	pid = fork();
	if (pid)
		close(pipe_fds[0]);
	if (pid)
		return pid;
	close(pipe_fds[1]);
	if (read(pipe_fds[0], &byte, 1))
		_exit(2);
	_exit(cxl_mismatch(mem, bytes, seed) == -1 ? 0 : 1);
}

/*
 * The page is shared after the fork, then the CPU writes to it and has a new
 * one. The AFU, which may have known the old one, has to read the new one.
 */
TEST_F_TIMEOUT(memory, read_after_copy_on_write, 60)
{
	unsigned int i, rounds = machine_rounds(10);
	int pipe_fds[2], status;
	pid_t pid;

	for (i = 0; i < rounds; i++) {
		cxl_fill(self->src, self->page, 2 * i);
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
		pid = keeper(self->src, self->page, 2 * i, pipe_fds);
		ASSERT_GT(pid, 0);
		/* a translation of the page that is shared now */
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
		cxl_fill(self->src, self->page, 2 * i + 1);
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
		EXPECT_EQ(-1, cxl_mismatch(self->dst, self->page, 2 * i + 1));
		close(pipe_fds[1]);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
}

/* Copies to @dst all the time, and returns how often it was wrong. */
static int copy_alone(const struct cxl_afu *afu, char *src, char *dst, size_t page,
		      unsigned int seed)
{
	unsigned int i, rounds = machine_rounds(20);
	struct mc mc;
	int wrong = 0;

	if (mc_setup(&mc, afu, 8))
		return 100;
	for (i = 0; i < rounds; i++) {
		cxl_fill(src, page, seed + i);
		wrong += mc_copy(&mc, dst, src, page) ||
			 cxl_mismatch(dst, page, seed + i) != -1;
	}
	mc_close(&mc);
	return wrong;
}

/* Two processes, one address, two contexts: each has its own page. */
TEST_F_TIMEOUT(memory, same_address_in_parent_and_child, 60)
{
	int status;
	pid_t pid;

	memset(self->dst, 1, self->page);
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(copy_alone(&self->afu, self->src, self->dst, self->page, 1000));
	EXPECT_EQ(0, copy_alone(&self->afu, self->src, self->dst, self->page, 2000));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* The kernel may drop such memory, but not what was written after the call. */
TEST_F_TIMEOUT(memory, freed_and_written, 60)
{
	unsigned int i, j, rounds = machine_rounds(10), dropped = 0;
	const unsigned int pages = 8;
	char *mem = cxl_pages(pages * self->page), *page;

	ASSERT_NE(NULL, mem);
	for (i = 0; i < rounds; i++) {
		cxl_fill(self->src, self->page, i);
		for (j = 0; j < pages; j++)
			ASSERT_EQ(0, mc_copy(&self->mc, mem + j * self->page, self->src,
					     self->page));
		machine_drain_lists();
		ASSERT_EQ(0, madvise(mem, pages * self->page, MADV_FREE));
		cxl_fill(self->src, self->page, i + 1000);
		for (j = 0; j < pages; j += 2)
			ASSERT_EQ(0, mc_copy(&self->mc, mem + j * self->page, self->src,
					     self->page));
		machine_drain_lists();
		ASSERT_EQ(0, madvise(mem, pages * self->page, MADV_PAGEOUT));
		for (j = 0; j < pages; j++) {
			page = mem + j * self->page;
			if (j % 2)
				dropped += cxl_mismatch(page, self->page, i) != -1;
			else
				EXPECT_EQ(-1, cxl_mismatch(page, self->page, i + 1000));
		}
	}
	/* else the kernel never did what this is about */
	EXPECT_GT(dropped, 0U);
}

/* The heap shrinks while the AFU writes to it, and grows again, empty. */
TEST_F_TIMEOUT(memory, heap, 60)
{
	unsigned int i, rounds = machine_rounds(10), faulted = 0;
	char *end = sbrk(0), *heap = end + (-(uintptr_t)end & (self->page - 1));
	struct mc_element *last, *failed;
	struct cxl_event event;

	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, brk(heap + self->page));
		EXPECT_EQ(0, heap[0]);
		EXPECT_EQ(0, memcmp(heap, heap + 1, self->page - 1));
		cxl_fill(self->src, self->page, i);
		last = start_ring(&self->mc, self->src, heap, self->page);
		ASSERT_EQ(0, brk(heap));
		if (wait_for_event(_metadata, &self->mc, last)) {
			faulted++;
			ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
			EXPECT_LE((uintptr_t)heap, event.fault.addr);
			ASSERT_EQ(0, mc_wait_stopped(&self->mc));
			failed = failed_element(&self->mc);
			ASSERT_NE(NULL, failed);
			ASSERT_EQ(0, brk(heap + self->page));
			ASSERT_EQ(0, heap[0]);
			ASSERT_EQ(MC_DONE, mc_retry(&self->mc, failed));
			ASSERT_EQ(MC_DONE, mc_wait(&self->mc, last, CXL_WAIT_MS));
			ASSERT_EQ(0, brk(heap));
		}
	}
	ASSERT_EQ(0, brk(end));
	EXPECT_GT(faulted, 0U);
}

/* A huge page goes back to the pool while the AFU writes to it. */
TEST_F_TIMEOUT(memory, huge_page_unmapped, 60)
{
	size_t huge = cxl_huge_page_size();
	long long old = huge ? cxl_set_huge_pages(1) : -1;
	unsigned int i, rounds = machine_rounds(4), faulted = 0;
	struct mc_element *last;
	struct cxl_event event;
	char *map, *alias;
	int fd = -1;

	if (old >= 0)
		fd = memfd_create("cxl", MFD_CLOEXEC | MFD_HUGETLB);
	if (fd < 0 || ftruncate(fd, huge))
		SKIP(return, "no huge pages");
	alias = mmap(NULL, huge, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (alias == MAP_FAILED)
		SKIP(return, "no huge page free");
	for (i = 0; i < rounds; i++) {
		map = mmap(NULL, huge, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ASSERT_NE(MAP_FAILED, map);
		cxl_fill(self->src, self->page, i);
		last = start_ring(&self->mc, self->src, map, self->page);
		ASSERT_EQ(0, munmap(map, huge));
		cxl_fill(alias, self->page, i + 1000);
		if (wait_for_event(_metadata, &self->mc, last)) {
			faulted++;
			ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
			EXPECT_LE((uintptr_t)map, event.fault.addr);
			EXPECT_GT((uintptr_t)map + huge, event.fault.addr);
		}
		EXPECT_EQ(-1, cxl_mismatch(alias, self->page, i + 1000));
		mc_close(&self->mc);
		ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, LINES));
	}
	EXPECT_GT(faulted, 0U);
	munmap(alias, huge);
	close(fd);
	cxl_set_huge_pages(old);
}

#define BURST_CONTEXTS 32

/* Wrong addresses without end, from many contexts, and nobody reads of them. */
TEST_F_TIMEOUT(memory, burst_of_bad_addresses, 60)
{
	unsigned int i, round, rounds = machine_rounds(40), events;
	struct mc_element *elements[BURST_CONTEXTS];
	struct mc bad[BURST_CONTEXTS];
	struct cxl_event event;

	for (i = 0; i < BURST_CONTEXTS; i++) {
		ASSERT_EQ(0, mc_setup(&bad[i], &self->afu, 1));
		elements[i] = mc_push(&bad[i], MC_COPY, 64, self->src,
				      CXL_HOLE + i * self->page);
	}
	for (round = 0; round < rounds; round++) {
		/* the good context among them gets on */
		cxl_fill(self->src, self->page, round);
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
		ASSERT_EQ(-1, cxl_mismatch(self->dst, self->page, round));
		for (i = 0; i < BURST_CONTEXTS; i++) {
			ASSERT_EQ(MC_AERROR, mc_wait(&bad[i], elements[i], CXL_WAIT_MS));
			ASSERT_EQ(0, mc_wait_stopped(&bad[i]));
			elements[i]->status = 0;
			mc_reg_write(&bad[i], MC_REG_CONTROL, MC_CONTROL_RESTART);
		}
	}
	for (i = 0; i < BURST_CONTEXTS; i++) {
		ASSERT_EQ(MC_AERROR, mc_wait(&bad[i], elements[i], CXL_WAIT_MS));
		for (events = 0; !cxl_read_event(bad[i].fd, &event, 0); events++) {
			EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
			EXPECT_EQ(bad[i].pe, event.header.process_element);
			EXPECT_EQ((uintptr_t)CXL_HOLE + i * self->page,
				  event.fault.addr & -128UL);
		}
		EXPECT_GE(events, 1U);
		EXPECT_LE(events, rounds + 1);
		elements[i]->dst = htobe64((uintptr_t)self->dst);
		EXPECT_EQ(MC_DONE, mc_retry(&bad[i], elements[i]));
		mc_close(&bad[i]);
	}
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

TEST_HARNESS_MAIN
