// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation faults: those that the kernel resolves without anybody noticing,
 * and those that it reports.
 */
#include <fcntl.h>
#include <pthread.h>

#include "cxl_test.h"

#define DSISR_SEGMENT	0x8000000000000000ULL
#define DSISR_STORE	0x0000000002000000ULL

#define LINE 128UL

FIXTURE(fault) {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
	char *src;
	char *dst;
};

FIXTURE_SETUP(fault)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, 8));
	self->page = sysconf(_SC_PAGESIZE);
	self->src = cxl_pages(self->page);
	self->dst = cxl_pages(self->page);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	cxl_fill(self->src, self->page, 1);
	memset(self->dst, 0, self->page);
}

FIXTURE_TEARDOWN(fault)
{
	mc_close(&self->mc);
}

/* Reads the one event that is due, about @address. */
static void check_fault(struct __test_metadata *_metadata, const struct mc *mc,
			const void *address, bool store)
{
	__u64 first = (uintptr_t)address & -LINE;
	struct cxl_event event;

	ASSERT_EQ(0, cxl_read_event(mc->fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ(40, event.header.size);
	EXPECT_EQ(mc->pe, event.header.process_element);
	EXPECT_EQ(0, event.header.reserved1);
	EXPECT_EQ(0, event.fault.flags);
	EXPECT_EQ(0, event.fault.reserved1);
	EXPECT_EQ(0U, event.fault.reserved2);
	EXPECT_EQ(0ULL, event.fault.reserved3);
	EXPECT_LE(first, event.fault.addr);
	EXPECT_GE(first + LINE - 1, event.fault.addr);
	EXPECT_NE(0ULL, event.fault.dsisr);
	/* the rest of the word is undefined when the segment is missing */
	if (!(event.fault.dsisr & DSISR_SEGMENT))
		EXPECT_EQ(store, !!(event.fault.dsisr & DSISR_STORE));
}

/* Gives the AFU a bad address, then a good one in the same element. */
static void bad_address(struct __test_metadata *_metadata, struct mc *mc,
			const void *src, void *dst, bool store,
			const char *good_src, char *good_dst)
{
	struct mc_element *element = mc_push(mc, MC_COPY, 64, src, dst);

	ASSERT_NE(NULL, element);
	ASSERT_EQ(MC_AERROR, mc_wait(mc, element, CXL_WAIT_MS)) {
		TH_LOG("from %p to %p", src, dst);
	}
	check_fault(_metadata, mc, store ? dst : src, store);
	ASSERT_EQ(0, mc_wait_stopped(mc));
	EXPECT_EQ(0, cxl_poll(mc->fd, 0));
	element->src = htobe64((uintptr_t)good_src);
	element->dst = htobe64((uintptr_t)good_dst);
	ASSERT_EQ(MC_DONE, mc_retry(mc, element));
	EXPECT_EQ(0, memcmp(good_src, good_dst, 64));
	memset(good_dst, 0, 64);
}

TEST_F(fault, unmapped)
{
	bad_address(_metadata, &self->mc, CXL_HOLE, self->dst, false, self->src, self->dst);
	bad_address(_metadata, &self->mc, self->src, CXL_HOLE, true, self->src, self->dst);
}

TEST_F(fault, no_access)
{
	char *mem = cxl_pages(self->page);

	ASSERT_NE(NULL, mem);
	memset(mem, 1, self->page);
	ASSERT_EQ(0, mprotect(mem, self->page, PROT_NONE));
	bad_address(_metadata, &self->mc, mem, self->dst, false, self->src, self->dst);
	bad_address(_metadata, &self->mc, self->src, mem, true, self->src, self->dst);
}

TEST_F(fault, read_only)
{
	char *mem = cxl_pages(self->page);

	ASSERT_NE(NULL, mem);
	cxl_fill(mem, self->page, 2);
	ASSERT_EQ(0, mprotect(mem, self->page, PROT_READ));
	bad_address(_metadata, &self->mc, self->src, mem, true, self->src, self->dst);
	EXPECT_EQ(-1, cxl_mismatch(mem, self->page, 2));
	/* present for reading all the time */
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, mem, 64));
	EXPECT_EQ(0, memcmp(self->dst, mem, 64));
	bad_address(_metadata, &self->mc, self->src, mem, true, self->src, self->dst);
}

TEST_F(fault, read_only_file)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char *map;

	ASSERT_GE(fd, 0);
	map = mmap(NULL, self->page, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	bad_address(_metadata, &self->mc, self->src, map, true, self->src, self->dst);
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, map, 64));
	EXPECT_EQ(0, memcmp(self->dst, map, 64));
	close(fd);
}

