// SPDX-License-Identifier: GPL-2.0-only
/*
 * read() of events: how many of them a buffer takes, what happens to those that
 * it does not take, and other ways to read than read().
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "cxl_test.h"

#define IRQ_SIZE	16
#define FAULT_SIZE	40

FIXTURE(read) {
	struct cxl_afu afu;
	struct mc mc;
	long long irqs;
	size_t page;
	char *buf;
};

/* As many interrupts as there can be, to have more events than a page holds. */
FIXTURE_SETUP(read)
{
	struct cxl_ioctl_start_work work = { .flags = CXL_START_WORK_NUM_IRQS };

	self->mc.fd = -1;
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_max", &self->irqs));
	if (self->irqs > 512)
		self->irqs = 512;
	self->page = sysconf(_SC_PAGESIZE);
	self->buf = cxl_pages(2 * self->page);
	ASSERT_NE(NULL, self->buf);
	work.num_interrupts = self->irqs;
	ASSERT_EQ(0, mc_open(&self->mc, self->afu.slave, 1));
	ASSERT_EQ(0, mc_start(&self->mc, &work));
	ASSERT_EQ(0, mc_map(&self->mc, self->afu.dir));
}

FIXTURE_TEARDOWN(read)
{
	mc_close(&self->mc);
}

/* Raises interrupts 1 to @count, and waits until the kernel has them. */
static void raise_irqs(struct __test_metadata *_metadata, const struct cxl_afu *afu,
		       struct mc *mc, int count)
{
	__u64 before;
	int i;

	ASSERT_EQ(0, cxl_stat(afu, "afu_interrupts", &before));
	for (i = 1; i <= count; i++)
		ASSERT_EQ(MC_DONE, mc_irq(mc, i));
	ASSERT_EQ(0, cxl_stat_wait(afu, "afu_interrupts", before + count));
}

/* Lets the AFU run into addresses that do not exist. */
static void raise_faults(struct __test_metadata *_metadata, struct mc *mc, int count)
{
	struct mc_element *element = mc_push(mc, MC_COPY, 64, CXL_HOLE, CXL_HOLE);
	int i;

	ASSERT_NE(NULL, element);
	ASSERT_EQ(MC_AERROR, mc_wait(mc, element, CXL_WAIT_MS));
	for (i = 1; i < count; i++)
		ASSERT_EQ(MC_AERROR, mc_retry(mc, element));
	/* out of the way: nothing to copy, and nowhere to go wrong */
	element->length = 0;
	ASSERT_EQ(MC_DONE, mc_retry(mc, element));
}

/* Whole events of a known type, back to back; interrupts counted from @first. */
static void check_events(struct __test_metadata *_metadata, const struct mc *mc,
			 const char *buf, size_t bytes, int type, int first)
{
	struct cxl_event event;
	size_t i, size = type == CXL_EVENT_DATA_STORAGE ? FAULT_SIZE : IRQ_SIZE;

	ASSERT_EQ(0U, bytes % size);
	for (i = 0; i < bytes / size; i++) {
		memcpy(&event, buf + i * size, size);
		ASSERT_EQ(type, event.header.type);
		ASSERT_EQ(size, event.header.size);
		ASSERT_EQ(mc->pe, event.header.process_element);
		if (type == CXL_EVENT_AFU_INTERRUPT)
			ASSERT_EQ(first + (int)i, event.irq.irq);
	}
}

