// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SISLite storage AFU: what a context may do that is no master, and resource
 * handles, behind which are LUNs or virtual ones.
 */
#include "sislite_test.h"

#define HANDLES 8
#define VIRTUAL 0
#define PHYSICAL 1
#define UNUSED 2

/* Chunks of 16 blocks: those of the driver do not fit on the disk. */
#define NMASK 4
#define CHUNK 16
#define CHUNKS 3
/* which the LUN table translates */
#define INDEX 5

/* afu_extra: what is missing */
#define NO_PROXY 0x40
#define NO_REAL 0x20
#define NO_TARGET 0x10
#define NO_AFU 0x08
#define NO_OTHER 0x04
#define NO_WRITE 0x02
#define NO_READ 0x01

FIXTURE(luns) {
	struct sis_card card;
	struct sis *master;
	struct sis user;
	struct sis_rht *rht;
	__u64 *lxt;
	struct sis_cmd *cmd;
	char *data;
};

/* The tables are in the order of the master, the commands in that of the user. */
FIXTURE_VARIANT(luns) {
	bool master_big;
	bool user_big;
};

FIXTURE_VARIANT_ADD(luns, little) {
	.master_big = false,
	.user_big = false,
};

FIXTURE_VARIANT_ADD(luns, big) {
	.master_big = true,
	.user_big = true,
};

FIXTURE_VARIANT_ADD(luns, mixed) {
	.master_big = true,
	.user_big = false,
};

static void set_tables(struct sis *master, struct sis *user, struct sis_rht *rht, __u64 count)
{
	char *ctrl = sis_ctrl(master, user->pe);

	sis_store(ctrl, SIS_RHT_START, (uintptr_t)rht);
	sis_store(ctrl, SIS_RHT_CNT_ID, count << 48 | (__u64)master->pe << 32);
}

/* The chunks of the virtual LUN are on the disk in another order. */
static __u64 chunk_of(unsigned int chunk)
{
	return 10 + 3 * (CHUNKS - chunk);
}

static void fill_tables(const struct sis *master, struct sis_rht *rht, __u64 *lxt)
{
	unsigned int i;

	for (i = 0; i < CHUNKS; i++)
		lxt[i] = sis_order64(master, SIS_LXT(chunk_of(i), INDEX,
						     SIS_LXT_READ | SIS_LXT_WRITE | 1));
	rht[VIRTUAL].lxt = sis_order64(master, (uintptr_t)lxt);
	rht[VIRTUAL].lxt_count = sis_order32(master, CHUNKS);
	rht[VIRTUAL].fp_virtual = SIS_RHT_READ | SIS_RHT_WRITE;
	rht[VIRTUAL].nmask = NMASK;
	rht[PHYSICAL].lun = 0;
	rht[PHYSICAL].valid = SIS_RHT_VALID;
	rht[PHYSICAL].fp = SIS_RHT_PHYSICAL | SIS_RHT_READ | SIS_RHT_WRITE;
	rht[PHYSICAL].ports = 3;
}

FIXTURE_SETUP(luns)
{
	if (no_sislite(_metadata, &self->card))
		SKIP(return, "no SISLite AFU");
	self->master = &self->card.master;
	ASSERT_EQ(0, sis_card_start(&self->card, variant->master_big));
	ASSERT_EQ(0, sis_open(&self->user, &self->card.afu, false));
	ASSERT_EQ(0, sis_set_up(&self->user, variant->user_big, RING));
	ASSERT_EQ(0, sis_rights(self->master, self->user.pe, SIS_CAP_USER));
	self->rht = cxl_pages(HANDLES * sizeof(*self->rht));
	self->lxt = cxl_pages(4096);
	self->data = cxl_pages(16 * BLOCK);
	ASSERT_NE(NULL, self->rht);
	ASSERT_NE(NULL, self->lxt);
	ASSERT_NE(NULL, self->data);
	fill_tables(self->master, self->rht, self->lxt);
	set_tables(self->master, &self->user, self->rht, HANDLES);
	sis_store(sis_luns(self->master, 0), INDEX * 8, 0);
	self->cmd = sis_cmd_new(&self->user);
}

FIXTURE_TEARDOWN(luns)
{
	free(self->cmd);
	sis_close(&self->user);
	sis_close(&self->card.master);
}

/* One command of the user on a handle; the CDB is there. */
static int run_cdb(struct sis *user, struct sis_cmd *cmd, __u32 handle, unsigned int flags,
		   const void *data, size_t bytes)
{
	sis_cmd_target(user, cmd, handle, 0);
	sis_cmd_data(user, cmd, SIS_HANDLE | flags, data, bytes);
	return sis_run(user, cmd);
}

