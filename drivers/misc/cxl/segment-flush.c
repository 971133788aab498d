// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts by the address space they work on, and emptying their segment tables when
 * the kernel changes its segments. Most changes are in address spaces that no
 * accelerator uses: however many others there are, they cost a look at the table.
 */
#include <linux/bitmap.h>
#include <linux/cleanup.h>
#include <linux/hash.h>
#include <linux/rculist_nulls.h>
#include <linux/spinlock.h>

#include "afu.h"
#include "context.h"
#include "segment.h"
#include "trace.h"

#define TABLE_BITS	8

#define MAX_AFUS	(CXL_MAX_CARDS * CXL_MAX_SLICES)

/* Read under RCU. A context may be in another place at once, so the ends are marked. */
static struct hlist_nulls_head table[BIT(TABLE_BITS)];
/* Taken by those who change it */
static DEFINE_SPINLOCK(table_lock);

/**
 * cxl_segments_init() - from now on there may be contexts
 */
void cxl_segments_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		INIT_HLIST_NULLS_HEAD(&table[i], i);
}

/**
 * cxl_segments_watch() - from now on a context is found by its address space
 * @ctx: with cxl_context.mm or cxl_context.kernel set
 *
 * Call before the first segment is entered. Process context.
 */
void cxl_segments_watch(struct cxl_context *ctx)
{
	guard(spinlock)(&table_lock);

	hlist_nulls_add_head_rcu(&ctx->by_mm, &table[hash_ptr(ctx->mm, TABLE_BITS)]);
}

/**
 * cxl_segments_unwatch() - undo cxl_segments_watch()
 * @ctx: the hardware has let go of it
 *
 * Process context. Somebody may still find it until the end of an RCU grace period.
 */
void cxl_segments_unwatch(struct cxl_context *ctx)
{
	guard(spinlock)(&table_lock);

	hlist_nulls_del_init_rcu(&ctx->by_mm);
}

static bool works_on(struct cxl_context *ctx, struct mm_struct *mm)
{
	return mm ? READ_ONCE(ctx->mm) == mm : READ_ONCE(ctx->kernel);
}

static unsigned int afu_number(struct cxl_afu *afu)
{
	return afu->adapter->id * CXL_MAX_SLICES + afu->slice;
}

/* Once for each AFU; one that has been removed has no registers any more. */
static void flush_afu(struct cxl_afu *afu, unsigned long *done)
{
	if (rcu_access_pointer(afu->adapter->afu[afu->slice]) != afu ||
	    __test_and_set_bit(afu_number(afu), done))
		return;
	cxl_afu_count(afu, CXL_STAT_SLBIAS);
	if (cxl_afu_ops(afu)->afu_slbia(afu)) {
		dev_err_ratelimited(&afu->dev, "segments could not be invalidated\n");
		cxl_afu_break(afu);
	}
}

/* Whatever is done to a context is done again if the list has to be read again. */
static bool walk_contexts(struct mm_struct *mm, unsigned long *done,
			  void (*function)(struct cxl_context *ctx, unsigned long *done))
{
	unsigned int nr = hash_ptr(mm, TABLE_BITS);
	struct hlist_nulls_node *node;
	struct cxl_context *ctx;
	bool found = false;

	do {
		hlist_nulls_for_each_entry_rcu(ctx, node, &table[nr], by_mm) {
			if (works_on(ctx, mm)) {
				function(ctx, done);
				found = true;
			}
		}
	} while (get_nulls_value(node) != nr);
	return found;
}

static void clear_table(struct cxl_context *ctx, unsigned long *done)
{
	cxl_segment_table_clear(&ctx->segments);
}

static void flush_context(struct cxl_context *ctx, unsigned long *done)
{
	flush_afu(ctx->afu, done);
}

/**
 * cxl_segments_flush() - see cxl_slbia()
 * @mm: the address space whose segments have changed, NULL for the kernel's
 *
 * Contexts are found from before their first segment is entered until the
 * hardware has let go of them. Any context, interrupts may be off.
 */
void cxl_segments_flush(struct mm_struct *mm)
{
	DECLARE_BITMAP(done, MAX_AFUS) = {};

	/* Pairs with that of a context that begins: it is found, or sees the change. */
	smp_mb();
	guard(rcu)();

	if (walk_contexts(mm, done, clear_table)) {
		/* The PSL must not load again what has just been cleared. */
		mb();
		walk_contexts(mm, done, flush_context);
	}
	trace_cxl_slbia(mm);
}
