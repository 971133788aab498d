// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench [-q] [-p] [-x NAME] [NAME]: what operations on an AFU cost: time until they are
 * over, and how much of it the processor is busy, with the program, the kernel or one of
 * its threads.
 *
 * Made for a guest with one processor that executes an instruction per nanosecond
 * (QEMU's -icount shift=0): there the figures are the same each time, and busy
 * nanoseconds are instructions. A line is
 *
 *	bench NAME PER UNITS SAMPLES BUSY NANOSECONDS
 *
 * with typical values of SAMPLES runs of UNITS operations each. All of it is done twice;
 * the second time, a store to the AFU's window that the card can be seen to take
 * marks each beginning and end, and a line says how many there were:
 *
 *	marked NAME NUMBER UNITS SAMPLES BUSY
 *
 * What ends all contexts, and with them the window, is not marked. -q does
 * each operation once, to see that it works, -p does only what is marked of one operation,
 * when the host is ready to see each instruction, and -x leaves an operation out; with the
 * beginning of a name only those operations are measured.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "cxl_host.h"

/* In the area of all contexts, where the AFU has no register and ignores stores. */
#define MARK		0x3f00
#define MARK_BEGIN	1
#define MARK_END	2
#define NO_MARK		(~0U)
/* Numbers of the operations in the second table begin here. */
#define MM_NUMBERS	100

/* A read() that waits for an interrupt that was lost has to end; a reset takes longer. */
#define PATIENCE_S	100

/* A host bridge has interrupts for so many contexts, another machine for more. */
#define MOST_CONTEXTS	509

/* A divisor of a second, and much more than a grace period of RCU */
#define SETTLE_NS	50000000L

/**
 * struct bench_pass - a way to run the table
 * @samples: how often an operation is measured
 * @warm: how often it is done before
 * @marked: whether it is marked
 */
struct bench_pass {
	unsigned int samples;
	unsigned int warm;
	bool marked;
};

static const struct bench_pass measuring = { .samples = 32, .warm = 4 };
static const struct bench_pass marking = { .samples = 4, .warm = 2, .marked = true };
static const struct bench_pass quick = { .samples = 1 };
/* with each instruction told to the host, which takes its time */
static const struct bench_pass profiling = { .samples = 2, .warm = 1, .marked = true };
static const struct bench_pass quick_marking = { .samples = 1, .marked = true };

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Nanoseconds that this processor had nothing to do, as its clock has counted them. */
static __u64 idle_ns(const struct bench *b)
{
	static char text[64 * 1024];
	unsigned long long ns = 0;
	const char *line;
	ssize_t n;

	n = pread(b->timers, text, sizeof(text) - 1, 0);
	if (n < 0)
		return 0;
	text[n] = 0;
	line = strstr(text, ".idle_sleeptime");
	if (!line || sscanf(line, "%*s : %llu", &ns) != 1)
		fprintf(stderr, "bench: no time of idleness\n");
	return ns;
}

static void mark(const struct bench *b, unsigned int number, unsigned int word)
{
	if (b->marker.mmio && number != NO_MARK)
		mc_reg_write(&b->marker, MARK, number << 8 | word);
}

/* Between both clocks, so that what is marked is what is measured. */
static struct bench_cost cost_now(const struct bench *b, unsigned int number)
{
	struct bench_cost cost = { .idle = idle_ns(b) };

	mark(b, number, MARK_BEGIN);
	cost.ns = now_ns();
	return cost;
}

static struct bench_cost cost_since(const struct bench *b, struct bench_cost begin,
				    unsigned int number)
{
	struct bench_cost cost = { .ns = now_ns() };

	mark(b, number, MARK_END);
	cost.ns -= begin.ns + b->overhead;
	cost.idle = idle_ns(b) - begin.idle;
	return cost;
}

/* The least that is seen is what there is without an interrupt in between. */
static void find_overhead(struct bench *b)
{
	struct bench_cost cost;
	__u64 least = ~0ULL;
	unsigned int i;

	b->overhead = 0;
	for (i = 0; i < 32; i++) {
		cost = cost_since(b, cost_now(b, NO_MARK), NO_MARK);
		least = cost.ns < least ? cost.ns : least;
	}
	b->overhead = least;
}

static int call(struct bench *b, int (*function)(struct bench *b))
{
	return function ? function(b) : 0;
}

static int measure(struct bench *b, struct bench_cost *cost, unsigned int number)
{
	struct bench_cost begin = cost_now(b, number);
	int ret = b->op->timed(b);

	*cost = cost_since(b, begin, number);
	return ret;
}

/*
 * What was left behind is freed by now, and the next tick of the clock is as far
 * away as each time.
 */
static void settle(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += SETTLE_NS - ts.tv_nsec % SETTLE_NS + SETTLE_NS;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/* One sample, which is kept if it is not for warming up. */
static int sample(struct bench *b, unsigned int number, bool keep)
{
	struct bench_cost cost, base = { 0, 0 };
	int ret;

	alarm(PATIENCE_S);
	settle();
	ret = call(b, b->op->prepare);
	if (ret)
		return ret;
	ret = measure(b, &cost, keep ? number : NO_MARK);
	if (!ret && b->op->again) {
		ret = b->op->again(b);
		if (!ret)
			ret = measure(b, &base, NO_MARK);
	}
	if (!ret)
		ret = call(b, b->op->finish);
	if (!ret && keep) {
		cost.ns -= base.ns;
		cost.idle -= base.idle;
		b->samples[b->count++] = cost;
	}
	return ret;
}

static int by_value(const void *a, const void *b)
{
	const __u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

/* The mean of the middle half: a tick of the clock more or less does not show. */
static __u64 typical(const struct bench *b, bool busy)
{
	__u64 values[BENCH_SAMPLES], sum = 0;
	unsigned int i, skip = b->count / 4;

	for (i = 0; i < b->count; i++)
		values[i] = b->samples[i].ns - (busy ? b->samples[i].idle : 0);
	qsort(values, b->count, sizeof(*values), by_value);
	for (i = skip; i < b->count - skip; i++)
		sum += values[i];
	return sum / (b->count - 2 * skip);
}

static void report(const struct bench *b, unsigned int number)
{
	if (b->pass->marked)
		printf("marked %s %u %u %u %llu\n", b->op->name, number, b->op->units, b->count,
		       (unsigned long long)typical(b, true));
	else
		printf("bench %s %s %u %u %llu %llu\n", b->op->name, b->op->per, b->op->units,
		       b->count, (unsigned long long)typical(b, true),
		       (unsigned long long)typical(b, false));
}

int bench_add_others(struct bench *b, unsigned int want)
{
	int fd, ret;

	while (b->nr_others < want) {
		fd = cxl_open(b->afu.slave, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return fd;
		b->others[b->nr_others++] = fd;
		ret = bench_start_idle(fd);
		if (ret)
			return ret;
	}
	return 0;
}

void bench_drop_others(struct bench *b)
{
	while (b->nr_others)
		close(b->others[--b->nr_others]);
}

/* Contexts beside that of the operation, and beside the marker. */
static int add_others(struct bench *b)
{
	unsigned int want = b->op->contexts ? b->op->contexts - 1 : 0;

	if (b->pass->marked && want)
		want--;
	return bench_add_others(b, want);
}

static int samples(struct bench *b, unsigned int number)
{
	unsigned int i, most = b->pass->samples, warm = b->pass->warm;
	int ret = 0;

	if (b->op->samples && b->op->samples < most) {
		most = b->op->samples;
		warm = 1;
	}
	b->count = 0;
	for (i = 0; !ret && i < warm + most; i++)
		ret = sample(b, number, i >= warm);
	return ret;
}

/* Return: whether it worked. */
static bool run(struct bench *b, unsigned int number)
{
	int ret;

	alarm(PATIENCE_S);
	b->fd = -1;
	b->mc.fd = -1;
	b->mem = NULL;
	ret = add_others(b);
	if (!ret)
		ret = call(b, b->op->setup);
	if (!ret)
		ret = samples(b, number);
	if (b->op->teardown)
		b->op->teardown(b);
	bench_drop_others(b);
	alarm(0);
	if (ret == -ENOSPC && b->op->contexts > MOST_CONTEXTS)
		printf("skipped %s: not so many contexts\n", b->op->name);
	else if (ret)
		printf("failed %s %d %s\n", b->op->name, ret, strerror(abs(ret)));
	else
		report(b, number);
	return !ret || (ret == -ENOSPC && b->op->contexts > MOST_CONTEXTS);
}

static bool is_chosen(const struct bench *b, const char *name)
{
	if (b->except && !strcmp(b->except, name))
		return false;
	if (b->profile)
		return !strcmp(b->only, name);
	return !b->only || !strncmp(b->only, name, strlen(b->only));
}

/* Return: how many failed. */
static unsigned int run_all(struct bench *b, const struct bench_op *ops, unsigned int first)
{
	unsigned int i, failed = 0;

	for (i = 0; ops[i].name; i++) {
		b->op = &ops[i];
		if (is_chosen(b, ops[i].name))
			failed += !run(b, first == NO_MARK ? NO_MARK : first + i);
	}
	return failed;
}

static unsigned int run_pass(struct bench *b, const struct bench_pass *pass)
{
	b->pass = pass;
	return run_all(b, bench_ops, 0) + run_all(b, bench_mm_ops, MM_NUMBERS);
}

/* A master's context, which has registers, but executes nothing. */
static int open_marker(struct bench *b)
{
	int ret;

	b->marker.fd = cxl_open(b->afu.master, O_RDWR | O_CLOEXEC);
	if (b->marker.fd < 0)
		return b->marker.fd;
	ret = bench_start_idle(b->marker.fd);
	return ret ? ret : mc_map(&b->marker, b->afu.master_dir);
}

/*
 * In another process than the marker's: some operations cost more in one that has a
 * context.
 */
static unsigned int run_marked(struct bench *b, const struct bench_pass *pass)
{
	int ret, status;
	pid_t child;

	ret = open_marker(b);
	if (ret) {
		printf("failed marker %d %s\n", ret, strerror(-ret));
		return 1;
	}
	fflush(stdout);
	child = fork();
	if (!child) {
		ret = !!run_pass(b, pass);
		fflush(stdout);
		_exit(ret);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status)) {
		printf("failed marked the process has died\n");
		status = 1;
	}
	mc_close(&b->marker);
	return !!status;
}

static void on_alarm(int signal)
{
}

/* A system call that waits ends with EINTR. */
static void set_alarm(void)
{
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
}

static bool parse_options(struct bench *b, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "qpx:")) != -1) {
		if (option == 'q')
			b->quick = true;
		else if (option == 'p')
			b->profile = true;
		else if (option == 'x')
			b->except = optarg;
		else
			return false;
	}
	b->only = argv[optind];
	return b->only || !b->profile;
}

