// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of many AFU contexts at once, in memory of every kind, while their process
 * changes other memory all the time, and contexts end in the middle of faults.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "cxl_test.h"
#include "level.h"
#include "machine.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define WORKERS		3
#define PROCESSES	2
#define ROUNDS		60
#define PAGES		20U
#define GAP		0x10000000UL

FIXTURE(churn) {
	struct cxl_afu afu;
};

FIXTURE_SETUP(churn)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
}

FIXTURE_TEARDOWN(churn)
{
}

enum kind {
	/* no page yet, */
	FRESH,
	/* pages, but no AFU nor CPU has used them, */
	POPULATED,
	/* each page in a segment of its own, */
	SCATTERED,
	/* some of each */
	MIXED,
	KINDS,
};

/**
 * struct worker - a thread with contexts of its own
 * @thread: it
 * @afu: on this AFU
 * @number: no other thread of the process has it
 * @rounds: how often it works
 * @wrong: where it found something wrong, 0 for nowhere
 */
struct worker {
	pthread_t thread;
	const struct cxl_afu *afu;
	unsigned int number;
	unsigned int rounds;
	int wrong;
};

/* Memory of a kind, at @pages; each worker has addresses of its own for it. */
static int map_pages(const struct worker *worker, enum kind kind, unsigned int round,
		     char **pages)
{
	size_t page = sysconf(_SC_PAGESIZE), step = kind == SCATTERED ? GAP : page;
	unsigned long base = (worker->number + 1UL) << 42;
	unsigned int i;
	char *map;

	/* segments that were never used, and those of four rounds ago */
	base += round % 4 * PAGES * GAP;
	for (i = 0; i < PAGES; i++) {
		map = mmap((void *)(base + i * step), page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (map == MAP_FAILED)
			return -errno;
		pages[i] = map;
		madvise(map, page, MADV_NOHUGEPAGE);
		if ((kind == POPULATED || (kind == MIXED && i % 3)) &&
		    madvise(map, page, MADV_POPULATE_WRITE))
			return -errno;
	}
	return 0;
}

static void unmap_pages(char **pages)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		munmap(pages[i], sysconf(_SC_PAGESIZE));
}

/* From page to page, so that a wrong one anywhere is seen in the last one. */
static bool push_chain(struct mc *mc, const char *src, char **pages, size_t offset)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		if (!mc_push(mc, MC_COPY, 128, i ? pages[i - 1] + offset : src,
			     pages[i] + offset))
			return false;
	}
	return true;
}

static int check_chain(struct mc *mc, char **pages, size_t offset, unsigned int seed)
{
	struct mc_element *last = &mc->ring[(mc->pushed - 1) % mc->entries];
	unsigned int i;

	if (mc_wait(mc, last, CXL_WAIT_MS) != MC_DONE)
		return 1;
	for (i = 0; i < PAGES; i++) {
		if (cxl_mismatch(pages[i] + offset, 128, seed) != -1)
			return 2;
	}
	return cxl_poll(mc->fd, 0) ? 3 : 0;
}

/* A context that works, and one that ends with faults before it and behind it. */
static int work(const struct worker *worker, unsigned int round, char *src)
{
	unsigned int seed = worker->number * 1000 + round;
	char *pages[PAGES] = { }, *others[PAGES] = { };
	struct mc mc = { .fd = -1 }, ends = { .fd = -1 };
	int wrong = 10;

	cxl_fill(src, 128, seed);
	if (map_pages(worker, round % KINDS, round, pages) ||
	    map_pages(worker, round / 4 % KINDS, round + 1, others))
		return 10;
	if (!mc_setup(&mc, worker->afu, 16) && !mc_setup(&ends, worker->afu, 16) &&
	    push_chain(&mc, src, pages, 0) && push_chain(&ends, src, others, 256)) {
		/* anywhere in its work, from the first fault to the last one */
		if (round % 3)
			mc_wait(&ends, &ends.ring[round * 7 % PAGES], CXL_WAIT_MS);
		if (round % 2)
			unmap_pages(others);
		mc_close(&ends);
		wrong = check_chain(&mc, pages, 0, seed);
	}
	mc_close(&mc);
	mc_close(&ends);
	unmap_pages(pages);
	unmap_pages(others);
	return wrong;
}

