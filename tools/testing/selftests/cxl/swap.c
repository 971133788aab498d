// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the kernel writes to the swap space and fetches again while the
 * AFU works with it.
 */
#include <sys/mman.h>

#include "cxl_test.h"
#include "machine.h"
#include "relay.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define STATION_PAGES 8UL

FIXTURE(swap) {
	struct cxl_afu afu;
	size_t page;
	size_t bytes;
	char *mem;
};

FIXTURE_SETUP(swap)
{
	int ret;

	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ret = machine_swap_on();
	if (ret)
		SKIP(return, "no swap space (%d)", ret);
	self->page = sysconf(_SC_PAGESIZE);
	self->bytes = RELAY_STATIONS * STATION_PAGES * self->page;
	self->mem = cxl_pages(self->bytes);
	ASSERT_NE(NULL, self->mem);
}

FIXTURE_TEARDOWN(swap)
{
	machine_swap_off();
}

/* Asks for it until most of the pages are out; returns how many are. */
static size_t page_out(char *mem, size_t bytes, size_t goal)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;
	size_t out;

	do {
		machine_drain_lists();
		madvise(mem, bytes, MADV_PAGEOUT);
		out = machine_count_pages(mem, bytes, MACHINE_PAGE_SWAPPED);
	} while (out < goal && cxl_now_ms() < end);
	return out;
}

/* Idle memory goes out; the AFU fetches it, to read and to write. */
TEST_F_TIMEOUT(swap, fetched_by_the_afu, 120)
{
	size_t pages = STATION_PAGES, part = pages * self->page;
	unsigned int i, rounds = machine_rounds(6);
	char *src = self->mem, *dst = self->mem + part;
	struct mc mc;

	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 64));
	for (i = 0; i < rounds; i++) {
		cxl_fill(src, part, i);
		memset(dst, i, part);
		ASSERT_LE(pages, page_out(src, 2 * part, 2 * pages - 2));
		ASSERT_EQ(0, mc_copy(&mc, dst + 1024, src + 1024, part - 2048));
		/* not copied: what was there before */
		EXPECT_EQ((char)i, dst[0]);
		EXPECT_EQ(0, memcmp(dst, dst + 1, 1023));
		EXPECT_EQ(0, memcmp(dst + 1024, src + 1024, part - 2048));
		/* and the AFU's stores are not lost on the way out again */
		ASSERT_LE(pages, page_out(src, 2 * part, 2 * pages - 2));
		EXPECT_EQ(-1, cxl_mismatch(src, part, i));
		EXPECT_EQ(0, memcmp(dst + 1024, src + 1024, part - 2048));
	}
	mc_close(&mc);
}

TEST_F_TIMEOUT(swap, busy, 120)
{
	long long out = machine_vmstat("pswpout"), in = machine_vmstat("pswpin");
	size_t pages = RELAY_STATIONS * STATION_PAGES, gone = 0, i;
	unsigned int round, rounds = machine_rounds(20);
	struct relay relay;

	ASSERT_EQ(0, relay_start(&relay, &self->afu, self->mem, self->bytes / RELAY_STATIONS));
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < pages; i++) {
			madvise(self->mem + i * self->page, self->page, MADV_PAGEOUT);
			gone += !(machine_page(self->mem + i * self->page) &
				  MACHINE_PAGE_PRESENT);
		}
		EXPECT_EQ(0, relay_wait(&relay, 1));
	}
	EXPECT_EQ(0, relay_stop(&relay));
	EXPECT_EQ(-1, relay.wrong);
	EXPECT_GT(gone, rounds);
	EXPECT_LT(out, machine_vmstat("pswpout"));
	EXPECT_LT(in, machine_vmstat("pswpin"));
	TH_LOG("%lu rounds, %zu pages", relay.rounds, gone);
}

/*
 * The same for shared memory, whose page tables do not tell. How many pages have
 * been written.
 */
static size_t page_out_shared(char *mem, size_t bytes, size_t goal)
{
	long long before = machine_vmstat("pswpout");
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;
	size_t out;

	do {
		machine_drain_lists();
		madvise(mem, bytes, MADV_PAGEOUT);
		out = machine_vmstat("pswpout") - before;
	} while (out < goal && cxl_now_ms() < end);
	return out;
}

/* Pages of shared memory are swapped as well, and have other rules. */
TEST_F_TIMEOUT(swap, shared_memory, 120)
{
	int fd = memfd_create("cxl", MFD_CLOEXEC);
	size_t part = STATION_PAGES * self->page;
	unsigned int i, rounds = machine_rounds(6);
	char *map, *src = self->mem;
	struct mc mc;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ftruncate(fd, part));
	map = mmap(NULL, part, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 64));
	for (i = 0; i < rounds; i++) {
		cxl_fill(src, part, i);
		ASSERT_EQ(0, mc_copy(&mc, map, src, part));
		ASSERT_LE(STATION_PAGES - 2, page_out_shared(map, part, STATION_PAGES - 2));
		memset(src, 0, part);
		ASSERT_EQ(0, mc_copy(&mc, src, map, part));
		EXPECT_EQ(-1, cxl_mismatch(src, part, i));
	}
	mc_close(&mc);
	close(fd);
}

TEST_HARNESS_MAIN
