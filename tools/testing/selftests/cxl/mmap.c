// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping the problem state area, which holds the registers of the AFU.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/uio.h>

#include "cxl_test.h"

#define RW (PROT_READ | PROT_WRITE)

/* Larger than any AFU, but not than the address space. */
#define FAR_TOO_LARGE ((size_t)1 << (sizeof(size_t) == 8 ? 40 : 30))

FIXTURE(mmap) {
	struct cxl_afu afu;
	const char *node;
	const char *dir;
	struct mc mc;
	size_t page;
	size_t size;
};

FIXTURE_VARIANT(mmap) {
	bool master;
};

FIXTURE_VARIANT_ADD(mmap, slave) {
	.master = false,
};

FIXTURE_VARIANT_ADD(mmap, master) {
	.master = true,
};

FIXTURE_SETUP(mmap)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	self->node = variant->master ? self->afu.master : self->afu.slave;
	self->dir = variant->master ? self->afu.master_dir : self->afu.dir;
	ASSERT_EQ(0, mc_open(&self->mc, self->node, 1));
	ASSERT_EQ(0, mc_start(&self->mc, NULL));
	ASSERT_EQ(0, mc_map(&self->mc, self->dir));
	self->size = self->mc.mmio_size;
	self->page = sysconf(_SC_PAGESIZE);
}

FIXTURE_TEARDOWN(mmap)
{
	mc_close(&self->mc);
}

/* Maps, unmaps again, and says how it went. */
static int try_map(int fd, size_t size, int prot, int flags, off_t offset)
{
	void *map = mmap(NULL, size, prot, flags, fd, offset);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, size);
	return 0;
}

/* The first register reads the same through every mapping of a context. */
static __u64 first_register(const void *map)
{
	return mc_load(map);
}

TEST_F(mmap, before_start)
{
	int fd = cxl_open(self->node, O_RDWR);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(-EIO, try_map(fd, self->page, RW, MAP_SHARED, 0));
	EXPECT_EQ(-EIO, try_map(fd, self->page, PROT_READ, MAP_SHARED, 0));
	ASSERT_EQ(0, cxl_start_wed(fd, 0));
	EXPECT_EQ(0, try_map(fd, self->page, RW, MAP_SHARED, 0));
	close(fd);
}

