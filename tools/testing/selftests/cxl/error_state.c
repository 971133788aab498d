// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors that the hypervisor finds: the function is disabled, unavailable for a
 * while, or for ever. Programs are told, and a new one finds an AFU that works as
 * soon as there is one.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>

#include "cxl_test.h"
#include "inject.h"

FIXTURE(error_state) {
	struct inject inject;
	struct mc mc;
	struct mc ones;
	int opened;
	char *src;
	char *dst;
};

FIXTURE_VARIANT(error_state) {
	int state;
};

FIXTURE_VARIANT_ADD(error_state, disabled) {
	.state = STATE_DISABLED,
};

FIXTURE_VARIANT_ADD(error_state, unavailable) {
	.state = STATE_UNAVAILABLE,
};

FIXTURE_VARIANT_ADD(error_state, dead) {
	.state = STATE_DEAD,
};

static int setup_ones(struct mc *mc, const struct cxl_afu *afu)
{
	struct cxl_ioctl_start_work work = { .flags = CXL_START_WORK_ERR_FF };
	int ret;

	ret = mc_open(mc, afu->slave, 1);
	if (!ret)
		ret = mc_start(mc, &work);
	if (!ret)
		ret = mc_map(mc, afu->dir);
	return ret;
}

FIXTURE_SETUP(error_state)
{
	struct cxl_afu afu;

	self->mc.fd = -1;
	self->ones.fd = -1;
	self->opened = -1;
	if (no_afu(_metadata, &afu))
		SKIP(return, "no memcpy AFU");
	if (!host_present())
		SKIP(return, "no host to ask");
	if (!cxl_is_guest(&afu))
		SKIP(return, "no hypervisor whose answers could be chosen");
	ASSERT_EQ(0, inject_begin(&self->inject, &afu));
	self->src = cxl_pages(65536);
	self->dst = cxl_pages(65536);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	cxl_fill(self->src, 65536, 1);
	memset(self->dst, 0, 65536);
	self->opened = cxl_open(afu.slave, O_RDWR);
	ASSERT_GE(self->opened, 0);
	ASSERT_EQ(0, setup_ones(&self->ones, &afu));
	ASSERT_EQ(0, mc_setup(&self->mc, &afu, 64));
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, 4096));
}

/* As the hypervisor would; back to normal is what the driver has to do. */
static int recover(const struct inject *inject, int state)
{
	switch (state) {
	case STATE_UNAVAILABLE:
		return inject_state(inject, STATE_DISABLED);
	case STATE_DEAD:
		return cxl_file_write(inject->afu.card_dir, "reset", "-1");
	default:
		return 0;
	}
}

FIXTURE_TEARDOWN(error_state)
{
	mc_close(&self->mc);
	mc_close(&self->ones);
	close(self->opened);
	if (!host_present())
		return;
	if (inject_wait_open(&self->inject, 0, 0))
		recover(&self->inject, variant->state);
	inject_wait_open(&self->inject, 0, STATE_WAIT_MS);
	EXPECT_EQ(0, inject_heal(&self->inject));
	EXPECT_EQ(0, inject_violations(&self->inject));
}

/* Everything that a dead context is asked for. */
static void check_dead(struct __test_metadata *_metadata, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT };
	struct timeval zero = { 0 };
	char buf[CXL_READ_MIN_SIZE];
	struct cxl_afu_id id;
	int epfd;
	__u32 pe;
	fd_set in;

	EXPECT_EQ(-EIO, cxl_start_wed(fd, 0));
	EXPECT_EQ(-EIO, cxl_get_pe(fd, &pe));
	EXPECT_EQ(-EIO, cxl_get_afu_id(fd, &id));
	EXPECT_EQ(EIO, ioctl(fd, _IO(CXL_MAGIC, 0x0f)) ? errno : 0);
	EXPECT_EQ(-EIO, cxl_read(fd, buf, sizeof(buf)));
	EXPECT_EQ(POLLERR, cxl_poll(fd, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EIO, cxl_read(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, fcntl(fd, F_SETFL, 0));

	/* an error counts as something to read: that tells of it */
	FD_ZERO(&in);
	FD_SET(fd, &in);
	EXPECT_EQ(1, select(fd + 1, &in, NULL, NULL, &zero));
	EXPECT_TRUE(FD_ISSET(fd, &in));
	epfd = epoll_create1(EPOLL_CLOEXEC);
	EXPECT_EQ(0, epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event));
	EXPECT_EQ(1, epoll_wait(epfd, &event, 1, 0));
	EXPECT_EQ((__u32)EPOLLERR, event.events);
	close(epfd);
}

