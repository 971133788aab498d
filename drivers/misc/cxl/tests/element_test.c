// SPDX-License-Identifier: GPL-2.0-only
/* Process elements, and the area they are in. */
#include <kunit/test.h>
#include <linux/mm_types.h>
#include <linux/unaligned.h>

#include "../backend.h"
#include "../native/element.h"
#include "../native/spa.h"

struct raw_element {
	u8 bytes[128];
};

#define LE	(IS_ENABLED(CONFIG_CPU_LITTLE_ENDIAN) ? 1 : 0)

static void all_fields(struct kunit *test)
{
	static struct mm_struct mm;
	static const struct cxl_start start = {
		.mm = &mm,
		.wed = 0x0123456789abcdefULL,
		.amr = 0xc000000000000000ULL,
		.sixty_four = true,
	};
	static const struct cxl_irq_ranges ranges = {
		.offset = { 0x10802, 0x10803, 0x10900, 0x10fff },
		.range = { 1, 4, 2, 1 },
	};
	static const struct native_element_info info = {
		.start = &start,
		.ranges = &ranges,
		.sdr = 0x0000000f0000000aULL,
		.sstp0 = 0x544000ff000000abULL,
		.sstp1 = 0xcdef120001230001ULL,
		.lpid = 0x11223344,
		.process_id = 0x89abcdef,
		.master = true,
		.no_second_group = true,
	};
	struct raw_element raw, want = {};

	put_unaligned_be64(0x8000000000004212ULL | LE, want.bytes + 0x00);
	put_unaligned_be64(0x0000000f0000000aULL, want.bytes + 0x10);
	put_unaligned_be64(0x0802080309000fffULL, want.bytes + 0x24);
	put_unaligned_be64(0x0001000400020001ULL, want.bytes + 0x2c);
	put_unaligned_be32(0x11223344, want.bytes + 0x34);
	put_unaligned_be32(0x89abcdef, want.bytes + 0x3c);
	put_unaligned_be64(0x544000ff000000abULL, want.bytes + 0x58);
	put_unaligned_be64(0xcdef120001230001ULL, want.bytes + 0x60);
	put_unaligned_be64(0xc000000000000000ULL, want.bytes + 0x68);
	put_unaligned_be64(0x0123456789abcdefULL, want.bytes + 0x74);

	/* What was there before must not show. */
	memset(&raw, 0x5a, sizeof(raw));
	native_element_encode((struct native_element *)&raw, &info);
	KUNIT_EXPECT_MEMEQ(test, raw.bytes, want.bytes, sizeof(raw));
}

/* 64 bits, master: the other bits of the state register do not depend on them. */
static void state_register(struct kunit *test)
{
	static const u64 want[2][2] = {
		{ 0x0000000000004010ULL, 0x0000000000004012ULL },
		{ 0x8000000000004010ULL, 0x8000000000004012ULL },
	};
	static const struct cxl_irq_ranges ranges;
	static struct mm_struct mm;
	struct cxl_start start = { .mm = &mm };
	struct native_element_info info = { .start = &start, .ranges = &ranges };
	struct native_element element;
	int sixty_four, master;

	for (sixty_four = 0; sixty_four < 2; sixty_four++) {
		for (master = 0; master < 2; master++) {
			start.sixty_four = sixty_four;
			info.master = master;
			native_element_encode(&element, &info);
			KUNIT_EXPECT_EQ(test, be64_to_cpu(element.sr),
					want[sixty_four][master] | LE);
		}
	}
}

/* No problem state, but that of a hypervisor */
static void kernel_state_register(struct kunit *test)
{
	static const struct cxl_irq_ranges ranges;
	struct cxl_start start = { .sixty_four = true };
	struct native_element_info info = { .start = &start, .ranges = &ranges };
	struct native_element element;

	native_element_encode(&element, &info);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(element.sr), 0x9000000000000010ULL | LE);
}

/**
 * struct area - what an area of some size has (CAIA 1.0, ch. 4)
 * @size: bytes
 * @elements: process elements
 * @status: offset of the command status
 * @field: size as PSL_SPAP_An has it, in place
 */
struct area {
	size_t size;
	unsigned int elements;
	size_t status;
	u64 field;
};

static const struct area areas[] = {
	{ SZ_4K, 24, 0xd80, 0x000 },
	{ SZ_8K, 54, 0x1c80, 0x010 },
	{ SZ_16K, 114, 0x3a80, 0x030 },
	{ SZ_32K, 235, 0x7700, 0x070 },
	{ SZ_64K, 476, 0xef80, 0x0f0 },
	{ SZ_128K, 958, 0x1e080, 0x1f0 },
	{ SZ_256K, 1921, 0x3c200, 0x3f0 },
	{ SZ_512K, 3849, 0x78600, 0x7f0 },
	{ SZ_1M, 7704, 0xf0d80, 0xff0 },
};

static void layout(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		const struct area *area = &areas[i];
		u64 address = 0x123400000ULL;

		KUNIT_EXPECT_EQ(test, native_spa_capacity(area->size), area->elements);
		KUNIT_EXPECT_EQ(test, native_spa_status_offset(area->size), area->status);
		KUNIT_EXPECT_EQ(test, native_spap(address, area->size),
				address | area->field | 1);
		/* Exactly full, and one more. */
		KUNIT_EXPECT_EQ(test, native_spa_size(area->elements, SZ_4K), area->size);
		KUNIT_EXPECT_EQ(test, native_spa_size(area->elements + 1, SZ_4K),
				min_t(size_t, 2 * area->size, SZ_1M));
	}
	KUNIT_EXPECT_EQ(test, native_spa_size(1, SZ_64K), SZ_64K);
	KUNIT_EXPECT_EQ(test, native_spa_size(65535, SZ_64K), SZ_1M);
	/* The hypervisor bits of a kernel address are none of its. */
	KUNIT_EXPECT_EQ(test, native_spap(0xc000000000010000ULL, SZ_64K) & GENMASK_ULL(63, 60),
			0);
}

static void answers(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, native_spa_command(SPA_ADD, 0x123), 0x0005000000000123ULL);
	/* Pending, and what an earlier command has left. */
	KUNIT_EXPECT_EQ(test, native_spa_answer(0x0005000000000123ULL, SPA_ADD, 0x123), 0);
	KUNIT_EXPECT_EQ(test, native_spa_answer(0x0002000200000123ULL, SPA_ADD, 0x123), 0);
	KUNIT_EXPECT_EQ(test, native_spa_answer(0x0005000500000122ULL, SPA_ADD, 0x123), 0);
	KUNIT_EXPECT_EQ(test, native_spa_answer(0x0005000100000123ULL, SPA_ADD, 0x123), 0);
	/* Done, whichever PSL says so. */
	KUNIT_EXPECT_EQ(test, native_spa_answer(0x0005000500000123ULL, SPA_ADD, 0x123), 1);
	KUNIT_EXPECT_EQ(test, native_spa_answer(0x0005000500070123ULL, SPA_ADD, 0x123), 1);
	/* Refused, and beyond repair. */
	KUNIT_EXPECT_EQ(test, native_spa_answer(0x0005800500000123ULL, SPA_ADD, 0x123), -EIO);
	KUNIT_EXPECT_EQ(test, native_spa_answer(~0ULL, SPA_ADD, 0x123), -EIO);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(all_fields),
	KUNIT_CASE(state_register),
	KUNIT_CASE(kernel_state_register),
	KUNIT_CASE(layout),
	KUNIT_CASE(answers),
	{}
};

static struct kunit_suite suite = {
	.name = "cxl-element",
	.test_cases = cases,
};

kunit_test_suite(suite);
