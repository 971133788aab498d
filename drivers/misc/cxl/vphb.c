// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host bridge of an AFU: its configuration records become PCI devices, so that
 * drivers can bind to them.
 *
 * Architecture code takes every host bridge for one of the platform's own. What it
 * must find here, and would fall over otherwise, is said where it is set up. PCI may
 * keep the bridge for longer than this module is loaded: cxl_vphb_del() leaves it
 * without any pointer into the module.
 */
#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "afu.h"
#include "base.h"
#include "context.h"
#include "vphb.h"

static struct cxl_vphb *to_vphb(const struct pci_bus *bus)
{
	return pci_bus_to_host(bus)->private_data;
}

static int load_config(const struct cxl_config_view *view, unsigned int off, u32 *value)
{
	const struct cxl_vphb_record *record =
		container_of(view, struct cxl_vphb_record, view);
	struct cxl_afu *afu = record->vphb->afu;

	return cxl_afu_ops(afu)->afu_load_config(afu, record->index, off, value);
}

static int store_config(const struct cxl_config_view *view, unsigned int off, u32 value)
{
	const struct cxl_vphb_record *record =
		container_of(view, struct cxl_vphb_record, view);
	struct cxl_afu *afu = record->vphb->afu;

	return cxl_afu_ops(afu)->afu_store_config(afu, record->index, off, value);
}

static struct cxl_config_view *find_view(struct pci_bus *bus, unsigned int devfn)
{
	struct cxl_vphb *vphb = to_vphb(bus);
	unsigned int index = PCI_DEVID(bus->number, devfn);

	return index < vphb->nr ? &vphb->records[index].view : NULL;
}

static struct cxl_vphb_record *record_of(struct pci_dev *pdev)
{
	return &to_vphb(pdev->bus)->records[pci_dev_id(pdev)];
}

/* These two are called under the spinlock of PCI, which cxl_vphb_del() takes, too. */
static int config_read(struct pci_bus *bus, unsigned int devfn, int where, int size,
		       u32 *value)
{
	struct cxl_config_view *view = find_view(bus, devfn);

	if (!view)
		return PCIBIOS_DEVICE_NOT_FOUND;
	return cxl_config_view_read(view, where, size, value);
}

static int config_write(struct pci_bus *bus, unsigned int devfn, int where, int size,
			u32 value)
{
	struct cxl_config_view *view = find_view(bus, devfn);

	if (!view)
		return PCIBIOS_DEVICE_NOT_FOUND;
	return cxl_config_view_write(view, where, size, value);
}

static struct pci_ops vphb_ops = {
	.read = config_read,
	.write = config_write,
};

/**
 * cxl_vphb_afu() - the AFU behind a PCI device
 * @pdev: any device
 *
 * Any context.
 *
 * Return: the AFU, valid as long as a driver is bound to the device; NULL for other
 * devices.
 */
struct cxl_afu *cxl_vphb_afu(struct pci_dev *pdev)
{
	if (READ_ONCE(pdev->bus->ops) != &vphb_ops)
		return NULL;
	return READ_ONCE(to_vphb(pdev->bus)->afu);
}

/*
 * Runs before the platform's own set-up of a device, and before a driver is bound;
 * again for a device that was removed and found again.
 *
 * The DMA address of memory is its effective address. The platforms would use tables
 * for translation, which these devices do not have, and devices without an explicit
 * mask could not reach the addresses of the kernel.
 *
 * EEH of powernv reads what it knows of a device without asking whether there is any.
 *
 * The interrupt controller claims to be responsible for every node of the device tree, and
 * PCI would take it for one of MSIs.
 */
static void set_up_device(struct pci_dev *pdev)
{
	struct device *dev = &pdev->dev;

	set_dma_ops(dev, NULL);
	dev->archdata.dma_offset = PAGE_OFFSET;
	*dev->dma_mask = DMA_BIT_MASK(64);
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	dev_set_msi_domain(dev, NULL);
	dev->archdata.pci_data = &record_of(pdev)->dn;
}

static int create_default_context(struct pci_dev *pdev, struct cxl_afu *afu)
{
	struct cxl_context *ctx;

	if (pdev->dev.archdata.cxl_ctx)
		return 0;
	ctx = cxl_context_create_owned(afu);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	WRITE_ONCE(pdev->dev.archdata.cxl_ctx, ctx);
	return 0;
}

static void drop_default_context(struct pci_dev *pdev)
{
	struct cxl_context *ctx = pdev->dev.archdata.cxl_ctx;

	if (!ctx)
		return;
	WRITE_ONCE(pdev->dev.archdata.cxl_ctx, NULL);
	if (READ_ONCE(ctx->state) == CXL_CTX_STARTED)
		pci_warn(pdev, "disabled with its default context started\n");
	cxl_context_dispose(ctx);
}

