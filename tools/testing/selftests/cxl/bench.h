/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations of which bench.c says what they cost.
 */
#ifndef CXL_SELFTEST_BENCH_H
#define CXL_SELFTEST_BENCH_H

#include "../kselftest.h"
#include "memcpy_afu.h"

/* What all functions of a table get, some do not need. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define BENCH_SAMPLES	64
#define BENCH_CONTEXTS	511

/**
 * struct bench_cost - what something has cost
 * @ns: nanoseconds
 * @idle: of them, those in which the processor had nothing to do
 */
struct bench_cost {
	__u64 ns;
	__u64 idle;
};

/**
 * struct bench - a run, and what the operation under way works with
 * @afu: the AFU
 * @only: what the names of operations begin with, or NULL for all
 * @except: an operation that is left out, or NULL
 * @quick: each operation once
 * @profile: the host wants to see each instruction
 * @op: the operation
 * @pass: how the whole table is run this time
 * @page: bytes of a page
 * @timers: file that tells how long the processor had nothing to do
 * @marker: context whose window takes the marks, without a file if there are none
 * @overhead: nanoseconds that it takes to measure nothing
 * @samples: what was measured
 * @count: how many
 * @mc: context with a ring, stopped between batches
 * @last: last element that was pushed
 * @fd: file without a ring, or -1
 * @others: files of contexts that are there and do nothing
 * @nr_others: how many
 * @got: bytes that were read
 * @mem: memory for the AFU
 * @map: window that was mapped
 * @map_size: bytes of a window
 * @children: processes that wait for @pipe to be closed
 * @pipe: the way to them
 */
struct bench {
	struct cxl_afu afu;
	const char *only;
	const char *except;
	bool quick;
	bool profile;
	const struct bench_op *op;
	const struct bench_pass *pass;
	size_t page;
	int timers;
	struct mc marker;
	__u64 overhead;
	struct bench_cost samples[BENCH_SAMPLES];
	unsigned int count;
	struct mc mc;
	struct mc_element *last;
	int fd;
	int others[BENCH_CONTEXTS];
	unsigned int nr_others;
	size_t got;
	char *mem;
	void *map;
	long long map_size;
	pid_t children[8];
	int pipe;
};

/**
 * struct bench_op - an operation
 * @name: one word
 * @per: what the cost is given for
 * @units: how many of these are done at once
 * @samples: how often, 0 for the usual number
 * @contexts: so many are there, with that of the operation
 * @arg: for the functions below
 * @setup: once, before all
 * @prepare: each time, not measured
 * @timed: each time
 * @again: prepares @timed once more; what it costs then is taken off
 * @finish: each time, after it
 * @teardown: once, also after an error
 *
 * Functions return 0 or a negative errno.
 */
struct bench_op {
	const char *name;
	const char *per;
	unsigned int units;
	unsigned int samples;
	unsigned int contexts;
	unsigned long arg;
	int (*setup)(struct bench *b);
	int (*prepare)(struct bench *b);
	int (*timed)(struct bench *b);
	int (*again)(struct bench *b);
	int (*finish)(struct bench *b);
	void (*teardown)(struct bench *b);
};

extern const struct bench_op bench_ops[];
extern const struct bench_op bench_mm_ops[];
extern const struct bench_op bench_module_ops[];

int bench_start_idle(int fd);
int bench_add_others(struct bench *b, unsigned int want);
void bench_drop_others(struct bench *b);
void bench_memory(struct bench *b);

#endif /* CXL_SELFTEST_BENCH_H */
