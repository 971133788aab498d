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
#include "linger.h"
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
		events->pending -= bitmap_weight(events->irqs, events->nr_irqs);
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
	ctx->events.pending -= ctx->events.driver_events;
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
		ctx->events.pending += nr;
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
		if (!__test_and_set_bit(irq - 1, events->irqs))
			events->pending++;
		WRITE_ONCE(events->came, mftb());
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
			events->pending++;
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
			events->pending++;
			error = 0;
		}
	}
	if (error)
		dev_err_ratelimited(&ctx->afu->dev,
				    "process element %u: further AFU error %#llx\n",
				    ctx->pe, error);
	cxl_events_wake(ctx);
}

/* Whether it has ended, to be asked before whether it has events: none comes later. */
static bool ended_before(struct cxl_context *ctx)
{
	bool ended = cxl_context_ended(ctx);

	/* Pairs with the lock that is held while either is changed. */
	smp_rmb();
	return ended;
}

static bool has_event(struct cxl_context *ctx)
{
	return READ_ONCE(ctx->events.pending);
}

/**
 * struct event_batch - events on their way to a program
 * @ctx: whose they are
 * @buf: where they are put, one after the other
 * @size: bytes of @buf
 * @max: so many events at most
 * @len: bytes that are filled
 */
struct event_batch {
	struct cxl_context *ctx;
	void *buf;
	size_t size;
	size_t max;
	size_t len;
};

/* Another event, with its header; NULL if there is no room for it. */
static struct cxl_event *batch_add(struct event_batch *batch, enum cxl_event_type type,
				   size_t payload)
{
	struct cxl_event *event = batch->buf + batch->len;
	size_t size = sizeof(event->header) + payload;

	if (!batch->max || size > batch->size - batch->len)
		return NULL;
	event->header = (struct cxl_event_header) {
		.type = type,
		.size = size,
		.process_element = batch->ctx->pe,
	};
	batch->len += size;
	batch->max--;
	return event;
}

static void take_irqs(struct event_batch *batch)
{
	struct cxl_ctx_events *events = &batch->ctx->events;
	struct cxl_event *event;
	unsigned int irq;

	for_each_set_bit(irq, events->irqs, events->nr_irqs) {
		event = batch_add(batch, CXL_EVENT_AFU_INTERRUPT, sizeof(event->irq));
		if (!event)
			return;
		event->irq = (struct cxl_event_afu_interrupt) { .irq = irq + 1 };
		__clear_bit(irq, events->irqs);
		events->pending--;
	}
}

static void take_faults(struct event_batch *batch)
{
	struct cxl_ctx_events *events = &batch->ctx->events;
	const struct cxl_fault_record *fault;
	struct cxl_event *event;

	while (events->nr_faults) {
		event = batch_add(batch, CXL_EVENT_DATA_STORAGE, sizeof(event->fault));
		if (!event)
			return;
		fault = &events->faults[events->first_fault];
		event->fault = (struct cxl_event_data_storage) {
			.addr = fault->addr,
			.dsisr = fault->dsisr,
		};
		events->first_fault = (events->first_fault + 1) % CXL_MAX_FAULTS;
		events->nr_faults--;
		events->pending--;
	}
}

static void take_afu_error(struct event_batch *batch)
{
	struct cxl_ctx_events *events = &batch->ctx->events;
	struct cxl_event *event;

	if (!events->has_afu_error || events->nr_faults)
		return;
	event = batch_add(batch, CXL_EVENT_AFU_ERROR, sizeof(event->afu_error));
	if (!event)
		return;
	event->afu_error = (struct cxl_event_afu_error) { .error = events->afu_error };
	events->has_afu_error = false;
	events->pending--;
}

/**
 * cxl_events_take() - the next events
 * @ctx: the context
 * @buf: filled with as many whole events as fit
 * @size: its size, at least that of one event
 * @max: so many events at most
 *
 * AFU interrupts come first, lowest number first, then faults, then the AFU
 * error. Call with cxl_ctx_events.reader held.
 *
 * Return: bytes that were filled, 0 if there is no event.
 */
size_t cxl_events_take(struct cxl_context *ctx, void *buf, size_t size, size_t max)
{
	struct event_batch batch = { .ctx = ctx, .buf = buf, .size = size, .max = max };
	struct cxl_ctx_events *events = &ctx->events;
	unsigned int lost = 0;

	scoped_guard(spinlock_irqsave, &events->lock) {
		take_irqs(&batch);
		take_faults(&batch);
		take_afu_error(&batch);
		if (events->nr_faults < CXL_MAX_FAULTS)
			swap(lost, events->lost_faults);
	}
	atomic_long_add(max - batch.max, &ctx->stats[CXL_STAT_EVENTS]);
	if (lost)
		dev_warn_ratelimited(&ctx->afu->dev,
				     "process element %u: %u faults lost, nobody read them\n",
				     ctx->pe, lost);
	return batch.len;
}

/* As the oldest one, unless there are as many younger ones as can be kept. */
static void return_fault(struct cxl_ctx_events *events,
			 const struct cxl_event_data_storage *fault)
{
	if (events->nr_faults == CXL_MAX_FAULTS) {
		events->lost_faults++;
		return;
	}
	events->first_fault = (events->first_fault + CXL_MAX_FAULTS - 1) % CXL_MAX_FAULTS;
	events->faults[events->first_fault].addr = fault->addr;
	events->faults[events->first_fault].dsisr = fault->dsisr;
	events->nr_faults++;
	events->pending++;
}

