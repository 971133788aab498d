// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card that keeps translations of contexts that have ended. They must not serve
 * the next context, whether it is of the same process or of another one: there
 * the same address is other memory.
 */
#include <fcntl.h>

#include "cxl_test.h"
#include "inject.h"

#define ADDRESS	((char *)0x3000000000UL)
#define PAGE	65536UL

FIXTURE(lazy_removal) {
	struct inject inject;
	struct mc mc;
	char *src;
};

FIXTURE_SETUP(lazy_removal)
{
	struct cxl_afu afu;

	self->mc.fd = -1;
	if (no_afu(_metadata, &afu))
		SKIP(return, "no memcpy AFU");
	if (!host_present())
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, inject_begin(&self->inject, &afu));
	ASSERT_EQ(0, host_set(self->inject.card, "lazy-removal", "true"));
	self->src = cxl_pages(PAGE);
	ASSERT_NE(NULL, self->src);
}

FIXTURE_TEARDOWN(lazy_removal)
{
	mc_close(&self->mc);
	if (!host_present())
		return;
	EXPECT_EQ(0, inject_heal(&self->inject));
	EXPECT_EQ(0, inject_violations(&self->inject));
}

/* New memory at the same address; what it was before must be gone. */
static char *memory_anew(void)
{
	char *map;

	munmap(ADDRESS, PAGE);
	map = mmap(ADDRESS, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return map == MAP_FAILED ? NULL : map;
}

/* Both ways: what is there is read, and what is written is there. */
static int exchange(const struct cxl_afu *afu, char *mem, char *src, unsigned int seed)
{
	struct mc mc;
	int ret;

	ret = mc_setup(&mc, afu, 1);
	if (ret)
		return 1;
	cxl_fill(mem, 4096, seed);
	memset(src, 0, PAGE);
	if (mc_copy(&mc, src, mem, 4096) || cxl_mismatch(src, 4096, seed) != -1)
		ret = 2;
	cxl_fill(src, 4096, seed + 1);
	if (mc_copy(&mc, mem + 8192, src, 4096) || cxl_mismatch(mem + 8192, 4096, seed + 1) != -1)
		ret = 3;
	mc_close(&mc);
	return ret;
}

/* One process, one context after the other, and new memory for each. */
TEST_F(lazy_removal, same_process)
{
	char *mem;
	int i;

	for (i = 0; i < 30; i++) {
		mem = memory_anew();
		ASSERT_NE(NULL, mem);
		ASSERT_EQ(0, exchange(&self->inject.afu, mem, self->src, i));
	}
}

/* One process after the other, which get the identification of the last one. */
TEST_F(lazy_removal, other_processes)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 30; i++) {
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			char *mem = memory_anew();

			_exit(mem ? exchange(&self->inject.afu, mem, self->src, i) : 9);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, status) {
			TH_LOG("process %d", i);
		}
	}
}

/* Addresses that the next process does not have: a fault, and not old memory. */
TEST_F(lazy_removal, nothing_there)
{
	struct cxl_event event;
	int i, status;
	struct mc mc;
	pid_t pid;

	for (i = 0; i < 10; i++) {
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			char *mem = memory_anew();

			_exit(mem ? exchange(&self->inject.afu, mem, self->src, i) : 9);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, status);
		ASSERT_EQ(0, mc_setup(&mc, &self->inject.afu, 1));
		ASSERT_EQ(MC_AERROR, mc_run(&mc, MC_COPY, 64, ADDRESS, self->src));
		ASSERT_EQ(0, cxl_read_event(mc.fd, &event, CXL_WAIT_MS));
		EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
		mc_close(&mc);
	}
}

/* Without the reset that the last close of an AFU could do: others stay. */
TEST_F(lazy_removal, beside_others)
{
	char *mem;
	int i;

	ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
	for (i = 0; i < 30; i++) {
		mem = memory_anew();
		ASSERT_NE(NULL, mem);
		ASSERT_EQ(0, exchange(&self->inject.afu, mem, self->src, i));
		ASSERT_EQ(0, mc_copy(&self->mc, self->src, mem, 4096));
		ASSERT_EQ(-1, cxl_mismatch(self->src, 4096, i));
	}
}

TEST_HARNESS_MAIN
