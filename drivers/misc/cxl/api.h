/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files share that kernel drivers of AFUs call.
 */
#ifndef _CXL_API_H
#define _CXL_API_H

struct cxl_context;
struct cxl_start;
struct task_struct;

int cxl_start_task(struct cxl_context *ctx, struct cxl_start *start,
		   struct task_struct *task);

#endif /* _CXL_API_H */
