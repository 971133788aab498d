/*
 * PAPR coherent platform facility: spurious, lost and late interrupts
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "inject.h"
#include "spapr-capi-internal.h"

#define CAPI_SERIES_MAX 65536
#define CAPI_DELAY_MAX  60000

static const char *const capi_irq_kind[CAPI_IRQ__MAX] = {
    [CAPI_IRQ_PSL] = "psl",
    [CAPI_IRQ_AFU] = "afu",
    [CAPI_IRQ_ERROR] = "error",
};

/* SOURCE of a process: 0 is the PSL's */
static void capi_inject_process_irq(SpaprCapiFunction *fn, const char *name,
                                    char **part, uint32_t count, Error **errp)
{
    SpaprCapiProcess *p = spapr_capi_arg_process(fn, name, part[1], errp);
    uint64_t source;

    if (!p || !capi_arg_number(name, "SOURCE", part[2], 0,
                                     p->nr_isns - 1, &source, errp)) {
        return;
    }
    spapr_capi_irq_spurious(fn, source ? CAPI_IRQ_AFU : CAPI_IRQ_PSL,
                            p->isns[source], p->token, count);
}

static void capi_set_inject_irq(Object *obj, const char *value, Error **errp)
{
    static const char name[] = "inject-irq";
    SpaprCapi *capi = SPAPR_CAPI(obj);
    g_auto(GStrv) part = capi_args(DEVICE(obj), name, "FUNCTION:PROCESS:SOURCE"
                                         "[:COUNT]", value, 3, 4, errp);
    SpaprCapiFunction *fn;
    uint64_t count = 1;

    if (!part) {
        return;
    }
    fn = spapr_capi_arg_function(capi, name, part[0], errp);
    if (!fn || (part[3] &&
                !capi_arg_number(name, "COUNT", part[3], 1,
                                       CAPI_SERIES_MAX, &count, errp))) {
        return;
    }
    if (!strcmp(part[2], "error")) {
        spapr_capi_irq_spurious(fn, CAPI_IRQ_ERROR, fn->error_isn, 0, count);
    } else {
        capi_inject_process_irq(fn, name, part, count, errp);
    }
}

static void capi_set_lose_irqs(Object *obj, const char *value, Error **errp)
{
    static const char name[] = "lose-irqs";
    SpaprCapi *capi = SPAPR_CAPI(obj);
    g_auto(GStrv) part = NULL;
    uint64_t count, skip = 0;
    int kind = 0;

    if (!*value) {
        memset(capi->loss, 0, sizeof(capi->loss));
        return;
    }
    part = capi_args(DEVICE(obj), name, "psl|afu|error:COUNT[:SKIP]", value, 2,
                           3, errp);
    if (!part) {
        return;
    }
    while (kind < CAPI_IRQ__MAX && strcmp(part[0], capi_irq_kind[kind])) {
        kind++;
    }
    if (kind == CAPI_IRQ__MAX) {
        error_setg(errp, "%s: '%s' is none of psl, afu, error", name, part[0]);
        return;
    }
    if (capi_arg_number(name, "COUNT", part[1], 0, UINT64_MAX, &count,
                              errp) &&
        (!part[2] || capi_arg_number(name, "SKIP", part[2], 0,
                                           UINT64_MAX, &skip, errp))) {
        capi->loss[kind].count = count;
        capi->loss[kind].skip = count ? skip : 0;
    }
}

static char *capi_lose_irqs_text(Object *obj, Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);
    GString *s = g_string_new(NULL);
    int kind;

    for (kind = 0; kind < CAPI_IRQ__MAX; kind++) {
        const SpaprCapiLoss *loss = &capi->loss[kind];

        if (loss->count) {
            g_string_append_printf(s, "%s%s:%" PRIu64 ":%" PRIu64,
                                   s->len ? "," : "", capi_irq_kind[kind],
                                   loss->count, loss->skip);
        }
    }
    return g_string_free(s, false);
}

static void capi_get_delay_irqs(Object *obj, Visitor *v, const char *name,
                                void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &SPAPR_CAPI(obj)->irq_delay_ms, errp);
}

static void capi_set_delay_irqs(Object *obj, Visitor *v, const char *name,
                                void *opaque, Error **errp)
{
    uint32_t ms;

    if (!visit_type_uint32(v, name, &ms, errp)) {
        return;
    }
    if (ms > CAPI_DELAY_MAX) {
        error_setg(errp, "%s must be 0 to %d", name, CAPI_DELAY_MAX);
        return;
    }
    SPAPR_CAPI(obj)->irq_delay_ms = ms;
}

void spapr_capi_add_irq_properties(Object *obj)
{
    object_property_add_str(obj, "inject-irq", NULL, capi_set_inject_irq);
    object_property_add_str(obj, "lose-irqs", capi_lose_irqs_text,
                            capi_set_lose_irqs);
    object_property_add(obj, "delay-irqs-ms", "uint32", capi_get_delay_irqs,
                        capi_set_delay_irqs, NULL, NULL);
}
