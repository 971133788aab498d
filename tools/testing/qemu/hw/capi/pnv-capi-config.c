/*
 * CAPI card of a bare metal POWER8 machine: configuration space
 *
 * The vendor-specific extended capability describes the card; two of its bytes
 * can be written: the protocol mode and the image that a reset loads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_aer.h"
#include "pnv-capi.h"
#include "trace.h"

#define VSEC_ID                 0x1280
#define VSEC_HEADER             (VSEC_ID | PNV_CAPI_VSEC_SIZE << 20)

#define VPD_CAP_SIZE            8
#define VPD_ADDR                2
#define   VPD_ADDR_DONE             0x8000
#define VPD_DATA                4

/* Where the protocol window has to be: BAR 4 and 5 */
#define PROTOCOL_WINDOW         0x0002000000000000ULL

/*
 * After the mode has been written, the card wants to be left alone for 100 ms.
 * A guest whose clock lags behind sleeps shorter than it thinks; one that does
 * not sleep at all is much faster than this.
 */
#define MODE_QUIET_NS           (20 * SCALE_MS)

static uint8_t *capi_vsec(PnvCapi *card)
{
    return PCI_DEVICE(card)->config + PNV_CAPI_VSEC;
}

/*
 * What an image says about itself, with the mistakes that were asked for. Those
 * were checked when they were.
 */
static void capi_vsec_fill(PnvCapi *card, bool user)
{
    uint8_t *vsec = capi_vsec(card);

    memset(vsec, 0, PNV_CAPI_VSEC_SIZE);
    /* the last capability */
    pci_set_long(vsec, PCI_EXT_CAP(PCI_EXT_CAP_ID_VNDR, 1, 0));
    pci_set_long(vsec + PCI_VNDR_HEADER, VSEC_HEADER);
    vsec[VSEC_AFUS] = card->nr_slices;
    /* not in the field yet: no erratum to work around */
    pci_set_word(vsec + VSEC_PSL_REVISION, 0x3001);
    vsec[VSEC_CAIA_MAJOR] = 1;
    pci_set_word(vsec + VSEC_BASE_IMAGE, 2);
    pci_set_long(vsec + VSEC_DESC_OFFSET, card->desc_offset / PNV_CAPI_UNIT);
    pci_set_long(vsec + VSEC_DESC_SIZE, card->desc_size / PNV_CAPI_UNIT);
    pci_set_long(vsec + VSEC_PS_OFFSET, card->ps_offset / PNV_CAPI_UNIT);
    pci_set_long(vsec + VSEC_PS_SIZE, card->ps_size / PNV_CAPI_UNIT);
    /* a reset loads what is loaded now, unless software says otherwise */
    vsec[VSEC_IMAGE] = VSEC_IMAGE_LOAD |
                       (user ? VSEC_IMAGE_USER | VSEC_IMAGE_SELECT : 0);
    pnv_capi_patch(vsec, PNV_CAPI_VSEC_SIZE, false, "vsec", card->vsec_patch,
                   NULL);
    pnv_capi_patch(vsec, PNV_CAPI_VSEC_SIZE, false, "image",
                   card->image_patch[user], NULL);
}

/* Other mistakes from now on; what software has written stays */
void pnv_capi_config_changed(PnvCapi *card)
{
    const uint8_t *wmask = PCI_DEVICE(card)->wmask + PNV_CAPI_VSEC;
    uint8_t *vsec = capi_vsec(card), old[PNV_CAPI_VSEC_SIZE];
    int i;

    memcpy(old, vsec, sizeof(old));
    capi_vsec_fill(card, card->loaded_user);
    for (i = 0; i < PNV_CAPI_VSEC_SIZE; i++) {
        vsec[i] = (vsec[i] & ~wmask[i]) | (old[i] & wmask[i]);
    }
}

static void capi_vsec_load(PnvCapi *card, bool user)
{
    card->loaded_user = user;
    capi_vsec_fill(card, user);
}

static void capi_vsec_init(PnvCapi *card)
{
    PCIDevice *pdev = PCI_DEVICE(card);
    uint8_t *wmask = pdev->wmask + PNV_CAPI_VSEC;

    pcie_add_capability(pdev, PCI_EXT_CAP_ID_VNDR, 1, PNV_CAPI_VSEC,
                        PNV_CAPI_VSEC_SIZE);
    wmask[VSEC_MODE] = VSEC_MODE_AREA | VSEC_MODE_CAPI;
    wmask[VSEC_IMAGE] = VSEC_IMAGE_LOAD | VSEC_IMAGE_SELECT;
    capi_vsec_load(card, card->user_image);
}

