/*
 * The SISLite storage AFU: results of commands
 *
 * The data come first, then the status area if there is something to say, then
 * the entry in the response queue, then the interrupt. A context writes one
 * entry at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "afu-sislite.h"
#include "trace.h"

#define IOARCB_MSI              32

#define IOASA_FLAGS             0
#define IOASA_AFU_RC            1
#define IOASA_SCSI_RC           2
#define IOASA_FC_RC             3
#define IOASA_RESID             4
#define IOASA_PORT              8
#define IOASA_AFU_EXTRA         9
#define IOASA_SCSI_EXTRA        10
#define IOASA_FC_EXTRA          11
#define IOASA_SENSE             12

#define RRQ_ENTRY               8

/* CapiAccess.modify: the entry, as one store */
bool sis_rrq_modify(CapiAccess *acc, uint64_t old, uint64_t *new)
{
    SisCommand *cmd = acc->opaque;
    SisContext *ctx = cmd->ctx;
    uint64_t ea = cmd->sq ? cmd->ioasa_ea : cmd->ea;

    ea = (ea & ~1ULL) | ctx->rrq_toggle;
    *new = sis_big_endian(ctx) ? ea : bswap64(ea);
    return true;
}

static void rrq_advance(SisCommand *cmd)
{
    SisContext *ctx = cmd->ctx;

    if (ctx->rrq_pos != cmd->rrq_pos) {
        return; /* software has started it anew */
    }
    if (ctx->rrq_pos == ctx->rrq_end) {
        ctx->rrq_pos = ctx->rrq_start;
        ctx->rrq_toggle = !ctx->rrq_toggle;
    } else {
        ctx->rrq_pos += RRQ_ENTRY;
    }
}

static void rrq_written(SisCommand *cmd, CapiResp resp)
{
    SisContext *ctx = cmd->ctx;

    ctx->rrq_writing = NULL;
    if (resp == CAPI_RESP_DONE) {
        rrq_advance(cmd);
        cmd->afu->stat_completed++;
        sis_interrupt(ctx, cmd->ioarcb[IOARCB_MSI]);
        sis_command_end(cmd);
    } else {
        sis_command_lost(cmd, resp, SIS_INTR_RRQ);
    }
    sis_rrq_next(ctx);
}

/* A dropped command whose entry was under way: is it in the queue? */
void sis_rrq_forget(SisCommand *cmd, CapiResp resp)
{
    SisContext *ctx = cmd->ctx;

    if (ctx->rrq_writing != cmd) {
        return;
    }
    ctx->rrq_writing = NULL;
    if (resp == CAPI_RESP_DONE) {
        rrq_advance(cmd);
    }
    sis_rrq_next(ctx);
}

void sis_rrq_next(SisContext *ctx)
{
    SisCommand *cmd = QTAILQ_FIRST(&ctx->rrq);

    if (!cmd || ctx->rrq_writing) {
        return;
    }
    QTAILQ_REMOVE(&ctx->rrq, cmd, queued);
    cmd->in_rrq = false;
    ctx->rrq_writing = cmd;
    cmd->rrq_pos = ctx->rrq_pos;
    /* data and status are visible before the entry that announces them */
    smp_wmb();
    sis_access(cmd, ctx, CAPI_ACCESS_ATOMIC, ctx->rrq_pos, NULL, RRQ_ENTRY,
               rrq_written);
}

static void rrq_queue(SisCommand *cmd)
{
    cmd->in_rrq = true;
    QTAILQ_INSERT_TAIL(&cmd->ctx->rrq, cmd, queued);
    sis_rrq_next(cmd->ctx);
}

static void ioasa_written(SisCommand *cmd, CapiResp resp)
{
    if (resp != CAPI_RESP_DONE) {
        sis_command_lost(cmd, resp, SIS_INTR_IOASA);
        return;
    }
    rrq_queue(cmd);
}

static void build_ioasa(SisCommand *cmd)
{
    const SisResult *res = &cmd->result;
    uint8_t *buf = cmd->ioasa;

    buf[IOASA_FLAGS] = res->flags;
    buf[IOASA_AFU_RC] = res->afu_rc;
    buf[IOASA_SCSI_RC] = res->scsi_rc;
    buf[IOASA_FC_RC] = res->fc_rc;
    if (sis_big_endian(cmd->ctx)) {
        stl_be_p(buf + IOASA_RESID, res->resid);
    } else {
        stl_le_p(buf + IOASA_RESID, res->resid);
    }
    buf[IOASA_PORT] = MAX(cmd->port, 0);
    buf[IOASA_AFU_EXTRA] = res->afu_extra;
    buf[IOASA_SCSI_EXTRA] = res->scsi_extra;
    buf[IOASA_FC_EXTRA] = res->fc_extra;
    memcpy(buf + IOASA_SENSE, res->sense, sizeof(res->sense));
}

/* The result of the command is there */
void sis_finish(SisCommand *cmd)
{
    const SisResult *res = &cmd->result;

    trace_sis_finish(cmd->seq, res->flags, res->afu_rc, res->scsi_rc,
                     res->fc_rc, res->resid);
    cmd->finishing = true;
    cmd->aborting = false;
    if (cmd->timer) {
        timer_del(cmd->timer);
    }
    if (!(res->flags | res->afu_rc | res->scsi_rc | res->fc_rc)) {
        rrq_queue(cmd);
        return;
    }
    build_ioasa(cmd);
    sis_access(cmd, cmd->ctx, CAPI_ACCESS_WRITE, cmd->ioasa_ea, cmd->ioasa,
               sizeof(cmd->ioasa), ioasa_written);
}

void sis_fail_afu(SisCommand *cmd, uint8_t rc, uint8_t extra)
{
    cmd->result.afu_rc = rc;
    cmd->result.afu_extra = extra;
    sis_finish(cmd);
}

void sis_fail_fc(SisCommand *cmd, uint8_t rc, uint8_t extra)
{
    cmd->result.fc_rc = rc;
    cmd->result.fc_extra = extra;
    sis_finish(cmd);
}
