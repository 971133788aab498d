/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the part of the driver that is always built in and the module.
 */
#ifndef _CXL_BASE_PRIVATE_H
#define _CXL_BASE_PRIVATE_H

#include <linux/types.h>

struct device_node;
struct mm_struct;
struct module;
struct property;

/**
 * struct cxl_arch_calls - what the module does for architecture code
 * @slbia: forget all segments of an address space on every card, see
 *	cxl_slbia(). May not sleep, may be called with interrupts off.
 * @owner: the module that @slbia lives in
 */
struct cxl_arch_calls {
	void (*slbia)(struct mm_struct *mm);
	struct module *owner;
};

int cxl_register_arch_calls(struct cxl_arch_calls *calls);
void cxl_unregister_arch_calls(struct cxl_arch_calls *calls);

int cxl_update_property(struct device_node *np, struct property *property);
int cxl_handle_mm_fault(struct mm_struct *mm, unsigned long ea, bool write);

#endif /* _CXL_BASE_PRIVATE_H */
