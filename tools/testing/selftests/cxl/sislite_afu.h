/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SISLite storage AFU: commands in blocks of 128 bytes, answers in a ring of
 * the program, and registers of 64 bits, which are big-endian.
 */
#ifndef CXL_SELFTEST_SISLITE_AFU_H
#define CXL_SELFTEST_SISLITE_AFU_H

#include <stdalign.h>

#include "cxl_utils.h"

/* bytes of a block of the disks, and commands for some of them */
#define BLOCK			4096
#define READ_16			0x88
#define WRITE_16		0x8a

/* areas of the problem state area */
#define SIS_HOST_SIZE		0x10000U
#define SIS_CTRL		0x2000000
#define SIS_CTRL_SIZE		0x80
#define SIS_GLOBAL		0x2010000
#define SIS_MAP_SIZE		0x2020000U
#define SIS_CONTEXTS		512

/* registers of a context */
#define SIS_ENDIAN_CTRL		0x00
#define SIS_INTR_STATUS		0x08
#define SIS_INTR_CLEAR		0x10
#define SIS_INTR_MASK		0x18
#define SIS_IOARRIN		0x20
#define SIS_RRQ_START		0x28
#define SIS_RRQ_END		0x30
#define SIS_CMD_ROOM		0x38
#define SIS_CTX_CTRL		0x40
#define SIS_MBOX_W		0x48
#define SIS_SQ_START		0x50
#define SIS_SQ_END		0x58
#define SIS_SQ_HEAD		0x60
#define SIS_SQ_TAIL		0x68
#define SIS_SQ_CTX_RESET	0x70

#define SIS_ENDIAN_BIG		0x8000000000000080ULL
#define SIS_INTR_ALL		0x7ffULL
#define SIS_INTR_ROOM		0x10ULL
#define SIS_INTR_IOARCB		0x08ULL
#define SIS_INTR_IOASA		0x04ULL
#define SIS_INTR_RRQ		0x02ULL

/* registers that the master has for each context */
#define SIS_RHT_START		0x00
#define SIS_RHT_CNT_ID		0x08
#define SIS_CTX_CAP		0x10
#define SIS_MBOX_R		0x18

#define SIS_CAP_PROXY		0x8000000000000000ULL
#define SIS_CAP_MASTER		0x600000000000000fULL
#define SIS_CAP_TRANSLATE	0x2000000000000000ULL
#define SIS_CAP_TARGET		0x1000000000000000ULL
#define SIS_CAP_USER		0x3ULL

/* global registers */
#define SIS_AINTR_STATUS	0x00
#define SIS_AINTR_CLEAR		0x08
#define SIS_AINTR_MASK		0x10
#define SIS_AFU_CTRL		0x18
#define SIS_AFU_HB		0x20
#define SIS_SCRATCH		0x28
#define SIS_PORT_SEL		0x30
#define SIS_AFU_CONFIG		0x38
#define SIS_AFU_VERSION		0x800
#define SIS_INTERFACE		0x808

/* registers of a port */
#define SIS_CMDCONFIG		0x010
#define SIS_MTIP_STATUS		0x018
#define SIS_PNAME		0x300
#define SIS_CONFIG2		0x328
#define SIS_PORT_STATUS		0x330
#define SIS_ERROR		0x380
#define SIS_ERRCAP		0x388
#define SIS_ERRMSK		0x390
#define SIS_ERRSET		0x398
#define SIS_CNT_CRCERR		0x538
#define SIS_CNT_CRCERR_COPY	0x540
#define SIS_CRC_THRESH		0x580

#define SIS_ON_LINE		0x20U
#define SIS_OFF_LINE		0x40U

/* events of a port */
#define SIS_LINK_UP		0x01U
#define SIS_LINK_DN		0x02U
#define SIS_LOGI_S		0x04U
#define SIS_LOGI_F		0x08U
#define SIS_LOGI_R		0x10U
#define SIS_CRC_T		0x20U
#define SIS_LOGO		0x40U
#define SIS_OTHER		0x80U

/* req_flags */
#define SIS_HANDLE		0x8000
#define SIS_SUP_UNDERRUN	0x4000
#define SIS_UNIT_MS		0x0040
#define SIS_TMF			0x0004
#define SIS_AFU			0x0002
#define SIS_WRITE		0x0001

/* flags of a status area */
#define SIS_SENSE		0x80U
#define SIS_OVERRUN		0x20U
#define SIS_UNDERRUN		0x10U

