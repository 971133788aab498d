// SPDX-License-Identifier: GPL-2.0-only
/*
 * AFU descriptors: good ones, every way in which they can be wrong, and very many that
 * are wrong by chance.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "../backend.h"
#include "../native/descriptor.h"

#define AREA_BYTES	SZ_64K
#define PS_BYTES	SZ_64M

enum { INFO = 0, CR_LEN = 4, CR_OFF, PSA, PP_OFF, EB_LEN, EB_OFF };

/* The AFU that copies memory: both modes, one record, an error buffer. */
static const u64 good_words[DESCRIPTOR_WORDS] = {
	[INFO] = 0x000401ff00018014ULL,
	[CR_LEN] = 1,
	[CR_OFF] = 0x100,
	[PSA] = 0x0300000000000010ULL,
	[PP_OFF] = SZ_32M,
	[EB_LEN] = 1,
	[EB_OFF] = 0x1000,
};

static void good(struct kunit *test)
{
	struct native_descriptor desc;
	const char *why;

	KUNIT_ASSERT_EQ(test, native_descriptor_parse(good_words, AREA_BYTES, PS_BYTES,
						      &desc, &why), 0);
	KUNIT_EXPECT_EQ(test, desc.min_irqs, 4);
	KUNIT_EXPECT_EQ(test, desc.max_processes, 511);
	KUNIT_EXPECT_EQ(test, desc.modes, BIT(CXL_AFU_MODE_DEDICATED) |
			BIT(CXL_AFU_MODE_DIRECTED));
	KUNIT_EXPECT_EQ(test, desc.nr_crs, 1);
	KUNIT_EXPECT_EQ(test, desc.cr_len, 256);
	KUNIT_EXPECT_EQ(test, desc.cr_off, 0x100);
	KUNIT_EXPECT_TRUE(test, desc.psa);
	KUNIT_EXPECT_EQ(test, desc.pp_len, SZ_64K);
	KUNIT_EXPECT_EQ(test, desc.pp_off, SZ_32M);
	KUNIT_EXPECT_EQ(test, desc.eb_len, SZ_4K);
	KUNIT_EXPECT_EQ(test, desc.eb_off, 0x1000);
}

/**
 * struct desc_case - a descriptor with one other word
 * @name: what is special
 * @word: which word
 * @value: what it is
 * @want: what parsing says
 * @modes: modes the AFU has then
 * @nr_crs: records it has then
 * @eb_len: bytes of its error buffer
 * @pp_len: bytes of the area of a process
 */
struct desc_case {
	const char *name;
	unsigned int word;
	u64 value;
	int want;
	unsigned long modes;
	unsigned int nr_crs;
	u64 eb_len;
	u64 pp_len;
};

#define DEDICATED	BIT(CXL_AFU_MODE_DEDICATED)
#define DIRECTED	BIT(CXL_AFU_MODE_DIRECTED)
#define BOTH		(DEDICATED | DIRECTED)

