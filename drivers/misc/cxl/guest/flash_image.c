// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images of cards (LoPAR, "Coherent Platform Facilities", download).
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/string.h>

#include <asm/byteorder.h>
#include <uapi/misc/cxl.h>

#include "flash_image.h"
#include "sg_list.h"

#define HEADER_VERSION	1

static_assert(sizeof(struct guest_image_header) == CXL_AI_HEADER_SIZE);
static_assert(GUEST_SG_MAX_SIZE == CXL_AI_MAX_CHUNK_SIZE);
static_assert(GUEST_SG_MAX_ENTRIES == CXL_AI_MAX_ENTRIES);

/**
 * guest_image_check() - is this a piece that can be passed on?
 * @image: the arguments of the request
 *
 * Return: 0, or -EINVAL for unknown flags, reserved fields that are used, or a
 * piece that is empty, too long, or longer than the image whose header the
 * kernel is to make.
 */
int guest_image_check(const struct cxl_adapter_image *image)
{
	u64 room = CXL_AI_MAX_CHUNK_SIZE;

	if (image->flags & ~CXL_AI_ALL || image->reserved1 || image->reserved2 ||
	    image->reserved3 || image->reserved4)
		return -EINVAL;
	if (image->flags & CXL_AI_NEED_HEADER) {
		room -= CXL_AI_HEADER_SIZE;
		if (image->len_data > image->len_image)
			return -EINVAL;
	}
	return image->len_data && image->len_data <= room ? 0 : -EINVAL;
}

/**
 * guest_image_header_fill() - make the header of an image
 * @header: the result
 * @ids: the card
 * @length: bytes of the image
 */
void guest_image_header_fill(struct guest_image_header *header,
			     const struct guest_image_ids *ids, u64 length)
{
	memset(header, 0, sizeof(*header));
	header->version = cpu_to_be16(HEADER_VERSION);
	header->vendor = cpu_to_be16(ids->vendor);
	header->device = cpu_to_be16(ids->device);
	header->subsystem_vendor = cpu_to_be16(ids->subsystem_vendor);
	header->subsystem = cpu_to_be16(ids->subsystem);
	header->offset = cpu_to_be64(sizeof(*header));
	header->length = cpu_to_be64(length);
}

/**
 * guest_flash_begins() - is this the first piece of an operation?
 * @phase: how far the card is
 * @op: what is to be done with the piece
 *
 * Return: true if so.
 */
bool guest_flash_begins(enum guest_flash_phase phase, enum guest_download_op op)
{
	if (op == GUEST_DOWNLOAD)
		return phase == GUEST_FLASH_IDLE;
	return phase == GUEST_FLASH_DOWNLOADED;
}

/**
 * guest_flash_continues() - is this another piece of an operation?
 * @phase: how far the card is
 * @op: what is to be done with the piece
 *
 * Return: true if so.
 */
bool guest_flash_continues(enum guest_flash_phase phase, enum guest_download_op op)
{
	if (op == GUEST_DOWNLOAD)
		return phase == GUEST_FLASH_DOWNLOAD;
	return phase == GUEST_FLASH_VALIDATE;
}

/**
 * guest_flash_unfinished() - would the card be left half done?
 * @phase: how far the card is
 *
 * Return: true if an image was begun and is not in use.
 */
bool guest_flash_unfinished(enum guest_flash_phase phase)
{
	return phase == GUEST_FLASH_DOWNLOAD || phase == GUEST_FLASH_DOWNLOADED ||
	       phase == GUEST_FLASH_VALIDATE;
}
