// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vendor specific extended capability, as bytes. Nothing in it is taken for
 * granted: it decides which addresses are used.
 */
#include <linux/errno.h>
#include <linux/overflow.h>
#include <linux/unaligned.h>

#include "regs.h"
#include "vsec.h"

/* Offsets and sizes count in units of 64 KiB. */
static u64 get_units(const u8 *raw)
{
	return (u64)get_unaligned_le32(raw) * SZ_64K;
}

static int refuse(const char **why, int error, const char *text)
{
	*why = text;
	return error;
}

/**
 * native_vsec_parse() - take the capability apart
 * @raw: its bytes, little endian
 * @vsec: result
 * @why: result, what is wrong, after a failure
 *
 * Return: 0; -EIO for a card that does not answer; -EBUSY for the second port of
 * a card with two; -EINVAL for what makes no sense or asks for MSI-X, whose
 * tables would lie among the registers.
 */
int native_vsec_parse(const u8 raw[VSEC_SIZE], struct native_vsec *vsec,
		      const char **why)
{
	u32 header = get_unaligned_le32(raw + VSEC_HEADER);
	u8 status = raw[VSEC_STATUS];

	if (header == ~0U)
		return refuse(why, -EIO, "the card does not answer");
	if (header >> 20 < VSEC_SIZE)
		return refuse(why, -EINVAL, "the capability is too short");
	if (status & VSEC_STATUS_SECOND)
		return refuse(why, -EBUSY, "second port of a card with two");
	if (status & VSEC_STATUS_MSIX)
		return refuse(why, -EINVAL, "cards with MSI-X are not supported");

	*vsec = (struct native_vsec) {
		.slices = raw[VSEC_SLICES],
		.caia_major = raw[VSEC_CAIA_MAJOR],
		.caia_minor = raw[VSEC_CAIA_MINOR],
		.psl_revision = get_unaligned_le16(raw + VSEC_PSL_REVISION),
		.base_image = get_unaligned_le16(raw + VSEC_BASE_IMAGE),
		.image = raw[VSEC_IMAGE],
		.desc_off = get_units(raw + VSEC_DESC_OFF),
		.desc_size = get_units(raw + VSEC_DESC_SIZE),
		.ps_off = get_units(raw + VSEC_PS_OFF),
		.ps_size = get_units(raw + VSEC_PS_SIZE),
	};
	if (!vsec->slices)
		return refuse(why, -EINVAL, "the card has no AFU");
	if (!vsec->desc_off || !vsec->desc_size)
		return refuse(why, -EINVAL, "there are no AFU descriptors");
	return 0;
}

/* The product of two numbers of at most 48 and 8 bits does not overflow. */
static bool outside(u64 off, u64 size, unsigned int slices, u64 bar)
{
	return off > bar || size * slices > bar - off;
}

/**
 * native_vsec_check() - is there room for everything?
 * @vsec: from native_vsec_parse()
 * @slices: AFUs that are to be used
 * @p1_size: bytes of the BAR with the privileged 1 registers
 * @p2_size: bytes of the BAR with all the rest
 * @why: result, what is wrong, after a failure
 *
 * Return: 0 or -EINVAL.
 */
int native_vsec_check(const struct native_vsec *vsec, unsigned int slices,
		      u64 p1_size, u64 p2_size, const char **why)
{
	u64 registers = slices * P2N_SIZE;

	if (outside(P1_SIZE, P1N_SIZE, slices, p1_size))
		return refuse(why, -EINVAL, "privileged registers exceed their BAR");
	if (outside(vsec->desc_off, vsec->desc_size, slices, p2_size) ||
	    vsec->desc_off < registers)
		return refuse(why, -EINVAL, "AFU descriptors exceed their BAR");
	if (outside(vsec->ps_off, vsec->ps_size, slices, p2_size) ||
	    (vsec->ps_size && vsec->ps_off < registers))
		return refuse(why, -EINVAL, "problem state areas exceed their BAR");
	return 0;
}
