// SPDX-License-Identifier: GPL-2.0-only
/*
 * AFU interrupts of a kernel driver.
 */
#include <linux/delay.h>
#include <linux/io.h>

#include "cxl_test_afu.h"

#define NR_IRQS_TRIED	4
#define WAIT_MS		5000

#define REG_STATUS	0x10
#define REG_CONTROL	0x18
#define STATUS_STOPPED	0x0800000000000000ULL
#define CONTROL_RESTART	0x8000000000000000ULL

/* An interrupt, and what it has done */
struct source {
	int virq;
	atomic_t count;
	bool wrong;
};

static irqreturn_t handler(int virq, void *cookie)
{
	struct source *source = cookie;

	if (virq != source->virq || !in_hardirq())
		source->wrong = true;
	atomic_inc(&source->count);
	return IRQ_HANDLED;
}

static bool came(struct source *source, int count)
{
	int i;

	for (i = 0; i < WAIT_MS && atomic_read(&source->count) < count; i++)
		usleep_range(500, 1000);
	return atomic_read(&source->count) == count && !source->wrong;
}

/* The AFU stops at an interrupt, until it is told to go on. */
static int raise(struct ring *ring, void __iomem *psa, unsigned int number)
{
	int ret, i;

	ret = ring_raise(ring, number);
	for (i = 0; !ret && !(in_be64(psa + REG_STATUS) & STATUS_STOPPED); i++) {
		if (i == WAIT_MS)
			return -ETIMEDOUT;
		usleep_range(500, 1000);
	}
	out_be64(psa + REG_CONTROL, CONTROL_RESTART);
	return ret;
}

static int map_all(struct cxl_context *ctx, struct source *sources)
{
	int i;

	for (i = 0; i < NR_IRQS_TRIED; i++) {
		/* None comes before the context is started. */
		sources[i].virq = cxl_map_afu_irq(ctx, i + 1, handler, &sources[i],
						  "cxl_test_afu");
		CHECK(sources[i].virq > 0);
	}
	return 0;
}

static void unmap_all(struct cxl_context *ctx, struct source *sources)
{
	int i;

	for (i = NR_IRQS_TRIED - 1; i >= 0; i--)
		cxl_unmap_afu_irq(ctx, i + 1, &sources[i]);
}

/* Each reaches its own handler, also after the context was stopped and started. */
int test_interrupts(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_get_context(test->pdev);
	struct source sources[NR_IRQS_TRIED] = {};
	void __iomem *psa;
	int round, i, j;

	TRY(cxl_allocate_afu_irqs(ctx, NR_IRQS_TRIED));
	TRY(map_all(ctx, sources));
	for (round = 1; round <= 2; round++) {
		ring_reset(&test->ring);
		TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
		psa = cxl_psa_map(ctx);
		CHECK(psa);
		for (i = 0; i < NR_IRQS_TRIED; i++) {
			TRY(raise(&test->ring, psa, i + 1));
			CHECK(came(&sources[i], round));
			for (j = i + 1; j < NR_IRQS_TRIED; j++)
				CHECK_EQ(round - 1, atomic_read(&sources[j].count));
		}
		cxl_psa_unmap(psa);
		TRY(cxl_stop_context(ctx));
	}
	unmap_all(ctx, sources);
	cxl_free_afu_irqs(ctx);
	return 0;
}

int test_interrupt_errors(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_dev_context_init(test->pdev);
	struct source source = {}, other = {};

	CHECK(!IS_ERR(ctx));
	CHECK_EQ(-EINVAL, cxl_allocate_afu_irqs(ctx, -1));
	CHECK_EQ(-ENOENT, cxl_map_afu_irq(ctx, 1, handler, &source, "none"));
	cxl_unmap_afu_irq(ctx, 1, &source);
	cxl_free_afu_irqs(ctx);
	CHECK_EQ(-ENOSPC, cxl_allocate_afu_irqs(ctx, 100000));

	TRY(cxl_allocate_afu_irqs(ctx, 2));
	CHECK_EQ(-EBUSY, cxl_allocate_afu_irqs(ctx, 2));
	CHECK_EQ(-ENOENT, cxl_map_afu_irq(ctx, -1, handler, &source, "none"));
	CHECK_EQ(-ENOENT, cxl_map_afu_irq(ctx, 0, handler, &source, "none"));
	CHECK_EQ(-ENOENT, cxl_map_afu_irq(ctx, 3, handler, &source, "none"));
	CHECK_EQ(0, cxl_map_afu_irq(ctx, 1, NULL, &source, "none"));
	CHECK(cxl_map_afu_irq(ctx, 1, handler, &source, "cxl_test_afu") > 0);
	CHECK(cxl_map_afu_irq(ctx, 2, handler, &source, NULL) > 0);
	cxl_unmap_afu_irq(ctx, 2, &source);
	CHECK_EQ(0, cxl_map_afu_irq(ctx, 1, handler, &other, "none"));
	/* Not the one who has it */
	cxl_unmap_afu_irq(ctx, 1, &other);
	CHECK_EQ(0, cxl_map_afu_irq(ctx, 1, handler, &other, "none"));
	cxl_unmap_afu_irq(ctx, 3, &source);
	cxl_unmap_afu_irq(ctx, 0, &source);
	cxl_unmap_afu_irq(ctx, 1, &source);
	cxl_unmap_afu_irq(ctx, 1, &source);
	cxl_free_afu_irqs(ctx);
	cxl_free_afu_irqs(ctx);

	/* As many as the AFU wants; they are given back with the context. */
	TRY(cxl_allocate_afu_irqs(ctx, 0));
	CHECK(cxl_map_afu_irq(ctx, 1, handler, &source, "cxl_test_afu") > 0);
	TRY(cxl_release_context(ctx));
	return 0;
}

/* Given back while the AFU may still raise them: nobody else gets them before. */
int test_interrupts_freed_early(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_get_context(test->pdev);
	struct cxl_context *other = cxl_dev_context_init(test->pdev);
	struct source sources[NR_IRQS_TRIED] = {};
	struct source others[NR_IRQS_TRIED] = {};
	void __iomem *psa;
	int i, j;

	CHECK(!IS_ERR(other));
	TRY(cxl_allocate_afu_irqs(ctx, NR_IRQS_TRIED));
	TRY(map_all(ctx, sources));
	ring_reset(&test->ring);
	TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
	psa = cxl_psa_map(ctx);
	CHECK(psa);
	unmap_all(ctx, sources);
	cxl_free_afu_irqs(ctx);

	TRY(cxl_allocate_afu_irqs(other, NR_IRQS_TRIED));
	TRY(map_all(other, others));
	for (i = 0; i < NR_IRQS_TRIED; i++)
		for (j = 0; j < NR_IRQS_TRIED; j++)
			CHECK(sources[i].virq != others[j].virq);
	for (i = 0; i < NR_IRQS_TRIED; i++)
		TRY(raise(&test->ring, psa, i + 1));
	cxl_psa_unmap(psa);
	TRY(cxl_stop_context(ctx));
	for (i = 0; i < NR_IRQS_TRIED; i++) {
		CHECK_EQ(0, atomic_read(&sources[i].count));
		CHECK_EQ(0, atomic_read(&others[i].count));
	}
	unmap_all(other, others);
	TRY(cxl_release_context(other));
	return 0;
}
