/*
 * Counters of a CAPI card, as properties
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/visitor.h"
#include "inject.h"

typedef struct CapiCounter {
    CapiSliceOf *slice;
    size_t offset;
} CapiCounter;

static void counter_get(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    CapiCounter *counter = opaque;
    uint64_t sum = 0;
    PslSlice *s;
    uint32_t i;

    for (i = 0; (s = counter->slice(obj, i)); i++) {
        sum += *(uint64_t *)((char *)&s->stats + counter->offset);
    }
    visit_type_uint64(v, name, &sum, errp);
}

static void counter_get_attached(Object *obj, Visitor *v, const char *name,
                                 void *opaque, Error **errp)
{
    CapiCounter *counter = opaque;
    uint32_t sum = 0, i;
    PslSlice *s;

    for (i = 0; (s = counter->slice(obj, i)); i++) {
        sum += s->nr_contexts;
    }
    visit_type_uint32(v, name, &sum, errp);
}

static void counter_release(Object *obj, const char *name, void *opaque)
{
    g_free(opaque);
}

static CapiCounter *counter_new(CapiSliceOf *slice, size_t offset)
{
    CapiCounter *counter = g_new(CapiCounter, 1);

    counter->slice = slice;
    counter->offset = offset;
    return counter;
}

/* @slice: the slices of a card by their index, NULL behind the last one */
void capi_add_counters(Object *obj, CapiSliceOf *slice)
{
    static const struct {
        const char *name;
        size_t offset;
    } counter[] = {
        { "stat-psl-interrupts", offsetof(PslStats, psl_irqs) },
        { "stat-afu-interrupts", offsetof(PslStats, afu_irqs) },
        { "stat-segment-faults", offsetof(PslStats, segment_faults) },
        { "stat-page-faults", offsetof(PslStats, page_faults) },
        { "stat-slb-walks", offsetof(PslStats, slb_walks) },
        { "stat-tlb-walks", offsetof(PslStats, tlb_walks) },
        { "stat-violations", offsetof(PslStats, violations) },
    };
    int i;

    for (i = 0; i < ARRAY_SIZE(counter); i++) {
        object_property_add(obj, counter[i].name, "uint64", counter_get, NULL,
                            counter_release,
                            counter_new(slice, counter[i].offset));
    }
    object_property_add(obj, "stat-attached", "uint32", counter_get_attached,
                        NULL, counter_release, counter_new(slice, 0));
}
