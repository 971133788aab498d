// SPDX-License-Identifier: GPL-2.0-only
/*
 * read() of events: how many of them a buffer takes, what happens to those that
 * it does not take, and other ways to read than read().
 */
#include <fcntl.h>
#include <poll.h>
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
