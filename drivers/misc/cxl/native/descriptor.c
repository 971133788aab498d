// SPDX-License-Identifier: GPL-2.0-only
/*
 * AFU descriptor, as numbers. It comes from an image that anybody may have made.
 */
#include <linux/align.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../backend.h"
#include "descriptor.h"

/* Doublewords of the descriptor, and their fields with IBM's bit numbers */
enum {
	WORD_INFO,
	WORD_CR_LEN = 4,
	WORD_CR_OFF,
	WORD_PSA,
	WORD_PP_OFF,
	WORD_EB_LEN,
	WORD_EB_OFF,
};

#define INFO_INTS		GENMASK_ULL(63, 48)	/* 0:15 */
#define INFO_PROCESSES		GENMASK_ULL(47, 32)	/* 16:31 */
#define INFO_CRS		GENMASK_ULL(31, 16)	/* 32:47 */
#define INFO_DEDICATED		BIT_ULL(4)		/* 59 */
#define INFO_DIRECTED		BIT_ULL(2)		/* 61 */
#define INFO_TIME_SLICED	BIT_ULL(0)		/* 63 */
#define PSA_PP_REQUIRED		BIT_ULL(57)		/* 6 */
#define PSA_REQUIRED		BIT_ULL(56)		/* 7 */
#define LENGTH			GENMASK_ULL(55, 0)	/* 8:63 */

#define CR_UNIT			SZ_256

/* Does [off, off + count * len) lie within size bytes? */
static bool fits(u64 off, u64 count, u64 len, u64 size)
{
	u64 all, end;

	return !check_mul_overflow(count, len, &all) &&
	       !check_add_overflow(off, all, &end) && end <= size;
}

/* Bytes, or 0 for a length that nothing has. */
static u64 length(u64 word, u64 unit)
{
	u64 len;

	return check_mul_overflow(word & LENGTH, unit, &len) ? 0 : len;
}

/* What is optional and wrong is as if it were not there. */
static void parse_records(const u64 *words, u64 desc_size,
			  struct native_descriptor *desc)
{
	desc->nr_crs = FIELD_GET(INFO_CRS, words[WORD_INFO]);
	desc->cr_len = length(words[WORD_CR_LEN], CR_UNIT);
	desc->cr_off = words[WORD_CR_OFF];
	if (!desc->cr_len ||
	    !fits(desc->cr_off, desc->nr_crs, desc->cr_len, desc_size))
		desc->nr_crs = 0;
}

static void parse_error_buffer(const u64 *words, u64 desc_size,
			       struct native_descriptor *desc)
{
	desc->eb_len = length(words[WORD_EB_LEN], SZ_4K);
	desc->eb_off = words[WORD_EB_OFF];
	if (!IS_ALIGNED(desc->eb_off, SZ_4K) ||
	    !fits(desc->eb_off, 1, desc->eb_len, desc_size))
		desc->eb_len = 0;
}

/* An area that is too small would let programs reach what is behind it. */
static int parse_area(const u64 *words, u64 ps_size, struct native_descriptor *desc)
{
	desc->psa = ps_size && words[WORD_PSA] & PSA_REQUIRED;
	if (!desc->psa || !(words[WORD_PSA] & PSA_PP_REQUIRED))
		return 0;

	if (check_mul_overflow(words[WORD_PSA] & LENGTH, (u64)SZ_4K, &desc->pp_len))
		return -ENODEV;
	desc->pp_off = words[WORD_PP_OFF];
	return fits(desc->pp_off, desc->max_processes, desc->pp_len, ps_size) ?
	       0 : -ENODEV;
}

/**
 * native_descriptor_parse() - take a descriptor apart
 * @words: its doublewords, in the processor's byte order
 * @desc_size: bytes of the area that it is in, and that its offsets refer to
 * @ps_size: bytes of the problem state area
 * @desc: result
 * @why: result, what is wrong, after a failure
 *
 * Return: 0; -EIO for a card that does not answer; -EINVAL for an AFU that can
 * run no process; -ENODEV if its problem state area is too small for what it says.
 */
int native_descriptor_parse(const u64 words[DESCRIPTOR_WORDS], u64 desc_size,
			    u64 ps_size, struct native_descriptor *desc,
			    const char **why)
{
	u64 info = words[WORD_INFO];

	/* Including what is between the members: descriptors are compared. */
	memset(desc, 0, sizeof(*desc));
	desc->min_irqs = FIELD_GET(INFO_INTS, info);
	desc->max_processes = FIELD_GET(INFO_PROCESSES, info);
	if (info == ~0ULL) {
		*why = "the card does not answer";
		return -EIO;
	}
	if (info & (INFO_DIRECTED | INFO_TIME_SLICED) && !desc->max_processes) {
		*why = "the AFU takes no process";
		return -EINVAL;
	}
	if (info & INFO_DEDICATED)
		desc->modes |= BIT(CXL_AFU_MODE_DEDICATED);
	if (info & INFO_DIRECTED)
		desc->modes |= BIT(CXL_AFU_MODE_DIRECTED);

	parse_records(words, desc_size, desc);
	parse_error_buffer(words, desc_size, desc);
	*why = "the problem state area is too small";
	return parse_area(words, ps_size, desc);
}
