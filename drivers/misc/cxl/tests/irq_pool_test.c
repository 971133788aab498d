// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts of a card: ranges, allocation, fragmentation, growth. */
#include <kunit/test.h>

#include "../irq_pool.h"

#define BASE	0x1300

static struct cxl_irq_pool *pool_of(struct kunit *test, unsigned int count)
{
	struct cxl_irq_pool *pool = kunit_kzalloc(test, sizeof(*pool), GFP_KERNEL);
	struct cxl_irq_range range = { BASE, count };

	KUNIT_ASSERT_NOT_NULL(test, pool);
	KUNIT_ASSERT_EQ(test, cxl_irq_pool_init(pool, &range, 1), 0);
	return pool;
}

static unsigned int nr_free(const struct cxl_irq_pool *pool)
{
	return CXL_MAX_IRQS - bitmap_weight(pool->used, CXL_MAX_IRQS);
}

static void bad_ranges(struct kunit *test)
{
	static const struct cxl_irq_range empty = { BASE, 0 };
	static const struct cxl_irq_range wraps = { 0xffffff00, 0x200 };
	struct cxl_irq_pool *pool = pool_of(test, 1);

	KUNIT_EXPECT_EQ(test, cxl_irq_pool_init(pool, NULL, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_init(pool, &empty, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_init(pool, &wraps, 1), -EINVAL);
}

static void several_ranges(struct kunit *test)
{
	static const struct cxl_irq_range ranges[] = {
		{ BASE + 0x100, 4 }, { BASE, 2 }, { BASE + CXL_MAX_IRQS - 1, 100 },
		{ BASE + 2 * CXL_MAX_IRQS, 100 },
	};
	struct cxl_irq_pool *pool = pool_of(test, 1);
	struct cxl_irq_set set;

	KUNIT_ASSERT_EQ(test, cxl_irq_pool_init(pool, ranges, 4), 0);
	KUNIT_EXPECT_EQ(test, pool->base, BASE);
	KUNIT_EXPECT_EQ(test, nr_free(pool), 7);

	/* In three blocks, counted in ascending order. */
	KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 7, &set), 0);
	KUNIT_EXPECT_EQ(test, set.nr_blocks, 3);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 0), BASE);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 1), BASE + 1);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 2), BASE + 0x100);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 5), BASE + 0x103);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 6), BASE + CXL_MAX_IRQS - 1);
	KUNIT_EXPECT_EQ(test, nr_free(pool), 0);
}

static void range_from_zero(struct kunit *test)
{
	static const struct cxl_irq_range range = { 0, 8 };
	struct cxl_irq_pool *pool = pool_of(test, 1);
	struct cxl_irq_set set;

	KUNIT_ASSERT_EQ(test, cxl_irq_pool_init(pool, &range, 1), 0);
	KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 8, &set), 0);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 0), 0);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 7), 7);
}

static void one_block_first(struct kunit *test)
{
	struct cxl_irq_pool *pool = pool_of(test, 64);
	struct cxl_irq_set a, b, c;

	KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 3, &a), 0);
	KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 5, &b), 0);
	cxl_irq_pool_free(pool, &a);
	/* Does not fit into the hole, so it goes behind and stays whole. */
	KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 4, &c), 0);
	KUNIT_EXPECT_EQ(test, c.nr_blocks, 1);
	KUNIT_EXPECT_EQ(test, c.block[0].first, 8);
}

static void too_many(struct kunit *test)
{
	struct cxl_irq_pool *pool = pool_of(test, 64);
	struct cxl_irq_set set;

	KUNIT_EXPECT_EQ(test, cxl_irq_pool_alloc(pool, 65, &set), -ENOSPC);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_alloc(pool, 0, &set), -ENOSPC);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_alloc(pool, UINT_MAX, &set), -ENOSPC);
	KUNIT_EXPECT_EQ(test, set.nr_blocks, 0);
	KUNIT_EXPECT_EQ(test, nr_free(pool), 64);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_alloc(pool, 64, &set), 0);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_alloc(pool, 1, &set), -ENOSPC);
}