/* interrupts as the driver in the kernel assigns them */
#define SIS_LISN_SYNC		1
#define SIS_LISN_RRQ		2
#define SIS_LISN_ASYNC		3

struct sis_ioarcb {
	__u16 ctx_id;
	__u16 flags;
	__u32 handle;		/* or a mask of ports */
	__u64 lun;
	__u32 data_len;
	__u32 ioadl_len;
	__u64 data;
	__u8 msi;
	__u8 rrq;
	__u16 timeout;
	__u32 reserved;
	__u8 cdb[16];
	__u64 ioasa;		/* submission queue only */
};

struct sis_ioasa {
	__u8 flags;
	__u8 afu_rc;
	__u8 scsi_rc;
	__u8 fc_rc;
	__u32 resid;
	__u8 port;
	__u8 afu_extra;
	__u8 scsi_extra;
	__u8 fc_extra;
	__u8 sense[20];
	__u8 host[32];
};

struct sis_cmd {
	alignas(128) struct sis_ioarcb rcb;
	struct sis_ioasa sa;
};

struct sis_rht {
	union {
		__u64 lxt;
		__u64 lun;
	};
	union {
		struct {
			__u32 lxt_count;
			__u16 reserved;
			__u8 fp_virtual;
			__u8 nmask;
		};
		struct {
			__u8 valid;
			__u8 reserved1[5];
			__u8 fp;
			__u8 ports;
		};
	};
};

#define SIS_RHT_PHYSICAL	0x10
#define SIS_RHT_READ		0x01
#define SIS_RHT_WRITE		0x02
#define SIS_RHT_VALID		0x80

/* an entry of an LXT: chunk, index of the LUN, rights, ports */
#define SIS_LXT(chunk, index, rights) \
	((__u64)(chunk) << 16 | (index) << 8 | (rights))
#define SIS_LXT_WRITE		0x20
#define SIS_LXT_READ		0x10

/**
 * struct sis - one context
 * @fd: descriptor
 * @pe: its handle
 * @map: mapping: all of the AFU for a master, else what belongs to the context
 * @map_size: bytes of it
 * @host: registers of the context
 * @big: order of the bytes in memory that the AFU was told
 * @rrq: ring of responses
 * @entries: how many it has
 * @next: where the next one is expected
 * @toggle: what it will have in its last bit
 */
struct sis {
	int fd;
	__u32 pe;
	char *map;
	size_t map_size;
	char *host;
	bool big;
	__u64 *rrq;
	unsigned int entries;
	unsigned int next;
	bool toggle;
};

int sis_find(struct cxl_afu *afu);
int sis_open(struct sis *sis, const struct cxl_afu *afu, bool master);
void sis_close(struct sis *sis);
int sis_set_up(struct sis *sis, bool big, unsigned int entries);
int sis_rights(const struct sis *master, __u32 pe, __u64 rights);

__u64 sis_load(const char *area, unsigned int reg);
void sis_store(char *area, unsigned int reg, __u64 value);
char *sis_ctrl(const struct sis *master, __u32 pe);
char *sis_global(const struct sis *master);
char *sis_port(const struct sis *master, unsigned int port);
char *sis_luns(const struct sis *master, unsigned int port);

__u16 sis_order16(const struct sis *sis, __u16 value);
__u32 sis_order32(const struct sis *sis, __u32 value);
__u64 sis_order64(const struct sis *sis, __u64 value);

struct sis_cmd *sis_cmd_new(const struct sis *sis);
void sis_cmd_target(const struct sis *sis, struct sis_cmd *cmd, __u32 ports, __u64 lun);
void sis_cmd_data(const struct sis *sis, struct sis_cmd *cmd, unsigned int flags,
		  const void *data, size_t bytes);
void sis_cdb_rw16(struct sis_cmd *cmd, __u8 opcode, __u64 lba, __u32 blocks);

void sis_submit(const struct sis *sis, struct sis_cmd *cmd);
int sis_response(struct sis *sis, __u64 *address, int timeout_ms);
int sis_wait(struct sis *sis, struct sis_cmd *cmd);
int sis_run(struct sis *sis, struct sis_cmd *cmd);
int sis_irq(struct sis *sis, unsigned int irq);
int sis_context_reset(struct sis *sis);

#endif /* CXL_SELFTEST_SISLITE_AFU_H */
