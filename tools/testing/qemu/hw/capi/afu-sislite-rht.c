/*
 * The SISLite storage AFU: resource handles
 *
 * A handle is the index of an entry in the resource handle table (RHT) of a
 * context. Such an entry is a LUN, or a virtual one: the start of a table (LXT)
 * that tells for each chunk of it where it is. The tables are read anew for
 * each command, so that nothing has to be forgotten when software changes them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "afu-sislite.h"

#define RHT_ENTRY               16
#define RHT_ALIGN               16
#define RHT_LXT_START           0
#define RHT_LXT_CNT             8
#define RHT_LUN_ID              0
#define RHT_VALID               8
#define   VALID                     0x80
#define RHT_FP                  14
#define   FP_FORMAT                 0xf0
#define   FP_PHYSICAL               0x10
#define   FP_READ                   0x01
#define   FP_WRITE                  0x02
#define RHT_NMASK               15
#define RHT_PORTS               15

#define LXT_ENTRY               8
#define LXT_ALIGN               8
#define LXT_CHUNK_SHIFT         16
#define LXT_INDEX               0xff00
#define LXT_INDEX_SHIFT         8
#define LXT_WRITE               0x20
#define LXT_READ                0x10
#define LXT_PORTS               0x0f

/* Why an RHT is invalid */
#define INVALID_UNSET           1
#define INVALID_FORMAT          2
#define INVALID_ENTRY           3

/* A command on a virtual LUN moves one block */
#define LXT_LENGTH              1

#define CDB_LBA                 2
#define CDB_BLOCKS              10

/* The context whose tables count */
static SisContext *table_owner(SisCommand *cmd)
{
    return &cmd->afu->ctx[cmd->ctx_id];
}

/* The context in whose address space they are, NULL: there is no such one */
static SisContext *table_context(SisCommand *cmd)
{
    uint32_t handle = table_owner(cmd)->rht_cnt_id >> 32 & 0xffff;

    return handle < SIS_CONTEXTS ? &cmd->afu->ctx[handle] : NULL;
}

static bool may_translate(SisCommand *cmd)
{
    return table_context(cmd)->ctx_cap & SIS_CAP_TRANSLATE;
}

static bool is_write(const SisCommand *cmd)
{
    return cmd->flags & SIS_REQ_WRITE;
}

static void lxt_read(SisCommand *cmd, CapiResp resp)
{
    unsigned nmask = cmd->nmask;
    uint64_t lba = ldq_be_p(cmd->cdb + CDB_LBA), lxt;

    if (resp != CAPI_RESP_DONE) {
        sis_fail_afu(cmd, SIS_AFU_LXT_DMA, resp);
        return;
    }
    lxt = sis_order64(table_context(cmd), cmd->entry);
    if (!(lxt & (is_write(cmd) ? LXT_WRITE : LXT_READ))) {
        sis_fail_afu(cmd, SIS_AFU_LXT_PERM, 0);
        return;
    }
    if (!may_translate(cmd)) {
        sis_fail_afu(cmd, SIS_AFU_NO_TRANSLATE, 0);
        return;
    }
    lba = lxt >> LXT_CHUNK_SHIFT << nmask | (lba & ((1ULL << nmask) - 1));
    stq_be_p(cmd->cdb + CDB_LBA, lba);
    cmd->by_index = true;
    cmd->lun_index = (lxt & LXT_INDEX) >> LXT_INDEX_SHIFT;
    sis_execute(cmd, lxt & LXT_PORTS);
}

static void translate_virtual(SisCommand *cmd)
{
    SisContext *tables = table_context(cmd);
    uint64_t start = sis_order64(tables, cmd->entry + RHT_LXT_START);
    uint32_t count = sis_order32(tables, cmd->entry + RHT_LXT_CNT);
    unsigned nmask = cmd->entry[RHT_NMASK] & 63;
    uint64_t chunk = ldq_be_p(cmd->cdb + CDB_LBA) >> nmask;

    if (ldl_be_p(cmd->cdb + CDB_BLOCKS) != LXT_LENGTH) {
        sis_fail_afu(cmd, SIS_AFU_LXT_BOUNDS, 1);
        return;
    }
    if (start % LXT_ALIGN) {
        sis_fail_afu(cmd, SIS_AFU_LXT_UNALIGNED, 0);
        return;
    }
    if (chunk >= count) {
        sis_fail_afu(cmd, SIS_AFU_LXT_BOUNDS, 0);
        return;
    }
    cmd->nmask = nmask;
    sis_access(cmd, tables, CAPI_ACCESS_READ, start + chunk * LXT_ENTRY,
               cmd->entry, LXT_ENTRY, lxt_read);
}

static void translate_physical(SisCommand *cmd)
{
    if (!may_translate(cmd)) {
        sis_fail_afu(cmd, SIS_AFU_NO_TRANSLATE, 0);
        return;
    }
    cmd->lun_id = sis_order64(table_context(cmd), cmd->entry + RHT_LUN_ID);
    sis_execute(cmd, cmd->entry[RHT_PORTS]);
}

static void rht_read(SisCommand *cmd, CapiResp resp)
{
    uint8_t fp = cmd->entry[RHT_FP];
    bool physical = (fp & FP_FORMAT) == FP_PHYSICAL;

    if (resp != CAPI_RESP_DONE) {
        sis_fail_afu(cmd, SIS_AFU_RHT_DMA, resp);
        return;
    }
    if (!physical && (fp & FP_FORMAT)) {
        sis_fail_afu(cmd, SIS_AFU_RHT_INVALID, INVALID_FORMAT);
        return;
    }
    if (physical && !(cmd->entry[RHT_VALID] & VALID)) {
        sis_fail_afu(cmd, SIS_AFU_RHT_INVALID, INVALID_ENTRY);
        return;
    }
    if (!(fp & (is_write(cmd) ? FP_WRITE : FP_READ))) {
        sis_fail_afu(cmd, SIS_AFU_RHT_PERM, 0);
        return;
    }
    if (physical) {
        translate_physical(cmd);
    } else {
        translate_virtual(cmd);
    }
}

void sis_rht_translate(SisCommand *cmd)
{
    SisContext *owner = table_owner(cmd), *tables = table_context(cmd);
    uint32_t handle = cmd->handle_or_ports;

    if (!owner->rht_start_written || !owner->rht_cnt_id_written) {
        sis_fail_afu(cmd, SIS_AFU_RHT_INVALID, INVALID_UNSET);
        return;
    }
    if (handle >= owner->rht_cnt_id >> 48) {
        sis_fail_afu(cmd, SIS_AFU_RHT_HANDLE, 0);
        return;
    }
    if (owner->rht_start % RHT_ALIGN) {
        sis_fail_afu(cmd, SIS_AFU_RHT_UNALIGNED, 0);
        return;
    }
    if (!tables) {
        sis_fail_afu(cmd, SIS_AFU_RHT_DMA, CAPI_RESP_CONTEXT);
        return;
    }
    sis_access(cmd, tables, CAPI_ACCESS_READ,
               owner->rht_start + (uint64_t)handle * RHT_ENTRY, cmd->entry,
               RHT_ENTRY, rht_read);
}
