/*
 * CAPI card of a bare metal POWER8 machine
 *
 * A PCI Express endpoint below a PHB3. It brings the parts of the chip that
 * QEMU lacks: the CAPP unit and the error states of the host bridge.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/pci-host/pnv_phb.h"
#include "hw/pci/pci_bus.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "sysemu/reset.h"
#include "sysemu/tcg.h"
#include "pnv-capi.h"
#include "vpd.h"
#include "trace.h"

#define CAPI_CLASS              0x1200
#define CAPI_BAR_FLAGS          (PCI_BASE_ADDRESS_MEM_TYPE_64 | \
                                 PCI_BASE_ADDRESS_MEM_PREFETCH)
#define CAPI_BAR2_SIZE          (128 * KiB)
#define CAPI_BAR4_SIZE          (1ULL << 48)
#define CAPI_DESC_OFFSET        (1 * MiB)
#define CAPI_DESC_SIZE          (64 * KiB)
#define CAPI_PS_OFFSET          (64 * MiB)
#define CAPI_PSA_MAX            (512 * MiB)
#define CAPI_PAGE               4096
#define CAPI_MAX_PROCESSES      7704    /* fit into the largest area */

static QTAILQ_HEAD(, PnvCapi) cards = QTAILQ_HEAD_INITIALIZER(cards);

void pnv_capi_violation(PnvCapi *card, const char *what, uint64_t val)
{
    psl_violation(&card->slice[0].psl, what, val);
}

bool pnv_capi_link_down(PnvCapi *card)
{
    return !card->link_up || !card->present || card->phb.perst;
}

/* Nobody answers: loads give all ones, stores get lost */
bool pnv_capi_dead(PnvCapi *card)
{
    return pnv_capi_link_down(card) || pnv_capi_fenced(card) ||
           pnv_capi_frozen(card);
}

void pnv_capi_wait_start(PnvCapi *card, PnvCapiWait *wait, PnvCapiDelay delay)
{
    uint32_t ms = card->delay[delay];

    wait->on = true;
    wait->shown = false;
    wait->until = ms == PNV_CAPI_NEVER ? INT64_MAX :
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                  (int64_t)ms * SCALE_MS;
}

/* Software looks whether it is over; the first time it never is */
bool pnv_capi_wait_over(PnvCapiWait *wait)
{
    if (!wait->on) {
        return true;
    }
    if (!wait->shown) {
        wait->shown = true;
        return false;
    }
    if (qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) < wait->until) {
        return false;
    }
    wait->on = false;
    return true;
}

/* The same, but nobody looks */
bool pnv_capi_wait_idle(const PnvCapiWait *wait)
{
    return !wait->on || qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) >= wait->until;
}

/* The way to memory is gone, and will not come back without a reset */
void pnv_capi_lost(PnvCapi *card)
{
    uint32_t i;

    for (i = 0; i < card->nr_slices; i++) {
        pnv_capi_slice_lost(&card->slice[i]);
    }
    pnv_capi_adapter_cache_lost(card);
}

/* Every kind of reset ends here */
static void capi_reset(DeviceState *dev)
{
    PnvCapi *card = PNV_CAPI(dev);
    uint32_t i;

    trace_pnv_capi_reset(card->in_perst_reset ? "PERST" : "other");
    pnv_capi_config_reset(card);
    pnv_capi_adapter_reset(card);
    pnv_capi_drop_late_irqs(card);
    for (i = 0; i < card->nr_slices; i++) {
        pnv_capi_slice_reset(&card->slice[i]);
    }
}

/* The reset line of the link has been asserted */
void pnv_capi_perst(PnvCapi *card)
{
    card->in_perst_reset = true;
    pci_device_reset(PCI_DEVICE(card));
    card->in_perst_reset = false;
}

/* Power on: everything, the parts of the chip as well */
static void capi_machine_reset(void *opaque)
{
    PnvCapi *card = opaque;

    pnv_capi_phb_reset(card);
    pnv_capp_reset(card);
    pnv_capi_config_power_on(card);
}

