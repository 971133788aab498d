// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of a context when the free ones of the card lie scattered: as many
 * blocks for each as a process element has ranges, numbered in ascending order.
 */
#include <fcntl.h>

#include "cxl_test.h"

#define MAX_CONTEXTS	4096
#define RANGES		4

FIXTURE(scattered) {
	struct cxl_afu afu;
	/* numbers of a small context, blocks, those in them that are the PSL's */
	int small, blocks, psl;
	long long irqs_min;
	long long irqs_max;
	int *fds;
	int count;
};

/* Small contexts until nothing is left, then every second one goes. */
FIXTURE_SETUP(scattered)
{
	int fd, i;

	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	cxl_raise_file_limit();
	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_min", &self->irqs_min));
	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_max", &self->irqs_max));
	/* in a partition each context has a PSL interrupt, else each has a range for it */
	self->psl = cxl_is_guest(&self->afu);
	self->blocks = self->psl ? RANGES : RANGES - 1;
	self->small = self->irqs_min + self->psl;
	self->fds = malloc(MAX_CONTEXTS * sizeof(*self->fds));
	ASSERT_NE(NULL, self->fds);
	for (self->count = 0; self->count < MAX_CONTEXTS; self->count++) {
		fd = cxl_open(self->afu.slave, O_RDWR);
		if (fd < 0)
			break;
		self->fds[self->count] = fd;
		if (cxl_start_wed(fd, 0)) {
			close(fd);
			break;
		}
	}
	ASSERT_GT(self->count, 4 * RANGES);
	for (i = 0; i < self->count; i += 2) {
		close(self->fds[i]);
		self->fds[i] = -1;
	}
}

FIXTURE_TEARDOWN(scattered)
{
	int i;

	for (i = 0; i < self->count; i++)
		close(self->fds[i]);
}

static int setup(struct mc *mc, const struct cxl_afu *afu, long long irqs)
{
	struct cxl_ioctl_start_work work = {
		.flags = CXL_START_WORK_NUM_IRQS,
		.num_interrupts = irqs,
	};
	int ret;

	ret = mc_open(mc, afu->slave, 1);
	if (!ret)
		ret = mc_start(mc, &work);
	if (!ret)
		ret = mc_map(mc, afu->dir);
	return ret;
}

/* As many as all blocks have; each number arrives as itself. */
TEST_F_TIMEOUT(scattered, all_blocks, 120)
{
	long long irqs = self->blocks * self->small - self->psl;
	struct cxl_event event;
	struct mc mc;
	int i;

	if (irqs > self->irqs_max)
		SKIP(return, "a context may not have that many interrupts");
	ASSERT_EQ(0, setup(&mc, &self->afu, irqs));
	for (i = irqs; i >= 1; i--) {
		ASSERT_EQ(MC_DONE, mc_irq(&mc, i));
		ASSERT_EQ(0, cxl_read_event(mc.fd, &event, CXL_WAIT_MS));
		EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
		EXPECT_EQ(i, event.irq.irq);
	}
	EXPECT_EQ(MC_FAILED, mc_irq(&mc, irqs + 1));
	mc_close(&mc);
}

/* There are enough, but not in four blocks; nothing is lost by the refusal. */
TEST_F_TIMEOUT(scattered, too_scattered, 120)
{
	struct mc mc;
	int round, i;

	if (self->irqs_max < 20 * self->small)
		SKIP(return, "a context may not have that many interrupts");
	for (round = 0; round < 20; round++) {
		EXPECT_EQ(-ENOSPC, setup(&mc, &self->afu, self->irqs_max));
		mc_close(&mc);
	}
	for (i = 1; i < self->count; i += 2) {
		close(self->fds[i]);
		self->fds[i] = -1;
	}
	EXPECT_EQ(0, setup(&mc, &self->afu, self->irqs_max));
	EXPECT_EQ(MC_DONE, mc_irq(&mc, self->irqs_max));
	mc_close(&mc);
}

/* A context that could not get its interrupts is as good as new. */
TEST_F_TIMEOUT(scattered, refused_and_tried_again, 120)
{
	struct cxl_ioctl_start_work work = {
		.flags = CXL_START_WORK_NUM_IRQS,
		.num_interrupts = self->irqs_max,
	};
	char src[64] = "again", dst[64] = "";
	struct mc mc;

	if (self->irqs_max < 20 * self->small)
		SKIP(return, "a context may not have that many interrupts");
	ASSERT_EQ(0, mc_open(&mc, self->afu.slave, 1));
	EXPECT_EQ(-ENOSPC, mc_start(&mc, &work));
	work.num_interrupts = self->irqs_min;
	ASSERT_EQ(0, mc_start(&mc, &work));
	EXPECT_EQ(0, mc_copy(&mc, dst, src, sizeof(src)));
	EXPECT_STREQ(src, dst);
	mc_close(&mc);
}

TEST_HARNESS_MAIN
