/*
 * POWER service layer (PSL): contexts and the commands of the AFU
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "exec/address-spaces.h"
#include "hw/capi/psl.h"
#include "trace.h"

/* Accesses that are answered or retried per timer callback */
#define PSL_WORK_BATCH  64
#define PSL_WORK_NS     1000

void psl_violation(PslSlice *s, const char *what, uint64_t val)
{
    s->stats.violations++;
    trace_psl_violation(what, val);
    qemu_log_mask(LOG_GUEST_ERROR, "capi: %s (0x%" PRIx64 ")\n", what, val);
}

/*
 * Transfers are plain memory accesses. A real address that is not RAM gives a
 * data error: an AFU that reaches into device registers could call itself.
 */
static MemTxResult psl_dma(PslSlice *s, hwaddr ra, uint8_t *buf, uint64_t len,
                           bool store)
{
    const MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    MemoryRegion *mr;
    hwaddr xlat, plen = len;

    RCU_READ_LOCK_GUARD();
    mr = address_space_translate(s->as, ra, &xlat, &plen, store, attrs);
    if (plen < len || !memory_access_is_direct(mr, store)) {
        return MEMTX_DECODE_ERROR;
    }
    return address_space_rw(s->as, ra, attrs, buf, len, store);
}

static bool psl_atomic_try(CapiAccess *acc, void *host)
{
    uint64_t old, new;

    if (acc->len == 8) {
        uint64_t *p = host, raw = qatomic_read(p);

        old = be64_to_cpu(raw);
        return !acc->modify(acc, old, &new) ||
               qatomic_cmpxchg(p, raw, cpu_to_be64(new)) == raw;
    } else {
        uint32_t *p = host, raw = qatomic_read(p);

        old = be32_to_cpu(raw);
        return !acc->modify(acc, old, &new) ||
               qatomic_cmpxchg(p, raw, cpu_to_be32(new)) == raw;
    }
}

static MemTxResult psl_dma_atomic(PslSlice *s, hwaddr ra, CapiAccess *acc)
{
    const MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    MemoryRegion *mr;
    hwaddr xlat, plen = acc->len;
    void *host;

    WITH_RCU_READ_LOCK_GUARD() {
        mr = address_space_translate(s->as, ra, &xlat, &plen, true, attrs);
        if (plen < acc->len || !memory_access_is_direct(mr, true)) {
            return MEMTX_DECODE_ERROR;
        }
    }

    plen = acc->len;
    host = address_space_map(s->as, ra, &plen, true, attrs);
    if (!host) {
        return MEMTX_ERROR;
    }
    if (plen == acc->len) {
        while (!psl_atomic_try(acc, host)) {
            /* a CPU was faster */
        }
    }
    address_space_unmap(s->as, host, plen, true, plen);
    return plen == acc->len ? MEMTX_OK : MEMTX_ERROR;
}

static uint64_t psl_ea(const PslContext *ctx, uint64_t ea)
{
    return ctx->el.sixty_four ? ea : ea & UINT32_MAX;
}

/* Carry on with an access until it is done or faults */
static CapiResp psl_access_run(CapiAccess *acc)
{
    PslContext *ctx = acc->ctx;
    PslSlice *s = ctx->slice;
    bool store = acc->type != CAPI_ACCESS_READ;

    if (s->ops->blocked && s->ops->blocked(s->host)) {
        ctx->flushed = true;
        return CAPI_RESP_FAULT;
    }
    while (acc->pos < acc->len) {
        uint64_t ea = psl_ea(ctx, acc->ea + acc->pos);
        uint64_t len;
        MemTxResult res;
        PslXlate x;

        if (psl_translate(ctx, ea, acc->type, &x) != PSL_XLATE_OK) {
            acc->fault = (PslFault) {
                .ctx = ctx, .acc = acc, .dsisr = x.dsisr, .dar = ea,
                .dsr = x.dsr,
            };
            psl_fault_raise(s, &acc->fault);
            return CAPI_RESP_PENDING;
        }

        len = MIN(acc->len - acc->pos, x.len);
        if (acc->type == CAPI_ACCESS_ATOMIC) {
            res = psl_dma_atomic(s, x.ra, acc);
        } else {
            res = psl_dma(s, x.ra, acc->buf + acc->pos, len, store);
        }
        trace_psl_access(ctx->handle, ea, x.ra, len, store, res);
        if (res != MEMTX_OK) {
            ctx->flushed = true;
            return CAPI_RESP_DERROR;
        }
        s->stats.stores += store;
        acc->pos += len;
    }
    return CAPI_RESP_DONE;
}

