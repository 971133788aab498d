// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages beside one that the AFU faults on. Those that the process has mapped need no
 * fault of their own; but none is made for the AFU's sake, and none gets rights that
 * the process does not have, or not any more.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "cxl_test.h"
#include "machine.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif

#define LINE	128UL
/* More of them than this need not have anything to do with each other. */
#define GROUP	16U
#define PAGES	(8 * GROUP)

/* What the tests have in common */
struct space {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
	char *src;
	char *dst;
};

static bool space_init(struct __test_metadata *_metadata, struct space *space)
{
	space->mc.fd = -1;
	if (no_afu(_metadata, &space->afu) || !cxl_has_stats(&space->afu))
		return false;
	ASSERT_EQ(0, mc_setup(&space->mc, &space->afu, 64));
	space->page = sysconf(_SC_PAGESIZE);
	space->src = cxl_pages(space->page);
	space->dst = cxl_pages(space->page);
	ASSERT_NE(NULL, space->src);
	ASSERT_NE(NULL, space->dst);
	cxl_fill(space->src, space->page, 1);
	/* the AFU has what it needs itself */
	ASSERT_EQ(0, mc_copy(&space->mc, space->dst, space->src, space->page));
	return true;
}

/* Whole groups that nobody has touched */
static char *groups(const struct space *space, unsigned int pages)
{
	size_t group = GROUP * space->page;
	char *mem = cxl_pages(pages * space->page + group);

	return mem ? mem + (-(uintptr_t)mem & (group - 1)) : NULL;
}

static __u64 count(struct __test_metadata *_metadata, const struct space *space,
		   const char *what)
{
	__u64 value = 0;

	ASSERT_EQ(0, cxl_stat(&space->afu, what, &value));
	return value;
}

/* The AFU loads from a page, or stores to it; with a byte of its own for each. */
static int load(struct space *space, const char *from)
{
	memset(space->dst, 0xee, LINE);
	return mc_run(&space->mc, MC_COPY, LINE, from, space->dst);
}

static int store(struct space *space, char *to, unsigned char byte)
{
	memset(space->src, byte, LINE);
	return mc_run(&space->mc, MC_COPY, LINE, space->src, to);
}

static bool is_all(const char *mem, size_t bytes, unsigned char byte)
{
	return (unsigned char)mem[0] == byte && !memcmp(mem, mem + 1, bytes - 1);
}

FIXTURE(populated) {
	struct space space;
	char *mem;
	int fd;
};

/* How pages get into the page tables without a CPU that uses them */
FIXTURE_VARIANT(populated) {
	int advice;
	bool file;
	bool stores;
};

FIXTURE_VARIANT_ADD(populated, loads) {
	.advice = MADV_POPULATE_WRITE,
};

FIXTURE_VARIANT_ADD(populated, stores) {
	.advice = MADV_POPULATE_WRITE,
	.stores = true,
};

FIXTURE_VARIANT_ADD(populated, loads_of_zeros) {
	.advice = MADV_POPULATE_READ,
};

FIXTURE_VARIANT_ADD(populated, loads_of_a_file) {
	.advice = MADV_POPULATE_READ,
	.file = true,
};

FIXTURE_VARIANT_ADD(populated, stores_to_a_file) {
	.advice = MADV_POPULATE_WRITE,
	.file = true,
	.stores = true,
};

FIXTURE_SETUP(populated)
{
	size_t bytes;
	void *map;

	if (!space_init(_metadata, &self->space))
		SKIP(return, "no memcpy AFU, or no counters in debugfs");
	bytes = PAGES * self->space.page;
	self->mem = groups(&self->space, PAGES);
	ASSERT_NE(NULL, self->mem);
	if (!variant->file)
		return;
	self->fd = memfd_create("cxl", MFD_CLOEXEC);
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, ftruncate(self->fd, bytes));
	map = mmap(self->mem, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		   self->fd, 0);
	ASSERT_EQ(self->mem, map);
}

FIXTURE_TEARDOWN(populated)
{
	mc_close(&self->space.mc);
}

