// SPDX-License-Identifier: GPL-2.0-only
/* Disks of cxlflash that programs reach by contexts of their own. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "superpipe_disk.h"

#define VPD_SIZE 256

/* Return: 0 or a negative errno */
int sp_request(const struct sp_disk *disk, unsigned long cmd, void *arg)
{
	return ioctl(disk->fd, cmd, arg) ? -errno : 0;
}

/* The disk behind port 0 with this LUN; its letter is a matter of chance. */
static bool find_disk(struct sp_disk *disk, unsigned int lun)
{
	char letter, path[PATH_MAX], link[80], name[16];
	const char *end;

	snprintf(name, sizeof(name), ":0:0:%u", lun);
	for (letter = 'a'; letter <= 'z'; letter++) {
		snprintf(disk->sysfs, sizeof(disk->sysfs), "/sys/block/sd%c", letter);
		snprintf(link, sizeof(link), "%s/device", disk->sysfs);
		if (!realpath(link, path))
			continue;
		end = strrchr(path, '/');
		if (!strstr(end, name))
			continue;
		snprintf(disk->node, sizeof(disk->node), "/dev/sd%c", letter);
		return !access(disk->node, R_OK | W_OK);
	}
	return false;
}

/**
 * sp_open() - wait for a disk and open it
 * @disk: receives what it is
 * @lun: its number behind port 0
 *
 * Return: 0 or -ETIMEDOUT.
 */
int sp_open(struct sp_disk *disk, unsigned int lun)
{
	__u64 end = cxl_now_ms() + SP_WAIT_MS;

	do {
		if (find_disk(disk, lun)) {
			disk->fd = open(disk->node, O_RDWR | O_DIRECT | O_CLOEXEC);
			if (disk->fd >= 0)
				return 0;
		}
		usleep(50000);
	} while (cxl_now_ms() < end);
	return -ETIMEDOUT;
}

void sp_close(struct sp_disk *disk)
{
	if (disk->fd >= 0)
		close(disk->fd);
	disk->fd = -1;
}

/* The name of 16 bytes by which cxlflash knows a disk on several ports */
static int read_wwid(const char *sysfs, __u8 *wwid)
{
	__u8 page[VPD_SIZE];
	ssize_t size, pos;

	size = cxl_file_read(sysfs, "device/vpd_pg83", (char *)page, sizeof(page));
	for (pos = 4; pos + 4 <= size; pos += 4 + page[pos + 3]) {
		if ((page[pos + 1] & 0xf) != 3 || page[pos + 3] != CXLFLASH_WWID_LEN)
			continue;
		memcpy(wwid, page + pos + 4, CXLFLASH_WWID_LEN);
		return 0;
	}
	return -ENOENT;
}

/**
 * sp_manage() - say what a disk is used for
 * @disk: the disk
 * @how: DK_CXLFLASH_MANAGE_LUN_*
 *
 * Return: 0 or a negative errno.
 */
int sp_manage(const struct sp_disk *disk, __u64 how)
{
	struct dk_cxlflash_manage_lun arg = { .hdr.flags = how };
	int ret = read_wwid(disk->sysfs, arg.wwid);

	return ret ? ret : sp_request(disk, DK_CXLFLASH_MANAGE_LUN, &arg);
}

/**
 * sp_attach() - get a context for a disk
 * @disk: the disk
 * @arg: receives what cxlflash says of it
 * @access: O_RDONLY, O_WRONLY or O_RDWR
 * @interrupts: of the context
 *
 * Return: 0 or a negative errno.
 */
int sp_attach(const struct sp_disk *disk, struct dk_cxlflash_attach *arg, __u64 access,
	      __u64 interrupts)
{
	memset(arg, 0, sizeof(*arg));
	arg->hdr.flags = access;
	arg->num_interrupts = interrupts;
	return sp_request(disk, DK_CXLFLASH_ATTACH, arg);
}

/**
 * sp_take() - use a context
 * @user: receives it
 * @fd: its file, which is @user's from now on
 * @mmio_size: bytes of its registers
 *
 * Return: 0 or a negative errno.
 */
int sp_take(struct sis *user, int fd, size_t mmio_size)
{
	int ret;

	memset(user, 0, sizeof(*user));
	user->fd = fd;
	ret = cxl_get_pe(fd, &user->pe);
	if (ret)
		return ret;
	user->map = mmap(NULL, mmio_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (user->map == MAP_FAILED) {
		user->map = NULL;
		return -errno;
	}
	user->map_size = mmio_size;
	user->host = user->map;
	return sis_set_up(user, __BYTE_ORDER == __BIG_ENDIAN, SP_RING);
}

/**
 * sp_transfer() - one command on a resource handle
 * @user: the context
 * @handle: the handle
 * @opcode: READ_16 or WRITE_16
 * @lba: first block
 * @data: from here, or to here
 * @blocks: how many; a virtual LUN takes one at a time
 * @interrupt: what the AFU raises at its end, if not 0
 *
 * Return: as sis_run().
 */
int sp_transfer(struct sis *user, __u64 handle, __u8 opcode, __u64 lba, void *data,
		unsigned int blocks, __u8 interrupt)
{
	struct sis_cmd *cmd = sis_cmd_new(user);
	int ret;

	sis_cdb_rw16(cmd, opcode, lba, blocks);
	sis_cmd_target(user, cmd, handle, 0);
	sis_cmd_data(user, cmd, SIS_HANDLE | (opcode == READ_16 ? 0 : SIS_WRITE), data,
		     blocks * BLOCK);
	cmd->rcb.msi = interrupt;
	ret = sis_run(user, cmd);
	free(cmd);
	return ret;
}

/* Take cxlflash out of the kernel. Return: 0 or a negative errno */
int sp_unload(void)
{
	__u64 end = cxl_now_ms() + SP_WAIT_MS;
	int ret;

	/* Whoever looks at new disks may still have one open. */
	do {
		ret = syscall(SYS_delete_module, "cxlflash", O_NONBLOCK) ? -errno : 0;
		if (ret != -EAGAIN)
			return ret;
		usleep(50000);
	} while (cxl_now_ms() < end);
	return ret;
}
