/*
 * The memcpy AFU: contexts and registers
 *
 * Contexts queue 32 byte work elements (copy, interrupt, increment, atomic)
 * in their own address space; the AFU runs them and writes a status byte.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "afu-memcpy.h"
#include "trace.h"

/* Reads of the time base register that find it still empty */
#define MCP_TB_READS        1

static const uint8_t mcp_config[] = {
    0x14, 0x10, 0x50, 0x43,     /* 1014:4350 */
    0x00, 0x00, 0x00, 0x00,
    0x06, 0x00, 0x00, 0x12,     /* revision 6, processing accelerator */
};

static void mcp_add(CapiAfu *afu, PslContext *ctx)
{
    McpContext *mc = psl_context_afu_state(ctx);
    uint64_t wed = psl_context_wed(ctx);

    mc->afu = CAPI_AFU_MEMCPY(afu);
    mc->psl = ctx;
    mc->queue = wed & MCP_WED_BASE;
    mc->elements = (wed & MCP_WED_DEPTH) * MCP_WED_LINE;
    mc->state = MCP_RUN;
    if (!mc->elements) {
        if (mc->queue) {
            mc->state = MCP_STOPPED;
            return;
        }
        /* a context without a queue still fetches once, at address 0 */
        mc->elements = MCP_WED_LINE;
    }
    mcp_make_ready(mc);
}

static void mcp_terminate(CapiAfu *afu, PslContext *ctx)
{
    McpContext *mc = psl_context_afu_state(ctx);

    mc->state = MCP_TERMINATED;
    mcp_unlink(mc);
}

static void mcp_remove(CapiAfu *afu, PslContext *ctx)
{
    McpContext *mc = psl_context_afu_state(ctx);

    g_free(mc->data);
    mc->data = NULL;
}

static void mcp_reset(CapiAfu *afu)
{
    CapiAfuMemcpy *mcp = CAPI_AFU_MEMCPY(afu);

    mcp->cfg = 0;
    mcp->trace_ctl = 0;
}

static uint64_t mcp_tb_read(McpContext *mc)
{
    if (!mc->tb && mc->tb_delay && !--mc->tb_delay) {
        mc->tb = psl_timebase(mc->afu->parent_obj.slice);
    }
    return mc->tb;
}

static uint64_t mcp_process_read(McpContext *mc, uint64_t reg)
{
    switch (reg) {
    case MCP_WED:
        return psl_context_wed(mc->psl);
    case MCP_PH:
        return (uint64_t)psl_context_handle(mc->psl) << 48;
    case MCP_STATUS:
        return (mc->state == MCP_STOPPED ? MCP_STATUS_STOPPED : 0) |
               (mc->state == MCP_TERMINATED ? MCP_STATUS_TERMINATED : 0);
    case MCP_TB:
        return mcp_tb_read(mc);
    default:
        return 0;
    }
}

static void mcp_pctrl(McpContext *mc, uint64_t val)
{
    if (val & MCP_PCTRL_TERMINATE) {
        mc->state = MCP_TERMINATED;
        mcp_unlink(mc);
        return;
    }
    if (!(val & MCP_PCTRL_RESTART) || mc->state == MCP_TERMINATED) {
        return;
    }
    trace_mcp_restart(psl_context_handle(mc->psl), mc->state);
    mc->restart = true;
    if (mc->state == MCP_STOPPED) {
        psl_restart(mc->psl);
        mc->state = MCP_RUN;
    }
    mc->poll_ns = 0;
    mcp_make_ready(mc);
}

static void mcp_process_write(McpContext *mc, uint64_t reg, uint64_t val)
{
    switch (reg) {
    case MCP_PCTRL:
        mcp_pctrl(mc, val);
        break;
    case MCP_TB:
        mc->tb = 0;
        mc->tb_delay = MCP_TB_READS + 1;
        break;
    }
}

static uint64_t mcp_global_read(CapiAfuMemcpy *mcp, uint64_t reg)
{
    switch (reg) {
    case MCP_CFG:
        return mcp->cfg;
    case MCP_TRACE_CTL:
        return mcp->trace_ctl;
    default:
        return 0;
    }
}

static void mcp_global_write(CapiAfuMemcpy *mcp, uint64_t reg, uint64_t val)
{
    switch (reg) {
    case MCP_CFG:
        mcp->cfg = val;
        break;
    case MCP_TRACE_CTL:
        mcp->trace_ctl = val;
        break;
    }
}

