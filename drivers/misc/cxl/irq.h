/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AFU interrupts of a context.
 */
#ifndef _CXL_IRQ_H
#define _CXL_IRQ_H

#include <linux/types.h>

struct cxl_context;

/**
 * struct cxl_afu_irq - an AFU interrupt with a handler
 * @ctx: the context
 * @number: as the AFU counts, from 1
 * @virq: Linux interrupt number
 * @name: for /proc/interrupts
 */
struct cxl_afu_irq {
	struct cxl_context *ctx;
	unsigned int number;
	unsigned int virq;
	char name[40];
};

/**
 * struct cxl_ctx_irqs - AFU interrupts of a context
 * @irq: those with a handler
 * @nr: how many
 *
 * Written while the context is started or ended, under its start_lock.
 */
struct cxl_ctx_irqs {
	struct cxl_afu_irq *irq;
	unsigned int nr;
};

int cxl_irqs_request(struct cxl_context *ctx, unsigned int nr);
void cxl_irqs_enable(struct cxl_context *ctx);
void cxl_irqs_release(struct cxl_context *ctx);

#endif /* _CXL_IRQ_H */
