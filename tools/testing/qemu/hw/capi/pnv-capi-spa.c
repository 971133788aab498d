/*
 * CAPI card of a bare metal POWER8 machine: scheduled processes area
 *
 * Software describes contexts in memory and tells the PSL with a command; the
 * PSL answers in memory, in the same doubleword in which software repeats it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "exec/address-spaces.h"
#include "pnv-capi.h"
#include "trace.h"

#define PE_SIZE                 128
#define PE_STATE                0x7c
#define   PE_STATE_V                0x80000000
#define   PE_STATE_COMPLETE         0x00000004
#define   PE_STATE_SUSPEND          0x00000002
#define   PE_STATE_TERMINATE        0x00000001
#define SPA_SOFTWARE_AREA       (3 * PE_SIZE)

#define SPAP_ADDRESS            0x0ffffffffffff000ULL
#define SPAP_SIZE(v)            (((v) >> 4 & 0xff) + 1)     /* of 4 KiB */

#define LLCMD_CODE(v)           ((v) >> 48)
#define LLCMD_LINK(v)           ((v) & 0xffff)
#define LLCMD_RESERVED          0x0000ffffffff0000ULL
#define STATUS_OFFSET           2   /* of the halfword in the doubleword */

/* A command takes a while; one that waits for an access looks now and then */
#define LLCMD_NS                (5 * SCALE_US)
#define LLCMD_POLL_NS           (50 * SCALE_US)

static uint64_t capi_spa_size(PnvCapiSlice *slice)
{
    return SPAP_SIZE(slice->p1n[P1N_SPAP / 8]) * 4 * KiB;
}

static hwaddr capi_spa_base(PnvCapiSlice *slice)
{
    return slice->p1n[P1N_SPAP / 8] & SPAP_ADDRESS;
}

/* How many elements fit, with what else the area has to hold */
static uint32_t capi_spa_elements(PnvCapiSlice *slice)
{
    return (capi_spa_size(slice) / 8 - 96) / 17;
}

static hwaddr capi_spa_status(PnvCapiSlice *slice)
{
    return capi_spa_base(slice) +
           capi_spa_elements(slice) * PE_SIZE + SPA_SOFTWARE_AREA;
}

static bool capi_spa_read(hwaddr addr, void *buf, uint64_t len)
{
    return address_space_read(&address_space_memory, addr,
                              MEMTXATTRS_UNSPECIFIED, buf, len) == MEMTX_OK;
}

void pnv_capi_llcmd_drop(PnvCapiSlice *slice)
{
    slice->llcmd = 0;
    timer_del(slice->llcmd_timer);
}

static void capi_llcmd_finish(PnvCapiSlice *slice, uint16_t status)
{
    hwaddr addr = capi_spa_status(slice) + STATUS_OFFSET;

    trace_pnv_capi_llcmd_done(slice->index, slice->llcmd, status);
    /* everything the command has caused is visible before */
    smp_wmb();
    address_space_stw_be(&address_space_memory, addr, status,
                         MEMTXATTRS_UNSPECIFIED, NULL);
    slice->llcmd = 0;
}

/* Has a test ordered another end of this command? */
static bool capi_llcmd_spoilt(PnvCapiSlice *slice, PnvCapiLlcmdEnd *end)
{
    PnvCapiLlcmdInjection *inj = &slice->card->llcmd_injection;

    if (!inj->count || (inj->code && inj->code != LLCMD_CODE(slice->llcmd))) {
        return false;
    }
    inj->count--;
    *end = inj->end;
    return true;
}

static void capi_llcmd_spoil(PnvCapiSlice *slice, PnvCapiLlcmdEnd end)
{
    trace_pnv_capi_llcmd_spoilt(slice->index, slice->llcmd, end);
    switch (end) {
    case CAPI_LLCMD_ERROR:
        capi_llcmd_finish(slice, LLCMD_ERROR | LLCMD_CODE(slice->llcmd));
        break;
    case CAPI_LLCMD_ONES:
        address_space_stq_be(&address_space_memory, capi_spa_status(slice),
                             UINT64_MAX, MEMTXATTRS_UNSPECIFIED, NULL);
        slice->llcmd = 0;
        break;
    case CAPI_LLCMD_TIMEOUT:
        pnv_capi_serr(slice, PSL_SERR_LLCMDTO);
        /* fall through */
    case CAPI_LLCMD_SILENCE:
        /* there is no other one before the AFU has been reset */
        slice->llcmd_lost = true;
        break;
    }
}

