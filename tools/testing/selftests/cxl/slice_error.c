// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors of a function that are no process's fault: logged, masked, and reported
 * again after the AFU has been reset. Contexts go on.
 */
#include <poll.h>

#include "cxl_test.h"
#include "inject.h"

#define SERR_BITS	9
#define SERR_STATUS	0xff80000000000000ULL
#define SERR_MASKS	0x00000000ff800000ULL
#define SERR_AE		0x0000000200000000ULL

FIXTURE(slice_error) {
	struct inject inject;
	struct mc mc;
	char *src;
};

FIXTURE_SETUP(slice_error)
{
	struct cxl_afu afu;

	self->mc.fd = -1;
	if (no_afu(_metadata, &afu))
		SKIP(return, "no memcpy AFU");
	if (!host_present())
		SKIP(return, "no host to ask");
	if (!cxl_has_stats(&afu))
		SKIP(return, "no counters in debugfs");
	ASSERT_EQ(0, inject_begin(&self->inject, &afu));
	self->src = cxl_pages(65536);
	ASSERT_NE(NULL, self->src);
	cxl_fill(self->src, 65536, 1);
	/* nothing is masked after this */
	ASSERT_EQ(0, cxl_file_write(afu.dir, "reset", "1"));
	ASSERT_EQ(0, mc_setup(&self->mc, &afu, 1));
}

FIXTURE_TEARDOWN(slice_error)
{
	mc_close(&self->mc);
	if (!host_present())
		return;
	EXPECT_EQ(0, inject_heal(&self->inject));
	EXPECT_EQ(0, cxl_file_write(self->inject.afu.dir, "reset", "1"));
	EXPECT_EQ(0, inject_violations(&self->inject));
}

static int raise_error(const struct inject *inject, __u64 serr)
{
	return host_set(inject->card, "function-serr", "\"%d:0x%llx\"", inject->afu.slice, serr);
}

/* PSL_SERR_An, out of "0:0x...,1:0x...". */
static int read_serr(const struct inject *inject, __u64 *serr)
{
	char json[256], key[16];
	const char *found;

	if (host_get(inject->card, "function-serr", json, sizeof(json)))
		return -1;
	snprintf(key, sizeof(key), "%d:0x", inject->afu.slice);
	found = strstr(json, key);
	if (!found)
		return -1;
	*serr = strtoull(found + strlen(key), NULL, 16);
	return 0;
}

static __u64 errors(struct __test_metadata *_metadata, const struct inject *inject)
{
	__u64 value = 0;

	EXPECT_EQ(0, cxl_stat(&inject->afu, "slice_errors", &value));
	return value;
}

