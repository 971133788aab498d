/*
 * PAPR coherent platform facility: attaching and detaching processes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "spapr-capi-internal.h"
#include "trace.h"

/* Process element structure, version 1 */
#define PE_SIZE                 512
#define PE_VERSION              0x000
#define PE_FLAGS                0x008
#define   PE_FLAG_CSRP          0x8000000000000000ULL
#define   PE_FLAG_PROBLEM       0x4000000000000000ULL
#define   PE_FLAG_SECONDARY     0x2000000000000000ULL
#define   PE_FLAG_TRANSLATE     0x0400000000000000ULL
#define   PE_FLAG_64BIT         0x0200000000000000ULL
#define   PE_FLAG_PRIVILEGED    0x0100000000000000ULL
#define   PE_FLAGS_RESERVED     0x00ffffffffffffffULL
#define PE_PSL_ISN              0x01c
#define PE_ISN_BITMAP           0x020
#define PE_ISN_BITMAP_SIZE      256
#define PE_TID                  0x1b0
#define PE_PID                  0x1b4
#define PE_AURP1                0x1c8
#define   PE_AURP1_VALID        1
#define PE_SSTP0                0x1d0
#define PE_SSTP1                0x1d8
#define PE_AMR                  0x1e0
#define PE_WED                  0x1ec

/* Handles are given out from here, so that nobody takes them for an index */
#define PE_FIRST_HANDLE         8
#define PE_MAX_RANGES           4

SpaprCapiProcess *spapr_capi_process(SpaprCapiFunction *fn, uint64_t token)
{
    uint32_t handle = token;
    SpaprCapiProcess *p;

    if (!token || handle >= fn->slice.max_contexts) {
        return NULL;
    }
    p = &fn->proc[handle];
    return p->token == token && p->ctx ? p : NULL;
}

static int capi_free_handle(SpaprCapiFunction *fn)
{
    uint32_t i, n = fn->slice.max_contexts;

    for (i = 0; i < n; i++) {
        uint32_t handle = (i + PE_FIRST_HANDLE) % n;

        if (!fn->proc[handle].token) {
            return handle;
        }
    }
    return -1;
}

static void capi_put_isns(SpaprCapiFunction *fn, SpaprCapiProcess *p)
{
    SpaprCapi *capi = fn->capi;
    uint32_t i;

    if (!capi->late_interrupts) {
        spapr_capi_irq_withdraw(fn, p->token);
    }
    for (i = 0; i < p->nr_isns; i++) {
        SpaprCapiIsn *isn = &capi->isn[p->isns[i] - capi->isn_base];

        if (!--isn->refs) {
            isn->fn = 0;
            if (!capi->late_interrupts) {
                spapr_capi_withdraw_isn(capi, p->isns[i]);
            }
        }
    }
    fn->nr_ints -= p->nr_isns;
    g_free(p->isns);
    p->isns = NULL;
    p->nr_isns = 0;
}

static void capi_get_isns(SpaprCapiFunction *fn, SpaprCapiProcess *p,
                          const uint32_t *isns, uint32_t n)
{
    SpaprCapi *capi = fn->capi;
    uint32_t i;

    for (i = 0; i < n; i++) {
        SpaprCapiIsn *isn = &capi->isn[isns[i] - capi->isn_base];

        if (isn->refs && i) {
            psl_violation(&fn->slice, "AFU interrupt of two processes",
                          isns[i]);
        }
        isn->fn = fn->index + 1;
        isn->refs++;
    }
    fn->nr_ints += n;
    p->isns = g_memdup2(isns, n * sizeof(*isns));
    p->nr_isns = n;
}

/* Terminate, remove, forget the token */
static void capi_drop_process(SpaprCapiFunction *fn, SpaprCapiProcess *p)
{
    if (p->ctx) {
        psl_remove(p->ctx);
        p->ctx = NULL;
    }
    capi_put_isns(fn, p);
    p->token = 0;
    p->stuck = false;
}

void spapr_capi_drop_processes(SpaprCapiFunction *fn)
{
    uint32_t i;

    fn->slice.draining = true;
    for (i = 0; i < fn->slice.max_contexts; i++) {
        if (fn->proc[i].ctx) {
            capi_drop_process(fn, &fn->proc[i]);
        }
    }
    fn->slice.draining = false;
}

