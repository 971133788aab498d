// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kernel drivers of AFUs call: devices, contexts, interrupts, registers.
 */
#include <linux/cleanup.h>
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>

#include <misc/cxl.h>

#include "afu.h"
#include "api.h"
#include "context.h"
#include "vphb.h"

/**
 * cxl_pci_to_afu() - the AFU behind a device
 * @dev: the device
 *
 * Any context.
 *
 * Return: the AFU, valid as long as a driver is bound to the device; or
 * ERR_PTR(-ENODEV) for a device that is not one of an AFU.
 */
struct cxl_afu *cxl_pci_to_afu(struct pci_dev *dev)
{
	return cxl_vphb_afu(dev) ?: ERR_PTR(-ENODEV);
}
EXPORT_SYMBOL_GPL(cxl_pci_to_afu);

/**
 * cxl_pci_to_cfg_record() - the configuration record that a device shows
 * @dev: a device of an AFU
 *
 * Any context.
 *
 * Return: index of the record.
 */
unsigned int cxl_pci_to_cfg_record(struct pci_dev *dev)
{
	return pci_dev_id(dev);
}
EXPORT_SYMBOL_GPL(cxl_pci_to_cfg_record);

/**
 * cxl_get_context() - the default context of a device
 * @dev: the device
 *
 * A driver does not dispose of it; pci_disable_device() does. It stays the same
 * when the card recovers from an error, stopped. Any context.
 *
 * Return: the context; NULL if the device is not enabled, or not one of an AFU.
 */
struct cxl_context *cxl_get_context(struct pci_dev *dev)
{
	return cxl_vphb_afu(dev) ? READ_ONCE(dev->dev.archdata.cxl_ctx) : NULL;
}
EXPORT_SYMBOL_GPL(cxl_get_context);

/**
 * cxl_dev_context_init() - a further context
 * @dev: a device of the AFU
 *
 * The hardware does not learn of it. The one who calls this disposes of it, by
 * cxl_release_context() or the release() of its file. Works while the card is cut
 * off, too. May sleep.
 *
 * Return: the context, or an error pointer: -ENODEV for a device that is not one of an
 * AFU, or when the AFU has no mode or is being removed; -ENOSPC when it has no
 * context left; -ENOMEM.
 */
struct cxl_context *cxl_dev_context_init(struct pci_dev *dev)
{
	struct cxl_afu *afu = cxl_pci_to_afu(dev);

	if (IS_ERR(afu))
		return ERR_CAST(afu);
	return cxl_context_create_owned(afu);
}
EXPORT_SYMBOL_GPL(cxl_dev_context_init);

/**
 * cxl_release_context() - dispose of a context
 * @ctx: from cxl_dev_context_init(), stopped or never started; not with a file that
 *	has been installed
 *
 * Its interrupts go, and so do handlers that are left. A file that has not been
 * installed does nothing any more. May sleep.
 *
 * Return: 0, or -EBUSY if it is started.
 */
int cxl_release_context(struct cxl_context *ctx)
{
	if (READ_ONCE(ctx->state) == CXL_CTX_STARTED)
		return -EBUSY;
	cxl_context_dispose(ctx);
	return 0;
}
EXPORT_SYMBOL_GPL(cxl_release_context);

/**
 * cxl_get_priv() - what cxl_set_priv() has noted
 * @ctx: the context
 *
 * Any context, without locking.
 *
 * Return: that, NULL at first; or ERR_PTR(-EINVAL) without a context.
 */
void *cxl_get_priv(struct cxl_context *ctx)
{
	return ctx ? READ_ONCE(ctx->priv) : ERR_PTR(-EINVAL);
}
EXPORT_SYMBOL_GPL(cxl_get_priv);

/**
 * cxl_set_priv() - note something of the driver's own
 * @ctx: the context
 * @priv: what to note
 *
 * Any context, without locking.
 *
 * Return: 0, or -EINVAL without a context.
 */
int cxl_set_priv(struct cxl_context *ctx, void *priv)
{
	if (!ctx)
		return -EINVAL;
	WRITE_ONCE(ctx->priv, priv);
	return 0;
}
EXPORT_SYMBOL_GPL(cxl_set_priv);

/**
 * cxl_start_task() - start a context on behalf of a kernel driver
 * @ctx: the context
 * @start: filled in but for what @task decides
 * @task: whose address space it works on, NULL for the kernel's
 *
 * May sleep.
 *
 * Return: as cxl_context_start(), or -EINVAL for a task without address space.
 */
int cxl_start_task(struct cxl_context *ctx, struct cxl_start *start,
		   struct task_struct *task)
{
	int ret;

