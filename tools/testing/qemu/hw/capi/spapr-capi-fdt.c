/*
 * PAPR coherent platform facility: device tree
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/ppc/fdt.h"
#include "spapr-capi-internal.h"
#include <libfdt.h>

#define CAPI_PHANDLE        0x7e000000

/* Types of an address below a facility */
enum {
    CAPI_ADDR_UNIT = 0,
    CAPI_ADDR_P2 = 1,
    CAPI_ADDR_PSA = 2,
};

#define CAPI_REG_CELLS  5

static void capi_reg(uint32_t *cell, uint32_t type, uint64_t addr,
                     uint64_t size)
{
    cell[0] = cpu_to_be32(type);
    cell[1] = cpu_to_be32(addr >> 32);
    cell[2] = cpu_to_be32(addr);
    cell[3] = cpu_to_be32(size >> 32);
    cell[4] = cpu_to_be32(size);
}

static void capi_compatible(void *fdt, int node, const char *first,
                            const char *last)
{
    g_autoptr(GString) s = g_string_new(NULL);

    if (first) {
        g_string_append(s, first);
        g_string_append_c(s, '\0');
    }
    g_string_append(s, last);
    g_string_append_c(s, '\0');
    _FDT(fdt_setprop(fdt, node, "compatible", s->str, s->len));
}

static void capi_ids_dt(SpaprCapi *capi, void *fdt, int node)
{
    _FDT(fdt_setprop_cell(fdt, node, "vendor-id", capi->vendor_id));
    _FDT(fdt_setprop_cell(fdt, node, "device-id", capi->device_id));
    _FDT(fdt_setprop_cell(fdt, node, "revision-id", 1));
    _FDT(fdt_setprop_cell(fdt, node, "class-code", 0x120000));
    _FDT(fdt_setprop_cell(fdt, node, "subsystem-vendor-id",
                          capi->subsystem_vendor_id));
    _FDT(fdt_setprop_cell(fdt, node, "subsystem-id", capi->subsystem_id));
}

static void capi_function_areas_dt(SpaprCapiFunction *fn, void *fdt, int node)
{
    uint32_t reg[3 * CAPI_REG_CELLS], assigned[2 * CAPI_REG_CELLS];
    int n = fn->psa_addr ? 2 : 1;

    /* offsets in reg, addresses in assigned-addresses */
    capi_reg(reg, CAPI_ADDR_UNIT, fn->handle, 0);
    capi_reg(reg + CAPI_REG_CELLS, CAPI_ADDR_P2, 0, SPAPR_CAPI_PAGE);
    capi_reg(assigned, CAPI_ADDR_P2, fn->p2_addr, SPAPR_CAPI_PAGE);
    if (fn->psa_addr) {
        uint64_t size = fn->afu->geom.psa_size;

        capi_reg(reg + 2 * CAPI_REG_CELLS, CAPI_ADDR_PSA, 0, size);
        capi_reg(assigned + CAPI_REG_CELLS, CAPI_ADDR_PSA, fn->psa_addr, size);
    }
    _FDT(fdt_setprop(fdt, node, "reg", reg,
                     (n + 1) * CAPI_REG_CELLS * sizeof(uint32_t)));
    _FDT(fdt_setprop(fdt, node, "assigned-addresses", assigned,
                     n * CAPI_REG_CELLS * sizeof(uint32_t)));
}

static void capi_function_limits_dt(SpaprCapiFunction *fn, void *fdt, int node)
{
    const CapiAfuGeometry *g = &fn->afu->geom;
    SpaprCapi *capi = fn->capi;

    _FDT(fdt_setprop_cell(fdt, node, "ibm,#processes", g->processes));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,min-ints-per-process",
                          capi->min_ints));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,max-ints-per-process",
                          capi->max_ints));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,max-ints", capi->max_total_ints));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,process-mmio", capi->process_mmio));
    if (capi->process_mmio && capi->publish_mmio_size) {
        _FDT(fdt_setprop_u64(fdt, node, "ibm,process-mmio-size", g->pp_size));
    }
    _FDT(fdt_setprop_u64(fdt, node, "ibm,error-buffer-size",
                         g->err_buffer_size));
    _FDT(fdt_setprop_u64(fdt, node, "ibm,config-record-size",
                         g->config_record_size));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,#config-records",
                          g->config_records));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,config-record-type", 1));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,vpd-size", capi->vpd_size));
}

