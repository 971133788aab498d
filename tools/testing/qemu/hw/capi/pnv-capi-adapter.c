/*
 * CAPI card of a bare metal POWER8 machine: registers of the adapter
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/units.h"
#include "pnv-capi.h"
#include "trace.h"

#define P1_ERRIVTE_IVTE     0xffff
#define P1_PENDING          1

static uint64_t p1_stores(PnvCapi *card)
{
    uint64_t sum = 0;
    uint32_t i;

    for (i = 0; i < card->nr_slices; i++) {
        sum += card->slice[i].psl.stats.stores;
    }
    return sum;
}

/* Who resets a card that works has to write back its data cache first */
void pnv_capi_adapter_check_flushed(PnvCapi *card)
{
    if (!pnv_capi_dead(card) && p1_stores(card) != card->flushed_stores) {
        pnv_capi_violation(card, "reset, but the data cache was not flushed",
                           p1_stores(card) - card->flushed_stores);
    }
}

/* What was not written back is gone, and nobody is to blame any more */
void pnv_capi_adapter_cache_lost(PnvCapi *card)
{
    card->flushed_stores = p1_stores(card);
}

/* Registers that only remember what is written to them */
static const uint16_t plain[] = {
    0x000, 0x010, 0x018, 0x060, 0x068, P1_LBISEL, P1_AFUSEL, 0x128, 0x140,
    0x148, P1_DSNDCTL, 0x158, 0x170,
};

static bool p1_is_plain(hwaddr addr)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(plain); i++) {
        if (plain[i] == addr) {
            return true;
        }
    }
    return false;
}

/* An error of the adapter: it has one interrupt for all of them */
void pnv_capi_adapter_error(PnvCapi *card, uint64_t fir1, bool timebase)
{
    card->p1[P1_FIR1 / 8] |= fir1;
    if (timebase) {
        card->p1[P1_ERRIVTE / 8] |= P1_ERRIVTE_TBERROR;
    }
    if (card->p1[P1_ERRIVTE / 8] & P1_ERRIVTE_IVTE) {
        pnv_capi_msi(card, CAPI_IRQ_ERROR,
                     card->p1[P1_ERRIVTE / 8] & P1_ERRIVTE_IVTE);
    }
}

static void p1_errivte_write(PnvCapi *card, uint64_t val)
{
    uint64_t *reg = &card->p1[P1_ERRIVTE / 8];

    *reg &= ~(val & P1_ERRIVTE_TBERROR);
    *reg = (*reg & P1_ERRIVTE_TBERROR) | (val & P1_ERRIVTE_IVTE);
}

/* Invalidations by tag act on the slices that AFUSEL names: all or none */
static void p1_slbia(PnvCapi *card, uint64_t val)
{
    uint64_t sel = card->p1[P1_LBISEL / 8];
    uint32_t i;

    if (!pnv_capi_wait_idle(&card->slbia)) {
        pnv_capi_violation(card, "SLBIA before the end of another", val);
    }
    pnv_capi_wait_start(card, &card->slbia, CAPI_DELAY_INVALIDATE);
    if (!(card->p1[P1_AFUSEL / 8] & P1_AFUSEL_ALL)) {
        return;
    }
    card->invalidated_slb |= (val & LBI_QUALIFIER) == LBI_ALL;
    for (i = 0; i < card->nr_slices; i++) {
        PslSlice *psl = &card->slice[i].psl;

        switch (val & LBI_QUALIFIER) {
        case LBI_LPID:
            psl_slbia_partition(psl, sel);
            break;
        case LBI_LPID_PID:
            psl_slbia_process(psl, sel, sel >> 32);
            break;
        default:
            psl_slbia(psl);
            break;
        }
    }
}

static void p1_tlbia(PnvCapi *card, uint64_t val)
{
    uint32_t i;

    pnv_capi_wait_start(card, &card->tlbia, CAPI_DELAY_INVALIDATE);
    if (!(card->p1[P1_AFUSEL / 8] & P1_AFUSEL_ALL)) {
        return;
    }
    card->invalidated_tlb |= (val & LBI_QUALIFIER) == LBI_ALL;
    for (i = 0; i < card->nr_slices; i++) {
        psl_tlb_flush(&card->slice[i].psl);
    }
}

