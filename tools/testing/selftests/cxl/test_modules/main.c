// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel driver that owns the memcpy AFU, and tries all that such a driver can do.
 * The name of a test is written to the file "run" in its directory in debugfs; the
 * result of the write says how it went, and reading the file why.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "cxl_test_afu.h"

static const struct {
	const char *name;
	int (*run)(struct test_afu *test);
} tests[] = {
	{ "identity", test_identity },
	{ "same_image", test_same_image },
	{ "other_image", test_other_image },
	{ "copy", test_copy },
	{ "module_memory", test_module_memory },
	{ "bad_address", test_bad_address },
	{ "states", test_states },
	{ "contexts", test_contexts },
	{ "exhaust", test_exhaust },
	{ "registers", test_registers },
	{ "reset", test_reset },
	{ "disable", test_disable },
	{ "tasks", test_tasks },
	{ "interrupts", test_interrupts },
	{ "interrupt_errors", test_interrupt_errors },
	{ "interrupts_freed_early", test_interrupts_freed_early },
	{ "dma", test_dma },
	{ "config", test_config },
	{ "file_errors", test_file_errors },
	{ "race", test_race },
};

/* The first device of the machine is the one that tests run on. */
static DEFINE_MUTEX(the_lock);
static struct test_afu *the_test;
static struct dentry *dir;
static char failure[256];

void test_failed(const char *file, int line, const char *what)
{
	snprintf(failure, sizeof(failure), "%s:%d: %s\n", kbasename(file), line, what);
	pr_info("cxl_test_afu: %s", failure);
}

void test_differs(const char *file, int line, const char *what, long want, long got)
{
	snprintf(failure, sizeof(failure), "%s:%d: %s is %ld, not %ld\n", kbasename(file),
		 line, what, got, want);
	pr_info("cxl_test_afu: %s", failure);
}

static int run(struct test_afu *test, const char *name)
{
	int i;

	guard(mutex)(&test->lock);

	failure[0] = 0;
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		if (!strcmp(name, tests[i].name))
			return tests[i].run(test);
	}
	return -ENOENT;
}

static ssize_t run_write(struct file *file, const char __user *ubuf, size_t count,
			 loff_t *off)
{
	char name[64];
	int ret;

	if (count >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, ubuf, count))
		return -EFAULT;
	name[count] = 0;
	guard(mutex)(&the_lock);
	ret = the_test ? run(the_test, strim(name)) : -ENODEV;
	return ret ?: count;
}

static ssize_t run_read(struct file *file, char __user *ubuf, size_t count, loff_t *off)
{
	return simple_read_from_buffer(ubuf, count, off, failure, strlen(failure));
}

static const struct file_operations run_ops = {
	.owner = THIS_MODULE,
	.read = run_read,
	.write = run_write,
};

/* Leave the default context started, as a driver at work has it. */
static int set_busy(struct test_afu *test, bool busy)
{
	struct cxl_context *ctx = cxl_get_context(test->pdev);
	int ret = 0;

	guard(mutex)(&test->lock);

	if (busy == test->busy)
		return 0;
	if (busy) {
		ring_reset(&test->ring);
		ret = cxl_start_context(ctx, ring_wed(&test->ring), NULL);
	} else {
		cxl_stop_context(ctx);
	}
	if (!ret)
		test->busy = busy;
	return ret;
}

static long get_fd(struct test_afu *test, const struct cxl_test_get_fd __user *uarg)
{
	struct cxl_test_get_fd args;

	if (copy_from_user(&args, uarg, sizeof(args)))
		return -EFAULT;
	return test_get_fd(test, &args);
}

static long node_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *uarg = (void __user *)arg;

	guard(mutex)(&the_lock);

	if (!the_test)
		return -ENODEV;
	switch (cmd) {
	case CXL_TEST_GET_FD:
		return get_fd(the_test, uarg);
	case CXL_TEST_GET_ERRORS:
		return copy_to_user(uarg, &the_test->errors, sizeof(the_test->errors)) ?
		       -EFAULT : 0;
	case CXL_TEST_BUSY:
		return set_busy(the_test, true);
	case CXL_TEST_IDLE:
		return set_busy(the_test, false);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations node_ops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = node_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice node = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "cxl_test_afu",
	.fops = &node_ops,
};

