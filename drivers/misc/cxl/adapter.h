/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adapters: cards with a PSL and up to four AFUs.
 */
#ifndef _CXL_ADAPTER_H
#define _CXL_ADAPTER_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/xarray.h>

#include "irq.h"
#include "sysfs.h"

struct cxl_afu;
struct dentry;
struct cxl_backend_ops;

#define CXL_MAX_SLICES	4

/* One minor for the card, three for each AFU. */
#define CXL_MINORS	256
#define CXL_CARD_MINORS	(1 + 3 * CXL_MAX_SLICES)
#define CXL_MAX_CARDS	(CXL_MINORS / CXL_CARD_MINORS)

/**
 * struct cxl_adapter - a card
 * @dev: device cardN; its reference count is that of the adapter
 * @cdev: its character device, if the backend has given it operations
 * @ops: the platform the card is attached to
 * @id: N of cardN
 * @has_number: no other card can have @id; until it is no longer registered
 * @afu: AFUs by slice; NULL where there is none or where it failed. Written
 *	by probe and remove of the card, read under RCU.
 * @attached: contexts that are attached or being so; less than 0 while
 *	somebody has claimed the card and none may be
 * @irqs: interrupts of contexts
 * @caia_major: version of the architecture
 * @caia_minor: version of the architecture
 * @psl_revision: revision of the PSL
 * @vpd_size: most bytes of vital product data, 0 for none
 * @vpd_file: the vital product data in sysfs
 * @resets: how many have worked
 * @debugfs: its directory
 */
struct cxl_adapter {
	struct device dev;
	struct cdev cdev;
	const struct cxl_backend_ops *ops;
	unsigned int id;
	bool has_number;
	struct cxl_afu __rcu *afu[CXL_MAX_SLICES];
	atomic_t attached;
	struct cxl_irqs irqs;
	u8 caia_major;
	u8 caia_minor;
	u32 psl_revision;
	u32 vpd_size;
	struct cxl_bin_file vpd_file;
	atomic_long_t resets;
	struct dentry *debugfs;
};

static inline struct cxl_adapter *to_cxl_adapter(struct device *dev)
{
	return container_of(dev, struct cxl_adapter, dev);
}

/* Adapters by number, for readers under RCU; see adapter.c. */
extern struct xarray cxl_adapters;

int cxl_adapter_init(struct cxl_adapter *adapter, struct device *parent,
		     const struct cxl_backend_ops *ops);
int cxl_adapter_add(struct cxl_adapter *adapter);
void cxl_adapter_discard(struct cxl_adapter *adapter);
void cxl_adapter_del(struct cxl_adapter *adapter);

struct cxl_afu *cxl_adapter_get_afu(struct cxl_adapter *adapter, int slice);
bool cxl_adapter_attach_begin(struct cxl_adapter *adapter);
void cxl_adapter_attach_end(struct cxl_adapter *adapter);
int cxl_adapter_claim(struct cxl_adapter *adapter, bool force);
void cxl_adapter_unclaim(struct cxl_adapter *adapter);
int cxl_adapter_reset_claimed(struct cxl_adapter *adapter);
int cxl_adapter_reset(struct cxl_adapter *adapter, bool force);
pci_ers_result_t cxl_adapter_error(struct cxl_adapter *adapter, pci_channel_state_t state);
void cxl_adapter_down(struct cxl_adapter *adapter);
int cxl_adapter_recover(struct cxl_adapter *adapter);
pci_ers_result_t cxl_adapter_slot_reset(struct cxl_adapter *adapter);
void cxl_adapter_resume(struct cxl_adapter *adapter);

/* Is somebody about to reset the card, or does it recover? A hint. */
static inline bool cxl_adapter_claimed(struct cxl_adapter *adapter)
{
	return atomic_read(&adapter->attached) < 0;
}

#endif /* _CXL_ADAPTER_H */
