// SPDX-License-Identifier: GPL-2.0-only
/*
 * CXL_IOCTL_GET_PROCESS_ELEMENT, CXL_IOCTL_GET_AFU_ID and unknown requests.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "cxl_test.h"

#define CONTEXTS 16

FIXTURE(ids) {
	struct cxl_afu afu;
	int fd;
};

FIXTURE_SETUP(ids)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	self->fd = cxl_open(self->afu.slave, O_RDWR);
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(ids)
{
	close(self->fd);
}

/* In a partition the hypervisor gives the number, with the start. */
TEST_F(ids, process_element_before_start)
{
	__u32 pe = 0x12345678, later;

	ASSERT_EQ(0, cxl_get_pe(self->fd, &pe));
	if (cxl_is_guest(&self->afu)) {
		EXPECT_EQ(0xffffffffU, pe);
		return;
	}
	ASSERT_EQ(0, cxl_start_wed(self->fd, 0));
	ASSERT_EQ(0, cxl_get_pe(self->fd, &later));
	EXPECT_EQ(pe, later);
}

TEST_F(ids, process_element)
{
	__u32 pe, again;

	ASSERT_EQ(0, cxl_start_wed(self->fd, 0));
	ASSERT_EQ(0, cxl_get_pe(self->fd, &pe));
	EXPECT_LT(pe, 0xffffU);
	ASSERT_EQ(0, cxl_get_pe(self->fd, &again));
	EXPECT_EQ(pe, again);
}

TEST_F(ids, process_elements_are_unique)
{
	__u32 pes[CONTEXTS];
	int fds[CONTEXTS], i, j;

	for (i = 0; i < CONTEXTS; i++) {
		fds[i] = cxl_open(i % 2 ? self->afu.slave : self->afu.master, O_RDWR);
		ASSERT_GE(fds[i], 0);
		ASSERT_EQ(0, cxl_start_wed(fds[i], 0));
		ASSERT_EQ(0, cxl_get_pe(fds[i], &pes[i]));
		for (j = 0; j < i; j++)
			EXPECT_NE(pes[i], pes[j]);
	}
	for (i = 0; i < CONTEXTS; i++)
		EXPECT_EQ(0, close(fds[i]));
}

static void check_afu_id(struct __test_metadata *_metadata, int fd,
			 const struct cxl_afu *afu, __u64 flags)
{
	struct cxl_afu_id expected = {
		.flags = flags,
		.card_id = afu->card,
		.afu_offset = afu->slice,
		.afu_mode = CXL_MODE_DIRECTED,
	};
	struct cxl_afu_id id;

	memset(&id, 0xa5, sizeof(id));
	ASSERT_EQ(0, cxl_get_afu_id(fd, &id));
	EXPECT_EQ(0, memcmp(&expected, &id, sizeof(id)));
}

TEST_F(ids, afu_id)
{
	int master = cxl_open(self->afu.master, O_RDONLY);

	ASSERT_GE(master, 0);
	check_afu_id(_metadata, self->fd, &self->afu, CXL_AFUID_FLAG_SLAVE);
	check_afu_id(_metadata, master, &self->afu, 0);
	ASSERT_EQ(0, cxl_start_wed(self->fd, 0));
	ASSERT_EQ(0, cxl_start_wed(master, 0));
	check_afu_id(_metadata, self->fd, &self->afu, CXL_AFUID_FLAG_SLAVE);
	check_afu_id(_metadata, master, &self->afu, 0);
	close(master);
}

TEST_F(ids, bad_pointer)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map;

	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, mprotect(map + page, page, PROT_READ));
	EXPECT_EQ(-EFAULT, cxl_get_pe(self->fd, NULL));
	EXPECT_EQ(-EFAULT, cxl_get_pe(self->fd, (void *)(map + page)));
	EXPECT_EQ(-EFAULT, cxl_get_afu_id(self->fd, NULL));
	EXPECT_EQ(-EFAULT, cxl_get_afu_id(self->fd, (void *)(map + page)));
	EXPECT_EQ(-EFAULT, cxl_get_afu_id(self->fd, (void *)(map + page - 8)));
	EXPECT_EQ(-EFAULT, cxl_get_afu_id(self->fd, (void *)0xc000000000000000UL));
	EXPECT_EQ(0, cxl_get_afu_id(self->fd, (void *)(map + page - sizeof(struct cxl_afu_id))));
}

static int try_ioctl(int fd, unsigned long request)
{
	char arg[4096] = { 0 };

	return ioctl(fd, request, arg) ? -errno : 0;
}

/* EINVAL and not ENOTTY: libraries find out what a kernel can do by it. */
TEST_F(ids, unknown_requests)
{
	const unsigned long requests[] = {
		_IO(CXL_MAGIC, 0x00),
		_IOW(CXL_MAGIC, 0x00, __u64),
		_IOR(CXL_MAGIC, 0x00, struct cxl_ioctl_start_work),
		_IOWR(CXL_MAGIC, 0x01, __u32),
		_IOR(CXL_MAGIC, 0x01, __u64),
		_IOR(CXL_MAGIC, 0x03, struct cxl_afu_id),
		_IOW(CXL_MAGIC, 0x0f, __u64),
		_IO('x', 1),
		CXL_IOCTL_DOWNLOAD_IMAGE,
		CXL_IOCTL_VALIDATE_IMAGE,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		EXPECT_EQ(-EINVAL, try_ioctl(self->fd, requests[i])) {
			TH_LOG("request 0x%lx", requests[i]);
		}
	}
	ASSERT_EQ(0, cxl_start_wed(self->fd, 0));
	for (i = 0; i < ARRAY_SIZE(requests); i++)
		EXPECT_EQ(-EINVAL, try_ioctl(self->fd, requests[i]));
}

/* The numbers are what existing programs were compiled with. */
TEST(request_numbers)
{
	EXPECT_EQ(64U, sizeof(struct cxl_ioctl_start_work));
	EXPECT_EQ(64U, sizeof(struct cxl_afu_id));
	EXPECT_EQ(40U, sizeof(struct cxl_event));
	EXPECT_EQ(24U, offsetof(struct cxl_ioctl_start_work, num_interrupts));
	EXPECT_EQ(26U, offsetof(struct cxl_ioctl_start_work, tid));
	EXPECT_EQ(16U, offsetof(struct cxl_event, fault.addr));
#ifdef __powerpc__
	EXPECT_EQ(0x8040ca00UL, CXL_IOCTL_START_WORK);
	EXPECT_EQ(0x4004ca01UL, CXL_IOCTL_GET_PROCESS_ELEMENT);
	EXPECT_EQ(0x4040ca02UL, CXL_IOCTL_GET_AFU_ID);
#endif
}

TEST_HARNESS_MAIN
