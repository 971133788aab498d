// SPDX-License-Identifier: GPL-2.0-only
/*
 * make_image FILE BYTES [NAME=VALUE...]: an image for the emulated card of the first
 * memcpy AFU, with its header; see card_image.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card_image.h"

static int save(const char *name, const struct card_image *image)
{
	FILE *file = fopen(name, "w");
	int ret = 0;

	if (!file || fwrite(image->bytes, image->len, 1, file) != 1)
		ret = -1;
	if (file && fclose(file))
		ret = -1;
	if (ret)
		perror(name);
	return ret;
}

int main(int argc, char **argv)
{
	char settings[256] = "";
	struct card_image image;
	struct cxl_afu afu;
	int i, ret;

	if (argc < 3) {
		fputs("usage: make_image FILE BYTES [NAME=VALUE...]\n", stderr);
		return 2;
	}
	for (i = 3; i < argc; i++) {
		strncat(settings, argv[i], sizeof(settings) - strlen(settings) - 2);
		strcat(settings, "\n");
	}
	ret = cxl_find_memcpy_afu(&afu);
	if (!ret)
		ret = card_image_make(&image, &afu, settings, strtoul(argv[2], NULL, 10));
	if (ret) {
		fprintf(stderr, "make_image: %s\n", strerror(-ret));
		return 1;
	}
	ret = save(argv[1], &image);
	card_image_free(&image);
	return ret ? 1 : 0;
}
