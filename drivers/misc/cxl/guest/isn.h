/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts of a facility: virtual interrupt source numbers (ISNs).
 */
#ifndef _CXL_GUEST_ISN_H
#define _CXL_GUEST_ISN_H

#include <linux/bitmap.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <misc/cxl-base.h>

/* A process element can name this many, from the lowest one on. */
#define GUEST_MAX_ISNS	2048

/**
 * struct guest_isn_range - entry of "interrupt-ranges"
 * @first: first ISN
 * @count: how many
 */
struct guest_isn_range {
	u32 first;
	u32 count;
};

/**
 * struct guest_isn_pool - the ISNs of a facility
 * @base: lowest ISN, bit 0 of the bitmaps
 * @usable: those the facility has
 * @used: those that are taken, and those it does not have
 * @taken: how many contexts have taken
 * @next: where to look for free ones first
 */
struct guest_isn_pool {
	/** @lock: guards @used, @taken and @next */
	spinlock_t lock;
	u32 base;
	DECLARE_BITMAP(usable, GUEST_MAX_ISNS);
	DECLARE_BITMAP(used, GUEST_MAX_ISNS);
	unsigned int taken;
	unsigned int next;
};

/**
 * struct guest_isn_block - consecutive ISNs
 * @first: the first one, counted from the base of the pool
 * @count: how many
 */
struct guest_isn_block {
	u16 first;
	u16 count;
};

/**
 * struct guest_isn_set - the ISNs of a context
 * @block: blocks in ascending order
 * @nr_blocks: how many, 0 for an empty set
 */
struct guest_isn_set {
	struct guest_isn_block block[CXL_IRQ_RANGES];
	unsigned int nr_blocks;
};

int guest_isn_pool_init(struct guest_isn_pool *pool,
			const struct guest_isn_range *ranges, unsigned int nr);
void guest_isn_reserve(struct guest_isn_pool *pool, u32 isn);
int guest_isn_alloc(struct guest_isn_pool *pool, unsigned int nr,
		    struct guest_isn_set *set);
void guest_isn_free(struct guest_isn_pool *pool, struct guest_isn_set *set);
u32 guest_isn_nth(const struct guest_isn_pool *pool,
		  const struct guest_isn_set *set, unsigned int n);

#endif /* _CXL_GUEST_ISN_H */