/* The ISNs of the bitmap, ascending, behind that of the PSL */
static uint32_t capi_parse_isns(SpaprCapi *capi, const uint8_t *pe,
                                uint32_t *isns)
{
    const uint8_t *map = pe + PE_ISN_BITMAP;
    uint32_t i, n = 0;

    isns[n++] = ldl_be_p(pe + PE_PSL_ISN);
    for (i = 0; i < PE_ISN_BITMAP_SIZE * 8; i++) {
        if (map[i / 8] & (0x80 >> (i % 8))) {
            isns[n++] = capi->isn_base + i;
        }
    }
    return n;
}

static bool capi_isn_usable(SpaprCapiFunction *fn, uint32_t isn)
{
    SpaprCapi *capi = fn->capi;
    SpaprCapiIsn *i;
    uint32_t k;

    if (isn < capi->isn_base || isn - capi->isn_base >= capi->nr_isns) {
        return false;
    }
    for (k = 0; k < capi->nr_functions; k++) {
        if (capi->fn[k].error_isn == isn) {
            return false;
        }
    }
    i = &capi->isn[isn - capi->isn_base];
    return !i->fn || i->fn == fn->index + 1;
}

/*
 * A CAIA process element has four ranges of sources. The first one starts
 * with the PSL's; AFU sources follow in ascending order.
 */
static unsigned capi_isn_ranges(const uint32_t *isns, uint32_t n)
{
    unsigned ranges = 1;
    uint32_t i;

    for (i = 1; i < n; i++) {
        if (isns[i] != isns[i - 1] + 1) {
            ranges++;
        }
    }
    return ranges;
}

static target_long capi_check_isns(SpaprCapiFunction *fn, const uint32_t *isns,
                                   uint32_t n)
{
    SpaprCapi *capi = fn->capi;
    uint32_t i;

    if (n < capi->min_ints || n > capi->max_ints ||
        fn->nr_ints + n > capi->max_total_ints) {
        return H_PARAMETER;
    }
    if (!capi_isn_usable(fn, isns[0])) {
        return H_RESOURCE;
    }
    for (i = 1; i < n; i++) {
        if (!capi_isn_usable(fn, isns[i]) || isns[i] == isns[0]) {
            return H_RESOURCE;
        }
    }
    if (capi_isn_ranges(isns, n) > PE_MAX_RANGES) {
        return H_RESOURCE;
    }
    return H_SUCCESS;
}

static target_long capi_check_element(SpaprCapiCall *c, hwaddr addr,
                                      uint8_t *pe)
{
    SpaprCapi *capi = c->capi;
    uint64_t flags;

    if (addr & 7 || (addr % SPAPR_CAPI_PAGE) + PE_SIZE > SPAPR_CAPI_PAGE ||
        !spapr_capi_read(capi, addr, pe, PE_SIZE)) {
        return H_PARAMETER;
    }
    if (ldq_be_p(pe + PE_VERSION) != 1) {
        return H_PARAMETER;
    }
    flags = ldq_be_p(pe + PE_FLAGS);
    if ((flags & PE_FLAG_PRIVILEGED) && !capi->privileged) {
        return H_AUTHORITY;
    }
    /* neither utilisation records nor context save areas are offered */
    if ((flags & PE_FLAG_CSRP) ||
        (ldq_be_p(pe + PE_AURP1) & PE_AURP1_VALID)) {
        return H_PARAMETER;
    }
    if (flags & PE_FLAGS_RESERVED) {
        psl_violation(&c->fn->slice, "reserved flags of a process element",
                      flags);
    }
    return H_SUCCESS;
}

static void capi_parse_element(const uint8_t *pe, PslElement *el)
{
    uint64_t flags = ldq_be_p(pe + PE_FLAGS);

    el->problem_state = flags & PE_FLAG_PROBLEM;
    el->st_secondary = flags & PE_FLAG_SECONDARY;
    el->translate = flags & PE_FLAG_TRANSLATE;
    el->sixty_four = flags & PE_FLAG_64BIT;
    el->sstp0 = ldq_be_p(pe + PE_SSTP0);
    el->sstp1 = ldq_be_p(pe + PE_SSTP1);
    el->amr = ldq_be_p(pe + PE_AMR);
    el->wed = ldq_be_p(pe + PE_WED);
    el->pid = ldl_be_p(pe + PE_PID);
    el->tid = ldl_be_p(pe + PE_TID);
}

