/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes of cards, AFUs and their nodes.
 */
#ifndef _CXL_SYSFS_H
#define _CXL_SYSFS_H

#include <linux/sysfs.h>

struct cxl_adapter;
struct cxl_afu;

/**
 * struct cxl_bin_file - a binary attribute whose size differs among devices
 * @attr: the file
 * @attrs: the list with just this file
 * @group: the group with just this list
 * @groups: the list with just this group, registered with the device
 */
struct cxl_bin_file {
	struct bin_attribute attr;
	struct bin_attribute *attrs[2];
	struct attribute_group group;
	const struct attribute_group *groups[2];
};

extern const struct attribute_group *cxl_adapter_groups[];
extern const struct attribute_group *cxl_afu_groups[];
extern const struct attribute_group *cxl_master_groups[];

void cxl_sysfs_prepare_adapter(struct cxl_adapter *adapter);
void cxl_sysfs_prepare_afu(struct cxl_afu *afu);

#endif /* _CXL_SYSFS_H */
