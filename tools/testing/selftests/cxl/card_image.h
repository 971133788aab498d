/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images for cards, and handing them to a card's node in a partition.
 *
 * The bitstream of an emulated card is text that says what the card is to be,
 * and then anything.
 */
#ifndef CXL_SELFTEST_CARD_IMAGE_H
#define CXL_SELFTEST_CARD_IMAGE_H

#include "cxl_utils.h"

#define CARD_DOWNLOAD	CXL_IOCTL_DOWNLOAD_IMAGE
#define CARD_VALIDATE	CXL_IOCTL_VALIDATE_IMAGE

/**
 * struct card_image - an image, with its header
 * @bytes: all of it
 * @len: how many
 */
struct card_image {
	unsigned char *bytes;
	size_t len;
};

int card_image_make(struct card_image *image, const struct cxl_afu *afu,
		    const char *settings, size_t len);
void card_image_free(struct card_image *image);
int card_image_sha256(const struct card_image *image, char hex[65]);

bool card_has_node(const struct cxl_afu *afu);
int card_open(const struct cxl_afu *afu, int flags);
int card_request(int fd, unsigned long cmd, const struct cxl_adapter_image *request);
int card_piece(int fd, unsigned long cmd, const struct card_image *image,
	       size_t offset, size_t len);
int card_pass(int fd, unsigned long cmd, const struct card_image *image, size_t chunk);
int card_pass_bare(int fd, unsigned long cmd, const struct card_image *image,
		   size_t chunk);
int card_wait_back(const struct cxl_afu *afu);
int card_flash(const struct cxl_afu *afu, const struct card_image *image, size_t chunk);

#endif /* CXL_SELFTEST_CARD_IMAGE_H */
