/*
 * The SISLite storage AFU: what tells software what it is
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/pci/pci_regs.h"
#include "hw/pci/pci_ids.h"
#include "afu-sislite.h"
#include "vpd.h"

#define SIS_DEVICE_ID           0x0600
#define SIS_REVISION            0x02
#define SIS_CLASS               0x0180  /* mass storage, other */

/* As on the card, a status that promises capabilities, and none of them */
void sis_config_read(CapiAfu *afu, uint32_t rec, uint64_t offset,
                     uint8_t *buf, uint32_t len)
{
    uint8_t config[64] = {};
    uint32_t i;

    stw_le_p(config + PCI_VENDOR_ID, PCI_VENDOR_ID_IBM);
    stw_le_p(config + PCI_DEVICE_ID, SIS_DEVICE_ID);
    stw_le_p(config + PCI_STATUS, PCI_STATUS_CAP_LIST);
    config[PCI_REVISION_ID] = SIS_REVISION;
    stw_le_p(config + PCI_CLASS_DEVICE, SIS_CLASS);
    stw_le_p(config + PCI_SUBSYSTEM_VENDOR_ID, PCI_VENDOR_ID_IBM);
    stw_le_p(config + PCI_SUBSYSTEM_ID, SIS_DEVICE_ID);
    for (i = 0; i < len; i++) {
        buf[i] = offset + i < sizeof(config) ? config[offset + i] : 0;
    }
}

/* The world wide names of the ports, as far as the user has given any */
void sis_vpd(CapiAfu *afu, GByteArray *ro)
{
    static const char keyword[SIS_PORTS][3] = { "V5", "V6", "V7", "V8" };
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(afu);
    int i;

    for (i = 0; i < SIS_PORTS; i++) {
        if (*sis->wwpn[i]) {
            capi_vpd_keyword(ro, keyword[i], sis->wwpn[i]);
        }
    }
}
