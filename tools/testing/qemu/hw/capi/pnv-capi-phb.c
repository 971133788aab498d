/*
 * CAPI card of a bare metal POWER8 machine: what its host bridge lacks
 *
 * QEMU's PHB3 has no error states, no reset line of the link and no switch for
 * CAPI mode. Firmware needs them to enter CAPI mode, to leave it and to recover
 * from errors, so the registers concerned are put in front of the bridge's own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "exec/address-spaces.h"
#include "hw/irq.h"
#include "hw/pci-host/pnv_phb3_regs.h"
#include "hw/pci/pci_bus.h"
#include "sysemu/dma.h"
#include "pnv-capi.h"
#include "hw/ppc/pnv_xscom.h"
#include "trace.h"

#define NEST_NFIR               0x0
#define NEST_NFIR_AND           0x1 /* and, behind it, the OR mask */
#define   NFIR_FENCED               PPC_BIT(16)
#define   NFIR_FORCE_FENCE          PPC_BITMASK(24, 28)

#define SPCI_CAPP_ENABLE        PPC_BIT(0)

#define PHB_REGS_SIZE           0x1000
#define PHB_INJECT_OUTBOUND     0xd10
#define PHB_INJECT_INBOUND_A    0xd90
#define PHB_INJECT_INBOUND_B    0xe10
#define PHB_INJECT          0x2b0   /* what to do, where, which bits */
#define   ERR_INJECT_STICKY         PPC_BIT(2)
#define   ERR_INJECT_CONFIG         PPC_BIT(3)
#define   ERR_INJECT_LOAD           PPC_BIT(4)
#define   ERR_INJECT_STORE          PPC_BIT(5)
#define PHB_INJECT_ADDR     0x2b8
#define   ERR_INJECT_RID(v)         extract64(v, 44, 16)
#define PHB_RESET_PERST_OFF     PPC_BIT(2)
#define PHB_HOTPLUG_OVERRIDE    0xfb0
#define   HOTPLUG_EMPTY             PPC_BITMASK(10, 11)

#define PEST_STOPPED            PPC_BIT(0)

#define LSI_ERROR               7

/* How often to look whether the error interrupt has been taken */
#define ERROR_LOOK_NS           (20 * SCALE_US)
#define XIRR_SOURCE             0x00ffffff

/*
 * Firmware is busy with the reset it has asked for itself; the error that this
 * reset causes is reported when it has finished.
 */
#define PERST_NOTICE_MS         3500

static uint64_t *capi_nfir(PnvCapi *card)
{
    return &card->phb3->pbcq.nest_regs[NEST_NFIR];
}

static uint64_t *capi_enable(PnvCapi *card)
{
    return &card->phb3->pbcq.spci_regs[PBCQ_SPCI_AIB_CAPP_EN];
}

bool pnv_capi_fenced(PnvCapi *card)
{
    return *capi_nfir(card) & NFIR_FENCED;
}

/* Is the host bridge in CAPI mode, and the CAPP in the game? */
bool pnv_capi_mode_on(PnvCapi *card)
{
    return (*capi_enable(card) & SPCI_CAPP_ENABLE) &&
           card->capp.reg[CAPP_SNOOP_CONFIG];
}

/* Has a processor taken the error interrupt? */
static bool capi_error_taken(PnvCapi *card)
{
    ICSState *ics = &card->phb3->lsis;
    const ICSIRQState *irq = &ics->irqs[LSI_ERROR];
    ICPState *icp = xics_icp_get(ics->xics, irq->server);

    return (irq->status & XICS_STATUS_SENT) &&
           (!icp || (icp->xirr & XIRR_SOURCE) != ics->offset + LSI_ERROR);
}

/*
 * Held until somebody has taken it: a processor that is busy with another
 * interrupt would miss a pulse.
 */
static void capi_error_interrupt(void *opaque)
{
    PnvCapi *card = opaque;
    qemu_irq line = card->phb3->qirqs[LSI_ERROR];

    if (card->phb.error_held && capi_error_taken(card)) {
        card->phb.error_held = false;
        qemu_irq_lower(line);
        return;
    }
    if (!card->phb.error_held) {
        card->phb.error_held = true;
        qemu_irq_raise(line);
    }
    timer_mod(card->phb.error,
              qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ERROR_LOOK_NS);
}

