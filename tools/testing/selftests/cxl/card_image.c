// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "card_image.h"

#define MAGIC		"capi-image\n"

/* A card takes its time to come back with new functions. */
#define BACK_MS		60000

static void put_be(unsigned char *to, unsigned long long value, int bytes)
{
	while (bytes--) {
		to[bytes] = value;
		value >>= 8;
	}
}

/* An identifier of the card, from the last bytes of its property. */
static long card_id(const struct cxl_afu *afu, const char *property)
{
	unsigned char be[4];
	char path[256];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "%s/device/of_node/%s", afu->card_dir, property);
	file = fopen(path, "r");
	if (!file)
		return -1;
	if (fread(be, sizeof(be), 1, file) == 1)
		value = be[2] << 8 | be[3];
	fclose(file);
	return value;
}

static int make_header(unsigned char *header, const struct cxl_afu *afu, size_t len)
{
	static const char * const ids[] = {
		"vendor-id", "device-id", "subsystem-vendor-id", "subsystem-id",
	};
	unsigned int i;
	long id;

	memset(header, 0, CXL_AI_HEADER_SIZE);
	put_be(header, 1, 2);
	for (i = 0; i < 4; i++) {
		id = card_id(afu, ids[i]);
		if (id < 0)
			return -ENOENT;
		put_be(header + 8 + 2 * i, id, 2);
	}
	put_be(header + 16, CXL_AI_HEADER_SIZE, 8);
	put_be(header + 24, len, 8);
	return 0;
}

/**
 * card_image_make() - an image for a card
 * @image: filled in
 * @afu: an AFU of the card
 * @settings: what the card is to be, lines NAME=VALUE
 * @len: bytes of the bitstream
 *
 * Return: 0 or a negative errno.
 */
int card_image_make(struct card_image *image, const struct cxl_afu *afu,
		    const char *settings, size_t len)
{
	size_t text = strlen(MAGIC) + strlen(settings) + 1;
	int ret;

	image->bytes = NULL;
	if (text > len)
		return -EINVAL;
	image->len = CXL_AI_HEADER_SIZE + len;
	image->bytes = malloc(image->len);
	if (!image->bytes)
		return -ENOMEM;
	ret = make_header(image->bytes, afu, len);
	if (ret) {
		card_image_free(image);
		return ret;
	}
	cxl_fill(image->bytes + CXL_AI_HEADER_SIZE, len, text + len);
	memcpy(image->bytes + CXL_AI_HEADER_SIZE, MAGIC, strlen(MAGIC));
	memcpy(image->bytes + CXL_AI_HEADER_SIZE + strlen(MAGIC), settings,
	       strlen(settings));
	image->bytes[CXL_AI_HEADER_SIZE + text - 1] = '\n';
	return 0;
}

void card_image_free(struct card_image *image)
{
	free(image->bytes);
	image->bytes = NULL;
}

/* As the program of this name prints it. */
int card_image_sha256(const struct card_image *image, char hex[65])
{
	char name[] = "/tmp/card_image_XXXXXX", command[64];
	FILE *pipe;
	int fd, ret = -EIO;

	fd = mkstemp(name);
	if (fd < 0)
		return -errno;
	snprintf(command, sizeof(command), "sha256sum %s", name);
	if (write(fd, image->bytes, image->len) == (ssize_t)image->len) {
		pipe = popen(command, "r");
		if (pipe && fscanf(pipe, "%64s", hex) == 1)
			ret = 0;
		if (pipe)
			pclose(pipe);
	}
	close(fd);
	unlink(name);
	return ret;
}

static void card_node(const struct cxl_afu *afu, char node[64])
{
	snprintf(node, 64, "/dev/cxl/card%d", afu->card);
}

bool card_has_node(const struct cxl_afu *afu)
{
	char node[64];

	card_node(afu, node);
	return !access(node, F_OK);
}

int card_open(const struct cxl_afu *afu, int flags)
{
	char node[64];

	card_node(afu, node);
	return cxl_open(node, flags);
}

int card_request(int fd, unsigned long cmd, const struct cxl_adapter_image *request)
{
	int ret = ioctl(fd, cmd, request);

	return ret < 0 ? -errno : ret;
}

/**
 * card_piece() - hand a piece of an image to the card
 * @fd: the card's node
 * @cmd: CARD_DOWNLOAD or CARD_VALIDATE
 * @image: the image
 * @offset: where the piece begins
 * @len: its bytes
 *
 * Return: 1 when the card wants more, 0 when it is content, or a negative errno.
 */
int card_piece(int fd, unsigned long cmd, const struct card_image *image,
	       size_t offset, size_t len)
{
	struct cxl_adapter_image request = {
		.data = (unsigned long)(image->bytes + offset),
		.len_data = len,
		.len_image = image->len - CXL_AI_HEADER_SIZE,
	};

	return card_request(fd, cmd, &request);
}

static int pass_from(int fd, unsigned long cmd, const struct card_image *image,
		     size_t offset, size_t chunk)
{
	size_t len;
	int ret;

	for (;;) {
		len = image->len - offset;
		if (len > chunk)
			len = chunk;
		ret = card_piece(fd, cmd, image, offset, len);
		offset += len;
		if (ret != 1)
			return !ret && offset != image->len ? -EPROTO : ret;
		if (offset == image->len)
			return -EPROTO;
	}
}

/* All of an image with its header. */
int card_pass(int fd, unsigned long cmd, const struct card_image *image, size_t chunk)
{
	return pass_from(fd, cmd, image, 0, chunk);
}

/* All of an image, the header of which the kernel has to make. */
int card_pass_bare(int fd, unsigned long cmd, const struct card_image *image,
		   size_t chunk)
{
	struct cxl_adapter_image request = {
		.flags = CXL_AI_NEED_HEADER,
		.data = (unsigned long)(image->bytes + CXL_AI_HEADER_SIZE),
		.len_image = image->len - CXL_AI_HEADER_SIZE,
	};
	int ret;

	request.len_data = chunk - CXL_AI_HEADER_SIZE;
	if (request.len_data > request.len_image)
		request.len_data = request.len_image;
	ret = card_request(fd, cmd, &request);
	if (ret != 1)
		return ret;
	return pass_from(fd, cmd, image, CXL_AI_HEADER_SIZE + request.len_data, chunk);
}

/* The card has come back and its AFU can be opened. */
int card_wait_back(const struct cxl_afu *afu)
{
	__u64 end = cxl_now_ms() + BACK_MS;
	int fd;

	while (cxl_now_ms() < end) {
		fd = cxl_open(afu->slave, O_RDWR);
		if (fd >= 0) {
			close(fd);
			return card_has_node(afu) ? 0 : -ENOENT;
		}
		cxl_pause();
	}
	return -ETIMEDOUT;
}

/**
 * card_flash() - give a card a new image
 * @afu: an AFU of the card, which there is with the new image, too
 * @image: the image
 * @chunk: bytes of a piece
 *
 * Return: 0 when the card has come back, or a negative errno.
 */
int card_flash(const struct cxl_afu *afu, const struct card_image *image, size_t chunk)
{
	int fd, ret;

	fd = card_open(afu, O_RDWR);
	if (fd < 0)
		return fd;
	ret = card_pass(fd, CARD_DOWNLOAD, image, chunk);
	if (!ret)
		ret = card_pass(fd, CARD_VALIDATE, image, chunk);
	close(fd);
	return ret ?: card_wait_back(afu);
}
