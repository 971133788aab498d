// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SISLite storage AFU, see sislite_afu.h.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memcpy_afu.h"
#include "sislite_afu.h"

#define SPINS 256
#define INTERRUPTS 3

/* The AFU may look at the memory after this: orders stores, also to MMIO. */
static void barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static bool is_sislite(const struct cxl_afu *afu)
{
	long long vendor, device;

	return !cxl_file_number(afu->dir, "cr0/vendor", &vendor) &&
	       !cxl_file_number(afu->dir, "cr0/device", &device) &&
	       vendor == 0x1014 && (device == 0x0600 || device == 0x04f0);
}

/* The first storage AFU. Return: 0 or -ENODEV. */
int sis_find(struct cxl_afu *afu)
{
	struct cxl_afu afus[8];
	int i, n = cxl_find_afus(afus, 8, is_sislite);

	for (i = 0; i < n; i++) {
		*afu = afus[i];
		return 0;
	}
	return -ENODEV;
}

static int map(struct sis *sis, const char *dir, bool master)
{
	long long size;
	int ret;

	ret = cxl_file_number(dir, "mmio_size", &size);
	if (ret)
		return ret;
	sis->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, sis->fd, 0);
	if (sis->map == MAP_FAILED) {
		sis->map = NULL;
		return -errno;
	}
	sis->map_size = size;
	sis->host = sis->map + (master ? (size_t)sis->pe * SIS_HOST_SIZE : 0);
	return 0;
}

/**
 * sis_open() - start a context and map its registers
 * @sis: filled in; sis_close() is legal afterwards, whatever the result
 * @afu: the AFU
 * @master: a master, which maps the registers of everybody
 *
 * Return: 0 or a negative errno.
 */
int sis_open(struct sis *sis, const struct cxl_afu *afu, bool master)
{
	struct cxl_ioctl_start_work work = {
		.flags = CXL_START_WORK_NUM_IRQS,
		.num_interrupts = INTERRUPTS,
	};
	int ret;

	memset(sis, 0, sizeof(*sis));
	sis->fd = cxl_open(master ? afu->master : afu->slave, O_RDWR | O_CLOEXEC);
	if (sis->fd < 0)
		return sis->fd;
	ret = cxl_start(sis->fd, &work);
	if (!ret)
		ret = cxl_get_pe(sis->fd, &sis->pe);
	if (!ret)
		ret = map(sis, master ? afu->master_dir : afu->dir, master);
	return ret;
}

void sis_close(struct sis *sis)
{
	if (sis->map)
		munmap(sis->map, sis->map_size);
	if (sis->fd > 0)
		close(sis->fd);
	free(sis->rrq);
	memset(sis, 0, sizeof(*sis));
}

__u64 sis_load(const char *area, unsigned int reg)
{
	__u64 value = mc_load(area + reg);

	barrier();
	return be64toh(value);
}

void sis_store(char *area, unsigned int reg, __u64 value)
{
	barrier();
	mc_store(area + reg, htobe64(value));
	barrier();
}

char *sis_ctrl(const struct sis *master, __u32 pe)
{
	return master->map + SIS_CTRL + pe * SIS_CTRL_SIZE;
}

char *sis_global(const struct sis *master)
{
	return master->map + SIS_GLOBAL;
}

char *sis_port(const struct sis *master, unsigned int port)
{
	static const unsigned int page[] = { 2, 3, 6, 7 };

	return sis_global(master) + page[port] * 0x1000;
}

char *sis_luns(const struct sis *master, unsigned int port)
{
	return sis_port(master, port) + 0x2000;
}

__u16 sis_order16(const struct sis *sis, __u16 value)
{
	return sis->big ? htobe16(value) : htole16(value);
}

__u32 sis_order32(const struct sis *sis, __u32 value)
{
	return sis->big ? htobe32(value) : htole32(value);
}

__u64 sis_order64(const struct sis *sis, __u64 value)
{
	return sis->big ? htobe64(value) : htole64(value);
}

/**
 * sis_set_up() - tell the AFU about the memory of a context
 * @sis: context
 * @big: big-endian
 * @entries: of the ring of responses
 *
 * Return: 0 or -ENOMEM.
 */
int sis_set_up(struct sis *sis, bool big, unsigned int entries)
{
	free(sis->rrq);
	sis->rrq = aligned_alloc(4096, entries * sizeof(__u64) + 4096);
	if (!sis->rrq)
		return -ENOMEM;
	memset(sis->rrq, 0, entries * sizeof(__u64));
	sis->entries = entries;
	sis->next = 0;
	sis->toggle = true;
	sis->big = big;
	sis_store(sis->host, SIS_ENDIAN_CTRL, big ? SIS_ENDIAN_BIG : 0);
	sis_store(sis->host, SIS_RRQ_START, (uintptr_t)sis->rrq);
	sis_store(sis->host, SIS_RRQ_END, (uintptr_t)(sis->rrq + entries - 1));
	sis_store(sis->host, SIS_CTX_CTRL, SIS_LISN_SYNC);
	sis_store(sis->host, SIS_INTR_MASK, ~SIS_INTR_ALL);
	return 0;
}

