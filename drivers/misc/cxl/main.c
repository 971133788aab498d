// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module: what exists once, whatever cards there are.
 */
#define pr_fmt(fmt) "cxl: " fmt

#include <linux/device.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include <asm/cputable.h>
#include <asm/mmu.h>

#include "adapter.h"
#include "base.h"
#include "debugfs.h"
#include "guest/guest.h"
#include "main.h"
#include "mmio.h"
#include "native/native.h"
#include "segment.h"
#include "vphb.h"

static dev_t first_devt;
struct workqueue_struct *cxl_fault_wq;

dev_t cxl_devt(unsigned int minor)
{
	return MKDEV(MAJOR(first_devt), minor);
}

static char *class_devnode(const struct device *dev, umode_t *mode)
{
	return kasprintf(GFP_KERNEL, "cxl/%s", dev_name(dev));
}

static struct cxl_arch_calls arch_calls = {
	.slbia = cxl_segments_flush,
	.owner = THIS_MODULE,
};

/* Longer than the delays that CONFIG_DEBUG_KOBJECT_RELEASE adds. */
#define OBJECTS_TIMEOUT	(30 * HZ)

static atomic_t objects = ATOMIC_INIT(0);

void cxl_object_created(void)
{
	atomic_inc(&objects);
}

void cxl_object_released(void)
{
	if (atomic_dec_and_test(&objects))
		wake_up_var(&objects);
}

/*
 * Objects that hardware never let go of are not released any more, so they do
 * not need the module.
 */
static void wait_for_objects(void)
{
	if (!wait_var_event_timeout(&objects, !atomic_read(&objects), OBJECTS_TIMEOUT))
		pr_err("%d objects remain in memory\n", atomic_read(&objects));
	/* Contexts are freed by RCU callbacks. */
	rcu_barrier();
}

/* The last that is used of the class, and may come late like any object's end. */
static void class_released(const struct class *class)
{
	cxl_object_released();
}

const struct class cxl_class = {
	.name = "cxl",
	.devnode = class_devnode,
	.class_release = class_released,
};

/**
 * struct backend - where cards come from
 * @add: look for cards from now on
 * @remove: undo @add; on return no card is left
 */
struct backend {
	int (*add)(void);
	void (*remove)(void);
};

static const struct backend native = { cxl_native_register, cxl_native_unregister };
static const struct backend guest = { cxl_guest_register, cxl_guest_unregister };

/* The one that fits the machine; nothing else asks what the machine is. */
static const struct backend *backend;

static int __init cxl_init(void)
{
	int ret;

	if (radix_enabled()) {
		pr_err("needs the hash MMU, boot with disable_radix\n");
		return -ENODEV;
	}

	cxl_fault_wq = alloc_workqueue("cxl-fault", WQ_MEM_RECLAIM, 0);
	if (!cxl_fault_wq)
		return -ENOMEM;
	ret = alloc_chrdev_region(&first_devt, 0, CXL_MINORS, "cxl");
	if (ret)
		goto err_wq;
	ret = class_register(&cxl_class);
	if (ret)
		goto err_chrdev;
	cxl_object_created();
	cxl_segments_init();
	ret = cxl_areas_init();
	if (ret)
		goto err_class;
	ret = cxl_register_arch_calls(&arch_calls);
	if (ret)
		goto err_areas;
	ret = cxl_vphb_register();
	if (ret)
		goto err_calls;
	cxl_debugfs_init();
	backend = cpu_has_feature(CPU_FTR_HVMODE) ? &native : &guest;
	ret = backend->add();
	if (ret)
		goto err_debugfs;
	return 0;

err_debugfs:
	cxl_debugfs_exit();
	cxl_vphb_unregister();
err_calls:
	cxl_unregister_arch_calls(&arch_calls);
err_areas:
	cxl_areas_exit();
err_class:
	class_unregister(&cxl_class);
	wait_for_objects();
err_chrdev:
	unregister_chrdev_region(first_devt, CXL_MINORS);
err_wq:
	destroy_workqueue(cxl_fault_wq);
	return ret;
}
module_init(cxl_init);

static void __exit cxl_exit(void)
{
	backend->remove();
	class_unregister(&cxl_class);
	wait_for_objects();
	cxl_debugfs_exit();
	cxl_vphb_unregister();
	cxl_unregister_arch_calls(&arch_calls);
	cxl_areas_exit();
	unregister_chrdev_region(first_devt, CXL_MINORS);
	destroy_workqueue(cxl_fault_wq);
	xa_destroy(&cxl_adapters);
}
module_exit(cxl_exit);

MODULE_DESCRIPTION("IBM Coherent Accelerator Processor Interface (CAPI)");
MODULE_LICENSE("GPL");
