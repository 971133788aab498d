// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies through the AFU: every kind of memory that a program can have.
 */
#include <fcntl.h>
#include <pthread.h>

#include "cxl_test.h"

#define GUARD 256
#define THREADS 4
#define PROCESSES 16

FIXTURE(copy) {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
};

FIXTURE_SETUP(copy)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, 64));
	self->page = sysconf(_SC_PAGESIZE);
}

FIXTURE_TEARDOWN(copy)
{
	mc_close(&self->mc);
}

/* Copies to the middle of a buffer and looks at all of it. */
static void copy_between_guards(struct __test_metadata *_metadata, struct mc *mc,
				size_t src_offset, size_t dst_offset, size_t bytes)
{
	static unsigned char src[8192], dst[8192];
	size_t i;

	cxl_fill(src, sizeof(src), bytes);
	memset(dst, 0, sizeof(dst));
	ASSERT_EQ(MC_DONE, mc_run(mc, MC_COPY, bytes, src + src_offset,
				  dst + GUARD + dst_offset));
	EXPECT_EQ(0, memcmp(src + src_offset, dst + GUARD + dst_offset, bytes)) {
		TH_LOG("%zu bytes from %zu to %zu", bytes, src_offset, dst_offset);
	}
	for (i = 0; i < sizeof(dst); i++) {
		if (i == GUARD + dst_offset)
			i += bytes;
		EXPECT_EQ(0, dst[i]) {
			TH_LOG("%zu bytes from %zu to %zu: byte %zu", bytes, src_offset,
			       dst_offset, i);
			return;
		}
	}
}

/* What the accelerator's documentation allows everywhere. */
TEST_F(copy, lines)
{
	size_t bytes;

	for (bytes = 64; bytes <= MC_COPY_MAX; bytes += 64)
		copy_between_guards(_metadata, &self->mc, 0, 0, bytes);
	for (bytes = 64; bytes <= MC_COPY_MAX; bytes *= 2)
		copy_between_guards(_metadata, &self->mc, 64, 192, bytes);
}

TEST_F(copy, any_length_and_alignment)
{
	const size_t lengths[] = { 1, 2, 3, 7, 63, 65, 127, 129, 1000, 2047, 4095, 4097 };
	const size_t offsets[] = { 0, 1, 7, 63, 127 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (j = 0; j < ARRAY_SIZE(offsets); j++) {
			copy_between_guards(_metadata, &self->mc, offsets[j], 0, lengths[i]);
			copy_between_guards(_metadata, &self->mc, 3, offsets[j], lengths[i]);
		}
	}
}

TEST_F(copy, nothing)
{
	char byte = 1;

	EXPECT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 0, NULL, NULL));
	EXPECT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 0, &byte, &byte));
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* Across the border of two pages at both ends, none of them touched before. */
TEST_F(copy, across_pages)
{
	char *src = cxl_pages(2 * self->page), *dst = cxl_pages(2 * self->page);

	ASSERT_NE(NULL, src);
	ASSERT_NE(NULL, dst);
	cxl_fill(src, 2 * self->page, 1);
	ASSERT_EQ(0, mc_copy(&self->mc, dst + self->page - 1024, src + self->page - 512, 2048));
	EXPECT_EQ(0, memcmp(dst + self->page - 1024, src + self->page - 512, 2048));
	EXPECT_EQ(0, dst[self->page - 1025]);
	EXPECT_EQ(0, dst[self->page + 1024]);
}

TEST_F(copy, untouched_destination)
{
	size_t bytes = 16 * self->page;
	char *src = cxl_pages(bytes), *dst = cxl_pages(bytes);

	ASSERT_NE(NULL, src);
	ASSERT_NE(NULL, dst);
	cxl_fill(src, bytes, 2);
	ASSERT_EQ(0, mc_copy(&self->mc, dst, src, bytes));
	EXPECT_EQ(-1, cxl_mismatch(dst, bytes, 2));
}

