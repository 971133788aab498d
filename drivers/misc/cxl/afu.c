// SPDX-License-Identifier: GPL-2.0-only
/*
 * AFUs: registration and removal, programming model and its device nodes,
 * reset.
 */
#include <linux/cleanup.h>
#include <linux/slab.h>

#include "afu.h"
#include "config.h"
#include "context.h"
#include "debugfs.h"
#include "file.h"
#include "main.h"
#include "segment.h"
#include "sysfs.h"
#include "trace.h"
#include "vphb.h"

/**
 * cxl_afu_may_change() - is this a step in the life of an AFU?
 * @from: present state
 * @to: wanted state
 *
 * Return: true for the steps of the table at enum cxl_afu_state.
 */
bool cxl_afu_may_change(enum cxl_afu_state from, enum cxl_afu_state to)
{
	switch (to) {
	case CXL_AFU_LIVE:
		return from == CXL_AFU_NEW || from == CXL_AFU_FAILED ||
		       from == CXL_AFU_DOWN;
	case CXL_AFU_FAILED:
		return from == CXL_AFU_LIVE;
	case CXL_AFU_BROKEN:
		return from == CXL_AFU_LIVE || from == CXL_AFU_FAILED;
	case CXL_AFU_DOWN:
		return from == CXL_AFU_LIVE || from == CXL_AFU_FAILED ||
		       from == CXL_AFU_BROKEN || from == CXL_AFU_DEAD;
	case CXL_AFU_DEAD:
		return from != CXL_AFU_DEAD && from != CXL_AFU_GONE;
	case CXL_AFU_GONE:
		return from != CXL_AFU_GONE;
	default:
		return false;
	}
}

/* Without a lock: a failure must not wait for a reset that is under way. */
static bool afu_change(struct cxl_afu *afu, enum cxl_afu_state to)
{
	enum cxl_afu_state from = READ_ONCE(afu->state);

	do {
		if (!cxl_afu_may_change(from, to))
			return false;
	} while (!try_cmpxchg(&afu->state, &from, to));
	trace_cxl_afu_state(afu, to);
	return true;
}

/**
 * cxl_afu_fail() - the AFU did not let go of a context
 * @afu: the AFU
 *
 * It gets no new contexts until it has been reset, which the backend does when
 * the last context has ended. Any context.
 */
void cxl_afu_fail(struct cxl_afu *afu)
{
	if (!afu_change(afu, CXL_AFU_FAILED))
		return;
	dev_err(&afu->dev, "will be reset when its last context has ended\n");
	cxl_afu_ops(afu)->afu_check(afu);
}

/**
 * cxl_afu_break() - the AFU cannot be relied on any more
 * @afu: the AFU
 *
 * Its faults are answered with address errors until the backend has ended all
 * contexts and reset it. Any context.
 */
void cxl_afu_break(struct cxl_afu *afu)
{
	if (!afu_change(afu, CXL_AFU_BROKEN))
		return;
	dev_err(&afu->dev, "does not work, its contexts end\n");
	cxl_afu_ops(afu)->afu_check(afu);
}

/**
 * cxl_afu_down() - an error or a reset of the card ends all contexts
 * @afu: the AFU, with its lock held
 * @owners: also those of kernel drivers; otherwise these are about to be told, or
 *	unbound, and want to stop their contexts themselves
 *
 * On return no other context is left; cxl_afu_restore() brings the AFU back. May be
 * repeated. May sleep.
 *
 * Return: false if it was down already, or is gone.
 */
bool cxl_afu_down(struct cxl_afu *afu, bool owners)
{
	bool changed;

	lockdep_assert_held(&afu->lock);

	changed = afu_change(afu, CXL_AFU_DOWN);
	if (READ_ONCE(afu->state) == CXL_AFU_DOWN)
		cxl_contexts_close(afu, owners);
	return changed;
}

/**
 * cxl_afu_dead() - the AFU will not come back by itself
 * @afu: the AFU, with its lock held
 *
 * On return no context is left. It stays registered. May sleep.
 *
 * Return: false if it was dead already, or is gone.
 */
