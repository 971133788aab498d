/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device tree nodes of facilities and functions (LoPAR, binding appendix).
 */
#ifndef _CXL_GUEST_OF_H
#define _CXL_GUEST_OF_H

#include <linux/types.h>

#include "flash_image.h"
#include "../irq_pool.h"

struct device_node;

#define GUEST_MAX_ISN_RANGES	16
/* More contexts or configuration records than any card has. */
#define GUEST_MAX_PROCESSES	65536
#define GUEST_MAX_RECORDS	256

/**
 * struct guest_facility - what the device tree says of a card
 * @handle: names it in hypervisor calls
 * @ranges: its interrupts
 * @nr_ranges: entries in @ranges
 * @caia_version: major version in the upper byte, minor in the lower
 * @psl_revision: revision of the PSL
 * @vpd_size: most bytes of vital product data, 0 for none
 * @ids: what an image has to be made for
 */
struct guest_facility {
	u64 handle;
	struct guest_image_ids ids;
	struct cxl_irq_range ranges[GUEST_MAX_ISN_RANGES];
	unsigned int nr_ranges;
	u32 caia_version;
	u32 psl_revision;
	u32 vpd_size;
};

/**
 * struct guest_area - a range of addresses the partition may map
 * @start: logical real address
 * @size: bytes, 0 for none
 */
struct guest_area {
	u64 start;
	u64 size;
};

/**
 * struct guest_function - what the device tree says of an AFU
 * @handle: names it in hypervisor calls
 * @p2: privileged 2 registers
 * @psa: problem state area
 * @processes: how many may be attached at once
 * @min_ints: least interrupts of a process, with the PSL interrupt
 * @max_ints: most interrupts of a process, with the PSL interrupt
 * @error_isn: interrupt for errors of the function, 0 for none
 * @process_mmio: each process has an area of its own
 * @privileged: the partition may do everything with the function
 * @process_mmio_size: bytes of a process' area, 0 if not known
 * @error_buffer_size: bytes, 0 for none
 * @record_size: bytes of a configuration record
 * @nr_records: configuration records
 */
struct guest_function {
	u64 handle;
	struct guest_area p2;
	struct guest_area psa;
	u32 processes;
	u32 min_ints;
	u32 max_ints;
	u32 error_isn;
	bool process_mmio;
	bool privileged;
	u64 process_mmio_size;
	u64 error_buffer_size;
	u64 record_size;
	u32 nr_records;
};

int guest_parse_facility(const struct device_node *np, struct guest_facility *facility);
int guest_parse_function(const struct device_node *np, struct guest_function *function);

#endif /* _CXL_GUEST_OF_H */
