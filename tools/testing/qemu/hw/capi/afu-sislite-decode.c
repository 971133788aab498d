/*
 * The SISLite storage AFU: what a command asks for, and whether it may
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "afu-sislite.h"
#include "scsi/constants.h"
#include "trace.h"

#define IOARCB_CTX_ID           0
#define IOARCB_FLAGS            2
#define IOARCB_HANDLE           4
#define IOARCB_LUN_ID           8
#define IOARCB_DATA_LEN         16
#define IOARCB_DATA_EA          24
#define IOARCB_TIMEOUT          34
#define IOARCB_CDB              40
#define IOARCB_IOASA_EA         56

#define DATA_LEN_MAX            (16 * MiB)

/* afu_extra of a command without the right to what it wants */
#define MISSING_PROXY           0x40
#define MISSING_REAL            0x20
#define MISSING_TARGET          0x10

#define CYCLE_NS                4       /* 250 MHz */

static void timed_out(void *opaque)
{
    SisCommand *cmd = opaque;

    if (cmd->port < 0) {
        sis_abort(cmd, SIS_AFU_TIMEOUT, 0, 0);
    } else {
        sis_abort(cmd, 0, SIS_FC_ABORTED, SIS_ABORT_TIMEOUT);
    }
}

static void start_timer(SisCommand *cmd)
{
    static const int64_t unit[] = {
        NANOSECONDS_PER_SECOND, SCALE_MS, SCALE_US, CYCLE_NS,
    };
    uint32_t count = sis_order16(cmd->ctx, cmd->ioarcb + IOARCB_TIMEOUT);

    if (count) {
        cmd->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timed_out, cmd);
        timer_mod(cmd->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                  count * unit[(cmd->flags & SIS_REQ_TIMEOUT_UNIT) >> 6]);
    }
}

static void take_fields(SisCommand *cmd)
{
    const SisContext *ctx = cmd->ctx;
    const uint8_t *p = cmd->ioarcb;

    cmd->ctx_id = sis_order16(ctx, p + IOARCB_CTX_ID);
    cmd->flags = sis_order16(ctx, p + IOARCB_FLAGS);
    cmd->handle_or_ports = sis_order32(ctx, p + IOARCB_HANDLE);
    cmd->lun_id = sis_order64(ctx, p + IOARCB_LUN_ID);
    cmd->data_len = MIN(sis_order32(ctx, p + IOARCB_DATA_LEN), DATA_LEN_MAX);
    cmd->data_ea = sis_order64(ctx, p + IOARCB_DATA_EA);
    memcpy(cmd->cdb, p + IOARCB_CDB, sizeof(cmd->cdb));
    if (cmd->sq) {
        cmd->ioasa_ea = sis_order64(ctx, p + IOARCB_IOASA_EA);
    }
}

static bool is_sync_of_commands(const SisCommand *cmd)
{
    return cmd->cdb[0] == SIS_AFU_SYNC &&
           (cmd->cdb[1] == SIS_SYNC_HEAVY || cmd->cdb[1] == SIS_SYNC_GLOBAL);
}

static uint64_t opcode_capability(const SisCommand *cmd)
{
    switch (cmd->cdb[0]) {
    case READ_16:
        return SIS_CAP_READ;
    case WRITE_16:
    case WRITE_SAME_16:
        return SIS_CAP_WRITE;
    default:
        return SIS_CAP_OTHER;
    }
}

/* The rights that the issuer lacks, 0: none */
static uint8_t missing_rights(const SisCommand *cmd)
{
    uint64_t cap = cmd->ctx->ctx_cap;
    const CapiAfuSislite *sis = cmd->afu;
    uint8_t missing;

    if (cmd->flags & SIS_REQ_AFU) {
        return is_sync_of_commands(cmd) ? 0 : SIS_CAP_AFU & ~cap;
    }
    missing = opcode_capability(cmd) & ~cap;
    if (!(cmd->flags & SIS_REQ_HANDLE) && !(cap & SIS_CAP_REAL)) {
        missing |= MISSING_REAL;
    }
    if (cmd->ctx_id != cmd->ctx->handle) {
        if (!(cap & SIS_CAP_PROXY)) {
            missing |= MISSING_PROXY;
        }
        if (cmd->ctx_id >= SIS_CONTEXTS ||
            !(sis->ctx[cmd->ctx_id].ctx_cap & SIS_CAP_TARGET)) {
            missing |= MISSING_TARGET;
        }
    }
    return missing;
}

/* The block is here */
void sis_decode(SisCommand *cmd)
{
    uint8_t missing;

    take_fields(cmd);
    trace_sis_command(cmd->ctx->handle, cmd->seq, cmd->flags, cmd->cdb[0],
                      cmd->lun_id, cmd->data_len, cmd->data_ea);
    start_timer(cmd);
    missing = missing_rights(cmd);
    if (missing) {
        sis_fail_afu(cmd, SIS_AFU_NO_CAP, missing);
        return;
    }
    if (cmd->flags & SIS_REQ_AFU) {
        if (!sis_injected(cmd)) {
            sis_afu_command(cmd);
        }
        return;
    }
    if (cmd->flags & SIS_REQ_HANDLE) {
        sis_rht_translate(cmd);
        return;
    }
    sis_execute(cmd, cmd->handle_or_ports);
}

/* The command is known, and the ports that can serve it */
void sis_execute(SisCommand *cmd, uint32_t ports)
{
    uint8_t extra;
    int port = sis_port_choose(cmd->afu, ports, &extra);

    if (port < 0) {
        sis_fail_afu(cmd, SIS_AFU_NO_PORT, extra);
        return;
    }
    cmd->port = port;
    if (sis_port_shut_down(cmd->afu, port)) {
        sis_fail_fc(cmd, SIS_FC_SHUT_DOWN, SIS_SHUT_DOWN_NEW);
        return;
    }
    if (cmd->by_index) {
        cmd->lun_id = cmd->afu->port[port].lun[cmd->lun_index];
    }
    cmd->lun = sis_lun_number(cmd->lun_id);
    if (sis_injected(cmd)) {
        return;
    }
    if (cmd->flags & SIS_REQ_TMF) {
        sis_task_management(cmd);
    } else {
        sis_scsi_start(cmd);
    }
}
