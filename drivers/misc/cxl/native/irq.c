// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: lines of a card and its slices, and those of contexts.
 *
 * A handler stays on an interrupt of a context for as long as the card is there,
 * whoever has the number meanwhile. An interrupt that the processor takes after
 * its context has gone then finds a handler that ignores it.
 */
#include <linux/cleanup.h>
#include <linux/irqdomain.h>
#include <linux/slab.h>

#include <asm/pnv-pci.h>

#include "native.h"

static void unmap(struct native_adapter *adapter, struct native_line *line)
{
	irq_dispose_mapping(line->virq);
	line->virq = 0;
}

/* The host bridge has to know whose interrupt it is before the first one comes. */
static int map(struct native_adapter *adapter, struct native_line *line)
{
	int ret;

	line->virq = irq_create_mapping(NULL, line->hwirq);
	if (!line->virq)
		return -ENOSPC;
	ret = pnv_cxl_ioda_msi_setup(adapter->pci, line->hwirq, line->virq);
	if (ret)
		unmap(adapter, line);
	return ret;
}

/**
 * native_line_request() - get an interrupt
 * @adapter: the card
 * @line: result
 * @handler: what to call
 * @name: for /proc/interrupts, kept
 * @data: for @handler
 *
 * The PSL does not know it yet. May sleep.
 *
 * Return: 0 or a negative errno, -ENOSPC when there are no more.
 */
int native_line_request(struct native_adapter *adapter, struct native_line *line,
			irq_handler_t handler, const char *name, void *data)
{
	int ret;

	line->hwirq = pnv_cxl_alloc_hwirqs(adapter->pci, 1);
	if (line->hwirq < 0)
		return line->hwirq;
	ret = map(adapter, line);
	if (ret)
		goto err_release;
	ret = request_irq(line->virq, handler, 0, name, data);
	if (ret)
		goto err_unmap;
	return 0;

err_unmap:
	unmap(adapter, line);
err_release:
	pnv_cxl_release_hwirqs(adapter->pci, line->hwirq, 1);
	return ret;
}

/**
 * native_line_release() - undo native_line_request()
 * @adapter: the card, which no longer raises it
 * @line: the interrupt; nothing happens if there is none
 * @data: as before
 *
 * Waits for the handler. May sleep.
 */
void native_line_release(struct native_adapter *adapter, struct native_line *line,
			 void *data)
{
	if (!line->virq)
		return;
	free_irq(line->virq, data);
	unmap(adapter, line);
	pnv_cxl_release_hwirqs(adapter->pci, line->hwirq, 1);
}

/**
 * struct native_irq - an interrupt that contexts use, one after the other
 * @line: the interrupt
 * @number: as the AFU of its owner counts, from 1
 * @ctx: owner, or NULL. Contexts are freed by RCU, and handlers are readers.
 * @name: for /proc/interrupts
 */
struct native_irq {
	struct native_line line;
	unsigned int number;
	struct cxl_context __rcu *ctx;
	char name[32];
};

static irqreturn_t context_irq(int virq, void *data)
{
	struct native_irq *irq = data;
	struct cxl_context *ctx;

	guard(rcu)();

	ctx = rcu_dereference(irq->ctx);
	if (ctx)
		cxl_afu_irq(ctx, irq->number);
	return IRQ_HANDLED;
}

static struct native_irq *irq_create(struct native_adapter *adapter, int hwirq)
{
	struct native_irq *irq;
	int ret;

	irq = kzalloc(sizeof(*irq), GFP_KERNEL);
	if (!irq)
		return ERR_PTR(-ENOMEM);
	irq->line.hwirq = hwirq;
	snprintf(irq->name, sizeof(irq->name), "cxl-%s-%#x",
		 dev_name(&adapter->core.dev), hwirq);

