// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hammers, see hammer.h.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hammer.h"
#include "memcpy_afu.h"

#define BYTES 4096

struct hammer_shared {
	int stop;
	unsigned int pause_us;
	unsigned long copies;
};

/* What may happen to a user of a card that goes away and comes back. */
static bool is_expected(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
	case -EIO:
	case -EBUSY:
		return true;
	default:
		return false;
	}
}

/*
 * The context may have ended; its last fault then failed as well, and is told
 * first, or as soon as the card can be reached again. Waits a moment for that.
 */
static bool is_dead(const struct mc *mc, int timeout_ms)
{
	struct cxl_event event;
	int mask, ret;

	do {
		mask = cxl_poll(mc->fd, timeout_ms);
		if (mask & POLLERR)
			return true;
		ret = mask == POLLIN ? cxl_read_event(mc->fd, &event, 0) : -EAGAIN;
	} while (!ret);
	return ret == -EIO;
}

/* Waits for the element, or until the context is dead: then -EIO. */
static int wait_or_die(struct mc *mc, struct mc_element *element)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;
	int status;

	for (;;) {
		status = mc_wait(mc, element, 1);
		if (status == MC_DONE)
			return 0;
		if (status != -ETIMEDOUT)
			return is_dead(mc, 1000) ? -EIO : -EPROTO;
		if (is_dead(mc, 0))
			return -EIO;
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
	}
}

/* The event of a bad address or of an interrupt. */
static int wait_for_event(const struct mc *mc, unsigned int type)
{
	int mask = cxl_poll(mc->fd, CXL_WAIT_MS);
	struct cxl_event event;

	if (mask == POLLIN && !cxl_read_event(mc->fd, &event, 0) &&
	    event.header.type == type)
		return 0;
	if (mask & POLLERR || is_dead(mc, 1000))
		return -EIO;
	return mask ? -EBADMSG : -ETIMEDOUT;
}

/* Two copies, then a bad address or an interrupt. */
static int use_context(struct mc *mc, char *src, char *dst, unsigned int seed)
{
	unsigned int offset;
	int ret;

	for (offset = 0; offset < BYTES; offset += MC_COPY_MAX) {
		ret = wait_or_die(mc, mc_push(mc, MC_COPY, MC_COPY_MAX, src + offset,
					      dst + offset));
		if (ret)
			return ret;
	}
	if (cxl_mismatch(dst, BYTES, seed) != -1)
		return -EILSEQ;
	if (seed % 2) {
		mc_push(mc, MC_COPY, 64, src, CXL_HOLE);
		return wait_for_event(mc, CXL_EVENT_DATA_STORAGE);
	}
	mc_push(mc, MC_IRQ, 1, NULL, NULL);
	return wait_for_event(mc, CXL_EVENT_AFU_INTERRUPT);
}

static int hammer(const struct cxl_afu *afu, struct hammer_shared *shared, unsigned int seed)
{
	char *src = cxl_pages(BYTES), *dst = cxl_pages(BYTES);
	struct mc mc;
	int ret;

	if (!src || !dst)
		return -ENOMEM;
	while (!__atomic_load_n(&shared->stop, __ATOMIC_ACQUIRE)) {
		cxl_fill(src, BYTES, ++seed);
		ret = mc_open(&mc, afu->slave, 1);
		if (!ret)
			ret = mc_start(&mc, NULL);
		if (!ret)
			ret = use_context(&mc, src, dst, seed);
		mc_close(&mc);
		if (shared->pause_us)
			usleep(shared->pause_us);
		if (!ret)
			__atomic_add_fetch(&shared->copies, 1, __ATOMIC_RELEASE);
		else if (is_expected(ret))
			cxl_pause();
		else
			return ret;
	}
	return 0;
}

/**
 * hammers_start() - start the processes
 * @hammers: filled in
 * @afu: AFU
 * @count: how many
 *
 * Return: 0 or a negative errno.
 */
int hammers_start(struct hammers *hammers, const struct cxl_afu *afu, int count)
{
	int ret;

	memset(hammers, 0, sizeof(*hammers));
	hammers->shared = mmap(NULL, sizeof(*hammers->shared), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (hammers->shared == MAP_FAILED)
		return -errno;
	for (; hammers->count < count; hammers->count++) {
		hammers->pids[hammers->count] = fork();
		if (hammers->pids[hammers->count] < 0)
			return -errno;
		if (hammers->pids[hammers->count])
			continue;
		/* not longer than the test, however that ends */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ret = hammer(afu, hammers->shared, 1000 * hammers->count);
		if (ret)
			printf("# process %d: %s\n", hammers->count, strerror(-ret));
		fflush(stdout);
		_exit(ret ? 1 : 0);
	}
	return 0;
}

/* How often they have been through with a context, all together. */
unsigned long hammers_copies(const struct hammers *hammers)
{
	return __atomic_load_n(&hammers->shared->copies, __ATOMIC_ACQUIRE);
}

/* Waits until there are so many more: 0 or -ETIMEDOUT. */
int hammers_wait(const struct hammers *hammers, unsigned long copies)
{
	unsigned long goal = hammers_copies(hammers) + copies;
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;

	while (hammers_copies(hammers) < goal) {
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
		cxl_pause();
	}
	return 0;
}

/* Leaves times when the AFU has no context. */
void hammers_slow_down(const struct hammers *hammers, unsigned int pause_us)
{
	__atomic_store_n(&hammers->shared->pause_us, pause_us, __ATOMIC_RELEASE);
}

/* Ends them, if there are any. Return: how many found something wrong. */
int hammers_stop(struct hammers *hammers)
{
	int i, status, wrong = 0;

	if (!hammers->shared)
		return 0;
	__atomic_store_n(&hammers->shared->stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < hammers->count; i++) {
		if (waitpid(hammers->pids[i], &status, 0) != hammers->pids[i] || status)
			wrong++;
	}
	munmap(hammers->shared, sizeof(*hammers->shared));
	hammers->shared = NULL;
	return wrong;
}