/* What software must not touch while the element is valid */
static uint8_t *capi_element(PnvCapiSlice *slice, uint32_t handle)
{
    return slice->elements + handle * PE_STATE;
}

static void capi_check_unchanged(PnvCapiSlice *slice, PslContext *ctx,
                                 const uint8_t *pe)
{
    if (memcmp(capi_element(slice, ctx->handle), pe, PE_STATE)) {
        pnv_capi_violation(slice->card, "element changed while it was valid",
                           ctx->handle);
    }
}

static bool capi_llcmd_add(PnvCapiSlice *slice, const uint8_t *pe)
{
    uint32_t handle = LLCMD_LINK(slice->llcmd);
    uint32_t state = ldl_be_p(pe + PE_STATE);
    PslContext *ctx;
    PslElement el;

    if (state != PE_STATE_V && state != (PE_STATE_V | PE_STATE_SUSPEND)) {
        pnv_capi_violation(slice->card, "state of an element to add", state);
        return false;
    }
    psl_reap(&slice->psl);
    pnv_capi_element_from_memory(slice, pe, &el);
    ctx = psl_add(&slice->psl, handle, &el);
    if (!ctx) {
        pnv_capi_violation(slice->card, "element cannot be added", handle);
        g_free(el.vector);
        return false;
    }
    memcpy(capi_element(slice, handle), pe, PE_STATE);
    if (state & PE_STATE_SUSPEND) {
        psl_suspend(ctx);
    }
    return true;
}

static bool capi_llcmd_remove(PnvCapiSlice *slice, PslContext *ctx,
                              uint32_t state)
{
    if (state & PE_STATE_V) {
        pnv_capi_violation(slice->card, "removal of a valid element", state);
        return false;
    }
    if (!ctx->stopping) {
        pnv_capi_violation(slice->card, "removal without terminate",
                           ctx->handle);
        return false;
    }
    slice->psl.lazy_removal = slice->card->lazy_removal;
    psl_remove(ctx);
    return true;
}

/* The element is fetched again; only what may change while it is running */
static bool capi_llcmd_update(PnvCapiSlice *slice, PslContext *ctx,
                              const uint8_t *pe)
{
    PslElement el;

    pnv_capi_element_from_memory(slice, pe, &el);
    el.wed = ctx->el.wed;
    g_free(ctx->el.vector);
    ctx->el = el;
    memcpy(capi_element(slice, ctx->handle), pe, PE_STATE);
    return true;
}

static bool capi_llcmd_known(PnvCapiSlice *slice, PslContext *ctx,
                             const uint8_t *pe)
{
    uint32_t state = ldl_be_p(pe + PE_STATE);

    switch (LLCMD_CODE(slice->llcmd)) {
    case LLCMD_TERMINATE:
        if (!(state & PE_STATE_TERMINATE)) {
            pnv_capi_violation(slice->card, "state of an element to terminate",
                               state);
            return false;
        }
        capi_check_unchanged(slice, ctx, pe);
        psl_stop(ctx);
        return true;
    case LLCMD_REMOVE:
        return capi_llcmd_remove(slice, ctx, state);
    case LLCMD_SUSPEND:
        psl_suspend(ctx);
        return true;
    case LLCMD_RESUME:
        psl_resume(ctx);
        return true;
    case LLCMD_UPDATE:
        return capi_llcmd_update(slice, ctx, pe);
    default:
        pnv_capi_violation(slice->card, "unknown command", slice->llcmd);
        return false;
    }
}

/* Software has to repeat the command in memory before it gives it */
static bool capi_llcmd_announced(PnvCapiSlice *slice)
{
    uint64_t said;

    said = address_space_ldq_be(&address_space_memory, capi_spa_status(slice),
                                MEMTXATTRS_UNSPECIFIED, NULL);
    if (said == slice->llcmd) {
        return true;
    }
    pnv_capi_violation(slice->card, "command differs from that in memory",
                       said);
    return false;
}

