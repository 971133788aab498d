/*
 * POWER service layer (PSL): segment and page lookaside buffers
 *
 * Software that forgets an invalidation must see its mistake, so entries live
 * until the event that the architecture names: segments until SLBIA or, unless
 * removal is lazy, the end of the context, pages until a CPU broadcasts an
 * invalidation. Only successful translations are kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/capi/psl.h"
#include "cpu.h"
#include "mmu-hash64.h"
#include "trace.h"

static bool slb_match(const PslSlbEntry *e, uint64_t ea)
{
    return e->esid && ((ea ^ e->esid) & e->mask) == 0;
}

/* What a removed context with the same tag has left */
static PslSlbEntry *slb_find_left(PslContext *ctx, uint64_t ea)
{
    PslSlice *s = ctx->slice;
    uint32_t i;

    for (i = 0; i < s->nr_left; i++) {
        PslLeftSlbEntry *l = &s->left[i];

        if (l->lpid == ctx->el.lpid && l->pid == ctx->el.pid &&
            slb_match(&l->slb, ea)) {
            trace_psl_slb_left(ctx->handle, l->pid, ea, l->slb.vsid);
            return &l->slb;
        }
    }
    return NULL;
}

PslSlbEntry *psl_slb_find(PslContext *ctx, uint64_t ea)
{
    int i;

    for (i = 0; i < PSL_SLB_ENTRIES; i++) {
        if (slb_match(&ctx->slb[i], ea)) {
            return &ctx->slb[i];
        }
    }
    return slb_find_left(ctx, ea);
}

PslSlbEntry *psl_slb_insert(PslContext *ctx, uint64_t esid, uint64_t vsid)
{
    PslSlbEntry *e = &ctx->slb[ctx->slb_next];
    bool tera = (vsid & SLB_VSID_B) == SLB_VSID_B_1T;

    ctx->slb_next = (ctx->slb_next + 1) % PSL_SLB_ENTRIES;
    e->esid = esid;
    e->mask = tera ? MAKE_64BIT_MASK(40, 24) : MAKE_64BIT_MASK(28, 36);
    e->vsid = vsid;
    return e;
}

void psl_slb_flush(PslContext *ctx)
{
    memset(ctx->slb, 0, sizeof(ctx->slb));
    ctx->slb_next = 0;
}

/* The context goes, its segments stay; the oldest ones give way */
void psl_slb_leave(PslContext *ctx)
{
    PslSlice *s = ctx->slice;
    int i;

    for (i = 0; i < PSL_SLB_ENTRIES; i++) {
        PslLeftSlbEntry *l = &s->left[s->left_next];

        if (!ctx->slb[i].esid) {
            continue;
        }
        l->slb = ctx->slb[i];
        l->lpid = ctx->el.lpid;
        l->pid = ctx->el.pid;
        s->left_next = (s->left_next + 1) % PSL_LEFT_SLB;
        s->nr_left = MIN(s->nr_left + 1, PSL_LEFT_SLB);
    }
}

void psl_slb_flush_left(PslSlice *s)
{
    s->nr_left = 0;
    s->left_next = 0;
}

/* Only what carries the tags of a partition, or of a process in it */
void psl_slb_flush_tagged(PslSlice *s, uint32_t lpid, uint32_t pid,
                          uint32_t pid_mask)
{
    uint32_t i;

    for (i = 0; i < s->max_contexts; i++) {
        PslContext *ctx = s->ctx[i];

        if (ctx && ctx->el.lpid == lpid &&
            !((ctx->el.pid ^ pid) & pid_mask)) {
            psl_slb_flush(ctx);
        }
    }
    for (i = 0; i < s->nr_left; i++) {
        PslLeftSlbEntry *l = &s->left[i];

        if (l->lpid == lpid && !((l->pid ^ pid) & pid_mask)) {
            l->slb.esid = 0;
        }
    }
}

static PslTlbEntry *psl_tlb_slot(PslSlice *s, uint64_t seg, uint64_t vpn)
{
    uint64_t h = (seg >> 12) * 0x9e3779b97f4a7c15ULL + vpn;

    h ^= h >> 32;
    h ^= h >> PSL_TLB_BITS;
    return &s->tlb[h & ((1 << PSL_TLB_BITS) - 1)];
}

PslTlbEntry *psl_tlb_find(PslContext *ctx, uint64_t seg, uint64_t vpn,
                          unsigned base_shift)
{
    PslSlice *s = ctx->slice;
    PslTlbEntry *e = psl_tlb_slot(s, seg, vpn);

    if (e->base_shift == base_shift && e->seg == seg && e->vpn == vpn &&
        e->lpid == ctx->el.lpid && e->gen == s->gen) {
        return e;
    }
    return NULL;
}

PslTlbEntry *psl_tlb_insert(PslContext *ctx, uint64_t seg, uint64_t vpn,
                            unsigned base_shift, unsigned page_shift,
                            uint64_t pte1)
{
    PslSlice *s = ctx->slice;
    PslTlbEntry *e = psl_tlb_slot(s, seg, vpn);

    e->seg = seg;
    e->vpn = vpn;
    e->pte1 = pte1;
    e->gen = s->gen;
    e->lpid = ctx->el.lpid;
    e->base_shift = base_shift;
    e->page_shift = page_shift;
    return e;
}

void psl_tlb_flush(PslSlice *s)
{
    memset(s->tlb, 0, sizeof(*s->tlb) << PSL_TLB_BITS);
}
