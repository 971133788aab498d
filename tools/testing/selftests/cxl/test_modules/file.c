// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that the driver makes for contexts, with operations and events of its own.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cxl_test_afu.h"

/**
 * struct sender - what the driver knows of the context of a file
 * @delivered: what has become of events
 * @event: that is sent again and again, or NULL
 */
struct sender {
	/** @lock: guards the others; taken in the callback that fetches */
	spinlock_t lock;
	struct cxl_test_delivered delivered;
	struct cxl_event_afu_driver_reserved *event;
};

static struct cxl_event_afu_driver_reserved *fetch_event(struct cxl_context *ctx)
{
	struct sender *sender = cxl_get_priv(ctx);

	guard(spinlock_irqsave)(&sender->lock);
	return sender->event;
}

static void event_delivered(struct cxl_context *ctx,
			    struct cxl_event_afu_driver_reserved *event, int rc)
{
	struct sender *sender = cxl_get_priv(ctx);

	might_sleep();
	guard(spinlock_irqsave)(&sender->lock);
	if (!rc)
		sender->delivered.good++;
	else if (rc == -EFAULT)
		sender->delivered.faults++;
	else if (rc == -EINVAL)
		sender->delivered.invalid++;
}

static struct cxl_afu_driver_ops driver_ops = {
	.fetch_event = fetch_event,
	.event_delivered = event_delivered,
};

static struct sender *sender_create(struct cxl_context *ctx)
{
	struct sender *sender = kzalloc(sizeof(*sender), GFP_KERNEL);

	if (!sender)
		return NULL;
	spin_lock_init(&sender->lock);
	cxl_set_priv(ctx, sender);
	cxl_set_driver_ops(ctx, &driver_ops);
	return sender;
}

static void sender_free(struct sender *sender)
{
	kfree(sender->event);
	kfree(sender);
}

/* Without a size the event is one that there is not. */
static int send(struct cxl_context *ctx, const struct cxl_test_event __user *uarg)
{
	struct cxl_event_afu_driver_reserved *event = NULL;
	struct sender *sender = cxl_get_priv(ctx);
	struct cxl_test_event args;
	u32 i;

	if (copy_from_user(&args, uarg, sizeof(args)))
		return -EFAULT;
	if (args.size > SZ_128K)
		return -EINVAL;
	if (args.size) {
		event = kmalloc(struct_size(event, data, args.size), GFP_KERNEL);
		if (!event)
			return -ENOMEM;
		event->data_size = args.size;
		for (i = 0; i < args.size; i++)
			event->data[i] = i;
	}
	scoped_guard(spinlock_irq, &sender->lock)
		swap(sender->event, event);
	kfree(event);
	cxl_context_events_pending(ctx, args.number);
	return 0;
}

static long file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct cxl_context *ctx = cxl_fops_get_context(file);
	struct cxl_test_delivered delivered;
	struct sender *sender;

	if (!ctx)
		return -EIO;
	sender = cxl_get_priv(ctx);
	switch (cmd) {
	case CXL_TEST_SEND:
		return send(ctx, (void __user *)arg);
	case CXL_TEST_DELIVERED:
		scoped_guard(spinlock_irq, &sender->lock)
			delivered = sender->delivered;
		return copy_to_user((void __user *)arg, &delivered, sizeof(delivered)) ?
		       -EFAULT : 0;
	case CXL_TEST_STOP:
		return cxl_stop_context(ctx);
	default:
		return cxl_fd_ioctl(file, cmd, arg);
	}
}

static int file_release(struct inode *inode, struct file *file)
{
	struct cxl_context *ctx = cxl_fops_get_context(file);
	struct sender *sender = cxl_get_priv(ctx);
	int ret;

	ret = cxl_fd_release(inode, file);
	/* From now on nothing calls back. */
	sender_free(sender);
	return ret;
}

static struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = file_ioctl,
	.release = file_release,
};

static int start_work(struct cxl_context *ctx, const struct cxl_test_get_fd *args)
{
	struct cxl_ioctl_start_work work = { .work_element_descriptor = args->wed };

	if (args->flags & CXL_TEST_NUM_IRQS) {
		work.flags = CXL_START_WORK_NUM_IRQS;
		work.num_interrupts = args->num_interrupts;
	}
	return cxl_start_work(ctx, &work);
}

