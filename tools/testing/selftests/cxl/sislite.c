// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SISLite storage AFU without a driver in the kernel: identity, registers,
 * and SCSI commands on its disks.
 */
#include "sislite_test.h"

#define GUEST_LINE "This line was written by the guest.\n"
#define HOST_LINE "This line was written by the host.\n"
/* What becomes of it is looked at by the host when the guest is gone. */
#define GUEST_BLOCK 1

FIXTURE(sislite) {
	struct sis_card card;
	struct sis *master;
	struct sis_cmd *cmd;
};

FIXTURE_VARIANT(sislite) {
	bool big;
};

FIXTURE_VARIANT_ADD(sislite, little) {
	.big = false,
};

FIXTURE_VARIANT_ADD(sislite, big) {
	.big = true,
};

FIXTURE_SETUP(sislite)
{
	if (no_sislite(_metadata, &self->card))
		SKIP(return, "no SISLite AFU");
	self->master = &self->card.master;
	ASSERT_EQ(0, sis_card_start(&self->card, variant->big));
	self->cmd = sis_cmd_new(self->master);
}

FIXTURE_TEARDOWN(sislite)
{
	free(self->cmd);
	sis_close(&self->card.master);
}

TEST_F(sislite, identity)
{
	static const struct {
		const char *name;
		long long value;
	} attributes[] = {
		{ "cr0/vendor", 0x1014 }, { "cr0/device", 0x0600 }, { "cr0/class", 0x018000 },
		{ "mmio_size", SIS_HOST_SIZE },
	};
	char *global = sis_global(self->master);
	long long value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(attributes); i++) {
		ASSERT_EQ(0, cxl_file_number(self->card.afu.dir, attributes[i].name, &value));
		EXPECT_EQ(attributes[i].value, value) TH_LOG("%s", attributes[i].name);
	}
	ASSERT_EQ(0, cxl_file_number(self->card.afu.master_dir, "mmio_size", &value));
	EXPECT_LE((long long)SIS_MAP_SIZE, value);
	/* the version is text, and never all ones: that is the factory's image */
	EXPECT_NE(~0ULL, sis_load(global, SIS_INTERFACE));
	EXPECT_EQ(2U, sis_load(global, SIS_INTERFACE) >> 8 & 0xff);
	for (i = 0; i < 8; i++)
		EXPECT_LE(0x20U, sis_load(global, SIS_AFU_VERSION) >> 8 * i & 0xff);
}

/* What a driver finds after the reset. */
TEST_F(sislite, reset_values)
{
	char *global, *host;
	unsigned int port;
	struct sis sis;

	sis_store(sis_global(self->master), SIS_SCRATCH, 1);
	sis_close(self->master);
	ASSERT_EQ(0, cxl_file_write(self->card.afu.dir, "reset", "1"));
	ASSERT_EQ(0, sis_open(&sis, &self->card.afu, true));
	global = sis_global(&sis);
	host = sis.host;
	EXPECT_EQ(0U, sis_load(global, SIS_AINTR_STATUS));
	EXPECT_EQ(~0ULL, sis_load(global, SIS_AINTR_MASK));
	EXPECT_EQ(0U, sis_load(global, SIS_AFU_CTRL));
	EXPECT_EQ(0U, sis_load(global, SIS_SCRATCH));
	EXPECT_EQ(3U, sis_load(global, SIS_PORT_SEL));
	EXPECT_NE(sis_load(global, SIS_AFU_HB), sis_load(global, SIS_AFU_HB));

	EXPECT_EQ(0U, sis_load(host, SIS_ENDIAN_CTRL));
	EXPECT_EQ(0U, sis_load(host, SIS_INTR_STATUS));
	EXPECT_EQ(~0ULL, sis_load(host, SIS_INTR_MASK));
	EXPECT_EQ(0U, sis_load(host, SIS_CTX_CTRL) & 0xff);
	EXPECT_LT(0U, sis_load(host, SIS_CMD_ROOM));
	for (port = 0; port < 2; port++) {
		EXPECT_EQ(SIS_ON_LINE, sis_load(sis_port(&sis, port), SIS_CMDCONFIG));
		EXPECT_EQ(0x20U, sis_load(sis_port(&sis, port), SIS_MTIP_STATUS) & 0x30);
		EXPECT_EQ(0U, sis_load(sis_port(&sis, port), SIS_ERROR));
		EXPECT_EQ(0U, sis_load(sis_luns(&sis, port), 0));
	}
	/* unknown registers of a port, and ports that are not there */
	EXPECT_EQ(~0ULL, sis_load(sis_port(&sis, 0), 0x7f8));
	EXPECT_EQ(~0ULL, sis_load(sis_port(&sis, 3), SIS_MTIP_STATUS));
	sis_close(&sis);
}

