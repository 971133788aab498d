/*
 * PAPR coherent platform facility: faults that no access has caused
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "spapr-capi-internal.h"

#define PROPERTY    "inject-fault"
#define FORM        "FUNCTION:PROCESS:KIND[:VALUE[:store]]"

/* What the value of a kind is */
typedef enum CapiFaultValue {
    FAULT_VALUE_NONE,
    FAULT_VALUE_ADDRESS,
    FAULT_VALUE_ERRSTAT,
    FAULT_VALUE_AFU_ERR,
} CapiFaultValue;

typedef struct CapiFaultKind {
    const char *name;
    uint64_t dsisr;
    CapiFaultValue value;
} CapiFaultKind;

static const CapiFaultKind capi_fault_kind[] = {
    { "segment", PSL_DSISR_DS, FAULT_VALUE_ADDRESS },
    { "page", PSL_DSISR_DM | PSL_DSISR_M, FAULT_VALUE_ADDRESS },
    { "protection", PSL_DSISR_DM | PSL_DSISR_P, FAULT_VALUE_ADDRESS },
    { "storage", PSL_DSISR_DM | PSL_DSISR_A, FAULT_VALUE_ADDRESS },
    { "key", PSL_DSISR_DM | PSL_DSISR_K, FAULT_VALUE_ADDRESS },
    { "table", PSL_DSISR_ST | PSL_DSISR_M, FAULT_VALUE_ADDRESS },
    { "aurp", PSL_DSISR_UR | PSL_DSISR_M, FAULT_VALUE_ADDRESS },
    { "psl-error", PSL_DSISR_PE, FAULT_VALUE_ERRSTAT },
    { "afu-error", PSL_DSISR_AE, FAULT_VALUE_AFU_ERR },
    { "warning", PSL_DSISR_OC, FAULT_VALUE_NONE },
    { "none", 0, FAULT_VALUE_NONE },
};

static const CapiFaultKind *capi_find_kind(const char *name, Error **errp)
{
    int i;

    for (i = 0; i < ARRAY_SIZE(capi_fault_kind); i++) {
        if (!strcmp(name, capi_fault_kind[i].name)) {
            return &capi_fault_kind[i];
        }
    }
    error_setg(errp, PROPERTY ": KIND '%s' is unknown", name);
    return NULL;
}

/* @part: VALUE and "store", as far as they are there */
static bool capi_parse_fault(const CapiFaultKind *kind, char **part,
                             PslFault *f, Error **errp)
{
    uint64_t val = 0;

    f->dsisr = kind->dsisr;
    if (!part[0]) {
        return true;
    }
    if (kind->value == FAULT_VALUE_NONE) {
        error_setg(errp, PROPERTY ": %s has no VALUE", kind->name);
        return false;
    }
    if (!spapr_capi_arg_number(PROPERTY, "VALUE", part[0], 0, UINT64_MAX, &val,
                               errp)) {
        return false;
    }
    if (part[1]) {
        if (strcmp(part[1], "store") || !(kind->dsisr & PSL_DSISR_DM)) {
            error_setg(errp, PROPERTY ": '%s' is not possible with %s",
                       part[1], kind->name);
            return false;
        }
        f->dsisr |= PSL_DSISR_S;
    }
    f->dar = kind->value == FAULT_VALUE_ADDRESS ? val : 0;
    f->errstat = kind->value == FAULT_VALUE_ERRSTAT ? val : 0;
    f->afu_err = kind->value == FAULT_VALUE_AFU_ERR ? val : 0;
    return true;
}

static void capi_set_inject_fault(Object *obj, const char *value,
                                  Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);
    g_auto(GStrv) part = spapr_capi_args(capi, PROPERTY, FORM, value, 3, 5,
                                         errp);
    const CapiFaultKind *kind;
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
    kind = capi_find_kind(part[2], errp);
    if (!kind || !capi_parse_fault(kind, part + 3, &f, errp)) {
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
