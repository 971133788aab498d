// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program changes its memory while the AFU writes to it. From the moment
 * the system call returns, the AFU must not reach what was taken away, whatever
 * translations it had before.
 *
 * The memory is mapped a second time where the AFU does not know it. There the
 * test leaves a mark that must stay.
 */
#include <fcntl.h>

#include "cxl_test.h"

#define ROUNDS 5
#define DSISR_STORE 0x0000000002000000ULL

struct writer {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
	int fd;
	char *src;
	char *dst;
	char *alias;
	struct mc_element *last;
};

FIXTURE(invalidate) {
	struct writer w;
};

FIXTURE_SETUP(invalidate)
{
	struct writer *w = &self->w;

	if (no_afu(_metadata, &w->afu))
		SKIP(return, "no memcpy AFU");
	w->page = sysconf(_SC_PAGESIZE);
	w->fd = memfd_create("cxl", MFD_CLOEXEC);
	ASSERT_GE(w->fd, 0);
	ASSERT_EQ(0, ftruncate(w->fd, w->page));
	w->src = cxl_pages(w->page);
	ASSERT_NE(NULL, w->src);
	w->alias = mmap(NULL, w->page, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
	ASSERT_NE(MAP_FAILED, w->alias);
	w->mc.fd = -1;
}

FIXTURE_TEARDOWN(invalidate)
{
	struct writer *w = &self->w;

	mc_close(&w->mc);
}

/* Fills the longest possible ring with copies to one page. */
static void push_ring(struct __test_metadata *_metadata, struct writer *w)
{
	unsigned int i, pieces = w->page / MC_COPY_MAX;
	size_t offset;

	for (i = 0; i < w->mc.entries; i++) {
		offset = i % pieces * (size_t)MC_COPY_MAX;
		w->last = mc_push(&w->mc, MC_COPY, MC_COPY_MAX, w->src + offset,
				  w->dst + offset);
		ASSERT_NE(NULL, w->last);
	}
}

/* A new context that is in the middle of writing the page at ->dst. */
static void start_writing(struct __test_metadata *_metadata, struct writer *w,
			  unsigned int seed)
{
	struct mc_element *first;

	w->dst = mmap(NULL, w->page, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
	ASSERT_NE(MAP_FAILED, w->dst);
	cxl_fill(w->src, w->page, seed);
	ASSERT_EQ(0, mc_setup(&w->mc, &w->afu, MC_LINES_MAX));
	mc_hold(&w->mc);
	first = &w->mc.ring[0];
	push_ring(_metadata, w);
	mc_release(&w->mc);
	ASSERT_EQ(MC_DONE, mc_wait(&w->mc, first, CXL_WAIT_MS));
}

/*
 * The AFU either was through with the ring before the change, or it stops with
 * an address error. Returns true in the second case.
 */
static bool wait_for_fault(struct __test_metadata *_metadata, struct writer *w)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;
	__u64 first = (uintptr_t)w->dst;
	struct cxl_event event;

	while (cxl_poll(w->mc.fd, 1) == 0) {
		ASSERT_LT(cxl_now_ms(), end);
		if (mc_wait(&w->mc, w->last, 0) == MC_DONE)
			return false;
	}
	ASSERT_EQ(0, cxl_read_event(w->mc.fd, &event, 0));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_LE(first, event.fault.addr);
	EXPECT_GT(first + w->page, event.fault.addr);
	EXPECT_EQ(DSISR_STORE, event.fault.dsisr & DSISR_STORE);
	return true;
}

/* Marks the memory by its other address, lets the AFU go on, looks again. */
static bool check_mark(struct __test_metadata *_metadata, struct writer *w,
		       unsigned int seed)
{
	bool faulted;

	cxl_fill(w->alias, w->page, seed + 1000);
	faulted = wait_for_fault(_metadata, w);
	EXPECT_EQ(-1, cxl_mismatch(w->alias, w->page, seed + 1000));
	return faulted;
}

TEST_F_TIMEOUT(invalidate, munmap, 120)
{
	struct writer *w = &self->w;
	unsigned int i, faulted = 0;

	for (i = 0; i < ROUNDS; i++) {
		start_writing(_metadata, w, i);
		ASSERT_EQ(0, munmap(w->dst, w->page));
		faulted += check_mark(_metadata, w, i);
		mc_close(&w->mc);
	}
	/* else the AFU has always been too fast, and nothing was tested */
	EXPECT_GT(faulted, 0U);
}

TEST_F_TIMEOUT(invalidate, mprotect, 120)
{
	struct writer *w = &self->w;
	unsigned int i, faulted = 0;

	for (i = 0; i < ROUNDS; i++) {
		start_writing(_metadata, w, i);
		ASSERT_EQ(0, mprotect(w->dst, w->page, PROT_READ));
		faulted += check_mark(_metadata, w, i);
		/* for reading the page is still there */
		mc_close(&w->mc);
		ASSERT_EQ(0, mc_setup(&w->mc, &w->afu, 1));
		ASSERT_EQ(0, mc_copy(&w->mc, w->src, w->dst, 64));
		EXPECT_EQ(0, memcmp(w->src, w->alias, 64));
		mc_close(&w->mc);
		munmap(w->dst, w->page);
	}
	EXPECT_GT(faulted, 0U);
}

/* The memory moves away: the old address is empty, the new one works. */
TEST_F_TIMEOUT(invalidate, mremap, 120)
{
	struct writer *w = &self->w;
	unsigned int i, faulted = 0;
	char *moved;

	for (i = 0; i < ROUNDS; i++) {
		start_writing(_metadata, w, i);
		moved = cxl_pages(w->page);
		ASSERT_NE(NULL, moved);
		moved = mremap(w->dst, w->page, w->page,
			       MREMAP_MAYMOVE | MREMAP_FIXED, moved);
		ASSERT_NE(MAP_FAILED, moved);
		faulted += check_mark(_metadata, w, i);
		mc_close(&w->mc);
		ASSERT_EQ(0, mc_setup(&w->mc, &w->afu, 1));
		ASSERT_EQ(0, mc_copy(&w->mc, moved, w->src, 64));
		EXPECT_EQ(0, memcmp(w->src, w->alias, 64));
		mc_close(&w->mc);
		munmap(moved, w->page);
	}
	EXPECT_GT(faulted, 0U);
}

/* Other memory takes the place: it gets the data, the old page gets none. */
TEST_F_TIMEOUT(invalidate, replace, 120)
{
	struct writer *w = &self->w;
	void *map;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		start_writing(_metadata, w, i);
		map = mmap(w->dst, w->page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		ASSERT_EQ((void *)w->dst, map);
		cxl_fill(w->alias, w->page, i + 1000);
		ASSERT_EQ(MC_DONE, mc_wait(&w->mc, w->last, CXL_WAIT_MS));
		EXPECT_EQ(-1, cxl_mismatch(w->alias, w->page, i + 1000));
		/* the end of the ring came after the change or before it */
		ASSERT_EQ(0, mc_copy(&w->mc, w->dst, w->src, w->page));
		EXPECT_EQ(-1, cxl_mismatch(w->dst, w->page, i));
		EXPECT_EQ(-1, cxl_mismatch(w->alias, w->page, i + 1000));
		mc_close(&w->mc);
		munmap(map, w->page);
	}
}

/* A hole punched into the file takes the page away from all its mappings. */
TEST_F_TIMEOUT(invalidate, punch_hole, 120)
{
	struct writer *w = &self->w;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		start_writing(_metadata, w, i);
		ASSERT_EQ(0, fallocate(w->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				       0, w->page));
		ASSERT_EQ(MC_DONE, mc_wait(&w->mc, w->last, CXL_WAIT_MS));
		/* one page again for both mappings, not an old and a new one */
		ASSERT_EQ(0, mc_copy(&w->mc, w->dst, w->src, w->page));
		EXPECT_EQ(-1, cxl_mismatch(w->alias, w->page, i));
		mc_close(&w->mc);
		munmap(w->dst, w->page);
	}
}

