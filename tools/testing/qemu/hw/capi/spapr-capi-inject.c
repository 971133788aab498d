/*
 * PAPR coherent platform facility: what can be changed while a guest runs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "inject.h"
#include "spapr-capi-internal.h"
#include "trace.h"

/* Operation of a hypercall that has several, else 0 */
static uint64_t capi_operation(SpaprCapiCall *c)
{
    switch (c->opcode) {
    case H_CONTROL_CA_FUNCTION:
    case H_CONTROL_CA_FAULTS:
    case H_CONTROL_CA_FACILITY:
    case H_DOWNLOAD_CA_FACILITY:
        return c->args[1];
    default:
        return 0;
    }
}

static unsigned capi_token_arg(target_ulong opcode)
{
    switch (opcode) {
    case H_ATTACH_CA_PROCESS:
    case H_DETACH_CA_PROCESS:
        return 2;
    case H_DOWNLOAD_CA_FACILITY:
        return 4;
    default:
        return 6;
    }
}

/* Has a test ordered an answer to this call? Nothing else happens then */
bool spapr_capi_injected(SpaprCapiCall *c, target_long *rc)
{
    SpaprCapi *capi = c->capi;
    uint64_t operation = capi_operation(c);
    SpaprCapiInjection *inj;

    QTAILQ_FOREACH(inj, &capi->injections, next) {
        if (inj->opcode != c->opcode ||
            (inj->operation >= 0 && inj->operation != operation)) {
            continue;
        }
        if (inj->skip) {
            inj->skip--;
            return false;
        }
        *rc = inj->rc;
        trace_spapr_capi_injected(c->opcode, operation, *rc);
        if (*rc == H_BUSY || H_IS_LONG_BUSY(*rc)) {
            /* the caller shall come back with the token it has now */
            c->args[0] = c->args[capi_token_arg(c->opcode)];
        }
        if (!--inj->count) {
            QTAILQ_REMOVE(&capi->injections, inj, next);
            g_free(inj);
        }
        return true;
    }
    return false;
}

void spapr_capi_free_injections(SpaprCapi *capi)
{
    SpaprCapiInjection *inj;

    while ((inj = QTAILQ_FIRST(&capi->injections))) {
        QTAILQ_REMOVE(&capi->injections, inj, next);
        g_free(inj);
    }
}

static bool capi_parse_injection(const char *text, SpaprCapiInjection *inj)
{
    g_auto(GStrv) part = g_strsplit(text, ":", 6);
    unsigned n = g_strv_length(part);
    uint64_t operation = 0;
    bool any;

    if (n < 3 || n > 5) {
        return false;
    }
    any = !strcmp(part[1], "*");
    inj->count = 1;
    inj->skip = 0;
    if (qemu_strtou64(part[0], NULL, 0, &inj->opcode) ||
        (!any && qemu_strtou64(part[1], NULL, 0, &operation)) ||
        qemu_strtoi64(part[2], NULL, 0, &inj->rc) ||
        (n > 3 && qemu_strtou64(part[3], NULL, 0, &inj->count)) ||
        (n > 4 && qemu_strtou64(part[4], NULL, 0, &inj->skip))) {
        return false;
    }
    inj->operation = any ? -1 : operation & INT32_MAX;
    return inj->count > 0;
}

static void capi_set_inject_rc(Object *obj, const char *value, Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);
    SpaprCapiInjection *inj;

    if (!*value) {
        spapr_capi_free_injections(capi);
        return;
    }
    inj = g_new0(SpaprCapiInjection, 1);
    if (!capi_parse_injection(value, inj)) {
        g_free(inj);
        error_setg(errp, "inject-rc must be OPCODE:OPERATION|*:RC[:COUNT"
                   "[:SKIP]]");
        return;
    }
    QTAILQ_INSERT_TAIL(&capi->injections, inj, next);
}

static char *capi_get_inject_rc(Object *obj, Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);
    GString *s = g_string_new(NULL);
    SpaprCapiInjection *inj;

    QTAILQ_FOREACH(inj, &capi->injections, next) {
        g_string_append_printf(s, "%s0x%" PRIx64 ":%" PRId64 ":%" PRId64
                               ":%" PRIu64 ":%" PRIu64, s->len ? "," : "",
                               inj->opcode, inj->operation, inj->rc,
                               inj->count, inj->skip);
    }
    return g_string_free(s, false);
}

static void capi_clear_stuck(SpaprCapi *capi)
{
    uint32_t i, k;

    for (i = 0; i < capi->nr_functions; i++) {
        for (k = 0; k < capi->fn[i].slice.max_contexts; k++) {
            capi->fn[i].proc[k].stuck = false;
        }
    }
    spapr_capi_op_unstick(capi);
}

