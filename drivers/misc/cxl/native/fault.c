// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults: a slice has one interrupt and one set of registers for those of all its
 * contexts, and shows one fault at a time. Who it is about is looked up; who
 * answers it is decided by the phase of that context, so that each gets exactly one
 * answer.
 */
#include <linux/cleanup.h>
#include <linux/delay.h>

#include "native.h"
#include "regs.h"

#define WAIT_TRIES	1000
#define WAIT_MS		1

/*
 * False if there is no fault, or nobody to ask. A fault may come at any time, and the
 * registers hold still only from then until it is answered: whose it is can be read
 * only after it has been seen.
 */
static bool read_fault(struct native_afu *afu, struct cxl_psl_irq_info *info, u64 *pe)
{
	lockdep_assert_held(&afu->fault_lock);

	info->dsisr = native_p2n_read(afu, PSL_DSISR);
	if (info->dsisr == PSL_GONE || !(info->dsisr & PSL_DSISR_ANY))
		return false;
	*pe = native_p2n_read(afu, PSL_PEHANDLE);
	if (*pe == PSL_GONE)
		return false;
	*pe &= PSL_PEHANDLE_MASK;
	info->dar = native_p2n_read(afu, PSL_DAR);
	if (info->dsisr & CXL_DSISR_AE)
		info->afu_err = native_p2n_read(afu, AFU_ERR);
	if (info->dsisr & CXL_DSISR_PE)
		info->err_stat = native_p2n_read(afu, PSL_ERRSTAT);
	info->ticket = afu->answers;
	return true;
}

static void answer(struct native_afu *afu, const struct cxl_psl_irq_info *info,
		   enum cxl_fault_answer answer)
{
	lockdep_assert_held(&afu->fault_lock);

	afu->answers++;
	switch (answer) {
	case CXL_FAULT_RESTART:
		native_p2n_write(afu, PSL_TFC, PSL_TFC_R);
		break;
	case CXL_FAULT_ADDRESS_ERROR:
		native_p2n_write(afu, PSL_TFC, PSL_TFC_AE);
		break;
	case CXL_FAULT_ACK:
		native_p2n_write(afu, PSL_TFC, PSL_TFC_A);
		break;
	case CXL_FAULT_CLEAR_ERROR:
		native_p2n_write(afu, PSL_DSISR, info->dsisr & ~CXL_DSISR_PE);
		native_p2n_write(afu, PSL_ERRSTAT, info->err_stat);
		break;
	}
}

/* What nobody cares about any more must not stop the others. */
static void drop(struct native_afu *afu, const struct cxl_psl_irq_info *info)
{
	answer(afu, info, info->dsisr & CXL_DSISR_TRANS ? CXL_FAULT_ADDRESS_ERROR :
							  CXL_FAULT_ACK);
}

/**
 * native_faults_drop() - answer the fault that the slice shows, if any
 * @afu: its contexts have ended, or are about to
 *
 * Whoever has read one before does not answer it any more. Any context.
 */
void native_faults_drop(struct native_afu *afu)
{
	struct cxl_psl_irq_info info;
	u64 pe;

	guard(spinlock_irqsave)(&afu->fault_lock);

	afu->answers++;
	if (read_fault(afu, &info, &pe))
		drop(afu, &info);
}

/* The context a fault is about, and who is to answer it. Under RCU. */
static struct cxl_context *find_context(struct native_afu *afu, u64 pe,
					enum native_phase *phase)
{
	struct cxl_context *ctx = xa_load(&afu->core.contexts, pe);

	*phase = ctx ? to_native_context(ctx)->phase : NATIVE_PHASE_NONE;
	return ctx;
}

/*
 * The context that is to answer the fault that the slice shows, or NULL: there is no
 * fault, or one of a context that looks for it when it is attached, or one that nobody
 * else would answer. Under RCU.
 */
static struct cxl_context *find_fault(struct native_afu *afu, struct cxl_psl_irq_info *info)
{
	struct cxl_context *ctx;
	enum native_phase phase;
	u64 pe;

