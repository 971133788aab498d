// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cards: from a PCI function to a peer of the processors, and back.
 */
#include <linux/cleanup.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include <asm/time.h>

#include "native.h"
#include "psl.h"
#include "regs.h"

static void adapter_free(struct cxl_adapter *core)
{
	struct native_adapter *adapter = to_native_adapter(core);

	mutex_destroy(&adapter->lookaside_lock);
	mutex_destroy(&adapter->image_lock);
	kfree(adapter);
}

static void afu_free(struct cxl_afu *core)
{
	struct native_afu *afu = to_native_afu(core);

	mutex_destroy(&afu->control_lock);
	mutex_destroy(&afu->command_lock);
	kfree(afu);
}

/* A card that comes back as it was would not be looked at again. */
static int adapter_may_reset(struct cxl_adapter *core)
{
	struct native_adapter *adapter = to_native_adapter(core);

	if (READ_ONCE(adapter->same_image))
		return -EINVAL;
	return native_online(adapter) ? 0 : -EIO;
}

/*
 * Lines of memory that the card has changed and not written back would be lost.
 * After the reset the host bridge cuts the card off as after an error, and the
 * recovery from that brings it back.
 */
static int adapter_reset(struct cxl_adapter *core)
{
	struct native_adapter *adapter = to_native_adapter(core);
	int ret;

	adapter->psl->flush_cache(adapter);
	dev_info(&core->dev, "PERST, the card comes back as after an error\n");
	WRITE_ONCE(adapter->in_reset, true);
	ret = pci_set_pcie_reset_state(adapter->pci, pcie_warm_reset);
	WRITE_ONCE(adapter->in_reset, false);
	return ret ?: -EINPROGRESS;
}

/* The PCI function has a file of its own for it. */
static ssize_t read_vpd(struct cxl_adapter *core, void *buf, size_t len)
{
	return pci_read_vpd(to_native_adapter(core)->pci, 0, len, buf);
}

static void set_same_image(struct cxl_adapter *core, bool same)
{
	WRITE_ONCE(to_native_adapter(core)->same_image, same);
}

static const struct cxl_backend_ops native_ops = {
	.name = "native",
	.context_size = sizeof(struct native_context),
	.element_is_id = true,
	.config_writable = true,
	.reset_is_error = true,
	.adapter_free = adapter_free,
	.adapter_groups = native_adapter_groups,
	.adapter_may_reset = adapter_may_reset,
	.adapter_reset = adapter_reset,
	.adapter_timebase_synced = native_timebase_synced,
	.adapter_read_vpd = read_vpd,
	.adapter_set_same_image = set_same_image,
	.afu_free = afu_free,
	.afu_set_mode = native_afu_set_mode,
	.afu_reset = native_afu_reset,
	.afu_enable = native_afu_enable_idle,
	.afu_check = native_afu_check,
	.afu_slbia = native_afu_slbia,
	.afu_read_err_buffer = native_afu_read_err_buffer,
	.afu_read_config = native_afu_read_config,
	.afu_load_config = native_afu_load_config,
	.afu_store_config = native_afu_store_config,
	.irq_map = native_irq_map,
	.irqs_alloc = native_irqs_alloc,
	.irqs_enable = native_irqs_enable,
	.irqs_free = cxl_irqs_free,
	.irqs_name = native_irqs_name,
	.ctx_attach = native_ctx_attach,
	.ctx_detach = native_ctx_detach,
	.ctx_read_fault = native_ctx_read_fault,
	.ctx_answer = native_ctx_answer,
};

/*
 * The card gets to know where to send before it is allowed to, and is told of its
 * error interrupt last.
 */
