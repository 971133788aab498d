/*
 * CAPI card of a bare metal POWER8 machine: where contexts come from
 *
 * A process element in memory, or the registers of a slice in
 * dedicated-process mode: both say the same things.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "pnv-capi.h"

#define SR_SF                   PPC_BIT(0)
#define SR_HV                   PPC_BIT(3)
#define SR_PR                   PPC_BIT(49)
#define SR_ISL                  PPC_BIT(53)
#define SR_TC                   PPC_BIT(54)
#define SR_SC                   PPC_BIT(58)
#define SR_R                    PPC_BIT(59)

#define PE_SR                   0x00
#define PE_SDR                  0x10
#define PE_IVTE_OFFSETS         0x24
#define PE_IVTE_RANGES          0x2c
#define PE_LPID                 0x34
#define PE_TID                  0x38
#define PE_PID                  0x3c
#define PE_SSTP0                0x58
#define PE_SSTP1                0x60
#define PE_AMR                  0x68
#define PE_WED                  0x74

#define IVTE_RANGES             4

static void capi_state(PnvCapiSlice *slice, PslElement *el, uint64_t sr)
{
    el->sr = sr;
    el->sixty_four = sr & SR_SF;
    el->problem_state = sr & SR_PR;
    el->small_pages = sr & SR_ISL;
    el->hpt_primary = sr & SR_TC;
    el->st_secondary = !(sr & SR_SC);
    el->translate = sr & SR_R;
    if (!el->translate && !(sr & SR_HV)) {
        pnv_capi_violation(slice->card, "no translation without HV", sr);
    }
}

/* The four ranges of vectors, one after the other */
static void capi_vectors(PslElement *el, uint64_t offsets, uint64_t ranges)
{
    uint32_t total = 0, n = 0;
    int i, k;

    for (i = 0; i < IVTE_RANGES; i++) {
        total += extract64(ranges, 48 - 16 * i, 16);
    }
    el->nr_vectors = total;
    el->vector = g_new0(uint32_t, total);
    for (i = 0; i < IVTE_RANGES; i++) {
        uint32_t first = extract64(offsets, 48 - 16 * i, 16);
        uint32_t len = extract64(ranges, 48 - 16 * i, 16);

        for (k = 0; k < len; k++) {
            el->vector[n++] = first + k;
        }
    }
}

void pnv_capi_element_from_memory(PnvCapiSlice *slice, const uint8_t *pe,
                                  PslElement *el)
{
    memset(el, 0, sizeof(*el));
    capi_state(slice, el, ldq_be_p(pe + PE_SR));
    el->sdr = ldq_be_p(pe + PE_SDR);
    el->lpid = ldl_be_p(pe + PE_LPID);
    el->tid = ldl_be_p(pe + PE_TID);
    el->pid = ldl_be_p(pe + PE_PID);
    el->sstp0 = ldq_be_p(pe + PE_SSTP0);
    el->sstp1 = ldq_be_p(pe + PE_SSTP1);
    el->amr = ldq_be_p(pe + PE_AMR) & slice->p1n[P1N_AMOR / 8];
    el->wed = ldq_be_p(pe + PE_WED);
    capi_vectors(el, ldq_be_p(pe + PE_IVTE_OFFSETS),
                 ldq_be_p(pe + PE_IVTE_RANGES));
}

void pnv_capi_element_from_registers(PnvCapiSlice *slice, PslElement *el)
{
    const uint64_t *p1n = slice->p1n, *p2n = slice->p2n;

    memset(el, 0, sizeof(*el));
    capi_state(slice, el, p1n[P1N_SR / 8]);
    el->sdr = p1n[P1N_SDR / 8];
    el->lpid = p1n[P1N_LPID / 8];
    el->pid = p2n[P2N_PID_TID / 8] >> 32;
    el->tid = p2n[P2N_PID_TID / 8];
    el->sstp0 = p2n[P2N_SSTP0 / 8];
    el->sstp1 = p2n[P2N_SSTP1 / 8];
    el->amr = p2n[P2N_AMR / 8] & p1n[P1N_AMOR / 8];
    el->wed = p2n[P2N_WED / 8];
    capi_vectors(el, p1n[P1N_IVTE_OFFSET / 8], p1n[P1N_IVTE_LIMIT / 8]);
}
