/*
 * The SISLite storage AFU: global registers and asynchronous interrupts
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "afu-sislite.h"
#include "trace.h"

#define GLOBAL_AINTR_STATUS     0x00
#define GLOBAL_AINTR_CLEAR      0x08
#define GLOBAL_AINTR_MASK       0x10
#define GLOBAL_AFU_CTRL         0x18
#define   AFU_CTRL_CTX_SHIFT        48
#define   AFU_CTRL_LISN_SHIFT       40
#define   AFU_CTRL_WRITABLE         0xffffff0000000001ULL
#define GLOBAL_AFU_HB           0x20
#define GLOBAL_SCRATCH          0x28
#define GLOBAL_PORT_SEL         0x30
#define GLOBAL_AFU_CONFIG       0x38
#define GLOBAL_FETCH_TIMEOUT    0x40
#define GLOBAL_48               0x48
#define GLOBAL_PARITY_MASK      0x58
#define GLOBAL_AFU_VERSION      0x800
#define GLOBAL_INTERFACE        0x808

#define FETCH_TIMEOUT_RESET     0x5c0000

/* To the context and by the interrupt that software has named */
static void async_interrupt(CapiAfuSislite *sis)
{
    uint32_t handle = sis->afu_ctrl >> AFU_CTRL_CTX_SHIFT;
    uint32_t lisn = sis->afu_ctrl >> AFU_CTRL_LISN_SHIFT & 0xff;

    if (handle < SIS_CONTEXTS) {
        sis_interrupt(&sis->ctx[handle], lisn);
    }
}

/* Each port has a byte of the register; the ports 2 and 3 lie above 0 and 1 */
void sis_event(CapiAfuSislite *sis, int port, uint8_t event)
{
    static const uint8_t shift[SIS_PORTS] = { 8, 0, 24, 16 };
    uint64_t bit = (uint64_t)event << shift[port];

    trace_sis_event(port, event);
    sis->aintr_status |= bit;
    if (bit & ~sis->aintr_mask) {
        async_interrupt(sis);
    }
}

static void aintr_clear(CapiAfuSislite *sis, uint64_t val)
{
    sis->aintr_status &= ~val;
    if (sis->aintr_status) {
        async_interrupt(sis);
    }
}

void sis_global_reset(CapiAfuSislite *sis)
{
    sis->aintr_status = 0;
    sis->aintr_mask = ~0ULL;
    sis->afu_ctrl = 0;
    sis->afu_hb = 0;
    sis->scratch = 0;
    sis->port_sel = MAKE_64BIT_MASK(0, sis->ports);
    sis->afu_config = SIS_CONFIG_RESET |
                      (uint64_t)sis->room << SIS_CONFIG_ROOM_SHIFT;
    sis->fetch_timeout = FETCH_TIMEOUT_RESET;
    sis->reg48 = 0;
    sis->parity_mask = 1;
}

static uint64_t afu_version(const CapiAfuSislite *sis)
{
    char text[9] = "        ";

    memcpy(text, sis->image, MIN(strlen(sis->image), 8));
    return ldq_be_p(text);
}

uint64_t sis_global_read(CapiAfuSislite *sis, uint64_t reg)
{
    switch (reg) {
    case GLOBAL_AINTR_STATUS:
        return sis->aintr_status;
    case GLOBAL_AINTR_MASK:
        return sis->aintr_mask;
    case GLOBAL_AFU_CTRL:
        return sis->afu_ctrl;
    case GLOBAL_AFU_HB:
        return sis->afu_hb++;
    case GLOBAL_SCRATCH:
        return sis->scratch;
    case GLOBAL_PORT_SEL:
        return sis->port_sel;
    case GLOBAL_AFU_CONFIG:
        return sis->afu_config;
    case GLOBAL_FETCH_TIMEOUT:
        return sis->fetch_timeout;
    case GLOBAL_48:
        return sis->reg48;
    case GLOBAL_PARITY_MASK:
        return sis->parity_mask;
    case GLOBAL_AFU_VERSION:
        return afu_version(sis);
    case GLOBAL_INTERFACE:
        return sis->version;
    default:
        return 0;
    }
}

void sis_global_write(CapiAfuSislite *sis, uint64_t reg, uint64_t val)
{
    switch (reg) {
    case GLOBAL_AINTR_CLEAR:
        aintr_clear(sis, val);
        break;
    case GLOBAL_AINTR_MASK:
        sis->aintr_mask = val;
        break;
    case GLOBAL_AFU_CTRL:
        sis->afu_ctrl = val & AFU_CTRL_WRITABLE;
        break;
    case GLOBAL_SCRATCH:
        sis->scratch = val;
        break;
    case GLOBAL_PORT_SEL:
        sis->port_sel = val;
        break;
    case GLOBAL_AFU_CONFIG:
        sis->afu_config = val;
        break;
    case GLOBAL_FETCH_TIMEOUT:
        sis->fetch_timeout = val;
        break;
    case GLOBAL_48:
        sis->reg48 = val;
        break;
    case GLOBAL_PARITY_MASK:
        sis->parity_mask = val;
        break;
    }
}
