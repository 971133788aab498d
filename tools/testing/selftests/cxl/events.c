// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of the AFU as events: read, poll and their corner cases.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>

#include "cxl_test.h"

#define IRQS 4

FIXTURE(events) {
	struct cxl_afu afu;
	struct mc mc;
};

static int setup(struct mc *mc, const struct cxl_afu *afu, int irqs)
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

FIXTURE_SETUP(events)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_EQ(0, setup(&self->mc, &self->afu, IRQS));
}

FIXTURE_TEARDOWN(events)
{
	mc_close(&self->mc);
}

static void set_nonblock(struct __test_metadata *_metadata, int fd, bool on)
{
	ASSERT_EQ(0, fcntl(fd, F_SETFL, on ? O_NONBLOCK : 0));
}

static void check_irq(struct __test_metadata *_metadata, const struct mc *mc,
		      const struct cxl_event *event, int number)
{
	EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event->header.type);
	EXPECT_EQ(16, event->header.size);
	EXPECT_EQ(mc->pe, event->header.process_element);
	EXPECT_EQ(0, event->header.reserved1);
	EXPECT_EQ(0, event->irq.flags);
	EXPECT_EQ(number, event->irq.irq);
	EXPECT_EQ(0U, event->irq.reserved1);
}

/* Raises interrupts and waits until the kernel has taken all of them. */
static void raise_all(struct __test_metadata *_metadata, const struct cxl_afu *afu,
		      struct mc *mc, const int *numbers, unsigned int count)
{
	unsigned int i;
	__u64 before;

	ASSERT_EQ(0, cxl_stat(afu, "afu_interrupts", &before));
	for (i = 0; i < count; i++)
		ASSERT_EQ(MC_DONE, mc_irq(mc, numbers[i]));
	ASSERT_EQ(0, cxl_stat_wait(afu, "afu_interrupts", before + count));
}

TEST_F(events, nothing_pending)
{
	char buf[CXL_READ_MIN_SIZE];
	int fd = cxl_open(self->afu.slave, O_RDWR | O_NONBLOCK);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, cxl_poll(fd, 0));
	EXPECT_EQ(-EAGAIN, cxl_read(fd, buf, sizeof(buf)));
	close(fd);

	set_nonblock(_metadata, self->mc.fd, true);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
	EXPECT_EQ(-EAGAIN, cxl_read(self->mc.fd, buf, sizeof(buf)));
}

/* The size is checked before anything else, an event stays. */
TEST_F(events, small_buffer)
{
	const size_t sizes[] = { 0, 1, 16, 40, 4095 };
	struct cxl_event event;
	char buf[CXL_READ_MIN_SIZE];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_EQ(-EINVAL, cxl_read(self->mc.fd, buf, sizes[i]));
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 1));
	ASSERT_EQ(POLLIN, cxl_poll(self->mc.fd, CXL_WAIT_MS));
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_EQ(-EINVAL, cxl_read(self->mc.fd, buf, sizes[i]));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
	check_irq(_metadata, &self->mc, &event, 1);
}