/* A source that nobody has written reads as zeroes. */
TEST_F(copy, untouched_source)
{
	size_t bytes = 4 * self->page, i;
	char *src = cxl_pages(bytes), *dst = cxl_pages(bytes);

	ASSERT_NE(NULL, src);
	ASSERT_NE(NULL, dst);
	cxl_fill(dst, bytes, 3);
	ASSERT_EQ(0, mc_copy(&self->mc, dst, src, bytes));
	for (i = 0; i < bytes; i++)
		ASSERT_EQ(0, dst[i]);
	/* the shared page of zeroes must not have been written either */
	cxl_fill(src, bytes, 4);
	ASSERT_EQ(0, mc_copy(&self->mc, dst, src, bytes));
	EXPECT_EQ(-1, cxl_mismatch(dst, bytes, 4));
}

/*
 * Read first, then written: the AFU finds a page that it may read, but must
 * not write without the kernel.
 */
TEST_F(copy, written_after_read)
{
	size_t bytes = 4 * self->page;
	char *mem = cxl_pages(bytes), *sink = cxl_pages(bytes), *src = cxl_pages(bytes);

	ASSERT_NE(NULL, mem);
	ASSERT_NE(NULL, sink);
	ASSERT_NE(NULL, src);
	cxl_fill(src, bytes, 5);
	ASSERT_EQ(0, mc_copy(&self->mc, sink, mem, bytes));
	ASSERT_EQ(0, mc_copy(&self->mc, mem, src, bytes));
	EXPECT_EQ(-1, cxl_mismatch(mem, bytes, 5));
	ASSERT_EQ(0, mc_copy(&self->mc, sink, mem, bytes));
	EXPECT_EQ(-1, cxl_mismatch(sink, bytes, 5));
}

TEST_F(copy, read_only_source)
{
	char *src = cxl_pages(self->page), *dst = cxl_pages(self->page);

	ASSERT_NE(NULL, src);
	ASSERT_NE(NULL, dst);
	cxl_fill(src, self->page, 6);
	ASSERT_EQ(0, mprotect(src, self->page, PROT_READ));
	ASSERT_EQ(0, mc_copy(&self->mc, dst, src, self->page));
	EXPECT_EQ(-1, cxl_mismatch(dst, self->page, 6));
}

/* Source in the text of the program, destination on the stack. */
TEST_F(copy, text_and_stack)
{
	char dst[1024] = "";

	ASSERT_EQ(0, mc_copy(&self->mc, dst, (const void *)&copy_between_guards, sizeof(dst)));
	EXPECT_EQ(0, memcmp(dst, (const void *)&copy_between_guards, sizeof(dst)));
}

static int temporary_file(size_t bytes)
{
	char name[] = "/tmp/cxl-copy-XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0)
		return -1;
	unlink(name);
	if (ftruncate(fd, bytes))
		return -1;
	return fd;
}

TEST_F(copy, shared_file)
{
	size_t bytes = 8 * self->page;
	int fd = temporary_file(bytes);
	char *src = cxl_pages(bytes), *map, *back = cxl_pages(bytes);

	ASSERT_GE(fd, 0);
	ASSERT_NE(NULL, src);
	ASSERT_NE(NULL, back);
	cxl_fill(src, bytes, 7);
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, mc_copy(&self->mc, map, src, bytes));
	ASSERT_EQ((ssize_t)bytes, pread(fd, back, bytes, 0));
	EXPECT_EQ(-1, cxl_mismatch(back, bytes, 7));
	/* and from a file of which no page is mapped yet */
	munmap(map, bytes);
	map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	memset(back, 0, bytes);
	ASSERT_EQ(0, mc_copy(&self->mc, back, map, bytes));
	EXPECT_EQ(-1, cxl_mismatch(back, bytes, 7));
	close(fd);
}

