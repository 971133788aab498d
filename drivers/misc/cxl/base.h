/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the part of the driver that is always built in and the module.
 */
#ifndef _CXL_BASE_PRIVATE_H
#define _CXL_BASE_PRIVATE_H

#include <linux/types.h>

struct device_node;
struct mm_struct;
struct pci_controller;
struct pci_host_bridge;
struct pci_ops;
struct module;
struct property;

/**
 * struct cxl_arch_calls - what the module does for architecture code
 * @slbia: forget all segments of an address space, or with NULL of the kernel's,
 *	on every card, see cxl_slbia(). May not sleep, may be called with interrupts off.
 * @owner: the module that @slbia lives in
 */
struct cxl_arch_calls {
	void (*slbia)(struct mm_struct *mm);
	struct module *owner;
};

int cxl_register_arch_calls(struct cxl_arch_calls *calls);
void cxl_unregister_arch_calls(struct cxl_arch_calls *calls);

int cxl_update_property(struct device_node *np, struct property *property);
extern struct pci_ops cxl_vphb_no_ops;
void cxl_vphb_free(struct pci_controller *phb);
void cxl_vphb_release(struct pci_host_bridge *bridge);

int cxl_handle_mm_fault(struct mm_struct *mm, unsigned long ea, bool write);
int cxl_hash_page(struct mm_struct *mm, unsigned long ea, bool write, unsigned long flags);
int cxl_hash_mapped(struct mm_struct *mm, unsigned long ea, bool write, unsigned long flags);
int cxl_hash_kernel_page(unsigned long ea, bool write, unsigned long flags);

#endif /* _CXL_BASE_PRIVATE_H */
