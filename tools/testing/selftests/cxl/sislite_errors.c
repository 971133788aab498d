// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SISLite storage AFU when something goes wrong: memory that is not there,
 * commands that do not end, ports that fail, and what the host is asked to break.
 */
#include <sys/mman.h>

#include "sislite_test.h"

#define DEFAULT_VERSION 0x200ULL
#define SQ_VERSION 0x4000000000000200ULL

FIXTURE(errors) {
	struct sis_card card;
	struct sis *master;
	char *global;
	char *port;
	struct sis_cmd *cmd;
	char *data;
	bool host;
};

static bool native_is_big(void)
{
	const union {
		__u16 number;
		__u8 bytes[2];
	} one = { .number = 1 };

	return one.bytes[1];
}

FIXTURE_SETUP(errors)
{
	if (no_sislite(_metadata, &self->card))
		SKIP(return, "no SISLite AFU");
	self->master = &self->card.master;
	self->host = host_present();
	ASSERT_EQ(0, sis_card_start(&self->card, native_is_big()));
	self->global = sis_global(self->master);
	self->port = sis_port(self->master, 0);
	self->cmd = sis_cmd_new(self->master);
	self->data = cxl_pages(256 * BLOCK);
	ASSERT_NE(NULL, self->data);
}

/* Whatever a test has ordered, it is taken back. */
FIXTURE_TEARDOWN(errors)
{
	const char *name = self->card.name;

	if (!self->master)
		return;
	if (self->host) {
		EXPECT_EQ(0, host_set(name, "inject-result", "\"\""));
		EXPECT_EQ(0, host_set(name, "inject-hang", "\"\""));
		EXPECT_EQ(0, host_set(name, "stuck-reset", "false"));
		EXPECT_EQ(0, host_set(name, "fetch-us", "0"));
		EXPECT_EQ(0, host_set(name, "link", "\"0:up\""));
		EXPECT_EQ(0, host_set(name, "interface-version", "%llu", DEFAULT_VERSION));
		EXPECT_EQ(0, host_set(name, "wwpn0", "\"\""));
	}
	free(self->cmd);
	sis_close(self->master);
}

static bool is_storage_event(const struct cxl_event *event, const void *address)
{
	return event->header.type == CXL_EVENT_DATA_STORAGE &&
	       event->fault.addr >> 12 == (uintptr_t)address >> 12;
}

/* A data storage event, for an address on the page of @address. */
static int storage_event(const struct sis *sis, const void *address)
{
	struct cxl_event event;
	int ret = cxl_read_event(sis->fd, &event, CXL_WAIT_MS);

	if (ret)
		return ret;
	return is_storage_event(&event, address) ? 0 : -EPROTO;
}

/* The same and the interrupt for the error, whichever is read first. */
static int storage_event_and_error(struct sis *sis, const void *address)
{
	struct cxl_event event;
	int ret = cxl_read_event(sis->fd, &event, CXL_WAIT_MS);

	if (ret)
		return ret;
	if (is_storage_event(&event, address))
		return sis_irq(sis, SIS_LISN_SYNC);
	if (event.header.type != CXL_EVENT_AFU_INTERRUPT || event.irq.irq != SIS_LISN_SYNC)
		return -EPROTO;
	return storage_event(sis, address);
}

/* The context goes on, whatever has happened. */
static int still_works(struct sis *sis)
{
	struct sis_cmd *cmd = sis_cmd_new(sis);
	int ret = sis_scsi(sis, cmd, 0, 0, NULL, 0);

	free(cmd);
	return ret;
}

static int clear_errors(struct sis *sis, __u64 bits)
{
	if (sis_load(sis->host, SIS_INTR_STATUS) != bits)
		return -EPROTO;
	sis_store(sis->host, SIS_INTR_CLEAR, bits);
	return sis_load(sis->host, SIS_INTR_STATUS) ? -EPROTO : 0;
}

TEST_F(errors, block_not_there)
{
	sis_store(self->master->host, SIS_IOARRIN, (uintptr_t)CXL_HOLE);
	EXPECT_EQ(0, storage_event_and_error(self->master, CXL_HOLE));
	EXPECT_EQ(0, clear_errors(self->master, SIS_INTR_IOARCB));
	EXPECT_EQ(0, still_works(self->master));
	EXPECT_EQ(0, cxl_poll(self->master->fd, 0));
}

