// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapped registers after the context was ended from outside: a page full of
 * ones for those who asked for it, SIGBUS for the others, in every process and
 * whether the page had been touched or not.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

#include "card_reset.h"
#include "cxl_test.h"

#define ALL_ONES	(~0ULL)
#define RW		(PROT_READ | PROT_WRITE)

FIXTURE(dead_mapping) {
	struct cxl_afu afu;
	struct mc mc;
	struct mc other;
	size_t page;
};

FIXTURE_VARIANT(dead_mapping) {
	bool ones;
};

FIXTURE_VARIANT_ADD(dead_mapping, ones) {
	.ones = true,
};

FIXTURE_VARIANT_ADD(dead_mapping, signal) {
	.ones = false,
};

/* A master has an area of many pages. */
static int setup_master(struct mc *mc, const struct cxl_afu *afu, bool ones)
{
	struct cxl_ioctl_start_work work = { .flags = ones ? CXL_START_WORK_ERR_FF : 0 };
	int ret;

	ret = mc_open(mc, afu->master, 1);
	if (!ret)
		ret = mc_start(mc, &work);
	if (!ret)
		ret = mc_map(mc, afu->master_dir);
	return ret;
}

FIXTURE_SETUP(dead_mapping)
{
	self->mc.fd = -1;
	self->other.fd = -1;
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	self->page = sysconf(_SC_PAGESIZE);
	ASSERT_EQ(0, setup_master(&self->mc, &self->afu, variant->ones));
	ASSERT_EQ(0, setup_master(&self->other, &self->afu, true));
	ASSERT_LT(4 * self->page, self->mc.mmio_size);
}

FIXTURE_TEARDOWN(dead_mapping)
{
	mc_close(&self->mc);
	mc_close(&self->other);
}

static __thread sigjmp_buf bus_error;
static __thread void *bus_address;
static __thread int bus_code;

static void on_bus_error(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	bus_address = info->si_addr;
	bus_code = info->si_code;
	siglongjmp(bus_error, 1);
}

/* What a load gives: the value, or "no value" after SIGBUS as it should be. */
static bool load(const void *address, __u64 *value)
{
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &action, NULL);
	bus_address = NULL;
	bus_code = 0;
	if (sigsetjmp(bus_error, 1))
		return false;
	*value = __atomic_load_n((const __u64 *)address, __ATOMIC_RELAXED);
	return true;
}

static void check_load(struct __test_metadata *_metadata, const char *address, bool ones)
{
	__u64 value = 0;

	if (ones) {
		ASSERT_TRUE(load(address, &value));
		EXPECT_EQ(ALL_ONES, value);
		return;
	}
	ASSERT_FALSE(load(address, &value));
	EXPECT_EQ(BUS_ADRERR, bus_code);
	EXPECT_EQ(address, (const char *)bus_address);
}

TEST_F(dead_mapping, pages)
{
	const char *mmio = self->mc.mmio;
	__u64 value;

	/* the first page has been touched, others never will have been */
	ASSERT_TRUE(load(mmio, &value));
	ASSERT_EQ(0, card_end_contexts(&self->afu));
	check_load(_metadata, mmio, variant->ones);
	check_load(_metadata, mmio + self->page, variant->ones);
	check_load(_metadata, mmio + 3 * self->page + 8, variant->ones);
	check_load(_metadata, mmio + self->mc.mmio_size - 8, variant->ones);
	/* again, in another order */
	check_load(_metadata, mmio + self->page, variant->ones);
	check_load(_metadata, mmio, variant->ones);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, self->page, PROT_READ, MAP_SHARED, self->mc.fd, 0));
	EXPECT_EQ(EIO, errno);
}

/* The AFU comes back; for this mapping it does not. */
TEST_F(dead_mapping, stays_dead)
{
	struct mc again;

	ASSERT_EQ(0, card_end_contexts(&self->afu));
	ASSERT_EQ(0, setup_master(&again, &self->afu, variant->ones));
	EXPECT_NE(ALL_ONES, mc_reg_read(&again, MC_REG_CONFIG));
	check_load(_metadata, self->mc.mmio, variant->ones);
	EXPECT_NE(ALL_ONES, mc_reg_read(&again, MC_REG_CONFIG));
	mc_close(&again);
}