bool cxl_afu_dead(struct cxl_afu *afu)
{
	lockdep_assert_held(&afu->lock);

	if (!afu_change(afu, CXL_AFU_DEAD))
		return false;
	cxl_contexts_close(afu, true);
	return true;
}

static void node_release(struct device *dev)
{
	struct cxl_node *node = to_cxl_node(dev);

	put_device(&node->afu->dev);
	kfree(node);
	cxl_object_released();
}

static const struct device_type node_types[CXL_NR_NODES] = {
	[CXL_NODE_DEDICATED] = {
		.name = "cxl_afu_dedicated",
		.release = node_release,
	},
	[CXL_NODE_MASTER] = {
		.name = "cxl_afu_master",
		.groups = cxl_master_groups,
		.release = node_release,
	},
	[CXL_NODE_SLAVE] = {
		.name = "cxl_afu_slave",
		.release = node_release,
	},
};

static dev_t node_devt(struct cxl_afu *afu, enum cxl_node_kind kind)
{
	return cxl_devt(afu->adapter->id * CXL_CARD_MINORS + 1 +
			afu->slice * CXL_NR_NODES + kind);
}

static struct cxl_node *node_create(struct cxl_afu *afu, enum cxl_node_kind kind)
{
	struct cxl_node *node;
	int ret;

	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return ERR_PTR(-ENOMEM);

	node->kind = kind;
	node->afu = afu;
	get_device(&afu->dev);
	device_initialize(&node->dev);
	cxl_object_created();
	node->dev.parent = &afu->dev;
	node->dev.class = &cxl_class;
	node->dev.type = &node_types[kind];
	node->dev.devt = node_devt(afu, kind);
	cdev_init(&node->cdev, &cxl_file_ops);
	node->cdev.owner = THIS_MODULE;

	ret = dev_set_name(&node->dev, "%s%c", dev_name(&afu->dev), "dms"[kind]);
	if (!ret)
		ret = cdev_device_add(&node->cdev, &node->dev);
	if (ret) {
		put_device(&node->dev);
		return ERR_PTR(ret);
	}
	return node;
}

static void nodes_remove(struct cxl_afu *afu)
{
	int i;

	for (i = ARRAY_SIZE(afu->nodes) - 1; i >= 0; i--) {
		struct cxl_node *node = afu->nodes[i];

		if (!node)
			continue;
		afu->nodes[i] = NULL;
		cdev_device_del(&node->cdev, &node->dev);
		put_device(&node->dev);
	}
}

static int nodes_create(struct cxl_afu *afu)
{
	enum cxl_node_kind kind;

	for (kind = 0; kind < CXL_NR_NODES; kind++) {
		struct cxl_node *node;

		if (cxl_node_mode(kind) != afu->mode)
			continue;
		node = node_create(afu, kind);
		if (IS_ERR(node)) {
			nodes_remove(afu);
			return PTR_ERR(node);
		}
		afu->nodes[kind] = node;
	}
	return 0;
}

/* The new mode can be read before the nodes announce themselves: udev tests it. */
static int mode_change(struct cxl_afu *afu, enum cxl_afu_mode mode)
{
	int ret;

	lockdep_assert_held(&afu->lock);

	nodes_remove(afu);
	WRITE_ONCE(afu->mode, CXL_AFU_MODE_NONE);
	ret = cxl_afu_ops(afu)->afu_set_mode(afu, mode);
	if (ret || mode == CXL_AFU_MODE_NONE)
		return ret;

	WRITE_ONCE(afu->mode, mode);
	ret = nodes_create(afu);
	if (ret) {
		WRITE_ONCE(afu->mode, CXL_AFU_MODE_NONE);
		cxl_afu_ops(afu)->afu_set_mode(afu, CXL_AFU_MODE_NONE);
	}
	return ret;
}

