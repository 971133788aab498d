// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the kernel takes for contexts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* Memory is what contexts take from the first of these numbers to the other one. */
#define FEW		100
#define MANY		500

/* The sum of what lines of a file say behind a word, or -1 if there is none. */
static long long sum_of(const char *path, const char *word)
{
	long long sum = -1, value;
	char line[256], seen[64];
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %63s %lld", seen, &value) == 2 && !strcmp(seen, word))
			sum = (sum < 0 ? 0 : sum) + value;
	}
	if (file)
		fclose(file);
	return sum;
}

/*
 * A processor keeps some free pages to itself; and what has ended shortly before,
 * processes for example, is not free yet.
 */
static long long free_bytes(const struct bench *b)
{
	struct timespec ts = { .tv_nsec = 500000000 };
	long long kib, kept;

	nanosleep(&ts, NULL);
	kib = sum_of("/proc/meminfo", "MemFree:");
	kept = sum_of("/proc/zoneinfo", "count:");
	return kib < 0 || kept < 0 ? -ENOENT : kib * 1024 + kept * (long long)b->page;
}

/* Opens or starts some of them. Return: bytes that are free then, or a negative errno. */
static long long free_after(struct bench *b, int fds[], unsigned int from, unsigned int to,
			    bool started)
{
	unsigned int i;
	int ret;

	for (i = from; i < to; i++) {
		if (started) {
			ret = bench_start_idle(fds[i]);
		} else {
			fds[i] = cxl_open(b->afu.slave, O_RDWR);
			ret = fds[i] < 0 ? fds[i] : 0;
		}
		if (ret)
			return ret;
	}
	return free_bytes(b);
}

/*
 * What the kernel takes for a context that was opened, and more when it starts. The
 * first ones find memory that was free already in pages of the slabs.
 */
void bench_memory(struct bench *b)
{
	long long bytes[4];
	int fds[MANY];
	unsigned int i;

	memset(fds, -1, sizeof(fds));
	bytes[0] = free_after(b, fds, 0, FEW, false);
	bytes[1] = free_after(b, fds, FEW, MANY, false);
	bytes[2] = free_after(b, fds, 0, FEW, true);
	bytes[3] = free_after(b, fds, FEW, MANY, true);
	for (i = 0; i < MANY; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	for (i = 0; i < ARRAY_SIZE(bytes); i++) {
		if (bytes[i] < 0) {
			printf("failed memory %lld %s\n", bytes[i], strerror(-bytes[i]));
			return;
		}
	}
	bytes[0] -= bytes[1];
	bytes[2] -= bytes[3];
	printf("memory open_context %lld\n", bytes[0] / (MANY - FEW));
	printf("memory started_context %lld\n", (bytes[0] + bytes[2]) / (MANY - FEW));
}
