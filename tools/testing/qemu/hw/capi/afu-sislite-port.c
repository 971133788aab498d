/*
 * The SISLite storage AFU: ports, their errors and their LUN tables
 *
 * A port is online if software wants it to be and the cable is in, and ready
 * if it is online, has no serious error, and there is something behind it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "afu-sislite.h"
#include "trace.h"

#define PORT_CMDCONFIG          0x010
#define   CMDCONFIG_ON_LINE         0x20
#define   CMDCONFIG_OFF_LINE        0x40
#define   CMDCONFIG_WRITABLE        0x7f
#define PORT_MTIP_STATUS        0x018
#define   MTIP_ONLINE               0x20
#define   MTIP_OFFLINE              0x10
#define PORT_PNAME              0x300
#define PORT_NNAME              0x308
#define PORT_PORT_ID            0x310
#define PORT_CONFIG             0x320
#define   CONFIG_LINK               0x1
#define PORT_CONFIG2            0x328
#define   CONFIG2_SHUTDOWN          0x10
#define   CONFIG2_ABRUPT            0x20
#define PORT_STATUS             0x330
#define   STATUS_LINK_UP            0x01
#define   STATUS_ONLINE             0x02
#define   STATUS_READY              0x04
#define   STATUS_INIT_DONE          0x08
#define   STATUS_SHUTTING_DOWN      0x10
#define   STATUS_SHUT_DOWN          0x20
#define PORT_ERROR              0x380
#define PORT_ERRCAP             0x388
#define   ERRCAP_NOT_READY          0x0000ffffffff0000ULL
#define PORT_ERRMSK             0x390
#define PORT_ERRSET             0x398
#define PORT_TARGET             0x400
#define PORT_TARGET_LAST        0x418
#define   MAX_TRANSFER              0x1000
#define PORT_CNT_LINKERR        0x530
#define PORT_CNT_CRCERR         0x538
#define PORT_CNT_CRCERR_COPY    0x540
#define PORT_CRC_THRESH         0x580

static bool port_link_up(const SisPort *p)
{
    return (p->config & CONFIG_LINK) && !p->cable_out;
}

static bool port_is_online(const SisPort *p)
{
    return (p->cmdconfig & CMDCONFIG_ON_LINE) &&
           !(p->cmdconfig & CMDCONFIG_OFF_LINE) && port_link_up(p);
}

bool sis_port_shut_down(CapiAfuSislite *sis, int port)
{
    return sis->port[port].config2 & (CONFIG2_SHUTDOWN | CONFIG2_ABRUPT);
}

static bool port_busy(CapiAfuSislite *sis, int port)
{
    SisCommand *cmd;

    QTAILQ_FOREACH(cmd, &sis->commands, in_afu) {
        if (cmd->port == port && !cmd->finishing) {
            return true;
        }
    }
    return false;
}

/* An end of one command can be the end of others: always start again */
static void port_abort_all(CapiAfuSislite *sis, int port, uint8_t fc_rc,
                           uint8_t extra)
{
    SisCommand *cmd;

restart:
    QTAILQ_FOREACH(cmd, &sis->commands, in_afu) {
        if (cmd->port == port && !cmd->finishing && !cmd->aborting) {
            sis_abort(cmd, 0, fc_rc, extra);
            goto restart;
        }
    }
}

/* Tell of what has changed; @quiet: this is how it starts */
void sis_port_update(CapiAfuSislite *sis, int port, bool quiet)
{
    SisPort *p = &sis->port[port];
    bool was_online = p->online, was_ready = p->ready;

    p->online = port_is_online(p);
    p->ready = p->online && !(p->errcap & ERRCAP_NOT_READY) && p->disks;
    if (quiet || port >= sis->ports) {
        return;
    }
    if (was_online && !p->online) {
        port_abort_all(sis, port, SIS_FC_LINK_DOWN, 0);
        sis_event(sis, port, SIS_EVENT_LINK_DN);
    } else if (!was_online && p->online) {
        sis_event(sis, port, SIS_EVENT_LINK_UP);
    }
    if (!was_ready && p->ready) {
        sis_event(sis, port, SIS_EVENT_LOGI_S);
    }
}

/* A reset of the AFU; the names survive it, and the cable is as it was */
void sis_port_reset(CapiAfuSislite *sis, int port)
{
    SisPort *p = &sis->port[port];

    p->cmdconfig = CMDCONFIG_ON_LINE;
    p->config = CONFIG_LINK;
    p->config2 = 0;
    p->error = 0;
    p->errcap = 0;
    p->errmsk = 0;
    p->crc_count = 0;
    p->crc_thresh = 0;
    memset(p->target, 0, sizeof(p->target));
    p->target[3] = MAX_TRANSFER;
    memset(p->lun, 0, sizeof(p->lun));
    sis_port_update(sis, port, true);
}

/* Of the usable ports among those that are wanted the one with least to do */
int sis_port_choose(CapiAfuSislite *sis, uint32_t wanted, uint8_t *extra)
{
    uint32_t load[SIS_PORTS] = {}, available = 0;
    SisCommand *cmd;
    int i, best = -1;

    QTAILQ_FOREACH(cmd, &sis->commands, in_afu) {
        if (cmd->port >= 0) {
            load[cmd->port]++;
        }
    }
    for (i = 0; i < sis->ports; i++) {
        if (!sis->port[i].ready || !(sis->port_sel & 1u << i)) {
            continue;
        }
        available |= 1u << i;
        if ((wanted & 1u << i) && (best < 0 || load[i] < load[best])) {
            best = i;
        }
    }
    *extra = sis->ports > 2 ? available << 4 | (wanted & 0xf)
                            : available << 2 | (wanted & 0x3);
    return best;
}

