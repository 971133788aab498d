/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks of cxlflash that programs reach without the kernel's block layer, by contexts
 * of their own.
 */
#ifndef CXL_SELFTEST_SUPERPIPE_DISK_H
#define CXL_SELFTEST_SUPERPIPE_DISK_H

#include <scsi/cxlflash_ioctl.h>

#include "sislite_afu.h"

#define SP_WAIT_MS 60000
/* elements of a context's queue of responses */
#define SP_RING 16

/**
 * struct sp_disk - a disk
 * @sysfs: its directory
 * @node: its node
 * @fd: @node, opened with O_DIRECT; less than 0 if it is closed
 */
struct sp_disk {
	char sysfs[64];
	char node[32];
	int fd;
};

int sp_request(const struct sp_disk *disk, unsigned long cmd, void *arg);
int sp_open(struct sp_disk *disk, unsigned int lun);
void sp_close(struct sp_disk *disk);
int sp_manage(const struct sp_disk *disk, __u64 how);
int sp_attach(const struct sp_disk *disk, struct dk_cxlflash_attach *arg, __u64 access,
	      __u64 interrupts);
int sp_take(struct sis *user, int fd, size_t mmio_size);
int sp_transfer(struct sis *user, __u64 handle, __u8 opcode, __u64 lba, void *data,
		unsigned int blocks, __u8 interrupt);
int sp_unload(void);

#endif /* CXL_SELFTEST_SUPERPIPE_DISK_H */
