// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of contexts: character devices of an AFU, one context for each open file, and
 * what files that kernel drivers make for contexts have in common with them.
 */
#include <linux/cdev.h>
#include <linux/cleanup.h>
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#include <asm/reg.h>
#include <misc/cxl-base.h>
#include <misc/cxl.h>

#include "afu.h"
#include "context.h"
#include "file.h"

/* The layout of every structure is part of the ABI, see also tests/. */
static_assert(sizeof(struct cxl_ioctl_start_work) == 64);
static_assert(sizeof(struct cxl_afu_id) == 64);
static_assert(sizeof(struct cxl_adapter_image) == 64);

static int open_context(struct file *file, struct cxl_afu *afu, enum cxl_afu_mode mode,
			bool master)
{
	struct cxl_context *ctx;

	ctx = cxl_context_create(afu, mode, master, false);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);

	file->private_data = ctx;
	cxl_area_set_file(file, ctx);
	return 0;
}

static int file_open(struct inode *inode, struct file *file)
{
	struct cxl_node *node = container_of(inode->i_cdev, struct cxl_node, cdev);

	return open_context(file, node->afu, cxl_node_mode(node->kind),
			    node->kind != CXL_NODE_SLAVE);
}

static struct cxl_afu *find_afu(unsigned int card, int slice)
{
	struct cxl_adapter *adapter;

	guard(rcu)();
	adapter = xa_load(&cxl_adapters, card);
	return adapter && slice < CXL_MAX_SLICES ?
	       cxl_adapter_get_afu(adapter, slice) : NULL;
}

/**
 * cxl_fd_open() - open() of a node that a kernel driver has of its own
 * @inode: its minor number is that of a node of the AFU
 * @file: being opened
 *
 * The file gets a new slave context. cxl_fd_release() has to be its release(). May
 * sleep.
 *
 * Return: 0, -ENODEV if there is no such AFU, or as open() of the AFU's own nodes.
 */
int cxl_fd_open(struct inode *inode, struct file *file)
{
	unsigned int minor = iminor(inode) % CXL_CARD_MINORS;
	struct cxl_afu *afu;
	int ret;

	if (!minor)
		return -ENODEV;
	afu = find_afu(iminor(inode) / CXL_CARD_MINORS, (minor - 1) / CXL_NR_NODES);
	if (!afu)
		return -ENODEV;
	ret = open_context(file, afu, cxl_node_mode((minor - 1) % CXL_NR_NODES), false);
	cxl_afu_put(afu);
	return ret;
}
EXPORT_SYMBOL_GPL(cxl_fd_open);

/**
 * cxl_fd_release() - release() of the file of a context
 * @inode: its inode
 * @file: the file; its context may be gone already
 *
 * Stops the context if need be, and disposes of it: for a file that has been
 * installed nothing else may. May sleep.
 *
 * Return: 0
 */
int cxl_fd_release(struct inode *inode, struct file *file)
{
	struct cxl_context *ctx = file->private_data;

	if (ctx)
		cxl_context_dispose(ctx);
	file->private_data = NULL;
	return 0;
}
EXPORT_SYMBOL_GPL(cxl_fd_release);

/* -EIO for a context that is dead or whose card is. */
static int check_alive(struct cxl_context *ctx)
{
	if (!ctx || cxl_context_ended(ctx) || !cxl_afu_serves(ctx->afu))
		return -EIO;
	return 0;
}

static int check_work(struct cxl_afu *afu, struct cxl_ioctl_start_work *work)
{
	if (work->flags & ~CXL_START_WORK_ALL || work->reserved1 ||
	    work->reserved2 || work->reserved3 || work->reserved4 ||
	    work->reserved5)
		return -EINVAL;

	if (!(work->flags & CXL_START_WORK_NUM_IRQS)) {
		work->num_interrupts = afu->irqs_min;
		return 0;
	}
	if (work->num_interrupts < 0 ||
	    work->num_interrupts < afu->irqs_min ||
	    work->num_interrupts > READ_ONCE(afu->irqs_max))
		return -EINVAL;
	return 0;
}

static int start_work(struct cxl_context *ctx,
		      struct cxl_ioctl_start_work __user *uwork)
{
	struct cxl_ioctl_start_work work;
	struct cxl_start start = {};
	int ret;

	if (copy_from_user(&work, uwork, sizeof(work)))
		return -EFAULT;
	/* A hint, for the right errno; cxl_context_start() has the say. */
	if (READ_ONCE(ctx->state) != CXL_CTX_OPENED)
		return -EIO;
	ret = check_work(ctx->afu, &work);
	if (ret)
		return ret;

