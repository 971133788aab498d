/*
 * PAPR coherent platform facility: a CAPI card of a pseries guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "exec/address-spaces.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "sysemu/reset.h"
#include "sysemu/tcg.h"
#include "spapr-capi-internal.h"
#include "trace.h"

#define CAPI_FACILITY_HANDLE    0x10000001
#define CAPI_FUNCTION_HANDLE    0x20000001
#define CAPI_MAX_CARDS          8
#define CAPI_PSA_MAX            (512 * MiB)
#define CAPI_PSA_PAGE           (64 * KiB)

SpaprCapiList spapr_capi_list = QTAILQ_HEAD_INITIALIZER(spapr_capi_list);

bool spapr_capi_is_ram(SpaprCapi *capi, hwaddr addr, uint64_t len)
{
    hwaddr xlat, plen = len;
    MemoryRegion *mr;

    RCU_READ_LOCK_GUARD();
    mr = address_space_translate(&address_space_memory, addr, &xlat, &plen,
                                 true, MEMTXATTRS_UNSPECIFIED);
    return plen >= len && memory_access_is_direct(mr, true);
}

bool spapr_capi_read(SpaprCapi *capi, hwaddr addr, void *buf, uint64_t len)
{
    return spapr_capi_is_ram(capi, addr, len) &&
           address_space_read(&address_space_memory, addr,
                              MEMTXATTRS_UNSPECIFIED, buf, len) == MEMTX_OK;
}

bool spapr_capi_write(SpaprCapi *capi, hwaddr addr, void *buf, uint64_t len)
{
    return spapr_capi_is_ram(capi, addr, len) &&
           address_space_write(&address_space_memory, addr,
                               MEMTXATTRS_UNSPECIFIED, buf, len) == MEMTX_OK;
}

/* Leaving Normal ends all processes; they cannot be brought back */
void spapr_capi_set_state(SpaprCapiFunction *fn, uint32_t state)
{
    SpaprCapi *capi = fn->capi;

    if (state == fn->state) {
        return;
    }
    trace_spapr_capi_state(fn->index, fn->state, state);
    fn->state = state;
    if (state != CAPI_STATE_NORMAL) {
        spapr_capi_op_abort_attach(fn);
        spapr_capi_drop_processes(fn);
        fn->plid = 0x50000000 + ++capi->plid_seq;
    }
}

/* Firmware has finished the reset of the facility */
static void capi_reset_done(void *opaque)
{
    SpaprCapi *capi = opaque;
    uint32_t i;

    capi->state = CAPI_STATE_NORMAL;
    for (i = 0; i < capi->nr_functions; i++) {
        SpaprCapiFunction *fn = &capi->fn[i];

        /* a test may have given it another state and the guest a process */
        if (fn->state == CAPI_STATE_TEMPORARY) {
            psl_slice_reset(&fn->slice);
            spapr_capi_set_state(fn, CAPI_STATE_DISABLED);
        }
    }
}

/* Reset of the machine: nothing is attached, every function is Normal */
static void capi_machine_reset(void *opaque)
{
    SpaprCapi *capi = opaque;
    uint32_t i;

    spapr_capi_reserve_isns(capi, false);
    spapr_capi_flash_reset(capi);
    spapr_capi_op_cancel_all(capi);
    timer_del(capi->reset_timer);
    spapr_capi_irq_reset(capi);
    capi->state = CAPI_STATE_NORMAL;
    for (i = 0; i < capi->nr_functions; i++) {
        SpaprCapiFunction *fn = &capi->fn[i];

        spapr_capi_drop_processes(fn);
        psl_slice_reset(&fn->slice);
        fn->state = CAPI_STATE_NORMAL;
        fn->resetting = false;
        fn->serr = 0;
        fn->plid = 0;
        fn->slbia_reads = 0;
    }
}

static bool capi_check_config(SpaprCapi *capi, Error **errp)
{
    if (!capi->nr_functions || capi->nr_functions > SPAPR_CAPI_FUNCTIONS) {
        error_setg(errp, "functions must be 1 to %d", SPAPR_CAPI_FUNCTIONS);
        return false;
    }
    if (!capi->vpd_size || capi->vpd_size > 1 * MiB) {
        error_setg(errp, "vpd-size must be 1 to 1048576");
        return false;
    }
    return true;
}

