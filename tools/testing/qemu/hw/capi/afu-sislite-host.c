/*
 * The SISLite storage AFU: registers of a context
 *
 * The host transport area, which belongs to the user of a context, with the
 * synchronous errors; and the provisioning and control area, which belongs to
 * the master.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "afu-sislite.h"
#include "trace.h"

#define HOST_ENDIAN_CTRL        0x00
#define HOST_INTR_STATUS        0x08
#define HOST_INTR_CLEAR         0x10
#define HOST_INTR_MASK          0x18
#define HOST_IOARRIN            0x20
#define HOST_RRQ_START          0x28
#define HOST_RRQ_END            0x30
#define HOST_CMD_ROOM           0x38
#define HOST_CTX_CTRL           0x40
#define   CTX_CTRL_LISN             0xffULL
#define   CTX_CTRL_UNMAP            0x8000000000000000ULL
#define HOST_MBOX_W             0x48
#define HOST_SQ_START           0x50
#define HOST_SQ_END             0x58
#define HOST_SQ_HEAD            0x60
#define HOST_SQ_TAIL            0x68
#define HOST_SQ_CTX_RESET       0x70

#define CTRL_RHT_START          0x00
#define CTRL_RHT_CNT_ID         0x08
#define CTRL_CTX_CAP            0x10
#define CTRL_MBOX_R             0x18

void sis_interrupt(SisContext *ctx, uint32_t lisn)
{
    if (lisn && ctx->psl) {
        psl_interrupt(ctx->psl, lisn);
    }
}

/* An unmasked bit that was not there before interrupts */
void sis_sync_error(SisContext *ctx, uint64_t bits)
{
    uint64_t fresh = bits & ~ctx->intr_status & ~ctx->intr_mask;

    trace_sis_sync_error(ctx->handle, bits);
    ctx->intr_status |= bits;
    if (fresh) {
        sis_interrupt(ctx, ctx->ctx_ctrl & CTX_CTRL_LISN);
    }
}

/* What is left over interrupts again; a change of the mask never does */
static void host_intr_clear(SisContext *ctx, uint64_t val)
{
    ctx->intr_status &= ~val;
    if (ctx->intr_status & ~ctx->intr_mask) {
        sis_interrupt(ctx, ctx->ctx_ctrl & CTX_CTRL_LISN);
    }
}

void sis_host_reset(SisContext *ctx)
{
    ctx->endian_ctrl = 0;
    ctx->intr_status = 0;
    ctx->intr_mask = ~0ULL;
    ctx->ioarrin = 0;
    ctx->rrq_start = 0;
    ctx->rrq_end = 0;
    ctx->rrq_pos = 0;
    ctx->rrq_toggle = true;
    ctx->ctx_ctrl = 0;
    ctx->sq_start = 0;
    ctx->sq_end = 0;
    ctx->sq_head = 0;
    ctx->sq_tail = 0;
    ctx->resetting = false;
}

static bool host_has_sq(const SisContext *ctx)
{
    return ctx->afu->version & SIS_VERSION_SQ;
}

static uint64_t host_sq_read(SisContext *ctx, uint64_t reg)
{
    switch (reg) {
    case HOST_SQ_START:
        return ctx->sq_start;
    case HOST_SQ_END:
        return ctx->sq_end;
    case HOST_SQ_HEAD:
        return ctx->sq_head;
    case HOST_SQ_TAIL:
        return ctx->sq_tail;
    case HOST_SQ_CTX_RESET:
        return sis_context_resetting(ctx);
    default:
        return 0;
    }
}

static void host_sq_write(SisContext *ctx, uint64_t reg, uint64_t val)
{
    switch (reg) {
    case HOST_SQ_START:
        ctx->sq_start = val;
        ctx->sq_head = val;
        ctx->sq_tail = val;
        break;
    case HOST_SQ_END:
        ctx->sq_end = val;
        break;
    case HOST_SQ_TAIL:
        ctx->sq_tail = val;
        sis_sq_take(ctx);
        break;
    case HOST_SQ_CTX_RESET:
        if (val & 1) {
            sis_context_reset(ctx);
        }
        break;
    }
}

