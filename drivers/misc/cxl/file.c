// SPDX-License-Identifier: GPL-2.0-only
/*
 * Character devices of an AFU: one context for each open file.
 */
#include <linux/cdev.h>
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#include <asm/reg.h>
#include <uapi/misc/cxl.h>

#include "afu.h"
#include "context.h"
#include "file.h"

/* The layout of every structure is part of the ABI, see also tests/. */
static_assert(sizeof(struct cxl_ioctl_start_work) == 64);
static_assert(sizeof(struct cxl_afu_id) == 64);
static_assert(sizeof(struct cxl_adapter_image) == 64);

static int file_open(struct inode *inode, struct file *file)
{
	struct cxl_node *node = container_of(inode->i_cdev, struct cxl_node, cdev);
	struct cxl_context *ctx;

	ctx = cxl_context_create(node->afu, cxl_node_mode(node->kind),
				 node->kind != CXL_NODE_SLAVE);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);

	file->private_data = ctx;
	file->f_mapping = ctx->area.inode->i_mapping;
	return 0;
}

static int file_release(struct inode *inode, struct file *file)
{
	struct cxl_context *ctx = file->private_data;

	cxl_context_close(ctx);
	cxl_context_put(ctx);
	return 0;
}

/* -EIO for a context that is dead or whose card is. */
static int check_alive(struct cxl_context *ctx)
{
	if (READ_ONCE(ctx->state) == CXL_CTX_CLOSED || !cxl_afu_serves(ctx->afu))
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

	start.wed = work.work_element_descriptor;
	start.nr_irqs = (u16)work.num_interrupts;
	start.err_ff = work.flags & CXL_START_WORK_ERR_FF;
	start.sixty_four = !is_32bit_task();
	start.root = uid_eq(current_euid(), GLOBAL_ROOT_UID);
	if (work.flags & CXL_START_WORK_AMR)
		start.amr = work.amr & mfspr(SPRN_UAMOR);
	return cxl_context_start(ctx, &start);
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

static long file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct cxl_context *ctx = file->private_data;
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

static int file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct cxl_context *ctx = file->private_data;

	return check_alive(ctx) ?: cxl_area_mmap(&ctx->area, vma);
}

static ssize_t file_read(struct file *file, char __user *buf, size_t count,
			 loff_t *ppos)
{
	return cxl_events_read(file->private_data, buf, count,
			       file->f_flags & O_NONBLOCK);
}

static __poll_t file_poll(struct file *file, poll_table *wait)
{
	return cxl_events_poll(file->private_data, file, wait);
}

const struct file_operations cxl_file_ops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = file_release,
	.unlocked_ioctl = file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = file_mmap,
	.read = file_read,
	.poll = file_poll,
};
