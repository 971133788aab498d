// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory in many segments of the address space, and segments whose page size
 * changes while the AFU knows them. Meant for the hash MMU; elsewhere the same
 * copies work without segments.
 */
#include <fcntl.h>
#include <sys/syscall.h>

#include "cxl_test.h"

#define MAX_PLACES 256
#define GIB 0x40000000UL
#define TIB 0x10000000000UL

FIXTURE(spread) {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
	char *places[MAX_PLACES];
	int count;
};

FIXTURE_VARIANT(spread) {
	unsigned long first;
	unsigned long step;
	unsigned long end;
};

/* one after the other */
FIXTURE_VARIANT_ADD(spread, every_256_mib) {
	.first = 64 * GIB,
	.step = GIB / 4,
	.end = TIB,
};

/* such that they compete for the same places of a table */
FIXTURE_VARIANT_ADD(spread, every_8_gib) {
	.first = 64 * GIB,
	.step = 8 * GIB,
	.end = TIB,
};

FIXTURE_VARIANT_ADD(spread, every_tib) {
	.first = TIB,
	.step = TIB,
	.end = 128 * TIB,
};

FIXTURE_SETUP(spread)
{
	unsigned long address;
	void *map;

	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, 64));
	self->page = sysconf(_SC_PAGESIZE);
	for (address = variant->first; address < variant->end; address += variant->step) {
		if (self->count == MAX_PLACES)
			break;
		map = mmap((void *)address, self->page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (map == (void *)address)
			self->places[self->count++] = map;
		else if (map != MAP_FAILED)
			munmap(map, self->page);
	}
	ASSERT_GT(self->count, 50);
}

FIXTURE_TEARDOWN(spread)
{
	mc_close(&self->mc);
}

/* The AFU is the first to touch each place. */
TEST_F_TIMEOUT(spread, untouched, 60)
{
	char *src = cxl_pages(self->page);
	int i;

	ASSERT_NE(NULL, src);
	for (i = 0; i < self->count; i++) {
		cxl_fill(src, 256, i);
		ASSERT_EQ(0, mc_copy(&self->mc, self->places[i], src, 256));
	}
	for (i = 0; i < self->count; i++)
		EXPECT_EQ(-1, cxl_mismatch(self->places[i], 256, i));
}

/* From each place to another one far away, more than once. */
TEST_F_TIMEOUT(spread, criss_cross, 60)
{
	int i, other, round;

	for (round = 1; round <= 3; round++) {
		for (i = 0; i < self->count; i++)
			cxl_fill(self->places[i], 256, 1000 * round + i);
		for (i = 0; i < self->count; i++) {
			other = (i * 37 + round) % self->count;
			ASSERT_EQ(0, mc_copy(&self->mc, self->places[i] + 1024,
					     self->places[other], 256));
		}
		for (i = 0; i < self->count; i++) {
			other = (i * 37 + round) % self->count;
			EXPECT_EQ(-1, cxl_mismatch(self->places[i] + 1024, 256,
						   1000 * round + other));
		}
	}
}

/* With and without a segment of its own, a hole is a hole. */
TEST_F_TIMEOUT(spread, holes, 60)
{
	char *src = cxl_pages(self->page);
	struct mc_element *element;
	struct cxl_event event;
	int i;

	ASSERT_NE(NULL, src);
	for (i = 0; i < self->count; i += 10) {
		element = mc_push(&self->mc, MC_COPY, 64, src, self->places[i] + 16 * self->page);
		ASSERT_NE(NULL, element);
		ASSERT_EQ(MC_AERROR, mc_wait(&self->mc, element, CXL_WAIT_MS));
		ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
		EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
		element->dst = htobe64((uintptr_t)self->places[i]);
		ASSERT_EQ(MC_DONE, mc_retry(&self->mc, element));
	}
}

FIXTURE(page_size) {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
	char *src;
};

FIXTURE_SETUP(page_size)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, 8));
	self->page = sysconf(_SC_PAGESIZE);
	self->src = cxl_pages(self->page);
	ASSERT_NE(NULL, self->src);
}

FIXTURE_TEARDOWN(page_size)
{
	mc_close(&self->mc);
}

