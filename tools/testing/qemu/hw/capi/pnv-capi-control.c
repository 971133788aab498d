/*
 * CAPI card of a bare metal POWER8 machine: AFU control, modes and purge
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "pnv-capi.h"
#include "trace.h"

static uint64_t capi_mode(PnvCapiSlice *slice)
{
    return slice->p1n[P1N_SCNTL / 8] & P1N_SCNTL_MODE;
}

bool pnv_capi_dedicated(PnvCapiSlice *slice)
{
    return capi_mode(slice) == P1N_SCNTL_DEDICATED;
}

/* Time that the AFU takes to start or to end may be over by now */
bool pnv_capi_afu_enabled(PnvCapiSlice *slice)
{
    slice->es_wait.shown = true;
    if (slice->es_wait.on && pnv_capi_wait_over(&slice->es_wait)) {
        slice->enabled = slice->es_goal;
    }
    return slice->enabled;
}

static void capi_set_enabled(PnvCapiSlice *slice, bool on, PnvCapiDelay delay)
{
    slice->es_goal = on;
    pnv_capi_wait_start(slice->card, &slice->es_wait, delay);
}

/* In this mode there is one context, the registers describe it */
static void capi_start_dedicated(PnvCapiSlice *slice)
{
    PslElement el;

    if (slice->p1n[P1N_SPAP / 8] & P1N_SPAP_V) {
        pnv_capi_violation(slice->card, "dedicated mode with a valid SPAP",
                           slice->p1n[P1N_SPAP / 8]);
        return;
    }
    pnv_capi_element_from_registers(slice, &el);
    if (!psl_add(&slice->psl, 0, &el)) {
        pnv_capi_violation(slice->card, "enabled before the purge", 0);
        g_free(el.vector);
    }
}

static bool capi_can_enable(PnvCapiSlice *slice)
{
    uint64_t mode = capi_mode(slice);

    if (pnv_capi_afu_enabled(slice)) {
        pnv_capi_violation(slice->card, "AFU enabled twice", slice->index);
        return false;
    }
    if (mode != P1N_SCNTL_DEDICATED && mode != P1N_SCNTL_DIRECTED) {
        pnv_capi_violation(slice->card, "AFU enabled without a mode", mode);
        return false;
    }
    return true;
}

static void capi_enable(PnvCapiSlice *slice)
{
    trace_pnv_capi_afu(slice->index, "enable");
    slice->e = true;
    if (!capi_can_enable(slice)) {
        return;
    }
    capi_set_enabled(slice, true, CAPI_DELAY_ENABLE);
    psl_reap(&slice->psl);
    if (pnv_capi_dedicated(slice) &&
        slice->card->delay[CAPI_DELAY_ENABLE] != PNV_CAPI_NEVER) {
        capi_start_dedicated(slice);
    }
}

/* The AFU stops. What it has under way stays for a purge */
static void capi_stop(PnvCapiSlice *slice)
{
    pnv_capi_llcmd_drop(slice);
    psl_afu_reset(&slice->psl);
}

static void capi_disable(PnvCapiSlice *slice)
{
    trace_pnv_capi_afu(slice->index, "disable");
    slice->e = false;
    if (slice->card->delay[CAPI_DELAY_DISABLE] == PNV_CAPI_NEVER) {
        return;
    }
    capi_stop(slice);
    capi_set_enabled(slice, false, CAPI_DELAY_DISABLE);
}

static void capi_reset(PnvCapiSlice *slice)
{
    PnvCapi *card = slice->card;

    if (slice->ra) {
        /* such an AFU notices the edge only */
        return;
    }
    trace_pnv_capi_afu(slice->index, "reset");
    slice->ra = card->sticky_reset;
    slice->rs = CAPI_RESET_PENDING;
    pnv_capi_wait_start(card, &slice->rs_wait, CAPI_DELAY_RESET);
    if (card->delay[CAPI_DELAY_RESET] == PNV_CAPI_NEVER) {
        return;
    }
    capi_stop(slice);
    slice->e = false;
    slice->enabled = false;
    slice->es_wait.on = false;
    slice->described = true;
    if (!capi_mode(slice)) {
        slice->p1n[P1N_SERR / 8] &= ~PSL_SERR_MASKS;
    }
}

