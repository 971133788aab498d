/*
 * PAPR coherent platform facility: vital product data and buffer lists
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "spapr-capi-internal.h"

#define LIST_ENTRY_SIZE     16
#define LIST_MAX_ENTRIES    256

/* PCI VPD large and small resource tags */
#define VPD_TAG_NAME        0x82
#define VPD_TAG_RO          0x90
#define VPD_TAG_END         0x78

static bool capi_list_entry(SpaprCapi *capi, hwaddr list, uint64_t i,
                            uint64_t *addr, uint64_t *len)
{
    uint8_t entry[LIST_ENTRY_SIZE];

    if (!spapr_capi_read(capi, list + i * LIST_ENTRY_SIZE, entry,
                         sizeof(entry))) {
        return false;
    }
    *addr = ldq_be_p(entry);
    *len = ldq_be_p(entry + 8);
    return *len <= SPAPR_CAPI_PAGE &&
           (*addr % SPAPR_CAPI_PAGE) + *len <= SPAPR_CAPI_PAGE &&
           (!*len || spapr_capi_is_ram(capi, *addr, *len));
}

target_long spapr_capi_check_list(SpaprCapi *capi, hwaddr list,
                                  uint64_t entries)
{
    uint64_t i, addr, len;

    if (list % SPAPR_CAPI_PAGE || entries > LIST_MAX_ENTRIES) {
        return H_PARAMETER;
    }
    for (i = 0; i < entries; i++) {
        if (!capi_list_entry(capi, list, i, &addr, &len)) {
            return H_SG_LIST;
        }
    }
    return H_SUCCESS;
}

static void vpd_tag(GByteArray *vpd, uint8_t tag, const void *data,
                    uint16_t len)
{
    uint8_t head[3] = { tag, len, len >> 8 };

    g_byte_array_append(vpd, head, sizeof(head));
    g_byte_array_append(vpd, data, len);
}

static void vpd_keyword(GByteArray *ro, const char *keyword, const char *value)
{
    uint8_t len = strlen(value);

    g_byte_array_append(ro, (const uint8_t *)keyword, 2);
    g_byte_array_append(ro, &len, 1);
    g_byte_array_append(ro, (const uint8_t *)value, len);
}

/* A name, part and serial number, and the checksum that PCI demands */
static GByteArray *capi_build_vpd(SpaprCapi *capi, const char *name)
{
    GByteArray *vpd = g_byte_array_new();
    g_autoptr(GByteArray) ro = g_byte_array_new();
    g_autofree char *serial = g_strdup_printf("QEMU%08x",
                                              (uint32_t)capi->handle);
    uint8_t rv[4] = { 'R', 'V', 1, 0 };
    const uint8_t end = VPD_TAG_END;
    uint8_t sum = 0;
    unsigned i;

    vpd_tag(vpd, VPD_TAG_NAME, name, strlen(name));
    vpd_keyword(ro, "PN", "CAPI-EMU");
    vpd_keyword(ro, "SN", serial);
    vpd_keyword(ro, "MN", "1014");
    g_byte_array_append(ro, rv, sizeof(rv));
    vpd_tag(vpd, VPD_TAG_RO, ro->data, ro->len);
    for (i = 0; i < vpd->len; i++) {
        sum += vpd->data[i];
    }
    vpd->data[vpd->len - 1] = -sum;
    g_byte_array_append(vpd, &end, 1);
    return vpd;
}

/* Fill the buffers of a list that has been checked before */
target_long spapr_capi_vpd(SpaprCapi *capi, const char *name, hwaddr list,
                           uint64_t entries, uint32_t max, target_ulong *len)
{
    g_autoptr(GByteArray) vpd = capi_build_vpd(capi, name);
    uint64_t i, addr, size, pos = 0, avail = MIN(vpd->len, max);

    for (i = 0; i < entries && pos < avail; i++) {
        if (!capi_list_entry(capi, list, i, &addr, &size)) {
            return H_SG_LIST;
        }
        size = MIN(size, avail - pos);
        if (!spapr_capi_write(capi, addr, vpd->data + pos, size)) {
            return H_SG_LIST;
        }
        pos += size;
    }
    *len = avail;
    return H_SUCCESS;
}
