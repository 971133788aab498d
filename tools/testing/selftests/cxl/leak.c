// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left in the kernel after very many contexts: nothing.
 */
#include <dirent.h>
#include <fcntl.h>

#include "cxl_test.h"
#include "machine.h"

#define CACHES_MAX 512
/* More than one page holds of the smallest objects, all of which count as used. */
#define CYCLES 10000
/* The kernel's own needs vary; a leak is there every time. */
#define ROUNDS 3
#define SAMPLES 4

struct cache {
	char name[64];
	long objects;
};

/* What may grow with the contexts that have been there */
struct level {
	struct cache caches[CACHES_MAX];
	int count;
	long interrupts;
	long long free;
	long long slab;
};

FIXTURE(leak) {
	struct cxl_afu afu;
	struct level before;
	struct level after;
};

FIXTURE_SETUP(leak)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	if (geteuid() || access("/proc/slabinfo", R_OK))
		SKIP(return, "the kernel's memory can be seen by root only");
}

FIXTURE_TEARDOWN(leak)
{
}

/* Objects that CPUs keep for the next allocation would count as used. */
static void shrink_caches(void)
{
	struct dirent *entry;
	char path[300];
	DIR *dir = opendir("/sys/kernel/slab");

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s", entry->d_name);
		if (entry->d_name[0] != '.')
			cxl_file_write(path, "shrink", "1");
	}
	if (dir)
		closedir(dir);
}

/* The debugging aids keep objects of their own for each object. */
static bool is_counted(const char *name)
{
	return strcmp(name, "kmemleak_object") && strcmp(name, "debug_objects_cache");
}

static void count_objects(struct level *level)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	char line[512];
	struct cache *cache = level->caches;

	level->count = 0;
	while (file && level->count < CACHES_MAX && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %ld", cache->name, &cache->objects) != 2 ||
		    !is_counted(cache->name))
			continue;
		level->count++;
		cache++;
	}
	if (file)
		fclose(file);
}

static long count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[4096];
	long lines = 0;

	while (file && fgets(line, sizeof(line), file))
		lines++;
	if (file)
		fclose(file);
	return lines;
}

/*
 * What RCU has still to free is freed before a CPU has been idle for long. The
 * rest of a page that a CPU has taken for the next objects counts as used; the
 * least of some samples is without it.
 */
