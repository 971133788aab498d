/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs among generations of the PSL.
 */
#ifndef _CXL_NATIVE_PSL_H
#define _CXL_NATIVE_PSL_H

#include <linux/types.h>

struct cxl_start;
struct native_adapter;
struct native_afu;
struct native_context;
struct native_element;

/**
 * struct native_psl - a generation of the PSL
 *
 * All functions are called in process context, may sleep, and return 0 or a
 * negative errno: -EIO when the card does not answer, -EBUSY when it takes too
 * long.
 */
struct native_psl {
	/** @name: for messages */
	const char *name;
	/** @caia_major: version of the architecture */
	u8 caia_major;
	/** @timebase: register with the time, privileged 1 */
	unsigned int timebase;
	/** @clear_adapter: forget what the card was used for before */
	int (*clear_adapter)(struct native_adapter *adapter);
	/** @setup_adapter: registers that need one value, and where data goes */
	int (*setup_adapter)(struct native_adapter *adapter);
	/** @start_timebase: follow the timebase of the processors */
	void (*start_timebase)(struct native_adapter *adapter);
	/** @flush_cache: write back what the PSL has changed; it goes away */
	void (*flush_cache)(struct native_adapter *adapter);
	/** @clear_slice: forget what the slice was used for before; it is disabled */
	void (*clear_slice)(struct native_afu *afu);
	/** @setup_slice: registers that need one value */
	void (*setup_slice)(struct native_afu *afu);
	/** @start_directed: make ready for process elements */
	void (*start_directed)(struct native_afu *afu);
	/** @start_dedicated: make ready for a single process */
	void (*start_dedicated)(struct native_afu *afu);
	/** @fill_element: what the PSL has to know of a process */
	int (*fill_element)(struct native_context *ctx, const struct cxl_start *start,
			    struct native_element *element);
	/** @load_dedicated: the same, for dedicated mode and in registers */
	int (*load_dedicated)(struct native_afu *afu, const struct native_element *element);
	/** @forget_process: drop what is cached of a process that has been removed */
	int (*forget_process)(struct native_adapter *adapter, u32 process_id);
};

extern const struct native_psl native_psl8;

#endif /* _CXL_NATIVE_PSL_H */
