// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts: creation, start, end, and what happens when the hardware does not
 * let go of one.
 */
#include <linux/cleanup.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <asm/mmu_context.h>
#include <misc/cxl-base.h>

#include "afu.h"
#include "context.h"
#include "trace.h"

/**
 * cxl_context_may_change() - is this a step in the life of a context?
 * @from: present state
 * @to: wanted state
 *
 * Return: true for the steps of the table at enum cxl_ctx_state.
 */
bool cxl_context_may_change(enum cxl_ctx_state from, enum cxl_ctx_state to)
{
	switch (to) {
	case CXL_CTX_STARTED:
		return from == CXL_CTX_OPENED;
	case CXL_CTX_CLOSED:
		return from != CXL_CTX_CLOSED;
	default:
		return false;
	}
}

static bool context_change(struct cxl_context *ctx, enum cxl_ctx_state to)
{
	lockdep_assert_held(&ctx->start_lock);

	if (!cxl_context_may_change(ctx->state, to))
		return false;
	trace_cxl_context(ctx, to);
	scoped_guard(spinlock_irqsave, &ctx->events.lock)
		WRITE_ONCE(ctx->state, to);
	if (to == CXL_CTX_CLOSED)
		cxl_events_wake(ctx);
	return true;
}

static void context_free_rcu(struct rcu_head *rcu)
{
	struct cxl_context *ctx = container_of(rcu, struct cxl_context, rcu);

	cxl_segment_table_free(&ctx->segments);
	kfree(ctx);
}

static void context_release(struct kref *ref)
{
	struct cxl_context *ctx = container_of(ref, struct cxl_context, ref);
	struct cxl_afu *afu = ctx->afu;

	cxl_events_free(ctx);
	cxl_area_free(&ctx->area);
	mutex_destroy(&ctx->start_lock);
	call_rcu(&ctx->rcu, context_free_rcu);
	put_device(&afu->dev);
}

/**
 * cxl_context_put() - drop a reference to a context
 * @ctx: the context, closed
 *
 * May sleep.
 */
void cxl_context_put(struct cxl_context *ctx)
{
	kref_put(&ctx->ref, context_release);
}

static struct cxl_context *context_alloc(struct cxl_afu *afu, bool master)
{
	struct cxl_context *ctx;
	int ret;

	ctx = kzalloc(cxl_afu_ops(afu)->context_size, GFP_KERNEL);
	if (!ctx)
		return ERR_PTR(-ENOMEM);

	ret = cxl_segment_table_alloc(&ctx->segments);
	if (ret)
		goto err_free;
	ret = cxl_area_init(&ctx->area);
	if (ret)
		goto err_segments;

	kref_init(&ctx->ref);
	mutex_init(&ctx->start_lock);
	INIT_LIST_HEAD(&ctx->quarantine);
	cxl_events_init(ctx);
	cxl_fault_init(ctx);
	ctx->afu = afu;
	ctx->master = master;
	ctx->pe = CXL_NO_PE;
	get_device(&afu->dev);
	return ctx;

err_segments:
	cxl_segment_table_free(&ctx->segments);
err_free:
	kfree(ctx);
	return ERR_PTR(ret);
}

/**
 * cxl_context_create() - a new context
 * @afu: the AFU it is to run on
 * @mode: what the caller takes its mode for, which may have changed meanwhile
 * @master: with access to the whole problem state area
 *
 * The hardware does not learn of it. May sleep.
 *
 * Return: the context, with one reference that the caller owns; or -ENODEV
 * when the AFU is not in this mode or is being removed, -EIO when it does not work,
 * -ENOSPC when it has no context left, -ENOMEM.
 */
struct cxl_context *cxl_context_create(struct cxl_afu *afu, enum cxl_afu_mode mode,
				       bool master)
{
	struct cxl_context *ctx;
	int ret;

	ctx = context_alloc(afu, master);
	if (IS_ERR(ctx))
		return ctx;

	scoped_guard(mutex, &afu->lock) {
		if (afu->state == CXL_AFU_GONE || afu->mode != mode)
			ret = -ENODEV;
		else if (!cxl_afu_live(afu))
			ret = -EIO;
		else
			ret = xa_alloc(&afu->contexts, &ctx->id, ctx,
				       XA_LIMIT(0, afu->max_contexts - 1),
				       GFP_KERNEL);
	}
	if (ret) {
		cxl_context_put(ctx);
		return ERR_PTR(ret == -EBUSY ? -ENOSPC : ret);
	}
	if (cxl_afu_ops(afu)->element_is_id)
		ctx->pe = ctx->id;
	return ctx;
}

/*
 * From here on the kernel tells all cores and cards of every change to this
 * address space. The hardware must not see the context earlier.
 */
