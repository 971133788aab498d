// SPDX-License-Identifier: GPL-2.0-only
/* Events of a context: order, merging, limits, layout. */
#include <kunit/test.h>

#include <uapi/misc/cxl.h>

#include "../afu.h"
#include "../context.h"

#define TEST_PE		0x1234
#define TEST_IRQS	70

static int event_init(struct kunit *test)
{
	struct cxl_context *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return -ENOMEM;
	ctx->afu = kunit_kzalloc(test, sizeof(*ctx->afu), GFP_KERNEL);
	if (!ctx->afu)
		return -ENOMEM;
	ctx->afu->dev.init_name = "cxl-test";
	ctx->afu->adapter = kunit_kzalloc(test, sizeof(*ctx->afu->adapter), GFP_KERNEL);
	if (!ctx->afu->adapter)
		return -ENOMEM;
	ctx->pe = TEST_PE;
	cxl_events_init(ctx);
	test->priv = ctx;
	return cxl_events_prepare(ctx, TEST_IRQS);
}

static void event_exit(struct kunit *test)
{
	if (test->priv)
		cxl_events_free(test->priv);
}

/* Expects an event, takes it, checks its header. */
static void next_event(struct kunit *test, struct cxl_event *event,
		       enum cxl_event_type type, size_t size)
{
	struct cxl_context *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, cxl_events_take(ctx, event, size, 1), size);
	KUNIT_EXPECT_EQ(test, event->header.type, type);
	KUNIT_EXPECT_EQ(test, event->header.size, size);
	KUNIT_EXPECT_EQ(test, event->header.process_element, TEST_PE);
	KUNIT_EXPECT_EQ(test, event->header.reserved1, 0);
}

static void expect_irq(struct kunit *test, unsigned int irq)
{
	struct cxl_event event;

	next_event(test, &event, CXL_EVENT_AFU_INTERRUPT, 16);
	KUNIT_EXPECT_EQ(test, event.irq.irq, irq);
	KUNIT_EXPECT_EQ(test, event.irq.flags, 0);
	KUNIT_EXPECT_EQ(test, event.irq.reserved1, 0);
}

static void expect_fault(struct kunit *test, u64 addr, u64 dsisr)
{
	struct cxl_event event;

	next_event(test, &event, CXL_EVENT_DATA_STORAGE, 40);
	KUNIT_EXPECT_EQ(test, event.fault.addr, addr);
	KUNIT_EXPECT_EQ(test, event.fault.dsisr, dsisr);
	KUNIT_EXPECT_EQ(test, event.fault.reserved3, 0);
}

static void expect_none(struct kunit *test)
{
	struct cxl_event event;

	KUNIT_EXPECT_EQ(test, cxl_events_take(test->priv, &event, sizeof(event), 1), 0);
}

static void no_event(struct kunit *test)
{
	expect_none(test);
}

static void irqs_merge_in_order(struct kunit *test)
{
	cxl_afu_irq(test->priv, TEST_IRQS);
	cxl_afu_irq(test->priv, 2);
	cxl_afu_irq(test->priv, 1);
	cxl_afu_irq(test->priv, 2);
	expect_irq(test, 1);
	expect_irq(test, 2);
	expect_irq(test, TEST_IRQS);
	expect_none(test);
}

static void irq_out_of_range(struct kunit *test)
{
	cxl_afu_irq(test->priv, 0);
	cxl_afu_irq(test->priv, TEST_IRQS + 1);
	expect_none(test);
}

static void no_irqs(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, cxl_events_prepare(test->priv, 0), 0);
	cxl_afu_irq(test->priv, 1);
	expect_none(test);
	cxl_event_fault(test->priv, 1, 2);
	expect_fault(test, 1, 2);
}

/* What the program's memory did not take comes again, in the same order. */
static void returned_events_come_first(struct kunit *test)
{
	struct cxl_context *ctx = test->priv;
	u64 buf[16];
	size_t len;
	u64 i;

	cxl_afu_irq(ctx, 3);
	for (i = 0; i < 2; i++)
		cxl_event_fault(ctx, i, 0);
	cxl_event_afu_error(ctx, 0xe1);
	len = cxl_events_take(ctx, buf, sizeof(buf), SIZE_MAX);
	KUNIT_ASSERT_EQ(test, len, 16 + 2 * 40 + 24);
	KUNIT_EXPECT_EQ(test, ctx->events.pending, 0);
	cxl_afu_irq(ctx, 3);
	cxl_afu_irq(ctx, 2);
	for (i = 2; i < CXL_MAX_FAULTS; i++)
		cxl_event_fault(ctx, i, 0);
	cxl_events_return(ctx, buf, len);
	KUNIT_EXPECT_EQ(test, ctx->events.pending, 2 + CXL_MAX_FAULTS + 1);
	expect_irq(test, 2);
	expect_irq(test, 3);
	for (i = 0; i < CXL_MAX_FAULTS; i++)
		expect_fault(test, i, 0);
}

