// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals: those that interrupt a reader, and those that stop or end a process
 * wherever it is.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "cxl_test.h"
#include "machine.h"

#define MANY_CONTEXTS 100

FIXTURE(signals) {
	struct cxl_afu afu;
	size_t page;
	/* shared by all processes of a test */
	int *step;
	char *shared;
	char *src;
};

static void *shared_memory(size_t bytes)
{
	void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

FIXTURE_SETUP(signals)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	self->page = sysconf(_SC_PAGESIZE);
	self->step = shared_memory(sizeof(*self->step));
	self->shared = shared_memory(4 * self->page);
	self->src = cxl_pages(4 * self->page);
	ASSERT_NE(NULL, self->step);
	ASSERT_NE(NULL, self->shared);
	ASSERT_NE(NULL, self->src);
	cxl_fill(self->src, 4 * self->page, 1);
}

FIXTURE_TEARDOWN(signals)
{
}

struct reader {
	struct mc mc;
	unsigned int wanted;
	unsigned int events;
	unsigned int interrupted;
	int error;
};

/* Reads as many events as there will be, whatever disturbs. */
static void *read_events(void *arg)
{
	struct reader *reader = arg;
	char buf[CXL_READ_MIN_SIZE];
	ssize_t n;

	while (!reader->error && reader->events < reader->wanted) {
		n = cxl_read(reader->mc.fd, buf, sizeof(buf));
		if (n == -EINTR)
			reader->interrupted++;
		else if (n == 16)
			__atomic_add_fetch(&reader->events, 1, __ATOMIC_RELEASE);
		else
			reader->error = n < 0 ? n : -EPROTO;
	}
	return NULL;
}

static void do_nothing(int sig)
{
	(void)sig;
}

/* The next interrupt only after the event of the last one: they would merge. */
static void signal_until(struct __test_metadata *_metadata, struct reader *reader,
			 pthread_t thread, unsigned int events)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;

	while (__atomic_load_n(&reader->events, __ATOMIC_ACQUIRE) < events) {
		ASSERT_LT(cxl_now_ms(), end);
		ASSERT_EQ(0, pthread_kill(thread, SIGUSR1));
		cxl_pause();
	}
}

static void read_in_a_storm(struct __test_metadata *_metadata, const struct cxl_afu *afu,
			    struct reader *reader, int flags)
{
	struct sigaction action = { .sa_handler = do_nothing, .sa_flags = flags };
	unsigned int i;
	pthread_t thread;

	reader->wanted = machine_rounds(100);
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, mc_setup(&reader->mc, afu, 1));
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_events, reader));
	for (i = 0; i < reader->wanted; i++) {
		ASSERT_EQ(0, pthread_kill(thread, SIGUSR1));
		ASSERT_EQ(MC_DONE, mc_irq(&reader->mc, i % 3 + 1));
		signal_until(_metadata, reader, thread, i + 1);
	}
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, reader->error);
	EXPECT_EQ(0, cxl_poll(reader->mc.fd, 0));
	mc_close(&reader->mc);
}

TEST_F_TIMEOUT(signals, storm, 60)
{
	struct reader reader = { 0 };

	read_in_a_storm(_metadata, &self->afu, &reader, 0);
	EXPECT_GT(reader.interrupted, 0U);
}

TEST_F_TIMEOUT(signals, storm_with_restart, 60)
{
	struct reader reader = { 0 };

	read_in_a_storm(_metadata, &self->afu, &reader, SA_RESTART);
	EXPECT_EQ(0U, reader.interrupted);
}

/* The process stands still, its accelerator does not, nor do its faults. */
TEST_F(signals, stopped)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;
	size_t bytes = 4 * self->page;
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		size_t offset;
		struct mc mc;

		if (mc_setup(&mc, &self->afu, 64))
			_exit(1);
		mc_hold(&mc);
		for (offset = 0; offset < bytes; offset += MC_COPY_MAX)
			mc_push(&mc, MC_COPY, MC_COPY_MAX, self->src + offset,
				self->shared + offset);
		/* released by the first store to the ring after the stop */
		cxl_step_set(self->step, 1);
		mc_release(&mc);
		raise(SIGSTOP);
		_exit(cxl_mismatch(self->shared, bytes, 1) == -1 ? 0 : 1);
	}
	ASSERT_EQ(0, cxl_step_wait(self->step, 1));
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	while (cxl_mismatch(self->shared, bytes, 1) != -1)
		ASSERT_LT(cxl_now_ms(), end);
	ASSERT_EQ(0, kill(pid, SIGCONT));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Untouched memory is given out while the process that wants it is stopped. */
TEST_F_TIMEOUT(signals, stopped_and_killed, 60)
{
	unsigned int i, rounds = machine_rounds(5);
	int status;
	pid_t pid;

	for (i = 0; i < rounds; i++) {
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			char *dst = cxl_pages(64 * self->page);
			struct mc mc;
			int j;

			if (!dst || mc_setup(&mc, &self->afu, 64))
				_exit(1);
			mc_hold(&mc);
			for (j = 0; j < 64; j++)
				mc_push(&mc, MC_COPY, 64, self->src, dst + j * self->page);
			mc_release(&mc);
			raise(SIGSTOP);
			_exit(2);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
		ASSERT_TRUE(WIFSTOPPED(status));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
	}
	if (cxl_has_stats(&self->afu))
		EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
}