static bool capi_check_geometry(SpaprCapi *capi, CapiAfuGeometry *g,
                                Error **errp)
{
    if (!g->processes || g->processes > 4096) {
        error_setg(errp, "processes must be 1 to 4096");
        return false;
    }
    if (g->psa_size % CAPI_PSA_PAGE || g->psa_size > CAPI_PSA_MAX) {
        error_setg(errp, "psa-size must be a multiple of 64 KiB, at most "
                   "512 MiB");
        return false;
    }
    if (capi->process_mmio) {
        if (g->pp_size < SPAPR_CAPI_PAGE || !is_power_of_2(g->pp_size)) {
            error_setg(errp, "process-mmio-size must be a power of two, at "
                       "least 4096");
            return false;
        }
        if (g->pp_offset % g->pp_size || g->pp_offset > g->psa_size ||
            g->pp_size > CAPI_PSA_MAX ||
            g->pp_size * g->processes > g->psa_size - g->pp_offset) {
            error_setg(errp, "process-mmio-offset: %u windows do not fit "
                       "into psa-size", g->processes);
            return false;
        }
    } else {
        /* windows exist all the same, the whole area shows them */
        if (!is_power_of_2(g->pp_size)) {
            error_setg(errp, "process-mmio-size must be a power of two");
            return false;
        }
    }
    if (g->config_records > 64) {
        error_setg(errp, "config-records must be 0 to 64");
        return false;
    }
    if (g->config_record_size % 256 || g->config_record_size > 4096 ||
        (g->config_records && !g->config_record_size)) {
        error_setg(errp, "config-record-size must be a multiple of 256, at "
                   "most 4096");
        return false;
    }
    if (g->err_buffer_size > 1 * MiB) {
        error_setg(errp, "err-buffer must be at most 1 MiB");
        return false;
    }
    return true;
}

static void capi_geometry(SpaprCapi *capi, CapiAfuGeometry *g)
{
    if (capi->processes != CAPI_DEFAULT32) {
        g->processes = capi->processes;
    }
    if (capi->psa_size != CAPI_DEFAULT64) {
        g->psa_size = capi->psa_size;
    }
    if (capi->pp_offset != CAPI_DEFAULT64) {
        g->pp_offset = capi->pp_offset;
    }
    if (capi->pp_size != CAPI_DEFAULT64) {
        g->pp_size = capi->pp_size;
    }
    if (capi->err_buffer_size != CAPI_DEFAULT64) {
        g->err_buffer_size = capi->err_buffer_size;
    }
    if (capi->config_records != CAPI_DEFAULT32) {
        g->config_records = capi->config_records;
    }
    if (capi->config_record_size != CAPI_DEFAULT64) {
        g->config_record_size = capi->config_record_size;
    }
}

static bool capi_check_machine(SpaprCapi *capi, Error **errp)
{
    SpaprMachineState *spapr;

    spapr = (SpaprMachineState *)object_dynamic_cast(qdev_get_machine(),
                                                     TYPE_SPAPR_MACHINE);
    if (!spapr) {
        error_setg(errp, TYPE_SPAPR_CAPI " needs a pseries machine");
        return false;
    }
    if (!tcg_enabled()) {
        error_setg(errp, TYPE_SPAPR_CAPI " needs TCG: it reads the page table "
                   "of the guest");
        return false;
    }
    if (!spapr->ics || spapr->xive) {
        error_setg(errp, TYPE_SPAPR_CAPI " needs XICS: use a POWER8 CPU or "
                   "ic-mode=xics");
        return false;
    }
    if (!spapr->irq_map) {
        error_setg(errp, TYPE_SPAPR_CAPI " needs a machine type with dynamic "
                   "interrupt allocation");
        return false;
    }
    capi->spapr = spapr;
    return true;
}

static bool capi_new_index(SpaprCapi *capi, Error **errp)
{
    bool used[CAPI_MAX_CARDS] = {};
    SpaprCapi *other;

    QTAILQ_FOREACH(other, &spapr_capi_list, next) {
        used[other->index] = true;
    }
    while (capi->index < CAPI_MAX_CARDS && used[capi->index]) {
        capi->index++;
    }
    if (capi->index == CAPI_MAX_CARDS) {
        error_setg(errp, "at most %d " TYPE_SPAPR_CAPI " devices are possible",
                   CAPI_MAX_CARDS);
        return false;
    }
    capi->handle = CAPI_FACILITY_HANDLE + capi->index;
    return true;
}

