/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For drivers of PCIe devices that become peers of the processors by logic of their
 * own (XSL), without an AFU and without a card of ours, on POWER9 and bare metal. The
 * devices here are their PCI devices.
 */
#ifndef _MISC_CXLLIB_H
#define _MISC_CXLLIB_H

#include <linux/pci.h>
#include <linux/types.h>

struct mm_struct;
struct task_struct;

#define CXL_XSL_CONFIG_VERSION1	1

/**
 * struct cxllib_xsl_config - how an XSL has to be set up
 * @version: CXL_XSL_CONFIG_VERSION1
 * @log_bar_size: of the window of the protocol, as a power of two
 * @bar_addr: of that window
 * @dsnctl: where the XSL sends data
 * @dra: real address that nobody minds being read
 */
struct cxllib_xsl_config {
	u32 version;
	u32 log_bar_size;
	u64 bar_addr;
	u64 dsnctl;
	u64 dra;
};

/**
 * enum cxllib_mode - what a device speaks
 * @CXL_MODE_CXL: CAPI
 * @CXL_MODE_PCI: PCI Express alone
 */
enum cxllib_mode {
	CXL_MODE_CXL,
	CXL_MODE_PCI,
};

/* How a device in CAPI mode does DMA, by translation validation entry */
#define CXL_MODE_NO_DMA		0
#define CXL_MODE_DMA_TVT0	1
#define CXL_MODE_DMA_TVT1	2

/**
 * struct cxllib_pe_attributes - what a process element is made of
 * @sr: state register
 * @lpid: partition
 * @tid: thread, for the wait instruction
 * @pid: process, as the MMU knows it
 */
struct cxllib_pe_attributes {
	u64 sr;
	u32 lpid;
	u32 tid;
	u32 pid;
};

/* Are addresses translated? */
#define CXL_TRANSLATED_MODE	0
#define CXL_REAL_MODE		1

bool cxllib_slot_is_supported(struct pci_dev *dev, unsigned long flags);
int cxllib_get_xsl_config(struct pci_dev *dev, struct cxllib_xsl_config *cfg);
int cxllib_switch_phb_mode(struct pci_dev *dev, enum cxllib_mode mode,
			   unsigned long flags);
int cxllib_set_device_dma(struct pci_dev *dev, unsigned long flags);
int cxllib_get_PE_attributes(struct task_struct *task, unsigned long translation_mode,
			     struct cxllib_pe_attributes *attr);
int cxllib_handle_fault(struct mm_struct *mm, u64 addr, u64 size, u64 flags);

#endif /* _MISC_CXLLIB_H */
