// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flashing: the node of a card, to which a program hands a new image for the
 * FPGA in pieces, twice: once to store it, once to compare. Then the AFUs go,
 * the card is reset and comes back as what the image has made of it.
 */
#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <uapi/misc/cxl.h>

#include "dt_update.h"
#include "guest.h"
#include "sg_list.h"

static struct workqueue_struct *flash_wq;

/* The card is found anew; this adapter goes, and with it what the card was. */
static void reload(struct work_struct *work)
{
	struct guest_flash *flash = container_of(work, struct guest_flash, reload);
	struct guest_adapter *adapter = container_of(flash, struct guest_adapter, flash);
	struct device *dev = adapter->core.dev.parent;
	int ret;

	ret = device_reprobe(dev);
	if (ret < 0)
		dev_err(dev, "cannot be used with its new image: %d\n", ret);
	put_device(dev);

	WRITE_ONCE(flash->reloaded, true);
	wake_up_all(&flash->wait);
	put_device(&adapter->core.dev);
}

static void queue_reload(struct guest_adapter *adapter)
{
	adapter->flash.phase = GUEST_FLASH_GONE;
	get_device(&adapter->core.dev);
	get_device(adapter->core.dev.parent);
	queue_work(flash_wq, &adapter->flash.reload);
}

static int buffers_get(struct guest_flash *flash)
{
	if (!flash->data)
		flash->data = kvmalloc(GUEST_SG_MAX_SIZE, GFP_KERNEL);
	if (!flash->list)
		flash->list = guest_sg_list_alloc();
	return flash->data && flash->list ? 0 : -ENOMEM;
}

/* @safe: the hypervisor does not read them any more. */
static void buffers_put(struct guest_flash *flash, bool safe)
{
	if (safe) {
		kvfree(flash->data);
		kfree(flash->list);
	} else {
		kmemleak_not_leak(flash->data);
		kmemleak_not_leak(flash->list);
	}
	flash->data = NULL;
	flash->list = NULL;
	flash->lent = false;
}

/* After a reset of the card the hypervisor has given back what it was lent. */
static void buffers_after_reset(struct guest_flash *flash, int result)
{
	bool safe = !flash->lent || !result;

	if (!flash->open || !safe)
		buffers_put(flash, safe);
	flash->lent = false;
}

static void recover(struct work_struct *work)
{
	struct guest_flash *flash = container_of(work, struct guest_flash, recover);
	struct guest_adapter *adapter = container_of(flash, struct guest_adapter, flash);
	int ret;

	ret = cxl_adapter_reset_claimed(&adapter->core);
	scoped_guard(mutex, &flash->lock) {
		buffers_after_reset(flash, ret);
		if (flash->phase == GUEST_FLASH_RESET)
			flash->phase = GUEST_FLASH_IDLE;
	}
	cxl_adapter_unclaim(&adapter->core);
	wake_up_all(&flash->wait);
}

/* Not here: who is about to end should not have to wait for a reset. */
static void give_up(struct guest_flash *flash)
{
	flash->phase = GUEST_FLASH_RESET;
	queue_work(flash_wq, &flash->recover);
}

/* Where an AFU has been, another one may be now, or none. */
static int activate(struct guest_adapter *adapter)
{
	struct device *dev = &adapter->core.dev;
	int ret;

	adapter->flash.phase = GUEST_FLASH_DONE;
	guest_functions_remove(adapter);
	ret = adapter->core.ops->adapter_reset(&adapter->core);
	if (ret) {
		dev_err(dev, "not reset, its new image waits for that: %d\n", ret);
		return ret;
	}
	ret = guest_dt_update(adapter->handle);
	if (ret)
		dev_err(dev, "the device tree does not tell of its new image: %d\n",
			ret);
	return ret;
}