static void *worker_thread(void *arg)
{
	struct worker *worker = arg;
	char *src = cxl_pages(sysconf(_SC_PAGESIZE));
	unsigned int i;

	for (i = 0; src && i < worker->rounds && !worker->wrong; i++)
		worker->wrong = work(worker, i, src);
	if (worker->wrong)
		printf("# worker %u, round %u: %d\n", worker->number, i - 1, worker->wrong);
	if (src)
		munmap(src, sysconf(_SC_PAGESIZE));
	else
		worker->wrong = 20;
	return NULL;
}

/**
 * struct disturber - a thread that changes memory
 * @thread: it
 * @stop: ends it
 * @wrong: 0, or what went wrong
 */
struct disturber {
	pthread_t thread;
	int stop;
	int wrong;
};

/* Maps, moves, empties and unmaps memory that the AFU never sees. */
static int disturb_once(unsigned int nth)
{
	size_t page = sysconf(_SC_PAGESIZE), bytes = 16 * page;
	char *a = cxl_pages(bytes), *b = cxl_pages(bytes);
	char *mark = b + nth % 16 * page;

	if (!a || !b)
		return 30;
	memset(a + nth % 16 * page, 1, page);
	if (madvise(b, bytes, MADV_POPULATE_WRITE))
		return 31;
	if (mremap(a, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, b) != b || *mark != 1)
		return 32;
	if (mprotect(b, 4 * page, PROT_READ) || madvise(b, bytes, MADV_DONTNEED) || *mark)
		return 33;
	return munmap(b, bytes) ? 34 : 0;
}

static void *disturber_thread(void *arg)
{
	struct disturber *disturber = arg;
	unsigned int i;

	for (i = 0; !disturber->wrong && !__atomic_load_n(&disturber->stop, __ATOMIC_ACQUIRE);
	     i++)
		disturber->wrong = disturb_once(i);
	return NULL;
}

/* Some threads with contexts, and the other one: 0, or what went wrong. */
static int churn(const struct cxl_afu *afu, unsigned int rounds)
{
	struct disturber disturber = { 0 };
	struct worker workers[WORKERS];
	unsigned int i;
	int wrong = 0;

	if (pthread_create(&disturber.thread, NULL, disturber_thread, &disturber))
		return 40;
	for (i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ .afu = afu, .number = i, .rounds = rounds };
		if (pthread_create(&workers[i].thread, NULL, worker_thread, &workers[i]))
			return 41;
	}
	for (i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		wrong = wrong ? wrong : workers[i].wrong;
	}
	cxl_step_set(&disturber.stop, 1);
	pthread_join(disturber.thread, NULL);
	return wrong ? wrong : disturber.wrong;
}

static pid_t churn_in_child(const struct cxl_afu *afu, unsigned int rounds)
{
	pid_t pid = fork();
	int wrong;

	if (pid)
		return pid;
	/* not longer than the test, however that ends */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	wrong = churn(afu, rounds);
	fflush(stdout);
	_exit(wrong);
}

/* Nothing is attached any more, and the AFU works as before. */
static void check_nothing_left(struct __test_metadata *_metadata, const struct cxl_afu *afu)
{
	__u64 contexts;
	char buf[256];
	struct mc mc;

	EXPECT_EQ(0, cxl_wait_all_detached(afu));
	ASSERT_EQ(0, cxl_stat(afu, "contexts", &contexts));
	EXPECT_EQ(0ULL, contexts);
	cxl_fill(buf, 128, 5);
	ASSERT_EQ(0, mc_setup(&mc, afu, 1));
	ASSERT_EQ(0, mc_copy(&mc, buf + 128, buf, 128));
	EXPECT_EQ(-1, cxl_mismatch(buf + 128, 128, 5));
	EXPECT_EQ(0, cxl_poll(mc.fd, 0));
	mc_close(&mc);
}

static void run_all(struct __test_metadata *_metadata, const struct cxl_afu *afu,
		    unsigned int rounds)
{
	pid_t pids[PROCESSES];
	unsigned int i;
	int status;

	for (i = 0; i < PROCESSES; i++) {
		pids[i] = churn_in_child(afu, rounds);
		ASSERT_GT(pids[i], 0);
	}
	for (i = 0; i < PROCESSES; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status);
	}
}