/* Writing a private mapping of a file must leave the file as it is. */
TEST_F(copy, private_file)
{
	size_t bytes = 4 * self->page;
	int fd = temporary_file(bytes);
	char *src = cxl_pages(bytes), *map, *back = cxl_pages(bytes);

	ASSERT_GE(fd, 0);
	ASSERT_NE(NULL, src);
	ASSERT_NE(NULL, back);
	cxl_fill(src, bytes, 8);
	ASSERT_EQ((ssize_t)bytes, pwrite(fd, src, bytes, 0));
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(-1, cxl_mismatch(map, bytes, 8));
	cxl_fill(src, bytes, 9);
	ASSERT_EQ(0, mc_copy(&self->mc, map, src, bytes));
	EXPECT_EQ(-1, cxl_mismatch(map, bytes, 9));
	ASSERT_EQ((ssize_t)bytes, pread(fd, back, bytes, 0));
	EXPECT_EQ(-1, cxl_mismatch(back, bytes, 8));
	close(fd);
}

static char *memfd_map(int fd, size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* One page at two addresses. */
TEST_F(copy, alias)
{
	int fd = memfd_create("cxl", MFD_CLOEXEC);
	char *a, *b, *src = cxl_pages(self->page);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ftruncate(fd, self->page));
	a = memfd_map(fd, self->page);
	b = memfd_map(fd, self->page);
	ASSERT_NE(MAP_FAILED, a);
	ASSERT_NE(MAP_FAILED, b);
	cxl_fill(src, self->page, 10);
	ASSERT_EQ(0, mc_copy(&self->mc, a, src, self->page));
	EXPECT_EQ(-1, cxl_mismatch(b, self->page, 10));
	close(fd);
}

