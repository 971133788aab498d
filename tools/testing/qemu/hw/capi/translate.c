/*
 * POWER service layer (PSL): effective to real addresses
 *
 * Segment table, then hashed page table, as CAIA and the Power ISA describe
 * them. Table words are read in the order in which software publishes them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "exec/memory.h"
#include "hw/capi/psl.h"
#include "cpu.h"
#include "mmu-hash64.h"
#include "trace.h"

#define REAL_MODE_MASK      0x0fffffffffffffffULL
#define REAL_MODE_PAGE      4096

#define SSTP0_B(v)          ((v) >> 62)
#define SSTP0_SIZE(v)       ((((v) >> 32 & 0xfff) + 1) * 256)
#define SSTP0_VA_HI(v)      ((v) & 0x3fff)
#define SSTP0_ATTR(v)       ((v) >> 50 & 0xfb0)
#define SSTP1_VA_LO(v)      ((v) & ~0xffULL)
#define SSTP1_V             1

#define STE_SIZE            16
#define STG_ENTRIES         8
#define STG_SIZE            (STE_SIZE * STG_ENTRIES)

#define SEG_ESID_256M       0xfffffffff0000000ULL
#define SEG_ESID_1T         0xffffff0000000000ULL

static bool seg_is_1t(uint64_t vsid)
{
    return (vsid & SLB_VSID_B) == SLB_VSID_B_1T;
}

static unsigned seg_shift(uint64_t vsid)
{
    return seg_is_1t(vsid) ? 40 : 28;
}

/* What the key and PP bits grant: 0 nothing, 1 loads, 3 loads and stores */
static unsigned pp_rights(uint64_t pte1, bool key)
{
    unsigned pp = (pte1 & HPTE64_R_PP) | (pte1 & HPTE64_R_PP0 ? 4 : 0);

    switch (pp) {
    case 0:
        return key ? 0 : 3;
    case 1:
        return key ? 1 : 3;
    case 2:
        return 3;
    case 3:
        return 1;
    case 6:
        return key ? 0 : 1;
    default:
        return 0;
    }
}

/*
 * The PSL works on cached storage. It has no locks elsewhere, and no ordinary
 * access to storage that is cache-inhibited either.
 */
static uint64_t check_storage(uint64_t pte1, CapiAccessType type)
{
    uint64_t bad = HPTE64_R_I;

    if (type == CAPI_ACCESS_ATOMIC) {
        bad |= HPTE64_R_W;
    }
    return pte1 & bad ? PSL_DSISR_A : 0;
}

static uint64_t check_rights(PslContext *ctx, uint64_t pte1, uint64_t vsid,
                             bool problem, CapiAccessType type)
{
    bool store = type != CAPI_ACCESS_READ;

    bool key = vsid & (problem ? SLB_VSID_KP : SLB_VSID_KS);
    unsigned amr = ctx->el.amr >> (2 * (31 - HPTE64_R_KEY(pte1))) & 3;
    uint64_t bad = 0;

    if (!(pp_rights(pte1, key) & (store ? 2 : 1))) {
        bad |= PSL_DSISR_P;
    }
    if (amr & (store ? 2 : 1)) {
        bad |= PSL_DSISR_K;
    }
    return bad | check_storage(pte1, type);
}

/* Search one group of the page table for a virtual page */
static bool hpt_search(PslContext *ctx, uint64_t group, uint64_t match,
                       unsigned base, uint64_t *ptex, uint64_t *pte1,
                       unsigned *page)
{
    uint64_t pte[16];
    int i;

    ctx->slice->ops->hpt_read(ctx, group, pte);
    for (i = 0; i < HPTES_PER_GROUP; i++) {
        uint64_t w0 = pte[2 * i], w1 = pte[2 * i + 1];

        if (!HPTE64_V_COMPARE(w0, match)) {
            continue;
        }
        *page = psl_page_shift(base, w0, w1);
        if (!*page) {
            continue;
        }
        *ptex = group * HPTES_PER_GROUP + i;
        *pte1 = w1;
        return true;
    }
    return false;
}

