/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel says about its memory, and how fast the machine is.
 */
#ifndef CXL_SELFTEST_MACHINE_H
#define CXL_SELFTEST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/* bits of an entry of /proc/self/pagemap */
#define MACHINE_PAGE_PRESENT	0x8000000000000000ULL
#define MACHINE_PAGE_SWAPPED	0x4000000000000000ULL
#define MACHINE_PAGE_FRAME	0x007fffffffffffffULL

unsigned int machine_rounds(unsigned int rounds);
unsigned int machine_object_rounds(unsigned int rounds);
long long machine_meminfo(const char *name);
long long machine_free(void);
long long machine_vmstat(const char *name);
int machine_pages(const void *address, size_t pages, __u64 *entries);
__u64 machine_page(const void *address);
size_t machine_count_pages(const char *mem, size_t bytes, __u64 bit);
size_t machine_huge_page_size(void);
void machine_drop_caches(void);
void machine_drain_lists(void);

int machine_swap_on(void);
void machine_swap_off(void);

#endif /* CXL_SELFTEST_MACHINE_H */
