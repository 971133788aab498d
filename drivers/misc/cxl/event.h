/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a context has to tell its owner.
 */
#ifndef _CXL_EVENT_H
#define _CXL_EVENT_H

#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

struct cxl_afu_driver_ops;
struct cxl_context;
struct cxl_event;

/* Faults a program may leave unread before one is lost, and counted. */
#define CXL_MAX_FAULTS	8

/* Events go to a program in pieces of at most so many bytes. */
#define CXL_EVENT_BATCH	512

/**
 * struct cxl_fault_record - a translation fault nobody could resolve
 * @addr: effective address
 * @dsisr: PSL_DSISR_An
 */
struct cxl_fault_record {
	u64 addr;
	u64 dsisr;
};

/**
 * struct cxl_ctx_events - events of a context that have not been read
 * @wait: readers and pollers
 * @irqs: bit n - 1 for AFU interrupt n
 * @nr_irqs: bits in @irqs
 * @faults: a ring
 * @first_fault: index of the oldest one
 * @nr_faults: how many there are
 * @lost_faults: how many found the ring full since the last was read
 * @afu_error: AFU_ERR_An, the first one
 * @has_afu_error: there is one
 * @driver_ops: where the kernel driver that owns the context keeps its events
 * @driver_events: how many it has
 * @pending: how many events of all kinds there are, also read without @lock
 * @came: when the last AFU interrupt has come, in ticks of the timebase
 * @soon: the last one that was waited for came soon; a hint, without @lock
 */
struct cxl_ctx_events {
	/**
	 * @lock: guards all but @reader and, together with
	 * cxl_context.start_lock, cxl_context.state. Taken in interrupts.
	 */
	spinlock_t lock;
	wait_queue_head_t wait;
	/**
	 * @reader: held by the one read() that is taking events; held while
	 * user memory is accessed
	 */
	struct mutex reader;
	unsigned long *irqs;
	unsigned int nr_irqs;
	struct cxl_fault_record faults[CXL_MAX_FAULTS];
	unsigned int first_fault;
	unsigned int nr_faults;
	unsigned int lost_faults;
	u64 afu_error;
	bool has_afu_error;
	const struct cxl_afu_driver_ops *driver_ops;
	unsigned int driver_events;
	unsigned int pending;
	u64 came;
	bool soon;
};

void cxl_events_init(struct cxl_context *ctx);
int cxl_events_prepare(struct cxl_context *ctx, unsigned int nr_irqs);
void cxl_events_set_driver(struct cxl_context *ctx, const struct cxl_afu_driver_ops *ops);
void cxl_events_add_driver(struct cxl_context *ctx, unsigned int nr);
void cxl_events_free(struct cxl_context *ctx);
void cxl_events_wake(struct cxl_context *ctx);

size_t cxl_events_take(struct cxl_context *ctx, void *buf, size_t size, size_t max);
void cxl_events_return(struct cxl_context *ctx, const void *buf, size_t len);

void cxl_afu_irq(struct cxl_context *ctx, unsigned int irq);
void cxl_event_fault(struct cxl_context *ctx, u64 addr, u64 dsisr);
void cxl_event_afu_error(struct cxl_context *ctx, u64 error);

ssize_t cxl_events_read(struct cxl_context *ctx, char __user *buf, size_t count,
			bool nonblock);
__poll_t cxl_events_poll(struct cxl_context *ctx, struct file *file,
			 poll_table *wait);

#endif /* _CXL_EVENT_H */
