/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes of cards, AFUs and their nodes.
 */
#ifndef _CXL_SYSFS_H
#define _CXL_SYSFS_H

struct attribute_group;
struct cxl_afu;

extern const struct attribute_group *cxl_adapter_groups[];
extern const struct attribute_group *cxl_afu_groups[];
extern const struct attribute_group *cxl_master_groups[];

void cxl_sysfs_prepare_afu(struct cxl_afu *afu);

#endif /* _CXL_SYSFS_H */
