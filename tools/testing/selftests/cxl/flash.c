// SPDX-License-Identifier: GPL-2.0-only
/* The node of a card, and new images for it. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "card_image.h"
#include "cxl_host.h"
#include "cxl_test.h"

#define MIB	(1024UL * 1024)
#define CHUNK	((size_t)CXL_AI_MAX_CHUNK_SIZE)

FIXTURE(flash) {
	struct cxl_afu afu;
	struct card_image image;
	char card[16];
	int fd;
};

FIXTURE_SETUP(flash)
{
	self->fd = -1;
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	if (!cxl_is_guest(&self->afu))
		SKIP(return, "flashed by the PCI device");
	if (!host_present())
		SKIP(return, "images are for emulated cards");
	ASSERT_EQ(0, card_wait_back(&self->afu));
	snprintf(self->card, sizeof(self->card), "card%d", self->afu.card);
	ASSERT_EQ(0, card_image_make(&self->image, &self->afu, "", 3 * MIB + 5));
	self->fd = card_open(&self->afu, O_RDWR);
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(flash)
{
	if (self->fd >= 0)
		close(self->fd);
	card_image_free(&self->image);
	if (self->card[0])
		EXPECT_EQ(0, card_wait_back(&self->afu));
}

static void check_phase(struct __test_metadata *_metadata, const char *card,
			const char *phase)
{
	char text[32], quoted[32];

	snprintf(quoted, sizeof(quoted), "\"%s\"", phase);
	ASSERT_EQ(0, host_get(card, "flash-phase", text, sizeof(text)));
	EXPECT_STREQ(quoted, text);
}

/* What the card has been loaded with is the image, byte by byte. */
static void check_loaded(struct __test_metadata *_metadata, const char *card,
			 const struct card_image *image)
{
	char hex[65], quoted[68], text[80];

	ASSERT_EQ(0, card_image_sha256(image, hex));
	snprintf(quoted, sizeof(quoted), "\"%s\"", hex);
	ASSERT_EQ(0, host_get(card, "flash-sha256", text, sizeof(text)));
	EXPECT_STREQ(quoted, text);
}

static void check_works(struct __test_metadata *_metadata, const struct cxl_afu *afu)
{
	char *src = cxl_pages(4096), *dst = cxl_pages(4096);
	struct mc mc;

	ASSERT_NE(NULL, src);
	ASSERT_NE(NULL, dst);
	cxl_fill(src, 4096, 1);
	ASSERT_EQ(0, mc_setup(&mc, afu, 1));
	EXPECT_EQ(0, mc_copy(&mc, dst, src, 4096));
	EXPECT_EQ(0, memcmp(src, dst, 4096));
	mc_close(&mc);
}

static void finish(struct __test_metadata *_metadata, FIXTURE_DATA(flash) *self)
{
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	/* udev, or whoever makes the nodes, may take a moment */
	ASSERT_EQ(0, card_wait_back(&self->afu));
	check_works(_metadata, &self->afu);
}

TEST_F(flash, node)
{
	char path[64], byte = 0;
	struct stat st;

	snprintf(path, sizeof(path), "/dev/cxl/%s", self->card);
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(13U * self->afu.card, minor(st.st_rdev));
	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(POLLIN, cxl_poll(self->fd, 0));
	EXPECT_EQ(-EINVAL, card_request(self->fd, CXL_IOCTL_START_WORK, NULL));
	EXPECT_EQ(-EINVAL, card_request(self->fd, _IO(0xCA, 0x0C), NULL));
}

/* With each piece the whole request is checked before anything is done. */
TEST_F(flash, arguments)
{
	static const __u64 lens[] = {
		0, CHUNK + 1, 1ULL << 32, 1ULL << 44, ~0ULL,
	};
	struct cxl_adapter_image good = {
		.data = (unsigned long)self->image.bytes,
		.len_data = 4096,
		.len_image = self->image.len,
	};
	struct cxl_adapter_image bad;
	__u64 *fields[] = {
		&bad.reserved1, &bad.reserved2, &bad.reserved3, &bad.reserved4,
	};
	unsigned int i;

	for (i = 1; i < 64; i++) {
		bad = good;
		bad.flags = 1ULL << i;
		EXPECT_EQ(-EINVAL, card_request(self->fd, CARD_DOWNLOAD, &bad));
	}
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		bad = good;
		*fields[i] = 1;
		EXPECT_EQ(-EINVAL, card_request(self->fd, CARD_DOWNLOAD, &bad));
	}
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		bad = good;
		bad.len_data = lens[i];
		EXPECT_EQ(-EINVAL, card_request(self->fd, CARD_DOWNLOAD, &bad));
	}
	bad = good;
	bad.flags = CXL_AI_NEED_HEADER;
	bad.len_data = CHUNK - CXL_AI_HEADER_SIZE + 1;
	EXPECT_EQ(-EINVAL, card_request(self->fd, CARD_DOWNLOAD, &bad));
	EXPECT_EQ(-EFAULT, card_request(self->fd, CARD_DOWNLOAD, NULL));
	check_phase(_metadata, self->card, "idle");
}

