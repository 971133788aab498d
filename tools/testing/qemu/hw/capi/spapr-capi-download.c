/*
 * PAPR coherent platform facility: H_DOWNLOAD_CA_FACILITY
 *
 * An image comes in pieces, twice: it is stored, then compared. It takes effect
 * when the facility is reset. Any error, and a guest that lets too much time
 * pass between two pieces, ends the sequence.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "spapr-capi-internal.h"
#include "trace.h"

enum {
    OP_DOWNLOAD = 1,
    OP_VALIDATE = 2,
};

static void capi_flash_phase(SpaprCapi *capi, SpaprCapiPhase phase)
{
    trace_spapr_capi_flash(capi->index, capi->flash.phase, phase);
    capi->flash.phase = phase;
}

static void capi_flash_drop(SpaprCapi *capi, SpaprCapiPhase phase)
{
    SpaprCapiFlash *flash = &capi->flash;

    timer_del(flash->timer);
    flash->token = 0;
    if (flash->image) {
        g_byte_array_unref(flash->image);
        flash->image = NULL;
    }
    capi_flash_phase(capi, phase);
}

/* Until then other actions on the card are refused */
bool spapr_capi_flash_under_way(SpaprCapi *capi)
{
    return capi->flash.busy || capi->flash.phase == CAPI_FLASH_DOWNLOAD ||
           capi->flash.phase == CAPI_FLASH_DOWNLOADED ||
           capi->flash.phase == CAPI_FLASH_VALIDATE;
}

static void capi_flash_abandon(void *opaque)
{
    capi_flash_drop(opaque, CAPI_FLASH_ABANDONED);
}

static target_long capi_take(SpaprCapiFlash *flash, bool validate,
                             const uint8_t *buf, uint64_t len)
{
    if (!validate) {
        g_byte_array_append(flash->image, buf, len);
        return H_SUCCESS;
    }
    if (len > flash->image->len - flash->pos ||
        memcmp(flash->image->data + flash->pos, buf, len)) {
        return H_BAD_DATA;
    }
    flash->pos += len;
    return H_SUCCESS;
}

/* All of it? The size is known as soon as the header is there. */
static target_long capi_complete(SpaprCapi *capi, bool validate)
{
    SpaprCapiFlash *flash = &capi->flash;
    uint64_t size;

    if (validate) {
        return flash->pos < flash->image->len ? H_CONTINUE : H_SUCCESS;
    }
    if (flash->image->len < SPAPR_CAPI_IMAGE_HEADER) {
        return H_CONTINUE;
    }
    size = spapr_capi_image_size(capi, flash->image->data);
    if (!size || flash->image->len > size) {
        return H_BAD_DATA;
    }
    if (flash->image->len < size) {
        return H_CONTINUE;
    }
    return spapr_capi_image_check(capi, flash->image);
}

static target_long capi_piece(SpaprCapiOp *op, bool validate)
{
    SpaprCapi *capi = op->capi;
    uint8_t buf[SPAPR_CAPI_PAGE];
    target_long rc = H_SUCCESS;
    uint64_t i, addr, len;

    for (i = 0; i < op->arg[1] && rc == H_SUCCESS; i++) {
        if (!spapr_capi_list_entry(capi, op->arg[0], i, &addr, &len) ||
            !spapr_capi_read(capi, addr, buf, len)) {
            return H_SG_LIST;
        }
        rc = capi_take(&capi->flash, validate, buf, len);
    }
    return rc == H_SUCCESS ? capi_complete(capi, validate) : rc;
}

static target_long capi_download_commit(SpaprCapiOp *op)
{
    bool validate = op->operation == OP_VALIDATE;
    SpaprCapi *capi = op->capi;
    SpaprCapiFlash *flash = &capi->flash;
    target_long rc;

    flash->busy = false;
    rc = capi_piece(op, validate);
    if (rc == H_CONTINUE) {
        flash->token = ++capi->op_seq;
        op->out[0] = flash->token;
        op->nr_out = 1;
        capi_flash_phase(capi, validate ? CAPI_FLASH_VALIDATE
                                        : CAPI_FLASH_DOWNLOAD);
        timer_mod(flash->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                (int64_t)capi->flash_abandon_ms * SCALE_MS);
    } else if (rc == H_SUCCESS) {
        capi_flash_phase(capi, validate ? CAPI_FLASH_VALIDATED
                                        : CAPI_FLASH_DOWNLOADED);
    } else {
        capi_flash_drop(capi, CAPI_FLASH_IDLE);
    }
    return rc;
}

static void capi_download_release(SpaprCapiOp *op)
{
    op->capi->flash.busy = false;
}

static bool capi_any_process(SpaprCapi *capi)
{
    uint32_t i;

    for (i = 0; i < capi->nr_functions; i++) {
        if (capi->fn[i].slice.nr_contexts) {
            return true;
        }
    }
    return false;
}

