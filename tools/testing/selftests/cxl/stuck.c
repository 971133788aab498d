// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts that the card does not let go of: whoever closes them goes on, what
 * the card may still use is given to nobody, contexts that work go on working,
 * and when they have ended the AFU is as good as new.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "cxl_test.h"
#include "inject.h"

/* The driver gives up after five seconds, in a partition after a minute. */
#define GIVE_UP_MS	75000
#define ONE_PAGE	65536UL

FIXTURE(stuck) {
	struct inject inject;
	struct mc mc;
	int *step;
	char *src;
	char *dst;
};

FIXTURE_SETUP(stuck)
{
	struct cxl_afu afu;

	self->mc.fd = -1;
	if (no_afu(_metadata, &afu))
		SKIP(return, "no memcpy AFU");
	if (!host_present())
		SKIP(return, "no host to ask");
	if (!cxl_has_stats(&afu))
		SKIP(return, "no counters in debugfs");
	ASSERT_EQ(0, inject_begin(&self->inject, &afu));
	self->step = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->step);
	self->src = cxl_pages(ONE_PAGE);
	self->dst = cxl_pages(ONE_PAGE);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	cxl_fill(self->src, ONE_PAGE, 1);
	memset(self->dst, 0, ONE_PAGE);
}

FIXTURE_TEARDOWN(stuck)
{
	mc_close(&self->mc);
	if (!host_present())
		return;
	EXPECT_EQ(0, inject_heal(&self->inject));
	EXPECT_EQ(0, inject_violations(&self->inject));
}

static int make_stuck(const struct inject *inject, __u32 pe)
{
	return host_set(inject->card, "stuck-process", "\"%d:%u\"", inject->afu.slice,
			pe & 0xffff);
}

/* The AFU cannot be reset, but for the fourth time, or after some time. */
static int refuse_resets(const struct inject *inject)
{
	if (cxl_is_guest(&inject->afu))
		return inject_rc(inject, H_CONTROL ":%d:%d:3", OP_RESET, RC_HARDWARE);
	return host_set(inject->card, "reset-ms", "4294967295");
}

static int allow_resets(const struct inject *inject)
{
	if (cxl_is_guest(&inject->afu))
		return 0;
	/* longer than the driver waits */
	poll(NULL, 0, 7000);
	return host_set(inject->card, "reset-ms", "0");
}

static __u64 stat_of(struct __test_metadata *_metadata, const struct inject *inject,
		     const char *name)
{
	__u64 value = ~0ULL;

	EXPECT_EQ(0, cxl_stat(&inject->afu, name, &value));
	return value;
}