static void measure(struct level *level)
{
	static struct level sample;
	int i, j;

	for (i = 0; i < SAMPLES; i++) {
		usleep(200000);
		machine_drop_caches();
		shrink_caches();
		count_objects(&sample);
		for (j = 0; i && j < sample.count && j < level->count; j++) {
			if (!strcmp(sample.caches[j].name, level->caches[j].name) &&
			    sample.caches[j].objects > level->caches[j].objects)
				sample.caches[j].objects = level->caches[j].objects;
		}
		*level = sample;
	}
	level->interrupts = count_lines("/proc/interrupts");
	level->free = machine_meminfo("MemFree");
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

/* The cache that has grown by most objects. */
static const struct cache *largest_growth(const struct level *before,
					  const struct level *after, long *growth)
{
	const struct cache *found = NULL;
	long more;
	int i;

	*growth = 0;
	for (i = 0; i < after->count; i++) {
		more = after->caches[i].objects - objects_of(before, after->caches[i].name);
		if (found && more <= *growth)
			continue;
		found = &after->caches[i];
		*growth = more;
	}
	return found;
}

/* Far less than one object, or one small object's memory, for each of @count. */
static bool has_grown(struct __test_metadata *_metadata, const struct level *before,
		      const struct level *after, long count)
{
	long limit = count / 20 + 50, kib = 4096 + count * 64L / 1024, growth;
	const struct cache *cache = largest_growth(before, after, &growth);

	TH_LOG("%ld times: %lld KiB less free, %lld KiB more in slabs, %ld more %s, %ld interrupts",
	       count, before->free - after->free, after->slab - before->slab, growth,
	       cache ? cache->name : "objects", after->interrupts - before->interrupts);
	return growth > limit || before->free - after->free > kib ||
	       after->slab - before->slab > kib || after->interrupts != before->interrupts;
}

/* Each context is used a little. */
static int cycle(const struct cxl_afu *afu, unsigned int count, struct mc *ring)
{
	unsigned int i;
	struct mc mc;
	int ret;

	for (i = 0; i < count; i++) {
		mc = *ring;
		mc.fd = cxl_open(afu->slave, O_RDWR);
		if (mc.fd < 0)
			return mc.fd;
		memset(mc.ring, 0, mc.entries * sizeof(*mc.ring));
		ret = mc_start(&mc, NULL);
		if (!ret && i % 16 == 0)
			ret = mc_map(&mc, afu->dir);
		if (!ret && i % 16 == 1)
			ret = mc_run(&mc, MC_COPY, 64, mc.ring + 8, mc.ring + 4) != MC_DONE;
		if (mc.mmio)
			munmap(mc.mmio, mc.mmio_size);
		close(mc.fd);
		if (ret)
			return ret;
	}
	return 0;
}

TEST_F_TIMEOUT(leak, contexts, 250)
{
	unsigned int count = machine_object_rounds(CYCLES);
	__u64 attaches, before = 0, contexts;
	bool grown = true;
	struct mc ring;
	int round;

	/* its memory serves all contexts */
	ASSERT_EQ(0, mc_open(&ring, self->afu.slave, 4));
	close(ring.fd);
	for (round = 0; round < ROUNDS && grown; round++) {
		ASSERT_EQ(0, cycle(&self->afu, count / 20, &ring));
		measure(&self->before);
		cxl_stat(&self->afu, "attaches", &before);
		ASSERT_EQ(0, cycle(&self->afu, count, &ring));
		measure(&self->after);
		grown = has_grown(_metadata, &self->before, &self->after, count);
	}
	EXPECT_FALSE(grown);
	if (!cxl_has_stats(&self->afu))
		return;
	ASSERT_EQ(0, cxl_stat(&self->afu, "attaches", &attaches));
	EXPECT_EQ(before + count, attaches);
	EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
	ASSERT_EQ(0, cxl_stat(&self->afu, "contexts", &contexts));
	EXPECT_EQ(0ULL, contexts);
}

#define HOARDERS_MAX 512

/* Takes interrupts until less than one context's are left: how many contexts. */
static int hoard(const struct cxl_afu *afu, int *fds)
{
	struct cxl_ioctl_start_work work = { .flags = CXL_START_WORK_NUM_IRQS };
	long long min, max;
	int n = 0, ret;

	if (cxl_file_number(afu->dir, "irqs_min", &min) ||
	    cxl_file_number(afu->dir, "irqs_max", &max))
		return -EIO;
	for (work.num_interrupts = max; n < HOARDERS_MAX; n++) {
		fds[n] = cxl_open(afu->slave, O_RDWR | O_CLOEXEC);
		if (fds[n] < 0)
			return n;
		while ((ret = cxl_start(fds[n], &work)) && work.num_interrupts > min)
			work.num_interrupts = work.num_interrupts / 2 > min ?
					      work.num_interrupts / 2 : min;
		if (ret)
			return n + 1;
	}
	return n;
}

/* Starts that fail in various ways, on one descriptor and on new ones. */
static int failing_starts(const struct cxl_afu *afu, unsigned int count)
{
	struct cxl_ioctl_start_work bad = { .flags = 1ULL << 40 }, good = { 0 };
	unsigned int i;
	int fd, ret;

	for (i = 0; i < count; i++) {
		fd = cxl_open(afu->slave, O_RDWR);
		if (fd < 0)
			return fd;
		ret = cxl_start(fd, &bad);
		if (ret == -EINVAL)
			ret = cxl_start(fd, (void *)CXL_HOLE);
		if (ret == -EFAULT)
			ret = cxl_start(fd, &good);
		close(fd);
		if (ret != -ENOSPC)
			return ret ? ret : -EPROTO;
	}
	return 0;
}

TEST_F_TIMEOUT(leak, failing_starts, 120)
{
	unsigned int count = machine_object_rounds(CYCLES);
	static int fds[HOARDERS_MAX];
	int hoarders, round;
	bool grown = true;
	long long min;

	cxl_raise_file_limit();
	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_min", &min));
	hoarders = hoard(&self->afu, fds);
	ASSERT_GT(hoarders, 1);
	ASSERT_LT(hoarders, HOARDERS_MAX);
	/* the last one has not got any, and leaves a context for the tries */
	close(fds[--hoarders]);
	for (round = 0; round < ROUNDS && grown; round++) {
		ASSERT_EQ(0, failing_starts(&self->afu, count / 10));
		measure(&self->before);
		ASSERT_EQ(0, failing_starts(&self->afu, count));
		measure(&self->after);
		grown = has_grown(_metadata, &self->before, &self->after, count);
	}
	EXPECT_FALSE(grown);
	/* they did not take what was left */
	close(fds[--hoarders]);
	fds[hoarders] = cxl_open(self->afu.slave, O_RDWR);
	ASSERT_GE(fds[hoarders], 0);
	EXPECT_EQ(0, cxl_start_wed(fds[hoarders], 0));
	while (hoarders >= 0)
		close(fds[hoarders--]);
}

TEST_HARNESS_MAIN