/*
 * What a driver does for an interrupt or a process element when it is used for the first
 * time, is done. Memory per context does that, too, which comes first.
 */
static void warm_up(struct bench *b)
{
	bench_add_others(b, MOST_CONTEXTS);
	bench_drop_others(b);
}

/* The host shows that it is ready by means of a property that nothing looks at now. */
static bool wait_for_host(void)
{
	uint64_t value = 0;

	printf("ready\n");
	fflush(stdout);
	while (!value) {
		if (host_get_u64("card0", "slbia-reads", &value))
			return false;
	}
	return !host_set("card0", "slbia-reads", "0");
}

static unsigned int run_everything(struct bench *b)
{
	unsigned int failed = 0;

	if (b->profile) {
		warm_up(b);
		return !wait_for_host() || run_marked(b, &profiling);
	}
	find_overhead(b);
	if (!b->only)
		bench_memory(b);
	else if (!b->quick)
		warm_up(b);
	if (!b->quick)
		failed = run_pass(b, &measuring);
	failed += run_marked(b, b->quick ? &quick_marking : &marking);
	b->pass = b->quick ? &quick : &measuring;
	return failed + run_all(b, bench_module_ops, NO_MARK);
}

int main(int argc, char **argv)
{
	struct bench b = { .page = sysconf(_SC_PAGESIZE), .marker.fd = -1 };

	if (!parse_options(&b, argc, argv))
		return 2;
	if (cxl_find_memcpy_afu(&b.afu)) {
		fprintf(stderr, "bench: no memcpy AFU\n");
		return 1;
	}
	b.timers = open("/proc/timer_list", O_RDONLY | O_CLOEXEC);
	if (b.timers < 0) {
		perror("bench: /proc/timer_list");
		return 1;
	}
	/* a console at work would disturb the operation that comes next */
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	set_alarm();
	cxl_raise_file_limit();
	return run_everything(&b) > 0;
}
