// SPDX-License-Identifier: GPL-2.0-only
/*
 * The areas of many contexts, mapped at once, in part and by several processes: each
 * shows the registers of its own context as long as that lives, and nothing of another
 * one after that.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "card_reset.h"
#include "cxl_test.h"

#define RW		(PROT_READ | PROT_WRITE)
#define AFUS_MAX	16
#define EACH		3

FIXTURE(areas) {
	struct cxl_afu afus[AFUS_MAX];
	struct mc mcs[AFUS_MAX * EACH];
	struct mc master;
	int afu_count;
	int count;
	size_t page;
};

/* An AFU that a failure has broken takes a moment to recover. */
static int open_when_good(struct mc *mc, const char *node)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;
	int ret;

	while ((ret = mc_open(mc, node, 1)) == -EIO && cxl_now_ms() < end) {
		mc_close(mc);
		cxl_pause();
	}
	return ret;
}

/* A master of the first AFU, and some slaves of each. */
FIXTURE_SETUP(areas)
{
	struct mc *mc = self->mcs;
	int i, k;

	self->master.fd = -1;
	if (no_afu(_metadata, &self->afus[0]))
		SKIP(return, "no memcpy AFU");
	self->page = sysconf(_SC_PAGESIZE);
	self->afu_count = cxl_find_memcpy_afus(self->afus, AFUS_MAX);
	if (self->afu_count < 1)
		self->afu_count = 1;
	ASSERT_EQ(0, open_when_good(&self->master, self->afus[0].master));
	ASSERT_EQ(0, mc_start(&self->master, NULL));
	ASSERT_EQ(0, mc_map(&self->master, self->afus[0].master_dir));
	for (i = 0; i < self->afu_count; i++) {
		for (k = 0; k < EACH; k++, self->count++)
			ASSERT_EQ(0, mc_setup(mc++, &self->afus[i], k + 1));
	}
}

FIXTURE_TEARDOWN(areas)
{
	int i;

	mc_close(&self->master);
	for (i = 0; i < self->count; i++)
		mc_close(&self->mcs[i]);
}

static sigjmp_buf bus_error;

static void on_bus_error(int sig)
{
	(void)sig;
	siglongjmp(bus_error, 1);
}

/* Does a load raise SIGBUS? */
static bool is_dead(const void *address)
{
	struct sigaction action = { .sa_handler = on_bus_error };

	sigaction(SIGBUS, &action, NULL);
	if (sigsetjmp(bus_error, 1))
		return true;
	mc_load(address);
	return false;
}

/* The registers of a slave say whose they are. */
static bool is_own(const struct mc *mc)
{
	return mc_reg_read(mc, MC_REG_HANDLE) >> 48 == mc->pe &&
	       mc_reg_read(mc, MC_REG_WED) == mc_wed(mc);
}

/* The first that is not what it should be, -1 without any. */
static int first_wrong(const struct mc *mcs, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		if (mcs[i].mmio && !is_own(&mcs[i]))
			return i;
	}
	return -1;
}

/* One after the other is closed, in an order that has nothing to do with that of open(). */
TEST_F(areas, closed_one_by_one)
{
	int i, k, left;

	for (left = self->count, k = 0; left; left--) {
		EXPECT_EQ(-1, first_wrong(self->mcs, self->count));
		k = (k + 5) % self->count;
		for (i = 0; !self->mcs[k].mmio && i < self->count; i++)
			k = (k + 1) % self->count;
		mc_close(&self->mcs[k]);
	}
	EXPECT_FALSE(is_dead(self->master.mmio));
}

/* Others come and go: in other processes, with numbers that are used again at once. */
TEST_F(areas, of_other_processes)
{
	const struct cxl_afu *afu;
	int round, status;
	struct mc mc;
	pid_t pid;

	for (round = 0; round < 12; round++) {
		afu = &self->afus[round % self->afu_count];
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			if (mc_setup(&mc, afu, 7))
				_exit(1);
			/* those of the parent, too, which are mapped here as well */
			if (!is_own(&mc) || first_wrong(self->mcs, self->count) >= 0)
				_exit(2);
			if (round % 3 == 1)
				mc_close(&mc);
			if (first_wrong(self->mcs, self->count) >= 0)
				_exit(3);
			if (round % 3 == 2)
				kill(getpid(), SIGKILL);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(round % 3 == 2 ? SIGKILL : 0, status);
		EXPECT_EQ(-1, first_wrong(self->mcs, self->count));
	}
}

