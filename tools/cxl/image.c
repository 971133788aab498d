// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images of cards: a bitstream, and maybe the header before it (LoPAR, "Base
 * Adapter Image", 128 bytes, big-endian).
 *
 * An image is read into memory as a whole: firmware waits only three seconds for
 * each piece, and both passes must see the same bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <misc/cxl.h>

#include "capi.h"
#include "image.h"
#include "model.h"

#define HEADER_VERSION	1
#define OFFSET_IDS	8
#define OFFSET_START	16
#define OFFSET_LENGTH	24
#define OFFSET_ZERO	32

/* No flash memory of a card holds as much. */
#define IMAGE_MAX	(1024UL * 1024 * 1024)

static __u64 be(const unsigned char *bytes, int count)
{
	__u64 value = 0;

	while (count--)
		value = value << 8 | *bytes++;
	return value;
}

static int read_all(struct capi_image *image, int fd)
{
	size_t done = 0;
	ssize_t n;

	while (done < image->len) {
		n = read(fd, image->bytes + done, image->len - done);
		if (n < 0)
			return capi_fail_path(errno, "read", image->path);
		if (!n)
			return capi_fail(CAPI_FAILED, "%s becomes shorter", image->path);
		done += n;
	}
	return 0;
}

static int load(struct capi_image *image, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return capi_fail_path(errno, "read", image->path);
	if (!S_ISREG(st.st_mode))
		return capi_fail(CAPI_USAGE, "%s is not a regular file", image->path);
	if (!st.st_size)
		return capi_fail(CAPI_USAGE, "%s is empty", image->path);
	if ((unsigned long long)st.st_size > IMAGE_MAX)
		return capi_fail(CAPI_USAGE, "%s is too large for an image", image->path);
	image->len = st.st_size;
	image->bytes = capi_alloc(image->len);
	return read_all(image, fd);
}

/**
 * capi_image_load() - read an image
 * @image: filled in; to be freed, whatever the result
 * @path: the file
 *
 * Return: 0 or, after a message, the exit code.
 */
int capi_image_load(struct capi_image *image, const char *path)
{
	int fd, ret;

	memset(image, 0, sizeof(*image));
	image->path = path;
	/* not to hang at a pipe that nobody writes to */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return capi_fail_path(errno, "read", path);
	ret = load(image, fd);
	close(fd);
	/* the kernel tells header and bitstream apart in the same way: not at all */
	image->header = !ret && image->len >= CXL_AI_HEADER_SIZE &&
			be(image->bytes, 2) == HEADER_VERSION && !be(image->bytes + 2, 6);
	return ret;
}

void capi_image_free(struct capi_image *image)
{
	free(image->bytes);
	image->bytes = NULL;
}

static int check_ids(const struct capi_image *image, const struct capi_name *card)
{
	static const char * const ids[] = {
		"vendor", "device", "subsystem_vendor", "subsystem_device",
	};
	unsigned int i;
	int has, wants;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		wants = be(image->bytes + OFFSET_IDS + 2 * i, 2);
		has = capi_id_of(card, ids[i]);
		if (has >= 0 && has != wants)
			return capi_fail(CAPI_FAILED, "%s is for another card: its %s is 0x%04x, "
					 "that of %s is 0x%04x", image->path, ids[i], wants,
					 card->text, has);
	}
	return 0;
}

static int check_header(const struct capi_image *image, const struct capi_name *card)
{
	__u64 start = be(image->bytes + OFFSET_START, 8);
	__u64 length = be(image->bytes + OFFSET_LENGTH, 8);
	unsigned int i;

	if (start < CXL_AI_HEADER_SIZE || start > image->len || length > image->len - start)
		return capi_fail(CAPI_FAILED, "%s is incomplete: its header promises %llu bytes "
				 "from %llu, it has %zu in all", image->path,
				 (unsigned long long)length, (unsigned long long)start,
				 image->len);
	if (start + length != image->len)
		return capi_fail(CAPI_FAILED, "%s has %llu bytes behind its end", image->path,
				 (unsigned long long)(image->len - start - length));
	for (i = OFFSET_ZERO; i < CXL_AI_HEADER_SIZE; i++) {
		if (image->bytes[i])
			return capi_fail(CAPI_FAILED, "the header of %s is damaged at byte %u",
					 image->path, i);
	}
	return check_ids(image, card);
}

/* A bare bitstream can begin with nearly anything, but hardly with these. */
static int check_bitstream(const struct capi_image *image)
{
	static const struct {
		const char *start;
		const char *what;
	} others[] = {
		{ "\x1f\x8b", "compressed (gzip)" },
		{ "BZh", "compressed (bzip2)" },
		{ "\3757zXZ", "compressed (xz)" },
		{ "\x28\xb5\x2f\xfd", "compressed (zstd)" },
		{ "PK\x03\x04", "an archive (zip)" },
		{ "\177ELF", "a program" },
		{ "#!", "a script" },
		{ "<", "a web page" },
	};
	unsigned int i;
	size_t len;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		len = strlen(others[i].start);
		if (image->len >= len && !memcmp(image->bytes, others[i].start, len))
			return capi_fail(CAPI_FAILED, "%s is %s, not an image", image->path,
					 others[i].what);
	}
	return 0;
}

/**
 * capi_image_check() - is this an image for a card, as far as one can see?
 * @image: the image
 * @card: the card
 *
 * Return: 0 or, after a message, the exit code.
 */
int capi_image_check(const struct capi_image *image, const struct capi_name *card)
{
	return image->header ? check_header(image, card) : check_bitstream(image);
}
