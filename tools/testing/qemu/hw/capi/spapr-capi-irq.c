/*
 * PAPR coherent platform facility: interrupts on their way to the guest
 *
 * They get lost or come late if a test wants it so, and some have no cause.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "spapr-capi-internal.h"
#include "trace.h"

/* Under way at a time; beyond it the earliest ones arrive before their time */
#define CAPI_MAX_IRQS   4096
#define CAPI_SERIES_NS  SCALE_MS

/* One that has still to arrive, or a series of them */
struct SpaprCapiIrq {
    int64_t when_ns;
    SpaprCapiFunction *fn;
    uint64_t token;             /* of the process, 0: of the function */
    uint32_t isn;
    uint32_t count;
    SpaprCapiIrqKind kind;
    bool spurious;
    QTAILQ_ENTRY(SpaprCapiIrq) next;
};

static int64_t irq_now(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

/* The owner of a PSL interrupt may find that there is nothing to answer */
static void irq_excuse(SpaprCapiIrq *irq)
{
    PslSlice *s = &irq->fn->slice;
    uint32_t i;

    for (i = 0; i < s->max_contexts; i++) {
        PslContext *ctx = s->ctx[i];

        if (ctx && ctx->el.vector[0] == irq->isn &&
            (irq->spurious || !s->current || s->current->ctx != ctx)) {
            ctx->idle_acks++;
        }
    }
}

static void irq_arrive(SpaprCapiIrq *irq)
{
    if (irq->kind == CAPI_IRQ_PSL) {
        irq_excuse(irq);
    }
    spapr_capi_raise_isn(irq->fn->capi, irq->isn);
}

static void irq_remove(SpaprCapi *capi, SpaprCapiIrq *irq)
{
    QTAILQ_REMOVE(&capi->irqs, irq, next);
    capi->nr_irqs--;
}

/* In the order of their times; most are later than all others */
static void irq_insert(SpaprCapi *capi, SpaprCapiIrq *irq)
{
    SpaprCapiIrq *prev = QTAILQ_LAST(&capi->irqs);

    while (prev && prev->when_ns > irq->when_ns) {
        prev = QTAILQ_PREV(prev, next);
    }
    if (prev) {
        QTAILQ_INSERT_AFTER(&capi->irqs, prev, irq, next);
    } else {
        QTAILQ_INSERT_HEAD(&capi->irqs, irq, next);
    }
    capi->nr_irqs++;
    timer_mod(capi->irq_timer, QTAILQ_FIRST(&capi->irqs)->when_ns);
}

/* Deliver the first one; the rest of its series follows */
static void irq_first_arrives(SpaprCapi *capi)
{
    SpaprCapiIrq *irq = QTAILQ_FIRST(&capi->irqs);

    irq_remove(capi, irq);
    irq_arrive(irq);
    if (--irq->count) {
        irq->when_ns = irq_now() + CAPI_SERIES_NS;
        irq_insert(capi, irq);
    } else {
        g_free(irq);
    }
}

static void irq_timer(void *opaque)
{
    SpaprCapi *capi = opaque;
    SpaprCapiIrq *irq;
    int64_t now = irq_now();

    while ((irq = QTAILQ_FIRST(&capi->irqs)) && irq->when_ns <= now) {
        irq_first_arrives(capi);
    }
    if (irq) {
        timer_mod(capi->irq_timer, irq->when_ns);
    }
}

static void irq_schedule(const SpaprCapiIrq *irq, int64_t delay_ns)
{
    SpaprCapi *capi = irq->fn->capi;
    SpaprCapiIrq *copy = g_memdup2(irq, sizeof(*irq));

    while (capi->nr_irqs >= CAPI_MAX_IRQS) {
        QTAILQ_FIRST(&capi->irqs)->count = 1;
        irq_first_arrives(capi);
    }
    copy->when_ns = irq_now() + delay_ns;
    irq_insert(capi, copy);
}

static bool irq_is_lost(SpaprCapi *capi, SpaprCapiIrqKind kind)
{
    SpaprCapiLoss *loss = &capi->loss[kind];

    if (!loss->count) {
        return false;
    }
    if (loss->skip) {
        loss->skip--;
        return false;
    }
    loss->count--;
    return true;
}

/**
 * spapr_capi_irq_send() - an interrupt that has a cause
 * @token: of the process whose it is, 0: the function's
 */
void spapr_capi_irq_send(SpaprCapiFunction *fn, SpaprCapiIrqKind kind,
                         uint32_t isn, uint64_t token)
{
    SpaprCapi *capi = fn->capi;
    SpaprCapiIrq irq = {
        .fn = fn, .token = token, .isn = isn, .count = 1, .kind = kind,
    };

    if (irq_is_lost(capi, kind)) {
        trace_spapr_capi_irq_lost(isn);
        return;
    }
    if (capi->irq_delay_ms) {
        trace_spapr_capi_irq_delayed(isn, capi->irq_delay_ms);
        irq_schedule(&irq, (int64_t)capi->irq_delay_ms * SCALE_MS);
        return;
    }
    spapr_capi_raise_isn(capi, isn);
}

/* A series without a cause: the first one now, then one per millisecond */
void spapr_capi_irq_spurious(SpaprCapiFunction *fn, SpaprCapiIrqKind kind,
                             uint32_t isn, uint64_t token, uint32_t count)
{
    SpaprCapiIrq irq = {
        .fn = fn, .token = token, .isn = isn, .count = count, .kind = kind,
        .spurious = true,
    };

    trace_spapr_capi_irq_spurious(isn, count);
    irq_arrive(&irq);
    if (--irq.count) {
        irq_schedule(&irq, CAPI_SERIES_NS);
    }
}

/* A process ends: what has not arrived does not arrive any more */
void spapr_capi_irq_withdraw(SpaprCapiFunction *fn, uint64_t token)
{
    SpaprCapi *capi = fn->capi;
    SpaprCapiIrq *irq, *tmp;

    QTAILQ_FOREACH_SAFE(irq, &capi->irqs, next, tmp) {
        if (irq->fn == fn && irq->token == token) {
            trace_spapr_capi_irq_dropped(irq->isn);
            irq_remove(capi, irq);
            g_free(irq);
        }
    }
}

void spapr_capi_irq_reset(SpaprCapi *capi)
{
    SpaprCapiIrq *irq;

    while ((irq = QTAILQ_FIRST(&capi->irqs))) {
        irq_remove(capi, irq);
        g_free(irq);
    }
    timer_del(capi->irq_timer);
}

void spapr_capi_irq_init(SpaprCapi *capi)
{
    capi->irq_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, irq_timer, capi);
}