/* Every other pair taken: four blocks of two are the most a context gets. */
static void fragmented(struct kunit *test)
{
	struct cxl_irq_pool *pool = pool_of(test, 64);
	struct cxl_irq_set set;
	unsigned int i, before;

	for (i = 0; i < 64; i += 4)
		bitmap_set(pool->used, i, 2);
	before = nr_free(pool);

	KUNIT_EXPECT_EQ(test, cxl_irq_pool_alloc(pool, 9, &set), -ENOSPC);
	KUNIT_EXPECT_EQ(test, nr_free(pool), before);

	KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 7, &set), 0);
	KUNIT_EXPECT_EQ(test, set.nr_blocks, 4);
	KUNIT_EXPECT_EQ(test, nr_free(pool), before - 7);
	for (i = 1; i < 7; i++)
		KUNIT_EXPECT_GT(test, cxl_irq_pool_nth(pool, &set, i),
				cxl_irq_pool_nth(pool, &set, i - 1));
	cxl_irq_pool_free(pool, &set);
	KUNIT_EXPECT_EQ(test, nr_free(pool), before);
}

/* Largest blocks first, so that what can be served is served. */
static void fragmented_unevenly(struct kunit *test)
{
	struct cxl_irq_pool *pool = pool_of(test, 64);
	struct cxl_irq_set set;

	bitmap_fill(pool->used, 64);
	bitmap_clear(pool->used, 0, 1);
	bitmap_clear(pool->used, 2, 1);
	bitmap_clear(pool->used, 4, 1);
	bitmap_clear(pool->used, 6, 1);
	bitmap_clear(pool->used, 20, 9);
	bitmap_clear(pool->used, 40, 10);
	KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 20, &set), 0);
	KUNIT_EXPECT_EQ(test, set.nr_blocks, 3);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 1), BASE + 20);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 19), BASE + 49);
}

static void reserved(struct kunit *test)
{
	struct cxl_irq_pool *pool = pool_of(test, 4);
	struct cxl_irq_set set;

	cxl_irq_pool_reserve(pool, BASE + 2);
	cxl_irq_pool_reserve(pool, BASE - 1);
	cxl_irq_pool_reserve(pool, BASE + CXL_MAX_IRQS);
	KUNIT_EXPECT_EQ(test, nr_free(pool), 3);
	KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 3, &set), 0);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 2), BASE + 3);
	cxl_irq_pool_free(pool, &set);
	KUNIT_EXPECT_TRUE(test, test_bit(2, pool->used));
	/* A second time frees nobody else's. */
	cxl_irq_pool_free(pool, &set);
	KUNIT_EXPECT_EQ(test, nr_free(pool), 3);
}

/* The next owner does not get what the last one may still hear of. */
static void resting(struct kunit *test)
{
	struct cxl_irq_pool *pool = pool_of(test, CXL_MAX_IRQS);
	struct cxl_irq_set set;
	unsigned int i, last = 0;
	DECLARE_BITMAP(seen, CXL_MAX_IRQS) = {};

	for (i = 0; i < 16; i++) {
		KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 5, &set), 0);
		KUNIT_EXPECT_FALSE(test, test_and_set_bit(set.block[0].first, seen));
		cxl_irq_pool_free(pool, &set);
	}
	/* Used again before all others have been. */
	for (i = 0; i < 1000; i++) {
		KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 5, &set), 0);
		last = max_t(unsigned int, last, set.block[0].first);
		cxl_irq_pool_free(pool, &set);
	}
	KUNIT_EXPECT_LT(test, last, 256);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_alloc(pool, CXL_MAX_IRQS, &set), 0);
}

/* What a host bridge gives away one by one. */
static struct cxl_irq_pool *empty_pool(struct kunit *test, unsigned int max_blocks)
{
	struct cxl_irq_pool *pool = kunit_kzalloc(test, sizeof(*pool), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	cxl_irq_pool_init_empty(pool, BASE, max_blocks);
	return pool;
}

static void growing(struct kunit *test)
{
	struct cxl_irq_pool *pool = empty_pool(test, 3);
	struct cxl_irq_set set;

	KUNIT_EXPECT_EQ(test, cxl_irq_pool_alloc(pool, 1, &set), -ENOSPC);
	KUNIT_EXPECT_FALSE(test, cxl_irq_pool_add(pool, BASE - 1));
	KUNIT_EXPECT_FALSE(test, cxl_irq_pool_add(pool, BASE + CXL_MAX_IRQS));
	KUNIT_EXPECT_EQ(test, nr_free(pool), 0);

	KUNIT_EXPECT_TRUE(test, cxl_irq_pool_add(pool, BASE + CXL_MAX_IRQS - 1));
	KUNIT_EXPECT_TRUE(test, cxl_irq_pool_add(pool, BASE + 3));
	KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 2, &set), 0);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 0), BASE + 3);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_nth(pool, &set, 1), BASE + CXL_MAX_IRQS - 1);
	KUNIT_EXPECT_EQ(test, nr_free(pool), 0);
}

