/*
 * The SISLite storage AFU: contexts and the map of its registers
 *
 * Contexts submit SCSI commands in memory blocks of their own; the AFU carries
 * them out on the devices of a SCSI bus, moves the data by effective address
 * and reports in a ring of responses. A channel of the bus is a port of the
 * card.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/hotplug.h"
#include "afu-sislite.h"
#include "trace.h"

static void sis_add(CapiAfu *afu, PslContext *psl)
{
    SisContext *ctx = &CAPI_AFU_SISLITE(afu)->ctx[psl_context_handle(psl)];

    sis_host_reset(ctx);
    sis_ctrl_reset(ctx);
    ctx->psl = psl;
}

static void sis_terminate(CapiAfu *afu, PslContext *psl)
{
    SisContext *ctx = &CAPI_AFU_SISLITE(afu)->ctx[psl_context_handle(psl)];

    ctx->psl = NULL;
    sis_drop_commands(ctx);
}

static void sis_remove(CapiAfu *afu, PslContext *psl)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(afu);
    SisContext *ctx = &sis->ctx[psl_context_handle(psl)];

    sis_ctrl_reset(ctx);
    ctx->rht_start_written = false;
    ctx->rht_cnt_id_written = false;
    if (sis->afu_ctrl >> 48 == ctx->handle) {
        sis->afu_ctrl = 0;
    }
}

static void sis_reset(CapiAfu *afu)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(afu);
    uint32_t i;

    for (i = 0; i < SIS_CONTEXTS; i++) {
        SisContext *ctx = &sis->ctx[i];

        ctx->psl = NULL;
        sis_drop_commands(ctx);
        sis_host_reset(ctx);
        sis_ctrl_reset(ctx);
        ctx->rht_start = 0;
        ctx->rht_cnt_id = 0;
        ctx->rht_start_written = false;
        ctx->rht_cnt_id_written = false;
    }
    sis_global_reset(sis);
    for (i = 0; i < SIS_PORTS; i++) {
        sis_port_reset(sis, i);
    }
}

/*
 * Pages 2 and 3 behind the global registers are the ports 0 and 1, the next two
 * their LUN tables, and the same again for the ports 2 and 3.
 */
static bool sis_port_page(CapiAfuSislite *sis, uint64_t offset, int *port,
                          bool *luns)
{
    unsigned page = (offset - SIS_GLOBAL_BASE) / SIS_PAGE;

    if (page < 2 || page > 9) {
        return false;
    }
    page -= 2;
    *port = page % 2 + page / 4 * 2;
    *luns = page / 2 % 2;
    return *port < sis->ports;
}

static uint64_t sis_page_read(CapiAfuSislite *sis, uint64_t offset)
{
    uint64_t reg = offset % SIS_PAGE;
    int port;
    bool luns;

    if (offset < SIS_GLOBAL_BASE + SIS_PAGE) {
        return sis_global_read(sis, reg);
    }
    if (!sis_port_page(sis, offset, &port, &luns)) {
        return ~0ULL;
    }
    return luns ? sis_lun_read(sis, port, reg) : sis_port_read(sis, port, reg);
}

static void sis_page_write(CapiAfuSislite *sis, uint64_t offset, uint64_t val)
{
    uint64_t reg = offset % SIS_PAGE;
    int port;
    bool luns;

    if (offset < SIS_GLOBAL_BASE + SIS_PAGE) {
        sis_global_write(sis, reg, val);
    } else if (!sis_port_page(sis, offset, &port, &luns)) {
        return;
    } else if (luns) {
        sis_lun_write(sis, port, reg, val);
    } else {
        sis_port_write(sis, port, reg, val);
    }
}

static bool sis_width_valid(uint64_t offset, unsigned size)
{
    if (size == 8) {
        return true;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "capi: SISLite AFU: %u byte access at 0x%"
                  PRIx64 "\n", size, offset);
    return false;
}

static uint64_t sis_psa_read(CapiAfu *afu, uint64_t offset, unsigned size)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(afu);
    uint64_t val;

    if (!sis_width_valid(offset, size)) {
        return ~0ULL;
    }
    if (offset < SIS_CTRL_BASE) {
        val = sis_host_read(&sis->ctx[offset / SIS_HOST_SIZE],
                            offset % SIS_HOST_SIZE);
    } else if (offset < SIS_GLOBAL_BASE) {
        offset -= SIS_CTRL_BASE;
        val = sis_ctrl_read(&sis->ctx[offset / SIS_CTRL_SIZE],
                            offset % SIS_CTRL_SIZE);
        offset += SIS_CTRL_BASE;
    } else {
        val = sis_page_read(sis, offset);
    }
    trace_sis_read(offset, val);
    return val;
}

