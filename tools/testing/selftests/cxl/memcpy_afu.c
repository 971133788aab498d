// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memcpy AFU, see memcpy_afu.h.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memcpy_afu.h"

#define SPINS 256

/* With one of these the AFU stays on the element. */
#define NOT_CONSUMED (MC_PAGED | MC_AERROR | MC_DERROR | MC_FAULT | MC_TERMINATED)

/* The AFU may look at the memory after this: orders stores, also to MMIO. */
static void barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static size_t ring_bytes(const struct mc *mc)
{
	return mc->entries * sizeof(*mc->ring);
}

/**
 * mc_ring() - set up an empty ring for a file that is still to come
 * @mc: filled in; mc_close() is legal afterwards, whatever the result
 * @lines: size of the ring in cache lines of four elements
 *
 * The ring is zeroed by stores, so that its pages are present.
 *
 * Return: 0 or a negative errno.
 */
int mc_ring(struct mc *mc, unsigned int lines)
{
	void *ring;

	memset(mc, 0, sizeof(*mc));
	mc->fd = -1;
	mc->entries = lines * MC_PER_LINE;
	ring = mmap(NULL, ring_bytes(mc), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ring == MAP_FAILED)
		return -errno;
	mc->ring = memset(ring, 0, ring_bytes(mc));
	barrier();
	return 0;
}

/**
 * mc_open() - open a node and set up an empty ring
 * @mc: filled in; mc_close() is legal afterwards, whatever the result
 * @node: path of the device node
 * @lines: as for mc_ring()
 *
 * Return: 0 or a negative errno.
 */
int mc_open(struct mc *mc, const char *node, unsigned int lines)
{
	int ret = mc_ring(mc, lines);

	if (ret)
		return ret;
	mc->fd = cxl_open(node, O_RDWR | O_CLOEXEC);
	return mc->fd < 0 ? mc->fd : 0;
}

/* The work element descriptor: address of the ring and its size in lines. */
__u64 mc_wed(const struct mc *mc)
{
	return (uintptr_t)mc->ring | (mc->entries / MC_PER_LINE);
}

/**
 * mc_start() - start the context on its ring
 * @mc: context from mc_open()
 * @work: further parameters of the start, or NULL for the defaults
 *
 * Return: 0 or a negative errno.
 */
int mc_start(struct mc *mc, struct cxl_ioctl_start_work *work)
{
	struct cxl_ioctl_start_work defaults = { 0 };
	int ret;

	if (!work)
		work = &defaults;
	work->work_element_descriptor = mc_wed(mc);
	ret = cxl_start(mc->fd, work);
	return ret ? ret : cxl_get_pe(mc->fd, &mc->pe);
}

/**
 * mc_map() - map the registers
 * @mc: started context
 * @sysfs_dir: directory whose mmio_size applies
 *
 * Return: 0 or a negative errno.
 */
int mc_map(struct mc *mc, const char *sysfs_dir)
{
	long long size;
	void *mmio;
	int ret;

	ret = cxl_file_number(sysfs_dir, "mmio_size", &size);
	if (ret)
		return ret;
	mmio = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, mc->fd, 0);
	if (mmio == MAP_FAILED)
		return -errno;
	mc->mmio = mmio;
	mc->mmio_size = size;
	return 0;
}

/* A started slave with mapped registers. On an error nothing is left open. */
int mc_setup(struct mc *mc, const struct cxl_afu *afu, unsigned int lines)
{
	int ret;

	ret = mc_open(mc, afu->slave, lines);
	if (!ret)
		ret = mc_start(mc, NULL);
	if (!ret)
		ret = mc_map(mc, afu->dir);
	if (ret)
		mc_close(mc);
	return ret;
}

void mc_close(struct mc *mc)
{
	if (mc->mmio)
		munmap(mc->mmio, mc->mmio_size);
	if (mc->fd >= 0)
		close(mc->fd);
	if (mc->ring)
		munmap(mc->ring, ring_bytes(mc));
	mc->mmio = NULL;
	mc->ring = NULL;
	mc->fd = -1;
}