/* The AFU has a part in it, which can change */
const uint8_t *pnv_capi_vpd(PnvCapi *card, uint32_t *size)
{
    g_autofree char *serial = g_strdup_printf("QEMU%08x", card->phb3->chip_id);

    if (card->vpd) {
        g_byte_array_unref(card->vpd);
    }
    card->vpd = capi_vpd_new("Emulated CAPI adapter", serial,
                             card->slice[0].afu);
    *size = card->vpd->len;
    return card->vpd->data;
}

static bool capi_find_phb(PnvCapi *card, Error **errp)
{
    PCIBus *bus = pci_get_bus(PCI_DEVICE(card));
    Object *host = OBJECT(BUS(pci_device_root_bus(PCI_DEVICE(card)))->parent);
    PnvPHB *phb = (PnvPHB *)object_dynamic_cast(host, TYPE_PNV_PHB);
    PnvCapi *other;

    if (!phb || !object_dynamic_cast(phb->backend, TYPE_PNV_PHB3)) {
        error_setg(errp, TYPE_PNV_CAPI " needs a PHB3: use machine powernv8");
        return false;
    }
    if (pci_bus_is_root(bus)) {
        error_setg(errp, TYPE_PNV_CAPI " needs the bus of a root port");
        return false;
    }
    card->phb3 = PNV_PHB3(phb->backend);
    QTAILQ_FOREACH(other, &cards, next) {
        if (other->phb3->chip == card->phb3->chip) {
            error_setg(errp, "the chip has one CAPP unit, and card %s has it",
                       DEVICE(other)->id ?: "unnamed");
            return false;
        }
    }
    /* the bus may be older than its parent's ability to have this */
    bus->flags |= PCI_BUS_EXTENDED_CONFIG_SPACE;
    return true;
}

static bool capi_check_config(PnvCapi *card, Error **errp)
{
    if (!tcg_enabled()) {
        error_setg(errp, TYPE_PNV_CAPI " needs TCG");
        return false;
    }
    if (!card->nr_slices || card->nr_slices > PNV_CAPI_SLICES) {
        error_setg(errp, "functions must be 1 to %d", PNV_CAPI_SLICES);
        return false;
    }
    if (!card->model || !strcmp(card->model, "directed")) {
        card->models = PNV_CAPI_MODELS | PNV_CAPI_DIRECTED;
    } else if (!strcmp(card->model, "dedicated")) {
        card->models = PNV_CAPI_MODELS | PNV_CAPI_DEDICATED;
    } else if (!strcmp(card->model, "both")) {
        card->models = PNV_CAPI_MODELS | PNV_CAPI_DIRECTED |
                       PNV_CAPI_DEDICATED;
    } else {
        error_setg(errp, "models must be directed, dedicated or both");
        return false;
    }
    return true;
}

static void capi_geometry(PnvCapi *card, CapiAfuGeometry *g)
{
    if (card->processes != PNV_CAPI_DEFAULT32) {
        g->processes = card->processes;
    }
    if (card->psa_size != PNV_CAPI_DEFAULT64) {
        g->psa_size = card->psa_size;
    }
    if (card->pp_offset != PNV_CAPI_DEFAULT64) {
        g->pp_offset = card->pp_offset;
    }
    if (card->pp_size != PNV_CAPI_DEFAULT64) {
        g->pp_size = card->pp_size;
    }
    if (card->err_buffer_size != PNV_CAPI_DEFAULT64) {
        g->err_buffer_size = card->err_buffer_size;
    }
    if (card->config_records != PNV_CAPI_DEFAULT32) {
        g->config_records = card->config_records;
    }
    if (card->config_record_size != PNV_CAPI_DEFAULT64) {
        g->config_record_size = card->config_record_size;
    }
}

