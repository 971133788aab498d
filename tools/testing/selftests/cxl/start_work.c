// SPDX-License-Identifier: GPL-2.0-only
/*
 * CXL_IOCTL_START_WORK: flags, reserved fields, interrupts, errors.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include "cxl_test.h"

#define MAX_STARTED 4096

FIXTURE(start_work) {
	struct cxl_afu afu;
	struct cxl_ioctl_start_work work;
	long long irqs_min;
	long long irqs_max;
	int fd;
};

FIXTURE_SETUP(start_work)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_min", &self->irqs_min));
	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_max", &self->irqs_max));
	self->fd = cxl_open(self->afu.slave, O_RDWR);
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(start_work)
{
	close(self->fd);
}

TEST_F(start_work, defaults)
{
	EXPECT_EQ(0, cxl_start(self->fd, &self->work));
}

TEST_F(start_work, master)
{
	int fd = cxl_open(self->afu.master, O_RDWR);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, cxl_start(fd, &self->work));
	EXPECT_EQ(0, close(fd));
}

TEST_F(start_work, any_access_mode)
{
	int rd = cxl_open(self->afu.slave, O_RDONLY);
	int wr = cxl_open(self->afu.slave, O_WRONLY);

	EXPECT_EQ(0, cxl_start(rd, &self->work));
	EXPECT_EQ(0, cxl_start(wr, &self->work));
	close(rd);
	close(wr);
}

TEST_F(start_work, twice)
{
	struct mc mc;

	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	EXPECT_EQ(-EIO, cxl_start(mc.fd, &self->work));
	/* what is wrong with the argument comes after the state */
	self->work.flags = ~0ULL;
	EXPECT_EQ(-EIO, cxl_start(mc.fd, &self->work));
	/* the refused start has done no harm */
	EXPECT_EQ(MC_DONE, mc_run(&mc, MC_COPY, 0, NULL, NULL));
	mc_close(&mc);
}

/* Every combination of the known flags. */
TEST_F(start_work, flags)
{
	__u64 flags;
	int fd;

	for (flags = 0; flags <= CXL_START_WORK_ALL; flags++) {
		fd = cxl_open(self->afu.slave, O_RDWR);
		ASSERT_GE(fd, 0);
		self->work.flags = flags;
		self->work.num_interrupts = self->irqs_min;
		self->work.amr = ~0ULL;
		EXPECT_EQ(0, cxl_start(fd, &self->work)) {
			TH_LOG("flags 0x%llx", flags);
		}
		EXPECT_EQ(0, close(fd));
	}
}

TEST_F(start_work, unknown_flags)
{
	unsigned int bit;

	for (bit = 4; bit < 64; bit++) {
		self->work.flags = 1ULL << bit;
		EXPECT_EQ(-EINVAL, cxl_start(self->fd, &self->work)) {
			TH_LOG("bit %u", bit);
		}
	}
	self->work.flags = 0;
	EXPECT_EQ(0, cxl_start(self->fd, &self->work));
}

/* Every single byte from reserved1 to the end of the structure. */
TEST_F(start_work, reserved_fields)
{
	const size_t first = offsetof(struct cxl_ioctl_start_work, reserved1);
	unsigned char *bytes = (unsigned char *)&self->work;
	size_t i;

	for (i = first; i < sizeof(self->work); i++) {
		bytes[i] = 0x80;
		EXPECT_EQ(-EINVAL, cxl_start(self->fd, &self->work)) {
			TH_LOG("byte %zu", i);
		}
		bytes[i] = 0;
	}
	EXPECT_EQ(0, cxl_start(self->fd, &self->work));
}

/* Values without their flag do not count, and nothing is written back. */
TEST_F(start_work, values_without_flags)
{
	self->work.amr = 0x123456789abcdef0ULL;
	self->work.num_interrupts = -1;
	self->work.tid = 0x1234;
	EXPECT_EQ(0, cxl_start(self->fd, &self->work));
	EXPECT_EQ(0x123456789abcdef0ULL, self->work.amr);
	EXPECT_EQ(-1, self->work.num_interrupts);
	EXPECT_EQ(0x1234, self->work.tid);
}

TEST_F(start_work, num_interrupts)
{
	const long long good[] = { self->irqs_min, self->irqs_min + 1, self->irqs_max };
	unsigned int i;
	int fd, ret;

	self->work.flags = CXL_START_WORK_NUM_IRQS;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		fd = cxl_open(self->afu.slave, O_RDWR);
		ASSERT_GE(fd, 0);
		self->work.num_interrupts = good[i];
		ret = cxl_start(fd, &self->work);
		/* those of a host bridge are never free in one piece */
		if (ret == -ENOSPC && i == 2 && !cxl_is_guest(&self->afu))
			ret = 0;
		EXPECT_EQ(0, ret) {
			TH_LOG("%lld interrupts", good[i]);
		}
		EXPECT_EQ(0, close(fd));
	}
}

TEST_F(start_work, num_interrupts_out_of_range)
{
	const long long bad[] = {
		self->irqs_min - 1, self->irqs_max + 1, -1, -0x8000, 0x7fff,
	};
	unsigned int i;

	self->work.flags = CXL_START_WORK_NUM_IRQS;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (bad[i] >= self->irqs_min && bad[i] <= self->irqs_max)
			continue;
		self->work.num_interrupts = bad[i];
		EXPECT_EQ(-EINVAL, cxl_start(self->fd, &self->work)) {
			TH_LOG("%lld interrupts", bad[i]);
		}
	}
	/* the context is as good as new */
	self->work.num_interrupts = self->irqs_min;
	EXPECT_EQ(0, cxl_start(self->fd, &self->work));
}

