// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of contexts: from numbers to handlers.
 *
 * A handler stays on an interrupt for as long as the card is there, whoever has
 * the number meanwhile. An interrupt that the processor takes after its context
 * has gone then finds a handler that ignores it. Without one, the interrupt core
 * would keep it and repeat it for the next owner, in a way that the interrupt
 * controller of these machines does not support for several at once. It also
 * spares the firmware calls of masking an interrupt that nobody raises.
 */
#include <linux/cleanup.h>
#include <linux/interrupt.h>
#include <linux/irqdomain.h>
#include <linux/slab.h>

#include "afu.h"
#include "context.h"
#include "irq.h"

/**
 * struct cxl_irq - an interrupt that contexts use, one after the other
 * @virq: Linux number
 * @number: as the AFU of its owner counts, from 1; 0 for that of the PSL
 * @ctx: owner, or NULL. Contexts are freed by RCU, and handlers are readers.
 * @name: for /proc/interrupts
 */
struct cxl_irq {
	unsigned int virq;
	unsigned int number;
	struct cxl_context __rcu *ctx;
	char name[32];
};

static irqreturn_t irq_handler(int virq, void *data)
{
	struct cxl_irq *irq = data;
	struct cxl_context *ctx;

	guard(rcu)();

	ctx = rcu_dereference(irq->ctx);
	if (!ctx)
		return IRQ_HANDLED;
	if (irq->number)
		cxl_afu_irq(ctx, irq->number);
	else
		cxl_psl_irq(ctx);
	return IRQ_HANDLED;
}

/**
 * cxl_irqs_init() - no interrupt has been used yet
 * @irqs: interrupts of a card; the pool is left alone
 *
 * Return: 0 or -ENOMEM.
 */
int cxl_irqs_init(struct cxl_irqs *irqs)
{
	irqs->handlers = kvcalloc(CXL_MAX_IRQS, sizeof(*irqs->handlers), GFP_KERNEL);
	return irqs->handlers ? 0 : -ENOMEM;
}

/**
 * cxl_irqs_destroy() - undo cxl_irqs_init()
 * @irqs: nobody knows any of them any more
 */
void cxl_irqs_destroy(struct cxl_irqs *irqs)
{
	kvfree(irqs->handlers);
}

/* What nobody has given another name */
static void name_irq(struct cxl_adapter *adapter, struct cxl_irq *irq, u32 number)
{
	snprintf(irq->name, sizeof(irq->name), "cxl-%s-%#x", dev_name(&adapter->dev),
		 number);
}

static int irq_create(struct cxl_adapter *adapter, u32 number)
{
	struct cxl_irq *irq;
	int ret;

	irq = kzalloc(sizeof(*irq), GFP_KERNEL);
	if (!irq)
		return -ENOMEM;
	name_irq(adapter, irq, number);

	ret = adapter->ops->irq_map(adapter, number);
	if (ret < 0)
		goto err_free;
	irq->virq = ret;
	ret = request_irq(irq->virq, irq_handler, 0, irq->name, irq);
	if (ret)
		goto err_dispose;
	adapter->irqs.handlers[number - adapter->irqs.pool.base] = irq;
	return 0;

err_dispose:
	irq_dispose_mapping(irq->virq);
err_free:
	kfree(irq);
	return ret;
}

static struct cxl_irq *nth_irq(struct cxl_context *ctx, unsigned int n)
{
	struct cxl_irqs *irqs = &ctx->afu->adapter->irqs;

	return irqs->handlers[cxl_irq_set_nth(&ctx->irqs, n)];
}

/* The numbers of a context belong to it alone, so nobody else creates them. */
static int irqs_prepare(struct cxl_context *ctx)
{
	struct cxl_adapter *adapter = ctx->afu->adapter;
	const struct cxl_irq_pool *pool = &adapter->irqs.pool;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ctx->irqs.nr && !ret; i++)
		if (!nth_irq(ctx, i))
			ret = irq_create(adapter, cxl_irq_pool_nth(pool, &ctx->irqs, i));
	return ret;
}

