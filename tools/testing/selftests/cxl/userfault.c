// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a program provides itself by userfaultfd, and memory that is
 * broken. The kernel may let the AFU wait for the program, or report an event;
 * in either case nobody else waits, and everything ends when the program does.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "cxl_test.h"

#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100
#endif

/* What is copied beside the faults, at least. */
#define LEAST 65536U

FIXTURE(userfault) {
	struct cxl_afu afu;
	struct mc mc;
	struct mc other;
	size_t page;
	int uffd;
	__u64 features;
	/* the program's own */
	size_t bytes;
	char *src;
	char *dst;
	/* two pages that userfaultfd is asked for */
	char *area;
};

static int open_uffd(__u64 *features)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, UFFDIO_API, &api))
		return -errno;
	*features = api.features;
	return fd;
}

static int watch_area(int uffd, char *area, size_t bytes)
{
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)area, .len = bytes },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	return ioctl(uffd, UFFDIO_REGISTER, &reg) ? -errno : 0;
}

FIXTURE_SETUP(userfault)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	self->page = sysconf(_SC_PAGESIZE);
	self->uffd = open_uffd(&self->features);
	if (self->uffd < 0)
		SKIP(return, "no userfaultfd (%d)", self->uffd);
	ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, 1));
	ASSERT_EQ(0, mc_setup(&self->other, &self->afu, 64));
	self->bytes = self->page > LEAST ? self->page : LEAST;
	self->src = cxl_pages(self->bytes);
	self->dst = cxl_pages(self->bytes);
	self->area = cxl_pages(2 * self->page);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	ASSERT_NE(NULL, self->area);
	cxl_fill(self->src, self->bytes, 1);
	memset(self->dst, 0, self->bytes);
	ASSERT_EQ(0, watch_area(self->uffd, self->area, 2 * self->page));
}

FIXTURE_TEARDOWN(userfault)
{
	mc_close(&self->mc);
	mc_close(&self->other);
	close(self->uffd);
}

/* Fills the first page of the area. */
static int provide(int uffd, char *area, const char *content, size_t page)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)area,
		.src = (uintptr_t)content,
		.len = page,
	};

	return ioctl(uffd, UFFDIO_COPY, &copy) ? -errno : 0;
}

/* Waits until the kernel has done something about the fault. */
static bool fault_is_known(int fd, int uffd)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;

	while (!cxl_poll(fd, 1) && !cxl_poll(uffd, 0)) {
		if (cxl_now_ms() > end)
			return false;
	}
	return true;
}

/* The page is provided: it waited for it, or has to be told to try again. */
static void finish(struct __test_metadata *_metadata, struct mc *mc,
		   struct mc_element *element)
{
	struct cxl_event event;

	if (!cxl_poll(mc->fd, 0)) {
		ASSERT_EQ(MC_DONE, mc_wait(mc, element, CXL_WAIT_MS));
		return;
	}
	ASSERT_EQ(0, cxl_read_event(mc->fd, &event, 0));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	ASSERT_EQ(MC_AERROR, mc_wait(mc, element, CXL_WAIT_MS));
	ASSERT_EQ(MC_DONE, mc_retry(mc, element));
}

TEST_F(userfault, read)
{
	struct mc_element *element;

	element = mc_push(&self->mc, MC_COPY, 64, self->area, self->dst);
	ASSERT_NE(NULL, element);
	ASSERT_TRUE(fault_is_known(self->mc.fd, self->uffd));
	/* the other context has nothing to do with it */
	ASSERT_EQ(0, mc_copy(&self->other, self->dst + 4096, self->src + 4096, 8192));
	EXPECT_EQ(0, memcmp(self->dst + 4096, self->src + 4096, 8192));
	ASSERT_EQ(0, provide(self->uffd, self->area, self->src, self->page));
	finish(_metadata, &self->mc, element);
	EXPECT_EQ(0, memcmp(self->dst, self->src, 64));
}

TEST_F(userfault, write)
{
	struct mc_element *element;

	element = mc_push(&self->mc, MC_COPY, 64, self->src, self->area + 128);
	ASSERT_NE(NULL, element);
	ASSERT_TRUE(fault_is_known(self->mc.fd, self->uffd));
	ASSERT_EQ(0, mc_copy(&self->other, self->dst, self->src, self->page));
	/* zeroes, and then what the AFU has */
	ASSERT_EQ(0, provide(self->uffd, self->area, cxl_pages(self->page), self->page));
	finish(_metadata, &self->mc, element);
	EXPECT_EQ(0, memcmp(self->area + 128, self->src, 64));
	EXPECT_EQ(0, self->area[0]);
}

