// SPDX-License-Identifier: GPL-2.0-only
/*
 * One lap of work for a memcpy AFU. It works through a ring of 32-byte elements,
 * big-endian, in the memory of the program, in order, and writes a status into each.
 * The ring is filled before the context is started; its last element raises an
 * interrupt.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <misc/cxl.h>

#include "capi.h"
#include "ring.h"

#define VALID		0x80
#define COPY		0
#define INTERRUPT	1
#define DONE		0x80
#define PER_LINE	4

#define LOOK_MS		200
#define DYING_SECONDS	1.0

struct element {
	__u8 command;
	__u8 status;
	__u16 length;
	__u32 reserved;
	__u64 operand;
	__u64 src;
	__u64 dst;
};

struct lap {
	struct capi_ring *ring;
	struct element *elements;
	size_t bytes;
	unsigned int lines;
	unsigned int count;
	int fd;
};

static __u8 status_of(const struct element *element)
{
	return __atomic_load_n(&element->status, __ATOMIC_ACQUIRE);
}

static void put(struct lap *lap, __u8 command, size_t length, const void *src, void *dst)
{
	struct element *element = &lap->elements[lap->count++];

	element->command = VALID | command;
	element->length = htobe16(length);
	element->src = htobe64((uintptr_t)src);
	element->dst = htobe64((uintptr_t)dst);
}

static int fill(struct lap *lap, char *dst, const char *src, size_t bytes)
{
	size_t done, len, step = lap->ring->element, copies = (bytes + step - 1) / step;

	lap->lines = (copies + 1 + PER_LINE - 1) / PER_LINE;
	lap->bytes = lap->lines * PER_LINE * sizeof(struct element);
	lap->elements = mmap(NULL, lap->bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (lap->elements == MAP_FAILED)
		return -ENOMEM;
	for (done = 0; done < bytes; done += len) {
		len = bytes - done < step ? bytes - done : step;
		put(lap, COPY, len, src + done, dst + done);
	}
	put(lap, INTERRUPT, 1, NULL, NULL);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return 0;
}

/* A context that is ended from outside sees faults before it is told. */
static bool is_dead(const struct lap *lap)
{
	double end = capi_now() + DYING_SECONDS;
	struct cxl_afu_id id;

	do {
		if (ioctl(lap->fd, CXL_IOCTL_GET_AFU_ID, &id) && errno == EIO)
			return true;
	} while (capi_now() < end && !capi_pause(LOOK_MS / 10));
	return false;
}

static int say_dead(const struct lap *lap)
{
	return capi_fail(CAPI_NOT_FOUND, "%s: the card was reset or has gone meanwhile",
			 lap->ring->node);
}

static int attach(struct lap *lap)
{
	struct cxl_ioctl_start_work work = {
		.flags = CXL_START_WORK_NUM_IRQS,
		.work_element_descriptor = (uintptr_t)lap->elements | lap->lines,
		.num_interrupts = 1,
	};

	if (!ioctl(lap->fd, CXL_IOCTL_START_WORK, &work))
		return 0;
	/* it may want more than one */
	work.flags = 0;
	if (errno == EINVAL && !ioctl(lap->fd, CXL_IOCTL_START_WORK, &work))
		return 0;
	if (errno == EIO)
		return say_dead(lap);
	return capi_fail_path(errno, "start work on", lap->ring->node);
}

/* What the AFU says, beside interrupts: nothing, if all is well. */
static int take_event(struct lap *lap, const struct cxl_event *event)
{
	switch (event->header.type) {
	case CXL_EVENT_AFU_INTERRUPT:
		lap->ring->interrupts++;
		return 0;
	case CXL_EVENT_DATA_STORAGE:
		if (is_dead(lap))
			return say_dead(lap);
		return capi_fail(CAPI_FAILED, "%s: the accelerator used the address 0x%llx, "
				 "which it must not (DSISR 0x%llx)", lap->ring->node,
				 (unsigned long long)event->fault.addr,
				 (unsigned long long)event->fault.dsisr);
	case CXL_EVENT_AFU_ERROR:
		return capi_fail(CAPI_FAILED, "%s: error 0x%llx of the accelerator",
				 lap->ring->node, (unsigned long long)event->afu_error.error);
	default:
		return capi_fail(CAPI_FAILED, "%s: unexpected event of type %u", lap->ring->node,
				 event->header.type);
	}
}

