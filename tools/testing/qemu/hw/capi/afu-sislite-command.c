/*
 * The SISLite storage AFU: life of a command
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "afu-sislite.h"
#include "trace.h"

SisCommand *sis_command_new(SisContext *ctx, uint64_t ea, bool sq)
{
    SisCommand *cmd = g_new0(SisCommand, 1);

    cmd->afu = ctx->afu;
    cmd->ctx = ctx;
    cmd->refs = 1;
    cmd->seq = ctx->afu->seq++;
    cmd->sq = sq;
    cmd->ea = ea;
    cmd->ioasa_ea = ea + SIS_IOARCB_SIZE;
    cmd->port = -1;
    cmd->lun = -1;
    QTAILQ_INSERT_TAIL(&ctx->afu->commands, cmd, in_afu);
    QTAILQ_INSERT_TAIL(&ctx->commands, cmd, in_ctx);
    ctx->active++;
    ctx->afu->stat_commands++;
    return cmd;
}

void sis_command_ref(SisCommand *cmd)
{
    cmd->refs++;
}

void sis_command_unref(SisCommand *cmd)
{
    if (--cmd->refs) {
        return;
    }
    if (cmd->req) {
        scsi_req_unref(cmd->req);
    }
    timer_free(cmd->timer);
    g_free(cmd->page);
    g_free(cmd);
}

static void unlink_command(SisCommand *cmd)
{
    SisContext *ctx = cmd->ctx;

    QTAILQ_REMOVE(&cmd->afu->commands, cmd, in_afu);
    QTAILQ_REMOVE(&ctx->commands, cmd, in_ctx);
    ctx->active--;
    if (cmd->in_fifo) {
        QTAILQ_REMOVE(&cmd->afu->fifo, cmd, queued);
        ctx->unfetched -= cmd->unfetched;
    }
    if (cmd->in_rrq) {
        QTAILQ_REMOVE(&ctx->rrq, cmd, queued);
    }
}

/* Nothing more will be seen of a command, whether it has completed or not */
void sis_command_end(SisCommand *cmd)
{
    CapiAfuSislite *sis = cmd->afu;
    SisContext *ctx = cmd->ctx;

    cmd->dead = true;
    unlink_command(cmd);
    if (cmd->timer) {
        timer_del(cmd->timer);
    }
    ctx->zombies += cmd->accessing;
    if (cmd->in_scsi) {
        scsi_req_cancel_async(cmd->req, NULL);
    }
    sis_command_unref(cmd);
    sis_barrier_check(sis);
    sis_sq_take(ctx);
}

/*
 * What was to be done before the command could be answered has failed. Where
 * the context has gone there is nobody to tell.
 */
void sis_command_lost(SisCommand *cmd, CapiResp resp, uint64_t error)
{
    if (resp != CAPI_RESP_CONTEXT) {
        sis_sync_error(cmd->ctx, error);
    }
    sis_command_end(cmd);
}

static void access_done(CapiAccess *acc, CapiResp resp)
{
    SisCommand *cmd = acc->opaque;

    cmd->accessing = false;
    if (resp != CAPI_RESP_DONE) {
        trace_sis_access_failed(cmd->seq, acc->ea, resp);
        /* other commands go on */
        psl_restart(acc->ctx);
    }
    if (cmd->dead) {
        cmd->ctx->zombies--;
        sis_rrq_forget(cmd, resp);
    } else if (cmd->aborting) {
        sis_abort_check(cmd);
    } else {
        cmd->then(cmd, resp);
    }
    sis_command_unref(cmd);
}

static CapiResp access_start(SisContext *ctx, CapiAccess *acc)
{
    CapiResp resp;

    if (!ctx->psl) {
        return CAPI_RESP_CONTEXT;
    }
    resp = psl_access(ctx->psl, acc);
    if (resp == CAPI_RESP_FLUSHED) {
        psl_restart(ctx->psl);
        resp = psl_access(ctx->psl, acc);
    }
    return resp;
}

/**
 * sis_access() - one access to memory on behalf of a command
 * @ctx: whose address space
 * @then: continues; may be called, and @cmd be gone, before this returns
 */
void sis_access(SisCommand *cmd, SisContext *ctx, CapiAccessType type,
                uint64_t ea, void *buf, uint32_t len, SisThen *then)
{
    CapiResp resp;

    cmd->acc = (CapiAccess) {
        .type = type,
        .ea = ea,
        .buf = buf,
        .len = len,
        .modify = sis_rrq_modify,
        .done = access_done,
        .opaque = cmd,
    };
    cmd->then = then;
    cmd->accessing = true;
    sis_command_ref(cmd);
    resp = access_start(ctx, &cmd->acc);
    if (resp != CAPI_RESP_PENDING) {
        access_done(&cmd->acc, resp);
    }
}

/* If neither PSL nor SCSI layer has a part of the command, it can end now */
void sis_abort_check(SisCommand *cmd)
{
    if (cmd->aborting && !cmd->dead && !cmd->finishing && !cmd->accessing &&
        !cmd->in_scsi) {
        sis_finish(cmd);
    }
}

/* End a command early, with this result */
void sis_abort(SisCommand *cmd, uint8_t afu_rc, uint8_t fc_rc, uint8_t extra)
{
    if (cmd->dead || cmd->finishing || cmd->aborting) {
        return;
    }
    trace_sis_abort(cmd->seq, afu_rc, fc_rc, extra);
    cmd->aborting = true;
    cmd->result.afu_rc = afu_rc;
    cmd->result.fc_rc = fc_rc;
    if (afu_rc) {
        cmd->result.afu_extra = extra;
    } else {
        cmd->result.fc_extra = extra;
    }
    sis_command_ref(cmd);
    if (cmd->in_fifo) {
        QTAILQ_REMOVE(&cmd->afu->fifo, cmd, queued);
        cmd->ctx->unfetched -= cmd->unfetched;
        cmd->in_fifo = false;
    }
    if (cmd->in_scsi) {
        scsi_req_cancel_async(cmd->req, NULL);
    }
    sis_abort_check(cmd);
    sis_command_unref(cmd);
}
