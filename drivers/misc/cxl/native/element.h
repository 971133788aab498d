/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Process elements: what the PSL has to know of a process, in memory (CAIA 1.0,
 * ch. 4). Big endian; the bits are IBM's.
 */
#ifndef _CXL_NATIVE_ELEMENT_H
#define _CXL_NATIVE_ELEMENT_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#include <misc/cxl-base.h>

/* State register of a process, also PSL_SR_An */
#define NATIVE_SR_SF	BIT_ULL(63)	/* 0: 64-bit addresses */
#define NATIVE_SR_HV	BIT_ULL(60)	/* 3 */
#define NATIVE_SR_PR	BIT_ULL(14)	/* 49: problem state */
#define NATIVE_SR_TC	BIT_ULL(9)	/* 54: no second group of the page table */
#define NATIVE_SR_R	BIT_ULL(4)	/* 59: relocation on */
#define NATIVE_SR_MP	BIT_ULL(1)	/* 62: master */
#define NATIVE_SR_LE	BIT_ULL(0)	/* 63 */

#define NATIVE_STATE_V	BIT(31)		/* 0: valid */
#define NATIVE_STATE_T	BIT(0)		/* 31: to be terminated */

struct native_element {
	__be64 sr;
	__be64 spoffset;
	__be64 sdr;
	__be64 haurp;
	__be32 ctxtime;
	__be16 ivte_offset[CXL_IRQ_RANGES];
	__be16 ivte_range[CXL_IRQ_RANGES];
	__be32 lpid;
	__be32 tid;
	__be32 pid;
	__be64 csrp;
	__be64 aurp0;
	__be64 aurp1;
	__be64 sstp0;
	__be64 sstp1;
	__be64 amr;
	__be32 reserved;
	__be64 wed;
	__be32 state;
} __packed __aligned(4);

static_assert(sizeof(struct native_element) == 128);
static_assert(offsetof(struct native_element, ivte_offset) == 0x24);
static_assert(offsetof(struct native_element, lpid) == 0x34);
static_assert(offsetof(struct native_element, csrp) == 0x40);
static_assert(offsetof(struct native_element, sstp0) == 0x58);
static_assert(offsetof(struct native_element, wed) == 0x74);
static_assert(offsetof(struct native_element, state) == 0x7c);

struct cxl_start;

/**
 * struct native_element_info - what a process element is made of
 * @start: what the program asked for
 * @ranges: interrupts, that of the PSL first
 * @sdr: where the page table is, SDR1 of the processors
 * @sstp0: storage segment table pointer
 * @sstp1: storage segment table pointer
 * @lpid: partition
 * @process_id: tells the segments of one address space from those of another in
 *	the PSL's buffers
 * @master: may reach the whole problem state area
 * @no_second_group: the page table is searched in the first group only
 */
struct native_element_info {
	const struct cxl_start *start;
	const struct cxl_irq_ranges *ranges;
	u64 sdr;
	u64 sstp0;
	u64 sstp1;
	u32 lpid;
	u32 process_id;
	bool master;
	bool no_second_group;
};

void native_element_encode(struct native_element *element,
			   const struct native_element_info *info);

#endif /* _CXL_NATIVE_ELEMENT_H */
