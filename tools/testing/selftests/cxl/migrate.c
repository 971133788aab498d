// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel moves pages, joins them to larger ones, splits and merges them
 * while the AFU copies from and to them. Nobody may notice.
 */
#include <sys/mman.h>

#include "cxl_test.h"
#include "machine.h"
#include "relay.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

#define STATION_PAGES 8UL

FIXTURE(migrate) {
	struct cxl_afu afu;
	struct relay relay;
	size_t page;
	size_t bytes;
	char *mem;
};

FIXTURE_SETUP(migrate)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	if (geteuid())
		SKIP(return, "the frames of pages can be seen by root only");
	self->page = sysconf(_SC_PAGESIZE);
	self->bytes = STATION_PAGES * self->page;
	self->mem = cxl_pages(RELAY_STATIONS * self->bytes);
	ASSERT_NE(NULL, self->mem);
	memset(self->mem, 1, RELAY_STATIONS * self->bytes);
}

FIXTURE_TEARDOWN(migrate)
{
}

static __u64 frame(const void *address)
{
	return machine_page(address) & MACHINE_PAGE_FRAME;
}

static void stop(struct __test_metadata *_metadata, struct relay *relay)
{
	EXPECT_EQ(0, relay_stop(relay));
	EXPECT_EQ(-1, relay->wrong);
	EXPECT_GT(relay->rounds, 0UL);
	TH_LOG("%lu rounds", relay->rounds);
}

/* One page after the other goes to another frame. */
TEST_F_TIMEOUT(migrate, offlined, 120)
{
	unsigned int i, moved = 0, rounds = machine_rounds(3 * 4 * STATION_PAGES);
	char *page = self->mem;
	__u64 before;

	if (madvise(page, self->page, MADV_SOFT_OFFLINE) && errno == EINVAL)
		SKIP(return, "no support for taking pages offline");
	ASSERT_EQ(0, relay_start(&self->relay, &self->afu, self->mem, self->bytes));
	ASSERT_EQ(0, relay_wait(&self->relay, 1));
	for (i = 0; i < rounds; i++) {
		page = self->mem + i * 5 % (RELAY_STATIONS * STATION_PAGES) * self->page;
		before = frame(page);
		/* a page that is just being used otherwise stays */
		if (!madvise(page, self->page, MADV_SOFT_OFFLINE))
			moved += frame(page) != before;
	}
	EXPECT_EQ(0, relay_wait(&self->relay, 1));
	stop(_metadata, &self->relay);
	EXPECT_GT(moved, rounds / 2);
}

#define POOL_BYTES (64UL << 20)
#define POOL_PAGES_MAX (POOL_BYTES / 4096)
#define RELAY_PAGES (RELAY_STATIONS * STATION_PAGES)

struct candidate {
	__u64 frame;
	char *address;
};

static int compare_frames(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return (x->frame > y->frame) - (x->frame < y->frame);
}

/*
 * The kernel compacts by moving what is in low frames to free high ones. So the
 * relay gets the lowest frames of many, and of the others every other one is
 * freed. @mem has room for the relay, and for a pool behind it.
 */
static int take_low_frames(char *mem, size_t page)
{
	static struct candidate candidates[POOL_PAGES_MAX];
	static __u64 entries[POOL_PAGES_MAX];
	size_t i, pages = POOL_BYTES / page;
	char *pool = mem + RELAY_PAGES * page;

	memset(pool, 1, POOL_BYTES);
	if (machine_pages(pool, pages, entries))
		return -EIO;
	for (i = 0; i < pages; i++) {
		candidates[i].address = pool + i * page;
		candidates[i].frame = entries[i] & MACHINE_PAGE_FRAME;
	}
	qsort(candidates, pages, sizeof(candidates[0]), compare_frames);
	for (i = 0; i < RELAY_PAGES; i++) {
		if (mremap(candidates[i].address, page, page, MREMAP_MAYMOVE | MREMAP_FIXED,
			   mem + i * page) == MAP_FAILED)
			return -errno;
	}
	for (; i < pages; i += 2)
		munmap(candidates[i].address, page);
	return 0;
}