/* One byte more than the minimum: whole events, as many as fit. */
TEST_F_TIMEOUT(read, whole_events_only, 60)
{
	const int irqs = CXL_READ_MIN_SIZE / IRQ_SIZE - 1, faults = 3;
	const int full = irqs * IRQ_SIZE;

	if (self->irqs < irqs)
		SKIP(return, "too few interrupts to fill a buffer");
	raise_irqs(_metadata, &self->afu, &self->mc, irqs);
	raise_faults(_metadata, &self->mc, faults);
	/* 4080 bytes of interrupts, the first fault would end at 4120 */
	ASSERT_EQ(full, cxl_read(self->mc.fd, self->buf, CXL_READ_MIN_SIZE + 1));
	check_events(_metadata, &self->mc, self->buf, full, CXL_EVENT_AFU_INTERRUPT, 1);
	EXPECT_EQ(POLLIN, cxl_poll(self->mc.fd, 0));
	ASSERT_EQ(faults * FAULT_SIZE, cxl_read(self->mc.fd, self->buf, 2 * CXL_READ_MIN_SIZE));
	check_events(_metadata, &self->mc, self->buf, faults * FAULT_SIZE,
		     CXL_EVENT_DATA_STORAGE, 0);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* Interrupts come before faults, also where a single buffer takes both. */
TEST_F_TIMEOUT(read, exact_fit, 60)
{
	const int irqs = CXL_READ_MIN_SIZE / IRQ_SIZE - 1;
	const int full = irqs * IRQ_SIZE;

	if (self->irqs < irqs)
		SKIP(return, "too few interrupts to fill a buffer");
	raise_faults(_metadata, &self->mc, 1);
	raise_irqs(_metadata, &self->afu, &self->mc, irqs);
	ASSERT_EQ(full + FAULT_SIZE, cxl_read(self->mc.fd, self->buf, full + FAULT_SIZE));
	check_events(_metadata, &self->mc, self->buf, full, CXL_EVENT_AFU_INTERRUPT, 1);
	check_events(_metadata, &self->mc, self->buf + full, FAULT_SIZE,
		     CXL_EVENT_DATA_STORAGE, 0);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* A buffer that ends early takes what it can; nothing is lost or doubled. */
TEST_F(read, buffer_ends_early)
{
	char *end = self->buf + self->page;

	ASSERT_EQ(0, mprotect(end, self->page, PROT_NONE));
	raise_irqs(_metadata, &self->afu, &self->mc, 3);
	ASSERT_EQ(IRQ_SIZE, cxl_read(self->mc.fd, end - IRQ_SIZE - 4, 2 * CXL_READ_MIN_SIZE));
	check_events(_metadata, &self->mc, end - IRQ_SIZE - 4, IRQ_SIZE,
		     CXL_EVENT_AFU_INTERRUPT, 1);
	EXPECT_EQ(-EFAULT, cxl_read(self->mc.fd, end - 4, 2 * CXL_READ_MIN_SIZE));
	ASSERT_EQ(2 * IRQ_SIZE, cxl_read(self->mc.fd, self->buf, 2 * CXL_READ_MIN_SIZE));
	check_events(_metadata, &self->mc, self->buf, 2 * IRQ_SIZE, CXL_EVENT_AFU_INTERRUPT, 2);
}

/* More than anybody would take from the kernel at once. */
#define MANY	100

/* A buffer that ends at @bytes: so many events fit, and those behind are still there. */
static void check_end(struct __test_metadata *_metadata, struct mc *mc, char *end, int bytes,
		      int *next)
{
	int fit = bytes / IRQ_SIZE * IRQ_SIZE;

	ASSERT_EQ(fit ? fit : -EFAULT,
		  cxl_read(mc->fd, end - bytes, 2 * CXL_READ_MIN_SIZE)) {
		TH_LOG("%d bytes, from %d on", bytes, *next);
	}
	check_events(_metadata, mc, end - bytes, fit, CXL_EVENT_AFU_INTERRUPT, *next);
	*next += fit / IRQ_SIZE;
	EXPECT_EQ(POLLIN, cxl_poll(mc->fd, 0));
}

/* The same somewhere in the middle of many events, and at whole ones of any number. */
TEST_F_TIMEOUT(read, many_and_buffer_ends_early, 60)
{
	static const int sizes[] = {
		4, 40 * IRQ_SIZE + 4, IRQ_SIZE + 12, 8, 32 * IRQ_SIZE, 33 * IRQ_SIZE, 64 * IRQ_SIZE,
		31 * IRQ_SIZE + 15, 66 * IRQ_SIZE,
	};
	char *end = self->buf + self->page;
	int next = MANY + 1, left;
	unsigned int i;

	if (self->irqs < MANY)
		SKIP(return, "too few interrupts");
	ASSERT_EQ(0, mprotect(end, self->page, PROT_NONE));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (MANY - next + 1 <= sizes[i] / IRQ_SIZE) {
			raise_irqs(_metadata, &self->afu, &self->mc, MANY);
			next = 1;
		}
		check_end(_metadata, &self->mc, end, sizes[i], &next);
	}
	left = (MANY - next + 1) * IRQ_SIZE;
	ASSERT_EQ(0, fcntl(self->mc.fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EFAULT, cxl_read(self->mc.fd, end, 2 * CXL_READ_MIN_SIZE));
	ASSERT_EQ(left, cxl_read(self->mc.fd, self->buf, 2 * CXL_READ_MIN_SIZE));
	check_events(_metadata, &self->mc, self->buf, left, CXL_EVENT_AFU_INTERRUPT, next);
	EXPECT_EQ(-EAGAIN, cxl_read(self->mc.fd, self->buf, 2 * CXL_READ_MIN_SIZE));
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* Faults, too, keep their order, and their addresses, when they have to be put back. */
TEST_F(read, faults_and_buffer_ends_early)
{
	char *end = self->buf + self->page, *address;
	struct mc_element *element;
	const int faults = 4;
	struct cxl_event event;
	int i;

	ASSERT_EQ(0, mprotect(end, self->page, PROT_NONE));
	element = mc_push(&self->mc, MC_COPY, 64, CXL_HOLE, CXL_HOLE);
	ASSERT_NE(NULL, element);
	ASSERT_EQ(MC_AERROR, mc_wait(&self->mc, element, CXL_WAIT_MS));
	for (i = 1; i < faults; i++) {
		element->src = htobe64((uintptr_t)CXL_HOLE + i * self->page);
		ASSERT_EQ(MC_AERROR, mc_retry(&self->mc, element));
	}
	element->length = 0;
	ASSERT_EQ(MC_DONE, mc_retry(&self->mc, element));

	EXPECT_EQ(-EFAULT, cxl_read(self->mc.fd, end - FAULT_SIZE + 1, 2 * CXL_READ_MIN_SIZE));
	EXPECT_EQ(-EFAULT, cxl_read(self->mc.fd, end - 8, CXL_READ_MIN_SIZE));
	EXPECT_EQ(FAULT_SIZE, cxl_read(self->mc.fd, end - 2 * FAULT_SIZE + 1,
				       2 * CXL_READ_MIN_SIZE));
	memcpy(self->buf, end - 2 * FAULT_SIZE + 1, FAULT_SIZE);
	EXPECT_EQ(-EFAULT, cxl_read(self->mc.fd, end, 2 * CXL_READ_MIN_SIZE));
	ASSERT_EQ((faults - 1) * FAULT_SIZE,
		  cxl_read(self->mc.fd, self->buf + FAULT_SIZE, 2 * CXL_READ_MIN_SIZE));
	check_events(_metadata, &self->mc, self->buf, faults * FAULT_SIZE,
		     CXL_EVENT_DATA_STORAGE, 0);
	for (i = 0; i < faults; i++) {
		memcpy(&event, self->buf + i * FAULT_SIZE, FAULT_SIZE);
		address = CXL_HOLE + i * self->page;
		EXPECT_EQ((uintptr_t)address, event.fault.addr & -128UL);
	}
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/*
 * Both kinds in one read, whatever the numbers: interrupts from the lowest on, then
 * faults, and none of them again or later.
 */
TEST_F_TIMEOUT(read, both_kinds, 60)
{
	static const int counts[] = { 1, 29, 30, 31, 32, 33, 61, 64, 95 };
	const int faults = 3;
	unsigned int i;
	int irqs;

	for (i = 0; i < ARRAY_SIZE(counts) && counts[i] <= self->irqs; i++) {
		irqs = counts[i] * IRQ_SIZE;
		raise_faults(_metadata, &self->mc, faults);
		raise_irqs(_metadata, &self->afu, &self->mc, counts[i]);
		ASSERT_EQ(irqs + faults * FAULT_SIZE,
			  cxl_read(self->mc.fd, self->buf, 2 * CXL_READ_MIN_SIZE));
		check_events(_metadata, &self->mc, self->buf, irqs, CXL_EVENT_AFU_INTERRUPT, 1);
		check_events(_metadata, &self->mc, self->buf + irqs, faults * FAULT_SIZE,
			     CXL_EVENT_DATA_STORAGE, 0);
		EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
	}
}

struct poller {
	pthread_t thread;
	int fd;
	int ready;
	int mask;
};

static void *wait_in_poll(void *arg)
{
	struct poller *poller = arg;

	cxl_step_set(&poller->ready, 1);
	poller->mask = cxl_poll(poller->fd, CXL_WAIT_MS);
	return NULL;
}

/* An event that comes while others poll wakes all of them; one that is read, nobody. */
TEST_F_TIMEOUT(read, while_polling, 60)
{
	struct poller pollers[4];
	unsigned int round, i;

	for (round = 0; round < 50; round++) {
		for (i = 0; i < ARRAY_SIZE(pollers); i++) {
			pollers[i] = (struct poller){ .fd = self->mc.fd };
			ASSERT_EQ(0, pthread_create(&pollers[i].thread, NULL, wait_in_poll,
						    &pollers[i]));
			ASSERT_EQ(0, cxl_step_wait(&pollers[i].ready, 1));
		}
		/* asleep, or about to be */
		if (round % 2)
			poll(NULL, 0, 2);
		ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 1));
		for (i = 0; i < ARRAY_SIZE(pollers); i++) {
			ASSERT_EQ(0, pthread_join(pollers[i].thread, NULL));
			ASSERT_EQ(POLLIN, pollers[i].mask);
		}
		ASSERT_EQ(IRQ_SIZE, cxl_read(self->mc.fd, self->buf, 2 * CXL_READ_MIN_SIZE));
		check_events(_metadata, &self->mc, self->buf, IRQ_SIZE,
			     CXL_EVENT_AFU_INTERRUPT, 1);
		ASSERT_EQ(0, cxl_poll(self->mc.fd, 0));
	}
}

struct taker {
	pthread_t thread;
	int fd;
	char *end;
	int *stop;
	unsigned int taken[MANY + 1];
	unsigned int wrong;
};

/* Reads into a buffer of changing length until there is nothing and never will be. */
static void *take_all(void *arg)
{
	struct taker *taker = arg;
	struct cxl_event event;
	unsigned int i = 0;
	ssize_t n, done;
	char *buf;

	for (;;) {
		buf = taker->end - i++ * 7 % (3 * 512);
		n = cxl_read(taker->fd, buf, 2 * CXL_READ_MIN_SIZE);
		if (n == -EAGAIN && __atomic_load_n(taker->stop, __ATOMIC_ACQUIRE))
			return NULL;
		if (n < 0 && n != -EAGAIN && n != -EFAULT)
			taker->wrong++;
		for (done = 0; done < n; done += IRQ_SIZE) {
			memcpy(&event, buf + done, IRQ_SIZE);
			if (event.header.type == CXL_EVENT_AFU_INTERRUPT && event.irq.irq <= MANY)
				taker->taken[event.irq.irq]++;
			else
				taker->wrong++;
		}
	}
}

/* Several readers, none of which can take all: each event goes to one of them. */
TEST_F_TIMEOUT(read, several_short_buffers, 60)
{
	struct taker takers[3] = { };
	unsigned int i, irq, sum;
	int stop = 0, round;
	char *map;

	if (self->irqs < MANY)
		SKIP(return, "too few interrupts");
	ASSERT_EQ(0, fcntl(self->mc.fd, F_SETFL, O_NONBLOCK));
	for (i = 0; i < ARRAY_SIZE(takers); i++) {
		map = cxl_pages(2 * self->page);
		ASSERT_NE(NULL, map);
		ASSERT_EQ(0, mprotect(map + self->page, self->page, PROT_NONE));
		takers[i].fd = self->mc.fd;
		takers[i].end = map + self->page;
		takers[i].stop = &stop;
		ASSERT_EQ(0, pthread_create(&takers[i].thread, NULL, take_all, &takers[i]));
	}
	for (round = 0; round < 5; round++) {
		raise_irqs(_metadata, &self->afu, &self->mc, MANY);
		/* else the next ones would merge with these */
		while (cxl_poll(self->mc.fd, 0) == POLLIN)
			cxl_pause();
	}
	cxl_step_set(&stop, 1);
	for (i = 0; i < ARRAY_SIZE(takers); i++) {
		ASSERT_EQ(0, pthread_join(takers[i].thread, NULL));
		EXPECT_EQ(0U, takers[i].wrong);
	}
	for (irq = 1; irq <= MANY; irq++) {
		for (sum = 0, i = 0; i < ARRAY_SIZE(takers); i++)
			sum += takers[i].taken[irq];
		EXPECT_EQ(5U, sum) {
			TH_LOG("interrupt %u", irq);
		}
	}
}

/* The minimum is what the file counts, not what the event needs. */
TEST_F(read, huge_count)
{
	/* in the program's data: so far below the end of the address space */
	static char buf[CXL_READ_MIN_SIZE];

	raise_irqs(_metadata, &self->afu, &self->mc, 2);
	EXPECT_EQ(2 * IRQ_SIZE, cxl_read(self->mc.fd, buf, 1UL << 40));
	check_events(_metadata, &self->mc, buf, 2 * IRQ_SIZE, CXL_EVENT_AFU_INTERRUPT, 1);
}

/* A file without a position: any offset reads the next event. */
TEST_F(read, pread)
{
	raise_irqs(_metadata, &self->afu, &self->mc, 2);
	ASSERT_EQ(IRQ_SIZE, pread(self->mc.fd, self->buf, CXL_READ_MIN_SIZE, 0));
	check_events(_metadata, &self->mc, self->buf, IRQ_SIZE, CXL_EVENT_AFU_INTERRUPT, 1);
	ASSERT_EQ(IRQ_SIZE, pread(self->mc.fd, self->buf, CXL_READ_MIN_SIZE, 1UL << 40));
	check_events(_metadata, &self->mc, self->buf, IRQ_SIZE, CXL_EVENT_AFU_INTERRUPT, 2);
}

/* Each piece of a vector is a read of its own, with the same minimum. */
TEST_F(read, readv)
{
	struct iovec iov[2] = {
		{ .iov_base = self->buf, .iov_len = CXL_READ_MIN_SIZE },
		{ .iov_base = self->buf + CXL_READ_MIN_SIZE, .iov_len = CXL_READ_MIN_SIZE },
	};
	ssize_t n;

	raise_irqs(_metadata, &self->afu, &self->mc, 2);
	n = readv(self->mc.fd, iov, 2);
	ASSERT_EQ(IRQ_SIZE, n);
	check_events(_metadata, &self->mc, self->buf, IRQ_SIZE, CXL_EVENT_AFU_INTERRUPT, 1);
	iov[0].iov_len = CXL_READ_MIN_SIZE - 1;
	EXPECT_EQ(-1, readv(self->mc.fd, iov, 2));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(IRQ_SIZE, cxl_read(self->mc.fd, self->buf, CXL_READ_MIN_SIZE));
	check_events(_metadata, &self->mc, self->buf, IRQ_SIZE, CXL_EVENT_AFU_INTERRUPT, 2);
}

/* Writing only is for stores to the registers; the events are for readers. */
TEST_F(read, write_only)
{
	int fd = cxl_open(self->afu.slave, O_WRONLY);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(-EBADF, cxl_read(fd, self->buf, CXL_READ_MIN_SIZE));
	ASSERT_EQ(0, cxl_start_wed(fd, 0));
	/* the AFU runs into address 0, which can be seen but not read */
	EXPECT_EQ(POLLIN, cxl_poll(fd, CXL_WAIT_MS));
	EXPECT_EQ(-EBADF, cxl_read(fd, self->buf, CXL_READ_MIN_SIZE));
	close(fd);
}

/* Copies of a descriptor share events and flags. */
TEST_F(read, duplicate)
{
	int copy = dup(self->mc.fd);

	ASSERT_GE(copy, 0);
	raise_irqs(_metadata, &self->afu, &self->mc, 2);
	EXPECT_EQ(IRQ_SIZE, cxl_read(copy, self->buf, CXL_READ_MIN_SIZE));
	EXPECT_EQ(IRQ_SIZE, cxl_read(self->mc.fd, self->buf, CXL_READ_MIN_SIZE));
	check_events(_metadata, &self->mc, self->buf, IRQ_SIZE, CXL_EVENT_AFU_INTERRUPT, 2);
	EXPECT_EQ(0, cxl_poll(copy, 0));
	ASSERT_EQ(0, fcntl(copy, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, cxl_read(self->mc.fd, self->buf, CXL_READ_MIN_SIZE));
	close(copy);
}

/* The node opened again by the name of the descriptor is another context. */
TEST_F(read, opened_again)
{
	char path[32];
	__u32 pe;
	int fd;

	raise_irqs(_metadata, &self->afu, &self->mc, 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->mc.fd);
	fd = cxl_open(path, O_RDWR | O_NONBLOCK);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(-EAGAIN, cxl_read(fd, self->buf, CXL_READ_MIN_SIZE));
	EXPECT_EQ(0, cxl_poll(fd, 0));
	EXPECT_EQ(0, cxl_start_wed(fd, 0));
	ASSERT_EQ(0, cxl_get_pe(fd, &pe));
	EXPECT_NE(self->mc.pe, pe);
	close(fd);
	EXPECT_EQ(POLLIN, cxl_poll(self->mc.fd, 0));
}

static int io_signals;

static void count_io_signal(int sig)
{
	(void)sig;
	__atomic_add_fetch(&io_signals, 1, __ATOMIC_RELAXED);
}

/* O_ASYNC is taken, and nobody ever gets a signal for it. */
TEST_F(read, no_signal)
{
	struct sigaction action = { .sa_handler = count_io_signal };

	ASSERT_EQ(0, sigaction(SIGIO, &action, NULL));
	EXPECT_EQ(0, fcntl(self->mc.fd, F_SETOWN, getpid()));
	EXPECT_EQ(0, fcntl(self->mc.fd, F_SETFL, O_ASYNC));
	raise_irqs(_metadata, &self->afu, &self->mc, 2);
	EXPECT_EQ(POLLIN, cxl_poll(self->mc.fd, 0));
	EXPECT_EQ(0, __atomic_load_n(&io_signals, __ATOMIC_RELAXED));
}

/* More faults than anybody read about: the first ones are kept, none invented. */
TEST_F(read, many_faults)
{
	struct cxl_event event;
	int count;

	raise_faults(_metadata, &self->mc, 20);
	for (count = 0; cxl_poll(self->mc.fd, 0) == POLLIN; count++) {
		ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
		ASSERT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
		ASSERT_LE((unsigned long)CXL_HOLE, event.fault.addr);
		ASSERT_GT((unsigned long)CXL_HOLE + 128, event.fault.addr);
		ASSERT_LT(count, 20);
	}
	EXPECT_GE(count, 1);
	/* the queue works as before */
	raise_faults(_metadata, &self->mc, 1);
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

TEST_HARNESS_MAIN