static bool psl_access_valid(const CapiAccess *acc)
{
    if (acc->type != CAPI_ACCESS_ATOMIC) {
        return true;
    }
    return (acc->len == 4 || acc->len == 8) && !(acc->ea & (acc->len - 1));
}

/**
 * psl_access() - carry out a memory access of an AFU
 *
 * Returns the final response, or CAPI_RESP_PENDING: then acc->done() follows.
 */
CapiResp psl_access(PslContext *ctx, CapiAccess *acc)
{
    acc->ctx = ctx;
    acc->pos = 0;

    if (ctx->terminated || ctx->stopping) {
        return CAPI_RESP_CONTEXT;
    }
    if (ctx->flushed) {
        return CAPI_RESP_FLUSHED;
    }
    if (!psl_access_valid(acc)) {
        return CAPI_RESP_FAILED;
    }
    if (ctx->suspended) {
        QTAILQ_INSERT_TAIL(&ctx->stalled, acc, next);
        return CAPI_RESP_PENDING;
    }
    return psl_access_run(acc);
}

void psl_access_later(CapiAccess *acc, CapiResp resp)
{
    PslSlice *s = acc->ctx->slice;

    acc->resp = resp;
    QTAILQ_INSERT_TAIL(&s->work, acc, next);
    timer_mod(s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + PSL_WORK_NS);
}

static void psl_work_one(CapiAccess *acc)
{
    PslContext *ctx = acc->ctx;
    CapiResp resp = acc->resp;

    if (resp == CAPI_RESP_PENDING) {
        if (ctx->suspended) {
            QTAILQ_INSERT_TAIL(&ctx->stalled, acc, next);
            return;
        }
        resp = psl_access_run(acc);
    } else if (resp != CAPI_RESP_DONE) {
        ctx->flushed = true;
    }
    if (resp != CAPI_RESP_PENDING) {
        acc->done(acc, resp);
    }
}

static void psl_work(void *opaque)
{
    PslSlice *s = opaque;
    CapiAccess *acc;
    int n;

    for (n = 0; n < PSL_WORK_BATCH; n++) {
        acc = QTAILQ_FIRST(&s->work);
        if (!acc) {
            return;
        }
        QTAILQ_REMOVE(&s->work, acc, next);
        psl_work_one(acc);
    }
    timer_mod(s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + PSL_WORK_NS);
}

/* An AFU interrupt: sources start at 1, source 0 belongs to the PSL */
CapiResp psl_interrupt(PslContext *ctx, uint32_t source)
{
    PslSlice *s = ctx->slice;

    if (ctx->terminated || ctx->stopping) {
        return CAPI_RESP_CONTEXT;
    }
    if (!source || source >= ctx->el.nr_vectors) {
        trace_psl_afu_irq_bad(ctx->handle, source);
        if (s->ops->bad_source) {
            s->ops->bad_source(s->host, ctx, source);
        }
        return CAPI_RESP_FAILED;
    }
    s->stats.afu_irqs++;
    trace_psl_afu_irq(ctx->handle, source, ctx->el.vector[source]);
    s->ops->irq(s->host, ctx, source);
    return CAPI_RESP_DONE;
}

/* The AFU's restart command ends the flush that an error began */
void psl_restart(PslContext *ctx)
{
    ctx->flushed = false;
}

uint64_t psl_timebase(PslSlice *s)
{
    return s->ops->timebase(s->host);
}

uint32_t psl_context_handle(const PslContext *ctx)
{
    return ctx->handle;
}