/**
 * cxl_irqs_alloc() - get interrupts for a context
 * @ctx: the context, without any
 * @nr: how many; with 0 it gets none
 *
 * May sleep.
 *
 * Return: 0 or a negative errno, -ENOSPC when there are not enough.
 */
int cxl_irqs_alloc(struct cxl_context *ctx, unsigned int nr)
{
	int ret;

	if (!nr)
		return 0;
	ret = cxl_irq_pool_alloc(&ctx->afu->adapter->irqs.pool, nr, &ctx->irqs);
	if (ret)
		return ret;
	ret = irqs_prepare(ctx);
	if (ret)
		cxl_irqs_free(ctx);
	return ret;
}

/**
 * cxl_irqs_free() - undo cxl_irqs_alloc()
 * @ctx: the context; nothing happens if it has none
 */
void cxl_irqs_free(struct cxl_context *ctx)
{
	cxl_irq_pool_free(&ctx->afu->adapter->irqs.pool, &ctx->irqs);
}

/**
 * cxl_irqs_virq() - Linux number of an interrupt
 * @ctx: a context that has more than @n
 * @n: which one, in ascending order from 0
 *
 * Return: the number.
 */
unsigned int cxl_irqs_virq(struct cxl_context *ctx, unsigned int n)
{
	return nth_irq(ctx, n)->virq;
}

/**
 * cxl_irqs_name() - what an interrupt is called in /proc/interrupts
 * @ctx: a context that has more than @n
 * @n: which one, in ascending order from 0
 * @name: the name, copied; NULL for the one it had at first
 *
 * Who shows it meanwhile may see the old and the new one mixed.
 *
 * Return: its Linux number; 0 if it has gone with the card.
 */
unsigned int cxl_irqs_name(struct cxl_context *ctx, unsigned int n, const char *name)
{
	struct cxl_adapter *adapter = ctx->afu->adapter;
	struct cxl_irq *irq = nth_irq(ctx, n);

	if (!irq)
		return 0;
	if (name)
		strscpy(irq->name, name);
	else
		name_irq(adapter, irq, cxl_irq_pool_nth(&adapter->irqs.pool, &ctx->irqs, n));
	return irq->virq;
}

/**
 * cxl_irqs_connect() - let a context have its interrupts
 * @ctx: the context
 * @first: what the AFU calls the lowest one, 0 if that is the PSL's
 */
void cxl_irqs_connect(struct cxl_context *ctx, unsigned int first)
{
	unsigned int i;

	for (i = 0; i < ctx->irqs.nr; i++) {
		struct cxl_irq *irq = nth_irq(ctx, i);

		irq->number = first + i;
		rcu_assign_pointer(irq->ctx, ctx);
	}
}

/**
 * cxl_irqs_disconnect() - no handler knows the context any more
 * @ctx: detached
 *
 * Waits for handlers that run. May sleep.
 */
void cxl_irqs_disconnect(struct cxl_context *ctx)
{
	unsigned int i;

	for (i = 0; i < ctx->irqs.nr; i++) {
		struct cxl_irq *irq = nth_irq(ctx, i);

		RCU_INIT_POINTER(irq->ctx, NULL);
		synchronize_irq(irq->virq);
	}
}

/**
 * cxl_irqs_remove() - give up all interrupts that contexts have used
 * @adapter: the card, without AFUs
 */
void cxl_irqs_remove(struct cxl_adapter *adapter)
{
	struct cxl_irqs *irqs = &adapter->irqs;
	unsigned int i;

	for (i = 0; i < CXL_MAX_IRQS; i++) {
		struct cxl_irq *irq = irqs->handlers[i];

		if (!irq)
			continue;
		irqs->handlers[i] = NULL;
		free_irq(irq->virq, irq);
		irq_dispose_mapping(irq->virq);
		kfree(irq);
	}
}