	if (!read_fault(afu, info, &pe))
		return NULL;
	ctx = find_context(afu, pe, &phase);
	switch (phase) {
	case NATIVE_PHASE_ATTACHED:
		return ctx;
	case NATIVE_PHASE_ATTACHING:
		to_native_context(ctx)->fault_waits = true;
		break;
	case NATIVE_PHASE_NONE:
		dev_warn_ratelimited(&afu->core.dev, "fault of process element %llu, which is not attached: %#llx at %#llx\n",
				     pe, info->dsisr, info->dar);
		drop(afu, info);
		break;
	}
	return NULL;
}

/* The end of a context waits for this handler, after which it serves no fault. */
irqreturn_t native_psl_irq(int virq, void *data)
{
	struct cxl_psl_irq_info info = {};
	struct native_afu *afu = data;
	struct cxl_context *ctx;
	bool claimed;

	guard(rcu)();

	scoped_guard(spinlock_irqsave, &afu->fault_lock) {
		ctx = find_fault(afu, &info);
		claimed = ctx && cxl_fault_claim(ctx, &info);
	}
	if (claimed)
		cxl_fault_serve(ctx);
	return IRQ_HANDLED;
}

/**
 * native_faults_look() - look for a fault whose interrupt got lost
 * @afu: the AFU
 *
 * One that is being served is not disturbed. Any context.
 */
void native_faults_look(struct native_afu *afu)
{
	struct cxl_psl_irq_info info = {};
	struct cxl_context *ctx;

	guard(rcu)();
	guard(spinlock_irqsave)(&afu->fault_lock);

	ctx = find_fault(afu, &info);
	if (ctx)
		cxl_fault_check(ctx);
}

/**
 * native_ctx_set_phase() - who answers the faults of a context from now on
 * @ctx: the context
 * @phase: says who
 */
void native_ctx_set_phase(struct cxl_context *ctx, enum native_phase phase)
{
	struct native_afu *afu = to_native_afu(ctx->afu);

	guard(spinlock_irqsave)(&afu->fault_lock);

	to_native_context(ctx)->phase = phase;
}

/* The AFU may have been quicker than the core. */
void native_irqs_enable(struct cxl_context *core)
{
	struct native_context *ctx = to_native_context(core);
	struct native_afu *afu = to_native_afu(core->afu);

	guard(spinlock_irqsave)(&afu->fault_lock);

	ctx->phase = NATIVE_PHASE_ATTACHED;
	if (ctx->fault_waits)
		cxl_fault_check(core);
	ctx->fault_waits = false;
}

int native_ctx_read_fault(struct cxl_context *ctx, struct cxl_psl_irq_info *info,
			  bool may_wait)
{
	struct native_afu *afu = to_native_afu(ctx->afu);
	u64 pe;

	guard(spinlock_irqsave)(&afu->fault_lock);

	return read_fault(afu, info, &pe) && pe == ctx->pe ? 0 : -ENOENT;
}

/*
 * A purge may have answered meanwhile; a second answer could be taken for that to
 * another fault. The other way round nothing can happen: the registers do not
 * change before the answer.
 */
bool native_ctx_answer(struct cxl_context *ctx, const struct cxl_psl_irq_info *info,
		       enum cxl_fault_answer how, bool may_wait)
{
	struct native_afu *afu = to_native_afu(ctx->afu);

	guard(spinlock_irqsave)(&afu->fault_lock);

	if (info->ticket == afu->answers)
		answer(afu, info, how);
	return true;
}

/* Is the fault that the slice shows one of this context? */
static bool shows_fault(struct native_afu *afu, struct cxl_context *ctx)
{
	struct cxl_psl_irq_info info;
	u64 pe;

	guard(spinlock_irqsave)(&afu->fault_lock);

	return read_fault(afu, &info, &pe) && pe == ctx->pe;
}

/**
 * native_faults_wait() - wait until no fault of a context is left
 * @ctx: taken from the AFU, with its fault work still at work
 *
 * May sleep.
 *
 * Return: 0, or -EBUSY after a second.
 */
int native_faults_wait(struct cxl_context *ctx)
{
	struct native_afu *afu = to_native_afu(ctx->afu);
	int tries = 0;

	while (shows_fault(afu, ctx)) {
		if (tries++ == WAIT_TRIES)
			return -EBUSY;
		msleep(WAIT_MS);
	}
	return 0;
}
