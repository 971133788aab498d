// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine, see machine.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "cxl_utils.h"
#include "machine.h"

#define SWAP_DEVICE "/dev/ram0"

static bool swap_is_ours;

/**
 * machine_rounds() - how often to repeat something
 * @rounds: on a machine of usual speed
 *
 * CXL_TEST_SLOW in the environment divides it.
 *
 * Return: the number, at least 1.
 */
unsigned int machine_rounds(unsigned int rounds)
{
	const char *slow = getenv("CXL_TEST_SLOW");
	int divisor = slow ? atoi(slow) : 1;

	if (divisor > 1)
		rounds /= divisor;
	return rounds ? rounds : 1;
}

/*
 * The same for what makes and ends objects of the kernel all the time, which its
 * debugging aids slow down far more than what the AFU does.
 */
unsigned int machine_object_rounds(unsigned int rounds)
{
	return machine_rounds(machine_rounds(rounds));
}

/* A line "name: value" or "name value" of a file in /proc: the value, or -1. */
static long long proc_value(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	size_t len = strlen(name);
	long long value = -1;
	char line[256];

	while (file && value < 0 && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, len) && strchr(": ", line[len]))
			value = strtoll(line + len + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return value;
}

long long machine_meminfo(const char *name)
{
	return proc_value("/proc/meminfo", name);
}

long long machine_vmstat(const char *name)
{
	return proc_value("/proc/vmstat", name);
}

/*
 * KiB of free memory: MemFree, and what CPUs keep for their next allocations, which
 * with pages of 64K may be tens of MiB.
 */
long long machine_free(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	long long pages, kept = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " count: %lld", &pages) == 1)
			kept += pages;
	}
	if (file)
		fclose(file);
	return machine_meminfo("MemFree") + kept * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The entries of /proc/self/pagemap for some pages: 0, or a negative errno. */
int machine_pages(const void *address, size_t pages, __u64 *entries)
{
	off_t offset = (uintptr_t)address / sysconf(_SC_PAGESIZE) * sizeof(__u64);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), ret = 0;
	ssize_t bytes = pages * sizeof(__u64);

	if (fd < 0)
		return -errno;
	if (pread(fd, entries, bytes, offset) != bytes)
		ret = -EIO;
	close(fd);
	return ret;
}

/* The same of one page, 0 without any. */
__u64 machine_page(const void *address)
{
	__u64 entry;

	return machine_pages(address, 1, &entry) ? 0 : entry;
}

/* How many of the pages have @bit in their entries. */
size_t machine_count_pages(const char *mem, size_t bytes, __u64 bit)
{
	size_t page = sysconf(_SC_PAGESIZE), offset, count = 0;

	for (offset = 0; offset < bytes; offset += page)
		count += !!(machine_page(mem + offset) & bit);
	return count;
}

/* Bytes of a transparent huge page, or 0. */
size_t machine_huge_page_size(void)
{
	long long bytes;

	return cxl_file_number("/sys/kernel/mm/transparent_hugepage", "hpage_pmd_size",
			       &bytes) ? 0 : bytes;
}

/* Frees what the kernel can do without; needs root to have an effect. */
void machine_drop_caches(void)
{
	sync();
	cxl_file_write("/proc/sys/vm", "drop_caches", "3");
}

/*
 * New pages wait in lists of the CPUs before they can be paged out. This puts
 * them where they belong.
 */
void machine_drain_lists(void)
{
	cxl_file_write("/proc/sys/vm", "drop_caches", "1");
}

/* There is a header line, then one line for each swap area. */
static bool has_swap(void)
{
	FILE *file = fopen("/proc/swaps", "r");
	char line[256];
	int lines = 0;

	while (file && fgets(line, sizeof(line), file))
		lines++;
	if (file)
		fclose(file);
	return lines > 1;
}

/* A RAM disk that has something on it is not ours to use. */
static bool swap_device_is_empty(void)
{
	static char first[65536], zero[65536];
	int fd = open(SWAP_DEVICE, O_RDONLY | O_EXCL | O_CLOEXEC);
	bool empty;

	if (fd < 0)
		return false;
	empty = read(fd, first, sizeof(first)) == sizeof(first) &&
		!memcmp(first, zero, sizeof(first));
	close(fd);
	return empty;
}

/**
 * machine_swap_on() - have swap space
 *
 * What there is, or an empty RAM disk, which machine_swap_off() gives back.
 *
 * Return: 0 or a negative errno.
 */
int machine_swap_on(void)
{
	if (has_swap())
		return 0;
	if (!swap_device_is_empty())
		return -ENODEV;
	if (system("mkswap " SWAP_DEVICE " >/dev/null"))
		return -ENOEXEC;
	if (swapon(SWAP_DEVICE, 0))
		return -errno;
	swap_is_ours = true;
	return 0;
}

void machine_swap_off(void)
{
	static const char zero[65536];
	int fd;

	if (!swap_is_ours)
		return;
	swapoff(SWAP_DEVICE);
	swap_is_ours = false;
	/* empty again, for the next one */
	fd = open(SWAP_DEVICE, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, zero, sizeof(zero)) != sizeof(zero))
		perror(SWAP_DEVICE);
	if (fd >= 0)
		close(fd);
}
