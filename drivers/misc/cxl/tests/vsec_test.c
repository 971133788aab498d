// SPDX-License-Identifier: GPL-2.0-only
/*
 * The capability of a card: a good one, every way in which it can be wrong, and very
 * many that are wrong by chance.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>
#include <linux/vmalloc.h>

#include "../native/vsec.h"

#define P1_BYTES	SZ_128K
#define P2_BYTES	SZ_128M

/* One AFU: descriptor at 16 MiB, 4 MiB; problem state area at 32 MiB, 64 MiB. */
static void make_good(u8 raw[VSEC_SIZE])
{
	memset(raw, 0, VSEC_SIZE);
	put_unaligned_le32(0x0001000b, raw);
	put_unaligned_le32(0x08001280, raw + VSEC_HEADER);
	raw[VSEC_SLICES] = 1;
	raw[VSEC_STATUS] = 0x08;
	raw[VSEC_MODE_CONTROL] = 0x21;
	put_unaligned_le16(0x3001, raw + VSEC_PSL_REVISION);
	raw[VSEC_CAIA_MINOR] = 2;
	raw[VSEC_CAIA_MAJOR] = 1;
	put_unaligned_le16(0x1234, raw + VSEC_BASE_IMAGE);
	raw[VSEC_IMAGE] = 0xb0;
	put_unaligned_le32(0x100, raw + VSEC_DESC_OFF);
	put_unaligned_le32(0x40, raw + VSEC_DESC_SIZE);
	put_unaligned_le32(0x200, raw + VSEC_PS_OFF);
	put_unaligned_le32(0x400, raw + VSEC_PS_SIZE);
}

static void good(struct kunit *test)
{
	struct native_vsec vsec;
	u8 raw[VSEC_SIZE];
	const char *why;

	make_good(raw);
	KUNIT_ASSERT_EQ(test, native_vsec_parse(raw, &vsec, &why), 0);
	KUNIT_EXPECT_EQ(test, vsec.slices, 1);
	KUNIT_EXPECT_EQ(test, vsec.caia_major, 1);
	KUNIT_EXPECT_EQ(test, vsec.caia_minor, 2);
	KUNIT_EXPECT_EQ(test, vsec.psl_revision, 0x3001);
	KUNIT_EXPECT_EQ(test, vsec.base_image, 0x1234);
	KUNIT_EXPECT_EQ(test, vsec.image, VSEC_IMAGE_USER | VSEC_IMAGE_LOADS |
			VSEC_IMAGE_SELECT_USER);
	KUNIT_EXPECT_EQ(test, vsec.desc_off, SZ_16M);
	KUNIT_EXPECT_EQ(test, vsec.desc_size, SZ_4M);
	KUNIT_EXPECT_EQ(test, vsec.ps_off, SZ_32M);
	KUNIT_EXPECT_EQ(test, vsec.ps_size, SZ_64M);
	KUNIT_EXPECT_EQ(test, native_vsec_check(&vsec, 1, P1_BYTES, P2_BYTES, &why), 0);
}

/**
 * struct vsec_case - one thing that is wrong
 * @name: what
 * @off: where
 * @bytes: how many bytes, 1 or 4
 * @value: what is there instead
 * @want: what parsing or checking has to say
 */
struct vsec_case {
	const char *name;
	unsigned int off;
	unsigned int bytes;
	u32 value;
	int want;
};

