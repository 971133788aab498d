// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of a context: collecting them, and read() and poll() on them.
 */
#include <linux/bitmap.h>
#include <linux/cleanup.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <misc/cxl.h>

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

/**
 * cxl_events_set_driver() - where a kernel driver keeps events of its own
 * @ctx: the context
 * @ops: how to get them
 *
 * There are none yet. Any context.
 */
void cxl_events_set_driver(struct cxl_context *ctx, const struct cxl_afu_driver_ops *ops)
{
	guard(spinlock_irqsave)(&ctx->events.lock);

	ctx->events.driver_ops = ops;
	ctx->events.driver_events = 0;
}

/**
 * cxl_events_add_driver() - a kernel driver has more events of its own
 * @ctx: the context; cxl_events_set_driver() has been called
 * @nr: how many more
 *
 * Any context.
 */
void cxl_events_add_driver(struct cxl_context *ctx, unsigned int nr)
{
	scoped_guard(spinlock_irqsave, &ctx->events.lock) {
		if (WARN_ON_ONCE(!ctx->events.driver_ops))
			return;
		ctx->events.driver_events += nr;
	}
	cxl_events_wake(ctx);
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
 * Called by the backend's interrupt handler. Goes to the kernel driver that has got
 * the interrupts, if one has. Otherwise repeated interrupts merge until they are
 * read. Any context, if no driver has.
 */
void cxl_afu_irq(struct cxl_context *ctx, unsigned int irq)
{
	struct cxl_ctx_events *events = &ctx->events;

	trace_cxl_afu_irq(ctx, irq);
	cxl_ctx_count(ctx, CXL_STAT_AFU_INTERRUPTS);
	if (cxl_owner_irq(ctx, irq))
		return;
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

	return events->driver_events || !bitmap_empty(events->irqs, events->nr_irqs) ||
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

/*
 * Events that the kernel driver keeps, one at a time. It is told without locks what
 * has become of each.
 */
static ssize_t read_driver_event(struct cxl_context *ctx, char __user *buf)
{
	struct cxl_ctx_events *events = &ctx->events;
	struct cxl_event_afu_driver_reserved *data;
	const struct cxl_afu_driver_ops *ops;
	struct cxl_event event;
	size_t size;
	int ret = 0;

	scoped_guard(spinlock_irqsave, &events->lock) {
		if (!events->driver_events)
			return 0;
		events->driver_events--;
		ops = events->driver_ops;
		data = ops->fetch_event(ctx);
	}

	size = data ? sizeof(event.header) + (size_t)data->data_size : 0;
	if (!data || size > CXL_READ_MIN_SIZE) {
		ret = -EINVAL;
	} else {
		event_init(ctx, &event, CXL_EVENT_AFU_DRIVER, data->data_size);
		if (copy_to_user(buf, &event.header, sizeof(event.header)) ||
		    copy_to_user(buf + sizeof(event.header), data->data, data->data_size))
			ret = -EFAULT;
	}
	ops->event_delivered(ctx, data, ret);
	if (ret)
		return -EFAULT;
	cxl_ctx_count(ctx, CXL_STAT_EVENTS);
	return size;
}

static bool event_or_ended(struct cxl_context *ctx)
{
	guard(spinlock_irq)(&ctx->events.lock);

	return has_event(&ctx->events) || cxl_context_ended(ctx);
}

/**
 * cxl_events_read() - read() of a context
 * @ctx: the context
 * @buf: destination
 * @count: its size
 * @nonblock: do not wait
 *
 * An event that cannot be stored is not lost, unless it is one of the kernel
 * driver's, which come first and alone. May sleep.
 *
 * Return: bytes stored, whole events only; -EINVAL when @count is less than
 * CXL_READ_MIN_SIZE; -EIO when the context has been stopped or closed and has no
 * event left; -EAGAIN; -ERESTARTSYS; -EFAULT.
 */
ssize_t cxl_events_read(struct cxl_context *ctx, char __user *buf, size_t count,
			bool nonblock)
{
	bool ended;
	ssize_t ret;

	if (count < CXL_READ_MIN_SIZE)
		return -EINVAL;

	for (;;) {
		/* Before looking for events: none comes after it. */
		ended = cxl_context_ended(ctx);

		ret = read_driver_event(ctx, buf);
		if (ret)
			return ret;
		if (mutex_lock_interruptible(&ctx->events.reader))
			return -ERESTARTSYS;
		ret = copy_events(ctx, buf, count);
		mutex_unlock(&ctx->events.reader);
		if (ret)
			return ret;
		if (ended)
			return -EIO;
		if (nonblock)
			return -EAGAIN;
		ret = wait_event_interruptible(ctx->events.wait,
					       event_or_ended(ctx));
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
 * Return: EPOLLIN with an event to read, EPOLLERR for a context without one that
 * has been stopped or closed.
 */
__poll_t cxl_events_poll(struct cxl_context *ctx, struct file *file,
			 poll_table *wait)
{
	poll_wait(file, &ctx->events.wait, wait);

	guard(spinlock_irq)(&ctx->events.lock);

	if (has_event(&ctx->events))
		return EPOLLIN | EPOLLRDNORM;
	if (cxl_context_ended(ctx))
		return EPOLLERR;
	return 0;
}
