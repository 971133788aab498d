// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of a card: handing out their numbers.
 *
 * The interrupt vectors of a process element are four ranges, so that is how
 * many blocks a context may have; one is tried first.
 */
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "irq_pool.h"

#define RESTING_IRQS	128

/**
 * cxl_irq_pool_init_empty() - a pool of interrupts that come later
 * @pool: the pool
 * @base: no number is lower
 * @max_blocks: in how many blocks a context may have its own, up to CXL_IRQ_RANGES
 */
void cxl_irq_pool_init_empty(struct cxl_irq_pool *pool, u32 base,
			     unsigned int max_blocks)
{
	spin_lock_init(&pool->lock);
	bitmap_zero(pool->usable, CXL_MAX_IRQS);
	bitmap_fill(pool->used, CXL_MAX_IRQS);
	pool->base = base;
	pool->max_blocks = max_blocks;
	pool->nr_usable = 0;
	pool->taken = 0;
	pool->next = 0;
}

/**
 * cxl_irq_pool_init() - a pool of all interrupts of a card
 * @pool: the pool
 * @ranges: the card's ranges, in any order
 * @nr: how many
 *
 * What lies beyond CXL_MAX_IRQS from the lowest number cannot be given to a
 * context and is left out.
 *
 * Return: 0, or -EINVAL if there is no range, an empty one or one that wraps.
 */
int cxl_irq_pool_init(struct cxl_irq_pool *pool,
		      const struct cxl_irq_range *ranges, unsigned int nr)
{
	u32 base = U32_MAX;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!ranges[i].count || ranges[i].first + ranges[i].count < ranges[i].first)
			return -EINVAL;
		base = min(base, ranges[i].first);
	}
	if (!nr)
		return -EINVAL;

	cxl_irq_pool_init_empty(pool, base, CXL_IRQ_RANGES);
	for (i = 0; i < nr; i++) {
		u32 first = ranges[i].first - base;

		if (first < CXL_MAX_IRQS)
			bitmap_set(pool->usable, first,
				   min(ranges[i].count, CXL_MAX_IRQS - first));
	}
	bitmap_complement(pool->used, pool->usable, CXL_MAX_IRQS);
	pool->nr_usable = bitmap_weight(pool->usable, CXL_MAX_IRQS);
	return 0;
}

static bool in_pool(const struct cxl_irq_pool *pool, u32 number)
{
	return number >= pool->base && number - pool->base < CXL_MAX_IRQS;
}

/**
 * cxl_irq_pool_add() - one more interrupt
 * @pool: the pool
 * @number: the interrupt, not yet in the pool
 *
 * Return: true; false if it lies where the pool cannot have any.
 */
bool cxl_irq_pool_add(struct cxl_irq_pool *pool, u32 number)
{
	if (!in_pool(pool, number))
		return false;

	guard(spinlock)(&pool->lock);

	__set_bit(number - pool->base, pool->usable);
	__clear_bit(number - pool->base, pool->used);
	pool->nr_usable++;
	return true;
}

/**
 * cxl_irq_pool_short() - would more interrupts be of use?
 * @pool: the pool
 * @nr: how many are about to be taken
 *
 * Return: how many more let those rest that are given back.
 */
unsigned int cxl_irq_pool_short(struct cxl_irq_pool *pool, unsigned int nr)
{
	unsigned int want;

	guard(spinlock)(&pool->lock);

	want = pool->taken + nr + RESTING_IRQS;
	return want > pool->nr_usable ? want - pool->nr_usable : 0;
}

/**
 * cxl_irq_pool_reserve() - keep an interrupt from being handed out
 * @pool: the pool
 * @number: used for something else; need not be in the pool
 */
void cxl_irq_pool_reserve(struct cxl_irq_pool *pool, u32 number)
{
	guard(spinlock)(&pool->lock);

	if (in_pool(pool, number))
		set_bit(number - pool->base, pool->used);
}

static void set_add(struct cxl_irq_set *set, unsigned int first, unsigned int count)
{
	set->block[set->nr_blocks].first = first;
	set->block[set->nr_blocks].count = count;
	set->nr_blocks++;
}

