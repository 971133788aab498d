// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts: creation, start, end, and what happens when the hardware does not
 * let go of one.
 */
#include <linux/cleanup.h>
#include <linux/fs.h>
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
		return from == CXL_CTX_OPENED || from == CXL_CTX_STOPPED;
	case CXL_CTX_STOPPED:
		return from == CXL_CTX_OPENED || from == CXL_CTX_STARTED;
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
	if (cxl_context_ended(ctx))
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

static struct cxl_context *context_alloc(struct cxl_afu *afu, bool master, bool owned)
{
	struct cxl_context *ctx;

	ctx = kzalloc(cxl_afu_ops(afu)->context_size, GFP_KERNEL);
	if (!ctx)
		return ERR_PTR(-ENOMEM);

	cxl_segment_table_init(&ctx->segments);
	cxl_area_init(&ctx->area);
	kref_init(&ctx->ref);
	mutex_init(&ctx->start_lock);
	INIT_LIST_HEAD(&ctx->quarantine);
	cxl_events_init(ctx);
	cxl_fault_init(ctx);
	ctx->afu = afu;
	ctx->master = master;
	ctx->owned = owned;
	ctx->pe = CXL_NO_PE;
	get_device(&afu->dev);
	return ctx;
}

/**
 * cxl_context_create() - a new context
 * @afu: the AFU it is to run on
 * @mode: what the caller takes its mode for, which may have changed meanwhile
 * @master: with access to the whole problem state area
 * @owned: a kernel driver owns it, not a file
 *
 * The hardware does not learn of it. May sleep.
 *
 * Return: the context, with one reference that the caller owns; or -ENODEV
 * when the AFU is not in this mode or is being removed, -EIO when it does not work,
 * unless the context is @owned, -ENOSPC when it has no context left, -ENOMEM.
 */
