/*
 * The SISLite storage AFU: SCSI commands
 *
 * The devices of the bus do the work. Their data go through the PSL, with the
 * translation of the context that the command names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/qdev-core.h"
#include "scsi/constants.h"
#include "afu-sislite.h"
#include "trace.h"

#define LUN_MAX                 255

/* First byte of a SCSI LUN: addressing method, and with the first, a bus */
#define LUN_METHOD              0xc0
#define   LUN_PERIPHERAL            0x00
#define   LUN_FLAT                  0x40

static const SCSISense sense_data_length = {
    .key = ILLEGAL_REQUEST, .asc = 0x0e, .ascq = 0x03,
};

/* The number in a LUN id, -1: there cannot be such a one */
int sis_lun_number(uint64_t lun_id)
{
    uint8_t first = lun_id >> 56;

    if (lun_id & MAKE_64BIT_MASK(0, 48)) {
        return -1;
    }
    switch (first & LUN_METHOD) {
    case LUN_PERIPHERAL:
        return first ? -1 : lun_id >> 48;
    case LUN_FLAT:
        return lun_id >> 48 & 0x3fff;
    default:
        return -1;
    }
}

void sis_fail_sense(SisCommand *cmd, SCSISense sense)
{
    SisResult *res = &cmd->result;

    res->scsi_rc = CHECK_CONDITION;
    res->flags |= SIS_SENSE_VALID;
    scsi_build_sense_buf(res->sense, sizeof(res->sense), sense, true);
    sis_finish(cmd);
}

/* Bytes that the command is going to move; an allocation length is no such */
static uint64_t fixed_length(const SCSIRequest *req)
{
    switch (req->cmd.buf[0]) {
    case READ_6:
    case READ_10:
    case READ_12:
    case READ_16:
        return req->cmd.xfer;
    default:
        return req->cmd.mode == SCSI_XFER_TO_DEV ? req->cmd.xfer : 0;
    }
}

/* Does the block announce what the CDB is going to do? */
static bool check_length(SisCommand *cmd)
{
    const SCSICommand *scsi = &cmd->req->cmd;
    bool to_device = scsi->mode == SCSI_XFER_TO_DEV;
    uint64_t len = fixed_length(cmd->req);

    if (scsi->xfer && scsi->mode != SCSI_XFER_NONE &&
        to_device != !!(cmd->flags & SIS_REQ_WRITE)) {
        sis_fail_afu(cmd, SIS_AFU_DIRECTION, 0);
        return false;
    }
    if (len > cmd->data_len) {
        cmd->result.flags |= SIS_OVERRUN;
        cmd->result.resid = len - cmd->data_len;
        sis_fail_sense(cmd, sense_data_length);
        return false;
    }
    return true;
}

void sis_scsi_start(SisCommand *cmd)
{
    SCSIDevice *dev = NULL;
    SCSIRequest *req;

    if (cmd->lun >= 0) {
        dev = scsi_device_get(&cmd->afu->bus, cmd->port, 0, cmd->lun);
    }
    if (!dev) {
        sis_fail_sense(cmd, SENSE_CODE(LUN_NOT_SUPPORTED));
        return;
    }
    req = scsi_req_new(dev, cmd->seq, cmd->lun, cmd->cdb, sizeof(cmd->cdb),
                       cmd);
    object_unref(OBJECT(dev));
    cmd->req = req;
    if (!check_length(cmd)) {
        return;
    }
    sis_command_ref(cmd);
    cmd->in_scsi = true;
    scsi_req_ref(req);
    if (scsi_req_enqueue(req)) {
        scsi_req_continue(req);
    }
    scsi_req_unref(req);
}

/* A piece of the data has been moved, or could not be */
static void piece_moved(SisCommand *cmd, CapiResp resp)
{
    if (resp != CAPI_RESP_DONE) {
        sis_abort(cmd, SIS_AFU_DATA_DMA, 0, resp);
        return;
    }
    cmd->pos += cmd->acc.len;
    scsi_req_continue(cmd->req);
}

