/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AFUs: the accelerators of a card.
 */
#ifndef _CXL_AFU_H
#define _CXL_AFU_H

#include <linux/atomic.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/xarray.h>

#include "adapter.h"
#include "backend.h"
#include "stats.h"

struct cxl_config_record;
struct cxl_vphb;
struct dentry;

/**
 * enum cxl_afu_state - life of an AFU
 * @CXL_AFU_NEW: being set up
 * @CXL_AFU_LIVE: works
 * @CXL_AFU_FAILED: hardware did not let go of a context; serves those that run,
 *	starts none, and is reset when the last one has ended
 * @CXL_AFU_BROKEN: hardware cannot be relied on; contexts end, and it is reset
 * @CXL_AFU_DOWN: an error of the hardware has ended all contexts, or a reset of
 *	the card has; it may come back
 * @CXL_AFU_DEAD: an error of the hardware that only a reset of the card can
 *	mend, if anything
 * @CXL_AFU_GONE: removed
 *
 * ============  ======  ================================================
 * from          to      by
 * ============  ======  ================================================
 * NEW           LIVE    cxl_afu_add()
 * LIVE          FAILED  cxl_afu_fail()
 * LIVE, FAILED  BROKEN  cxl_afu_break()
 * LIVE, FAILED, DOWN    cxl_afu_down()
 * BROKEN, DEAD
 * not GONE      DEAD    cxl_afu_dead()
 * FAILED, DOWN  LIVE    cxl_afu_restore()
 * any           GONE    cxl_afu_del()
 * ============  ======  ================================================
 */
enum cxl_afu_state {
	CXL_AFU_NEW,
	CXL_AFU_LIVE,
	CXL_AFU_FAILED,
	CXL_AFU_BROKEN,
	CXL_AFU_DOWN,
	CXL_AFU_DEAD,
	CXL_AFU_GONE,
};

/**
 * enum cxl_node_kind - character devices of an AFU, in the order of their minors
 * @CXL_NODE_DEDICATED: afuN.Md, the only one in dedicated mode
 * @CXL_NODE_MASTER: afuN.Mm, its contexts may reach the whole problem state area
 * @CXL_NODE_SLAVE: afuN.Ms
 * @CXL_NR_NODES: how many there are
 */
enum cxl_node_kind {
	CXL_NODE_DEDICATED,
	CXL_NODE_MASTER,
	CXL_NODE_SLAVE,
	CXL_NR_NODES,
};

/**
 * struct cxl_node - a character device of an AFU
 * @dev: device afuN.Md, afuN.Mm or afuN.Ms
 * @cdev: its character device
 * @afu: the AFU, referenced until @dev is released
 * @kind: which of them it is
 */
struct cxl_node {
	struct device dev;
	struct cdev cdev;
	struct cxl_afu *afu;
	enum cxl_node_kind kind;
};

/**
 * struct cxl_afu - an accelerator (Accelerator Function Unit)
 * @dev: device afuN.M; its reference count is that of the AFU
 * @adapter: card it is on, referenced until the AFU is released
 * @slice: M of afuN.M
 * @state: changed by compare and exchange, and but for FAILED and BROKEN under
 *	@lock; read anywhere
 * @mode: current programming model
 * @modes_supported: mask of BIT(enum cxl_afu_mode)
 * @nodes: character devices of the current mode, NULL for the others
 * @contexts: all contexts by number; read under RCU
 * @max_contexts: their numbers are below this
 * @quarantine: contexts the hardware did not let go of
 * @irqs_min: least AFU interrupts of a context
 * @irqs_max: most AFU interrupts of a context, set by the administrator
 * @irqs_limit: most AFU interrupts of a context that the hardware can do
 * @prefault: enum cxl_prefault, for the contexts started from now on
 * @psa_size: bytes of the problem state area, 0 for none
 * @pp_size: bytes of the area of one process, 0 for none or not yet known
 * @pp_off: bytes from the start of the problem state area to the first of these
 * @pp_off_known: @pp_off is; a hypervisor does not tell
 * @eb_len: bytes of the error buffer, 0 for none
 * @cr_len: bytes of a configuration record
 * @nr_crs: configuration records
 * @crs: directories of the configuration records, see config.c
 * @vphb: host bridge whose devices the records are, NULL for none
 * @eb_file: the error buffer in sysfs, see sysfs.c
 * @stats: indexed by enum cxl_stat; what contexts count is added when they end
 * @debugfs: its directory
 */