TEST_F(errors, block_not_aligned)
{
	sis_store(self->master->host, SIS_IOARRIN, (uintptr_t)self->cmd + 8);
	EXPECT_EQ(0, sis_irq(self->master, SIS_LISN_SYNC));
	EXPECT_EQ(0, clear_errors(self->master, SIS_INTR_IOARCB));
	EXPECT_EQ(0, still_works(self->master));
}

/* Masked errors are seen in the register alone. */
TEST_F(errors, masked)
{
	sis_store(self->master->host, SIS_INTR_MASK, ~0ULL);
	sis_store(self->master->host, SIS_IOARRIN, (uintptr_t)self->cmd + 8);
	EXPECT_EQ(0, still_works(self->master));
	EXPECT_EQ(SIS_INTR_IOARCB, sis_load(self->master->host, SIS_INTR_STATUS));
	EXPECT_EQ(0, cxl_poll(self->master->fd, 50));
	/* what is left when some of it is cleared interrupts again */
	sis_store(self->master->host, SIS_INTR_MASK, ~SIS_INTR_ALL);
	EXPECT_EQ(0, cxl_poll(self->master->fd, 50));
	sis_store(self->master->host, SIS_INTR_CLEAR, SIS_INTR_RRQ);
	EXPECT_EQ(0, sis_irq(self->master, SIS_LISN_SYNC));
	EXPECT_EQ(0, clear_errors(self->master, SIS_INTR_IOARCB));
}

TEST_F(errors, ring_not_there)
{
	sis_store(self->master->host, SIS_RRQ_START, (uintptr_t)CXL_HOLE);
	sis_store(self->master->host, SIS_RRQ_END, (uintptr_t)CXL_HOLE + 64);
	sis_submit(self->master, self->cmd);
	EXPECT_EQ(0, storage_event_and_error(self->master, CXL_HOLE));
	EXPECT_EQ(0, clear_errors(self->master, SIS_INTR_RRQ));
	ASSERT_EQ(0, sis_set_up(self->master, self->master->big, RING));
	EXPECT_EQ(0, still_works(self->master));
}

/* The block is at the end of a page, its status area is on one that is gone. */
TEST_F(errors, status_area_not_there)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *pages = cxl_pages(2 * page);
	struct sis_ioarcb *rcb;
	__u64 address;

	ASSERT_NE(NULL, pages);
	rcb = (void *)(pages + page - sizeof(*rcb));
	ASSERT_EQ(0, munmap(pages + page, page));
	self->cmd->rcb.cdb[0] = 0xff;
	sis_cmd_target(self->master, self->cmd, 1, 0);
	*rcb = self->cmd->rcb;
	sis_store(self->master->host, SIS_IOARRIN, (uintptr_t)rcb);
	EXPECT_EQ(0, storage_event_and_error(self->master, pages + page));
	EXPECT_EQ(0, clear_errors(self->master, SIS_INTR_IOASA));
	EXPECT_EQ(-ETIMEDOUT, sis_response(self->master, &address, 100));
	/* without anything to report there is no status area */
	rcb->cdb[0] = TEST_UNIT_READY;
	sis_store(self->master->host, SIS_IOARRIN, (uintptr_t)rcb);
	EXPECT_EQ(0, sis_response(self->master, &address, CXL_WAIT_MS));
	EXPECT_EQ((uintptr_t)rcb, address);
}

TEST_F(errors, data_not_there)
{
	EXPECT_EQ(-EIO, sis_rw(self->master, self->cmd, READ_16, 0, CXL_HOLE, BLOCK));
	EXPECT_EQ(0x31, self->cmd->sa.afu_rc);
	EXPECT_EQ(0, storage_event(self->master, CXL_HOLE));
	EXPECT_EQ(-EIO, sis_rw(self->master, self->cmd, WRITE_16, 3000, CXL_HOLE, BLOCK));
	EXPECT_EQ(0x31, self->cmd->sa.afu_rc);
	EXPECT_EQ(0, storage_event(self->master, CXL_HOLE));
	EXPECT_EQ(0, still_works(self->master));
}

TEST_F(errors, data_read_only)
{
	ASSERT_EQ(0, mprotect(self->data, 256 * BLOCK, PROT_READ));
	EXPECT_EQ(-EIO, sis_rw(self->master, self->cmd, READ_16, 0, self->data, BLOCK));
	EXPECT_EQ(0x31, self->cmd->sa.afu_rc);
	EXPECT_EQ(0, storage_event(self->master, self->data));
	EXPECT_EQ(0, sis_rw(self->master, self->cmd, WRITE_16, 3000, self->data, BLOCK));
}

