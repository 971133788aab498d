/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sysfs says of a card or an AFU, as JSON: what --json prints, what tables are
 * made from, and what is compared after a new image.
 */
#ifndef CAPI_MODEL_H
#define CAPI_MODEL_H

#include <json-c/json.h>

#include "sysfs.h"

/**
 * enum capi_platform - who owns the card
 * @CAPI_POWERVM: a hypervisor
 * @CAPI_BARE_METAL: this kernel
 */
enum capi_platform {
	CAPI_POWERVM,
	CAPI_BARE_METAL,
};

enum capi_platform capi_platform_of(const struct capi_name *card);
struct json_object *capi_describe_card(const struct capi_name *card, bool all);
struct json_object *capi_describe_afu(const struct capi_name *afu, bool all);
int capi_id_of(const struct capi_name *card, const char *id);
const char *capi_get(struct json_object *object, const char *key);
struct json_object *capi_in(struct json_object *object, const char *key);

#endif /* CAPI_MODEL_H */
