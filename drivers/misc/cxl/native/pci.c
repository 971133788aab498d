// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cards as PCI functions: what is found, refused and set in configuration space.
 */
#define pr_fmt(fmt) "cxl: " fmt

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>

#include <asm/cputable.h>
#include <asm/mmu.h>

#include "../vphb.h"
#include "native.h"
#include "psl.h"
#include "regs.h"

/* The window of the protocol: BAR 4 and 5, address 0x0002_0000_0000_0000 */
#define PROTOCOL_BAR_LOW	0x00000000
#define PROTOCOL_BAR_HIGH	0x00020000

/* After the switch of the protocol the card does not answer for so long. */
#define SWITCH_MS		100

/* Bridges above the card: host bridge and root port */
#define MAX_BRIDGES		2

/* Early images report malformed packets where there are none. */
#define ERRATUM_REVISIONS	0xf000
#define ERRATUM_MASK		(PCI_ERR_UNC_MALF_TLP | PCI_ERR_UNC_INTN)

static const struct native_psl *find_psl(u8 caia_major)
{
	if (caia_major == native_psl8.caia_major &&
	    cpu_has_feature(CPU_FTR_ARCH_207S) && !cpu_has_feature(CPU_FTR_ARCH_300))
		return &native_psl8;
	return NULL;
}

static int read_vsec_bytes(struct pci_dev *pci, int pos, u8 *raw)
{
	int i, ret;
	u32 value;

	for (i = 0; i < VSEC_SIZE; i += sizeof(value)) {
		ret = pci_read_config_dword(pci, pos + i, &value);
		if (ret)
			return pcibios_err_to_errno(ret);
		put_unaligned_le32(value, raw + i);
	}
	return 0;
}

static int check_bars(struct pci_dev *pci)
{
	static const int bars[] = { P1_BAR, P2_BAR };
	int i;

	for (i = 0; i < ARRAY_SIZE(bars); i++) {
		/* CAPI mode takes the window below away. */
		if (pci_resource_start(pci, bars[i]) < SZ_4G ||
		    !(pci_resource_flags(pci, bars[i]) & IORESOURCE_MEM)) {
			dev_err(&pci->dev, "BAR %d is not above 4 GiB\n", bars[i]);
			return -ENODEV;
		}
	}
	return 0;
}

static int take_vsec(struct native_adapter *adapter, const u8 *raw)
{
	struct native_vsec *vsec = &adapter->vsec;
	struct pci_dev *pci = adapter->pci;
	const char *why;
	int ret;

	ret = native_vsec_parse(raw, vsec, &why);
	if (ret)
		goto refuse;
	adapter->psl = find_psl(vsec->caia_major);
	if (!adapter->psl) {
		dev_info(&pci->dev, "CAIA %u.%u is not supported on this processor\n",
			 vsec->caia_major, vsec->caia_minor);
		return -ENODEV;
	}
	adapter->slices = min(vsec->slices, CXL_MAX_SLICES);
	if (adapter->slices < vsec->slices)
		dev_warn(&pci->dev, "%u of %u AFUs are used\n", adapter->slices,
			 vsec->slices);
	ret = native_vsec_check(vsec, adapter->slices, pci_resource_len(pci, P1_BAR),
				pci_resource_len(pci, P2_BAR), &why);
	if (ret)
		goto refuse;
	return 0;

refuse:
	dev_err(&pci->dev, "refused: %s\n", why);
	return ret;
}

/**
 * native_pci_read_vsec() - find out what the card is
 * @adapter: with its PCI function
 *
 * May sleep.
 *
 * Return: 0; -ENODEV for a card that is none, or of another generation, or that has
 * its registers in the wrong place; or as native_vsec_parse().
 */
