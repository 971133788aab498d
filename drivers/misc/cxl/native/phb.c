// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host bridge, and behind it the unit that makes the card a peer of the
 * processors (CAPP): which one it is, and how it gets into CAPI mode. Only the
 * firmware can do that; only a reset of the bridge leads out again.
 */
#include <linux/delay.h>
#include <linux/of.h>
#include <linux/pci.h>

#include <asm/opal-api.h>
#include <asm/pnv-pci.h>
#include <asm/reg.h>

#include "native.h"

#define BUSY_TRIES		500
#define BUSY_MS			10

/* Units by which the bus of the chip knows the CAPP */
#define UNIT_POWER8		0xba
#define UNIT_POWER8NVL_PHB1	0xbe

/* 0 if there is none at this bridge. */
static u64 capp_unit(u32 phb_index)
{
	switch (PVR_VER(mfspr(SPRN_PVR))) {
	case PVR_POWER8:
	case PVR_POWER8E:
	case PVR_HX_C2000:
		return UNIT_POWER8;
	case PVR_POWER8NVL:
		if (phb_index == 0)
			return UNIT_POWER8;
		return phb_index == 1 ? UNIT_POWER8NVL_PHB1 : 0;
	default:
		return 0;
	}
}

/**
 * native_phb_route() - where the PSL sends its data
 * @adapter: the card
 * @chip: result, the chip that the host bridge is on
 * @unit: result, its CAPP
 *
 * Return: 0, or -ENODEV if the device tree or the chip knows no such thing.
 */
int native_phb_route(struct native_adapter *adapter, u64 *chip, u64 *unit)
{
	struct device_node *np = pnv_pci_get_phb_node(adapter->pci);
	u32 id, index;
	int ret = -ENODEV;

	while (np && of_property_read_u32(np, "ibm,chip-id", &id))
		np = of_get_next_parent(np);
	if (np && !of_property_read_u32(np, "ibm,phb-index", &index)) {
		*chip = id;
		*unit = capp_unit(index);
		if (*unit)
			ret = 0;
	}
	of_node_put(np);
	if (ret)
		dev_err(&adapter->pci->dev, "the host bridge has no CAPP\n");
	return ret;
}

/* Firmware answers in codes of its own, and now and then that it is busy. */
static int set_mode(struct native_adapter *adapter, u64 mode, const char *name)
{
	int tries = 0;
	int rc;

	for (;;) {
		rc = pnv_phb_to_cxl_mode(adapter->pci, mode);
		if (rc != OPAL_BUSY || ++tries == BUSY_TRIES)
			break;
		msleep(BUSY_MS);
	}
	if (!rc)
		return 0;
	dev_err(&adapter->pci->dev, "firmware cannot set the host bridge to %s: %d\n",
		name, rc);
	switch (rc) {
	case -ENODEV:
		return -ENODEV;
	case OPAL_BUSY:
		return -EBUSY;
	case OPAL_UNSUPPORTED:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

/**
 * native_phb_enter_capi() - make the card a peer of the processors
 * @adapter: the card, able to send
 *
 * Also after an error, for it ends the recovery of the CAPP. May sleep, and may
 * take seconds.
 *
 * Return: 0, -ENODEV, -EBUSY, -EOPNOTSUPP or -EIO.
 */
int native_phb_enter_capi(struct native_adapter *adapter)
{
	return set_mode(adapter, OPAL_PHB_CAPI_MODE_CAPI, "CAPI mode") ?:
	       set_mode(adapter, OPAL_PHB_CAPI_MODE_SNOOP_ON, "snooping");
}

/**
 * native_phb_stop_snooping() - nothing is to come from the card any more
 * @adapter: the card
 *
 * The host bridge stays in CAPI mode, which only its reset ends. May sleep.
 */
void native_phb_stop_snooping(struct native_adapter *adapter)
{
	set_mode(adapter, OPAL_PHB_CAPI_MODE_SNOOP_OFF, "no snooping");
}

/**
 * native_phb_has_timebase() - does the CAPP follow the timebase?
 * @adapter: the card
 *
 * Return: true if the PSL can follow it, in turn.
 */
bool native_phb_has_timebase(struct native_adapter *adapter)
{
	struct device_node *np = pnv_pci_get_phb_node(adapter->pci);
	bool has = of_property_read_bool(np, "ibm,capp-timebase-sync");

	of_node_put(np);
	return has;
}