/* The first pci_enable_device() */
static bool enable_device(struct pci_dev *pdev)
{
	struct cxl_vphb *vphb = to_vphb(pdev->bus);
	struct cxl_afu *afu = vphb->afu;
	int ret;

	guard(mutex)(&vphb->lock);

	if (!afu || !cxl_afu_serves(afu))
		return false;
	ret = create_default_context(pdev, afu);
	if (!ret)
		ret = cxl_afu_enable(afu);
	if (!ret)
		return true;
	pci_err(pdev, "cannot be enabled: %d\n", ret);
	drop_default_context(pdev);
	return false;
}

/* The last pci_disable_device() */
static void disable_device(struct pci_dev *pdev)
{
	struct cxl_vphb *vphb = to_vphb(pdev->bus);

	guard(mutex)(&vphb->lock);
	drop_default_context(pdev);
}

/* Bridges have such a bus, but there is none here. */
static void reset_secondary_bus(struct pci_dev *pdev)
{
}

#ifdef CONFIG_PCI_MSI
static int setup_msi_irqs(struct pci_dev *pdev, int nvec, int type)
{
	return -ENODEV;
}

static void teardown_msi_irqs(struct pci_dev *pdev)
{
}
#endif

static const struct pci_controller_ops controller_ops = {
	.dma_dev_setup = set_up_device,
	.enable_device_hook = enable_device,
	.disable_device = disable_device,
	.reset_secondary_bus = reset_secondary_bus,
#ifdef CONFIG_PCI_MSI
	.setup_msi_irqs = setup_msi_irqs,
	.teardown_msi_irqs = teardown_msi_irqs,
#endif
};

/*
 * A driver that leaves its device enabled when it goes leaves the default context. The
 * end of the pci_dev may be too late for that, for this module may be gone by then.
 */
static int device_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct pci_dev *pdev = to_pci_dev(data);

	if (!cxl_vphb_afu(pdev))
		return NOTIFY_OK;
	if (event == BUS_NOTIFY_REMOVED_DEVICE)
		disable_device(pdev);
	else if (event == BUS_NOTIFY_UNBIND_DRIVER)
		cxl_vphb_unbinding(record_of(pdev), pdev);
	else if (event == BUS_NOTIFY_UNBOUND_DRIVER)
		cxl_vphb_unbound(pdev);
	return NOTIFY_OK;
}

static struct notifier_block device_notifier = {
	.notifier_call = device_event,
};

/* cxl_vphb_register() - before there is an AFU. May sleep. */
int cxl_vphb_register(void)
{
	return bus_register_notifier(&pci_bus_type, &device_notifier);
}

void cxl_vphb_unregister(void)
{
	bus_unregister_notifier(&pci_bus_type, &device_notifier);
}

static void init_record(struct cxl_vphb *vphb, unsigned int index)
{
	struct cxl_vphb_record *record = &vphb->records[index];
	struct cxl_afu *afu = vphb->afu;

	record->vphb = vphb;
	record->index = index;
	record->view.len = afu->cr_len;
	record->view.writable = cxl_afu_ops(afu)->config_writable;
	record->view.load = load_config;
	record->view.store = store_config;
	cxl_config_hide_msis(&record->view);

	record->dn.phb = vphb->phb;
	record->dn.busno = index >> 8;
	record->dn.devfn = index & 0xff;
	record->dn.pe_number = IODA_INVALID_PE;
	INIT_LIST_HEAD(&record->dn.child_list);
	INIT_LIST_HEAD(&record->dn.list);
}

static struct cxl_vphb *vphb_alloc(struct cxl_afu *afu)
{
	struct device *parent = afu->adapter->dev.parent;
	struct cxl_vphb *vphb;
	unsigned int i;

	vphb = kzalloc(struct_size(vphb, records, afu->nr_crs), GFP_KERNEL);
	if (!vphb)
		return NULL;
	vphb->phb = pcibios_alloc_controller(parent->of_node);
	if (!vphb->phb) {
		kfree(vphb);
		return NULL;
	}
	/* Whoever else lets go of it does not free its memory, see cxl_vphb_free(). */
	vphb->phb->is_dynamic = 0;
	mutex_init(&vphb->lock);
	vphb->afu = afu;
	vphb->nr = afu->nr_crs;
	for (i = 0; i < vphb->nr; i++)
		init_record(vphb, i);

	vphb->phb->ops = &vphb_ops;
	vphb->phb->controller_ops = controller_ops;
	vphb->phb->private_data = vphb;
	vphb->phb->parent = parent;
	return vphb;
}

