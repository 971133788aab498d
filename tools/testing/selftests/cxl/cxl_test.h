/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every test program includes: the harness and the AFU.
 */
#ifndef CXL_SELFTEST_TEST_H
#define CXL_SELFTEST_TEST_H

/* what the macros of the harness expand to does not use all parameters */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "../kselftest_harness.h"

#include "memcpy_afu.h"

#endif /* CXL_SELFTEST_TEST_H */
