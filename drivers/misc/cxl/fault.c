// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSL interrupts of a context. Every fault is answered exactly once: one without
 * an answer stops the AFU for everybody, an answer too many could be taken for
 * that to the next one. So whoever reads a fault owns those of the context until
 * it has been answered, and an interrupt only says that there may be something to
 * read. The handler itself serves what does not have to wait, which is all but
 * memory that the process does not have yet; what has to is left to fault work,
 * which goes on at the step that the handler came to.
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
#include "linger.h"
#include "main.h"
#include "trace.h"

/* So many faults in a row have to wait before the next one is waited for, ... */
#define LINGER_ROW	2
/* ... and then only every so many of them are expected not to. */
#define MAPPED_ROW	16

static unsigned long hash_flags(u64 dsisr)
{
	return dsisr & CXL_DSISR_M ? HPTE_NOHPTE_UPDATE : 0;
}

/* An entry of the hash page table for a page that the process maps. */
VISIBLE_IF_KUNIT int cxl_hash_insert(struct mm_struct *mm, u64 ea, u64 dsisr)
{
	KUNIT_STATIC_STUB_REDIRECT(cxl_hash_insert, mm, ea, dsisr);

	return cxl_hash_page(mm, ea, dsisr & CXL_DSISR_S, hash_flags(dsisr));
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

/*
 * The page is there more often than not, and only lacks its entry; but hardly if those
 * before it were not.
 */
static bool maybe_mapped(const struct cxl_ctx_fault *fault)
{
	return !fault->not_mapped && (fault->row < LINGER_ROW || !(fault->row % MAPPED_ROW));
}

static int page_fault(struct cxl_context *ctx, struct mm_struct *mm, u64 ea, u64 dsisr,
		      bool may_wait)
{
	struct cxl_ctx_fault *fault = &ctx->fault;
	int ret;

	if (maybe_mapped(fault)) {
		ret = cxl_hash_mapped(mm, ea, dsisr & CXL_DSISR_S, hash_flags(dsisr));
		if (ret <= 0) {
			fault->row = 0;
			return ret ? -EFAULT : 0;
		}
		fault->not_mapped = true;
	}
	return may_wait ? cxl_page_fault(mm, ea, dsisr) : -EAGAIN;
}

static int kernel_page_fault(u64 ea, u64 dsisr)
{
	return cxl_hash_kernel_page(ea, dsisr & CXL_DSISR_S, hash_flags(dsisr));
}

/* Without @mm it is the kernel's own addresses. */
static int serve(struct cxl_context *ctx, struct mm_struct *mm, u64 ea, u64 dsisr,
		 bool may_wait)
{
	if (dsisr & CXL_DSISR_DS)
		return cxl_segment_add(ctx, mm, ea);
	if (dsisr & CXL_DSISR_DM) {
		/* No page makes up for a key, nor for the kind of memory. */
		if (dsisr & (CXL_DSISR_K | CXL_DSISR_A))
			return -EFAULT;
		return mm ? page_fault(ctx, mm, ea, dsisr, may_wait) :
			    kernel_page_fault(ea, dsisr);
	}
	/* The tables that the other causes are about are ours, and mapped. */
	return -EFAULT;
}

/* -EIO for a context that ends, whatever the address; -EAGAIN if it has to wait. */
static int resolve(struct cxl_context *ctx, u64 ea, u64 dsisr, bool may_wait)
{
	struct mm_struct *mm = READ_ONCE(ctx->mm);
	int ret;

	if (READ_ONCE(ctx->state) != CXL_CTX_STARTED || !cxl_afu_serves(ctx->afu))
		return -EIO;
	if (READ_ONCE(ctx->kernel))
		return cxl_segment_valid(NULL, ea) ?
		       serve(ctx, NULL, ea, dsisr, may_wait) : -EFAULT;
	if (!mm)
		return -EIO;
	/* Without users there is no memory any more, only the structure. */
	if (!mmget_not_zero(mm))
		return -ESRCH;

	ret = -EFAULT;
	if (cxl_segment_valid(mm, ea))
		ret = serve(ctx, mm, ea, dsisr, may_wait);
	mmput_async(mm);
	return ret;
}

static enum cxl_fault_answer translation_fault(struct cxl_context *ctx, int ret)
{
	const struct cxl_psl_irq_info *info = &ctx->fault.info;

	if (info->dsisr & CXL_DSISR_DS) {
		trace_cxl_ste_miss(ctx, info->dsisr, info->dar);
		cxl_ctx_count(ctx, CXL_STAT_SEGMENT_FAULTS);
	} else if (info->dsisr & CXL_DSISR_DM) {
		trace_cxl_pte_miss(ctx, info->dsisr, info->dar);
		cxl_ctx_count(ctx, CXL_STAT_PAGE_FAULTS);
	}
	if (!ret)
		return CXL_FAULT_RESTART;

	cxl_ctx_count(ctx, CXL_STAT_FAILED_FAULTS);
	/* The address of a context that ends may have been a good one. */
	if (ret != -EIO)
		cxl_event_fault(ctx, info->dar, info->dsisr);
	return CXL_FAULT_ADDRESS_ERROR;
}

static enum cxl_fault_answer other_cause(struct cxl_context *ctx)
{
	const struct cxl_psl_irq_info *info = &ctx->fault.info;
	struct device *dev = &ctx->afu->dev;

	if (info->dsisr & CXL_DSISR_PE) {
		dev_err_ratelimited(dev, "process element %u: PSL error %#llx\n",
				    ctx->pe, info->err_stat);
		return CXL_FAULT_CLEAR_ERROR;
	}
	if (info->dsisr & CXL_DSISR_AE)
		cxl_event_afu_error(ctx, info->afu_err);
	else
		dev_warn_ratelimited(dev, "process element %u: %s, status %#llx\n",
				     ctx->pe, info->dsisr & CXL_DSISR_OC ?
				     "context warning" : "unknown cause", info->dsisr);
	return CXL_FAULT_ACK;
}

static void fault_known(struct cxl_context *ctx)
{
	ctx->fault.step = CXL_FAULT_STEP_RESOLVE;
	ctx->fault.not_mapped = false;
	trace_cxl_psl_irq(ctx, ctx->fault.info.dsisr, ctx->fault.info.dar);
}

/*
 * What remains to be done for a fault, by its owner. False if the next step has to
 * wait, and the caller must not.
 */
static bool advance(struct cxl_context *ctx, bool may_wait)
{
	const struct cxl_backend_ops *ops = cxl_afu_ops(ctx->afu);
	struct cxl_ctx_fault *fault = &ctx->fault;
	int ret;

	switch (fault->step) {
	case CXL_FAULT_STEP_READ:
		ret = ops->ctx_read_fault(ctx, &fault->info, may_wait);
		if (ret == -EAGAIN)
			return false;
		if (ret) {
			cxl_ctx_count(ctx, CXL_STAT_SPURIOUS_INTERRUPTS);
			trace_cxl_psl_irq_spurious(ctx, 0, 0);
			return true;
		}
		fault_known(ctx);
		fallthrough;
	case CXL_FAULT_STEP_RESOLVE:
		ret = 0;
		if (fault->info.dsisr & CXL_DSISR_TRANS)
			ret = resolve(ctx, fault->info.dar, fault->info.dsisr, may_wait);
		if (ret == -EAGAIN)
			return false;
		fault->answer = fault->info.dsisr & CXL_DSISR_TRANS ?
				translation_fault(ctx, ret) : other_cause(ctx);
		fault->step = CXL_FAULT_STEP_ANSWER;
		fallthrough;
	case CXL_FAULT_STEP_ANSWER:
		/* The PSL looks at the tables again: they have to be up to date. */
		mb();
		if (!ops->ctx_answer(ctx, &fault->info, fault->answer, may_wait))
			return false;
		trace_cxl_psl_irq_ack(ctx, fault->answer);
	}
	return true;
}

static bool take_fault(struct cxl_context *ctx, enum cxl_fault_owner from)
{
	return try_cmpxchg_acquire(&ctx->fault.owner, &from, CXL_FAULT_OWNED);
}

static void leave_fault(struct cxl_context *ctx, enum cxl_fault_owner to)
{
	/* Pairs with take_fault() of the next owner. */
	smp_store_release(&ctx->fault.owner, to);
}

/* Fault work begins: with what a handler has left to it, or from the start. */
static void take_next(struct cxl_context *ctx)
{
	while (!take_fault(ctx, CXL_FAULT_LEFT_TO_WORK)) {
		if (take_fault(ctx, CXL_FAULT_FREE)) {
			ctx->fault.step = CXL_FAULT_STEP_READ;
			return;
		}
		/* A handler has it, which does not wait. */
		cpu_relax();
	}
}

/*
 * An accelerator that streams through memory that the process does not have yet
 * faults on one page after the other. So after two of them the next one is waited for.
 * True if it has come, and belongs to the caller.
 */
static bool linger(struct cxl_context *ctx)
{
	struct cxl_ctx_fault *fault = &ctx->fault;

	fault->served = mftb();
	/* One that has come already is not reported again. */
	if (++fault->row < LINGER_ROW || work_pending(&fault->work))
		return false;
	leave_fault(ctx, CXL_FAULT_AWAITED);
	for (;;) {
		if (take_fault(ctx, CXL_FAULT_LEFT_TO_WORK))
			return true;
		if (!cxl_may_linger(fault->served) && take_fault(ctx, CXL_FAULT_AWAITED))
			return false;
		cpu_relax();
	}
}

static void fault_work(struct work_struct *work)
{
	struct cxl_context *ctx = container_of(work, struct cxl_context, fault.work);

	take_next(ctx);
	do {
		advance(ctx, true);
	} while (linger(ctx));
	leave_fault(ctx, CXL_FAULT_FREE);
}

void cxl_fault_init(struct cxl_context *ctx)
{
	INIT_WORK(&ctx->fault.work, fault_work);
}

/**
 * cxl_fault_cancel() - wait for the fault work of a context
 * @ctx: detached, without a PSL interrupt handler
 *
 * May sleep, without locks that page faults take.
 */
void cxl_fault_cancel(struct cxl_context *ctx)
{
	cancel_work_sync(&ctx->fault.work);
	leave_fault(ctx, CXL_FAULT_FREE);
}

/**
 * cxl_fault_check() - there may be a fault of a context
 * @ctx: attached
 *
 * Any context.
 */
void cxl_fault_check(struct cxl_context *ctx)
{
	queue_work(cxl_fault_wq, &ctx->fault.work);
}

/**
 * cxl_fault_claim() - the PSL has raised an interrupt for a context
 * @ctx: attached
 * @info: the fault registers, which are about this context; NULL if they have not
 *	been read
 *
 * It may come early, late or more often than there are faults. In hard interrupts, and
 * under the lock that the registers were read under, so that nobody else reads and
 * answers the same fault.
 *
 * Return: true if the caller has to call cxl_fault_serve().
 */
bool cxl_fault_claim(struct cxl_context *ctx, const struct cxl_psl_irq_info *info)
{
	struct cxl_ctx_fault *fault = &ctx->fault;
	enum cxl_fault_owner before = READ_ONCE(fault->owner);

	cxl_ctx_count(ctx, CXL_STAT_PSL_INTERRUPTS);
	if ((before != CXL_FAULT_FREE && before != CXL_FAULT_AWAITED) ||
	    !take_fault(ctx, before)) {
		/* It may be another one than that which is being served. */
		cxl_fault_check(ctx);
		return false;
	}
	if (!cxl_is_soon(fault->served, mftb()))
		fault->row = 0;
	fault->step = CXL_FAULT_STEP_READ;
	if (info) {
		fault->info = *info;
		fault_known(ctx);
	}
	if (before == CXL_FAULT_FREE)
		return true;
	leave_fault(ctx, CXL_FAULT_LEFT_TO_WORK);
	return false;
}

/**
 * cxl_fault_serve() - serve a fault as far as that is possible without a wait
 * @ctx: cxl_fault_claim() has returned true
 *
 * The rest is left to fault work. In hard interrupts, without locks.
 */
void cxl_fault_serve(struct cxl_context *ctx)
{
	if (advance(ctx, false)) {
		leave_fault(ctx, CXL_FAULT_FREE);
		return;
	}
	leave_fault(ctx, CXL_FAULT_LEFT_TO_WORK);
	cxl_fault_check(ctx);
}

/**
 * cxl_psl_irq() - the interrupt of the PSL that is that of a context
 * @ctx: attached
 *
 * In hard interrupts, without locks.
 */
void cxl_psl_irq(struct cxl_context *ctx)
{
	if (cxl_fault_claim(ctx, NULL))
		cxl_fault_serve(ctx);
}