/* Copy a piece to where the hypervisor reads it. Returns its length. */
static ssize_t fetch(struct guest_adapter *adapter, const struct cxl_adapter_image *image)
{
	struct guest_flash *flash = &adapter->flash;
	size_t header = 0;
	int ret;

	ret = buffers_get(flash);
	if (ret)
		return ret;
	if (image->flags & CXL_AI_NEED_HEADER) {
		header = CXL_AI_HEADER_SIZE;
		guest_image_header_fill(flash->data, &adapter->ids, image->len_image);
	}
	if (copy_from_user(flash->data + header, u64_to_user_ptr(image->data),
			   image->len_data))
		return -EFAULT;
	return header + image->len_data;
}

static int pass_on(struct guest_adapter *adapter, enum guest_download_op op, size_t len)
{
	struct guest_flash *flash = &adapter->flash;
	bool download = op == GUEST_DOWNLOAD;
	unsigned int entries;
	long rc;

	entries = guest_sg_list_fill(flash->list, flash->data, len);
	scoped_guard(mutex, &adapter->hcall_lock)
		rc = guest_download(adapter->handle, op, __pa(flash->list), entries,
				    &flash->token);
	if (rc == H_CONTINUE) {
		flash->phase = download ? GUEST_FLASH_DOWNLOAD : GUEST_FLASH_VALIDATE;
		return 1;
	}
	if (rc == H_SUCCESS && download) {
		flash->phase = GUEST_FLASH_DOWNLOADED;
		return 0;
	}
	if (rc == H_SUCCESS)
		return activate(adapter);

	flash->lent = rc == H_BUSY;
	dev_err_ratelimited(&adapter->core.dev,
			    "%s of an image failed: %ld, the card is reset\n",
			    download ? "download" : "validation", rc);
	give_up(flash);
	if (rc == H_BUSY && fatal_signal_pending(current))
		return -EINTR;
	return guest_hcall_errno(rc);
}

static int take_piece(struct guest_adapter *adapter, enum guest_download_op op,
		      const struct cxl_adapter_image *image)
{
	struct guest_flash *flash = &adapter->flash;
	bool begins = guest_flash_begins(flash->phase, op);
	ssize_t len;
	int ret;

	if (flash->phase == GUEST_FLASH_GONE)
		return -ENODEV;
	if (flash->phase == GUEST_FLASH_RESET)
		return -EBUSY;
	if (!begins && (!guest_flash_continues(flash->phase, op) ||
			image->flags & CXL_AI_NEED_HEADER))
		return -EINVAL;

	len = fetch(adapter, image);
	if (len < 0)
		return len;
	if (begins) {
		ret = op == GUEST_DOWNLOAD ? cxl_adapter_claim(&adapter->core, false) : 0;
		if (ret)
			return ret;
		flash->token = 0;
	}
	return pass_on(adapter, op, len);
}

static long flash_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct guest_adapter *adapter = file->private_data;
	struct guest_flash *flash = &adapter->flash;
	struct cxl_adapter_image image;
	enum guest_download_op op;
	int ret;

	switch (cmd) {
	case CXL_IOCTL_DOWNLOAD_IMAGE:
		op = GUEST_DOWNLOAD;
		break;
	case CXL_IOCTL_VALIDATE_IMAGE:
		op = GUEST_VALIDATE;
		break;
	default:
		return -EINVAL;
	}
	if (copy_from_user(&image, (void __user *)arg, sizeof(image)))
		return -EFAULT;
	ret = guest_image_check(&image);
	if (ret)
		return ret;

	/* After an attempt that failed, the next one begins with a clean card. */
	ret = wait_event_interruptible(flash->wait,
				       READ_ONCE(flash->phase) != GUEST_FLASH_RESET);
	if (ret)
		return ret;
	scoped_cond_guard(mutex_intr, return -ERESTARTSYS, &flash->lock)
		ret = take_piece(adapter, op, &image);
	return ret;
}

static bool must_wait(struct guest_flash *flash)
{
	enum guest_flash_phase phase = READ_ONCE(flash->phase);

	return phase == GUEST_FLASH_RESET ||
	       (READ_ONCE(flash->open) && phase != GUEST_FLASH_GONE);
}

