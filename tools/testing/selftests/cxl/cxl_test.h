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

/**
 * no_afu() - look for the AFU that the tests need
 * @_metadata: the test
 * @afu: filled in
 *
 * Whoever knows that there is a card sets CXL_TEST_CARD in the environment:
 * then its absence is a failure, and no reason to skip.
 *
 * Return: true if there is none.
 */
static inline bool no_afu(struct __test_metadata *_metadata, struct cxl_afu *afu)
{
	int ret = cxl_find_memcpy_afu(afu);

	if (getenv("CXL_TEST_CARD"))
		ASSERT_EQ(0, ret);
	return ret;
}

#endif /* CXL_SELFTEST_TEST_H */
