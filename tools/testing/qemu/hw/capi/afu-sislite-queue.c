/*
 * The SISLite storage AFU: submission of commands
 *
 * IOARCBs wait in one queue for all contexts until the engine fetches them. How
 * many a context may have there is its command room; it comes back with the
 * fetch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "afu-sislite.h"
#include "trace.h"

/* Commands per turn of the engine, and the pause for the guest after it */
#define SIS_TURN                64
#define SIS_PAUSE_NS            20000

#define SIS_IOARCB_ALIGN        16
#define SIS_SLOT                SIS_IOARCB_SIZE

/* Commands that a context can have, fetched or not: the queue of the card */
#define SIS_ACTIVE              2048

static void engine_start(CapiAfuSislite *sis)
{
    if (!timer_pending(sis->timer)) {
        timer_mod(sis->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                  (int64_t)sis->fetch_us * SCALE_US);
    }
}

static void submit(SisContext *ctx, uint64_t ea, bool sq)
{
    SisCommand *cmd = sis_command_new(ctx, ea, sq);

    cmd->in_fifo = true;
    cmd->unfetched = !sq;
    ctx->unfetched += cmd->unfetched;
    QTAILQ_INSERT_TAIL(&ctx->afu->fifo, cmd, queued);
    engine_start(ctx->afu);
}

static uint32_t max_room(const SisContext *ctx)
{
    return (ctx->afu->afu_config & SIS_CONFIG_ROOM) >> SIS_CONFIG_ROOM_SHIFT;
}

/* Software may lower the limit below what is there already */
uint64_t sis_room(const SisContext *ctx)
{
    uint32_t max = max_room(ctx);

    return ctx->active < SIS_ACTIVE ? max - MIN(max, ctx->unfetched) : 0;
}

void sis_ioarrin(SisContext *ctx, uint64_t val)
{
    ctx->ioarrin = val & ~1ULL;
    if (val & 1) {
        sis_context_reset(ctx);
        return;
    }
    if (!ctx->psl) {
        return;
    }
    if (!sis_room(ctx)) {
        sis_sync_error(ctx, SIS_INTR_ROOM);
        return;
    }
    submit(ctx, val, false);
}

/* The tail is behind the last slot that is valid, unless that is the head */
void sis_sq_take(SisContext *ctx)
{
    while (ctx->psl && ctx->sq_head != ctx->sq_tail &&
           ctx->active < SIS_ACTIVE) {
        uint64_t slot = ctx->sq_head;

        ctx->sq_head = slot == ctx->sq_end ? ctx->sq_start : slot + SIS_SLOT;
        submit(ctx, slot, true);
    }
}

static void fetched(SisCommand *cmd, CapiResp resp)
{
    if (resp != CAPI_RESP_DONE) {
        sis_command_lost(cmd, resp, SIS_INTR_IOARCB);
        return;
    }
    sis_decode(cmd);
}

static void fetch(SisCommand *cmd)
{
    QTAILQ_REMOVE(&cmd->afu->fifo, cmd, queued);
    cmd->ctx->unfetched -= cmd->unfetched;
    cmd->unfetched = false;
    cmd->in_fifo = false;
    if (cmd->ea % SIS_IOARCB_ALIGN) {
        sis_command_lost(cmd, CAPI_RESP_FAILED, SIS_INTR_IOARCB);
        return;
    }
    /* software has written the block before the register */
    smp_rmb();
    sis_access(cmd, cmd->ctx, CAPI_ACCESS_READ, cmd->ea, cmd->ioarcb,
               sizeof(cmd->ioarcb), fetched);
}

void sis_engine(void *opaque)
{
    CapiAfuSislite *sis = opaque;
    SisCommand *cmd;
    int n;

    for (n = 0; n < SIS_TURN; n++) {
        cmd = QTAILQ_FIRST(&sis->fifo);
        if (!cmd) {
            return;
        }
        fetch(cmd);
    }
    timer_mod(sis->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
              SIS_PAUSE_NS);
}

/*
 * From now on nothing is seen of these commands, except by the PSL. The newest
 * goes first: none of them shall end because one that it waits for does.
 */
void sis_drop_commands(SisContext *ctx)
{
    SisCommand *cmd;

    while ((cmd = QTAILQ_LAST(&ctx->commands))) {
        sis_command_end(cmd);
    }
}

/* Positions of the response queue stay, the submission queue is empty */
void sis_context_reset(SisContext *ctx)
{
    trace_sis_context_reset(ctx->handle);
    ctx->resetting = true;
    ctx->sq_head = ctx->sq_tail;
    sis_drop_commands(ctx);
}

/*
 * An access that waits for the answer to a fault cannot be withdrawn: the reset
 * takes as long as the answer.
 */
bool sis_context_resetting(SisContext *ctx)
{
    if (ctx->resetting && !ctx->zombies && !ctx->afu->stuck_reset) {
        ctx->resetting = false;
    }
    return ctx->resetting;
}