uint64_t pnv_capi_afu_cntl_read(PnvCapiSlice *slice)
{
    uint64_t val = slice->e ? AFU_CNTL_E : 0;

    if (pnv_capi_afu_enabled(slice)) {
        val |= AFU_CNTL_ENABLED;
    }
    if (slice->rs == CAPI_RESET_PENDING &&
        pnv_capi_wait_over(&slice->rs_wait)) {
        slice->rs = CAPI_RESET_DONE;
    }
    if (slice->rs == CAPI_RESET_PENDING) {
        val |= AFU_CNTL_RESETTING | AFU_CNTL_RA;
    } else if (slice->rs == CAPI_RESET_DONE) {
        val |= AFU_CNTL_RESET_DONE;
    }
    return val | (slice->ra ? AFU_CNTL_RA : 0);
}

void pnv_capi_afu_cntl_write(PnvCapiSlice *slice, uint64_t val)
{
    if (val & AFU_CNTL_RA) {
        capi_reset(slice);
        return;
    }
    slice->ra = false;
    if ((val & AFU_CNTL_E) && !slice->e) {
        capi_enable(slice);
    } else if (!(val & AFU_CNTL_E) && slice->e) {
        capi_disable(slice);
    }
}

/* Software may change the registers of a context that runs */
void pnv_capi_dedicated_update(PnvCapiSlice *slice)
{
    PslContext *ctx = psl_context_by_handle(&slice->psl, 0);
    PslElement el;

    if (!ctx || !pnv_capi_dedicated(slice)) {
        return;
    }
    pnv_capi_element_from_registers(slice, &el);
    el.wed = ctx->el.wed;
    g_free(ctx->el.vector);
    ctx->el = el;
}

static void capi_suspend_all(PnvCapiSlice *slice, bool on)
{
    PslContext *ctx;
    uint32_t i;

    for (i = 0; i < slice->psl.max_contexts; i++) {
        ctx = psl_context_by_handle(&slice->psl, i);
        if (ctx && on) {
            psl_suspend(ctx);
        } else if (ctx) {
            psl_resume(ctx);
        }
    }
}

/* Complete when nothing of the slice is under way */
static uint64_t capi_purge_status(PnvCapiSlice *slice)
{
    uint32_t busy = psl_reap(&slice->psl);
    bool over = pnv_capi_wait_over(&slice->purge);

    return busy || !over || slice->psl.nr_contexts ? P1N_SCNTL_PURGING
                                                   : P1N_SCNTL_PURGED;
}

uint64_t pnv_capi_scntl_read(PnvCapiSlice *slice)
{
    uint64_t val = slice->p1n[P1N_SCNTL / 8];

    if (val & P1N_SCNTL_PURGE) {
        val |= capi_purge_status(slice);
    }
    if (val & P1N_SCNTL_SUSPEND) {
        val |= P1N_SCNTL_SUSPENDED;
    }
    return val;
}

void pnv_capi_scntl_write(PnvCapiSlice *slice, uint64_t val)
{
    uint64_t *reg = &slice->p1n[P1N_SCNTL / 8], old = *reg;

    *reg = val & ~(P1N_SCNTL_PURGED | P1N_SCNTL_SUSPENDED);
    trace_pnv_capi_scntl(slice->index, *reg);
    if (((old ^ val) & P1N_SCNTL_MODE) && pnv_capi_afu_enabled(slice)) {
        pnv_capi_violation(slice->card, "mode of an AFU that is enabled", val);
    }
    if ((val & P1N_SCNTL_PURGE) && !(old & P1N_SCNTL_PURGE)) {
        if (pnv_capi_afu_enabled(slice)) {
            pnv_capi_violation(slice->card, "purge, but the AFU is enabled",
                               val);
        }
        pnv_capi_wait_start(slice->card, &slice->purge, CAPI_DELAY_PURGE);
    }
    if ((old ^ val) & P1N_SCNTL_SUSPEND) {
        capi_suspend_all(slice, val & P1N_SCNTL_SUSPEND);
    }
}