static int configure(struct native_adapter *adapter)
{
	const struct native_psl *psl = adapter->psl;
	int ret;

	ret = native_pci_enable_capi(adapter);
	if (ret)
		return ret;
	WRITE_ONCE(adapter->online, true);
	ret = psl->clear_adapter(adapter) ?: psl->setup_adapter(adapter);
	if (ret)
		return ret;
	pci_set_master(adapter->pci);
	ret = native_phb_enter_capi(adapter);
	if (ret)
		return ret;
	if (native_phb_has_timebase(adapter))
		psl->start_timebase(adapter);
	else
		dev_info(&adapter->pci->dev, "the timebase cannot be followed\n");
	return 0;
}

static int map_registers(struct native_adapter *adapter)
{
	struct pci_dev *pci = adapter->pci;
	int ret;

	ret = pci_request_region(pci, P1_BAR, "cxl privileged 1");
	if (ret)
		return ret;
	ret = pci_request_region(pci, P2_BAR, "cxl privileged 2");
	if (ret)
		goto err_p1;
	adapter->p2 = pci_resource_start(pci, P2_BAR);
	adapter->p1 = ioremap(pci_resource_start(pci, P1_BAR),
			      P1_SIZE + adapter->slices * P1N_SIZE);
	if (!adapter->p1) {
		ret = -ENOMEM;
		goto err_p2;
	}
	return 0;

err_p2:
	pci_release_region(pci, P2_BAR);
err_p1:
	pci_release_region(pci, P1_BAR);
	return ret;
}

static void unmap_registers(struct native_adapter *adapter)
{
	iounmap(adapter->p1);
	pci_release_region(adapter->pci, P2_BAR);
	pci_release_region(adapter->pci, P1_BAR);
}

/* How the card names its error interrupt; none stops it. */
static void set_error_irq(struct native_adapter *adapter, int hwirq)
{
	native_p1_write(adapter, PSL_ERRIVTE, hwirq & 0xffff);
}

static void set_properties(struct native_adapter *adapter)
{
	adapter->core.caia_major = adapter->vsec.caia_major;
	adapter->core.caia_minor = adapter->vsec.caia_minor;
	adapter->core.psl_revision = adapter->vsec.psl_revision;
}

static int setup(struct native_adapter *adapter)
{
	int ret;

	ret = native_pci_enable(adapter);
	if (ret)
		return ret;
	ret = map_registers(adapter);
	if (ret)
		goto err_disable;
	ret = configure(adapter);
	if (ret)
		goto err_unmap;
	ret = native_line_request(adapter, &adapter->error_irq, native_adapter_error,
				  dev_name(&adapter->core.dev), adapter);
	if (ret)
		goto err_snooping;
	set_error_irq(adapter, adapter->error_irq.hwirq);
	native_irqs_init(adapter);
	set_properties(adapter);
	ret = cxl_adapter_add(&adapter->core);
	if (ret)
		goto err_irq;
	return 0;

err_irq:
	set_error_irq(adapter, 0);
	native_line_release(adapter, &adapter->error_irq, adapter);
err_snooping:
	native_phb_stop_snooping(adapter);
err_unmap:
	WRITE_ONCE(adapter->online, false);
	unmap_registers(adapter);
err_disable:
	native_pci_disable(adapter);
	return ret;
}

/* An AFU that fails does not take the card along, nor the others' numbers. */
static void create_afus(struct native_adapter *adapter)
{
	unsigned int slice;

	for (slice = 0; slice < adapter->slices; slice++) {
		struct native_afu *afu = native_afu_create(adapter, slice);

		if (IS_ERR(afu))
			dev_err(&adapter->core.dev, "AFU %u cannot be used: %ld\n",
				slice, PTR_ERR(afu));
	}
}

/**
 * native_adapter_create() - set up a card
 * @pci: its function, enabled
 *
 * May sleep.
 *
 * Return: the card, registered and with a reference that the caller owns, or an
 * error pointer.
 */
struct native_adapter *native_adapter_create(struct pci_dev *pci)
{
	struct native_adapter *adapter;
	int ret;

