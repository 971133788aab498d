// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors that the platform notices (EEH): it cuts the card off, tells the driver,
 * resets the host bridge and tells the driver again. The driver is called with the
 * lock of the device and that of the PCI bus held, one call at a time.
 *
 * Everything stays in place meanwhile, interrupts, mappings and objects; but what
 * is offline is not touched, and no context is left. So nothing is wrong if the
 * card is removed instead, or if the second call comes although the driver has not
 * asked for it.
 */
#include <linux/cleanup.h>
#include <linux/pci.h>

#include "native.h"

/* Nobody knows what an image is that has just been loaded. */
static bool comes_back_the_same(struct native_adapter *adapter)
{
	guard(mutex)(&adapter->image_lock);

	return !adapter->image_loads || READ_ONCE(adapter->same_image);
}

/* The contexts that the hardware did not let go of are gone now, too. */
static void take_down(struct native_adapter *adapter)
{
	struct cxl_afu *afu;
	int slice;

	WRITE_ONCE(adapter->online, false);
	cxl_adapter_down(&adapter->core);
	for (slice = 0; slice < CXL_MAX_SLICES; slice++) {
		afu = cxl_adapter_get_afu(&adapter->core, slice);
		if (!afu)
			continue;
		scoped_guard(mutex, &afu->lock)
			cxl_quarantine_release(afu);
		cxl_afu_put(afu);
	}
	native_pci_disable(adapter);
}

static pci_ers_result_t error_detected(struct pci_dev *pci, pci_channel_state_t state)
{
	struct native_adapter *adapter = pci_get_drvdata(pci);
	pci_ers_result_t result;

	if (!adapter)
		return PCI_ERS_RESULT_NONE;
	dev_err(&adapter->core.dev, "cut off by an error, contexts end\n");
	WRITE_ONCE(adapter->online, false);
	result = cxl_adapter_error(&adapter->core, state);
	take_down(adapter);
	if (state == pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_DISCONNECT;
	/* Without an answer it is removed, and found again; so drivers are unbound. */
	return comes_back_the_same(adapter) ? result : PCI_ERS_RESULT_NONE;
}

static pci_ers_result_t slot_reset(struct pci_dev *pci)
{
	struct native_adapter *adapter = pci_get_drvdata(pci);
	int ret;

	if (!adapter)
		return PCI_ERS_RESULT_NONE;
	ret = native_adapter_restart(adapter);
	if (!ret) {
		dev_info(&adapter->core.dev, "recovered\n");
		return cxl_adapter_slot_reset(&adapter->core);
	}
	dev_err(&adapter->core.dev, "not recovered: %d\n", ret);
	take_down(adapter);
	return PCI_ERS_RESULT_DISCONNECT;
}

static void resume(struct pci_dev *pci)
{
	struct native_adapter *adapter = pci_get_drvdata(pci);

	if (adapter)
		cxl_adapter_resume(&adapter->core);
}

const struct pci_error_handlers native_error_handlers = {
	.error_detected = error_detected,
	.slot_reset = slot_reset,
	.resume = resume,
};