	ret = map(adapter, &irq->line);
	if (ret)
		goto err_free;
	ret = request_irq(irq->line.virq, context_irq, 0, irq->name, irq);
	if (ret)
		goto err_unmap;
	ret = xa_err(xa_store(&adapter->irqs, hwirq, irq, GFP_KERNEL));
	if (ret)
		goto err_irq;
	return irq;

err_irq:
	free_irq(irq->line.virq, irq);
err_unmap:
	unmap(adapter, &irq->line);
err_free:
	kfree(irq);
	return ERR_PTR(ret);
}

/* The numbers of a context belong to it alone, so nobody else creates them. */
static int irq_prepare(struct native_adapter *adapter, int hwirq)
{
	if (xa_load(&adapter->irqs, hwirq))
		return 0;
	return PTR_ERR_OR_ZERO(irq_create(adapter, hwirq));
}

/* The hardware number of AFU interrupt @number, from 1; 0 when there are no more. */
static unsigned long nth_hwirq(const struct cxl_irq_ranges *ranges, unsigned int number)
{
	unsigned long n = number - 1;
	int r;

	for (r = 1; r < CXL_IRQ_RANGES; r++) {
		if (n < ranges->range[r])
			return ranges->offset[r] + n;
		n -= ranges->range[r];
	}
	return 0;
}

static int prepare_all(struct native_adapter *adapter, const struct cxl_irq_ranges *ranges)
{
	unsigned int number;
	unsigned long hwirq;
	int ret;

	for (number = 1; (hwirq = nth_hwirq(ranges, number)); number++) {
		ret = irq_prepare(adapter, hwirq);
		if (ret)
			return ret;
	}
	return 0;
}

int native_irqs_alloc(struct cxl_context *core, unsigned int nr)
{
	struct native_adapter *adapter = to_native_adapter(core->afu->adapter);
	struct native_context *ctx = to_native_context(core);
	int ret;

	ret = pnv_cxl_alloc_hwirq_ranges(&ctx->ranges, adapter->pci, nr);
	if (ret)
		return ret;
	ret = prepare_all(adapter, &ctx->ranges);
	if (ret)
		native_irqs_free(core);
	return ret;
}

void native_irqs_free(struct cxl_context *core)
{
	struct native_context *ctx = to_native_context(core);

	pnv_cxl_release_hwirq_ranges(&ctx->ranges,
				     to_native_adapter(core->afu->adapter)->pci);
	/* A second release would be that of somebody else's. */
	memset(&ctx->ranges, 0, sizeof(ctx->ranges));
}

static struct native_irq *nth_irq(struct cxl_context *ctx, unsigned int number)
{
	struct native_adapter *adapter = to_native_adapter(ctx->afu->adapter);
	unsigned long hwirq = nth_hwirq(&to_native_context(ctx)->ranges, number);

	return hwirq ? xa_load(&adapter->irqs, hwirq) : NULL;
}

/**
 * native_irqs_connect() - let a context have its interrupts
 * @ctx: about to be attached
 */
void native_irqs_connect(struct cxl_context *ctx)
{
	struct native_irq *irq;
	unsigned int number;

	for (number = 1; (irq = nth_irq(ctx, number)); number++) {
		irq->number = number;
		rcu_assign_pointer(irq->ctx, ctx);
	}
}

/**
 * native_irqs_disconnect() - no handler knows the context any more
 * @ctx: detached
 *
 * Waits for handlers that run. May sleep.
 */
void native_irqs_disconnect(struct cxl_context *ctx)
{
	struct native_irq *irq;
	unsigned int number;

	for (number = 1; (irq = nth_irq(ctx, number)); number++) {
		RCU_INIT_POINTER(irq->ctx, NULL);
		synchronize_irq(irq->line.virq);
	}
	synchronize_irq(to_native_afu(ctx->afu)->psl_irq.virq);
}

/**
 * native_irqs_remove() - give up all interrupts of contexts
 * @adapter: the card, without AFUs
 */
void native_irqs_remove(struct native_adapter *adapter)
{
	struct native_irq *irq;
	unsigned long hwirq;

	xa_for_each(&adapter->irqs, hwirq, irq) {
		free_irq(irq->line.virq, irq);
		unmap(adapter, &irq->line);
		kfree(irq);
	}
	xa_destroy(&adapter->irqs);
}