static target_long capi_attach_commit(SpaprCapiOp *op)
{
    SpaprCapiFunction *fn = op->fn;
    SpaprCapi *capi = fn->capi;
    const CapiAfuGeometry *g = &fn->afu->geom;
    uint32_t handle = op->arg[1], i;
    SpaprCapiProcess *p = &fn->proc[handle];

    if (fn->state != CAPI_STATE_NORMAL) {
        op->release(op);
        return H_STATE;
    }
    if (capi->mask_at_attach) {
        for (i = 0; i < p->nr_isns; i++) {
            spapr_capi_mask_isn(capi, p->isns[i]);
        }
    }
    op->el.vector = g_memdup2(p->isns, p->nr_isns * sizeof(*p->isns));
    op->el.nr_vectors = p->nr_isns;
    p->ctx = psl_add(&fn->slice, handle, &op->el);
    if (!p->ctx) {
        g_free(op->el.vector);
        op->release(op);
        return H_HARDWARE;
    }

    op->out[0] = p->token;
    op->nr_out = 1;
    if (capi->process_mmio) {
        op->out[1] = fn->psa_addr + g->pp_offset + handle * g->pp_size;
        op->out[2] = g->pp_size;
        op->nr_out = 3;
    }
    return H_SUCCESS;
}

/* Give back what a failed or cancelled attach had reserved */
static void capi_attach_release(SpaprCapiOp *op)
{
    SpaprCapiProcess *p = &op->fn->proc[op->arg[1]];

    capi_put_isns(op->fn, p);
    p->token = 0;
}

/* Upper halves differ between attaches; zero is never one */
static uint64_t capi_new_token(SpaprCapi *capi, uint32_t handle)
{
    if (!++capi->token_seq) {
        capi->token_seq = 1;
    }
    return (uint64_t)capi->token_seq << 32 | handle;
}

/* R4 function, R5 process element structure, R6 continue token */
target_long spapr_capi_attach(SpaprCapiCall *c)
{
    SpaprCapiFunction *fn = c->fn;
    uint32_t isns[1 + PE_ISN_BITMAP_SIZE * 8], n;
    uint8_t pe[PE_SIZE];
    SpaprCapiProcess *p;
    SpaprCapiOp *op;
    target_long rc;
    int handle;

    if (c->args[2]) {
        return spapr_capi_op_continue(c, 0, c->args[2]);
    }
    rc = capi_check_element(c, c->args[1], pe);
    if (rc != H_SUCCESS) {
        return rc;
    }
    handle = capi_free_handle(fn);
    if (handle < 0) {
        return H_RESOURCE;
    }
    if (fn->state != CAPI_STATE_NORMAL || fn->resetting ||
        spapr_capi_flash_under_way(c->capi)) {
        return H_STATE;
    }
    n = capi_parse_isns(c->capi, pe, isns);
    rc = capi_check_isns(fn, isns, n);
    if (rc != H_SUCCESS) {
        return rc;
    }

    p = &fn->proc[handle];
    p->token = capi_new_token(c->capi, handle);
    capi_get_isns(fn, p, isns, n);

    op = spapr_capi_op_new(c, 0);
    op->arg[0] = c->args[1];
    op->arg[1] = handle;
    capi_parse_element(pe, &op->el);
    op->commit = capi_attach_commit;
    op->release = capi_attach_release;
    return spapr_capi_op_start(c, op, CAPI_DELAY_ATTACH);
}

static target_long capi_detach_commit(SpaprCapiOp *op)
{
    SpaprCapiProcess *p = spapr_capi_process(op->fn, op->arg[0]);

    if (!p) {
        return H_PARAMETER;
    }
    capi_drop_process(op->fn, p);
    return H_SUCCESS;
}

/* R4 function, R5 process token, R6 continue token */
target_long spapr_capi_detach(SpaprCapiCall *c)
{
    SpaprCapiFunction *fn = c->fn;
    const CapiAfuGeometry *g = &fn->afu->geom;
    SpaprCapiProcess *p;
    SpaprCapiOp *op;
    hwaddr window;

    if (c->args[2]) {
        return spapr_capi_op_continue(c, 0, c->args[2]);
    }
    p = spapr_capi_process(fn, c->args[1]);
    if (!p) {
        return H_PARAMETER;
    }
    if (fn->state >= CAPI_STATE_TEMPORARY) {
        return H_STATE;
    }
    op = spapr_capi_op_find(fn, c->opcode, c->args[1]);
    if (op) {
        psl_violation(&fn->slice, "second detach of a process", c->args[1]);
        return spapr_capi_op_join(c, op);
    }
    window = fn->psa_addr + g->pp_offset + p->ctx->handle * g->pp_size;
    if (c->capi->process_mmio &&
        spapr_capi_hpt_maps(c->capi, window, g->pp_size)) {
        return H_RESOURCE;
    }

    op = spapr_capi_op_new(c, 0);
    op->arg[0] = c->args[1];
    op->commit = capi_detach_commit;
    return spapr_capi_op_start(c, op, CAPI_DELAY_DETACH);
}