/* Behind the end of the file the kernel has no page either. */
TEST_F(fault, behind_end_of_file)
{
	int fd = memfd_create("cxl", MFD_CLOEXEC);
	char *map;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ftruncate(fd, self->page));
	map = mmap(NULL, 2 * self->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, mc_copy(&self->mc, map, self->src, 64));
	bad_address(_metadata, &self->mc, self->src, map + self->page, true, self->src, self->dst);
	ASSERT_EQ(0, ftruncate(fd, 2 * self->page));
	ASSERT_EQ(0, mc_copy(&self->mc, map + self->page, self->src, 64));
	EXPECT_EQ(0, memcmp(map + self->page, self->src, 64));
	close(fd);
}

#ifdef __LP64__
/* A program must not reach what belongs to the kernel, whatever it asks for. */
TEST_F(fault, kernel_addresses)
{
	static const unsigned long addresses[] = {
		0xc000000000000000UL,
		0xc000000001000000UL,
		0xc00c000000000000UL,
		0xc008000000000000UL,
		0xd000000000000000UL,
		0xf000000000000000UL,
		0x8000000000000000UL,
		0x4000000000000000UL,
		0x1000000000000000UL,
		-LINE,
	};
	unsigned int i;
	char *bad;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		bad = (char *)addresses[i];
		bad_address(_metadata, &self->mc, bad, self->dst, false, self->src, self->dst);
		bad_address(_metadata, &self->mc, self->src, bad, true, self->src, self->dst);
	}
	/* that the CPU used the address does not make it a user's */
	EXPECT_EQ(0, self->dst[0]);
}
#endif

/* The second fault comes before anybody has read about the first. */
TEST_F(fault, two_faults)
{
	char *second = CXL_HOLE + 4 * self->page;
	struct mc_element *element;

	element = mc_push(&self->mc, MC_COPY, 64, CXL_HOLE, self->dst);
	ASSERT_NE(NULL, element);
	ASSERT_EQ(MC_AERROR, mc_wait(&self->mc, element, CXL_WAIT_MS));
	element->src = htobe64((uintptr_t)self->src);
	element->dst = htobe64((uintptr_t)second);
	ASSERT_EQ(MC_AERROR, mc_retry(&self->mc, element));
	check_fault(_metadata, &self->mc, CXL_HOLE, false);
	check_fault(_metadata, &self->mc, second, true);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* What is mapped later is there for the next try. */
TEST_F(fault, mapped_later)
{
	struct mc_element *element;
	void *map;

	element = mc_push(&self->mc, MC_COPY, 64, self->src, CXL_HOLE);
	ASSERT_NE(NULL, element);
	ASSERT_EQ(MC_AERROR, mc_wait(&self->mc, element, CXL_WAIT_MS));
	check_fault(_metadata, &self->mc, CXL_HOLE, true);
	map = mmap(CXL_HOLE, self->page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ASSERT_EQ((void *)CXL_HOLE, map);
	ASSERT_EQ(MC_DONE, mc_retry(&self->mc, element));
	EXPECT_EQ(0, memcmp(self->src, CXL_HOLE, 64));
}

TEST_F(fault, closed_after_fault)
{
	struct mc_element *element;
	int i;

	for (i = 0; i < 20; i++) {
		element = mc_push(&self->mc, MC_COPY, 64, CXL_HOLE, self->dst);
		ASSERT_NE(NULL, element);
		ASSERT_EQ(MC_AERROR, mc_wait(&self->mc, element, CXL_WAIT_MS));
		mc_close(&self->mc);
		ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, 1));
		ASSERT_EQ(0, cxl_poll(self->mc.fd, 0));
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, 64));
	}
}

/*
 * Without a ring the AFU runs into address 0: one event, not more, until it is
 * told to try again.
 */
static void no_ring(struct __test_metadata *_metadata, const char *node, const char *dir,
		    const struct cxl_afu *afu, bool slave)
{
	__u64 before, after;
	struct mc mc = { 0 };

	mc.fd = cxl_open(node, O_RDWR);
	ASSERT_GE(mc.fd, 0);
	ASSERT_EQ(0, cxl_stat(afu, "failed_faults", &before));
	ASSERT_EQ(0, cxl_start_wed(mc.fd, 0));
	ASSERT_EQ(0, cxl_get_pe(mc.fd, &mc.pe));
	check_fault(_metadata, &mc, NULL, false);
	ASSERT_EQ(0, mc_map(&mc, dir));
	if (slave) {
		ASSERT_EQ(0, mc_wait_stopped(&mc));
		EXPECT_EQ(0, cxl_poll(mc.fd, 0));
		ASSERT_EQ(0, cxl_stat(afu, "failed_faults", &after));
		EXPECT_EQ(before + 1, after);
		ASSERT_EQ(0, mc_restart(&mc));
		check_fault(_metadata, &mc, NULL, false);
	}
	mc_close(&mc);
}

