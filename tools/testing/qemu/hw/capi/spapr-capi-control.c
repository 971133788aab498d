/*
 * PAPR coherent platform facility: H_CONTROL_CA_FUNCTION and _FACILITY
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "spapr-capi-internal.h"
#include "trace.h"

/* H_CONTROL_CA_FUNCTION operations */
enum {
    FN_RESET = 1,
    FN_SUSPEND = 2,
    FN_RESUME = 3,
    FN_READ_ERROR_STATE = 4,
    FN_GET_ERROR_BUFFER = 5,
    FN_GET_CONFIG = 6,
    FN_GET_DOWNLOAD_STATUS = 7,
    FN_TERMINATE = 8,
    FN_COLLECT_VPD = 9,
    FN_GET_ERROR_INTS = 11,
    FN_ACK_ERROR_INTS = 12,
    FN_GET_ERROR_LOG = 13,
};

/* H_CONTROL_CA_FACILITY operations */
enum {
    FACILITY_RESET = 1,
    FACILITY_COLLECT_VPD = 2,
};

static bool capi_state_normal(SpaprCapiFunction *fn)
{
    return fn->state == CAPI_STATE_NORMAL && !fn->resetting;
}

/* Operation, parameters 1-4 in R6-R9 */
static SpaprCapiOp *capi_control_op(SpaprCapiCall *c,
                                    target_long (*commit)(SpaprCapiOp *op))
{
    SpaprCapiOp *op = spapr_capi_op_new(c, c->args[1]);

    memcpy(op->arg, c->args + 2, sizeof(op->arg));
    op->commit = commit;
    return op;
}

static target_long capi_reset_commit(SpaprCapiOp *op)
{
    SpaprCapiFunction *fn = op->fn;

    fn->resetting = false;
    if (fn->state > CAPI_STATE_DISABLED) {
        return H_STATE;
    }
    spapr_capi_set_state(fn, CAPI_STATE_DISABLED);
    psl_slice_reset(&fn->slice);
    fn->serr &= ~(PSL_SERR_STATUS | PSL_SERR_AE);
    fn->plid = 0;
    spapr_capi_set_state(fn, CAPI_STATE_NORMAL);
    return H_SUCCESS;
}

static void capi_reset_release(SpaprCapiOp *op)
{
    op->fn->resetting = false;
}

static target_long capi_reset(SpaprCapiCall *c)
{
    SpaprCapiFunction *fn = c->fn;
    SpaprCapiOp *op;

    if (fn->state > CAPI_STATE_DISABLED || fn->resetting ||
        spapr_capi_flash_under_way(c->capi)) {
        return H_STATE;
    }
    if (!c->capi->privileged) {
        return H_AUTHORITY;
    }
    if (c->capi->process_mmio && fn->psa_addr &&
        spapr_capi_hpt_maps(c->capi, fn->psa_addr, fn->afu->geom.psa_size)) {
        return H_RESOURCE;
    }
    op = capi_control_op(c, capi_reset_commit);
    op->release = capi_reset_release;
    fn->resetting = true;
    return spapr_capi_op_start(c, op, CAPI_DELAY_RESET);
}

static target_long capi_process_commit(SpaprCapiOp *op)
{
    SpaprCapiProcess *p = spapr_capi_process(op->fn, op->arg[0]);

    if (!p) {
        return H_PARAMETER;
    }
    switch (op->operation) {
    case FN_SUSPEND:
        psl_suspend(p->ctx);
        break;
    case FN_RESUME:
        psl_resume(p->ctx);
        break;
    case FN_TERMINATE:
        psl_terminate(p->ctx);
        break;
    }
    return H_SUCCESS;
}

/* Suspend, resume, terminate: R6 process token */
static target_long capi_process_control(SpaprCapiCall *c)
{
    SpaprCapiProcess *p;
    bool suspended;

    if (!capi_state_normal(c->fn)) {
        return H_STATE;
    }
    p = spapr_capi_process(c->fn, c->args[2]);
    if (!p) {
        return H_PARAMETER;
    }
    suspended = p->ctx->suspended;
    if (p->ctx->terminated ||
        (c->args[1] == FN_SUSPEND && suspended) ||
        (c->args[1] == FN_RESUME && !suspended)) {
        return H_STATE;
    }
    return spapr_capi_op_start(c, capi_control_op(c, capi_process_commit),
                               CAPI_DELAY_CONTROL);
}

