/* SPDX-License-Identifier: GPL-2.0-only */
/* What has changed between two descriptions of a card. */
#ifndef CAPI_CHANGES_H
#define CAPI_CHANGES_H

#include <json-c/json.h>

unsigned int capi_changes(struct json_object *before, struct json_object *after);

#endif /* CAPI_CHANGES_H */
