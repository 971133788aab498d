/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts of a card: which numbers its contexts may use, and who has which.
 */
#ifndef _CXL_IRQ_POOL_H
#define _CXL_IRQ_POOL_H

#include <linux/bitmap.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <misc/cxl-base.h>

/*
 * A process element names this many at most, from the lowest one on: those of a
 * facility by a bitmap (LoPAR); and the host bridge of a card has no more.
 */
#define CXL_MAX_IRQS	2048

/**
 * struct cxl_irq_range - consecutive interrupts
 * @first: number of the first one
 * @count: how many
 */
struct cxl_irq_range {
	u32 first;
	u32 count;
};

/**
 * struct cxl_irq_pool - the interrupts that contexts of a card may use
 * @base: lowest number, bit 0 of the bitmaps
 * @max_blocks: in how many blocks a context may have its own
 * @usable: those that there are
 * @used: those that are taken, and those that there are not
 * @nr_usable: how many those are
 * @taken: how many contexts have taken
 * @next: where to look for free ones first
 */
struct cxl_irq_pool {
	/** @lock: guards what follows but for @base and @max_blocks */
	spinlock_t lock;
	u32 base;
	unsigned int max_blocks;
	DECLARE_BITMAP(usable, CXL_MAX_IRQS);
	DECLARE_BITMAP(used, CXL_MAX_IRQS);
	unsigned int nr_usable;
	unsigned int taken;
	unsigned int next;
};

/**
 * struct cxl_irq_block - consecutive interrupts of a pool
 * @first: the first one, counted from the base of the pool
 * @count: how many
 */
struct cxl_irq_block {
	u16 first;
	u16 count;
};

/**
 * struct cxl_irq_set - the interrupts of a context
 * @block: blocks in ascending order
 * @nr_blocks: how many, 0 for an empty set
 * @nr: interrupts in all of them
 */
struct cxl_irq_set {
	struct cxl_irq_block block[CXL_IRQ_RANGES];
	unsigned int nr_blocks;
	unsigned int nr;
};

void cxl_irq_pool_init_empty(struct cxl_irq_pool *pool, u32 base,
			     unsigned int max_blocks);
int cxl_irq_pool_init(struct cxl_irq_pool *pool,
		      const struct cxl_irq_range *ranges, unsigned int nr);
bool cxl_irq_pool_add(struct cxl_irq_pool *pool, u32 number);
unsigned int cxl_irq_pool_short(struct cxl_irq_pool *pool, unsigned int nr);
void cxl_irq_pool_reserve(struct cxl_irq_pool *pool, u32 number);
int cxl_irq_pool_alloc(struct cxl_irq_pool *pool, unsigned int nr,
		       struct cxl_irq_set *set);
void cxl_irq_pool_free(struct cxl_irq_pool *pool, struct cxl_irq_set *set);
unsigned int cxl_irq_set_nth(const struct cxl_irq_set *set, unsigned int n);

/* The same as number */
static inline u32 cxl_irq_pool_nth(const struct cxl_irq_pool *pool,
				   const struct cxl_irq_set *set, unsigned int n)
{
	return pool->base + cxl_irq_set_nth(set, n);
}

#endif /* _CXL_IRQ_POOL_H */
