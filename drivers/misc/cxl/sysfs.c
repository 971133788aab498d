// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of cards, AFUs and their nodes. Every text ends with one newline,
 * which libcxl overwrites.
 */
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "adapter.h"
#include "afu.h"
#include "segment.h"
#include "sysfs.h"

/* Version of the user ABI, and the oldest one that programs may be made for. */
#define API_VERSION		3
#define API_VERSION_COMPATIBLE	1

#define MAX_ERR_BUFFER_READ	4096

/* Cards */

static ssize_t caia_version_show(struct device *dev, struct device_attribute *attr,
				 char *buf)
{
	struct cxl_adapter *adapter = to_cxl_adapter(dev);

	return sysfs_emit(buf, "%u.%u\n", adapter->caia_major, adapter->caia_minor);
}
static DEVICE_ATTR_RO(caia_version);

static ssize_t psl_revision_show(struct device *dev, struct device_attribute *attr,
				 char *buf)
{
	return sysfs_emit(buf, "%u\n", to_cxl_adapter(dev)->psl_revision);
}
static DEVICE_ATTR_RO(psl_revision);

static ssize_t psl_timebase_synced_show(struct device *dev,
					struct device_attribute *attr, char *buf)
{
	struct cxl_adapter *adapter = to_cxl_adapter(dev);

	return sysfs_emit(buf, "%d\n", adapter->ops->adapter_timebase_synced(adapter));
}
static DEVICE_ATTR_RO(psl_timebase_synced);

/* Needs POWER9. */
static ssize_t tunneled_ops_supported_show(struct device *dev,
					   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0\n");
}
static DEVICE_ATTR_RO(tunneled_ops_supported);

static ssize_t adapter_reset_store(struct device *dev, struct device_attribute *attr,
				   const char *buf, size_t count)
{
	int value;

	if (kstrtoint(buf, 0, &value) || (value != 1 && value != -1))
		return -EINVAL;
	return cxl_adapter_reset(to_cxl_adapter(dev), value == -1) ?: count;
}

static struct device_attribute dev_attr_adapter_reset =
	__ATTR(reset, 0200, NULL, adapter_reset_store);

static struct attribute *adapter_attrs[] = {
	&dev_attr_caia_version.attr,
	&dev_attr_psl_revision.attr,
	&dev_attr_psl_timebase_synced.attr,
	&dev_attr_tunneled_ops_supported.attr,
	&dev_attr_adapter_reset.attr,
	NULL
};

static const struct attribute_group adapter_group = {
	.attrs = adapter_attrs,
};

const struct attribute_group *cxl_adapter_groups[] = { &adapter_group, NULL };

static const struct attribute_group **bin_file_groups(struct cxl_bin_file *file)
{
	file->attrs[0] = &file->attr;
	file->group.bin_attrs = file->attrs;
	file->groups[0] = &file->group;
	return file->groups;
}

/* The hardware reads from the start only, and then it may turn out shorter. */
static ssize_t vpd_read(struct file *file, struct kobject *kobj,
			struct bin_attribute *attr, char *buf, loff_t off,
			size_t count)
{
	struct cxl_adapter *adapter = to_cxl_adapter(kobj_to_dev(kobj));
	ssize_t len;
	void *vpd;

	vpd = kvmalloc(off + count, GFP_KERNEL);
	if (!vpd)
		return -ENOMEM;
	len = adapter->ops->adapter_read_vpd(adapter, vpd, off + count);
	if (len > off)
		memcpy(buf, vpd + off, len - off);
	kvfree(vpd);
	return len > off ? len - off : min_t(ssize_t, len, 0);
}

/**
 * cxl_sysfs_prepare_adapter() - attributes that depend on the card
 * @adapter: not yet registered
 */
void cxl_sysfs_prepare_adapter(struct cxl_adapter *adapter)
{
	struct cxl_bin_file *file = &adapter->vpd_file;

	adapter->dev.groups = adapter->ops->adapter_groups;
	if (!adapter->vpd_size)
		return;
	sysfs_bin_attr_init(&file->attr);
	file->attr.attr.name = "vpd";
	file->attr.attr.mode = 0400;
	file->attr.size = adapter->vpd_size;
	file->attr.read = vpd_read;
	adapter->dev.groups = bin_file_groups(file);
}

/* AFUs */

static ssize_t mmio_size_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct cxl_afu *afu = to_cxl_afu(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(afu->pp_size) ?: afu->psa_size);
}
static DEVICE_ATTR_RO(mmio_size);

static ssize_t irqs_min_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", to_cxl_afu(dev)->irqs_min);
}
static DEVICE_ATTR_RO(irqs_min);

static ssize_t irqs_max_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_cxl_afu(dev)->irqs_max));
}

static ssize_t irqs_max_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t count)
{
	struct cxl_afu *afu = to_cxl_afu(dev);
	unsigned int value;

	if (kstrtouint(buf, 0, &value) || value < afu->irqs_min ||
	    value > afu->irqs_limit)
		return -EINVAL;
	WRITE_ONCE(afu->irqs_max, value);
	return count;
}
static DEVICE_ATTR_RW(irqs_max);

static const char * const mode_names[] = {
	[CXL_AFU_MODE_NONE] = "none",
	[CXL_AFU_MODE_DEDICATED] = "dedicated_process",
	[CXL_AFU_MODE_DIRECTED] = "afu_directed",
};

static ssize_t modes_supported_show(struct device *dev,
				    struct device_attribute *attr, char *buf)
{
	struct cxl_afu *afu = to_cxl_afu(dev);
	int mode, len = 0;

