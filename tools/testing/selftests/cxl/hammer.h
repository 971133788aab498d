/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes that use an AFU all the time, whatever happens to it.
 */
#ifndef CXL_SELFTEST_HAMMER_H
#define CXL_SELFTEST_HAMMER_H

#include "cxl_utils.h"

#define HAMMERS_MAX 16

/**
 * struct hammers - the processes
 * @count: how many there are
 * @pids: they
 * @shared: what they have in common
 */
struct hammers {
	int count;
	pid_t pids[HAMMERS_MAX];
	struct hammer_shared *shared;
};

int hammers_start(struct hammers *hammers, const struct cxl_afu *afu, int count);
unsigned long hammers_copies(const struct hammers *hammers);
int hammers_wait(const struct hammers *hammers, unsigned long copies);
void hammers_slow_down(const struct hammers *hammers, unsigned int pause_us);
int hammers_stop(struct hammers *hammers);

#endif /* CXL_SELFTEST_HAMMER_H */
