// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of a context: collecting them, and read() and poll() on them.
 */
#include <linux/bitmap.h>
#include <linux/cleanup.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <uapi/misc/cxl.h>

#include "afu.h"
#include "context.h"
#include "event.h"
#include "trace.h"

static_assert(sizeof(struct cxl_event) <= CXL_READ_MIN_SIZE);

void cxl_events_init(struct cxl_context *ctx)
{
	spin_lock_init(&ctx->events.lock);
	init_waitqueue_head(&ctx->events.wait);
	mutex_init(&ctx->events.reader);
}

/**
 * cxl_events_prepare() - make room for AFU interrupts
 * @ctx: a context that is being started
 * @nr_irqs: interrupts 1 to @nr_irqs may come
 *
 * May sleep. Can be repeated.
 *
 * Return: 0 or -ENOMEM.
 */
int cxl_events_prepare(struct cxl_context *ctx, unsigned int nr_irqs)
{
	struct cxl_ctx_events *events = &ctx->events;
	unsigned long *irqs;

	irqs = bitmap_zalloc(nr_irqs, GFP_KERNEL);
	if (!irqs)
		return -ENOMEM;

	scoped_guard(spinlock_irq, &events->lock) {
		swap(events->irqs, irqs);
		events->nr_irqs = nr_irqs;
	}
	bitmap_free(irqs);
	return 0;
}

void cxl_events_free(struct cxl_context *ctx)
{
	bitmap_free(ctx->events.irqs);
	mutex_destroy(&ctx->events.reader);
}

/**
 * cxl_events_wake() - let readers look again
 * @ctx: has a new event or is closed
 *
 * Any context.
 */
void cxl_events_wake(struct cxl_context *ctx)
{
	wake_up_interruptible(&ctx->events.wait);
}

/**
 * cxl_afu_irq() - the AFU raised an interrupt
 * @ctx: for this context
 * @irq: 1 to the number given to cxl_events_prepare()
 *
 * Called by the backend's interrupt handler. Repeated interrupts merge until
 * they are read. Any context.
 */
void cxl_afu_irq(struct cxl_context *ctx, unsigned int irq)
{
	struct cxl_ctx_events *events = &ctx->events;

	trace_cxl_afu_irq(ctx, irq);
	cxl_ctx_count(ctx, CXL_STAT_AFU_INTERRUPTS);
	scoped_guard(spinlock_irqsave, &events->lock) {
		if (!irq || irq > events->nr_irqs)
			return;
		__set_bit(irq - 1, events->irqs);
	}
	cxl_events_wake(ctx);
}

/**
 * cxl_event_fault() - an address could not be translated
 * @ctx: for this context
 * @addr: effective address
 * @dsisr: PSL_DSISR_An
 *
 * Call before the fault is answered, which lets the next one come. Any context.
 */
void cxl_event_fault(struct cxl_context *ctx, u64 addr, u64 dsisr)
{
	struct cxl_ctx_events *events = &ctx->events;

	scoped_guard(spinlock_irqsave, &events->lock) {
		unsigned int i = events->first_fault + events->nr_faults;

		if (events->nr_faults == CXL_MAX_FAULTS) {
			events->lost_faults++;
		} else {
			events->faults[i % CXL_MAX_FAULTS].addr = addr;
			events->faults[i % CXL_MAX_FAULTS].dsisr = dsisr;
			events->nr_faults++;
		}
	}
	cxl_events_wake(ctx);
}

/**
 * cxl_event_afu_error() - the AFU ended with an error
 * @ctx: for this context
 * @error: AFU_ERR_An
 *
 * The first error is kept until it is read, others are only logged. Any
 * context.
 */
void cxl_event_afu_error(struct cxl_context *ctx, u64 error)
{
	struct cxl_ctx_events *events = &ctx->events;

	scoped_guard(spinlock_irqsave, &events->lock) {
		if (!events->has_afu_error) {
			events->has_afu_error = true;
			events->afu_error = error;
			error = 0;
		}
	}
	if (error)
		dev_err_ratelimited(&ctx->afu->dev,
				    "process element %u: further AFU error %#llx\n",
				    ctx->pe, error);
	cxl_events_wake(ctx);
}

static bool has_event(struct cxl_ctx_events *events)
{
	lockdep_assert_held(&events->lock);

	return !bitmap_empty(events->irqs, events->nr_irqs) ||
	       events->nr_faults || events->has_afu_error;
}

static void event_init(struct cxl_context *ctx, struct cxl_event *event,
		       enum cxl_event_type type, size_t payload)
{
	memset(event, 0, sizeof(*event));
	event->header.type = type;
	event->header.size = sizeof(event->header) + payload;
	event->header.process_element = ctx->pe;
}

/**
 * cxl_event_peek() - the next event, without taking it
 * @ctx: the context
 * @event: filled in
 *
 * AFU interrupts come first, lowest number first, then faults, then the AFU
 * error. Call with cxl_ctx_events.reader held.
 *
 * Return: false when there is none.
 */