/* All of it is stored and has no effect on contexts that are not there. */
TEST_F(sislite, provisioning_without_contexts)
{
	char *ctrl;
	__u32 pe;

	for (pe = 0; pe < SIS_CONTEXTS; pe++) {
		if (pe == self->master->pe)
			continue;
		ctrl = sis_ctrl(self->master, pe);
		sis_store(ctrl, SIS_RHT_START, 0);
		sis_store(ctrl, SIS_RHT_CNT_ID, 0);
		sis_store(ctrl, SIS_CTX_CAP, 0);
	}
	sis_store(self->master->map + (SIS_CONTEXTS - 1) * SIS_HOST_SIZE, SIS_IOARRIN, 0x1000);
	EXPECT_EQ(0, sis_wake(self->master, 1, 0));
}

/* Rights can only be given after a look into the mailbox, once per context. */
TEST_F(sislite, rights_are_locked)
{
	__u64 detaches = 0;
	struct sis slave;
	char *ctrl;

	cxl_stat(&self->card.afu, "detaches", &detaches);
	ASSERT_EQ(0, sis_open(&slave, &self->card.afu, false));
	ctrl = sis_ctrl(self->master, slave.pe);
	sis_store(ctrl, SIS_CTX_CAP, SIS_CAP_USER);
	EXPECT_EQ(0U, sis_load(ctrl, SIS_CTX_CAP));
	sis_store(slave.host, SIS_MBOX_W, 0x1234);
	EXPECT_EQ(0x1234U, sis_load(ctrl, SIS_MBOX_R));
	sis_store(ctrl, SIS_CTX_CAP, SIS_CAP_USER);
	EXPECT_EQ(SIS_CAP_USER, sis_load(ctrl, SIS_CTX_CAP));
	sis_close(&slave);
	if (cxl_has_stats(&self->card.afu))
		EXPECT_EQ(0, cxl_stat_wait(&self->card.afu, "detaches", detaches + 1));
	EXPECT_EQ(0U, sis_load(ctrl, SIS_CTX_CAP));
	sis_store(ctrl, SIS_CTX_CAP, SIS_CAP_USER);
	EXPECT_EQ(0U, sis_load(ctrl, SIS_CTX_CAP));
}

TEST_F(sislite, inquiry)
{
	unsigned char data[96] = { 0 };

	self->cmd->rcb.cdb[0] = INQUIRY;
	self->cmd->rcb.cdb[4] = sizeof(data);
	ASSERT_EQ(0, sis_scsi(self->master, self->cmd, 0, SIS_SUP_UNDERRUN, data, sizeof(data)));
	EXPECT_EQ(0, data[0]);
	EXPECT_LE(31, data[4]);
	EXPECT_NE(0, data[8]);
}

/* One of its names is an NAA 6 of 16 bytes, the same one through both ports. */
TEST_F(sislite, world_wide_name)
{
	unsigned char data[2][254] = { 0 }, *p, *name[2];
	int port;

	for (port = 0; port < 2; port++) {
		name[port] = NULL;
		self->cmd->rcb.cdb[0] = INQUIRY;
		self->cmd->rcb.cdb[1] = 1;
		self->cmd->rcb.cdb[2] = 0x83;
		self->cmd->rcb.cdb[4] = sizeof(data[port]);
		ASSERT_EQ(0, sis_scsi_at(self->master, self->cmd, 1 << port, 0, SIS_SUP_UNDERRUN,
					 data[port], sizeof(data[port])));
		for (p = data[port] + 4; p < data[port] + 4 + data[port][3]; p += 4 + p[3]) {
			if ((p[0] & 0xf) == 1 && (p[1] & 0xf) == 3 && p[3] == 16)
				name[port] = p + 4;
		}
		ASSERT_NE(NULL, name[port]);
		EXPECT_EQ(6, name[port][0] >> 4);
	}
	EXPECT_EQ(0, memcmp(name[0], name[1], 16));
	/* a first look that takes only the header says how much there is */
	memset(data[1], 0, sizeof(data[1]));
	self->cmd->rcb.cdb[4] = 4;
	ASSERT_EQ(0, sis_scsi(self->master, self->cmd, 0, SIS_SUP_UNDERRUN, data[1], 4));
	EXPECT_EQ(data[0][3], data[1][3]);
	EXPECT_EQ(0, data[1][4]);
}

