/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts of contexts.
 */
#ifndef _CXL_IRQ_H
#define _CXL_IRQ_H

#include "irq_pool.h"

struct cxl_adapter;
struct cxl_context;
struct cxl_irq;

/**
 * struct cxl_irqs - interrupts of a card that contexts use
 * @pool: their numbers; the backend fills it
 * @handlers: those that have been used, counted from the base of the pool. Whoever
 *	has a number has its entry.
 */
struct cxl_irqs {
	struct cxl_irq_pool pool;
	struct cxl_irq **handlers;
};

int cxl_irqs_init(struct cxl_irqs *irqs);
void cxl_irqs_destroy(struct cxl_irqs *irqs);
int cxl_irqs_alloc(struct cxl_context *ctx, unsigned int nr);
void cxl_irqs_free(struct cxl_context *ctx);
unsigned int cxl_irqs_virq(struct cxl_context *ctx, unsigned int n);
unsigned int cxl_irqs_name(struct cxl_context *ctx, unsigned int n, const char *name);
void cxl_irqs_connect(struct cxl_context *ctx, unsigned int first);
void cxl_irqs_disconnect(struct cxl_context *ctx);
void cxl_irqs_remove(struct cxl_adapter *adapter);

#endif /* _CXL_IRQ_H */