static sigjmp_buf bus_error;
static int bus_code;

static void on_bus_error(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	bus_code = info->si_code;
	siglongjmp(bus_error, 1);
}

static void check_mapping(struct __test_metadata *_metadata, const struct mc *mc, bool ones)
{
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };
	__u64 value;

	ASSERT_EQ(0, sigaction(SIGBUS, &action, NULL));
	bus_code = 0;
	if (!sigsetjmp(bus_error, 1)) {
		value = mc_reg_read(mc, MC_REG_WED);
		EXPECT_TRUE(ones);
		EXPECT_EQ(~0ULL, value);
		return;
	}
	EXPECT_FALSE(ones);
	EXPECT_EQ(BUS_ADRERR, bus_code);
}

TEST_F_TIMEOUT(error_state, contexts_end, 90)
{
	const struct inject *inject = &self->inject;

	mc_keep_busy(&self->mc, self->src, self->dst);
	ASSERT_EQ(0, inject_state(inject, variant->state));
	/* what the card answers until the driver has noticed */
	EXPECT_EQ(~0ULL, mc_reg_read(&self->ones, MC_REG_WED));
	EXPECT_EQ(0, inject_wait_dead(self->mc.fd, STATE_WAIT_MS));
	EXPECT_EQ(0, inject_wait_dead(self->ones.fd, STATE_WAIT_MS));
	EXPECT_EQ(0, inject_wait_dead(self->opened, STATE_WAIT_MS));
	/* nothing is written any more */
	memset(self->dst, 7, 4096);
	check_dead(_metadata, self->opened);
	check_dead(_metadata, self->mc.fd);
	check_dead(_metadata, self->ones.fd);
	check_mapping(_metadata, &self->ones, true);
	check_mapping(_metadata, &self->mc, false);
	EXPECT_EQ(0, memcmp(self->dst, self->dst + 1, 4095));

	/* the AFU is back, the contexts are not */
	ASSERT_EQ(0, recover(inject, variant->state));
	ASSERT_EQ(0, inject_wait_open(inject, 0, STATE_WAIT_MS));
	EXPECT_EQ(0, inject_works(&inject->afu));
	check_dead(_metadata, self->opened);
	check_dead(_metadata, self->mc.fd);
	check_mapping(_metadata, &self->ones, true);
	check_mapping(_metadata, &self->mc, false);
	EXPECT_EQ(7, self->dst[0]);
}

/* As long as it lasts, and what can be done about it meanwhile. */
TEST_F_TIMEOUT(error_state, as_long_as_it_lasts, 90)
{
	const struct inject *inject = &self->inject;
	const char *dir = inject->afu.dir;
	char buf[256];

	if (variant->state == STATE_DISABLED)
		SKIP(return, "it does not last");
	ASSERT_EQ(0, inject_state(inject, variant->state));
	ASSERT_EQ(0, inject_wait_open(inject, -EIO, STATE_WAIT_MS));
	/* longer than the driver takes between two looks */
	poll(NULL, 0, 4000);
	EXPECT_EQ(-EIO, cxl_open(inject->afu.slave, O_RDWR));
	EXPECT_EQ(-EIO, cxl_open(inject->afu.master, O_RDWR));
	EXPECT_EQ(0, access(inject->afu.slave, F_OK));
	/* what is known is told, what has to be asked for is not */
	EXPECT_GT(cxl_file_read(dir, "mode", buf, sizeof(buf)), 0);
	EXPECT_GT(cxl_file_read(dir, "mmio_size", buf, sizeof(buf)), 0);
	EXPECT_GT(cxl_file_read(dir, "cr0/vendor", buf, sizeof(buf)), 0);
	EXPECT_GT(cxl_file_read(inject->afu.card_dir, "caia_version", buf, sizeof(buf)), 0);
	EXPECT_EQ(-EIO, cxl_file_read(dir, "afu_err_buff", buf, 9));
	ASSERT_EQ(8, cxl_file_read(dir, "cr0/config", buf, 9));
	EXPECT_EQ(0, memcmp(buf, "\xff\xff\xff\xff\xff\xff\xff\xff", 8));
	EXPECT_NE(0, cxl_file_write(dir, "mode", "none"));
	EXPECT_GT(cxl_file_read(dir, "mode", buf, sizeof(buf)), 0);
	EXPECT_STREQ("afu_directed\n", buf);
	ASSERT_EQ(0, recover(inject, variant->state));
	ASSERT_EQ(0, inject_wait_open(inject, 0, STATE_WAIT_MS));
	ASSERT_EQ(8, cxl_file_read(dir, "cr0/config", buf, 9));
	EXPECT_EQ(0x14, buf[0]);
}