static bool hpt_walk(PslContext *ctx, uint64_t vsid, uint64_t offset,
                     unsigned base, uint64_t *ptex, uint64_t *pte1,
                     unsigned *page)
{
    uint64_t groups = ctx->slice->ops->hpt_groups(ctx);
    uint64_t epn = offset & ~MAKE_64BIT_MASK(0, base);
    uint64_t match = (vsid & SLB_VSID_PTEM) | ((epn >> 16) & HPTE64_V_AVPN) |
                     HPTE64_V_VALID;
    uint64_t id = (vsid & SLB_VSID_VSID) >>
                  (seg_is_1t(vsid) ? SLB_VSID_SHIFT_1T : SLB_VSID_SHIFT);
    uint64_t hash = id ^ (epn >> base);

    if (!groups) {
        return false;
    }
    if (seg_is_1t(vsid)) {
        hash ^= id << 25;
    }
    ctx->slice->stats.tlb_walks++;
    if (hpt_search(ctx, hash & (groups - 1), match, base, ptex, pte1, page)) {
        return true;
    }
    if (ctx->el.hpt_primary) {
        return false;
    }
    return hpt_search(ctx, ~hash & (groups - 1), match | HPTE64_V_SECONDARY,
                      base, ptex, pte1, page);
}

/* Translate an offset in a segment whose VSID word is known */
static uint64_t xlate_page(PslContext *ctx, uint64_t vsid, uint64_t offset,
                           bool problem, CapiAccessType type, PslXlate *x)
{
    PslSlice *s = ctx->slice;
    bool store = type != CAPI_ACCESS_READ;
    unsigned base = ctx->el.small_pages ? TARGET_PAGE_BITS :
                    psl_base_shift(vsid & SLB_VSID_LLP_MASK);
    uint64_t seg = vsid & SLB_VSID_PTEM;
    uint64_t s_bit = store ? PSL_DSISR_S : 0;
    uint64_t ptex, pte1, bad;
    unsigned page;
    PslTlbEntry *e;

    if (!base) {
        return PSL_DSISR_DM | PSL_DSISR_M | s_bit;
    }

    e = psl_tlb_find(ctx, seg, offset >> base, base);
    if (e && !(store && !(e->pte1 & HPTE64_R_C))) {
        pte1 = e->pte1;
        page = e->page_shift;
        bad = check_rights(ctx, pte1, vsid, problem, type);
        if (!bad) {
            goto hit;
        }
        /* a refusal is never taken from the buffer */
    }

    if (!hpt_walk(ctx, vsid, offset, base, &ptex, &pte1, &page)) {
        return PSL_DSISR_DM | PSL_DSISR_M | s_bit;
    }
    bad = check_rights(ctx, pte1, vsid, problem, type);
    if (bad) {
        return PSL_DSISR_DM | bad | s_bit;
    }
    if (!(pte1 & HPTE64_R_R) || (store && !(pte1 & HPTE64_R_C))) {
        s->ops->hpt_update(ctx, ptex, pte1, store);
        pte1 |= HPTE64_R_R | (store ? HPTE64_R_C : 0);
    }
    psl_tlb_insert(ctx, seg, offset >> base, base, page, pte1);
    trace_psl_xlate_page(ctx->handle, vsid, offset, pte1, page, store);

hit:
    x->ra = (pte1 & HPTE64_R_RPN & ~MAKE_64BIT_MASK(0, page)) |
            (offset & MAKE_64BIT_MASK(0, page));
    x->len = (1ULL << page) - (offset & MAKE_64BIT_MASK(0, page));
    /* the base page bounds what one walk has shown to be mapped */
    x->len = MIN(x->len, (1ULL << base) - (offset & MAKE_64BIT_MASK(0, base)));
    return 0;
}

/* Real address of a group of the segment table */
static uint64_t xlate_segtab(PslContext *ctx, uint64_t group_offset,
                             hwaddr *ra)
{
    uint64_t sstp0 = ctx->el.sstp0, lo = SSTP1_VA_LO(ctx->el.sstp1);
    uint64_t hi = SSTP0_VA_HI(sstp0);
    bool tera = SSTP0_B(sstp0) == 1;
    unsigned shift = tera ? 40 : 28;
    uint64_t id = hi << (64 - shift) | lo >> shift;
    uint64_t vsid = SSTP0_B(sstp0) << 62 | SSTP0_ATTR(sstp0) |
                    id << (tera ? SLB_VSID_SHIFT_1T : SLB_VSID_SHIFT);
    uint64_t offset = (lo & MAKE_64BIT_MASK(0, shift)) + group_offset;
    PslXlate x;

    if (xlate_page(ctx, vsid, offset, false, CAPI_ACCESS_READ, &x)) {
        return PSL_DSISR_ST | PSL_DSISR_M;
    }
    *ra = x.ra;
    return 0;
}

