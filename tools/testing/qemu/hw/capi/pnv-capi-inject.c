/*
 * CAPI card of a bare metal POWER8 machine: what changes while a guest runs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "inject.h"
#include "pnv-capi.h"

#define CAPI_SERR_BITS      (PSL_SERR_STATUS | PSL_SERR_AE)
#define CAPI_SERIES_MAX     65536
#define CAPI_DELAY_MAX      60000

static void capi_get_bool(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_bool(v, name, opaque, errp);
}

static void capi_set_bool(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_bool(v, name, opaque, errp);
}

/* The link, or the card with it */
static void capi_set_link(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    PnvCapi *card = PNV_CAPI(obj);
    bool was_down = pnv_capi_link_down(card);

    if (visit_type_bool(v, name, opaque, errp) && DEVICE(obj)->realized &&
        was_down != pnv_capi_link_down(card)) {
        pnv_capi_link_changed(card);
    }
}

static void capi_get_int64(Object *obj, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    visit_type_int64(v, name, opaque, errp);
}

static void capi_set_int64(Object *obj, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    visit_type_int64(v, name, opaque, errp);
}

/* notify: the host bridge tells the guest; silent: it has to find out */
static bool capi_notice(Object *obj, const char *name, const char *value,
                        bool *notice, Error **errp)
{
    g_auto(GStrv) part = capi_args(DEVICE(obj), name, "notify|silent", value,
                                   1, 1, errp);

    if (!part) {
        return false;
    }
    *notice = !strcmp(part[0], "notify");
    if (!*notice && strcmp(part[0], "silent")) {
        error_setg(errp, "%s must be notify or silent", name);
        return false;
    }
    return true;
}

static void capi_inject_fence(Object *obj, const char *value, Error **errp)
{
    bool notice;

    if (capi_notice(obj, "inject-fence", value, &notice, errp)) {
        pnv_capi_fence(PNV_CAPI(obj), notice ? 0 : -1);
    }
}

static void capi_inject_freeze(Object *obj, const char *value, Error **errp)
{
    bool notice;

    if (capi_notice(obj, "inject-freeze", value, &notice, errp)) {
        pnv_capi_freeze(PNV_CAPI(obj), notice);
    }
}

static PnvCapiSlice *capi_arg_slice(PnvCapi *card, const char *property,
                                    const char *text, Error **errp)
{
    uint64_t i;

    if (!capi_arg_number(property, "FUNCTION", text, 0, card->nr_slices - 1,
                         &i, errp)) {
        return NULL;
    }
    return &card->slice[i];
}

/* FUNCTION:VALUE */
static PnvCapiSlice *capi_slice_value(Object *obj, const char *property,
                                      const char *text, uint64_t *val,
                                      Error **errp)
{
    g_auto(GStrv) part = capi_args(DEVICE(obj), property, "FUNCTION:VALUE",
                                   text, 2, 2, errp);
    PnvCapiSlice *slice;

    if (!part) {
        return NULL;
    }
    slice = capi_arg_slice(PNV_CAPI(obj), property, part[0], errp);
    if (!slice || !capi_arg_number(property, "VALUE", part[1], 0, UINT64_MAX,
                                   val, errp)) {
        return NULL;
    }
    return slice;
}

static void capi_set_function_serr(Object *obj, const char *value,
                                   Error **errp)
{
    static const char name[] = "function-serr";
    PnvCapiSlice *slice;
    uint64_t serr;

    slice = capi_slice_value(obj, name, value, &serr, errp);
    if (!slice) {
        return;
    }
    if (serr & ~CAPI_SERR_BITS) {
        error_setg(errp, "%s: VALUE can only have bits of 0x%" PRIx64, name,
                   (uint64_t)CAPI_SERR_BITS);
        return;
    }
    pnv_capi_serr(slice, serr);
}

