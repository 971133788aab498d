// SPDX-License-Identifier: GPL-2.0-only
/*
 * CXL_START_WORK_AMR: a program can take rights away from its accelerator with
 * storage keys, as far as the kernel gives it the keys.
 */
#include <fcntl.h>
#include <sys/syscall.h>

#include "cxl_test.h"

/* Two bits for each key, from the top: no loads, no stores. */
#define AMR_NO_LOAD(key)	(1ULL << (62 - 2 * (key)))
#define AMR_NO_STORE(key)	(2ULL << (62 - 2 * (key)))

FIXTURE(amr) {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
	char *src;
	char *dst;
	int key;
};

FIXTURE_SETUP(amr)
{
	self->mc.fd = -1;
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	self->page = sysconf(_SC_PAGESIZE);
	self->src = cxl_pages(self->page);
	self->dst = cxl_pages(self->page);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	cxl_fill(self->src, self->page, 1);
	memset(self->dst, 0, self->page);
	self->key = syscall(SYS_pkey_alloc, 0UL, 0UL);
}

FIXTURE_TEARDOWN(amr)
{
	mc_close(&self->mc);
}

static void start(struct __test_metadata *_metadata, struct mc *mc,
		  const struct cxl_afu *afu, __u64 flags, __u64 amr)
{
	struct cxl_ioctl_start_work work = { .flags = flags, .amr = amr };

	ASSERT_EQ(0, mc_open(mc, afu->slave, 1));
	ASSERT_EQ(0, mc_start(mc, &work));
	ASSERT_EQ(0, mc_map(mc, afu->dir));
}

/* Key 0, which all memory has, is the kernel's to give. */
TEST_F(amr, masked)
{
	start(_metadata, &self->mc, &self->afu, CXL_START_WORK_AMR, ~0ULL);
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
	EXPECT_EQ(-1, cxl_mismatch(self->dst, self->page, 1));
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* Without the flag the value is not even looked at. */
TEST_F(amr, without_flag)
{
	__u64 amr = self->key > 0 ? AMR_NO_STORE(self->key) | AMR_NO_LOAD(self->key) : ~0ULL;

	if (self->key > 0)
		ASSERT_EQ(0, syscall(SYS_pkey_mprotect, self->dst, self->page,
				     PROT_READ | PROT_WRITE, self->key));
	start(_metadata, &self->mc, &self->afu, 0, amr);
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
	EXPECT_EQ(-1, cxl_mismatch(self->dst, self->page, 1));
}

/* The accelerator has no right that the program took away from it. */
TEST_F(amr, no_store)
{
	struct cxl_event event;

	if (self->key <= 0)
		SKIP(return, "no storage keys");
	ASSERT_EQ(0, syscall(SYS_pkey_mprotect, self->dst, self->page, PROT_READ | PROT_WRITE,
			     self->key));
	start(_metadata, &self->mc, &self->afu, CXL_START_WORK_AMR, AMR_NO_STORE(self->key));
	/* loads are allowed */
	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 64, self->dst, self->src + 64));
	ASSERT_EQ(MC_AERROR, mc_run(&self->mc, MC_COPY, 64, self->src, self->dst));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ(0, self->dst[0]);
}

TEST_F(amr, no_load)
{
	struct cxl_event event;

	if (self->key <= 0)
		SKIP(return, "no storage keys");
	ASSERT_EQ(0, syscall(SYS_pkey_mprotect, self->src, self->page, PROT_READ | PROT_WRITE,
			     self->key));
	start(_metadata, &self->mc, &self->afu, CXL_START_WORK_AMR, AMR_NO_LOAD(self->key));
	ASSERT_EQ(MC_AERROR, mc_run(&self->mc, MC_COPY, 64, self->src, self->dst));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ(0, self->dst[0]);
}

TEST_HARNESS_MAIN