	start->by_driver = true;
	start->sixty_four = true;
	if (!task)
		return cxl_context_start(ctx, start);

	start->mm = get_task_mm(task);
	if (!start->mm)
		return -EINVAL;
	start->pid = task_tgid_nr(task);
	start->sixty_four = !test_tsk_thread_flag(task, TIF_32BIT);
	start->root = uid_eq(task_euid(task), GLOBAL_ROOT_UID);
	ret = cxl_context_start(ctx, start);
	/* The end of an address space takes locks that our caller may not. */
	mmput_async(start->mm);
	return ret;
}

/**
 * cxl_start_context() - give a context to the AFU
 * @ctx: the context, also one that has been stopped
 * @wed: work element descriptor, for the AFU
 * @task: its address space is what the AFU works on, whatever happens to the task
 *	later; NULL for the kernel's
 *
 * Uses the interrupts from cxl_allocate_afu_irqs(). The AFU may use the memory before
 * this returns. May sleep.
 *
 * Return: 0, also if it was started already; -EBUSY while the card is being reset or
 * recovers, or when the hardware does not answer; -EIO when the AFU does not work;
 * -EINVAL for a task without address space; -ENOSPC, -ENOMEM. After a failure the
 * context is not started.
 */
int cxl_start_context(struct cxl_context *ctx, u64 wed, struct task_struct *task)
{
	struct cxl_start start = { .wed = wed };
	int ret;

	ret = cxl_start_task(ctx, &start, task);
	return ret == -EALREADY ? 0 : ret;
}
EXPORT_SYMBOL_GPL(cxl_start_context);

/**
 * cxl_stop_context() - take a context from the AFU
 * @ctx: the context, in any state
 *
 * On return the AFU uses neither its memory nor its interrupts any more; readers of
 * its file are woken, and the registers that programs have mapped are gone.
 * Interrupts stay allocated and handled, registers that cxl_psa_map() has mapped stay
 * so. A hypervisor may keep a context while they are: unmap them first. May sleep, for
 * seconds if the hardware does not answer; it cannot fail: what the hardware does not
 * let go of is set aside until the AFU has been reset.
 *
 * Return: 0, also if an error has stopped it meanwhile; or -EBUSY if it was not started,
 * which does no harm.
 */
int cxl_stop_context(struct cxl_context *ctx)
{
	return cxl_context_stop(ctx);
}
EXPORT_SYMBOL_GPL(cxl_stop_context);

/**
 * cxl_afu_reset() - reset the AFU, and let it run again
 * @ctx: a context of it
 *
 * The hardware forgets the contexts of all users. Those that are started have to be
 * stopped by their owners, and can then be started again. May sleep.
 *
 * Return: 0; -EIO when the AFU does not work; -EBUSY when it does not answer.
 */
int cxl_afu_reset(struct cxl_context *ctx)
{
	return cxl_afu_reset_used(ctx->afu);
}
EXPORT_SYMBOL_GPL(cxl_afu_reset);

/**
 * cxl_set_master() - let a context reach the whole problem state area
 * @ctx: the context; counts from its next start
 *
 * Any context.
 */
void cxl_set_master(struct cxl_context *ctx)
{
	WRITE_ONCE(ctx->master, true);
}
EXPORT_SYMBOL_GPL(cxl_set_master);

/**
 * cxl_psa_map() - map the registers of the AFU
 * @ctx: the context, started
 *
 * Those of the context, or of all with cxl_set_master(). While the AFU is being reset
 * or its card is cut off they read as all ones. May sleep.
 *
 * Return: the registers, for cxl_psa_unmap() before or after the context is stopped;
 * NULL if it is not started, the AFU has none, or for want of memory.
 */
void __iomem *cxl_psa_map(struct cxl_context *ctx)
{
	phys_addr_t phys;
	u64 size;

	guard(mutex)(&ctx->start_lock);

	if (ctx->state != CXL_CTX_STARTED)
		return NULL;
	scoped_guard(mutex, &ctx->area.lock) {
		phys = ctx->area.phys;
		size = ctx->area.size;
	}
	return size ? ioremap(phys, size) : NULL;
}
EXPORT_SYMBOL_GPL(cxl_psa_map);

/**
 * cxl_psa_unmap() - undo cxl_psa_map()
 * @addr: the registers
 *
 * May sleep.
 */
void cxl_psa_unmap(void __iomem *addr)
{
	iounmap(addr);
}
EXPORT_SYMBOL_GPL(cxl_psa_unmap);