uint64_t psl_context_wed(const PslContext *ctx)
{
    return ctx->el.wed;
}

void *psl_context_afu_state(PslContext *ctx)
{
    return ctx->afu_state;
}

PslContext *psl_context_by_handle(PslSlice *s, uint32_t handle)
{
    PslContext *ctx = handle < s->max_contexts ? s->ctx[handle] : NULL;

    return ctx && !ctx->orphan ? ctx : NULL;
}

/**
 * psl_add() - add a process element
 * @el: copied; the vectors pass into the ownership of the context
 */
PslContext *psl_add(PslSlice *s, uint32_t handle, const PslElement *el)
{
    CapiAfuClass *ac = CAPI_AFU_GET_CLASS(s->afu);
    PslContext *ctx;

    if (handle >= s->max_contexts || s->ctx[handle]) {
        return NULL;
    }
    ctx = g_new0(PslContext, 1);
    ctx->slice = s;
    ctx->handle = handle;
    ctx->seq = s->seq++;
    ctx->el = *el;
    QTAILQ_INIT(&ctx->stalled);
    ctx->afu_state = g_malloc0(ac->context_size);
    s->ctx[handle] = ctx;
    s->nr_contexts++;
    trace_psl_add(handle, el->wed, el->sstp0, el->sstp1, el->nr_vectors);
    ac->add(s->afu, ctx);
    return ctx;
}

static void psl_drop_stalled(PslContext *ctx)
{
    CapiAccess *acc;

    while ((acc = QTAILQ_FIRST(&ctx->stalled))) {
        QTAILQ_REMOVE(&ctx->stalled, acc, next);
        acc->done(acc, CAPI_RESP_CONTEXT);
    }
}

/*
 * Start nothing new. Accesses that are under way end by themselves, those that
 * wait for an answer to a fault when they have it.
 */
void psl_stop(PslContext *ctx)
{
    PslSlice *s = ctx->slice;

    if (ctx->stopping || ctx->terminated) {
        return;
    }
    trace_psl_stop(ctx->handle);
    CAPI_AFU_GET_CLASS(s->afu)->terminate(s->afu, ctx);
    ctx->stopping = true;
    psl_drop_stalled(ctx);
}

/* Has the context an access under way, or a fault that is not answered? */
bool psl_busy(const PslContext *ctx)
{
    const PslSlice *s = ctx->slice;
    CapiAccess *acc;
    PslFault *f;

    if (s->current && s->current->dsisr && s->current->ctx == ctx) {
        return true;
    }
    QTAILQ_FOREACH(f, &s->faults, next) {
        if (f->ctx == ctx) {
            return true;
        }
    }
    QTAILQ_FOREACH(acc, &s->work, next) {
        if (acc->ctx == ctx) {
            return true;
        }
    }
    return !QTAILQ_EMPTY(&ctx->stalled);
}

/*
 * The AFU forgets its contexts. What they have under way is not withdrawn:
 * they stay until it has ended, unknown to the AFU.
 */
void psl_afu_reset(PslSlice *s)
{
    uint32_t i;

    for (i = 0; i < s->max_contexts; i++) {
        if (s->ctx[i]) {
            psl_stop(s->ctx[i]);
            s->ctx[i]->orphan = true;
        }
    }
    CAPI_AFU_GET_CLASS(s->afu)->reset(s->afu);
    psl_reap(s);
}

/*
 * Remove the orphans that have nothing under way any more, and count the
 * others. Nobody has asked for their segments to be dropped.
 */
uint32_t psl_reap(PslSlice *s)
{
    uint32_t i, left = 0;

    for (i = 0; i < s->max_contexts; i++) {
        PslContext *ctx = s->ctx[i];

        if (!ctx || !ctx->orphan) {
            continue;
        }
        if (psl_busy(ctx)) {
            left++;
            continue;
        }
        psl_slb_leave(ctx);
        psl_slb_flush(ctx);
        psl_remove(ctx);
    }
    return left;
}