TEST_F(fault, no_ring)
{
	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	no_ring(_metadata, self->afu.slave, self->afu.dir, &self->afu, true);
	no_ring(_metadata, self->afu.master, self->afu.master_dir, &self->afu, false);
}

/* The ring cannot be read when the context starts, but later. */
TEST_F(fault, ring_readable_later)
{
	struct mc_element *element;
	struct mc mc;
	size_t bytes;

	ASSERT_EQ(0, mc_open(&mc, self->afu.slave, 1));
	bytes = mc.entries * sizeof(*mc.ring);
	ASSERT_EQ(0, mprotect(mc.ring, bytes, PROT_NONE));
	ASSERT_EQ(0, mc_start(&mc, NULL));
	ASSERT_EQ(0, mc_map(&mc, self->afu.dir));
	check_fault(_metadata, &mc, mc.ring, false);
	ASSERT_EQ(0, mprotect(mc.ring, bytes, PROT_READ | PROT_WRITE));
	element = mc_push(&mc, MC_COPY, 64, self->src, self->dst);
	ASSERT_NE(NULL, element);
	ASSERT_EQ(0, mc_restart(&mc));
	ASSERT_EQ(MC_DONE, mc_wait(&mc, element, CXL_WAIT_MS));
	EXPECT_EQ(0, memcmp(self->src, self->dst, 64));
	mc_close(&mc);
}

/* The ring is missing when the context starts, and is there afterwards. */
TEST_F(fault, ring_mapped_later)
{
	struct mc_element *element;
	struct mc mc;
	size_t bytes;
	void *ring;

	ASSERT_EQ(0, mc_open(&mc, self->afu.slave, 1));
	bytes = mc.entries * sizeof(*mc.ring);
	ASSERT_EQ(0, munmap(mc.ring, bytes));
	mc.ring = (void *)CXL_HOLE;
	ASSERT_EQ(0, mc_start(&mc, NULL));
	ASSERT_EQ(0, mc_map(&mc, self->afu.dir));
	check_fault(_metadata, &mc, mc.ring, false);
	ring = mmap(mc.ring, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ASSERT_EQ((void *)mc.ring, ring);
	element = mc_push(&mc, MC_COPY, 64, self->src, self->dst);
	ASSERT_NE(NULL, element);
	ASSERT_EQ(0, mc_restart(&mc));
	ASSERT_EQ(MC_DONE, mc_wait(&mc, element, CXL_WAIT_MS));
	EXPECT_EQ(0, memcmp(self->src, self->dst, 64));
	mc_close(&mc);
}

/* Then the status cannot be written, and the event is all there is. */
TEST_F(fault, read_only_ring)
{
	struct mc_element *element;
	size_t bytes;

	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_STOP, 0, NULL, NULL));
	ASSERT_EQ(0, mc_wait_stopped(&self->mc));
	element = mc_push(&self->mc, MC_COPY, 64, self->src, self->dst + 64);
	ASSERT_NE(NULL, element);
	bytes = self->mc.entries * sizeof(*self->mc.ring);
	ASSERT_EQ(0, mprotect(self->mc.ring, bytes, PROT_READ));
	ASSERT_EQ(0, mc_restart(&self->mc));
	check_fault(_metadata, &self->mc, element, true);
	EXPECT_EQ(0, element->status);
	ASSERT_EQ(0, mprotect(self->mc.ring, bytes, PROT_READ | PROT_WRITE));
}

static void *disturb(void *arg)
{
	const struct cxl_afu *afu = arg;
	struct mc_element *element;
	char byte[64];
	struct mc mc;
	long i;

	if (mc_setup(&mc, afu, 1))
		return (void *)1L;
	element = mc_push(&mc, MC_COPY, 64, NULL, byte);
	for (i = 0; i < 200; i++) {
		if (mc_wait(&mc, element, CXL_WAIT_MS) != MC_AERROR)
			break;
		if (mc_retry(&mc, element) != MC_AERROR)
			break;
	}
	mc_close(&mc);
	return (void *)(i == 200 ? 0L : 1L);
}

