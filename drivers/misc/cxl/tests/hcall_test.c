// SPDX-License-Identifier: GPL-2.0-only
/* Hypervisor calls: results, and repeating them while the hypervisor is busy. */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "../guest/hcall.h"

/**
 * struct script - a hypervisor that answers as it is told
 * @rc: answers; the last one is repeated
 * @nr: how many
 * @calls: how often it was called
 * @tokens: continue token of each call
 * @slept: milliseconds slept before each further call
 * @sleeps: how often
 */
struct script {
	long rc[8];
	unsigned int nr;
	unsigned int calls;
	u64 tokens[8];
	unsigned int slept[8];
	unsigned int sleeps;
};

static long scripted_issue(struct guest_hcall *call)
{
	struct script *script = kunit_get_current_test()->priv;
	unsigned int i = min(script->calls, script->nr - 1);

	if (script->calls < ARRAY_SIZE(script->tokens) && call->token >= 0)
		script->tokens[script->calls] = call->args[call->token];
	script->calls++;
	call->ret[0] = 0x1000 + script->calls;
	return script->rc[i];
}

static void scripted_sleep(unsigned int ms, bool killable)
{
	struct script *script = kunit_get_current_test()->priv;

	if (script->sleeps < ARRAY_SIZE(script->slept))
		script->slept[script->sleeps] = ms;
	script->sleeps++;
}

static int hcall_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct script), GFP_KERNEL);
	if (!test->priv)
		return -ENOMEM;
	kunit_activate_static_stub(test, guest_hcall_issue, scripted_issue);
	kunit_activate_static_stub(test, guest_hcall_sleep, scripted_sleep);
	return 0;
}

static void results(struct kunit *test)
{
	static const struct {
		long rc;
		int error;
	} map[] = {
		{ H_SUCCESS, 0 },
		{ H_BUSY, -EBUSY },
		{ H_HARDWARE, -EBUSY },
		{ H_AUTHORITY, -EBUSY },
		{ H_RESOURCE, -EBUSY },
		{ H_STATE, -EBUSY },
		{ H_PARAMETER, -EINVAL },
		{ H_FUNCTION, -EINVAL },
		{ H_NOT_FOUND, -EINVAL },
		{ H_NOT_AVAILABLE, -EINVAL },
		{ H_SG_LIST, -EINVAL },
		{ H_BAD_DATA, -EINVAL },
		{ H_UNSUPPORTED, -EINVAL },
		{ -9999, -EINVAL },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(map); i++)
		KUNIT_EXPECT_EQ_MSG(test, guest_hcall_errno(map[i].rc), map[i].error,
				    "rc %ld", map[i].rc);
}

static void not_busy(struct kunit *test)
{
	struct guest_hcall call = { .token = 2 };
	struct script *script = test->priv;

	script->rc[0] = H_PARAMETER;
	script->nr = 1;
	KUNIT_EXPECT_EQ(test, guest_hcall_repeat(&call, 1000), H_PARAMETER);
	KUNIT_EXPECT_EQ(test, script->calls, 1);
	KUNIT_EXPECT_EQ(test, script->sleeps, 0);
	KUNIT_EXPECT_EQ(test, script->tokens[0], 0ULL);
}

static void busy_then_done(struct kunit *test)
{
	static const long rc[] = {
		H_BUSY, H_LONG_BUSY_ORDER_1_MSEC, H_LONG_BUSY_ORDER_100_MSEC,
		H_LONG_BUSY_ORDER_100_SEC, H_SUCCESS,
	};
	static const unsigned int slept[] = { CXL_HCALL_BUSY_MS, 1, 100, 1000 };
	struct guest_hcall call = { .token = 6 };
	struct script *script = test->priv;
	int i;

	memcpy(script->rc, rc, sizeof(rc));
	script->nr = ARRAY_SIZE(rc);
	KUNIT_EXPECT_EQ(test, guest_hcall_repeat(&call, CXL_HCALL_BUDGET_MS),
			H_SUCCESS);
	KUNIT_EXPECT_EQ(test, script->calls, ARRAY_SIZE(rc));
	KUNIT_EXPECT_EQ(test, script->sleeps, ARRAY_SIZE(slept));
	for (i = 0; i < ARRAY_SIZE(slept); i++)
		KUNIT_EXPECT_EQ(test, script->slept[i], slept[i]);

	/* Each call carries the token that the one before it returned. */
	KUNIT_EXPECT_EQ(test, script->tokens[0], 0ULL);
	for (i = 1; i < ARRAY_SIZE(rc); i++)
		KUNIT_EXPECT_EQ(test, script->tokens[i], 0x1000ULL + i);
}

static void busy_for_ever(struct kunit *test)
{
	struct guest_hcall call = { .token = -1 };
	struct script *script = test->priv;

	script->rc[0] = H_LONG_BUSY_ORDER_10_SEC;
	script->nr = 1;
	KUNIT_EXPECT_EQ(test, guest_hcall_repeat(&call, 5), H_BUSY);
	KUNIT_EXPECT_GE(test, script->calls, 1);
	/* Never longer than what is left of the budget. */
	KUNIT_EXPECT_LE(test, script->slept[0], 5);
}

static struct kunit_case hcall_cases[] = {
	KUNIT_CASE(results),
	KUNIT_CASE(not_busy),
	KUNIT_CASE(busy_then_done),
	KUNIT_CASE(busy_for_ever),
	{ }
};

static struct kunit_suite hcall_suite = {
	.name = "cxl-hcall",
	.init = hcall_init,
	.test_cases = hcall_cases,
};

kunit_test_suite(hcall_suite);