/**
 * cxl_afu_set_mode() - choose the programming model
 * @afu: the AFU
 * @mode: the new model; the present one is allowed and renews the nodes
 *
 * When it returns, the nodes of @mode exist and others do not. May sleep.
 *
 * Return: 0; -EBUSY while a context exists; -EINVAL for a model the AFU does
 * not have; -EIO when the AFU does not work; or what the hardware or creating the
 * nodes returned, with the AFU in mode none. All but the last change nothing.
 */
int cxl_afu_set_mode(struct cxl_afu *afu, enum cxl_afu_mode mode)
{
	guard(mutex)(&afu->lock);

	if (mode != CXL_AFU_MODE_NONE && !(afu->modes_supported & BIT(mode)))
		return -EINVAL;
	if (cxl_contexts_in_use(afu))
		return -EBUSY;
	if (!cxl_afu_live(afu))
		return -EIO;
	return mode_change(afu, mode);
}

static void afu_release(struct device *dev)
{
	struct cxl_afu *afu = to_cxl_afu(dev);
	struct cxl_adapter *adapter = afu->adapter;

	xa_destroy(&afu->contexts);
	mutex_destroy(&afu->vphb_lock);
	mutex_destroy(&afu->lock);
	adapter->ops->afu_free(afu);
	put_device(&adapter->dev);
	cxl_object_released();
}

static const struct device_type afu_type = {
	.name = "cxl_afu",
	.groups = cxl_afu_groups,
	.release = afu_release,
};

/**
 * cxl_afu_init() - prepare the core's part of an AFU
 * @afu: zeroed, embedded in the backend's structure
 * @adapter: its card
 * @slice: its number there
 *
 * After success the AFU is freed by put_device() only, which calls
 * cxl_backend_ops.afu_free. May sleep.
 *
 * Return: 0, or -ENOMEM and the caller frees the memory.
 */
int cxl_afu_init(struct cxl_afu *afu, struct cxl_adapter *adapter,
		 unsigned int slice)
{
	int ret;

	ret = dev_set_name(&afu->dev, "afu%u.%u", adapter->id, slice);
	if (ret)
		return ret;

	mutex_init(&afu->lock);
	mutex_init(&afu->vphb_lock);
	spin_lock_init(&afu->quarantine_lock);
	INIT_LIST_HEAD(&afu->quarantine);
	xa_init_flags(&afu->contexts, XA_FLAGS_ALLOC);
	afu->adapter = adapter;
	afu->slice = slice;

	device_initialize(&afu->dev);
	cxl_object_created();
	afu->dev.parent = &adapter->dev;
	afu->dev.class = &cxl_class;
	afu->dev.type = &afu_type;
	get_device(&adapter->dev);
	return 0;
}

static enum cxl_afu_mode default_mode(struct cxl_afu *afu)
{
	if (afu->modes_supported & BIT(CXL_AFU_MODE_DIRECTED))
		return CXL_AFU_MODE_DIRECTED;
	if (afu->modes_supported & BIT(CXL_AFU_MODE_DEDICATED))
		return CXL_AFU_MODE_DEDICATED;
	return CXL_AFU_MODE_NONE;
}

/**
 * cxl_afu_add() - make an AFU known, in its default mode
 * @afu: initialised; the backend has reset it and filled in its properties
 *
 * Kernel drivers of it may be bound, and use it, before this returns. May sleep.
 *
 * Return: 0 or a negative errno; after a failure the caller drops the AFU by
 * put_device().
 */
int cxl_afu_add(struct cxl_afu *afu)
{
	int ret;

	afu->irqs_max = afu->irqs_limit;
	cxl_sysfs_prepare_afu(afu);
	afu_change(afu, CXL_AFU_LIVE);

	ret = device_add(&afu->dev);
	if (ret)
		return ret;
	ret = cxl_config_add(afu);
	if (ret)
		goto err_del;
	cxl_debugfs_add_afu(afu);
	rcu_assign_pointer(afu->adapter->afu[afu->slice], afu);

	scoped_guard(mutex, &afu->lock)
		ret = mode_change(afu, default_mode(afu));
	if (ret) {
		cxl_afu_del(afu);
		return ret;
	}
	cxl_vphb_add(afu);
	return 0;

err_del:
	device_del(&afu->dev);
	return ret;
}