/* Does offset + len leave the area? Strictly read, its last byte is outside */
static bool capi_outside(SpaprCapi *capi, uint64_t offset, uint64_t len,
                         uint64_t size)
{
    if (len > SPAPR_CAPI_PAGE || offset > size || len > size - offset) {
        return true;
    }
    return capi->strict_end && offset + len == size;
}

static target_long capi_error_buffer_commit(SpaprCapiOp *op)
{
    uint8_t buf[SPAPR_CAPI_PAGE];
    uint64_t len = op->arg[2];

    CAPI_AFU_GET_CLASS(op->fn->afu)->err_read(op->fn->afu, op->arg[0], buf,
                                              len);
    return spapr_capi_write(op->capi, op->arg[1], buf, len) ? H_SUCCESS
                                                            : H_PARAMETER;
}

/* R6 offset, R7 buffer, R8 length */
static target_long capi_error_buffer(SpaprCapiCall *c)
{
    uint64_t offset = c->args[2], buffer = c->args[3], len = c->args[4];

    if (buffer % SPAPR_CAPI_PAGE ||
        capi_outside(c->capi, offset, len, c->fn->afu->geom.err_buffer_size) ||
        !spapr_capi_is_ram(c->capi, buffer, len)) {
        return H_PARAMETER;
    }
    if (c->fn->state > CAPI_STATE_DISABLED) {
        return H_STATE;
    }
    return spapr_capi_op_start(c, capi_control_op(c, capi_error_buffer_commit),
                               CAPI_DELAY_CONTROL);
}

static target_long capi_config_commit(SpaprCapiOp *op)
{
    uint8_t buf[SPAPR_CAPI_PAGE];
    uint64_t len = op->arg[3];

    CAPI_AFU_GET_CLASS(op->fn->afu)->config_read(op->fn->afu, op->arg[0],
                                                 op->arg[1], buf, len);
    return spapr_capi_write(op->capi, op->arg[2], buf, len) ? H_SUCCESS
                                                            : H_PARAMETER;
}

/* R6 record, R7 offset, R8 buffer, R9 length */
static target_long capi_config(SpaprCapiCall *c)
{
    const CapiAfuGeometry *g = &c->fn->afu->geom;
    uint64_t offset = c->args[3], buffer = c->args[4], len = c->args[5];

    if (c->args[2] >= g->config_records || buffer % SPAPR_CAPI_PAGE ||
        capi_outside(c->capi, offset, len, g->config_record_size) ||
        !spapr_capi_is_ram(c->capi, buffer, len)) {
        return H_PARAMETER;
    }
    if (!capi_state_normal(c->fn)) {
        return H_STATE;
    }
    return spapr_capi_op_start(c, capi_control_op(c, capi_config_commit),
                               CAPI_DELAY_CONTROL);
}

static target_long capi_fn_vpd_commit(SpaprCapiOp *op)
{
    op->nr_out = 1;
    return spapr_capi_vpd(op->capi, "CAPI accelerator function", op->arg[1],
                          op->arg[2], op->capi->vpd_size, &op->out[0]);
}

/* R6 record, R7 list, R8 entries */
static target_long capi_fn_vpd(SpaprCapiCall *c)
{
    target_long rc;

    if (c->args[2] >= c->fn->afu->geom.config_records) {
        return H_PARAMETER;
    }
    rc = spapr_capi_check_list(c->capi, c->args[3], c->args[4]);
    if (rc != H_SUCCESS) {
        return rc;
    }
    if (!capi_state_normal(c->fn)) {
        return H_STATE;
    }
    return spapr_capi_op_start(c, capi_control_op(c, capi_fn_vpd_commit),
                               CAPI_DELAY_CONTROL);
}

/*
 * Function error interrupts. Status bits are cleared by writing ones, the
 * masks are written as they are.
 */