static char *capi_function_serr_text(Object *obj, Error **errp)
{
    PnvCapi *card = PNV_CAPI(obj);
    GString *s = g_string_new(NULL);
    uint32_t i;

    for (i = 0; i < card->nr_slices; i++) {
        g_string_append_printf(s, "%s%u:0x%" PRIx64, i ? "," : "", i,
                               card->slice[i].p1n[P1N_SERR / 8]);
    }
    return g_string_free(s, false);
}

/* Fault isolation: of a slice, whose error it is not; of the adapter */
static void capi_set_slice_fir(Object *obj, const char *value, Error **errp)
{
    PnvCapiSlice *slice;
    uint64_t fir;

    slice = capi_slice_value(obj, "slice-fir", value, &fir, errp);
    if (slice) {
        slice->p1n[P1N_FIR / 8] = fir;
    }
}

static void capi_get_psl_fir(Object *obj, Visitor *v, const char *name,
                             void *opaque, Error **errp)
{
    visit_type_uint64(v, name, &PNV_CAPI(obj)->p1[P1_FIR1 / 8], errp);
}

static void capi_set_psl_fir(Object *obj, Visitor *v, const char *name,
                             void *opaque, Error **errp)
{
    uint64_t fir;

    if (visit_type_uint64(v, name, &fir, errp) && DEVICE(obj)->realized) {
        pnv_capi_adapter_error(PNV_CAPI(obj), fir, false);
    }
}

static void capi_set_timebase_error(Object *obj, bool value, Error **errp)
{
    if (value && DEVICE(obj)->realized) {
        pnv_capi_adapter_error(PNV_CAPI(obj), 0, true);
    }
}

static void capi_set_inject_fault(Object *obj, const char *value,
                                  Error **errp)
{
    static const char name[] = "inject-fault";
    g_auto(GStrv) part = capi_args(DEVICE(obj), name, "FUNCTION:PROCESS:KIND"
                                   "[:VALUE[:store]]", value, 3, 5, errp);
    PnvCapiSlice *slice;
    PslContext *ctx;
    PslFault f = {};

    if (!part) {
        return;
    }
    slice = capi_arg_slice(PNV_CAPI(obj), name, part[0], errp);
    if (!slice || !capi_arg_fault(name, part + 2, &f, errp)) {
        return;
    }
    ctx = capi_arg_context(&slice->psl, slice->index, name, part[1], errp);
    if (!ctx) {
        return;
    }
    if (!psl_fault_inject(ctx, &f)) {
        error_setg(errp, "%s: %d injected faults of function %u are pending",
                   name, PSL_OWN_FAULTS, slice->index);
    }
}

static void capi_unstick(PnvCapi *card)
{
    PslContext *ctx;
    uint32_t i, k;

    for (i = 0; i < card->nr_slices; i++) {
        for (k = 0; k < card->slice[i].psl.max_contexts; k++) {
            ctx = psl_context_by_handle(&card->slice[i].psl, k);
            if (ctx) {
                ctx->stuck = false;
            }
        }
    }
}

/* Termination of this element does not end. Empty: of none any more */
static void capi_set_stuck_process(Object *obj, const char *value,
                                   Error **errp)
{
    static const char name[] = "stuck-process";
    g_auto(GStrv) part = NULL;
    PnvCapiSlice *slice;
    PslContext *ctx;

    if (!*value) {
        capi_unstick(PNV_CAPI(obj));
        return;
    }
    part = capi_args(DEVICE(obj), name, "FUNCTION:PROCESS", value, 2, 2, errp);
    if (!part) {
        return;
    }
    slice = capi_arg_slice(PNV_CAPI(obj), name, part[0], errp);
    if (!slice) {
        return;
    }
    ctx = capi_arg_context(&slice->psl, slice->index, name, part[1], errp);
    if (ctx) {
        ctx->stuck = true;
    }
}

static char *capi_stuck_process_text(Object *obj, Error **errp)
{
    PnvCapi *card = PNV_CAPI(obj);
    GString *s = g_string_new(NULL);
    PslContext *ctx;
    uint32_t i, k;

    for (i = 0; i < card->nr_slices; i++) {
        for (k = 0; k < card->slice[i].psl.max_contexts; k++) {
            ctx = psl_context_by_handle(&card->slice[i].psl, k);
            if (ctx && ctx->stuck) {
                g_string_append_printf(s, "%s%u:%u", s->len ? "," : "", i, k);
            }
        }
    }
    return g_string_free(s, false);
}

