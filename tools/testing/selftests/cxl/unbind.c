// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver lets go of the card while programs use it. For them it is as if
 * the card were unplugged. Afterwards it comes back under its old name.
 */
#include <fcntl.h>
#include <pthread.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "cxl_test.h"

FIXTURE(unbind) {
	struct cxl_afu afu;
	struct mc mc;
	struct cxl_binding binding;
	char *src;
	char *dst;
};

FIXTURE_SETUP(unbind)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_EQ(0, cxl_find_binding(&self->afu, &self->binding));
	self->src = cxl_pages(4096);
	self->dst = cxl_pages(4096);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	cxl_fill(self->src, 4096, 1);
	ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, 64));
	/* the AFU has all translations it needs, so that no fault is in flight */
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, 64));
}

/* The next test wants the card, too. */
FIXTURE_TEARDOWN(unbind)
{
	mc_close(&self->mc);
	if (access(self->afu.slave, F_OK))
		cxl_bind(&self->binding);
}

/* Everything that a dead context is asked for. */
static void check_dead(struct __test_metadata *_metadata, int fd, size_t page)
{
	char buf[CXL_READ_MIN_SIZE];
	struct cxl_afu_id id;
	__u32 pe;

	EXPECT_EQ(-EIO, cxl_start_wed(fd, 0));
	EXPECT_EQ(-EIO, cxl_get_pe(fd, &pe));
	EXPECT_EQ(-EIO, cxl_get_afu_id(fd, &id));
	EXPECT_EQ(EIO, ioctl(fd, _IO(CXL_MAGIC, 0x0f)) ? errno : 0);
	EXPECT_EQ(-EIO, cxl_read(fd, buf, sizeof(buf)));
	EXPECT_EQ(POLLERR, cxl_poll(fd, CXL_WAIT_MS));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(EIO, errno);
}

static void check_alive(struct __test_metadata *_metadata, const struct cxl_afu *afu,
			char *dst, const char *src)
{
	struct cxl_afu again;
	struct mc mc;

	ASSERT_EQ(0, cxl_find_memcpy_afu(&again));
	EXPECT_EQ(afu->card, again.card);
	EXPECT_EQ(afu->slice, again.slice);
	memset(dst, 0, 4096);
	ASSERT_EQ(0, mc_setup(&mc, &again, 1));
	EXPECT_EQ(0, mc_copy(&mc, dst, src, 4096));
	EXPECT_EQ(0, memcmp(src, dst, 4096));
	mc_close(&mc);
}

/* The card comes back, and works. */
static void bind_again(struct __test_metadata *_metadata, const struct cxl_afu *afu,
		       const struct cxl_binding *binding, char *dst, const char *src)
{
	ASSERT_EQ(0, cxl_bind(binding));
	check_alive(_metadata, afu, dst, src);
}

TEST_F(unbind, descriptors_die)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int opened = cxl_open(self->afu.slave, O_RDWR);
	int master = cxl_open(self->afu.master, O_RDWR);

	ASSERT_GE(opened, 0);
	ASSERT_GE(master, 0);
	ASSERT_EQ(0, cxl_start_wed(master, 0));
	/* the event at address 0 would be delivered first */
	EXPECT_EQ(POLLIN, cxl_poll(master, CXL_WAIT_MS));
	ASSERT_EQ(0, cxl_unbind(&self->binding));
	check_dead(_metadata, opened, page);
	check_dead(_metadata, self->mc.fd, page);
	EXPECT_EQ(-1, access(self->afu.slave, F_OK));
	EXPECT_EQ(-1, access(self->afu.dir, F_OK));
	EXPECT_EQ(-1, access(self->afu.card_dir, F_OK));
	bind_again(_metadata, &self->afu, &self->binding, self->dst, self->src);
	/* the old ones stay dead, and do no harm to new ones */
	check_dead(_metadata, opened, page);
	check_dead(_metadata, self->mc.fd, page);
	check_alive(_metadata, &self->afu, self->dst, self->src);
	EXPECT_EQ(0, close(opened));
	EXPECT_EQ(0, close(master));
	mc_close(&self->mc);
	check_alive(_metadata, &self->afu, self->dst, self->src);
}

/* What happened before is still told. */
TEST_F(unbind, pending_event)
{
	char buf[CXL_READ_MIN_SIZE];
	struct cxl_event event;

	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 2));
	ASSERT_EQ(POLLIN, cxl_poll(self->mc.fd, CXL_WAIT_MS));
	ASSERT_EQ(0, cxl_unbind(&self->binding));
	/* kept or dropped, but never another number than the true one */
	if (cxl_poll(self->mc.fd, 0) & POLLIN) {
		ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
		EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
		EXPECT_EQ(2, event.irq.irq);
	}
	EXPECT_EQ(-EIO, cxl_read(self->mc.fd, buf, sizeof(buf)));
	EXPECT_EQ(POLLERR, cxl_poll(self->mc.fd, 0));
	bind_again(_metadata, &self->afu, &self->binding, self->dst, self->src);
}

struct sleeper {
	int fd;
	int ret;
};

