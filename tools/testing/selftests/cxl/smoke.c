// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shortest way from a program to the accelerator and back.
 */
#include "cxl_test.h"

FIXTURE(smoke) {
	struct cxl_afu afu;
	struct mc mc;
};

FIXTURE_SETUP(smoke)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, 1));
}

FIXTURE_TEARDOWN(smoke)
{
	mc_close(&self->mc);
}

TEST_F(smoke, copy)
{
	char src[128] = "through the accelerator", dst[128] = "";

	ASSERT_EQ(0, mc_copy(&self->mc, dst, src, sizeof(src)));
	EXPECT_STREQ(src, dst);
}

TEST_F(smoke, interrupt)
{
	struct cxl_event event;

	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 1));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
	EXPECT_EQ(1, event.irq.irq);
}

TEST_HARNESS_MAIN
