/*
 * PAPR coherent platform facility: functions and processes in an injection
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "inject.h"
#include "spapr-capi-internal.h"

SpaprCapiFunction *spapr_capi_arg_function(SpaprCapi *capi,
                                           const char *property,
                                           const char *text, Error **errp)
{
    uint64_t i;

    if (!capi_arg_number(property, "FUNCTION", text, 0,
                         capi->nr_functions - 1, &i, errp)) {
        return NULL;
    }
    return &capi->fn[i];
}

SpaprCapiProcess *spapr_capi_arg_process(SpaprCapiFunction *fn,
                                         const char *property,
                                         const char *text, Error **errp)
{
    PslContext *ctx = capi_arg_context(&fn->slice, fn->index, property, text,
                                       errp);

    return ctx ? &fn->proc[ctx->handle] : NULL;
}