static const struct vsec_case vsec_cases[] = {
	{ "no answer", VSEC_HEADER, 4, ~0U, -EIO },
	{ "too short", VSEC_HEADER, 4, 0x07f01280, -EINVAL },
	{ "longer", VSEC_HEADER, 4, 0x08101280, 0 },
	{ "second port", VSEC_STATUS, 1, 0x80, -EBUSY },
	{ "second port with MSI-X", VSEC_STATUS, 1, 0xe0, -EBUSY },
	{ "full MSI-X", VSEC_STATUS, 1, 0x40, -EINVAL },
	{ "single MSI-X", VSEC_STATUS, 1, 0x20, -EINVAL },
	{ "all else a card may be", VSEC_STATUS, 1, 0x1f, 0 },
	{ "no AFU", VSEC_SLICES, 1, 0, -EINVAL },
	{ "no descriptor", VSEC_DESC_OFF, 4, 0, -EINVAL },
	{ "descriptor of no size", VSEC_DESC_SIZE, 4, 0, -EINVAL },
	{ "descriptor ends with the BAR", VSEC_DESC_OFF, 4, 0x7c0, 0 },
	{ "descriptor ends behind the BAR", VSEC_DESC_OFF, 4, 0x7c1, -EINVAL },
	{ "descriptor begins behind the BAR", VSEC_DESC_OFF, 4, 0x801, -EINVAL },
	{ "largest descriptor", VSEC_DESC_SIZE, 4, ~0U, -EINVAL },
	{ "last descriptor", VSEC_DESC_OFF, 4, ~0U, -EINVAL },
	/* 65536 units of 64 KiB are nothing in 32 bits. */
	{ "descriptor of 4 GiB", VSEC_DESC_SIZE, 4, 0x10000, -EINVAL },
	{ "area of 4 GiB", VSEC_PS_SIZE, 4, 0x10000, -EINVAL },
	{ "area ends with the BAR", VSEC_PS_OFF, 4, 0x400, 0 },
	{ "area ends behind the BAR", VSEC_PS_OFF, 4, 0x401, -EINVAL },
	{ "area begins behind the BAR", VSEC_PS_OFF, 4, 0x10000, -EINVAL },
	{ "area over the registers", VSEC_PS_OFF, 4, 0, -EINVAL },
	{ "no area", VSEC_PS_SIZE, 4, 0, 0 },
};

