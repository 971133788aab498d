/* SPDX-License-Identifier: GPL-2.0-only */
/* Images of cards. */
#ifndef CAPI_IMAGE_H
#define CAPI_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "sysfs.h"

/**
 * struct capi_image - an image in memory
 * @path: the file
 * @bytes: its content
 * @len: bytes of it
 * @header: it begins with the header that firmware wants
 */
struct capi_image {
	const char *path;
	unsigned char *bytes;
	size_t len;
	bool header;
};

int capi_image_load(struct capi_image *image, const char *path);
int capi_image_check(const struct capi_image *image, const struct capi_name *card);
void capi_image_free(struct capi_image *image);

#endif /* CAPI_IMAGE_H */