/**
 * mc_push() - append an element to the ring
 * @mc: context
 * @cmd: MC_COPY and so on
 * @length: bytes, or the number of the interrupt
 * @src: source
 * @dst: destination
 *
 * The AFU may execute the element at once, unless mc_hold() is in effect.
 *
 * Return: the element, or NULL if the ring is full.
 */
struct mc_element *mc_push(struct mc *mc, __u8 cmd, unsigned int length,
			   const void *src, void *dst)
{
	struct mc_element *element = &mc->ring[mc->pushed % mc->entries];
	bool wrap = mc->pushed / mc->entries % 2;

	if (mc->pushed - mc->done >= mc->entries)
		return NULL;
	element->status = 0;
	element->length = htobe16(length);
	element->extra = 0;
	element->op1 = 0;
	element->src = htobe64((uintptr_t)src);
	element->dst = htobe64((uintptr_t)dst);
	if (wrap)
		cmd |= MC_WRAP;
	if (mc->hold && !mc->held)
		mc->held = element;
	else
		cmd |= MC_VALID;
	/* valid comes last, the AFU trusts what it finds then */
	barrier();
	__atomic_store_n(&element->cmd, cmd, __ATOMIC_RELAXED);
	barrier();
	mc->pushed++;
	return element;
}

/*
 * The AFU works strictly in order: as long as the next element is not valid,
 * it starts none of the later ones either.
 */
void mc_hold(struct mc *mc)
{
	mc->hold = true;
}

void mc_release(struct mc *mc)
{
	barrier();
	if (mc->held)
		__atomic_store_n(&mc->held->cmd, mc->held->cmd | MC_VALID, __ATOMIC_RELAXED);
	barrier();
	mc->held = NULL;
	mc->hold = false;
}

/* Number of an element, counted from the start of the context. */
static __u64 sequence(const struct mc *mc, const struct mc_element *element)
{
	unsigned int last = (mc->pushed - 1) % mc->entries;
	unsigned int slot = element - mc->ring;

	return mc->pushed - 1 - (last + mc->entries - slot) % mc->entries;
}

/**
 * mc_wait() - wait until an element has a completion status
 * @mc: context
 * @element: from mc_push()
 * @timeout_ms: longest time to wait
 *
 * Return: the status byte or -ETIMEDOUT.
 */
int mc_wait(struct mc *mc, struct mc_element *element, int timeout_ms)
{
	__u64 end = cxl_now_ms() + timeout_ms;
	unsigned int spins = 0;
	__u8 status;

	for (;;) {
		status = __atomic_load_n(&element->status, __ATOMIC_RELAXED);
		if (status)
			break;
		if (++spins < SPINS) {
			sched_yield();
			continue;
		}
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
		cxl_pause();
	}
	barrier();
	if (!(status & NOT_CONSUMED) && mc->done <= sequence(mc, element))
		mc->done = sequence(mc, element) + 1;
	return status;
}

/* Pushes one element and waits for it: its status, or a negative errno. */
int mc_run(struct mc *mc, __u8 cmd, unsigned int length, const void *src, void *dst)
{
	struct mc_element *element = mc_push(mc, cmd, length, src, dst);

	return element ? mc_wait(mc, element, CXL_WAIT_MS) : -ENOSPC;
}

static unsigned int push_copies(struct mc *mc, char *dst, const char *src,
				size_t bytes)
{
	unsigned int n = 0;
	size_t len;

	for (; bytes && n < mc->entries; n++) {
		len = bytes < MC_COPY_MAX ? bytes : MC_COPY_MAX;
		if (!mc_push(mc, MC_COPY, len, src, dst))
			break;
		src += len;
		dst += len;
		bytes -= len;
	}
	return n;
}

/**
 * mc_copy() - copy any number of bytes
 * @mc: context with no element in flight
 * @dst: destination
 * @src: source
 * @bytes: how many
 *
 * Return: 0, the status of the first element that failed, or a negative errno.
 */