static pci_ers_result_t error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct test_afu *test = pci_get_drvdata(pdev);

	guard(mutex)(&test->lock);

	if (state == pci_channel_io_perm_failure) {
		test->errors.dead++;
		return PCI_ERS_RESULT_DISCONNECT;
	}
	test->errors.frozen++;
	if (test->busy)
		WARN_ON(cxl_stop_context(cxl_get_context(pdev)));
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t slot_reset(struct pci_dev *pdev)
{
	struct test_afu *test = pci_get_drvdata(pdev);
	int ret = 0;

	guard(mutex)(&test->lock);

	test->errors.resets++;
	if (test->busy) {
		ring_reset(&test->ring);
		ret = cxl_start_context(cxl_get_context(pdev), ring_wed(&test->ring), NULL);
	}
	return ret ? PCI_ERS_RESULT_DISCONNECT : PCI_ERS_RESULT_RECOVERED;
}

static void resume(struct pci_dev *pdev)
{
	struct test_afu *test = pci_get_drvdata(pdev);

	guard(mutex)(&test->lock);
	test->errors.resumes++;
}

static const struct pci_error_handlers error_handlers = {
	.error_detected = error_detected,
	.slot_reset = slot_reset,
	.resume = resume,
};

static bool hold_probe;
module_param(hold_probe, bool, 0600);
MODULE_PARM_DESC(hold_probe, "a device is not bound while this is set");

static int test_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct test_afu *test;
	int ret;

	while (READ_ONCE(hold_probe))
		msleep(20);
	if (IS_ERR(cxl_pci_to_afu(pdev)))
		return -ENODEV;
	test = kzalloc(sizeof(*test), GFP_KERNEL);
	if (!test)
		return -ENOMEM;
	mutex_init(&test->lock);
	test->pdev = pdev;
	test->afu = cxl_pci_to_afu(pdev);
	ret = ring_alloc(&test->ring);
	if (ret)
		goto err_free;
	ret = pci_enable_device(pdev);
	if (ret)
		goto err_ring;
	pci_set_drvdata(pdev, test);
	scoped_guard(mutex, &the_lock) {
		if (!the_test)
			the_test = test;
	}
	return 0;

err_ring:
	ring_free(&test->ring);
err_free:
	kfree(test);
	return ret;
}

static void test_remove(struct pci_dev *pdev)
{
	struct test_afu *test = pci_get_drvdata(pdev);

	scoped_guard(mutex, &the_lock) {
		if (the_test == test)
			the_test = NULL;
	}
	set_busy(test, false);
	pci_disable_device(pdev);
	ring_free(&test->ring);
	mutex_destroy(&test->lock);
	kfree(test);
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_IBM, 0x4350) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver driver = {
	.name = "cxl_test_afu",
	.id_table = ids,
	.probe = test_probe,
	.remove = test_remove,
	.err_handler = &error_handlers,
};

static int __init test_init(void)
{
	int ret;

	ret = misc_register(&node);
	if (ret)
		return ret;
	dir = debugfs_create_dir("cxl_test_afu", NULL);
	debugfs_create_file("run", 0600, dir, NULL, &run_ops);
	ret = pci_register_driver(&driver);
	if (ret) {
		debugfs_remove(dir);
		misc_deregister(&node);
	}
	return ret;
}
module_init(test_init);

static void __exit test_exit(void)
{
	pci_unregister_driver(&driver);
	debugfs_remove(dir);
	misc_deregister(&node);
}
module_exit(test_exit);

MODULE_DESCRIPTION("Test driver of the memcpy AFU");
MODULE_LICENSE("GPL");