static void capi_send_series(PnvCapi *card, PnvCapiIrqKind kind,
                             uint64_t vector, uint64_t count)
{
    PnvCapiLoss saved = card->loss[kind];

    /* what was ordered to be lost are real ones */
    card->loss[kind].count = 0;
    while (count--) {
        pnv_capi_msi(card, kind, vector);
    }
    card->loss[kind] = saved;
}

/* SOURCE of a process: 0 is the PSL's */
static void capi_inject_process_irq(PnvCapiSlice *slice, const char *name,
                                    char **part, uint64_t count, Error **errp)
{
    PslContext *ctx = capi_arg_context(&slice->psl, slice->index, name,
                                       part[1], errp);
    uint64_t source;

    if (!ctx || !capi_arg_number(name, "SOURCE", part[2], 0,
                                 ctx->el.nr_vectors - 1, &source, errp)) {
        return;
    }
    if (!source) {
        ctx->idle_acks += count;
    }
    capi_send_series(slice->card, source ? CAPI_IRQ_AFU : CAPI_IRQ_PSL,
                     ctx->el.vector[source], count);
}

static void capi_set_inject_irq(Object *obj, const char *value, Error **errp)
{
    static const char name[] = "inject-irq";
    g_auto(GStrv) part = capi_args(DEVICE(obj), name, "FUNCTION:PROCESS:SOURCE"
                                   "[:COUNT]", value, 3, 4, errp);
    PnvCapiSlice *slice;
    uint64_t count = 1;

    if (!part) {
        return;
    }
    slice = capi_arg_slice(PNV_CAPI(obj), name, part[0], errp);
    if (!slice || (part[3] && !capi_arg_number(name, "COUNT", part[3], 1,
                                               CAPI_SERIES_MAX, &count,
                                               errp))) {
        return;
    }
    if (strcmp(part[2], "error")) {
        capi_inject_process_irq(slice, name, part, count, errp);
        return;
    }
    capi_send_series(slice->card, CAPI_IRQ_ERROR,
                     slice->p1n[P1N_SERR / 8] & PSL_SERR_IVTE, count);
}

static void capi_set_lose_irqs(Object *obj, const char *value, Error **errp)
{
    static const char name[] = "lose-irqs";
    static const char *const kinds[CAPI_IRQ__MAX] = { "psl", "afu", "error" };
    PnvCapi *card = PNV_CAPI(obj);
    g_auto(GStrv) part = NULL;
    PnvCapiLoss loss = {};
    int kind = 0;

    if (!*value) {
        memset(card->loss, 0, sizeof(card->loss));
        return;
    }
    part = capi_args(DEVICE(obj), name, "psl|afu|error:COUNT[:SKIP]", value, 2,
                     3, errp);
    if (!part) {
        return;
    }
    while (kind < CAPI_IRQ__MAX && strcmp(part[0], kinds[kind])) {
        kind++;
    }
    if (kind == CAPI_IRQ__MAX) {
        error_setg(errp, "%s: '%s' is none of psl, afu, error", name, part[0]);
        return;
    }
    if (capi_arg_number(name, "COUNT", part[1], 0, UINT64_MAX, &loss.count,
                        errp) &&
        (!part[2] || capi_arg_number(name, "SKIP", part[2], 0, UINT64_MAX,
                                     &loss.skip, errp))) {
        card->loss[kind] = loss;
    }
}

