// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments that are entered before a context starts: each mode saves the
 * segment faults that it promises to save, and no others.
 */
#include <fcntl.h>

#include "cxl_test.h"

/* Far from everything else, so in a segment of its own. */
#define FAR_PAGE	((char *)0x2000000000UL)

FIXTURE(prefault) {
	struct cxl_afu afu;
	struct mc mc;
	size_t page;
	__u64 before;
};

FIXTURE_SETUP(prefault)
{
	self->mc.fd = -1;
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	self->page = sysconf(_SC_PAGESIZE);
}

FIXTURE_TEARDOWN(prefault)
{
	cxl_file_write(self->afu.dir, "prefault_mode", "none");
	mc_close(&self->mc);
}

static char *far_page(size_t size)
{
	char *map = mmap(FAR_PAGE, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return map == MAP_FAILED ? NULL : memset(map, 1, size);
}

static __u64 segment_faults(struct __test_metadata *_metadata, const struct cxl_afu *afu)
{
	__u64 value = 0;

	ASSERT_EQ(0, cxl_stat(afu, "segment_faults", &value));
	return value;
}

/* Starts in a mode, and executes an element for which the ring is enough. */
static void start_in_mode(struct __test_metadata *_metadata, const struct cxl_afu *afu,
			  struct mc *mc, const char *mode)
{
	ASSERT_EQ(0, cxl_file_write(afu->dir, "prefault_mode", mode));
	ASSERT_EQ(0, mc_setup(mc, afu, 1));
	ASSERT_EQ(MC_DONE, mc_run(mc, MC_COPY, 0, NULL, NULL));
}

TEST_F(prefault, none)
{
	char *far = far_page(self->page);
	__u64 before = segment_faults(_metadata, &self->afu);

	ASSERT_NE(NULL, far);
	start_in_mode(_metadata, &self->afu, &self->mc, "none");
	EXPECT_EQ(before + 1, segment_faults(_metadata, &self->afu));
	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 64, far, far + 64));
	EXPECT_EQ(before + 2, segment_faults(_metadata, &self->afu));
}

TEST_F(prefault, work_element_descriptor)
{
	char *far = far_page(self->page);
	__u64 before = segment_faults(_metadata, &self->afu);

	ASSERT_NE(NULL, far);
	start_in_mode(_metadata, &self->afu, &self->mc, "work_element_descriptor");
	EXPECT_EQ(before, segment_faults(_metadata, &self->afu));
	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 64, far, far + 64));
	EXPECT_EQ(before + 1, segment_faults(_metadata, &self->afu));
}

/* Everything that the process has when it starts the context. */
TEST_F(prefault, all)
{
	char *far = far_page(self->page);
	static char data[64] = "data", bss[64];
	char stack[64];
	__u64 before = segment_faults(_metadata, &self->afu);

	ASSERT_NE(NULL, far);
	start_in_mode(_metadata, &self->afu, &self->mc, "all");
	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 64, far, far + 64));
	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 64, data, stack));
	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 64, stack, bss));
	EXPECT_STREQ("data", bss);
	EXPECT_EQ(before, segment_faults(_metadata, &self->afu));
	/* what comes later takes its faults */
	ASSERT_NE(MAP_FAILED, mmap(FAR_PAGE + (1UL << 37), self->page, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 64, far, FAR_PAGE + (1UL << 37)));
	EXPECT_EQ(before + 1, segment_faults(_metadata, &self->afu));
}

/* The mode counts when the context starts, not when the node is opened. */
TEST_F(prefault, mode_at_start)
{
	__u64 before = segment_faults(_metadata, &self->afu);

	ASSERT_EQ(0, mc_open(&self->mc, self->afu.slave, 1));
	ASSERT_EQ(0, cxl_file_write(self->afu.dir, "prefault_mode", "all"));
	ASSERT_EQ(0, mc_start(&self->mc, NULL));
	ASSERT_EQ(0, cxl_file_write(self->afu.dir, "prefault_mode", "none"));
	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 0, NULL, NULL));
	EXPECT_EQ(before, segment_faults(_metadata, &self->afu));
}

/* A descriptor that is no address of the program enters nothing. */
TEST_F(prefault, descriptor_is_no_address)
{
	static const __u64 words[] = {
		0, 1, 0xc000000000000001ULL, 0xd000000000000001ULL, 0xf000000000000001ULL,
		0x8000000000000001ULL, ~0ULL,
	};
	struct cxl_event event;
	unsigned int i;
	int fd;

	ASSERT_EQ(0, cxl_file_write(self->afu.dir, "prefault_mode", "work_element_descriptor"));
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		fd = cxl_open(self->afu.slave, O_RDWR);
		ASSERT_GE(fd, 0);
		ASSERT_EQ(0, cxl_start_wed(fd, words[i]));
		/* the AFU finds no ring there, and the kernel says so */
		ASSERT_EQ(0, cxl_read_event(fd, &event, CXL_WAIT_MS)) {
			TH_LOG("descriptor %#llx", words[i]);
		}
		EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
		close(fd);
	}
}

TEST_HARNESS_MAIN
