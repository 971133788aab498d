// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: lines of a card and its slices, and those of contexts. The numbers
 * are those of the host bridge.
 */
#include <linux/irqdomain.h>

#include <asm/pnv-pci.h>

#include "native.h"

/* The host bridge has to know whose interrupt it is before the first one comes. */
int native_irq_map(struct cxl_adapter *core, u32 hwirq)
{
	unsigned int virq;
	int ret;

	virq = irq_create_mapping(NULL, hwirq);
	if (!virq)
		return -ENOSPC;
	ret = pnv_cxl_ioda_msi_setup(to_native_adapter(core)->pci, hwirq, virq);
	if (ret) {
		irq_dispose_mapping(virq);
		return ret;
	}
	return virq;
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
	ret = native_irq_map(&adapter->core, line->hwirq);
	if (ret < 0)
		goto err_release;
	line->virq = ret;
	ret = request_irq(line->virq, handler, 0, name, data);
	if (ret)
		goto err_unmap;
	return 0;

err_unmap:
	irq_dispose_mapping(line->virq);
	line->virq = 0;
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
	irq_dispose_mapping(line->virq);
	line->virq = 0;
	pnv_cxl_release_hwirqs(adapter->pci, line->hwirq, 1);
}

/**
 * native_irqs_init() - contexts may have interrupts
 * @adapter: the card, with its error interrupt
 *
 * A context has as many blocks as there are ranges, but for that of the PSL.
 */
void native_irqs_init(struct native_adapter *adapter)
{
	u32 base = round_down(adapter->error_irq.hwirq, CXL_MAX_IRQS);

	cxl_irq_pool_init_empty(&adapter->core.irqs.pool, base, CXL_IRQ_RANGES - 1);
}

/* One more number from the host bridge, which gives the lowest one that is free. */
static bool take_number(struct native_adapter *adapter)
{
	struct cxl_irq_ranges one;

	/* Unlike pnv_cxl_alloc_hwirqs(), says nothing if there is none. */
	if (pnv_cxl_alloc_hwirq_ranges(&one, adapter->pci, 1)) {
		WRITE_ONCE(adapter->irqs_exhausted, true);
		return false;
	}
	WRITE_ONCE(adapter->irqs_exhausted, false);
	if (cxl_irq_pool_add(&adapter->core.irqs.pool, one.offset[1]))
		return true;
	pnv_cxl_release_hwirq_ranges(&one, adapter->pci);
	return false;
}

/* What the PSL is told: that of the slice, and the blocks of the context. */
static void set_ranges(struct native_context *ctx, struct native_afu *afu)
{
	const struct cxl_irq_set *set = &ctx->core.irqs;
	u32 base = afu->core.adapter->irqs.pool.base;
	unsigned int i;

	memset(&ctx->ranges, 0, sizeof(ctx->ranges));
	ctx->ranges.offset[0] = afu->psl_irq.hwirq;
	ctx->ranges.range[0] = 1;
	for (i = 0; i < set->nr_blocks; i++) {
		ctx->ranges.offset[i + 1] = base + set->block[i].first;
		ctx->ranges.range[i + 1] = set->block[i].count;
	}
}

/*
 * The card takes more numbers than it needs, and keeps them: those that were given
 * back can rest only if there are others.
 */
int native_irqs_alloc(struct cxl_context *core, unsigned int nr)
{
	struct native_afu *afu = to_native_afu(core->afu);
	struct native_adapter *adapter = native_adapter_of(afu);
	unsigned int more = cxl_irq_pool_short(&core->afu->adapter->irqs.pool, nr);
	int ret;

	/* Asking in vain takes a search of all numbers: only for what cannot be missed. */
	while (more && !READ_ONCE(adapter->irqs_exhausted) && take_number(adapter))
		more--;
	do {
		ret = cxl_irqs_alloc(core, nr);
	} while (ret == -ENOSPC && take_number(adapter));
	if (!ret)
		set_ranges(to_native_context(core), afu);
	return ret;
}

unsigned int native_irqs_name(struct cxl_context *ctx, unsigned int number,
			      const char *name)
{
	return cxl_irqs_name(ctx, number - 1, name);
}

/**
 * native_irqs_disconnect() - no handler knows the context any more
 * @ctx: detached
 *
 * Waits for handlers that run. May sleep.
 */
void native_irqs_disconnect(struct cxl_context *ctx)
{
	cxl_irqs_disconnect(ctx);
	synchronize_irq(to_native_afu(ctx->afu)->psl_irq.virq);
}

/**
 * native_irqs_remove() - give up all interrupts of contexts
 * @adapter: the card, without AFUs
 *
 * But for the numbers that a context has which the card did not let go of.
 */
void native_irqs_remove(struct native_adapter *adapter)
{
	const struct cxl_irq_pool *pool = &adapter->core.irqs.pool;
	unsigned int i;

	cxl_irqs_remove(&adapter->core);
	for_each_andnot_bit(i, pool->usable, pool->used, CXL_MAX_IRQS)
		pnv_cxl_release_hwirqs(adapter->pci, pool->base + i, 1);
}