/* Memory goes away while the disk is read into it: all of it, or an error. */
TEST_F(errors, unmapped_while_in_use)
{
	struct cxl_event event;
	int round, ret;
	char *mem;

	for (round = 0; round < 20; round++) {
		mem = cxl_pages(256 * BLOCK);
		ASSERT_NE(NULL, mem);
		sis_cdb_rw16(self->cmd, READ_16, 0, 256);
		sis_cmd_target(self->master, self->cmd, 1, 0);
		sis_cmd_data(self->master, self->cmd, 0, mem, 256 * BLOCK);
		sis_submit(self->master, self->cmd);
		usleep(50 * round);
		ASSERT_EQ(0, munmap(mem, 256 * BLOCK));
		ret = sis_wait(self->master, self->cmd);
		if (!ret)
			continue;
		ASSERT_EQ(-EIO, ret);
		ASSERT_EQ(0x31, self->cmd->sa.afu_rc);
		ASSERT_EQ(0, cxl_read_event(self->master->fd, &event, CXL_WAIT_MS));
		ASSERT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	}
	EXPECT_EQ(0, still_works(self->master));
}

/* Software that does not look at the room. */
TEST_F(errors, command_room)
{
	__u64 room = sis_load(self->master->host, SIS_CMD_ROOM);
	unsigned int i;

	if (!self->host)
		SKIP(return, "no host to ask");
	ASSERT_LT(0U, room);
	ASSERT_LE(room, (__u64)RING);
	ASSERT_EQ(0, host_set(self->card.name, "fetch-us", "2000000"));
	for (i = 0; i < room; i++) {
		EXPECT_EQ(room - i, sis_load(self->master->host, SIS_CMD_ROOM));
		sis_submit(self->master, self->cmd);
	}
	EXPECT_EQ(0U, sis_load(self->master->host, SIS_CMD_ROOM));
	EXPECT_EQ(0U, sis_load(self->master->host, SIS_INTR_STATUS));
	sis_submit(self->master, self->cmd);
	EXPECT_EQ(SIS_INTR_ROOM, sis_load(self->master->host, SIS_INTR_STATUS));
	EXPECT_EQ(0, sis_irq(self->master, SIS_LISN_SYNC));
	EXPECT_EQ(0, clear_errors(self->master, SIS_INTR_ROOM));
	for (i = 0; i < room; i++)
		sis_wait(self->master, self->cmd);
	EXPECT_EQ(room, sis_load(self->master->host, SIS_CMD_ROOM));
	EXPECT_EQ(-ETIMEDOUT, sis_response(self->master, &(__u64){ 0 }, 300));
}

static void sync_cdb(struct sis *sis, struct sis_cmd *cmd, __u8 mode, unsigned int ms)
{
	memset(cmd->rcb.cdb, 0, sizeof(cmd->rcb.cdb));
	cmd->rcb.cdb[0] = AFU_SYNC;
	cmd->rcb.cdb[1] = mode;
	cmd->rcb.cdb[2] = sis->pe >> 8;
	cmd->rcb.cdb[3] = sis->pe;
	cmd->rcb.timeout = sis_order16(sis, ms);
	sis_cmd_data(sis, cmd, SIS_AFU | SIS_UNIT_MS, NULL, 0);
}

/* After a context reset nothing comes of commands from before. */
TEST_F(errors, context_reset)
{
	struct sis_cmd *sync = sis_cmd_new(self->master);
	__u64 address;

	if (!self->host)
		SKIP(return, "no host to ask");
	EXPECT_EQ(0, still_works(self->master));
	ASSERT_EQ(0, host_set(self->card.name, "inject-hang", "\"0x00:2\""));
	sis_cmd_target(self->master, self->cmd, 1, 0);
	sis_submit(self->master, self->cmd);
	sis_submit(self->master, self->cmd);
	sync_cdb(self->master, sync, SYNC_HEAVY, 0);
	sis_submit(self->master, sync);
	EXPECT_EQ(-ETIMEDOUT, sis_response(self->master, &address, 100));
	EXPECT_EQ(0, sis_context_reset(self->master));
	/* the ring goes on where it was */
	EXPECT_EQ(0, still_works(self->master));
	EXPECT_EQ(-ETIMEDOUT, sis_response(self->master, &address, 100));
	free(sync);
}

