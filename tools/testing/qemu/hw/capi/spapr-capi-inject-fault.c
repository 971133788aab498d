/*
 * PAPR coherent platform facility: faults that no access has caused
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "inject.h"
#include "spapr-capi-internal.h"

#define PROPERTY    "inject-fault"
#define FORM        "FUNCTION:PROCESS:KIND[:VALUE[:store]]"

static void capi_set_inject_fault(Object *obj, const char *value,
                                  Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);
    g_auto(GStrv) part = capi_args(DEVICE(obj), PROPERTY, FORM, value, 3, 5,
                                   errp);
    SpaprCapiFunction *fn;
    SpaprCapiProcess *p;
    PslFault f = {};

    if (!part) {
        return;
    }
    fn = spapr_capi_arg_function(capi, PROPERTY, part[0], errp);
    if (!fn) {
        return;
    }
    if (!capi_arg_fault(PROPERTY, part + 2, &f, errp)) {
        return;
    }
    p = spapr_capi_arg_process(fn, PROPERTY, part[1], errp);
    if (!p) {
        return;
    }
    if (!psl_fault_inject(p->ctx, &f)) {
        error_setg(errp, PROPERTY ": %d injected faults of function %u are "
                   "pending", PSL_OWN_FAULTS, fn->index);
    }
}

void spapr_capi_add_fault_properties(Object *obj)
{
    object_property_add_str(obj, PROPERTY, NULL, capi_set_inject_fault);
}
