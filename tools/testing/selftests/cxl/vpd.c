// SPDX-License-Identifier: GPL-2.0-only
/* Vital product data of a card in a partition. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cxl_test.h"

/* PCI: tags of the identifier string and of the end */
#define TAG_IDENTIFIER	0x82
#define TAG_END		0x78

FIXTURE(vpd) {
	struct cxl_afu afu;
	unsigned char *all;
	ssize_t len;
	int fd;
};

FIXTURE_SETUP(vpd)
{
	char path[256];
	struct stat st;

	self->fd = -1;
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	snprintf(path, sizeof(path), "%s/vpd", self->afu.card_dir);
	if (!cxl_is_guest(&self->afu))
		SKIP(return, "the host has it with the PCI device");
	self->fd = open(path, O_RDONLY);
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(0400U, st.st_mode & 07777);
	ASSERT_GT(st.st_size, 0);
	self->all = malloc(st.st_size);
	ASSERT_NE(NULL, self->all);
	self->len = pread(self->fd, self->all, st.st_size, 0);
	ASSERT_GT(self->len, 0);
}

FIXTURE_TEARDOWN(vpd)
{
	if (self->fd >= 0)
		close(self->fd);
	free(self->all);
}

/* Resources follow each other from an identifier string to an end tag. */
TEST_F(vpd, format)
{
	ssize_t i = 0;

	EXPECT_EQ(TAG_IDENTIFIER, self->all[0]);
	while (i < self->len && self->all[i] != TAG_END) {
		if (self->all[i] & 0x80) {
			ASSERT_LT(i + 2, self->len);
			i += 3 + (self->all[i + 1] | self->all[i + 2] << 8);
		} else {
			i += 1 + (self->all[i] & 7);
		}
	}
	ASSERT_LT(i, self->len);
	EXPECT_EQ(TAG_END, self->all[i]);
}

/* Any part is the same part of the whole. */
TEST_F(vpd, parts)
{
	static const size_t lens[] = { 1, 3, 8, 64, 4096 };
	unsigned char buf[4096];
	unsigned int i;
	ssize_t off, n, rest;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		for (off = 0; off <= self->len; off += 1 + lens[i] / 2) {
			rest = self->len - off;
			memset(buf, 0x55, sizeof(buf));
			n = pread(self->fd, buf, lens[i], off);
			ASSERT_EQ(rest < (ssize_t)lens[i] ? rest : (ssize_t)lens[i], n) {
				TH_LOG("%zu bytes at %zd", lens[i], off);
			}
			ASSERT_EQ(0, memcmp(buf, self->all + off, n));
		}
	}
}

TEST_F(vpd, read_only)
{
	EXPECT_EQ(-EACCES, cxl_file_write(self->afu.card_dir, "vpd", "x"));
}

TEST_HARNESS_MAIN