	for (mode = CXL_AFU_MODE_DEDICATED; mode <= CXL_AFU_MODE_DIRECTED; mode++) {
		if (afu->modes_supported & BIT(mode))
			len += sysfs_emit_at(buf, len, "%s\n", mode_names[mode]);
	}
	return len ?: sysfs_emit(buf, "\n");
}
static DEVICE_ATTR_RO(modes_supported);

static ssize_t mode_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%s\n", mode_names[READ_ONCE(to_cxl_afu(dev)->mode)]);
}

static ssize_t mode_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t count)
{
	int mode = sysfs_match_string(mode_names, buf);

	if (mode < 0)
		return mode;
	return cxl_afu_set_mode(to_cxl_afu(dev), mode) ?: count;
}
static DEVICE_ATTR_RW(mode);

static const char * const prefault_names[] = {
	[CXL_PREFAULT_NONE] = "none",
	[CXL_PREFAULT_WED] = "work_element_descriptor",
	[CXL_PREFAULT_ALL] = "all",
};

static ssize_t prefault_mode_show(struct device *dev, struct device_attribute *attr,
				  char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  prefault_names[READ_ONCE(to_cxl_afu(dev)->prefault)]);
}

static ssize_t prefault_mode_store(struct device *dev, struct device_attribute *attr,
				   const char *buf, size_t count)
{
	int mode = sysfs_match_string(prefault_names, buf);

	if (mode < 0)
		return mode;
	WRITE_ONCE(to_cxl_afu(dev)->prefault, mode);
	return count;
}
static DEVICE_ATTR_RW(prefault_mode);

static ssize_t api_version_show(struct device *dev, struct device_attribute *attr,
				char *buf)
{
	return sysfs_emit(buf, "%d\n", API_VERSION);
}
static DEVICE_ATTR_RO(api_version);

static ssize_t api_version_compatible_show(struct device *dev,
					   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", API_VERSION_COMPATIBLE);
}
static DEVICE_ATTR_RO(api_version_compatible);

static ssize_t reset_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	int value;

	if (kstrtoint(buf, 0, &value) || value != 1)
		return -EINVAL;
	return cxl_afu_reset_unused(to_cxl_afu(dev)) ?: count;
}
static DEVICE_ATTR_WO(reset);

static struct attribute *afu_attrs[] = {
	&dev_attr_mmio_size.attr,
	&dev_attr_irqs_min.attr,
	&dev_attr_irqs_max.attr,
	&dev_attr_modes_supported.attr,
	&dev_attr_mode.attr,
	&dev_attr_prefault_mode.attr,
	&dev_attr_api_version.attr,
	&dev_attr_api_version_compatible.attr,
	&dev_attr_reset.attr,
	NULL
};

static const struct attribute_group afu_group = {
	.attrs = afu_attrs,
};

const struct attribute_group *cxl_afu_groups[] = { &afu_group, NULL };

static ssize_t err_buffer_read(struct file *file, struct kobject *kobj,
			       struct bin_attribute *attr, char *buf, loff_t off,
			       size_t count)
{
	struct cxl_afu *afu = to_cxl_afu(kobj_to_dev(kobj));
	int ret;

	count = min_t(size_t, count, MAX_ERR_BUFFER_READ);
	ret = cxl_afu_ops(afu)->afu_read_err_buffer(afu, buf, off, count);
	return ret ?: count;
}

/**
 * cxl_sysfs_prepare_afu() - attributes that depend on the AFU
 * @afu: not yet registered
 */
void cxl_sysfs_prepare_afu(struct cxl_afu *afu)
{
	struct cxl_bin_file *file = &afu->eb_file;

	if (!afu->eb_len)
		return;
	sysfs_bin_attr_init(&file->attr);
	file->attr.attr.name = "afu_err_buff";
	file->attr.attr.mode = 0444;
	file->attr.size = afu->eb_len;
	file->attr.read = err_buffer_read;
	afu->dev.groups = bin_file_groups(file);
}

/* Nodes of master contexts */

static ssize_t master_mmio_size_show(struct device *dev,
				     struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", to_cxl_node(dev)->afu->psa_size);
}

static struct device_attribute dev_attr_master_mmio_size =
	__ATTR(mmio_size, 0444, master_mmio_size_show, NULL);

static ssize_t pp_mmio_len_show(struct device *dev, struct device_attribute *attr,
				char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(to_cxl_node(dev)->afu->pp_size));
}
static DEVICE_ATTR_RO(pp_mmio_len);

static ssize_t pp_mmio_off_show(struct device *dev, struct device_attribute *attr,
				char *buf)
{
	return sysfs_emit(buf, "%llu\n", to_cxl_node(dev)->afu->pp_off);
}
static DEVICE_ATTR_RO(pp_mmio_off);

static struct attribute *master_attrs[] = {
	&dev_attr_master_mmio_size.attr,
	&dev_attr_pp_mmio_len.attr,
	&dev_attr_pp_mmio_off.attr,
	NULL
};

static umode_t master_is_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	if (attr == &dev_attr_pp_mmio_off.attr &&
	    !to_cxl_node(kobj_to_dev(kobj))->afu->pp_off_known)
		return 0;
	return attr->mode;
}

static const struct attribute_group master_group = {
	.attrs = master_attrs,
	.is_visible = master_is_visible,
};

const struct attribute_group *cxl_master_groups[] = { &master_group, NULL };