/* Bytes that cannot be read leave everything as it was. */
TEST_F(flash, bad_data)
{
	struct cxl_adapter_image request = {
		.data = (unsigned long)CXL_HOLE,
		.len_data = 4096,
	};

	EXPECT_EQ(-EFAULT, card_request(self->fd, CARD_DOWNLOAD, &request));
	check_phase(_metadata, self->card, "idle");
	EXPECT_EQ(1, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 0, CHUNK));
	EXPECT_EQ(-EFAULT, card_request(self->fd, CARD_DOWNLOAD, &request));
	check_phase(_metadata, self->card, "download");
	EXPECT_EQ(1, card_piece(self->fd, CARD_DOWNLOAD, &self->image, CHUNK, CHUNK));
}

TEST_F(flash, order)
{
	struct cxl_adapter_image second = {
		.flags = CXL_AI_NEED_HEADER,
		.data = (unsigned long)self->image.bytes + CHUNK,
		.len_data = 4096,
		.len_image = self->image.len,
	};

	EXPECT_EQ(-EINVAL, card_piece(self->fd, CARD_VALIDATE, &self->image, 0, CHUNK));
	ASSERT_EQ(1, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 0, CHUNK));
	EXPECT_EQ(-EINVAL, card_piece(self->fd, CARD_VALIDATE, &self->image, 0, CHUNK));
	EXPECT_EQ(-EINVAL, card_request(self->fd, CARD_DOWNLOAD, &second));
	ASSERT_EQ(1, card_piece(self->fd, CARD_DOWNLOAD, &self->image, CHUNK, CHUNK));
	ASSERT_EQ(1, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 2 * CHUNK, CHUNK));
	ASSERT_EQ(0, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 3 * CHUNK,
				self->image.len - 3 * CHUNK));
	EXPECT_EQ(-EINVAL, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 0, CHUNK));
	ASSERT_EQ(0, card_pass(self->fd, CARD_VALIDATE, &self->image, CHUNK));
	EXPECT_EQ(-EINVAL, card_piece(self->fd, CARD_VALIDATE, &self->image, 0, CHUNK));
	EXPECT_EQ(-EINVAL, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 0, CHUNK));
	finish(_metadata, self);
	check_loaded(_metadata, self->card, &self->image);
}

/* AFUs go when the image is good, and come back when the node is closed. */
TEST_F(flash, whole)
{
	ASSERT_EQ(0, card_pass(self->fd, CARD_DOWNLOAD, &self->image, CHUNK));
	EXPECT_EQ(0, access(self->afu.slave, F_OK));
	ASSERT_EQ(0, card_pass(self->fd, CARD_VALIDATE, &self->image, CHUNK));
	EXPECT_NE(0, access(self->afu.slave, F_OK));
	EXPECT_NE(0, access(self->afu.dir, F_OK));
	EXPECT_EQ(0, access(self->afu.card_dir, F_OK));
	finish(_metadata, self);
	check_loaded(_metadata, self->card, &self->image);
}

/* The kernel makes the header that a bare bitstream lacks. */
TEST_F(flash, bare)
{
	ASSERT_EQ(0, card_pass_bare(self->fd, CARD_DOWNLOAD, &self->image, CHUNK));
	ASSERT_EQ(0, card_pass_bare(self->fd, CARD_VALIDATE, &self->image, CHUNK));
	finish(_metadata, self);
	check_loaded(_metadata, self->card, &self->image);
}