static bool capi_check_geometry(const CapiAfuGeometry *g, Error **errp)
{
    if (!g->processes || g->processes > CAPI_MAX_PROCESSES) {
        error_setg(errp, "processes must be 1 to %d", CAPI_MAX_PROCESSES);
        return false;
    }
    if (g->psa_size % PNV_CAPI_UNIT || g->psa_size > CAPI_PSA_MAX) {
        error_setg(errp, "psa-size must be a multiple of 64 KiB, at most "
                   "512 MiB");
        return false;
    }
    if (g->pp_size < CAPI_PAGE || !is_power_of_2(g->pp_size) ||
        g->pp_size > CAPI_PSA_MAX || g->pp_offset % CAPI_PAGE) {
        error_setg(errp, "process-mmio-size must be a power of two, at least "
                   "4096, process-mmio-offset a multiple of 4096");
        return false;
    }
    if (!g->config_record_size || g->config_record_size % 256 ||
        g->config_record_size > CAPI_PAGE || g->config_records > CAPI_PAGE ||
        PNV_CAPI_CR_OFFSET + g->config_records * g->config_record_size >
        PNV_CAPI_EB_OFFSET) {
        error_setg(errp, "config-records and config-record-size: the records "
                   "do not fit into 3840 bytes");
        return false;
    }
    if (g->err_buffer_size % CAPI_PAGE ||
        g->err_buffer_size > CAPI_DESC_SIZE - PNV_CAPI_EB_OFFSET) {
        error_setg(errp, "err-buffer must be a multiple of 4096, at most "
                   "61440");
        return false;
    }
    return true;
}

static CapiAfu *capi_new_afu(PnvCapi *card, uint32_t i, Error **errp)
{
    g_autofree char *type = g_strdup_printf(TYPE_CAPI_AFU "-%s",
                                            card->afu_type ?: "memcpy");
    g_autofree char *name = g_strdup_printf("afu[%u]", i);
    ObjectClass *class = object_class_by_name(type);
    CapiAfu *afu;

    if (!class || object_class_is_abstract(class) ||
        !object_class_dynamic_cast(class, TYPE_CAPI_AFU)) {
        error_setg(errp, "afu: there is no AFU model '%s'", card->afu_type);
        return NULL;
    }
    afu = CAPI_AFU(object_new(type));
    object_property_add_child(OBJECT(card), name, OBJECT(afu));
    object_unref(OBJECT(afu));
    capi_geometry(card, &afu->geom);
    if (!capi_check_geometry(&afu->geom, errp) ||
        !sysbus_realize(SYS_BUS_DEVICE(afu), errp)) {
        object_unparent(OBJECT(afu));
        return NULL;
    }
    return afu;
}

static bool capi_new_afus(PnvCapi *card, Error **errp)
{
    uint32_t i;

    for (i = 0; i < card->nr_slices; i++) {
        PnvCapiSlice *slice = &card->slice[i];

        slice->card = card;
        slice->index = i;
        slice->afu = capi_new_afu(card, i, errp);
        if (!slice->afu) {
            return false;
        }
    }
    card->desc_offset = CAPI_DESC_OFFSET;
    card->desc_size = CAPI_DESC_SIZE;
    card->ps_offset = CAPI_PS_OFFSET;
    card->ps_size = card->slice[0].afu->geom.psa_size;
    return true;
}

static void capi_init_bars(PnvCapi *card)
{
    PCIDevice *pdev = PCI_DEVICE(card);
    uint64_t size = pow2ceil(card->ps_offset + card->nr_slices * card->ps_size);

    memory_region_init(&card->bar0, OBJECT(card), "capi-bar0", size);
    memory_region_init(&card->bar2, OBJECT(card), "capi-bar2", CAPI_BAR2_SIZE);
    memory_region_init(&card->bar4, OBJECT(card), "capi-bar4", CAPI_BAR4_SIZE);
    pci_register_bar(pdev, 0, CAPI_BAR_FLAGS, &card->bar0);
    pci_register_bar(pdev, 2, CAPI_BAR_FLAGS, &card->bar2);
    pci_register_bar(pdev, 4, CAPI_BAR_FLAGS, &card->bar4);
}

