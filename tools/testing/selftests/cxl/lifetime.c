// SPDX-License-Identifier: GPL-2.0-only
/*
 * How contexts end: close, exit and kill with work in flight, and what is left
 * after many of them.
 */
#include <signal.h>

#include "cxl_test.h"

FIXTURE(lifetime) {
	struct cxl_afu afu;
	size_t page;
	/* shared by all processes of a test */
	int *step;
	char *src;
	char *dst;
};

FIXTURE_SETUP(lifetime)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	self->page = sysconf(_SC_PAGESIZE);
	self->step = mmap(NULL, sizeof(*self->step), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->step);
	self->src = cxl_pages(self->page);
	self->dst = cxl_pages(self->page);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	cxl_fill(self->src, self->page, 1);
	memset(self->dst, 0, self->page);
}

FIXTURE_TEARDOWN(lifetime)
{
}

/* After close() nothing is written any more. */
TEST_F_TIMEOUT(lifetime, close_with_work_in_flight, 120)
{
	struct mc mc, other;
	int i;

	ASSERT_EQ(0, mc_setup(&other, &self->afu, 1));
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, mc_setup(&mc, &self->afu, 256));
		mc_keep_busy(&mc, self->src, self->dst);
		mc_close(&mc);
		memset(self->dst, i, MC_COPY_MAX);
		/* the AFU gets its turn before the look */
		ASSERT_EQ(0, mc_copy(&other, self->dst + MC_COPY_MAX, self->src, MC_COPY_MAX));
		ASSERT_EQ(0, memcmp(self->dst, self->dst + 1, MC_COPY_MAX - 1));
		ASSERT_EQ(i, self->dst[0]);
	}
	mc_close(&other);
}

/* Closed while the kernel is about to answer a fault, or has just done so. */
TEST_F_TIMEOUT(lifetime, close_with_fault_in_flight, 120)
{
	struct mc mc[4];
	int i, j;

	for (i = 0; i < 50; i++) {
		for (j = 0; j < 4; j++) {
			ASSERT_EQ(0, mc_setup(&mc[j], &self->afu, 1));
			mc_push(&mc[j], MC_COPY, 64, self->src, CXL_HOLE);
		}
		for (j = 0; j < 4; j++)
			mc_close(&mc[j]);
	}
	ASSERT_EQ(0, mc_setup(&mc[0], &self->afu, 1));
	EXPECT_EQ(0, mc_copy(&mc[0], self->dst, self->src, 64));
	EXPECT_EQ(0, cxl_poll(mc[0].fd, 0));
	mc_close(&mc[0]);
}

/* The mapping keeps the context alive. */
TEST_F(lifetime, close_with_mapping)
{
	struct cxl_afu_id id;
	__u64 detaches, now;
	struct mc mc;

	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	ASSERT_EQ(0, cxl_stat(&self->afu, "detaches", &detaches));
	ASSERT_EQ(0, cxl_get_afu_id(mc.fd, &id));
	ASSERT_EQ(0, close(mc.fd));
	mc.fd = -1;
	EXPECT_EQ(mc.pe, mc_reg_read(&mc, MC_REG_HANDLE) >> 48);
	EXPECT_EQ(0, mc_copy(&mc, self->dst, self->src, self->page));
	EXPECT_EQ(-1, cxl_mismatch(self->dst, self->page, 1));
	ASSERT_EQ(0, cxl_stat(&self->afu, "detaches", &now));
	EXPECT_EQ(detaches, now);
	ASSERT_EQ(0, munmap(mc.mmio, mc.mmio_size));
	mc.mmio = NULL;
	ASSERT_EQ(0, cxl_stat(&self->afu, "detaches", &now));
	EXPECT_EQ(detaches + 1, now);
	mc_close(&mc);
}

/* Starts, gets busy, tells, and ends as the caller wants it to. */
static void busy_child(int *step, const struct cxl_afu *afu, const char *src,
		       char *dst)
{
	struct mc mc;

	if (mc_setup(&mc, afu, MC_LINES_MAX))
		_exit(1);
	mc_keep_busy(&mc, src, dst);
	cxl_step_set(step, 1);
}

TEST_F_TIMEOUT(lifetime, exit_with_work_in_flight, 120)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 10; i++) {
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			busy_child(self->step, &self->afu, self->src, self->dst);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, status);
	}
	if (cxl_has_stats(&self->afu))
		EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
}

TEST_F_TIMEOUT(lifetime, kill_with_work_in_flight, 120)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 10; i++) {
		*self->step = 0;
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			busy_child(self->step, &self->afu, self->src, self->dst);
			for (;;)
				pause();
		}
		ASSERT_EQ(0, cxl_step_wait(self->step, 1));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
	}
	if (cxl_has_stats(&self->afu))
		EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
}

/* Killed while it sleeps in read(). */
TEST_F(lifetime, kill_reader)
{
	char buf[CXL_READ_MIN_SIZE];
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		struct mc mc;

		if (mc_setup(&mc, &self->afu, 1))
			_exit(1);
		cxl_step_set(self->step, 1);
		cxl_read(mc.fd, buf, sizeof(buf));
		_exit(2);
	}
	ASSERT_EQ(0, cxl_step_wait(self->step, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
}

static long mem_info(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t len = strlen(name);
	char line[128];
	long kib = -1;

	while (file && kib < 0 && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, len) && line[len] == ':')
			kib = strtol(line + len + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return kib;
}

static int cycles(const struct cxl_afu *afu, int count, bool start)
{
	struct mc mc;
	int ret = 0;

	while (!ret && count--) {
		if (start)
			ret = mc_setup(&mc, afu, 1);
		else
			ret = mc_open(&mc, afu->slave, 1);
		mc_close(&mc);
	}
	return ret;
}

#define CYCLES 1000
#define LEAK_ROUNDS 5

/*
 * What the kernel holds after many cycles, compared with before: less than 500
 * bytes for each. Caches may still grow to their working size at first, while a
 * leak grows in every round.
 */
static void check_growth(struct __test_metadata *_metadata, const struct cxl_afu *afu,
			 bool start)
{
	const long limit = CYCLES * 500L / 1024;
	long slab, available, grown = 0, used = 0;
	int round;

	for (round = 0; round < LEAK_ROUNDS; round++) {
		slab = mem_info("SUnreclaim");
		available = mem_info("MemAvailable");
		ASSERT_EQ(0, cycles(afu, CYCLES, start));
		grown = mem_info("SUnreclaim") - slab;
		used = available - mem_info("MemAvailable");
		if (grown <= limit && used <= 16 * limit)
			return;
	}
	EXPECT_LE(grown, limit);
	EXPECT_LE(used, 16 * limit);
}

TEST_F_TIMEOUT(lifetime, cycles_do_not_leak, 200)
{
	check_growth(_metadata, &self->afu, true);
}

TEST_F_TIMEOUT(lifetime, unstarted_cycles_do_not_leak, 200)
{
	check_growth(_metadata, &self->afu, false);
}

TEST_HARNESS_MAIN
