// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors that the drivers of an AFU's devices have to know of. Their error handlers
 * are called as for a PCI device: error_detected() before contexts end, slot_reset()
 * when they can be started again, resume() at last.
 *
 * They are called without any spinlock, and with no lock of this driver that a function
 * of <misc/cxl.h> takes: drivers wait in them, and stop contexts.
 */
#include <linux/cleanup.h>
#include <linux/pci.h>

#include "afu.h"
#include "vphb.h"

/**
 * cxl_vphb_merge() - what drivers want, put together
 * @result: of those asked before, PCI_ERS_RESULT_NEED_RESET at first
 * @vote: of one more
 *
 * Return: PCI_ERS_RESULT_DISCONNECT if somebody gives up, PCI_ERS_RESULT_NONE if
 * somebody knows nothing of errors, else @result.
 */
pci_ers_result_t cxl_vphb_merge(pci_ers_result_t result, pci_ers_result_t vote)
{
	if (result == PCI_ERS_RESULT_DISCONNECT || vote == PCI_ERS_RESULT_DISCONNECT)
		return PCI_ERS_RESULT_DISCONNECT;
	return vote == PCI_ERS_RESULT_NONE ? vote : result;
}

/* What is called for each device with a driver. Its device lock is held. */
typedef pci_ers_result_t (*tell_t)(struct cxl_vphb_record *record, struct pci_dev *pdev,
				   pci_channel_state_t state);

static const struct pci_error_handlers *handlers_of(struct pci_dev *pdev)
{
	static const struct pci_error_handlers none;

	return pdev->driver->err_handler ?: &none;
}

/* The lock keeps the driver bound, as where PCI calls it. */
static pci_ers_result_t tell_device(struct cxl_vphb_record *record, struct pci_dev *pdev,
				    tell_t tell, pci_channel_state_t state,
				    pci_ers_result_t result)
{
	guard(device)(&pdev->dev);

	if (!pdev->dev.driver)
		return result;
	pdev->error_state = state;
	return cxl_vphb_merge(result, tell(record, pdev, state));
}

/* By number, not by list: the list may not be held on to while drivers wait. */
static pci_ers_result_t tell_all(struct cxl_vphb *vphb, tell_t tell,
				 pci_channel_state_t state, pci_ers_result_t result)
{
	unsigned int i;

	for (i = 0; i < vphb->nr; i++) {
		struct pci_dev *pdev = pci_get_slot(vphb->phb->bus, i);

		if (!pdev)
			continue;
		result = tell_device(&vphb->records[i], pdev, tell, state, result);
		pci_dev_put(pdev);
	}
	return result;
}

static pci_ers_result_t tell_error(struct cxl_vphb_record *record, struct pci_dev *pdev,
				   pci_channel_state_t state)
{
	const struct pci_error_handlers *handlers = handlers_of(pdev);

	if (!handlers->error_detected)
		return PCI_ERS_RESULT_NONE;
	/* Some give up what they wait for only here, and take the other for its sequel. */
	if (state == pci_channel_io_perm_failure && !record->waits)
		handlers->error_detected(pdev, pci_channel_io_frozen);
	record->waits = state == pci_channel_io_frozen;
	return handlers->error_detected(pdev, state);
}

static pci_ers_result_t tell_reset(struct cxl_vphb_record *record, struct pci_dev *pdev,
				   pci_channel_state_t state)
{
	const struct pci_error_handlers *handlers = handlers_of(pdev);

	/* one that came in the middle of it has nothing to get over */
	if (!record->waits || !handlers->slot_reset)
		return PCI_ERS_RESULT_RECOVERED;
	return handlers->slot_reset(pdev);
}

static pci_ers_result_t tell_resume(struct cxl_vphb_record *record, struct pci_dev *pdev,
				    pci_channel_state_t state)
{
	const struct pci_error_handlers *handlers = handlers_of(pdev);

	if (!record->waits)
		return PCI_ERS_RESULT_RECOVERED;
	record->waits = false;
	if (handlers->resume)
		handlers->resume(pdev);
	return PCI_ERS_RESULT_RECOVERED;
}

/**
 * cxl_vphb_unbinding() - a driver is about to leave its device
 * @record: what is behind the device
 * @pdev: the device, with its lock held
 *
 * A driver that waits for the end of an error before it leaves would wait for ever: it
 * would be told of the end with this lock held. So for this driver there is none. May
 * sleep, for as long as the driver does.
 */