static const struct desc_case desc_cases[] = {
	{ "no answer", INFO, ~0ULL, -EIO },
	{ "directed only", INFO, 0x000401ff00018004ULL, 0, DIRECTED, 1, SZ_4K, SZ_64K },
	{ "dedicated only", INFO, 0x0004000100018010ULL, 0, DEDICATED, 1, SZ_4K, SZ_64K },
	{ "dedicated, no count", INFO, 0x0004000000018010ULL, 0, DEDICATED, 1, SZ_4K, SZ_64K },
	{ "directed, no count", INFO, 0x0004000000018004ULL, -EINVAL },
	{ "both, no count", INFO, 0x0004000000018014ULL, -EINVAL },
	{ "time sliced, no count", INFO, 0x0004000000018001ULL, -EINVAL },
	{ "time sliced", INFO, 0x000401ff00018001ULL, 0, 0, 1, SZ_4K, SZ_64K },
	{ "no mode", INFO, 0x000401ff00010000ULL, 0, 0, 1, SZ_4K, SZ_64K },
	{ "no record", INFO, 0x000401ff00000014ULL, 0, BOTH, 0, SZ_4K, SZ_64K },
	{ "too many processes", INFO, 0x0004020100010014ULL, -ENODEV },
	{ "records fill the area", INFO, 0x000401ff00ff0014ULL, 0, BOTH, 255, SZ_4K, SZ_64K },
	{ "records exceed the area", INFO, 0x000401ff01000014ULL, 0, BOTH, 0, SZ_4K, SZ_64K },
	{ "records of no length", CR_LEN, 0, 0, BOTH, 0, SZ_4K, SZ_64K },
	{ "records too long", CR_LEN, 0x100, 0, BOTH, 0, SZ_4K, SZ_64K },
	{ "longest records", CR_LEN, ~0ULL, 0, BOTH, 0, SZ_4K, SZ_64K },
	{ "reserved bits of a length", CR_LEN, 0xff00000000000001ULL, 0, BOTH, 1, SZ_4K, SZ_64K },
	{ "last record", CR_OFF, 0xff00, 0, BOTH, 1, SZ_4K, SZ_64K },
	{ "record too far", CR_OFF, 0xff01, 0, BOTH, 0, SZ_4K, SZ_64K },
	{ "farthest record", CR_OFF, ~0ULL, 0, BOTH, 0, SZ_4K, SZ_64K },
	{ "no area", PSA, 0, 0, BOTH, 1, SZ_4K, 0 },
	{ "one area for all", PSA, 0x0100000000000010ULL, 0, BOTH, 1, SZ_4K, 0 },
	{ "areas in no area", PSA, 0x0200000000000010ULL, 0, BOTH, 1, SZ_4K, 0 },
	{ "areas too large", PSA, 0x0300000000000011ULL, -ENODEV },
	{ "largest areas", PSA, 0x03ffffffffffffffULL, -ENODEV },
	/* 511 times this is less than nothing in 64 bits. */
	{ "areas that overflow", PSA, 0x0300000000804020ULL << 4 | 0x03ULL << 56, -ENODEV },
	{ "areas too far", PP_OFF, SZ_32M + SZ_64K + 1, -ENODEV },
	{ "areas at the end", PP_OFF, SZ_32M + SZ_64K, 0, BOTH, 1, SZ_4K, SZ_64K },
	{ "farthest areas", PP_OFF, ~0ULL, -ENODEV },
	{ "no error buffer", EB_LEN, 0, 0, BOTH, 1, 0, SZ_64K },
	{ "error buffer to the end", EB_LEN, 15, 0, BOTH, 1, 15 * SZ_4K, SZ_64K },
	{ "error buffer too long", EB_LEN, 16, 0, BOTH, 1, 0, SZ_64K },
	{ "longest error buffer", EB_LEN, ~0ULL, 0, BOTH, 1, 0, SZ_64K },
	{ "error buffer askew", EB_OFF, 0x1800, 0, BOTH, 1, 0, SZ_64K },
	{ "error buffer too far", EB_OFF, SZ_64K, 0, BOTH, 1, 0, SZ_64K },
	{ "farthest error buffer", EB_OFF, ~0xfffULL, 0, BOTH, 1, 0, SZ_64K },
};

