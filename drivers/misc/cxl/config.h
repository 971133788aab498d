/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration records of an AFU: afuN.M/crK in sysfs.
 */
#ifndef _CXL_CONFIG_H
#define _CXL_CONFIG_H

struct cxl_afu;

int cxl_config_add(struct cxl_afu *afu);
void cxl_config_del(struct cxl_afu *afu);

#endif /* _CXL_CONFIG_H */
