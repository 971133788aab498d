/*
 * POWER service layer (PSL): page sizes of segments and page table entries
 *
 * The CPU model has a table of the encodings; the PSL of a machine understands
 * the same ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "mmu-hash64.h"
#include "hw/capi/psl.h"

static const PPCHash64SegmentPageSizes *find_sps(unsigned base_shift,
                                                 uint64_t llp)
{
    const PPCHash64Options *opts = POWERPC_CPU(first_cpu)->hash64_opts;
    int i;

    for (i = 0; i < PPC_PAGE_SIZES_MAX_SZ; i++) {
        const PPCHash64SegmentPageSizes *sps = &opts->sps[i];

        if (!sps->page_shift) {
            break;
        }
        if (base_shift ? sps->page_shift == base_shift : sps->slb_enc == llp) {
            return sps;
        }
    }
    return NULL;
}

/* Base page shift of the L and LP bits of a segment, 0: illegal */
unsigned psl_base_shift(uint64_t llp)
{
    const PPCHash64SegmentPageSizes *sps = find_sps(0, llp);

    return sps ? sps->page_shift : 0;
}

/* Actual page shift of an entry, 0: illegal for this base */
unsigned psl_page_shift(unsigned base_shift, uint64_t pte0, uint64_t pte1)
{
    const PPCHash64SegmentPageSizes *sps;
    int i;

    if (!(pte0 & HPTE64_V_LARGE)) {
        return base_shift == 12 ? 12 : 0;
    }

    sps = find_sps(base_shift, 0);
    for (i = 0; sps && i < PPC_PAGE_SIZES_MAX_SZ; i++) {
        const PPCHash64PageSize *ps = &sps->enc[i];
        uint64_t mask;

        if (!ps->page_shift) {
            break;
        }
        if (ps->page_shift == 12) {
            continue;
        }
        mask = MAKE_64BIT_MASK(0, ps->page_shift) & HPTE64_R_RPN;
        if ((pte1 & mask) == ((uint64_t)ps->pte_enc << HPTE64_R_RPN_SHIFT)) {
            return ps->page_shift;
        }
    }
    return 0;
}
