/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What powerpc architecture code needs of the CAPI driver, whether or not the
 * driver is loaded or even configured.
 */
#ifndef _MISC_CXL_BASE_H
#define _MISC_CXL_BASE_H

#include <linux/types.h>

struct cxl_afu;
struct mm_struct;

#ifdef CONFIG_CXL_BASE

#include <linux/atomic.h>

/* The interrupt vector table of a process element has this many ranges. */
#define CXL_IRQ_RANGES	4

/**
 * struct cxl_irq_ranges - interrupts of one context
 * @offset: first hardware interrupt of each range
 * @range: length of each range, 0 for an unused one
 */
struct cxl_irq_ranges {
	irq_hw_number_t offset[CXL_IRQ_RANGES];
	irq_hw_number_t range[CXL_IRQ_RANGES];
};

/* Contexts attached to any accelerator of this machine. */
extern atomic_t cxl_use_count;

/**
 * cxl_ctx_in_use() - does any accelerator use the hash page table?
 *
 * The hash MMU asks before it chooses a TLB invalidation that only the own
 * core sees. Any context.
 *
 * Return: true while at least one context is attached.
 */
static inline bool cxl_ctx_in_use(void)
{
	return atomic_read(&cxl_use_count) != 0;
}

/**
 * cxl_ctx_get() - one more context is about to be attached
 *
 * A full barrier must follow before the hardware learns of the context.
 */
static inline void cxl_ctx_get(void)
{
	atomic_inc(&cxl_use_count);
}

/**
 * cxl_ctx_put() - the hardware has let go of a context
 */
static inline void cxl_ctx_put(void)
{
	atomic_dec(&cxl_use_count);
}

struct cxl_afu *cxl_afu_get(struct cxl_afu *afu);
void cxl_afu_put(struct cxl_afu *afu);
void cxl_slbia(struct mm_struct *mm);

#else /* !CONFIG_CXL_BASE */

static inline bool cxl_ctx_in_use(void)
{
	return false;
}

static inline struct cxl_afu *cxl_afu_get(struct cxl_afu *afu)
{
	return NULL;
}

static inline void cxl_afu_put(struct cxl_afu *afu)
{
}

static inline void cxl_slbia(struct mm_struct *mm)
{
}

#endif /* CONFIG_CXL_BASE */

#endif /* _MISC_CXL_BASE_H */