TEST_F(errors, context_reset_that_does_not_end)
{
	if (!self->host)
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, host_set(self->card.name, "stuck-reset", "true"));
	EXPECT_EQ(-ETIMEDOUT, sis_context_reset(self->master));
	ASSERT_EQ(0, host_set(self->card.name, "stuck-reset", "false"));
	EXPECT_EQ(0U, sis_load(self->master->host, SIS_IOARRIN) & 1);
}

/* A context that ends takes its commands along, and the next one starts clean. */
TEST_F(errors, closed_with_commands)
{
	uint64_t active;
	struct sis user;
	int round;

	if (!self->host)
		SKIP(return, "no host to ask");
	for (round = 0; round < 5; round++) {
		ASSERT_EQ(0, sis_open(&user, &self->card.afu, false));
		ASSERT_EQ(0, sis_set_up(&user, self->master->big, RING));
		ASSERT_EQ(0, sis_rights(self->master, user.pe, SIS_CAP_MASTER));
		ASSERT_EQ(0, host_set(self->card.name, "inject-hang", "\"0x00:2\""));
		free(self->cmd);
		self->cmd = sis_cmd_new(&user);
		sis_cmd_target(&user, self->cmd, 1, 0);
		sis_submit(&user, self->cmd);
		sis_submit(&user, self->cmd);
		do {
			ASSERT_EQ(0, host_get_u64(self->card.name, "stat-active", &active));
		} while (active != 2);
		sis_close(&user);
		do {
			ASSERT_EQ(0, host_get_u64(self->card.name, "stat-active", &active));
		} while (active);
		EXPECT_EQ(0, host_set(self->card.name, "inject-hang", "\"\""));
		EXPECT_EQ(0, still_works(self->master));
	}
}

TEST_F(errors, sync)
{
	__u8 mode;

	for (mode = SYNC_LIGHT; mode <= SYNC_GLOBAL; mode++) {
		sync_cdb(self->master, self->cmd, mode, 0);
		EXPECT_EQ(0, sis_run(self->master, self->cmd));
	}
	sync_cdb(self->master, self->cmd, 9, 0);
	EXPECT_EQ(-EIO, sis_run(self->master, self->cmd));
	EXPECT_EQ(0x052400, sis_sense(self->cmd));
	self->cmd->rcb.cdb[0] = 0xdf;
	EXPECT_EQ(-EIO, sis_run(self->master, self->cmd));
	EXPECT_EQ(0x052000, sis_sense(self->cmd));
}

/* Two of the three wait for a command that was there before. */
TEST_F(errors, sync_waits)
{
	struct sis_cmd *hung = sis_cmd_new(self->master);
	__u64 address;
	__u8 mode;

	if (!self->host)
		SKIP(return, "no host to ask");
	hung->rcb.timeout = sis_order16(self->master, 3000);
	for (mode = SYNC_HEAVY; mode <= SYNC_GLOBAL; mode++) {
		ASSERT_EQ(0, host_set(self->card.name, "inject-hang", "\"0x00\""));
		sis_cmd_target(self->master, hung, 1, 0);
		sis_cmd_data(self->master, hung, SIS_UNIT_MS, NULL, 0);
		sis_submit(self->master, hung);
		sync_cdb(self->master, self->cmd, SYNC_LIGHT, 0);
		EXPECT_EQ(0, sis_run(self->master, self->cmd));
		sync_cdb(self->master, self->cmd, mode, 0);
		sis_submit(self->master, self->cmd);
		EXPECT_EQ(-ETIMEDOUT, sis_response(self->master, &address, 100));
		/* the time of the other one is over: now both end, in order */
		EXPECT_EQ(-EIO, sis_wait(self->master, hung));
		EXPECT_EQ(0x58, hung->sa.fc_rc);
		EXPECT_EQ(1, hung->sa.fc_extra);
		EXPECT_EQ(0, sis_wait(self->master, self->cmd));
	}
	free(hung);
}

TEST_F(errors, sync_that_times_out)
{
	if (!self->host)
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, host_set(self->card.name, "inject-hang", "\"0xc0\""));
	sync_cdb(self->master, self->cmd, SYNC_GLOBAL, 200);
	EXPECT_EQ(-EIO, sis_run(self->master, self->cmd));
	EXPECT_EQ(0x51, self->cmd->sa.afu_rc);
	EXPECT_EQ(0, sis_run(self->master, self->cmd));
}