TEST_F(sislite, capacity)
{
	unsigned char data[8] = { 0 };

	self->cmd->rcb.cdb[0] = READ_CAPACITY_10;
	ASSERT_EQ(0, sis_scsi(self->master, self->cmd, 0, 0, data, sizeof(data)));
	EXPECT_EQ(BLOCK, data[6] << 8 | data[7]);
	ASSERT_EQ(0, sis_scsi(self->master, self->cmd, 1, 0, data, sizeof(data)));
	EXPECT_EQ(512, data[6] << 8 | data[7]);
}

TEST_F(sislite, report_luns)
{
	unsigned char data[256] = { 0 };

	self->cmd->rcb.cdb[0] = REPORT_LUNS;
	self->cmd->rcb.cdb[8] = sizeof(data) >> 8;
	ASSERT_EQ(0, sis_scsi(self->master, self->cmd, 0, SIS_SUP_UNDERRUN, data, sizeof(data)));
	EXPECT_EQ(3 * 8, data[3]);
	ASSERT_EQ(0, sis_scsi_at(self->master, self->cmd, 2, 0, SIS_SUP_UNDERRUN, data,
				 sizeof(data)));
	EXPECT_EQ(2 * 8, data[3]);
}

/* The disk of the guest is a file of the host. */
TEST_F(sislite, image_of_the_host)
{
	char *data = cxl_pages(BLOCK);

	ASSERT_NE(NULL, data);
	ASSERT_EQ(0, sis_rw(self->master, self->cmd, READ_16, 0, data, BLOCK));
	EXPECT_EQ(0, strncmp(data, HOST_LINE, strlen(HOST_LINE)));
	memset(data, 0, BLOCK);
	memcpy(data, GUEST_LINE, sizeof(GUEST_LINE));
	ASSERT_EQ(0, sis_rw(self->master, self->cmd, WRITE_16, GUEST_BLOCK, data, BLOCK));
}

TEST_F(sislite, write_and_read)
{
	static const unsigned int blocks[] = { 1, 2, 3, 16, 31, 64, 256 };
	unsigned int i;
	char *src, *dst;

	src = cxl_pages(257 * BLOCK);
	dst = cxl_pages(257 * BLOCK);
	ASSERT_NE(NULL, src);
	ASSERT_NE(NULL, dst);
	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		size_t bytes = blocks[i] * BLOCK, shift = 4 * i;

		cxl_fill(src + shift, bytes, i);
		ASSERT_EQ(0, sis_rw(self->master, self->cmd, WRITE_16, 100, src + shift, bytes));
		ASSERT_EQ(0, sis_rw(self->master, self->cmd, READ_16, 100, dst + shift, bytes));
		EXPECT_EQ(-1, cxl_mismatch(dst + shift, bytes, i)) TH_LOG("%u", blocks[i]);
		EXPECT_EQ(0, dst[shift + bytes]);
	}
	/* through the other port, and with the short CDB */
	memset(dst, 0, BLOCK);
	memset(self->cmd->rcb.cdb, 0, sizeof(self->cmd->rcb.cdb));
	self->cmd->rcb.cdb[0] = READ_10;
	self->cmd->rcb.cdb[5] = 100;
	self->cmd->rcb.cdb[8] = 1;
	ASSERT_EQ(0, sis_scsi_at(self->master, self->cmd, 2, 0, 0, dst, BLOCK));
	EXPECT_EQ(0, memcmp(src + 4 * (i - 1), dst, BLOCK));
}

/* Nothing is written that nobody has asked for. */
TEST_F(sislite, status_area)
{
	char *data = cxl_pages(BLOCK);
	unsigned int i;

	ASSERT_NE(NULL, data);
	memset(self->cmd->sa.sense, 0x5a, sizeof(self->cmd->sa.sense));
	ASSERT_EQ(0, sis_rw(self->master, self->cmd, READ_16, 0, data, BLOCK));
	EXPECT_EQ(0x5a, self->cmd->sa.sense[0]);
	ASSERT_EQ(-EIO, sis_rw(self->master, self->cmd, READ_16, 1ULL << 40, data, BLOCK));
	EXPECT_EQ(0x052100, sis_sense(self->cmd));
	for (i = 0; i < sizeof(self->cmd->sa.host); i++)
		EXPECT_EQ(0xa5, self->cmd->sa.host[i]);
}

