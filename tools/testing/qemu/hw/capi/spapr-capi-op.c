/*
 * PAPR coherent platform facility: operations that take several hypercalls
 *
 * The first call checks its arguments, reserves what it needs and creates an
 * operation with a continue token. Further calls with that token answer busy
 * until the configured time and number of rounds have passed; then the
 * operation is carried out once and its result is handed over.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "spapr-capi-internal.h"
#include "trace.h"

/* Results that nobody fetched must not pile up for ever */
#define CAPI_MAX_OPS    1024

static void capi_op_free(SpaprCapiOp *op)
{
    SpaprCapi *capi = op->capi;

    if (!op->done && op->release) {
        op->release(op);
    }
    if (op->token) {
        QTAILQ_REMOVE(&capi->ops, op, next);
        capi->nr_ops--;
    }
    if (op->timer) {
        timer_free(op->timer);
    }
    g_free(op);
}

SpaprCapiOp *spapr_capi_op_new(SpaprCapiCall *c, target_ulong operation)
{
    SpaprCapiOp *op = g_new0(SpaprCapiOp, 1);

    op->capi = c->capi;
    op->fn = c->fn;
    op->opcode = c->opcode;
    op->operation = operation;
    return op;
}

static void capi_op_commit(SpaprCapiOp *op)
{
    op->done = true;
    op->rc = op->commit(op);
    trace_spapr_capi_op_done(op->token, op->opcode, op->operation, op->rc);
}

/* Does a test hold up the process that this operation detaches? */
static bool capi_op_stuck(SpaprCapiOp *op)
{
    SpaprCapiProcess *p;

    if (op->opcode != H_DETACH_CA_PROCESS) {
        return false;
    }
    p = spapr_capi_process(op->fn, op->arg[0]);
    return p && p->stuck;
}

static bool capi_op_ready(SpaprCapiOp *op)
{
    return !op->rounds && !capi_op_stuck(op) &&
           qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) >= op->ready_ns;
}

static void capi_op_expired(void *opaque)
{
    SpaprCapiOp *op = opaque;

    if (!op->done && capi_op_ready(op)) {
        capi_op_commit(op);
    }
}

/* No process is stuck any more: end what has only waited for that */
void spapr_capi_op_unstick(SpaprCapi *capi)
{
    SpaprCapiOp *op;

    QTAILQ_FOREACH(op, &capi->ops, next) {
        if (op->opcode == H_DETACH_CA_PROCESS) {
            capi_op_expired(op);
        }
    }
}

/* Hand over the result; the operation is gone after it */
static target_long capi_op_result(SpaprCapiCall *c, SpaprCapiOp *op)
{
    target_long rc = op->rc;
    unsigned i;

    if (rc == H_SUCCESS || rc == H_CONTINUE) {
        for (i = 0; i < op->nr_out; i++) {
            c->args[i] = op->out[i];
        }
    }
    capi_op_free(op);
    return rc;
}

static target_long capi_busy_code(SpaprCapi *capi, SpaprCapiOp *op)
{
    int64_t left, order = 1000000;
    target_long rc = H_LONG_BUSY_ORDER_1_MSEC;

    if (capi->busy_code) {
        return capi->busy_code;
    }
    if (capi_op_stuck(op)) {
        return H_LONG_BUSY_ORDER_100_MSEC;
    }
    left = op->ready_ns - qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    while (rc < H_LONG_BUSY_ORDER_100_SEC && left >= order * 10) {
        order *= 10;
        rc++;
    }
    return rc;
}

static target_long capi_op_busy(SpaprCapiCall *c, SpaprCapiOp *op)
{
    target_long rc = capi_busy_code(op->capi, op);

    c->args[0] = op->token;
    trace_spapr_capi_op_busy(op->token, op->opcode, op->operation, rc);
    return rc;
}

/* The oldest result gives way; a guest can have given up waiting for it */
static void capi_op_make_room(SpaprCapi *capi)
{
    SpaprCapiOp *op;

    QTAILQ_FOREACH(op, &capi->ops, next) {
        if (op->done) {
            capi_op_free(op);
            return;
        }
    }
}

target_long spapr_capi_op_start(SpaprCapiCall *c, SpaprCapiOp *op,
                                SpaprCapiDelayClass class)
{
    SpaprCapi *capi = c->capi;
    SpaprCapiDelay *delay = &capi->delay[class];

    if (!delay->ms && !delay->rounds && !capi_op_stuck(op)) {
        capi_op_commit(op);
        return capi_op_result(c, op);
    }

    if (capi->nr_ops >= CAPI_MAX_OPS) {
        capi_op_make_room(capi);
    }
    if (capi->nr_ops >= CAPI_MAX_OPS) {
        capi_op_free(op);
        c->args[0] = 0;
        return H_BUSY;
    }

    op->token = ++capi->op_seq;
    op->rounds = delay->rounds;
    op->ready_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                   (int64_t)delay->ms * SCALE_MS;
    QTAILQ_INSERT_TAIL(&capi->ops, op, next);
    capi->nr_ops++;
    if (delay->ms) {
        op->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, capi_op_expired, op);
        timer_mod(op->timer, op->ready_ns);
    }
    return capi_op_busy(c, op);
}

/* One more round of an operation that has been started */
target_long spapr_capi_op_join(SpaprCapiCall *c, SpaprCapiOp *op)
{
    if (op->rounds && op->rounds != UINT32_MAX) {
        op->rounds--;
    }
    if (!op->done) {
        if (!capi_op_ready(op)) {
            return capi_op_busy(c, op);
        }
        capi_op_commit(op);
    }
    return capi_op_result(c, op);
}

target_long spapr_capi_op_continue(SpaprCapiCall *c, target_ulong operation,
                                   uint64_t token)
{
    SpaprCapiOp *op;

    QTAILQ_FOREACH(op, &c->capi->ops, next) {
        if (op->token == token && op->fn == c->fn &&
            op->opcode == c->opcode && op->operation == operation) {
            return spapr_capi_op_join(c, op);
        }
    }
    trace_spapr_capi_bad_continue(c->opcode, token);
    return H_PARAMETER;
}

/* An operation with this first argument that is still under way */
SpaprCapiOp *spapr_capi_op_find(SpaprCapiFunction *fn, target_ulong opcode,
                                target_ulong arg0)
{
    SpaprCapiOp *op;

    QTAILQ_FOREACH(op, &fn->capi->ops, next) {
        if (op->fn == fn && op->opcode == opcode && op->arg[0] == arg0 &&
            !op->done) {
            return op;
        }
    }
    return NULL;
}

/* The function has left Normal: no attach can succeed any more */
void spapr_capi_op_abort_attach(SpaprCapiFunction *fn)
{
    SpaprCapiOp *op;

    QTAILQ_FOREACH(op, &fn->capi->ops, next) {
        if (op->fn == fn && op->opcode == H_ATTACH_CA_PROCESS && !op->done) {
            op->release(op);
            op->done = true;
            op->rc = H_STATE;
        }
    }
}

void spapr_capi_op_cancel(SpaprCapi *capi, target_ulong opcode)
{
    SpaprCapiOp *op, *next;

    QTAILQ_FOREACH_SAFE(op, &capi->ops, next, next) {
        if (op->opcode == opcode) {
            capi_op_free(op);
        }
    }
}

void spapr_capi_op_cancel_all(SpaprCapi *capi)
{
    SpaprCapiOp *op;

    while ((op = QTAILQ_FIRST(&capi->ops))) {
        capi_op_free(op);
    }
}
