/*
 * PAPR coherent platform facility: vital product data in buffer lists
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "spapr-capi-internal.h"
#include "vpd.h"

#define LIST_ENTRY_SIZE     16
#define LIST_MAX_ENTRIES    256

bool spapr_capi_list_entry(SpaprCapi *capi, hwaddr list, uint64_t i,
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
        if (!spapr_capi_list_entry(capi, list, i, &addr, &len)) {
            return H_SG_LIST;
        }
    }
    return H_SUCCESS;
}

/* Fill the buffers of a list that has been checked before */
target_long spapr_capi_vpd(SpaprCapi *capi, const char *name, hwaddr list,
                           uint64_t entries, uint32_t max, target_ulong *len)
{
    g_autofree char *serial = g_strdup_printf("QEMU%08x",
                                              (uint32_t)capi->handle);
    g_autoptr(GByteArray) vpd = capi_vpd_new(name, serial,
                                             capi->fn[0].afu);
    uint64_t i, addr, size, pos = 0, avail = MIN(vpd->len, max);

    for (i = 0; i < entries && pos < avail; i++) {
        if (!spapr_capi_list_entry(capi, list, i, &addr, &size)) {
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
