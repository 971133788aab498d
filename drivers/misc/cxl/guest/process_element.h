/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Process element structure, version 1, as H_ATTACH_CA_PROCESS takes it
 * (LoPAR, "Coherent Platform Facilities"). Big endian, bit 0 first.
 */
#ifndef _CXL_GUEST_PROCESS_ELEMENT_H
#define _CXL_GUEST_PROCESS_ELEMENT_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#include "../irq_pool.h"

#define GUEST_ELEMENT_VERSION	1

#define GUEST_ELEMENT_PROBLEM_STATE	BIT_ULL(62)	/* IBM bit 1 */
#define GUEST_ELEMENT_TRANSLATION	BIT_ULL(58)	/* IBM bit 5 */
#define GUEST_ELEMENT_64_BIT		BIT_ULL(57)	/* IBM bit 6 */
#define GUEST_ELEMENT_PRIVILEGED	BIT_ULL(56)	/* IBM bit 7 */

struct guest_process_element {
	__be64 version;
	__be64 flags;
	u8 reserved0[12];
	__be32 psl_isn;
	u8 isn_bitmap[CXL_MAX_IRQS / 8];
	u8 reserved1[144];
	__be32 thread_id;
	__be32 process_id;
	__be64 csrp;
	__be64 aurp0;
	__be64 aurp1;
	__be64 sstp0;
	__be64 sstp1;
	__be64 amr;
	u8 reserved3[4];
	__be64 wed;
	u8 reserved4[12];
} __packed;

static_assert(sizeof(struct guest_process_element) == 512);
static_assert(offsetof(struct guest_process_element, psl_isn) == 0x1c);
static_assert(offsetof(struct guest_process_element, isn_bitmap) == 0x20);
static_assert(offsetof(struct guest_process_element, thread_id) == 0x1b0);
static_assert(offsetof(struct guest_process_element, sstp0) == 0x1d0);
static_assert(offsetof(struct guest_process_element, amr) == 0x1e0);
static_assert(offsetof(struct guest_process_element, wed) == 0x1ec);

struct cxl_start;

/**
 * struct guest_element_info - what a process element is made of
 * @start: what the program asked for
 * @pool: interrupts of the facility
 * @isns: those of the process, the PSL interrupt first
 * @sstp0: storage segment table pointer
 * @sstp1: storage segment table pointer
 * @process_id: tells the segments of one address space from those of another
 *	in the PSL's buffers
 * @privileged: with the rights of the function's owner
 */
struct guest_element_info {
	const struct cxl_start *start;
	const struct cxl_irq_pool *pool;
	const struct cxl_irq_set *isns;
	u64 sstp0;
	u64 sstp1;
	u32 process_id;
	bool privileged;
};

void guest_element_encode(struct guest_process_element *element,
			  const struct guest_element_info *info);

#endif /* _CXL_GUEST_PROCESS_ELEMENT_H */
