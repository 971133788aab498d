/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel driver that owns the memcpy AFU, and tries all that such a driver can do.
 */
#ifndef CXL_TEST_AFU_H
#define CXL_TEST_AFU_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <misc/cxl.h>

#include "cxl_test_afu_ioctl.h"

/* An element of the ring, big endian */
struct ring_element {
	u8 cmd;
	u8 status;
	__be16 length;
	u8 extra;
	u8 reserved1;
	__be16 reserved2;
	__be64 op1;
	__be64 src;
	__be64 dst;
};

#define RING_ELEMENTS	128
#define RING_BYTES	(RING_ELEMENTS * sizeof(struct ring_element))
#define RING_PER_LINE	4

/* The longest copy of one element, and what addresses are a multiple of */
#define RING_COPY_MAX	2048
#define RING_ALIGN	128

/**
 * struct ring - work for a context; never more than its elements
 * @elements: aligned to 4 KiB
 * @used: elements handed out
 */
struct ring {
	struct ring_element *elements;
	unsigned int used;
};

/**
 * struct test_afu - a device that the driver is bound to
 * @pdev: the device
 * @afu: its AFU
 * @ring: that of the default context
 * @busy: the default context is started and left so
 * @errors: what the error handlers have been told
 */
struct test_afu {
	struct pci_dev *pdev;
	struct cxl_afu *afu;
	/** @lock: one test at a time, and none while errors are handled */
	struct mutex lock;
	struct ring ring;
	bool busy;
	struct cxl_test_errors errors;
};

/* Fail the test unless @condition holds. */
#define CHECK(condition)						\
	do {								\
		if (!(condition)) {					\
			test_failed(__FILE__, __LINE__, #condition);	\
			return -EPROTO;					\
		}							\
	} while (0)

/* Fail the test unless the two are the same number. */
#define CHECK_EQ(want, got)						\
	do {								\
		long __want = (long)(want), __got = (long)(got);	\
									\
		if (__want != __got) {					\
			test_differs(__FILE__, __LINE__, #got, __want, __got); \
			return -EPROTO;					\
		}							\
	} while (0)

/* Go on only if @call returns 0. */
#define TRY(call)							\
	do {								\
		int __ret = (call);					\
									\
		if (__ret) {						\
			test_differs(__FILE__, __LINE__, #call, 0, __ret); \
			return -EPROTO;					\
		}							\
	} while (0)

void test_failed(const char *file, int line, const char *what);
void test_differs(const char *file, int line, const char *what, long want, long got);

/* ring.c */
int ring_alloc(struct ring *ring);
void ring_free(struct ring *ring);
void ring_reset(struct ring *ring);
u64 ring_wed(const struct ring *ring);
int ring_copy(struct ring *ring, u64 dst, u64 src, unsigned int length, u8 *status);
int ring_raise(struct ring *ring, unsigned int number);
int ring_copy_ok(struct ring *ring, void *dst, void *src, unsigned int length);

/* The tests: 0 or -EPROTO */
int test_identity(struct test_afu *test);
int test_same_image(struct test_afu *test);
int test_other_image(struct test_afu *test);
int test_copy(struct test_afu *test);
int test_module_memory(struct test_afu *test);
int test_bad_address(struct test_afu *test);
int test_states(struct test_afu *test);
int test_contexts(struct test_afu *test);
int test_exhaust(struct test_afu *test);
int test_registers(struct test_afu *test);
int test_reset(struct test_afu *test);
int test_disable(struct test_afu *test);
int test_tasks(struct test_afu *test);
int test_interrupts(struct test_afu *test);
int test_interrupt_errors(struct test_afu *test);
int test_interrupts_freed_early(struct test_afu *test);
int test_dma(struct test_afu *test);
int test_config(struct test_afu *test);
int test_file_errors(struct test_afu *test);
int test_race(struct test_afu *test);

/* file.c */
int test_get_fd(struct test_afu *test, const struct cxl_test_get_fd *args);

#endif /* CXL_TEST_AFU_H */
