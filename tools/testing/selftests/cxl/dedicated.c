// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dedicated mode: the AFU belongs to one process at a time. What that process can
 * do is the same as with an AFU that is shared.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "cxl_test.h"

#define PAGE	65536UL
#define WINDOW	65536UL
#define ADDRESS	((char *)0x3000000000UL)

FIXTURE(dedicated) {
	struct cxl_afu afu;
	char node[64];
	/* bytes of all registers, and where those of the only process begin */
	long long registers, own;
	struct mc mc;
	char *src;
	char *dst;
};

FIXTURE_SETUP(dedicated)
{
	char modes[64] = "";

	self->mc.fd = -1;
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_LT(0, cxl_file_read(self->afu.dir, "modes_supported", modes, sizeof(modes)));
	if (!strstr(modes, "dedicated_process\n"))
		SKIP(return, "the AFU has no dedicated mode");
	/* what a test has left that did not come to its end */
	ASSERT_EQ(0, cxl_file_write(self->afu.dir, "mode", "afu_directed"));
	ASSERT_EQ(0, cxl_file_number(self->afu.master_dir, "mmio_size", &self->registers));
	ASSERT_EQ(0, cxl_file_number(self->afu.master_dir, "pp_mmio_off", &self->own));
	snprintf(self->node, sizeof(self->node), "/dev/cxl/afu%d.%dd", self->afu.card,
		 self->afu.slice);
	ASSERT_EQ(0, cxl_file_write(self->afu.dir, "mode", "dedicated_process"));
	self->src = cxl_pages(PAGE);
	self->dst = cxl_pages(PAGE);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	cxl_fill(self->src, PAGE, 1);
}

FIXTURE_TEARDOWN(dedicated)
{
	mc_close(&self->mc);
	if (access(self->afu.slave, F_OK))
		EXPECT_EQ(0, cxl_file_write(self->afu.dir, "mode", "afu_directed"));
}

static int setup(struct mc *mc, const char *node, unsigned int lines)
{
	int ret = mc_open(mc, node, lines);

	return ret ? ret : mc_start(mc, NULL);
}

/* The area is that of a master, with the registers of the process further back. */
static int map_own(struct mc *mc, long long offset)
{
	void *map = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, mc->fd, offset);

	if (map == MAP_FAILED)
		return -errno;
	mc->mmio = map;
	mc->mmio_size = WINDOW;
	return 0;
}

TEST_F(dedicated, nodes)
{
	char mode[64] = "";

	EXPECT_EQ(0, access(self->node, F_OK));
	EXPECT_EQ(-1, access(self->afu.slave, F_OK));
	EXPECT_EQ(-1, access(self->afu.master, F_OK));
	EXPECT_LT(0, cxl_file_read(self->afu.dir, "mode", mode, sizeof(mode)));
	EXPECT_STREQ("dedicated_process\n", mode);
	ASSERT_EQ(0, cxl_file_write(self->afu.dir, "mode", "afu_directed"));
	EXPECT_EQ(-1, access(self->node, F_OK));
	EXPECT_EQ(0, access(self->afu.slave, F_OK));
}

TEST_F(dedicated, identity)
{
	struct cxl_afu_id id;
	__u32 before, pe;
	int fd = cxl_open(self->node, O_RDWR);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, cxl_get_afu_id(fd, &id));
	EXPECT_EQ(0ULL, id.flags);
	EXPECT_EQ((__u32)CXL_MODE_DEDICATED, id.afu_mode);
	EXPECT_EQ((__u32)self->afu.card, id.card_id);
	EXPECT_EQ((__u32)self->afu.slice, id.afu_offset);
	ASSERT_EQ(0, cxl_get_pe(fd, &before));
	ASSERT_EQ(0, cxl_start_wed(fd, 0));
	ASSERT_EQ(0, cxl_get_pe(fd, &pe));
	EXPECT_EQ(before, pe);
	close(fd);
}

/* Taken by whoever opens it first, started or not, until he closes it. */
TEST_F(dedicated, one_at_a_time)
{
	int i, fd;

	for (i = 0; i < 5; i++) {
		fd = cxl_open(self->node, O_RDWR);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(-ENOSPC, cxl_open(self->node, O_RDWR));
		EXPECT_EQ(0, cxl_start_wed(fd, 0));
		EXPECT_EQ(-ENOSPC, cxl_open(self->node, O_RDWR));
		EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.dir, "mode", "afu_directed"));
		EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.dir, "reset", "1"));
		EXPECT_EQ(0, close(fd));
	}
}

