/*
 * CAPI card of a bare metal POWER8 machine: the platform as the PSL sees it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "exec/address-spaces.h"
#include "hw/pci/msi.h"
#include "pnv-capi.h"
#include "mmu-hash64.h"
#include "helper_regs.h"
#include "trace.h"

#define HTABORG             0x0ffffffffffc0000ULL
#define HTABSIZE            0x1f

/* MSIs of a PHB3: the index of the interrupt is in the address */
#define MSI_BASE            (1ULL << 60)
#define MSI_INDEX           0x7ff

#define DSNDCTL_CHIP(v)     ((v) >> 58)
#define DSNDCTL_UNIT(v)     ((v) >> 50 & 0xff)
#define CAPP_UNIT           0xba

static PnvCapiSlice *host_slice(const PslContext *ctx)
{
    return ctx->slice->host;
}

/*
 * Packets find their way if software has set up the card, the bridge and the
 * CAPP. What is missing is worth a message, but not one for each packet.
 */
static bool capi_reaches_memory(PnvCapi *card)
{
    uint64_t dsndctl = card->p1[P1_DSNDCTL / 8];
    const char *missing = NULL;

    if (pnv_capi_dead(card)) {
        return false;
    }
    if (!pnv_capi_protocol_on(card)) {
        missing = "packet, but the card is not in CAPI mode";
    } else if (!pnv_capi_mode_on(card)) {
        missing = "packet, but the host bridge is not in CAPI mode";
    } else if (!card->invalidated_slb || !card->invalidated_tlb) {
        missing = "packet, but SLB and TLB still hold what they had at reset";
    } else if (DSNDCTL_CHIP(dsndctl) != card->phb3->chip_id ||
               DSNDCTL_UNIT(dsndctl) != CAPP_UNIT) {
        missing = "packet without a way: PSL_DSNDCTL";
    }
    if (missing && !card->reported_unreachable) {
        card->reported_unreachable = true;
        pnv_capi_violation(card, missing, dsndctl);
    }
    return !missing;
}

static uint64_t host_hpt_groups(const PslContext *ctx)
{
    uint64_t sdr = ctx->el.sdr;

    return sdr & HTABORG ? 1ULL << ((sdr & HTABSIZE) + 11) : 0;
}

static hwaddr host_hpt_base(const PslContext *ctx)
{
    return ctx->el.sdr & HTABORG;
}

static void host_hpt_read(const PslContext *ctx, uint64_t group,
                          uint64_t pte[16])
{
    const MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    hwaddr ra = host_hpt_base(ctx) + group * HASH_PTEG_SIZE_64;
    int i;

    for (i = 0; i < HPTES_PER_GROUP; i++, ra += HASH_PTE_SIZE_64) {
        pte[2 * i] = address_space_ldq_be(&address_space_memory, ra, attrs,
                                          NULL);
        /* V is in word 0 and set last */
        smp_rmb();
        pte[2 * i + 1] = address_space_ldq_be(&address_space_memory,
                                              ra + HPTE64_DW1, attrs, NULL);
    }
}

static void host_hpt_update(const PslContext *ctx, uint64_t ptex,
                            uint64_t pte1, bool change)
{
    const MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    hwaddr ra = host_hpt_base(ctx) + ptex * HASH_PTE_SIZE_64;

    /* as the CPUs do: byte stores, not atomic */
    address_space_stb(&address_space_memory, ra + HPTE64_DW1_R,
                      (pte1 >> 8 & 0xff) | 0x01, attrs, NULL);
    if (change) {
        address_space_stb(&address_space_memory, ra + HPTE64_DW1_C,
                          (pte1 & 0xff) | 0x80, attrs, NULL);
    }
}

static unsigned long host_tlb_generation(void *host)
{
    return qatomic_read(&ppc_tlb_broadcasts);
}

/* Has a test ordered that this interrupt vanishes? */
static bool capi_irq_lost(PnvCapi *card, PnvCapiIrqKind kind)
{
    PnvCapiLoss *loss = &card->loss[kind];

    if (!loss->count) {
        return false;
    }
    if (loss->skip) {
        loss->skip--;
        return false;
    }
    loss->count--;
    return true;
}