/* After a fork both sides share the pages until one of them writes. */
TEST_F(copy, copy_on_write)
{
	char *mem = cxl_pages(self->page), *src = cxl_pages(self->page);
	int to_child[2], status;
	char byte;
	pid_t pid;

	ASSERT_NE(NULL, mem);
	ASSERT_NE(NULL, src);
	ASSERT_EQ(0, pipe(to_child));
	cxl_fill(src, self->page, 11);
	/* the AFU has a translation with write access before the fork */
	ASSERT_EQ(0, mc_copy(&self->mc, mem, src, self->page));
	pid = fork();
	if (!pid) {
		if (read(to_child[0], &byte, 1) != 1)
			_exit(2);
		_exit(cxl_mismatch(mem, self->page, 11) == -1 ? 0 : 1);
	}
	cxl_fill(src, self->page, 12);
	ASSERT_EQ(0, mc_copy(&self->mc, mem, src, self->page));
	EXPECT_EQ(-1, cxl_mismatch(mem, self->page, 12));
	ASSERT_EQ(1, write(to_child[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* A ring of four elements wraps every fourth copy. */
TEST_F(copy, small_ring)
{
	char src[64], dst[64];
	struct mc mc;
	int i;

	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	for (i = 0; i < 100; i++) {
		cxl_fill(src, sizeof(src), i);
		ASSERT_EQ(MC_DONE, mc_run(&mc, MC_COPY, sizeof(src), src, dst));
		ASSERT_EQ(-1, cxl_mismatch(dst, sizeof(dst), i));
	}
	mc_close(&mc);
}

TEST_F(copy, whole_ring_at_once)
{
	size_t bytes = (size_t)MC_LINES_MAX * MC_PER_LINE * 64;
	char *src = cxl_pages(bytes), *dst = cxl_pages(bytes);
	struct mc_element *last = NULL;
	struct mc mc;
	size_t i;

	ASSERT_NE(NULL, src);
	ASSERT_NE(NULL, dst);
	cxl_fill(src, bytes, 13);
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, MC_LINES_MAX));
	mc_hold(&mc);
	for (i = 0; i < bytes; i += 64) {
		last = mc_push(&mc, MC_COPY, 64, src + i, dst + i);
		ASSERT_NE(NULL, last);
	}
	EXPECT_EQ(NULL, mc_push(&mc, MC_COPY, 64, src, dst));
	mc_release(&mc);
	ASSERT_EQ(MC_DONE, mc_wait(&mc, last, CXL_WAIT_MS));
	EXPECT_EQ(-1, cxl_mismatch(dst, bytes, 13));
	mc_close(&mc);
}

TEST_F_TIMEOUT(copy, large, 120)
{
	size_t bytes = 32 << 20;
	char *src = cxl_pages(bytes), *dst = cxl_pages(bytes);

	ASSERT_NE(NULL, src);
	ASSERT_NE(NULL, dst);
	cxl_fill(src, bytes, 14);
	ASSERT_EQ(0, mc_copy(&self->mc, dst, src, bytes));
	EXPECT_EQ(-1, cxl_mismatch(dst, bytes, 14));
}

static void *one_huge_page(size_t bytes, int flags)
{
	void *mem = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

/* Both on the same kind of page, the whole of it. */
static void check_huge(struct __test_metadata *_metadata, struct mc *mc, char *mem,
		       size_t bytes)
{
	size_t half = bytes / 2;

	cxl_fill(mem, half, 15);
	ASSERT_EQ(0, mc_copy(mc, mem + half, mem, half));
	EXPECT_EQ(-1, cxl_mismatch(mem + half, half, 15));
	/* and untouched before */
	ASSERT_EQ(0, mc_copy(mc, mem + bytes, mem, half));
	EXPECT_EQ(-1, cxl_mismatch(mem + bytes, half, 15));
}

static size_t huge_page_size(const char *dir, const char *name)
{
	long long bytes;

	return cxl_file_number(dir, name, &bytes) ? 0 : bytes;
}

TEST_F_TIMEOUT(copy, transparent_huge_pages, 120)
{
	size_t huge = huge_page_size("/sys/kernel/mm/transparent_hugepage", "hpage_pmd_size");
	char *mem;

	if (!huge)
		SKIP(return, "no transparent huge pages");
	/* room to align */
	mem = one_huge_page(2 * huge, 0);
	ASSERT_NE(NULL, mem);
	mem = (char *)(((uintptr_t)mem + huge - 1) & -huge);
	ASSERT_EQ(0, madvise(mem, 2 * huge, MADV_HUGEPAGE));
	check_huge(_metadata, &self->mc, mem, huge);
}

TEST_F_TIMEOUT(copy, huge_pages, 120)
{
	size_t huge = cxl_huge_page_size();
	long long old;
	char *mem;

	if (!huge || huge > 64 << 20)
		SKIP(return, "no suitable huge pages");
	old = cxl_set_huge_pages(2);
	mem = old < 0 ? NULL : one_huge_page(huge, MAP_HUGETLB);
	if (!mem) {
		cxl_set_huge_pages(old < 0 ? 0 : old);
		SKIP(return, "no huge pages free");
	}
	check_huge(_metadata, &self->mc, mem, huge);
	munmap(mem, 2 * huge);
	cxl_set_huge_pages(old);
}

TEST_F(copy, increment)
{
	__u32 src = htobe32(0x01ffffff), dst = 0;

	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_INCR, 4, &src, &dst));
	EXPECT_EQ(0x02000000U, be32toh(dst));
	EXPECT_EQ(0x01ffffffU, be32toh(src));
}

/* The operands of an atomic are values; only the target is an address. */
static int atomic(struct mc *mc, __u8 function, __u32 op1, __u32 op2, __u32 *target)
{
	struct mc_element *element;

	mc_hold(mc);
	element = mc_push(mc, MC_ATOMIC, 4, (void *)(uintptr_t)op2, target);
	element->extra = function;
	element->op1 = htobe64(op1);
	mc_release(mc);
	return mc_wait(mc, element, CXL_WAIT_MS);
}

TEST_F(copy, atomic)
{
	__u32 target = htobe32(40);

	ASSERT_EQ(MC_DONE, atomic(&self->mc, MC_ATOMIC_ADD, 0, 2, &target));
	EXPECT_EQ(42U, be32toh(target));
	ASSERT_EQ(MC_DONE, atomic(&self->mc, MC_ATOMIC_SWAP, 0, 7, &target));
	EXPECT_EQ(7U, be32toh(target));
	ASSERT_EQ(MC_DONE, atomic(&self->mc, MC_ATOMIC_CAS_EQ, 7, 8, &target));
	EXPECT_EQ(8U, be32toh(target));
	atomic(&self->mc, MC_ATOMIC_CAS_EQ, 7, 9, &target);
	EXPECT_EQ(8U, be32toh(target));
	EXPECT_EQ(MC_UNDEFINED, atomic(&self->mc, 0x7f, 0, 0, &target));
}

TEST_F(copy, undefined_commands)
{
	const __u8 commands[] = { 3, 6, 7, 0x20, 0x3f };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		EXPECT_EQ(MC_UNDEFINED, mc_run(&self->mc, commands[i], 64, NULL, NULL));
	EXPECT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 0, NULL, NULL));
}