/* A few faults for all of them, and in each page what belongs there. */
TEST_F_TIMEOUT(populated, few_faults, 60)
{
	struct space *space = &self->space;
	size_t page = space->page;
	char line[LINE];
	unsigned int i;
	__u64 faults;

	for (i = 0; i < PAGES && variant->file; i++) {
		memset(line, i + 1, sizeof(line));
		ASSERT_EQ((ssize_t)sizeof(line), pwrite(self->fd, line, sizeof(line), i * page));
	}
	if (madvise(self->mem, PAGES * page, variant->advice))
		SKIP(return, "the kernel does not populate memory");
	faults = count(_metadata, space, "page_faults");
	for (i = 0; i < PAGES; i++) {
		if (variant->stores) {
			ASSERT_EQ(MC_DONE, store(space, self->mem + i * page, i + 2));
			continue;
		}
		ASSERT_EQ(MC_DONE, load(space, self->mem + i * page));
		ASSERT_TRUE(is_all(space->dst, LINE, variant->file ? i + 1 : 0));
	}
	faults = count(_metadata, space, "page_faults") - faults;
	TH_LOG("%u pages, %llu faults", PAGES, (unsigned long long)faults);
	EXPECT_GT(PAGES / 4, faults);
	for (i = 0; i < PAGES && variant->stores; i++)
		EXPECT_TRUE(is_all(self->mem + i * page, LINE, i + 2));
}

FIXTURE(neighbours) {
	struct space space;
	char *mem;
};

FIXTURE_SETUP(neighbours)
{
	if (!space_init(_metadata, &self->space))
		SKIP(return, "no memcpy AFU, or no counters in debugfs");
	self->mem = groups(&self->space, GROUP);
	ASSERT_NE(NULL, self->mem);
}

FIXTURE_TEARDOWN(neighbours)
{
	mc_close(&self->space.mc);
}

/* What nobody touches is not there, whatever becomes of the pages beside it. */
TEST_F(neighbours, not_allocated)
{
	struct space *space = &self->space;
	char *middle = self->mem + 5 * space->page, *other = self->mem + 9 * space->page;
	size_t bytes = GROUP * space->page;

	/* nor does the look make it */
	ASSERT_EQ(0U, machine_count_pages(self->mem, bytes, MACHINE_PAGE_PRESENT));
	if (madvise(middle, space->page, MADV_POPULATE_WRITE))
		SKIP(return, "the kernel does not populate memory");
	ASSERT_EQ(MC_DONE, load(space, middle));
	EXPECT_EQ(1U, machine_count_pages(self->mem, bytes, MACHINE_PAGE_PRESENT));
	ASSERT_EQ(MC_DONE, store(space, other, 1));
	EXPECT_EQ(2U, machine_count_pages(self->mem, bytes, MACHINE_PAGE_PRESENT));
	EXPECT_TRUE(!!(machine_page(middle) & MACHINE_PAGE_PRESENT));
	EXPECT_TRUE(!!(machine_page(other) & MACHINE_PAGE_PRESENT));
}

/* Swapped out pages stay where they are, too: see swap. Here it is pages of others. */
static void check_not_copied(struct __test_metadata *_metadata, struct space *space, char *mem)
{
	__u64 before[GROUP], after[GROUP];
	unsigned int i, written = 6;
	char *page = mem + written * space->page;

	if (madvise(mem, GROUP * space->page, MADV_POPULATE_READ))
		SKIP(return, "the kernel does not populate memory");
	ASSERT_EQ(0, machine_pages(mem, GROUP, before));
	ASSERT_EQ(MC_DONE, load(space, mem));
	ASSERT_EQ(MC_DONE, store(space, page, 0x5a));
	ASSERT_EQ(0, machine_pages(mem, GROUP, after));
	for (i = 0; i < GROUP; i++) {
		EXPECT_TRUE(!!(after[i] & MACHINE_PAGE_PRESENT));
		if (i != written)
			EXPECT_EQ(before[i], after[i]);
	}
	EXPECT_TRUE(is_all(page, LINE, 0x5a));
	/* one after the other they are, each when its turn has come */
	for (i = 0; i < GROUP; i++) {
		ASSERT_EQ(MC_DONE, store(space, mem + i * space->page, i + 1));
		EXPECT_TRUE(is_all(mem + i * space->page, LINE, i + 1));
	}
}

