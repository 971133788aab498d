/*
 * CAPI card of a bare metal POWER8 machine: registers of a slice
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "exec/address-spaces.h"
#include "pnv-capi.h"
#include "trace.h"

#define TFC_SHIFT           32
#define TFC_BITS            0xf
#define SLBIA_PENDING       1

/* An error of the slice; what software has masked is only recorded */
void pnv_capi_serr(PnvCapiSlice *slice, uint64_t status)
{
    uint64_t *reg = &slice->p1n[P1N_SERR / 8];
    uint64_t masked = (*reg & PSL_SERR_MASKS) << 32;
    uint64_t fresh = status & ~*reg & ~masked;

    *reg |= status;
    trace_pnv_capi_serr(slice->index, *reg);
    if (fresh && (*reg & PSL_SERR_IVTE)) {
        pnv_capi_msi(slice->card, CAPI_IRQ_ERROR, *reg & PSL_SERR_IVTE);
    }
}

static void serr_write(PnvCapiSlice *slice, uint64_t val)
{
    uint64_t *reg = &slice->p1n[P1N_SERR / 8];
    uint64_t status = PSL_SERR_STATUS | PSL_SERR_AE;
    uint64_t plain = PSL_SERR_MASKS | PSL_SERR_IVTE;

    *reg = (*reg & status & ~val) | (val & plain);
    trace_pnv_capi_serr(slice->index, *reg);
}

/*
 * What describes the context that has a fault at the moment, if contexts come
 * from memory
 */
static const PslElement *shown_element(PnvCapiSlice *slice)
{
    PslFault *f = slice->psl.current;

    if (!(slice->p1n[P1N_SPAP / 8] & P1N_SPAP_V) || !f || !f->dsisr) {
        return NULL;
    }
    return &f->ctx->el;
}

static uint64_t p1n_reg(PnvCapiSlice *slice, hwaddr addr)
{
    const PslElement *el = shown_element(slice);

    switch (addr) {
    case P1N_SR:
        return el ? el->sr : slice->p1n[addr / 8];
    case P1N_AMBAR:
    case P1N_SPOFFSET:
    case P1N_LLCMD:
        return 0;
    case P1N_SCNTL:
        return pnv_capi_scntl_read(slice);
    default:
        return slice->p1n[addr / 8];
    }
}

static void spap_write(PnvCapiSlice *slice, uint64_t val)
{
    uint64_t *reg = &slice->p1n[P1N_SPAP / 8];
    uint64_t size = ((val >> 4 & 0xff) + 1) * 4 * KiB;

    if (val != *reg && slice->psl.nr_contexts) {
        pnv_capi_violation(slice->card, "SPAP changed with elements present",
                           val);
    }
    if ((val & P1N_SPAP_V) && (!is_power_of_2(size) ||
                               (val & 0x0ffffffffffff000ULL & (size - 1)))) {
        pnv_capi_violation(slice->card, "size or alignment of the SPA", val);
    }
    *reg = val;
}

static void p1n_reg_write(PnvCapiSlice *slice, hwaddr addr, uint64_t val)
{
    switch (addr) {
    case P1N_SERR:
        serr_write(slice, val);
        return;
    case P1N_SPAP:
        spap_write(slice, val);
        return;
    case P1N_LLCMD:
        pnv_capi_llcmd(slice, val);
        return;
    case P1N_SCNTL:
        pnv_capi_scntl_write(slice, val);
        return;
    case P1N_AMBAR:
    case P1N_SPOFFSET:
    case P1N_FIR:
    case P1N_AFU_DEBUG:
        return;
    case P1N_SR:
    case P1N_LPID:
    case P1N_ID:
    case P1N_SDR:
    case P1N_AMOR:
    case P1N_IVTE_OFFSET:
    case P1N_IVTE_LIMIT:
        slice->p1n[addr / 8] = val;
        pnv_capi_dedicated_update(slice);
        return;
    case 0x80: /* HAURP_An, PSL_CtxTime_An and set-up values */
    case 0xa8:
    case 0xd0:
    case 0xd8:
    case 0xe0:
    case 0xe8:
        slice->p1n[addr / 8] = val;
        return;
    }
}

static uint64_t slbia_read(PnvCapiSlice *slice)
{
    if (slice->slbia_reads) {
        if (slice->slbia_reads != PNV_CAPI_NEVER) {
            slice->slbia_reads--;
        }
        return SLBIA_PENDING;
    }
    return pnv_capi_wait_over(&slice->slbia) ? 0 : SLBIA_PENDING;
}

