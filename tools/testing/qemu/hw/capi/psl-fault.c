/*
 * POWER service layer (PSL): faults and what the OS answers
 *
 * A slice presents one fault at a time: the registers keep it until it is
 * answered, further ones wait in the order in which they arose. A fault that
 * no access has caused is allocated and belongs to the slice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/capi/psl.h"
#include "trace.h"

static void psl_fault_count(PslSlice *s, uint64_t dsisr)
{
    s->stats.psl_irqs++;
    if (dsisr & PSL_DSISR_DS) {
        s->stats.segment_faults++;
    } else if (dsisr & PSL_DSISR_TRANS) {
        s->stats.page_faults++;
    }
}

static PslFault *psl_fault_new(PslContext *ctx, uint64_t dsisr)
{
    PslFault *f = g_new0(PslFault, 1);

    f->ctx = ctx;
    f->dsisr = dsisr;
    ctx->slice->nr_own_faults++;
    return f;
}

static void psl_fault_free(PslFault *f)
{
    if (!f->acc) {
        f->ctx->slice->nr_own_faults--;
        g_free(f);
    }
}

/* Registers without a cause wait for no answer: the next fault replaces them */
static bool psl_fault_blocked(PslSlice *s)
{
    return s->current && s->current->dsisr;
}

/* A fault that waited may have been cured by the answer to another one */
static bool psl_fault_cured(PslFault *f)
{
    CapiAccess *acc = f->acc;
    PslXlate x;

    if (!acc) {
        return false;
    }
    if (psl_translate(f->ctx, f->dar, acc->type, &x) == PSL_XLATE_OK) {
        return true;
    }
    f->dsisr = x.dsisr;
    f->dsr = x.dsr;
    return false;
}

static void psl_fault_present(PslSlice *s, PslFault *f)
{
    if (s->current) {
        psl_fault_free(s->current);
    }
    s->current = f;
    s->latched = *f;
    psl_fault_count(s, f->dsisr);
    trace_psl_fault(f->ctx->handle, f->dsisr, f->dar);
    if (!f->dsisr) {
        f->ctx->idle_acks++;
    }
    s->ops->irq(s->host, f->ctx, 0);
}

static void psl_fault_next(PslSlice *s)
{
    PslFault *f;

    while (!s->draining && !psl_fault_blocked(s) &&
           (f = QTAILQ_FIRST(&s->faults))) {
        QTAILQ_REMOVE(&s->faults, f, next);
        if (psl_fault_cured(f)) {
            psl_access_later(f->acc, CAPI_RESP_PENDING);
        } else {
            psl_fault_present(s, f);
        }
    }
}

/**
 * psl_fault_raise() - report a fault now, or as soon as it is its turn
 * @f: part of an access, or allocated: then it belongs to the queue now
 */
void psl_fault_raise(PslSlice *s, PslFault *f)
{
    if (psl_fault_blocked(s)) {
        trace_psl_fault_wait(f->ctx->handle, f->dsisr, f->dar);
        QTAILQ_INSERT_TAIL(&s->faults, f, next);
        return;
    }
    psl_fault_present(s, f);
}

/* An error that the AFU reports itself (AFU_ERR_An, DSISR[AE]) */
void psl_afu_error(PslContext *ctx, uint64_t code)
{
    PslSlice *s = ctx->slice;
    PslFault *f;

    if (s->ops->afu_error && s->ops->afu_error(s->host, ctx, code)) {
        return;
    }
    f = psl_fault_new(ctx, PSL_DSISR_AE);
    f->afu_err = code;
    psl_fault_raise(ctx->slice, f);
}

/**
 * psl_fault_inject() - raise a fault that no access has caused
 * @what: cause, address and error registers
 *
 * Returns false if too many of them are pending.
 */
bool psl_fault_inject(PslContext *ctx, const PslFault *what)
{
    PslFault *f;

    if (ctx->slice->nr_own_faults >= PSL_OWN_FAULTS) {
        return false;
    }
    trace_psl_fault_inject(ctx->handle, what->dsisr, what->dar);
    f = psl_fault_new(ctx, what->dsisr);
    f->dar = what->dar;
    f->afu_err = what->afu_err;
    f->errstat = what->errstat;
    psl_fault_raise(ctx->slice, f);
    return true;
}

