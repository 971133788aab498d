/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the SISLite AFU share: the harness, a master, its disks.
 *
 * Port 0 has as LUN 0 a disk with blocks of 4096 bytes, on block 0 of which the
 * host has written a line, and as LUN 1 one with blocks of 512 bytes; port 1 has
 * the first disk as its LUN 0. Both have as LUN 2 one of 1 GiB with anything on it.
 */
#ifndef CXL_SELFTEST_SISLITE_TEST_H
#define CXL_SELFTEST_SISLITE_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* what the macros of the harness expand to does not use all parameters */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "../kselftest_harness.h"

#include "cxl_host.h"
#include "sislite_afu.h"

#define RING 16

/* SCSI */
#define TEST_UNIT_READY		0x00
#define INQUIRY			0x12
#define READ_CAPACITY_10	0x25
#define READ_10			0x28
#define WRITE_10		0x2a
#define WRITE_SAME_16		0x93
#define REPORT_LUNS		0xa0
#define CHECK_CONDITION		0x02

/* commands to the AFU */
#define AFU_SYNC		0xc0
#define SYNC_LIGHT		0
#define SYNC_HEAVY		1
#define SYNC_GLOBAL		2

/**
 * struct sis_card - an AFU with a master that has set it up
 * @afu: where it is
 * @name: for the host
 * @master: its master
 */
struct sis_card {
	struct cxl_afu afu;
	char name[32];
	struct sis master;
};

/* Where there is a card, it has to have one of the two AFUs that we know. */
static inline bool no_sislite(struct __test_metadata *_metadata, struct sis_card *card)
{
	struct cxl_afu other;

	memset(card, 0, sizeof(*card));
	card->master.fd = -1;
	if (!sis_find(&card->afu)) {
		snprintf(card->name, sizeof(card->name), "card%d/afu%d", card->afu.card,
			 card->afu.slice);
		return false;
	}
	if (getenv("CXL_TEST_CARD"))
		ASSERT_EQ(0, cxl_find_memcpy_afu(&other));
	return true;
}

static inline int sis_scsi_at(struct sis *sis, struct sis_cmd *cmd, __u32 ports, __u64 lun,
			      unsigned int flags, const void *data, size_t bytes)
{
	sis_cmd_target(sis, cmd, ports, lun);
	sis_cmd_data(sis, cmd, flags, data, bytes);
	return sis_run(sis, cmd);
}

/* The CDB is there; port 0. */
static inline int sis_scsi(struct sis *sis, struct sis_cmd *cmd, __u64 lun, unsigned int flags,
			   const void *data, size_t bytes)
{
	return sis_scsi_at(sis, cmd, 1, lun, flags, data, bytes);
}

static inline int sis_rw(struct sis *sis, struct sis_cmd *cmd, __u8 opcode, __u64 lba,
			 const void *data, size_t bytes)
{
	sis_cdb_rw16(cmd, opcode, lba, bytes / BLOCK);
	return sis_scsi(sis, cmd, 0, opcode == READ_16 ? 0 : SIS_WRITE, data, bytes);
}

/* A disk tells once that it was reset. */
static inline int sis_wake(struct sis *sis, __u32 ports, __u64 lun)
{
	struct sis_cmd *cmd = sis_cmd_new(sis);
	int tries, ret = -EIO;

	for (tries = 0; ret == -EIO && tries < 4; tries++)
		ret = sis_scsi_at(sis, cmd, ports, lun, 0, NULL, 0);
	free(cmd);
	return ret;
}

static inline int sis_sense(const struct sis_cmd *cmd)
{
	const __u8 *sense = cmd->sa.sense;

	if (!(cmd->sa.flags & SIS_SENSE) || cmd->sa.scsi_rc != CHECK_CONDITION ||
	    (sense[0] & 0x7f) != 0x70)
		return -1;
	return (sense[2] & 0xf) << 16 | sense[12] << 8 | sense[13];
}

/**
 * sis_card_start() - reset the AFU, open a master and let it use the disks
 * @card: from no_sislite()
 * @big: order of bytes in memory
 *
 * Return: 0 or a negative errno.
 */
static inline int sis_card_start(struct sis_card *card, bool big)
{
	struct sis *master = &card->master;
	int ret;

	ret = cxl_file_write(card->afu.dir, "reset", "1");
	if (!ret)
		ret = sis_open(master, &card->afu, true);
	if (!ret)
		ret = sis_set_up(master, big, RING);
	if (!ret)
		ret = sis_rights(master, master->pe, SIS_CAP_MASTER);
	if (!ret)
		ret = sis_wake(master, 1, 0);
	if (!ret)
		ret = sis_wake(master, 1, 1);
	if (!ret)
		ret = sis_wake(master, 1, 2);
	if (!ret)
		ret = sis_wake(master, 2, 0);
	if (!ret)
		ret = sis_wake(master, 2, 2);
	return ret;
}

#endif /* CXL_SELFTEST_SISLITE_TEST_H */