static uint64_t p2n_reg(PnvCapiSlice *slice, hwaddr addr)
{
    const PslElement *el = shown_element(slice);
    const PslFault *l = &slice->psl.latched;

    switch (addr) {
    case P2N_SSTP0:
        return el ? el->sstp0 : slice->p2n[addr / 8];
    case P2N_SSTP1:
        return el ? el->sstp1 : slice->p2n[addr / 8];
    case P2N_SLBIA:
        return slbia_read(slice);
    case P2N_DSISR:
        return l->dsisr;
    case P2N_DAR:
        return l->dar;
    case P2N_DSR:
        return l->dsr;
    case P2N_PEHANDLE:
        return pnv_capi_dedicated(slice) ? 0 : slice->pehandle;
    case P2N_ERRSTAT:
        return slice->errstat | l->errstat;
    case P2N_AFU_CNTL:
        return pnv_capi_afu_cntl_read(slice);
    case P2N_AFU_ERR:
        return l->dsisr & PSL_DSISR_AE ? l->afu_err : slice->afu_err;
    case P2N_TFC:
    case P2N_SLBIE:
        return 0;
    default:
        return addr / 8 < P2N_REGS ? slice->p2n[addr / 8] : 0;
    }
}

/* The answer belongs to the fault that is shown, whoever has it */
static void tfc_write(PnvCapiSlice *slice, uint64_t val)
{
    PslFault *f = slice->psl.current;

    if (!f || val & ~((uint64_t)TFC_BITS << TFC_SHIFT)) {
        pnv_capi_violation(slice->card, "PSL_TFC_An without a fault, or more "
                           "than an answer", val);
        return;
    }
    if (f->dsisr & PSL_DSISR_PE) {
        slice->errstat |= slice->psl.latched.errstat;
    }
    psl_fault_answer(f->ctx, val >> TFC_SHIFT);
}

/* A PSL error can be ended by clearing its bit */
static void dsisr_write(PnvCapiSlice *slice, uint64_t val)
{
    PslFault *f = slice->psl.current;

    if (f && (f->dsisr & PSL_DSISR_PE) && !(val & PSL_DSISR_PE)) {
        slice->errstat |= slice->psl.latched.errstat;
        psl_fault_clear_errstat(f->ctx);
    }
}

static void slbia_write(PnvCapiSlice *slice, uint64_t val)
{
    uint64_t sel = slice->p2n[P2N_SLBI_SELECT / 8];

    pnv_capi_wait_start(slice->card, &slice->slbia, CAPI_DELAY_INVALIDATE);
    slice->slbia_reads = slice->card->slbia_reads;
    switch (val & LBI_QUALIFIER) {
    case LBI_LPID:
        psl_slbia_partition(&slice->psl, sel);
        break;
    case LBI_LPID_PID:
        psl_slbia_process(&slice->psl, sel, sel >> 32);
        break;
    default:
        psl_slbia(&slice->psl);
        break;
    }
}

static void wed_write(PnvCapiSlice *slice, uint64_t val)
{
    if (pnv_capi_afu_enabled(slice)) {
        pnv_capi_violation(slice->card, "WED of an AFU that is enabled", val);
    }
    slice->p2n[P2N_WED / 8] = val;
}

/* Software can change those bits that the authority mask override has */
static void amr_write(PnvCapiSlice *slice, uint64_t val)
{
    uint64_t amor = slice->p1n[P1N_AMOR / 8];
    uint64_t *reg = &slice->p2n[P2N_AMR / 8];

    *reg = (*reg & ~amor) | (val & amor);
    pnv_capi_dedicated_update(slice);
}

static void p2n_reg_write(PnvCapiSlice *slice, hwaddr addr, uint64_t val)
{
    switch (addr) {
    case P2N_PID_TID:
    case P2N_SSTP0:
    case P2N_SSTP1:
        slice->p2n[addr / 8] = val;
        pnv_capi_dedicated_update(slice);
        break;
    case P2N_AMR:
        amr_write(slice, val);
        break;
    case P2N_SLBIE:
    case P2N_SLBIA:
        slbia_write(slice, val);
        break;
    case P2N_DSISR:
        dsisr_write(slice, val);
        break;
    case P2N_TFC:
        tfc_write(slice, val);
        break;
    case P2N_ERRSTAT:
        slice->errstat &= ~val;
        slice->psl.latched.errstat &= ~val;
        break;
    case P2N_AFU_CNTL:
        pnv_capi_afu_cntl_write(slice, val);
        break;
    case P2N_WED:
        wed_write(slice, val);
        break;
    case P2N_SLBI_SELECT:
    case 0x08: /* CSRP_An, AURP0_An, AURP1_An */
    case 0x10:
    case 0x18:
        slice->p2n[addr / 8] = val;
        break;
    }
}