TEST_F_TIMEOUT(migrate, compacted, 120)
{
	size_t i, bytes = RELAY_PAGES * self->page + POOL_BYTES, moved = 0;
	unsigned int round, rounds = machine_rounds(8);
	__u64 frames[RELAY_PAGES], end = cxl_now_ms() + 60000;
	char *mem;

	if (access("/proc/sys/vm/compact_memory", W_OK))
		SKIP(return, "no compaction on demand");
	/* nothing moves if all free frames happen to be lower */
	for (round = 0; round < rounds || (!moved && cxl_now_ms() < end); round++) {
		mem = cxl_pages(bytes);
		ASSERT_NE(NULL, mem);
		ASSERT_EQ(0, take_low_frames(mem, self->page));
		ASSERT_EQ(0, relay_start(&self->relay, &self->afu, mem, self->bytes));
		ASSERT_EQ(0, relay_wait(&self->relay, 1));
		for (i = 0; i < RELAY_PAGES; i++)
			frames[i] = frame(mem + i * self->page);
		ASSERT_EQ(0, cxl_file_write("/proc/sys/vm", "compact_memory", "1"));
		for (i = 0; i < RELAY_PAGES; i++)
			moved += frame(mem + i * self->page) != frames[i];
		EXPECT_EQ(0, relay_wait(&self->relay, 1));
		stop(_metadata, &self->relay);
		munmap(mem, bytes);
	}
	if (!moved && __test_passed(_metadata))
		SKIP(return, "the kernel has moved none of the pages");
}

/* Room for one huge page, aligned. */
static char *huge_page_room(size_t huge)
{
	char *mem = mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return NULL;
	return (char *)(((uintptr_t)mem + huge - 1) & -huge);
}

/*
 * Small pages become a huge one, and small ones again, because a part of it
 * gets other rights.
 */
TEST_F_TIMEOUT(migrate, collapsed_and_split, 120)
{
	size_t huge = machine_huge_page_size();
	unsigned int i, rounds = machine_rounds(10), collapsed = 0;
	long long splits = machine_vmstat("thp_split_pmd");
	char *mem, *part;

	if (!huge)
		SKIP(return, "no transparent huge pages");
	mem = huge_page_room(huge);
	ASSERT_NE(NULL, mem);
	memset(mem, 1, huge);
	/* the relay takes a part of the page only, to be faster */
	ASSERT_EQ(0, relay_start(&self->relay, &self->afu, mem, self->bytes));
	part = mem + RELAY_STATIONS * self->bytes;
	for (i = 0; i < rounds; i++) {
		collapsed += !madvise(mem, huge, MADV_COLLAPSE);
		EXPECT_EQ(0, relay_wait(&self->relay, 1));
		ASSERT_EQ(0, mprotect(part, self->page, PROT_READ));
		EXPECT_EQ(0, relay_wait(&self->relay, 1));
		ASSERT_EQ(0, mprotect(part, self->page, PROT_READ | PROT_WRITE));
		ASSERT_EQ(0, madvise(part, self->page, MADV_DONTNEED));
	}
	stop(_metadata, &self->relay);
	if (!collapsed && __test_passed(_metadata))
		SKIP(return, "no huge page free");
	if (collapsed)
		EXPECT_LT(splits, machine_vmstat("thp_split_pmd"));
}

static int set_merging(const char *run)
{
	return cxl_file_write("/sys/kernel/mm/ksm", "run", run);
}

/* Waits until the kernel has found some equal pages. */
static int wait_for_merge(long long merges)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;
	long long shared;

	while (cxl_now_ms() < end) {
		if (!cxl_file_number("/sys/kernel/mm/ksm", "pages_sharing", &shared) &&
		    shared >= merges)
			return 0;
		cxl_pause();
	}
	return -ETIMEDOUT;
}

#define EQUAL_PAGES 16

/* Equal pages are merged; what the AFU writes to one must not show in others. */
TEST_F_TIMEOUT(migrate, merged, 120)
{
	size_t bytes = EQUAL_PAGES * self->page;
	char *mem = cxl_pages(bytes), *src = cxl_pages(self->page);
	struct mc mc;
	int i, round, rounds = machine_rounds(4);

	ASSERT_NE(NULL, mem);
	ASSERT_NE(NULL, src);
	if (set_merging("1") || madvise(mem, bytes, MADV_MERGEABLE))
		SKIP(return, "no merging of pages");
	cxl_file_write("/sys/kernel/mm/ksm", "sleep_millisecs", "1");
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 64));
	for (round = 1; round <= rounds; round++) {
		/* the AFU gets translations that it may write with */
		cxl_fill(src, self->page, round);
		for (i = 0; i < EQUAL_PAGES; i++)
			ASSERT_EQ(0, mc_copy(&mc, mem + i * self->page, src, self->page));
		ASSERT_EQ(0, wait_for_merge(EQUAL_PAGES / 2));
		cxl_fill(src, self->page, 1000 + round);
		for (i = 0; i < EQUAL_PAGES; i += 2)
			ASSERT_EQ(0, mc_copy(&mc, mem + i * self->page, src, self->page));
		for (i = 0; i < EQUAL_PAGES; i++)
			EXPECT_EQ(-1, cxl_mismatch(mem + i * self->page, self->page,
						   i % 2 ? round : 1000 + round));
		ASSERT_EQ(0, set_merging("2"));
		ASSERT_EQ(0, set_merging("1"));
	}
	mc_close(&mc);
	set_merging("2");
	set_merging("0");
}

TEST_HARNESS_MAIN