static void busy_contexts(int *step, const struct cxl_afu *afu, char *src)
{
	static struct mc mc[MANY_CONTEXTS];
	char *dst;
	int i;

	for (i = 0; i < MANY_CONTEXTS; i++) {
		dst = cxl_pages(MC_COPY_MAX);
		if (!dst || mc_setup(&mc[i], afu, 64))
			_exit(1);
	}
	for (i = 0; i < MANY_CONTEXTS; i++)
		mc_keep_busy(&mc[i], src, cxl_pages(MC_COPY_MAX));
	cxl_step_set(step, 1);
	for (;;)
		pause();
}

/* In the middle of copies of many contexts; that of somebody else goes on. */
TEST_F_TIMEOUT(signals, killed_with_many_contexts, 120)
{
	unsigned int i, rounds = machine_rounds(4);
	struct mc mc;
	int status;
	pid_t pid;

	cxl_raise_file_limit();
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 64));
	for (i = 0; i < rounds; i++) {
		cxl_step_set(self->step, 0);
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid)
			busy_contexts(self->step, &self->afu, self->src);
		ASSERT_EQ(0, cxl_step_wait(self->step, 1));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		cxl_fill(self->src, self->page, i);
		ASSERT_EQ(0, mc_copy(&mc, self->shared, self->src, self->page));
		EXPECT_EQ(-1, cxl_mismatch(self->shared, self->page, i));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
	}
	mc_close(&mc);
	if (cxl_has_stats(&self->afu))
		EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
}

/* Everything in turn, until somebody ends it. */
static void all_calls(const struct cxl_afu *afu, const char *src)
{
	char dst[64];
	struct mc mc;

	for (;;) {
		if (mc_setup(&mc, afu, 1))
			continue;
		mc_copy(&mc, dst, src, sizeof(dst));
		mc_push(&mc, MC_IRQ, 1, NULL, NULL);
		cxl_poll(mc.fd, 1);
		mc_push(&mc, MC_COPY, 64, src, CXL_HOLE);
		mc_close(&mc);
	}
}

/* Wherever the process is, in whichever system call: nothing stays behind. */
TEST_F_TIMEOUT(signals, killed_anywhere, 60)
{
	unsigned int i, rounds = machine_rounds(60);
	__u64 contexts;
	int status;
	pid_t pid;

	for (i = 0; i < rounds; i++) {
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid)
			all_calls(&self->afu, self->src);
		usleep(1000 + i * 997 % 5000);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
	}
	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
	ASSERT_EQ(0, cxl_stat(&self->afu, "contexts", &contexts));
	EXPECT_EQ(0ULL, contexts);
}

struct sleeper {
	int fd;
	bool poll;
};

static void *sleep_for_ever(void *arg)
{
	struct sleeper *sleeper = arg;
	char buf[CXL_READ_MIN_SIZE];

	for (;;) {
		if (sleeper->poll)
			cxl_poll(sleeper->fd, -1);
		else
			cxl_read(sleeper->fd, buf, sizeof(buf));
	}
	return NULL;
}

/* One thread ends the process while others sleep and the AFU copies. */
static void die_with_sleepers(const struct cxl_afu *afu, char *src, bool core)
{
	struct rlimit limit = { .rlim_cur = 1 << 20, .rlim_max = 1 << 20 };
	struct sleeper sleepers[2];
	pthread_t threads[2];
	struct mc mc;
	int i;

	if (mc_setup(&mc, afu, 256))
		_exit(1);
	for (i = 0; i < 2; i++) {
		sleepers[i] = (struct sleeper){ .fd = mc.fd, .poll = i };
		if (pthread_create(&threads[i], NULL, sleep_for_ever, &sleepers[i]))
			_exit(1);
	}
	mc_keep_busy(&mc, src, cxl_pages(MC_COPY_MAX));
	if (!core)
		_exit(0);
	if (chdir("/tmp") || setrlimit(RLIMIT_CORE, &limit))
		_exit(1);
	signal(SIGABRT, SIG_DFL);
	abort();
}

TEST_F_TIMEOUT(signals, exit_with_sleepers, 60)
{
	unsigned int i, rounds = machine_rounds(10);
	int status;
	pid_t pid;

	for (i = 0; i < rounds; i++) {
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid)
			die_with_sleepers(&self->afu, self->src, false);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
	if (cxl_has_stats(&self->afu))
		EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
}

/* The core is dumped while the AFU writes to what is dumped. */
TEST_F_TIMEOUT(signals, core_dump, 60)
{
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		die_with_sleepers(&self->afu, self->src, true);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGABRT, WTERMSIG(status));
	if (cxl_has_stats(&self->afu))
		EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
	unlink("/tmp/core");
}

TEST_HARNESS_MAIN
