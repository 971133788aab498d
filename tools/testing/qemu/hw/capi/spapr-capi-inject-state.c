/*
 * PAPR coherent platform facility: error states and function errors of a test
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "inject.h"
#include "spapr-capi-internal.h"
#include "trace.h"

#define CAPI_SERR_BITS  (PSL_SERR_STATUS | PSL_SERR_AE)

static bool capi_runs(Object *obj, const char *name, Error **errp)
{
    if (DEVICE(obj)->realized) {
        return true;
    }
    error_setg(errp, "%s can only be set while the machine runs", name);
    return false;
}

static void capi_get_error_state(Object *obj, Visitor *v, const char *name,
                                 void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &SPAPR_CAPI(obj)->fn[0].state, errp);
}

static void capi_set_error_state(Object *obj, Visitor *v, const char *name,
                                 void *opaque, Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);
    uint32_t state, i;

    if (!visit_type_uint32(v, name, &state, errp) ||
        !capi_runs(obj, name, errp)) {
        return;
    }
    if (state < CAPI_STATE_NORMAL || state > CAPI_STATE_PERMANENT) {
        error_setg(errp, "error-state must be 1 to 4");
        return;
    }
    for (i = 0; i < capi->nr_functions; i++) {
        spapr_capi_set_state(&capi->fn[i], state);
    }
}

/* One part per function, separated by commas */
static char *capi_function_state_text(Object *obj, Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);
    GString *s = g_string_new(NULL);
    uint32_t i;

    for (i = 0; i < capi->nr_functions; i++) {
        g_string_append_printf(s, "%s%u:%u", i ? "," : "", i,
                               capi->fn[i].state);
    }
    return g_string_free(s, false);
}

static void capi_set_function_state(Object *obj, const char *value,
                                    Error **errp)
{
    static const char name[] = "function-state";
    SpaprCapi *capi = SPAPR_CAPI(obj);
    g_auto(GStrv) part = capi_args(DEVICE(obj), name, "FUNCTION:STATE", value,
                                         2, 2, errp);
    SpaprCapiFunction *fn;
    uint64_t state;

    if (!part) {
        return;
    }
    fn = spapr_capi_arg_function(capi, name, part[0], errp);
    if (fn && capi_arg_number(name, "STATE", part[1], CAPI_STATE_NORMAL,
                                    CAPI_STATE_PERMANENT, &state, errp)) {
        spapr_capi_set_state(fn, state);
    }
}

/* Set status bits of PSL_SERR_An; the interrupt follows unless masked */
static void capi_raise_serr(SpaprCapiFunction *fn, uint64_t serr)
{
    fn->serr |= serr;
    trace_spapr_capi_serr(fn->index, fn->serr);
    if (serr & ~(fn->serr << 32)) {
        spapr_capi_irq_send(fn, CAPI_IRQ_ERROR, fn->error_isn, 0);
    }
}

static void capi_get_serr(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_uint64(v, name, &SPAPR_CAPI(obj)->fn[0].serr, errp);
}

static void capi_set_serr(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    uint64_t serr;

    if (visit_type_uint64(v, name, &serr, errp) && capi_runs(obj, name, errp)) {
        capi_raise_serr(&SPAPR_CAPI(obj)->fn[0], serr & CAPI_SERR_BITS);
    }
}

static char *capi_function_serr_text(Object *obj, Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);
    GString *s = g_string_new(NULL);
    uint32_t i;

    for (i = 0; i < capi->nr_functions; i++) {
        g_string_append_printf(s, "%s%u:0x%" PRIx64, i ? "," : "", i,
                               capi->fn[i].serr);
    }
    return g_string_free(s, false);
}

static void capi_set_function_serr(Object *obj, const char *value,
                                   Error **errp)
{
    static const char name[] = "function-serr";
    SpaprCapi *capi = SPAPR_CAPI(obj);
    g_auto(GStrv) part = capi_args(DEVICE(obj), name, "FUNCTION:VALUE", value,
                                         2, 2, errp);
    SpaprCapiFunction *fn;
    uint64_t serr;

    if (!part) {
        return;
    }
    fn = spapr_capi_arg_function(capi, name, part[0], errp);
    if (!fn || !capi_arg_number(name, "VALUE", part[1], 0, UINT64_MAX,
                                      &serr, errp)) {
        return;
    }
    if (serr & ~CAPI_SERR_BITS) {
        error_setg(errp, "%s: VALUE can only have bits of 0x%" PRIx64, name,
                   (uint64_t)CAPI_SERR_BITS);
        return;
    }
    capi_raise_serr(fn, serr);
}

void spapr_capi_add_state_properties(Object *obj)
{
    object_property_add(obj, "error-state", "uint32", capi_get_error_state,
                        capi_set_error_state, NULL, NULL);
    object_property_add(obj, "serr", "uint64", capi_get_serr, capi_set_serr,
                        NULL, NULL);
    object_property_add_str(obj, "function-state", capi_function_state_text,
                            capi_set_function_state);
    object_property_add_str(obj, "function-serr", capi_function_serr_text,
                            capi_set_function_serr);
}