static bool capi_function_realize(SpaprCapi *capi, uint32_t i, Error **errp)
{
    g_autofree char *type = g_strdup_printf(TYPE_CAPI_AFU "-%s",
                                            capi->afu_type);
    g_autofree char *name = g_strdup_printf("afu[%u]", i);
    SpaprCapiFunction *fn = &capi->fn[i];
    ObjectClass *class = object_class_by_name(type);

    if (!class || object_class_is_abstract(class) ||
        !object_class_dynamic_cast(class, TYPE_CAPI_AFU)) {
        error_setg(errp, "afu: there is no AFU model '%s'", capi->afu_type);
        return false;
    }
    fn->capi = capi;
    fn->index = i;
    fn->handle = CAPI_FUNCTION_HANDLE + capi->index * SPAPR_CAPI_FUNCTIONS + i;
    fn->state = CAPI_STATE_NORMAL;
    fn->afu = CAPI_AFU(object_new(type));
    object_property_add_child(OBJECT(capi), name, OBJECT(fn->afu));
    object_unref(OBJECT(fn->afu));

    capi_geometry(capi, &fn->afu->geom);
    if (!capi_check_geometry(capi, &fn->afu->geom, errp) ||
        !sysbus_realize(SYS_BUS_DEVICE(fn->afu), errp)) {
        object_unparent(OBJECT(fn->afu));
        return false;
    }
    fn->max_processes = fn->afu->geom.processes;
    fn->proc = g_new0(SpaprCapiProcess, fn->max_processes);
    psl_slice_init(&fn->slice, &spapr_capi_host_ops, fn, fn->afu,
                   &address_space_memory);
    fn->slice.lazy_removal = capi->lazy_removal;
    spapr_capi_mmio_init(fn);
    return true;
}

static void capi_function_unrealize(SpaprCapiFunction *fn)
{
    if (!fn->proc) {
        return;
    }
    spapr_capi_drop_processes(fn);
    spapr_capi_mmio_fini(fn);
    psl_slice_fini(&fn->slice);
    object_unparent(OBJECT(fn->afu));
    g_free(fn->proc);
    fn->proc = NULL;
}

/* A process has the PSL's interrupt even if its AFU has no need of any */
static bool capi_check_interrupts(SpaprCapi *capi, Error **errp)
{
    if (capi->min_ints == CAPI_DEFAULT32) {
        capi->min_ints = MAX(capi->fn[0].afu->geom.min_ints, 1);
    }
    return capi->nr_isns == CAPI_DEFAULT32 ||
           spapr_capi_check_isns(capi, errp);
}

static void capi_realize(DeviceState *dev, Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(dev);
    uint32_t i;

    if (!capi_check_machine(capi, errp) || !capi_check_config(capi, errp) ||
        !capi_new_index(capi, errp)) {
        return;
    }
    for (i = 0; i < capi->nr_functions; i++) {
        if (!capi_function_realize(capi, i, errp)) {
            goto fail;
        }
    }
    if (!capi_check_interrupts(capi, errp)) {
        goto fail;
    }
    capi->state = CAPI_STATE_NORMAL;
    capi->reset_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, capi_reset_done,
                                     capi);
    spapr_capi_flash_init(capi);
    spapr_capi_irq_init(capi);
    spapr_capi_isns_init();
    QTAILQ_INSERT_TAIL(&spapr_capi_list, capi, next);
    qemu_register_reset(capi_machine_reset, capi);
    return;

fail:
    for (i = 0; i < capi->nr_functions; i++) {
        capi_function_unrealize(&capi->fn[i]);
    }
}

static void capi_instance_init(Object *obj)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);

    capi->afu_type = g_strdup("memcpy");
    capi->status = g_strdup("okay");
    capi->loc_code = g_strdup("U78CA.001.CAPI-P1-C1");
    capi->licensed = true;
    capi->mask_at_attach = true;
    capi->reset_ms = 100;
    capi->psl_revision = 1;
    QTAILQ_INIT(&capi->irqs);
    QTAILQ_INIT(&capi->ops);
    QTAILQ_INIT(&capi->injections);
    spapr_capi_add_properties(obj);
}

