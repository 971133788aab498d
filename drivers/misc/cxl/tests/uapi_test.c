// SPDX-License-Identifier: GPL-2.0-only
/* User ABI: sizes, offsets and numbers that programs were compiled with. */
#include <kunit/test.h>

#include <uapi/misc/cxl.h>

#define AT(type, member, where) \
	static_assert(offsetof(type, member) == (where))

AT(struct cxl_ioctl_start_work, work_element_descriptor, 8);
AT(struct cxl_ioctl_start_work, amr, 16);
AT(struct cxl_ioctl_start_work, num_interrupts, 24);
AT(struct cxl_ioctl_start_work, tid, 26);
AT(struct cxl_ioctl_start_work, reserved1, 28);
AT(struct cxl_ioctl_start_work, reserved2, 32);
AT(struct cxl_ioctl_start_work, reserved5, 56);

AT(struct cxl_afu_id, card_id, 8);
AT(struct cxl_afu_id, afu_offset, 12);
AT(struct cxl_afu_id, afu_mode, 16);
AT(struct cxl_afu_id, reserved2, 24);
AT(struct cxl_afu_id, reserved6, 56);

AT(struct cxl_adapter_image, data, 8);
AT(struct cxl_adapter_image, len_data, 16);
AT(struct cxl_adapter_image, len_image, 24);
AT(struct cxl_adapter_image, reserved4, 56);

AT(struct cxl_event, header.size, 2);
AT(struct cxl_event, header.process_element, 4);
AT(struct cxl_event, irq.irq, 10);
AT(struct cxl_event, fault.addr, 16);
AT(struct cxl_event, fault.dsisr, 24);
AT(struct cxl_event, afu_error.error, 16);
static_assert(sizeof(struct cxl_event) == 40);

static void ioctl_numbers(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, CXL_IOCTL_START_WORK, 0x8040ca00U);
	KUNIT_EXPECT_EQ(test, CXL_IOCTL_GET_PROCESS_ELEMENT, 0x4004ca01U);
	KUNIT_EXPECT_EQ(test, CXL_IOCTL_GET_AFU_ID, 0x4040ca02U);
	KUNIT_EXPECT_EQ(test, CXL_IOCTL_DOWNLOAD_IMAGE, 0x8040ca0aU);
	KUNIT_EXPECT_EQ(test, CXL_IOCTL_VALIDATE_IMAGE, 0x8040ca0bU);
}

static struct kunit_case uapi_cases[] = {
	KUNIT_CASE(ioctl_numbers),
	{ }
};

static struct kunit_suite uapi_suite = {
	.name = "cxl-uapi",
	.test_cases = uapi_cases,
};

kunit_test_suite(uapi_suite);