TEST_F(mmap, sizes)
{
	int fd = self->mc.fd;

	EXPECT_EQ(0U, self->size % self->page);
	EXPECT_EQ(0, try_map(fd, self->size, RW, MAP_SHARED, 0));
	EXPECT_EQ(0, try_map(fd, self->page, RW, MAP_SHARED, 0));
	EXPECT_EQ(0, try_map(fd, 1, RW, MAP_SHARED, 0));
	EXPECT_EQ(0, try_map(fd, self->size - self->page + 1, RW, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, try_map(fd, 0, RW, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, try_map(fd, self->size + 1, RW, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, try_map(fd, self->size + self->page, RW, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, try_map(fd, FAR_TOO_LARGE, RW, MAP_SHARED, 0));
}

TEST_F(mmap, offsets)
{
	int fd = self->mc.fd;

	EXPECT_EQ(0, try_map(fd, self->page, RW, MAP_SHARED, self->size - self->page));
	EXPECT_EQ(-EINVAL, try_map(fd, self->page, RW, MAP_SHARED, self->size));
	EXPECT_EQ(-EINVAL, try_map(fd, self->size, RW, MAP_SHARED, self->page));
	EXPECT_EQ(-EINVAL, try_map(fd, 2 * self->page, RW, MAP_SHARED, self->size - self->page));
	EXPECT_EQ(-EINVAL, try_map(fd, self->page, RW, MAP_SHARED, 1ULL << 62));
	EXPECT_EQ(-EINVAL, try_map(fd, self->page, RW, MAP_SHARED, -2 * self->page));
	/* a 32-bit C library refuses by itself what its kernel could not express */
	EXPECT_EQ(sizeof(long) == 8 ? -EOVERFLOW : -EINVAL,
		  try_map(fd, self->page, RW, MAP_SHARED, -self->page));
}

/* A private mapping would be copied on write, which registers cannot be. */
TEST_F(mmap, private)
{
	const int modes[] = { O_RDWR, O_RDONLY };
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		fd = cxl_open(self->node, modes[i]);
		ASSERT_GE(fd, 0);
		ASSERT_EQ(0, cxl_start_wed(fd, 0));
		EXPECT_EQ(-EINVAL, try_map(fd, self->page, RW, MAP_PRIVATE, 0));
		EXPECT_EQ(-EINVAL, try_map(fd, self->page, PROT_READ, MAP_PRIVATE, 0));
		EXPECT_EQ(-EINVAL, try_map(fd, self->page, PROT_NONE, MAP_PRIVATE, 0));
		EXPECT_EQ(0, try_map(fd, self->page, PROT_READ, MAP_SHARED, 0));
		close(fd);
	}
}

TEST_F(mmap, access_modes)
{
	int rd = cxl_open(self->node, O_RDONLY), wr = cxl_open(self->node, O_WRONLY);
	void *map;

	ASSERT_GE(rd, 0);
	ASSERT_GE(wr, 0);
	ASSERT_EQ(0, cxl_start_wed(rd, 0));
	ASSERT_EQ(0, cxl_start_wed(wr, 0));
	EXPECT_EQ(-EACCES, try_map(rd, self->page, RW, MAP_SHARED, 0));
	EXPECT_EQ(-EACCES, try_map(wr, self->page, RW, MAP_SHARED, 0));
	EXPECT_EQ(-EACCES, try_map(wr, self->page, PROT_READ, MAP_SHARED, 0));
	map = mmap(NULL, self->page, PROT_READ, MAP_SHARED, rd, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_NE(~0ULL, first_register(map));
	EXPECT_EQ(-1, mprotect(map, self->page, RW));
	EXPECT_EQ(EACCES, errno);
	munmap(map, self->page);
	close(rd);
	close(wr);
}

/* No access, then read, then write: the pages come with the rights. */
TEST_F(mmap, protection)
{
	void *map = mmap(NULL, self->page, PROT_NONE, MAP_SHARED, self->mc.fd, 0);
	int status;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, mprotect(map, self->page, PROT_READ));
	EXPECT_EQ(first_register(self->mc.mmio), first_register(map));
	pid = fork();
	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		*(__u64 *)map = 0;
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	ASSERT_EQ(0, mprotect(map, self->page, RW));
	/* a register that ignores this value, or stores it */
	mc_store((char *)map + MC_REG_CONTROL, 0);
	munmap(map, self->page);
}

TEST_F(mmap, registers)
{
	__u32 pe;

	ASSERT_EQ(0, cxl_get_pe(self->mc.fd, &pe));
	if (variant->master)
		SKIP(return, "registers of a slave");
	EXPECT_EQ(pe, mc_reg_read(&self->mc, MC_REG_HANDLE) >> 48);
	EXPECT_EQ(mc_wed(&self->mc), mc_reg_read(&self->mc, MC_REG_WED));
}

/* Each slave sees its own registers. */
TEST_F(mmap, windows_are_separate)
{
	struct mc other;

	if (variant->master)
		SKIP(return, "a master sees all registers");
	ASSERT_EQ(0, mc_setup(&other, &self->afu, 2));
	EXPECT_NE(self->mc.pe, other.pe);
	EXPECT_EQ(other.pe, mc_reg_read(&other, MC_REG_HANDLE) >> 48);
	EXPECT_EQ(mc_wed(&other), mc_reg_read(&other, MC_REG_WED));
	EXPECT_EQ(self->mc.pe, mc_reg_read(&self->mc, MC_REG_HANDLE) >> 48);
	mc_close(&other);
	EXPECT_EQ(self->mc.pe, mc_reg_read(&self->mc, MC_REG_HANDLE) >> 48);
}

/* A master has the global registers, which keep what is written. */
TEST_F(mmap, master_registers)
{
	__u64 config;

	if (!variant->master)
		SKIP(return, "registers of a master");
	config = mc_reg_read(&self->mc, MC_REG_CONFIG);
	mc_reg_write(&self->mc, MC_REG_CONFIG, config | MC_CONFIG_STOP);
	EXPECT_EQ(config | MC_CONFIG_STOP, mc_reg_read(&self->mc, MC_REG_CONFIG));
	mc_reg_write(&self->mc, MC_REG_CONFIG, config);
	EXPECT_EQ(config, mc_reg_read(&self->mc, MC_REG_CONFIG));
}

TEST_F(mmap, several_mappings)
{
	void *maps[8];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(maps); i++) {
		maps[i] = mmap(NULL, self->size, RW, MAP_SHARED, self->mc.fd, 0);
		ASSERT_NE(MAP_FAILED, maps[i]);
		EXPECT_EQ(first_register(self->mc.mmio), first_register(maps[i]));
	}
	for (i = 0; i < ARRAY_SIZE(maps); i++) {
		EXPECT_EQ(first_register(self->mc.mmio), first_register(maps[i]));
		munmap(maps[i], self->size);
	}
}

TEST_F(mmap, remap)
{
	void *map = mmap(NULL, self->page, RW, MAP_SHARED, self->mc.fd, 0), *moved;
	void *target;

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(first_register(self->mc.mmio), first_register(map));
	EXPECT_EQ(MAP_FAILED, mremap(map, self->page, 2 * self->page, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	target = cxl_pages(self->page);
	ASSERT_NE(NULL, target);
	moved = mremap(map, self->page, self->page, MREMAP_MAYMOVE | MREMAP_FIXED, target);
	ASSERT_EQ(target, moved);
	EXPECT_EQ(first_register(self->mc.mmio), first_register(moved));
	munmap(moved, self->page);
}

TEST_F(mmap, inherited)
{
	__u64 expected = first_register(self->mc.mmio);
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(first_register(self->mc.mmio) == expected ? 0 : 1);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(expected, first_register(self->mc.mmio));
}

struct toucher {
	pthread_t thread;
	const void *map;
	__u64 seen;
};

static void *touch(void *arg)
{
	struct toucher *self = arg;

	self->seen = first_register(self->map);
	return NULL;
}

/* All threads take the first fault of the page. */
TEST_F(mmap, concurrent_faults)
{
	__u64 expected = first_register(self->mc.mmio);
	struct toucher touchers[8];
	unsigned int round, i;
	void *map;

	for (round = 0; round < 20; round++) {
		map = mmap(NULL, self->page, RW, MAP_SHARED, self->mc.fd, 0);
		ASSERT_NE(MAP_FAILED, map);
		for (i = 0; i < ARRAY_SIZE(touchers); i++) {
			touchers[i].map = map;
			ASSERT_EQ(0, pthread_create(&touchers[i].thread, NULL, touch,
						    &touchers[i]));
		}
		for (i = 0; i < ARRAY_SIZE(touchers); i++) {
			ASSERT_EQ(0, pthread_join(touchers[i].thread, NULL));
			EXPECT_EQ(expected, touchers[i].seen);
		}
		munmap(map, self->page);
	}
}

/* Registers are no buffer for calls that pin pages. */
TEST_F(mmap, not_pinnable)
{
	__u64 value;
	struct iovec local = { .iov_base = &value, .iov_len = sizeof(value) };
	struct iovec remote = { .iov_base = self->mc.mmio, .iov_len = sizeof(value) };

	first_register(self->mc.mmio);
	EXPECT_EQ(-1, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(EFAULT, errno);
}

/* The context that goes away takes nobody else's pages with it. */
TEST_F(mmap, survives_close_of_another)
{
	__u64 expected = first_register(self->mc.mmio);
	struct mc other;

	ASSERT_EQ(0, mc_open(&other, self->node, 1));
	ASSERT_EQ(0, mc_start(&other, NULL));
	ASSERT_EQ(0, mc_map(&other, self->dir));
	first_register(other.mmio);
	mc_close(&other);
	EXPECT_EQ(expected, first_register(self->mc.mmio));
}

static bool has_flags(const char *line, const char *const *flags)
{
	for (; *flags; flags++) {
		if (!strstr(line, *flags))
			return false;
	}
	return true;
}

TEST_F(mmap, vma_flags)
{
	static const char *const flags[] = { " io", " pf", " de", " dd", NULL };
	FILE *file = fopen("/proc/self/smaps", "r");
	unsigned long start, end;
	bool inside = false, ok = false;
	char line[512];

	if (!file)
		SKIP(return, "no /proc/self/smaps");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start == (uintptr_t)self->mc.mmio;
		else if (inside && !strncmp(line, "VmFlags:", 8))
			ok = has_flags(line, flags);
	}
	fclose(file);
	EXPECT_TRUE(ok);
}

TEST_HARNESS_MAIN
