/*
 * Faults that no access has caused: their kinds
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "inject.h"

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

static const CapiFaultKind *capi_find_kind(const char *property,
                                           const char *name, Error **errp)
{
    int i;

    for (i = 0; i < ARRAY_SIZE(capi_fault_kind); i++) {
        if (!strcmp(name, capi_fault_kind[i].name)) {
            return &capi_fault_kind[i];
        }
    }
    error_setg(errp, "%s: KIND '%s' is unknown", property, name);
    return NULL;
}

/* @part: VALUE and "store", as far as they are there */
static bool capi_fault_value(const char *property, const CapiFaultKind *kind,
                             char **part, PslFault *f, Error **errp)
{
    uint64_t val = 0;

    f->dsisr = kind->dsisr;
    if (!part[0]) {
        return true;
    }
    if (kind->value == FAULT_VALUE_NONE) {
        error_setg(errp, "%s: %s has no VALUE", property, kind->name);
        return false;
    }
    if (!capi_arg_number(property, "VALUE", part[0], 0, UINT64_MAX, &val,
                         errp)) {
        return false;
    }
    if (part[1]) {
        if (strcmp(part[1], "store") || !(kind->dsisr & PSL_DSISR_DM)) {
            error_setg(errp, "%s: '%s' is not possible with %s", property,
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

/* @part: KIND, and VALUE and "store", as far as they are there */
bool capi_arg_fault(const char *property, char **part, PslFault *f,
                    Error **errp)
{
    const CapiFaultKind *kind = capi_find_kind(property, part[0], errp);

    return kind && capi_fault_value(property, kind, part + 1, f, errp);
}
