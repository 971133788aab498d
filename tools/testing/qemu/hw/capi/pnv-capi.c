/*
 * CAPI card of a bare metal POWER8 machine
 *
 * A PCI Express endpoint below a PHB3. It brings the parts of the chip that
 * QEMU lacks: the CAPP unit and the error states of the host bridge.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
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

static QTAILQ_HEAD(, PnvCapi) cards = QTAILQ_HEAD_INITIALIZER(cards);

void pnv_capi_violation(PnvCapi *card, const char *what, uint64_t val)
{
    card->violations++;
    trace_psl_violation(what, val);
    qemu_log_mask(LOG_GUEST_ERROR, "capi: %s (0x%" PRIx64 ")\n", what, val);
}

bool pnv_capi_link_down(PnvCapi *card)
{
    return !card->link_up || card->phb.perst;
}

/* Nobody answers: loads give all ones, stores get lost */
bool pnv_capi_dead(PnvCapi *card)
{
    return pnv_capi_link_down(card) || pnv_capi_fenced(card) ||
           pnv_capi_frozen(card);
}

/* The way to memory is gone, and will not come back without a reset */
void pnv_capi_lost(PnvCapi *card)
{
}

/* Every kind of reset ends here */
static void capi_reset(DeviceState *dev)
{
    PnvCapi *card = PNV_CAPI(dev);

    trace_pnv_capi_reset(card->in_perst_reset ? "PERST" : "other");
    pnv_capi_config_reset(card);
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

const uint8_t *pnv_capi_vpd(PnvCapi *card, uint32_t *size)
{
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
    g_autofree char *serial = NULL;

    if (!capi_check_config(card, errp) || !capi_find_phb(card, errp)) {
        return;
    }
    serial = g_strdup_printf("QEMU%08x", card->phb3->chip_id);
    card->vpd = capi_vpd_new("Emulated CAPI adapter", serial);
    card->desc_offset = CAPI_DESC_OFFSET;
    card->desc_size = CAPI_DESC_SIZE;
    card->ps_offset = CAPI_PS_OFFSET;
    card->ps_size = 64 * MiB;
    if (!pnv_capi_config_init(card, errp)) {
        return;
    }
    capi_init_bars(card);
    pnv_capp_init(card);
    pnv_capi_phb_init(card);
    pnv_capi_firmware_init(card);
    QTAILQ_INSERT_TAIL(&cards, card, next);
    qemu_register_reset(capi_machine_reset, card);
}

static Property capi_properties[] = {
    DEFINE_PROP_STRING("afu", PnvCapi, afu_type),
    DEFINE_PROP_UINT32("functions", PnvCapi, nr_slices, 1),
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
    card->timebase_sync = true;
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
