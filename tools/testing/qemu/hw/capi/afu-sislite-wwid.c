/*
 * The SISLite storage AFU: world wide identifiers of LUNs
 *
 * Software that manages LUNs wants one of 16 bytes (NAA 6), which the disks of
 * QEMU do not have. The card adds it to what a disk says of itself. It depends
 * on the disk's wwn alone, if it has one, so that a disk that is reached
 * through two ports is recognised.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "scsi/constants.h"
#include "afu-sislite.h"

#define CDB_ALLOCATION          3

#define VPD_DEVICE_ID           0x83
#define VPD_HEADER              4
#define VPD_LENGTH              2

#define DESIGNATOR_HEADER       4
#define CODE_SET_BINARY         1
#define DESIGNATOR_NAA          3
#define NAA_6_IBM               0x6005076000000000ULL
#define NAA_6_SIZE              16

bool sis_wwid_wanted(const SisCommand *cmd)
{
    return cmd->cdb[0] == INQUIRY && (cmd->cdb[1] & 1) &&
           cmd->cdb[2] == VPD_DEVICE_ID && !cmd->pos &&
           cmd->req->dev->lun == cmd->lun;
}

static uint64_t wwid_low(SCSIDevice *dev)
{
    g_autofree char *path = NULL;

    if (dev->wwn) {
        return dev->wwn;
    }
    path = object_get_canonical_path(OBJECT(dev));
    return (uint64_t)g_str_hash(path) << 32 | dev->channel << 16 | dev->lun;
}

/*
 * The answer in @buf with one designator more is put into cmd->page. It is cut
 * where the allocation length says, but its header tells how long it is. What a
 * disk has put behind its last designator is no part of the page.
 *
 * Returns the number of bytes.
 */
uint32_t sis_wwid_add(SisCommand *cmd, const uint8_t *buf, uint32_t len)
{
    uint32_t wanted = lduw_be_p(cmd->cdb + CDB_ALLOCATION), end;
    uint8_t *p;

    cmd->page = g_malloc0(len + DESIGNATOR_HEADER + NAA_6_SIZE);
    memcpy(cmd->page, buf, len);
    if (len < VPD_HEADER) {
        return len;
    }
    end = VPD_HEADER + lduw_be_p(buf + VPD_LENGTH);
    stw_be_p(cmd->page + VPD_LENGTH,
             end - VPD_HEADER + DESIGNATOR_HEADER + NAA_6_SIZE);
    if (len < end) {
        return len;
    }
    p = cmd->page + end;
    p[0] = CODE_SET_BINARY;
    p[1] = DESIGNATOR_NAA;
    p[2] = 0;
    p[3] = NAA_6_SIZE;
    stq_be_p(p + DESIGNATOR_HEADER, NAA_6_IBM);
    stq_be_p(p + DESIGNATOR_HEADER + 8, wwid_low(cmd->req->dev));
    return MIN(end + DESIGNATOR_HEADER + NAA_6_SIZE, wanted);
}