static void context_bind_mm(struct cxl_context *ctx)
{
	struct mm_struct *mm = current->mm;

	mmgrab(mm);
	mm_context_add_copro(mm);
	cxl_ctx_get();
	WRITE_ONCE(ctx->mm, mm);
	/*
	 * Orders the counts against the page table changes of other cores:
	 * either they see the counts and invalidate globally, or the
	 * accelerator, which walks the tables later, sees their change.
	 */
	smp_mb();
}

static void context_unbind_mm(struct cxl_context *ctx)
{
	struct mm_struct *mm = ctx->mm;

	cxl_segment_table_clear(&ctx->segments);
	WRITE_ONCE(ctx->mm, NULL);
	cxl_ctx_put();
	mm_context_remove_copro(mm);
	mmdrop(mm);
}

/* All that a context owns only while the hardware may use it. */
static void context_release_hardware(struct cxl_context *ctx)
{
	cxl_afu_ops(ctx->afu)->irqs_free(ctx);
	context_unbind_mm(ctx);
	cxl_adapter_attach_end(ctx->afu->adapter);
}

/*
 * What the hardware may still touch is not freed: the context keeps its
 * number, memory, interrupts and address space until the AFU has been reset.
 */
static void context_quarantine(struct cxl_context *ctx)
{
	struct cxl_afu *afu = ctx->afu;

	kref_get(&ctx->ref);
	scoped_guard(spinlock, &afu->quarantine_lock)
		list_add_tail(&ctx->quarantine, &afu->quarantine);
	cxl_afu_count(afu, CXL_STAT_QUARANTINED);
	cxl_afu_fail(afu);
}

static int context_attach(struct cxl_context *ctx, const struct cxl_start *start)
{
	const struct cxl_backend_ops *ops = cxl_afu_ops(ctx->afu);
	int ret;

	if (!current->mm)
		return -EINVAL;
	if (!cxl_adapter_attach_begin(ctx->afu->adapter))
		return -EBUSY;
	ret = ops->irqs_alloc(ctx, start->nr_irqs);
	if (ret) {
		cxl_adapter_attach_end(ctx->afu->adapter);
		return ret;
	}

	context_bind_mm(ctx);
	cxl_segments_prefault(ctx, start->wed);
	ret = ops->ctx_attach(ctx, start);
	trace_cxl_attach(ctx, start, ret);
	if (!ret)
		return 0;

	if (ret == -ETIMEDOUT) {
		context_change(ctx, CXL_CTX_CLOSED);
		context_quarantine(ctx);
		return -EBUSY;
	}
	context_release_hardware(ctx);
	return ret;
}

/**
 * cxl_context_start() - give a context to the hardware
 * @ctx: the context
 * @start: how to start it; checked against the limits of the AFU
 *
 * The context works on the address space of the calling process. May sleep.
 *
 * Return: 0; -EIO when it is not in state OPENED; -ENOSPC for want of
 * interrupts; -ENOMEM; -ERESTARTSYS on a signal while another thread starts or
 * ends the context; -EBUSY while the card is being reset; -EINVAL for a caller
 * without an address space; or what cxl_backend_ops.ctx_attach returned. After a
 * failure it is in state OPENED again, but if the hardware may have kept it:
 * then it is CLOSED and the error is -EBUSY.
 */
int cxl_context_start(struct cxl_context *ctx, const struct cxl_start *start)
{
	int ret;

	if (mutex_lock_interruptible(&ctx->start_lock))
		return -ERESTARTSYS;

	ret = -EIO;
	if (!cxl_context_may_change(ctx->state, CXL_CTX_STARTED) ||
	    !cxl_afu_live(ctx->afu))
		goto out;
	ret = cxl_area_prepare(&ctx->area, start->err_ff);
	if (ret)
		goto out;
	ret = cxl_events_prepare(ctx, start->nr_irqs);
	if (ret)
		goto out;
	ret = context_attach(ctx, start);
	if (ret)
		goto out;

	context_change(ctx, CXL_CTX_STARTED);
	cxl_area_open(&ctx->area);
	WRITE_ONCE(ctx->pid, task_tgid_nr(current));
	cxl_afu_ops(ctx->afu)->irqs_enable(ctx);
	cxl_afu_count(ctx->afu, CXL_STAT_ATTACHES);
out:
	mutex_unlock(&ctx->start_lock);
	return ret;
}

static void context_detach(struct cxl_context *ctx)
{
	int ret;

	ret = cxl_afu_ops(ctx->afu)->ctx_detach(ctx);
	trace_cxl_detach(ctx, ret);
	cxl_fault_cancel(ctx);
	cxl_afu_count(ctx->afu, CXL_STAT_DETACHES);

	if (ret)
		context_quarantine(ctx);
	else
		context_release_hardware(ctx);
}

