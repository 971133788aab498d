// SPDX-License-Identifier: GPL-2.0-only
/* Segment tables: pointer, place of an entry, making room, clearing. */
#include <kunit/test.h>
#include <linux/cleanup.h>
#include <linux/mm_types.h>

#include "../context.h"
#include "../segment.h"

#define VALID	0x0000000008000000ULL
#define SIZE_1T	0x4000000000000000ULL
#define USER	0xd90ULL	/* Ks, Kp, C, 64 KiB pages */

static int segment_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct cxl_segment_table), GFP_KERNEL);
	if (!test->priv)
		return -ENOMEM;
	cxl_segment_table_init(test->priv);
	return cxl_segment_table_prepare(test->priv);
}

static void segment_exit(struct kunit *test)
{
	if (test->priv)
		cxl_segment_table_free(test->priv);
}

static bool insert(struct kunit *test, u64 esid, u64 vsid)
{
	struct cxl_segment_table *table = test->priv;

	guard(spinlock_irqsave)(&table->lock);
	return cxl_segment_insert(table, esid, vsid, true);
}

static bool insert_if_room(struct kunit *test, u64 esid, u64 vsid)
{
	struct cxl_segment_table *table = test->priv;

	guard(spinlock_irqsave)(&table->lock);
	return cxl_segment_insert(table, esid, vsid, false);
}

/* How often the PSL would find the segment, looking where it looks. */
static int found(struct kunit *test, unsigned int group, u64 esid, u64 vsid)
{
	struct cxl_segment_table *table = test->priv;
	int i, n = 0;

	for (i = 0; i < CXL_SEGMENT_GROUP; i++) {
		struct cxl_segment_entry *entry =
			&table->entries[group * CXL_SEGMENT_GROUP + i];

		n += be64_to_cpu(entry->esid) == esid &&
		     be64_to_cpu(entry->vsid) == vsid;
	}
	return n;
}

/* CAIA 1.0, ch. 5: 78 bits of virtual address in two registers */
static void pointer(struct kunit *test)
{
	static const struct {
		u64 vsid;
		u64 sstp0;
		u64 sstp1;
	} map[] = {
		/* 1 TiB segment 0x0abcdef12, kernel, 64 KiB and 16 MiB pages */
		{ SIZE_1T | 0x0abcdef12ULL << 24 | 0x510,
		  0x544000ff000000abULL, 0xcdef120001230001ULL },
		{ SIZE_1T | 0x0abcdef12ULL << 24 | 0x500,
		  0x540000ff000000abULL, 0xcdef120001230001ULL },
		/* 256 MiB segment 0x0000abcdef12345, kernel, 64 KiB pages */
		{ 0x0000abcdef12345ULL << 12 | 0x510,
		  0x144000ff000000abULL, 0xcdef123451230001ULL },
	};
	u64 sstp0, sstp1;
	int i;

	for (i = 0; i < ARRAY_SIZE(map); i++) {
		cxl_sstp_encode(0xc000000001230000ULL, map[i].vsid, SZ_64K,
				&sstp0, &sstp1);
		KUNIT_EXPECT_EQ_MSG(test, sstp0, map[i].sstp0, "entry %d", i);
		KUNIT_EXPECT_EQ_MSG(test, sstp1, map[i].sstp1, "entry %d", i);
	}
}

static void pointer_to_own_table(struct kunit *test)
{
	struct cxl_segment_table *table = test->priv;
	u64 sstp0, sstp1;

	KUNIT_EXPECT_EQ(test, (u64)table->entries % CXL_SEGMENT_TABLE_SIZE, 0ULL);
	KUNIT_ASSERT_EQ(test, cxl_segment_table_pointer(table, &sstp0, &sstp1), 0);
	KUNIT_EXPECT_EQ(test, sstp0 >> 32 & 0xfff, CXL_SEGMENT_TABLE_SIZE / 256 - 1ULL);
	KUNIT_EXPECT_EQ(test, sstp1 & 0xff, 1ULL);
	KUNIT_EXPECT_EQ(test, sstp1 & 0xfff00, (u64)table->entries & 0xfff00);
}