/* The context whose window holds @offset, with *reg inside the window */
static McpContext *mcp_window(CapiAfu *afu, uint64_t offset, uint64_t *reg)
{
    const CapiAfuGeometry *g = &afu->geom;
    PslContext *ctx;

    *reg = (offset - g->pp_offset) % g->pp_size;
    ctx = psl_context_by_handle(afu->slice,
                                (offset - g->pp_offset) / g->pp_size);
    return ctx ? psl_context_afu_state(ctx) : NULL;
}

static uint64_t mcp_psa_read(CapiAfu *afu, uint64_t offset, unsigned size)
{
    uint64_t base = offset & ~7ULL, reg, val;
    McpContext *mc;

    if (base < afu->geom.pp_offset) {
        val = mcp_global_read(CAPI_AFU_MEMCPY(afu), base);
    } else {
        mc = mcp_window(afu, base, &reg);
        /* no context: not even a handle */
        val = mc ? mcp_process_read(mc, reg) : ~0ULL;
    }
    if (size == 4) {
        val = offset & 4 ? val & UINT32_MAX : val >> 32;
    }
    trace_mcp_read(offset, size, val);
    return val;
}

static void mcp_psa_write(CapiAfu *afu, uint64_t offset, uint64_t val,
                          unsigned size)
{
    McpContext *mc;
    uint64_t reg;

    trace_mcp_write(offset, size, val);
    if (size != 8) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "capi: memcpy AFU: %u byte store at 0x%" PRIx64 "\n",
                      size, offset);
        return;
    }
    if (offset < afu->geom.pp_offset) {
        mcp_global_write(CAPI_AFU_MEMCPY(afu), offset, val);
        return;
    }
    mc = mcp_window(afu, offset, &reg);
    if (mc) {
        mcp_process_write(mc, reg, val);
    }
}

static void mcp_config_read(CapiAfu *afu, uint32_t rec, uint64_t offset,
                            uint8_t *buf, uint32_t len)
{
    uint32_t i;

    for (i = 0; i < len; i++) {
        buf[i] = offset + i < sizeof(mcp_config) ? mcp_config[offset + i] : 0;
    }
}

/* The error buffer names its own bytes: each doubleword is its offset */
static void mcp_err_read(CapiAfu *afu, uint64_t offset, uint8_t *buf,
                         uint32_t len)
{
    uint8_t word[8];
    uint32_t i;

    for (i = 0; i < len; i++) {
        stq_be_p(word, (offset + i) & ~7ULL);
        buf[i] = word[(offset + i) & 7];
    }
}

static void mcp_instance_init(Object *obj)
{
    CapiAfuMemcpy *mcp = CAPI_AFU_MEMCPY(obj);

    CAPI_AFU(obj)->geom = (CapiAfuGeometry) {
        .psa_size = 64 * MiB,
        .pp_offset = 32 * MiB,
        .pp_size = 64 * KiB,
        .processes = 511,
        .config_records = 1,
        .config_record_size = 256,
        .err_buffer_size = 4096,
        .min_ints = 4,
    };
    QTAILQ_INIT(&mcp->ready);
    QTAILQ_INIT(&mcp->idle);
    mcp->next_poll = INT64_MAX;
}

static void mcp_realize(DeviceState *dev, Error **errp)
{
    CapiAfuMemcpy *mcp = CAPI_AFU_MEMCPY(dev);

    mcp->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, mcp_engine, mcp);
}

static void mcp_unrealize(DeviceState *dev)
{
    timer_free(CAPI_AFU_MEMCPY(dev)->timer);
}

static void mcp_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    CapiAfuClass *ac = CAPI_AFU_CLASS(klass);

    dc->desc = "memcpy accelerator of a CAPI card";
    dc->realize = mcp_realize;
    dc->unrealize = mcp_unrealize;
    ac->context_size = sizeof(McpContext);
    ac->reset = mcp_reset;
    ac->add = mcp_add;
    ac->terminate = mcp_terminate;
    ac->remove = mcp_remove;
    ac->psa_read = mcp_psa_read;
    ac->psa_write = mcp_psa_write;
    ac->config_read = mcp_config_read;
    ac->err_read = mcp_err_read;
}

static const TypeInfo mcp_info = {
    .name = TYPE_CAPI_AFU_MEMCPY,
    .parent = TYPE_CAPI_AFU,
    .instance_size = sizeof(CapiAfuMemcpy),
    .instance_init = mcp_instance_init,
    .class_init = mcp_class_init,
};

static void mcp_register_types(void)
{
    type_register_static(&mcp_info);
}

type_init(mcp_register_types)
