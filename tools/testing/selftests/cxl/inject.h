/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emulated cards that go wrong on purpose. What a test has ordered is undone
 * when it ends, even when it fails, and whatever it did the card must not have
 * found a mistake of the driver.
 */
#ifndef CXL_SELFTEST_INJECT_H
#define CXL_SELFTEST_INJECT_H

#include <stdint.h>

#include "cxl_host.h"
#include "cxl_utils.h"
#include "memcpy_afu.h"

/* Hypervisor calls */
#define H_ATTACH	"0x344"
#define H_CONTROL	"0x348"
#define H_DETACH	"0x34c"
#define H_COLLECT	"0x350"
#define H_FAULTS	"0x354"
#define H_FACILITY	"0x368"

/* Operations of H_CONTROL */
#define OP_RESET	1
#define OP_ERROR_STATE	4
#define OP_ERROR_BUFFER	5
#define OP_CONFIG	6

/* and what they return */
#define RC_BUSY			1
#define RC_LONG_BUSY_1_MS	9900
#define RC_LONG_BUSY_100_S	9905
#define RC_HARDWARE		(-1)
#define RC_FUNCTION		(-2)
#define RC_PARAMETER		(-4)
#define RC_NOT_FOUND		(-7)
#define RC_AUTHORITY		(-10)
#define RC_RESOURCE		(-16)
#define RC_STATE		(-75)

/* Error states of a function */
#define STATE_NORMAL		1
#define STATE_DISABLED		2
#define STATE_UNAVAILABLE	3
#define STATE_DEAD		4

/* The driver asks for the state every three seconds. */
#define STATE_WAIT_MS		10000

/**
 * struct inject - a card that is about to be injured
 * @afu: its AFU, the function of this number
 * @card: its name
 * @violations: mistakes of the driver that it had found before
 */
struct inject {
	struct cxl_afu afu;
	char card[16];
	uint64_t violations;
};

int inject_begin(struct inject *inject, const struct cxl_afu *afu);
int inject_clear(const struct inject *inject);
int inject_heal(const struct inject *inject);
long inject_violations(const struct inject *inject);

__printf(2, 3)
int inject_rc(const struct inject *inject, const char *format, ...);
int inject_refused_detach(const struct inject *inject);
int inject_fault(const struct inject *inject, __u32 pe, const char *what);
int inject_state(const struct inject *inject, int state);

int inject_wait_open(const struct inject *inject, int result, int timeout_ms);
int inject_wait_dead(int fd, int timeout_ms);
int inject_works(const struct cxl_afu *afu);

#endif /* CXL_SELFTEST_INJECT_H */