/**
 * cxl_process_element() - how the AFU counts a context
 * @ctx: the context, or NULL
 *
 * Any context.
 *
 * Return: its number; less than 0 if it has none, which a hypervisor does not give to
 * a context before it is started. A context that has been stopped, by whomever, is
 * known by its last number until it has another one: drivers find by it what they have
 * to dispose of.
 */
int cxl_process_element(struct cxl_context *ctx)
{
	return ctx ? (int)READ_ONCE(ctx->pe) : -ENODEV;
}
EXPORT_SYMBOL_GPL(cxl_process_element);

/**
 * cxl_read_adapter_vpd() - read the vital product data of the card
 * @dev: a device of an AFU
 * @buf: destination
 * @count: its size
 *
 * May sleep.
 *
 * Return: how many bytes have been stored, all there are or @count; -ENODEV for a
 * device that is not one of an AFU, or a card without such data; or the error of the
 * hardware.
 */
ssize_t cxl_read_adapter_vpd(struct pci_dev *dev, void *buf, size_t count)
{
	struct cxl_afu *afu = cxl_vphb_afu(dev);

	if (!afu)
		return -ENODEV;
	if (!count)
		return 0;
	return cxl_afu_ops(afu)->adapter_read_vpd(afu->adapter, buf, count);
}
EXPORT_SYMBOL_GPL(cxl_read_adapter_vpd);

/**
 * cxl_perst_reloads_same_image() - promise that a reset does not change the card
 * @afu: an AFU of the card
 * @perst_reloads_same_image: the image that the card loads then is what it has now
 *
 * What the attribute of the same name does: with it the card recovers from errors
 * even if it loads an image. Any context.
 */
void cxl_perst_reloads_same_image(struct cxl_afu *afu, bool perst_reloads_same_image)
{
	cxl_afu_ops(afu)->adapter_set_same_image(afu->adapter, perst_reloads_same_image);
}
EXPORT_SYMBOL_GPL(cxl_perst_reloads_same_image);

/**
 * cxl_allocate_afu_irqs() - get interrupts of the AFU
 * @ctx: the context, not started
 * @num: how many, the numbers from 1 on; 0 for as many as the AFU wants at least
 *
 * May sleep.
 *
 * Return: 0; -EINVAL if @num is less than 0; -EBUSY if there are some already, or the
 * context is started; -ENOSPC, -ENOMEM.
 */
int cxl_allocate_afu_irqs(struct cxl_context *ctx, int num)
{
	if (num < 0)
		return -EINVAL;
	if (num > ctx->afu->irqs_limit)
		return -ENOSPC;
	return cxl_owner_irqs_alloc(ctx, num ?: ctx->afu->irqs_min);
}
EXPORT_SYMBOL_GPL(cxl_allocate_afu_irqs);

/**
 * cxl_map_afu_irq() - have an interrupt of the AFU handled
 * @ctx: the context
 * @num: which of those from cxl_allocate_afu_irqs(), from 1
 * @handler: called in hard interrupts. It may not unmap an interrupt.
 * @cookie: for @handler
 * @name: for /proc/interrupts, copied; NULL for none of its own
 *
 * May sleep.
 *
 * Return: its Linux number; -ENOENT for one that has not been allocated; 0 if it
 * is handled already or has gone with the card, without a @handler, or for want of memory.
 */
int cxl_map_afu_irq(struct cxl_context *ctx, int num, irq_handler_t handler,
		    void *cookie, char *name)
{
	int virq;

	if (num <= 0)
		return -ENOENT;
	if (!handler)
		return 0;
	virq = cxl_owner_irq_map(ctx, num, handler, cookie, name);
	return virq > 0 || virq == -ENOENT ? virq : 0;
}
EXPORT_SYMBOL_GPL(cxl_map_afu_irq);

/**
 * cxl_unmap_afu_irq() - undo cxl_map_afu_irq()
 * @ctx: the context
 * @num: as before; nothing happens if it is not handled
 * @cookie: as before, or nothing happens
 *
 * On return the handler does not run any more. May sleep.
 */
void cxl_unmap_afu_irq(struct cxl_context *ctx, int num, void *cookie)
{
	if (num > 0)
		cxl_owner_irq_unmap(ctx, num, cookie);
}
EXPORT_SYMBOL_GPL(cxl_unmap_afu_irq);

/**
 * cxl_free_afu_irqs() - undo cxl_allocate_afu_irqs()
 * @ctx: the context; it may be started, or have none
 *
 * Handlers that are left go, too. May sleep.
 */
void cxl_free_afu_irqs(struct cxl_context *ctx)
{
	cxl_owner_irqs_free(ctx);
}
EXPORT_SYMBOL_GPL(cxl_free_afu_irqs);
