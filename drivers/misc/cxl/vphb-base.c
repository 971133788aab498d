// SPDX-License-Identifier: GPL-2.0-only
/*
 * What PCI may need of the host bridge of an AFU for longer than the module is loaded.
 * Always built in.
 */
#include <linux/export.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include <asm/pci-bridge.h>

#include "base.h"

static int no_config_read(struct pci_bus *bus, unsigned int devfn, int where, int size,
			  u32 *value)
{
	*value = ~0;
	return PCIBIOS_DEVICE_NOT_FOUND;
}

static int no_config_write(struct pci_bus *bus, unsigned int devfn, int where, int size,
			   u32 value)
{
	return PCIBIOS_DEVICE_NOT_FOUND;
}

/* Configuration space of devices whose AFU has gone */
struct pci_ops cxl_vphb_no_ops = {
	.read = no_config_read,
	.write = no_config_write,
};
EXPORT_SYMBOL_GPL(cxl_vphb_no_ops);

/**
 * cxl_vphb_free() - free the host bridge of an AFU
 * @phb: what architecture code knows of it, from pcibios_alloc_controller() but marked as
 *	not dynamic; nobody else does any more
 *
 * Architecture code may have done its part: that of pseries lets PCI free the controller
 * with a bridge that could not be set up.
 */
void cxl_vphb_free(struct pci_controller *phb)
{
	if (phb->list_node.next != LIST_POISON1)
		pcibios_free_controller(phb);
	kfree(phb->private_data);
	kfree(phb);
}
EXPORT_SYMBOL_GPL(cxl_vphb_free);

/**
 * cxl_vphb_release() - free the host bridge of an AFU
 * @bridge: what PCI knows of it; its last reference has gone
 */
void cxl_vphb_release(struct pci_host_bridge *bridge)
{
	cxl_vphb_free(bridge->release_data);
}
EXPORT_SYMBOL_GPL(cxl_vphb_release);
