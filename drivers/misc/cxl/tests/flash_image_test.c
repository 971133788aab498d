// SPDX-License-Identifier: GPL-2.0-only
/* Images of cards: arguments of the requests, the header, the order of pieces. */
#include <kunit/test.h>
#include <linux/string.h>

#include <uapi/misc/cxl.h>

#include "../guest/flash_image.h"

static int check_lengths(u64 flags, u64 len_data, u64 len_image)
{
	struct cxl_adapter_image image = {
		.flags = flags,
		.len_data = len_data,
		.len_image = len_image,
	};

	return guest_image_check(&image);
}

static void lengths(struct kunit *test)
{
	static const u64 good[] = { 1, 3840, 3841, 3967, 3968, 3969, 4096, SZ_1M };
	static const u64 bad[] = { 0, SZ_1M + 1, 1ULL << 32, 1ULL << 44, ~0ULL, ~0ULL - 127 };
	int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		KUNIT_EXPECT_EQ(test, check_lengths(0, good[i], 0), 0);
		KUNIT_EXPECT_EQ(test, check_lengths(CXL_AI_NEED_HEADER, good[i], ~0ULL),
				good[i] > SZ_1M - CXL_AI_HEADER_SIZE ? -EINVAL : 0);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, check_lengths(0, bad[i], ~0ULL), -EINVAL);
		KUNIT_EXPECT_EQ(test, check_lengths(CXL_AI_NEED_HEADER, bad[i], ~0ULL), -EINVAL);
	}
	KUNIT_EXPECT_EQ(test, check_lengths(CXL_AI_NEED_HEADER, SZ_1M - 128, ~0ULL), 0);
	KUNIT_EXPECT_EQ(test, check_lengths(CXL_AI_NEED_HEADER, SZ_1M - 127, ~0ULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, check_lengths(CXL_AI_NEED_HEADER, 4096, 4096), 0);
	KUNIT_EXPECT_EQ(test, check_lengths(CXL_AI_NEED_HEADER, 4096, 4095), -EINVAL);
}

static void reserved(struct kunit *test)
{
	struct cxl_adapter_image image;
	int i;

	for (i = 1; i < 64; i++)
		KUNIT_EXPECT_EQ(test, check_lengths(BIT_ULL(i), 4096, 4096), -EINVAL);
	for (i = 0; i < 4; i++) {
		u64 *fields[] = { &image.reserved1, &image.reserved2,
				  &image.reserved3, &image.reserved4 };

		memset(&image, 0, sizeof(image));
		image.len_data = 4096;
		KUNIT_EXPECT_EQ(test, guest_image_check(&image), 0);
		*fields[i] = 1ULL << 63;
		KUNIT_EXPECT_EQ(test, guest_image_check(&image), -EINVAL);
	}
}

static void header(struct kunit *test)
{
	static const struct guest_image_ids ids = {
		.vendor = 0x1014,
		.device = 0x0477,
		.subsystem_vendor = 0x1234,
		.subsystem = 0x5678,
	};
	static const u8 expected[128] = {
		0, 1, 0, 0, 0, 0, 0, 0,  0x10, 0x14, 0x04, 0x77, 0x12, 0x34, 0x56, 0x78,
		0, 0, 0, 0, 0, 0, 0, 128,  0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
	};
	struct guest_image_header result;

	memset(&result, 0xff, sizeof(result));
	guest_image_header_fill(&result, &ids, 0x0123456789abcdef);
	KUNIT_EXPECT_MEMEQ(test, &result, expected, sizeof(expected));
}

static void order(struct kunit *test)
{
	static const struct {
		enum guest_flash_phase phase;
		enum guest_download_op begins;
		enum guest_download_op continues;
		bool unfinished;
	} phases[] = {
		{ GUEST_FLASH_IDLE,		GUEST_DOWNLOAD, 0, false },
		{ GUEST_FLASH_DOWNLOAD,		0, GUEST_DOWNLOAD, true },
		{ GUEST_FLASH_DOWNLOADED,	GUEST_VALIDATE, 0, true },
		{ GUEST_FLASH_VALIDATE,		0, GUEST_VALIDATE, true },
		{ GUEST_FLASH_DONE,		0, 0, false },
		{ GUEST_FLASH_RESET,		0, 0, false },
		{ GUEST_FLASH_GONE,		0, 0, false },
	};
	enum guest_download_op op;
	int i;

	for (i = 0; i < ARRAY_SIZE(phases); i++) {
		for (op = GUEST_DOWNLOAD; op <= GUEST_VALIDATE; op++) {
			KUNIT_EXPECT_EQ_MSG(test, guest_flash_begins(phases[i].phase, op),
					    op == phases[i].begins, "phase %d", i);
			KUNIT_EXPECT_EQ_MSG(test, guest_flash_continues(phases[i].phase, op),
					    op == phases[i].continues, "phase %d", i);
		}
		KUNIT_EXPECT_EQ_MSG(test, guest_flash_unfinished(phases[i].phase),
				    phases[i].unfinished, "phase %d", i);
	}
}

static struct kunit_case flash_image_cases[] = {
	KUNIT_CASE(lengths),
	KUNIT_CASE(reserved),
	KUNIT_CASE(header),
	KUNIT_CASE(order),
	{ }
};

static struct kunit_suite flash_image_suite = {
	.name = "cxl_flash_image",
	.test_cases = flash_image_cases,
};

kunit_test_suite(flash_image_suite);
