/*
 * PAPR coherent platform facility: the words of an injection
 *
 * Every function here reports what is wrong in an error that begins with the
 * name of the property.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qapi/error.h"
#include "spapr-capi-internal.h"

/* Decimal, or hexadecimal with 0x: no sign, no blank, no octal */
static bool capi_is_number(const char *text, uint64_t *val)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    unsigned long long v;

    if (!g_ascii_isdigit(text[0]) ||
        parse_uint_full(text, &v, hex ? 16 : 10)) {
        return false;
    }
    *val = v;
    return true;
}

bool spapr_capi_arg_number(const char *property, const char *what,
                           const char *text, uint64_t min, uint64_t max,
                           uint64_t *val, Error **errp)
{
    if (!capi_is_number(text, val)) {
        error_setg(errp, "%s: %s '%s' is not a number", property, what, text);
        return false;
    }
    if (*val < min || *val > max) {
        error_setg(errp, "%s: %s must be %" PRIu64 " to %" PRIu64, property,
                   what, min, max);
        return false;
    }
    return true;
}

/* Split at the colons; NULL unless there are @min to @max parts */
char **spapr_capi_args(SpaprCapi *capi, const char *property, const char *form,
                       const char *text, unsigned min, unsigned max,
                       Error **errp)
{
    g_auto(GStrv) part = NULL;
    unsigned n;

    if (!DEVICE(capi)->realized) {
        error_setg(errp, "%s can only be set while the machine runs",
                   property);
        return NULL;
    }
    part = g_strsplit(text, ":", max + 1);
    n = g_strv_length(part);
    if (n < min || n > max) {
        error_setg(errp, "%s must be %s", property, form);
        return NULL;
    }
    return g_steal_pointer(&part);
}

SpaprCapiFunction *spapr_capi_arg_function(SpaprCapi *capi,
                                           const char *property,
                                           const char *text, Error **errp)
{
    uint64_t i;

    if (!spapr_capi_arg_number(property, "FUNCTION", text, 0,
                               capi->nr_functions - 1, &i, errp)) {
        return NULL;
    }
    return &capi->fn[i];
}

static bool capi_process_runs(const SpaprCapiProcess *p)
{
    return p->ctx && !p->ctx->terminated && !p->ctx->suspended;
}

/* Tokens are given out in ascending order */
static SpaprCapiProcess *capi_first_process(SpaprCapiFunction *fn)
{
    SpaprCapiProcess *first = NULL;
    uint32_t i;

    for (i = 0; i < fn->slice.max_contexts; i++) {
        SpaprCapiProcess *p = &fn->proc[i];

        if (capi_process_runs(p) && (!first || p->token < first->token)) {
            first = p;
        }
    }
    return first;
}

SpaprCapiProcess *spapr_capi_arg_process(SpaprCapiFunction *fn,
                                         const char *property,
                                         const char *text, Error **errp)
{
    SpaprCapiProcess *p;
    uint64_t handle;

    if (!strcmp(text, "*")) {
        p = capi_first_process(fn);
        if (!p) {
            error_setg(errp, "%s: function %u has no running process",
                       property, fn->index);
        }
        return p;
    }
    if (!spapr_capi_arg_number(property, "PROCESS", text, 0,
                               fn->slice.max_contexts - 1, &handle, errp)) {
        return NULL;
    }
    p = &fn->proc[handle];
    if (!capi_process_runs(p)) {
        error_setg(errp, "%s: process %" PRIu64 " of function %u does not run",
                   property, handle, fn->index);
        return NULL;
    }
    return p;
}