/* All commands of the LUN end first, those of other LUNs stay. */
TEST_F(errors, lun_reset)
{
	struct sis_cmd *hung = sis_cmd_new(self->master), *other = sis_cmd_new(self->master);
	__u64 code = 1, address;

	if (!self->host)
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, host_set(self->card.name, "inject-hang", "\"0x00:2\""));
	sis_cmd_target(self->master, other, 1, 1);
	sis_submit(self->master, other);
	sis_cmd_target(self->master, hung, 1, 0);
	sis_submit(self->master, hung);
	memcpy(self->cmd->rcb.cdb, &code, sizeof(code));
	sis_cmd_target(self->master, self->cmd, 1, 0);
	sis_cmd_data(self->master, self->cmd, SIS_TMF | SIS_SUP_UNDERRUN, NULL, 0);
	sis_submit(self->master, self->cmd);
	EXPECT_EQ(-EIO, sis_wait(self->master, hung));
	EXPECT_EQ(0x58, hung->sa.fc_rc);
	EXPECT_EQ(0, sis_wait(self->master, self->cmd));
	EXPECT_EQ(-ETIMEDOUT, sis_response(self->master, &address, 100));
	EXPECT_EQ(0, sis_context_reset(self->master));
	/* the disk tells of it once */
	memset(hung->rcb.cdb, 0, sizeof(hung->rcb.cdb));
	EXPECT_EQ(-EIO, sis_run(self->master, hung));
	EXPECT_EQ(0x062900, sis_sense(hung));
	EXPECT_EQ(0, sis_run(self->master, hung));
	free(hung);
	free(other);
}

TEST_F(errors, task_management)
{
	__u64 code = 2;

	memcpy(self->cmd->rcb.cdb, &code, sizeof(code));
	EXPECT_EQ(0, sis_scsi(self->master, self->cmd, 0, SIS_TMF, NULL, 0));
	code = 3;
	memcpy(self->cmd->rcb.cdb, &code, sizeof(code));
	EXPECT_EQ(-EIO, sis_scsi(self->master, self->cmd, 0, SIS_TMF, NULL, 0));
	EXPECT_EQ(CHECK_CONDITION, self->cmd->sa.scsi_rc);
}

/* Events of ports come to the master, as the driver in the kernel has it. */
static void want_events(struct sis *master, char *global)
{
	sis_store(global, SIS_AINTR_MASK, ~0ULL);
	sis_store(global, SIS_AFU_CTRL, ((__u64)master->pe << 8 | SIS_LISN_ASYNC) << 40);
	sis_store(global, SIS_AINTR_CLEAR, ~0ULL);
	sis_store(global, SIS_AINTR_MASK, ~0xffffffffULL);
}

/* Waits for the interrupt and clears these events of port 0. */
static int take_events(struct sis *master, char *global, __u64 events)
{
	int ret = sis_irq(master, SIS_LISN_ASYNC);
	__u64 status;

	if (ret)
		return ret;
	status = sis_load(global, SIS_AINTR_STATUS);
	sis_store(global, SIS_AINTR_CLEAR, status);
	if (status == events << 8)
		return 0;
	fprintf(stderr, "events 0x%llx, not 0x%llx\n", status, events << 8);
	return -EPROTO;
}

TEST_F(errors, offline_and_online)
{
	want_events(self->master, self->global);
	sis_store(self->port, SIS_CMDCONFIG, SIS_OFF_LINE);
	EXPECT_EQ(0x10U, sis_load(self->port, SIS_MTIP_STATUS) & 0x30);
	EXPECT_EQ(0, take_events(self->master, self->global, SIS_LINK_DN));
	EXPECT_EQ(-EIO, sis_scsi(self->master, self->cmd, 0, 0, NULL, 0));
	EXPECT_EQ(0x20, self->cmd->sa.afu_rc);
	EXPECT_EQ(0, sis_scsi_at(self->master, self->cmd, 2, 0, 0, NULL, 0));
	sis_store(self->port, SIS_CMDCONFIG, SIS_ON_LINE);
	EXPECT_EQ(0x20U, sis_load(self->port, SIS_MTIP_STATUS) & 0x30);
	EXPECT_EQ(0, take_events(self->master, self->global, SIS_LINK_UP | SIS_LOGI_S));
	EXPECT_EQ(0, still_works(self->master));
	EXPECT_EQ(0, cxl_poll(self->master->fd, 50));
}

