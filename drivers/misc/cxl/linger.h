/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting without sleep for what has come soon before. To go to sleep and to be woken
 * takes longer than many an accelerator needs for its next step.
 */
#ifndef _CXL_LINGER_H
#define _CXL_LINGER_H

#include <linux/sched.h>
#include <linux/types.h>

#include <asm/time.h>

/* About what it takes to go to sleep and to be woken */
#define CXL_LINGER_US	5

/**
 * cxl_is_soon() - has something come so soon that the next time need not be slept for?
 * @begin: when somebody began to wait for it, in ticks of the timebase
 * @end: when it came
 *
 * Return: true if so.
 */
static inline bool cxl_is_soon(u64 begin, u64 end)
{
	return end - begin <= CXL_LINGER_US * tb_ticks_per_usec;
}

/**
 * cxl_may_linger() - may a thread go on to wait without sleep?
 * @begin: when it began
 *
 * Return: false if it has taken too long, or somebody else needs the processor.
 */
static inline bool cxl_may_linger(u64 begin)
{
	return cxl_is_soon(begin, mftb()) && !need_resched();
}

#endif /* _CXL_LINGER_H */
