// SPDX-License-Identifier: GPL-2.0-only
/* Page faults: what the memory management may answer, and for how long. */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "../backend.h"
#include "../fault.h"

#define TEST_EA		0x10002000ULL

/**
 * struct script - a memory management that answers as it is told
 * @mm_fault: answer to page faults
 * @insert: answers to hash table insertions; the last one is repeated
 * @nr: how many
 * @faults: page faults so far
 * @insertions: insertions so far
 * @dsisr: what the last of either was told
 */
struct script {
	int mm_fault;
	int insert[CXL_PAGE_FAULT_TRIES];
	int nr;
	int faults;
	int insertions;
	u64 dsisr;
};

static int scripted_mm_fault(struct mm_struct *mm, u64 ea, u64 dsisr)
{
	struct script *script = kunit_get_current_test()->priv;

	script->faults++;
	script->dsisr = dsisr;
	return script->mm_fault;
}

static int scripted_insert(struct mm_struct *mm, u64 ea, u64 dsisr)
{
	struct script *script = kunit_get_current_test()->priv;

	script->dsisr = dsisr;
	return script->insert[min(script->insertions++, script->nr - 1)];
}

static int fault_init(struct kunit *test)
{
	struct script *script = kunit_kzalloc(test, sizeof(*script), GFP_KERNEL);

	if (!script)
		return -ENOMEM;
	script->nr = 1;
	test->priv = script;
	kunit_activate_static_stub(test, cxl_mm_fault, scripted_mm_fault);
	kunit_activate_static_stub(test, cxl_hash_insert, scripted_insert);
	return 0;
}

static void resolved(struct kunit *test)
{
	u64 dsisr = CXL_DSISR_DM | CXL_DSISR_M | CXL_DSISR_S;
	struct script *script = test->priv;

	KUNIT_EXPECT_EQ(test, cxl_page_fault(NULL, TEST_EA, dsisr), 0);
	KUNIT_EXPECT_EQ(test, script->faults, 1);
	KUNIT_EXPECT_EQ(test, script->insertions, 1);
	KUNIT_EXPECT_EQ(test, script->dsisr, dsisr);
}

/* Gone again: the page fault is repeated, not just the insertion. */
static void taken_away_meanwhile(struct kunit *test)
{
	struct script *script = test->priv;

	script->insert[0] = 1;
	script->insert[1] = 1;
	script->nr = 3;
	KUNIT_EXPECT_EQ(test, cxl_page_fault(NULL, TEST_EA, CXL_DSISR_DM), 0);
	KUNIT_EXPECT_EQ(test, script->faults, 3);
	KUNIT_EXPECT_EQ(test, script->insertions, 3);
}

static void taken_away_for_ever(struct kunit *test)
{
	struct script *script = test->priv;

	script->insert[0] = 1;
	KUNIT_EXPECT_EQ(test, cxl_page_fault(NULL, TEST_EA, CXL_DSISR_DM), -EFAULT);
	KUNIT_EXPECT_EQ(test, script->faults, CXL_PAGE_FAULT_TRIES);
}

static void insertion_fails(struct kunit *test)
{
	static const int errors[] = { -1, -2 };
	struct script *script = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		script->insert[0] = errors[i];
		script->insertions = 0;
		KUNIT_EXPECT_EQ(test, cxl_page_fault(NULL, TEST_EA, CXL_DSISR_DM),
				-EFAULT);
		KUNIT_EXPECT_EQ(test, script->insertions, 1);
	}
}

static void nothing_mapped(struct kunit *test)
{
	struct script *script = test->priv;

	script->mm_fault = -ENOMEM;
	KUNIT_EXPECT_EQ(test, cxl_page_fault(NULL, TEST_EA, CXL_DSISR_DM), -ENOMEM);
	KUNIT_EXPECT_EQ(test, script->insertions, 0);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE(resolved),
	KUNIT_CASE(taken_away_meanwhile),
	KUNIT_CASE(taken_away_for_ever),
	KUNIT_CASE(insertion_fails),
	KUNIT_CASE(nothing_mapped),
	{ }
};

static struct kunit_suite fault_suite = {
	.name = "cxl-fault",
	.init = fault_init,
	.test_cases = fault_cases,
};

kunit_test_suite(fault_suite);
