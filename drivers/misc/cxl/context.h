/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contexts: one use of an AFU, with its address space, problem state area,
 * interrupts and events.
 */
#ifndef _CXL_CONTEXT_H
#define _CXL_CONTEXT_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "backend.h"
#include "event.h"
#include "fault.h"
#include "irq_pool.h"
#include "mmio.h"
#include "segment.h"
#include "stats.h"

struct cxl_afu;
struct cxl_start;
struct mm_struct;

/**
 * enum cxl_ctx_state - life of a context
 * @CXL_CTX_OPENED: has a number, nothing in hardware
 * @CXL_CTX_STARTED: attached
 * @CXL_CTX_CLOSED: never runs again
 *
 * =======  =======  ====================================================
 * from     to       by
 * =======  =======  ====================================================
 * OPENED   STARTED  cxl_context_start()
 * OPENED   CLOSED   cxl_context_close()
 * STARTED  CLOSED   cxl_context_close()
 * =======  =======  ====================================================
 */
enum cxl_ctx_state {
	CXL_CTX_OPENED,
	CXL_CTX_STARTED,
	CXL_CTX_CLOSED,
};

/* What the process element is before the hardware has chosen one. */
#define CXL_NO_PE	0xffffffff

/**
 * struct cxl_context - one use of an AFU
 * @afu: the AFU, referenced
 * @ref: held by the file, and by the quarantine of the AFU
 * @rcu: for freeing after the last reader of cxl_afu.contexts
 * @id: index in cxl_afu.contexts
 * @pe: process element as programs see it, CXL_NO_PE before the first attach
 * @master: may reach the whole problem state area
 * @pid: process that started it, or 0; for people only
 * @state: written under @start_lock and the lock of @events, read under either
 *	or, as a hint, without
 * @mm: address space of the process that started the context, with mm_count
 *	held so that its number cannot be reused. Set before the segment table
 *	has its first entry and until the hardware has let go; read under RCU.
 * @segments: its segment table
 * @area: its problem state area
 * @irqs: its interrupts, from before the attach until after the detach
 * @fault_work: serves its PSL interrupts
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
	pid_t pid;

	/**
	 * @start_lock: serialises the state changes, held while the hardware
	 * works on one. Order: cxl_afu.lock, start_lock, mmap_lock,
	 * cxl_area.lock. Never taken with the mmap lock held nor by fault
	 * work, and not held while user memory is accessed.
	 */
	struct mutex start_lock;
	enum cxl_ctx_state state;
	struct mm_struct *mm;

	struct cxl_segment_table segments;
	struct cxl_area area;
	struct cxl_irq_set irqs;
	struct work_struct fault_work;
	struct cxl_ctx_events events;
	struct list_head quarantine;
	atomic_long_t stats[CXL_NR_CTX_STATS];
};

static inline void cxl_ctx_count(struct cxl_context *ctx, enum cxl_stat stat)
{
	atomic_long_inc(&ctx->stats[stat]);
}

bool cxl_context_may_change(enum cxl_ctx_state from, enum cxl_ctx_state to);
struct cxl_context *cxl_context_create(struct cxl_afu *afu, enum cxl_afu_mode mode,
				       bool master);
int cxl_context_start(struct cxl_context *ctx, const struct cxl_start *start);
void cxl_context_close(struct cxl_context *ctx);
void cxl_context_put(struct cxl_context *ctx);

struct cxl_context *cxl_context_get_started(struct cxl_afu *afu, int pe);
void cxl_context_put_started(struct cxl_context *ctx);
bool cxl_contexts_in_use(struct cxl_afu *afu);
void cxl_contexts_close(struct cxl_afu *afu);
void cxl_quarantine_release(struct cxl_afu *afu);

#endif /* _CXL_CONTEXT_H */