static void desc_case_name(const struct desc_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(desc, desc_cases, desc_case_name);

static void one_word(struct kunit *test)
{
	const struct desc_case *c = test->param_value;
	struct native_descriptor desc;
	u64 words[DESCRIPTOR_WORDS];
	const char *why = NULL;

	memcpy(words, good_words, sizeof(words));
	words[c->word] = c->value;
	KUNIT_ASSERT_EQ(test, native_descriptor_parse(words, AREA_BYTES, PS_BYTES,
						      &desc, &why), c->want);
	if (c->want) {
		KUNIT_EXPECT_NOT_NULL(test, why);
		return;
	}
	KUNIT_EXPECT_EQ(test, desc.modes, c->modes);
	KUNIT_EXPECT_EQ(test, desc.nr_crs, c->nr_crs);
	KUNIT_EXPECT_EQ(test, desc.eb_len, c->eb_len);
	KUNIT_EXPECT_EQ(test, desc.pp_len, c->pp_len);
}

/* A card without an area for its AFUs. */
static void no_area_at_all(struct kunit *test)
{
	struct native_descriptor desc;
	const char *why;

	KUNIT_ASSERT_EQ(test, native_descriptor_parse(good_words, AREA_BYTES, 0, &desc,
						      &why), 0);
	KUNIT_EXPECT_FALSE(test, desc.psa);
	KUNIT_EXPECT_EQ(test, desc.pp_len, 0);
}

#define CHANCE_SEED	0xca92
#define CHANCE_ROUNDS	10000

static u64 any_u64(struct rnd_state *rnd)
{
	return (u64)prandom_u32_state(rnd) << 32 | prandom_u32_state(rnd);
}

/* Where things are often just right, or just not. */
static u64 any_value(struct rnd_state *rnd)
{
	u32 kind = prandom_u32_state(rnd);

	switch (kind % 5) {
	case 0:
		return BIT_ULL(kind >> 26) - (kind >> 8) % 3;
	case 1:
		return kind >> 8 & 0xffff;
	case 2:
		return kind >> 8 & 1 ? ~0ULL : 0;
	case 3:
		return (kind >> 8 & 0x3ff) * SZ_4K;
	default:
		return any_u64(rnd);
	}
}

/* Nothing of it makes sense, or most of it. */
static void make_any(struct rnd_state *rnd, u64 words[DESCRIPTOR_WORDS])
{
	u32 count = prandom_u32_state(rnd) % 6;
	unsigned int i;

	memcpy(words, good_words, sizeof(good_words));
	for (i = 0; !count && i < DESCRIPTOR_WORDS; i++)
		words[i] = any_u64(rnd);
	while (count--) {
		i = prandom_u32_state(rnd) % DESCRIPTOR_WORDS;
		words[i] = any_value(rnd);
		/* an area is one only with its flags */
		if (i == PSA)
			words[i] |= 3ULL << 56;
	}
}

/* With as many bits as the largest product has. */
static bool lies_within(u64 off, u64 count, u64 len, u64 size)
{
	return (u128)count * len + off <= size;
}

/* Whatever is accepted can be read and mapped. */
static void check_accepted(struct kunit *test, const struct native_descriptor *desc,
			   u64 desc_size, u64 ps_size)
{
	KUNIT_EXPECT_EQ(test, desc->modes & ~BOTH, 0);
	if (desc->modes & DIRECTED)
		KUNIT_EXPECT_GE(test, desc->max_processes, 1);
	KUNIT_EXPECT_LE(test, desc->max_processes, U16_MAX);
	KUNIT_EXPECT_LE(test, desc->min_irqs, U16_MAX);
	if (desc->nr_crs) {
		KUNIT_EXPECT_GT(test, desc->cr_len, 0);
		KUNIT_EXPECT_TRUE(test, lies_within(desc->cr_off, desc->nr_crs, desc->cr_len,
						    desc_size));
	}
	if (desc->eb_len)
		KUNIT_EXPECT_TRUE(test, lies_within(desc->eb_off, 1, desc->eb_len, desc_size));
	if (desc->psa)
		KUNIT_EXPECT_GT(test, ps_size, 0);
	if (desc->pp_len) {
		KUNIT_EXPECT_TRUE(test, desc->psa);
		KUNIT_EXPECT_TRUE(test, lies_within(desc->pp_off, desc->max_processes,
						    desc->pp_len, ps_size));
	}
}

/* A page that nothing follows: reading too far stops the kernel. */
static u64 *end_of_page(struct kunit *test, void **page)
{
	*page = vmalloc(PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, *page);
	return *page + PAGE_SIZE - sizeof(good_words);
}

static void by_chance(struct kunit *test)
{
	static const u64 areas[] = { AREA_BYTES, SZ_4M, SZ_1M, SZ_64K };
	static const u64 spaces[] = { PS_BYTES, PS_BYTES, SZ_64K, 0, SZ_4G };
	unsigned int i, accepted = 0;
	struct native_descriptor desc;
	struct rnd_state rnd;
	const char *why;
	void *page;
	u64 *words;
	int ret;

	words = end_of_page(test, &page);
	prandom_seed_state(&rnd, CHANCE_SEED);
	for (i = 0; i < CHANCE_ROUNDS; i++) {
		u64 desc_size = areas[i % ARRAY_SIZE(areas)];
		u64 ps_size = spaces[i % ARRAY_SIZE(spaces)];

		make_any(&rnd, words);
		why = NULL;
		ret = native_descriptor_parse(words, desc_size, ps_size, &desc, &why);
		if (!ret) {
			accepted++;
			check_accepted(test, &desc, desc_size, ps_size);
		} else {
			KUNIT_EXPECT_NOT_NULL(test, why);
			KUNIT_EXPECT_TRUE(test, ret == -EIO || ret == -EINVAL || ret == -ENODEV);
		}
	}
	kunit_info(test, "%u accepted\n", accepted);
	/* Otherwise it would be no test of either. */
	KUNIT_EXPECT_GT(test, accepted, CHANCE_ROUNDS / 20);
	KUNIT_EXPECT_LT(test, accepted, CHANCE_ROUNDS * 19 / 20);
	vfree(page);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(good),
	KUNIT_CASE_PARAM(one_word, desc_gen_params),
	KUNIT_CASE(no_area_at_all),
	KUNIT_CASE(by_chance),
	{}
};

static struct kunit_suite suite = {
	.name = "cxl-descriptor",
	.test_cases = cases,
};

kunit_test_suite(suite);