/* As many as the pool asks for are enough for numbers to rest. */
static void resting_while_growing(struct kunit *test)
{
	struct cxl_irq_pool *pool = empty_pool(test, 3);
	DECLARE_BITMAP(seen, CXL_MAX_IRQS) = {};
	unsigned int i, more, number = BASE + 3;
	struct cxl_irq_set set;

	for (i = 0; i < 16; i++) {
		for (more = cxl_irq_pool_short(pool, 5); more; more--)
			KUNIT_ASSERT_TRUE(test, cxl_irq_pool_add(pool, number++));
		KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 5, &set), 0);
		KUNIT_EXPECT_FALSE(test, test_and_set_bit(set.block[0].first, seen));
		cxl_irq_pool_free(pool, &set);
	}
	/* Once there are enough, it asks for no more. */
	KUNIT_EXPECT_LT(test, number, BASE + 200);
}

/* What it asks for follows what there is, however that came, and what is taken. */
static void asking_for_more(struct kunit *test)
{
	static const struct cxl_irq_range overlapping[] = { { BASE, 8 }, { BASE + 4, 8 } };
	struct cxl_irq_pool *pool = empty_pool(test, 3);
	unsigned int none = cxl_irq_pool_short(pool, 1);
	struct cxl_irq_set set;

	KUNIT_ASSERT_GT(test, none, 20);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_short(pool, 5), none + 4);
	KUNIT_ASSERT_TRUE(test, cxl_irq_pool_add(pool, BASE));
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_short(pool, 1), none - 1);
	KUNIT_ASSERT_FALSE(test, cxl_irq_pool_add(pool, BASE - 1));
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_short(pool, 1), none - 1);

	KUNIT_ASSERT_EQ(test, cxl_irq_pool_init(pool, overlapping, 2), 0);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_short(pool, 1), none - 12);
	KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 5, &set), 0);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_short(pool, 1), none - 12 + 5);
	cxl_irq_pool_free(pool, &set);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_short(pool, 1), none - 12);
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_short(pool_of(test, CXL_MAX_IRQS), 1), 0);
}

static void fewer_blocks(struct kunit *test)
{
	struct cxl_irq_pool *pool = empty_pool(test, 3);
	struct cxl_irq_set set;
	unsigned int i;

	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_TRUE(test, cxl_irq_pool_add(pool, BASE + 2 * i));
	KUNIT_EXPECT_EQ(test, cxl_irq_pool_alloc(pool, 4, &set), -ENOSPC);
	KUNIT_ASSERT_EQ(test, cxl_irq_pool_alloc(pool, 3, &set), 0);
	KUNIT_EXPECT_EQ(test, set.nr_blocks, 3);
	KUNIT_EXPECT_EQ(test, set.nr, 3);
}

static struct kunit_case irq_pool_cases[] = {
	KUNIT_CASE(bad_ranges),
	KUNIT_CASE(several_ranges),
	KUNIT_CASE(range_from_zero),
	KUNIT_CASE(one_block_first),
	KUNIT_CASE(too_many),
	KUNIT_CASE(fragmented),
	KUNIT_CASE(fragmented_unevenly),
	KUNIT_CASE(reserved),
	KUNIT_CASE(resting),
	KUNIT_CASE(growing),
	KUNIT_CASE(resting_while_growing),
	KUNIT_CASE(asking_for_more),
	KUNIT_CASE(fewer_blocks),
	{ }
};

static struct kunit_suite irq_pool_suite = {
	.name = "cxl-irq-pool",
	.test_cases = irq_pool_cases,
};

kunit_test_suite(irq_pool_suite);
