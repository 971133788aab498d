/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vendor specific extended capability of a CAPI card (CAIA 1.0, ch. 12): what
 * the card says of itself, and the controls of its images and of its protocol.
 */
#ifndef _CXL_NATIVE_VSEC_H
#define _CXL_NATIVE_VSEC_H

#include <linux/bits.h>
#include <linux/types.h>

#define VSEC_ID			0x1280
#define VSEC_SIZE		0x80

#define VSEC_HEADER		0x04
#define VSEC_SLICES		0x08
#define VSEC_STATUS		0x09
#define  VSEC_STATUS_SECOND	BIT(7)
#define  VSEC_STATUS_MSIX	(BIT(6) | BIT(5))
#define VSEC_MODE_CONTROL	0x0a
#define  VSEC_MODE_AREA		GENMASK(7, 5)
#define  VSEC_MODE_AREA_256T	BIT(5)
#define  VSEC_MODE_ENABLE	BIT(0)
#define VSEC_PSL_REVISION	0x0c
#define VSEC_CAIA_MINOR		0x0e
#define VSEC_CAIA_MAJOR		0x0f
#define VSEC_BASE_IMAGE		0x10
#define VSEC_IMAGE		0x13
#define  VSEC_IMAGE_USER	BIT(7)
#define  VSEC_IMAGE_LOADS	BIT(5)
#define  VSEC_IMAGE_SELECT_USER	BIT(4)
#define VSEC_DESC_OFF		0x20
#define VSEC_DESC_SIZE		0x24
#define VSEC_PS_OFF		0x28
#define VSEC_PS_SIZE		0x2c

/**
 * struct native_vsec - what a card says of itself
 * @slices: AFUs, 1 to 255
 * @caia_major: version of the architecture
 * @caia_minor: version of the architecture
 * @psl_revision: revision of the PSL
 * @base_image: revision of the factory image
 * @image: VSEC_IMAGE_*
 * @desc_off: first AFU descriptor, bytes from the start of BAR 0
 * @desc_size: bytes of each
 * @ps_off: first problem state area, bytes from the start of BAR 0
 * @ps_size: bytes of each, 0 for none
 */
struct native_vsec {
	unsigned int slices;
	u8 caia_major;
	u8 caia_minor;
	u16 psl_revision;
	u16 base_image;
	u8 image;
	u64 desc_off;
	u64 desc_size;
	u64 ps_off;
	u64 ps_size;
};

int native_vsec_parse(const u8 raw[VSEC_SIZE], struct native_vsec *vsec,
		      const char **why);
int native_vsec_check(const struct native_vsec *vsec, unsigned int slices,
		      u64 p1_size, u64 p2_size, const char **why);

#endif /* _CXL_NATIVE_VSEC_H */