bool cxl_event_peek(struct cxl_context *ctx, struct cxl_event *event)
{
	struct cxl_ctx_events *events = &ctx->events;
	unsigned int irq;

	guard(spinlock_irqsave)(&events->lock);

	irq = find_first_bit(events->irqs, events->nr_irqs);
	if (irq < events->nr_irqs) {
		event_init(ctx, event, CXL_EVENT_AFU_INTERRUPT, sizeof(event->irq));
		event->irq.irq = irq + 1;
		return true;
	}
	if (events->nr_faults) {
		event_init(ctx, event, CXL_EVENT_DATA_STORAGE, sizeof(event->fault));
		event->fault.addr = events->faults[events->first_fault].addr;
		event->fault.dsisr = events->faults[events->first_fault].dsisr;
		return true;
	}
	if (events->has_afu_error) {
		event_init(ctx, event, CXL_EVENT_AFU_ERROR, sizeof(event->afu_error));
		event->afu_error.error = events->afu_error;
		return true;
	}
	return false;
}

/**
 * cxl_event_consume() - take the event that cxl_event_peek() returned
 * @ctx: the context
 * @event: that event
 *
 * Call with cxl_ctx_events.reader still held.
 */
void cxl_event_consume(struct cxl_context *ctx, const struct cxl_event *event)
{
	struct cxl_ctx_events *events = &ctx->events;
	unsigned int lost = 0;

	scoped_guard(spinlock_irqsave, &events->lock) {
		switch (event->header.type) {
		case CXL_EVENT_AFU_INTERRUPT:
			__clear_bit(event->irq.irq - 1, events->irqs);
			break;
		case CXL_EVENT_DATA_STORAGE:
			events->first_fault = (events->first_fault + 1) % CXL_MAX_FAULTS;
			events->nr_faults--;
			swap(lost, events->lost_faults);
			break;
		case CXL_EVENT_AFU_ERROR:
			events->has_afu_error = false;
			break;
		}
	}
	cxl_ctx_count(ctx, CXL_STAT_EVENTS);
	if (lost)
		dev_warn_ratelimited(&ctx->afu->dev,
				     "process element %u: %u faults lost, nobody read them\n",
				     ctx->pe, lost);
}

/*
 * Programs that wait with select() expect a read of the minimum size to take
 * one event only; whoever offers more room gets as many events as fit.
 */
static ssize_t copy_events(struct cxl_context *ctx, char __user *buf, size_t count)
{
	bool single = count == CXL_READ_MIN_SIZE;
	struct cxl_event event;
	size_t done = 0;

	while (cxl_event_peek(ctx, &event)) {
		if (event.header.size > count - done)
			break;
		if (copy_to_user(buf + done, &event, event.header.size))
			return done ?: -EFAULT;
		cxl_event_consume(ctx, &event);
		done += event.header.size;
		if (single)
			break;
	}
	return done;
}

static bool event_or_closed(struct cxl_context *ctx)
{
	guard(spinlock_irq)(&ctx->events.lock);

	return has_event(&ctx->events) || ctx->state == CXL_CTX_CLOSED;
}

/**
 * cxl_events_read() - read() of a context
 * @ctx: the context
 * @buf: destination
 * @count: its size
 * @nonblock: do not wait
 *
 * An event that cannot be stored is not lost. May sleep.
 *
 * Return: bytes stored, whole events only; -EINVAL when @count is less than
 * CXL_READ_MIN_SIZE; -EIO when the context is closed and has no event left;
 * -EAGAIN; -ERESTARTSYS; -EFAULT.
 */
ssize_t cxl_events_read(struct cxl_context *ctx, char __user *buf, size_t count,
			bool nonblock)
{
	bool closed;
	ssize_t ret;

	if (count < CXL_READ_MIN_SIZE)
		return -EINVAL;

	for (;;) {
		/* Before looking for events: none comes after it. */
		closed = READ_ONCE(ctx->state) == CXL_CTX_CLOSED;

		if (mutex_lock_interruptible(&ctx->events.reader))
			return -ERESTARTSYS;
		ret = copy_events(ctx, buf, count);
		mutex_unlock(&ctx->events.reader);
		if (ret)
			return ret;
		if (closed)
			return -EIO;
		if (nonblock)
			return -EAGAIN;
		ret = wait_event_interruptible(ctx->events.wait,
					       event_or_closed(ctx));
		if (ret)
			return ret;
	}
}

/**
 * cxl_events_poll() - poll() of a context
 * @ctx: the context
 * @file: its file
 * @wait: as poll() got it
 *
 * Return: EPOLLIN with an event to read, EPOLLERR for a closed context without
 * one.
 */
__poll_t cxl_events_poll(struct cxl_context *ctx, struct file *file,
			 poll_table *wait)
{
	poll_wait(file, &ctx->events.wait, wait);

	guard(spinlock_irq)(&ctx->events.lock);

	if (has_event(&ctx->events))
		return EPOLLIN | EPOLLRDNORM;
	if (ctx->state == CXL_CTX_CLOSED)
		return EPOLLERR;
	return 0;
}
