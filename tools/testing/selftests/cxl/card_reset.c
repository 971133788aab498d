// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets of a card, see card_reset.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "card_reset.h"

/* The recovery waits for the link, for the firmware, and for the card. */
#define BACK_MS	60000

/**
 * card_stays_in_reset() - keep a reset from loading an image
 * @afu: AFU of the card
 *
 * Return: true if a reset leaves the device where it is.
 */
bool card_stays_in_reset(const struct cxl_afu *afu)
{
	if (cxl_is_guest(afu))
		return true;
	/* else the kernel gives up a card that is reset too often in an hour */
	cxl_file_write("/sys/kernel/debug/powerpc", "eeh_max_freezes", "1000");
	return !cxl_file_write(afu->card_dir, "perst_reloads_same_image", "0") &&
	       !cxl_file_write(afu->card_dir, "load_image_on_perst", "none");
}

/**
 * card_is_away() - may this be the error of a card that is on its way back?
 * @error: of open() or of an ioctl
 *
 * First it is dead; then the nodes of its AFUs may go, until they are set up again.
 *
 * Return: true if so.
 */
bool card_is_away(int error)
{
	return error == -EIO || error == -ENXIO || error == -ENOENT || error == -ENODEV;
}

/* Waits until the AFU takes contexts: 0, -ETIMEDOUT, or what open() returned. */
static int wait_back(const struct cxl_afu *afu)
{
	__u64 end = cxl_now_ms() + BACK_MS;
	int fd;

	for (;;) {
		fd = cxl_open(afu->slave, O_RDWR);
		if (fd >= 0)
			return close(fd) ? -errno : 0;
		if (!card_is_away(fd))
			return fd;
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
		poll(NULL, 0, 100);
	}
}

/**
 * card_reset() - reset a card that stays, and wait until it works again
 * @afu: AFU of the card
 * @how: what to write
 *
 * Return: 0 or a negative errno.
 */
int card_reset(const struct cxl_afu *afu, const char *how)
{
	int ret = cxl_file_write(afu->card_dir, "reset", how);

	return ret || cxl_is_guest(afu) ? ret : wait_back(afu);
}

/* Each takes some ten seconds on bare metal. */
unsigned int card_reset_rounds(const struct cxl_afu *afu, unsigned int rounds)
{
	return cxl_is_guest(afu) || rounds < 3 ? rounds : 3;
}

/**
 * card_end_contexts() - end all contexts of a card from outside, in short time
 * @afu: AFU of the card, which works again afterwards
 *
 * Return: 0 or a negative errno.
 */
int card_end_contexts(const struct cxl_afu *afu)
{
	struct cxl_binding binding;
	int ret;

	if (cxl_is_guest(afu))
		return cxl_file_write(afu->card_dir, "reset", "-1");
	ret = cxl_find_binding(afu, &binding);
	if (!ret)
		ret = cxl_unbind(&binding);
	return ret ? ret : cxl_bind(&binding);
}