/* Nobody ever provides the page: the context can be ended all the same. */
TEST_F(userfault, closed_without_page)
{
	__u64 start;

	ASSERT_NE(NULL, mc_push(&self->mc, MC_COPY, 64, self->area, self->dst));
	ASSERT_TRUE(fault_is_known(self->mc.fd, self->uffd));
	start = cxl_now_ms();
	mc_close(&self->mc);
	EXPECT_GT(start + CXL_WAIT_MS, cxl_now_ms());
	ASSERT_EQ(0, mc_copy(&self->other, self->dst, self->src, self->page));
	EXPECT_EQ(-1, cxl_mismatch(self->dst, self->page, 1));
}

/* The same for a process that is killed with such faults in many contexts. */
TEST_F(userfault, killed_without_page)
{
	int status, pipe_fds[2];
	__u64 features;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(pipe_fds));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		int uffd = open_uffd(&features), i;
		struct mc mc[16];

		if (uffd < 0 || watch_area(uffd, self->area, 2 * self->page))
			_exit(1);
		for (i = 0; i < 16; i++) {
			if (mc_setup(&mc[i], &self->afu, 1))
				_exit(2);
			mc_push(&mc[i], MC_COPY, 64, self->src, self->area + 128 * i);
		}
		for (i = 0; i < 16; i++)
			fault_is_known(mc[i].fd, uffd);
		if (write(pipe_fds[1], "", 1) != 1)
			_exit(3);
		for (;;)
			pause();
	}
	close(pipe_fds[1]);
	ASSERT_EQ(1, read(pipe_fds[0], &byte, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	mc_close(&self->mc);
	ASSERT_EQ(0, mc_copy(&self->other, self->dst, self->src, self->page));
	mc_close(&self->other);
	if (cxl_has_stats(&self->afu))
		EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
}

/* An address that the kernel knows to be broken is a bad one, not more. */
static void check_broken(struct __test_metadata *_metadata, struct mc *mc, char *good,
			 char *broken, char *dst)
{
	struct mc_element *element;
	struct cxl_event event;

	element = mc_push(mc, MC_COPY, 64, broken, dst);
	ASSERT_NE(NULL, element);
	ASSERT_EQ(MC_AERROR, mc_wait(mc, element, CXL_WAIT_MS));
	ASSERT_EQ(0, cxl_read_event(mc->fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ((uintptr_t)broken, event.fault.addr & -128UL);
	element->src = htobe64((uintptr_t)good);
	ASSERT_EQ(MC_DONE, mc_retry(mc, element));
	EXPECT_EQ(0, memcmp(good, dst, 64));
}

/* Any program may declare a page of its own as broken. */
TEST_F(userfault, poison)
{
#ifdef UFFDIO_POISON
	struct uffdio_poison poison = {
		.range = { .start = (uintptr_t)self->area, .len = self->page },
	};

	if (!(self->features & UFFD_FEATURE_POISON))
		SKIP(return, "no poison by userfaultfd");
	ASSERT_EQ(0, ioctl(self->uffd, UFFDIO_POISON, &poison));
	check_broken(_metadata, &self->mc, self->src, self->area, self->dst);
#else
	SKIP(return, "no poison by userfaultfd");
#endif
}

static sigjmp_buf bus_error;

static void on_bus_error(int sig)
{
	(void)sig;
	siglongjmp(bus_error, 1);
}

/* Memory that the machine has reported as broken. */
TEST_F(userfault, broken_memory)
{
	char *mem = cxl_pages(self->page);

	ASSERT_NE(NULL, mem);
	memset(mem, 1, self->page);
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, mem, 64));
	signal(SIGBUS, on_bus_error);
	/* the signal is for the CPU's access, which there was none */
	if (!sigsetjmp(bus_error, 1) && madvise(mem, self->page, MADV_HWPOISON))
		SKIP(return, "memory cannot be declared as broken (%d)", errno);
	check_broken(_metadata, &self->mc, self->src, mem, self->dst);
}

TEST_HARNESS_MAIN
