// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration records of an AFU: afuN.M/crK in sysfs. They are laid out like
 * PCI configuration space, little endian.
 */
#include <linux/cleanup.h>
#include <linux/kobject.h>
#include <linux/pci_regs.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/unaligned.h>

#include "afu.h"
#include "config.h"
#include "main.h"

#define MAX_READ	4096

/**
 * struct cxl_config_record - a configuration record
 * @kobj: its directory
 * @afu: the AFU, alive as long as the directory is
 * @index: K of crK
 * @vendor: identification of the AFU
 * @device: identification of the AFU
 * @class: identification of the AFU
 * @config: the whole record; a file of its own for its size
 */
struct cxl_config_record {
	struct kobject kobj;
	struct cxl_afu *afu;
	unsigned int index;
	u16 vendor;
	u16 device;
	u32 class;
	struct bin_attribute config;
};

static struct cxl_config_record *to_record(struct kobject *kobj)
{
	return container_of(kobj, struct cxl_config_record, kobj);
}

static ssize_t vendor_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "0x%04x\n", to_record(kobj)->vendor);
}

static ssize_t device_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "0x%04x\n", to_record(kobj)->device);
}

static ssize_t class_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "0x%06x\n", to_record(kobj)->class);
}

static struct kobj_attribute vendor_attr = __ATTR_RO(vendor);
static struct kobj_attribute device_attr = __ATTR_RO(device);
static struct kobj_attribute class_attr = __ATTR_RO(class);

static struct attribute *record_attrs[] = {
	&vendor_attr.attr,
	&device_attr.attr,
	&class_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(record);

/* As on PCI, what cannot be read is all ones. */
static ssize_t config_read(struct file *file, struct kobject *kobj,
			   struct bin_attribute *attr, char *buf, loff_t off,
			   size_t count)
{
	struct cxl_config_record *record = to_record(kobj);
	struct cxl_afu *afu = record->afu;

	count = min_t(size_t, count, MAX_READ);
	if (cxl_afu_ops(afu)->afu_read_config(afu, record->index, buf, off, count))
		memset(buf, 0xff, count);
	return count;
}

static void record_release(struct kobject *kobj)
{
	kfree(to_record(kobj));
	cxl_object_released();
}

static const struct kobj_type record_type = {
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = record_groups,
	.release = record_release,
};

static int read_ids(struct cxl_config_record *record)
{
	struct cxl_afu *afu = record->afu;
	u8 buf[PCI_CLASS_REVISION + 4];
	int ret;

	if (afu->cr_len < sizeof(buf))
		return -EINVAL;
	ret = cxl_afu_ops(afu)->afu_read_config(afu, record->index, buf, 0,
						sizeof(buf));
	if (ret)
		return ret;

	record->vendor = get_unaligned_le16(buf + PCI_VENDOR_ID);
	record->device = get_unaligned_le16(buf + PCI_DEVICE_ID);
	record->class = get_unaligned_le32(buf + PCI_CLASS_REVISION) >> 8;
	return 0;
}

static int record_add(struct cxl_afu *afu, unsigned int index)
{
	struct cxl_config_record *record;
	int ret;

	record = kzalloc(sizeof(*record), GFP_KERNEL);
	if (!record)
		return -ENOMEM;
	kobject_init(&record->kobj, &record_type);
	cxl_object_created();
	record->afu = afu;
	record->index = index;

	ret = read_ids(record);
	if (ret)
		goto err_put;
	ret = kobject_add(&record->kobj, &afu->dev.kobj, "cr%u", index);
	if (ret)
		goto err_put;

	sysfs_bin_attr_init(&record->config);
	record->config.attr.name = "config";
	record->config.attr.mode = 0400;
	record->config.size = afu->cr_len;
	record->config.read = config_read;
	ret = sysfs_create_bin_file(&record->kobj, &record->config);
	if (ret)
		goto err_del;
	afu->crs[index] = record;
	return 0;

err_del:
	kobject_del(&record->kobj);
err_put:
	kobject_put(&record->kobj);
	return ret;
}

/**
 * cxl_config_add() - show the configuration records of an AFU
 * @afu: its device is registered
 *
 * The identification is read once, here. May sleep.
 *
 * Return: 0, -ENOMEM, -EINVAL for records too short to identify anything, or
 * what reading them or registering their directories returned.
 */
int cxl_config_add(struct cxl_afu *afu)
{
	unsigned int i;
	int ret;

	if (!afu->nr_crs)
		return 0;
	afu->crs = kcalloc(afu->nr_crs, sizeof(*afu->crs), GFP_KERNEL);
	if (!afu->crs)
		return -ENOMEM;

	for (i = 0; i < afu->nr_crs; i++) {
		ret = record_add(afu, i);
		if (ret) {
			dev_err(&afu->dev, "configuration record %u: error %d\n", i, ret);
			cxl_config_del(afu);
			return ret;
		}
	}
	return 0;
}

/**
 * cxl_config_del() - undo cxl_config_add()
 * @afu: the AFU
 *
 * Waits for readers. May sleep.
 */
void cxl_config_del(struct cxl_afu *afu)
{
	unsigned int i;

	for (i = 0; afu->crs && i < afu->nr_crs; i++) {
		if (!afu->crs[i])
			continue;
		sysfs_remove_bin_file(&afu->crs[i]->kobj, &afu->crs[i]->config);
		kobject_del(&afu->crs[i]->kobj);
		kobject_put(&afu->crs[i]->kobj);
	}
	kfree(afu->crs);
	afu->crs = NULL;
}
