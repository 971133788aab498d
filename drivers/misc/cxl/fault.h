/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PSL interrupts of a context, translation faults first of all.
 */
#ifndef _CXL_FAULT_H
#define _CXL_FAULT_H

#include <linux/types.h>
#include <linux/workqueue.h>

#include "backend.h"

struct cxl_context;
struct mm_struct;

/* How often a page fault is repeated before the access is given up. */
#define CXL_PAGE_FAULT_TRIES	8

/**
 * enum cxl_fault_owner - who may serve the faults of a context
 * @CXL_FAULT_FREE: who comes first
 * @CXL_FAULT_OWNED: whoever does so at present
 * @CXL_FAULT_LEFT_TO_WORK: fault work, which has been queued or awaits it
 * @CXL_FAULT_AWAITED: the interrupt handler, for fault work, which awaits the next one
 */
enum cxl_fault_owner {
	CXL_FAULT_FREE,
	CXL_FAULT_OWNED,
	CXL_FAULT_LEFT_TO_WORK,
	CXL_FAULT_AWAITED,
};

/**
 * enum cxl_fault_step - what is to be done for a fault
 * @CXL_FAULT_STEP_READ: read what it is
 * @CXL_FAULT_STEP_RESOLVE: do what it takes
 * @CXL_FAULT_STEP_ANSWER: tell the PSL
 */
enum cxl_fault_step {
	CXL_FAULT_STEP_READ,
	CXL_FAULT_STEP_RESOLVE,
	CXL_FAULT_STEP_ANSWER,
};

/**
 * struct cxl_ctx_fault - the fault of a context that is being served
 * @work: serves what the interrupt handler must not wait for
 * @owner: who may use the other members
 * @step: what is to be done next
 * @answer: how it is to be answered, from CXL_FAULT_STEP_ANSWER on
 * @info: what it is, from CXL_FAULT_STEP_RESOLVE on
 * @served: when fault work has served the last one, in ticks of the timebase
 * @row: how many in a row fault work has served, each soon after the one before
 * @not_mapped: its page is none that the process maps
 */
struct cxl_ctx_fault {
	struct work_struct work;
	enum cxl_fault_owner owner;
	enum cxl_fault_step step;
	enum cxl_fault_answer answer;
	struct cxl_psl_irq_info info;
	u64 served;
	unsigned int row;
	bool not_mapped;
};

void cxl_fault_init(struct cxl_context *ctx);
void cxl_fault_cancel(struct cxl_context *ctx);
void cxl_fault_check(struct cxl_context *ctx);
bool cxl_fault_claim(struct cxl_context *ctx, const struct cxl_psl_irq_info *info);
void cxl_fault_serve(struct cxl_context *ctx);
void cxl_psl_irq(struct cxl_context *ctx);

#if IS_ENABLED(CONFIG_KUNIT)
int cxl_hash_insert(struct mm_struct *mm, u64 ea, u64 dsisr);
int cxl_mm_fault(struct mm_struct *mm, u64 ea, u64 dsisr);
int cxl_page_fault(struct mm_struct *mm, u64 ea, u64 dsisr);
#endif

#endif /* _CXL_FAULT_H */
