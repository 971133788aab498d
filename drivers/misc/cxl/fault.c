// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSL interrupts of a context. Every fault is answered exactly once: one without
 * an answer stops the AFU for everybody, an answer too many could be taken for
 * that to the next one. So a fault is read and answered in one place, that does
 * not run twice at a time; an interrupt only says that there may be something to
 * read.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include <asm/book3s/64/mmu-hash.h>

#include "afu.h"
#include "base.h"
#include "context.h"
#include "fault.h"
#include "main.h"
#include "trace.h"

/*
 * Enter the page of an address that the process maps into the hash page table.
 * The lockless walk of the page tables counts on an interrupt to every CPU
 * that the mm has run on to keep them from being freed, so this one has to
 * pretend.
 */
VISIBLE_IF_KUNIT int cxl_hash_insert(struct mm_struct *mm, u64 ea, u64 dsisr)
{
	unsigned long access = _PAGE_PRESENT | _PAGE_READ;
	unsigned long flags = 0;

	KUNIT_STATIC_STUB_REDIRECT(cxl_hash_insert, mm, ea, dsisr);

	if (dsisr & CXL_DSISR_S)
		access |= _PAGE_WRITE;
	if (dsisr & CXL_DSISR_M)
		flags = HPTE_NOHPTE_UPDATE;

	guard(irqsave)();
	cpumask_set_cpu(smp_processor_id(), mm_cpumask(mm));
	/* Pairs with the barrier before the mask is read to send interrupts. */
	smp_mb();
	return hash_page_mm(mm, ea, access, 0x300, flags);
}

VISIBLE_IF_KUNIT int cxl_mm_fault(struct mm_struct *mm, u64 ea, u64 dsisr)
{
	KUNIT_STATIC_STUB_REDIRECT(cxl_mm_fault, mm, ea, dsisr);

	return cxl_handle_mm_fault(mm, ea, dsisr & CXL_DSISR_S);
}

/* The page may be taken away again before its entry is in the hash table. */
VISIBLE_IF_KUNIT int cxl_page_fault(struct mm_struct *mm, u64 ea, u64 dsisr)
{
	int tries, ret;

	for (tries = 0; tries < CXL_PAGE_FAULT_TRIES; tries++) {
		ret = cxl_mm_fault(mm, ea, dsisr);
		if (ret)
			return ret;
		ret = cxl_hash_insert(mm, ea, dsisr);
		if (ret <= 0)
			return ret ? -EFAULT : 0;
	}
	return -EFAULT;
}

static int kernel_page_fault(u64 ea, u64 dsisr)
{
	return cxl_hash_kernel_page(ea, dsisr & CXL_DSISR_S,
				    dsisr & CXL_DSISR_M ? HPTE_NOHPTE_UPDATE : 0);
}

/* Without @mm it is the kernel's own addresses. */
static int serve(struct cxl_context *ctx, struct mm_struct *mm, u64 ea, u64 dsisr)
{
	if (dsisr & CXL_DSISR_DS) {
		trace_cxl_ste_miss(ctx, dsisr, ea);
		cxl_ctx_count(ctx, CXL_STAT_SEGMENT_FAULTS);
		return cxl_segment_add(ctx, mm, ea);
	}
	if (dsisr & CXL_DSISR_DM) {
		trace_cxl_pte_miss(ctx, dsisr, ea);
		cxl_ctx_count(ctx, CXL_STAT_PAGE_FAULTS);
		/* No page makes up for a key, nor for the kind of memory. */
		if (dsisr & (CXL_DSISR_K | CXL_DSISR_A))
			return -EFAULT;
		return mm ? cxl_page_fault(mm, ea, dsisr) : kernel_page_fault(ea, dsisr);
	}
	/* The tables that the other causes are about are ours, and mapped. */
	return -EFAULT;
}

