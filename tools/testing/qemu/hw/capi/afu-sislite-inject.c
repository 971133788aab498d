/*
 * The SISLite storage AFU: properties, and what a test can order
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "afu-sislite.h"
#include "inject.h"
#include "scsi/constants.h"
#include "trace.h"

#define ROOM_DEFAULT            16
#define IMAGE_DEFAULT           "180412P1"
#define VERSION_DEFAULT         0x0000000000000200ULL

static SisInjection *find_injection(CapiAfuSislite *sis, uint8_t opcode)
{
    SisInjection *inj;

    QTAILQ_FOREACH(inj, &sis->injections, next) {
        if (inj->opcode < 0 || inj->opcode == opcode) {
            return inj;
        }
    }
    return NULL;
}

static void drop_injection(CapiAfuSislite *sis, SisInjection *inj)
{
    QTAILQ_REMOVE(&sis->injections, inj, next);
    g_free(inj);
}

static void drop_injections(CapiAfuSislite *sis, bool hang)
{
    SisInjection *inj, *tmp;

    QTAILQ_FOREACH_SAFE(inj, &sis->injections, next, tmp) {
        if (inj->hang == hang) {
            drop_injection(sis, inj);
        }
    }
}

static void finish_injected(SisCommand *cmd, const SisInjection *inj)
{
    cmd->result.scsi_rc = inj->scsi_rc;
    cmd->result.scsi_extra = inj->scsi_rc ? inj->extra : 0;
    if (inj->sense.key) {
        sis_fail_sense(cmd, inj->sense);
    } else if (inj->afu_rc) {
        sis_fail_afu(cmd, inj->afu_rc, inj->extra);
    } else {
        sis_fail_fc(cmd, inj->fc_rc, inj->fc_rc ? inj->extra : 0);
    }
}

/* Has a test ordered the end of this command, or that it has none? */
bool sis_injected(SisCommand *cmd)
{
    SisInjection *inj = find_injection(cmd->afu, cmd->cdb[0]), now;

    if (!inj) {
        return false;
    }
    if (inj->skip) {
        inj->skip--;
        return false;
    }
    now = *inj;
    if (!--inj->count) {
        drop_injection(cmd->afu, inj);
    }
    trace_sis_injected(cmd->seq, cmd->cdb[0], now.hang);
    if (!now.hang) {
        finish_injected(cmd, &now);
    }
    return true;
}

static bool arg_opcode(const char *name, const char *text, SisInjection *inj,
                       Error **errp)
{
    uint64_t val;

    inj->opcode = -1;
    if (!strcmp(text, "*")) {
        return true;
    }
    if (!capi_arg_number(name, "OPCODE", text, 0, 0xff, &val, errp)) {
        return false;
    }
    inj->opcode = val;
    return true;
}

/* @part: COUNT and SKIP, as far as they are there */
static bool arg_counts(const char *name, char **part, SisInjection *inj,
                       Error **errp)
{
    inj->count = 1;
    inj->skip = 0;
    if (!part[0]) {
        return true;
    }
    if (!capi_arg_number(name, "COUNT", part[0], 1, UINT64_MAX, &inj->count,
                         errp)) {
        return false;
    }
    return !part[1] || capi_arg_number(name, "SKIP", part[1], 0, UINT64_MAX,
                                       &inj->skip, errp);
}

static bool arg_kind(const char *name, char **part, SisInjection *inj,
                     Error **errp)
{
    bool sense = !strcmp(part[0], "sense");
    uint64_t code;

    if (!capi_arg_number(name, "CODE", part[1], sense ? 0x10000 : 1,
                         sense ? 0xfffff : 0xff, &code, errp)) {
        return false;
    }
    if (sense) {
        inj->sense.key = code >> 16;
        inj->sense.asc = code >> 8;
        inj->sense.ascq = code;
    } else if (!strcmp(part[0], "afu")) {
        inj->afu_rc = code;
    } else if (!strcmp(part[0], "fc")) {
        inj->fc_rc = code;
    } else if (!strcmp(part[0], "scsi")) {
        inj->scsi_rc = code;
    } else {
        error_setg(errp, "%s: KIND '%s' is not afu, fc, scsi or sense", name,
                   part[0]);
        return false;
    }
    return true;
}

static void add_injection(CapiAfuSislite *sis, const SisInjection *inj)
{
    SisInjection *copy = g_new(SisInjection, 1);

    *copy = *inj;
    QTAILQ_INSERT_TAIL(&sis->injections, copy, next);
}