static void capi_realize(PCIDevice *pdev, Error **errp)
{
    PnvCapi *card = PNV_CAPI(pdev);
    uint32_t i;

    if (!capi_check_config(card, errp) || !capi_find_phb(card, errp) ||
        !capi_new_afus(card, errp)) {
        return;
    }
    if (!pnv_capi_config_init(card, errp)) {
        return;
    }
    capi_init_bars(card);
    pnv_capi_adapter_init(card);
    pnv_capi_irqs_init(card);
    for (i = 0; i < card->nr_slices; i++) {
        pnv_capi_slice_init(&card->slice[i]);
    }
    pnv_capp_init(card);
    pnv_capi_phb_init(card);
    pnv_capi_firmware_init(card);
    QTAILQ_INSERT_TAIL(&cards, card, next);
    qemu_register_reset(capi_machine_reset, card);
}

static Property capi_properties[] = {
    DEFINE_PROP_STRING("afu", PnvCapi, afu_type),
    DEFINE_PROP_UINT32("functions", PnvCapi, nr_slices, 1),
    DEFINE_PROP_STRING("models", PnvCapi, model),
    DEFINE_PROP_UINT32("processes", PnvCapi, processes, PNV_CAPI_DEFAULT32),
    DEFINE_PROP_SIZE("psa-size", PnvCapi, psa_size, PNV_CAPI_DEFAULT64),
    DEFINE_PROP_SIZE("process-mmio-offset", PnvCapi, pp_offset,
                     PNV_CAPI_DEFAULT64),
    DEFINE_PROP_SIZE("process-mmio-size", PnvCapi, pp_size,
                     PNV_CAPI_DEFAULT64),
    DEFINE_PROP_SIZE("err-buffer", PnvCapi, err_buffer_size,
                     PNV_CAPI_DEFAULT64),
    DEFINE_PROP_UINT32("config-records", PnvCapi, config_records,
                       PNV_CAPI_DEFAULT32),
    DEFINE_PROP_SIZE("config-record-size", PnvCapi, config_record_size,
                     PNV_CAPI_DEFAULT64),
    DEFINE_PROP_BOOL("ucode", PnvCapi, ucode, true),
    DEFINE_PROP_BOOL("user-image", PnvCapi, user_image, true),
    DEFINE_PROP_END_OF_LIST(),
};

static const VMStateDescription capi_vmstate = {
    .name = TYPE_PNV_CAPI,
    .unmigratable = 1,
};

static void capi_instance_init(Object *obj)
{
    PnvCapi *card = PNV_CAPI(obj);

    card->link_up = true;
    card->present = true;
    card->timebase_sync = true;
    pnv_capi_add_properties(obj);
    PCI_DEVICE(obj)->cap_present |= QEMU_PCI_CAP_EXPRESS;
}

static void capi_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    dc->desc = "CAPI card (POWER8, PSL8)";
    dc->reset = capi_reset;
    dc->vmsd = &capi_vmstate;
    dc->hotpluggable = false;
    device_class_set_props(dc, capi_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    pc->realize = capi_realize;
    pc->config_read = pnv_capi_config_read;
    pc->config_write = pnv_capi_config_write;
    pc->vendor_id = PCI_VENDOR_ID_IBM;
    pc->device_id = 0x0477;
    pc->subsystem_vendor_id = PCI_VENDOR_ID_IBM;
    pc->subsystem_id = 0x04c6;
    pc->class_id = CAPI_CLASS;
}

static const TypeInfo capi_info = {
    .name = TYPE_PNV_CAPI,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(PnvCapi),
    .instance_init = capi_instance_init,
    .class_init = capi_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void capi_register_types(void)
{
    type_register_static(&capi_info);
}

type_init(capi_register_types)