int native_pci_read_vsec(struct native_adapter *adapter)
{
	struct pci_dev *pci = adapter->pci;
	u8 raw[VSEC_SIZE];
	int ret;

	adapter->vsec_pos = pci_find_vsec_capability(pci, PCI_VENDOR_ID_IBM, VSEC_ID);
	if (!adapter->vsec_pos) {
		dev_err(&pci->dev, "refused: no CAPI capability\n");
		return -ENODEV;
	}
	ret = read_vsec_bytes(pci, adapter->vsec_pos, raw);
	if (ret)
		return ret;
	ret = take_vsec(adapter, raw) ?: check_bars(pci);
	if (ret)
		return ret;
	/* What is loaded now is what comes back, until somebody says otherwise. */
	adapter->image_loads = adapter->vsec.image & VSEC_IMAGE_LOADS;
	adapter->image_user = adapter->vsec.image & VSEC_IMAGE_USER;
	return 0;
}

/**
 * native_pci_same_card() - is it the card it was before a reset?
 * @adapter: the card
 *
 * Return: true if nothing of what the driver has taken from it has changed.
 */
bool native_pci_same_card(struct native_adapter *adapter)
{
	const struct native_vsec *old = &adapter->vsec;
	struct native_vsec new;
	u8 raw[VSEC_SIZE];
	const char *why;
	u32 id;

	if (pci_read_config_dword(adapter->pci, PCI_VENDOR_ID, &id) ||
	    id != (adapter->pci->device << 16 | adapter->pci->vendor))
		return false;
	if (read_vsec_bytes(adapter->pci, adapter->vsec_pos, raw) ||
	    native_vsec_parse(raw, &new, &why))
		return false;
	return new.slices == old->slices && new.caia_major == old->caia_major &&
	       new.caia_minor == old->caia_minor &&
	       new.psl_revision == old->psl_revision &&
	       new.base_image == old->base_image &&
	       new.desc_off == old->desc_off && new.desc_size == old->desc_size &&
	       new.ps_off == old->ps_off && new.ps_size == old->ps_size;
}

int native_pci_enable(struct native_adapter *adapter)
{
	int ret;

	ret = pci_enable_device(adapter->pci);
	adapter->enabled = !ret;
	return ret;
}

/* An error may have done it already. */
void native_pci_disable(struct native_adapter *adapter)
{
	if (adapter->enabled)
		pci_disable_device(adapter->pci);
	adapter->enabled = false;
}

static int mask_erratum(struct native_adapter *adapter)
{
	int aer = pci_find_ext_capability(adapter->pci, PCI_EXT_CAP_ID_ERR);
	u32 mask;
	int ret;

	if (adapter->vsec.psl_revision & ERRATUM_REVISIONS || !aer)
		return 0;
	ret = pci_read_config_dword(adapter->pci, aer + PCI_ERR_UNCOR_MASK, &mask);
	if (ret || (mask & ERRATUM_MASK) == ERRATUM_MASK)
		return pcibios_err_to_errno(ret);
	ret = pci_write_config_dword(adapter->pci, aer + PCI_ERR_UNCOR_MASK,
				     mask | ERRATUM_MASK);
	return pcibios_err_to_errno(ret);
}

/* What no resource can be: the window is larger than the host bridge's. */
static int set_protocol_bar(struct pci_dev *pci)
{
	int ret;

	ret = pci_write_config_dword(pci, PCI_BASE_ADDRESS_4, PROTOCOL_BAR_LOW);
	if (!ret)
		ret = pci_write_config_dword(pci, PCI_BASE_ADDRESS_5, PROTOCOL_BAR_HIGH);
	return pcibios_err_to_errno(ret);
}

/* Also for cards that know nothing else. */
static int switch_protocol(struct native_adapter *adapter)
{
	int reg = adapter->vsec_pos + VSEC_MODE_CONTROL;
	int ret;
	u8 mode;

	ret = pci_read_config_byte(adapter->pci, reg, &mode);
	if (ret)
		return pcibios_err_to_errno(ret);
	mode &= ~VSEC_MODE_AREA;
	mode |= VSEC_MODE_AREA_256T | VSEC_MODE_ENABLE;
	ret = pci_write_config_byte(adapter->pci, reg, mode);
	if (ret)
		return pcibios_err_to_errno(ret);
	msleep(SWITCH_MS);
	return 0;
}