static void capi_set_inject_llcmd(Object *obj, const char *value,
                                  Error **errp)
{
    static const char name[] = "inject-llcmd";
    static const char *const ends[] = {
        [CAPI_LLCMD_ERROR] = "error",
        [CAPI_LLCMD_ONES] = "ones",
        [CAPI_LLCMD_SILENCE] = "silence",
        [CAPI_LLCMD_TIMEOUT] = "timeout",
    };
    g_auto(GStrv) part = NULL;
    PnvCapi *card = PNV_CAPI(obj);
    PnvCapiLlcmdInjection inj = { .count = 1 };

    if (!*value) {
        card->llcmd_injection.count = 0;
        return;
    }
    part = capi_args(DEVICE(obj), name, "COMMAND|*:error|ones|silence|timeout"
                     "[:COUNT]", value, 2, 3, errp);
    if (!part) {
        return;
    }
    if ((strcmp(part[0], "*") &&
         !capi_arg_number(name, "COMMAND", part[0], LLCMD_TERMINATE,
                          LLCMD_UPDATE, &inj.code, errp)) ||
        (part[2] && !capi_arg_number(name, "COUNT", part[2], 1, UINT64_MAX,
                                     &inj.count, errp))) {
        return;
    }
    while (inj.end < ARRAY_SIZE(ends) && strcmp(part[1], ends[inj.end])) {
        inj.end++;
    }
    if (inj.end == ARRAY_SIZE(ends)) {
        error_setg(errp, "%s: a command cannot end with '%s'", name, part[1]);
        return;
    }
    card->llcmd_injection = inj;
}

static void capi_get_delay_irqs(Object *obj, Visitor *v, const char *name,
                                void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &PNV_CAPI(obj)->irq_delay_ms, errp);
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
    PNV_CAPI(obj)->irq_delay_ms = ms;
}

static void capi_get_serr(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_uint64(v, name, &PNV_CAPI(obj)->slice[0].p1n[P1N_SERR / 8],
                      errp);
}

static void capi_set_serr(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    uint64_t serr;

    if (visit_type_uint64(v, name, &serr, errp) && DEVICE(obj)->realized) {
        pnv_capi_serr(&PNV_CAPI(obj)->slice[0], serr & CAPI_SERR_BITS);
    }
}

/* Fields with mistakes in them, see pnv-capi-patch.c */
typedef struct CapiPatch {
    size_t offset;              /* of the text in PnvCapi */
    uint32_t size;              /* bytes of what is overwritten */
    bool big_endian;
} CapiPatch;

static char **capi_patch_text(Object *obj, const CapiPatch *patch)
{
    return (char **)((char *)PNV_CAPI(obj) + patch->offset);
}

static void capi_get_patch(Object *obj, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    char *text = *capi_patch_text(obj, opaque) ?: (char *)"";

    visit_type_str(v, name, &text, errp);
}

static void capi_set_patch(Object *obj, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    const CapiPatch *patch = opaque;
    char **text = capi_patch_text(obj, patch);
    g_autofree uint8_t *buf = g_malloc(patch->size);
    g_autofree char *value = NULL;

    if (!visit_type_str(v, name, &value, errp) ||
        !pnv_capi_patch(buf, patch->size, patch->big_endian, name, value,
                        errp)) {
        return;
    }
    g_free(*text);
    *text = g_steal_pointer(&value);
    if (DEVICE(obj)->realized) {
        pnv_capi_config_changed(PNV_CAPI(obj));
    }
}

static void capi_release_patch(Object *obj, const char *name, void *opaque)
{
    g_free(*capi_patch_text(obj, opaque));
}

static void capi_add_patches(Object *obj)
{
    static const struct {
        const char *name;
        CapiPatch patch;
    } list[] = {
        { "vsec", { offsetof(PnvCapi, vsec_patch), PNV_CAPI_VSEC_SIZE } },
        { "factory-vsec", { offsetof(PnvCapi, image_patch[0]),
                            PNV_CAPI_VSEC_SIZE } },
        { "user-vsec", { offsetof(PnvCapi, image_patch[1]),
                         PNV_CAPI_VSEC_SIZE } },
        { "descriptor", { offsetof(PnvCapi, desc_patch), PNV_CAPI_DESC_HEADER,
                          true } },
    };
    int i;

    for (i = 0; i < ARRAY_SIZE(list); i++) {
        object_property_add(obj, list[i].name, "string", capi_get_patch,
                            capi_set_patch, capi_release_patch,
                            (void *)&list[i].patch);
    }
}

