/*
 * Vital product data of CAPI cards
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CAPI_VPD_H
#define HW_CAPI_VPD_H

#include "hw/capi/afu.h"

void capi_vpd_keyword(GByteArray *ro, const char *keyword, const char *value);
GByteArray *capi_vpd_new(const char *name, const char *serial, CapiAfu *afu);

#endif /* HW_CAPI_VPD_H */
