// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cards that are not as most are. Each test looks whether the first card with a
 * memcpy AFU is what it is about, and skips if it is not.
 */
#include <fcntl.h>
#include <poll.h>

#include "cxl_test.h"
#include "inject.h"

FIXTURE(odd_cards) {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
	char *src;
	char *dst;
};

FIXTURE_SETUP(odd_cards)
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
}

FIXTURE_TEARDOWN(odd_cards)
{
	mc_close(&self->mc);
}

/*
 * Areas smaller than a page: mapped in pages they would show the registers of
 * neighbours. Everything but mapping works.
 */
TEST_F(odd_cards, area_below_page)
{
	long long size;
	size_t len;
	int ret;

	ASSERT_EQ(0, mc_open(&self->mc, self->afu.slave, 1));
	ASSERT_EQ(0, mc_start(&self->mc, NULL));
	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "mmio_size", &size));
	if (size >= (long long)self->page)
		SKIP(return, "areas have whole pages");
	for (len = 1; len <= self->page; len *= 4) {
		EXPECT_EQ(MAP_FAILED, mmap(NULL, len, PROT_READ, MAP_SHARED, self->mc.fd, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
	EXPECT_EQ(-1, cxl_mismatch(self->dst, self->page, 1));
	mc_close(&self->mc);

	/* a master has all of it */
	ASSERT_EQ(0, mc_open(&self->mc, self->afu.master, 1));
	ASSERT_EQ(0, mc_start(&self->mc, NULL));
	ret = mc_map(&self->mc, self->afu.master_dir);
	EXPECT_EQ(0, ret);
	if (!ret)
		EXPECT_NE(~0ULL, mc_reg_read(&self->mc, MC_REG_CONFIG));
}

/* Without interrupts of its own a context still has faults that are served. */
TEST_F(odd_cards, no_interrupts)
{
	struct cxl_ioctl_start_work work = { .flags = CXL_START_WORK_NUM_IRQS };
	struct cxl_event event;
	long long min;

	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_min", &min));
	if (min)
		SKIP(return, "a context has at least %lld interrupts", min);
	ASSERT_EQ(0, mc_open(&self->mc, self->afu.slave, 1));
	ASSERT_EQ(0, mc_start(&self->mc, &work));
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, self->page));
	EXPECT_EQ(-1, cxl_mismatch(self->dst, self->page, 1));
	EXPECT_EQ(MC_FAILED, mc_run(&self->mc, MC_IRQ, 1, NULL, NULL));
	mc_close(&self->mc);
	/* by default, too, and then a fault becomes an event */
	ASSERT_EQ(0, mc_open(&self->mc, self->afu.slave, 1));
	ASSERT_EQ(0, mc_start(&self->mc, NULL));
	ASSERT_EQ(MC_AERROR, mc_run(&self->mc, MC_COPY, 64, CXL_HOLE, self->dst));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
}

/* No buffer, no file. */
TEST_F(odd_cards, no_error_buffer)
{
	char path[256], buf[16];

	snprintf(path, sizeof(path), "%s/afu_err_buff", self->afu.dir);
	if (cxl_of_number(&self->afu, "ibm,error-buffer-size") > 0 || !access(path, F_OK))
		SKIP(return, "the AFU has an error buffer");
	EXPECT_EQ(-ENOENT, cxl_file_read(self->afu.dir, "afu_err_buff", buf, sizeof(buf)));
}

/* As many directories as records, and none behind the last. */
TEST_F(odd_cards, several_records)
{
	char name[32], buf[512];
	int i;

	if (cxl_file_read(self->afu.dir, "cr1/vendor", buf, sizeof(buf)) < 0)
		SKIP(return, "the AFU has one record");
	for (i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "cr%d/vendor", i);
		if (cxl_file_read(self->afu.dir, name, buf, sizeof(buf)) < 0)
			break;
		snprintf(name, sizeof(name), "cr%d/config", i);
		EXPECT_EQ(256, cxl_file_read(self->afu.dir, name, buf, sizeof(buf)));
	}
	EXPECT_GT(i, 1);
	snprintf(name, sizeof(name), "cr%d", i);
	EXPECT_EQ(-ENOENT, cxl_file_read(self->afu.dir, name, buf, sizeof(buf)));
}

/* The second AFU of a card, which has its own contexts and its own troubles. */
static bool find_sibling(const struct cxl_afu *afu, struct cxl_afu *sibling)
{
	*sibling = *afu;
	sibling->slice = afu->slice ^ 1;
	snprintf(sibling->dir, sizeof(sibling->dir), "/sys/class/cxl/afu%d.%d", afu->card,
		 sibling->slice);
	snprintf(sibling->slave, sizeof(sibling->slave), "/dev/cxl/afu%d.%ds", afu->card,
		 sibling->slice);
	snprintf(sibling->master, sizeof(sibling->master), "/dev/cxl/afu%d.%dm", afu->card,
		 sibling->slice);
	return !access(sibling->slave, F_OK);
}