/* More responses than the ring has entries, one command at a time. */
TEST_F(sislite, ring_wraps)
{
	unsigned int i;

	for (i = 0; i < 5 * RING + 3; i++)
		ASSERT_EQ(0, sis_scsi(self->master, self->cmd, 0, 0, NULL, 0));
	EXPECT_NE(0U, self->master->next);
}

/* As many at once as the ring has entries; each one answers once. */
TEST_F(sislite, many_at_once)
{
	struct sis_cmd *cmds[RING];
	char *data = cxl_pages(RING * BLOCK), *back = cxl_pages(RING * BLOCK);
	unsigned int i, round, seen;
	__u64 address;

	ASSERT_NE(NULL, data);
	ASSERT_NE(NULL, back);
	for (i = 0; i < RING; i++)
		cmds[i] = sis_cmd_new(self->master);
	cxl_fill(data, RING * BLOCK, 7);
	for (round = 0; round < 20; round++) {
		char *mem = round & 1 ? back : data;

		for (i = 0; i < RING; i++) {
			sis_cdb_rw16(cmds[i], round & 1 ? READ_16 : WRITE_16, 512 + i, 1);
			sis_cmd_target(self->master, cmds[i], 1 + (round & 2), 0);
			sis_cmd_data(self->master, cmds[i], round & 1 ? 0 : SIS_WRITE,
				     mem + i * BLOCK, BLOCK);
			while (!sis_load(self->master->host, SIS_CMD_ROOM))
				cxl_pause();
			sis_submit(self->master, cmds[i]);
		}
		for (seen = 0; seen != (1U << RING) - 1;) {
			ASSERT_EQ(0, sis_response(self->master, &address, CXL_WAIT_MS));
			for (i = 0; i < RING && (uintptr_t)cmds[i] != address; i++)
				;
			ASSERT_LT(i, (unsigned int)RING);
			ASSERT_EQ(0U, seen >> i & 1);
			seen |= 1U << i;
			EXPECT_EQ(0, cmds[i]->sa.scsi_rc | cmds[i]->sa.afu_rc | cmds[i]->sa.fc_rc);
		}
		if (round & 1)
			ASSERT_EQ(-1, cxl_mismatch(back, RING * BLOCK, 7));
	}
	for (i = 0; i < RING; i++)
		free(cmds[i]);
}

/* The command names the interrupt, and none if it is 0. */
TEST_F(sislite, interrupts)
{
	int irq;

	for (irq = 1; irq <= 3; irq++) {
		self->cmd->rcb.msi = irq;
		ASSERT_EQ(0, sis_scsi(self->master, self->cmd, 0, 0, NULL, 0));
		EXPECT_EQ(0, sis_irq(self->master, irq));
	}
	self->cmd->rcb.msi = 0;
	ASSERT_EQ(0, sis_scsi(self->master, self->cmd, 0, 0, NULL, 0));
	EXPECT_EQ(0, cxl_poll(self->master->fd, 50));
}

TEST_F(sislite, underrun)
{
	unsigned char data[1024];
	struct sis_cmd *cmd = self->cmd;

	cmd->rcb.cdb[0] = INQUIRY;
	cmd->rcb.cdb[4] = 36;
	ASSERT_EQ(-EIO, sis_scsi(self->master, cmd, 0, 0, data, sizeof(data)));
	EXPECT_EQ(SIS_UNDERRUN, cmd->sa.flags);
	EXPECT_EQ(sizeof(data) - 36, sis_order32(self->master, cmd->sa.resid));
	EXPECT_EQ(0, cmd->sa.afu_rc | cmd->sa.scsi_rc | cmd->sa.fc_rc);
	EXPECT_EQ(0, sis_scsi(self->master, cmd, 0, SIS_SUP_UNDERRUN, data, sizeof(data)));
}