/* SCSIBusInfo.transfer_data: @len bytes are there, or room for them */
static void scsi_transfer(SCSIRequest *req, uint32_t len)
{
    SisCommand *cmd = req->hba_private;
    uint8_t *buf = scsi_req_get_buf(req);
    bool store = req->cmd.mode == SCSI_XFER_FROM_DEV;
    uint32_t room = cmd->data_len - cmd->pos;

    if (cmd->dead || cmd->aborting) {
        return;
    }
    if (store && sis_wwid_wanted(cmd)) {
        len = sis_wwid_add(cmd, buf, len);
        buf = cmd->page;
    }
    if (len > room) {
        cmd->result.flags |= SIS_OVERRUN;
        cmd->result.resid += len - room;
        len = room;
    }
    if (!len) {
        scsi_req_continue(req);
        return;
    }
    sis_access(cmd, &cmd->afu->ctx[cmd->ctx_id],
               store ? CAPI_ACCESS_WRITE : CAPI_ACCESS_READ,
               cmd->data_ea + cmd->pos, buf, len, piece_moved);
}

static void take_status(SisCommand *cmd)
{
    SCSIRequest *req = cmd->req;
    SisResult *res = &cmd->result;

    res->scsi_rc = req->status;
    if (req->status == CHECK_CONDITION &&
        scsi_req_get_sense(req, res->sense, sizeof(res->sense))) {
        res->flags |= SIS_SENSE_VALID;
    }
    if (cmd->pos < cmd->data_len && !(res->flags & SIS_OVERRUN)) {
        res->resid = cmd->data_len - cmd->pos;
        if (!(cmd->flags & SIS_REQ_SUP_UNDERRUN)) {
            res->flags |= SIS_UNDERRUN;
        }
    }
}

/* SCSIBusInfo.complete */
static void scsi_complete(SCSIRequest *req, size_t residual)
{
    SisCommand *cmd = req->hba_private;

    cmd->in_scsi = false;
    if (cmd->aborting) {
        sis_abort_check(cmd);
    } else if (!cmd->dead) {
        take_status(cmd);
        sis_finish(cmd);
    }
    sis_command_unref(cmd);
}

/* SCSIBusInfo.fail: what is behind a device has failed */
static void scsi_fail(SCSIRequest *req)
{
    SisCommand *cmd = req->hba_private;

    cmd->in_scsi = false;
    if (cmd->aborting) {
        sis_abort_check(cmd);
    } else if (!cmd->dead) {
        sis_fail_fc(cmd, SIS_FC_UNEXPECTED, 0);
    }
    sis_command_unref(cmd);
}

/* SCSIBusInfo.cancel: by us, or because the device was reset or taken away */
static void scsi_cancel(SCSIRequest *req)
{
    SisCommand *cmd = req->hba_private;

    cmd->in_scsi = false;
    if (cmd->aborting) {
        sis_abort_check(cmd);
    } else {
        sis_abort(cmd, 0, SIS_FC_ABORTED, SIS_ABORT_AFU);
    }
    sis_command_unref(cmd);
}

static const SCSIBusInfo sis_scsi_info = {
    .tcq = true,
    .max_channel = SIS_PORTS - 1,
    .max_target = 0,
    .max_lun = LUN_MAX,
    .transfer_data = scsi_transfer,
    .complete = scsi_complete,
    .fail = scsi_fail,
    .cancel = scsi_cancel,
};

/*
 * The bus of AFU n has the name that the n-th bus of the card would have: the
 * card is what a user has given a name to.
 */
void sis_scsi_init(CapiAfuSislite *sis)
{
    Object *card = OBJECT(sis)->parent;
    DeviceState *dev = (DeviceState *)object_dynamic_cast(card, TYPE_DEVICE);
    g_autofree char *name = NULL;
    const char *child = object_get_canonical_path_component(OBJECT(sis));
    unsigned index = 0;

    if (dev && dev->id && child && sscanf(child, "afu[%u]", &index) == 1) {
        name = g_strdup_printf("%s.%u", dev->id, index);
    }
    scsi_bus_init_named(&sis->bus, sizeof(sis->bus), DEVICE(sis),
                        &sis_scsi_info, name);
    qbus_set_hotplug_handler(BUS(&sis->bus), OBJECT(sis));
}
