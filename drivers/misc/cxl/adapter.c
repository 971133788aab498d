// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adapters: numbering, registration and removal of cards.
 */
#include <linux/cleanup.h>
#include <linux/slab.h>

#include <misc/cxl-base.h>

#include "adapter.h"
#include "afu.h"
#include "backend.h"
#include "debugfs.h"
#include "main.h"
#include "sysfs.h"
#include "vphb.h"

/*
 * A number is reserved by an empty entry while the adapter is set up, points
 * to the adapter while it is registered, and is free again as soon as it is
 * not: a card that comes back gets its old number even if a program still
 * holds a file of the dead one.
 */
DEFINE_XARRAY_ALLOC(cxl_adapters);

static void free_number(struct cxl_adapter *adapter)
{
	if (!adapter->has_number)
		return;
	adapter->has_number = false;
	xa_erase(&cxl_adapters, adapter->id);
}

static void adapter_release(struct device *dev)
{
	struct cxl_adapter *adapter = to_cxl_adapter(dev);

	cxl_irqs_destroy(&adapter->irqs);
	adapter->ops->adapter_free(adapter);
	cxl_object_released();
}

static const struct device_type adapter_type = {
	.name = "cxl_adapter",
	.groups = cxl_adapter_groups,
	.release = adapter_release,
};

/**
 * cxl_adapter_init() - prepare the core's part of an adapter
 * @adapter: zeroed, embedded in the backend's structure
 * @parent: device the card was found as
 * @ops: its backend
 *
 * After success the adapter is freed by put_device() only, which calls
 * cxl_backend_ops.adapter_free. May sleep.
 *
 * Return: 0, -ENOSPC when there are too many cards, or -ENOMEM; after a
 * failure the caller frees the memory.
 */
int cxl_adapter_init(struct cxl_adapter *adapter, struct device *parent,
		     const struct cxl_backend_ops *ops)
{
	int ret;

	ret = xa_alloc(&cxl_adapters, &adapter->id, NULL,
		       XA_LIMIT(0, CXL_MAX_CARDS - 1), GFP_KERNEL);
	if (ret)
		return ret == -EBUSY ? -ENOSPC : ret;

	ret = cxl_irqs_init(&adapter->irqs);
	if (ret)
		goto err_number;
	ret = dev_set_name(&adapter->dev, "card%u", adapter->id);
	if (ret)
		goto err_irqs;

	adapter->has_number = true;
	adapter->ops = ops;
	device_initialize(&adapter->dev);
	cxl_object_created();
	adapter->dev.parent = parent;
	adapter->dev.class = &cxl_class;
	adapter->dev.type = &adapter_type;
	return 0;

err_irqs:
	cxl_irqs_destroy(&adapter->irqs);
err_number:
	xa_erase(&cxl_adapters, adapter->id);
	return ret;
}

/**
 * cxl_adapter_add() - make an adapter known
 * @adapter: initialised, without AFUs yet; with cxl_adapter.cdev initialised too
 *	if the card is to have a node of its own
 *
 * May sleep.
 *
 * Return: 0 or a negative errno; after a failure cxl_adapter_discard() is to be
 * called.
 */
int cxl_adapter_add(struct cxl_adapter *adapter)
{
	int ret;

	cxl_sysfs_prepare_adapter(adapter);
	if (adapter->cdev.ops)
		adapter->dev.devt = cxl_devt(adapter->id * CXL_CARD_MINORS);
	ret = cdev_device_add(&adapter->cdev, &adapter->dev);
	if (ret)
		return ret;
	cxl_debugfs_add_adapter(adapter);
	xa_store(&cxl_adapters, adapter->id, adapter, GFP_KERNEL);
	return 0;
}

/**
 * cxl_adapter_discard() - give up an adapter that has not been added
 * @adapter: initialised
 *
 * Drops the caller's reference. The next card can have the number at once, also
 * if the release comes late. May sleep.
 */
void cxl_adapter_discard(struct cxl_adapter *adapter)
{
	free_number(adapter);
	put_device(&adapter->dev);
}

/**
 * cxl_adapter_del() - remove an adapter
 * @adapter: the adapter; its AFUs have been removed
 *
 * The caller still owns its reference. May sleep.
 */
void cxl_adapter_del(struct cxl_adapter *adapter)
{
	free_number(adapter);
	synchronize_rcu();
	cxl_debugfs_del_adapter(adapter);
	cdev_device_del(&adapter->cdev, &adapter->dev);
}

/* What @attached is, or more, while the card is claimed. */
#define CLAIMED		INT_MIN

/**
 * cxl_adapter_attach_begin() - may a context be attached?
 * @adapter: its card
 *
 * Any context.
 *
 * Return: true, and then cxl_adapter_attach_end() must follow when the context
 * is detached or could not be attached; false while the card is claimed.
 */
