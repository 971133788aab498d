// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hypervisor that is busy: every operation is brought to its end with the
 * token it was given, in a time that is bounded whatever the hypervisor thinks
 * it will take.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>

#include "cxl_test.h"
#include "inject.h"

/* How long an operation may take that is busy a few times. */
#define SOON_MS		8000ULL
/* The driver gives up after a minute. */
#define GIVE_UP_MS	60000ULL

FIXTURE(busy) {
	struct inject inject;
	struct mc mc;
	char src[256];
	char dst[256];
};

FIXTURE_SETUP(busy)
{
	struct cxl_afu afu;

	self->mc.fd = -1;
	if (no_afu(_metadata, &afu))
		SKIP(return, "no memcpy AFU");
	if (!host_present())
		SKIP(return, "no host to ask");
	if (!cxl_is_guest(&afu))
		SKIP(return, "no hypervisor whose answers could be chosen");
	ASSERT_EQ(0, inject_begin(&self->inject, &afu));
	cxl_fill(self->src, sizeof(self->src), 1);
}

FIXTURE_TEARDOWN(busy)
{
	mc_close(&self->mc);
	if (!host_present())
		return;
	EXPECT_EQ(0, inject_heal(&self->inject));
	EXPECT_EQ(0, inject_violations(&self->inject));
}

static int set(const struct inject *inject, const char *class, const char *what, long value)
{
	char property[64];

	snprintf(property, sizeof(property), "busy-%s%s%s", class, *class ? "-" : "", what);
	return host_set(inject->card, property, "%ld", value);
}

/* Everything that a card does for a program, with every class of operation. */
static void check_all(struct __test_metadata *_metadata, const struct inject *inject,
		      struct mc *mc, char *dst, const char *src)
{
	__u64 start = cxl_now_ms(), lap;
	uint64_t attached = 0;
	char buf[16];

	memset(dst, 0, 256);
	ASSERT_EQ(0, mc_setup(mc, &inject->afu, 1));
	lap = cxl_now_ms();
	EXPECT_GT(SOON_MS, lap - start);
	ASSERT_EQ(0, mc_copy(mc, dst, src, 256));
	EXPECT_EQ(0, memcmp(dst, src, 256));
	EXPECT_EQ(0, host_get_u64(inject->card, "stat-attached", &attached));
	EXPECT_EQ(1UL, attached);
	EXPECT_EQ(MC_DONE, mc_irq(mc, 1));
	start = cxl_now_ms();
	mc_close(mc);
	lap = cxl_now_ms();
	EXPECT_GT(SOON_MS, lap - start);
	EXPECT_EQ(0, host_get_u64(inject->card, "stat-attached", &attached));
	EXPECT_EQ(0UL, attached);

	start = cxl_now_ms();
	EXPECT_EQ(0, cxl_file_write(inject->afu.dir, "reset", "1"));
	EXPECT_EQ(8, cxl_file_read(inject->afu.dir, "cr0/config", buf, 9));
	EXPECT_EQ(0x14, buf[0]);
	lap = cxl_now_ms();
	EXPECT_GT(2 * SOON_MS, lap - start);
	start = cxl_now_ms();
	EXPECT_EQ(0, cxl_file_write(inject->afu.card_dir, "reset", "1"));
	lap = cxl_now_ms();
	EXPECT_GT(2 * SOON_MS, lap - start);
}

/* An operation of several calls is one operation: the token says which one. */
TEST_F_TIMEOUT(busy, rounds, 60)
{
	static const char * const class[] = { "attach", "detach", "reset", "control", "facility" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(class); i++)
		ASSERT_EQ(0, set(&self->inject, class[i], "rounds", 5));
	ASSERT_EQ(0, set(&self->inject, "", "code", RC_BUSY));
	check_all(_metadata, &self->inject, &self->mc, self->dst, self->src);
	ASSERT_EQ(0, set(&self->inject, "", "code", RC_LONG_BUSY_1_MS));
	check_all(_metadata, &self->inject, &self->mc, self->dst, self->src);
}

/* The hints that a hypervisor can give, up to a hundred seconds. */
TEST_F_TIMEOUT(busy, hints, 120)
{
	static const char * const class[] = { "attach", "detach", "reset", "control", "facility" };
	unsigned int i;
	int code;

	for (i = 0; i < ARRAY_SIZE(class); i++)
		ASSERT_EQ(0, set(&self->inject, class[i], "rounds", 1));
	for (code = RC_LONG_BUSY_1_MS; code <= RC_LONG_BUSY_100_S; code++) {
		ASSERT_EQ(0, set(&self->inject, "", "code", code));
		check_all(_metadata, &self->inject, &self->mc, self->dst, self->src);
	}
}

