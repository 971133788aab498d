// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kernel drivers of AFUs call to give contexts to programs: files, their start,
 * events of the driver's own.
 */
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>

#include <misc/cxl.h>

#include "afu.h"
#include "api.h"
#include "context.h"
#include "file.h"

/* The table belongs to the driver, which may use it for many files. */
static void fill_operations(struct file_operations *fops)
{
	static DEFINE_MUTEX(fill_lock);

	guard(mutex)(&fill_lock);

	if (!fops->open)
		fops->open = cxl_fd_open;
	if (!fops->release)
		fops->release = cxl_fd_release;
	if (!fops->unlocked_ioctl)
		fops->unlocked_ioctl = cxl_fd_ioctl;
	if (!fops->compat_ioctl)
		fops->compat_ioctl = compat_ptr_ioctl;
	if (!fops->mmap)
		fops->mmap = cxl_fd_mmap;
	if (!fops->read)
		fops->read = cxl_fd_read;
	if (!fops->poll)
		fops->poll = cxl_fd_poll;
}

static struct file *create_file(struct cxl_context *ctx,
				const struct file_operations *fops)
{
	struct file *file;
	char name[16];
	int ret = 0;

	guard(mutex)(&ctx->start_lock);

	if (ctx->file)
		return ERR_PTR(-EEXIST);
	if (cxl_context_ended(ctx))
		return ERR_PTR(-EIO);
	if (!ctx->area.inode)
		ret = cxl_area_create_inode(&ctx->area);
	if (ret)
		return ERR_PTR(ret);

	snprintf(name, sizeof(name), "cxl:%d", cxl_process_element(ctx));
	file = cxl_area_create_file(ctx, name, fops);
	if (!IS_ERR(file))
		ctx->file = file;
	return file;
}

/**
 * cxl_get_fd() - a file for a context
 * @ctx: from cxl_dev_context_init(), started or not yet
 * @fops: operations of the file; those that are missing are added to the table. NULL
 *	for those of the AFU's nodes.
 * @fd: where to store a file descriptor for it; not changed after a failure
 *
 * The caller goes on with fd_install(), or gives up with fput() and put_unused_fd().
 * From fd_install() on only the release() of the file may dispose of the context, by
 * cxl_fd_release(). The module of @fops stays as long as the file does. Mappings of
 * the file are those of this context alone. May sleep.
 *
 * Return: the file, or an error pointer: -EEXIST if the context has one; -EIO if it
 * has been stopped; -ENOENT when the module is going away; -EMFILE, -ENFILE, -ENOMEM.
 */
struct file *cxl_get_fd(struct cxl_context *ctx, struct file_operations *fops, int *fd)
{
	struct file *file;
	int new;

	if (fops)
		fill_operations(fops);
	new = get_unused_fd_flags(O_RDWR | O_CLOEXEC);
	if (new < 0)
		return ERR_PTR(new);
	file = create_file(ctx, fops ?: &cxl_file_ops);
	if (IS_ERR(file))
		put_unused_fd(new);
	else
		*fd = new;
	return file;
}
EXPORT_SYMBOL_GPL(cxl_get_fd);

/**
 * cxl_fops_get_context() - the context of a file
 * @file: from cxl_get_fd()
 *
 * Any context.
 *
 * Return: the context, or NULL if it has been disposed of.
 */
struct cxl_context *cxl_fops_get_context(struct file *file)
{
	return READ_ONCE(file->private_data);
}
EXPORT_SYMBOL_GPL(cxl_fops_get_context);

/**
 * cxl_start_work() - start a context for the calling process
 * @ctx: the context; without interrupts from cxl_allocate_afu_irqs()
 * @work: descriptor and number of interrupts, which is filled in if the flag
 *	CXL_START_WORK_NUM_IRQS is not set; nothing else counts
 *
 * Its interrupts are events for the readers of its file, and go when it is stopped.
 * May sleep.
 *
 * Return: 0; -EINVAL for a number of interrupts that the AFU cannot have, or without an
 * address space; -EIO if the context is started; or as cxl_start_context().
 */
int cxl_start_work(struct cxl_context *ctx, struct cxl_ioctl_start_work *work)
{
	struct cxl_afu *afu = ctx->afu;
	struct cxl_start start = { .wed = work->work_element_descriptor };
	int ret;

	if (!(work->flags & CXL_START_WORK_NUM_IRQS))
		work->num_interrupts = afu->irqs_min;
	else if (work->num_interrupts < 0 || work->num_interrupts < afu->irqs_min ||
		 work->num_interrupts > READ_ONCE(afu->irqs_max))
		return -EINVAL;
	start.nr_irqs = (u16)work->num_interrupts;
	ret = cxl_start_task(ctx, &start, current);
	return ret == -EALREADY ? -EIO : ret;
}
EXPORT_SYMBOL_GPL(cxl_start_work);

/**
 * cxl_set_driver_ops() - prepare for events of the driver's own
 * @ctx: the context
 * @ops: how to get them, with both functions; stays as long as the context
 *
 * To be called before there are any. Any context.
 */
void cxl_set_driver_ops(struct cxl_context *ctx, struct cxl_afu_driver_ops *ops)
{
	if (WARN_ON(!ops->fetch_event || !ops->event_delivered))
		return;
	cxl_events_set_driver(ctx, ops);
}
EXPORT_SYMBOL_GPL(cxl_set_driver_ops);

/**
 * cxl_context_events_pending() - there are more events of the driver's own
 * @ctx: the context; cxl_set_driver_ops() has been called
 * @new_events: how many more
 *
 * Any context, but not from cxl_afu_driver_ops.fetch_event.
 */
void cxl_context_events_pending(struct cxl_context *ctx, unsigned int new_events)
{
	cxl_events_add_driver(ctx, new_events);
}
EXPORT_SYMBOL_GPL(cxl_context_events_pending);