/* A port that is not selected is not used, though nothing is wrong with it. */
TEST_F(errors, port_selection)
{
	sis_store(self->global, SIS_PORT_SEL, 2);
	EXPECT_EQ(-EIO, sis_scsi(self->master, self->cmd, 0, 0, NULL, 0));
	EXPECT_EQ(0x20, self->cmd->sa.afu_rc);
	EXPECT_EQ(0x2 << 2 | 0x1, self->cmd->sa.afu_extra);
	EXPECT_EQ(0, sis_scsi_at(self->master, self->cmd, 3, 0, 0, NULL, 0));
	sis_store(self->global, SIS_PORT_SEL, 3);
	EXPECT_EQ(0, still_works(self->master));
}

/* The cable is out and comes back, with a command on its way. */
TEST_F(errors, link)
{
	if (!self->host)
		SKIP(return, "no host to ask");
	want_events(self->master, self->global);
	ASSERT_EQ(0, host_set(self->card.name, "inject-hang", "\"0x00\""));
	sis_cmd_target(self->master, self->cmd, 1, 0);
	sis_submit(self->master, self->cmd);
	EXPECT_EQ(-ETIMEDOUT, sis_response(self->master, &(__u64){ 0 }, 50));
	ASSERT_EQ(0, host_set(self->card.name, "link", "\"0:down\""));
	EXPECT_EQ(-EIO, sis_wait(self->master, self->cmd));
	EXPECT_EQ(0x57, self->cmd->sa.fc_rc);
	EXPECT_EQ(0, take_events(self->master, self->global, SIS_LINK_DN));
	EXPECT_EQ(0U, sis_load(self->port, SIS_PORT_STATUS) & 7);
	/* asking for it does not help */
	sis_store(self->port, SIS_CMDCONFIG, SIS_ON_LINE);
	EXPECT_EQ(0x10U, sis_load(self->port, SIS_MTIP_STATUS) & 0x30);
	ASSERT_EQ(0, host_set(self->card.name, "link", "\"0:up\""));
	EXPECT_EQ(0, take_events(self->master, self->global, SIS_LINK_UP | SIS_LOGI_S));
	EXPECT_EQ(7U, sis_load(self->port, SIS_PORT_STATUS) & 7);
	EXPECT_EQ(0, still_works(self->master));
}

TEST_F(errors, port_errors)
{
	static const struct {
		__u64 bits;
		__u64 event;
		bool ready;
	} errors[] = {
		{ 1ULL << 3, SIS_LOGI_F, true },
		{ 1ULL << 9, SIS_LOGI_R, true },
		{ 1ULL << 20, SIS_LOGO, false },
		{ 1ULL << 30, SIS_OTHER, false },
	};
	unsigned int i;

	want_events(self->master, self->global);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		sis_store(self->port, SIS_ERRSET, errors[i].bits);
		EXPECT_EQ(0, take_events(self->master, self->global, errors[i].event));
		EXPECT_EQ(errors[i].bits, sis_load(self->port, SIS_ERROR));
		EXPECT_EQ(errors[i].bits, sis_load(self->port, SIS_ERRCAP));
		EXPECT_EQ(errors[i].ready ? 0 : -EIO, still_works(self->master));
		/* as long as the error is there, it is captured again */
		sis_store(self->port, SIS_ERRCAP, 0);
		EXPECT_EQ(errors[i].bits, sis_load(self->port, SIS_ERRCAP));
		EXPECT_EQ(0, take_events(self->master, self->global, errors[i].event));
		sis_store(self->port, SIS_ERROR, errors[i].bits);
		sis_store(self->port, SIS_ERRCAP, 0);
		EXPECT_EQ(0U, sis_load(self->port, SIS_ERRCAP));
		if (!errors[i].ready)
			EXPECT_EQ(0, take_events(self->master, self->global, SIS_LOGI_S));
		EXPECT_EQ(0, still_works(self->master));
	}
	/* what software does not want to know is not captured */
	sis_store(self->port, SIS_ERRMSK, ~0ULL);
	sis_store(self->port, SIS_ERRSET, 1 << 30);
	EXPECT_EQ(0U, sis_load(self->port, SIS_ERRCAP));
	EXPECT_EQ(0, cxl_poll(self->master->fd, 50));
}