/* Faults of one context are nothing to the others. */
TEST_F_TIMEOUT(fault, beside_a_faulting_context, 60)
{
	pthread_t thread;
	void *failed;
	int i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, disturb, &self->afu));
	for (i = 0; i < 200; i++) {
		memset(self->dst, 0, self->page);
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
		ASSERT_EQ(-1, cxl_mismatch(self->dst, self->page, 1));
	}
	ASSERT_EQ(0, pthread_join(thread, &failed));
	EXPECT_EQ(0L, (long)failed);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* A page thrown away comes back empty, for the AFU as for the program. */
TEST_F(fault, thrown_away)
{
	int i;

	for (i = 0; i < 50; i++) {
		cxl_fill(self->src, self->page, i);
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
		ASSERT_EQ(-1, cxl_mismatch(self->dst, self->page, i));
		ASSERT_EQ(0, madvise(self->dst, self->page, MADV_DONTNEED));
		/* the old page again would bring back the old content */
		ASSERT_EQ(0, mc_copy(&self->mc, self->src, self->dst, 64));
		ASSERT_EQ(0, self->src[0]);
		ASSERT_EQ(0, self->src[63]);
	}
}

/* New memory at an old address. */
TEST_F(fault, mapped_anew)
{
	void *map;
	int i;

	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, munmap(self->dst, self->page));
		map = mmap(self->dst, self->page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		ASSERT_EQ((void *)self->dst, map);
		cxl_fill(self->src, self->page, i);
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
		ASSERT_EQ(-1, cxl_mismatch(self->dst, self->page, i));
	}
}

FIXTURE(counted) {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
	char *src;
	__u64 pages;
	__u64 failed;
};

FIXTURE_SETUP(counted)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, 64));
	self->page = sysconf(_SC_PAGESIZE);
	self->src = cxl_pages(self->page);
	ASSERT_NE(NULL, self->src);
	cxl_fill(self->src, self->page, 1);
	/* whatever ring and source need, they have it after this */
	ASSERT_EQ(0, mc_copy(&self->mc, self->src + 1024, self->src, 64));
}

FIXTURE_TEARDOWN(counted)
{
	mc_close(&self->mc);
}

#define NEW_PAGES 32U

/* Copies one line to each of the pages; returns the page faults it took. */
static __u64 faults_of_copies(struct __test_metadata *_metadata,
			      const struct cxl_afu *afu, struct mc *mc, const char *src,
			      char *mem, size_t step, bool to_mem)
{
	__u64 before = 0, after = 0;
	unsigned int i;
	int status;

	ASSERT_EQ(0, cxl_stat(afu, "page_faults", &before));
	for (i = 0; i < NEW_PAGES; i++) {
		if (to_mem)
			status = mc_run(mc, MC_COPY, 64, src, mem + i * step);
		else
			status = mc_run(mc, MC_COPY, 64, mem + i * step, (char *)src + 128);
		ASSERT_EQ(MC_DONE, status);
	}
	ASSERT_EQ(0, cxl_stat(afu, "page_faults", &after));
	return after - before;
}

/* One fault for a page that is not there, none once it is. */
TEST_F(counted, new_pages)
{
	char *mem = cxl_pages(NEW_PAGES * self->page);

	ASSERT_NE(NULL, mem);
	EXPECT_EQ(NEW_PAGES, faults_of_copies(_metadata, &self->afu, &self->mc, self->src,
					      mem, self->page, true));
	EXPECT_EQ(0U, faults_of_copies(_metadata, &self->afu, &self->mc, self->src,
				       mem, self->page, true));
	EXPECT_EQ(0U, faults_of_copies(_metadata, &self->afu, &self->mc, self->src,
				       mem, self->page, false));
}

/* What the CPU has written, the AFU may write as well. */
TEST_F(counted, written_pages)
{
	char *mem = cxl_pages(NEW_PAGES * self->page);

	ASSERT_NE(NULL, mem);
	memset(mem, 1, NEW_PAGES * self->page);
	EXPECT_EQ(0U, faults_of_copies(_metadata, &self->afu, &self->mc, self->src,
				       mem, self->page, true));
}

/* A fault that cannot be resolved is taken once. */
TEST_F(counted, failed)
{
	struct cxl_event event;
	__u64 before, after;

	ASSERT_EQ(0, cxl_stat(&self->afu, "failed_faults", &before));
	ASSERT_EQ(MC_AERROR, mc_run(&self->mc, MC_COPY, 64, self->src, CXL_HOLE));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	ASSERT_EQ(0, mc_wait_stopped(&self->mc));
	ASSERT_EQ(0, cxl_stat(&self->afu, "failed_faults", &after));
	EXPECT_EQ(before + 1, after);
}

TEST_HARNESS_MAIN
