/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host bridge of an AFU: configuration records as PCI devices.
 */
#ifndef _CXL_VPHB_H
#define _CXL_VPHB_H

#include <linux/mutex.h>
#include <linux/pci.h>

#include <asm/pci-bridge.h>

#include "vphb-config.h"

struct cxl_afu;

/* What powernv takes the start of every host bridge's private data for. */
#define CXL_VPHB_PLATFORM_SIZE	64

/**
 * enum cxl_vphb_told - what drivers know of the hardware
 * @CXL_VPHB_WORKS: works
 * @CXL_VPHB_FROZEN: an error has been detected, contexts end
 * @CXL_VPHB_RESET: has been reset, contexts can be started again
 * @CXL_VPHB_DEAD: an error that nothing mends
 */
enum cxl_vphb_told {
	CXL_VPHB_WORKS,
	CXL_VPHB_FROZEN,
	CXL_VPHB_RESET,
	CXL_VPHB_DEAD,
};

/**
 * struct cxl_vphb_record - a configuration record, that is, a device
 * @view: what PCI sees of it
 * @vphb: its bridge
 * @index: which record of the AFU it is, bus and devfn of the device
 * @dn: what the platform wants to know of the device
 * @waits: its driver knows of an error, and not of its end; under the device's lock
 */
struct cxl_vphb_record {
	struct cxl_config_view view;
	struct cxl_vphb *vphb;
	unsigned int index;
	struct pci_dn dn;
	bool waits;
};

/**
 * struct cxl_vphb - the host bridge of an AFU
 * @platform: zeroes, see CXL_VPHB_PLATFORM_SIZE
 * @afu: the AFU; NULL after cxl_vphb_del(), when only PCI still has the bridge
 * @phb: what architecture code knows of it
 * @told: what drivers know; with @vote under cxl_afu.vphb_lock
 * @vote: what they have answered to an error
 * @nr: devices there may be
 * @records: what is behind them
 */
struct cxl_vphb {
	u8 platform[CXL_VPHB_PLATFORM_SIZE] __aligned(8);
	struct cxl_afu *afu;
	struct pci_controller *phb;
	/** @lock: guards the default contexts of the devices. Taken before cxl_afu.lock. */
	struct mutex lock;
	enum cxl_vphb_told told;
	pci_ers_result_t vote;
	unsigned int nr;
	struct cxl_vphb_record records[] __counted_by(nr);
};

static_assert(offsetof(struct cxl_vphb, platform) == 0);

/* vphb.c */
struct cxl_afu *cxl_vphb_afu(struct pci_dev *pdev);
int cxl_vphb_register(void);
void cxl_vphb_unregister(void);
void cxl_vphb_add(struct cxl_afu *afu);
void cxl_vphb_del(struct cxl_afu *afu);

/* vphb-error.c: errors that drivers have to know of */
void cxl_vphb_unbinding(struct cxl_vphb_record *record, struct pci_dev *pdev);
void cxl_vphb_unbound(struct pci_dev *pdev);
pci_ers_result_t cxl_vphb_merge(pci_ers_result_t result, pci_ers_result_t vote);
pci_ers_result_t cxl_vphb_error_detected(struct cxl_afu *afu, pci_channel_state_t state);
pci_ers_result_t cxl_vphb_slot_reset(struct cxl_afu *afu);
void cxl_vphb_resume(struct cxl_afu *afu);
void cxl_vphb_recovered(struct cxl_afu *afu);

#endif /* _CXL_VPHB_H */
