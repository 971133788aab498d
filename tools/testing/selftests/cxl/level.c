// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much the kernel has in use, see level.h.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cxl_utils.h"
#include "level.h"
#include "machine.h"

#define SAMPLES 4

/* Files that shrink caches, open while there is measured: each has objects, too. */
struct shrinkers {
	int fds[LEVEL_CACHES_MAX];
	int count;
};

static void open_shrinkers(struct shrinkers *shrinkers)
{
	struct dirent *entry;
	char path[300];
	DIR *dir = opendir("/sys/kernel/slab");
	int fd;

	shrinkers->count = 0;
	while (dir && shrinkers->count < LEVEL_CACHES_MAX && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", entry->d_name);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0)
			shrinkers->fds[shrinkers->count++] = fd;
	}
	if (dir)
		closedir(dir);
}

/* Objects that CPUs keep for the next allocation would count as used. */
static void shrink_caches(const struct shrinkers *shrinkers)
{
	int i;

	for (i = 0; i < shrinkers->count; i++)
		(void)!write(shrinkers->fds[i], "1", 1);
}

static void close_shrinkers(const struct shrinkers *shrinkers)
{
	int i;

	for (i = 0; i < shrinkers->count; i++)
		close(shrinkers->fds[i]);
}

/*
 * The debugging aids keep objects of their own for each object; and the addresses of
 * mappings that have gone are kept until it is worth while to give them back.
 */
static bool is_counted(const char *name)
{
	return strcmp(name, "kmemleak_object") && strcmp(name, "debug_objects_cache") &&
	       strcmp(name, "vmap_area");
}

static void count_objects(struct level *level)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	char line[512];
	struct level_cache *cache = level->caches;

	level->count = 0;
	while (file && level->count < LEVEL_CACHES_MAX && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %ld %*d %*d %ld", cache->name, &cache->objects,
			   &cache->page) != 3 ||
		    !is_counted(cache->name))
			continue;
		level->count++;
		cache++;
	}
	if (file)
		fclose(file);
}

/* Those with a word, or all. */
static long count_lines(const char *path, const char *word)
{
	FILE *file = fopen(path, "r");
	char line[4096];
	long lines = 0;

	while (file && fgets(line, sizeof(line), file))
		lines += !word || strstr(line, word);
	if (file)
		fclose(file);
	return lines;
}

/**
 * level_measure() - measure now
 * @level: receives it
 *
 * What RCU has still to free is freed before a CPU has been idle for long. The
 * rest of a page that a CPU has taken for the next objects counts as used; the
 * least of some samples is without it.
 */
void level_measure(struct level *level)
{
	static struct level sample;
	struct shrinkers shrinkers;
	int i, j;

	open_shrinkers(&shrinkers);
	for (i = 0; i < SAMPLES; i++) {
		usleep(200000);
		machine_drop_caches();
		shrink_caches(&shrinkers);
		count_objects(&sample);
		for (j = 0; i && j < sample.count && j < level->count; j++) {
			if (!strcmp(sample.caches[j].name, level->caches[j].name) &&
			    sample.caches[j].objects > level->caches[j].objects)
				sample.caches[j].objects = level->caches[j].objects;
		}
		*level = sample;
	}
	close_shrinkers(&shrinkers);
	level->interrupts = count_lines("/proc/interrupts", NULL);
	level->mappings = count_lines("/proc/vmallocinfo", " ioremap");
	level->free = machine_free();
	level->slab = machine_meminfo("Slab");
}

static long objects_of(const struct level *level, const char *name)
{
	int i;

	for (i = 0; i < level->count; i++) {
		if (!strcmp(level->caches[i].name, name))
			return level->caches[i].objects;
	}
	return 0;
}

/*
 * By how many objects too many. What the rest of a page holds may be in use or not,
 * and each CPU has one.
 */
static long excess(const struct level_cache *cache, const struct level *before, long limit)
{
	long spare = cache->page * sysconf(_SC_NPROCESSORS_ONLN);

	return cache->objects - objects_of(before, cache->name) - limit - spare;
}

/* The cache that has grown most above what is allowed. */
static const struct level_cache *largest_growth(const struct level *before,
						const struct level *after, long limit)
{
	const struct level_cache *found = NULL;
	int i;

	for (i = 0; i < after->count; i++) {
		if (!found || excess(&after->caches[i], before, limit) >
			      excess(found, before, limit))
			found = &after->caches[i];
	}
	return found;
}

/**
 * level_compare() - has the kernel more in use than before?
 * @before: earlier
 * @after: later
 * @count: how often something was done that may leave something behind
 * @spare: KiB that may have gone anyway
 * @text: receives what has changed, for people
 * @size: bytes at @text
 *
 * Return: true even for far less than one object, or one small object's memory,
 * each time; and for a single interrupt or mapping.
 */
bool level_compare(const struct level *before, const struct level *after, long count,
		   long spare, char *text, size_t size)
{
	long limit = count / 20 + 50, kib = spare + count * 64L / 1024;
	const struct level_cache *cache = largest_growth(before, after, limit);

	snprintf(text, size,
		 "%ld times: %lld KiB less free, %lld KiB more in slabs, %ld more %s, %ld interrupts, %ld mappings",
		 count, before->free - after->free, after->slab - before->slab,
		 cache ? cache->objects - objects_of(before, cache->name) : 0,
		 cache ? cache->name : "objects", after->interrupts - before->interrupts,
		 after->mappings - before->mappings);
	return (cache && excess(cache, before, limit) > 0) ||
	       before->free - after->free > kib || after->slab - before->slab > kib ||
	       after->interrupts > before->interrupts || after->mappings > before->mappings;
}