static int read_event(struct lap *lap)
{
	union {
		struct cxl_event event;
		char room[CXL_READ_MIN_SIZE];
	} buffer;
	ssize_t n = read(lap->fd, &buffer, sizeof(buffer));

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0 && errno == EIO)
		return say_dead(lap);
	if (n < 0)
		return capi_fail_path(errno, "read", lap->ring->node);
	return take_event(lap, &buffer.event);
}

/* Elements that have a status, from the first one on. */
static unsigned int completed(const struct lap *lap, unsigned int from)
{
	while (from < lap->count && status_of(&lap->elements[from]))
		from++;
	return from;
}

/* Until the interrupt has come, and the elements have their status. */
static int wait_done(struct lap *lap)
{
	unsigned long want = lap->ring->interrupts + 1;
	double last = capi_now();
	unsigned int done = 0, now;
	int ret;

	while (done < lap->count || lap->ring->interrupts < want) {
		ret = capi_poll(lap->fd, LOOK_MS);
		if (ret < 0)
			return capi_signal_exit();
		ret = ret ? read_event(lap) : 0;
		if (ret)
			return ret;
		now = completed(lap, done);
		if (now != done)
			last = capi_now();
		done = now;
		/* what failed stops the accelerator */
		if (done && status_of(&lap->elements[done - 1]) != DONE)
			return 0;
		if (capi_now() - last > lap->ring->seconds)
			return capi_fail(CAPI_TIMEOUT, "%s: no progress for %g s, after %u of %u "
					 "elements", lap->ring->node, lap->ring->seconds, done,
					 lap->count);
	}
	return 0;
}

static int check(const struct lap *lap)
{
	unsigned int i;
	__u8 status;

	for (i = 0; i < lap->count; i++) {
		status = status_of(&lap->elements[i]);
		if (status != DONE && is_dead(lap))
			return say_dead(lap);
		if (status != DONE)
			return capi_fail(CAPI_FAILED, "%s: element %u of %u ended with status "
					 "0x%02x", lap->ring->node, i, lap->count, status);
	}
	lap->ring->copies += lap->count - 1;
	return 0;
}

static int run(struct lap *lap, void *dst, const void *src, size_t bytes)
{
	int ret;

	ret = fill(lap, dst, src, bytes);
	if (ret)
		return capi_fail(CAPI_FAILED, "out of memory");
	ret = attach(lap);
	if (!ret)
		ret = wait_done(lap);
	return ret ? ret : check(lap);
}

/**
 * capi_ring_copy() - copy by the accelerator
 * @ring: node and parameters; what was done is added to it
 * @dst: destination, at a multiple of the size of an element
 * @src: source, the same
 * @bytes: at most CAPI_RING_COPIES elements
 *
 * Return: 0 or, after a message, the exit code.
 */
int capi_ring_copy(struct capi_ring *ring, void *dst, const void *src, size_t bytes)
{
	struct lap lap = { .ring = ring, .elements = MAP_FAILED };
	int ret;

	lap.fd = open(ring->node, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (lap.fd < 0 && errno == ENOSPC)
		return capi_fail(CAPI_BUSY, "%s: all contexts are in use", ring->node);
	if (lap.fd < 0 && errno == EIO && ring->copies)
		return say_dead(&lap);
	if (lap.fd < 0 && errno == EIO)
		return capi_fail(CAPI_FAILED, "%s does not work at the moment", ring->node);
	if (lap.fd < 0)
		return capi_fail_path(errno, "read and write", ring->node);
	ret = run(&lap, dst, src, bytes);
	/* only now may the accelerator no longer touch the memory */
	close(lap.fd);
	if (lap.elements != MAP_FAILED)
		munmap(lap.elements, lap.bytes);
	return ret;
}