/* The block announces less than the CDB asks for: nothing is moved. */
TEST_F(sislite, overrun)
{
	struct sis_cmd *cmd = self->cmd;
	char *data = cxl_pages(BLOCK);

	ASSERT_NE(NULL, data);
	sis_cdb_rw16(cmd, READ_16, 0, 2);
	ASSERT_EQ(-EIO, sis_scsi(self->master, cmd, 0, 0, data, BLOCK));
	EXPECT_EQ(SIS_OVERRUN, cmd->sa.flags & SIS_OVERRUN);
	EXPECT_EQ(0x050e03, sis_sense(cmd));
	EXPECT_EQ((unsigned int)BLOCK, sis_order32(self->master, cmd->sa.resid));
	EXPECT_EQ(0, data[0]);
	/* how much comes of an inquiry is for the disk to say: the rest is lost */
	memset(cmd->rcb.cdb, 0, sizeof(cmd->rcb.cdb));
	cmd->rcb.cdb[0] = INQUIRY;
	cmd->rcb.cdb[4] = 36;
	ASSERT_EQ(-EIO, sis_scsi(self->master, cmd, 0, 0, data, 8));
	EXPECT_EQ(SIS_OVERRUN, cmd->sa.flags);
	EXPECT_EQ(36U - 8, sis_order32(self->master, cmd->sa.resid));
	EXPECT_EQ(31, data[4]);
	EXPECT_EQ(0, data[8]);
}

TEST_F(sislite, refused_by_the_disk)
{
	struct sis_cmd *cmd = self->cmd;
	char data[512];

	cmd->rcb.cdb[0] = 0xff;
	ASSERT_EQ(-EIO, sis_scsi(self->master, cmd, 0, 0, NULL, 0));
	EXPECT_EQ(0x052000, sis_sense(cmd));
	cmd->rcb.cdb[0] = TEST_UNIT_READY;
	ASSERT_EQ(-EIO, sis_scsi(self->master, cmd, 7, 0, NULL, 0));
	EXPECT_EQ(0x052500, sis_sense(cmd));
	/* a LUN that no addressing method has */
	ASSERT_EQ(-EIO, sis_scsi(self->master, cmd, 0xc000, 0, NULL, 0));
	EXPECT_EQ(0x052500, sis_sense(cmd));
	cmd->rcb.cdb[0] = INQUIRY;
	cmd->rcb.cdb[1] = 1;
	cmd->rcb.cdb[2] = 0x7f;
	cmd->rcb.cdb[4] = 255;
	ASSERT_EQ(-EIO, sis_scsi(self->master, cmd, 0, SIS_SUP_UNDERRUN, data, 255));
	EXPECT_EQ(0x052400, sis_sense(cmd));
}

/* The flag for the direction belongs to the opcode. */
TEST_F(sislite, direction)
{
	char *data = cxl_pages(BLOCK);

	ASSERT_NE(NULL, data);
	sis_cdb_rw16(self->cmd, WRITE_16, 2000, 1);
	ASSERT_EQ(-EIO, sis_scsi(self->master, self->cmd, 0, 0, data, BLOCK));
	EXPECT_EQ(0x62, self->cmd->sa.afu_rc);
	sis_cdb_rw16(self->cmd, READ_16, 2000, 1);
	ASSERT_EQ(-EIO, sis_scsi(self->master, self->cmd, 0, SIS_WRITE, data, BLOCK));
	EXPECT_EQ(0x62, self->cmd->sa.afu_rc);
}

TEST_F(sislite, write_same)
{
	char *data = cxl_pages(4 * BLOCK);
	unsigned int i;

	ASSERT_NE(NULL, data);
	cxl_fill(data, 4 * BLOCK, 3);
	ASSERT_EQ(0, sis_rw(self->master, self->cmd, WRITE_16, 300, data, 4 * BLOCK));
	memset(data, 0, BLOCK);
	sis_cdb_rw16(self->cmd, WRITE_SAME_16, 300, 3);
	ASSERT_EQ(0, sis_scsi(self->master, self->cmd, 0, SIS_WRITE, data, BLOCK));
	ASSERT_EQ(0, sis_rw(self->master, self->cmd, READ_16, 300, data, 4 * BLOCK));
	for (i = 0; i < 3 * BLOCK; i++)
		ASSERT_EQ(0, data[i]);
	EXPECT_NE(0, data[3 * BLOCK] | data[3 * BLOCK + 1] | data[3 * BLOCK + 2]);
}

TEST_HARNESS_MAIN
