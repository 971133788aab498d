/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all parts of capi share: exit codes, messages, memory, waiting.
 */
#ifndef CAPI_H
#define CAPI_H

#include <stdbool.h>
#include <stddef.h>

#define __printf(a, b) __attribute__((format(printf, a, b)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/**
 * enum capi_exit - exit codes, part of the interface of the program
 * @CAPI_OK: all was done
 * @CAPI_FAILED: the kernel, the card or the accelerator failed
 * @CAPI_USAGE: the command line is wrong, or a question cannot be asked
 * @CAPI_NOT_FOUND: there is no such card or AFU, or it has gone meanwhile
 * @CAPI_NO_ACCESS: a permission is missing
 * @CAPI_BUSY: somebody else uses it
 * @CAPI_TIMEOUT: it did not come to an end in time
 * @CAPI_UNSUPPORTED: this machine, kernel or AFU does not have that
 * @CAPI_SIGNALLED: plus the number of the signal that ended it
 */
enum capi_exit {
	CAPI_OK,
	CAPI_FAILED,
	CAPI_USAGE,
	CAPI_NOT_FOUND,
	CAPI_NO_ACCESS,
	CAPI_BUSY,
	CAPI_TIMEOUT,
	CAPI_UNSUPPORTED,
	CAPI_SIGNALLED = 128,
};

/* complain.c */
__printf(2, 3)
int capi_fail(int status, const char *format, ...);
__printf(1, 2)
void capi_note(const char *format, ...);
int capi_fail_path(int err, const char *wanted, const char *path);
char *capi_access(const char *wanted, const char *path);
char *capi_owner(const char *path);

/* memory.c: none of these returns without what was asked for */
__printf(1, 2)
char *capi_print(const char *format, ...);
char *capi_strdup(const char *text);
void *capi_alloc(size_t bytes);
void *capi_realloc(void *old, size_t bytes);
void capi_free(void *pointer);

/* A pointer that is freed at the end of its scope. */
#define __autofree __attribute__((cleanup(capi_free)))

/* wait.c */
void capi_catch_signals(void);
bool capi_interrupted(void);
int capi_signal_exit(void);
int capi_poll(int fd, int timeout_ms);
int capi_pause(int ms);
double capi_now(void);

#endif /* CAPI_H */
