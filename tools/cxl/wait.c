// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting, and signals that end it. The signals are blocked outside of waits, so
 * that none is missed between a look at them and the wait.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "capi.h"

static volatile sig_atomic_t caught;
static sigset_t outside, inside;

static void note_signal(int signal)
{
	caught = signal;
}

/* From here on SIGINT, SIGTERM and SIGHUP end the next wait. */
void capi_catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = note_signal }, old;
	unsigned int i;

	sigemptyset(&outside);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		/* nohup and shells' background jobs have them ignored */
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
		sigaddset(&outside, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &outside, &inside);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigdelset(&inside, signals[i]);
}

/**
 * capi_poll() - wait until a file can be read
 * @fd: the file, or -1 to wait only
 * @timeout_ms: longest time
 *
 * Return: 1, 0 after the time, or -EINTR when a signal has come, also earlier.
 */
int capi_poll(int fd, int timeout_ms)
{
	struct timespec timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000L,
	};
	struct pollfd entry = { .fd = fd, .events = POLLIN };
	int ret;

	if (caught)
		return -EINTR;
	ret = ppoll(&entry, fd >= 0, &timeout, &inside);
	if (caught)
		return -EINTR;
	return ret > 0;
}

int capi_pause(int ms)
{
	return capi_poll(-1, ms);
}

bool capi_interrupted(void)
{
	return capi_poll(-1, 0) == -EINTR;
}

/* The exit code that shells give to what a signal has ended. */
int capi_signal_exit(void)
{
	return CAPI_SIGNALLED + caught;
}

double capi_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}
