/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PSL interrupts of a context, translation faults first of all.
 */
#ifndef _CXL_FAULT_H
#define _CXL_FAULT_H

#include <linux/types.h>

struct cxl_context;
struct mm_struct;

/* How often a page fault is repeated before the access is given up. */
#define CXL_PAGE_FAULT_TRIES	8

void cxl_fault_init(struct cxl_context *ctx);
void cxl_fault_cancel(struct cxl_context *ctx);
void cxl_fault_check(struct cxl_context *ctx);
void cxl_psl_irq(struct cxl_context *ctx);

#if IS_ENABLED(CONFIG_KUNIT)
int cxl_hash_insert(struct mm_struct *mm, u64 ea, u64 dsisr);
int cxl_mm_fault(struct mm_struct *mm, u64 ea, u64 dsisr);
int cxl_page_fault(struct mm_struct *mm, u64 ea, u64 dsisr);
#endif

#endif /* _CXL_FAULT_H */
