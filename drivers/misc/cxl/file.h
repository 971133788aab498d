/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CXL_FILE_H
#define _CXL_FILE_H

#include <linux/fs.h>

/* Operations of the character devices of an AFU. */
extern const struct file_operations cxl_file_ops;

#endif /* _CXL_FILE_H */