	if (work.flags & CXL_START_WORK_TID) {
		/*
		 * No thread id without the wait instruction of POWER9. Stored
		 * first, so that no failure leaves a context started.
		 */
		work.tid = 0;
		if (copy_to_user(uwork, &work, sizeof(work)))
			return -EFAULT;
	}

	start.mm = current->mm;
	start.pid = task_tgid_nr(current);
	start.wed = work.work_element_descriptor;
	start.nr_irqs = (u16)work.num_interrupts;
	start.err_ff = work.flags & CXL_START_WORK_ERR_FF;
	start.sixty_four = !is_32bit_task();
	start.root = uid_eq(current_euid(), GLOBAL_ROOT_UID);
	if (work.flags & CXL_START_WORK_AMR)
		start.amr = work.amr & mfspr(SPRN_UAMOR);
	ret = cxl_context_start(ctx, &start);
	return ret == -EALREADY ? -EIO : ret;
}

static int get_afu_id(struct cxl_context *ctx, struct cxl_afu_id __user *uid)
{
	struct cxl_afu *afu = ctx->afu;
	struct cxl_afu_id id = {
		.flags = ctx->master ? 0 : CXL_AFUID_FLAG_SLAVE,
		.card_id = afu->adapter->id,
		.afu_offset = afu->slice,
		.afu_mode = CXL_MODE_DIRECTED,
	};

	if (READ_ONCE(afu->mode) == CXL_AFU_MODE_DEDICATED) {
		id.flags = 0;
		id.afu_mode = CXL_MODE_DEDICATED;
	}
	return copy_to_user(uid, &id, sizeof(id)) ? -EFAULT : 0;
}

/**
 * cxl_fd_ioctl() - ioctl() of the file of a context
 * @file: the file
 * @cmd: CXL_IOCTL_*
 * @arg: as for @cmd
 *
 * May sleep.
 *
 * Return: as the requests of the AFU's nodes; -EIO if the context has been stopped,
 * is gone, or its card does not work.
 */
long cxl_fd_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct cxl_context *ctx = READ_ONCE(file->private_data);
	void __user *uarg = (void __user *)arg;
	int ret;

	ret = check_alive(ctx);
	if (ret)
		return ret;

	switch (cmd) {
	case CXL_IOCTL_START_WORK:
		return start_work(ctx, uarg);
	case CXL_IOCTL_GET_PROCESS_ELEMENT:
		return put_user(READ_ONCE(ctx->pe), (u32 __user *)uarg);
	case CXL_IOCTL_GET_AFU_ID:
		return get_afu_id(ctx, uarg);
	default:
		/* Programs tell by this errno what the kernel knows. */
		return -EINVAL;
	}
}
EXPORT_SYMBOL_GPL(cxl_fd_ioctl);

/**
 * cxl_fd_mmap() - mmap() of the file of a context
 * @file: the file
 * @vma: where to
 *
 * The fault() it installs in @vma may be called from another one. Called with the
 * mmap lock held for writing.
 *
 * Return: 0; -EIO as cxl_fd_ioctl(); or as cxl_area_mmap().
 */
int cxl_fd_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct cxl_context *ctx = READ_ONCE(file->private_data);

	return check_alive(ctx) ?: cxl_area_mmap(&ctx->area, vma);
}
EXPORT_SYMBOL_GPL(cxl_fd_mmap);

/**
 * cxl_fd_read() - read() of the file of a context
 * @file: the file
 * @buf: destination
 * @count: its size
 * @off: not used
 *
 * May sleep.
 *
 * Return: as cxl_events_read(), -EIO also if the context is gone.
 */
ssize_t cxl_fd_read(struct file *file, char __user *buf, size_t count, loff_t *off)
{
	struct cxl_context *ctx = READ_ONCE(file->private_data);

	return ctx ? cxl_events_read(ctx, buf, count, file->f_flags & O_NONBLOCK) : -EIO;
}
EXPORT_SYMBOL_GPL(cxl_fd_read);

/**
 * cxl_fd_poll() - poll() of the file of a context
 * @file: the file
 * @poll: as poll() got it
 *
 * May sleep.
 *
 * Return: as cxl_events_poll(), EPOLLERR also if the context is gone.
 */
__poll_t cxl_fd_poll(struct file *file, struct poll_table_struct *poll)
{
	struct cxl_context *ctx = READ_ONCE(file->private_data);

	return ctx ? cxl_events_poll(ctx, file, poll) : EPOLLERR;
}
EXPORT_SYMBOL_GPL(cxl_fd_poll);

const struct file_operations cxl_file_ops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = cxl_fd_release,
	.unlocked_ioctl = cxl_fd_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = cxl_fd_mmap,
	.read = cxl_fd_read,
	.poll = cxl_fd_poll,
};