TEST_F_TIMEOUT(churn, in_processes, 200)
{
	run_all(_metadata, &self->afu, machine_rounds(ROUNDS));
	check_nothing_left(_metadata, &self->afu);
}

/* The driver also looks for faults that nobody has told it of; this is sooner. */
#define LATE_MS		1000U
#define STREAM_PAGES	512U

/*
 * One fault after the other, each just when the kernel is done with the one before, or
 * a little later: as soon as it may expect another one, or not any more. Each is served
 * at once.
 */
TEST_F_TIMEOUT(churn, stream, 200)
{
	unsigned int round, i, late = 0, rounds = machine_rounds(12);
	size_t page = sysconf(_SC_PAGESIZE), length;
	char *mem = cxl_pages(STREAM_PAGES * page), *src = cxl_pages(page);
	__u64 start, took, worst = 0;
	struct mc mc;

	ASSERT_NE(NULL, mem);
	ASSERT_NE(NULL, src);
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, STREAM_PAGES / MC_PER_LINE));
	for (round = 0; round < rounds; round++) {
		cxl_fill(src, MC_COPY_MAX, round);
		mc_hold(&mc);
		for (i = 0; i < STREAM_PAGES; i++) {
			/* gives the kernel more or less time between two faults */
			length = round % 2 ? 128 * (1 + i % 16) : 128U << round / 2 % 5;
			ASSERT_NE(NULL, mc_push(&mc, MC_COPY, length, src, mem + i * page));
		}
		mc_release(&mc);
		for (i = 0; i < STREAM_PAGES; i++) {
			start = cxl_now_ms();
			ASSERT_EQ(MC_DONE, mc_wait(&mc, &mc.ring[i], CXL_WAIT_MS));
			took = cxl_now_ms() - start;
			late += took > LATE_MS;
			worst = took > worst ? took : worst;
		}
		for (i = 0; i < STREAM_PAGES; i++)
			ASSERT_EQ(-1, cxl_mismatch(mem + i * page, 128, round));
		ASSERT_EQ(0, madvise(mem, STREAM_PAGES * page, MADV_DONTNEED));
	}
	TH_LOG("%u faults, the slowest took %llu ms", rounds * STREAM_PAGES,
	       (unsigned long long)worst);
	/* A host may be busy for as long as that, but not again and again. */
	EXPECT_GT(3U, late);
	EXPECT_EQ(0, cxl_poll(mc.fd, 0));
	mc_close(&mc);
	munmap(mem, STREAM_PAGES * page);
	munmap(src, page);
}

/* Processes that are killed wherever they are. */
TEST_F_TIMEOUT(churn, killed, 120)
{
	unsigned int i, rounds = machine_rounds(16);
	int status;
	pid_t pid;

	for (i = 0; i < rounds; i++) {
		pid = churn_in_child(&self->afu, 1000000);
		ASSERT_GT(pid, 0);
		poll(NULL, 0, 20 + i * 37 % 200);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
	}
	check_nothing_left(_metadata, &self->afu);
}

/* The kernel's own needs vary; a leak is there every time. */
#define LEAK_ROUNDS 3

TEST_F_TIMEOUT(churn, leaves_nothing, 250)
{
	unsigned int rounds = machine_object_rounds(ROUNDS), round;
	static struct level before, after;
	char text[LEVEL_TEXT_MAX];
	bool grown = true;

	if (geteuid() || access("/proc/slabinfo", R_OK))
		SKIP(return, "the kernel's memory can be seen by root only");
	run_all(_metadata, &self->afu, rounds / 4 + 1);
	for (round = 0; round < LEAK_ROUNDS && grown; round++) {
		level_measure(&before);
		run_all(_metadata, &self->afu, rounds);
		level_measure(&after);
		grown = level_compare(&before, &after, PROCESSES * WORKERS * rounds, 8192, text,
				      sizeof(text));
		TH_LOG("%s", text);
	}
	EXPECT_FALSE(grown);
}

TEST_HARNESS_MAIN
