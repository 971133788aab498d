// SPDX-License-Identifier: GPL-2.0-only
/* Process element structure: every field, every flag. */
#include <kunit/test.h>
#include <linux/mm_types.h>
#include <linux/unaligned.h>

#include "../backend.h"
#include "../guest/process_element.h"

/* What the hypervisor reads, by offset (LoPAR). */
struct raw_element {
	u8 bytes[512];
};

static struct cxl_irq_pool *pool_of(struct kunit *test)
{
	static const struct cxl_irq_range range = { 0x1300, CXL_MAX_IRQS };
	struct cxl_irq_pool *pool = kunit_kzalloc(test, sizeof(*pool), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	KUNIT_ASSERT_EQ(test, cxl_irq_pool_init(pool, &range, 1), 0);
	return pool;
}

static struct raw_element *encode(struct kunit *test,
				  const struct guest_element_info *info)
{
	struct raw_element *raw = kunit_kmalloc(test, sizeof(*raw), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, raw);
	/* What was there before must not show. */
	memset(raw, 0x5a, sizeof(*raw));
	guest_element_encode((struct guest_process_element *)raw, info);
	return raw;
}

static void all_fields(struct kunit *test)
{
	static struct mm_struct mm;
	static const struct cxl_start start = {
		.mm = &mm,
		.wed = 0x0123456789abcdefULL,
		.amr = 0xc000000000000000ULL,
		.sixty_four = true,
	};
	struct cxl_irq_set isns = {
		.block = { { 0, 3 }, { 8, 2 }, { 2047, 1 } },
		.nr_blocks = 3,
	};
	struct guest_element_info info = {
		.start = &start,
		.pool = pool_of(test),
		.isns = &isns,
		.sstp0 = 0x544000ff000000abULL,
		.sstp1 = 0xcdef120001230001ULL,
		.process_id = 0x89abcdef,
	};
	struct raw_element *raw = encode(test, &info);
	struct raw_element want = {};

	put_unaligned_be64(1, want.bytes + 0x000);
	put_unaligned_be64(0x4600000000000000ULL, want.bytes + 0x008);
	put_unaligned_be32(0x1300, want.bytes + 0x01c);
	/* Interrupts 1, 2, 8, 9 and 2047; 0 is that of the PSL. */
	want.bytes[0x020] = 0x60;
	want.bytes[0x021] = 0xc0;
	want.bytes[0x11f] = 0x01;
	put_unaligned_be32(0x89abcdef, want.bytes + 0x1b4);
	put_unaligned_be64(info.sstp0, want.bytes + 0x1d0);
	put_unaligned_be64(info.sstp1, want.bytes + 0x1d8);
	put_unaligned_be64(start.amr, want.bytes + 0x1e0);
	put_unaligned_be64(start.wed, want.bytes + 0x1ec);
	KUNIT_EXPECT_MEMEQ(test, raw->bytes, want.bytes, sizeof(want.bytes));
}

static void flags(struct kunit *test)
{
	struct cxl_irq_set isns = { .block = { { 5, 1 } }, .nr_blocks = 1 };
	static struct mm_struct mm;
	int i;

	for (i = 0; i < 8; i++) {
		struct cxl_start start = {
			.mm = i & 4 ? &mm : NULL,
			.sixty_four = i & 1,
		};
		struct guest_element_info info = {
			.start = &start,
			.pool = pool_of(test),
			.isns = &isns,
			.privileged = i & 2,
		};
		struct raw_element *raw = encode(test, &info);
		u64 want = 0x0400000000000000ULL;

		if (i & 1)
			want |= 0x0200000000000000ULL;
		if (i & 2)
			want |= 0x0100000000000000ULL;
		if (i & 4)
			want |= 0x4000000000000000ULL;
		KUNIT_EXPECT_EQ(test, get_unaligned_be64(raw->bytes + 8), want);
		KUNIT_EXPECT_EQ(test, get_unaligned_be32(raw->bytes + 0x1c), 0x1305U);
		/* Only the PSL has an interrupt. */
		KUNIT_EXPECT_NULL(test, memchr_inv(raw->bytes + 0x20, 0, 256));
	}
}

static struct kunit_case element_cases[] = {
	KUNIT_CASE(all_fields),
	KUNIT_CASE(flags),
	{ }
};

static struct kunit_suite element_suite = {
	.name = "cxl-process-element",
	.test_cases = element_cases,
};

kunit_test_suite(element_suite);
