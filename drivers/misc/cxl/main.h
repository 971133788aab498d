/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the whole module shares.
 */
#ifndef _CXL_MAIN_H
#define _CXL_MAIN_H

#include <linux/types.h>

struct class;
struct workqueue_struct;

extern const struct class cxl_class;

/* Serves translation faults; may be what memory reclaim waits for. */
extern struct workqueue_struct *cxl_fault_wq;

/* cxl_devt() - device number of one of the CXL_MINORS minors */
dev_t cxl_devt(unsigned int minor);

/*
 * Objects whose release functions live in this module: the class, adapters,
 * AFUs, nodes and configuration records. The module waits for the last one.
 */
void cxl_object_created(void);
void cxl_object_released(void);

#endif /* _CXL_MAIN_H */