/* In a process of its own: busy, then killed as soon as it is stuck. */
static pid_t stuck_child(struct __test_metadata *_metadata, const struct inject *inject,
			 int *step, const char *src, char *dst)
{
	struct mc mc;
	pid_t pid;

	*step = 0;
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		if (mc_setup(&mc, &inject->afu, MC_LINES_MAX) || make_stuck(inject, mc.pe))
			_exit(1);
		mc_keep_busy(&mc, src, dst);
		cxl_step_set(step, 1);
		for (;;)
			pause();
	}
	ASSERT_EQ(0, cxl_step_wait(step, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	return pid;
}

/* The context of the parent works, whatever becomes of others. */
static void check_beside(struct __test_metadata *_metadata, struct mc *mc, const char *src)
{
	char *fresh = cxl_pages(ONE_PAGE);

	ASSERT_NE(NULL, fresh);
	ASSERT_EQ(0, mc_copy(mc, fresh, src, 4096));
	ASSERT_EQ(0, memcmp(fresh, src, 4096));
	munmap(fresh, ONE_PAGE);
}

/*
 * The whole story, told in one test because it takes a minute: a busy program is
 * killed and the card keeps its context.
 */
TEST_F_TIMEOUT(stuck, killed_and_quarantined, 180)
{
	__u64 before = stat_of(_metadata, &self->inject, "quarantined");
	__u64 end = cxl_now_ms() + GIVE_UP_MS;
	struct cxl_afu_id id;
	size_t bytes = 128 * ONE_PAGE;
	char *mem;
	int status;
	pid_t pid;
	__u32 pe;

	ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
	pid = stuck_child(_metadata, &self->inject, self->step, self->src, self->dst);
	/* likely gets the pages that the child had */
	mem = cxl_pages(bytes);
	ASSERT_NE(NULL, mem);
	cxl_fill(mem, bytes, 5);
	while (stat_of(_metadata, &self->inject, "quarantined") == before) {
		check_beside(_metadata, &self->mc, self->src);
		ASSERT_GT(end, cxl_now_ms());
		poll(NULL, 0, 100);
	}
	/* possibly long ago, if a fault had still held the memory with the context */
	ASSERT_EQ(pid, waitpid(pid, &status, 0));

	EXPECT_EQ(before + 1, stat_of(_metadata, &self->inject, "quarantined"));
	EXPECT_EQ(2ULL, stat_of(_metadata, &self->inject, "contexts"));
	/* no new ones, for their numbers could be those that the card has */
	EXPECT_EQ(-EIO, cxl_open(self->inject.afu.slave, O_RDWR));
	EXPECT_EQ(-EBUSY, cxl_file_write(self->inject.afu.dir, "reset", "1"));
	/* but those that are there have all they need */
	EXPECT_EQ(0, cxl_get_pe(self->mc.fd, &pe));
	EXPECT_EQ(0, cxl_get_afu_id(self->mc.fd, &id));
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
	check_beside(_metadata, &self->mc, self->src);
	EXPECT_EQ(MC_DONE, mc_irq(&self->mc, 1));
	EXPECT_EQ(-1, cxl_mismatch(mem, bytes, 5));

	mc_close(&self->mc);
	EXPECT_EQ(0, inject_wait_open(&self->inject, 0, STATE_WAIT_MS));
	EXPECT_EQ(0, inject_works(&self->inject.afu));
	EXPECT_EQ(0ULL, stat_of(_metadata, &self->inject, "contexts"));
	EXPECT_EQ(-1, cxl_mismatch(mem, bytes, 5));
}

/* It was only slow: nothing is kept, and nothing is reset. */
TEST_F_TIMEOUT(stuck, lets_go_in_the_end, 60)
{
	__u64 quarantined = stat_of(_metadata, &self->inject, "quarantined");
	__u64 resets = stat_of(_metadata, &self->inject, "resets");
	int status;
	pid_t pid;

	pid = stuck_child(_metadata, &self->inject, self->step, self->src, self->dst);
	poll(NULL, 0, 2000);
	EXPECT_EQ(1ULL, stat_of(_metadata, &self->inject, "contexts"));
	ASSERT_EQ(0, host_set(self->inject.card, "stuck-process", "\"\""));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(0, cxl_stat_wait(&self->inject.afu, "contexts", 0));
	EXPECT_EQ(0, inject_works(&self->inject.afu));
	EXPECT_EQ(quarantined, stat_of(_metadata, &self->inject, "quarantined"));
	EXPECT_EQ(resets, stat_of(_metadata, &self->inject, "resets"));
}

/* Fails at once: the same, without the wait, and again and again. */
TEST_F_TIMEOUT(stuck, failing_detach, 120)
{
	struct mc mc;
	int round;

	for (round = 0; round < 5; round++) {
		ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
		ASSERT_EQ(0, mc_setup(&mc, &self->inject.afu, MC_LINES_MAX));
		ASSERT_EQ(0, inject_refused_detach(&self->inject));
		mc_keep_busy(&mc, self->src, self->dst);
		mc_close(&mc);
		EXPECT_EQ(-EIO, cxl_open(self->inject.afu.slave, O_RDWR));
		EXPECT_EQ(-EIO, cxl_open(self->inject.afu.master, O_RDWR));
		/* the driver looks after its AFUs every three seconds */
		if (!round)
			poll(NULL, 0, 4000);
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, 4096));
		EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
		mc_close(&self->mc);
		ASSERT_EQ(0, inject_wait_open(&self->inject, 0, STATE_WAIT_MS));
		ASSERT_EQ(0, inject_works(&self->inject.afu));
	}
	EXPECT_EQ(0ULL, stat_of(_metadata, &self->inject, "contexts"));
}