TEST_F(errors, checksum_errors)
{
	if (!self->host)
		SKIP(return, "no host to ask");
	sis_store(self->port, SIS_CRC_THRESH, 100);
	want_events(self->master, self->global);
	ASSERT_EQ(0, host_set(self->card.name, "crc-errors", "\"0:100\""));
	EXPECT_EQ(100U, sis_load(self->port, SIS_CNT_CRCERR_COPY));
	EXPECT_EQ(0, cxl_poll(self->master->fd, 50));
	ASSERT_EQ(0, host_set(self->card.name, "crc-errors", "\"0:1\""));
	EXPECT_EQ(0, take_events(self->master, self->global, SIS_CRC_T));
	EXPECT_EQ(101U, sis_load(self->port, SIS_CNT_CRCERR));
	EXPECT_EQ(0U, sis_load(self->port, SIS_CNT_CRCERR));
}

/* The events of each port have a byte of the register. */
TEST_F(errors, second_port)
{
	if (!self->host)
		SKIP(return, "no host to ask");
	want_events(self->master, self->global);
	ASSERT_EQ(0, host_set(self->card.name, "port-error", "\"1:0x10\""));
	EXPECT_EQ(0, sis_irq(self->master, SIS_LISN_ASYNC));
	EXPECT_EQ(SIS_LOGI_F, sis_load(self->global, SIS_AINTR_STATUS));
	EXPECT_EQ(0U, sis_load(self->port, SIS_ERROR));
	EXPECT_EQ(0x10U, sis_load(sis_port(self->master, 1), SIS_ERRCAP));
}

TEST_F(errors, shutdown)
{
	sis_store(self->port, SIS_CONFIG2, 0x10);
	EXPECT_EQ(0x30U, sis_load(self->port, SIS_PORT_STATUS) & 0x30);
	EXPECT_EQ(-EIO, sis_scsi(self->master, self->cmd, 0, 0, NULL, 0));
	EXPECT_EQ(0x5e, self->cmd->sa.fc_rc);
	EXPECT_EQ(1, self->cmd->sa.fc_extra);
	EXPECT_EQ(0, sis_scsi_at(self->master, self->cmd, 2, 0, 0, NULL, 0));
	/* a reset of the AFU ends it, and leaves the name of the port */
	sis_store(self->port, SIS_PNAME, 0x5005076012345678ULL);
	sis_close(self->master);
	ASSERT_EQ(0, sis_card_start(&self->card, native_is_big()));
	EXPECT_EQ(0, still_works(self->master));
	EXPECT_EQ(0x5005076012345678ULL, sis_load(sis_port(self->master, 0), SIS_PNAME));
}

/* Results as the host orders them. */
TEST_F(errors, injected_results)
{
	struct sis_ioasa *sa = &self->cmd->sa;

	if (!self->host)
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, host_set(self->card.name, "inject-result", "\"0x88:afu:0x30\""));
	EXPECT_EQ(0, still_works(self->master));
	EXPECT_EQ(-EIO, sis_rw(self->master, self->cmd, READ_16, 0, self->data, BLOCK));
	EXPECT_EQ(0x30, sa->afu_rc);
	EXPECT_EQ(0, sis_rw(self->master, self->cmd, READ_16, 0, self->data, BLOCK));
	ASSERT_EQ(0, host_set(self->card.name, "inject-result", "\"*:fc:0x51:7:2\""));
	EXPECT_EQ(-EIO, sis_rw(self->master, self->cmd, READ_16, 0, self->data, BLOCK));
	EXPECT_EQ(0x51, sa->fc_rc);
	EXPECT_EQ(7, sa->fc_extra);
	EXPECT_EQ(-EIO, still_works(self->master));
	EXPECT_EQ(0, still_works(self->master));
	ASSERT_EQ(0, host_set(self->card.name, "inject-result", "\"*:scsi:0x08:0:1:1\""));
	EXPECT_EQ(0, still_works(self->master));
	EXPECT_EQ(-EIO, sis_rw(self->master, self->cmd, READ_16, 0, self->data, BLOCK));
	EXPECT_EQ(8, sa->scsi_rc);
	ASSERT_EQ(0, host_set(self->card.name, "inject-result", "\"0x88:sense:0x031100\""));
	EXPECT_EQ(-EIO, sis_rw(self->master, self->cmd, READ_16, 0, self->data, BLOCK));
	EXPECT_EQ(0x031100, sis_sense(self->cmd));
	EXPECT_EQ(0, still_works(self->master));
}