bool cxl_adapter_attach_begin(struct cxl_adapter *adapter)
{
	return atomic_inc_unless_negative(&adapter->attached);
}

/**
 * cxl_adapter_attach_end() - a context is no longer attached
 * @adapter: its card
 *
 * Any context.
 */
void cxl_adapter_attach_end(struct cxl_adapter *adapter)
{
	atomic_dec(&adapter->attached);
}

/**
 * cxl_adapter_get_afu() - an AFU of a card
 * @adapter: the card
 * @slice: its number there, less than CXL_MAX_SLICES
 *
 * Return: the AFU, which may be removed at any time, with a reference for
 * cxl_afu_put(); or NULL.
 */
struct cxl_afu *cxl_adapter_get_afu(struct cxl_adapter *adapter, int slice)
{
	guard(rcu)();

	return cxl_afu_get(rcu_dereference(adapter->afu[slice]));
}

static void down_all(struct cxl_adapter *adapter, bool owners)
{
	int slice;

	for (slice = 0; slice < CXL_MAX_SLICES; slice++) {
		struct cxl_afu *afu = cxl_adapter_get_afu(adapter, slice);

		if (!afu)
			continue;
		scoped_guard(mutex, &afu->lock)
			cxl_afu_down(afu, owners);
		cxl_afu_put(afu);
	}
}

static int restore_all(struct cxl_adapter *adapter)
{
	int slice, ret = 0;

	for (slice = 0; slice < CXL_MAX_SLICES; slice++) {
		struct cxl_afu *afu = cxl_adapter_get_afu(adapter, slice);

		if (!afu)
			continue;
		scoped_guard(mutex, &afu->lock)
			ret = cxl_afu_restore(afu) ?: ret;
		cxl_afu_put(afu);
	}
	return ret;
}

/**
 * cxl_adapter_claim() - let no more contexts attach
 * @adapter: the card
 * @force: also if contexts are attached, for the caller will end them
 *
 * For who is going to reset the card or to change what is on it. Any context.
 *
 * Return: 0, and cxl_adapter_unclaim() must follow unless the card is removed;
 * -EBUSY if somebody else has claimed it or, without @force, a context is
 * attached.
 */
int cxl_adapter_claim(struct cxl_adapter *adapter, bool force)
{
	int attached = 0;

	/* The bias keeps out newcomers, and lets those that are in get out. */
	do {
		if (attached < 0 || (attached && !force))
			return -EBUSY;
	} while (!atomic_try_cmpxchg(&adapter->attached, &attached,
				     attached + CLAIMED));
	return 0;
}

static void unclaim(struct cxl_adapter *adapter)
{
	int attached = atomic_read(&adapter->attached);

	do {
		if (attached >= 0)
			return;
	} while (!atomic_try_cmpxchg(&adapter->attached, &attached,
				     attached - CLAIMED));
}

/* Call @tell for each AFU, without locks, and merge what it returns. */
static pci_ers_result_t tell_all(struct cxl_adapter *adapter, pci_ers_result_t result,
				 pci_ers_result_t (*tell)(struct cxl_afu *afu))
{
	int slice;

	for (slice = 0; slice < CXL_MAX_SLICES; slice++) {
		struct cxl_afu *afu = cxl_adapter_get_afu(adapter, slice);

		if (!afu)
			continue;
		result = cxl_vphb_merge(result, tell(afu));
		cxl_afu_put(afu);
	}
	return result;
}

static pci_ers_result_t tell_frozen(struct cxl_afu *afu)
{
	return cxl_vphb_error_detected(afu, pci_channel_io_frozen);
}

static pci_ers_result_t tell_dead(struct cxl_afu *afu)
{
	return cxl_vphb_error_detected(afu, pci_channel_io_perm_failure);
}

static pci_ers_result_t tell_resume(struct cxl_afu *afu)
{
	cxl_vphb_resume(afu);
	return PCI_ERS_RESULT_RECOVERED;
}

static pci_ers_result_t tell_recovered(struct cxl_afu *afu)
{
	cxl_vphb_recovered(afu);
	return PCI_ERS_RESULT_RECOVERED;
}

/**
 * cxl_adapter_unclaim() - contexts may attach again
 * @adapter: the card, claimed or not
 *
 * Kernel drivers that have been told of an error or a reset are told that it is over.
 * May sleep, for as long as they do.
 */
void cxl_adapter_unclaim(struct cxl_adapter *adapter)
{
	unclaim(adapter);
	tell_all(adapter, PCI_ERS_RESULT_RECOVERED, tell_recovered);
}