/* A context and a file for it, which a program gets. */
int test_get_fd(struct test_afu *test, const struct cxl_test_get_fd *args)
{
	bool own_ops = !(args->flags & CXL_TEST_DEFAULT_OPS);
	struct sender *sender = NULL;
	struct cxl_context *ctx;
	struct file *file;
	int fd = -1, ret;

	ctx = cxl_dev_context_init(test->pdev);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	if (args->flags & CXL_TEST_MASTER)
		cxl_set_master(ctx);
	ret = -ENOMEM;
	if (own_ops)
		sender = sender_create(ctx);
	if (own_ops && !sender)
		goto err_ctx;
	ret = args->flags & CXL_TEST_START ? start_work(ctx, args) : 0;
	if (ret)
		goto err_ctx;
	file = cxl_get_fd(ctx, own_ops ? &file_ops : NULL, &fd);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto err_ctx;
	}
	fd_install(fd, file);
	return fd;

err_ctx:
	cxl_stop_context(ctx);
	cxl_release_context(ctx);
	kfree(sender);
	return ret;
}

static const struct file_operations no_ops = {
	.owner = THIS_MODULE,
};

/* What an error path does: the context goes first, and its file without a release(). */
static int check_abandoned(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_dev_context_init(test->pdev);
	struct file_operations ops = { .owner = THIS_MODULE };
	struct file *file;
	int fd = -1, second = -1;

	CHECK(!IS_ERR(ctx));
	file = cxl_get_fd(ctx, &ops, &fd);
	CHECK(!IS_ERR(file));
	CHECK(fd >= 0);
	CHECK(file->f_op == &ops);
	CHECK(cxl_fops_get_context(file) == ctx);
	CHECK(ops.open == cxl_fd_open);
	CHECK(ops.release == cxl_fd_release);
	CHECK(ops.unlocked_ioctl == cxl_fd_ioctl);
	CHECK(ops.compat_ioctl == compat_ptr_ioctl);
	CHECK(ops.mmap == cxl_fd_mmap);
	CHECK(ops.read == cxl_fd_read);
	CHECK(ops.poll == cxl_fd_poll);
	CHECK_EQ(-EEXIST, PTR_ERR(cxl_get_fd(ctx, &ops, &second)));
	CHECK_EQ(-1, second);

	TRY(cxl_release_context(ctx));
	CHECK(!cxl_fops_get_context(file));
	CHECK_EQ(-EIO, cxl_fd_ioctl(file, CXL_IOCTL_GET_AFU_ID, 0));
	CHECK_EQ(-EIO, cxl_fd_read(file, NULL, CXL_READ_MIN_SIZE, NULL));
	CHECK_EQ(-EIO, cxl_fd_mmap(file, NULL));
	CHECK_EQ(EPOLLERR, (__force int)cxl_fd_poll(file, NULL));
	TRY(cxl_fd_release(file_inode(file), file));
	file->f_op = &no_ops;
	put_unused_fd(fd);
	__fput_sync(file);
	return 0;
}

/* The file goes first, and with it the context. */
static int check_put(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_dev_context_init(test->pdev);
	struct file_operations ops = { .owner = THIS_MODULE };
	struct file *file;
	int fd = -1;

	CHECK(!IS_ERR(ctx));
	file = cxl_get_fd(ctx, &ops, &fd);
	CHECK(!IS_ERR(file));
	put_unused_fd(fd);
	__fput_sync(file);
	return 0;
}

/* Inodes of their own, which are no devices */
static int check_inodes(struct test_afu *test)
{
	struct file_operations ops = { .owner = THIS_MODULE };
	struct cxl_context *ctx[2];
	struct file *file[2];
	int fd[2], i;

	for (i = 0; i < 2; i++) {
		ctx[i] = cxl_dev_context_init(test->pdev);
		CHECK(!IS_ERR(ctx[i]));
		file[i] = cxl_get_fd(ctx[i], &ops, &fd[i]);
		CHECK(!IS_ERR(file[i]));
		CHECK(!S_ISCHR(file_inode(file[i])->i_mode));
		CHECK(file[i]->f_mapping == file_inode(file[i])->i_mapping);
	}
	CHECK(file[0]->f_mapping != file[1]->f_mapping);
	for (i = 0; i < 2; i++) {
		put_unused_fd(fd[i]);
		__fput_sync(file[i]);
	}
	return 0;
}

int test_file_errors(struct test_afu *test)
{
	struct cxl_context *ctx;
	int fd = -1;

	TRY(check_abandoned(test));
	TRY(check_put(test));
	TRY(check_inodes(test));

	/* One that has been stopped is of no use to a program. */
	ctx = cxl_dev_context_init(test->pdev);
	CHECK(!IS_ERR(ctx));
	CHECK_EQ(-EBUSY, cxl_stop_context(ctx));
	CHECK_EQ(-EIO, PTR_ERR(cxl_get_fd(ctx, NULL, &fd)));
	CHECK_EQ(-1, fd);
	TRY(cxl_release_context(ctx));
	return 0;
}
