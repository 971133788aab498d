// SPDX-License-Identifier: GPL-2.0-only
/*
 * The relay, see relay.h.
 */
#include <errno.h>
#include <string.h>

#include "relay.h"

#define RELAY_LINES 64

static int run_round(struct relay *relay, unsigned int seed)
{
	char *from = relay->mem;
	int i, ret;

	cxl_fill(from, relay->bytes, seed);
	for (i = 1; i < RELAY_STATIONS; i++, from += relay->bytes) {
		ret = mc_copy(&relay->mc, from + relay->bytes, from, relay->bytes);
		if (ret)
			return ret;
	}
	relay->wrong = cxl_mismatch(from, relay->bytes, seed);
	/* nothing that the owner would have to know of */
	return relay->wrong >= 0 || cxl_poll(relay->mc.fd, 0) ? -EPROTO : 0;
}

static void *run(void *arg)
{
	struct relay *relay = arg;
	unsigned int seed = 0;
	int error = 0;

	while (!error && !__atomic_load_n(&relay->stop, __ATOMIC_ACQUIRE)) {
		error = run_round(relay, ++seed);
		if (!error)
			__atomic_add_fetch(&relay->rounds, 1, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&relay->error, error, __ATOMIC_RELEASE);
	return NULL;
}

/**
 * relay_start() - let it run
 * @relay: filled in
 * @afu: AFU
 * @mem: memory for all stations
 * @bytes: of one station
 *
 * Return: 0 or a negative errno.
 */
int relay_start(struct relay *relay, const struct cxl_afu *afu, char *mem, size_t bytes)
{
	int ret;

	memset(relay, 0, sizeof(*relay));
	relay->mem = mem;
	relay->bytes = bytes;
	relay->wrong = -1;
	ret = mc_setup(&relay->mc, afu, RELAY_LINES);
	if (ret)
		return ret;
	ret = pthread_create(&relay->thread, NULL, run, relay);
	if (ret)
		mc_close(&relay->mc);
	return -ret;
}

/* Waits for some more rounds: 0, what ended the relay, or -ETIMEDOUT. */
int relay_wait(struct relay *relay, unsigned long rounds)
{
	unsigned long goal = __atomic_load_n(&relay->rounds, __ATOMIC_ACQUIRE) + rounds;
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;
	int error;

	while (__atomic_load_n(&relay->rounds, __ATOMIC_ACQUIRE) < goal) {
		error = __atomic_load_n(&relay->error, __ATOMIC_ACQUIRE);
		if (error)
			return error;
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
		cxl_pause();
	}
	return 0;
}

/* Ends it: 0 if it has been well to the end. */
int relay_stop(struct relay *relay)
{
	__atomic_store_n(&relay->stop, 1, __ATOMIC_RELEASE);
	pthread_join(relay->thread, NULL);
	mc_close(&relay->mc);
	return relay->error;
}