/* May an operation begin, or go on, with this token? */
static target_long capi_check_order(SpaprCapi *capi, uint64_t op,
                                    uint64_t token)
{
    SpaprCapiPhase phase = capi->flash.phase;

    if (capi->state == CAPI_STATE_TEMPORARY || capi->flash.busy ||
        phase == CAPI_FLASH_ABANDONED) {
        return H_STATE;
    }
    if (token) {
        return phase == (op == OP_DOWNLOAD ? CAPI_FLASH_DOWNLOAD
                                           : CAPI_FLASH_VALIDATE) ?
               H_SUCCESS : H_PARAMETER;
    }
    if (op == OP_VALIDATE) {
        return phase == CAPI_FLASH_DOWNLOADED ? H_SUCCESS : H_STATE;
    }
    return phase == CAPI_FLASH_IDLE && !capi_any_process(capi) ? H_SUCCESS
                                                               : H_STATE;
}

static target_long capi_download_new(SpaprCapiCall *c)
{
    uint64_t operation = c->args[1], list = c->args[2], entries = c->args[3];
    SpaprCapi *capi = c->capi;
    SpaprCapiFlash *flash = &capi->flash;
    target_long rc;
    SpaprCapiOp *op;

    rc = capi_check_order(capi, operation, c->args[4]);
    if (rc != H_SUCCESS) {
        return rc;
    }
    timer_del(flash->timer);
    rc = spapr_capi_check_list(capi, list, entries);
    if (rc != H_SUCCESS) {
        capi_flash_drop(capi, CAPI_FLASH_IDLE);
        return rc;
    }
    if (!c->args[4]) {
        flash->pos = 0;
        if (operation == OP_DOWNLOAD) {
            flash->image = g_byte_array_new();
        }
    }
    op = spapr_capi_op_new(c, operation);
    op->arg[0] = list;
    op->arg[1] = entries;
    op->commit = capi_download_commit;
    op->release = capi_download_release;
    flash->busy = true;
    return spapr_capi_op_start(c, op, CAPI_DELAY_DOWNLOAD);
}

/* R4 facility, R5 operation, R6 list, R7 entries, R8 continue token */
target_long spapr_capi_download_facility(SpaprCapiCall *c)
{
    SpaprCapi *capi = c->capi;
    uint64_t token = c->args[4];

    if (c->args[1] != OP_DOWNLOAD && c->args[1] != OP_VALIDATE) {
        return H_PARAMETER;
    }
    if (!capi->flash_size) {
        return H_FUNCTION;
    }
    if (!capi->privileged_facility) {
        return H_AUTHORITY;
    }
    if (token && token != capi->flash.token &&
        capi->flash.phase != CAPI_FLASH_ABANDONED) {
        return spapr_capi_op_continue(c, c->args[1], token);
    }
    return capi_download_new(c);
}

/* A reset of the facility ends what is unfinished, and loads what is new */
void spapr_capi_flash_reset(SpaprCapi *capi)
{
    SpaprCapiFlash *flash = &capi->flash;

    spapr_capi_op_cancel(capi, H_DOWNLOAD_CA_FACILITY);
    if (flash->phase == CAPI_FLASH_VALIDATED) {
        if (capi->image) {
            g_byte_array_unref(capi->image);
        }
        capi->image = g_byte_array_ref(flash->image);
        spapr_capi_image_activate(capi, capi->image);
    }
    capi_flash_drop(capi, CAPI_FLASH_IDLE);
}

void spapr_capi_flash_init(SpaprCapi *capi)
{
    capi->flash.timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, capi_flash_abandon,
                                     capi);
}

/* What the flash memory holds, for who wants to compare it */
static char *capi_image_text(Object *obj, Error **errp)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);

    if (!capi->image) {
        return g_strdup("");
    }
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, capi->image->data,
                                       capi->image->len);
}

static char *capi_phase_text(Object *obj, Error **errp)
{
    static const char *const name[] = {
        [CAPI_FLASH_IDLE] = "idle",
        [CAPI_FLASH_DOWNLOAD] = "download",
        [CAPI_FLASH_DOWNLOADED] = "downloaded",
        [CAPI_FLASH_VALIDATE] = "validate",
        [CAPI_FLASH_VALIDATED] = "validated",
        [CAPI_FLASH_ABANDONED] = "abandoned",
    };

    return g_strdup(name[SPAPR_CAPI(obj)->flash.phase]);
}

void spapr_capi_add_flash_properties(Object *obj)
{
    SpaprCapi *capi = SPAPR_CAPI(obj);

    capi->flash_abandon_ms = 3000;
    object_property_add_uint32_ptr(obj, "flash-abandon-ms",
                                   &capi->flash_abandon_ms,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_str(obj, "flash-sha256", capi_image_text, NULL);
    object_property_add_str(obj, "flash-phase", capi_phase_text, NULL);
}