static bool capi_llcmd_start(PnvCapiSlice *slice)
{
    uint32_t link = LLCMD_LINK(slice->llcmd);
    uint8_t pe[PE_SIZE];
    PslContext *ctx;

    if (!capi_llcmd_announced(slice)) {
        return false;
    }
    if (link >= capi_spa_elements(slice) ||
        !capi_spa_read(capi_spa_base(slice) + link * PE_SIZE, pe,
                       sizeof(pe))) {
        pnv_capi_violation(slice->card, "command for no element", link);
        return false;
    }
    if (LLCMD_CODE(slice->llcmd) == LLCMD_ADD) {
        return capi_llcmd_add(slice, pe);
    }
    ctx = psl_context_by_handle(&slice->psl, link);
    if (!ctx) {
        pnv_capi_violation(slice->card, "element has not been added", link);
        return false;
    }
    return capi_llcmd_known(slice, ctx, pe);
}

/* Some commands end when nothing of their element is under way any more */
static bool capi_llcmd_drained(PnvCapiSlice *slice)
{
    PslContext *ctx = psl_context_by_handle(&slice->psl,
                                            LLCMD_LINK(slice->llcmd));

    switch (LLCMD_CODE(slice->llcmd)) {
    case LLCMD_TERMINATE:
        return !ctx || (!ctx->stuck && !psl_busy(ctx));
    case LLCMD_SUSPEND:
        return !ctx || slice->psl.current == NULL ||
               slice->psl.current->ctx != ctx;
    default:
        return true;
    }
}

static void capi_llcmd_run(void *opaque)
{
    PnvCapiSlice *slice = opaque;
    uint16_t code = LLCMD_CODE(slice->llcmd);
    PnvCapiLlcmdEnd end;

    if (!slice->llcmd || slice->llcmd_lost || pnv_capi_dead(slice->card)) {
        return;
    }
    if (!slice->llcmd_started) {
        slice->llcmd_started = true;
        if (capi_llcmd_spoilt(slice, &end)) {
            capi_llcmd_spoil(slice, end);
            return;
        }
        if (!capi_llcmd_start(slice)) {
            capi_llcmd_finish(slice, LLCMD_ERROR | code);
            return;
        }
    }
    if (capi_llcmd_drained(slice)) {
        capi_llcmd_finish(slice, code);
        return;
    }
    timer_mod(slice->llcmd_timer,
              qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + LLCMD_POLL_NS);
}

/* A store to PSL_LLCMD_An */
void pnv_capi_llcmd(PnvCapiSlice *slice, uint64_t val)
{
    uint32_t ms = slice->card->delay[CAPI_DELAY_LLCMD];
    uint64_t mode = slice->p1n[P1N_SCNTL / 8] & P1N_SCNTL_MODE;

    trace_pnv_capi_llcmd(slice->index, val);
    if (!pnv_capi_afu_enabled(slice)) {
        pnv_capi_serr(slice, PSL_SERR_LLCMDDIS);
        return;
    }
    if (slice->llcmd) {
        pnv_capi_violation(slice->card, "command before the end of another",
                           val);
        return;
    }
    if (!(slice->p1n[P1N_SPAP / 8] & P1N_SPAP_V) ||
        mode != P1N_SCNTL_DIRECTED ||
        slice->p1n[P1N_ID / 8] != P1N_ID_FIRST_LAST ||
        (val & LLCMD_RESERVED)) {
        pnv_capi_violation(slice->card, "command that cannot be executed",
                           val);
        return;
    }
    slice->llcmd = val;
    slice->llcmd_started = false;
    slice->llcmd_lost = false;
    if (ms != PNV_CAPI_NEVER) {
        timer_mod(slice->llcmd_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                      LLCMD_NS + (int64_t)ms * SCALE_MS);
    }
}

void pnv_capi_spa_init(PnvCapiSlice *slice)
{
    slice->elements = g_malloc0(slice->psl.max_contexts * PE_STATE);
    slice->llcmd_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, capi_llcmd_run,
                                      slice);
}
