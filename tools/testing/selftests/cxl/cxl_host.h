/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests of a test guest to its host: change and read the emulated cards.
 *
 * A card is named card0, card1, ..., as in sysfs; the properties are those of
 * the device model. Any number of processes and threads can ask at once.
 */
#ifndef CXL_SELFTEST_HOST_H
#define CXL_SELFTEST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../kselftest.h"

bool host_present(void);

__printf(3, 4)
int host_set(const char *card, const char *property, const char *format, ...);
int host_get(const char *card, const char *property, char *json, size_t size);
int host_get_u64(const char *card, const char *property, uint64_t *value);

#endif /* CXL_SELFTEST_HOST_H */