/* The parent lets go of a context that the child has inherited, and goes on with others. */
TEST_F(areas, kept_by_child)
{
	struct mc *mc = &self->mcs[1], other;
	int step[2], status;
	char byte = 0;
	pid_t pid;

	ASSERT_EQ(0, pipe(step));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		if (read(step[0], &byte, 1) != 1)
			_exit(1);
		_exit(is_own(mc) ? 0 : 2);
	}
	mc_close(mc);
	ASSERT_EQ(0, mc_setup(&other, &self->afus[0], 9));
	EXPECT_TRUE(is_own(&other));
	ASSERT_EQ(1, write(step[1], &byte, 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(is_own(&other));
	EXPECT_EQ(-1, first_wrong(self->mcs, self->count));
	mc_close(&other);
	close(step[0]);
	close(step[1]);
}

/* Where a master sees the registers of a process; -1 if it does not. */
static long offset_of(const struct mc *master, size_t page, __u32 pe)
{
	size_t offset;

	for (offset = page; offset + page <= master->mmio_size; offset += page) {
		if (mc_reg_read(master, offset + MC_REG_HANDLE) >> 48 == pe)
			return offset;
	}
	return -1;
}

/* Pieces of the area of a master, from the offset that they were asked for. */
TEST_F(areas, offsets)
{
	const struct mc *slaves = self->mcs;
	long offset[EACH];
	__u64 *piece;
	int i;

	for (i = 0; i < EACH; i++) {
		offset[i] = offset_of(&self->master, self->page, slaves[i].pe);
		if (offset[i] < 0)
			SKIP(return, "a master does not see the registers of others");
	}
	for (i = 0; i < EACH; i++) {
		piece = mmap(NULL, self->page, RW, MAP_SHARED, self->master.fd, offset[i]);
		ASSERT_NE(MAP_FAILED, piece);
		EXPECT_EQ(slaves[i].pe, be64toh(mc_load(piece + MC_REG_HANDLE / 8)) >> 48);
		EXPECT_EQ(mc_wed(&slaves[i]), be64toh(mc_load(piece + MC_REG_WED / 8)));
		munmap(piece, self->page);
	}
}

/*
 * A master that has looked at the registers of a context, and keeps them mapped, does
 * not hinder that context from ending.
 */
TEST_F(areas, looked_at_by_master)
{
	struct mc *slave = &self->mcs[0], other;
	__u64 lost = 0, now = 0;

	if (!cxl_has_stats(&self->afus[0]))
		SKIP(return, "no counters in debugfs");
	if (offset_of(&self->master, self->page, slave->pe) < 0)
		SKIP(return, "a master does not see the registers of others");
	ASSERT_EQ(0, cxl_stat(&self->afus[0], "quarantined", &lost));
	mc_close(slave);
	ASSERT_EQ(0, cxl_stat(&self->afus[0], "quarantined", &now));
	EXPECT_EQ(lost, now);
	/* nor anybody else from going on, or from coming */
	EXPECT_FALSE(is_dead(self->master.mmio));
	EXPECT_TRUE(is_own(&self->mcs[1]));
	EXPECT_EQ(0, cxl_poll(self->mcs[1].fd, 0));
	ASSERT_EQ(0, mc_setup(&other, &self->afus[0], 9));
	EXPECT_TRUE(is_own(&other));
	mc_close(&other);
}

/* Two pages of a mapping of three are left, of which one moves. */
static char *map_pieces(struct __test_metadata *_metadata, const struct mc *master,
			size_t page, long offset, char **moved)
{
	char *map = mmap(NULL, 3 * page, RW, MAP_SHARED, master->fd, offset);
	char *place = cxl_pages(page);

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_NE(NULL, place);
	ASSERT_EQ(0, munmap(map + page, page));
	*moved = mremap(map + 2 * page, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	ASSERT_EQ(place, *moved);
	return map;
}

static __u64 handle_at(const char *registers)
{
	return be64toh(mc_load(registers + MC_REG_HANDLE)) >> 48;
}

/* What is left of a mapping, and what has moved, shows what it did; and dies with it. */
TEST_F(areas, pieces)
{
	long offset = offset_of(&self->master, self->page, self->mcs[0].pe);
	char *first, *third, *moved, *moved_first;

	if (offset < (long)(2 * self->page) ||
	    offset + 3 * self->page > self->master.mmio_size)
		SKIP(return, "a master does not see the registers of others");
	first = map_pieces(_metadata, &self->master, self->page, offset, &moved);
	third = map_pieces(_metadata, &self->master, self->page, offset - 2 * self->page,
			   &moved_first);
	EXPECT_EQ(self->mcs[0].pe, handle_at(first));
	EXPECT_EQ(self->mcs[0].pe, handle_at(moved_first));
	EXPECT_EQ(handle_at((char *)self->master.mmio + offset + 2 * self->page),
		  handle_at(moved));
	EXPECT_EQ(handle_at((char *)self->master.mmio + offset - 2 * self->page),
		  handle_at(third));
	/* neither is there more of it than there was */
	EXPECT_EQ(MAP_FAILED, mremap(first, self->page, 2 * self->page, MREMAP_MAYMOVE));
	/* that of another context is nothing to them */
	mc_close(&self->mcs[1]);
	EXPECT_EQ(self->mcs[0].pe, handle_at(first));
	EXPECT_EQ(self->mcs[0].pe, handle_at(moved_first));

	ASSERT_EQ(0, card_end_contexts(&self->afus[0]));
	EXPECT_TRUE(is_dead(first));
	EXPECT_TRUE(is_dead(moved));
	EXPECT_TRUE(is_dead(third));
	EXPECT_TRUE(is_dead(moved_first));
	munmap(first, self->page);
	munmap(moved, self->page);
	munmap(third, self->page);
	munmap(moved_first, self->page);
}

/* Of the AFUs of the card nothing is left, of those of other cards everything. */
TEST_F(areas, end_with_the_card)
{
	bool ends;
	int i;

	EXPECT_EQ(-1, first_wrong(self->mcs, self->count));
	ASSERT_EQ(0, card_end_contexts(&self->afus[0]));
	EXPECT_TRUE(is_dead(self->master.mmio));
	for (i = 0; i < self->count; i++) {
		ends = self->afus[i / EACH].card == self->afus[0].card;
		EXPECT_EQ(ends, is_dead(self->mcs[i].mmio));
		if (!ends)
			EXPECT_TRUE(is_own(&self->mcs[i]));
	}
}

/* Contexts of which there is nothing but a dead mapping, and new ones beside them. */
TEST_F_TIMEOUT(areas, dead_beside_new, 60)
{
	struct mc again[2 * EACH];
	int i, gone;

	for (i = 0; i < EACH; i++) {
		close(self->mcs[i].fd);
		self->mcs[i].fd = -1;
		EXPECT_TRUE(is_own(&self->mcs[i]));
	}
	ASSERT_EQ(0, card_end_contexts(&self->afus[0]));
	for (gone = 0; gone <= EACH; gone++) {
		for (i = 0; i < 2 * EACH; i++)
			ASSERT_EQ(0, mc_setup(&again[i], &self->afus[0], 11 + i));
		for (i = gone; i < EACH; i++)
			EXPECT_TRUE(is_dead(self->mcs[i].mmio));
		EXPECT_EQ(-1, first_wrong(again, 2 * EACH));
		/* one dead context after the other is given up, and its number is free */
		if (gone < EACH)
			mc_close(&self->mcs[gone]);
		EXPECT_EQ(-1, first_wrong(again, 2 * EACH));
		for (i = 0; i < 2 * EACH; i++)
			mc_close(&again[i]);
	}
}

TEST_HARNESS_MAIN