/* The largest free blocks, in no order. */
static void find_largest(const struct cxl_irq_pool *pool, struct cxl_irq_set *set)
{
	unsigned int first, end, i, smallest;

	for_each_clear_bitrange(first, end, pool->used, CXL_MAX_IRQS) {
		if (set->nr_blocks < pool->max_blocks) {
			set_add(set, first, end - first);
			continue;
		}
		smallest = 0;
		for (i = 1; i < set->nr_blocks; i++)
			if (set->block[i].count < set->block[smallest].count)
				smallest = i;
		if (set->block[smallest].count < end - first) {
			set->block[smallest].first = first;
			set->block[smallest].count = end - first;
		}
	}
}

static int by_count(const void *a, const void *b)
{
	const struct cxl_irq_block *x = a, *y = b;

	return (int)y->count - x->count;
}

static int by_first(const void *a, const void *b)
{
	const struct cxl_irq_block *x = a, *y = b;

	return (int)x->first - y->first;
}

/* Cut the largest blocks down to what is wanted; false if they do not do. */
static bool trim(struct cxl_irq_set *set, unsigned int nr)
{
	unsigned int i;

	sort(set->block, set->nr_blocks, sizeof(set->block[0]), by_count, NULL);
	for (i = 0; i < set->nr_blocks && nr; i++) {
		set->block[i].count = min(set->block[i].count, nr);
		nr -= set->block[i].count;
	}
	if (nr)
		return false;
	set->nr_blocks = i;
	sort(set->block, set->nr_blocks, sizeof(set->block[0]), by_first, NULL);
	return true;
}

/*
 * Numbers that were given back rest for a while: an interrupt that is still on
 * its way from the hardware would be taken for one of the next owner. But not
 * until all others have been used, for each that is has a handler.
 */
static unsigned long find_block(struct cxl_irq_pool *pool, unsigned int nr)
{
	unsigned long first;

	first = bitmap_find_next_zero_area(pool->used, CXL_MAX_IRQS, pool->next, nr, 0);
	if (first < CXL_MAX_IRQS && first + nr <= 2 * pool->taken + RESTING_IRQS)
		return first;
	return bitmap_find_next_zero_area(pool->used, CXL_MAX_IRQS, 0, nr, 0);
}

/**
 * cxl_irq_pool_alloc() - take interrupts out of the pool
 * @pool: the pool
 * @nr: how many, at least 1
 * @set: the result
 *
 * Return: 0, or -ENOSPC if there are not enough or they lie too scattered;
 * then @set is empty.
 */
int cxl_irq_pool_alloc(struct cxl_irq_pool *pool, unsigned int nr,
		       struct cxl_irq_set *set)
{
	unsigned long first;
	unsigned int i;

	memset(set, 0, sizeof(*set));
	if (!nr || nr > CXL_MAX_IRQS)
		return -ENOSPC;

	guard(spinlock)(&pool->lock);

	first = find_block(pool, nr);
	if (first < CXL_MAX_IRQS) {
		set_add(set, first, nr);
		pool->next = first + nr;
	} else {
		find_largest(pool, set);
		if (!trim(set, nr)) {
			memset(set, 0, sizeof(*set));
			return -ENOSPC;
		}
	}
	for (i = 0; i < set->nr_blocks; i++)
		bitmap_set(pool->used, set->block[i].first, set->block[i].count);
	set->nr = nr;
	pool->taken += nr;
	return 0;
}

/**
 * cxl_irq_pool_free() - return interrupts to the pool
 * @pool: the pool
 * @set: what cxl_irq_pool_alloc() gave, empty afterwards; an empty one is allowed
 */
void cxl_irq_pool_free(struct cxl_irq_pool *pool, struct cxl_irq_set *set)
{
	unsigned int i;

	guard(spinlock)(&pool->lock);

	for (i = 0; i < set->nr_blocks; i++) {
		bitmap_clear(pool->used, set->block[i].first, set->block[i].count);
		pool->taken -= set->block[i].count;
	}
	set->nr_blocks = 0;
	set->nr = 0;
}

/**
 * cxl_irq_set_nth() - an interrupt of a set
 * @set: a set of more than @n interrupts
 * @n: which one in ascending order, from 0
 *
 * Return: its place in the pool, counted from the base.
 */
unsigned int cxl_irq_set_nth(const struct cxl_irq_set *set, unsigned int n)
{
	unsigned int i = 0;

	while (i < set->nr_blocks - 1 && n >= set->block[i].count)
		n -= set->block[i++].count;
	return set->block[i].first + n;
}
