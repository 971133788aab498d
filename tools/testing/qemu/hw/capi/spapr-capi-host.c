/*
 * PAPR coherent platform facility: the platform as the PSL sees it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "cpu.h"
#include "helper_regs.h"
#include "mmu-hash64.h"
#include "hw/irq.h"
#include "hw/ppc/ppc.h"
#include "hw/ppc/spapr_cpu_core.h"
#include "hw/ppc/xics.h"
#include "spapr-capi-internal.h"
#include "trace.h"

/* Number of the pending interrupt in the XIRR of a CPU */
#define CAPI_XISR_MASK  0x00ffffff

static SpaprMachineState *host_machine(const PslContext *ctx)
{
    SpaprCapiFunction *fn = ctx->slice->host;

    return fn->capi->spapr;
}

static uint64_t host_hpt_groups(const PslContext *ctx)
{
    SpaprMachineState *spapr = host_machine(ctx);

    return spapr->htab ? HTAB_SIZE(spapr) / HASH_PTEG_SIZE_64 : 0;
}

static void host_hpt_read(const PslContext *ctx, uint64_t group,
                          uint64_t pte[16])
{
    uint8_t *p = host_machine(ctx)->htab;
    int i;

    p += group * HASH_PTEG_SIZE_64;
    for (i = 0; i < HPTES_PER_GROUP; i++) {
        pte[2 * i] = ldq_be_p(p + i * HASH_PTE_SIZE_64);
        /* V is in word 0 and set last */
        smp_rmb();
        pte[2 * i + 1] = ldq_be_p(p + i * HASH_PTE_SIZE_64 + HPTE64_DW1);
    }
}

static void host_hpt_update(const PslContext *ctx, uint64_t ptex,
                            uint64_t pte1, bool change)
{
    uint8_t *p = host_machine(ctx)->htab;

    /* as the CPUs do: byte stores, not atomic */
    p += ptex * HASH_PTE_SIZE_64;
    stb_p(p + HPTE64_DW1_R, (pte1 >> 8 & 0xff) | 0x01);
    if (change) {
        stb_p(p + HPTE64_DW1_C, (pte1 & 0xff) | 0x80);
    }
}

static unsigned long host_tlb_generation(void *host)
{
    return qatomic_read(&ppc_tlb_broadcasts);
}

static void host_irq(void *host, PslContext *ctx, uint32_t source)
{
    SpaprCapiFunction *fn = host;

    spapr_capi_irq_send(fn, source ? CAPI_IRQ_AFU : CAPI_IRQ_PSL,
                        ctx->el.vector[source], fn->proc[ctx->handle].token);
}

static uint64_t host_timebase(void *host)
{
    return cpu_ppc_load_tbl(&POWERPC_CPU(first_cpu)->env);
}

const PslHostOps spapr_capi_host_ops = {
    .hpt_groups = host_hpt_groups,
    .hpt_read = host_hpt_read,
    .hpt_update = host_hpt_update,
    .tlb_generation = host_tlb_generation,
    .irq = host_irq,
    .timebase = host_timebase,
};

void spapr_capi_raise_isn(SpaprCapi *capi, uint32_t isn)
{
    trace_spapr_capi_irq(isn);
    qemu_irq_pulse(spapr_qirq(capi->spapr, isn));
}

/* As ibm,set-xive with priority 0xff; the guest has to unmask it again */
void spapr_capi_mask_isn(SpaprCapi *capi, uint32_t isn)
{
    ICSState *ics = capi->spapr->ics;
    uint32_t src = isn - ics->offset;

    ics_write_xive(ics, src, ics->irqs[src].server, 0xff, 0xff);
}

/*
 * Take back an interrupt that no CPU has accepted yet. Firmware that removes
 * a process waits until its interrupts have been taken; CPUs that are emulated
 * one after the other would take them long after.
 */
void spapr_capi_withdraw_isn(SpaprCapi *capi, uint32_t isn)
{
    ICSState *ics = capi->spapr->ics;
    CPUState *cs;

    ics->irqs[isn - ics->offset].status = 0;
    CPU_FOREACH(cs) {
        ICPState *icp = spapr_cpu_state(POWERPC_CPU(cs))->icp;

        if (icp->xirr_owner == ics && (icp->xirr & CAPI_XISR_MASK) == isn) {
            trace_spapr_capi_withdraw(isn);
            icp->xirr &= ~CAPI_XISR_MASK;
            icp->xirr_owner = NULL;
            icp->pending_priority = 0xff;
            qemu_irq_lower(icp->output);
            icp_resend(icp);
        }
    }
}
