/*
 * PAPR coherent platform facility: ibm,update-nodes, ibm,update-properties
 *
 * Tells what the device tree would say of a card now. That more is told than
 * has changed does no harm.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/bswap.h"
#include "hw/ppc/fdt.h"
#include "spapr-capi-internal.h"
#include "trace.h"
#include <libfdt.h>

#define SCOPE_DEVICE        3

#define STATUS_MORE         1
#define STATUS_PARAMETER    -3

#define OP_UPDATE           0x02000000
#define VALUE_PARTIAL       0x80000000

#define NODES_START         16
#define PROPERTIES_START    20
#define MAX_NODES           (1 + SPAPR_CAPI_FUNCTIONS)

/* Values of a property are told in steps of this */
#define VALUE_STEP          4

/* A work area that is being filled */
typedef struct CapiArea {
    uint8_t data[SPAPR_CAPI_PAGE];
    uint32_t pos;
    uint32_t end;               /* of what may be used */
} CapiArea;

/* What a reconfigured device may have changed */
static const char *const capi_facility_properties[] = {
    "compatible", "status", "ibm,caia-version", "ibm,psl-revision",
    "ibm,vpd-size", "vendor-id", "device-id", "subsystem-id",
    "subsystem-vendor-id", "revision-id", "class-code", NULL
};

static const char *const capi_function_properties[] = {
    "compatible", "status", "reg", "ibm,max-ints-per-process",
    "ibm,min-ints-per-process", "ibm,#processes", "ibm,config-record-type",
    "ibm,config-record-size", "ibm,#config-records", "ibm,error-buffer-size",
    "ibm,vpd-size", "vendor-id", "device-id", "subsystem-id",
    "subsystem-vendor-id", "revision-id", "class-code", "ibm,process-mmio",
    "ibm,supports-aur", "ibm,supports-csrp", "ibm,supports-prr",
    "ibm,process-mmio-size", "ibm,programming-model",
    "ibm,programming-models", NULL
};

static SpaprCapi *capi_by_handle(uint64_t handle)
{
    SpaprCapi *capi;

    QTAILQ_FOREACH(capi, &spapr_capi_list, next) {
        if (capi->handle == handle) {
            return capi;
        }
    }
    return NULL;
}

/* The card's nodes as they would be made at boot */
static void *capi_tree(SpaprCapi *capi)
{
    void *fdt = g_malloc0(FDT_MAX_SIZE);

    _FDT(fdt_create_empty_tree(fdt, FDT_MAX_SIZE));
    spapr_capi_card_dt(capi, fdt);
    return fdt;
}

static uint32_t capi_node_phandle(const void *fdt, int node)
{
    return ldl_be_p(fdt_getprop(fdt, node, "ibm,phandle", NULL));
}

/* All nodes of a card, its own first. Returns how many. */
static int capi_nodes(SpaprCapi *capi, uint32_t phandle[MAX_NODES])
{
    g_autofree void *fdt = capi_tree(capi);
    int node, sub, n = 0;

    node = fdt_first_subnode(fdt, 0);
    phandle[n++] = capi_node_phandle(fdt, node);
    fdt_for_each_subnode(sub, fdt, node) {
        phandle[n++] = capi_node_phandle(fdt, sub);
    }
    return n;
}

static void capi_put_u32(CapiArea *area, uint32_t value)
{
    stl_be_p(area->data + area->pos, value);
    area->pos += 4;
}

static bool capi_room(CapiArea *area, uint32_t len)
{
    return len <= area->end - area->pos;
}

/* State: nodes that have been told */
static int capi_update_nodes(CapiArea *area, SpaprCapi **capi)
{
    uint32_t state = ldl_be_p(area->data), phandle[MAX_NODES], n, told = 0;
    uint32_t count_pos;

    *capi = capi_by_handle(ldq_be_p(area->data + 4));
    if (!*capi) {
        return STATUS_PARAMETER;
    }
    n = capi_nodes(*capi, phandle);
    if (state >= n) {
        return STATUS_PARAMETER;
    }
    area->end = (*capi)->update_piece;
    area->pos = NODES_START;
    count_pos = area->pos;
    area->pos += 4;
    /* the terminator has to fit, too */
    while (state + told < n && (!told || capi_room(area, 8))) {
        capi_put_u32(area, phandle[state + told]);
        told++;
    }
    stl_be_p(area->data + count_pos, OP_UPDATE | told);
    capi_put_u32(area, 0);
    stl_be_p(area->data, state + told);
    trace_spapr_capi_update(0, state, state + told < n);
    return state + told < n ? STATUS_MORE : 0;
}

static void capi_put_name(CapiArea *area, const char *name)
{
    uint32_t len = strlen(name) + 1;

    memcpy(area->data + area->pos, name, len);
    area->pos += len;
}

static void capi_put_bytes(CapiArea *area, const void *data, uint32_t len)
{
    memcpy(area->data + area->pos, data, len);
    area->pos += len;
}

/*
 * As much of a property, from an offset on, as there is room for; at least one
 * step if the area is still empty. Returns false if nothing went in.
 */
static bool capi_put_property(CapiArea *area, const char *name,
                              const uint8_t *value, uint32_t len,
                              uint32_t *offset, bool force)
{
    uint32_t head = strlen(name) + 1 + 4, left = len - *offset, part = left;

    if (!capi_room(area, head + left)) {
        part = capi_room(area, head) ?
               QEMU_ALIGN_DOWN(area->end - area->pos - head, VALUE_STEP) : 0;
        if (!part && force) {
            part = MIN(left, VALUE_STEP);
        }
        if (!part) {
            return false;
        }
    }
    capi_put_name(area, name);
    capi_put_u32(area, part < left ? -part : part);
    capi_put_bytes(area, value + *offset, part);
    *offset += part;
    return true;
}

