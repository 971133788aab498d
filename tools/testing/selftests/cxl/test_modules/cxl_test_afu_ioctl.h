/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Between the test driver and the programs that use it.
 */
#ifndef CXL_TEST_AFU_IOCTL_H
#define CXL_TEST_AFU_IOCTL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define CXL_TEST_NODE	"/dev/cxl_test_afu"

/**
 * struct cxl_test_get_fd - a file for a new context
 * @flags: CXL_TEST_*
 * @num_interrupts: with CXL_TEST_NUM_IRQS
 * @wed: work element descriptor, with CXL_TEST_START
 */
struct cxl_test_get_fd {
	__u32 flags;
	__u32 num_interrupts;
	__u64 wed;
};

#define CXL_TEST_START		1	/* cxl_start_work() before cxl_get_fd() */
#define CXL_TEST_NUM_IRQS	2
#define CXL_TEST_DEFAULT_OPS	4	/* operations of the AFU's own nodes */
#define CXL_TEST_MASTER		8

/**
 * struct cxl_test_event - have the driver send events
 * @number: how many
 * @size: bytes of each, which count up from 0
 */
struct cxl_test_event {
	__u32 number;
	__u32 size;
};

/* What has become of them */
struct cxl_test_delivered {
	__u32 good;
	__u32 faults;
	__u32 invalid;
};

/* What the error handlers have been told so far */
struct cxl_test_errors {
	__u32 frozen;
	__u32 dead;
	__u32 resets;
	__u32 resumes;
};

#define CXL_TEST_MAGIC	0xCB

/* of CXL_TEST_NODE; the first returns a file descriptor */
#define CXL_TEST_GET_FD		_IOW(CXL_TEST_MAGIC, 0, struct cxl_test_get_fd)
#define CXL_TEST_GET_ERRORS	_IOR(CXL_TEST_MAGIC, 1, struct cxl_test_errors)
/* The default context is started, or stopped again */
#define CXL_TEST_BUSY		_IO(CXL_TEST_MAGIC, 2)
#define CXL_TEST_IDLE		_IO(CXL_TEST_MAGIC, 3)

/* of such a file; these come on top of those of an AFU's node */
#define CXL_TEST_SEND		_IOW(CXL_TEST_MAGIC, 16, struct cxl_test_event)
#define CXL_TEST_DELIVERED	_IOR(CXL_TEST_MAGIC, 17, struct cxl_test_delivered)
#define CXL_TEST_STOP		_IO(CXL_TEST_MAGIC, 18)

#endif /* CXL_TEST_AFU_IOCTL_H */