static uint64_t p1n_read(void *opaque, hwaddr addr, unsigned size)
{
    PnvCapiSlice *slice = opaque;
    uint64_t val = 0;

    if (slice->card->all_ones || pnv_capi_dead(slice->card)) {
        val = ~0ULL;
    } else if (size != 8) {
        pnv_capi_violation(slice->card, "p1n load is not 8 bytes wide", addr);
    } else {
        val = p1n_reg(slice, addr);
    }
    trace_pnv_capi_p1n_read(slice->index, addr, size, val);
    return val;
}

static void p1n_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    PnvCapiSlice *slice = opaque;

    trace_pnv_capi_p1n_write(slice->index, addr, size, val);
    if (pnv_capi_dead(slice->card)) {
        return;
    }
    if (size != 8) {
        pnv_capi_violation(slice->card, "p1n store is not 8 bytes wide", addr);
        return;
    }
    p1n_reg_write(slice, addr, val);
}

static uint64_t p2n_read(void *opaque, hwaddr addr, unsigned size)
{
    PnvCapiSlice *slice = opaque;
    uint64_t val = 0;

    if (slice->card->all_ones || pnv_capi_dead(slice->card)) {
        val = ~0ULL;
    } else if (size != 8) {
        pnv_capi_violation(slice->card, "p2n load is not 8 bytes wide", addr);
    } else {
        val = p2n_reg(slice, addr);
    }
    trace_pnv_capi_p2n_read(slice->index, addr, size, val);
    return val;
}

static void p2n_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    PnvCapiSlice *slice = opaque;

    trace_pnv_capi_p2n_write(slice->index, addr, size, val);
    if (pnv_capi_dead(slice->card)) {
        return;
    }
    if (size != 8) {
        pnv_capi_violation(slice->card, "p2n store is not 8 bytes wide", addr);
        return;
    }
    p2n_reg_write(slice, addr, val);
}

static const MemoryRegionOps p1n_ops = {
    .read = p1n_read,
    .write = p1n_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

static const MemoryRegionOps p2n_ops = {
    .read = p2n_read,
    .write = p2n_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

/* The way to memory is gone: nothing that is under way will ever end */
void pnv_capi_slice_lost(PnvCapiSlice *slice)
{
    pnv_capi_llcmd_drop(slice);
    psl_slice_reset(&slice->psl);
}

/* Reset of the card */
void pnv_capi_slice_reset(PnvCapiSlice *slice)
{
    pnv_capi_slice_lost(slice);
    memset(slice->p1n, 0, sizeof(slice->p1n));
    memset(slice->p2n, 0, sizeof(slice->p2n));
    slice->errstat = 0;
    slice->afu_err = 0;
    slice->pehandle = 0;
    slice->described = false;
    slice->e = false;
    slice->enabled = false;
    slice->ra = false;
    slice->rs = CAPI_RESET_NONE;
    slice->es_wait.on = false;
    slice->rs_wait.on = false;
    slice->purge.on = false;
    slice->slbia.on = false;
    slice->slbia_reads = 0;
}

void pnv_capi_slice_init(PnvCapiSlice *slice)
{
    PnvCapi *card = slice->card;

    psl_slice_init(&slice->psl, &pnv_capi_host_ops, slice, slice->afu,
                   &address_space_memory);
    pnv_capi_spa_init(slice);
    memory_region_init_io(&slice->p1n_mr, OBJECT(card), &p1n_ops, slice,
                          "capi-p1n", P1N_SIZE);
    memory_region_add_subregion(&card->bar2,
                                P1_SIZE + slice->index * P1N_SIZE,
                                &slice->p1n_mr);
    memory_region_init_io(&slice->p2n_mr, OBJECT(card), &p2n_ops, slice,
                          "capi-p2n", P2N_SIZE);
    memory_region_add_subregion(&card->bar0, slice->index * P2N_SIZE,
                                &slice->p2n_mr);
    pnv_capi_afu_areas_init(slice);
}
