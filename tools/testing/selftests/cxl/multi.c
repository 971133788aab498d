// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several AFUs, on one card or on several: all at once, and what happens to one
 * of them is nothing to the others.
 */
#include <fcntl.h>
#include <poll.h>

#include "card_reset.h"
#include "cxl_test.h"
#include "hammer.h"
#include "machine.h"

#define AFUS_MAX 8

FIXTURE(multi) {
	struct cxl_afu afus[AFUS_MAX];
	int count;
	size_t page;
};

FIXTURE_SETUP(multi)
{
	if (no_afu(_metadata, &self->afus[0]))
		SKIP(return, "no memcpy AFU");
	self->count = cxl_find_memcpy_afus(self->afus, AFUS_MAX);
	if (self->count < 2)
		SKIP(return, "only one memcpy AFU");
	self->page = sysconf(_SC_PAGESIZE);
}

FIXTURE_TEARDOWN(multi)
{
}

/* The data go from AFU to AFU; each has translations of the same pages. */
TEST_F_TIMEOUT(multi, hand_on, 60)
{
	unsigned int round, rounds = machine_rounds(20);
	struct mc mcs[AFUS_MAX];
	size_t page = self->page;
	char *mem = cxl_pages((self->count + 1) * page);
	int i;

	ASSERT_NE(NULL, mem);
	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, mc_setup(&mcs[i], &self->afus[i], 64));
	for (round = 0; round < rounds; round++) {
		cxl_fill(mem, page, round);
		for (i = 0; i < self->count; i++)
			ASSERT_EQ(0, mc_copy(&mcs[(i + round) % self->count],
					     mem + (i + 1) * page, mem + i * page, page));
		ASSERT_EQ(-1, cxl_mismatch(mem + self->count * page, page, round));
		/* new pages for all of them */
		ASSERT_EQ(0, madvise(mem, (self->count + 1) * page, MADV_DONTNEED));
	}
	for (i = 0; i < self->count; i++)
		mc_close(&mcs[i]);
}

/* One address space in contexts of all AFUs, and it stops being there. */
TEST_F_TIMEOUT(multi, unmapped, 60)
{
	unsigned int round, rounds = machine_rounds(10);
	char *src = cxl_pages(self->page), *dst;
	struct cxl_event event;
	struct mc mc;
	int i;

	ASSERT_NE(NULL, src);
	for (round = 0; round < rounds; round++) {
		dst = cxl_pages(self->page);
		ASSERT_NE(NULL, dst);
		cxl_fill(src, self->page, round);
		for (i = 0; i < self->count; i++) {
			ASSERT_EQ(0, mc_setup(&mc, &self->afus[i], 64));
			ASSERT_EQ(0, mc_copy(&mc, dst, src, self->page));
			ASSERT_EQ(-1, cxl_mismatch(dst, self->page, round));
			ASSERT_EQ(0, munmap(dst, self->page));
			ASSERT_EQ(MC_AERROR, mc_run(&mc, MC_COPY, 64, src, dst));
			ASSERT_EQ(0, cxl_read_event(mc.fd, &event, CXL_WAIT_MS));
			EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
			mc_close(&mc);
			ASSERT_EQ(dst, mmap(dst, self->page, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		}
		munmap(dst, self->page);
	}
}

/* Each context gets the interrupt of its own AFU. */
TEST_F(multi, interrupts)
{
	struct mc mcs[AFUS_MAX];
	struct cxl_event event;
	int i;

	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, mc_setup(&mcs[i], &self->afus[i], 1));
	for (i = 0; i < self->count; i++) {
		ASSERT_EQ(MC_DONE, mc_irq(&mcs[i], i % 3 + 1));
		ASSERT_EQ(0, cxl_read_event(mcs[i].fd, &event, CXL_WAIT_MS));
		EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
		EXPECT_EQ(i % 3 + 1, event.irq.irq);
		EXPECT_EQ(mcs[i].pe, event.header.process_element);
	}
	for (i = 0; i < self->count; i++) {
		EXPECT_EQ(0, cxl_poll(mcs[i].fd, 0));
		mc_close(&mcs[i]);
	}
}

TEST_F_TIMEOUT(multi, all_at_once, 60)
{
	struct hammers hammers[AFUS_MAX];
	int i;

	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, hammers_start(&hammers[i], &self->afus[i], 2));
	for (i = 0; i < self->count; i++) {
		EXPECT_EQ(0, hammers_wait(&hammers[i], machine_rounds(30)));
		EXPECT_EQ(0, hammers_stop(&hammers[i]));
	}
}

/* An AFU on another card than the first one, or NULL. */
static struct cxl_afu *on_other_card(struct cxl_afu *afus, int count)
{
	int i;

	for (i = 1; i < count; i++) {
		if (afus[i].card != afus[0].card)
			return &afus[i];
	}
	return NULL;
}

/* One card is reset again and again, a context on the other one lives. */
TEST_F_TIMEOUT(multi, reset_of_the_other_card, 150)
{
	struct cxl_afu *other = on_other_card(self->afus, self->count);
	unsigned int i, rounds;
	char *src = cxl_pages(self->page), *dst = cxl_pages(self->page);
	struct mc mc;

	if (!other)
		SKIP(return, "only one card");
	rounds = card_reset_rounds(other, machine_rounds(10));
	if (!card_stays_in_reset(other))
		SKIP(return, "a reset of this card takes the device away");
	ASSERT_EQ(0, mc_setup(&mc, &self->afus[0], 64));
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, card_reset(other, "-1"));
		cxl_fill(src, self->page, i);
		ASSERT_EQ(0, mc_copy(&mc, dst, src, self->page));
		ASSERT_EQ(-1, cxl_mismatch(dst, self->page, i));
	}
	EXPECT_EQ(MC_DONE, mc_irq(&mc, 1));
	EXPECT_EQ(POLLIN, cxl_poll(mc.fd, CXL_WAIT_MS));
	mc_close(&mc);
}

TEST_F_TIMEOUT(multi, unbind_of_the_other_card, 60)
{
	struct cxl_afu *other = on_other_card(self->afus, self->count), again[AFUS_MAX];
	unsigned int i, rounds = machine_rounds(10);
	struct hammers hammers;
	struct cxl_binding binding;
	struct mc mc;

	if (!other)
		SKIP(return, "only one card");
	ASSERT_EQ(0, cxl_find_binding(other, &binding));
	ASSERT_EQ(0, mc_setup(&mc, &self->afus[0], 1));
	ASSERT_EQ(0, hammers_start(&hammers, &self->afus[0], 2));
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, cxl_unbind(&binding));
		EXPECT_EQ(MC_DONE, mc_irq(&mc, 1));
		ASSERT_EQ(0, cxl_bind(&binding));
	}
	EXPECT_EQ(0, hammers_wait(&hammers, 2));
	EXPECT_EQ(0, hammers_stop(&hammers));
	mc_close(&mc);
	EXPECT_EQ(self->count, cxl_find_memcpy_afus(again, AFUS_MAX));
}

TEST_HARNESS_MAIN