static void check_copy(struct __test_metadata *_metadata, struct mc *mc, const char *src)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *fresh = cxl_pages(page);

	ASSERT_NE(NULL, fresh);
	ASSERT_EQ(0, mc_copy(mc, fresh, src, page));
	ASSERT_EQ(-1, cxl_mismatch(fresh, page, 1));
	munmap(fresh, page);
}

TEST_F_TIMEOUT(odd_cards, sibling_in_error, 90)
{
	struct inject inject;
	struct cxl_afu sibling;
	struct mc mc;
	int state;

	if (!find_sibling(&self->afu, &sibling))
		SKIP(return, "a card with one AFU");
	if (!host_present())
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, inject_begin(&inject, &sibling));
	ASSERT_EQ(0, mc_setup(&self->mc, &self->afu, 1));
	/* states that one AFU can have, and the others not, are a hypervisor's */
	for (state = STATE_DISABLED;
	     cxl_is_guest(&sibling) && state <= STATE_UNAVAILABLE; state++) {
		ASSERT_EQ(0, mc_setup(&mc, &sibling, 1));
		ASSERT_EQ(0, inject_state(&inject, state));
		EXPECT_EQ(0, inject_wait_dead(mc.fd, STATE_WAIT_MS));
		mc_close(&mc);
		check_copy(_metadata, &self->mc, self->src);
		EXPECT_EQ(0, inject_works(&self->afu));
		if (state != STATE_DISABLED)
			ASSERT_EQ(0, inject_state(&inject, STATE_DISABLED));
		EXPECT_EQ(0, inject_wait_open(&inject, 0, STATE_WAIT_MS));
		EXPECT_EQ(0, inject_works(&sibling));
		check_copy(_metadata, &self->mc, self->src);
	}
	/* a reset of the AFU is its own matter, too */
	EXPECT_EQ(0, cxl_file_write(sibling.dir, "reset", "1"));
	check_copy(_metadata, &self->mc, self->src);
	EXPECT_EQ(MC_DONE, mc_irq(&self->mc, 1));
	/* that of the card is not */
	EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.card_dir, "reset", "1"));
	EXPECT_EQ(0, inject_violations(&inject));
}

/* Interrupts that a lost context of one AFU may still use are not the other's. */
TEST_F_TIMEOUT(odd_cards, sibling_with_lost_context, 90)
{
	struct cxl_ioctl_start_work work = { .flags = CXL_START_WORK_NUM_IRQS };
	struct inject inject;
	struct cxl_afu sibling;
	struct cxl_event event;
	struct mc mc, other;
	long long irqs;
	__u32 lost;

	if (!find_sibling(&self->afu, &sibling))
		SKIP(return, "a card with one AFU");
	if (!host_present())
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, inject_begin(&inject, &sibling));
	ASSERT_EQ(0, cxl_file_number(sibling.dir, "irqs_min", &irqs));
	work.num_interrupts = irqs;
	/* keeps the AFU from being reset, which would free the lost one */
	ASSERT_EQ(0, mc_setup(&other, &sibling, 1));
	ASSERT_EQ(0, mc_setup(&mc, &sibling, 1));
	lost = mc.pe;
	ASSERT_EQ(MC_DONE, mc_run(&mc, MC_STOP, 0, NULL, NULL));
	ASSERT_EQ(0, inject_refused_detach(&inject));
	mc_close(&mc);
	EXPECT_EQ(-EIO, cxl_open(sibling.slave, O_RDWR));

	ASSERT_EQ(0, mc_open(&self->mc, self->afu.slave, 1));
	ASSERT_EQ(0, mc_start(&self->mc, &work));
	ASSERT_EQ(0, mc_map(&self->mc, self->afu.dir));
	ASSERT_EQ(0, host_set(inject.card, "inject-irq", "\"%d:%u:1:5\"", sibling.slice,
			      lost & 0xffff));
	EXPECT_EQ(-ETIMEDOUT, cxl_read_event(self->mc.fd, &event, 300));
	check_copy(_metadata, &self->mc, self->src);
	check_copy(_metadata, &other, self->src);
	mc_close(&other);
	EXPECT_EQ(0, inject_wait_open(&inject, 0, STATE_WAIT_MS));
	EXPECT_EQ(0, inject_works(&sibling));
	EXPECT_EQ(0, inject_violations(&inject));
}

TEST_HARNESS_MAIN