/**
 * cxl_afu_del() - remove an AFU
 * @afu: the AFU
 *
 * First kernel drivers let go of it while it still works, then nobody can open it any
 * more, then every context is closed, then it leaves sysfs. Contexts the hardware
 * does not let go of are freed by a last reset; if that fails too they stay
 * allocated for ever. The caller still owns its reference. May sleep.
 */
void cxl_afu_del(struct cxl_afu *afu)
{
	cxl_vphb_del(afu);
	scoped_guard(mutex, &afu->lock) {
		afu_change(afu, CXL_AFU_GONE);
		nodes_remove(afu);
		cxl_contexts_close(afu, true);
		mode_change(afu, CXL_AFU_MODE_NONE);
		if (!list_empty(&afu->quarantine) &&
		    !cxl_afu_ops(afu)->afu_reset(afu))
			cxl_quarantine_release(afu);
	}
	rcu_assign_pointer(afu->adapter->afu[afu->slice], NULL);
	synchronize_rcu();
	cxl_debugfs_del_afu(afu);
	cxl_config_del(afu);
	device_del(&afu->dev);
}

/**
 * cxl_afu_restore() - reset an AFU and let it live again
 * @afu: the AFU, with its lock held and without contexts
 *
 * Frees what a failed detach has left behind. May sleep.
 *
 * Return: 0; -ENODEV when it is being removed; -EIO when it is dead, or broken
 * with contexts; or the error of the hardware.
 */
int cxl_afu_restore(struct cxl_afu *afu)
{
	int ret;

	lockdep_assert_held(&afu->lock);

	if (READ_ONCE(afu->state) == CXL_AFU_GONE)
		return -ENODEV;
	ret = cxl_afu_ops(afu)->afu_reset(afu);
	if (ret)
		return ret;
	cxl_afu_count(afu, CXL_STAT_RESETS);
	cxl_quarantine_release(afu);
	afu_change(afu, CXL_AFU_LIVE);
	return cxl_afu_live(afu) ? 0 : -EIO;
}

/**
 * cxl_afu_reset_used() - reset an AFU, whoever uses it, and let it run again
 * @afu: the AFU
 *
 * What is attached stays so as far as this driver is concerned, and has to be ended by
 * its owners. May sleep.
 *
 * Return: 0; -ENODEV when it is being removed; -EIO when it does not work; or the error
 * of the hardware.
 */
int cxl_afu_reset_used(struct cxl_afu *afu)
{
	guard(mutex)(&afu->lock);

	if (READ_ONCE(afu->state) != CXL_AFU_GONE && !cxl_afu_serves(afu))
		return -EIO;
	cxl_contexts_unmap(afu);
	return cxl_afu_restore(afu) ?: cxl_afu_ops(afu)->afu_enable(afu);
}

/**
 * cxl_afu_enable() - let an AFU run without contexts
 * @afu: the AFU
 *
 * May sleep.
 *
 * Return: 0, or the error of the hardware.
 */
int cxl_afu_enable(struct cxl_afu *afu)
{
	guard(mutex)(&afu->lock);

	return cxl_afu_ops(afu)->afu_enable(afu);
}

/**
 * cxl_afu_reset_unused() - reset an AFU that nobody uses
 * @afu: the AFU
 *
 * May sleep.
 *
 * Return: 0; -EBUSY while a context exists; or as cxl_afu_restore().
 */
int cxl_afu_reset_unused(struct cxl_afu *afu)
{
	guard(mutex)(&afu->lock);

	if (cxl_contexts_in_use(afu))
		return -EBUSY;
	if (READ_ONCE(afu->state) == CXL_AFU_BROKEN)
		cxl_afu_down(afu, true);
	return cxl_afu_restore(afu);
}