/* First of all, the path of the node stands for a property without a name */
static void capi_put_path(CapiArea *area, const void *fdt, int node)
{
    char path[256];

    _FDT(fdt_get_path(fdt, node, path, sizeof(path)));
    capi_put_name(area, "");
    capi_put_u32(area, strlen(path) + 1);
    capi_put_bytes(area, path, strlen(path) + 1);
}

/* State: number of the property in the upper half, offset in the lower one */
static int capi_put_properties(CapiArea *area, const void *fdt, int node,
                               const char *const *names)
{
    uint32_t state = ldl_be_p(area->data + 4), i = state >> 16;
    uint32_t offset = state & 0xffff, told = 0, before;
    const uint8_t *value;
    int len;

    area->pos = PROPERTIES_START;
    if (!state) {
        capi_put_path(area, fdt, node);
        told++;
    }
    before = told;
    for (; names[i]; i++, offset = 0) {
        value = fdt_getprop(fdt, node, names[i], &len);
        if (!value || offset > len) {
            continue;
        }
        if (!capi_put_property(area, names[i], value, len, &offset,
                               told == before)) {
            break;
        }
        told++;
        if (offset < len) {
            break;
        }
    }
    stl_be_p(area->data + 4, names[i] ? i << 16 | offset : 0);
    stl_be_p(area->data + 16, told);
    return names[i] ? STATUS_MORE : 0;
}

static int capi_update_properties(CapiArea *area, SpaprCapi **capi)
{
    uint32_t phandle = ldl_be_p(area->data);
    int node, sub, status;

    QTAILQ_FOREACH(*capi, &spapr_capi_list, next) {
        g_autofree void *fdt = capi_tree(*capi);

        area->end = (*capi)->update_piece;
        node = fdt_first_subnode(fdt, 0);
        if (capi_node_phandle(fdt, node) == phandle) {
            status = capi_put_properties(area, fdt, node,
                                         capi_facility_properties);
            trace_spapr_capi_update(phandle, ldl_be_p(area->data + 4), status);
            return status;
        }
        fdt_for_each_subnode(sub, fdt, node) {
            if (capi_node_phandle(fdt, sub) == phandle) {
                status = capi_put_properties(area, fdt, sub,
                                             capi_function_properties);
                trace_spapr_capi_update(phandle, ldl_be_p(area->data + 4),
                                        status);
                return status;
            }
        }
    }
    return STATUS_PARAMETER;
}

static int capi_update(SpaprMachineState *spapr, target_ulong args,
                       int (*fill)(CapiArea *area, SpaprCapi **capi))
{
    SpaprCapi *capi = QTAILQ_FIRST(&spapr_capi_list);
    hwaddr addr = rtas_ld(args, 0);
    CapiArea area = {};
    int status;

    if (!capi || addr % SPAPR_CAPI_PAGE || rtas_ld(args, 1) != SCOPE_DEVICE ||
        !spapr_capi_read(capi, addr, area.data, sizeof(area.data))) {
        return STATUS_PARAMETER;
    }
    status = fill(&area, &capi);
    if (status >= 0) {
        spapr_capi_write(capi, addr, area.data, sizeof(area.data));
    }
    return status;
}

static void rtas_update_nodes(PowerPCCPU *cpu, SpaprMachineState *spapr,
                              uint32_t token, uint32_t nargs,
                              target_ulong args, uint32_t nret,
                              target_ulong rets)
{
    rtas_st(rets, 0, nargs == 2 && nret == 1 ?
                     capi_update(spapr, args, capi_update_nodes) :
                     STATUS_PARAMETER);
}

static void rtas_update_properties(PowerPCCPU *cpu, SpaprMachineState *spapr,
                                   uint32_t token, uint32_t nargs,
                                   target_ulong args, uint32_t nret,
                                   target_ulong rets)
{
    rtas_st(rets, 0, nargs == 2 && nret == 1 ?
                     capi_update(spapr, args, capi_update_properties) :
                     STATUS_PARAMETER);
}

static void capi_get_update_piece(Object *obj, Visitor *v, const char *name,
                                  void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &SPAPR_CAPI(obj)->update_piece, errp);
}

static void capi_set_update_piece(Object *obj, Visitor *v, const char *name,
                                  void *opaque, Error **errp)
{
    uint32_t value;

    if (!visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    /* less has no room for the least that has to be told at once */
    if (value < 64 || value > SPAPR_CAPI_PAGE / 2) {
        error_setg(errp, "update-piece must be 64 to %d", SPAPR_CAPI_PAGE / 2);
        return;
    }
    SPAPR_CAPI(obj)->update_piece = value;
}

void spapr_capi_add_rtas_properties(Object *obj)
{
    SPAPR_CAPI(obj)->update_piece = SPAPR_CAPI_PAGE / 2;
    object_property_add(obj, "update-piece", "uint32", capi_get_update_piece,
                        capi_set_update_piece, NULL, NULL);
}

static void capi_register_rtas(void)
{
    spapr_rtas_register(RTAS_IBM_UPDATE_NODES, "ibm,update-nodes",
                        rtas_update_nodes);
    spapr_rtas_register(RTAS_IBM_UPDATE_PROPERTIES, "ibm,update-properties",
                        rtas_update_properties);
}

type_init(capi_register_rtas)