/* Pieces of any size, with or without a header that the kernel makes. */
TEST_F_TIMEOUT(flash, sizes, 120)
{
	static const size_t sizes[] = { 1, 127, 128, 129, 3840, 3841, 3967, 3968, 3969, 4095 };
	struct card_image small;
	unsigned int i;

	ASSERT_EQ(0, card_image_make(&small, &self->afu, "", 20000));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct cxl_adapter_image request = {
			.flags = CXL_AI_NEED_HEADER,
			.data = (unsigned long)small.bytes + CXL_AI_HEADER_SIZE,
			.len_data = sizes[i],
			.len_image = 20000,
		};

		ASSERT_EQ(1, card_request(self->fd, CARD_DOWNLOAD, &request))
			TH_LOG("%zu", sizes[i]);
		request.flags = 0;
		request.data += sizes[i];
		request.len_data = 20000 - sizes[i];
		ASSERT_EQ(0, card_request(self->fd, CARD_DOWNLOAD, &request))
			TH_LOG("%zu", sizes[i]);
		ASSERT_EQ(0, card_pass(self->fd, CARD_VALIDATE, &small, sizes[i] + 1000))
			TH_LOG("%zu", sizes[i]);
		finish(_metadata, self);
		check_loaded(_metadata, self->card, &small);
		self->fd = card_open(&self->afu, O_RDWR);
		ASSERT_GE(self->fd, 0);
	}
	card_image_free(&small);
}

TEST_F(flash, changed_card)
{
	static const char settings[] =
		"processes=17\nconfig-records=3\nerr-buffer=256\npsl-revision=9\n";
	struct card_image image;
	char path[128];
	struct stat st;
	long long value;

	close(self->fd);
	self->fd = -1;
	/* What firmware has to say comes in many small portions. */
	ASSERT_EQ(0, host_set(self->card, "update-piece", "64"));
	ASSERT_EQ(0, card_image_make(&image, &self->afu, settings, 100000));
	ASSERT_EQ(0, card_flash(&self->afu, &image, CHUNK));
	card_image_free(&image);
	ASSERT_EQ(0, host_set(self->card, "update-piece", "2048"));

	EXPECT_EQ(0, cxl_file_number(self->afu.card_dir, "psl_revision", &value));
	EXPECT_EQ(9, value);
	EXPECT_EQ(0, access(self->afu.slave, F_OK));
	snprintf(path, sizeof(path), "%s/cr2", self->afu.dir);
	EXPECT_EQ(0, access(path, F_OK));
	snprintf(path, sizeof(path), "%s/cr3", self->afu.dir);
	EXPECT_NE(0, access(path, F_OK));
	snprintf(path, sizeof(path), "%s/afu_err_buff", self->afu.dir);
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(256, st.st_size);
	EXPECT_EQ(17, cxl_of_number(&self->afu, "ibm,#processes"));
	check_works(_metadata, &self->afu);

	ASSERT_EQ(0, card_image_make(&image, &self->afu,
				     "processes=511\nconfig-records=1\n"
				     "err-buffer=4096\npsl-revision=1\n", 4096));
	EXPECT_EQ(0, card_flash(&self->afu, &image, CHUNK));
	card_image_free(&image);
}

static void ignore(int sig)
{
}

/* One program at a time. */
TEST_F(flash, exclusive)
{
	struct sigaction action = { .sa_handler = ignore };
	int fds[2], status;
	pid_t child;
	char byte;

	EXPECT_EQ(-EBUSY, card_open(&self->afu, O_RDWR | O_NONBLOCK));
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	alarm(1);
	EXPECT_EQ(-EINTR, card_open(&self->afu, O_RDWR));

	ASSERT_EQ(0, pipe(fds));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		close(self->fd);
		if (write(fds[1], "w", 1) != 1)
			_exit(2);
		_exit(card_open(&self->afu, O_RDWR) < 0);
	}
	ASSERT_EQ(1, read(fds[0], &byte, 1));
	usleep(100000);
	EXPECT_EQ(0, waitpid(child, &status, WNOHANG));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* Opening and closing alone changes nothing for those who use the card. */
TEST_F(flash, open_beside_work)
{
	char *src = cxl_pages(4096), *dst = cxl_pages(4096);
	struct mc mc;

	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	close(self->fd);
	self->fd = card_open(&self->afu, O_RDONLY);
	ASSERT_GE(self->fd, 0);
	close(self->fd);
	self->fd = -1;
	cxl_fill(src, 4096, 3);
	EXPECT_EQ(0, mc_copy(&mc, dst, src, 4096));
	EXPECT_EQ(0, memcmp(src, dst, 4096));
	mc_close(&mc);
}