static void capi_set_stuck_process(Object *obj, const char *value,
                                   Error **errp)
{
    static const char name[] = "stuck-process";
    SpaprCapi *capi = SPAPR_CAPI(obj);
    g_auto(GStrv) part = NULL;
    SpaprCapiFunction *fn;
    SpaprCapiProcess *p;

    if (!*value) {
        capi_clear_stuck(capi);
        return;
    }
    part = capi_args(DEVICE(obj), name, "FUNCTION:PROCESS or empty", value, 2,
                           2, errp);
    fn = part ? spapr_capi_arg_function(capi, name, part[0], errp) : NULL;
    p = fn ? spapr_capi_arg_process(fn, name, part[1], errp) : NULL;
    if (p) {
        trace_spapr_capi_stuck(fn->index, p->ctx->handle);
        p->stuck = true;
    }
}

static char *capi_stuck_process_text(Object *obj, Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);
    GString *s = g_string_new(NULL);
    uint32_t i, k;

    for (i = 0; i < capi->nr_functions; i++) {
        for (k = 0; k < capi->fn[i].slice.max_contexts; k++) {
            if (capi->fn[i].proc[k].stuck) {
                g_string_append_printf(s, "%s%u:%u", s->len ? "," : "", i, k);
            }
        }
    }
    return g_string_free(s, false);
}

static void capi_get_bool(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_bool(v, name, opaque, errp);
}

static void capi_set_bool(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_bool(v, name, opaque, errp);
}

static void capi_set_lazy_removal(Object *obj, Visitor *v, const char *name,
                                  void *opaque, Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);
    int i;

    if (visit_type_bool(v, name, &capi->lazy_removal, errp)) {
        for (i = 0; i < SPAPR_CAPI_FUNCTIONS; i++) {
            capi->fn[i].slice.lazy_removal = capi->lazy_removal;
        }
    }
}

static void capi_get_busy_code(Object *obj, Visitor *v, const char *name,
                               void *opaque, Error **errp)
{
    visit_type_uint32(v, name, opaque, errp);
}

static void capi_set_busy_code(Object *obj, Visitor *v, const char *name,
                               void *opaque, Error **errp)
{
    uint32_t code;

    if (!visit_type_uint32(v, name, &code, errp)) {
        return;
    }
    if (code && code != H_BUSY && !H_IS_LONG_BUSY(code)) {
        error_setg(errp, "busy-code must be 0 (chosen by the time left), 1 or "
                   "9900 to 9905");
        return;
    }
    *(uint32_t *)opaque = code;
}

static PslSlice *capi_slice(Object *obj, uint32_t i)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);

    return i < capi->nr_functions ? &capi->fn[i].slice : NULL;
}

static void capi_add_delays(Object *obj)
{
    static const char *const class[CAPI_DELAY__MAX] = {
        [CAPI_DELAY_ATTACH] = "attach",
        [CAPI_DELAY_DETACH] = "detach",
        [CAPI_DELAY_RESET] = "reset",
        [CAPI_DELAY_CONTROL] = "control",
        [CAPI_DELAY_FACILITY] = "facility",
        [CAPI_DELAY_DOWNLOAD] = "download",
    };
    SpaprCapi *capi = SPAPR_CAPI(obj);
    int i;

    for (i = 0; i < CAPI_DELAY__MAX; i++) {
        g_autofree char *ms = g_strdup_printf("busy-%s-ms", class[i]);
        g_autofree char *rounds = g_strdup_printf("busy-%s-rounds", class[i]);

        object_property_add_uint32_ptr(obj, ms, &capi->delay[i].ms,
                                       OBJ_PROP_FLAG_READWRITE);
        object_property_add_uint32_ptr(obj, rounds, &capi->delay[i].rounds,
                                       OBJ_PROP_FLAG_READWRITE);
    }
}

void spapr_capi_add_properties(Object *obj)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);

    object_property_add(obj, "licensed", "bool", capi_get_bool, capi_set_bool,
                        NULL, &capi->licensed);
    object_property_add(obj, "mask-at-attach", "bool", capi_get_bool,
                        capi_set_bool, NULL, &capi->mask_at_attach);
    object_property_add(obj, "late-interrupts", "bool", capi_get_bool,
                        capi_set_bool, NULL, &capi->late_interrupts);
    object_property_add(obj, "strict-end", "bool", capi_get_bool,
                        capi_set_bool, NULL, &capi->strict_end);
    object_property_add(obj, "lazy-removal", "bool", capi_get_bool,
                        capi_set_lazy_removal, NULL, &capi->lazy_removal);
    object_property_add(obj, "busy-code", "uint32", capi_get_busy_code,
                        capi_set_busy_code, NULL, &capi->busy_code);
    object_property_add_uint32_ptr(obj, "facility-reset-ms", &capi->reset_ms,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(obj, "slbia-reads", &capi->slbia_reads,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_str(obj, "inject-rc", capi_get_inject_rc,
                            capi_set_inject_rc);
    object_property_add_str(obj, "stuck-process", capi_stuck_process_text,
                            capi_set_stuck_process);
    capi_add_delays(obj);
    capi_add_counters(obj, capi_slice);
    spapr_capi_add_state_properties(obj);
    spapr_capi_add_fault_properties(obj);
    spapr_capi_add_irq_properties(obj);
    spapr_capi_add_flash_properties(obj);
    spapr_capi_add_rtas_properties(obj);
}
