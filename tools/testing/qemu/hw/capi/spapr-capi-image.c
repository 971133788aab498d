/*
 * PAPR coherent platform facility: images and what they make of a card
 *
 * A real image is a bitstream that means something to an FPGA only. One for
 * the emulated card begins with lines of text that say what the card is to be:
 *
 *   capi-image
 *   functions=2
 *   processes=64
 *   (empty line)
 *
 * Whatever follows is stored and compared, but has no meaning.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "spapr-capi-internal.h"
#include "trace.h"

#define IMAGE_MAGIC         "capi-image\n"
#define IMAGE_TEXT_MAX      4096

/* Base adapter image header, version 1 */
#define HEADER_VERSION      1

/* A setting of an image: what it is about, and the most the card can do */
typedef struct CapiSetting {
    const char *name;
    void (*set)(SpaprCapi *capi, uint64_t value);
    uint64_t (*max)(SpaprCapi *capi);
} CapiSetting;

static uint64_t capi_max_functions(SpaprCapi *capi)
{
    return capi->nr_functions;
}

static void capi_set_functions(SpaprCapi *capi, uint64_t value)
{
    uint32_t i;

    for (i = 0; i < capi->nr_functions; i++) {
        capi->fn[i].absent = i >= value;
    }
}

static uint64_t capi_max_processes(SpaprCapi *capi)
{
    return capi->fn[0].max_processes;
}

static void capi_set_processes(SpaprCapi *capi, uint64_t value)
{
    uint32_t i;

    for (i = 0; i < capi->nr_functions; i++) {
        capi->fn[i].afu->geom.processes = value;
    }
}

static uint64_t capi_max_records(SpaprCapi *capi)
{
    return 64;
}

static void capi_set_records(SpaprCapi *capi, uint64_t value)
{
    uint32_t i;

    for (i = 0; i < capi->nr_functions; i++) {
        capi->fn[i].afu->geom.config_records = value;
    }
}

static uint64_t capi_max_err_buffer(SpaprCapi *capi)
{
    return 1024 * 1024;
}

static void capi_set_err_buffer(SpaprCapi *capi, uint64_t value)
{
    uint32_t i;

    for (i = 0; i < capi->nr_functions; i++) {
        capi->fn[i].afu->geom.err_buffer_size = value;
    }
}

static uint64_t capi_max_32(SpaprCapi *capi)
{
    return UINT32_MAX;
}

static void capi_set_psl_revision(SpaprCapi *capi, uint64_t value)
{
    capi->psl_revision = value;
}

static const CapiSetting capi_settings[] = {
    { "functions", capi_set_functions, capi_max_functions },
    { "processes", capi_set_processes, capi_max_processes },
    { "config-records", capi_set_records, capi_max_records },
    { "err-buffer", capi_set_err_buffer, capi_max_err_buffer },
    { "psl-revision", capi_set_psl_revision, capi_max_32 },
};

static const CapiSetting *capi_setting(SpaprCapi *capi, const char *line,
                                       uint64_t *value)
{
    const char *text;
    int i;

    for (i = 0; i < ARRAY_SIZE(capi_settings); i++) {
        if (strstart(line, capi_settings[i].name, &text) && *text == '=') {
            return !qemu_strtou64(text + 1, NULL, 0, value) &&
                   *value <= capi_settings[i].max(capi) ? &capi_settings[i]
                                                        : NULL;
        }
    }
    return NULL;
}

/* Go through the settings of a bitstream; make them true, or only check them */
static target_long capi_settings_apply(SpaprCapi *capi, const uint8_t *bits,
                                       size_t len, bool apply)
{
    g_autofree char *text = g_strndup((const char *)bits,
                                      MIN(len, IMAGE_TEXT_MAX));
    g_auto(GStrv) line = NULL;
    const CapiSetting *s;
    const char *body;
    uint64_t value;
    char *end;
    int i;

    end = strstr(text, "\n\n");
    if (!strstart(text, IMAGE_MAGIC, &body) || !end) {
        return H_BAD_DATA;
    }
    if (end < body) {
        return H_SUCCESS;
    }
    *end = '\0';
    line = g_strsplit(body, "\n", 0);
    for (i = 0; line[i]; i++) {
        s = capi_setting(capi, line[i], &value);
        if (!s) {
            return H_UNSUPPORTED;
        }
        if (apply) {
            s->set(capi, value);
        }
    }
    return H_SUCCESS;
}

/* May this card take the image? */
target_long spapr_capi_image_check(SpaprCapi *capi, const GByteArray *image)
{
    uint64_t offset = ldq_be_p(image->data + 16);

    return capi_settings_apply(capi, image->data + offset,
                               image->len - offset, false);
}

/* The FPGA has been loaded with it */
void spapr_capi_image_activate(SpaprCapi *capi, const GByteArray *image)
{
    uint64_t offset = ldq_be_p(image->data + 16);

    trace_spapr_capi_image(capi->index, image->len);
    capi_settings_apply(capi, image->data + offset, image->len - offset, true);
}

static bool capi_zeroes(const uint8_t *data, size_t len)
{
    return buffer_is_zero(data, len);
}

/*
 * Bytes of an image with its header, of which the first SPAPR_CAPI_IMAGE_HEADER
 * are there; 0 if it is not for this card.
 */
uint64_t spapr_capi_image_size(SpaprCapi *capi, const uint8_t *header)
{
    uint64_t offset = ldq_be_p(header + 16), length = ldq_be_p(header + 24);

    if (lduw_be_p(header) != HEADER_VERSION || !capi_zeroes(header + 2, 6) ||
        lduw_be_p(header + 8) != capi->vendor_id ||
        lduw_be_p(header + 10) != capi->device_id ||
        lduw_be_p(header + 12) != capi->subsystem_vendor_id ||
        lduw_be_p(header + 14) != capi->subsystem_id ||
        !capi_zeroes(header + 32, SPAPR_CAPI_IMAGE_HEADER - 32)) {
        return 0;
    }
    if (offset < SPAPR_CAPI_IMAGE_HEADER || offset > SPAPR_CAPI_PAGE ||
        !length || length > capi->flash_size) {
        return 0;
    }
    return offset + length;
}
