// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies a file through the memcpy AFU.
 *
 * Both files are mapped, and the AFU is given the addresses of the mappings:
 * nothing is pinned or touched before, it takes page faults like a program
 * does. An interrupt of the AFU ends each batch of elements.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "memcpy_afu.h"

struct job {
	const char *node;
	const char *src_name;
	const char *dst_name;
	unsigned int element;
	unsigned int lines;
	int timeout_ms;

	struct mc mc;
	char *src;
	char *dst;
	size_t bytes;
	unsigned long interrupts;
	double seconds;
};

static int complain(const char *what, const char *name, int err)
{
	fprintf(stderr, "afu_copy: %s%s%s: %s\n", what, *name ? " " : "", name,
		strerror(err));
	return -1;
}

static void usage(void)
{
	fprintf(stderr,
		"Usage: afu_copy [-d NODE] [-e BYTES] [-q LINES] [-t SECONDS] SRC DST\n"
		"Copies the file SRC to DST through a memcpy AFU.\n"
		"  -d NODE     device node (default: slave node of the first memcpy AFU)\n"
		"  -e BYTES    size of one work element, a multiple of 64 up to %u (%u)\n"
		"  -q LINES    size of the ring, in lines of %d elements, 1 to %d (%d)\n"
		"  -t SECONDS  longest time without progress (60)\n",
		MC_COPY_MAX, MC_COPY_MAX, MC_PER_LINE, MC_LINES_MAX, MC_LINES_MAX);
	exit(2);
}

static long number(const char *text, long min, long max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 0);
	if (errno || end == text || *end || value < min || value > max)
		usage();
	return value;
}

static void parse(struct job *job, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "d:e:q:t:")) != -1) {
		switch (opt) {
		case 'd':
			job->node = optarg;
			break;
		case 'e':
			job->element = number(optarg, 64, MC_COPY_MAX);
			break;
		case 'q':
			job->lines = number(optarg, 1, MC_LINES_MAX);
			break;
		case 't':
			job->timeout_ms = number(optarg, 1, 3600) * 1000;
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 2 || job->element % 64)
		usage();
	job->src_name = argv[optind];
	job->dst_name = argv[optind + 1];
}

static int map_src(struct job *job, struct stat *st)
{
	int fd = open(job->src_name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, st))
		return complain("cannot open", job->src_name, errno);
	if (!S_ISREG(st->st_mode))
		return complain("not a regular file:", job->src_name, EINVAL);
	job->bytes = st->st_size;
	if (job->bytes) {
		job->src = mmap(NULL, job->bytes, PROT_READ, MAP_SHARED, fd, 0);
		if (job->src == MAP_FAILED)
			return complain("cannot map", job->src_name, errno);
	}
	close(fd);
	return 0;
}

static int map_dst(struct job *job, const struct stat *src)
{
	int fd = open(job->dst_name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return complain("cannot open", job->dst_name, errno);
	if (st.st_dev == src->st_dev && st.st_ino == src->st_ino)
		return complain("same file:", job->dst_name, EINVAL);
	/* drop old content first: pages of a hole cost nothing yet */
	if (ftruncate(fd, 0) || ftruncate(fd, job->bytes))
		return complain("cannot resize", job->dst_name, errno);
	if (job->bytes) {
		job->dst = mmap(NULL, job->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (job->dst == MAP_FAILED)
			return complain("cannot map", job->dst_name, errno);
	}
	close(fd);
	return 0;
}

static int attach(struct job *job)
{
	struct cxl_afu afu;
	int ret;

	ret = cxl_find_memcpy_afu(&afu);
	if (ret && !job->node)
		return complain("no memcpy AFU", "", -ret);
	if (!job->node)
		job->node = afu.slave;
	ret = mc_open(&job->mc, job->node, job->lines);
	if (ret)
		return complain("cannot open", job->node, -ret);
	ret = mc_start(&job->mc, NULL);
	if (ret)
		return complain("cannot start", job->node, -ret);
	ret = mc_map(&job->mc, afu.dir);
	if (ret)
		return complain("cannot map the registers of", job->node, -ret);
	return 0;
}

/* Fills the ring but for one element, which raises the interrupt. */
static size_t push_batch(struct job *job, size_t offset, struct mc_element **last)
{
	unsigned int i, len;
	size_t left;

	mc_hold(&job->mc);
	for (i = 1; i < job->mc.entries && offset < job->bytes; i++) {
		left = job->bytes - offset;
		len = left < job->element ? left : job->element;
		mc_push(&job->mc, MC_COPY, len, job->src + offset, job->dst + offset);
		offset += len;
	}
	*last = mc_push(&job->mc, MC_IRQ, 1, NULL, NULL);
	mc_release(&job->mc);
	return offset;
}

static int wait_interrupt(struct job *job)
{
	struct cxl_event event;
	int ret = cxl_read_event(job->mc.fd, &event, job->timeout_ms);

	if (ret)
		return complain("waiting for the interrupt", "", -ret);
	if (event.header.type == CXL_EVENT_DATA_STORAGE) {
		fprintf(stderr, "afu_copy: address fault at 0x%llx, dsisr 0x%llx\n",
			event.fault.addr, event.fault.dsisr);
		return -1;
	}
	if (event.header.type != CXL_EVENT_AFU_INTERRUPT || event.irq.irq != 1) {
		fprintf(stderr, "afu_copy: unexpected event of type %u\n", event.header.type);
		return -1;
	}
	job->interrupts++;
	return 0;
}

/* The interrupt element came last, so that every element has its status. */
static int check_batch(struct job *job, __u64 first, struct mc_element *last)
{
	int status;
	__u64 i;

	status = mc_wait(&job->mc, last, job->timeout_ms);
	for (i = first; status == MC_DONE && i < job->mc.pushed; i++)
		status = job->mc.ring[i % job->mc.entries].status;
	if (status == MC_DONE)
		return 0;
	if (status < 0)
		return complain("waiting for the status", "", -status);
	fprintf(stderr, "afu_copy: an element failed with status 0x%02x\n", status);
	return -1;
}

static int copy(struct job *job)
{
	struct timespec begin, end;
	struct mc_element *last;
	size_t offset = 0;
	__u64 first;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (offset < job->bytes) {
		first = job->mc.pushed;
		offset = push_batch(job, offset, &last);
		if (wait_interrupt(job) || check_batch(job, first, last))
			return -1;
		/* the AFU has stopped at the interrupt */
		if (offset < job->bytes && mc_restart(&job->mc))
			return complain("AFU does not stop", "", ETIMEDOUT);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	job->seconds = end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9;
	return 0;
}

int main(int argc, char **argv)
{
	struct job job = {
		.element = MC_COPY_MAX,
		.lines = MC_LINES_MAX,
		.timeout_ms = 60000,
		.mc.fd = -1,
	};
	struct stat src;
	int ret;

	parse(&job, argc, argv);
	if (map_src(&job, &src) || attach(&job) || map_dst(&job, &src))
		return 1;
	ret = copy(&job);
	mc_close(&job.mc);
	if (ret)
		return 1;
	if (job.bytes && msync(job.dst, job.bytes, MS_SYNC)) {
		complain("cannot write", job.dst_name, errno);
		return 1;
	}
	printf("%zu bytes, %.3f seconds, %.1f MiB/s, %lu interrupts\n", job.bytes,
	       job.seconds, job.seconds ? job.bytes / job.seconds / (1 << 20) : 0,
	       job.interrupts);
	return 0;
}
