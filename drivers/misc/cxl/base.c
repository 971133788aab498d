// SPDX-License-Identifier: GPL-2.0-only
/*
 * The part of the CAPI driver that is always built in: what the memory
 * management of powerpc calls, and the devices that let udev load the module.
 */
#define pr_fmt(fmt) "cxl: " fmt

#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/rcupdate.h>

#include <asm/cputable.h>
#include <misc/cxl-base.h>

#include "afu.h"
#include "base.h"

atomic_t cxl_use_count = ATOMIC_INIT(0);
EXPORT_SYMBOL(cxl_use_count);

/**
 * cxl_afu_put() - undo cxl_afu_get()
 * @afu: accelerator, freed if nobody else holds it
 *
 * May sleep.
 */
void cxl_afu_put(struct cxl_afu *afu)
{
	put_device(&afu->dev);
}
EXPORT_SYMBOL_GPL(cxl_afu_put);

/**
 * cxl_afu_get() - keep an accelerator from being freed
 * @afu: accelerator that somebody else still holds, or NULL
 *
 * Any context.
 *
 * Return: @afu, to be given to cxl_afu_put().
 */
struct cxl_afu *cxl_afu_get(struct cxl_afu *afu)
{
	if (afu)
		get_device(&afu->dev);
	return afu;
}
EXPORT_SYMBOL_GPL(cxl_afu_get);

/* Written under arch_calls_lock; read under RCU by cxl_slbia(). */
static struct cxl_arch_calls __rcu *arch_calls;
static DEFINE_MUTEX(arch_calls_lock);

/**
 * cxl_register_arch_calls() - connect the driver to architecture code
 * @calls: must stay valid until cxl_unregister_arch_calls() has returned
 *
 * Call before the first context can be attached. May sleep.
 *
 * Return: 0, or -EBUSY if another driver is connected.
 */
int cxl_register_arch_calls(struct cxl_arch_calls *calls)
{
	guard(mutex)(&arch_calls_lock);

	if (rcu_access_pointer(arch_calls))
		return -EBUSY;
	rcu_assign_pointer(arch_calls, calls);
	return 0;
}
EXPORT_SYMBOL_GPL(cxl_register_arch_calls);

/**
 * cxl_unregister_arch_calls() - undo cxl_register_arch_calls()
 * @calls: what was registered
 *
 * Call after the last context has been detached. Afterwards nothing reads
 * @calls any more. May sleep.
 */
void cxl_unregister_arch_calls(struct cxl_arch_calls *calls)
{
	scoped_guard(mutex, &arch_calls_lock) {
		if (WARN_ON(rcu_access_pointer(arch_calls) != calls))
			return;
		RCU_INIT_POINTER(arch_calls, NULL);
	}
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(cxl_unregister_arch_calls);

/* The reference, not RCU, keeps the module while it waits for hardware. */
static struct cxl_arch_calls *arch_calls_get(void)
{
	struct cxl_arch_calls *calls;

	guard(rcu)();
	calls = rcu_dereference(arch_calls);
	if (!calls || !try_module_get(calls->owner))
		return NULL;
	return calls;
}

/**
 * cxl_slbia() - the segments of an address space have changed
 * @mm: the address space
 *
 * On return no accelerator uses a segment translation of @mm that is older
 * than the call. Never sleeps; interrupts may be off.
 */
void cxl_slbia(struct mm_struct *mm)
{
	struct cxl_arch_calls *calls;

	if (!cxl_ctx_in_use())
		return;

	calls = arch_calls_get();
	if (!calls)
		return;
	/* What the module cannot name. */
	calls->slbia(mm == &init_mm ? NULL : mm);
	module_put(calls->owner);
}

/**
 * cxl_update_property() - give a node of the device tree a new property
 * @np: the node
 * @property: replaces the one of the same name, if any; belongs to the node
 *	after success
 *
 * For the module, because of_update_property() is not exported. May sleep.
 *
 * Return: 0 or a negative errno.
 */
int cxl_update_property(struct device_node *np, struct property *property)
{
	return of_update_property(np, property);
}
EXPORT_SYMBOL_GPL(cxl_update_property);

/*
 * A partition finds its cards as nodes below the root of the device tree, for
 * which nothing else creates devices (LoPAR, "Coherent Platform Facilities").
 */
static int __init create_facility_devices(void)
{
	struct device_node *np;

	if (cpu_has_feature(CPU_FTR_HVMODE))
		return 0;

	for_each_compatible_node(np, NULL, "ibm,coherent-platform-facility") {
		if (!of_device_is_available(np))
			pr_info("%pOF is not available\n", np);
		else if (!of_platform_device_create(np, NULL, NULL))
			pr_err("%pOF: cannot create a device\n", np);
	}
	return 0;
}
device_initcall(create_facility_devices);