/* -EIO for a context that ends, whatever the address */
static int resolve(struct cxl_context *ctx, u64 ea, u64 dsisr)
{
	struct mm_struct *mm = READ_ONCE(ctx->mm);
	int ret;

	if (READ_ONCE(ctx->state) != CXL_CTX_STARTED || !cxl_afu_serves(ctx->afu))
		return -EIO;
	if (READ_ONCE(ctx->kernel))
		return cxl_segment_valid(NULL, ea) ? serve(ctx, NULL, ea, dsisr) : -EFAULT;
	if (!mm)
		return -EIO;
	/* Without users there is no memory any more, only the structure. */
	if (!mmget_not_zero(mm))
		return -ESRCH;

	ret = -EFAULT;
	if (cxl_segment_valid(mm, ea))
		ret = serve(ctx, mm, ea, dsisr);
	mmput(mm);
	return ret;
}

static void answer(struct cxl_context *ctx, enum cxl_fault_answer answer)
{
	trace_cxl_psl_irq_ack(ctx, answer);
	cxl_afu_ops(ctx->afu)->ctx_answer(ctx, answer);
}

static void translation_fault(struct cxl_context *ctx,
			      const struct cxl_psl_irq_info *info)
{
	int ret;

	ret = resolve(ctx, info->dar, info->dsisr);
	if (ret)
		cxl_ctx_count(ctx, CXL_STAT_FAILED_FAULTS);
	/* The address of a context that ends may have been a good one. */
	if (ret && ret != -EIO)
		cxl_event_fault(ctx, info->dar, info->dsisr);
	/* The PSL looks at the tables again: they have to be up to date. */
	mb();
	answer(ctx, ret ? CXL_FAULT_ADDRESS_ERROR : CXL_FAULT_RESTART);
}

static void fault_work(struct work_struct *work)
{
	struct cxl_context *ctx = container_of(work, struct cxl_context, fault_work);
	struct device *dev = &ctx->afu->dev;
	struct cxl_psl_irq_info info;

	if (!cxl_afu_ops(ctx->afu)->ctx_read_fault(ctx, &info)) {
		cxl_ctx_count(ctx, CXL_STAT_SPURIOUS_INTERRUPTS);
		trace_cxl_psl_irq_spurious(ctx, 0, 0);
		return;
	}
	trace_cxl_psl_irq(ctx, info.dsisr, info.dar);

	if (info.dsisr & CXL_DSISR_TRANS) {
		translation_fault(ctx, &info);
	} else if (info.dsisr & CXL_DSISR_PE) {
		dev_err_ratelimited(dev, "process element %u: PSL error %#llx\n",
				    ctx->pe, info.err_stat);
		answer(ctx, CXL_FAULT_CLEAR_ERROR);
	} else if (info.dsisr & CXL_DSISR_AE) {
		cxl_event_afu_error(ctx, info.afu_err);
		answer(ctx, CXL_FAULT_ACK);
	} else {
		dev_warn_ratelimited(dev, "process element %u: %s, status %#llx\n",
				     ctx->pe, info.dsisr & CXL_DSISR_OC ?
				     "context warning" : "unknown cause", info.dsisr);
		answer(ctx, CXL_FAULT_ACK);
	}
}

void cxl_fault_init(struct cxl_context *ctx)
{
	INIT_WORK(&ctx->fault_work, fault_work);
}

/**
 * cxl_fault_cancel() - wait for the fault work of a context
 * @ctx: detached, without a PSL interrupt handler
 *
 * May sleep, without locks that page faults take.
 */
void cxl_fault_cancel(struct cxl_context *ctx)
{
	cancel_work_sync(&ctx->fault_work);
}

/**
 * cxl_fault_check() - there may be a fault of a context
 * @ctx: attached
 *
 * Any context.
 */
void cxl_fault_check(struct cxl_context *ctx)
{
	queue_work(cxl_fault_wq, &ctx->fault_work);
}

/**
 * cxl_psl_irq() - the PSL has raised an interrupt for a context
 * @ctx: attached
 *
 * Called by the backend's interrupt handler. It may come early, late or more
 * often than there are faults. Any context.
 */
void cxl_psl_irq(struct cxl_context *ctx)
{
	cxl_ctx_count(ctx, CXL_STAT_PSL_INTERRUPTS);
	cxl_fault_check(ctx);
}