static target_long capi_error_ints(SpaprCapiCall *c)
{
    SpaprCapiFunction *fn = c->fn;
    uint64_t clear = PSL_SERR_STATUS | PSL_SERR_AE;

    if (fn->state > CAPI_STATE_DISABLED) {
        return H_STATE;
    }
    if (c->args[1] == FN_GET_ERROR_INTS) {
        c->args[0] = fn->serr;
        return H_SUCCESS;
    }
    fn->serr &= ~(c->args[2] & clear);
    fn->serr = (fn->serr & ~PSL_SERR_MASKS) | (c->args[2] & PSL_SERR_MASKS);
    trace_spapr_capi_serr(fn->index, fn->serr);
    return H_SUCCESS;
}

static target_long capi_error_log(SpaprCapiCall *c)
{
    if (c->fn->state != CAPI_STATE_DISABLED &&
        c->fn->state != CAPI_STATE_PERMANENT) {
        return H_STATE;
    }
    c->args[0] = c->fn->plid;
    return H_SUCCESS;
}

static target_long capi_function_new(SpaprCapiCall *c)
{
    switch (c->args[1]) {
    case FN_RESET:
        return capi_reset(c);
    case FN_SUSPEND:
    case FN_RESUME:
    case FN_TERMINATE:
        return capi_process_control(c);
    case FN_READ_ERROR_STATE:
        c->args[0] = c->fn->state;
        return H_SUCCESS;
    case FN_GET_ERROR_BUFFER:
        return capi_error_buffer(c);
    case FN_GET_CONFIG:
        return capi_config(c);
    case FN_GET_DOWNLOAD_STATUS:
        /* the functions are not programmable */
        return H_FUNCTION;
    case FN_COLLECT_VPD:
        return capi_fn_vpd(c);
    case FN_GET_ERROR_INTS:
    case FN_ACK_ERROR_INTS:
        return capi_error_ints(c);
    case FN_GET_ERROR_LOG:
        return capi_error_log(c);
    default:
        return H_NOT_FOUND;
    }
}

/* R4 function, R5 operation, R6-R9 parameters, R10 continue token */
target_long spapr_capi_control_function(SpaprCapiCall *c)
{
    if (c->args[6]) {
        return spapr_capi_op_continue(c, c->args[1], c->args[6]);
    }
    return capi_function_new(c);
}

static target_long capi_facility_reset_commit(SpaprCapiOp *op)
{
    SpaprCapi *capi = op->capi;
    uint32_t i;

    for (i = 0; i < capi->nr_functions; i++) {
        spapr_capi_set_state(&capi->fn[i], CAPI_STATE_TEMPORARY);
    }
    spapr_capi_flash_reset(capi);
    capi->state = CAPI_STATE_TEMPORARY;
    timer_mod(capi->reset_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                 (int64_t)capi->reset_ms * SCALE_MS);
    return H_SUCCESS;
}

static target_long capi_facility_reset(SpaprCapiCall *c)
{
    if (c->capi->state == CAPI_STATE_TEMPORARY) {
        return H_STATE;
    }
    if (!c->capi->privileged_facility) {
        return H_AUTHORITY;
    }
    return spapr_capi_op_start(c,
                               capi_control_op(c, capi_facility_reset_commit),
                               CAPI_DELAY_FACILITY);
}

static target_long capi_facility_vpd_commit(SpaprCapiOp *op)
{
    op->nr_out = 1;
    return spapr_capi_vpd(op->capi, "Emulated CAPI adapter", op->arg[0],
                          op->arg[1], op->capi->vpd_size, &op->out[0]);
}

/* R6 list, R7 entries */
static target_long capi_facility_vpd(SpaprCapiCall *c)
{
    target_long rc = spapr_capi_check_list(c->capi, c->args[2], c->args[3]);

    if (rc != H_SUCCESS) {
        return rc;
    }
    if (c->capi->state != CAPI_STATE_NORMAL) {
        return H_STATE;
    }
    return spapr_capi_op_start(c, capi_control_op(c, capi_facility_vpd_commit),
                               CAPI_DELAY_FACILITY);
}

/* R4 facility, R5 operation, R6-R9 parameters, R10 continue token */
target_long spapr_capi_control_facility(SpaprCapiCall *c)
{
    if (c->args[6]) {
        return spapr_capi_op_continue(c, c->args[1], c->args[6]);
    }
    switch (c->args[1]) {
    case FACILITY_RESET:
        return capi_facility_reset(c);
    case FACILITY_COLLECT_VPD:
        return capi_facility_vpd(c);
    default:
        return H_NOT_FOUND;
    }
}