static int rw(struct sis *user, struct sis_cmd *cmd, __u32 handle, __u8 opcode, __u64 lba,
	      const void *data, size_t bytes)
{
	sis_cdb_rw16(cmd, opcode, lba, bytes / BLOCK);
	return run_cdb(user, cmd, handle, opcode == READ_16 ? 0 : SIS_WRITE, data, bytes);
}

/* The afu_rc and afu_extra of a command that must fail with them. */
#define EXPECT_AFU(rc, extra, call) do {				\
	EXPECT_EQ(-EIO, call);						\
	EXPECT_EQ(rc, self->cmd->sa.afu_rc);				\
	EXPECT_EQ(extra, self->cmd->sa.afu_extra);			\
	EXPECT_EQ(0, self->cmd->sa.scsi_rc | self->cmd->sa.fc_rc);	\
} while (0)

TEST_F(luns, physical)
{
	struct sis_cmd *cmd = sis_cmd_new(self->master);

	cxl_fill(self->data, 3 * BLOCK, 1);
	ASSERT_EQ(0, rw(&self->user, self->cmd, PHYSICAL, WRITE_16, 400, self->data, 3 * BLOCK));
	memset(self->data, 0, 3 * BLOCK);
	ASSERT_EQ(0, rw(&self->user, self->cmd, PHYSICAL, READ_16, 400, self->data, 3 * BLOCK));
	EXPECT_EQ(-1, cxl_mismatch(self->data, 3 * BLOCK, 1));
	/* the disk knows nothing of handles */
	memset(self->data, 0, 3 * BLOCK);
	ASSERT_EQ(0, sis_rw(self->master, cmd, READ_16, 400, self->data, 3 * BLOCK));
	EXPECT_EQ(-1, cxl_mismatch(self->data, 3 * BLOCK, 1));
	free(cmd);
	EXPECT_EQ(-EIO, rw(&self->user, self->cmd, PHYSICAL, READ_16, 4096, self->data, BLOCK));
	EXPECT_EQ(0x052100, sis_sense(self->cmd));
}

TEST_F(luns, virtual)
{
	struct sis_cmd *cmd = sis_cmd_new(self->master);
	unsigned int chunk, offset = 9;

	for (chunk = 0; chunk < CHUNKS; chunk++) {
		cxl_fill(self->data, BLOCK, chunk);
		ASSERT_EQ(0, rw(&self->user, self->cmd, VIRTUAL, WRITE_16, chunk * CHUNK + offset,
				self->data, BLOCK));
	}
	for (chunk = 0; chunk < CHUNKS; chunk++) {
		memset(self->data, 0, BLOCK);
		ASSERT_EQ(0, rw(&self->user, self->cmd, VIRTUAL, READ_16, chunk * CHUNK + offset,
				self->data, BLOCK));
		EXPECT_EQ(-1, cxl_mismatch(self->data, BLOCK, chunk));
		memset(self->data, 0, BLOCK);
		ASSERT_EQ(0, sis_rw(self->master, cmd, READ_16, chunk_of(chunk) * CHUNK + offset,
				    self->data, BLOCK));
		EXPECT_EQ(-1, cxl_mismatch(self->data, BLOCK, chunk));
	}
	free(cmd);
}

/* The index in the LXT chooses a LUN in the table of the port. */
TEST_F(luns, lun_table)
{
	sis_cdb_rw16(self->cmd, READ_16, 0, 1);
	sis_store(sis_luns(self->master, 0), INDEX * 8, 1ULL << 48);
	EXPECT_EQ(1ULL << 48, sis_load(sis_luns(self->master, 0), INDEX * 8));
	/* LUN 1 has blocks of 512 bytes: so many are moved */
	EXPECT_EQ(-EIO, run_cdb(&self->user, self->cmd, VIRTUAL, 0, self->data, BLOCK));
	EXPECT_EQ(SIS_UNDERRUN, self->cmd->sa.flags);
	EXPECT_EQ(BLOCK - 512U, sis_order32(&self->user, self->cmd->sa.resid));
	sis_store(sis_luns(self->master, 0), INDEX * 8, 7ULL << 48);
	EXPECT_EQ(-EIO, run_cdb(&self->user, self->cmd, VIRTUAL, 0, self->data, BLOCK));
	EXPECT_EQ(0x052500, sis_sense(self->cmd));
	/* the second half of the table is not there */
	EXPECT_EQ(~0ULL, sis_load(sis_luns(self->master, 0), 256 * 8));
}

