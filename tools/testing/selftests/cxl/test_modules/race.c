// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at once on the same contexts: whatever the outcome of each call, in the end
 * the contexts work, and can be disposed of.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "cxl_test_afu.h"

#define RACERS		4
#define CONTEXTS	2
#define RACE_IRQS	4
#define RACE_MS		3000

/**
 * struct race - what the racers share
 * @test: the device
 * @ctx: the contexts
 * @ring: their rings
 * @count: interrupts that have come
 * @stop: the race is over
 * @running: racers that have not ended
 * @done: none is left
 */
struct race {
	struct test_afu *test;
	struct cxl_context *ctx[CONTEXTS];
	struct ring ring[CONTEXTS];
	atomic_t count;
	bool stop;
	atomic_t running;
	struct completion done;
};

static irqreturn_t race_handler(int virq, void *cookie)
{
	struct race *race = cookie;

	atomic_inc(&race->count);
	return IRQ_HANDLED;
}

static void map_registers(struct cxl_context *ctx)
{
	void __iomem *psa = cxl_psa_map(ctx);

	if (psa)
		cxl_psa_unmap(psa);
}

static void step(struct race *race)
{
	unsigned int i = get_random_u32_below(CONTEXTS);
	unsigned int irq = get_random_u32_below(RACE_IRQS + 2);
	struct cxl_context *ctx = race->ctx[i];

	switch (get_random_u32_below(10)) {
	case 0:
	case 1:
		cxl_start_context(ctx, ring_wed(&race->ring[i]), NULL);
		break;
	case 2:
	case 3:
		cxl_stop_context(ctx);
		break;
	case 4:
		cxl_allocate_afu_irqs(ctx, RACE_IRQS);
		break;
	case 5:
		cxl_free_afu_irqs(ctx);
		break;
	case 6:
		cxl_map_afu_irq(ctx, irq, race_handler, race, "cxl_test_race");
		break;
	case 7:
		cxl_unmap_afu_irq(ctx, irq, race);
		break;
	case 8:
		map_registers(ctx);
		break;
	case 9:
		cxl_process_element(ctx);
		cxl_set_priv(ctx, race);
		break;
	}
}

static int racer(void *data)
{
	struct race *race = data;

	while (!READ_ONCE(race->stop)) {
		step(race);
		cond_resched();
	}
	if (atomic_dec_and_test(&race->running))
		complete(&race->done);
	return 0;
}

static int prepare(struct race *race)
{
	int i;

	init_completion(&race->done);
	for (i = 0; i < CONTEXTS; i++) {
		TRY(ring_alloc(&race->ring[i]));
		race->ctx[i] = cxl_dev_context_init(race->test->pdev);
		CHECK(!IS_ERR(race->ctx[i]));
	}
	return 0;
}

static int check_after(struct race *race)
{
	u8 *buf = kmalloc(2 * RING_COPY_MAX, GFP_KERNEL);
	int i;

	CHECK(buf);
	for (i = 0; i < CONTEXTS; i++) {
		cxl_stop_context(race->ctx[i]);
		ring_reset(&race->ring[i]);
		TRY(cxl_start_context(race->ctx[i], ring_wed(&race->ring[i]), NULL));
		TRY(ring_copy_ok(&race->ring[i], buf, buf + RING_COPY_MAX, RING_COPY_MAX));
		TRY(cxl_stop_context(race->ctx[i]));
		TRY(cxl_release_context(race->ctx[i]));
		ring_free(&race->ring[i]);
	}
	kfree(buf);
	return 0;
}

int test_race(struct test_afu *test)
{
	struct race *race = kzalloc(sizeof(*race), GFP_KERNEL);
	int i, ret;

	CHECK(race);
	race->test = test;
	ret = prepare(race);
	if (ret)
		return ret;
	atomic_set(&race->running, RACERS);
	for (i = 0; i < RACERS; i++) {
		struct task_struct *task = kthread_run(racer, race, "cxl_test_race");

		CHECK(!IS_ERR(task));
	}
	msleep(RACE_MS);
	WRITE_ONCE(race->stop, true);
	wait_for_completion(&race->done);
	ret = check_after(race);
	kfree(race);
	return ret;
}
