// SPDX-License-Identifier: GPL-2.0-only
/*
 * As many contexts as the AFU has, all at work at once.
 */
#include <fcntl.h>

#include "cxl_test.h"

#define MAX_CONTEXTS 8192

FIXTURE(contexts) {
	struct cxl_afu afu;
	struct mc *mcs;
	int count;
	bool no_interrupts;
	char *data;
};

static int open_context(struct mc *mc, const struct cxl_afu *afu)
{
	int ret = mc_open(mc, afu->slave, 1);

	return ret ? ret : mc_start(mc, NULL);
}

/* Opens and starts contexts until the kernel says that there are no more. */
FIXTURE_SETUP(contexts)
{
	int ret;

	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	cxl_raise_file_limit();
	self->mcs = calloc(MAX_CONTEXTS, sizeof(*self->mcs));
	ASSERT_NE(NULL, self->mcs);
	for (; self->count < MAX_CONTEXTS; self->count++) {
		ret = open_context(&self->mcs[self->count], &self->afu);
		if (ret)
			break;
	}
	/* A host bridge may have fewer than all contexts need. */
	self->no_interrupts = self->mcs[self->count].fd >= 0;
	if (self->no_interrupts)
		mc_close(&self->mcs[self->count]);
	ASSERT_EQ(-ENOSPC, ret) {
		TH_LOG("after %d contexts", self->count);
	}
	ASSERT_GT(self->count, 1);
	self->data = cxl_pages((size_t)2 * self->count * MC_COPY_MAX);
	ASSERT_NE(NULL, self->data);
}

FIXTURE_TEARDOWN(contexts)
{
	while (self->count--)
		mc_close(&self->mcs[self->count]);
}

TEST_F_TIMEOUT(contexts, limited_by_number, 120)
{
	int fds[MAX_CONTEXTS], count = 0, ret;

	/* interrupts may have run out before: contexts need none to be opened */
	while ((ret = cxl_open(self->afu.slave, O_RDWR)) >= 0 && count < MAX_CONTEXTS)
		fds[count++] = ret;
	EXPECT_EQ(-ENOSPC, ret);
	EXPECT_EQ(-ENOSPC, cxl_open(self->afu.master, O_RDWR));
	if (!self->no_interrupts)
		EXPECT_EQ(0, count);
	while (count--)
		EXPECT_EQ(0, close(fds[count]));
}

TEST_F_TIMEOUT(contexts, unique_process_elements, 120)
{
	static bool seen[0x10000];
	int i;

	for (i = 0; i < self->count; i++) {
		ASSERT_LT(self->mcs[i].pe, 0x10000U);
		EXPECT_FALSE(seen[self->mcs[i].pe]);
		seen[self->mcs[i].pe] = true;
	}
}

TEST_F_TIMEOUT(contexts, copy, 120)
{
	size_t half = (size_t)self->count * MC_COPY_MAX, offset;
	struct mc_element **elements;
	int i;

	elements = calloc(self->count, sizeof(*elements));
	ASSERT_NE(NULL, elements);
	cxl_fill(self->data, half, 1);
	for (i = 0; i < self->count; i++) {
		offset = (size_t)i * MC_COPY_MAX;
		elements[i] = mc_push(&self->mcs[i], MC_COPY, MC_COPY_MAX,
				      self->data + offset, self->data + half + offset);
		ASSERT_NE(NULL, elements[i]);
	}
	for (i = 0; i < self->count; i++) {
		ASSERT_EQ(MC_DONE, mc_wait(&self->mcs[i], elements[i], CXL_WAIT_MS)) {
			TH_LOG("context %d", i);
		}
	}
	EXPECT_EQ(-1, cxl_mismatch(self->data + half, half, 1));
}

/* Each context gets its own interrupt, and its own number with it. */
TEST_F_TIMEOUT(contexts, interrupts, 120)
{
	long long irqs;
	struct cxl_event event;
	int i;

	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_min", &irqs));
	for (i = 0; i < self->count; i++)
		ASSERT_NE(NULL, mc_push(&self->mcs[i], MC_IRQ, i % irqs + 1, NULL, NULL));
	for (i = 0; i < self->count; i++) {
		ASSERT_EQ(0, cxl_read_event(self->mcs[i].fd, &event, CXL_WAIT_MS)) {
			TH_LOG("context %d", i);
		}
		EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
		EXPECT_EQ(self->mcs[i].pe, event.header.process_element);
		EXPECT_EQ(i % irqs + 1, event.irq.irq);
		EXPECT_EQ(0, cxl_poll(self->mcs[i].fd, 0));
	}
}

/* Some of them go in between the others, and come back. */
TEST_F_TIMEOUT(contexts, replace, 120)
{
	int i;

	for (i = 0; i < self->count; i += 3)
		mc_close(&self->mcs[i]);
	for (i = 0; i < self->count; i += 3)
		ASSERT_EQ(0, open_context(&self->mcs[i], &self->afu));
	cxl_fill(self->data, MC_COPY_MAX, 2);
	for (i = 0; i < self->count; i++) {
		memset(self->data + MC_COPY_MAX, 0, MC_COPY_MAX);
		ASSERT_EQ(0, mc_copy(&self->mcs[i], self->data + MC_COPY_MAX, self->data,
				     MC_COPY_MAX));
		ASSERT_EQ(-1, cxl_mismatch(self->data + MC_COPY_MAX, MC_COPY_MAX, 2));
	}
}

/* All of them have a fault that cannot be resolved. */
TEST_F_TIMEOUT(contexts, faults, 120)
{
	struct cxl_event event;
	int i;

	for (i = 0; i < self->count; i++)
		ASSERT_NE(NULL, mc_push(&self->mcs[i], MC_COPY, 64, self->data, CXL_HOLE));
	for (i = 0; i < self->count; i++) {
		ASSERT_EQ(0, cxl_read_event(self->mcs[i].fd, &event, CXL_WAIT_MS)) {
			TH_LOG("context %d", i);
		}
		EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
		EXPECT_EQ(self->mcs[i].pe, event.header.process_element);
	}
}

TEST_HARNESS_MAIN