/**
 * native_pci_set_image() - which image PERST makes the card load
 * @adapter: the card
 * @loads: any
 * @user: that of the user, not that of the factory
 *
 * May sleep.
 *
 * Return: 0, or the error of an access.
 */
int native_pci_set_image(struct native_adapter *adapter, bool loads, bool user)
{
	int reg = adapter->vsec_pos + VSEC_IMAGE;
	int ret;
	u8 image;

	guard(mutex)(&adapter->image_lock);

	ret = pci_read_config_byte(adapter->pci, reg, &image);
	if (ret)
		return pcibios_err_to_errno(ret);
	image &= ~(VSEC_IMAGE_LOADS | VSEC_IMAGE_SELECT_USER);
	if (loads)
		image |= VSEC_IMAGE_LOADS;
	if (user)
		image |= VSEC_IMAGE_SELECT_USER;
	ret = pci_write_config_byte(adapter->pci, reg, image);
	if (ret)
		return pcibios_err_to_errno(ret);
	adapter->image_loads = loads;
	adapter->image_user = user;
	return 0;
}

/**
 * native_pci_enable_capi() - let the card speak the protocol
 * @adapter: the card
 *
 * To be repeated after a reset, which sets all of it back. May sleep.
 *
 * Return: 0, or the error of an access.
 */
int native_pci_enable_capi(struct native_adapter *adapter)
{
	return mask_erratum(adapter) ?: set_protocol_bar(adapter->pci) ?:
	       switch_protocol(adapter) ?:
	       native_pci_set_image(adapter, adapter->image_loads, adapter->image_user);
}

/* Behind a switch the card cannot speak to the coherence unit of the chip. */
static int check_slot(struct pci_dev *pci)
{
	struct device_node *np = of_node_get(pci_device_to_OF_node(pci));
	int bridges = 0;

	if (!np)
		return -ENODEV;
	while ((np = of_get_next_parent(np)))
		bridges += of_node_is_type(np, "pciex");
	if (bridges <= MAX_BRIDGES)
		return 0;
	dev_info(&pci->dev, "not supported behind a switch\n");
	return -ENODEV;
}

static int native_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	struct native_adapter *adapter;
	int ret;

	/* An AFU may identify itself as anything, but is no card. */
	if (cxl_vphb_afu(pci))
		return -ENODEV;
	ret = check_slot(pci);
	if (ret)
		return ret;
	adapter = native_adapter_create(pci);
	return PTR_ERR_OR_ZERO(adapter);
}

/* A machine that goes down may remove what it has shut down before. */
static void native_remove(struct pci_dev *pci)
{
	struct native_adapter *adapter = pci_get_drvdata(pci);

	if (adapter)
		native_adapter_remove(adapter);
}

/* IBM's, by PSL image rather than by board */
static const struct pci_device_id native_ids[] = {
	{ PCI_VDEVICE(IBM, 0x044b) },
	{ PCI_VDEVICE(IBM, 0x0477) },
	{ PCI_VDEVICE(IBM, 0x04cf) },
	{ PCI_VDEVICE(IBM, 0x0601) },
	{ PCI_VDEVICE(IBM, 0x0623) },
	{ PCI_VDEVICE(IBM, 0x0628) },
	{ }
};
MODULE_DEVICE_TABLE(pci, native_ids);

static struct pci_driver native_driver = {
	.name = "cxl-pci",
	.id_table = native_ids,
	.probe = native_probe,
	.remove = native_remove,
	/* The next kernel's memory is no business of the accelerators'. */
	.shutdown = native_remove,
	.err_handler = &native_error_handlers,
};

int cxl_native_register(void)
{
	if (!tlbie_capable) {
		pr_err("needs broadcast TLB invalidations\n");
		return -EINVAL;
	}
	return pci_register_driver(&native_driver);
}

void cxl_native_unregister(void)
{
	pci_unregister_driver(&native_driver);
}
