// SPDX-License-Identifier: GPL-2.0-only
/*
 * AFU interrupts of a context: handlers from start to end.
 */
#include <linux/interrupt.h>
#include <linux/slab.h>

#include "afu.h"
#include "context.h"
#include "irq.h"
#include "trace.h"

static irqreturn_t afu_irq_handler(int virq, void *data)
{
	struct cxl_afu_irq *irq = data;

	trace_cxl_afu_irq(irq->ctx, irq->number);
	cxl_afu_count(irq->ctx->afu, CXL_STAT_AFU_INTERRUPTS);
	cxl_event_afu_irq(irq->ctx, irq->number);
	return IRQ_HANDLED;
}

static int request_one(struct cxl_context *ctx, struct cxl_afu_irq *irq,
		       unsigned int number, unsigned int virq)
{
	irq->ctx = ctx;
	irq->number = number;
	irq->virq = virq;
	/* Interrupt 1 of a context is that of its PSL. */
	snprintf(irq->name, sizeof(irq->name), "cxl-%s-pe%u-%u",
		 dev_name(&ctx->afu->dev), ctx->id, number + 1);
	/*
	 * The platform may mask an interrupt while it is handed to the AFU.
	 * Only a first enable afterwards is sure to unmask it.
	 */
	return request_irq(virq, afu_irq_handler, IRQF_NO_AUTOEN, irq->name, irq);
}

static int request_all(struct cxl_context *ctx, const unsigned int *virqs,
		       unsigned int nr)
{
	struct cxl_ctx_irqs *irqs = &ctx->irqs;
	int ret;

	irqs->irq = kcalloc(nr, sizeof(*irqs->irq), GFP_KERNEL);
	if (!irqs->irq)
		return -ENOMEM;

	for (irqs->nr = 0; irqs->nr < nr; irqs->nr++) {
		ret = request_one(ctx, &irqs->irq[irqs->nr], irqs->nr + 1,
				  virqs[irqs->nr]);
		if (ret) {
			cxl_irqs_release(ctx);
			return ret;
		}
	}
	return 0;
}

/**
 * cxl_irqs_request() - get AFU interrupts and their handlers, disabled
 * @ctx: a context that is being started
 * @nr: how many AFU interrupts, may be 0
 *
 * May sleep.
 *
 * Return: 0; -ENOSPC, -ENOMEM or what request_irq() returned, and then nothing
 * is left to undo.
 */
int cxl_irqs_request(struct cxl_context *ctx, unsigned int nr)
{
	const struct cxl_backend_ops *ops = cxl_afu_ops(ctx->afu);
	int ret;

	unsigned int *virqs __free(kfree) =
		kcalloc(nr, sizeof(*virqs), GFP_KERNEL);
	if (!virqs)
		return -ENOMEM;
	ret = ops->irqs_alloc(ctx, virqs, nr);
	if (ret)
		return ret;
	ret = request_all(ctx, virqs, nr);
	if (ret)
		ops->irqs_free(ctx);
	return ret;
}

/**
 * cxl_irqs_enable() - let AFU interrupts come
 * @ctx: attached
 */
void cxl_irqs_enable(struct cxl_context *ctx)
{
	unsigned int i;

	for (i = 0; i < ctx->irqs.nr; i++)
		enable_irq(ctx->irqs.irq[i].virq);
}

/**
 * cxl_irqs_release() - take the handlers away
 * @ctx: the context
 *
 * Waits for handlers that run. The numbers still belong to the context, see
 * cxl_backend_ops.irqs_free. May sleep.
 */
void cxl_irqs_release(struct cxl_context *ctx)
{
	struct cxl_ctx_irqs *irqs = &ctx->irqs;

	while (irqs->nr--)
		free_irq(irqs->irq[irqs->nr].virq, &irqs->irq[irqs->nr]);
	kfree(irqs->irq);
	irqs->irq = NULL;
	irqs->nr = 0;
}
