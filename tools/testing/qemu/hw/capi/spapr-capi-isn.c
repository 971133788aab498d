/*
 * PAPR coherent platform facility: interrupt pools of the cards
 *
 * The interrupts of the machine are divided when all cards are known: a card
 * gets what its properties ask for, the others share the rest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qapi/error.h"
#include "hw/ppc/spapr_irq.h"
#include "sysemu/sysemu.h"
#include "spapr-capi-internal.h"

/* Not for cards: the interrupts of PCI devices */
#define CAPI_ISNS_SPARED    256
#define CAPI_MAX_INTS       256

static uint32_t isns_beside(SpaprCapi *capi)
{
    return capi->error_isn_in_pool ? 0 : capi->nr_functions;
}

static uint32_t isns_claimed(SpaprCapi *capi)
{
    return capi->nr_isns + isns_beside(capi);
}

/*
 * The allocator of dynamic interrupts must be empty while the machine resets,
 * so the block is given back there and taken again with the device tree.
 */
void spapr_capi_reserve_isns(SpaprCapi *capi, bool on)
{
    long first = capi->isn_base - SPAPR_IRQ_MSI;

    if (on) {
        bitmap_set(capi->spapr->irq_map, first, isns_claimed(capi));
    } else {
        bitmap_clear(capi->spapr->irq_map, first, isns_claimed(capi));
    }
}

/* Limits that depend on the size of the pool, once it is known */
bool spapr_capi_check_isns(SpaprCapi *capi, Error **errp)
{
    if (!capi->nr_isns || capi->nr_isns > SPAPR_CAPI_BITMAP_ISNS) {
        error_setg(errp, "isns must be 1 to %d", SPAPR_CAPI_BITMAP_ISNS);
        return false;
    }
    if (!capi->min_ints || capi->min_ints > capi->nr_isns) {
        error_setg(errp, "min-ints must be 1 to isns (%u)", capi->nr_isns);
        return false;
    }
    if (capi->max_ints == CAPI_DEFAULT32) {
        capi->max_ints = MAX(MIN(CAPI_MAX_INTS, capi->nr_isns),
                             capi->min_ints);
    }
    if (capi->max_ints < capi->min_ints || capi->max_ints > capi->nr_isns) {
        error_setg(errp, "max-ints must be min-ints (%u) to isns (%u)",
                   capi->min_ints, capi->nr_isns);
        return false;
    }
    if (capi->max_total_ints == CAPI_DEFAULT32) {
        capi->max_total_ints = capi->nr_isns;
    }
    if (capi->max_total_ints < capi->min_ints) {
        error_setg(errp, "max-total-ints must be at least min-ints (%u)",
                   capi->min_ints);
        return false;
    }
    if (capi->error_isn_in_pool && capi->nr_isns <= capi->nr_functions) {
        error_setg(errp, "error-isn-in-pool needs more isns than functions");
        return false;
    }
    return true;
}

static bool isns_claim(SpaprCapi *capi, Error **errp)
{
    SpaprMachineState *spapr = capi->spapr;
    uint32_t n = isns_claimed(capi), i;
    int base;

    if (bitmap_find_next_zero_area(spapr->irq_map, spapr->irq_map_nr, 0, n,
                                   0) + n > spapr->irq_map_nr) {
        error_setg(errp, "isns: the machine has no block of %u interrupts "
                   "left", n);
        return false;
    }
    base = spapr_irq_msi_alloc(spapr, n, false, errp);
    if (base < 0) {
        return false;
    }
    for (i = 0; i < n; i++) {
        if (spapr_irq_claim(spapr, base + i, false, errp) < 0) {
            return false;
        }
    }
    capi->isn_base = base;
    capi->isn = g_new0(SpaprCapiIsn, capi->nr_isns);
    for (i = 0; i < capi->nr_functions; i++) {
        capi->fn[i].error_isn = base + n - capi->nr_functions + i;
    }
    return true;
}

/* An equal part of what the other cards leave */
static void isns_share(void)
{
    uint32_t cards = 0, rest, used = CAPI_ISNS_SPARED;
    SpaprMachineState *spapr = NULL;
    SpaprCapi *capi;

    QTAILQ_FOREACH(capi, &spapr_capi_list, next) {
        spapr = capi->spapr;
        used += isns_beside(capi);
        if (capi->nr_isns == CAPI_DEFAULT32) {
            cards++;
        } else {
            used += capi->nr_isns;
        }
    }
    if (!cards) {
        return;
    }
    used += bitmap_count_one(spapr->irq_map, spapr->irq_map_nr);
    rest = spapr->irq_map_nr > used ? spapr->irq_map_nr - used : 0;
    QTAILQ_FOREACH(capi, &spapr_capi_list, next) {
        if (capi->nr_isns == CAPI_DEFAULT32) {
            capi->nr_isns = MIN(rest / cards, SPAPR_CAPI_BITMAP_ISNS);
        }
    }
}

static void isns_machine_done(Notifier *n, void *data)
{
    Error *err = NULL;
    SpaprCapi *capi;

    isns_share();
    QTAILQ_FOREACH(capi, &spapr_capi_list, next) {
        if (!spapr_capi_check_isns(capi, &err) || !isns_claim(capi, &err)) {
            error_reportf_err(err, "%s: ",
                              object_get_canonical_path(OBJECT(capi)));
            exit(1);
        }
    }
}

/* The first card sees to it for all of them */
void spapr_capi_isns_init(void)
{
    static Notifier notifier = { .notify = isns_machine_done };

    if (QTAILQ_EMPTY(&spapr_capi_list)) {
        qemu_add_machine_init_done_notifier(&notifier);
    }
}