static void set_inject_result(Object *obj, const char *value, Error **errp)
{
    static const char name[] = "inject-result";
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(obj);
    g_auto(GStrv) part = NULL;
    SisInjection inj = {};
    uint64_t extra = 0;

    if (!*value) {
        drop_injections(sis, false);
        return;
    }
    part = capi_args(DEVICE(obj), name, "OPCODE or *:KIND:CODE[:EXTRA[:COUNT"
                     "[:SKIP]]] or empty", value, 3, 6, errp);
    if (!part || !arg_opcode(name, part[0], &inj, errp) ||
        !arg_kind(name, part + 1, &inj, errp) ||
        (part[3] && !capi_arg_number(name, "EXTRA", part[3], 0, 0xff, &extra,
                                     errp)) ||
        !arg_counts(name, part[3] ? part + 4 : part + 3, &inj, errp)) {
        return;
    }
    inj.extra = extra;
    add_injection(sis, &inj);
}

static void set_hang(Object *obj, const char *value, Error **errp)
{
    static const char name[] = "inject-hang";
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(obj);
    SisInjection inj = { .hang = true };
    g_auto(GStrv) part = NULL;

    if (!*value) {
        drop_injections(sis, true);
        return;
    }
    part = capi_args(DEVICE(obj), name, "OPCODE or *[:COUNT[:SKIP]] or empty",
                     value, 1, 3, errp);
    if (part && arg_opcode(name, part[0], &inj, errp) &&
        arg_counts(name, part + 1, &inj, errp)) {
        add_injection(sis, &inj);
    }
}

/* PORT and one word more, which is a number unless @text says otherwise */
static char **arg_port(Object *obj, const char *name, const char *form,
                       const char *value, uint64_t *port, Error **errp)
{
    g_auto(GStrv) part = capi_args(DEVICE(obj), name, form, value, 2, 2, errp);

    if (!part || !capi_arg_number(name, "PORT", part[0], 0,
                                  CAPI_AFU_SISLITE(obj)->ports - 1, port,
                                  errp)) {
        return NULL;
    }
    return g_steal_pointer(&part);
}

static void set_link(Object *obj, const char *value, Error **errp)
{
    static const char name[] = "link";
    uint64_t port;
    g_auto(GStrv) part = arg_port(obj, name, "PORT:up or down", value, &port,
                                  errp);
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(obj);

    if (!part) {
        return;
    }
    if (strcmp(part[1], "up") && strcmp(part[1], "down")) {
        error_setg(errp, "%s must be PORT:up or down", name);
        return;
    }
    sis->port[port].cable_out = !strcmp(part[1], "down");
    sis_port_update(sis, port, false);
}

static char *get_link(Object *obj, Error **errp)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(obj);
    GString *s = g_string_new(NULL);
    uint32_t i;

    for (i = 0; i < sis->ports; i++) {
        g_string_append_printf(s, "%s%u:%s", i ? "," : "", i,
                               sis->port[i].cable_out ? "down" : "up");
    }
    return g_string_free(s, false);
}

static void set_port_error(Object *obj, const char *value, Error **errp)
{
    static const char name[] = "port-error";
    uint64_t port, bits;
    g_auto(GStrv) part = arg_port(obj, name, "PORT:BITS", value, &port, errp);

    if (part && capi_arg_number(name, "BITS", part[1], 1,
                                MAKE_64BIT_MASK(0, 48), &bits, errp)) {
        sis_port_error(CAPI_AFU_SISLITE(obj), port, bits);
    }
}

static void set_crc_errors(Object *obj, const char *value, Error **errp)
{
    static const char name[] = "crc-errors";
    uint64_t port, count;
    g_auto(GStrv) part = arg_port(obj, name, "PORT:COUNT", value, &port, errp);

    if (part && capi_arg_number(name, "COUNT", part[1], 1, UINT32_MAX, &count,
                                errp)) {
        sis_port_crc(CAPI_AFU_SISLITE(obj), port, count);
    }
}

static void set_sync_error(Object *obj, const char *value, Error **errp)
{
    static const char name[] = "sync-error";
    g_auto(GStrv) part = capi_args(DEVICE(obj), name, "CONTEXT:BITS", value,
                                   2, 2, errp);
    uint64_t handle, bits;

    if (part && capi_arg_number(name, "CONTEXT", part[0], 0, SIS_CONTEXTS - 1,
                                &handle, errp) &&
        capi_arg_number(name, "BITS", part[1], 1, 0x7ff, &bits, errp)) {
        sis_sync_error(&CAPI_AFU_SISLITE(obj)->ctx[handle], bits);
    }
}

