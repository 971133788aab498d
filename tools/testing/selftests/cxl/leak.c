// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left in the kernel after very many contexts: nothing.
 */
#include <fcntl.h>

#include "cxl_test.h"
#include "level.h"
#include "machine.h"

/* More than one page holds of the smallest objects, all of which count as used. */
#define CYCLES 10000
/* The kernel's own needs vary; a leak is there every time. */
#define ROUNDS 3

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

static bool has_grown(struct __test_metadata *_metadata, const struct level *before,
		      const struct level *after, long count)
{
	char text[LEVEL_TEXT_MAX];
	bool grown = level_compare(before, after, count, 4096, text, sizeof(text));

	TH_LOG("%s", text);
	return grown;
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
		level_measure(&self->before);
		cxl_stat(&self->afu, "attaches", &before);
		ASSERT_EQ(0, cycle(&self->afu, count, &ring));
		level_measure(&self->after);
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
		level_measure(&self->before);
		ASSERT_EQ(0, failing_starts(&self->afu, count));
		level_measure(&self->after);
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