void cxl_vphb_unbinding(struct cxl_vphb_record *record, struct pci_dev *pdev)
{
	device_lock_assert(&pdev->dev);

	if (record->waits)
		tell_error(record, pdev, pci_channel_io_perm_failure);
}

/**
 * cxl_vphb_unbound() - a driver has left its device
 * @pdev: the device, with its lock held
 *
 * What it knew of an error has gone with it. A driver that comes before the end cannot
 * enable the device, and comes again; it need not wait for what it will not be told.
 */
void cxl_vphb_unbound(struct pci_dev *pdev)
{
	device_lock_assert(&pdev->dev);

	pdev->error_state = pci_channel_io_normal;
}

static pci_ers_result_t error_detected(struct cxl_vphb *vphb, pci_channel_state_t state)
{
	bool dead = state == pci_channel_io_perm_failure;
	enum cxl_vphb_told told = dead ? CXL_VPHB_DEAD : CXL_VPHB_FROZEN;

	/* More than one may notice the same error. */
	if (vphb->told == told || vphb->told == CXL_VPHB_DEAD)
		return vphb->vote;
	vphb->told = told;
	vphb->vote = tell_all(vphb, tell_error, state, PCI_ERS_RESULT_NEED_RESET);
	if (dead)
		vphb->vote = PCI_ERS_RESULT_DISCONNECT;
	return vphb->vote;
}

/**
 * cxl_vphb_error_detected() - the contexts of an AFU are about to end
 * @afu: the AFU; nothing can be started any more, and nothing is waited for that does
 *	not answer
 * @state: pci_channel_io_frozen, or pci_channel_io_perm_failure if it will not come back
 *
 * Drivers are told once; of pci_channel_io_perm_failure after pci_channel_io_frozen, always.
 * May sleep, for as long as they do.
 *
 * Return: what they want to be done, see cxl_vphb_merge().
 */
pci_ers_result_t cxl_vphb_error_detected(struct cxl_afu *afu, pci_channel_state_t state)
{
	guard(mutex)(&afu->vphb_lock);

	if (!afu->vphb)
		return PCI_ERS_RESULT_NEED_RESET;
	return error_detected(afu->vphb, state);
}

static pci_ers_result_t slot_reset(struct cxl_vphb *vphb)
{
	pci_ers_result_t result;

	if (vphb->told != CXL_VPHB_FROZEN)
		return PCI_ERS_RESULT_RECOVERED;
	vphb->told = CXL_VPHB_RESET;
	result = tell_all(vphb, tell_reset, pci_channel_io_normal, PCI_ERS_RESULT_RECOVERED);
	return result == PCI_ERS_RESULT_DISCONNECT ? result : PCI_ERS_RESULT_RECOVERED;
}

static void resume(struct cxl_vphb *vphb)
{
	if (vphb->told != CXL_VPHB_RESET)
		return;
	vphb->told = CXL_VPHB_WORKS;
	tell_all(vphb, tell_resume, pci_channel_io_normal, PCI_ERS_RESULT_RECOVERED);
}

/**
 * cxl_vphb_slot_reset() - contexts of an AFU can be started again
 * @afu: the AFU
 *
 * For drivers that know of an error. May sleep, for as long as they do.
 *
 * Return: PCI_ERS_RESULT_RECOVERED, or PCI_ERS_RESULT_DISCONNECT if one gives up.
 */
pci_ers_result_t cxl_vphb_slot_reset(struct cxl_afu *afu)
{
	guard(mutex)(&afu->vphb_lock);

	return afu->vphb ? slot_reset(afu->vphb) : PCI_ERS_RESULT_RECOVERED;
}

/**
 * cxl_vphb_resume() - after cxl_vphb_slot_reset(), all goes on
 * @afu: the AFU
 *
 * May sleep, for as long as drivers do.
 */
void cxl_vphb_resume(struct cxl_afu *afu)
{
	guard(mutex)(&afu->vphb_lock);

	if (afu->vphb)
		resume(afu->vphb);
}

/**
 * cxl_vphb_recovered() - tell drivers if an AFU works again
 * @afu: the AFU
 *
 * For errors that the platform does not mend: nobody asks drivers whether they could
 * recover. May sleep, for as long as they do.
 */
void cxl_vphb_recovered(struct cxl_afu *afu)
{
	guard(mutex)(&afu->vphb_lock);

	if (!afu->vphb || !cxl_afu_live(afu) || cxl_adapter_claimed(afu->adapter))
		return;
	slot_reset(afu->vphb);
	resume(afu->vphb);
}