TEST_F(copy, stop_and_restart)
{
	struct mc_element *element;
	char src[64] = "stop", dst[64] = "";

	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_STOP, 0, NULL, NULL));
	ASSERT_EQ(0, mc_wait_stopped(&self->mc));
	element = mc_push(&self->mc, MC_COPY, sizeof(src), src, dst);
	ASSERT_NE(NULL, element);
	EXPECT_EQ(-ETIMEDOUT, mc_wait(&self->mc, element, 100));
	ASSERT_EQ(0, mc_restart(&self->mc));
	ASSERT_EQ(MC_DONE, mc_wait(&self->mc, element, CXL_WAIT_MS));
	EXPECT_STREQ(src, dst);
}

/* Several copies of one pattern between two buffers; true if all went well. */
static bool copy_loop(const struct cxl_afu *afu, unsigned int seed)
{
	const size_t bytes = 256 << 10;
	char *src = cxl_pages(bytes), *dst = cxl_pages(bytes);
	bool ok = true;
	struct mc mc;
	int i;

	if (!src || !dst || mc_setup(&mc, afu, 8))
		return false;
	for (i = 0; ok && i < 4; i++) {
		cxl_fill(src, bytes, seed + i);
		ok = !mc_copy(&mc, dst, src, bytes) &&
		     cxl_mismatch(dst, bytes, seed + i) == -1;
		madvise(dst, bytes, MADV_DONTNEED);
	}
	mc_close(&mc);
	return ok;
}

struct worker {
	const struct cxl_afu *afu;
	unsigned int seed;
	bool ok;
};

static void *copy_thread(void *arg)
{
	struct worker *worker = arg;

	worker->ok = copy_loop(worker->afu, worker->seed);
	return NULL;
}

TEST_F_TIMEOUT(copy, threads, 120)
{
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .afu = &self->afu, .seed = 100 * i };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, copy_thread, &workers[i]));
	}
	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_TRUE(workers[i].ok);
	}
}

TEST_F_TIMEOUT(copy, processes, 120)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < PROCESSES; i++) {
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid)
			_exit(copy_loop(&self->afu, 1000 * i) ? 0 : 1);
	}
	for (i = 0; i < PROCESSES; i++) {
		ASSERT_GT(wait(&status), 0);
		EXPECT_EQ(0, status);
	}
}

/* The CPU writes one half of a cache line while the AFU writes the other. */
TEST_F(copy, shared_line)
{
	char *line = cxl_pages(self->page), *src = cxl_pages(self->page);
	struct mc_element *element;
	int i;

	ASSERT_NE(NULL, line);
	ASSERT_NE(NULL, src);
	for (i = 0; i < 200; i++) {
		cxl_fill(src, 64, i);
		element = mc_push(&self->mc, MC_COPY, 64, src, line + 64);
		ASSERT_NE(NULL, element);
		cxl_fill(line, 64, i + 1000);
		ASSERT_EQ(MC_DONE, mc_wait(&self->mc, element, CXL_WAIT_MS));
		ASSERT_EQ(-1, cxl_mismatch(line, 64, i + 1000));
		ASSERT_EQ(-1, cxl_mismatch(line + 64, 64, i));
	}
}

TEST_HARNESS_MAIN
