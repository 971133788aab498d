/*
 * The SISLite storage AFU: commands to the AFU itself, and task management
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/resettable.h"
#include "afu-sislite.h"
#include "trace.h"

/* cdb[1] of SYNC and what is beyond these is no mode */
#define SYNC_LIGHT              0

#define TMF_LUN_RESET           1
#define TMF_CLEAR_ACA           2

/* Has a command of @order to be over first? */
static bool precedes(const SisCommand *old, const SisCommand *cmd)
{
    if (old->seq >= cmd->seq) {
        return false;
    }
    return !(cmd->flags & SIS_REQ_TMF) ||
           (old->port == cmd->port && old->lun == cmd->lun);
}

static bool blocked(SisCommand *cmd)
{
    SisCommand *old;

    QTAILQ_FOREACH(old, &cmd->afu->commands, in_afu) {
        if (precedes(old, cmd)) {
            return true;
        }
    }
    return false;
}

static void wait_for_older(SisCommand *cmd)
{
    cmd->waiting = true;
    sis_barrier_check(cmd->afu);
}

/* A command has ended: finish those that have waited for it */
void sis_barrier_check(CapiAfuSislite *sis)
{
    SisCommand *cmd;

restart:
    QTAILQ_FOREACH(cmd, &sis->commands, in_afu) {
        if (cmd->waiting && !blocked(cmd)) {
            cmd->waiting = false;
            if (!cmd->finishing) {
                sis_finish(cmd);
            }
            goto restart;
        }
    }
}

static void synchronise(SisCommand *cmd)
{
    switch (cmd->cdb[1]) {
    case SYNC_LIGHT:
        /* tables are read for each command: there is nothing to forget */
        sis_finish(cmd);
        break;
    case SIS_SYNC_HEAVY:
    case SIS_SYNC_GLOBAL:
        wait_for_older(cmd);
        break;
    default:
        sis_fail_sense(cmd, SENSE_CODE(INVALID_FIELD));
        break;
    }
}

void sis_afu_command(SisCommand *cmd)
{
    if (cmd->cdb[0] == SIS_AFU_SYNC) {
        synchronise(cmd);
    } else {
        sis_fail_sense(cmd, SENSE_CODE(INVALID_OPCODE));
    }
}

static void abort_lun(SisCommand *tmf)
{
    SisCommand *cmd;

restart:
    QTAILQ_FOREACH(cmd, &tmf->afu->commands, in_afu) {
        if (precedes(cmd, tmf) && !cmd->finishing && !cmd->aborting) {
            sis_abort(cmd, 0, SIS_FC_ABORTED, SIS_ABORT_AFU);
            goto restart;
        }
    }
}

static void lun_reset(SisCommand *cmd)
{
    SCSIDevice *dev = NULL;

    if (cmd->lun >= 0) {
        dev = scsi_device_get(&cmd->afu->bus, cmd->port, 0, cmd->lun);
    }
    if (!dev || dev->lun != cmd->lun) {
        object_unref(OBJECT(dev));
        sis_fail_sense(cmd, SENSE_CODE(LUN_NOT_SUPPORTED));
        return;
    }
    abort_lun(cmd);
    device_cold_reset(DEVICE(dev));
    object_unref(OBJECT(dev));
    wait_for_older(cmd);
}

/* The code is a doubleword in the order of the host, whichever that is */
void sis_task_management(SisCommand *cmd)
{
    uint64_t big = ldq_be_p(cmd->cdb), little = ldq_le_p(cmd->cdb);

    if (big == TMF_LUN_RESET || little == TMF_LUN_RESET) {
        lun_reset(cmd);
    } else if (big == TMF_CLEAR_ACA || little == TMF_CLEAR_ACA) {
        /* nothing ever sets this condition */
        sis_finish(cmd);
    } else {
        sis_fail_sense(cmd, SENSE_CODE(INVALID_FIELD));
    }
}
