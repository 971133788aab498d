/*
 * CAPI card of a bare metal POWER8 machine: the areas that belong to an AFU
 *
 * Its descriptor, with configuration records and error buffer, and its problem
 * state area.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "pnv-capi.h"
#include "trace.h"

#define DESC_CR_LEN             0x20
#define DESC_CR_OFFSET          0x28
#define DESC_PSA                0x30
#define   DESC_PSA_PER_PROCESS      PPC_BIT(6)
#define   DESC_PSA_REQUIRED         PPC_BIT(7)
#define DESC_PP_OFFSET          0x38
#define DESC_EB_LEN             0x40
#define DESC_EB_OFFSET          0x48
#define DESC_CR_UNIT            256
#define DESC_UNIT               4096

static void desc_header(PnvCapiSlice *slice, uint8_t *buf)
{
    const CapiAfuGeometry *g = &slice->afu->geom;
    uint64_t psa = g->pp_size / DESC_UNIT;

    memset(buf, 0, PNV_CAPI_DESC_HEADER);
    stw_be_p(buf, g->min_ints);
    stw_be_p(buf + 2, g->processes);
    stw_be_p(buf + 4, g->config_records);
    stw_be_p(buf + 6, slice->card->models);
    stq_be_p(buf + DESC_CR_LEN, g->config_record_size / DESC_CR_UNIT);
    stq_be_p(buf + DESC_CR_OFFSET, PNV_CAPI_CR_OFFSET);
    if (g->psa_size) {
        psa |= DESC_PSA_REQUIRED | DESC_PSA_PER_PROCESS;
    }
    stq_be_p(buf + DESC_PSA, psa);
    stq_be_p(buf + DESC_PP_OFFSET, g->pp_offset);
    stq_be_p(buf + DESC_EB_LEN, g->err_buffer_size / DESC_UNIT);
    if (g->err_buffer_size) {
        stq_be_p(buf + DESC_EB_OFFSET, PNV_CAPI_EB_OFFSET);
    }
}

/* Naturally aligned, so an access lies in one of the parts altogether */
static void desc_bytes(PnvCapiSlice *slice, hwaddr addr, uint8_t *buf,
                       unsigned size)
{
    CapiAfuClass *ac = CAPI_AFU_GET_CLASS(slice->afu);
    const CapiAfuGeometry *g = &slice->afu->geom;
    hwaddr records = (hwaddr)g->config_records * g->config_record_size;
    uint8_t header[PNV_CAPI_DESC_HEADER];

    memset(buf, 0, size);
    if (addr < PNV_CAPI_DESC_HEADER) {
        desc_header(slice, header);
        pnv_capi_patch(header, sizeof(header), true, "descriptor",
                       slice->card->desc_patch, NULL);
        memcpy(buf, header + addr, size);
    } else if (addr >= PNV_CAPI_CR_OFFSET &&
               addr < PNV_CAPI_CR_OFFSET + records) {
        addr -= PNV_CAPI_CR_OFFSET;
        ac->config_read(slice->afu, addr / g->config_record_size,
                        addr % g->config_record_size, buf, size);
    } else if (addr >= PNV_CAPI_EB_OFFSET &&
               addr < PNV_CAPI_EB_OFFSET + g->err_buffer_size) {
        ac->err_read(slice->afu, addr - PNV_CAPI_EB_OFFSET, buf, size);
    }
}

static uint64_t desc_read(void *opaque, hwaddr addr, unsigned size)
{
    PnvCapiSlice *slice = opaque;
    uint8_t buf[8];
    uint64_t val;

    if (slice->card->all_ones || pnv_capi_dead(slice->card)) {
        return ~0ULL;
    }
    if (size < 4) {
        pnv_capi_violation(slice->card, "descriptor load is too narrow", addr);
        return 0;
    }
    if (!slice->described) {
        pnv_capi_violation(slice->card, "descriptor of an AFU that was not "
                           "reset", addr);
        return 0;
    }
    desc_bytes(slice, addr, buf, size);
    val = ldn_be_p(buf, size);
    trace_pnv_capi_desc_read(slice->index, addr, size, val);
    return val;
}

static void desc_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    /* nothing there can be changed */
}

static const MemoryRegionOps desc_ops = {
    .read = desc_read,
    .write = desc_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

/* An AFU that is not enabled does not answer */
static bool ps_answers(PnvCapiSlice *slice)
{
    if (pnv_capi_afu_enabled(slice)) {
        return true;
    }
    pnv_capi_serr(slice, PSL_SERR_AFUDIS);
    return false;
}

static uint64_t ps_read(void *opaque, hwaddr addr, unsigned size)
{
    PnvCapiSlice *slice = opaque;

    if (slice->card->all_ones || pnv_capi_dead(slice->card) ||
        !ps_answers(slice)) {
        return ~0ULL;
    }
    if (size < 4) {
        pnv_capi_violation(slice->card, "problem state load is too narrow",
                           addr);
        return 0;
    }
    return CAPI_AFU_GET_CLASS(slice->afu)->psa_read(slice->afu, addr, size);
}

static void ps_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    PnvCapiSlice *slice = opaque;

    if (pnv_capi_dead(slice->card) || !ps_answers(slice)) {
        return;
    }
    if (size < 4) {
        pnv_capi_violation(slice->card, "problem state store is too narrow",
                           addr);
        return;
    }
    CAPI_AFU_GET_CLASS(slice->afu)->psa_write(slice->afu, addr, val, size);
}

static const MemoryRegionOps ps_ops = {
    .read = ps_read,
    .write = ps_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

void pnv_capi_afu_areas_init(PnvCapiSlice *slice)
{
    PnvCapi *card = slice->card;

    memory_region_init_io(&slice->desc_mr, OBJECT(card), &desc_ops, slice,
                          "capi-descriptor", card->desc_size);
    memory_region_add_subregion(&card->bar0, card->desc_offset +
                                slice->index * card->desc_size,
                                &slice->desc_mr);
    if (!card->ps_size) {
        return;
    }
    memory_region_init_io(&slice->ps_mr, OBJECT(card), &ps_ops, slice,
                          "capi-problem-state", card->ps_size);
    memory_region_add_subregion(&card->bar0, card->ps_offset +
                                slice->index * card->ps_size, &slice->ps_mr);
}