/* A copy that takes a fault and an interrupt: all of the AFU works. */
static void check_works(struct __test_metadata *_metadata, struct mc *mc, const char *src)
{
	struct cxl_event event;
	char *fresh = cxl_pages(65536);

	ASSERT_NE(NULL, fresh);
	ASSERT_EQ(0, mc_copy(mc, fresh, src, 4096));
	ASSERT_EQ(-1, cxl_mismatch(fresh, 4096, 1));
	ASSERT_EQ(MC_DONE, mc_irq(mc, 1));
	ASSERT_EQ(0, cxl_read_event(mc->fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
	EXPECT_EQ(0, cxl_poll(mc->fd, 0));
	munmap(fresh, 65536);
}

/* One interrupt for each kind: acknowledged, and masked from then on. */
TEST_F(slice_error, each_bit)
{
	__u64 before = errors(_metadata, &self->inject), bit, serr = 0;
	int i;

	for (i = 0; i < SERR_BITS; i++) {
		bit = 1ULL << (63 - i);
		ASSERT_EQ(0, raise_error(&self->inject, bit));
		ASSERT_EQ(0, cxl_stat_wait(&self->inject.afu, "slice_errors", before + i + 1)) {
			TH_LOG("bit %d", i);
		}
		check_works(_metadata, &self->mc, self->src);
		ASSERT_EQ(0, read_serr(&self->inject, &serr));
		EXPECT_EQ(0ULL, serr & SERR_STATUS);
		EXPECT_NE(0ULL, serr & (bit >> 32));
	}
	EXPECT_EQ(before + SERR_BITS, errors(_metadata, &self->inject));
}

/* No number of errors keeps the machine from working. */
TEST_F(slice_error, no_storm)
{
	__u64 before = errors(_metadata, &self->inject);
	int i;

	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, raise_error(&self->inject, 1ULL << 63));
	check_works(_metadata, &self->mc, self->src);
	poll(NULL, 0, 200);
	/* what came before the mask, at most */
	EXPECT_GE(before + 10, errors(_metadata, &self->inject));
	EXPECT_LE(before + 1, errors(_metadata, &self->inject));
}

/* The mask does not outlive the trouble: a reset of the AFU takes it away. */
TEST_F(slice_error, again_after_reset)
{
	__u64 before = errors(_metadata, &self->inject), serr = 0;
	int i;

	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, raise_error(&self->inject, SERR_STATUS));
		ASSERT_EQ(0, cxl_stat_wait(&self->inject.afu, "slice_errors", before + i));
		mc_close(&self->mc);
		ASSERT_EQ(0, cxl_file_write(self->inject.afu.dir, "reset", "1"));
		ASSERT_EQ(0, read_serr(&self->inject, &serr));
		EXPECT_EQ(0ULL, serr & (SERR_STATUS | SERR_MASKS | SERR_AE));
		ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
		check_works(_metadata, &self->mc, self->src);
	}
}

/* The AFU says that a job has ended with an error: logged, and no event. */
TEST_F(slice_error, job_error)
{
	__u64 before = errors(_metadata, &self->inject), serr = 0;

	ASSERT_EQ(0, raise_error(&self->inject, SERR_AE));
	ASSERT_EQ(0, cxl_stat_wait(&self->inject.afu, "slice_errors", before + 1));
	check_works(_metadata, &self->mc, self->src);
	ASSERT_EQ(0, read_serr(&self->inject, &serr));
	EXPECT_EQ(0ULL, serr & SERR_AE);
}

/* An error interrupt without an error. */
TEST_F(slice_error, spurious)
{
	ASSERT_EQ(0, host_set(self->inject.card, "inject-irq", "\"%d:*:error:50\"",
			      self->inject.afu.slice));
	check_works(_metadata, &self->mc, self->src);
	poll(NULL, 0, 200);
	check_works(_metadata, &self->mc, self->src);
}

/* The hypervisor does not want to talk about it, or only later. */
TEST_F(slice_error, calls_fail)
{
	__u64 before = errors(_metadata, &self->inject);

	if (!cxl_is_guest(&self->inject.afu))
		SKIP(return, "no hypervisor to call");
	/* read once, acknowledged once */
	ASSERT_EQ(0, inject_rc(&self->inject, H_CONTROL ":11:%d", RC_HARDWARE));
	ASSERT_EQ(0, raise_error(&self->inject, 1ULL << 63));
	check_works(_metadata, &self->mc, self->src);
	ASSERT_EQ(0, inject_rc(&self->inject, H_CONTROL ":11:%d:3", RC_BUSY));
	ASSERT_EQ(0, raise_error(&self->inject, 1ULL << 62));
	ASSERT_EQ(0, cxl_stat_wait(&self->inject.afu, "slice_errors", before + 1));
	check_works(_metadata, &self->mc, self->src);
	ASSERT_EQ(0, inject_rc(&self->inject, H_CONTROL ":12:%d", RC_HARDWARE));
	ASSERT_EQ(0, raise_error(&self->inject, 1ULL << 61));
	check_works(_metadata, &self->mc, self->src);
}

TEST_HARNESS_MAIN