/* Its number is free, and what it has counted becomes the AFU's, at a time. */
static void context_forget(struct cxl_context *ctx)
{
	struct cxl_afu *afu = ctx->afu;
	int i;

	guard(spinlock)(&afu->contexts.xa_lock);

	__xa_erase(&afu->contexts, ctx->id);
	for (i = 0; i < CXL_NR_CTX_STATS; i++)
		atomic_long_add(atomic_long_read(&ctx->stats[i]), &afu->stats[i]);
}

/**
 * cxl_context_close() - end a context
 * @ctx: the context, in any state
 *
 * On return the hardware does not use it any more, or it is quarantined;
 * readers are woken. Its number is free. May sleep, without a time limit other
 * than that of the hardware.
 */
void cxl_context_close(struct cxl_context *ctx)
{
	bool started;

	guard(mutex)(&ctx->start_lock);

	started = ctx->state == CXL_CTX_STARTED;
	/* Whoever is told that the context is dead finds its registers gone. */
	if (started)
		cxl_area_revoke(&ctx->area);
	if (!context_change(ctx, CXL_CTX_CLOSED))
		return;
	if (started)
		context_detach(ctx);
	if (list_empty(&ctx->quarantine))
		context_forget(ctx);
	/* It may have been the last one that a reset waits for. */
	if (READ_ONCE(ctx->afu->state) == CXL_AFU_FAILED)
		cxl_afu_ops(ctx->afu)->afu_check(ctx->afu);
}

/* The contexts of an AFU one by one, each with a reference. */
static struct cxl_context *next_context(struct cxl_afu *afu, unsigned long *id)
{
	struct cxl_context *ctx;

	guard(spinlock)(&afu->contexts.xa_lock);

	xa_for_each_start(&afu->contexts, *id, ctx, *id) {
		if (kref_get_unless_zero(&ctx->ref))
			return ctx;
	}
	return NULL;
}

/**
 * cxl_contexts_close() - end all contexts of an AFU
 * @afu: the AFU, with its lock held and in a state that allows no new ones
 *
 * May sleep.
 */
void cxl_contexts_close(struct cxl_afu *afu)
{
	struct cxl_context *ctx;
	unsigned long id = 0;

	lockdep_assert_held(&afu->lock);

	while ((ctx = next_context(afu, &id))) {
		cxl_context_close(ctx);
		cxl_context_put(ctx);
		id++;
	}
}

/**
 * cxl_context_get_started() - a context that the hardware has
 * @afu: its AFU
 * @pe: its process element, of which the lower 16 bits count; less than 0 for any
 *
 * Passes over those that are being started or ended. May sleep.
 *
 * Return: the context, which is not ended before cxl_context_put_started(); or
 * NULL.
 */
struct cxl_context *cxl_context_get_started(struct cxl_afu *afu, int pe)
{
	struct cxl_context *ctx;
	unsigned long id = 0;

	for (; (ctx = next_context(afu, &id)); id++) {
		if (mutex_trylock(&ctx->start_lock)) {
			if (ctx->state == CXL_CTX_STARTED &&
			    (pe < 0 || (u16)ctx->pe == pe))
				return ctx;
			mutex_unlock(&ctx->start_lock);
		}
		cxl_context_put(ctx);
	}
	return NULL;
}

void cxl_context_put_started(struct cxl_context *ctx)
{
	mutex_unlock(&ctx->start_lock);
	cxl_context_put(ctx);
}

/**
 * cxl_contexts_in_use() - is there a context that is not a quarantined one?
 * @afu: the AFU, with its lock held
 *
 * Return: true if somebody uses the AFU.
 */
bool cxl_contexts_in_use(struct cxl_afu *afu)
{
	struct cxl_context *ctx;
	unsigned long id;

	lockdep_assert_held(&afu->lock);

	guard(rcu)();
	xa_for_each(&afu->contexts, id, ctx) {
		if (list_empty_careful(&ctx->quarantine))
			return true;
	}
	return false;
}

/**
 * cxl_quarantine_release() - free what failed detaches have left
 * @afu: the AFU, with its lock held; the hardware has forgotten all contexts
 *
 * May sleep.
 */
void cxl_quarantine_release(struct cxl_afu *afu)
{
	struct cxl_context *ctx, *next;
	LIST_HEAD(contexts);

	lockdep_assert_held(&afu->lock);

	scoped_guard(spinlock, &afu->quarantine_lock)
		list_splice_init(&afu->quarantine, &contexts);

	list_for_each_entry_safe(ctx, next, &contexts, quarantine) {
		scoped_guard(mutex, &ctx->start_lock) {
			list_del_init(&ctx->quarantine);
			context_release_hardware(ctx);
			context_forget(ctx);
		}
		cxl_context_put(ctx);
	}
}
