// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of cards that a machine has to itself: images, and what a reset does
 * with them.
 */
#include <linux/cleanup.h>
#include <linux/kstrtox.h>
#include <linux/sysfs.h>

#include "native.h"

static struct native_adapter *to_adapter(struct device *dev)
{
	return to_native_adapter(to_cxl_adapter(dev));
}

static ssize_t base_image_show(struct device *dev, struct device_attribute *attr,
			       char *buf)
{
	return sysfs_emit(buf, "%u\n", to_adapter(dev)->vsec.base_image);
}
static DEVICE_ATTR_RO(base_image);

static ssize_t image_loaded_show(struct device *dev, struct device_attribute *attr,
				 char *buf)
{
	bool user = to_adapter(dev)->vsec.image & VSEC_IMAGE_USER;

	return sysfs_emit(buf, "%s\n", user ? "user" : "factory");
}
static DEVICE_ATTR_RO(image_loaded);

enum { IMAGE_NONE, IMAGE_USER, IMAGE_FACTORY };

static const char * const image_names[] = {
	[IMAGE_NONE] = "none",
	[IMAGE_USER] = "user",
	[IMAGE_FACTORY] = "factory",
};

static ssize_t load_image_on_perst_show(struct device *dev,
					struct device_attribute *attr, char *buf)
{
	struct native_adapter *adapter = to_adapter(dev);
	int image = IMAGE_NONE;

	scoped_guard(mutex, &adapter->image_lock) {
		if (adapter->image_loads)
			image = adapter->image_user ? IMAGE_USER : IMAGE_FACTORY;
	}
	return sysfs_emit(buf, "%s\n", image_names[image]);
}

static ssize_t load_image_on_perst_store(struct device *dev,
					 struct device_attribute *attr,
					 const char *buf, size_t count)
{
	struct native_adapter *adapter = to_adapter(dev);
	int image = sysfs_match_string(image_names, buf);
	bool user = image == IMAGE_USER;

	if (image < 0)
		return image;
	/* Which one is kept for the day on which one is loaded again. */
	if (image == IMAGE_NONE)
		user = READ_ONCE(adapter->image_user);
	return native_pci_set_image(adapter, image != IMAGE_NONE, user) ?: count;
}
static DEVICE_ATTR_RW(load_image_on_perst);

static ssize_t perst_reloads_same_image_show(struct device *dev,
					     struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_adapter(dev)->same_image));
}

static ssize_t perst_reloads_same_image_store(struct device *dev,
					      struct device_attribute *attr,
					      const char *buf, size_t count)
{
	int value;

	if (kstrtoint(buf, 0, &value) || value < 0 || value > 1)
		return -EINVAL;
	WRITE_ONCE(to_adapter(dev)->same_image, value);
	return count;
}
static DEVICE_ATTR_RW(perst_reloads_same_image);

static struct attribute *native_attrs[] = {
	&dev_attr_base_image.attr,
	&dev_attr_image_loaded.attr,
	&dev_attr_load_image_on_perst.attr,
	&dev_attr_perst_reloads_same_image.attr,
	NULL
};

static const struct attribute_group native_group = {
	.attrs = native_attrs,
};

const struct attribute_group *native_adapter_groups[] = { &native_group, NULL };