static void capi_msi_now(PnvCapi *card, uint64_t vector)
{
    MSIMessage msg = {
        .address = MSI_BASE | (vector & MSI_INDEX) << 4,
    };

    trace_pnv_capi_msi(vector);
    msi_send_message(PCI_DEVICE(card), msg);
}

/* Behind those that arrive before or at the same time */
static void capi_msi_later(PnvCapi *card, uint64_t vector)
{
    PnvCapiLateIrq *irq = g_new0(PnvCapiLateIrq, 1), *other;

    irq->vector = vector;
    irq->when = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                (int64_t)card->irq_delay_ms * SCALE_MS;
    QTAILQ_FOREACH_REVERSE(other, &card->late_irqs, next) {
        if (other->when <= irq->when) {
            break;
        }
    }
    if (other) {
        QTAILQ_INSERT_AFTER(&card->late_irqs, other, irq, next);
    } else {
        QTAILQ_INSERT_HEAD(&card->late_irqs, irq, next);
    }
    timer_mod(card->late_timer, QTAILQ_FIRST(&card->late_irqs)->when);
}

void pnv_capi_msi(PnvCapi *card, PnvCapiIrqKind kind, uint64_t vector)
{
    if (!vector) {
        pnv_capi_violation(card, "interrupt without a vector", vector);
        return;
    }
    if (!capi_reaches_memory(card) || capi_irq_lost(card, kind)) {
        trace_pnv_capi_msi_lost(vector);
        return;
    }
    if (card->irq_delay_ms) {
        capi_msi_later(card, vector);
        return;
    }
    capi_msi_now(card, vector);
}

/* All interrupts have the same delay as long as it is not changed */
static void capi_late_irqs(void *opaque)
{
    PnvCapi *card = opaque;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    PnvCapiLateIrq *irq;

    while ((irq = QTAILQ_FIRST(&card->late_irqs)) && irq->when <= now) {
        QTAILQ_REMOVE(&card->late_irqs, irq, next);
        if (capi_reaches_memory(card)) {
            capi_msi_now(card, irq->vector);
        }
        g_free(irq);
    }
    if (irq) {
        timer_mod(card->late_timer, irq->when);
    }
}

/* Reset of the card: what has not left it does not come any more */
void pnv_capi_drop_late_irqs(PnvCapi *card)
{
    PnvCapiLateIrq *irq;

    timer_del(card->late_timer);
    while ((irq = QTAILQ_FIRST(&card->late_irqs))) {
        QTAILQ_REMOVE(&card->late_irqs, irq, next);
        g_free(irq);
    }
}

void pnv_capi_irqs_init(PnvCapi *card)
{
    QTAILQ_INIT(&card->late_irqs);
    card->late_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, capi_late_irqs, card);
}

static void host_irq(void *host, PslContext *ctx, uint32_t source)
{
    PnvCapiSlice *slice = host;

    if (!source) {
        slice->pehandle = ctx->handle;
    }
    if (source < ctx->el.nr_vectors) {
        pnv_capi_msi(slice->card, source ? CAPI_IRQ_AFU : CAPI_IRQ_PSL,
                     ctx->el.vector[source]);
    } else {
        pnv_capi_violation(slice->card, "context without interrupts",
                           ctx->handle);
    }
}

static uint64_t host_timebase(void *host)
{
    return pnv_capp_timebase();
}

static bool host_blocked(void *host)
{
    PnvCapiSlice *slice = host;

    return !capi_reaches_memory(slice->card);
}

/* An AFU that serves many processes has an error of the slice */
static bool host_afu_error(void *host, PslContext *ctx, uint64_t code)
{
    PnvCapiSlice *slice = host;

    if (pnv_capi_dedicated(slice)) {
        return false;
    }
    slice->afu_err = code;
    pnv_capi_serr(slice, PSL_SERR_AE);
    return true;
}

static void host_bad_source(void *host, PslContext *ctx, uint32_t source)
{
    pnv_capi_serr(host_slice(ctx), PSL_SERR_BADSRC);
}

const PslHostOps pnv_capi_host_ops = {
    .hpt_groups = host_hpt_groups,
    .hpt_read = host_hpt_read,
    .hpt_update = host_hpt_update,
    .tlb_generation = host_tlb_generation,
    .irq = host_irq,
    .timebase = host_timebase,
    .blocked = host_blocked,
    .afu_error = host_afu_error,
    .bad_source = host_bad_source,
};