/* The page of zeros is everybody's. */
TEST_F(neighbours, zeros_not_copied)
{
	char *unused = groups(&self->space, GROUP);

	ASSERT_NE(NULL, unused);
	check_not_copied(_metadata, &self->space, self->mem);
	if (madvise(unused, GROUP * self->space.page, MADV_POPULATE_READ))
		return;
	/* and is still empty */
	EXPECT_TRUE(is_all(unused, GROUP * self->space.page, 0));
}

TEST_F(neighbours, file_not_changed)
{
	size_t bytes = GROUP * self->space.page;
	int fd = memfd_create("cxl", MFD_CLOEXEC);
	char *mem, *other;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ftruncate(fd, bytes));
	mem = mmap(self->mem, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0);
	ASSERT_EQ(self->mem, mem);
	check_not_copied(_metadata, &self->space, mem);
	other = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, other);
	EXPECT_TRUE(is_all(other, bytes, 0));
	munmap(other, bytes);
	close(fd);
}

/* Says what a child saw in the end: 0 if nothing has changed. */
static pid_t watch_from_child(const char *mem, size_t bytes, int *end)
{
	int fds[2];
	char byte;
	pid_t pid;

	if (pipe(fds))
		return -1;
	pid = fork();
	if (pid) {
		close(fds[0]);
		*end = fds[1];
		return pid;
	}
	close(fds[1]);
	if (read(fds[0], &byte, 1))
		_exit(2);
	_exit(is_all(mem, bytes, 0) ? 0 : 1);
}

/*
 * After a fork all pages are shared. One is loaded from, by which the others become
 * known to the AFU; from then on half of them are written by it, half by the CPU.
 */
