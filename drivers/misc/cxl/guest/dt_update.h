/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing the device tree up to date after a card has got a new image.
 */
#ifndef _CXL_GUEST_DT_UPDATE_H
#define _CXL_GUEST_DT_UPDATE_H

#include <linux/types.h>

int guest_dt_update(u64 facility);

#endif /* _CXL_GUEST_DT_UPDATE_H */