TEST_F(events, each_number)
{
	struct cxl_event event;
	int i;

	for (i = 1; i <= IRQS; i++) {
		ASSERT_EQ(MC_DONE, mc_irq(&self->mc, i));
		ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
		check_irq(_metadata, &self->mc, &event, i);
	}
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* As many as a context may have, and as many as it gets by default. */
TEST_F_TIMEOUT(events, most_numbers, 120)
{
	struct cxl_event event;
	long long irqs;
	struct mc mc;
	int i;

	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_max", &irqs));
	if (irqs > 512)
		irqs = 512;
	ASSERT_EQ(0, setup(&mc, &self->afu, irqs));
	for (i = 1; i <= irqs; i++) {
		ASSERT_EQ(MC_DONE, mc_irq(&mc, i));
		ASSERT_EQ(0, cxl_read_event(mc.fd, &event, CXL_WAIT_MS));
		check_irq(_metadata, &mc, &event, i);
	}
	EXPECT_EQ(MC_FAILED, mc_irq(&mc, irqs + 1));
	mc_close(&mc);
}

TEST_F(events, default_count)
{
	struct cxl_event event;
	long long irqs;
	struct mc mc;

	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_min", &irqs));
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	ASSERT_EQ(MC_DONE, mc_irq(&mc, irqs));
	ASSERT_EQ(0, cxl_read_event(mc.fd, &event, CXL_WAIT_MS));
	check_irq(_metadata, &mc, &event, irqs);
	EXPECT_EQ(MC_FAILED, mc_irq(&mc, irqs + 1));
	EXPECT_EQ(0, cxl_poll(mc.fd, 0));
	mc_close(&mc);
}

TEST_F(events, lowest_number_first)
{
	const int numbers[] = { 3, 1, 4, 2 };
	struct cxl_event event;
	int i;

	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	raise_all(_metadata, &self->afu, &self->mc, numbers, ARRAY_SIZE(numbers));
	for (i = 1; i <= IRQS; i++) {
		ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
		check_irq(_metadata, &self->mc, &event, i);
	}
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* The same number again before it was read is one event. */
TEST_F(events, merging)
{
	const int numbers[] = { 2, 2, 1, 2 };
	struct cxl_event event;

	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	raise_all(_metadata, &self->afu, &self->mc, numbers, ARRAY_SIZE(numbers));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
	check_irq(_metadata, &self->mc, &event, 1);
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
	check_irq(_metadata, &self->mc, &event, 2);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* Programs that wait with select() rely on it: 4096 bytes, one event. */
TEST_F(events, one_event_per_4096_bytes)
{
	const int numbers[] = { 1, 2, 3 };
	char buf[CXL_READ_MIN_SIZE];
	int i;

	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	raise_all(_metadata, &self->afu, &self->mc, numbers, ARRAY_SIZE(numbers));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(POLLIN, cxl_poll(self->mc.fd, 0));
		EXPECT_EQ(16, cxl_read(self->mc.fd, buf, sizeof(buf)));
	}
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* A larger buffer takes whole events, back to back. */
TEST_F(events, larger_buffer)
{
	char buf[4 * CXL_READ_MIN_SIZE];
	const int numbers[] = { 1, 2, 3 };
	struct cxl_event event = { 0 };
	int i;

	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	raise_all(_metadata, &self->afu, &self->mc, numbers, ARRAY_SIZE(numbers));
	ASSERT_EQ(3 * 16, cxl_read(self->mc.fd, buf, sizeof(buf)));
	for (i = 0; i < 3; i++) {
		memcpy(&event, buf + 16 * i, 16);
		check_irq(_metadata, &self->mc, &event, i + 1);
	}
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* Nobody gets to see the event when the buffer is bad: it must stay. */
TEST_F(events, bad_buffer)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map = cxl_pages(3 * page);
	struct cxl_event event;

	ASSERT_NE(NULL, map);
	ASSERT_EQ(0, mprotect(map + page, 2 * page, PROT_NONE));
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 3));
	ASSERT_EQ(POLLIN, cxl_poll(self->mc.fd, CXL_WAIT_MS));
	EXPECT_EQ(-EFAULT, cxl_read(self->mc.fd, map + page, 4096));
	EXPECT_EQ(-EFAULT, cxl_read(self->mc.fd, map + page - 8, 4096));
	EXPECT_EQ(-EFAULT, cxl_read(self->mc.fd, NULL, 4096));
	EXPECT_EQ(POLLIN, cxl_poll(self->mc.fd, 0));
	ASSERT_EQ(0, mprotect(map + page, page, PROT_READ));
	EXPECT_EQ(-EFAULT, cxl_read(self->mc.fd, map + page, 4096));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
	check_irq(_metadata, &self->mc, &event, 3);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

TEST_F(events, poll_mask)
{
	struct pollfd pfd = {
		.fd = self->mc.fd,
		.events = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLPRI | POLLRDHUP,
	};

	EXPECT_EQ(0, poll(&pfd, 1, 0));
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 1));
	ASSERT_EQ(1, poll(&pfd, 1, CXL_WAIT_MS));
	EXPECT_EQ(POLLIN | POLLRDNORM, pfd.revents);
}

TEST_F(events, select)
{
	struct timeval timeout = { .tv_sec = CXL_WAIT_MS / 1000 }, zero = { 0 };
	int fd = self->mc.fd;
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fd, &in);
	FD_SET(fd, &out);
	EXPECT_EQ(0, select(fd + 1, &in, &out, NULL, &zero));
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 1));
	FD_SET(fd, &in);
	ASSERT_EQ(1, select(fd + 1, &in, NULL, NULL, &timeout));
	EXPECT_TRUE(FD_ISSET(fd, &in));
}

TEST_F(events, epoll_edge)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int epfd = epoll_create1(EPOLL_CLOEXEC), i;
	char buf[CXL_READ_MIN_SIZE];

	ASSERT_GE(epfd, 0);
	ASSERT_EQ(0, epoll_ctl(epfd, EPOLL_CTL_ADD, self->mc.fd, &event));
	EXPECT_EQ(0, epoll_wait(epfd, &event, 1, 0));
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(MC_DONE, mc_irq(&self->mc, i));
		ASSERT_EQ(1, epoll_wait(epfd, &event, 1, CXL_WAIT_MS));
		EXPECT_EQ((__u32)EPOLLIN, event.events);
		EXPECT_EQ(16, cxl_read(self->mc.fd, buf, sizeof(buf)));
		EXPECT_EQ(0, epoll_wait(epfd, &event, 1, 0));
	}
	close(epfd);
}