/* Quarantined contexts do not outlive the driver, nor does it crash with them. */
TEST_F_TIMEOUT(stuck, unbind, 60)
{
	struct cxl_binding binding;

	ASSERT_EQ(0, cxl_find_binding(&self->inject.afu, &binding));
	ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
	ASSERT_EQ(0, inject_refused_detach(&self->inject));
	ASSERT_EQ(0, cxl_unbind(&binding));
	EXPECT_EQ(POLLERR, cxl_poll(self->mc.fd, 0));
	ASSERT_EQ(0, cxl_bind(&binding));
	EXPECT_EQ(0, inject_works(&self->inject.afu));
}

/* Neither the detach nor the reset works: tried again until it does. */
TEST_F_TIMEOUT(stuck, reset_fails_too, 90)
{
	ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
	ASSERT_EQ(0, inject_refused_detach(&self->inject));
	ASSERT_EQ(0, refuse_resets(&self->inject));
	mc_close(&self->mc);
	EXPECT_EQ(-EIO, cxl_open(self->inject.afu.slave, O_RDWR));
	EXPECT_EQ(-EBUSY, cxl_file_write(self->inject.afu.dir, "reset", "1"));
	ASSERT_EQ(0, allow_resets(&self->inject));
	EXPECT_EQ(0, inject_wait_open(&self->inject, 0, 2 * STATE_WAIT_MS));
	EXPECT_EQ(0, inject_works(&self->inject.afu));
	EXPECT_EQ(0ULL, stat_of(_metadata, &self->inject, "contexts"));
}

#define STARTERS 6

/* Each start waits for the AFU in turn: who is killed does not wait for his. */
TEST_F_TIMEOUT(stuck, killed_while_others_start, 60)
{
	pid_t pids[STARTERS];
	int i, status;
	__u64 start;

	if (cxl_is_guest(&self->inject.afu))
		SKIP(return, "the hypervisor enables the AFU");
	/* it is enabled by the first context, and this never ends */
	ASSERT_EQ(0, cxl_file_write(self->inject.afu.dir, "reset", "1"));
	ASSERT_EQ(0, host_set(self->inject.card, "enable-ms", "4294967295"));
	for (i = 0; i < STARTERS; i++) {
		pids[i] = fork();
		ASSERT_GE(pids[i], 0);
		if (!pids[i]) {
			int fd = cxl_open(self->inject.afu.slave, O_RDWR);

			_exit(fd < 0 || !cxl_start_wed(fd, 0));
		}
	}
	poll(NULL, 0, 1000);
	start = cxl_now_ms();
	for (i = 0; i < STARTERS; i++)
		ASSERT_EQ(0, kill(pids[i], SIGKILL));
	for (i = 0; i < STARTERS; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
	}
	/* one has told the hardware to begin, which is given five seconds */
	EXPECT_GT(10000ULL, cxl_now_ms() - start);
	ASSERT_EQ(0, host_set(self->inject.card, "enable-ms", "0"));
	EXPECT_EQ(0, inject_works(&self->inject.afu));
}

/* Segments that cannot be invalidated: no context may go on with the old ones. */
TEST_F_TIMEOUT(stuck, segments, 60)
{
	size_t huge = cxl_huge_page_size();
	long long old;
	void *map;

	if (!huge)
		SKIP(return, "no huge pages");
	old = cxl_set_huge_pages(2);
	ASSERT_LE(0, old);
	ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, 4096));
	ASSERT_EQ(0, host_set(self->inject.card, "slbia-reads", "4294967295"));
	/* another page size in the segments of the process */
	map = mmap(NULL, huge, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	cxl_set_huge_pages(old);
	if (map == MAP_FAILED)
		SKIP(return, "no huge page to be had");
	memset(map, 1, 64);
	EXPECT_EQ(0, inject_wait_dead(self->mc.fd, STATE_WAIT_MS));
	/* the first attempt to get the AFU to work again may fail, too */
	poll(NULL, 0, 1000);
	ASSERT_EQ(0, host_set(self->inject.card, "slbia-reads", "0"));
	munmap(map, huge);
	mc_close(&self->mc);
	EXPECT_EQ(0, inject_wait_open(&self->inject, 0, STATE_WAIT_MS));
	EXPECT_EQ(0, inject_works(&self->inject.afu));
}

TEST_HARNESS_MAIN