static void place(struct kunit *test)
{
	static const struct {
		u64 ea;
		u64 esid;
		u64 vsid;
		unsigned int group;
	} map[] = {
		{ 0x0000000010012345ULL, 0x0000000018000000ULL, 0xabcdef1234ULL << 12 | USER, 1 },
		{ 0x00003fffb7a40000ULL, 0x00003f0008000000ULL,
		  SIZE_1T | 0x123456789ULL << 24 | USER, 0x3f % CXL_SEGMENT_GROUPS },
		{ 0x0000010000000000ULL, 0x0000010008000000ULL,
		  SIZE_1T | 0x12345678aULL << 24 | USER, 1 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(map); i++) {
		KUNIT_EXPECT_TRUE(test, insert(test, map[i].esid, map[i].vsid));
		KUNIT_EXPECT_EQ(test, found(test, map[i].group, map[i].esid,
					    map[i].vsid), 1);
	}
}

static void twice(struct kunit *test)
{
	u64 esid = 0x10000000ULL | VALID;

	KUNIT_EXPECT_TRUE(test, insert(test, esid, 0x1000 | USER));
	KUNIT_EXPECT_FALSE(test, insert(test, esid, 0x1000 | USER));
	KUNIT_EXPECT_EQ(test, found(test, 1, esid, 0x1000 | USER), 1);

	/* Another page size takes the place of the old entry. */
	KUNIT_EXPECT_TRUE(test, insert(test, esid, 0x1000 | (USER & ~0x110)));
	KUNIT_EXPECT_EQ(test, found(test, 1, esid, 0x1000 | USER), 0);
	KUNIT_EXPECT_EQ(test, found(test, 1, esid, 0x1000 | (USER & ~0x110)), 1);
}

static u64 nth_esid(unsigned int i)
{
	/* All in group 3. */
	return ((u64)i * CXL_SEGMENT_GROUPS + 3) << 28 | VALID;
}

static u64 nth_vsid(unsigned int i)
{
	return (0x1000ULL + i) << 12 | USER;
}

static void making_room(struct kunit *test)
{
	unsigned int i, n, there = 0;

	for (i = 0; i < 3 * CXL_SEGMENT_GROUP + 1; i++) {
		KUNIT_EXPECT_TRUE(test, insert(test, nth_esid(i), nth_vsid(i)));
		/* The one that was wanted is always there. */
		KUNIT_EXPECT_EQ(test, found(test, 3, nth_esid(i), nth_vsid(i)), 1);
	}
	/* The latest ones stayed. */
	for (n = 0; n < i; n++)
		there += found(test, 3, nth_esid(n), nth_vsid(n));
	KUNIT_EXPECT_EQ(test, there, CXL_SEGMENT_GROUP);
	for (n = i - CXL_SEGMENT_GROUP; n < i; n++)
		KUNIT_EXPECT_EQ(test, found(test, 3, nth_esid(n), nth_vsid(n)), 1);
}

/* What is not wanted yet takes the place of nothing but its own older self. */
static void only_if_there_is_room(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < CXL_SEGMENT_GROUP; i++)
		KUNIT_EXPECT_TRUE(test, insert_if_room(test, nth_esid(i), nth_vsid(i)));
	KUNIT_EXPECT_FALSE(test, insert_if_room(test, nth_esid(i), nth_vsid(i)));
	KUNIT_EXPECT_TRUE(test, insert_if_room(test, nth_esid(2), nth_vsid(77)));
	for (i = 0; i < CXL_SEGMENT_GROUP; i++)
		KUNIT_EXPECT_EQ(test, found(test, 3, nth_esid(i), nth_vsid(i == 2 ? 77 : i)), 1);
}

static void clearing(struct kunit *test)
{
	struct cxl_segment_table *table = test->priv;
	unsigned int flushes = table->flushes;
	unsigned int i;

	for (i = 0; i < 4; i++)
		insert(test, nth_esid(i), nth_vsid(i));
	cxl_segment_table_clear(table);
	KUNIT_EXPECT_NE(test, table->flushes, flushes);
	for (i = 0; i < CXL_SEGMENT_GROUPS * CXL_SEGMENT_GROUP; i++)
		KUNIT_EXPECT_EQ(test, be64_to_cpu(table->entries[i].esid) & VALID, 0ULL);
}

/* What the kernel maps for itself is nothing for a program's accelerator. */
static void addresses(struct kunit *test)
{
	static const struct {
		u64 ea;
		bool valid;
	} map[] = {
		{ 0, true },
		{ 0x10000000, true },
		{ 0x00007fffffffffffULL, true },
		{ 0x0000800000000000ULL, false },
		{ 0x0fffffffffffffffULL, false },
		{ 0x1000000000000000ULL, false },
		{ 0xc000000000000000ULL, false },
		{ 0xc008000000000000ULL, false },
		{ 0xd000000000000000ULL, false },
		{ ~0ULL, false },
	};
	struct hash_mm_context *hash = kunit_kzalloc(test, sizeof(*hash), GFP_KERNEL);
	struct mm_struct *mm = kunit_kzalloc(test, sizeof(*mm), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, hash);
	KUNIT_ASSERT_NOT_NULL(test, mm);
	mm->context.hash_context = hash;
	mm_ctx_set_slb_addr_limit(&mm->context, 0x0000800000000000UL);
	for (i = 0; i < ARRAY_SIZE(map); i++)
		KUNIT_EXPECT_EQ_MSG(test, cxl_segment_valid(mm, map[i].ea),
				    map[i].valid, "address %#llx", map[i].ea);
}

static struct kunit_case segment_cases[] = {
	KUNIT_CASE(addresses),
	KUNIT_CASE(pointer),
	KUNIT_CASE(pointer_to_own_table),
	KUNIT_CASE(place),
	KUNIT_CASE(twice),
	KUNIT_CASE(making_room),
	KUNIT_CASE(only_if_there_is_room),
	KUNIT_CASE(clearing),
	{ }
};

static struct kunit_suite segment_suite = {
	.name = "cxl-segment",
	.init = segment_init,
	.exit = segment_exit,
	.test_cases = segment_cases,
};

kunit_test_suite(segment_suite);