/* The time base follows the cores if their pulse reaches the CAPP */
static uint64_t p1_timebase(PnvCapi *card)
{
    uint64_t now = pnv_capp_timebase();
    int64_t skew = card->timebase_skew;
    uint64_t ticks = muldiv64(skew < 0 ? -skew : skew, 512, 1000);

    if (!card->tb_synced) {
        return now - card->tb_start;
    }
    return skew < 0 ? now - ticks : now + ticks;
}

static void p1_control_write(PnvCapi *card, uint64_t val)
{
    uint64_t *reg = &card->p1[P1_CONTROL / 8], old = *reg;

    *reg = val & ~P1_CONTROL_FLUSHED;
    if ((val & P1_CONTROL_FLUSH) && !(old & P1_CONTROL_FLUSH)) {
        pnv_capi_wait_start(card, &card->flush, CAPI_DELAY_FLUSH);
    }
    if (!(val & P1_CONTROL_TB)) {
        card->tb_synced = false;
    } else if (!(old & P1_CONTROL_TB)) {
        card->tb_synced = pnv_capp_timebase_valid(card);
        if (!card->tb_synced) {
            pnv_capi_adapter_error(card, 0, true);
        }
    }
}

static uint64_t p1_control_read(PnvCapi *card)
{
    uint64_t val = card->p1[P1_CONTROL / 8];

    if ((val & P1_CONTROL_FLUSH) && pnv_capi_wait_over(&card->flush)) {
        card->flushed_stores = p1_stores(card);
        val |= P1_CONTROL_FLUSHED;
    }
    return val;
}

static uint64_t p1_reg(PnvCapi *card, hwaddr addr)
{
    switch (addr) {
    case P1_CONTROL:
        return p1_control_read(card);
    case P1_SLBIA:
        return pnv_capi_wait_over(&card->slbia) ? 0 : P1_PENDING;
    case P1_TLBIA:
        return pnv_capi_wait_over(&card->tlbia) ? 0 : P1_PENDING;
    case P1_TIMEBASE:
        return p1_timebase(card);
    case P1_ERRIVTE:
    case P1_FIR1:
    case P1_FIR2:
        return card->p1[addr / 8];
    default:
        return p1_is_plain(addr) ? card->p1[addr / 8] : 0;
    }
}

static uint64_t p1_read(void *opaque, hwaddr addr, unsigned size)
{
    PnvCapi *card = opaque;
    uint64_t val = 0;

    if (card->all_ones || pnv_capi_dead(card)) {
        val = ~0ULL;
    } else if (size != 8) {
        pnv_capi_violation(card, "p1 load is not 8 bytes wide", addr);
    } else {
        val = p1_reg(card, addr);
    }
    trace_pnv_capi_p1_read(addr, size, val);
    return val;
}

static void p1_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    PnvCapi *card = opaque;

    trace_pnv_capi_p1_write(addr, size, val);
    if (pnv_capi_dead(card)) {
        return;
    }
    if (size != 8) {
        pnv_capi_violation(card, "p1 store is not 8 bytes wide", addr);
        return;
    }
    switch (addr) {
    case P1_ERRIVTE:
        p1_errivte_write(card, val);
        break;
    case P1_CONTROL:
        p1_control_write(card, val);
        break;
    case P1_SLBIA:
    case P1_SLBIE:
        /* dropping more than one entry is allowed */
        p1_slbia(card, val);
        break;
    case P1_TLBIA:
    case P1_TLBIE:
        p1_tlbia(card, val);
        break;
    case P1_LBISEL:
        if (!pnv_capi_wait_idle(&card->slbia)) {
            pnv_capi_violation(card, "LBISEL changed during an SLBIA", val);
        }
        card->p1[addr / 8] = val;
        break;
    default:
        if (p1_is_plain(addr)) {
            card->p1[addr / 8] = val;
        }
        break;
    }
}

static const MemoryRegionOps p1_ops = {
    .read = p1_read,
    .write = p1_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

void pnv_capi_adapter_reset(PnvCapi *card)
{
    memset(card->p1, 0, sizeof(card->p1));
    card->tb_synced = false;
    card->tb_start = pnv_capp_timebase();
    card->invalidated_slb = false;
    card->invalidated_tlb = false;
    card->reported_unreachable = false;
    card->flushed_stores = p1_stores(card);
    card->flush.on = false;
    card->slbia.on = false;
    card->tlbia.on = false;
}

void pnv_capi_adapter_init(PnvCapi *card)
{
    memory_region_init_io(&card->p1_mr, OBJECT(card), &p1_ops, card,
                          "capi-p1", P1_SIZE);
    memory_region_add_subregion(&card->bar2, 0, &card->p1_mr);
}
