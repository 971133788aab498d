/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters below /sys/kernel/debug/cxl.
 */
#ifndef _CXL_DEBUGFS_H
#define _CXL_DEBUGFS_H

struct cxl_adapter;
struct cxl_afu;

void cxl_debugfs_init(void);
void cxl_debugfs_exit(void);
void cxl_debugfs_add_adapter(struct cxl_adapter *adapter);
void cxl_debugfs_del_adapter(struct cxl_adapter *adapter);
void cxl_debugfs_add_afu(struct cxl_afu *afu);
void cxl_debugfs_del_afu(struct cxl_afu *afu);

#endif /* _CXL_DEBUGFS_H */
