/*
 * PAPR coherent platform facility: PSL interrupts
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "spapr-capi-internal.h"
#include "trace.h"

/* H_CONTROL_CA_FAULTS operations */
enum {
    FAULT_RESPOND_PSL = 1,
    FAULT_RESPOND_AFU = 2,
};

#define FAULT_RESET_ERRSTAT     1

/* R4 function, R5 process token */
target_long spapr_capi_collect(SpaprCapiCall *c)
{
    SpaprCapiFunction *fn = c->fn;
    PslFault *l = &fn->slice.latched;
    PslContext *ctx = fn->slice.current ? fn->slice.current->ctx : NULL;

    if (!spapr_capi_process(fn, c->args[1])) {
        return H_PARAMETER;
    }
    if (fn->state != CAPI_STATE_NORMAL) {
        return H_STATE;
    }

    c->args[0] = l->dsisr;
    c->args[1] = l->dar;
    c->args[2] = l->dsr;
    c->args[3] = ctx ? (uint64_t)ctx->el.pid << 32 | ctx->el.tid : 0;
    c->args[4] = (l->dsisr & PSL_DSISR_AE) || (fn->serr & PSL_SERR_AE) ?
                 l->afu_err : 0;
    c->args[5] = l->dsisr & PSL_DSISR_PE ? l->errstat : 0;
    c->args[6] = ctx ? ctx->handle : 0;
    return H_SUCCESS;
}

/* R4 function, R5 operation, R6 process token, R7 control, R8 reset mask */
target_long spapr_capi_faults(SpaprCapiCall *c)
{
    SpaprCapiFunction *fn = c->fn;
    uint64_t control = c->args[3], reset = c->args[4];
    SpaprCapiProcess *p;

    switch (c->args[1]) {
    case FAULT_RESPOND_PSL:
        break;
    case FAULT_RESPOND_AFU:
        return H_FUNCTION;
    default:
        return H_NOT_FOUND;
    }

    p = spapr_capi_process(fn, c->args[2]);
    if (!p) {
        return H_PARAMETER;
    }
    if (fn->state != CAPI_STATE_NORMAL) {
        return H_STATE;
    }
    /* answers take effect at once, so nothing is ever left pending */
    c->args[0] = 0;
    if ((reset & FAULT_RESET_ERRSTAT) && psl_fault_clear_errstat(p->ctx) &&
        control == PSL_TFC_A) {
        /* the acknowledgement of the same error, not of the next one */
        control = 0;
    }
    if (control) {
        psl_fault_answer(p->ctx, MIN(control, UINT32_MAX));
    }
    return H_SUCCESS;
}
