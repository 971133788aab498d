/*
 * CAPI card of a bare metal POWER8 machine: tables with mistakes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qapi/error.h"
#include "inject.h"
#include "pnv-capi.h"

static bool patch_field(uint8_t *buf, uint32_t size, bool big_endian,
                        const char *property, const char *text, Error **errp)
{
    g_auto(GStrv) part = g_strsplit(text, ":", 4);
    uint64_t offset, width, val, max;

    if (g_strv_length(part) != 3) {
        error_setg(errp, "%s must be OFFSET:WIDTH:VALUE[+...]", property);
        return false;
    }
    if (!capi_arg_number(property, "OFFSET", part[0], 0, size - 1, &offset,
                         errp) ||
        !capi_arg_number(property, "WIDTH", part[1], 1,
                         MIN(8, size - offset), &width, errp)) {
        return false;
    }
    if (!is_power_of_2(width)) {
        error_setg(errp, "%s: WIDTH must be 1, 2, 4 or 8", property);
        return false;
    }
    max = MAKE_64BIT_MASK(0, width * 8);
    if (!capi_arg_number(property, "VALUE", part[2], 0, max, &val, errp)) {
        return false;
    }
    if (big_endian) {
        stn_be_p(buf + offset, width, val);
    } else {
        stn_le_p(buf + offset, width, val);
    }
    return true;
}

/* Overwrite fields: OFFSET:WIDTH:VALUE, several of them with plus signs */
bool pnv_capi_patch(uint8_t *buf, uint32_t size, bool big_endian,
                    const char *property, const char *patch, Error **errp)
{
    g_auto(GStrv) field = g_strsplit(patch ?: "", "+", -1);
    int i;

    for (i = 0; field[i]; i++) {
        if (!patch_field(buf, size, big_endian, property, field[i], errp)) {
            return false;
        }
    }
    return true;
}
