/*
 * Vital product data of CAPI cards
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CAPI_VPD_H
#define HW_CAPI_VPD_H

GByteArray *capi_vpd_new(const char *name, const char *serial);

#endif /* HW_CAPI_VPD_H */
