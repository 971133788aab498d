/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every test program includes: the harness and the AFU.
 */
#ifndef CXL_SELFTEST_TEST_H
#define CXL_SELFTEST_TEST_H

/* the harness itself is not clean with -Wextra */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "../kselftest_harness.h"
#pragma GCC diagnostic pop

#include "memcpy_afu.h"

#endif /* CXL_SELFTEST_TEST_H */
