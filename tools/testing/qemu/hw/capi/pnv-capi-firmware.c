/*
 * CAPI card of a bare metal POWER8 machine: what firmware wants to find
 *
 * The firmware loads a microcode into the CAPP unit before it allows CAPI
 * mode. It takes the image from the address in a property of the host bridge's
 * node. The emulated CAPP needs no code, so the image is an empty one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/loader.h"
#include "hw/ppc/fdt.h"
#include "pnv-capi.h"
#include <libfdt.h>

/* In no one's way: above the device tree, below the kernel */
#define UCODE_ADDR      0x02000000
#define UCODE_SIZE      64
#define UCODE_MAGIC     "CAPPULID"
#define UCODE_VERSION   8

static void (*next_dt)(PnvMachineState *pnv, void *fdt);

/* The device tree of the chips is complete here, in every reset */
static void capi_dt(PnvMachineState *pnv, void *fdt)
{
    int node = -1;

    if (next_dt) {
        next_dt(pnv, fdt);
    }
    while ((node = fdt_node_offset_by_compatible(fdt, node,
                                                 "ibm,power8-pbcq")) >= 0) {
        _FDT((fdt_setprop_cell(fdt, node, "ibm,capp-ucode", UCODE_ADDR)));
    }
}

void pnv_capi_firmware_init(PnvCapi *card)
{
    PnvMachineClass *pmc = PNV_MACHINE_GET_CLASS(qdev_get_machine());
    uint8_t ucode[UCODE_SIZE] = UCODE_MAGIC;

    if (!card->ucode || pmc->dt_power_mgt == capi_dt) {
        return;
    }
    stq_be_p(ucode + UCODE_VERSION, 1);
    rom_add_blob_fixed("capp-ucode", ucode, sizeof(ucode), UCODE_ADDR);
    next_dt = pmc->dt_power_mgt;
    pmc->dt_power_mgt = capi_dt;
}