/* The registers show no cause any more, the next fault can come */
static void psl_fault_release(PslSlice *s)
{
    s->current = NULL;
    s->latched.dsisr = 0;
    s->latched.errstat = 0;
    psl_fault_next(s);
}

/* Forget every fault of a context that ends */
void psl_fault_drop(PslContext *ctx)
{
    PslSlice *s = ctx->slice;
    PslFault *f, *tmp;

    QTAILQ_FOREACH_SAFE(f, &s->faults, next, tmp) {
        if (f->ctx == ctx) {
            QTAILQ_REMOVE(&s->faults, f, next);
            if (f->acc) {
                f->acc->done(f->acc, CAPI_RESP_CONTEXT);
            }
            psl_fault_free(f);
        }
    }

    f = s->current;
    if (f && f->ctx == ctx) {
        trace_psl_fault_drop(ctx->handle, f->dsisr, f->dar);
        if (f->acc) {
            f->acc->done(f->acc, CAPI_RESP_CONTEXT);
        }
        psl_fault_free(f);
        psl_fault_release(s);
    }
}

static CapiResp psl_fault_resp(uint32_t tfc)
{
    switch (tfc) {
    case PSL_TFC_R:
        return CAPI_RESP_PENDING;
    case PSL_TFC_AE:
        return CAPI_RESP_AERROR;
    default:
        return CAPI_RESP_PAGED;
    }
}

static uint32_t psl_fault_fitting(const PslFault *f)
{
    return f->dsisr & PSL_DSISR_TRANS ? PSL_TFC_R | PSL_TFC_AE | PSL_TFC_C
                                      : PSL_TFC_A;
}

/* An interrupt without a cause may be acknowledged once */
static bool psl_fault_idle_ack(PslContext *ctx, uint32_t tfc)
{
    if (tfc != PSL_TFC_A || !ctx->idle_acks) {
        return false;
    }
    trace_psl_fault_idle_ack(ctx->handle);
    ctx->idle_acks--;
    return true;
}

/**
 * psl_fault_answer() - a write to PSL_TFC_An on behalf of a context
 * @tfc: one of the PSL_TFC_ bits
 *
 * Answers that do not fit what is pending are ignored and counted.
 */
bool psl_fault_answer(PslContext *ctx, uint32_t tfc)
{
    PslSlice *s = ctx->slice;
    PslFault *f = s->current;

    if (!f || f->ctx != ctx) {
        if (!psl_fault_idle_ack(ctx, tfc)) {
            psl_violation(s, "answer without a fault of the context", tfc);
        }
        return false;
    }
    if (!is_power_of_2(tfc) || !(tfc & psl_fault_fitting(f))) {
        if (!psl_fault_idle_ack(ctx, tfc)) {
            psl_violation(s, "answer does not fit the fault", tfc);
        }
        return false;
    }

    trace_psl_fault_answer(ctx->handle, tfc, f->dar);
    if (!f->dsisr) {
        psl_fault_idle_ack(ctx, tfc);
    }
    if (f->acc) {
        psl_access_later(f->acc, psl_fault_resp(tfc));
    }
    psl_fault_free(f);
    psl_fault_release(s);
    return true;
}

/* Reading ErrStat and writing it back ends a PSL error. Was there one? */
bool psl_fault_clear_errstat(PslContext *ctx)
{
    PslSlice *s = ctx->slice;
    PslFault *f = s->current;

    if (!f || !(f->dsisr & PSL_DSISR_PE)) {
        return false;
    }
    if (f->ctx != ctx) {
        psl_violation(s, "reset of another context's PSL error", ctx->handle);
        return false;
    }
    trace_psl_fault_answer(ctx->handle, 0, f->dar);
    psl_fault_free(f);
    psl_fault_release(s);
    return true;
}