static void return_event(struct cxl_ctx_events *events, const struct cxl_event *event)
{
	switch (event->header.type) {
	case CXL_EVENT_AFU_INTERRUPT:
		/* The context may have been started with less of them meanwhile. */
		if (event->irq.irq <= events->nr_irqs &&
		    !__test_and_set_bit(event->irq.irq - 1, events->irqs))
			events->pending++;
		break;
	case CXL_EVENT_DATA_STORAGE:
		return_fault(events, &event->fault);
		break;
	case CXL_EVENT_AFU_ERROR:
		events->pending += !events->has_afu_error;
		events->has_afu_error = true;
		events->afu_error = event->afu_error.error;
		break;
	}
}

/**
 * cxl_events_return() - undo cxl_events_take()
 * @ctx: the context
 * @buf: the events
 * @len: their bytes
 *
 * Call with cxl_ctx_events.reader still held.
 */
void cxl_events_return(struct cxl_context *ctx, const void *buf, size_t len)
{
	const struct cxl_event *event, *taken[CXL_EVENT_BATCH / sizeof(event->header)];
	struct cxl_ctx_events *events = &ctx->events;
	unsigned int nr = 0;
	size_t done;

	for (done = 0; done < len; done += event->header.size) {
		event = buf + done;
		taken[nr++] = event;
	}
	atomic_long_sub(nr, &ctx->stats[CXL_STAT_EVENTS]);

	guard(spinlock_irqsave)(&events->lock);

	while (nr)
		return_event(events, taken[--nr]);
}

/* Some events to the program. */
static ssize_t copy_batch(struct cxl_context *ctx, char __user *buf, void *batch,
			  size_t size, size_t max)
{
	size_t len = cxl_events_take(ctx, batch, size, max);

	if (!copy_to_user(buf, batch, len))
		return len;
	cxl_events_return(ctx, batch, len);
	return -EFAULT;
}

/*
 * Programs that wait with select() expect a read of the minimum size to take
 * one event only; whoever offers more room gets as many events as fit.
 */
static ssize_t copy_one(struct cxl_context *ctx, char __user *buf)
{
	struct cxl_event event;

	return copy_batch(ctx, buf, &event, sizeof(event), 1);
}

static ssize_t copy_all(struct cxl_context *ctx, char __user *buf, size_t count)
{
	u8 batch[CXL_EVENT_BATCH] __aligned(8);
	size_t done = 0, max = SIZE_MAX;
	ssize_t len;

	while (has_event(ctx)) {
		len = copy_batch(ctx, buf + done, batch, min(count - done, sizeof(batch)), max);
		/* Some of them may fit. */
		if (len < 0 && max > 1) {
			max = 1;
			continue;
		}
		if (len <= 0)
			return done ?: len;
		done += len;
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
	struct cxl_event event = {
		.header.type = CXL_EVENT_AFU_DRIVER,
		.header.process_element = ctx->pe,
	};
	size_t size;
	int ret = 0;

	if (!READ_ONCE(events->driver_events))
		return 0;
	scoped_guard(spinlock_irqsave, &events->lock) {
		if (!events->driver_events)
			return 0;
		events->driver_events--;
		events->pending--;
		ops = events->driver_ops;
		data = ops->fetch_event(ctx);
	}

	size = data ? sizeof(event.header) + (size_t)data->data_size : 0;
	if (!data || size > CXL_READ_MIN_SIZE) {
		ret = -EINVAL;
	} else {
		event.header.size = size;
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
	return ended_before(ctx) || has_event(ctx);
}

static ssize_t take_events(struct cxl_context *ctx, char __user *buf, size_t count)
{
	ssize_t ret = read_driver_event(ctx, buf);

	if (ret)
		return ret;
	if (mutex_lock_interruptible(&ctx->events.reader))
		return -ERESTARTSYS;
	ret = count == CXL_READ_MIN_SIZE ? copy_one(ctx, buf) : copy_all(ctx, buf, count);
	mutex_unlock(&ctx->events.reader);
	return ret;
}

/* What came soon last time may do so again. */
static int wait_for_event(struct cxl_context *ctx)
{
	struct cxl_ctx_events *events = &ctx->events;
	u64 begin = mftb();
	int ret;

	if (READ_ONCE(events->soon)) {
		while (!event_or_ended(ctx) && cxl_may_linger(begin))
			cpu_relax();
	}
	ret = wait_event_interruptible(events->wait, event_or_ended(ctx));
	WRITE_ONCE(events->soon, cxl_is_soon(begin, READ_ONCE(events->came)));
	return ret;
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
		ended = ended_before(ctx);
		ret = has_event(ctx) ? take_events(ctx, buf, count) : 0;
		if (ret)
			return ret;
		if (ended)
			return -EIO;
		if (nonblock)
			return -EAGAIN;
		ret = wait_for_event(ctx);
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
	bool ended;

	poll_wait(file, &ctx->events.wait, wait);
	ended = ended_before(ctx);
	if (has_event(ctx))
		return EPOLLIN | EPOLLRDNORM;
	return ended ? EPOLLERR : 0;
}