static void capi_instance_finalize(Object *obj)
{
    spapr_capi_free_injections(SPAPR_CAPI(obj));
}

static Property capi_properties[] = {
    DEFINE_PROP_STRING("afu", SpaprCapi, afu_type),
    DEFINE_PROP_STRING("status", SpaprCapi, status),
    DEFINE_PROP_STRING("loc-code", SpaprCapi, loc_code),
    DEFINE_PROP_UINT32("functions", SpaprCapi, nr_functions, 1),
    DEFINE_PROP_UINT32("processes", SpaprCapi, processes, CAPI_DEFAULT32),
    DEFINE_PROP_UINT32("isns", SpaprCapi, nr_isns, CAPI_DEFAULT32),
    DEFINE_PROP_UINT32("min-ints", SpaprCapi, min_ints, CAPI_DEFAULT32),
    DEFINE_PROP_UINT32("max-ints", SpaprCapi, max_ints, CAPI_DEFAULT32),
    DEFINE_PROP_UINT32("max-total-ints", SpaprCapi, max_total_ints,
                       CAPI_DEFAULT32),
    DEFINE_PROP_UINT64("psa-size", SpaprCapi, psa_size, CAPI_DEFAULT64),
    DEFINE_PROP_UINT64("process-mmio-offset", SpaprCapi, pp_offset,
                       CAPI_DEFAULT64),
    DEFINE_PROP_UINT64("process-mmio-size", SpaprCapi, pp_size,
                       CAPI_DEFAULT64),
    DEFINE_PROP_BOOL("process-mmio", SpaprCapi, process_mmio, true),
    DEFINE_PROP_BOOL("publish-mmio-size", SpaprCapi, publish_mmio_size, true),
    DEFINE_PROP_BOOL("privileged", SpaprCapi, privileged, true),
    DEFINE_PROP_BOOL("privileged-facility", SpaprCapi, privileged_facility,
                     true),
    DEFINE_PROP_BOOL("error-isn-in-pool", SpaprCapi, error_isn_in_pool, false),
    DEFINE_PROP_UINT64("err-buffer", SpaprCapi, err_buffer_size,
                       CAPI_DEFAULT64),
    DEFINE_PROP_UINT32("config-records", SpaprCapi, config_records,
                       CAPI_DEFAULT32),
    DEFINE_PROP_UINT64("config-record-size", SpaprCapi, config_record_size,
                       CAPI_DEFAULT64),
    DEFINE_PROP_UINT32("vpd-size", SpaprCapi, vpd_size, 4096),
    DEFINE_PROP_UINT16("vendor-id", SpaprCapi, vendor_id, 0x1014),
    DEFINE_PROP_UINT16("device-id", SpaprCapi, device_id, 0x0477),
    DEFINE_PROP_UINT16("subsystem-vendor-id", SpaprCapi, subsystem_vendor_id,
                       0x1014),
    DEFINE_PROP_UINT16("subsystem-id", SpaprCapi, subsystem_id, 0x04c6),
    DEFINE_PROP_UINT32("flash-size", SpaprCapi, flash_size, 128 * MiB),
    DEFINE_PROP_END_OF_LIST(),
};

/*
 * Contexts live in the middle of accesses and faults, and no protocol exists
 * that would move a card: there is no migration.
 */
static const VMStateDescription capi_vmstate = {
    .name = TYPE_SPAPR_CAPI,
    .unmigratable = 1,
};

static void capi_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "CAPI card (PAPR coherent platform facility)";
    dc->realize = capi_realize;
    dc->vmsd = &capi_vmstate;
    dc->user_creatable = true;
    dc->hotpluggable = false;
    device_class_set_props(dc, capi_properties);
}

static const TypeInfo capi_info = {
    .name = TYPE_SPAPR_CAPI,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(SpaprCapi),
    .instance_init = capi_instance_init,
    .instance_finalize = capi_instance_finalize,
    .class_init = capi_class_init,
};

static void capi_register_types(void)
{
    type_register_static(&capi_info);
}

type_init(capi_register_types)