/* After this the context touches neither memory nor interrupts */
void psl_terminate(PslContext *ctx)
{
    PslSlice *s = ctx->slice;
    CapiAccess *acc, *tmp;

    if (ctx->terminated) {
        return;
    }
    trace_psl_terminate(ctx->handle);
    ctx->terminated = true;

    psl_fault_drop(ctx);
    QTAILQ_FOREACH_SAFE(acc, &s->work, next, tmp) {
        if (acc->ctx == ctx) {
            QTAILQ_REMOVE(&s->work, acc, next);
            acc->done(acc, CAPI_RESP_CONTEXT);
        }
    }
    psl_drop_stalled(ctx);
    if (!ctx->stopping) {
        CAPI_AFU_GET_CLASS(s->afu)->terminate(s->afu, ctx);
    }
}

void psl_remove(PslContext *ctx)
{
    PslSlice *s = ctx->slice;

    psl_terminate(ctx);
    trace_psl_remove(ctx->handle);
    CAPI_AFU_GET_CLASS(s->afu)->remove(s->afu, ctx);
    if (s->lazy_removal) {
        psl_slb_leave(ctx);
    }
    s->ctx[ctx->handle] = NULL;
    s->nr_contexts--;
    g_free(ctx->afu_state);
    g_free(ctx->el.vector);
    g_free(ctx);
}

void psl_suspend(PslContext *ctx)
{
    trace_psl_suspend(ctx->handle, true);
    ctx->suspended = true;
}

void psl_resume(PslContext *ctx)
{
    CapiAccess *acc;

    trace_psl_suspend(ctx->handle, false);
    ctx->suspended = false;
    while ((acc = QTAILQ_FIRST(&ctx->stalled))) {
        QTAILQ_REMOVE(&ctx->stalled, acc, next);
        psl_access_later(acc, CAPI_RESP_PENDING);
    }
}

/* Segment lookaside invalidate all, as a write to SLBIA_An */
void psl_slbia(PslSlice *s)
{
    uint32_t i;

    trace_psl_slbia();
    for (i = 0; i < s->max_contexts; i++) {
        if (s->ctx[i]) {
            psl_slb_flush(s->ctx[i]);
        }
    }
    psl_slb_flush_left(s);
}

/* The same for one partition, or one process of it */
void psl_slbia_partition(PslSlice *s, uint32_t lpid)
{
    trace_psl_slbia();
    psl_slb_flush_tagged(s, lpid, 0, 0);
}

void psl_slbia_process(PslSlice *s, uint32_t lpid, uint32_t pid)
{
    trace_psl_slbia();
    psl_slb_flush_tagged(s, lpid, pid, UINT32_MAX);
}

static void psl_remove_all(PslSlice *s)
{
    uint32_t i;

    s->draining = true;
    for (i = 0; i < s->max_contexts; i++) {
        if (s->ctx[i]) {
            psl_remove(s->ctx[i]);
        }
    }
    s->draining = false;
}

/* AFU reset and purge: every context is gone */
void psl_slice_reset(PslSlice *s)
{
    psl_remove_all(s);
    memset(&s->latched, 0, sizeof(s->latched));
    psl_tlb_flush(s);
    psl_slb_flush_left(s);
    CAPI_AFU_GET_CLASS(s->afu)->reset(s->afu);
}

void psl_slice_init(PslSlice *s, const PslHostOps *ops, void *host,
                    CapiAfu *afu, AddressSpace *as)
{
    s->ops = ops;
    s->host = host;
    s->afu = afu;
    s->as = as;
    s->max_contexts = afu->geom.processes;
    s->ctx = g_new0(PslContext *, s->max_contexts);
    s->tlb = g_new0(PslTlbEntry, 1 << PSL_TLB_BITS);
    s->left = g_new0(PslLeftSlbEntry, PSL_LEFT_SLB);
    QTAILQ_INIT(&s->faults);
    QTAILQ_INIT(&s->work);
    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, psl_work, s);
    afu->slice = s;
}

void psl_slice_fini(PslSlice *s)
{
    psl_remove_all(s);
    timer_free(s->timer);
    g_free(s->left);
    g_free(s->tlb);
    g_free(s->ctx);
    s->afu->slice = NULL;
}
