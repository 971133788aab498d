/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted; debugfs.c shows it.
 */
#ifndef _CXL_STATS_H
#define _CXL_STATS_H

/**
 * enum cxl_stat - things that are counted
 * @CXL_STAT_PSL_INTERRUPTS: interrupts of the PSL
 * @CXL_STAT_SPURIOUS_INTERRUPTS: those of them without a fault to read
 * @CXL_STAT_SEGMENT_FAULTS: segments the PSL missed
 * @CXL_STAT_PAGE_FAULTS: pages the PSL missed
 * @CXL_STAT_FAILED_FAULTS: faults that were answered with an address error
 * @CXL_STAT_AFU_INTERRUPTS: interrupts of the AFU
 * @CXL_STAT_EVENTS: events that programs have read
 * @CXL_NR_CTX_STATS: those above are counted by context
 * @CXL_STAT_ATTACHES: contexts given to the hardware
 * @CXL_STAT_DETACHES: contexts taken from it
 * @CXL_STAT_QUARANTINED: contexts it did not let go of
 * @CXL_STAT_SLBIAS: invalidations of segments
 * @CXL_STAT_SLICE_ERRORS: error interrupts
 * @CXL_STAT_RESETS: resets that worked
 * @CXL_NR_STATS: those above are counted by AFU
 */
enum cxl_stat {
	CXL_STAT_PSL_INTERRUPTS,
	CXL_STAT_SPURIOUS_INTERRUPTS,
	CXL_STAT_SEGMENT_FAULTS,
	CXL_STAT_PAGE_FAULTS,
	CXL_STAT_FAILED_FAULTS,
	CXL_STAT_AFU_INTERRUPTS,
	CXL_STAT_EVENTS,
	CXL_NR_CTX_STATS,
	CXL_STAT_ATTACHES = CXL_NR_CTX_STATS,
	CXL_STAT_DETACHES,
	CXL_STAT_QUARANTINED,
	CXL_STAT_SLBIAS,
	CXL_STAT_SLICE_ERRORS,
	CXL_STAT_RESETS,
	CXL_NR_STATS,
};

#endif /* _CXL_STATS_H */