static void sis_psa_write(CapiAfu *afu, uint64_t offset, uint64_t val,
                          unsigned size)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(afu);

    if (!sis_width_valid(offset, size)) {
        return;
    }
    trace_sis_write(offset, val);
    if (offset < SIS_CTRL_BASE) {
        sis_host_write(&sis->ctx[offset / SIS_HOST_SIZE],
                       offset % SIS_HOST_SIZE, val);
    } else if (offset < SIS_GLOBAL_BASE) {
        offset -= SIS_CTRL_BASE;
        sis_ctrl_write(&sis->ctx[offset / SIS_CTRL_SIZE],
                       offset % SIS_CTRL_SIZE, val);
    } else {
        sis_page_write(sis, offset, val);
    }
}

static void sis_err_read(CapiAfu *afu, uint64_t offset, uint8_t *buf,
                         uint32_t len)
{
    /* there is no error buffer, unless the host of the card wants one */
    memset(buf, 0, len);
}

/* A disk came or went: its port may have become ready */
static void sis_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(handler);
    int port = SCSI_DEVICE(dev)->channel;

    sis->port[port].disks++;
    sis_port_update(sis, port, !dev->hotplugged);
}

static void sis_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(handler);
    int port = SCSI_DEVICE(dev)->channel;

    qdev_simple_device_unplug_cb(handler, dev, errp);
    sis->port[port].disks--;
    sis_port_update(sis, port, false);
}

static void sis_instance_init(Object *obj)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(obj);
    uint32_t i;

    CAPI_AFU(obj)->geom = (CapiAfuGeometry) {
        .psa_size = 64 * MiB,
        .pp_offset = 0,
        .pp_size = SIS_HOST_SIZE,
        .processes = SIS_CONTEXTS,
        .config_records = 1,
        .config_record_size = 256,
        .err_buffer_size = 0,
        .min_ints = 0,
    };
    for (i = 0; i < SIS_CONTEXTS; i++) {
        sis->ctx[i].afu = sis;
        sis->ctx[i].handle = i;
        QTAILQ_INIT(&sis->ctx[i].commands);
        QTAILQ_INIT(&sis->ctx[i].rrq);
    }
    QTAILQ_INIT(&sis->commands);
    QTAILQ_INIT(&sis->fifo);
    sis_add_properties(obj);
}

static void sis_instance_finalize(Object *obj)
{
    sis_free_properties(CAPI_AFU_SISLITE(obj));
}

static void sis_realize(DeviceState *dev, Error **errp)
{
    CapiAfuSislite *sis = CAPI_AFU_SISLITE(dev);
    const CapiAfuGeometry *g = &CAPI_AFU(dev)->geom;

    if (g->processes > SIS_CONTEXTS || g->psa_size < SIS_MAP_END ||
        g->pp_offset || g->pp_size != SIS_HOST_SIZE) {
        error_setg(errp, "the SISLite AFU has at most %d processes, windows of "
                   "64 KiB from 0 on, and 0x%x bytes or more", SIS_CONTEXTS,
                   SIS_MAP_END);
        return;
    }
    sis->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, sis_engine, sis);
    sis_scsi_init(sis);
    sis_reset(CAPI_AFU(dev));
}

static void sis_unrealize(DeviceState *dev)
{
    timer_free(CAPI_AFU_SISLITE(dev)->timer);
}

static void sis_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    CapiAfuClass *ac = CAPI_AFU_CLASS(klass);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    dc->desc = "SISLite storage accelerator of a CAPI card";
    dc->realize = sis_realize;
    dc->unrealize = sis_unrealize;
    hc->plug = sis_plug;
    hc->unplug = sis_unplug;
    ac->reset = sis_reset;
    ac->add = sis_add;
    ac->terminate = sis_terminate;
    ac->remove = sis_remove;
    ac->psa_read = sis_psa_read;
    ac->psa_write = sis_psa_write;
    ac->config_read = sis_config_read;
    ac->err_read = sis_err_read;
    ac->vpd = sis_vpd;
}

static const TypeInfo sis_info = {
    .name = TYPE_CAPI_AFU_SISLITE,
    .parent = TYPE_CAPI_AFU,
    .instance_size = sizeof(CapiAfuSislite),
    .instance_init = sis_instance_init,
    .instance_finalize = sis_instance_finalize,
    .class_init = sis_class_init,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_HOTPLUG_HANDLER },
        { }
    },
};

static void sis_register_types(void)
{
    type_register_static(&sis_info);
}

type_init(sis_register_types)