TEST_F_TIMEOUT(neighbours, fork, 60)
{
	struct space *space = &self->space;
	size_t page = space->page;
	int end, status, round;
	unsigned int i;
	pid_t pid;

	for (round = 0; round < 5; round++) {
		ASSERT_EQ(0, madvise(self->mem, GROUP * page, MADV_DONTNEED));
		if (madvise(self->mem, GROUP * page, MADV_POPULATE_WRITE))
			SKIP(return, "the kernel does not populate memory");
		pid = watch_from_child(self->mem, GROUP * page, &end);
		ASSERT_GT(pid, 0);
		ASSERT_EQ(MC_DONE, load(space, self->mem));
		EXPECT_TRUE(is_all(space->dst, LINE, 0));
		for (i = 0; i < GROUP; i += 2)
			ASSERT_EQ(MC_DONE, store(space, self->mem + i * page, i + 1));
		for (i = 1; i < GROUP; i += 2)
			memset(self->mem + i * page, i + 1, LINE);
		for (i = 0; i < GROUP; i++) {
			EXPECT_TRUE(is_all(self->mem + i * page, LINE, i + 1));
			ASSERT_EQ(MC_DONE, load(space, self->mem + i * page));
			EXPECT_TRUE(is_all(space->dst, LINE, i + 1));
		}
		close(end);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ(0, cxl_poll(space->mc.fd, 0));
}

FIXTURE(forbidden) {
	struct space space;
	char *mem;
};

/* Whether the AFU knows the page before it may not use it any more */
FIXTURE_VARIANT(forbidden) {
	bool known;
};

FIXTURE_VARIANT_ADD(forbidden, before) {
	.known = false,
};

FIXTURE_VARIANT_ADD(forbidden, later) {
	.known = true,
};

FIXTURE_SETUP(forbidden)
{
	if (!space_init(_metadata, &self->space))
		SKIP(return, "no memcpy AFU, or no counters in debugfs");
	self->mem = groups(&self->space, GROUP);
	ASSERT_NE(NULL, self->mem);
}

FIXTURE_TEARDOWN(forbidden)
{
	mc_close(&self->space.mc);
}

/* One access that fails: one event, and one fault that has failed. */
static void check_refused(struct __test_metadata *_metadata, struct space *space,
			  char *victim, bool store)
{
	__u64 failed = count(_metadata, space, "failed_faults");
	struct mc_element *element;
	struct cxl_event event;

	element = mc_push(&space->mc, MC_COPY, LINE, store ? space->src : victim,
			  store ? victim : space->dst);
	ASSERT_NE(NULL, element);
	ASSERT_EQ(MC_AERROR, mc_wait(&space->mc, element, CXL_WAIT_MS));
	ASSERT_EQ(0, cxl_read_event(space->mc.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ((uintptr_t)victim, event.fault.addr & -LINE);
	ASSERT_EQ(0, mc_wait_stopped(&space->mc));
	EXPECT_EQ(0, cxl_poll(space->mc.fd, 0));
	EXPECT_EQ(failed + 1, count(_metadata, space, "failed_faults"));
	element->length = 0;
	ASSERT_EQ(MC_DONE, mc_retry(&space->mc, element));
}

/* Rights are taken from some of the pages; the others go on. */
TEST_F(forbidden, by_mprotect)
{
	struct space *space = &self->space;
	size_t page = space->page;
	char *read_only = self->mem + 3 * page, *none = self->mem + 8 * page;
	unsigned int i;

	if (madvise(self->mem, GROUP * page, MADV_POPULATE_WRITE))
		SKIP(return, "the kernel does not populate memory");
	if (variant->known)
		ASSERT_EQ(MC_DONE, load(space, self->mem));
	ASSERT_EQ(0, mprotect(read_only, page, PROT_READ));
	ASSERT_EQ(0, mprotect(none, page, PROT_NONE));
	ASSERT_EQ(MC_DONE, load(space, self->mem + page));
	ASSERT_EQ(MC_DONE, store(space, self->mem + page, 1));

	check_refused(_metadata, space, read_only, true);
	check_refused(_metadata, space, none, false);
	check_refused(_metadata, space, none, true);
	check_refused(_metadata, space, read_only, true);
	ASSERT_EQ(MC_DONE, load(space, read_only));
	EXPECT_TRUE(is_all(space->dst, LINE, 0));

	ASSERT_EQ(0, mprotect(self->mem, GROUP * page, PROT_READ | PROT_WRITE));
	EXPECT_TRUE(is_all(read_only, page, 0));
	EXPECT_TRUE(is_all(none, page, 0));
	for (i = 0; i < GROUP; i++) {
		ASSERT_EQ(MC_DONE, store(space, self->mem + i * page, i + 1));
		EXPECT_TRUE(is_all(self->mem + i * page, LINE, i + 1));
	}
	EXPECT_EQ(0, cxl_poll(space->mc.fd, 0));
}

/* And whole pages are taken away, and come back empty. */
TEST_F(forbidden, by_munmap)
{
	struct space *space = &self->space;
	size_t page = space->page;
	char *hole = self->mem + 7 * page;
	void *map;

	if (madvise(self->mem, GROUP * page, MADV_POPULATE_WRITE))
		SKIP(return, "the kernel does not populate memory");
	if (variant->known)
		ASSERT_EQ(MC_DONE, store(space, hole, 9));
	ASSERT_EQ(0, munmap(hole, page));
	ASSERT_EQ(MC_DONE, load(space, self->mem));
	check_refused(_metadata, space, hole, false);
	check_refused(_metadata, space, hole, true);
	map = mmap(hole, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		   -1, 0);
	ASSERT_EQ((void *)hole, map);
	ASSERT_EQ(MC_DONE, load(space, self->mem + page));
	ASSERT_EQ(MC_DONE, load(space, hole));
	EXPECT_TRUE(is_all(space->dst, LINE, 0));
	ASSERT_EQ(MC_DONE, store(space, hole, 7));
	EXPECT_TRUE(is_all(hole, LINE, 7));
}

TEST_HARNESS_MAIN