struct cxl_context *cxl_context_create(struct cxl_afu *afu, enum cxl_afu_mode mode,
				       bool master, bool owned)
{
	struct cxl_context *ctx;
	int ret;

	ctx = context_alloc(afu, master, owned);
	if (IS_ERR(ctx))
		return ctx;

	scoped_guard(mutex, &afu->lock) {
		if (afu->state == CXL_AFU_GONE || afu->mode != mode)
			ret = -ENODEV;
		else if (!owned && !cxl_afu_live(afu))
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

/**
 * cxl_context_create_owned() - a new context for a kernel driver
 * @afu: the AFU it is to run on, in whatever mode
 *
 * May sleep.
 *
 * Return: as cxl_context_create(), -ENODEV for an AFU without a mode.
 */
struct cxl_context *cxl_context_create_owned(struct cxl_afu *afu)
{
	enum cxl_afu_mode mode = READ_ONCE(afu->mode);

	if (mode == CXL_AFU_MODE_NONE)
		return ERR_PTR(-ENODEV);
	return cxl_context_create(afu, mode, false, true);
}

/**
 * cxl_context_process_id() - what tells the PSL one address space from another
 * @ctx: a context that is being attached
 *
 * Unlike the number of a task, that of an address space is not given to another
 * one while the context refers to it.
 *
 * Return: the number; 0, which no process has, for the kernel.
 */
u32 cxl_context_process_id(struct cxl_context *ctx)
{
	return ctx->mm ? ctx->mm->context.id : 0;
}

/*
 * From here on the kernel tells all cores and cards of every change to this
 * address space. The hardware must not see the context earlier.
 */
static void context_bind_mm(struct cxl_context *ctx, struct mm_struct *mm)
{
	if (mm) {
		mmgrab(mm);
		mm_context_add_copro(mm);
	}
	cxl_ctx_get();
	WRITE_ONCE(ctx->mm, mm);
	WRITE_ONCE(ctx->kernel, !mm);
	cxl_segments_watch(ctx);
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

	cxl_segments_unwatch(ctx);
	WRITE_ONCE(ctx->mm, NULL);
	WRITE_ONCE(ctx->kernel, false);
	cxl_ctx_put();
	if (!mm)
		return;
	mm_context_remove_copro(mm);
	mmdrop(mm);
}

/* Those that its owner has got stay for the next start. */
static void context_release_irqs(struct cxl_context *ctx)
{
	if (ctx->irq_owner == CXL_IRQS_OWNER)
		return;
	cxl_afu_ops(ctx->afu)->irqs_free(ctx);
	ctx->irq_owner = CXL_IRQS_NONE;
}

/* All that a context owns only while the hardware may use it. */
static void context_release_hardware(struct cxl_context *ctx)
{
	context_release_irqs(ctx);
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
	int ret = 0;

	if (!cxl_adapter_attach_begin(ctx->afu->adapter))
		return -EBUSY;
	if (ctx->irq_owner == CXL_IRQS_NONE)
		ret = ops->irqs_alloc(ctx, start->nr_irqs);
	if (ret) {
		cxl_adapter_attach_end(ctx->afu->adapter);
		return ret;
	}
	if (ctx->irq_owner == CXL_IRQS_NONE)
		ctx->irq_owner = CXL_IRQS_START;

	context_bind_mm(ctx, start->mm);
	cxl_segments_prefault(ctx, start->wed);
	ret = ops->ctx_attach(ctx, start);
	trace_cxl_attach(ctx, start, ret);
	if (!ret)
		return 0;

	if (ret == -ETIMEDOUT) {
		if (!context_change(ctx, ctx->owned ? CXL_CTX_STOPPED : CXL_CTX_CLOSED))
			cxl_events_wake(ctx);
		context_quarantine(ctx);
		return -EBUSY;
	}
	context_release_hardware(ctx);
	return ret;
}

static int may_start(struct cxl_context *ctx, const struct cxl_start *start)
{
	if (ctx->state == CXL_CTX_STARTED)
		return -EALREADY;
	if (!cxl_context_may_change(ctx->state, CXL_CTX_STARTED) ||
	    (ctx->state == CXL_CTX_STOPPED && !start->by_driver))
		return -EIO;
	/* Quarantined, or with interrupts that the last start would inherit. */
	if (!list_empty(&ctx->quarantine) || (start->nr_irqs && ctx->irq_owner != CXL_IRQS_NONE))
		return -EBUSY;
	return cxl_afu_live(ctx->afu) ? 0 : -EIO;
}

static int context_start(struct cxl_context *ctx, const struct cxl_start *start)
{
	int ret;

	ret = may_start(ctx, start);
	if (ret)
		return ret;
	ret = cxl_segment_table_prepare(&ctx->segments);
	if (ret)
		return ret;
	ret = cxl_area_prepare(&ctx->area, start->err_ff);
	if (ret)
		return ret;
	ret = cxl_events_prepare(ctx, start->nr_irqs);
	if (ret)
		return ret;
	ret = context_attach(ctx, start);
	if (ret)
		return ret;

	context_change(ctx, CXL_CTX_STARTED);
	cxl_area_open(&ctx->area);
	WRITE_ONCE(ctx->pid, start->pid);
	ctx->cut_off = false;
	cxl_afu_ops(ctx->afu)->irqs_enable(ctx);
	cxl_afu_count(ctx->afu, CXL_STAT_ATTACHES);
	return 0;
}

/**
 * cxl_context_start() - give a context to the hardware
 * @ctx: the context
 * @start: how to start it; checked against the limits of the AFU
 *
 * May sleep.
 *
 * Return: 0; -EALREADY when it is in state STARTED; -EIO when it is not in state
 * OPENED or, started by a driver, STOPPED, or the AFU does not work; -ENOSPC for
 * want of interrupts; -ENOMEM; -ERESTARTSYS on a signal while another thread
 * starts or ends the context; -EBUSY while the card is being reset, or if
 * interrupts are asked for and there are some; or what cxl_backend_ops.ctx_attach
 * returned. After a failure it is in the state that it was in, but if the hardware
 * may have kept it: then it is CLOSED, or STOPPED if a driver owns it, and the
 * error is -EBUSY.
 */
int cxl_context_start(struct cxl_context *ctx, const struct cxl_start *start)
{
	int ret;

	if (start->by_driver)
		mutex_lock(&ctx->start_lock);
	else if (mutex_lock_interruptible(&ctx->start_lock))
		return -ERESTARTSYS;
	ret = context_start(ctx, start);
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

/* Into STOPPED or CLOSED. True if the context has run until now. */
static bool context_end(struct cxl_context *ctx, enum cxl_ctx_state to)
{
	bool started = ctx->state == CXL_CTX_STARTED;

	lockdep_assert_held(&ctx->start_lock);

	/* Whoever is told that the context is dead finds its registers gone. */
	if (started)
		cxl_area_revoke(&ctx->area);
	if (!context_change(ctx, to))
		return false;
	if (started)
		context_detach(ctx);
	if (to == CXL_CTX_CLOSED && list_empty(&ctx->quarantine))
		context_forget(ctx);
	/* It may have been the last one that a reset waits for. */
	if (READ_ONCE(ctx->afu->state) == CXL_AFU_FAILED)
		cxl_afu_ops(ctx->afu)->afu_check(ctx->afu);
	return started;
}

/**
 * cxl_context_stop() - take a context from the hardware
 * @ctx: the context, in any state
 *
 * On return the hardware does not use it any more, or it is quarantined; readers
 * are woken. It keeps its number, and the interrupts that its owner has got. May
 * sleep, without a time limit other than that of the hardware.
 *
 * Return: 0, also if an error had ended what its owner has started; or -EBUSY if
 * it was not started, and it is STOPPED then too, or CLOSED as before.
 */
int cxl_context_stop(struct cxl_context *ctx)
{
	bool started;

	guard(mutex)(&ctx->start_lock);

	/* What an error has done its owner may still believe to be undone. */
	started = context_end(ctx, CXL_CTX_STOPPED) || ctx->cut_off;
	ctx->cut_off = false;
	return started ? 0 : -EBUSY;
}

/**
 * cxl_context_close() - end a context
 * @ctx: the context, in any state
 *
 * As cxl_context_stop(), but for good: its number is free.
 */
void cxl_context_close(struct cxl_context *ctx)
{
	guard(mutex)(&ctx->start_lock);

	context_end(ctx, CXL_CTX_CLOSED);
}

/**
 * cxl_context_dispose() - end a context that nobody will use again
 * @ctx: the context, in any state; the caller's reference goes
 *
 * A file that was made for it may still exist, and does nothing any more. May
 * sleep.
 */
void cxl_context_dispose(struct cxl_context *ctx)
{
	cxl_context_close(ctx);
	cxl_owner_irqs_free(ctx);
	scoped_guard(mutex, &ctx->start_lock) {
		if (ctx->file)
			WRITE_ONCE(ctx->file->private_data, NULL);
		ctx->file = NULL;
		cxl_area_drop_inode(&ctx->area);
	}
	cxl_context_put(ctx);
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

static void stop_started(struct cxl_context *ctx)
{
	guard(mutex)(&ctx->start_lock);

	if (ctx->state == CXL_CTX_STARTED)
		ctx->cut_off = context_end(ctx, CXL_CTX_STOPPED);
}

/**
 * cxl_contexts_close() - end all contexts of an AFU
 * @afu: the AFU, with its lock held and in a state that allows no new ones
 * @owners: also those that kernel drivers own
 *
 * These are merely stopped, if they are started: only the driver can tell when nobody
 * uses them any more. May sleep.
 */
void cxl_contexts_close(struct cxl_afu *afu, bool owners)
{
	struct cxl_context *ctx;
	unsigned long id = 0;

	lockdep_assert_held(&afu->lock);

	while ((ctx = next_context(afu, &id))) {
		if (!ctx->owned)
			cxl_context_close(ctx);
		else if (owners)
			stop_started(ctx);
		cxl_context_put(ctx);
		id++;
	}
}

/**
 * cxl_contexts_unmap() - take all registers of an AFU out of the page tables
 * @afu: the AFU
 *
 * They are mapped again when they are touched. For a hypervisor that does not reset a
 * function whose registers are mapped. May sleep.
 */
void cxl_contexts_unmap(struct cxl_afu *afu)
{
	struct cxl_context *ctx;
	unsigned long id = 0;

	for (; (ctx = next_context(afu, &id)); id++) {
		scoped_guard(mutex, &ctx->start_lock)
			cxl_area_unmap(&ctx->area);
		cxl_context_put(ctx);
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
 * cxl_contexts_attached() - does the hardware have a context?
 * @afu: the AFU, in a state that allows no new ones
 *
 * Quarantined ones do not count. Waits for those that are being started. May
 * sleep.
 *
 * Return: true if so.
 */
bool cxl_contexts_attached(struct cxl_afu *afu)
{
	struct cxl_context *ctx;
	unsigned long id = 0;
	bool attached = false;

	for (; !attached && (ctx = next_context(afu, &id)); id++) {
		scoped_guard(mutex, &ctx->start_lock)
			attached = ctx->state == CXL_CTX_STARTED;
		cxl_context_put(ctx);
	}
	return attached;
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
			if (ctx->state == CXL_CTX_CLOSED)
				context_forget(ctx);
		}
		cxl_context_put(ctx);
	}
}