uint64_t sis_host_read(SisContext *ctx, uint64_t reg)
{
    switch (reg) {
    case HOST_ENDIAN_CTRL:
        return ctx->endian_ctrl;
    case HOST_INTR_STATUS:
        return ctx->intr_status;
    case HOST_INTR_MASK:
        return ctx->intr_mask;
    case HOST_IOARRIN:
        return ctx->ioarrin | sis_context_resetting(ctx);
    case HOST_RRQ_START:
        return ctx->rrq_start;
    case HOST_RRQ_END:
        return ctx->rrq_end;
    case HOST_CMD_ROOM:
        return sis_room(ctx);
    case HOST_CTX_CTRL:
        return ctx->ctx_ctrl | CTX_CTRL_UNMAP;
    default:
        return host_has_sq(ctx) ? host_sq_read(ctx, reg) : 0;
    }
}

void sis_host_write(SisContext *ctx, uint64_t reg, uint64_t val)
{
    switch (reg) {
    case HOST_ENDIAN_CTRL:
        ctx->endian_ctrl = val;
        break;
    case HOST_INTR_CLEAR:
        host_intr_clear(ctx, val);
        break;
    case HOST_INTR_MASK:
        ctx->intr_mask = val;
        break;
    case HOST_IOARRIN:
        sis_ioarrin(ctx, val);
        break;
    case HOST_RRQ_START:
        ctx->rrq_start = val;
        ctx->rrq_pos = val;
        ctx->rrq_toggle = true;
        break;
    case HOST_RRQ_END:
        ctx->rrq_end = val;
        break;
    case HOST_CTX_CTRL:
        ctx->ctx_ctrl = val & CTX_CTRL_LISN;
        break;
    case HOST_MBOX_W:
        ctx->mbox = val;
        ctx->mbox_valid = true;
        break;
    default:
        if (host_has_sq(ctx)) {
            host_sq_write(ctx, reg, val);
        }
        break;
    }
}

/* A context came or went: whoever gets the next one starts without rights */
void sis_ctrl_reset(SisContext *ctx)
{
    ctx->ctx_cap = 0;
    ctx->mbox_valid = false;
    ctx->mbox_read = false;
}

static uint64_t ctrl_mbox_read(SisContext *ctx)
{
    uint64_t val = ctx->mbox_valid ? ctx->mbox : 0;

    ctx->mbox_read = true;
    if (ctx->afu->afu_config & SIS_CONFIG_MBOX_CLEAR) {
        ctx->mbox_valid = false;
    }
    return val;
}

uint64_t sis_ctrl_read(SisContext *ctx, uint64_t reg)
{
    switch (reg) {
    case CTRL_RHT_START:
        return ctx->rht_start;
    case CTRL_RHT_CNT_ID:
        return ctx->rht_cnt_id;
    case CTRL_CTX_CAP:
        return ctx->ctx_cap;
    case CTRL_MBOX_R:
        return ctrl_mbox_read(ctx);
    default:
        return 0;
    }
}

void sis_ctrl_write(SisContext *ctx, uint64_t reg, uint64_t val)
{
    switch (reg) {
    case CTRL_RHT_START:
        ctx->rht_start = val;
        ctx->rht_start_written = true;
        break;
    case CTRL_RHT_CNT_ID:
        ctx->rht_cnt_id = val;
        ctx->rht_cnt_id_written = true;
        break;
    case CTRL_CTX_CAP:
        /* the master has to look at the mailbox before it gives rights */
        if (ctx->mbox_read ||
            (ctx->afu->afu_config & SIS_CONFIG_CAP_OVERRIDE)) {
            ctx->ctx_cap = val;
        }
        break;
    }
}