/* Those that came meanwhile are kept: they are the ones that wait for an answer. */
static void no_room_for_a_returned_fault(struct kunit *test)
{
	struct cxl_context *ctx = test->priv;
	u64 buf[5];
	u64 i;

	cxl_event_fault(ctx, 99, 0);
	KUNIT_ASSERT_EQ(test, cxl_events_take(ctx, buf, sizeof(buf), 1), 40);
	for (i = 0; i < CXL_MAX_FAULTS; i++)
		cxl_event_fault(ctx, i, 0);
	cxl_events_return(ctx, buf, 40);
	KUNIT_EXPECT_EQ(test, ctx->events.lost_faults, 1);
	for (i = 0; i < CXL_MAX_FAULTS; i++)
		expect_fault(test, i, 0);
	expect_none(test);
}

static void kinds_in_order(struct kunit *test)
{
	struct cxl_event event;

	cxl_event_afu_error(test->priv, 0xe1);
	cxl_event_fault(test->priv, 0x1000, CXL_DSISR_DM);
	cxl_afu_irq(test->priv, 1);
	expect_irq(test, 1);
	expect_fault(test, 0x1000, CXL_DSISR_DM);
	next_event(test, &event, CXL_EVENT_AFU_ERROR, 24);
	KUNIT_EXPECT_EQ(test, event.afu_error.error, 0xe1ULL);
	expect_none(test);
}

static void faults_queue(struct kunit *test)
{
	u64 i;

	/* Twice round the ring, and two more than fit. */
	for (i = 0; i < 3; i++)
		cxl_event_fault(test->priv, i, 0);
	for (i = 0; i < 3; i++)
		expect_fault(test, i, 0);
	for (i = 0; i < CXL_MAX_FAULTS + 2; i++)
		cxl_event_fault(test->priv, i, i << 32);
	for (i = 0; i < CXL_MAX_FAULTS; i++)
		expect_fault(test, i, i << 32);
	expect_none(test);
	cxl_event_fault(test->priv, 77, 0);
	expect_fault(test, 77, 0);
}

static void first_afu_error_is_kept(struct kunit *test)
{
	struct cxl_event event;

	cxl_event_afu_error(test->priv, 1);
	cxl_event_afu_error(test->priv, 2);
	next_event(test, &event, CXL_EVENT_AFU_ERROR, 24);
	KUNIT_EXPECT_EQ(test, event.afu_error.error, 1ULL);
	expect_none(test);
}

/* Whole events only, in order; what did not fit stays. */
static void several_at_once(struct kunit *test)
{
	struct cxl_context *ctx = test->priv;
	struct cxl_event *event;
	u64 buf[10];

	cxl_afu_irq(ctx, 7);
	cxl_afu_irq(ctx, 5);
	cxl_event_fault(ctx, 0x1000, 0);
	cxl_event_fault(ctx, 0x2000, 0);
	KUNIT_EXPECT_EQ(test, ctx->events.pending, 4);
	KUNIT_ASSERT_EQ(test, cxl_events_take(ctx, buf, sizeof(buf), 9), 16 + 16 + 40);
	event = (struct cxl_event *)&buf[2];
	KUNIT_EXPECT_EQ(test, event->irq.irq, 7);
	event = (struct cxl_event *)&buf[4];
	KUNIT_EXPECT_EQ(test, event->fault.addr, 0x1000);
	KUNIT_EXPECT_EQ(test, ctx->events.pending, 1);
	expect_fault(test, 0x2000, 0);
	expect_none(test);
}

/* The error is shorter than the fault before it, but does not overtake it. */
static void error_waits_for_faults(struct kunit *test)
{
	struct cxl_context *ctx = test->priv;
	struct cxl_event event;
	u64 buf[4];

	cxl_event_fault(ctx, 0x1000, 0);
	cxl_event_afu_error(ctx, 0xe1);
	KUNIT_EXPECT_EQ(test, cxl_events_take(ctx, buf, sizeof(buf), SIZE_MAX), 0);
	expect_fault(test, 0x1000, 0);
	next_event(test, &event, CXL_EVENT_AFU_ERROR, 24);
	expect_none(test);
}

static void restart_forgets_irqs(struct kunit *test)
{
	struct cxl_context *ctx = test->priv;

	cxl_afu_irq(ctx, 1);
	cxl_event_fault(ctx, 0x1000, 0);
	KUNIT_ASSERT_EQ(test, cxl_events_prepare(ctx, TEST_IRQS), 0);
	KUNIT_EXPECT_EQ(test, ctx->events.pending, 1);
	expect_fault(test, 0x1000, 0);
	expect_none(test);
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE(no_event),
	KUNIT_CASE(irqs_merge_in_order),
	KUNIT_CASE(irq_out_of_range),
	KUNIT_CASE(no_irqs),
	KUNIT_CASE(returned_events_come_first),
	KUNIT_CASE(no_room_for_a_returned_fault),
	KUNIT_CASE(kinds_in_order),
	KUNIT_CASE(faults_queue),
	KUNIT_CASE(first_afu_error_is_kept),
	KUNIT_CASE(several_at_once),
	KUNIT_CASE(error_waits_for_faults),
	KUNIT_CASE(restart_forgets_irqs),
	{ }
};

static struct kunit_suite event_suite = {
	.name = "cxl-event",
	.init = event_init,
	.exit = event_exit,
	.test_cases = event_cases,
};

kunit_test_suite(event_suite);
