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
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/slab.h>

#include "guest.h"

/**
 * struct guest_irq - an interrupt of a card
 * @virq: Linux number
 * @number: as the AFU of its owner counts, from 1; 0 for that of the PSL
 * @ctx: owner, or NULL. Contexts are freed by RCU, and handlers are readers.
 * @name: for /proc/interrupts
 */
struct guest_irq {
	unsigned int virq;
	unsigned int number;
	struct cxl_context __rcu *ctx;
	char name[32];
};

static irqreturn_t irq_handler(int virq, void *data)
{
	struct guest_irq *irq = data;
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

static struct guest_irq *irq_create(struct guest_adapter *adapter, u32 isn)
{
	struct guest_irq *irq;
	int ret;

	irq = kzalloc(sizeof(*irq), GFP_KERNEL);
	if (!irq)
		return ERR_PTR(-ENOMEM);
	snprintf(irq->name, sizeof(irq->name), "cxl-%s-%#x",
		 dev_name(&adapter->core.dev), isn);

	ret = -ENOSPC;
	irq->virq = irq_create_mapping(NULL, isn);
	if (!irq->virq)
		goto err_free;
	ret = request_irq(irq->virq, irq_handler, 0, irq->name, irq);
	if (ret)
		goto err_dispose;
	ret = xa_err(xa_store(&adapter->irqs, isn, irq, GFP_KERNEL));
	if (ret)
		goto err_irq;
	return irq;

err_irq:
	free_irq(irq->virq, irq);
err_dispose:
	irq_dispose_mapping(irq->virq);
err_free:
	kfree(irq);
	return ERR_PTR(ret);
}

/* The numbers of a context belong to it alone, so nobody else creates them. */
static int irq_prepare(struct guest_adapter *adapter, u32 isn)
{
	if (xa_load(&adapter->irqs, isn))
		return 0;
	return PTR_ERR_OR_ZERO(irq_create(adapter, isn));
}

int guest_irqs_alloc(struct cxl_context *ctx, unsigned int nr)
{
	struct guest_adapter *adapter = to_guest_adapter(ctx->afu->adapter);
	struct guest_context *guest = to_guest_context(ctx);
	unsigned int i;
	int ret;

	ret = guest_isn_alloc(&adapter->isns, nr + 1, &guest->isns);
	if (ret)
		return ret;
	for (i = 0; i <= nr && !ret; i++)
		ret = irq_prepare(adapter, guest_isn_nth(&adapter->isns, &guest->isns, i));
	if (ret)
		guest_isn_free(&adapter->isns, &guest->isns);
	else
		guest->nr_irqs = nr + 1;
	return ret;
}

static struct guest_irq *nth_irq(struct cxl_context *ctx, unsigned int n)
{
	struct guest_adapter *adapter = to_guest_adapter(ctx->afu->adapter);

	return xa_load(&adapter->irqs, guest_isn_nth(&adapter->isns,
						     &to_guest_context(ctx)->isns, n));
}

/*
 * The hypervisor has masked the interrupts without the interrupt core knowing,
 * so that enable_irq() would see nothing to do.
 */
static void unmask(unsigned int virq)
{
	struct irq_data *data = irq_get_irq_data(virq);

	data->chip->irq_unmask(data);
}

/* The AFU counts its interrupts in ascending order; the lowest is the PSL's. */
void guest_irqs_enable(struct cxl_context *ctx)
{
	unsigned int i;

	for (i = 0; i < to_guest_context(ctx)->nr_irqs; i++) {
		struct guest_irq *irq = nth_irq(ctx, i);

		irq->number = i;
		rcu_assign_pointer(irq->ctx, ctx);
		unmask(irq->virq);
	}
}

/**
 * guest_irqs_disable() - no handler knows the context any more
 * @ctx: detached
 *
 * Waits for handlers that run. May sleep.
 */
void guest_irqs_disable(struct cxl_context *ctx)
{
	unsigned int i;

	for (i = 0; i < to_guest_context(ctx)->nr_irqs; i++) {
		struct guest_irq *irq = nth_irq(ctx, i);

		RCU_INIT_POINTER(irq->ctx, NULL);
		synchronize_irq(irq->virq);
	}
}

/**
 * guest_irqs_remove() - give up all interrupts of a card
 * @adapter: the card, without AFUs
 */
void guest_irqs_remove(struct guest_adapter *adapter)
{
	struct guest_irq *irq;
	unsigned long isn;

	xa_for_each(&adapter->irqs, isn, irq) {
		free_irq(irq->virq, irq);
		irq_dispose_mapping(irq->virq);
		kfree(irq);
	}
	xa_destroy(&adapter->irqs);
}