/* Returns 0 if the context @pe has exactly these rights then. */
int sis_rights(const struct sis *master, __u32 pe, __u64 rights)
{
	char *ctrl = sis_ctrl(master, pe);

	sis_load(ctrl, SIS_MBOX_R);
	sis_store(ctrl, SIS_CTX_CAP, rights);
	return sis_load(ctrl, SIS_CTX_CAP) == rights ? 0 : -EAGAIN;
}

/* A zeroed block that asks for an interrupt and names its own context. */
struct sis_cmd *sis_cmd_new(const struct sis *sis)
{
	struct sis_cmd *cmd = aligned_alloc(sizeof(*cmd), sizeof(*cmd));

	if (!cmd)
		abort();
	memset(cmd, 0, sizeof(*cmd));
	memset(cmd->sa.host, 0xa5, sizeof(cmd->sa.host));
	cmd->rcb.ctx_id = sis_order16(sis, sis->pe);
	return cmd;
}

void sis_cmd_target(const struct sis *sis, struct sis_cmd *cmd, __u32 ports, __u64 lun)
{
	cmd->rcb.handle = sis_order32(sis, ports);
	cmd->rcb.lun = sis_order64(sis, lun << 48);
}

void sis_cmd_data(const struct sis *sis, struct sis_cmd *cmd, unsigned int flags,
		  const void *data, size_t bytes)
{
	cmd->rcb.flags = sis_order16(sis, flags);
	cmd->rcb.data = sis_order64(sis, (uintptr_t)data);
	cmd->rcb.data_len = sis_order32(sis, bytes);
}

void sis_cdb_rw16(struct sis_cmd *cmd, __u8 opcode, __u64 lba, __u32 blocks)
{
	__u64 lba_be = htobe64(lba);
	__u32 blocks_be = htobe32(blocks);

	cmd->rcb.cdb[0] = opcode;
	memcpy(cmd->rcb.cdb + 2, &lba_be, sizeof(lba_be));
	memcpy(cmd->rcb.cdb + 10, &blocks_be, sizeof(blocks_be));
}

void sis_submit(const struct sis *sis, struct sis_cmd *cmd)
{
	memset(&cmd->sa, 0, sizeof(__u32));
	sis_store(sis->host, SIS_IOARRIN, (uintptr_t)cmd);
}

/**
 * sis_response() - wait for the next entry of the ring
 * @sis: context
 * @address: receives what it says, without the toggle
 * @timeout_ms: longest time to wait
 *
 * Return: 0 or -ETIMEDOUT.
 */
int sis_response(struct sis *sis, __u64 *address, int timeout_ms)
{
	__u64 end = cxl_now_ms() + timeout_ms, entry;
	unsigned int spins = 0;

	for (;;) {
		entry = sis_order64(sis, __atomic_load_n(&sis->rrq[sis->next],
							 __ATOMIC_RELAXED));
		if ((entry & 1) == sis->toggle)
			break;
		if (++spins < SPINS) {
			sched_yield();
			continue;
		}
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
		cxl_pause();
	}
	barrier();
	if (++sis->next == sis->entries) {
		sis->next = 0;
		sis->toggle = !sis->toggle;
	}
	*address = entry & ~1ULL;
	return 0;
}

/*
 * Waits for a command that is the next one to complete. Return: 0, -ETIMEDOUT,
 * -EPROTO after the response to another one, or -EIO if the status area says
 * something.
 */
int sis_wait(struct sis *sis, struct sis_cmd *cmd)
{
	__u64 address;
	int ret = sis_response(sis, &address, CXL_WAIT_MS);

	if (ret)
		return ret;
	if (address != (uintptr_t)cmd)
		return -EPROTO;
	return cmd->sa.flags | cmd->sa.afu_rc | cmd->sa.scsi_rc | cmd->sa.fc_rc ? -EIO : 0;
}

int sis_run(struct sis *sis, struct sis_cmd *cmd)
{
	sis_submit(sis, cmd);
	return sis_wait(sis, cmd);
}

/*
 * Reads the next event. Return: 0 if it is this interrupt, another negative
 * errno of cxl_read_event(), or -EPROTO if it is something else.
 */
int sis_irq(struct sis *sis, unsigned int irq)
{
	struct cxl_event event;
	int ret = cxl_read_event(sis->fd, &event, CXL_WAIT_MS);

	if (ret)
		return ret;
	return event.header.type == CXL_EVENT_AFU_INTERRUPT && event.irq.irq == irq ? 0 : -EPROTO;
}

/* As the kernel's driver does it: 11 looks in about 2 ms. */
int sis_context_reset(struct sis *sis)
{
	unsigned int i;

	sis_store(sis->host, SIS_IOARRIN, 1);
	for (i = 0; i < 11; i++) {
		if (!(sis_load(sis->host, SIS_IOARRIN) & 1))
			return 0;
		usleep(1U << i);
	}
	return -ETIMEDOUT;
}