/* A program may store before it notices; nobody else may see what. */
TEST_F(dead_mapping, stores)
{
	__u64 *mmio = self->mc.mmio, *other = self->other.mmio;

	if (!variant->ones)
		SKIP(return, "a store raises SIGBUS as a load does");
	ASSERT_EQ(0, card_end_contexts(&self->afu));
	__atomic_store_n(mmio + 16, 0x1234, __ATOMIC_RELAXED);
	__atomic_store_n(mmio + 17, 0, __ATOMIC_RELAXED);
	EXPECT_EQ(ALL_ONES, __atomic_load_n(mmio + 18, __ATOMIC_RELAXED));
	EXPECT_EQ(ALL_ONES, __atomic_load_n(other + 16, __ATOMIC_RELAXED));
	EXPECT_EQ(ALL_ONES, __atomic_load_n(other + 17, __ATOMIC_RELAXED));
}

/* The mapping of the child goes with that of the parent. */
TEST_F(dead_mapping, in_child)
{
	const char *mmio = self->mc.mmio;
	int step[2], loaded[2], status;
	__u64 value = 0;
	char byte = 0;
	pid_t pid;

	ASSERT_TRUE(load(mmio, &value));
	ASSERT_EQ(0, pipe(step));
	ASSERT_EQ(0, pipe(loaded));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		bool alive;

		if (!load(mmio, &value) || write(loaded[1], &byte, 1) != 1 ||
		    read(step[0], &byte, 1) != 1)
			_exit(1);
		alive = load(mmio, &value);
		if (alive != variant->ones || (alive && value != ALL_ONES))
			_exit(2);
		_exit(!alive && bus_code != BUS_ADRERR ? 3 : 0);
	}
	close(loaded[1]);
	ASSERT_EQ(1, read(loaded[0], &byte, 1));
	ASSERT_EQ(0, card_end_contexts(&self->afu));
	ASSERT_EQ(1, write(step[1], &byte, 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	check_load(_metadata, mmio, variant->ones);
}

struct toucher {
	pthread_barrier_t *barrier;
	const char *address;
	bool ok;
	__u64 value;
};

static void *touch(void *arg)
{
	struct toucher *toucher = arg;

	pthread_barrier_wait(toucher->barrier);
	toucher->ok = load(toucher->address, &toucher->value);
	return NULL;
}

/* All threads take the first fault of the dead page. */
TEST_F(dead_mapping, concurrent_faults)
{
	pthread_barrier_t barrier;
	struct toucher touchers[8];
	pthread_t threads[8];
	unsigned int i;

	ASSERT_EQ(0, card_end_contexts(&self->afu));
	ASSERT_EQ(0, pthread_barrier_init(&barrier, NULL, ARRAY_SIZE(threads)));
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		touchers[i] = (struct toucher){
			.barrier = &barrier,
			.address = (char *)self->mc.mmio + i / 4 * self->page,
		};
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, touch, &touchers[i]));
	}
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(variant->ones, touchers[i].ok);
		if (touchers[i].ok)
			EXPECT_EQ(ALL_ONES, touchers[i].value);
	}
}

/* Accesses without end while the context dies: values, then the other thing. */
static void *touch_until_dead(void *arg)
{
	struct toucher *toucher = arg;
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;

	do {
		toucher->ok = load(toucher->address, &toucher->value);
	} while (toucher->ok && toucher->value != ALL_ONES && cxl_now_ms() < end);
	return NULL;
}

TEST_F(dead_mapping, dies_while_used)
{
	struct toucher touchers[2];
	pthread_t threads[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		touchers[i].address = (char *)self->mc.mmio + MC_REG_CONFIG;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, touch_until_dead, &touchers[i]));
	}
	ASSERT_EQ(0, card_end_contexts(&self->afu));
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		/* in between, the dead card itself may have answered with ones */
		EXPECT_TRUE(!touchers[i].ok || touchers[i].value == ALL_ONES);
		check_load(_metadata, touchers[i].address, variant->ones);
	}
}

/* Nothing but reading was ever allowed, and it still is not. */
TEST_F(dead_mapping, read_only)
{
	struct cxl_ioctl_start_work work = { .flags = variant->ones ? CXL_START_WORK_ERR_FF : 0 };
	int fd = cxl_open(self->afu.master, O_RDONLY), status;
	char *map;
	pid_t pid;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, cxl_start(fd, &work));
	map = mmap(NULL, self->page, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, card_end_contexts(&self->afu));
	check_load(_metadata, map, variant->ones);
	EXPECT_EQ(-1, mprotect(map, self->page, RW));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		__atomic_store_n((__u64 *)map, 0, __ATOMIC_RELAXED);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGSEGV, WTERMSIG(status));
	close(fd);
}

TEST_HARNESS_MAIN
