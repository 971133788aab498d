// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binary files of an AFU: the error buffer and the configuration records, at
 * every boundary. The error buffer of the emulated AFU has its own offset in
 * each doubleword.
 */
#include <endian.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "cxl_test.h"

#define MOST_AT_ONCE	4096

FIXTURE(records) {
	struct cxl_afu afu;
	size_t size;
	char *whole;
	char *buf;
	int fd;
};

FIXTURE_VARIANT(records) {
	const char *name;
	bool error_buffer;
};

FIXTURE_VARIANT_ADD(records, error_buffer) {
	.name = "afu_err_buff",
	.error_buffer = true,
};

FIXTURE_VARIANT_ADD(records, config) {
	.name = "cr0/config",
	.error_buffer = false,
};

FIXTURE_SETUP(records)
{
	char path[256];
	struct stat st;

	self->fd = -1;
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	snprintf(path, sizeof(path), "%s/%s", self->afu.dir, variant->name);
	self->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (self->fd < 0 && errno == ENOENT && variant->error_buffer)
		SKIP(return, "the AFU has no error buffer");
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, fstat(self->fd, &st));
	self->size = st.st_size;
	self->whole = malloc(self->size);
	self->buf = malloc(2 * MOST_AT_ONCE);
	ASSERT_NE(NULL, self->whole);
	ASSERT_NE(NULL, self->buf);
}

FIXTURE_TEARDOWN(records)
{
	close(self->fd);
}

/* In as many pieces as it takes. */
static void read_whole(struct __test_metadata *_metadata, int fd, char *buf, size_t size)
{
	size_t done;
	ssize_t n;

	for (done = 0; done < size; done += n) {
		n = pread(fd, buf + done, size - done, done);
		ASSERT_GT(n, 0);
		/* one page at most */
		ASSERT_LE(n, sysconf(_SC_PAGESIZE));
	}
}

TEST_F(records, attributes)
{
	struct stat st;

	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ((mode_t)(variant->error_buffer ? 0444 : 0400), st.st_mode & 07777);
	EXPECT_GT(self->size, 0U);
	EXPECT_EQ(0U, self->size % 256);
}

TEST_F(records, content)
{
	__be64 word;
	size_t i;

	if (!variant->error_buffer)
		SKIP(return, "sysfs.config_record looks at it");
	read_whole(_metadata, self->fd, self->whole, self->size);
	for (i = 0; i < self->size; i += sizeof(word)) {
		memcpy(&word, self->whole + i, sizeof(word));
		ASSERT_EQ(i, be64toh(word));
	}
}

/* Bytes that the read does not return stay as they were. */
static void check_piece(struct __test_metadata *_metadata, int fd, char *buf,
			const char *whole, size_t size, size_t offset, size_t len)
{
	size_t left = offset < size ? size - offset : 0;
	size_t expected = len < left ? len : left;
	ssize_t n;

	memset(buf, 0x5a, MOST_AT_ONCE);
	n = pread(fd, buf, len, offset);
	ASSERT_EQ((ssize_t)expected, n) {
		TH_LOG("%zu bytes at %zu", len, offset);
	}
	ASSERT_EQ(0, memcmp(whole + offset, buf, n)) {
		TH_LOG("%zu bytes at %zu", len, offset);
	}
	ASSERT_EQ(0x5a, buf[n]);
}

/* Every offset with every length, at the start and around a word boundary. */
TEST_F_TIMEOUT(records, pieces_at_the_start, 60)
{
	size_t offset, len;

	read_whole(_metadata, self->fd, self->whole, self->size);
	for (offset = 0; offset < 24; offset++)
		for (len = 1; len < 24; len++)
			check_piece(_metadata, self->fd, self->buf, self->whole, self->size,
				    offset, len);
}

/* The same at the end, where less is left than was asked for. */
TEST_F_TIMEOUT(records, pieces_at_the_end, 60)
{
	size_t offset, len;

	read_whole(_metadata, self->fd, self->whole, self->size);
	for (offset = self->size - 17; offset <= self->size; offset++)
		for (len = 1; len < 24; len++)
			check_piece(_metadata, self->fd, self->buf, self->whole, self->size,
				    offset, len);
}

TEST_F(records, behind_the_end)
{
	char byte;

	EXPECT_EQ(0, pread(self->fd, &byte, 1, self->size));
	EXPECT_EQ(0, pread(self->fd, &byte, 1, self->size + 1));
	EXPECT_EQ(0, pread(self->fd, &byte, 1, 1UL << 40));
	EXPECT_EQ(0, pread(self->fd, &byte, 1, 1UL << 62));
	EXPECT_EQ(0, pread(self->fd, &byte, 0, 0));
}

TEST_F(records, not_writable)
{
	char path[256], byte = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", self->afu.dir, variant->name);
	fd = open(path, O_RDWR);
	/* root may open what nobody can write */
	if (fd < 0) {
		EXPECT_EQ(EACCES, errno);
		return;
	}
	EXPECT_EQ(-1, pwrite(fd, &byte, 1, 0));
	EXPECT_EQ(EIO, errno);
	close(fd);
}

/* Reading does not disturb a context that works. */
TEST_F_TIMEOUT(records, beside_work, 60)
{
	static char src[4096], dst[4096];
	struct mc mc;
	int i;

	read_whole(_metadata, self->fd, self->whole, self->size);
	cxl_fill(src, sizeof(src), 1);
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 8));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, mc_copy(&mc, dst, src, sizeof(src)));
		ASSERT_EQ(0, memcmp(dst, src, sizeof(src)));
		ASSERT_EQ(8, pread(self->fd, self->buf, 8, self->size - 8));
		ASSERT_EQ(0, memcmp(self->whole + self->size - 8, self->buf, 8));
	}
	mc_close(&mc);
}

TEST_HARNESS_MAIN