static void capi_error_later(PnvCapi *card, int64_t ms)
{
    if (!ms) {
        capi_error_interrupt(card);
        return;
    }
    timer_mod(card->phb.error,
              qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ms * SCALE_MS);
}

/* The host bridge cuts itself off; @notice_ms: when to tell, < 0: never */
void pnv_capi_fence(PnvCapi *card, int64_t notice_ms)
{
    if (pnv_capi_fenced(card)) {
        return;
    }
    trace_pnv_capi_fence(notice_ms);
    *capi_nfir(card) |= NFIR_FENCED;
    if (*capi_enable(card) & SPCI_CAPP_ENABLE) {
        /* the CAPP has recovered at once */
        card->capp.reg[CAPP_ERR_STATUS] |= CAPP_ERR_RECOVERY | CAPP_ERR_DONE;
        card->capp.reg[CAPP_SNOOP_CONFIG] = 0;
    }
    pnv_capi_lost(card);
    if (notice_ms >= 0) {
        capi_error_later(card, notice_ms);
    }
}

/* The link goes down, or the card with it; CAPI mode does not bear that */
void pnv_capi_link_changed(PnvCapi *card)
{
    if (!pnv_capi_link_down(card)) {
        /* it comes back as after power on */
        pnv_capi_perst(card);
        return;
    }
    pnv_capi_lost(card);
    if (pnv_capi_mode_on(card)) {
        pnv_capi_fence(card, 0);
    }
}