/* Which event the captured bits of the error register are */
static void port_error_events(CapiAfuSislite *sis, int port, uint64_t bits)
{
    if (bits & MAKE_64BIT_MASK(0, 8)) {
        sis_event(sis, port, SIS_EVENT_LOGI_F);
    }
    if (bits & MAKE_64BIT_MASK(8, 8)) {
        sis_event(sis, port, SIS_EVENT_LOGI_R);
    }
    if (bits & MAKE_64BIT_MASK(16, 8)) {
        sis_event(sis, port, SIS_EVENT_LOGO);
    }
    if (bits & MAKE_64BIT_MASK(24, 24)) {
        sis_event(sis, port, SIS_EVENT_OTHER);
    }
}

/* As long as nothing is captured, the register looks for something */
static void port_capture(CapiAfuSislite *sis, int port)
{
    SisPort *p = &sis->port[port];

    if (!p->errcap) {
        p->errcap = p->error & ~p->errmsk;
        port_error_events(sis, port, p->errcap);
    }
    sis_port_update(sis, port, false);
}

void sis_port_error(CapiAfuSislite *sis, int port, uint64_t bits)
{
    sis->port[port].error |= bits;
    port_capture(sis, port);
}

void sis_port_crc(CapiAfuSislite *sis, int port, uint64_t count)
{
    SisPort *p = &sis->port[port];
    bool was_above = p->crc_count > p->crc_thresh;

    p->crc_count += count;
    if (!was_above && p->crc_count > p->crc_thresh) {
        sis_event(sis, port, SIS_EVENT_CRC_T);
    }
}

static uint64_t port_status(CapiAfuSislite *sis, int port)
{
    SisPort *p = &sis->port[port];
    uint64_t val = STATUS_INIT_DONE;

    if (port_link_up(p)) {
        val |= STATUS_LINK_UP;
    }
    if (p->online) {
        val |= STATUS_ONLINE;
    }
    if (sis_port_shut_down(sis, port)) {
        val |= port_busy(sis, port) ? STATUS_SHUTTING_DOWN :
               STATUS_SHUTTING_DOWN | STATUS_SHUT_DOWN;
    } else if (p->ready) {
        val |= STATUS_READY;
    }
    return val;
}

static uint64_t port_crc_read(SisPort *p)
{
    uint64_t val = p->crc_count;

    p->crc_count = 0;
    return val;
}

uint64_t sis_port_read(CapiAfuSislite *sis, int port, uint64_t reg)
{
    SisPort *p = &sis->port[port];

    switch (reg) {
    case PORT_CMDCONFIG:
        return p->cmdconfig;
    case PORT_MTIP_STATUS:
        return p->online ? MTIP_ONLINE : MTIP_OFFLINE;
    case PORT_PNAME:
        return p->pname;
    case PORT_NNAME:
        return p->nname;
    case PORT_CONFIG:
        return p->config;
    case PORT_CONFIG2:
        return p->config2;
    case PORT_STATUS:
        return port_status(sis, port);
    case PORT_ERROR:
        return p->error;
    case PORT_ERRCAP:
        return p->errcap;
    case PORT_ERRMSK:
        return p->errmsk;
    case PORT_TARGET ... PORT_TARGET_LAST:
        return p->target[(reg - PORT_TARGET) / 8];
    case PORT_CNT_CRCERR:
        return port_crc_read(p);
    case PORT_CNT_CRCERR_COPY:
        return p->crc_count;
    case PORT_CRC_THRESH:
        return p->crc_thresh;
    case PORT_PORT_ID:
    case PORT_CNT_LINKERR:
        return 0;
    default:
        return ~0ULL;
    }
}

static void port_config2_write(CapiAfuSislite *sis, int port, uint64_t val)
{
    sis->port[port].config2 = val;
    if (val & CONFIG2_ABRUPT) {
        port_abort_all(sis, port, SIS_FC_SHUT_DOWN, SIS_SHUT_DOWN_ACTIVE);
    }
}

void sis_port_write(CapiAfuSislite *sis, int port, uint64_t reg, uint64_t val)
{
    SisPort *p = &sis->port[port];

    switch (reg) {
    case PORT_CMDCONFIG:
        p->cmdconfig = val & CMDCONFIG_WRITABLE;
        sis_port_update(sis, port, false);
        break;
    case PORT_PNAME:
        p->pname = val;
        break;
    case PORT_NNAME:
        p->nname = val;
        break;
    case PORT_CONFIG:
        p->config = val;
        sis_port_update(sis, port, false);
        break;
    case PORT_CONFIG2:
        port_config2_write(sis, port, val);
        break;
    case PORT_ERROR:
        p->error &= ~val;
        break;
    case PORT_ERRCAP:
        p->errcap = val;
        port_capture(sis, port);
        break;
    case PORT_ERRMSK:
        p->errmsk = val;
        port_capture(sis, port);
        break;
    case PORT_ERRSET:
        sis_port_error(sis, port, val);
        break;
    case PORT_TARGET ... PORT_TARGET_LAST:
        p->target[(reg - PORT_TARGET) / 8] = val;
        break;
    case PORT_CNT_CRCERR:
        p->crc_count = val;
        break;
    case PORT_CRC_THRESH:
        p->crc_thresh = val;
        break;
    }
}

uint64_t sis_lun_read(CapiAfuSislite *sis, int port, uint64_t reg)
{
    return reg / 8 < SIS_LUNS ? sis->port[port].lun[reg / 8] : ~0ULL;
}

void sis_lun_write(CapiAfuSislite *sis, int port, uint64_t reg, uint64_t val)
{
    if (reg / 8 < SIS_LUNS) {
        sis->port[port].lun[reg / 8] = val;
    }
}
