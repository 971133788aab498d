/*
 * PAPR coherent platform facility: where the guest maps a card's MMIO
 *
 * A process cannot be detached while the guest's page table maps its window.
 * The table is far too large to be searched at every detach, so the entries
 * that can map MMIO are remembered when they are stored.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "mmu-hash64.h"
#include "spapr-capi-internal.h"
#include "trace.h"

/*
 * Indices of entries that were stored with the I bit, which H_ENTER demands
 * for everything but RAM. They can be out of date, never incomplete.
 */
static GHashTable *noted;
static void *noted_htab;
static uint32_t noted_shift;

void spapr_capi_note_hpte(uint64_t ptex)
{
    if (noted) {
        g_hash_table_add(noted, (gpointer)(uintptr_t)ptex);
    }
}

static bool hpte_maps_io(SpaprMachineState *spapr, uint64_t ptex,
                         uint64_t *pte0, uint64_t *pte1)
{
    const uint8_t *p = spapr->htab;

    if (ptex >= HTAB_SIZE(spapr) / HASH_PTE_SIZE_64) {
        return false;
    }
    p += ptex * HASH_PTE_SIZE_64;
    *pte0 = ldq_be_p(p);
    *pte1 = ldq_be_p(p + HPTE64_DW1);
    return (*pte0 & HPTE64_V_VALID) && (*pte1 & HPTE64_R_I);
}

/* A new table, after a resize: its entries were not stored one by one */
static void hpt_note_all(SpaprMachineState *spapr)
{
    uint64_t n = HTAB_SIZE(spapr) / HASH_PTE_SIZE_64, ptex, pte0, pte1;

    if (!noted) {
        noted = g_hash_table_new(NULL, NULL);
    }
    if (noted_htab == spapr->htab && noted_shift == spapr->htab_shift) {
        return;
    }
    g_hash_table_remove_all(noted);
    for (ptex = 0; ptex < n; ptex++) {
        if (hpte_maps_io(spapr, ptex, &pte0, &pte1)) {
            spapr_capi_note_hpte(ptex);
        }
    }
    noted_htab = spapr->htab;
    noted_shift = spapr->htab_shift;
}

static bool hpte_overlaps(uint64_t pte0, uint64_t pte1, hwaddr start,
                          uint64_t size)
{
    unsigned page = ppc_hash64_hpte_page_shift_noslb(POWERPC_CPU(first_cpu),
                                                     pte0, pte1);
    hwaddr ra = pte1 & HPTE64_R_RPN & ~MAKE_64BIT_MASK(0, page);

    return page && ra < start + size && ra + (1ULL << page) > start;
}

/* Does the guest's page table map a page of this range? */
bool spapr_capi_hpt_maps(SpaprCapi *capi, hwaddr start, uint64_t size)
{
    SpaprMachineState *spapr = capi->spapr;
    uint64_t ptex, pte0, pte1;
    GHashTableIter iter;
    gpointer key;

    if (!spapr->htab) {
        return false;
    }
    hpt_note_all(spapr);
    g_hash_table_iter_init(&iter, noted);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        ptex = (uintptr_t)key;
        if (!hpte_maps_io(spapr, ptex, &pte0, &pte1)) {
            g_hash_table_iter_remove(&iter);
        } else if (hpte_overlaps(pte0, pte1, start, size)) {
            trace_spapr_capi_mapped(ptex, pte0, pte1);
            return true;
        }
    }
    return false;
}
