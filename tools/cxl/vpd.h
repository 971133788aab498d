/* SPDX-License-Identifier: GPL-2.0-only */
/* Vital product data in the format of PCI. */
#ifndef CAPI_VPD_H
#define CAPI_VPD_H

#include <stddef.h>
#include <json-c/json.h>

struct json_object *capi_vpd_parse(const unsigned char *data, size_t len);
const char *capi_vpd_meaning(const char *keyword);

#endif /* CAPI_VPD_H */