TEST_F(errors, injected_interrupts)
{
	if (!self->host)
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, host_set(self->card.name, "sync-error", "\"%u:0x2\"", self->master->pe));
	EXPECT_EQ(0, sis_irq(self->master, SIS_LISN_SYNC));
	EXPECT_EQ(0, clear_errors(self->master, SIS_INTR_RRQ));
}

static void fill_slot(const struct sis *sis, struct sis_ioarcb *slot, struct sis_ioasa *sa,
		      __u8 opcode)
{
	memset(slot, 0, sizeof(*slot));
	slot->ctx_id = sis_order16(sis, sis->pe);
	slot->handle = sis_order32(sis, 1);
	slot->cdb[0] = opcode;
	slot->ioasa = sis_order64(sis, (uintptr_t)sa);
}

/* An image with the other way of submission. */
TEST_F(errors, submission_queue)
{
	struct sis_ioasa *sa = (void *)self->data;
	struct sis_ioarcb *slots = (void *)(self->data + BLOCK);
	unsigned int i, n = 4, seen = 0;
	__u64 address, tail;
	char *host;

	if (!self->host)
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, host_set(self->card.name, "interface-version", "%llu", SQ_VERSION));
	sis_close(self->master);
	ASSERT_EQ(0, sis_card_start(&self->card, native_is_big()));
	host = self->master->host;
	EXPECT_EQ(SQ_VERSION, sis_load(sis_global(self->master), SIS_INTERFACE));
	sis_store(host, SIS_SQ_START, (uintptr_t)slots);
	sis_store(host, SIS_SQ_END, (uintptr_t)(slots + n - 1));
	EXPECT_EQ((uintptr_t)slots, sis_load(host, SIS_SQ_HEAD));
	for (i = 0; i < 11; i++) {
		fill_slot(self->master, &slots[i % n], &sa[i], i == 5 ? 0xff : TEST_UNIT_READY);
		tail = (uintptr_t)&slots[(i + 1) % n];
		sis_store(host, SIS_SQ_TAIL, tail);
		ASSERT_EQ(0, sis_response(self->master, &address, CXL_WAIT_MS));
		EXPECT_EQ((uintptr_t)&sa[i], address);
		EXPECT_EQ(i == 5 ? CHECK_CONDITION : 0, sa[i].scsi_rc);
		EXPECT_EQ(tail, sis_load(host, SIS_SQ_HEAD));
		EXPECT_EQ(tail, sis_load(host, SIS_SQ_TAIL));
	}
	/* several at once, around the end of the ring */
	for (; i < 14; i++)
		fill_slot(self->master, &slots[i % n], &sa[i], TEST_UNIT_READY);
	sis_store(host, SIS_SQ_TAIL, (uintptr_t)&slots[i % n]);
	for (i = 11; i < 14; i++) {
		ASSERT_EQ(0, sis_response(self->master, &address, CXL_WAIT_MS));
		ASSERT_GT(14U, (address - (uintptr_t)sa) / sizeof(*sa));
		seen |= 1U << (address - (uintptr_t)sa) / sizeof(*sa);
	}
	EXPECT_EQ(7U << 11, seen);
	sis_store(host, SIS_SQ_CTX_RESET, 1);
	EXPECT_EQ(0U, sis_load(host, SIS_SQ_CTX_RESET) & 1);
}

/* The names of the ports are in the data of the card, if the host gives them. */
TEST_F(errors, names_of_ports)
{
	static const char keyword[] = "V5\0205005076012345678";
	char vpd[1024];
	ssize_t n;

	if (!self->host)
		SKIP(return, "no host to ask");
	if (!cxl_is_guest(&self->card.afu))
		SKIP(return, "the host has it with the PCI device");
	n = cxl_file_read(self->card.afu.card_dir, "vpd", vpd, sizeof(vpd));
	ASSERT_LT(0, n);
	EXPECT_EQ(NULL, memmem(vpd, n, "V5", 2));
	ASSERT_EQ(0, host_set(self->card.name, "wwpn0", "\"5005076012345678\""));
	n = cxl_file_read(self->card.afu.card_dir, "vpd", vpd, sizeof(vpd));
	ASSERT_LT(0, n);
	EXPECT_NE(NULL, memmem(vpd, n, keyword, sizeof(keyword) - 1));
}

TEST_HARNESS_MAIN