	adapter = kzalloc(sizeof(*adapter), GFP_KERNEL);
	if (!adapter)
		return ERR_PTR(-ENOMEM);
	adapter->pci = pci;
	mutex_init(&adapter->lookaside_lock);
	mutex_init(&adapter->image_lock);
	ret = native_pci_read_vsec(adapter);
	if (!ret)
		ret = cxl_adapter_init(&adapter->core, &pci->dev, &native_ops);
	if (ret) {
		kfree(adapter);
		return ERR_PTR(ret);
	}

	pci_set_drvdata(pci, adapter);
	ret = setup(adapter);
	if (ret) {
		dev_err(&pci->dev, "cannot be set up: %d\n", ret);
		pci_set_drvdata(pci, NULL);
		cxl_adapter_discard(&adapter->core);
		return ERR_PTR(ret);
	}
	native_debugfs_add_adapter(adapter);
	create_afus(adapter);
	return adapter;
}

static void remove_afus(struct native_adapter *adapter)
{
	struct cxl_afu *afu;
	int slice;

	for (slice = 0; slice < CXL_MAX_SLICES; slice++) {
		afu = rcu_dereference_protected(adapter->core.afu[slice], true);
		if (afu)
			native_afu_remove(to_native_afu(afu));
	}
}

static int restart_afus(struct native_adapter *adapter)
{
	struct cxl_afu *afu;
	int slice, ret = 0;

	for (slice = 0; slice < CXL_MAX_SLICES && !ret; slice++) {
		afu = cxl_adapter_get_afu(&adapter->core, slice);
		if (!afu)
			continue;
		ret = native_afu_restart(to_native_afu(afu));
		cxl_afu_put(afu);
	}
	return ret;
}

/**
 * native_adapter_restart() - set a card up again after a reset
 * @adapter: the card; cxl_adapter_down() has been called
 *
 * Its interrupts and mappings have stayed. May sleep.
 *
 * Return: 0; -ENODEV if it is another card now; or a negative errno.
 */
int native_adapter_restart(struct native_adapter *adapter)
{
	int ret;

	ret = native_pci_enable(adapter);
	if (ret)
		return ret;
	if (!native_pci_same_card(adapter)) {
		dev_err(&adapter->core.dev, "is not the card it was before\n");
		return -ENODEV;
	}
	ret = configure(adapter);
	if (ret)
		return ret;
	set_error_irq(adapter, adapter->error_irq.hwirq);
	return restart_afus(adapter) ?: cxl_adapter_recover(&adapter->core);
}

/* How often the clocks are compared: the first time may take long by chance. */
#define TIMEBASE_TRIES	5
#define TIMEBASE_NS	16000

static u64 timebase_difference(struct native_adapter *adapter)
{
	u64 psl, cpu;

	guard(irqsave)();
	psl = native_p1_read(adapter, adapter->psl->timebase);
	cpu = mftb();
	if (psl == PSL_GONE)
		return U64_MAX;
	return tb_to_ns(psl > cpu ? psl - cpu : cpu - psl);
}

bool native_timebase_synced(struct cxl_adapter *core)
{
	int tries;

	for (tries = 0; tries < TIMEBASE_TRIES; tries++)
		if (timebase_difference(to_native_adapter(core)) < TIMEBASE_NS)
			return true;
	return false;
}

/**
 * native_adapter_remove() - remove a card
 * @adapter: the card
 *
 * Drops the reference of native_adapter_create(). May sleep.
 */
void native_adapter_remove(struct native_adapter *adapter)
{
	remove_afus(adapter);
	cxl_adapter_del(&adapter->core);
	adapter->psl->flush_cache(adapter);
	set_error_irq(adapter, 0);
	native_line_release(adapter, &adapter->error_irq, adapter);
	native_irqs_remove(adapter);
	WRITE_ONCE(adapter->online, false);
	unmap_registers(adapter);
	native_pci_disable(adapter);
	pci_set_drvdata(adapter->pci, NULL);
	put_device(&adapter->core.dev);
}
