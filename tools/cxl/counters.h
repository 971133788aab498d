/* SPDX-License-Identifier: GPL-2.0-only */
/* The counters of contexts, from debugfs. */
#ifndef CAPI_COUNTERS_H
#define CAPI_COUNTERS_H

#include <stddef.h>

#include "sysfs.h"

#define CAPI_DEBUGFS	"/sys/kernel/debug"

/**
 * enum capi_counter - what is counted
 * @CAPI_FAULTS: segments and pages that the accelerator missed
 * @CAPI_FAILED_FAULTS: those that could not be served
 * @CAPI_INTERRUPTS: of the accelerator
 * @CAPI_EVENTS: that the program has read
 * @CAPI_COUNTERS: number of counters
 */
enum capi_counter {
	CAPI_FAULTS,
	CAPI_FAILED_FAULTS,
	CAPI_INTERRUPTS,
	CAPI_EVENTS,
	CAPI_COUNTERS,
};

/**
 * struct capi_context - a context
 * @afu: its AFU
 * @id: its number there
 * @element: its process element, -1 before it was started
 * @pid: of the process that started it
 * @node: "master" or "slave"
 * @state: "opened", "started", "closed" or "quarantined"
 * @command: name of the process
 * @counts: since it was opened
 * @rates: per second, negative if not known yet
 */
struct capi_context {
	struct capi_name afu;
	long id;
	long element;
	long pid;
	char node[16];
	char state[16];
	char command[20];
	long long counts[CAPI_COUNTERS];
	double rates[CAPI_COUNTERS];
};

/**
 * struct capi_sample - the contexts at a time
 * @at: the contexts
 * @count: how many
 * @time: when
 */
struct capi_sample {
	struct capi_context *at;
	size_t count;
	double time;
};

int capi_counters_check(void);
int capi_sample_add(struct capi_sample *sample, const struct capi_name *afu);
void capi_sample_rates(struct capi_sample *sample, const struct capi_sample *before);

#endif /* CAPI_COUNTERS_H */