TEST_F(luns, handles)
{
	char *ctrl = sis_ctrl(self->master, self->user.pe);

	EXPECT_AFU(0x03, 0, rw(&self->user, self->cmd, HANDLES, READ_16, 0, self->data, BLOCK));
	EXPECT_AFU(0x05, 0, rw(&self->user, self->cmd, UNUSED, READ_16, 0, self->data, BLOCK));
	sis_store(ctrl, SIS_RHT_START, (uintptr_t)self->rht + 8);
	EXPECT_AFU(0x02, 0, rw(&self->user, self->cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	sis_store(ctrl, SIS_RHT_CNT_ID, 0);
	EXPECT_AFU(0x03, 0, rw(&self->user, self->cmd, 0, READ_16, 0, self->data, BLOCK));
}

/* A table that nobody has set up since the context is there. */
TEST_F(luns, no_table)
{
	struct sis other;

	ASSERT_EQ(0, sis_open(&other, &self->card.afu, false));
	ASSERT_EQ(0, sis_set_up(&other, self->user.big, RING));
	ASSERT_EQ(0, sis_rights(self->master, other.pe, SIS_CAP_USER));
	free(self->cmd);
	self->cmd = sis_cmd_new(&other);
	EXPECT_AFU(0x01, 1, rw(&other, self->cmd, 0, READ_16, 0, self->data, BLOCK));
	sis_store(sis_ctrl(self->master, other.pe), SIS_RHT_START, (uintptr_t)self->rht);
	EXPECT_AFU(0x01, 1, rw(&other, self->cmd, 0, READ_16, 0, self->data, BLOCK));
	sis_close(&other);
}

TEST_F(luns, entries)
{
	self->rht[PHYSICAL].fp = 0x20 | SIS_RHT_READ;
	EXPECT_AFU(0x01, 2, rw(&self->user, self->cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	self->rht[PHYSICAL].fp = SIS_RHT_PHYSICAL | SIS_RHT_READ;
	EXPECT_EQ(0, rw(&self->user, self->cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	EXPECT_AFU(0x05, 0, rw(&self->user, self->cmd, PHYSICAL, WRITE_16, 0, self->data, BLOCK));
	self->rht[PHYSICAL].fp = SIS_RHT_PHYSICAL | SIS_RHT_WRITE;
	EXPECT_AFU(0x05, 0, rw(&self->user, self->cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	self->rht[PHYSICAL].valid = 0;
	EXPECT_AFU(0x01, 3, rw(&self->user, self->cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	self->rht[PHYSICAL].valid = SIS_RHT_VALID;
	self->rht[PHYSICAL].fp |= SIS_RHT_READ;
	self->rht[PHYSICAL].ports = 4;
	EXPECT_EQ(-EIO, rw(&self->user, self->cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	EXPECT_EQ(0x20, self->cmd->sa.afu_rc);
}

TEST_F(luns, translations)
{
	__u64 lxt = (uintptr_t)self->lxt;

	EXPECT_AFU(0x13, 0, rw(&self->user, self->cmd, VIRTUAL, READ_16, CHUNKS * CHUNK,
			       self->data, BLOCK));
	EXPECT_EQ(0, rw(&self->user, self->cmd, VIRTUAL, READ_16, CHUNKS * CHUNK - 1,
			self->data, BLOCK));
	EXPECT_AFU(0x13, 1, rw(&self->user, self->cmd, VIRTUAL, READ_16, 0, self->data,
			       2 * BLOCK));
	self->rht[VIRTUAL].lxt = sis_order64(self->master, lxt + 4);
	EXPECT_AFU(0x12, 0, rw(&self->user, self->cmd, VIRTUAL, READ_16, 0, self->data, BLOCK));
	self->rht[VIRTUAL].lxt = sis_order64(self->master, lxt);
	self->lxt[0] = sis_order64(self->master, SIS_LXT(1, INDEX, SIS_LXT_READ | 1));
	EXPECT_EQ(0, rw(&self->user, self->cmd, VIRTUAL, READ_16, 0, self->data, BLOCK));
	EXPECT_AFU(0x15, 0, rw(&self->user, self->cmd, VIRTUAL, WRITE_16, 0, self->data, BLOCK));
	self->lxt[0] = sis_order64(self->master, SIS_LXT(1, INDEX, SIS_LXT_WRITE | 1));
	EXPECT_AFU(0x15, 0, rw(&self->user, self->cmd, VIRTUAL, READ_16, 0, self->data, BLOCK));
	/* two chunks are taken away */
	self->rht[VIRTUAL].lxt_count = sis_order32(self->master, 1);
	EXPECT_AFU(0x13, 0, rw(&self->user, self->cmd, VIRTUAL, READ_16, CHUNK, self->data,
			       BLOCK));
}

/* The owner of the tables is told, the user gets the result. */
TEST_F(luns, tables_that_are_not_there)
{
	struct cxl_event event;

	set_tables(self->master, &self->user, (struct sis_rht *)CXL_HOLE, HANDLES);
	EXPECT_EQ(-EIO, rw(&self->user, self->cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	EXPECT_EQ(0x04, self->cmd->sa.afu_rc);
	ASSERT_EQ(0, cxl_read_event(self->master->fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ(0, cxl_poll(self->user.fd, 0));

	set_tables(self->master, &self->user, self->rht, HANDLES);
	self->rht[VIRTUAL].lxt = sis_order64(self->master, (uintptr_t)CXL_HOLE);
	EXPECT_EQ(-EIO, rw(&self->user, self->cmd, VIRTUAL, READ_16, 0, self->data, BLOCK));
	EXPECT_EQ(0x14, self->cmd->sa.afu_rc);
	ASSERT_EQ(0, cxl_read_event(self->master->fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
}

/* Tables are translated where the master may have them. */
TEST_F(luns, translation_right)
{
	ASSERT_EQ(0, sis_rights(self->master, self->master->pe,
				SIS_CAP_MASTER & ~SIS_CAP_TRANSLATE));
	EXPECT_AFU(0x1a, 0, rw(&self->user, self->cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	EXPECT_AFU(0x1a, 0, rw(&self->user, self->cmd, VIRTUAL, READ_16, 0, self->data, BLOCK));
}

/* A user has two rights: to read and to write blocks of its handles. */
TEST_F(luns, rights_of_a_user)
{
	struct sis_cmd *cmd = self->cmd;
	unsigned int i;

	memset(cmd->rcb.cdb, 0, sizeof(cmd->rcb.cdb));
	for (i = 0; i < 256; i++) {
		if (i == READ_16 || i == WRITE_16 || i == WRITE_SAME_16)
			continue;
		cmd->rcb.cdb[0] = i;
		EXPECT_AFU(0x21, NO_OTHER, run_cdb(&self->user, cmd, PHYSICAL, 0, NULL, 0));
	}
	sis_cdb_rw16(cmd, READ_16, 0, 1);
	EXPECT_AFU(0x21, NO_REAL, sis_scsi(&self->user, cmd, 0, 0, self->data, BLOCK));
	cmd->rcb.cdb[0] = AFU_SYNC;
	cmd->rcb.cdb[1] = SYNC_LIGHT;
	EXPECT_AFU(0x21, NO_AFU, sis_scsi(&self->user, cmd, 0, SIS_AFU, NULL, 0));
	/* which needs no right, because it only waits */
	cmd->rcb.cdb[1] = SYNC_HEAVY;
	EXPECT_EQ(0, sis_scsi(&self->user, cmd, 0, SIS_AFU, NULL, 0));

	ASSERT_EQ(0, sis_rights(self->master, self->user.pe, 0));
	EXPECT_AFU(0x21, NO_READ, rw(&self->user, cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	EXPECT_AFU(0x21, NO_WRITE,
		   rw(&self->user, cmd, PHYSICAL, WRITE_16, 0, self->data, BLOCK));
	EXPECT_AFU(0x21, NO_WRITE,
		   rw(&self->user, cmd, PHYSICAL, WRITE_SAME_16, 0, self->data, BLOCK));
}

/* Data of another context: both of them have to be allowed that. */
TEST_F(luns, proxy)
{
	struct sis_cmd *cmd = self->cmd;

	cmd->rcb.ctx_id = sis_order16(&self->user, self->master->pe);
	EXPECT_AFU(0x21, NO_PROXY | NO_TARGET,
		   rw(&self->user, cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	ASSERT_EQ(0, sis_rights(self->master, self->user.pe, SIS_CAP_USER | SIS_CAP_PROXY));
	EXPECT_AFU(0x21, NO_TARGET,
		   rw(&self->user, cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	ASSERT_EQ(0, sis_rights(self->master, self->master->pe, SIS_CAP_MASTER | SIS_CAP_TARGET));
	/* the handle is one of the named context, too */
	set_tables(self->master, self->master, self->rht, HANDLES);
	ASSERT_EQ(0, rw(&self->user, cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
	EXPECT_NE(0, self->data[0]);
	cmd->rcb.ctx_id = sis_order16(&self->user, 0xffff);
	EXPECT_AFU(0x21, NO_TARGET,
		   rw(&self->user, cmd, PHYSICAL, READ_16, 0, self->data, BLOCK));
}

TEST_HARNESS_MAIN
