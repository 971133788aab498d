/*
 * PAPR coherent platform facility: hypercall entry
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "spapr-capi-internal.h"
#include "trace.h"

typedef struct CapiHcall {
    target_ulong opcode;
    const char *name;
    bool facility;              /* R4 is the handle of a facility */
    target_long (*fn)(SpaprCapiCall *c);
} CapiHcall;

/* Functions take no images of their own */
static target_long capi_download_function(SpaprCapiCall *c)
{
    return H_FUNCTION;
}

static const CapiHcall capi_hcalls[] = {
    { H_ATTACH_CA_PROCESS, "attach", false, spapr_capi_attach },
    { H_CONTROL_CA_FUNCTION, "control-function", false,
      spapr_capi_control_function },
    { H_DETACH_CA_PROCESS, "detach", false, spapr_capi_detach },
    { H_COLLECT_CA_INT_INFO, "collect", false, spapr_capi_collect },
    { H_CONTROL_CA_FAULTS, "faults", false, spapr_capi_faults },
    { H_DOWNLOAD_CA_FUNCTION, "download-function", false,
      capi_download_function },
    { H_DOWNLOAD_CA_FACILITY, "download-facility", true,
      spapr_capi_download_facility },
    { H_CONTROL_CA_FACILITY, "control-facility", true,
      spapr_capi_control_facility },
};

static bool capi_find_handle(SpaprCapiCall *c, bool facility, uint64_t handle)
{
    uint32_t i;

    QTAILQ_FOREACH(c->capi, &spapr_capi_list, next) {
        if (facility && c->capi->handle == handle) {
            return true;
        }
        for (i = 0; !facility && i < c->capi->nr_functions; i++) {
            if (c->capi->fn[i].handle == handle && !c->capi->fn[i].absent) {
                c->fn = &c->capi->fn[i];
                return true;
            }
        }
    }
    return false;
}

/* The licence is the partition's; a test can take it from a single card */
static target_long capi_check_handle(SpaprCapiCall *c, bool facility)
{
    SpaprCapi *capi;

    if (QTAILQ_EMPTY(&spapr_capi_list)) {
        return H_FUNCTION;
    }
    if (capi_find_handle(c, facility, c->args[0])) {
        return c->capi->licensed ? H_SUCCESS : H_AUTHORITY;
    }
    QTAILQ_FOREACH(capi, &spapr_capi_list, next) {
        if (capi->licensed) {
            return H_PARAMETER;
        }
    }
    return H_AUTHORITY;
}

static target_ulong capi_hcall(PowerPCCPU *cpu, SpaprMachineState *spapr,
                               target_ulong opcode, target_ulong *args)
{
    SpaprCapiCall c = { .opcode = opcode, .args = args };
    const CapiHcall *h = capi_hcalls;
    uint64_t a0 = args[0], a1 = args[1], a2 = args[2];
    target_long rc;

    while (h->opcode != opcode) {
        h++;
    }
    rc = capi_check_handle(&c, h->facility);
    if (rc == H_SUCCESS && !spapr_capi_injected(&c, &rc)) {
        rc = h->fn(&c);
    }
    trace_spapr_capi_hcall(h->name, a0, a1, a2, rc, args[0]);
    return rc;
}

static void capi_register_hcalls(void)
{
    int i;

    for (i = 0; i < ARRAY_SIZE(capi_hcalls); i++) {
        spapr_register_hypercall(capi_hcalls[i].opcode, capi_hcall);
    }
}

type_init(capi_register_hcalls)