static void *sleep_in_read(void *arg)
{
	struct sleeper *sleeper = arg;
	char buf[CXL_READ_MIN_SIZE];

	sleeper->ret = cxl_read(sleeper->fd, buf, sizeof(buf));
	return NULL;
}

static void *sleep_in_poll(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->ret = cxl_poll(sleeper->fd, CXL_WAIT_MS);
	return NULL;
}

/* Sleepers wake up, also those of a context that never started. */
TEST_F(unbind, wakes_sleepers)
{
	int opened = cxl_open(self->afu.slave, O_RDWR), i;
	struct sleeper sleepers[4] = {
		{ .fd = opened }, { .fd = self->mc.fd }, { .fd = opened }, { .fd = self->mc.fd },
	};
	pthread_t threads[4];

	ASSERT_GE(opened, 0);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    i < 2 ? sleep_in_read : sleep_in_poll, &sleepers[i]));
	ASSERT_EQ(0, cxl_unbind(&self->binding));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(i < 2 ? -EIO : POLLERR, sleepers[i].ret);
	}
	close(opened);
	bind_again(_metadata, &self->afu, &self->binding, self->dst, self->src);
}

static sigjmp_buf bus_error;
static void *bus_address;
static int bus_code;

static void on_bus_error(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	bus_address = info->si_addr;
	bus_code = info->si_code;
	siglongjmp(bus_error, 1);
}

TEST_F(unbind, mapping_raises_bus_error)
{
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };

	EXPECT_EQ(self->mc.pe, mc_reg_read(&self->mc, MC_REG_HANDLE) >> 48);
	ASSERT_EQ(0, sigaction(SIGBUS, &action, NULL));
	ASSERT_EQ(0, cxl_unbind(&self->binding));
	if (!sigsetjmp(bus_error, 1)) {
		mc_reg_read(&self->mc, MC_REG_HANDLE);
		EXPECT_EQ(0, 1) {
			TH_LOG("no SIGBUS");
		}
	}
	EXPECT_EQ(BUS_ADRERR, bus_code);
	EXPECT_EQ((char *)self->mc.mmio + MC_REG_HANDLE, bus_address);
	bind_again(_metadata, &self->afu, &self->binding, self->dst, self->src);
	/* the card is back, but not for this mapping */
	bus_code = 0;
	if (!sigsetjmp(bus_error, 1))
		mc_reg_read(&self->mc, MC_REG_HANDLE);
	EXPECT_EQ(BUS_ADRERR, bus_code);
}

/* A program may ask for all ones in place of the signal. */
TEST_F(unbind, mapping_reads_all_ones)
{
	struct cxl_ioctl_start_work work = { .flags = CXL_START_WORK_ERR_FF };
	struct mc mc;

	ASSERT_EQ(0, mc_open(&mc, self->afu.slave, 1));
	ASSERT_EQ(0, mc_start(&mc, &work));
	ASSERT_EQ(0, mc_map(&mc, self->afu.dir));
	EXPECT_EQ(mc.pe, mc_reg_read(&mc, MC_REG_HANDLE) >> 48);
	ASSERT_EQ(0, cxl_unbind(&self->binding));
	EXPECT_EQ(~0ULL, mc_reg_read(&mc, MC_REG_HANDLE));
	EXPECT_EQ(~0ULL, mc_reg_read(&mc, MC_REG_STATUS));
	/* a store is lost, or seen by nobody else: it raises nothing */
	mc_reg_write(&mc, MC_REG_CONTROL, MC_CONTROL_RESTART);
	bind_again(_metadata, &self->afu, &self->binding, self->dst, self->src);
	EXPECT_EQ(~0ULL, mc_reg_read(&mc, MC_REG_HANDLE));
	mc_close(&mc);
}

/* The AFU writes nothing any more once the driver is gone. */
TEST_F(unbind, work_in_flight)
{
	int i;

	for (i = 0; i < 5; i++) {
		mc_close(&self->mc);
		ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, MC_LINES_MAX));
		mc_keep_busy(&self->mc, self->src, self->dst);
		ASSERT_EQ(0, cxl_unbind(&self->binding));
		memset(self->dst, i, 4096);
		ASSERT_EQ(0, cxl_bind(&self->binding));
		ASSERT_EQ(i, self->dst[0]);
		ASSERT_EQ(0, memcmp(self->dst, self->dst + 1, 4095));
		check_alive(_metadata, &self->afu, self->dst, self->src);
	}
}

static void *open_and_start(void *arg)
{
	const struct cxl_afu *afu = arg;
	struct mc mc;
	int i;

	/* errors are expected, crashes are not */
	for (i = 0; i < 300; i++) {
		if (!mc_setup(&mc, afu, 1)) {
			mc_push(&mc, MC_IRQ, 1, NULL, NULL);
			mc_close(&mc);
		}
	}
	return NULL;
}

TEST_F_TIMEOUT(unbind, while_opening, 120)
{
	pthread_t threads[3];
	int i;

	mc_close(&self->mc);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, open_and_start, &self->afu));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, cxl_unbind(&self->binding));
		ASSERT_EQ(0, cxl_bind(&self->binding));
	}
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	check_alive(_metadata, &self->afu, self->dst, self->src);
}

TEST_HARNESS_MAIN
