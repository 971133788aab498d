/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AFU interrupts that a kernel driver serves itself.
 */
#ifndef _CXL_OWNER_IRQ_H
#define _CXL_OWNER_IRQ_H

#include <linux/interrupt.h>

struct cxl_context;
struct cxl_owner_irqs;

int cxl_owner_irqs_alloc(struct cxl_context *ctx, unsigned int nr);
void cxl_owner_irqs_free(struct cxl_context *ctx);
int cxl_owner_irq_map(struct cxl_context *ctx, unsigned int number,
		      irq_handler_t handler, void *cookie, const char *name);
void cxl_owner_irq_unmap(struct cxl_context *ctx, unsigned int number, void *cookie);
bool cxl_owner_irq(struct cxl_context *ctx, unsigned int number);

#endif /* _CXL_OWNER_IRQ_H */