struct cxl_afu {
	struct device dev;
	struct cxl_adapter *adapter;
	unsigned int slice;

	/**
	 * @lock: serialises mode changes, resets, removal and the creation of
	 * contexts; guards @mode and @nodes. Taken before
	 * cxl_context.start_lock.
	 */
	struct mutex lock;
	enum cxl_afu_state state;
	enum cxl_afu_mode mode;
	unsigned long modes_supported;
	struct cxl_node *nodes[CXL_NR_NODES];

	struct xarray contexts;
	unsigned int max_contexts;
	/** @quarantine_lock: guards @quarantine */
	spinlock_t quarantine_lock;
	struct list_head quarantine;

	unsigned int irqs_min;
	unsigned int irqs_max;
	unsigned int irqs_limit;
	unsigned int prefault;

	u64 psa_size;
	u64 pp_size;
	u64 pp_off;
	bool pp_off_known;
	u64 eb_len;
	u64 cr_len;
	unsigned int nr_crs;
	struct cxl_config_record **crs;
	/**
	 * @vphb_lock: guards @vphb; held while drivers are told of errors, so
	 * taken before all others.
	 */
	struct mutex vphb_lock;
	struct cxl_vphb *vphb;
	struct cxl_bin_file eb_file;

	atomic_long_t stats[CXL_NR_STATS];
	struct dentry *debugfs;
};

static inline struct cxl_afu *to_cxl_afu(struct device *dev)
{
	return container_of(dev, struct cxl_afu, dev);
}

static inline struct cxl_node *to_cxl_node(struct device *dev)
{
	return container_of(dev, struct cxl_node, dev);
}

/* The mode in which an AFU has nodes of this kind. */
static inline enum cxl_afu_mode cxl_node_mode(enum cxl_node_kind kind)
{
	return kind == CXL_NODE_DEDICATED ? CXL_AFU_MODE_DEDICATED :
					    CXL_AFU_MODE_DIRECTED;
}

static inline const struct cxl_backend_ops *cxl_afu_ops(struct cxl_afu *afu)
{
	return afu->adapter->ops;
}

static inline void cxl_afu_count(struct cxl_afu *afu, enum cxl_stat stat)
{
	atomic_long_inc(&afu->stats[stat]);
}

/**
 * cxl_afu_live() - does the AFU take new contexts?
 * @afu: the AFU
 *
 * A hint unless cxl_afu.lock is held: the AFU may fail or go at any time, and
 * whoever uses the hardware has to cope with that. Any context.
 *
 * Return: true when it was in state LIVE.
 */
static inline bool cxl_afu_live(struct cxl_afu *afu)
{
	return READ_ONCE(afu->state) == CXL_AFU_LIVE;
}

/**
 * cxl_afu_serves() - does the AFU work for the contexts it has?
 * @afu: the AFU
 *
 * A hint, as cxl_afu_live(). Any context.
 *
 * Return: true when it was in state LIVE or FAILED.
 */
static inline bool cxl_afu_serves(struct cxl_afu *afu)
{
	enum cxl_afu_state state = READ_ONCE(afu->state);

	return state == CXL_AFU_LIVE || state == CXL_AFU_FAILED;
}

bool cxl_afu_may_change(enum cxl_afu_state from, enum cxl_afu_state to);
int cxl_afu_init(struct cxl_afu *afu, struct cxl_adapter *adapter,
		 unsigned int slice);
int cxl_afu_add(struct cxl_afu *afu);
void cxl_afu_del(struct cxl_afu *afu);
int cxl_afu_reset_unused(struct cxl_afu *afu);
int cxl_afu_reset_used(struct cxl_afu *afu);
int cxl_afu_enable(struct cxl_afu *afu);
void cxl_afu_fail(struct cxl_afu *afu);
void cxl_afu_break(struct cxl_afu *afu);
bool cxl_afu_down(struct cxl_afu *afu, bool owners);
bool cxl_afu_dead(struct cxl_afu *afu);
int cxl_afu_restore(struct cxl_afu *afu);
int cxl_afu_set_mode(struct cxl_afu *afu, enum cxl_afu_mode mode);

#endif /* _CXL_AFU_H */