static bool capi_vpd_init(PnvCapi *card, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(card);

    if (pci_add_capability(pdev, PCI_CAP_ID_VPD, PNV_CAPI_VPD, VPD_CAP_SIZE,
                           errp) < 0) {
        return false;
    }
    memset(pdev->wmask + PNV_CAPI_VPD + VPD_ADDR, 0xff,
           VPD_CAP_SIZE - VPD_ADDR);
    return true;
}

/* Address written with F = 0: load; with F = 1: store, which is refused */
static void capi_vpd_write(PnvCapi *card)
{
    uint8_t *vpd = PCI_DEVICE(card)->config + PNV_CAPI_VPD;
    uint16_t addr = pci_get_word(vpd + VPD_ADDR);
    uint32_t size, i;
    const uint8_t *data = pnv_capi_vpd(card, &size);

    if (addr & VPD_ADDR_DONE) {
        pci_set_word(vpd + VPD_ADDR, addr & ~VPD_ADDR_DONE);
        return;
    }
    for (i = 0; i < 4; i++) {
        vpd[VPD_DATA + i] = addr + i < size ? data[addr + i] : 0;
    }
    pci_set_word(vpd + VPD_ADDR, addr | VPD_ADDR_DONE);
}

bool pnv_capi_config_init(PnvCapi *card, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(card);

    if (pcie_endpoint_cap_init(pdev, PNV_CAPI_EXP) < 0) {
        error_setg(errp, TYPE_PNV_CAPI " needs a PCI Express slot");
        return false;
    }
    if (!capi_vpd_init(card, errp)) {
        return false;
    }
    if (pcie_aer_init(pdev, PCI_ERR_VER, PNV_CAPI_AER, PCI_ERR_SIZEOF,
                      errp) < 0) {
        return false;
    }
    capi_vsec_init(card);
    return true;
}

void pnv_capi_config_power_on(PnvCapi *card)
{
    capi_vsec_load(card, card->user_image);
}

/* Any reset; only the reset line of the link can load an image */
void pnv_capi_config_reset(PnvCapi *card)
{
    uint8_t *vsec = capi_vsec(card);

    vsec[VSEC_MODE] = 0;
    card->quiet_until = 0;
    if (card->in_perst_reset && (vsec[VSEC_IMAGE] & VSEC_IMAGE_LOAD)) {
        capi_vsec_load(card, vsec[VSEC_IMAGE] & VSEC_IMAGE_SELECT);
        trace_pnv_capi_image(vsec[VSEC_IMAGE]);
    }
}

/* Does the card speak the protocol, and at the address the bridge expects? */
bool pnv_capi_protocol_on(PnvCapi *card)
{
    const uint8_t *config = PCI_DEVICE(card)->config;
    uint64_t window = pci_get_quad(config + PCI_BASE_ADDRESS_4) &
                      PCI_BASE_ADDRESS_MEM_MASK;

    return capi_vsec(card)[VSEC_MODE] == (VSEC_MODE_256TB | VSEC_MODE_CAPI) &&
           window == PROTOCOL_WINDOW;
}

static void capi_check_quiet(PnvCapi *card, uint32_t addr)
{
    if (qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) < card->quiet_until) {
        pnv_capi_violation(card, "configuration access too soon after "
                           "a change of mode", addr);
    }
}

uint32_t pnv_capi_config_read(PCIDevice *pdev, uint32_t addr, int len)
{
    PnvCapi *card = PNV_CAPI(pdev);

    if (pnv_capi_fenced(card) || pnv_capi_link_down(card) ||
        pnv_capi_config_injected(card, false)) {
        return MAKE_64BIT_MASK(0, len * 8);
    }
    capi_check_quiet(card, addr);
    return pci_default_read_config(pdev, addr, len);
}

void pnv_capi_config_write(PCIDevice *pdev, uint32_t addr, uint32_t val,
                           int len)
{
    PnvCapi *card = PNV_CAPI(pdev);

    if (pnv_capi_fenced(card) || pnv_capi_link_down(card) ||
        pnv_capi_config_injected(card, true)) {
        return;
    }
    capi_check_quiet(card, addr);
    pci_default_write_config(pdev, addr, val, len);
    pcie_aer_write_config(pdev, addr, val, len);
    if (ranges_overlap(addr, len, PNV_CAPI_VSEC + VSEC_MODE, 1)) {
        trace_pnv_capi_mode(capi_vsec(card)[VSEC_MODE]);
        card->quiet_until = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                            MODE_QUIET_NS;
    }
    if (ranges_overlap(addr, len, PNV_CAPI_VPD + VPD_ADDR + 1, 1)) {
        capi_vpd_write(card);
    }
}
