/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segment tables: effective to virtual addresses, in memory, for the PSL
 * (CAIA 1.0, ch. 5).
 */
#ifndef _CXL_SEGMENT_H
#define _CXL_SEGMENT_H

#include <linux/bits.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct cxl_context;
struct mm_struct;

/* An entry, as the PSL reads it: the operands of slbmte, big endian. */
struct cxl_segment_entry {
	__be64 esid;
	__be64 vsid;
};

#define CXL_SEGMENT_GROUP	8
/*
 * Room for 256 segments, 8 TiB to 256 TiB of a program's addresses; a program
 * that uses more takes a fault now and then, not an error.
 */
#define CXL_SEGMENT_TABLE_SIZE	SZ_4K
#define CXL_SEGMENT_GROUPS \
	(CXL_SEGMENT_TABLE_SIZE / sizeof(struct cxl_segment_entry) / CXL_SEGMENT_GROUP)

/* Of 256 MiB, so many are entered together */
#define CXL_SEGMENT_NEIGHBOURS	8UL

/* Storage segment table pointer: SSTP0_An, SSTP1_An */
#define CXL_SSTP0_SIZE_SHIFT	32	/* bytes / 256 - 1 */
#define CXL_SSTP0_SEG_SHIFT	50	/* attributes of an SLB entry */
#define CXL_SSTP0_VA		GENMASK_ULL(13, 0)
#define CXL_SSTP1_VA		GENMASK_ULL(63, 8)
#define CXL_SSTP1_V		BIT_ULL(0)

/**
 * enum cxl_prefault - segments to enter before a context starts
 * @CXL_PREFAULT_NONE: none
 * @CXL_PREFAULT_WED: that of the work element descriptor
 * @CXL_PREFAULT_ALL: those of all mappings of the process
 */
enum cxl_prefault {
	CXL_PREFAULT_NONE,
	CXL_PREFAULT_WED,
	CXL_PREFAULT_ALL,
};

/**
 * struct cxl_segment_table - segment table of a context
 * @entries: the table, naturally aligned; from the first start on
 * @victim: entry of a full group that goes next
 * @flushes: how often the table was cleared; a segment that was computed
 *	before the last time must not be entered
 */
struct cxl_segment_table {
	/**
	 * @lock: guards all members and the entries. Taken with interrupts off
	 * from cxl_slbia(), so nothing that could take a hash fault runs under
	 * it.
	 */
	spinlock_t lock;
	struct cxl_segment_entry *entries;
	unsigned int victim;
	unsigned int flushes;
};

void cxl_segment_table_init(struct cxl_segment_table *table);
int cxl_segment_table_prepare(struct cxl_segment_table *table);
void cxl_segment_table_free(struct cxl_segment_table *table);
void cxl_segment_table_clear(struct cxl_segment_table *table);
int cxl_segment_table_pointer(struct cxl_segment_table *table, u64 *sstp0,
			      u64 *sstp1);
void cxl_sstp_encode(u64 ea, u64 vsid, size_t size, u64 *sstp0, u64 *sstp1);
bool cxl_segment_insert(struct cxl_segment_table *table, u64 esid, u64 vsid,
			bool make_room);

bool cxl_segment_valid(struct mm_struct *mm, u64 ea);
int cxl_segment_add(struct cxl_context *ctx, struct mm_struct *mm, u64 ea);
void cxl_segments_prefault(struct cxl_context *ctx, u64 wed);
void cxl_segments_init(void);
void cxl_segments_watch(struct cxl_context *ctx);
void cxl_segments_unwatch(struct cxl_context *ctx);
void cxl_segments_flush(struct mm_struct *mm);

#endif /* _CXL_SEGMENT_H */
