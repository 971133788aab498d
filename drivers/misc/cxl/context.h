/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contexts: one use of an AFU, with its address space, problem state area,
 * interrupts and events.
 */
#ifndef _CXL_CONTEXT_H
#define _CXL_CONTEXT_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/list_nulls.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include "backend.h"
#include "event.h"
#include "fault.h"
#include "irq_pool.h"
#include "mmio.h"
#include "owner-irq.h"
#include "segment.h"
#include "stats.h"

struct cxl_afu;
struct cxl_start;
struct file;
struct mm_struct;

/**
 * enum cxl_ctx_state - life of a context
 * @CXL_CTX_OPENED: has a number, nothing in hardware
 * @CXL_CTX_STARTED: attached
 * @CXL_CTX_STOPPED: nothing in hardware; the kernel driver that owns it may start
 *	it again
 * @CXL_CTX_CLOSED: never runs again
 *
 * ========  =======  ===================================================
 * from      to       by
 * ========  =======  ===================================================
 * OPENED,   STARTED  cxl_context_start()
 * STOPPED
 * OPENED,   STOPPED  cxl_context_stop()
 * STARTED
 * any but   CLOSED   cxl_context_close()
 * CLOSED
 * ========  =======  ===================================================
 */
enum cxl_ctx_state {
	CXL_CTX_OPENED,
	CXL_CTX_STARTED,
	CXL_CTX_STOPPED,
	CXL_CTX_CLOSED,
};

/* What the process element is before the hardware has chosen one. */
#define CXL_NO_PE	0xffffffff

/**
 * enum cxl_ctx_irqs - who has got the interrupts of a context
 * @CXL_IRQS_NONE: it has none
 * @CXL_IRQS_START: its start, until it ends
 * @CXL_IRQS_OWNER: its owner, who also gives them back
 * @CXL_IRQS_RETURNED: its owner has given them back, but the hardware may still
 *	raise them
 */
enum cxl_ctx_irqs {
	CXL_IRQS_NONE,
	CXL_IRQS_START,
	CXL_IRQS_OWNER,
	CXL_IRQS_RETURNED,
};

/**
 * struct cxl_context - one use of an AFU
 * @afu: the AFU, referenced
 * @ref: held by the file or the owner, by the quarantine of the AFU, and by the
 *	inode of a file that was made for the context
 * @rcu: for freeing after the last reader of cxl_afu.contexts
 * @id: index in cxl_afu.contexts
 * @pe: process element as programs see it, CXL_NO_PE before the first attach
 * @master: may reach the whole problem state area
 * @owned: a kernel driver owns it: what ends it from outside only stops it
 * @cut_off: an error has stopped it, and its owner has not done so since
 * @kernel: works on the kernel's own addresses. Like @mm set before the segment
 *	table has its first entry and until the hardware has let go; read under RCU.
 * @pid: process that started it, or 0; for people only
 * @state: written under @start_lock and the lock of @events, read under either
 *	or, as a hint, without
 * @mm: address space of the process that started the context, with mm_count
 *	held so that its number cannot be reused. Set before the segment table
 *	has its first entry and until the hardware has let go; read under RCU.
 * @by_mm: lets segment-flush.c find it by @mm
 * @irq_owner: who has got its interrupts
 * @nr_irqs: how many AFU interrupts its owner has got
 * @owner_irqs: handlers of its owner
 * @file: the file that was made for it, until it has been disposed of
 * @priv: whatever its owner wants
 * @segments: its segment table
 * @area: its problem state area
 * @irqs: its interrupts, from before the attach until after the detach
 * @fault: its fault that is being served
 * @events: what its owner has not read yet
 * @quarantine: entry of cxl_afu.quarantine; empty otherwise
 * @stats: indexed by enum cxl_stat
 */
struct cxl_context {
	struct cxl_afu *afu;
	struct kref ref;
	struct rcu_head rcu;
	unsigned int id;
	u32 pe;
	bool master;
	bool owned;
	bool cut_off;
	bool kernel;
	pid_t pid;

	/**
	 * @start_lock: serialises the state changes, held while the hardware
	 * works on one; guards @irq_owner, @nr_irqs, @owner_irqs and @file. Order:
	 * cxl_afu.lock, start_lock, cxl_area.lock. Never taken by fault work,
	 * and not held while user memory is accessed or the mmap lock is waited
	 * for: kernel drivers start contexts with locks held that they also take
	 * in their own page faults.
	 */
	struct mutex start_lock;
	enum cxl_ctx_state state;
	struct mm_struct *mm;
	struct hlist_nulls_node by_mm;

	enum cxl_ctx_irqs irq_owner;
	unsigned int nr_irqs;
	struct cxl_owner_irqs __rcu *owner_irqs;
	struct file *file;
	void *priv;

	struct cxl_segment_table segments;
	struct cxl_area area;
	struct cxl_irq_set irqs;
	struct cxl_ctx_fault fault;
	struct cxl_ctx_events events;
	struct list_head quarantine;
	atomic_long_t stats[CXL_NR_CTX_STATS];
};

static inline void cxl_ctx_count(struct cxl_context *ctx, enum cxl_stat stat)
{
	atomic_long_inc(&ctx->stats[stat]);
}

/* Has it run, or can it not any more? Readers need not wait for events. */
static inline bool cxl_context_ended(struct cxl_context *ctx)
{
	return READ_ONCE(ctx->state) >= CXL_CTX_STOPPED;
}

bool cxl_context_may_change(enum cxl_ctx_state from, enum cxl_ctx_state to);
struct cxl_context *cxl_context_create(struct cxl_afu *afu, enum cxl_afu_mode mode,
				       bool master, bool owned);
struct cxl_context *cxl_context_create_owned(struct cxl_afu *afu);
int cxl_context_start(struct cxl_context *ctx, const struct cxl_start *start);
u32 cxl_context_process_id(struct cxl_context *ctx);
int cxl_context_stop(struct cxl_context *ctx);
void cxl_context_close(struct cxl_context *ctx);
void cxl_context_put(struct cxl_context *ctx);
void cxl_context_dispose(struct cxl_context *ctx);

struct cxl_context *cxl_context_get_started(struct cxl_afu *afu, int pe);
void cxl_context_put_started(struct cxl_context *ctx);
void cxl_contexts_unmap(struct cxl_afu *afu);
bool cxl_contexts_in_use(struct cxl_afu *afu);
bool cxl_contexts_attached(struct cxl_afu *afu);
void cxl_contexts_close(struct cxl_afu *afu, bool owners);
void cxl_quarantine_release(struct cxl_afu *afu);

#endif /* _CXL_CONTEXT_H */