struct sleeper {
	int fd;
	int ret;
	bool in_poll;
};

static void *sleep_for_event(void *arg)
{
	struct sleeper *sleeper = arg;
	char buf[CXL_READ_MIN_SIZE];

	sleeper->ret = sleeper->in_poll ? cxl_poll(sleeper->fd, 2 * STATE_WAIT_MS) :
		       cxl_read(sleeper->fd, buf, sizeof(buf));
	return NULL;
}

/* Nobody sleeps on, whatever the state and whether it was started or not. */
TEST_F_TIMEOUT(error_state, wakes_sleepers, 60)
{
	struct sleeper sleepers[4] = {
		{ .fd = self->opened }, { .fd = self->mc.fd },
		{ .fd = self->opened, .in_poll = true }, { .fd = self->mc.fd, .in_poll = true },
	};
	pthread_t threads[4];
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, sleep_for_event, &sleepers[i]));
	ASSERT_EQ(0, inject_state(&self->inject, variant->state));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(sleepers[i].in_poll ? POLLERR : -EIO, sleepers[i].ret);
	}
}

/* What happened before is told as it was, or not at all. */
TEST_F_TIMEOUT(error_state, pending_events, 60)
{
	__u64 end = cxl_now_ms() + STATE_WAIT_MS;
	char buf[CXL_READ_MIN_SIZE];
	struct cxl_event event;
	int mask, seen = 0;

	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 2));
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 3));
	poll(NULL, 0, 100);
	ASSERT_EQ(0, inject_state(&self->inject, variant->state));
	ASSERT_EQ(0, inject_wait_dead(self->opened, STATE_WAIT_MS));
	while ((mask = cxl_poll(self->mc.fd, CXL_WAIT_MS)) == POLLIN &&
	       cxl_now_ms() < end) {
		ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
		ASSERT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
		ASSERT_TRUE(event.irq.irq == 2 || event.irq.irq == 3);
		seen++;
	}
	EXPECT_LE(seen, 2);
	EXPECT_EQ(POLLERR, mask);
	EXPECT_EQ(-EIO, cxl_read(self->mc.fd, buf, sizeof(buf)));
}

/* Closed before the driver has noticed anything. */
TEST_F_TIMEOUT(error_state, close_at_once, 60)
{
	__u64 start;

	mc_keep_busy(&self->mc, self->src, self->dst);
	ASSERT_EQ(0, inject_state(&self->inject, variant->state));
	start = cxl_now_ms();
	mc_close(&self->mc);
	EXPECT_GT(2000ULL, cxl_now_ms() - start);
	ASSERT_EQ(0, recover(&self->inject, variant->state));
	/* an AFU that is not known to be unwell is open; wait for the driver */
	ASSERT_EQ(0, inject_wait_dead(self->opened, STATE_WAIT_MS));
	ASSERT_EQ(0, inject_wait_open(&self->inject, 0, STATE_WAIT_MS));
	EXPECT_EQ(0, inject_works(&self->inject.afu));
}

