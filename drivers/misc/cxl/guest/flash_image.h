/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images of cards: what a program may pass, what precedes an image, and in
 * which order its pieces come. Nothing here touches hardware.
 */
#ifndef _CXL_GUEST_FLASH_IMAGE_H
#define _CXL_GUEST_FLASH_IMAGE_H

#include <linux/types.h>

#include "hcall.h"

struct cxl_adapter_image;

/**
 * struct guest_image_ids - the kind of card that an image is made for
 * @vendor: PCI vendor
 * @device: PCI device
 * @subsystem_vendor: PCI subsystem vendor
 * @subsystem: PCI subsystem
 */
struct guest_image_ids {
	u16 vendor;
	u16 device;
	u16 subsystem_vendor;
	u16 subsystem;
};

/**
 * struct guest_image_header - precedes an image (LoPAR, "Base Adapter Image")
 * @version: 1
 * @reserved1: zero
 * @vendor: guest_image_ids.vendor
 * @device: guest_image_ids.device
 * @subsystem_vendor: guest_image_ids.subsystem_vendor
 * @subsystem: guest_image_ids.subsystem
 * @offset: where the image begins
 * @length: its bytes, without the header
 * @reserved2: zero
 */
struct guest_image_header {
	__be16 version;
	u8 reserved1[6];
	__be16 vendor;
	__be16 device;
	__be16 subsystem_vendor;
	__be16 subsystem;
	__be64 offset;
	__be64 length;
	u8 reserved2[96];
};

/**
 * enum guest_flash_phase - how far a card has come with a new image
 * @GUEST_FLASH_IDLE: nothing was begun
 * @GUEST_FLASH_DOWNLOAD: waits for the next piece of the download
 * @GUEST_FLASH_DOWNLOADED: all of it is there, to be validated
 * @GUEST_FLASH_VALIDATE: waits for the next piece to compare
 * @GUEST_FLASH_DONE: the card has the new image; comes back when its file is
 *	closed
 * @GUEST_FLASH_RESET: it went wrong; the card is being reset
 * @GUEST_FLASH_GONE: the card is being removed
 */
enum guest_flash_phase {
	GUEST_FLASH_IDLE,
	GUEST_FLASH_DOWNLOAD,
	GUEST_FLASH_DOWNLOADED,
	GUEST_FLASH_VALIDATE,
	GUEST_FLASH_DONE,
	GUEST_FLASH_RESET,
	GUEST_FLASH_GONE,
};

int guest_image_check(const struct cxl_adapter_image *image);
void guest_image_header_fill(struct guest_image_header *header,
			     const struct guest_image_ids *ids, u64 length);
bool guest_flash_begins(enum guest_flash_phase phase, enum guest_download_op op);
bool guest_flash_continues(enum guest_flash_phase phase, enum guest_download_op op);
bool guest_flash_unfinished(enum guest_flash_phase phase);

#endif /* _CXL_GUEST_FLASH_IMAGE_H */
