// SPDX-License-Identifier: GPL-2.0-only
/*
 * AFU interrupts that the kernel driver that owns a context serves itself.
 *
 * The backend's handler stays on an interrupt, whoever has its number meanwhile, and
 * passes it on. So a driver can let go of an interrupt while its context still runs,
 * and one that comes late finds a handler that ignores it.
 */
#include <linux/cleanup.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "afu.h"
#include "context.h"
#include "owner-irq.h"

/**
 * struct cxl_owner_handler - what serves an interrupt
 * @handler: called in hard interrupts
 * @cookie: for @handler
 * @virq: for @handler
 * @rcu: for freeing after the last interrupt that may have found it
 */
struct cxl_owner_handler {
	irq_handler_t handler;
	void *cookie;
	unsigned int virq;
	struct rcu_head rcu;
};

/**
 * struct cxl_owner_irqs - the interrupts that the owner of a context has got
 * @rcu: for freeing after the last interrupt that may have found it
 * @nr: how many
 * @handlers: from interrupt 1 on, NULL for one that nobody serves
 */
struct cxl_owner_irqs {
	struct rcu_head rcu;
	unsigned int nr;
	struct cxl_owner_handler __rcu *handlers[] __counted_by(nr);
};

static struct cxl_owner_irqs *owner_irqs(struct cxl_context *ctx)
{
	return rcu_dereference_protected(ctx->owner_irqs,
					 lockdep_is_held(&ctx->start_lock));
}

/* NULL for an interrupt that the owner has not got. */
static struct cxl_owner_handler __rcu **find(struct cxl_owner_irqs *irqs,
					     unsigned int number)
{
	if (!irqs || !number || number > irqs->nr)
		return NULL;
	return &irqs->handlers[number - 1];
}

/**
 * cxl_owner_irqs_alloc() - get interrupts for the owner of a context
 * @ctx: the context
 * @nr: how many
 *
 * They are used by the next start. May sleep.
 *
 * Return: 0; -EBUSY if there are some, or the context is started; -ENOSPC, -ENOMEM.
 */
int cxl_owner_irqs_alloc(struct cxl_context *ctx, unsigned int nr)
{
	struct cxl_owner_irqs *irqs;
	int ret;

	guard(mutex)(&ctx->start_lock);

	if (ctx->irq_owner != CXL_IRQS_NONE || ctx->state == CXL_CTX_STARTED)
		return -EBUSY;
	irqs = kzalloc(struct_size(irqs, handlers, nr), GFP_KERNEL);
	if (!irqs)
		return -ENOMEM;
	irqs->nr = nr;
	ret = cxl_afu_ops(ctx->afu)->irqs_alloc(ctx, nr);
	if (ret) {
		kfree(irqs);
		return ret;
	}
	rcu_assign_pointer(ctx->owner_irqs, irqs);
	ctx->nr_irqs = nr;
	ctx->irq_owner = CXL_IRQS_OWNER;
	return 0;
}

/* On return the handler does not run, and will not. */
static void remove_handler(struct cxl_context *ctx, struct cxl_owner_handler __rcu **place,
			   unsigned int number)
{
	struct cxl_owner_handler *handler = rcu_dereference_protected(*place, true);

	if (!handler)
		return;
	cxl_afu_ops(ctx->afu)->irqs_name(ctx, number, NULL);
	RCU_INIT_POINTER(*place, NULL);
	synchronize_irq(handler->virq);
	kfree_rcu(handler, rcu);
}

static void remove_all(struct cxl_context *ctx)
{
	struct cxl_owner_irqs *irqs = owner_irqs(ctx);
	unsigned int i;

	if (!irqs)
		return;
	for (i = 0; i < irqs->nr; i++)
		remove_handler(ctx, &irqs->handlers[i], i + 1);
	RCU_INIT_POINTER(ctx->owner_irqs, NULL);
	ctx->nr_irqs = 0;
	kfree_rcu(irqs, rcu);
}

/**
 * cxl_owner_irqs_free() - the owner of a context does not need its interrupts
 * @ctx: the context; it may have none
 *
 * Waits for handlers that are left. While the hardware has the context, nobody else
 * gets the numbers. May sleep.
 */
void cxl_owner_irqs_free(struct cxl_context *ctx)
{
	guard(mutex)(&ctx->start_lock);

	if (ctx->irq_owner != CXL_IRQS_OWNER)
		return;
	remove_all(ctx);
	if (ctx->state == CXL_CTX_STARTED || !list_empty(&ctx->quarantine)) {
		ctx->irq_owner = CXL_IRQS_RETURNED;
		return;
	}
	cxl_afu_ops(ctx->afu)->irqs_free(ctx);
	ctx->irq_owner = CXL_IRQS_NONE;
}

/**
 * cxl_owner_irq_map() - have an interrupt served
 * @ctx: the context
 * @number: of the interrupt, as the AFU counts
 * @handler: called in hard interrupts, under RCU
 * @cookie: for @handler
 * @name: for /proc/interrupts, until it is undone; NULL for no other than it has
 *
 * May sleep.
 *
 * Return: its Linux number; -ENOENT if the owner has not got it; -EBUSY if it is
 * served; -ENODEV if it has gone with the card; -ENOMEM.
 */
int cxl_owner_irq_map(struct cxl_context *ctx, unsigned int number,
		      irq_handler_t handler, void *cookie, const char *name)
{
	struct cxl_owner_handler __rcu **place;
	struct cxl_owner_handler *new;

	guard(mutex)(&ctx->start_lock);

	place = find(owner_irqs(ctx), number);
	if (!place)
		return -ENOENT;
	if (rcu_access_pointer(*place))
		return -EBUSY;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	new->handler = handler;
	new->cookie = cookie;
	new->virq = cxl_afu_ops(ctx->afu)->irqs_name(ctx, number, name);
	if (!new->virq) {
		kfree(new);
		return -ENODEV;
	}
	rcu_assign_pointer(*place, new);
	return new->virq;
}

/**
 * cxl_owner_irq_unmap() - undo cxl_owner_irq_map()
 * @ctx: the context
 * @number: as before; nothing happens if nobody serves such an interrupt
 * @cookie: as before, or nothing happens
 *
 * Waits for the handler. May sleep.
 */
void cxl_owner_irq_unmap(struct cxl_context *ctx, unsigned int number, void *cookie)
{
	struct cxl_owner_handler __rcu **place;
	struct cxl_owner_handler *handler;

	guard(mutex)(&ctx->start_lock);

	place = find(owner_irqs(ctx), number);
	if (!place)
		return;
	handler = rcu_dereference_protected(*place, lockdep_is_held(&ctx->start_lock));
	if (handler && handler->cookie == cookie)
		remove_handler(ctx, place, number);
}

/**
 * cxl_owner_irq() - the AFU has raised an interrupt
 * @ctx: for this context
 * @number: from 1
 *
 * In hard interrupts, if the owner has got any.
 *
 * Return: false if the owner has not got the interrupts of the context.
 */
bool cxl_owner_irq(struct cxl_context *ctx, unsigned int number)
{
	struct cxl_owner_handler __rcu **place;
	struct cxl_owner_handler *handler;
	struct cxl_owner_irqs *irqs;

	guard(rcu)();

	irqs = rcu_dereference(ctx->owner_irqs);
	if (!irqs)
		return false;
	place = find(irqs, number);
	handler = place ? rcu_dereference(*place) : NULL;
	if (handler)
		handler->handler(handler->virq, handler->cookie);
	return true;
}
