// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process pays for its own memory, because there are contexts: its own or those
 * of another process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PAGES	64

/* One place below 4 GiB, where a piece of 256 MiB has a page size of its own */
#define SLICE	((void *)0x80000000UL)

static void be_neighbour(struct bench *b, int pipe)
{
	char byte = 0;

	/* nobody is told otherwise that there are fewer */
	if (bench_add_others(b, b->op->arg) || write(pipe, &byte, 1) != 1)
		exit(1);
	exit(read(pipe, &byte, 1) != 0);
}

/* A process with contexts, which waits until the pipe is closed. */
static int add_neighbour(struct bench *b)
{
	char byte;
	int fds[2];

	b->pipe = -1;
	if (!b->op->arg)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -errno;
	b->children[0] = fork();
	if (!b->children[0]) {
		close(fds[0]);
		be_neighbour(b, fds[1]);
	}
	close(fds[1]);
	b->pipe = fds[0];
	if (b->children[0] < 0)
		return -EAGAIN;
	return read(b->pipe, &byte, 1) == 1 ? 0 : -EIO;
}

static void drop_neighbour(struct bench *b)
{
	if (b->pipe < 0)
		return;
	close(b->pipe);
	if (b->children[0] > 0)
		waitpid(b->children[0], NULL, 0);
}

static int map_pages(struct bench *b)
{
	b->mem = mmap(NULL, PAGES * b->page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b->mem == MAP_FAILED)
		return -errno;
	madvise(b->mem, PAGES * b->page, MADV_NOHUGEPAGE);
	memset(b->mem, 1, PAGES * b->page);
	return 0;
}

static int protect_pages(struct bench *b)
{
	return mprotect(b->mem, PAGES * b->page, PROT_READ) ? -errno : 0;
}

static int unmap_pages(struct bench *b)
{
	return munmap(b->mem, PAGES * b->page) ? -errno : 0;
}

static int map_slice(size_t bytes, int flags)
{
	void *map = mmap(SLICE, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | flags, -1, 0);

	if (map == MAP_FAILED)
		return -errno;
	return munmap(map, bytes) ? -errno : 0;
}

static int use_small_pages(struct bench *b)
{
	return map_slice(b->page, 0);
}

/* Nobody will need one, so none has to be there. */
static int use_huge_pages(struct bench *b)
{
	return map_slice(b->map_size, MAP_HUGETLB | MAP_NORESERVE);
}

/* Once more the segment stays what it is. */
static int keep_huge_pages(struct bench *b)
{
	return 0;
}

static int setup_huge_pages(struct bench *b)
{
	b->map_size = cxl_huge_page_size();
	return b->map_size ? add_neighbour(b) : -EOPNOTSUPP;
}

static int setup_own_context(struct bench *b)
{
	b->pipe = -1;
	b->map_size = cxl_huge_page_size();
	return b->map_size ? bench_add_others(b, b->op->arg) : -EOPNOTSUPP;
}

#define TLB(word, number)							\
	{									\
		.name = word, .per = "page", .units = PAGES, .arg = number,	\
		.setup = add_neighbour, .prepare = map_pages,			\
		.timed = protect_pages, .finish = unmap_pages,			\
		.teardown = drop_neighbour,					\
	}

#define SLBIA(word, number, who)						\
	{									\
		.name = word, .per = "change", .units = 1, .arg = number,	\
		.setup = who, .prepare = use_small_pages,			\
		.timed = use_huge_pages, .again = keep_huge_pages,		\
		.teardown = drop_neighbour,					\
	}

const struct bench_op bench_mm_ops[] = {
	/* mprotect() of pages that the processor knows */
	TLB("tlb_0", 0),
	TLB("tlb_256", 256),
	/* a segment gets another page size, so that all segments are forgotten */
	SLBIA("slbia_0", 0, setup_huge_pages),
	SLBIA("slbia_256", 256, setup_huge_pages),
	SLBIA("slbia_own_1", 1, setup_own_context),
	{ }
};
