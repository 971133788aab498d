// SPDX-License-Identifier: GPL-2.0-only
/* Life of contexts: every pair of states. */
#include <kunit/test.h>

#include "../context.h"

static void context_steps(struct kunit *test)
{
	static const bool allowed[4][4] = {
		[CXL_CTX_OPENED] = {
			[CXL_CTX_STARTED] = true, [CXL_CTX_STOPPED] = true,
			[CXL_CTX_CLOSED] = true,
		},
		[CXL_CTX_STARTED] = {
			[CXL_CTX_STOPPED] = true, [CXL_CTX_CLOSED] = true,
		},
		[CXL_CTX_STOPPED] = {
			[CXL_CTX_STARTED] = true, [CXL_CTX_CLOSED] = true,
		},
	};
	int from, to;

	for (from = CXL_CTX_OPENED; from <= CXL_CTX_CLOSED; from++)
		for (to = CXL_CTX_OPENED; to <= CXL_CTX_CLOSED; to++)
			KUNIT_EXPECT_EQ_MSG(test, cxl_context_may_change(from, to),
					    allowed[from][to], "%d to %d", from, to);
}

static struct kunit_case context_cases[] = {
	KUNIT_CASE(context_steps),
	{ }
};

static struct kunit_suite context_suite = {
	.name = "cxl-context",
	.test_cases = context_cases,
};

kunit_test_suite(context_suite);