static void vsec_case_name(const struct vsec_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(vsec, vsec_cases, vsec_case_name);

static void one_thing(struct kunit *test)
{
	const struct vsec_case *c = test->param_value;
	struct native_vsec vsec;
	const char *why = NULL;
	u8 raw[VSEC_SIZE];
	int ret;

	make_good(raw);
	if (c->bytes == 1)
		raw[c->off] = c->value;
	else
		put_unaligned_le32(c->value, raw + c->off);

	ret = native_vsec_parse(raw, &vsec, &why);
	if (!ret)
		ret = native_vsec_check(&vsec, vsec.slices, P1_BYTES, P2_BYTES, &why);
	KUNIT_EXPECT_EQ(test, ret, c->want);
	if (c->want)
		KUNIT_EXPECT_NOT_NULL(test, why);
}

/* Each slice has registers, a descriptor and an area. */
static void slices(struct kunit *test)
{
	struct native_vsec vsec = {
		.slices = 4,
		.desc_off = SZ_64K, .desc_size = SZ_64K,
		.ps_off = SZ_1M, .ps_size = SZ_1M,
	};
	const char *why;

	KUNIT_EXPECT_EQ(test, native_vsec_check(&vsec, 4, 0x10400, 5 * SZ_1M, &why), 0);
	KUNIT_EXPECT_EQ(test, native_vsec_check(&vsec, 4, 0x103ff, 5 * SZ_1M, &why), -EINVAL);
	KUNIT_EXPECT_EQ(test, native_vsec_check(&vsec, 4, 0, 5 * SZ_1M, &why), -EINVAL);
	KUNIT_EXPECT_EQ(test, native_vsec_check(&vsec, 4, 0x10400, 5 * SZ_1M - 1, &why),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, native_vsec_check(&vsec, 4, 0x10400, 0, &why), -EINVAL);
}

#define CHANCE_SEED	0xca91
#define CHANCE_ROUNDS	10000

/* Where things are often just right, or just not. */
static u32 any_value(struct rnd_state *rnd)
{
	u32 value = prandom_u32_state(rnd);

	switch (value % 4) {
	case 0:
		return BIT(value >> 27) - (value >> 8) % 3;
	case 1:
		return value >> 8 & 0xfff;
	case 2:
		return value >> 8 & 1 ? ~0U : 0;
	default:
		return prandom_u32_state(rnd);
	}
}

/* Nothing of it makes sense, or most of it. */
static void make_any(struct rnd_state *rnd, u8 raw[VSEC_SIZE])
{
	u32 fields = prandom_u32_state(rnd) % 5;

	make_good(raw);
	if (!fields) {
		prandom_bytes_state(rnd, raw, VSEC_SIZE);
		return;
	}
	while (fields--) {
		u32 off = prandom_u32_state(rnd) % VSEC_SIZE;

		/* half of them where something is */
		if (off % 2)
			off = VSEC_HEADER + off / 2 % (VSEC_PS_SIZE - VSEC_HEADER + 1);
		if (prandom_u32_state(rnd) % 2)
			put_unaligned_le32(any_value(rnd), raw + round_down(off, 4));
		else
			raw[off] = any_value(rnd);
	}
}

/* Is each of them above the registers, and in the BAR? Numbers of 57 bits at most. */
static bool lies_within(const struct native_vsec *vsec, u64 off, u64 size, u64 bar)
{
	unsigned int i;

	for (i = 0; i < vsec->slices; i++) {
		u64 start = off + i * size;

		if (size && (start < vsec->slices * SZ_4K || start + size > bar))
			return false;
	}
	return true;
}

/* Whatever is accepted can be mapped. */
static void check_accepted(struct kunit *test, const struct native_vsec *vsec,
			   u64 p1_size, u64 p2_size)
{
	KUNIT_EXPECT_GE(test, vsec->slices, 1);
	KUNIT_EXPECT_LE(test, SZ_64K + vsec->slices * SZ_256, p1_size);
	KUNIT_EXPECT_GT(test, vsec->desc_size, 0);
	KUNIT_EXPECT_TRUE(test, lies_within(vsec, vsec->desc_off, vsec->desc_size, p2_size));
	KUNIT_EXPECT_TRUE(test, lies_within(vsec, vsec->ps_off, vsec->ps_size, p2_size));
}

/* A page that nothing follows: reading too far stops the kernel. */
static u8 *end_of_page(struct kunit *test, void **page)
{
	*page = vmalloc(PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, *page);
	return *page + PAGE_SIZE - VSEC_SIZE;
}

static void by_chance(struct kunit *test)
{
	static const u64 sizes[] = { 0, SZ_64K, SZ_128K, SZ_16M, P2_BYTES, SZ_4G };
	unsigned int i, accepted = 0;
	struct native_vsec vsec;
	struct rnd_state rnd;
	const char *why;
	void *page;
	u8 *raw;
	int ret;

	raw = end_of_page(test, &page);
	prandom_seed_state(&rnd, CHANCE_SEED);
	for (i = 0; i < CHANCE_ROUNDS; i++) {
		u64 p1_size = i % 4 ? P1_BYTES : sizes[i / 4 % ARRAY_SIZE(sizes)];
		u64 p2_size = i % 3 ? P2_BYTES : sizes[i / 3 % ARRAY_SIZE(sizes)];

		make_any(&rnd, raw);
		why = NULL;
		ret = native_vsec_parse(raw, &vsec, &why);
		if (!ret)
			ret = native_vsec_check(&vsec, vsec.slices, p1_size, p2_size, &why);
		if (!ret) {
			accepted++;
			check_accepted(test, &vsec, p1_size, p2_size);
		} else {
			KUNIT_EXPECT_NOT_NULL(test, why);
			KUNIT_EXPECT_TRUE(test, ret == -EIO || ret == -EBUSY || ret == -EINVAL);
		}
	}
	kunit_info(test, "%u accepted\n", accepted);
	/* Otherwise it would be no test of either. */
	KUNIT_EXPECT_GT(test, accepted, CHANCE_ROUNDS / 20);
	KUNIT_EXPECT_LT(test, accepted, CHANCE_ROUNDS / 2);
	vfree(page);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(good),
	KUNIT_CASE_PARAM(one_thing, vsec_gen_params),
	KUNIT_CASE(slices),
	KUNIT_CASE(by_chance),
	{}
};

static struct kunit_suite suite = {
	.name = "cxl-vsec",
	.test_cases = cases,
};

kunit_test_suite(suite);
