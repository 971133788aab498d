/*
 * CAPI card of a bare metal POWER8 machine: what its files share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CAPI_PNV_CAPI_H
#define HW_CAPI_PNV_CAPI_H

#include "hw/capi/psl.h"
#include "hw/pci/pci.h"
#include "hw/ppc/pnv.h"
#include "hw/pci-host/pnv_phb3.h"
#include "target/ppc/cpu.h"

#define TYPE_PNV_CAPI "pnv-capi"
OBJECT_DECLARE_SIMPLE_TYPE(PnvCapi, PNV_CAPI)

#define PNV_CAPI_SLICES         4
#define PNV_CAPI_UNIT           (64 * KiB)  /* of offsets in the VSEC */
#define PNV_CAPI_NEVER          UINT32_MAX  /* a time that does not come */

/* A property that was not set: the AFU decides */
#define PNV_CAPI_DEFAULT32      UINT32_MAX
#define PNV_CAPI_DEFAULT64      UINT64_MAX

/* Configuration space */
#define PNV_CAPI_EXP            0x80
#define PNV_CAPI_VPD            0xc0
#define PNV_CAPI_AER            0x100
#define PNV_CAPI_VSEC           0x400
#define PNV_CAPI_VSEC_SIZE      0x80

#define VSEC_AFUS               0x08
#define VSEC_STATUS             0x09
#define VSEC_MODE               0x0a
#define   VSEC_MODE_AREA            0xe0
#define   VSEC_MODE_256TB           0x20
#define   VSEC_MODE_CAPI            0x01
#define VSEC_PSL_REVISION       0x0c
#define VSEC_CAIA_MINOR         0x0e
#define VSEC_CAIA_MAJOR         0x0f
#define VSEC_BASE_IMAGE         0x10
#define VSEC_IMAGE              0x13
#define   VSEC_IMAGE_USER           0x80
#define   VSEC_IMAGE_LOAD           0x20
#define   VSEC_IMAGE_SELECT         0x10
#define VSEC_DESC_OFFSET        0x20
#define VSEC_DESC_SIZE          0x24
#define VSEC_PS_OFFSET          0x28
#define VSEC_PS_SIZE            0x2c

/* The CAPP unit of the chip */
#define CAPP_REGS               0x805
#define CAPP_ERR_STATUS         0x00e
#define   CAPP_ERR_RECOVERY         PPC_BIT(0)
#define   CAPP_ERR_DONE             PPC_BIT(1)
#define   CAPP_ERR_FAILED           PPC_BIT(5)
#define CAPP_SNOOP_CONFIG       0x01a
#define CAPP_TB                 0x026
#define CAPP_TFMR               0x027

typedef struct PnvCapp {
    MemoryRegion xscom;
    uint64_t reg[CAPP_REGS];
    QEMUTimer *pulse;           /* of the chip's time of day */
} PnvCapp;

/* What the host bridge lacks, in front of its own registers */
typedef struct PnvCapiPhb {
    MemoryRegion nfir;
    MemoryRegion spci;
    MemoryRegion mmio;
    uint64_t pesta[PNV_PHB3_NUM_PE];
    uint64_t pestb[PNV_PHB3_NUM_PE];
    QEMUTimer *error;           /* an error interrupt that comes later */
    bool perst;                 /* reset line of the link asserted */
} PnvCapiPhb;

struct PnvCapi {
    PCIDevice parent_obj;

    /* configuration */
    char *afu_type;
    GByteArray *vpd;
    uint32_t nr_slices;
    uint32_t processes;
    uint64_t psa_size;
    bool ucode;
    bool user_image;

    /* can change while the guest runs */
    bool link_up;
    bool timebase_sync;

    /* state */
    PnvPHB3 *phb3;
    PnvCapp capp;
    PnvCapiPhb phb;
    MemoryRegion bar0;
    MemoryRegion bar2;
    MemoryRegion bar4;
    uint64_t desc_offset;
    uint64_t desc_size;
    uint64_t ps_offset;
    uint64_t ps_size;
    int64_t quiet_until;        /* no configuration accesses before */
    bool in_perst_reset;
    uint64_t violations;
    QTAILQ_ENTRY(PnvCapi) next;
};

/* pnv-capi.c */
void pnv_capi_violation(PnvCapi *card, const char *what, uint64_t val);
bool pnv_capi_dead(PnvCapi *card);
bool pnv_capi_link_down(PnvCapi *card);
void pnv_capi_lost(PnvCapi *card);
void pnv_capi_perst(PnvCapi *card);
const uint8_t *pnv_capi_vpd(PnvCapi *card, uint32_t *size);

/* pnv-capi-config.c */
bool pnv_capi_config_init(PnvCapi *card, Error **errp);
void pnv_capi_config_reset(PnvCapi *card);
void pnv_capi_config_power_on(PnvCapi *card);
uint32_t pnv_capi_config_read(PCIDevice *pdev, uint32_t addr, int len);
void pnv_capi_config_write(PCIDevice *pdev, uint32_t addr, uint32_t val,
                           int len);
bool pnv_capi_protocol_on(PnvCapi *card);

/* pnv-capi-capp.c */
void pnv_capp_init(PnvCapi *card);
void pnv_capp_reset(PnvCapi *card);
uint64_t pnv_capp_timebase(void);
bool pnv_capp_timebase_valid(PnvCapi *card);

/* pnv-capi-firmware.c */
void pnv_capi_firmware_init(PnvCapi *card);

/* pnv-capi-phb.c */
void pnv_capi_phb_init(PnvCapi *card);
void pnv_capi_phb_reset(PnvCapi *card);
bool pnv_capi_fenced(PnvCapi *card);
bool pnv_capi_frozen(PnvCapi *card);
bool pnv_capi_mode_on(PnvCapi *card);
void pnv_capi_fence(PnvCapi *card, int64_t notice_ms);
void pnv_capi_freeze(PnvCapi *card, bool notice);

#endif /* HW_CAPI_PNV_CAPI_H */