/*
 * Where devices can be assigned to guests, the IOMMU core links every PCI device to
 * that of its bridge. It stays as long as devices may be found. It has no parent: the
 * card is a PCI device, and what links it to its own IOMMU has the name that a directory
 * for this one would have.
 */
static int add_iommu(struct cxl_vphb *vphb)
{
	if (!IS_ENABLED(CONFIG_IOMMU_API))
		return 0;
	return iommu_device_sysfs_add(&vphb->phb->iommu, NULL, NULL, "iommu-phb%04x",
				      vphb->phb->global_number);
}

static void remove_iommu(struct cxl_vphb *vphb)
{
	if (IS_ENABLED(CONFIG_IOMMU_API))
		iommu_device_sysfs_remove(&vphb->phb->iommu);
}

static struct pci_host_bridge *bridge_alloc(struct pci_controller *phb)
{
	struct pci_host_bridge *bridge = pci_alloc_host_bridge(0);

	if (!bridge)
		return NULL;
	phb->busn = (struct resource) { .end = 0xff, .flags = IORESOURCE_BUS };
	pci_add_resource(&bridge->windows, &phb->busn);
	bridge->dev.parent = phb->parent;
	bridge->sysdata = phb;
	bridge->ops = phb->ops;
	return bridge;
}

/* Not by pcibios_scan_phb(), which uses the bridge after a failure. */
static int bridge_scan(struct pci_controller *phb)
{
	struct pci_host_bridge *bridge = bridge_alloc(phb);
	int ret;

	if (!bridge)
		return -ENOMEM;
	ret = pci_scan_root_bus_bridge(bridge);
	if (ret) {
		pci_free_host_bridge(bridge);
		return ret;
	}
	phb->bus = bridge->bus;
	pci_set_host_bridge_release(bridge, cxl_vphb_release, phb);
	return 0;
}

/**
 * cxl_vphb_add() - let drivers find an AFU
 * @afu: the AFU, ready for contexts; nothing happens if it has no record
 *
 * Drivers that are loaded are bound before this returns. A failure is reported, and
 * the AFU does without. May sleep.
 */
void cxl_vphb_add(struct cxl_afu *afu)
{
	struct cxl_vphb *vphb;
	int ret;

	if (!afu->nr_crs)
		return;
	vphb = vphb_alloc(afu);
	if (!vphb) {
		dev_err(&afu->dev, "no memory for PCI devices\n");
		return;
	}
	ret = add_iommu(vphb);
	if (ret)
		goto no_iommu;
	ret = bridge_scan(vphb->phb);
	if (ret)
		goto no_bridge;
	pcibios_claim_one_bus(vphb->phb->bus);
	/* First, so that drivers get to know of errors while they set up. */
	scoped_guard(mutex, &afu->vphb_lock)
		afu->vphb = vphb;
	pci_bus_add_devices(vphb->phb->bus);
	return;

no_bridge:
	remove_iommu(vphb);
no_iommu:
	dev_err(&afu->dev, "no PCI devices: %d\n", ret);
	cxl_vphb_free(vphb->phb);
}

/* What PCI may still use when the last driver has gone must not lead here. */
static void leave(struct cxl_vphb *vphb)
{
	struct pci_bus *bus = vphb->phb->bus;

	pci_bus_set_ops(bus, &cxl_vphb_no_ops);
	vphb->phb->ops = &cxl_vphb_no_ops;
	vphb->phb->bus = NULL;
	memset(&vphb->phb->controller_ops, 0, sizeof(vphb->phb->controller_ops));
	WRITE_ONCE(vphb->afu, NULL);
}

/**
 * cxl_vphb_del() - undo cxl_vphb_add()
 * @afu: the AFU, which still works; there may be no bridge
 *
 * On return no driver is bound, and no default context is left. May sleep.
 */
void cxl_vphb_del(struct cxl_afu *afu)
{
	struct cxl_vphb *vphb;
	struct device *bridge;
	struct pci_bus *bus;

	scoped_guard(mutex, &afu->vphb_lock) {
		vphb = afu->vphb;
		afu->vphb = NULL;
	}
	if (!vphb)
		return;

	bus = vphb->phb->bus;
	bridge = bus->bridge;
	get_device(&bus->dev);
	pci_stop_root_bus(bus);
	pci_remove_root_bus(bus);
	leave(vphb);
	remove_iommu(vphb);
	put_device(&bus->dev);
	/*
	 * That of bridge_alloc(), which pci_remove_root_bus() leaves to us. The last one
	 * frees all of it, see cxl_vphb_release().
	 */
	put_device(bridge);
}