int mc_copy(struct mc *mc, void *dst, const void *src, size_t bytes)
{
	size_t offset = 0, step;
	unsigned int i, n;
	__u64 first;
	int status;

	while (offset < bytes) {
		first = mc->pushed;
		n = push_copies(mc, (char *)dst + offset, (const char *)src + offset,
				bytes - offset);
		if (!n)
			return -ENOSPC;
		for (i = 0; i < n; i++) {
			status = mc_wait(mc, &mc->ring[(first + i) % mc->entries], CXL_WAIT_MS);
			if (status != MC_DONE)
				return status;
		}
		step = (size_t)n * MC_COPY_MAX;
		offset += step < bytes - offset ? step : bytes - offset;
	}
	return 0;
}

/* Fills the ring with copies and starts them, without waiting for any. */
void mc_keep_busy(struct mc *mc, const char *src, char *dst)
{
	mc_hold(mc);
	while (mc_push(mc, MC_COPY, MC_COPY_MAX, src, dst))
		;
	mc_release(mc);
}

/**
 * mc_irq() - let the AFU raise an interrupt
 * @mc: context with mapped registers
 * @number: of the interrupt
 *
 * The AFU stops the context after the element; this restarts it.
 *
 * Return: the status of the element or a negative errno.
 */
int mc_irq(struct mc *mc, unsigned int number)
{
	int status = mc_run(mc, MC_IRQ, number, NULL, NULL), ret;

	if (status < 0)
		return status;
	ret = mc_restart(mc);
	return ret ? ret : status;
}

#ifdef __LP64__
/* One access to a register, in the register's own byte order. */
__u64 mc_load(const void *address)
{
	return __atomic_load_n((const __u64 *)address, __ATOMIC_RELAXED);
}

void mc_store(void *address, __u64 value)
{
	__atomic_store_n((__u64 *)address, value, __ATOMIC_RELAXED);
}
#else
/*
 * Registers want to be accessed as a whole. The processor can do that in 32-bit
 * mode, too, although the compiler of 32-bit programs makes no use of it.
 */
__u64 mc_load(const void *address)
{
	__u32 high, low;

	asm volatile(".machine push; .machine power8;"
		     "ld %1,0(%2); srdi %0,%1,32;"
		     ".machine pop"
		     : "=r" (high), "=&r" (low) : "b" (address) : "memory");
	return (__u64)high << 32 | low;
}

void mc_store(void *address, __u64 value)
{
	__u32 high = value >> 32, low = value;

	asm volatile(".machine push; .machine power8;"
		     "rldimi %0,%1,32,0; std %0,0(%2);"
		     ".machine pop"
		     : "+&r" (low) : "r" (high), "b" (address) : "memory");
}
#endif

static void *reg_at(const struct mc *mc, unsigned int offset)
{
	return (char *)mc->mmio + offset;
}

__u64 mc_reg_read(const struct mc *mc, unsigned int offset)
{
	__u64 value = mc_load(reg_at(mc, offset));

	barrier();
	return be64toh(value);
}

void mc_reg_write(const struct mc *mc, unsigned int offset, __u64 value)
{
	barrier();
	mc_store(reg_at(mc, offset), htobe64(value));
	barrier();
}

int mc_wait_stopped(const struct mc *mc)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;

	while (!(mc_reg_read(mc, MC_REG_STATUS) & MC_STATUS_STOPPED)) {
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
		cxl_pause();
	}
	return 0;
}

/* Waits for the AFU to stop, then restarts it. */
int mc_restart(const struct mc *mc)
{
	int ret = mc_wait_stopped(mc);

	if (!ret)
		mc_reg_write(mc, MC_REG_CONTROL, MC_CONTROL_RESTART);
	return ret;
}

/**
 * mc_retry() - execute an element again that stopped the context
 * @mc: context with mapped registers
 * @element: element with an error status; may have been changed
 *
 * Return: its new status or a negative errno.
 */
int mc_retry(struct mc *mc, struct mc_element *element)
{
	int ret = mc_wait_stopped(mc);

	if (ret)
		return ret;
	element->status = 0;
	mc_reg_write(mc, MC_REG_CONTROL, MC_CONTROL_RESTART);
	return mc_wait(mc, element, CXL_WAIT_MS);
}
