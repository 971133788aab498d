// SPDX-License-Identifier: GPL-2.0-only
/*
 * PowerVM guest: cards are platform devices made from the device tree.
 */
#include <linux/cleanup.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "guest.h"
#include "of.h"
#include "sg_list.h"

static void guest_adapter_free(struct cxl_adapter *adapter)
{
	kfree(to_guest_adapter(adapter));
}

static int guest_adapter_reset(struct cxl_adapter *adapter)
{
	struct guest_adapter *guest = to_guest_adapter(adapter);

	guard(mutex)(&guest->hcall_lock);

	return guest_hcall_errno(guest_reset_facility(guest->handle));
}

/* The hypervisor says so if it does not want to. */
static int guest_adapter_may_reset(struct cxl_adapter *adapter)
{
	return 0;
}

/* The hypervisor sees to it. */
static bool guest_timebase_synced(struct cxl_adapter *adapter)
{
	return true;
}

/* It is for the hypervisor to know what a reset does. */
static void guest_set_same_image(struct cxl_adapter *adapter, bool same)
{
}

static void guest_afu_free(struct cxl_afu *afu)
{
	kvfree(to_guest_afu(afu)->config);
	kfree(to_guest_afu(afu));
}

/* A function has one mode, which the hypervisor has chosen. */
static int guest_afu_set_mode(struct cxl_afu *afu, enum cxl_afu_mode mode)
{
	return 0;
}

/* It always runs. */
static int guest_afu_enable(struct cxl_afu *afu)
{
	return 0;
}

static int guest_store_config(struct cxl_afu *afu, unsigned int record,
			      unsigned int off, u32 value)
{
	return -EPERM;
}

static const struct cxl_backend_ops guest_ops = {
	.name = "guest",
	.context_size = sizeof(struct guest_context),
	.adapter_free = guest_adapter_free,
	.adapter_may_reset = guest_adapter_may_reset,
	.adapter_reset = guest_adapter_reset,
	.adapter_timebase_synced = guest_timebase_synced,
	.adapter_read_vpd = guest_read_vpd,
	.adapter_set_same_image = guest_set_same_image,
	.afu_free = guest_afu_free,
	.afu_set_mode = guest_afu_set_mode,
	.afu_reset = guest_function_reset,
	.afu_enable = guest_afu_enable,
	.afu_check = guest_function_check,
	.afu_slbia = guest_function_slbia,
	.afu_read_err_buffer = guest_function_read_err_buffer,
	.afu_read_config = guest_function_read_config,
	.afu_load_config = guest_function_load_config,
	.afu_store_config = guest_store_config,
	.irq_map = guest_irq_map,
	.irqs_alloc = guest_irqs_alloc,
	.irqs_free = guest_irqs_free,
	.irqs_name = guest_irqs_name,
	.ctx_attach = guest_ctx_attach,
	.irqs_enable = guest_irqs_enable,
	.ctx_detach = guest_ctx_detach,
	.ctx_read_fault = guest_ctx_read_fault,
	.ctx_answer = guest_ctx_answer,
};

/*
 * A function that fails neither takes the card along, which can still be given
 * another image, nor changes the numbers of the functions after it.
 */
static void create_functions(struct guest_adapter *adapter, struct device_node *np)
{
	struct device *dev = &adapter->core.dev;
	struct guest_afu *afu;
	unsigned int slice = 0;

	for_each_available_child_of_node_scoped(np, child) {
		if (!of_device_is_compatible(child, "ibm,coherent-platform-function"))
			continue;
		if (slice == CXL_MAX_SLICES) {
			dev_warn(dev, "has more than %u functions, the others are not used\n",
				 CXL_MAX_SLICES);
			return;
		}
		afu = guest_function_create(adapter, child, slice);
		if (IS_ERR(afu))
			dev_err(dev, "%pOF: cannot be used: %ld\n", child, PTR_ERR(afu));
		slice++;
	}
}

static struct guest_adapter *adapter_create(struct device *dev)
{
	struct guest_facility facility;
	struct guest_adapter *adapter;
	int ret;

	ret = guest_parse_facility(dev->of_node, &facility);
	if (ret)
		return ERR_PTR(ret);

	adapter = kzalloc(sizeof(*adapter), GFP_KERNEL);
	if (!adapter)
		return ERR_PTR(-ENOMEM);
	ret = cxl_irq_pool_init(&adapter->core.irqs.pool, facility.ranges,
				facility.nr_ranges);
	if (ret)
		dev_err(dev, "property interrupt-ranges makes no sense\n");
	else
		ret = cxl_adapter_init(&adapter->core, dev, &guest_ops);
	if (ret) {
		kfree(adapter);
		return ERR_PTR(ret);
	}

	mutex_init(&adapter->hcall_lock);
	adapter->handle = facility.handle;
	adapter->ids = facility.ids;
	guest_flash_init(adapter);
	adapter->core.caia_major = facility.caia_version >> 8;
	adapter->core.caia_minor = facility.caia_version;
	adapter->core.psl_revision = facility.psl_revision;
	adapter->core.vpd_size = min(facility.vpd_size, GUEST_SG_MAX_SIZE);
	return adapter;
}

static int facility_probe(struct platform_device *pdev)
{
	struct guest_adapter *adapter;
	int ret;

	adapter = adapter_create(&pdev->dev);
	if (IS_ERR(adapter))
		return PTR_ERR(adapter);
	ret = cxl_adapter_add(&adapter->core);
	if (ret) {
		cxl_adapter_discard(&adapter->core);
		return ret;
	}
	platform_set_drvdata(pdev, adapter);
	create_functions(adapter, pdev->dev.of_node);
	return 0;
}

/**
 * guest_functions_remove() - remove all AFUs of a card
 * @adapter: the card
 *
 * Serialised by guest_flash.lock. May sleep.
 */
void guest_functions_remove(struct guest_adapter *adapter)
{
	struct cxl_afu *afu;
	int slice;

	for (slice = 0; slice < CXL_MAX_SLICES; slice++) {
		afu = rcu_dereference_protected(adapter->core.afu[slice], true);
		if (afu)
			guest_function_remove(to_guest_afu(afu));
	}
}

/* A machine that goes down may remove what it has shut down before. */
static void facility_remove(struct platform_device *pdev)
{
	struct guest_adapter *adapter = platform_get_drvdata(pdev);

	if (!adapter)
		return;
	platform_set_drvdata(pdev, NULL);
	guest_flash_stop(adapter);
	guest_functions_remove(adapter);
	cxl_adapter_del(&adapter->core);
	cxl_irqs_remove(&adapter->core);
	put_device(&adapter->core.dev);
}

static const struct of_device_id facility_match[] = {
	{ .compatible = "ibm,coherent-platform-facility" },
	{ }
};
MODULE_DEVICE_TABLE(of, facility_match);

static struct platform_driver facility_driver = {
	.driver = {
		.name = "cxl_of",
		.of_match_table = facility_match,
	},
	.probe = facility_probe,
	.remove = facility_remove,
	/* The next kernel's memory is no business of the accelerators'. */
	.shutdown = facility_remove,
};

int cxl_guest_register(void)
{
	int ret;

	ret = guest_flash_wq_create();
	if (ret)
		return ret;
	ret = platform_driver_register(&facility_driver);
	if (ret)
		guest_flash_wq_destroy();
	return ret;
}

void cxl_guest_unregister(void)
{
	/* No file is open: a card that was to come back has done so first. */
	guest_flash_wq_flush();
	platform_driver_unregister(&facility_driver);
	guest_flash_wq_destroy();
}
