/*
 * Vital product data of CAPI cards
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "vpd.h"

/* PCI VPD large and small resource tags */
#define VPD_TAG_NAME        0x82
#define VPD_TAG_RO          0x90
#define VPD_TAG_END         0x78

static void vpd_tag(GByteArray *vpd, uint8_t tag, const void *data,
                    uint16_t len)
{
    uint8_t head[3] = { tag, len, len >> 8 };

    g_byte_array_append(vpd, head, sizeof(head));
    g_byte_array_append(vpd, data, len);
}

void capi_vpd_keyword(GByteArray *ro, const char *keyword, const char *value)
{
    uint8_t len = strlen(value);

    g_byte_array_append(ro, (const uint8_t *)keyword, 2);
    g_byte_array_append(ro, &len, 1);
    g_byte_array_append(ro, (const uint8_t *)value, len);
}

/*
 * A name, part and serial number, what the AFU adds, and the checksum that PCI
 * demands
 */
GByteArray *capi_vpd_new(const char *name, const char *serial, CapiAfu *afu)
{
    CapiAfuClass *ac = CAPI_AFU_GET_CLASS(afu);
    GByteArray *vpd = g_byte_array_new();
    g_autoptr(GByteArray) ro = g_byte_array_new();
    uint8_t rv[4] = { 'R', 'V', 1, 0 };
    const uint8_t end = VPD_TAG_END;
    uint8_t sum = 0;
    unsigned i;

    vpd_tag(vpd, VPD_TAG_NAME, name, strlen(name));
    capi_vpd_keyword(ro, "PN", "CAPI-EMU");
    capi_vpd_keyword(ro, "SN", serial);
    capi_vpd_keyword(ro, "MN", "1014");
    if (ac->vpd) {
        ac->vpd(afu, ro);
    }
    g_byte_array_append(ro, rv, sizeof(rv));
    vpd_tag(vpd, VPD_TAG_RO, ro->data, ro->len);
    for (i = 0; i < vpd->len; i++) {
        sum += vpd->data[i];
    }
    vpd->data[vpd->len - 1] = -sum;
    g_byte_array_append(vpd, &end, 1);
    return vpd;
}
