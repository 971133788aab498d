// SPDX-License-Identifier: GPL-2.0-only
/* AFUs: the steps of their life, and what a failure makes of them. */
#include <kunit/test.h>

#include "../afu.h"

/**
 * struct fake - an AFU without hardware
 * @adapter: its card
 * @afu: itself
 * @reset_result: what its resets return
 * @resets: resets so far
 * @checks: how often the backend was told to look after it
 */
struct fake {
	struct cxl_adapter adapter;
	struct cxl_afu afu;
	int reset_result;
	int resets;
	int checks;
};

static int fake_reset(struct cxl_afu *afu)
{
	struct fake *fake = container_of(afu, struct fake, afu);

	fake->resets++;
	return fake->reset_result;
}

static void fake_check(struct cxl_afu *afu)
{
	container_of(afu, struct fake, afu)->checks++;
}

static const struct cxl_backend_ops fake_ops = {
	.afu_reset = fake_reset,
	.afu_check = fake_check,
};

static struct fake *fake_create(struct kunit *test, enum cxl_afu_state state)
{
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	struct cxl_afu *afu;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	afu = &fake->afu;
	fake->adapter.ops = &fake_ops;
	afu->adapter = &fake->adapter;
	afu->dev.init_name = "fake";
	afu->state = state;
	mutex_init(&afu->lock);
	spin_lock_init(&afu->quarantine_lock);
	INIT_LIST_HEAD(&afu->quarantine);
	xa_init_flags(&afu->contexts, XA_FLAGS_ALLOC);
	return fake;
}

static void steps(struct kunit *test)
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

/* Serves its contexts; the backend is told once. */
static void fail(struct kunit *test)
{
	struct fake *fake = fake_create(test, CXL_AFU_LIVE);

	cxl_afu_fail(&fake->afu);
	cxl_afu_fail(&fake->afu);
	KUNIT_EXPECT_EQ(test, fake->checks, 1);
	KUNIT_EXPECT_FALSE(test, cxl_afu_live(&fake->afu));
	KUNIT_EXPECT_TRUE(test, cxl_afu_serves(&fake->afu));

	KUNIT_EXPECT_EQ(test, cxl_afu_reset_unused(&fake->afu), 0);
	KUNIT_EXPECT_TRUE(test, cxl_afu_live(&fake->afu));
}

/* Serves nobody, whatever it was before. */
static void broken(struct kunit *test)
{
	struct fake *fake = fake_create(test, CXL_AFU_LIVE);

	cxl_afu_fail(&fake->afu);
	cxl_afu_break(&fake->afu);
	cxl_afu_break(&fake->afu);
	KUNIT_EXPECT_EQ(test, fake->checks, 2);
	KUNIT_EXPECT_FALSE(test, cxl_afu_serves(&fake->afu));
	/* A failed detach makes it no better. */
	cxl_afu_fail(&fake->afu);
	KUNIT_EXPECT_FALSE(test, cxl_afu_serves(&fake->afu));

	KUNIT_EXPECT_EQ(test, cxl_afu_reset_unused(&fake->afu), 0);
	KUNIT_EXPECT_TRUE(test, cxl_afu_live(&fake->afu));
}

static void failed_reset(struct kunit *test)
{
	struct fake *fake = fake_create(test, CXL_AFU_LIVE);

	cxl_afu_break(&fake->afu);
	fake->reset_result = -EBUSY;
	KUNIT_EXPECT_EQ(test, cxl_afu_reset_unused(&fake->afu), -EBUSY);
	KUNIT_EXPECT_FALSE(test, cxl_afu_serves(&fake->afu));
	fake->reset_result = 0;
	KUNIT_EXPECT_EQ(test, cxl_afu_reset_unused(&fake->afu), 0);
	KUNIT_EXPECT_TRUE(test, cxl_afu_live(&fake->afu));
	KUNIT_EXPECT_EQ(test, fake->resets, 2);
}

/* Only a reset of the card helps, which takes it down first. */
static void dead(struct kunit *test)
{
	struct fake *fake = fake_create(test, CXL_AFU_LIVE);
	struct cxl_afu *afu = &fake->afu;

	mutex_lock(&afu->lock);
	KUNIT_EXPECT_TRUE(test, cxl_afu_dead(afu));
	KUNIT_EXPECT_FALSE(test, cxl_afu_dead(afu));
	KUNIT_EXPECT_EQ(test, cxl_afu_restore(afu), -EIO);
	KUNIT_EXPECT_TRUE(test, cxl_afu_down(afu, true));
	KUNIT_EXPECT_EQ(test, cxl_afu_restore(afu), 0);
	KUNIT_EXPECT_TRUE(test, cxl_afu_live(afu));
	mutex_unlock(&afu->lock);
}

/* No hardware is touched that may not be there any more. */
static void gone(struct kunit *test)
{
	struct fake *fake = fake_create(test, CXL_AFU_GONE);

	KUNIT_EXPECT_EQ(test, cxl_afu_reset_unused(&fake->afu), -ENODEV);
	cxl_afu_break(&fake->afu);
	KUNIT_EXPECT_EQ(test, fake->resets, 0);
	KUNIT_EXPECT_EQ(test, fake->checks, 0);
}

static struct kunit_case afu_cases[] = {
	KUNIT_CASE(steps),
	KUNIT_CASE(fail),
	KUNIT_CASE(broken),
	KUNIT_CASE(failed_reset),
	KUNIT_CASE(dead),
	KUNIT_CASE(gone),
	{ }
};

static struct kunit_suite afu_suite = {
	.name = "cxl-afu",
	.test_cases = afu_cases,
};

kunit_test_suite(afu_suite);