/* Copies, events of both kinds, and on it goes; then the same for the next one. */
TEST_F(dedicated, work)
{
	struct cxl_event event;
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, setup(&self->mc, self->node, 4));
		ASSERT_EQ(0, map_own(&self->mc, self->own));
		memset(self->dst, 0, PAGE);
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, PAGE));
		EXPECT_EQ(-1, cxl_mismatch(self->dst, PAGE, 1));
		ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 2));
		ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
		EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
		EXPECT_EQ(2, event.irq.irq);
		EXPECT_EQ(self->mc.pe, event.header.process_element);
		ASSERT_NE(NULL, mc_push(&self->mc, MC_COPY, 64, self->src, CXL_HOLE));
		ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
		EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
		EXPECT_EQ((uintptr_t)CXL_HOLE, event.fault.addr & -128UL);
		EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
		mc_close(&self->mc);
	}
}

/* What is published can be mapped, and all that a master could map; but not more. */
TEST_F(dedicated, registers)
{
	long page = sysconf(_SC_PAGESIZE);
	void *all;

	ASSERT_EQ(0, setup(&self->mc, self->node, 1));
	ASSERT_EQ(0, mc_map(&self->mc, self->afu.dir));
	EXPECT_NE(~0ULL, mc_load(self->mc.mmio));
	all = mmap(NULL, self->registers, PROT_READ, MAP_SHARED, self->mc.fd, 0);
	ASSERT_NE(MAP_FAILED, all);
	EXPECT_NE(~0ULL, mc_load((char *)all + self->own + MC_REG_WED));
	EXPECT_EQ(0, munmap(all, self->registers));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, self->registers + page, PROT_READ, MAP_SHARED,
				   self->mc.fd, 0));
	EXPECT_EQ(EINVAL, errno);
}

/* What the last owner had at an address is nothing to the next one. */
TEST_F(dedicated, other_processes)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 10; i++) {
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			char *mem = mmap(ADDRESS, PAGE, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			struct mc mc;

			if (mem == MAP_FAILED || setup(&mc, self->node, 1))
				_exit(1);
			cxl_fill(mem, 4096, i);
			if (mc_copy(&mc, mem + 8192, mem, 4096))
				_exit(2);
			_exit(cxl_mismatch(mem + 8192, 4096, i) == -1 ? 0 : 3);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, status) {
			TH_LOG("process %d", i);
		}
	}
}

/* Ended in the middle of its work, it leaves a working AFU, and memory alone. */
TEST_F(dedicated, killed_while_busy)
{
	int i, status, ready[2];
	char byte = 0;
	pid_t pid;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, pipe(ready));
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			struct mc mc;

			if (setup(&mc, self->node, 64))
				_exit(1);
			mc_keep_busy(&mc, self->src, self->dst);
			if (write(ready[1], &byte, 1) != 1)
				_exit(2);
			for (;;)
				pause();
		}
		close(ready[1]);
		ASSERT_EQ(1, read(ready[0], &byte, 1));
		close(ready[0]);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, setup(&self->mc, self->node, 1));
		memset(self->dst, 0, PAGE);
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, 4096));
		EXPECT_EQ(-1, cxl_mismatch(self->dst, 4096, 1));
		EXPECT_EQ(-1, cxl_mismatch(self->src, PAGE, 1));
		mc_close(&self->mc);
	}
}

/* Back and forth: contexts of either mode work as if there were no other. */
TEST_F(dedicated, and_directed)
{
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, setup(&self->mc, self->node, 1));
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, 4096));
		EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.dir, "mode", "afu_directed"));
		mc_close(&self->mc);
		ASSERT_EQ(0, cxl_file_write(self->afu.dir, "mode", "afu_directed"));
		ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, 1));
		ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, 4096));
		EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.dir, "mode", "dedicated_process"));
		mc_close(&self->mc);
		ASSERT_EQ(0, cxl_file_write(self->afu.dir, "mode", "dedicated_process"));
	}
}

TEST_HARNESS_MAIN