/* Truncated to nothing: the AFU gets what the CPU gets, an error. */
TEST_F_TIMEOUT(invalidate, truncate, 120)
{
	struct writer *w = &self->w;
	unsigned int i, faulted = 0;

	for (i = 0; i < ROUNDS; i++) {
		start_writing(_metadata, w, i);
		ASSERT_EQ(0, ftruncate(w->fd, 0));
		faulted += wait_for_fault(_metadata, w);
		mc_close(&w->mc);
		munmap(w->dst, w->page);
		ASSERT_EQ(0, ftruncate(w->fd, w->page));
	}
	EXPECT_GT(faulted, 0U);
}

/* What a child sees after the fork, it sees unchanged for ever. */
static int watch(const char *mem, size_t bytes)
{
	char *copy = malloc(bytes);
	int i;

	if (!copy)
		return 2;
	memcpy(copy, mem, bytes);
	for (i = 0; i < 200; i++) {
		if (memcmp(copy, mem, bytes))
			return 1;
	}
	return 0;
}

/* The AFU writes private memory of the parent, in turn from two sources. */
TEST_F_TIMEOUT(invalidate, fork, 120)
{
	struct writer *w = &self->w;
	char *mem = cxl_pages(w->page);
	unsigned int i, round;
	int status;
	pid_t pid;

	ASSERT_NE(NULL, mem);
	cxl_fill(w->src, 64, 1);
	cxl_fill(w->src + 64, 64, 2);
	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, mc_setup(&w->mc, &w->afu, MC_LINES_MAX));
		mc_hold(&w->mc);
		for (i = 0; i < w->mc.entries; i++)
			w->last = mc_push(&w->mc, MC_COPY, 64, w->src + i % 2 * 64, mem);
		mc_release(&w->mc);
		ASSERT_EQ(MC_DONE, mc_wait(&w->mc, &w->mc.ring[0], CXL_WAIT_MS));
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid)
			_exit(watch(mem, 64));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		ASSERT_EQ(MC_DONE, mc_wait(&w->mc, w->last, CXL_WAIT_MS));
		EXPECT_EQ(-1, cxl_mismatch(mem, 64, 2));
		mc_close(&w->mc);
	}
}

TEST_HARNESS_MAIN