/* Two bits for each 4 KiB of a 64 KiB page, the first ones on top. */
#define SUBPAGE_READ_ONLY(n) (1U << (30 - 2 * (n)))

static int subpage_prot(void *address, size_t bytes, __u32 *map)
{
#ifdef __NR_subpage_prot
	return syscall(__NR_subpage_prot, address, bytes, map) ? -errno : 0;
#else
	(void)address;
	(void)bytes;
	(void)map;
	return -EOPNOTSUPP;
#endif
}

/*
 * Protection of 4 KiB pieces makes the kernel use 4 KiB pages for the whole
 * segment. The AFU knows the segment with its larger pages.
 */
TEST_F(page_size, demoted)
{
	__u32 map[4] = { 0, SUBPAGE_READ_ONLY(3), 0, 0 };
	const size_t piece = 4096;
	char *mem = cxl_pages(4 * self->page), *page = mem + self->page;
	struct mc_element *element;
	struct cxl_event event;
	int ret;

	ASSERT_NE(NULL, mem);
	cxl_fill(self->src, self->page, 1);
	ASSERT_EQ(0, mc_copy(&self->mc, page, self->src, self->page));
	ret = self->page == 65536 ? subpage_prot(mem, 4 * self->page, map) : -EOPNOTSUPP;
	if (ret)
		SKIP(return, "no protection of subpages (%d)", ret);

	/* what was there is there, also with the AFU's eyes */
	ASSERT_EQ(0, mc_copy(&self->mc, mem, page, self->page));
	EXPECT_EQ(-1, cxl_mismatch(mem, self->page, 1));
	cxl_fill(self->src, self->page, 2);
	ASSERT_EQ(0, mc_copy(&self->mc, page + 2 * piece, self->src, piece));
	EXPECT_EQ(-1, cxl_mismatch(page + 2 * piece, piece, 2));
	ASSERT_EQ(0, mc_copy(&self->mc, page + 4 * piece, self->src, piece));
	EXPECT_EQ(-1, cxl_mismatch(page + 4 * piece, piece, 2));

	element = mc_push(&self->mc, MC_COPY, 64, self->src, page + 3 * piece);
	ASSERT_NE(NULL, element);
	ASSERT_EQ(MC_AERROR, mc_wait(&self->mc, element, CXL_WAIT_MS));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	ASSERT_EQ(0, subpage_prot(mem, 4 * self->page, NULL));
	ASSERT_EQ(MC_DONE, mc_retry(&self->mc, element));
	EXPECT_EQ(0, memcmp(page + 3 * piece, self->src, 64));
}

/* One place below 4 GiB, where a piece of 256 MiB has a page size of its own. */
#define SLICE ((void *)0x80000000UL)

static void *map_slice(size_t bytes, int flags)
{
	return mmap(SLICE, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | flags, -1, 0);
}

/* The same addresses, in turn with small and with huge pages. */
static void alternate(struct __test_metadata *_metadata, struct mc *mc, char *src,
		      size_t page, size_t huge)
{
	int i, flags;
	size_t bytes;
	char *mem;

	for (i = 0; i < 6; i++) {
		flags = i % 2 ? MAP_HUGETLB : 0;
		bytes = i % 2 ? huge : page;
		mem = map_slice(bytes, flags);
		ASSERT_EQ(SLICE, (void *)mem);
		cxl_fill(src, page, i);
		ASSERT_EQ(0, mc_copy(mc, mem + bytes - page, src, page));
		EXPECT_EQ(-1, cxl_mismatch(mem + bytes - page, page, i));
		ASSERT_EQ(0, munmap(mem, bytes));
	}
}

TEST_F(page_size, alternating)
{
	size_t huge = cxl_huge_page_size();
	long long old;
	void *mem;

	if (!huge || huge > 64 << 20)
		SKIP(return, "no suitable huge pages");
	old = cxl_set_huge_pages(1);
	mem = old < 0 ? MAP_FAILED : map_slice(huge, MAP_HUGETLB);
	if (mem != MAP_FAILED) {
		munmap(mem, huge);
		alternate(_metadata, &self->mc, self->src, self->page, huge);
	}
	cxl_set_huge_pages(old < 0 ? 0 : old);
	if (mem == MAP_FAILED)
		SKIP(return, "no huge page free");
}

TEST_HARNESS_MAIN
