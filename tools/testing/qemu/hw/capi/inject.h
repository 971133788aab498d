/*
 * What the injections and counters of all CAPI cards share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CAPI_INJECT_H
#define HW_CAPI_INJECT_H

#include "hw/capi/psl.h"

typedef PslSlice *CapiSliceOf(Object *obj, uint32_t i);

/* inject-args.c */
char **capi_args(DeviceState *dev, const char *property, const char *form,
                 const char *text, unsigned min, unsigned max, Error **errp);
bool capi_arg_number(const char *property, const char *what, const char *text,
                     uint64_t min, uint64_t max, uint64_t *val, Error **errp);
PslContext *capi_arg_context(PslSlice *s, uint32_t index, const char *property,
                             const char *text, Error **errp);

/* inject-fault.c */
bool capi_arg_fault(const char *property, char **part, PslFault *f,
                    Error **errp);

/* counters.c */
void capi_add_counters(Object *obj, CapiSliceOf *slice);

#endif /* HW_CAPI_INJECT_H */