/* The partitionable endpoint of the card, as the table in memory says */
static int capi_pe(PnvCapi *card)
{
    uint64_t rtt = card->phb3->regs[PHB_RTT_BAR >> 3];
    uint16_t rid = pci_get_bdf(PCI_DEVICE(card));
    uint16_t pe;

    if (!(rtt & PHB_RTT_BAR_ENABLE) ||
        dma_memory_read(&address_space_memory,
                        (rtt & PHB_RTT_BASE_ADDRESS_MASK) + 2 * rid, &pe,
                        sizeof(pe), MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
        return -1;
    }
    pe = be16_to_cpu(pe);
    return pe < PNV_PHB3_NUM_PE ? pe : -1;
}

static bool capi_any_frozen(PnvCapi *card)
{
    const uint64_t *peev = card->phb3->ioda_PEEV;

    return peev[0] | peev[1] | peev[2] | peev[3];
}

bool pnv_capi_frozen(PnvCapi *card)
{
    int pe;

    if (!capi_any_frozen(card)) {
        return false;
    }
    pe = capi_pe(card);
    return pe >= 0 && (card->phb.pesta[pe] & PEST_STOPPED);
}

static void capi_update_peev(PnvCapi *card, unsigned pe)
{
    uint64_t *peev = &card->phb3->ioda_PEEV[pe / 64];
    uint64_t bit = PPC_BIT(pe % 64);

    if ((card->phb.pesta[pe] | card->phb.pestb[pe]) & PEST_STOPPED) {
        *peev |= bit;
    } else {
        *peev &= ~bit;
    }
}

void pnv_capi_freeze(PnvCapi *card, bool notice)
{
    int pe = capi_pe(card);

    if (pe < 0) {
        return;
    }
    trace_pnv_capi_freeze(pe, notice);
    card->phb.pesta[pe] |= PEST_STOPPED;
    card->phb.pestb[pe] |= PEST_STOPPED;
    capi_update_peev(card, pe);
    if (notice) {
        capi_error_interrupt(card);
    }
}

/* A configuration cycle that software wants to go wrong */
bool pnv_capi_config_injected(PnvCapi *card, bool store)
{
    uint64_t *ctl = &card->phb3->regs[PHB_INJECT >> 3];
    uint64_t addr = card->phb3->regs[PHB_INJECT_ADDR >> 3];

    if (!(*ctl & ERR_INJECT_CONFIG) ||
        !(*ctl & (store ? ERR_INJECT_STORE : ERR_INJECT_LOAD)) ||
        ERR_INJECT_RID(addr) != pci_get_bdf(PCI_DEVICE(card))) {
        return false;
    }
    if (!(*ctl & ERR_INJECT_STICKY)) {
        *ctl = 0;
    }
    pnv_capi_freeze(card, true);
    return true;
}

/* The table that the IODA address register selects, if the bridge has it not */
static uint64_t *capi_pest(PnvCapi *card, unsigned *pe)
{
    uint64_t *sel = &card->phb3->regs[PHB_IODA_ADDR >> 3];
    unsigned table = GETFIELD(PHB_IODA_AD_TSEL, *sel);

    if (table != IODA2_TBL_PESTA && table != IODA2_TBL_PESTB) {
        return NULL;
    }
    *pe = GETFIELD(PHB_IODA_AD_TADR, *sel) % PNV_PHB3_NUM_PE;
    if (*sel & PHB_IODA_AD_AUTOINC) {
        *sel = SETFIELD(PHB_IODA_AD_TADR, *sel, (*pe + 1) % PNV_PHB3_NUM_PE);
    }
    return table == IODA2_TBL_PESTA ? &card->phb.pesta[*pe]
                                    : &card->phb.pestb[*pe];
}

/*
 * The reset line of the link. Losing the link in CAPI mode is an error that
 * fences the bridge, even if software has asked for it.
 */
static void capi_perst(PnvCapi *card, uint64_t val)
{
    uint64_t old = card->phb3->regs[PHB_RESET >> 3];

    if ((old & PHB_RESET_PERST_OFF) && !(val & PHB_RESET_PERST_OFF)) {
        trace_pnv_capi_perst(true);
        pnv_capi_adapter_check_flushed(card);
        card->phb.perst = true;
        if (pnv_capi_mode_on(card)) {
            pnv_capi_fence(card, card->silent_perst ? -1 : PERST_NOTICE_MS);
        }
        pnv_capi_perst(card);
    } else if (card->phb.perst && (val & PHB_RESET_PERST_OFF)) {
        trace_pnv_capi_perst(false);
        card->phb.perst = false;
    }
}

static void capi_phb_write(void *opaque, hwaddr addr, uint64_t val,
                           unsigned size)
{
    PnvCapi *card = opaque;
    uint64_t *entry;
    unsigned pe;

    switch (addr) {
    case PHB_RESET:
        capi_perst(card, val);
        break;
    case PHB_IODA_DATA0:
        entry = capi_pest(card, &pe);
        if (entry) {
            *entry = val;
            capi_update_peev(card, pe);
            return;
        }
        break;
    case PHB_INJECT_OUTBOUND:
    case PHB_INJECT_INBOUND_A:
    case PHB_INJECT_INBOUND_B:
        if (val) {
            pnv_capi_fence(card, 0);
        }
        break;
    }
    pnv_phb3_reg_write(card->phb3, addr, val, size);
}

static uint64_t capi_phb_read(void *opaque, hwaddr addr, unsigned size)
{
    PnvCapi *card = opaque;
    uint64_t *entry;
    unsigned pe;

    switch (addr) {
    case PHB_IODA_DATA0:
        entry = capi_pest(card, &pe);
        if (entry) {
            return *entry;
        }
        break;
    case PHB_PCIE_DLP_TRAIN_CTL:
        if (pnv_capi_link_down(card)) {
            return card->present ? PHB_PCIE_DLP_INBAND_PRESENCE : 0;
        }
        break;
    case PHB_HOTPLUG_OVERRIDE:
        if (!card->present) {
            return HOTPLUG_EMPTY;
        }
        break;
    }
    return pnv_phb3_reg_read(card->phb3, addr, size);
}

static const MemoryRegionOps capi_phb_ops = {
    .read = capi_phb_read,
    .write = capi_phb_write,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
    .endianness = DEVICE_BIG_ENDIAN,
};

/* Two masks in a row: AND, OR. They cannot be read */
static uint64_t capi_nfir_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void capi_nfir_write(void *opaque, hwaddr addr, uint64_t val,
                            unsigned size)
{
    PnvCapi *card = opaque;
    if (addr == 0) {
        *capi_nfir(card) &= val;
    } else {
        *capi_nfir(card) |= val & ~NFIR_FENCED;
        if (val & (NFIR_FENCED | NFIR_FORCE_FENCE)) {
            pnv_capi_adapter_check_flushed(card);
            /* firmware knows, it has asked for it */
            pnv_capi_fence(card, -1);
        }
    }
    trace_pnv_capi_nfir(*capi_nfir(card));
}

static const MemoryRegionOps capi_nfir_ops = {
    .read = capi_nfir_read,
    .write = capi_nfir_write,
    .valid = { .min_access_size = 8, .max_access_size = 8 },
    .impl = { .min_access_size = 8, .max_access_size = 8 },
    .endianness = DEVICE_BIG_ENDIAN,
};

/*
 * The way round the bridge's memory-mapped registers. The bridge forwards
 * configuration cycles with eight bytes, which its own model does not bear.
 */
static uint64_t capi_asb_read(PnvCapi *card)
{
    uint64_t addr = card->phb3->pbcq.spci_regs[PBCQ_SPCI_ASB_ADDR];

    if ((addr & ~3ULL) == PHB_CONFIG_DATA) {
        return capi_phb_read(card, PHB_CONFIG_DATA, 4) << 32;
    }
    return capi_phb_read(card, addr, 8);
}

static void capi_asb_write(PnvCapi *card, uint64_t val)
{
    uint64_t addr = card->phb3->pbcq.spci_regs[PBCQ_SPCI_ASB_ADDR];

    if ((addr & ~3ULL) == PHB_CONFIG_DATA) {
        capi_phb_write(card, PHB_CONFIG_DATA, val >> 32, 4);
        return;
    }
    capi_phb_write(card, addr, val, 8);
}

/* ASB data, and the switch for CAPI mode behind it */
static uint64_t capi_spci_read(void *opaque, hwaddr addr, unsigned size)
{
    return addr == 0 ? capi_asb_read(opaque) : *capi_enable(opaque);
}

static void capi_spci_write(void *opaque, hwaddr addr, uint64_t val,
                            unsigned size)
{
    if (addr == 0) {
        capi_asb_write(opaque, val);
        return;
    }
    trace_pnv_capi_enable(val);
    *capi_enable(opaque) = val;
}

static const MemoryRegionOps capi_spci_ops = {
    .read = capi_spci_read,
    .write = capi_spci_write,
    .valid = { .min_access_size = 8, .max_access_size = 8 },
    .impl = { .min_access_size = 8, .max_access_size = 8 },
    .endianness = DEVICE_BIG_ENDIAN,
};

static void capi_xscom_overlay(PnvCapi *card, MemoryRegion *mr,
                               const MemoryRegionOps *ops, const char *name,
                               uint32_t pcba)
{
    pnv_xscom_region_init(mr, OBJECT(card), ops, card, name, 2);
    memory_region_add_subregion_overlap(&card->phb3->chip->xscom,
                                        (uint64_t)pcba << 3, mr, 1);
}

/* Reset of the machine, which the bridge's own model ignores */
void pnv_capi_phb_reset(PnvCapi *card)
{
    timer_del(card->phb.error);
    card->phb.error_held = false;
    qemu_irq_lower(card->phb3->qirqs[LSI_ERROR]);
    *capi_nfir(card) &= ~NFIR_FENCED;
    *capi_enable(card) = 0;
    card->phb.perst = false;
    card->phb3->regs[PHB_RESET >> 3] = 0;
    memset(card->phb.pesta, 0, sizeof(card->phb.pesta));
    memset(card->phb.pestb, 0, sizeof(card->phb.pestb));
    memset(card->phb3->ioda_PEEV, 0, sizeof(card->phb3->ioda_PEEV));
}

void pnv_capi_phb_init(PnvCapi *card)
{
    PnvPHB3 *phb3 = card->phb3;
    hwaddr regs = phb3->pbcq.nest_regs[PBCQ_NEST_PHB_BAR] >> 14;

    card->phb.error = timer_new_ns(QEMU_CLOCK_VIRTUAL, capi_error_interrupt,
                                   card);
    capi_xscom_overlay(card, &card->phb.nfir, &capi_nfir_ops,
                       "xscom-capi-nfir", PNV_XSCOM_PBCQ_NEST_BASE +
                       0x400 * phb3->phb_id + NEST_NFIR_AND);
    capi_xscom_overlay(card, &card->phb.spci, &capi_spci_ops,
                       "xscom-capi-spci", PNV_XSCOM_PBCQ_SPCI_BASE +
                       0x40 * phb3->phb_id + PBCQ_SPCI_ASB_DATA);
    memory_region_init_io(&card->phb.mmio, OBJECT(card), &capi_phb_ops, card,
                          "capi-phb", PHB_REGS_SIZE);
    memory_region_add_subregion_overlap(get_system_memory(), regs,
                                        &card->phb.mmio, 1);
}
