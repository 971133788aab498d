/*
 * POWER service layer (PSL): the coherent half of a CAPI card
 *
 * One slice serves one AFU. The host of the card (a PAPR facility, a PCI
 * function) adds and removes contexts, answers faults and supplies the page
 * table, interrupts and time base through struct PslHostOps.
 *
 * Everything here runs under the big QEMU lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CAPI_PSL_H
#define HW_CAPI_PSL_H

#include "exec/memory.h"
#include "hw/capi/afu.h"
#include "qemu/timer.h"

/* PSL_DSISR_An */
#define PSL_DSISR_DS    0x8000000000000000ULL /* segment missing */
#define PSL_DSISR_DM    0x4000000000000000ULL /* page missing or protected */
#define PSL_DSISR_ST    0x2000000000000000ULL /* segment table not mapped */
#define PSL_DSISR_UR    0x1000000000000000ULL /* AURP not mapped */
#define PSL_DSISR_PE    0x0800000000000000ULL /* PSL error */
#define PSL_DSISR_AE    0x0400000000000000ULL /* AFU error */
#define PSL_DSISR_OC    0x0200000000000000ULL /* context warning */
#define PSL_DSISR_M     0x0000000040000000ULL /* no page table entry */
#define PSL_DSISR_P     0x0000000008000000ULL /* protection */
#define PSL_DSISR_A     0x0000000004000000ULL /* storage attributes */
#define PSL_DSISR_S     0x0000000002000000ULL /* store */
#define PSL_DSISR_K     0x0000000000200000ULL /* page class key */
#define PSL_DSISR_TRANS \
    (PSL_DSISR_DS | PSL_DSISR_DM | PSL_DSISR_ST | PSL_DSISR_UR)

/* PSL_SERR_An: status bits 0:8, their masks 32 bits lower, and bit 30 */
#define PSL_SERR_STATUS         0xff80000000000000ULL
#define PSL_SERR_AE             0x0000000200000000ULL
#define PSL_SERR_MASKS          0x00000000ff800000ULL

/* PSL_TFC_An >> 32: what the OS answers to a fault */
#define PSL_TFC_A       0x8 /* acknowledge a non-translation fault */
#define PSL_TFC_C       0x4 /* continue, retried later */
#define PSL_TFC_AE      0x2 /* address error */
#define PSL_TFC_R       0x1 /* restart */

#define PSL_SLB_ENTRIES 64
#define PSL_LEFT_SLB    1024
#define PSL_TLB_BITS    13

/* Faults of a slice that no access has caused, pending at a time */
#define PSL_OWN_FAULTS  64

/**
 * struct PslHostOps - what the platform gives to the PSL
 * @hpt_groups: number of groups of the hashed page table of a context, 0: none
 * @hpt_read: copy the eight entries of a group, host order, word 0 of an
 *     entry read before its word 1
 * @hpt_update: set R, and C if @change, in entry @ptex
 * @tlb_generation: changes whenever the CPUs broadcast an invalidation
 * @irq: send the interrupt of @source of a context, 0 is the PSL's
 * @timebase: the guest's time base now
 * @blocked: optional, does no access of this slice reach memory now?
 * @afu_error: optional, an AFU reports an error; false: present it as a fault
 * @bad_source: optional, an AFU has used an interrupt source it does not have
 */
typedef struct PslHostOps {
    uint64_t (*hpt_groups)(const PslContext *ctx);
    void (*hpt_read)(const PslContext *ctx, uint64_t group, uint64_t pte[16]);
    void (*hpt_update)(const PslContext *ctx, uint64_t ptex, uint64_t pte1,
                       bool change);
    unsigned long (*tlb_generation)(void *host);
    void (*irq)(void *host, PslContext *ctx, uint32_t source);
    uint64_t (*timebase)(void *host);
    bool (*blocked)(void *host);
    bool (*afu_error)(void *host, PslContext *ctx, uint64_t code);
    void (*bad_source)(void *host, PslContext *ctx, uint32_t source);
} PslHostOps;

/* A process element as the PSL holds it */
typedef struct PslElement {
    bool problem_state;
    bool sixty_four;
    bool translate;
    bool st_secondary;          /* search secondary segment table groups */
    bool hpt_primary;           /* search primary page table groups only */
    bool small_pages;           /* every segment has base pages of 4 KiB */
    uint64_t sr;                /* as software wrote it, if it did */
    uint64_t sdr;
    uint64_t sstp0;
    uint64_t sstp1;
    uint64_t amr;
    uint64_t wed;
    uint32_t lpid;
    uint32_t pid;
    uint32_t tid;
    /* vector[0] is the PSL interrupt, vector[k] AFU source k */
    uint32_t nr_vectors;
    uint32_t *vector;
} PslElement;

typedef struct PslSlbEntry {
    uint64_t esid;              /* with V, 0: free */
    uint64_t mask;
    uint64_t vsid;
} PslSlbEntry;

/* A segment that outlives its context, until software drops it */
typedef struct PslLeftSlbEntry {
    PslSlbEntry slb;
    uint32_t lpid;
    uint32_t pid;
} PslLeftSlbEntry;