/* It takes its time, and says how much is left. */
TEST_F_TIMEOUT(busy, takes_time, 60)
{
	static const char * const class[] = { "attach", "detach", "reset", "facility" };
	__u64 start = cxl_now_ms();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(class); i++)
		ASSERT_EQ(0, set(&self->inject, class[i], "ms", 300));
	check_all(_metadata, &self->inject, &self->mc, self->dst, self->src);
	EXPECT_LE(1200ULL, cxl_now_ms() - start);
}

/* Answers of the card that keep nothing: the caller comes with what it has. */
TEST_F_TIMEOUT(busy, without_token, 60)
{
	ASSERT_EQ(0, inject_rc(&self->inject, H_ATTACH ":*:%d:3", RC_BUSY));
	ASSERT_EQ(0, inject_rc(&self->inject, H_DETACH ":*:%d:3", RC_BUSY));
	ASSERT_EQ(0, inject_rc(&self->inject, H_CONTROL ":%d:%d:3", OP_RESET, RC_BUSY));
	check_all(_metadata, &self->inject, &self->mc, self->dst, self->src);
}

static void ignore(int sig)
{
	(void)sig;
}

/* Signals neither break an operation nor leave half of one behind. */
TEST_F_TIMEOUT(busy, signals, 60)
{
	struct sigaction action = { .sa_handler = ignore };
	struct itimerval timer = {
		.it_value.tv_usec = 10000,
		.it_interval.tv_usec = 10000,
	};
	int i;

	ASSERT_EQ(0, set(&self->inject, "attach", "ms", 200));
	ASSERT_EQ(0, set(&self->inject, "detach", "ms", 200));
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, mc_open(&self->mc, self->inject.afu.slave, 1));
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
		EXPECT_EQ(0, mc_start(&self->mc, NULL));
		EXPECT_EQ(0, close(self->mc.fd));
		self->mc.fd = -1;
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL));
		mc_close(&self->mc);
	}
}

/* Killed in the middle of a start. */
TEST_F_TIMEOUT(busy, killed, 60)
{
	uint64_t attached = 0;
	int i, status;
	pid_t pid;

	ASSERT_EQ(0, set(&self->inject, "attach", "ms", 300));
	ASSERT_EQ(0, set(&self->inject, "detach", "ms", 300));
	for (i = 0; i < 4; i++) {
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			mc_setup(&self->mc, &self->inject.afu, 1);
			for (;;)
				pause();
		}
		poll(NULL, 0, 50 + i * 150);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
	}
	EXPECT_EQ(0, host_get_u64(self->inject.card, "stat-attached", &attached));
	EXPECT_EQ(0UL, attached);
}

/* A detach that is slow does not keep others from working. */
TEST_F_TIMEOUT(busy, beside_others, 60)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct mc other;
	char *fresh;
	int status;
	pid_t pid;

	ASSERT_EQ(0, mc_setup(&other, &self->inject.afu, 1));
	ASSERT_EQ(0, set(&self->inject, "detach", "ms", 2000));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		close(other.fd);
		if (mc_setup(&self->mc, &self->inject.afu, 1))
			_exit(1);
		mc_close(&self->mc);
		_exit(0);
	}
	while (!waitpid(pid, &status, WNOHANG)) {
		fresh = cxl_pages(page);
		ASSERT_NE(NULL, fresh);
		/* takes a fault, and raises an interrupt */
		ASSERT_EQ(0, mc_copy(&other, fresh, self->src, 256));
		ASSERT_EQ(0, memcmp(fresh, self->src, 256));
		munmap(fresh, page);
	}
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, set(&self->inject, "detach", "ms", 0));
	mc_close(&other);
}

/* Busy until the driver gives up: an error, no hang, and all is well later. */
TEST_F_TIMEOUT(busy, attach_for_ever, 150)
{
	__u64 start = cxl_now_ms(), took;
	struct mc mc;
	int ret;

	ASSERT_EQ(0, set(&self->inject, "attach", "rounds", 4294967295L));
	ASSERT_EQ(0, set(&self->inject, "", "code", RC_LONG_BUSY_1_MS + 1));
	ASSERT_EQ(0, mc_open(&mc, self->inject.afu.slave, 1));
	EXPECT_EQ(-EBUSY, mc_start(&mc, NULL));
	took = cxl_now_ms() - start;
	EXPECT_LE(GIVE_UP_MS / 2, took);
	EXPECT_GE(GIVE_UP_MS + SOON_MS, took);
	/* the card may have it or not: at most it is dead, and it can be closed */
	ret = cxl_poll(mc.fd, 0);
	EXPECT_TRUE(ret == 0 || ret == POLLERR);
	mc_close(&mc);
	ASSERT_EQ(0, inject_clear(&self->inject));
	EXPECT_EQ(0, inject_wait_open(&self->inject, 0, STATE_WAIT_MS));
	EXPECT_EQ(0, inject_works(&self->inject.afu));
}

TEST_HARNESS_MAIN