static void get_uint32(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    visit_type_uint32(v, name, opaque, errp);
}

/* These two take effect with the next reset of the AFU, as another image */
static void set_ports(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    uint32_t val;

    if (!visit_type_uint32(v, name, &val, errp)) {
        return;
    }
    if (!val || val > SIS_PORTS) {
        error_setg(errp, "ports must be 1 to %d", SIS_PORTS);
        return;
    }
    *(uint32_t *)opaque = val;
}

static void set_room(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    uint32_t val;

    if (!visit_type_uint32(v, name, &val, errp)) {
        return;
    }
    if (!val || val > 0xff) {
        error_setg(errp, "room must be 1 to 255");
        return;
    }
    *(uint32_t *)opaque = val;
}

static void get_active(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    uint32_t count = 0;
    SisCommand *cmd;

    QTAILQ_FOREACH(cmd, &CAPI_AFU_SISLITE(obj)->commands, in_afu) {
        count++;
    }
    visit_type_uint32(v, name, &count, errp);
}

static void get_bool(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    visit_type_bool(v, name, opaque, errp);
}

static void set_bool(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    visit_type_bool(v, name, opaque, errp);
}

static char *get_image(Object *obj, Error **errp)
{
    return g_strdup(CAPI_AFU_SISLITE(obj)->image);
}

static void set_image(Object *obj, const char *value, Error **errp)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(obj);

    g_free(sis->image);
    sis->image = g_strdup(value);
}

static void get_wwpn(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    visit_type_str(v, name, opaque, errp);
}

/* A driver wants 16 digits. What is none of that is for it to find out */
static void set_wwpn(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    char *text;

    if (!visit_type_str(v, name, &text, errp)) {
        return;
    }
    if (strlen(text) > 64) {
        error_setg(errp, "%s must have at most 64 characters", name);
        g_free(text);
        return;
    }
    g_free(*(char **)opaque);
    *(char **)opaque = text;
}

static void add_identity(Object *obj)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(obj);
    int i;

    sis->ports = 2;
    sis->room = ROOM_DEFAULT;
    sis->version = VERSION_DEFAULT;
    sis->image = g_strdup(IMAGE_DEFAULT);
    object_property_add(obj, "ports", "uint32", get_uint32, set_ports, NULL,
                        &sis->ports);
    object_property_add(obj, "room", "uint32", get_uint32, set_room, NULL,
                        &sis->room);
    object_property_add_uint64_ptr(obj, "interface-version", &sis->version,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_str(obj, "afu-version", get_image, set_image);
    for (i = 0; i < SIS_PORTS; i++) {
        g_autofree char *name = g_strdup_printf("wwpn%d", i);

        sis->wwpn[i] = g_strdup("");
        object_property_add(obj, name, "str", get_wwpn, set_wwpn, NULL,
                            &sis->wwpn[i]);
    }
}

void sis_add_properties(Object *obj)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(obj);

    QTAILQ_INIT(&sis->injections);
    add_identity(obj);
    object_property_add_uint32_ptr(obj, "fetch-us", &sis->fetch_us,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add(obj, "stuck-reset", "bool", get_bool, set_bool, NULL,
                        &sis->stuck_reset);
    object_property_add_str(obj, "inject-result", NULL, set_inject_result);
    object_property_add_str(obj, "inject-hang", NULL, set_hang);
    object_property_add_str(obj, "link", get_link, set_link);
    object_property_add_str(obj, "port-error", NULL, set_port_error);
    object_property_add_str(obj, "crc-errors", NULL, set_crc_errors);
    object_property_add_str(obj, "sync-error", NULL, set_sync_error);
    object_property_add_uint64_ptr(obj, "stat-commands", &sis->stat_commands,
                                   OBJ_PROP_FLAG_READ);
    object_property_add_uint64_ptr(obj, "stat-completed", &sis->stat_completed,
                                   OBJ_PROP_FLAG_READ);
    object_property_add(obj, "stat-active", "uint32", get_active, NULL, NULL,
                        NULL);
}

void sis_free_properties(CapiAfuSislite *sis)
{
    int i;

    drop_injections(sis, false);
    drop_injections(sis, true);
    g_free(sis->image);
    for (i = 0; i < SIS_PORTS; i++) {
        g_free(sis->wwpn[i]);
    }
}