typedef struct PslTlbEntry {
    uint64_t seg;               /* B and VSID */
    uint64_t vpn;               /* page number in the segment, base pages */
    uint64_t pte1;
    unsigned long gen;
    uint32_t lpid;
    uint8_t base_shift;         /* 0: free */
    uint8_t page_shift;
} PslTlbEntry;

struct PslContext {
    PslSlice *slice;
    uint32_t handle;
    uint64_t seq;               /* contexts are added in this order */
    PslElement el;
    bool stopping;              /* starts nothing new */
    bool orphan;                /* the AFU has forgotten it */
    bool stuck;                 /* a test does not let it end */
    bool terminated;
    bool suspended;
    bool flushed;               /* answers FLUSHED until restarted */
    uint32_t idle_acks;         /* interrupts that showed no cause */
    QTAILQ_HEAD(, CapiAccess) stalled;
    PslSlbEntry slb[PSL_SLB_ENTRIES];
    unsigned slb_next;
    void *afu_state;
};

typedef struct PslStats {
    uint64_t psl_irqs;
    uint64_t afu_irqs;
    uint64_t segment_faults;
    uint64_t page_faults;
    uint64_t slb_walks;
    uint64_t tlb_walks;
    uint64_t stores;
    uint64_t violations;        /* things no correct driver does */
} PslStats;

struct PslSlice {
    const PslHostOps *ops;
    void *host;
    CapiAfu *afu;
    AddressSpace *as;
    uint32_t max_contexts;
    uint32_t nr_contexts;
    uint64_t seq;
    PslContext **ctx;           /* by handle */
    PslTlbEntry *tlb;
    bool lazy_removal;          /* segments outlive their contexts */
    PslLeftSlbEntry *left;
    uint32_t nr_left;
    uint32_t left_next;
    unsigned long gen;          /* of the invalidations, at this access */
    bool draining;              /* all contexts go: present nothing */
    PslFault *current;          /* presented, not answered */
    PslFault latched;           /* the fault registers */
    QTAILQ_HEAD(, PslFault) faults;
    uint32_t nr_own_faults;     /* without an access, presented or not */
    QTAILQ_HEAD(, CapiAccess) work;
    QEMUTimer *timer;
    PslStats stats;
};

void psl_slice_init(PslSlice *s, const PslHostOps *ops, void *host,
                    CapiAfu *afu, AddressSpace *as);
void psl_slice_fini(PslSlice *s);
void psl_slice_reset(PslSlice *s);
void psl_slbia(PslSlice *s);
void psl_slbia_partition(PslSlice *s, uint32_t lpid);
void psl_slbia_process(PslSlice *s, uint32_t lpid, uint32_t pid);
void psl_violation(PslSlice *s, const char *what, uint64_t val);

PslContext *psl_add(PslSlice *s, uint32_t handle, const PslElement *el);
void psl_terminate(PslContext *ctx);
void psl_remove(PslContext *ctx);
void psl_stop(PslContext *ctx);
bool psl_busy(const PslContext *ctx);
void psl_afu_reset(PslSlice *s);
uint32_t psl_reap(PslSlice *s);
void psl_suspend(PslContext *ctx);
void psl_resume(PslContext *ctx);

/* psl-fault.c */
void psl_fault_raise(PslSlice *s, PslFault *f);
bool psl_fault_inject(PslContext *ctx, const PslFault *what);
void psl_fault_drop(PslContext *ctx);
bool psl_fault_answer(PslContext *ctx, uint32_t tfc);
bool psl_fault_clear_errstat(PslContext *ctx);

/* psl.c, for psl-fault.c: answer or retry an access from the timer */
void psl_access_later(CapiAccess *acc, CapiResp resp);

typedef enum PslXlateResult {
    PSL_XLATE_OK,
    PSL_XLATE_FAULT,
} PslXlateResult;

/* translate.c: @ra and @len (bytes left in the page), or @dsisr and @dsr */
typedef struct PslXlate {
    hwaddr ra;
    uint64_t len;
    uint64_t dsisr;
    uint64_t dsr;
} PslXlate;

PslXlateResult psl_translate(PslContext *ctx, uint64_t ea,
                             CapiAccessType type, PslXlate *x);

/* page-size.c */
unsigned psl_base_shift(uint64_t llp);
unsigned psl_page_shift(unsigned base_shift, uint64_t pte0, uint64_t pte1);

/* lookaside.c */
PslSlbEntry *psl_slb_find(PslContext *ctx, uint64_t ea);
PslSlbEntry *psl_slb_insert(PslContext *ctx, uint64_t esid, uint64_t vsid);
void psl_slb_flush(PslContext *ctx);
void psl_slb_leave(PslContext *ctx);
void psl_slb_flush_left(PslSlice *s);
void psl_slb_flush_tagged(PslSlice *s, uint32_t lpid, uint32_t pid,
                          uint32_t pid_mask);
PslTlbEntry *psl_tlb_find(PslContext *ctx, uint64_t seg, uint64_t vpn,
                          unsigned base_shift);
PslTlbEntry *psl_tlb_insert(PslContext *ctx, uint64_t seg, uint64_t vpn,
                            unsigned base_shift, unsigned page_shift,
                            uint64_t pte1);
void psl_tlb_flush(PslSlice *s);

#endif /* HW_CAPI_PSL_H */
