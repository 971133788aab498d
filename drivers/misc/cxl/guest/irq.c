// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of processes: virtual interrupt source numbers (ISNs) of a facility.
 */
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/minmax.h>

#include "guest.h"

int guest_irq_map(struct cxl_adapter *adapter, u32 isn)
{
	return irq_create_mapping(NULL, isn) ?: -ENOSPC;
}

/* The AFU counts its interrupts in ascending order; the lowest is the PSL's. */
int guest_irqs_alloc(struct cxl_context *ctx, unsigned int nr)
{
	/* A kernel driver may want less than the hypervisor attaches a process with. */
	return cxl_irqs_alloc(ctx, max(nr, ctx->afu->irqs_min) + 1);
}

unsigned int guest_irqs_name(struct cxl_context *ctx, unsigned int number,
			     const char *name)
{
	return cxl_irqs_name(ctx, number, name);
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

void guest_irqs_enable(struct cxl_context *ctx)
{
	unsigned int i;

	cxl_irqs_connect(ctx, 0);
	for (i = 0; i < ctx->irqs.nr; i++)
		unmask(cxl_irqs_virq(ctx, i));
}
