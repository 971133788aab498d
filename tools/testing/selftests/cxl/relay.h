/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An accelerator that copies all the time, while a test does something to the
 * memory that the program must not notice.
 */
#ifndef CXL_SELFTEST_RELAY_H
#define CXL_SELFTEST_RELAY_H

#include <pthread.h>

#include "memcpy_afu.h"

#define RELAY_STATIONS 4

/**
 * struct relay - data that the AFU hands on from station to station
 * @mc: the context
 * @mem: the stations, one after the other
 * @bytes: of each station
 * @rounds: completed ones
 * @error: 0, a status of the AFU, or a negative errno: the relay has ended
 * @wrong: offset in the last station of the first wrong byte, or -1
 * @stop: tells the thread to end
 * @thread: runs the rounds
 *
 * In each round the CPU fills the first station, the AFU copies it to the
 * second and so on, and the CPU compares the last one. What lies between is
 * touched by the AFU alone.
 */
struct relay {
	struct mc mc;
	char *mem;
	size_t bytes;
	unsigned long rounds;
	int error;
	long wrong;
	int stop;
	pthread_t thread;
};

int relay_start(struct relay *relay, const struct cxl_afu *afu, char *mem, size_t bytes);
int relay_wait(struct relay *relay, unsigned long rounds);
int relay_stop(struct relay *relay);

#endif /* CXL_SELFTEST_RELAY_H */