/* Started before the driver has noticed: an error, and that makes it look. */
TEST_F_TIMEOUT(error_state, start_at_once, 60)
{
	int ret;

	ASSERT_EQ(0, inject_state(&self->inject, variant->state));
	ret = cxl_start_wed(self->opened, 0);
	EXPECT_TRUE(ret == -EBUSY || ret == -EIO) {
		TH_LOG("start: %d", ret);
	}
	EXPECT_EQ(0, inject_wait_dead(self->mc.fd, 2000));
}

static void *reset_afu(void *arg)
{
	return (void *)(long)cxl_file_write(arg, "reset", "1");
}

/* Waits for what is only temporary, gives up on what is not. */
TEST_F_TIMEOUT(error_state, reset_afu, 90)
{
	const struct inject *inject = &self->inject;
	pthread_t thread;
	void *ret;

	ASSERT_EQ(0, inject_state(inject, variant->state));
	ASSERT_EQ(0, inject_wait_dead(self->mc.fd, STATE_WAIT_MS));
	ASSERT_EQ(0, inject_wait_dead(self->opened, STATE_WAIT_MS));
	ASSERT_EQ(0, pthread_create(&thread, NULL, reset_afu, self->inject.afu.dir));
	poll(NULL, 0, 500);
	if (variant->state == STATE_UNAVAILABLE)
		ASSERT_EQ(0, recover(inject, variant->state));
	ASSERT_EQ(0, pthread_join(thread, &ret));
	if (variant->state != STATE_DEAD) {
		EXPECT_EQ(0L, (long)ret);
		return;
	}
	EXPECT_TRUE((long)ret == -EBUSY || (long)ret == -EIO) {
		TH_LOG("reset: %ld", (long)ret);
	}
}

/* A reset of the card helps in every state, in the end. */
TEST_F_TIMEOUT(error_state, reset_card, 90)
{
	const struct inject *inject = &self->inject;

	ASSERT_EQ(0, inject_state(inject, variant->state));
	EXPECT_EQ(0, cxl_file_write(inject->afu.card_dir, "reset", "-1"));
	EXPECT_EQ(POLLERR, cxl_poll(self->mc.fd, 0));
	EXPECT_EQ(POLLERR, cxl_poll(self->opened, 0));
	EXPECT_EQ(0, inject_wait_open(inject, 0, STATE_WAIT_MS));
	EXPECT_EQ(0, inject_works(&inject->afu));
}

/* The driver lets go of a card in this state, and takes it when it is well. */
TEST_F_TIMEOUT(error_state, unbind, 90)
{
	struct cxl_binding binding;

	ASSERT_EQ(0, cxl_find_binding(&self->inject.afu, &binding));
	ASSERT_EQ(0, inject_state(&self->inject, variant->state));
	ASSERT_EQ(0, cxl_unbind(&binding));
	check_dead(_metadata, self->mc.fd);
	check_dead(_metadata, self->opened);
	/* the hypervisor gets it to work again, with whatever effort */
	ASSERT_EQ(0, inject_state(&self->inject, STATE_DISABLED));
	ASSERT_EQ(0, cxl_bind(&binding));
	EXPECT_EQ(0, inject_works(&self->inject.afu));
	check_dead(_metadata, self->mc.fd);
}

/* Every time anew, and nothing is left of the times before. */
TEST_F_TIMEOUT(error_state, again_and_again, 120)
{
	const struct inject *inject = &self->inject;
	__u64 contexts = ~0ULL;
	int round;

	for (round = 0; round < 4; round++) {
		mc_keep_busy(&self->mc, self->src, self->dst);
		ASSERT_EQ(0, inject_state(inject, variant->state));
		ASSERT_EQ(0, inject_wait_dead(self->mc.fd, STATE_WAIT_MS));
		mc_close(&self->mc);
		ASSERT_EQ(0, recover(inject, variant->state));
		ASSERT_EQ(0, inject_wait_open(inject, 0, STATE_WAIT_MS));
		ASSERT_EQ(0, mc_setup(&self->mc, &inject->afu, 64));
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, 4096));
	}
	mc_close(&self->mc);
	mc_close(&self->ones);
	close(self->opened);
	self->opened = -1;
	if (!cxl_stat(&inject->afu, "contexts", &contexts))
		EXPECT_EQ(0ULL, contexts);
}

TEST_HARNESS_MAIN