/*
 * Read one segment table entry. Software publishes the ESID word last, so it
 * is read first; if it changes meanwhile, the entry is being replaced.
 */
static bool ste_read(PslSlice *s, hwaddr ra, uint64_t *esid, uint64_t *vsid)
{
    const MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    MemTxResult r1, r2, r3;
    uint64_t again;
    int tries = 4;

    do {
        *esid = address_space_ldq_be(s->as, ra, attrs, &r1);
        /* V is in the ESID word and set last */
        smp_rmb();
        *vsid = address_space_ldq_be(s->as, ra + 8, attrs, &r2);
        /* the second look comes after both words */
        smp_rmb();
        again = address_space_ldq_be(s->as, ra, attrs, &r3);
        if (r1 != MEMTX_OK || r2 != MEMTX_OK || r3 != MEMTX_OK) {
            return false;
        }
    } while (again != *esid && --tries);
    return again == *esid;
}

static bool segtab_search(PslContext *ctx, hwaddr ra, uint64_t ea, bool tera,
                          uint64_t *esid, uint64_t *vsid)
{
    uint64_t mask = tera ? SEG_ESID_1T : SEG_ESID_256M;
    int i;

    for (i = 0; i < STG_ENTRIES; i++) {
        if (!ste_read(ctx->slice, ra + i * STE_SIZE, esid, vsid)) {
            continue;
        }
        if (!(*esid & SLB_ESID_V)) {
            continue;
        }
        if (!*vsid) {
            psl_violation(ctx->slice, "segment table entry without a VSID",
                          *esid);
            continue;
        }
        if (seg_is_1t(*vsid) == tera && ((*esid ^ ea) & mask) == 0) {
            return true;
        }
    }
    return false;
}

/* Find the segment of an effective address in the table of the context */
static uint64_t xlate_segment(PslContext *ctx, uint64_t ea, PslSlbEntry **slb)
{
    uint64_t groups = SSTP0_SIZE(ctx->el.sstp0) / STG_SIZE;
    uint64_t esid, vsid, bad;
    int i;

    if (!(ctx->el.sstp1 & SSTP1_V)) {
        return PSL_DSISR_DS;
    }
    ctx->slice->stats.slb_walks++;

    for (i = 0; i < (ctx->el.st_secondary ? 4 : 2); i++) {
        bool tera = i & 1;
        uint64_t group = ea >> (tera ? 40 : 28);
        hwaddr ra;

        group = (i & 2 ? ~group : group) & (groups - 1);
        bad = xlate_segtab(ctx, group * STG_SIZE, &ra);
        if (bad) {
            return bad;
        }
        if (segtab_search(ctx, ra, ea, tera, &esid, &vsid)) {
            trace_psl_xlate_segment(ctx->handle, ea, esid, vsid);
            *slb = psl_slb_insert(ctx, esid, vsid);
            return 0;
        }
    }
    return PSL_DSISR_DS;
}

/**
 * psl_translate() - translate an access of a context
 * @ea: already cut to 32 bits where the context demands it
 * @x: result: real address and bytes left in the page, or the fault
 */
PslXlateResult psl_translate(PslContext *ctx, uint64_t ea,
                             CapiAccessType type, PslXlate *x)
{
    PslSlice *s = ctx->slice;
    PslSlbEntry *slb;
    uint64_t offset;

    memset(x, 0, sizeof(*x));
    if (!ctx->el.translate) {
        x->ra = ea & REAL_MODE_MASK;
        x->len = REAL_MODE_PAGE - (ea & (REAL_MODE_PAGE - 1));
        return PSL_XLATE_OK;
    }

    /* before the tables are read: a later invalidation must be seen */
    s->gen = s->ops->tlb_generation(s->host);

    slb = psl_slb_find(ctx, ea);
    if (!slb) {
        x->dsisr = xlate_segment(ctx, ea, &slb);
        if (x->dsisr) {
            return PSL_XLATE_FAULT;
        }
    }

    x->dsr = slb->vsid;
    offset = ea & MAKE_64BIT_MASK(0, seg_shift(slb->vsid));
    x->dsisr = xlate_page(ctx, slb->vsid, offset, ctx->el.problem_state,
                          type, x);
    return x->dsisr ? PSL_XLATE_FAULT : PSL_XLATE_OK;
}
