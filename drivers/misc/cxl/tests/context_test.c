// SPDX-License-Identifier: GPL-2.0-only
/* Life of contexts and AFUs: every pair of states. */
#include <kunit/test.h>

#include "../afu.h"
#include "../context.h"

static void context_steps(struct kunit *test)
{
	static const bool allowed[3][3] = {
		[CXL_CTX_OPENED] = {
			[CXL_CTX_STARTED] = true, [CXL_CTX_CLOSED] = true,
		},
		[CXL_CTX_STARTED] = { [CXL_CTX_CLOSED] = true },
	};
	int from, to;

	for (from = CXL_CTX_OPENED; from <= CXL_CTX_CLOSED; from++)
		for (to = CXL_CTX_OPENED; to <= CXL_CTX_CLOSED; to++)
			KUNIT_EXPECT_EQ_MSG(test, cxl_context_may_change(from, to),
					    allowed[from][to], "%d to %d", from, to);
}

static void afu_steps(struct kunit *test)
{
	static const bool allowed[7][7] = {
		[CXL_AFU_NEW] = {
			[CXL_AFU_LIVE] = true, [CXL_AFU_DEAD] = true,
			[CXL_AFU_GONE] = true,
		},
		[CXL_AFU_LIVE] = {
			[CXL_AFU_FAILED] = true, [CXL_AFU_BROKEN] = true,
			[CXL_AFU_DOWN] = true, [CXL_AFU_DEAD] = true,
			[CXL_AFU_GONE] = true,
		},
		[CXL_AFU_FAILED] = {
			[CXL_AFU_LIVE] = true, [CXL_AFU_BROKEN] = true,
			[CXL_AFU_DOWN] = true, [CXL_AFU_DEAD] = true,
			[CXL_AFU_GONE] = true,
		},
		[CXL_AFU_BROKEN] = {
			[CXL_AFU_DOWN] = true, [CXL_AFU_DEAD] = true,
			[CXL_AFU_GONE] = true,
		},
		[CXL_AFU_DOWN] = {
			[CXL_AFU_LIVE] = true, [CXL_AFU_DEAD] = true,
			[CXL_AFU_GONE] = true,
		},
		[CXL_AFU_DEAD] = {
			[CXL_AFU_DOWN] = true, [CXL_AFU_GONE] = true,
		},
	};
	int from, to;

	for (from = CXL_AFU_NEW; from <= CXL_AFU_GONE; from++)
		for (to = CXL_AFU_NEW; to <= CXL_AFU_GONE; to++)
			KUNIT_EXPECT_EQ_MSG(test, cxl_afu_may_change(from, to),
					    allowed[from][to], "%d to %d", from, to);
}

static struct kunit_case context_cases[] = {
	KUNIT_CASE(context_steps),
	KUNIT_CASE(afu_steps),
	{ }
};

static struct kunit_suite context_suite = {
	.name = "cxl-context",
	.test_cases = context_cases,
};

kunit_test_suite(context_suite);
