/*
 * CAPI card of a bare metal POWER8 machine: the CAPP unit of the chip
 *
 * Registers on the chip's XSCOM bus. Most of them only remember what firmware
 * has written. The time base of the CAPP takes part in a protocol: firmware
 * starts it, waits for a pulse of the chip's time of day in the core (TFMR)
 * and sets it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/core/cpu.h"
#include "pnv-capi.h"
#include "hw/ppc/pnv_xscom.h"
#include "hw/ppc/ppc.h"
#include "trace.h"

#define CAPP_XSCOM_BASE     0x2013000

#define TFMR_CLEAR_ERRORS   PPC_BIT(24)
#define TFMR_NOT_SET        PPC_BIT(16)
#define TFMR_START          PPC_BIT(18)
#define TFMR_STATE          PPC_BITMASK(28, 31)
#define TFMR_TB_VALID       PPC_BIT(41)
#define TFMR_TB_ERROR       PPC_BIT(60)

uint64_t pnv_capp_timebase(void)
{
    return cpu_ppc_load_tbl(&POWERPC_CPU(first_cpu)->env);
}

/* Firmware looks for them in the TFMR of the core it runs on, any of them */
static void capp_send_pulses(bool on)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        ppc_tb_t *tb_env = POWERPC_CPU(cs)->env.tb_env;

        if (on) {
            tb_env->flags |= PPC_TIMER_SYNC_PULSES;
        } else {
            tb_env->flags &= ~PPC_TIMER_SYNC_PULSES;
        }
    }
}

static void capp_tfmr_write(PnvCapi *card, uint64_t val)
{
    val &= ~(TFMR_CLEAR_ERRORS | TFMR_NOT_SET | TFMR_STATE | TFMR_TB_VALID |
             TFMR_TB_ERROR);
    card->capp.reg[CAPP_TFMR] = val;
    if (val & TFMR_START) {
        capp_send_pulses(card->timebase_sync);
    }
}

/* It runs with the cores from now on, there is nothing to remember */
static void capp_tb_write(PnvCapi *card)
{
    uint64_t *tfmr = &card->capp.reg[CAPP_TFMR];

    if (*tfmr & TFMR_START) {
        *tfmr = (*tfmr & ~TFMR_START) | TFMR_TB_VALID;
    }
}

bool pnv_capp_timebase_valid(PnvCapi *card)
{
    return card->capp.reg[CAPP_TFMR] & TFMR_TB_VALID;
}

static uint64_t capp_read(void *opaque, hwaddr addr, unsigned size)
{
    PnvCapi *card = opaque;
    uint32_t reg = addr >> 3;
    uint64_t val = card->capp.reg[reg];

    if (reg == CAPP_TB) {
        val = pnv_capp_timebase();
    }
    trace_pnv_capp_read(reg, val);
    return val;
}

static void capp_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    PnvCapi *card = opaque;
    uint32_t reg = addr >> 3;

    trace_pnv_capp_write(reg, val);
    switch (reg) {
    case CAPP_TFMR:
        capp_tfmr_write(card, val);
        break;
    case CAPP_TB:
        capp_tb_write(card);
        break;
    default:
        card->capp.reg[reg] = val;
        break;
    }
}

static const MemoryRegionOps capp_ops = {
    .read = capp_read,
    .write = capp_write,
    .valid = { .min_access_size = 8, .max_access_size = 8 },
    .impl = { .min_access_size = 8, .max_access_size = 8 },
    .endianness = DEVICE_BIG_ENDIAN,
};

/* Reset of the machine */
void pnv_capp_reset(PnvCapi *card)
{
    memset(card->capp.reg, 0, sizeof(card->capp.reg));
}

void pnv_capp_init(PnvCapi *card)
{
    pnv_xscom_region_init(&card->capp.xscom, OBJECT(card), &capp_ops, card,
                          "xscom-capp", CAPP_REGS);
    pnv_xscom_add_subregion(card->phb3->chip, CAPP_XSCOM_BASE,
                            &card->capp.xscom);
}