static int try_open(struct guest_flash *flash)
{
	int ret;

	guard(mutex)(&flash->lock);

	if (flash->phase == GUEST_FLASH_GONE)
		return -ENODEV;
	if (must_wait(flash))
		return -EAGAIN;
	ret = buffers_get(flash);
	if (ret)
		buffers_put(flash, true);
	else
		flash->open = true;
	return ret;
}

static int flash_open(struct inode *inode, struct file *file)
{
	struct cxl_adapter *core = container_of(inode->i_cdev, struct cxl_adapter, cdev);
	struct guest_flash *flash = &to_guest_adapter(core)->flash;
	int ret;

	do {
		if (file->f_flags & O_NONBLOCK && must_wait(flash))
			return -EBUSY;
		ret = wait_event_interruptible(flash->wait, !must_wait(flash)) ?:
		      try_open(flash);
	} while (ret == -EAGAIN);
	file->private_data = to_guest_adapter(core);
	return ret;
}

/* Who closes the file finds the card as it is from now on, unless killed. */
static int flash_release(struct inode *inode, struct file *file)
{
	struct guest_adapter *adapter = file->private_data;
	struct guest_flash *flash = &adapter->flash;
	bool reloads;

	scoped_guard(mutex, &flash->lock) {
		if (guest_flash_unfinished(flash->phase)) {
			dev_err(&adapter->core.dev,
				"the new image is incomplete, the card is reset\n");
			give_up(flash);
		}
		reloads = flash->phase == GUEST_FLASH_DONE;
		if (reloads)
			queue_reload(adapter);
		flash->open = false;
		if (!flash->lent)
			buffers_put(flash, true);
	}
	wake_up_all(&flash->wait);
	wait_event_killable(flash->wait, READ_ONCE(flash->phase) != GUEST_FLASH_RESET &&
			    (!reloads || READ_ONCE(flash->reloaded)));
	return 0;
}

static const struct file_operations flash_ops = {
	.owner = THIS_MODULE,
	.open = flash_open,
	.release = flash_release,
	.unlocked_ioctl = flash_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * guest_flash_init() - give a card a node to flash it by
 * @adapter: not yet registered
 */
void guest_flash_init(struct guest_adapter *adapter)
{
	struct guest_flash *flash = &adapter->flash;

	mutex_init(&flash->lock);
	init_waitqueue_head(&flash->wait);
	INIT_WORK(&flash->recover, recover);
	INIT_WORK(&flash->reload, reload);
	cdev_init(&adapter->core.cdev, &flash_ops);
	adapter->core.cdev.owner = THIS_MODULE;
}

/**
 * guest_flash_stop() - a card is being removed
 * @adapter: the card, still registered
 *
 * Waits for a hypervisor call that is under way. A download that is not
 * complete is given up, by a reset of the card. On return nobody but the caller
 * removes AFUs of the card. May sleep.
 */
void guest_flash_stop(struct guest_adapter *adapter)
{
	struct guest_flash *flash = &adapter->flash;
	bool unfinished;
	int ret = 0;

	scoped_guard(mutex, &flash->lock) {
		unfinished = guest_flash_unfinished(flash->phase);
		flash->phase = GUEST_FLASH_GONE;
	}
	wake_up_all(&flash->wait);

	if (cancel_work_sync(&flash->recover) || unfinished)
		ret = adapter->core.ops->adapter_reset(&adapter->core);
	scoped_guard(mutex, &flash->lock)
		buffers_after_reset(flash, ret);
}

/* Of its own, so that the module can wait for what is queued. */
int guest_flash_wq_create(void)
{
	flash_wq = alloc_workqueue("cxl-flash", 0, 0);
	return flash_wq ? 0 : -ENOMEM;
}

void guest_flash_wq_flush(void)
{
	flush_workqueue(flash_wq);
}

void guest_flash_wq_destroy(void)
{
	destroy_workqueue(flash_wq);
}
