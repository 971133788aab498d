/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much the kernel has in use: what grows with something that is done again and
 * again has been left behind. For root only.
 */
#ifndef CXL_SELFTEST_LEVEL_H
#define CXL_SELFTEST_LEVEL_H

#include <stdbool.h>
#include <stddef.h>

#define LEVEL_CACHES_MAX 512
#define LEVEL_TEXT_MAX 256

/**
 * struct level_cache - a kind of objects
 * @name: its name
 * @objects: in use
 * @page: so many at least are taken at once
 */
struct level_cache {
	char name[64];
	long objects;
	long page;
};

/**
 * struct level - what may grow
 * @caches: objects by kind
 * @count: how many kinds there are
 * @interrupts: lines of /proc/interrupts
 * @mappings: of registers
 * @free: free memory in KiB
 * @slab: memory of objects in KiB
 */
struct level {
	struct level_cache caches[LEVEL_CACHES_MAX];
	int count;
	long interrupts;
	long mappings;
	long long free;
	long long slab;
};

void level_measure(struct level *level);
bool level_compare(const struct level *before, const struct level *after, long count,
		   long spare, char *text, size_t size);

#endif /* CXL_SELFTEST_LEVEL_H */
