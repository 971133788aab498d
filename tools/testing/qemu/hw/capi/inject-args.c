/*
 * The words of an injection
 *
 * Every function here reports what is wrong in an error that begins with the
 * name of the property.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qapi/error.h"
#include "inject.h"

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

bool capi_arg_number(const char *property, const char *what, const char *text,
                     uint64_t min, uint64_t max, uint64_t *val, Error **errp)
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
char **capi_args(DeviceState *dev, const char *property, const char *form,
                 const char *text, unsigned min, unsigned max, Error **errp)
{
    g_auto(GStrv) part = NULL;
    unsigned n;

    if (!dev->realized) {
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

static bool capi_context_runs(const PslContext *ctx)
{
    return ctx && !ctx->terminated && !ctx->stopping && !ctx->suspended;
}

/* The one that has been added before the others */
static PslContext *capi_first_context(PslSlice *s)
{
    PslContext *first = NULL;
    uint32_t i;

    for (i = 0; i < s->max_contexts; i++) {
        PslContext *ctx = psl_context_by_handle(s, i);

        if (capi_context_runs(ctx) && (!first || ctx->seq < first->seq)) {
            first = ctx;
        }
    }
    return first;
}

/* A process element, or * for the oldest one. @index: of the slice */
PslContext *capi_arg_context(PslSlice *s, uint32_t index, const char *property,
                             const char *text, Error **errp)
{
    PslContext *ctx;
    uint64_t handle;

    if (!strcmp(text, "*")) {
        ctx = capi_first_context(s);
        if (!ctx) {
            error_setg(errp, "%s: function %u has no running process",
                       property, index);
        }
        return ctx;
    }
    if (!capi_arg_number(property, "PROCESS", text, 0, s->max_contexts - 1,
                         &handle, errp)) {
        return NULL;
    }
    ctx = psl_context_by_handle(s, handle);
    if (!capi_context_runs(ctx)) {
        error_setg(errp, "%s: process %" PRIu64 " of function %u does not run",
                   property, handle, index);
        return NULL;
    }
    return ctx;
}
