/*
 * PAPR coherent platform facility: memory-mapped areas
 *
 * The privileged-2 page, of which a guest uses SLBIA_An, and the problem
 * state area, whose contents belong to the AFU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "exec/address-spaces.h"
#include "spapr-capi-internal.h"
#include "trace.h"

/* Above RAM, device memory and the windows of the PCI host bridges */
#define CAPI_MMIO_BASE      (80 * TiB)
#define CAPI_MMIO_CARD      (4 * GiB)
#define CAPI_MMIO_FUNCTION  (1 * GiB)
#define CAPI_MMIO_PSA       (256 * MiB)

#define P2_PID_TID      0x000
#define P2_SLBIA        0x048
#define P2_DSISR        0x060
#define P2_DAR          0x068
#define P2_DSR          0x070
#define P2_PEHANDLE     0x080
#define P2_ERRSTAT      0x088
#define P2_AFU_ERR      0x098

static uint64_t capi_p2_reg(SpaprCapiFunction *fn, hwaddr addr)
{
    PslFault *l = &fn->slice.latched;

    switch (addr) {
    case P2_SLBIA:
        if (fn->slbia_reads) {
            if (fn->slbia_reads != UINT32_MAX) {
                fn->slbia_reads--;
            }
            return 1;
        }
        return 0;
    case P2_DSISR:
        return l->dsisr;
    case P2_DAR:
        return l->dar;
    case P2_DSR:
        return l->dsr;
    case P2_PEHANDLE:
        return fn->slice.current ? fn->slice.current->ctx->handle : 0;
    case P2_ERRSTAT:
        return l->errstat;
    case P2_AFU_ERR:
        return l->afu_err;
    default:
        qemu_log_mask(LOG_UNIMP, "capi: read of p2 0x%" HWADDR_PRIx "\n",
                      addr);
        return 0;
    }
}

static uint64_t capi_p2_read(void *opaque, hwaddr addr, unsigned size)
{
    SpaprCapiFunction *fn = opaque;
    uint64_t val = 0;

    if (fn->state >= CAPI_STATE_TEMPORARY) {
        val = ~0ULL;
    } else if (size != 8) {
        psl_violation(&fn->slice, "p2 load is not 8 bytes wide", addr);
    } else {
        val = capi_p2_reg(fn, addr);
    }
    trace_spapr_capi_p2_read(fn->index, addr, size, val);
    return val;
}

static void capi_p2_write(void *opaque, hwaddr addr, uint64_t val,
                          unsigned size)
{
    SpaprCapiFunction *fn = opaque;

    trace_spapr_capi_p2_write(fn->index, addr, size, val);
    if (fn->state >= CAPI_STATE_TEMPORARY) {
        return;
    }
    if (size != 8) {
        psl_violation(&fn->slice, "p2 store is not 8 bytes wide", addr);
        return;
    }
    if (addr != P2_SLBIA) {
        psl_violation(&fn->slice, "p2 store that is not for a guest", addr);
        return;
    }
    psl_slbia(&fn->slice);
    fn->slbia_reads = fn->capi->slbia_reads;
}

static const MemoryRegionOps capi_p2_ops = {
    .read = capi_p2_read,
    .write = capi_p2_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

static uint64_t capi_psa_read(void *opaque, hwaddr addr, unsigned size)
{
    SpaprCapiFunction *fn = opaque;

    if (fn->state != CAPI_STATE_NORMAL) {
        return ~0ULL;
    }
    if (size < 4) {
        psl_violation(&fn->slice, "problem state load is too narrow", addr);
        return 0;
    }
    return CAPI_AFU_GET_CLASS(fn->afu)->psa_read(fn->afu, addr, size);
}

static void capi_psa_write(void *opaque, hwaddr addr, uint64_t val,
                           unsigned size)
{
    SpaprCapiFunction *fn = opaque;

    if (fn->state != CAPI_STATE_NORMAL) {
        return;
    }
    if (size < 4) {
        psl_violation(&fn->slice, "problem state store is too narrow", addr);
        return;
    }
    CAPI_AFU_GET_CLASS(fn->afu)->psa_write(fn->afu, addr, val, size);
}

static const MemoryRegionOps capi_psa_ops = {
    .read = capi_psa_read,
    .write = capi_psa_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

void spapr_capi_mmio_init(SpaprCapiFunction *fn)
{
    SpaprCapi *capi = fn->capi;
    uint64_t psa_size = fn->afu->geom.psa_size;

    fn->p2_addr = CAPI_MMIO_BASE + capi->index * CAPI_MMIO_CARD +
                  fn->index * CAPI_MMIO_FUNCTION;
    memory_region_init_io(&fn->p2, OBJECT(capi), &capi_p2_ops, fn,
                          "capi-p2", SPAPR_CAPI_PAGE);
    memory_region_add_subregion(get_system_memory(), fn->p2_addr, &fn->p2);

    if (psa_size) {
        fn->psa_addr = fn->p2_addr + CAPI_MMIO_PSA;
        memory_region_init_io(&fn->psa, OBJECT(capi), &capi_psa_ops, fn,
                              "capi-psa", psa_size);
        memory_region_add_subregion(get_system_memory(), fn->psa_addr,
                                    &fn->psa);
    }
}

void spapr_capi_mmio_fini(SpaprCapiFunction *fn)
{
    memory_region_del_subregion(get_system_memory(), &fn->p2);
    object_unparent(OBJECT(&fn->p2));
    if (fn->psa_addr) {
        memory_region_del_subregion(get_system_memory(), &fn->psa);
        object_unparent(OBJECT(&fn->psa));
    }
}