static PslSlice *capi_slice(Object *obj, uint32_t i)
{
    PnvCapi *card = PNV_CAPI(obj);

    return i < card->nr_slices ? &card->slice[i].psl : NULL;
}

static void capi_add_switches(Object *obj)
{
    PnvCapi *card = PNV_CAPI(obj);
    struct {
        const char *name;
        bool *value;
    } bools[] = {
        { "all-ones", &card->all_ones },
        { "timebase-sync", &card->timebase_sync },
        { "lazy-removal", &card->lazy_removal },
        { "sticky-reset", &card->sticky_reset },
        { "silent-perst", &card->silent_perst },
    };
    int i;

    for (i = 0; i < ARRAY_SIZE(bools); i++) {
        object_property_add(obj, bools[i].name, "bool", capi_get_bool,
                            capi_set_bool, NULL, bools[i].value);
    }
    object_property_add(obj, "link-up", "bool", capi_get_bool, capi_set_link,
                        NULL, &card->link_up);
    object_property_add(obj, "present", "bool", capi_get_bool, capi_set_link,
                        NULL, &card->present);
    object_property_add(obj, "timebase-skew-ns", "int64", capi_get_int64,
                        capi_set_int64, NULL, &card->timebase_skew);
}

static void capi_add_delays(Object *obj)
{
    static const char *const name[CAPI_DELAY__MAX] = {
        [CAPI_DELAY_ENABLE] = "enable-ms",
        [CAPI_DELAY_DISABLE] = "disable-ms",
        [CAPI_DELAY_RESET] = "reset-ms",
        [CAPI_DELAY_PURGE] = "purge-ms",
        [CAPI_DELAY_LLCMD] = "llcmd-ms",
        [CAPI_DELAY_INVALIDATE] = "invalidate-ms",
        [CAPI_DELAY_FLUSH] = "flush-ms",
    };
    int i;

    for (i = 0; i < CAPI_DELAY__MAX; i++) {
        object_property_add_uint32_ptr(obj, name[i], &PNV_CAPI(obj)->delay[i],
                                       OBJ_PROP_FLAG_READWRITE);
    }
}

void pnv_capi_add_properties(Object *obj)
{
    capi_add_switches(obj);
    capi_add_delays(obj);
    capi_add_patches(obj);
    capi_add_counters(obj, capi_slice);
    object_property_add_str(obj, "inject-fence", NULL, capi_inject_fence);
    object_property_add_str(obj, "inject-freeze", NULL, capi_inject_freeze);
    object_property_add(obj, "serr", "uint64", capi_get_serr, capi_set_serr,
                        NULL, NULL);
    object_property_add(obj, "delay-irqs-ms", "uint32", capi_get_delay_irqs,
                        capi_set_delay_irqs, NULL, NULL);
    object_property_add_str(obj, "function-serr", capi_function_serr_text,
                            capi_set_function_serr);
    object_property_add_str(obj, "slice-fir", NULL, capi_set_slice_fir);
    object_property_add(obj, "psl-fir", "uint64", capi_get_psl_fir,
                        capi_set_psl_fir, NULL, NULL);
    object_property_add_uint32_ptr(obj, "slbia-reads",
                                   &PNV_CAPI(obj)->slbia_reads,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_str(obj, "stuck-process", capi_stuck_process_text,
                            capi_set_stuck_process);
    object_property_add_bool(obj, "timebase-error", NULL,
                             capi_set_timebase_error);
    object_property_add_str(obj, "inject-fault", NULL, capi_set_inject_fault);
    object_property_add_str(obj, "inject-irq", NULL, capi_set_inject_irq);
    object_property_add_str(obj, "lose-irqs", NULL, capi_set_lose_irqs);
    object_property_add_str(obj, "inject-llcmd", NULL, capi_set_inject_llcmd);
}