struct reader {
	int fd;
	int ret;
	struct cxl_event event;
};

static void *blocking_read(void *arg)
{
	struct reader *reader = arg;
	union {
		struct cxl_event event;
		char bytes[CXL_READ_MIN_SIZE];
	} buf = { 0 };

	reader->ret = cxl_read(reader->fd, &buf, sizeof(buf));
	reader->event = buf.event;
	return NULL;
}

TEST_F(events, blocking_read)
{
	struct reader reader = { .fd = self->mc.fd };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, blocking_read, &reader));
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 2));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(16, reader.ret);
	check_irq(_metadata, &self->mc, &reader.event, 2);
}

/* Each of several readers gets an event of its own. */
TEST_F(events, several_readers)
{
	struct reader readers[IRQS];
	pthread_t threads[IRQS];
	unsigned int seen = 0, i;

	for (i = 0; i < IRQS; i++) {
		readers[i] = (struct reader){ .fd = self->mc.fd };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, blocking_read, &readers[i]));
	}
	for (i = 1; i <= IRQS; i++)
		ASSERT_EQ(MC_DONE, mc_irq(&self->mc, i));
	for (i = 0; i < IRQS; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(16, readers[i].ret);
		seen |= 1 << readers[i].event.irq.irq;
	}
	EXPECT_EQ(0x1eU, seen);
}

static int signals;

static void count_signal(int sig)
{
	if (sig == SIGALRM)
		__atomic_add_fetch(&signals, 1, __ATOMIC_RELAXED);
}

/* A timer that fires again and again, so that none comes too early. */
static void start_timer(struct __test_metadata *_metadata, int flags)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };
	struct itimerval timer = {
		.it_value.tv_usec = 20000,
		.it_interval.tv_usec = 20000,
	};

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
}

TEST_F(events, interrupted_by_signal)
{
	char buf[CXL_READ_MIN_SIZE];
	struct cxl_event event;

	start_timer(_metadata, 0);
	EXPECT_EQ(-EINTR, cxl_read(self->mc.fd, buf, sizeof(buf)));
	EXPECT_EQ(-EINTR, cxl_poll(self->mc.fd, CXL_WAIT_MS));
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 1));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	check_irq(_metadata, &self->mc, &event, 1);
}

static void *raise_after_signals(void *arg)
{
	struct mc *mc = arg;

	while (__atomic_load_n(&signals, __ATOMIC_RELAXED) < 3)
		cxl_pause();
	return (void *)(long)mc_irq(mc, 1);
}

/* With SA_RESTART the program does not notice the signals. */
TEST_F(events, restarted_after_signal)
{
	char buf[CXL_READ_MIN_SIZE];
	sigset_t set, old;
	pthread_t thread;
	void *status;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	ASSERT_EQ(0, pthread_sigmask(SIG_BLOCK, &set, &old));
	ASSERT_EQ(0, pthread_create(&thread, NULL, raise_after_signals, &self->mc));
	ASSERT_EQ(0, pthread_sigmask(SIG_SETMASK, &old, NULL));
	start_timer(_metadata, SA_RESTART);
	EXPECT_EQ(16, cxl_read(self->mc.fd, buf, sizeof(buf)));
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	EXPECT_GE(signals, 3);
	ASSERT_EQ(0, pthread_join(thread, &status));
	EXPECT_EQ(MC_DONE, (long)status);
}

TEST_F(events, numbers_out_of_range)
{
	const unsigned int numbers[] = { 0, IRQS + 1, 255, 256, 2047, 2048, 0xffff };
	struct cxl_event event;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		EXPECT_EQ(MC_FAILED, mc_irq(&self->mc, numbers[i])) {
			TH_LOG("interrupt %u", numbers[i]);
		}
	}
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, IRQS));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	check_irq(_metadata, &self->mc, &event, IRQS);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* Events do not cross contexts. */
TEST_F(events, two_contexts)
{
	struct cxl_event event;
	struct mc other;

	ASSERT_EQ(0, setup(&other, &self->afu, IRQS));
	ASSERT_EQ(MC_DONE, mc_irq(&other, 2));
	ASSERT_EQ(0, cxl_read_event(other.fd, &event, CXL_WAIT_MS));
	check_irq(_metadata, &other, &event, 2);
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 3));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	check_irq(_metadata, &self->mc, &event, 3);
	EXPECT_EQ(0, cxl_poll(other.fd, 0));
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
	mc_close(&other);
}

/* None is lost when each is waited for. */
TEST_F_TIMEOUT(events, many, 120)
{
	struct cxl_event event;
	int i;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(MC_DONE, mc_irq(&self->mc, i % IRQS + 1));
		ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
		check_irq(_metadata, &self->mc, &event, i % IRQS + 1);
	}
}

TEST_HARNESS_MAIN
