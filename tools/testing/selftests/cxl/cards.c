// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several AFUs, on several cards, used by one program at the same time: each
 * does its own work, and what happens to one happens to no other.
 */
#include <fcntl.h>

#include "cxl_host.h"
#include "card_reset.h"
#include "cxl_test.h"

#define MAX_AFUS 32
#define BYTES 65536

FIXTURE(cards) {
	struct cxl_afu afus[MAX_AFUS];
	struct mc mc[MAX_AFUS];
	int count;
	char *src[MAX_AFUS];
	char *dst[MAX_AFUS];
};

FIXTURE_SETUP(cards)
{
	int i;

	if (no_afu(_metadata, &self->afus[0]))
		SKIP(return, "no memcpy AFU");
	self->count = cxl_find_memcpy_afus(self->afus, MAX_AFUS);
	if (self->count < 2) {
		self->count = 0;
		SKIP(return, "only one AFU");
	}
	for (i = 0; i < self->count; i++) {
		self->mc[i].fd = -1;
		self->src[i] = cxl_pages(BYTES);
		self->dst[i] = cxl_pages(BYTES);
		ASSERT_NE(NULL, self->src[i]);
		ASSERT_NE(NULL, self->dst[i]);
		cxl_fill(self->src[i], BYTES, i);
		ASSERT_EQ(0, mc_setup(&self->mc[i], &self->afus[i], 16));
	}
}

FIXTURE_TEARDOWN(cards)
{
	while (self->count)
		mc_close(&self->mc[--self->count]);
}

/* All of them copy at once, each other data. */
TEST_F(cards, copy)
{
	struct mc_element *last[MAX_AFUS];
	size_t offset;
	int i;

	for (i = 0; i < self->count; i++) {
		mc_hold(&self->mc[i]);
		for (offset = 0; offset < BYTES; offset += MC_COPY_MAX)
			last[i] = mc_push(&self->mc[i], MC_COPY, MC_COPY_MAX,
					  self->src[i] + offset, self->dst[i] + offset);
		ASSERT_NE(NULL, last[i]);
	}
	for (i = 0; i < self->count; i++)
		mc_release(&self->mc[i]);
	for (i = 0; i < self->count; i++) {
		EXPECT_EQ(MC_DONE, mc_wait(&self->mc[i], last[i], CXL_WAIT_MS));
		EXPECT_EQ(-1, cxl_mismatch(self->dst[i], BYTES, i));
	}
}

/* An interrupt comes to the context whose AFU has raised it. */
TEST_F(cards, interrupts)
{
	struct cxl_event event;
	int i, j;

	for (i = 0; i < self->count; i++) {
		ASSERT_EQ(MC_DONE, mc_irq(&self->mc[i], 1 + i % 3));
		ASSERT_EQ(0, cxl_read_event(self->mc[i].fd, &event, CXL_WAIT_MS));
		EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
		EXPECT_EQ(1 + i % 3, event.irq.irq);
		EXPECT_EQ((__u16)self->mc[i].pe, event.header.process_element);
		for (j = 0; j < self->count; j++)
			EXPECT_EQ(0, cxl_poll(self->mc[j].fd, 0));
	}
}

/* So does a fault; the other AFUs go on. */
TEST_F(cards, faults)
{
	struct cxl_event event;
	int i, j;

	for (i = 0; i < self->count; i++) {
		ASSERT_EQ(MC_AERROR, mc_run(&self->mc[i], MC_COPY, 64, CXL_HOLE, self->dst[i]));
		ASSERT_EQ(0, cxl_read_event(self->mc[i].fd, &event, CXL_WAIT_MS));
		EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
		for (j = i + 1; j < self->count; j++)
			ASSERT_EQ(0, mc_copy(&self->mc[j], self->dst[j], self->src[j], 64));
		for (j = 0; j < self->count; j++)
			EXPECT_EQ(0, cxl_poll(self->mc[j].fd, 0));
	}
}

/* All of them know a page by its address, and all of them have to forget it. */
TEST_F(cards, changed_mapping)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *map, *old;
	int i, fd;

	fd = memfd_create("cxl", MFD_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ftruncate(fd, page));
	old = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, old);
	ASSERT_NE(MAP_FAILED, map);
	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, mc_copy(&self->mc[i], map + 64 * i, self->src[i], 64));
	ASSERT_EQ(map, mmap(map, page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memset(old, 0, page);
	for (i = 0; i < self->count; i++) {
		ASSERT_EQ(0, mc_copy(&self->mc[i], map + 64 * i, self->src[i], 64));
		EXPECT_EQ(-1, cxl_mismatch(map + 64 * i, 64, i));
		EXPECT_EQ(0, old[64 * i]) TH_LOG("AFU %d", i);
	}
	close(fd);
}

/* The reset of a card that nobody uses disturbs none that somebody uses. */
TEST_F_TIMEOUT(cards, reset_of_one, 100)
{
	const struct cxl_afu *last = &self->afus[self->count - 1];
	int i, victim = last->card;
	struct mc *mc;

	if (victim == self->afus[0].card)
		SKIP(return, "only one card");
	if (!card_stays_in_reset(last))
		SKIP(return, "a reset of this card takes the device away");
	for (i = 0; i < self->count; i++) {
		if (self->afus[i].card == victim)
			mc_close(&self->mc[i]);
		else
			mc_keep_busy(&self->mc[i], self->src[i], self->dst[i]);
	}
	ASSERT_EQ(0, card_reset(last, "1"));
	for (i = 0; i < self->count; i++) {
		mc = &self->mc[i];
		if (self->afus[i].card == victim) {
			ASSERT_EQ(0, mc_setup(mc, &self->afus[i], 16));
		} else {
			ASSERT_EQ(MC_DONE, mc_wait(mc, &mc->ring[mc->entries - 1],
						   CXL_WAIT_MS));
		}
		ASSERT_EQ(0, mc_copy(&self->mc[i], self->dst[i], self->src[i], BYTES));
		EXPECT_EQ(-1, cxl_mismatch(self->dst[i], BYTES, i));
	}
}

/* Who tests cards through the host counts them as the kernel does. */
TEST_F(cards, numbered_as_by_the_host)
{
	uint64_t before, after;
	char name[16];
	int i;

	if (!host_present())
		SKIP(return, "no host to ask");
	for (i = 0; i < self->count; i++) {
		snprintf(name, sizeof(name), "card%d", self->afus[i].card);
		ASSERT_EQ(0, host_get_u64(name, "stat-afu-interrupts", &before));
		ASSERT_EQ(MC_DONE, mc_irq(&self->mc[i], 1));
		ASSERT_EQ(0, host_get_u64(name, "stat-afu-interrupts", &after));
		EXPECT_EQ(before + 1, after) TH_LOG("%s", name);
	}
}

TEST_HARNESS_MAIN