/* The thread id exists on bare metal POWER9 only, and there 16 bits count. */
TEST_F(start_work, tid)
{
	struct cxl_ioctl_start_work sent;

	self->work.flags = CXL_START_WORK_TID;
	self->work.tid = 0xffff;
	sent = self->work;
	ASSERT_EQ(0, cxl_start(self->fd, &self->work));
	if (cxl_is_guest(&self->afu))
		EXPECT_EQ(0, self->work.tid);
	EXPECT_EQ(self->irqs_min, self->work.num_interrupts);
	sent.tid = self->work.tid;
	sent.num_interrupts = self->work.num_interrupts;
	EXPECT_EQ(0, memcmp(&sent, &self->work, sizeof(sent)));
}

TEST_F(start_work, tid_and_num_interrupts)
{
	self->work.flags = CXL_START_WORK_TID | CXL_START_WORK_NUM_IRQS;
	self->work.num_interrupts = self->irqs_min + 1;
	ASSERT_EQ(0, cxl_start(self->fd, &self->work));
	EXPECT_EQ(self->irqs_min + 1, self->work.num_interrupts);
}

/* Nowhere to put the thread id. Whether it started is for the kernel to say. */
TEST_F(start_work, tid_read_only)
{
	struct cxl_ioctl_start_work *work;
	long page = sysconf(_SC_PAGESIZE);
	int ret;

	work = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, work);
	work->flags = CXL_START_WORK_TID;
	ASSERT_EQ(0, mprotect(work, page, PROT_READ));
	EXPECT_EQ(-EFAULT, cxl_start(self->fd, work));
	ret = cxl_start(self->fd, &self->work);
	EXPECT_TRUE(ret == 0 || ret == -EIO);
}

TEST_F(start_work, bad_pointer)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map, *bad[5];
	unsigned int i;

	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, mprotect(map + page, page, PROT_NONE));
	bad[0] = NULL;
	bad[1] = map + page;
	bad[2] = map + page - sizeof(self->work) + 1;
	bad[3] = (char *)0xc000000000000000UL;
	bad[4] = (char *)-sizeof(self->work);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EFAULT, cxl_start(self->fd, (void *)bad[i])) {
			TH_LOG("pointer %p", bad[i]);
		}
	}
	/* exactly up to the end of the page is enough */
	EXPECT_EQ(0, cxl_start(self->fd, (void *)(map + page - sizeof(self->work))));
	EXPECT_EQ(-EFAULT, cxl_start(self->fd, NULL));
}

/* Without interrupts left a start fails, and succeeds later. */
TEST_F_TIMEOUT(start_work, out_of_interrupts, 120)
{
	static int fds[MAX_STARTED];
	int count, ret = 0;

	self->work.flags = CXL_START_WORK_NUM_IRQS;
	self->work.num_interrupts = self->irqs_max;
	if (!cxl_is_guest(&self->afu))
		self->work.num_interrupts /= 8;
	for (count = 0; count < MAX_STARTED; count++) {
		fds[count] = cxl_open(self->afu.slave, O_RDWR);
		if (fds[count] < 0)
			break;
		ret = cxl_start(fds[count], &self->work);
		if (ret)
			break;
	}
	if (!ret) {
		while (count--)
			close(fds[count]);
		SKIP(return, "more interrupts than contexts");
	}
	ASSERT_EQ(-ENOSPC, ret);
	ASSERT_GT(count, 0);
	/* again, to see that the failure has taken nothing */
	EXPECT_EQ(-ENOSPC, cxl_start(fds[count], &self->work));
	EXPECT_EQ(0, close(fds[0]));
	EXPECT_EQ(0, cxl_start(fds[count], &self->work));
	while (count)
		EXPECT_EQ(0, close(fds[count--]));
}

struct race {
	pthread_barrier_t *barrier;
	int fd;
	int ret;
};

static void *race_to_start(void *arg)
{
	struct race *race = arg;

	pthread_barrier_wait(race->barrier);
	race->ret = cxl_start_wed(race->fd, 0);
	return NULL;
}

/* Two threads start one context: one wins. */
TEST_F(start_work, race)
{
	pthread_barrier_t barrier;
	struct race race[2];
	pthread_t threads[2];
	int round, i, fd;

	ASSERT_EQ(0, pthread_barrier_init(&barrier, NULL, 2));
	for (round = 0; round < 100; round++) {
		fd = cxl_open(self->afu.slave, O_RDWR);
		ASSERT_GE(fd, 0);
		for (i = 0; i < 2; i++) {
			race[i] = (struct race){ .barrier = &barrier, .fd = fd };
			ASSERT_EQ(0, pthread_create(&threads[i], NULL, race_to_start, &race[i]));
		}
		for (i = 0; i < 2; i++)
			ASSERT_EQ(0, pthread_join(threads[i], NULL));
		ASSERT_EQ(-EIO, race[0].ret + race[1].ret);
		ASSERT_TRUE(race[0].ret == 0 || race[1].ret == 0);
		ASSERT_EQ(0, close(fd));
	}
}

TEST_HARNESS_MAIN
