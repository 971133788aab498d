// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of a facility: handing out virtual interrupt source numbers.
 *
 * The interrupt vectors of a process element are four ranges, so that is how
 * many blocks a context may have; one is tried first.
 */
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "isn.h"

#define RESTING_ISNS	128

/**
 * guest_isn_pool_init() - a pool of all interrupts of a facility
 * @pool: the pool
 * @ranges: the facility's ranges, in any order
 * @nr: how many
 *
 * What lies beyond GUEST_MAX_ISNS from the lowest number cannot be given to a
 * process and is left out.
 *
 * Return: 0, or -EINVAL if there is no range, an empty one or one that wraps.
 */
int guest_isn_pool_init(struct guest_isn_pool *pool,
			const struct guest_isn_range *ranges, unsigned int nr)
{
	unsigned int i;

	spin_lock_init(&pool->lock);
	bitmap_zero(pool->usable, GUEST_MAX_ISNS);
	pool->base = U32_MAX;
	for (i = 0; i < nr; i++) {
		if (!ranges[i].count || ranges[i].first + ranges[i].count < ranges[i].first)
			return -EINVAL;
		pool->base = min(pool->base, ranges[i].first);
	}
	if (!nr)
		return -EINVAL;

	for (i = 0; i < nr; i++) {
		u32 first = ranges[i].first - pool->base;

		if (first < GUEST_MAX_ISNS)
			bitmap_set(pool->usable, first,
				   min(ranges[i].count, GUEST_MAX_ISNS - first));
	}
	bitmap_complement(pool->used, pool->usable, GUEST_MAX_ISNS);
	pool->taken = 0;
	pool->next = 0;
	return 0;
}

/**
 * guest_isn_reserve() - keep an interrupt from being handed out
 * @pool: the pool
 * @isn: used for something else; need not be in the pool
 */
void guest_isn_reserve(struct guest_isn_pool *pool, u32 isn)
{
	guard(spinlock)(&pool->lock);

	if (isn >= pool->base && isn - pool->base < GUEST_MAX_ISNS)
		set_bit(isn - pool->base, pool->used);
}

static void set_add(struct guest_isn_set *set, unsigned int first, unsigned int count)
{
	set->block[set->nr_blocks].first = first;
	set->block[set->nr_blocks].count = count;
	set->nr_blocks++;
}

/* The largest free blocks, in no order. */
static void find_largest(const struct guest_isn_pool *pool, struct guest_isn_set *set)
{
	unsigned int first, end, i, smallest;

	for_each_clear_bitrange(first, end, pool->used, GUEST_MAX_ISNS) {
		if (set->nr_blocks < CXL_IRQ_RANGES) {
			set_add(set, first, end - first);
			continue;
		}
		smallest = 0;
		for (i = 1; i < CXL_IRQ_RANGES; i++)
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
	const struct guest_isn_block *x = a, *y = b;

	return (int)y->count - x->count;
}

static int by_first(const void *a, const void *b)
{
	const struct guest_isn_block *x = a, *y = b;

	return (int)x->first - y->first;
}

/* Cut the largest blocks down to what is wanted; false if they do not do. */
static bool trim(struct guest_isn_set *set, unsigned int nr)
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
static unsigned long find_block(struct guest_isn_pool *pool, unsigned int nr)
{
	unsigned long first;

	first = bitmap_find_next_zero_area(pool->used, GUEST_MAX_ISNS, pool->next, nr, 0);
	if (first < GUEST_MAX_ISNS && first + nr <= 2 * pool->taken + RESTING_ISNS)
		return first;
	return bitmap_find_next_zero_area(pool->used, GUEST_MAX_ISNS, 0, nr, 0);
}

/**
 * guest_isn_alloc() - take interrupts out of the pool
 * @pool: the pool
 * @nr: how many, at least 1
 * @set: the result
 *
 * Return: 0, or -ENOSPC if there are not enough or they lie too scattered;
 * then @set is empty.
 */
int guest_isn_alloc(struct guest_isn_pool *pool, unsigned int nr,
		    struct guest_isn_set *set)
{
	unsigned long first;
	unsigned int i;

	memset(set, 0, sizeof(*set));
	if (!nr || nr > GUEST_MAX_ISNS)
		return -ENOSPC;

	guard(spinlock)(&pool->lock);

	first = find_block(pool, nr);
	if (first < GUEST_MAX_ISNS) {
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
	pool->taken += nr;
	return 0;
}

/**
 * guest_isn_free() - return interrupts to the pool
 * @pool: the pool
 * @set: what guest_isn_alloc() gave, empty afterwards; an empty one is allowed
 */
void guest_isn_free(struct guest_isn_pool *pool, struct guest_isn_set *set)
{
	unsigned int i;

	guard(spinlock)(&pool->lock);

	for (i = 0; i < set->nr_blocks; i++) {
		bitmap_clear(pool->used, set->block[i].first, set->block[i].count);
		pool->taken -= set->block[i].count;
	}
	set->nr_blocks = 0;
}

/**
 * guest_isn_nth() - an interrupt of a set
 * @pool: the pool
 * @set: a set of more than @n interrupts
 * @n: which one in ascending order, from 0
 *
 * Return: its ISN.
 */
u32 guest_isn_nth(const struct guest_isn_pool *pool,
		  const struct guest_isn_set *set, unsigned int n)
{
	unsigned int i = 0;

	while (i < set->nr_blocks - 1 && n >= set->block[i].count)
		n -= set->block[i++].count;
	return pool->base + set->block[i].first + n;
}