/**
 * cxl_adapter_reset_claimed() - reset a card that the caller has claimed
 * @adapter: the card
 *
 * All AFUs are reset too, all contexts end. May sleep.
 *
 * Return: 0; -EINPROGRESS when the backend goes on with it, and ends it by
 * cxl_adapter_recover(); or the error of the hardware.
 */
int cxl_adapter_reset_claimed(struct cxl_adapter *adapter)
{
	int ret;

	if (!adapter->ops->reset_is_error)
		tell_all(adapter, PCI_ERS_RESULT_NEED_RESET, tell_frozen);
	down_all(adapter, !adapter->ops->reset_is_error);
	ret = adapter->ops->adapter_reset(adapter);
	if (ret == -EINPROGRESS)
		return ret;
	if (ret)
		dev_err(&adapter->dev, "reset failed: %d\n", ret);
	/* Also after a failure: what still works is to work again. */
	ret = restore_all(adapter) ?: ret;
	if (!ret)
		atomic_long_inc(&adapter->resets);
	return ret;
}

/**
 * cxl_adapter_reset() - reset a card
 * @adapter: the card
 * @force: end the contexts that are attached
 *
 * All AFUs are reset too; contexts that were merely opened end as well. May
 * sleep.
 *
 * Return: 0, and the card may still be about to come back, and nothing be attached
 * before; -EBUSY if the card is claimed, by another reset for example, or,
 * without @force, a context attached; or the error of the hardware.
 */
int cxl_adapter_reset(struct cxl_adapter *adapter, bool force)
{
	int ret;

	ret = adapter->ops->adapter_may_reset(adapter);
	if (ret)
		return ret;
	ret = cxl_adapter_claim(adapter, force);
	if (ret)
		return ret;
	ret = cxl_adapter_reset_claimed(adapter);
	if (ret == -EINPROGRESS)
		return 0;
	cxl_adapter_unclaim(adapter);
	return ret;
}

/* Also if somebody else has done so. */
static void claim_anyway(struct cxl_adapter *adapter)
{
	int attached = atomic_read(&adapter->attached);

	do {
		if (attached < 0)
			return;
	} while (!atomic_try_cmpxchg(&adapter->attached, &attached,
				     attached + CLAIMED));
}

/**
 * cxl_adapter_error() - tell kernel drivers that an error has cut off a card
 * @adapter: the card; its backend no longer waits for it
 * @state: pci_channel_io_frozen or pci_channel_io_perm_failure
 *
 * No context is attached any more before cxl_adapter_recover(); cxl_adapter_down() has
 * to follow. May sleep, for as long as drivers do.
 *
 * Return: what they want to be done, as for a PCI device.
 */
pci_ers_result_t cxl_adapter_error(struct cxl_adapter *adapter, pci_channel_state_t state)
{
	claim_anyway(adapter);
	return tell_all(adapter, PCI_ERS_RESULT_NEED_RESET,
			state == pci_channel_io_frozen ? tell_frozen : tell_dead);
}

/**
 * cxl_adapter_down() - an error has cut off a card
 * @adapter: the card; its backend no longer waits for it
 *
 * On return no context is attached, and none is before cxl_adapter_recover(). May be
 * repeated. May sleep.
 */
void cxl_adapter_down(struct cxl_adapter *adapter)
{
	claim_anyway(adapter);
	down_all(adapter, true);
}

/**
 * cxl_adapter_recover() - a card is back
 * @adapter: the card, set up again after cxl_adapter_down() or a reset
 *
 * cxl_adapter_slot_reset() and cxl_adapter_resume() have to follow. May sleep.
 *
 * Return: 0, or why some AFU does not work again.
 */
int cxl_adapter_recover(struct cxl_adapter *adapter)
{
	int ret;

	ret = restore_all(adapter);
	if (!ret)
		atomic_long_inc(&adapter->resets);
	unclaim(adapter);
	return ret;
}

/**
 * cxl_adapter_slot_reset() - tell kernel drivers that a card is back
 * @adapter: the card
 *
 * May sleep, for as long as they do.
 *
 * Return: PCI_ERS_RESULT_RECOVERED, or PCI_ERS_RESULT_DISCONNECT if one gives up.
 */
pci_ers_result_t cxl_adapter_slot_reset(struct cxl_adapter *adapter)
{
	return tell_all(adapter, PCI_ERS_RESULT_RECOVERED, cxl_vphb_slot_reset);
}

/**
 * cxl_adapter_resume() - tell kernel drivers that all goes on
 * @adapter: the card
 *
 * May sleep, for as long as they do.
 */
void cxl_adapter_resume(struct cxl_adapter *adapter)
{
	tell_all(adapter, PCI_ERS_RESULT_RECOVERED, tell_resume);
}