static void capi_function_dt(SpaprCapiFunction *fn, void *fdt, int parent)
{
    SpaprCapi *capi = fn->capi;
    g_autofree char *name = NULL, *compat = NULL, *loc = NULL;
    static const char models[] = "\0\0\0\1" "shared-afu-directed";
    int node;

    name = g_strdup_printf("ibm,coherent-platform-function@0,%x,%x",
                           (uint32_t)(fn->handle >> 32), (uint32_t)fn->handle);
    node = fdt_add_subnode(fdt, parent, name);
    _FDT(node);

    compat = g_strdup_printf("capi%04x,%04x.%04x.%04x", capi->vendor_id,
                             capi->device_id, capi->subsystem_vendor_id,
                             capi->subsystem_id);
    capi_compatible(fdt, node, compat, "ibm,coherent-platform-function");
    loc = g_strdup_printf("%s-S%u-S0", capi->loc_code, fn->index);
    _FDT(fdt_setprop_string(fdt, node, "device_type", "ibm,coherent-accel"));
    _FDT(fdt_setprop_string(fdt, node, "ibm,loc-code", loc));
    _FDT(fdt_setprop_string(fdt, node, "status",
                            fn->absent ? "disabled" : "okay"));
    capi_function_areas_dt(fn, fdt, node);
    capi_function_limits_dt(fn, fdt, node);
    _FDT(fdt_setprop_string(fdt, node, "ibm,programming-model",
                            "shared-afu-directed"));
    _FDT(fdt_setprop(fdt, node, "ibm,programming-models", models,
                     sizeof(models)));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,function-error-interrupt",
                          fn->error_isn));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,privileged-function",
                          capi->privileged));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,programmable", 0));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,function-number", fn->index));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,supports-aur", 0));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,supports-csrp", 0));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,supports-prr", 0));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,phandle",
                          CAPI_PHANDLE + capi->index * 16 + 2 + fn->index));
    capi_ids_dt(capi, fdt, node);
}

/* The node of a card, with those of its functions, below the root */
void spapr_capi_card_dt(SpaprCapi *capi, void *fdt)
{
    g_autofree char *name = NULL;
    uint32_t reg[4] = {
        cpu_to_be32(capi->handle >> 32), cpu_to_be32(capi->handle), 0, 0,
    };
    uint32_t ranges[2] = {
        cpu_to_be32(capi->isn_base), cpu_to_be32(capi->nr_isns),
    };
    int node, i;

    name = g_strdup_printf("ibm,coherent-platform-facility@%" PRIx64,
                           capi->handle);
    node = fdt_add_subnode(fdt, 0, name);
    _FDT(node);

    capi_compatible(fdt, node, NULL, "ibm,coherent-platform-facility");
    _FDT(fdt_setprop_string(fdt, node, "device_type", "capi"));
    _FDT(fdt_setprop_string(fdt, node, "model", "PSL8"));
    _FDT(fdt_setprop_string(fdt, node, "ibm,loc-code", capi->loc_code));
    _FDT(fdt_setprop_string(fdt, node, "status", capi->status));
    _FDT(fdt_setprop_cell(fdt, node, "#address-cells", 3));
    _FDT(fdt_setprop_cell(fdt, node, "#size-cells", 2));
    _FDT(fdt_setprop(fdt, node, "reg", reg, sizeof(reg)));
    _FDT(fdt_setprop(fdt, node, "interrupt-ranges", ranges, sizeof(ranges)));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,phandle",
                          CAPI_PHANDLE + capi->index * 16 + 1));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,caia-version", 0x0100));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,psl-revision",
                          capi->psl_revision));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,vpd-size", capi->vpd_size));
    _FDT(fdt_setprop_cell(fdt, node, "ibm,privileged-facility",
                          capi->privileged_facility));
    capi_ids_dt(capi, fdt, node);

    /* libfdt puts a new node in front: the last function goes first */
    for (i = capi->nr_functions - 1; i >= 0; i--) {
        capi_function_dt(&capi->fn[i], fdt, node);
    }
}

static void capi_hypertas_dt(void *fdt)
{
    static const char call[] = "hcall-ca";
    int node = fdt_path_offset(fdt, "/rtas");

    _FDT(node);
    _FDT(fdt_appendprop(fdt, node, "ibm,hypertas-functions", call,
                        sizeof(call)));
}

void spapr_capi_dt(void *fdt)
{
    SpaprCapi *capi;

    if (QTAILQ_EMPTY(&spapr_capi_list)) {
        return;
    }
    /* a new subnode comes first, but the first card is to be the first one */
    QTAILQ_FOREACH_REVERSE(capi, &spapr_capi_list, next) {
        spapr_capi_reserve_isns(capi, true);
        spapr_capi_card_dt(capi, fdt);
    }
    capi_hypertas_dt(fdt);
}