/* A card at work takes no image, and one that takes an image does no work. */
TEST_F(flash, in_use)
{
	struct mc mc;
	int fd;

	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	EXPECT_EQ(-EBUSY, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 0, CHUNK));
	check_phase(_metadata, self->card, "idle");
	mc_close(&mc);

	fd = cxl_open(self->afu.slave, O_RDWR);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(1, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 0, CHUNK));
	EXPECT_EQ(-EBUSY, cxl_start_wed(fd, 0));
	EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.card_dir, "reset", "1"));
	EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.card_dir, "reset", "-1"));
	check_phase(_metadata, self->card, "download");
	close(fd);
}

/* Closed half-way: the card is as before. */
TEST_F(flash, given_up)
{
	ASSERT_EQ(1, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 0, CHUNK));
	finish(_metadata, self);
	check_phase(_metadata, self->card, "idle");

	self->fd = card_open(&self->afu, O_RDWR);
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, card_pass(self->fd, CARD_DOWNLOAD, &self->image, CHUNK));
	finish(_metadata, self);

	self->fd = card_open(&self->afu, O_RDWR);
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, card_pass(self->fd, CARD_DOWNLOAD, &self->image, CHUNK));
	ASSERT_EQ(1, card_piece(self->fd, CARD_VALIDATE, &self->image, 0, CHUNK));
	finish(_metadata, self);
	EXPECT_EQ(0, card_flash(&self->afu, &self->image, CHUNK));
}

/* An image for another card, or one that is damaged on its way. */
TEST_F(flash, bad_images)
{
	static const size_t bad[] = { 0, 1, 2, 7, 8, 10, 12, 15, 16, 32, 127 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		self->image.bytes[bad[i]] ^= 0x80;
		EXPECT_EQ(-EINVAL, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 0, CHUNK))
			TH_LOG("byte %zu", bad[i]);
		self->image.bytes[bad[i]] ^= 0x80;
	}
	ASSERT_EQ(0, card_pass(self->fd, CARD_DOWNLOAD, &self->image, CHUNK));
	self->image.bytes[2 * CHUNK] ^= 1;
	EXPECT_EQ(-EINVAL, card_pass(self->fd, CARD_VALIDATE, &self->image, CHUNK));
	self->image.bytes[2 * CHUNK] ^= 1;
	ASSERT_EQ(0, card_pass(self->fd, CARD_DOWNLOAD, &self->image, CHUNK));
	ASSERT_EQ(0, card_pass(self->fd, CARD_VALIDATE, &self->image, CHUNK));
	finish(_metadata, self);
	check_loaded(_metadata, self->card, &self->image);
}

/* Firmware forgets a sequence that does not go on. */
TEST_F(flash, too_late)
{
	ASSERT_EQ(0, host_set(self->card, "flash-abandon-ms", "50"));
	ASSERT_EQ(1, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 0, CHUNK));
	usleep(500000);
	EXPECT_EQ(-EBUSY, card_piece(self->fd, CARD_DOWNLOAD, &self->image, CHUNK, CHUNK));
	ASSERT_EQ(0, host_set(self->card, "flash-abandon-ms", "3000"));
	ASSERT_EQ(0, card_pass(self->fd, CARD_DOWNLOAD, &self->image, CHUNK));
	ASSERT_EQ(0, card_pass(self->fd, CARD_VALIDATE, &self->image, CHUNK));
	finish(_metadata, self);
}

/* The driver lets go of the card half-way. */
TEST_F(flash, unbind)
{
	struct cxl_binding binding;

	ASSERT_EQ(0, cxl_find_binding(&self->afu, &binding));
	ASSERT_EQ(1, card_piece(self->fd, CARD_DOWNLOAD, &self->image, 0, CHUNK));
	ASSERT_EQ(0, cxl_unbind(&binding));
	EXPECT_EQ(-ENODEV, card_piece(self->fd, CARD_DOWNLOAD, &self->image, CHUNK, CHUNK));
	EXPECT_EQ(-ENODEV, card_piece(self->fd, CARD_VALIDATE, &self->image, 0, CHUNK));
	ASSERT_EQ(0, cxl_bind(&binding));
	finish(_metadata, self);
	EXPECT_EQ(0, card_flash(&self->afu, &self->image, CHUNK));
}

TEST_HARNESS_MAIN
