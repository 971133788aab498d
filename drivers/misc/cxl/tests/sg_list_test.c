// SPDX-License-Identifier: GPL-2.0-only
/* Scatter/gather lists: pieces that the hypervisor accepts, and all of them. */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <asm/io.h>

#include "../guest/sg_list.h"

static void check_list(struct kunit *test, void *buf, size_t len,
		       phys_addr_t (*address)(void *))
{
	struct guest_sg_entry *list;
	unsigned int entries, i;
	size_t sum = 0;

	list = guest_sg_list_alloc();
	KUNIT_ASSERT_NOT_NULL(test, list);
	entries = guest_sg_list_fill(list, buf, len);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(__pa(list), GUEST_SG_PAGE));
	for (i = 0; i < entries; i++) {
		u64 addr = be64_to_cpu(list[i].addr);
		u64 bytes = be64_to_cpu(list[i].len);

		KUNIT_EXPECT_EQ(test, addr, address(buf + sum));
		KUNIT_EXPECT_GT(test, bytes, 0);
		KUNIT_EXPECT_LE(test, addr % GUEST_SG_PAGE + bytes, GUEST_SG_PAGE);
		sum += bytes;
	}
	KUNIT_EXPECT_EQ(test, sum, len);
	kfree(list);
}

static phys_addr_t linear_address(void *addr)
{
	return __pa(addr);
}

static phys_addr_t mapped_address(void *addr)
{
	return page_to_phys(vmalloc_to_page(addr)) + offset_in_page(addr);
}

static void linear(struct kunit *test)
{
	static const size_t len[] = {
		1, GUEST_SG_PAGE - 1, GUEST_SG_PAGE, GUEST_SG_PAGE + 1, SZ_32K,
	};
	void *buf = kunit_kzalloc(test, SZ_32K, GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (i = 0; i < ARRAY_SIZE(len); i++)
		check_list(test, buf, len[i], linear_address);
}

static void mapped(struct kunit *test)
{
	void *buf = vmalloc(GUEST_SG_MAX_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	check_list(test, buf, GUEST_SG_MAX_SIZE, mapped_address);
	check_list(test, buf, GUEST_SG_MAX_SIZE - 1, mapped_address);
	vfree(buf);
}

static struct kunit_case sg_list_cases[] = {
	KUNIT_CASE(linear),
	KUNIT_CASE(mapped),
	{ }
};

static struct kunit_suite sg_list_suite = {
	.name = "cxl-sg-list",
	.test_cases = sg_list_cases,
};

kunit_test_suite(sg_list_suite);
