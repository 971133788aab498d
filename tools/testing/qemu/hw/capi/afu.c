/*
 * Base class of the accelerator models (AFUs) of CAPI cards
 *
 * They are on the system bus because that is where QEMU looks for a bus by its
 * name: an AFU can have one, for disks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/capi/afu.h"

static void capi_afu_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    /* part of a card, created by its host */
    dc->user_creatable = false;
}

static const TypeInfo capi_afu_info = {
    .name = TYPE_CAPI_AFU,
    .parent = TYPE_SYS_BUS_DEVICE,
    .abstract = true,
    .instance_size = sizeof(CapiAfu),
    .class_size = sizeof(CapiAfuClass),
    .class_init = capi_afu_class_init,
};

static void capi_afu_register_types(void)
{
    type_register_static(&capi_afu_info);
}

type_init(capi_afu_register_types)
