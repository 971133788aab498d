// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts of a facility: ranges, allocation, fragmentation. */
#include <kunit/test.h>

#include "../guest/isn.h"

#define BASE	0x1300

static struct guest_isn_pool *pool_of(struct kunit *test, unsigned int count)
{
	struct guest_isn_pool *pool = kunit_kzalloc(test, sizeof(*pool), GFP_KERNEL);
	struct guest_isn_range range = { BASE, count };

	KUNIT_ASSERT_NOT_NULL(test, pool);
	KUNIT_ASSERT_EQ(test, guest_isn_pool_init(pool, &range, 1), 0);
	return pool;
}

static unsigned int nr_free(const struct guest_isn_pool *pool)
{
	return GUEST_MAX_ISNS - bitmap_weight(pool->used, GUEST_MAX_ISNS);
}

static void bad_ranges(struct kunit *test)
{
	static const struct guest_isn_range empty = { BASE, 0 };
	static const struct guest_isn_range wraps = { 0xffffff00, 0x200 };
	struct guest_isn_pool *pool = pool_of(test, 1);

	KUNIT_EXPECT_EQ(test, guest_isn_pool_init(pool, NULL, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, guest_isn_pool_init(pool, &empty, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, guest_isn_pool_init(pool, &wraps, 1), -EINVAL);
}

static void several_ranges(struct kunit *test)
{
	static const struct guest_isn_range ranges[] = {
		{ BASE + 0x100, 4 }, { BASE, 2 }, { BASE + GUEST_MAX_ISNS - 1, 100 },
		{ BASE + 2 * GUEST_MAX_ISNS, 100 },
	};
	struct guest_isn_pool *pool = pool_of(test, 1);
	struct guest_isn_set set;

	KUNIT_ASSERT_EQ(test, guest_isn_pool_init(pool, ranges, 4), 0);
	KUNIT_EXPECT_EQ(test, pool->base, BASE);
	KUNIT_EXPECT_EQ(test, nr_free(pool), 7);

	/* In three blocks, counted in ascending order. */
	KUNIT_ASSERT_EQ(test, guest_isn_alloc(pool, 7, &set), 0);
	KUNIT_EXPECT_EQ(test, set.nr_blocks, 3);
	KUNIT_EXPECT_EQ(test, guest_isn_nth(pool, &set, 0), BASE);
	KUNIT_EXPECT_EQ(test, guest_isn_nth(pool, &set, 1), BASE + 1);
	KUNIT_EXPECT_EQ(test, guest_isn_nth(pool, &set, 2), BASE + 0x100);
	KUNIT_EXPECT_EQ(test, guest_isn_nth(pool, &set, 5), BASE + 0x103);
	KUNIT_EXPECT_EQ(test, guest_isn_nth(pool, &set, 6), BASE + GUEST_MAX_ISNS - 1);
	KUNIT_EXPECT_EQ(test, nr_free(pool), 0);
}

static void range_from_zero(struct kunit *test)
{
	static const struct guest_isn_range range = { 0, 8 };
	struct guest_isn_pool *pool = pool_of(test, 1);
	struct guest_isn_set set;

	KUNIT_ASSERT_EQ(test, guest_isn_pool_init(pool, &range, 1), 0);
	KUNIT_ASSERT_EQ(test, guest_isn_alloc(pool, 8, &set), 0);
	KUNIT_EXPECT_EQ(test, guest_isn_nth(pool, &set, 0), 0);
	KUNIT_EXPECT_EQ(test, guest_isn_nth(pool, &set, 7), 7);
}

static void one_block_first(struct kunit *test)
{
	struct guest_isn_pool *pool = pool_of(test, 64);
	struct guest_isn_set a, b, c;

	KUNIT_ASSERT_EQ(test, guest_isn_alloc(pool, 3, &a), 0);
	KUNIT_ASSERT_EQ(test, guest_isn_alloc(pool, 5, &b), 0);
	guest_isn_free(pool, &a);
	/* Does not fit into the hole, so it goes behind and stays whole. */
	KUNIT_ASSERT_EQ(test, guest_isn_alloc(pool, 4, &c), 0);
	KUNIT_EXPECT_EQ(test, c.nr_blocks, 1);
	KUNIT_EXPECT_EQ(test, c.block[0].first, 8);
}

static void too_many(struct kunit *test)
{
	struct guest_isn_pool *pool = pool_of(test, 64);
	struct guest_isn_set set;

	KUNIT_EXPECT_EQ(test, guest_isn_alloc(pool, 65, &set), -ENOSPC);
	KUNIT_EXPECT_EQ(test, guest_isn_alloc(pool, 0, &set), -ENOSPC);
	KUNIT_EXPECT_EQ(test, guest_isn_alloc(pool, UINT_MAX, &set), -ENOSPC);
	KUNIT_EXPECT_EQ(test, set.nr_blocks, 0);
	KUNIT_EXPECT_EQ(test, nr_free(pool), 64);
	KUNIT_EXPECT_EQ(test, guest_isn_alloc(pool, 64, &set), 0);
	KUNIT_EXPECT_EQ(test, guest_isn_alloc(pool, 1, &set), -ENOSPC);
}

/* Every other pair taken: four blocks of two are the most a context gets. */
static void fragmented(struct kunit *test)
{
	struct guest_isn_pool *pool = pool_of(test, 64);
	struct guest_isn_set set;
	unsigned int i, before;

	for (i = 0; i < 64; i += 4)
		bitmap_set(pool->used, i, 2);
	before = nr_free(pool);

	KUNIT_EXPECT_EQ(test, guest_isn_alloc(pool, 9, &set), -ENOSPC);
	KUNIT_EXPECT_EQ(test, nr_free(pool), before);

	KUNIT_ASSERT_EQ(test, guest_isn_alloc(pool, 7, &set), 0);
	KUNIT_EXPECT_EQ(test, set.nr_blocks, 4);
	KUNIT_EXPECT_EQ(test, nr_free(pool), before - 7);
	for (i = 1; i < 7; i++)
		KUNIT_EXPECT_GT(test, guest_isn_nth(pool, &set, i),
				guest_isn_nth(pool, &set, i - 1));
	guest_isn_free(pool, &set);
	KUNIT_EXPECT_EQ(test, nr_free(pool), before);
}

/* Largest blocks first, so that what can be served is served. */
static void fragmented_unevenly(struct kunit *test)
{
	struct guest_isn_pool *pool = pool_of(test, 64);
	struct guest_isn_set set;

	bitmap_fill(pool->used, 64);
	bitmap_clear(pool->used, 0, 1);
	bitmap_clear(pool->used, 2, 1);
	bitmap_clear(pool->used, 4, 1);
	bitmap_clear(pool->used, 6, 1);
	bitmap_clear(pool->used, 20, 9);
	bitmap_clear(pool->used, 40, 10);
	KUNIT_ASSERT_EQ(test, guest_isn_alloc(pool, 20, &set), 0);
	KUNIT_EXPECT_EQ(test, set.nr_blocks, 3);
	KUNIT_EXPECT_EQ(test, guest_isn_nth(pool, &set, 1), BASE + 20);
	KUNIT_EXPECT_EQ(test, guest_isn_nth(pool, &set, 19), BASE + 49);
}

static void reserved(struct kunit *test)
{
	struct guest_isn_pool *pool = pool_of(test, 4);
	struct guest_isn_set set;

	guest_isn_reserve(pool, BASE + 2);
	guest_isn_reserve(pool, BASE - 1);
	guest_isn_reserve(pool, BASE + GUEST_MAX_ISNS);
	KUNIT_EXPECT_EQ(test, nr_free(pool), 3);
	KUNIT_ASSERT_EQ(test, guest_isn_alloc(pool, 3, &set), 0);
	KUNIT_EXPECT_EQ(test, guest_isn_nth(pool, &set, 2), BASE + 3);
	guest_isn_free(pool, &set);
	KUNIT_EXPECT_TRUE(test, test_bit(2, pool->used));
	/* A second time frees nobody else's. */
	guest_isn_free(pool, &set);
	KUNIT_EXPECT_EQ(test, nr_free(pool), 3);
}

/* The next owner does not get what the last one may still hear of. */
static void resting(struct kunit *test)
{
	struct guest_isn_pool *pool = pool_of(test, GUEST_MAX_ISNS);
	struct guest_isn_set set;
	unsigned int i, last = 0;
	DECLARE_BITMAP(seen, GUEST_MAX_ISNS) = {};

	for (i = 0; i < 16; i++) {
		KUNIT_ASSERT_EQ(test, guest_isn_alloc(pool, 5, &set), 0);
		KUNIT_EXPECT_FALSE(test, test_and_set_bit(set.block[0].first, seen));
		guest_isn_free(pool, &set);
	}
	/* Used again before all others have been. */
	for (i = 0; i < 1000; i++) {
		KUNIT_ASSERT_EQ(test, guest_isn_alloc(pool, 5, &set), 0);
		last = max_t(unsigned int, last, set.block[0].first);
		guest_isn_free(pool, &set);
	}
	KUNIT_EXPECT_LT(test, last, 256);
	KUNIT_EXPECT_EQ(test, guest_isn_alloc(pool, GUEST_MAX_ISNS, &set), 0);
}

static struct kunit_case isn_cases[] = {
	KUNIT_CASE(bad_ranges),
	KUNIT_CASE(several_ranges),
	KUNIT_CASE(range_from_zero),
	KUNIT_CASE(one_block_first),
	KUNIT_CASE(too_many),
	KUNIT_CASE(fragmented),
	KUNIT_CASE(fragmented_unevenly),
	KUNIT_CASE(reserved),
	KUNIT_CASE(resting),
	{ }
};

static struct kunit_suite isn_suite = {
	.name = "cxl-isn",
	.test_cases = isn_cases,
};

kunit_test_suite(isn_suite);
