/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memcpy AFU: a ring of 32-byte work elements in the memory of the program
 * and a window of 64-bit registers. Both are big-endian.
 */
#ifndef CXL_SELFTEST_MEMCPY_AFU_H
#define CXL_SELFTEST_MEMCPY_AFU_H

#include "cxl_utils.h"

#define MC_VALID		0x80
#define MC_WRAP			0x40
#define MC_COPY			0
#define MC_IRQ			1
#define MC_STOP			2
#define MC_INCR			4
#define MC_ATOMIC		5

/* function codes of MC_ATOMIC */
#define MC_ATOMIC_ADD		0x00
#define MC_ATOMIC_SWAP		0x08
#define MC_ATOMIC_CAS_EQ	0x11

/* completion status */
#define MC_DONE			0x80
#define MC_PAGED		0x40
#define MC_AERROR		0x20
#define MC_DERROR		0x10
#define MC_FAULT		0x08
#define MC_FAILED		0x04
#define MC_TERMINATED		0x02
#define MC_UNDEFINED		0x01

/* register offsets of a context, and their bits */
#define MC_REG_WED		0x00
#define MC_REG_HANDLE		0x08
#define MC_REG_STATUS		0x10
#define MC_REG_CONTROL		0x18
#define MC_STATUS_STOPPED	0x0800000000000000ULL
#define MC_CONTROL_RESTART	0x8000000000000000ULL

/* register offsets of a master */
#define MC_REG_CONFIG		0x00
#define MC_CONFIG_STOP		0x2000000000000000ULL

/* longest copy of one element that every image can do */
#define MC_COPY_MAX		2048U
#define MC_PER_LINE		4
#define MC_LINES_MAX		4095

struct mc_element {
	__u8 cmd;
	__u8 status;
	__be16 length;
	__u8 extra;
	__u8 reserved1;
	__be16 reserved2;
	__be64 op1;
	__be64 src;
	__be64 dst;
};

/**
 * struct mc - a context on the memcpy AFU and its ring
 * @fd: AFU descriptor, or -1
 * @pe: process element, valid once started
 * @ring: the ring
 * @entries: elements in @ring
 * @pushed: elements handed to the AFU so far
 * @done: elements known to be completed
 * @hold: the next element is prepared, but not made valid
 * @held: that element
 * @mmio: register window, NULL if not mapped
 * @mmio_size: bytes of it
 */
struct mc {
	int fd;
	__u32 pe;
	struct mc_element *ring;
	unsigned int entries;
	__u64 pushed;
	__u64 done;
	bool hold;
	struct mc_element *held;
	void *mmio;
	size_t mmio_size;
};

int mc_ring(struct mc *mc, unsigned int lines);
int mc_open(struct mc *mc, const char *node, unsigned int lines);
int mc_start(struct mc *mc, struct cxl_ioctl_start_work *work);
int mc_map(struct mc *mc, const char *sysfs_dir);
int mc_setup(struct mc *mc, const struct cxl_afu *afu, unsigned int lines);
void mc_close(struct mc *mc);
__u64 mc_wed(const struct mc *mc);

struct mc_element *mc_push(struct mc *mc, __u8 cmd, unsigned int length,
			   const void *src, void *dst);
void mc_hold(struct mc *mc);
void mc_release(struct mc *mc);
int mc_wait(struct mc *mc, struct mc_element *element, int timeout_ms);

int mc_run(struct mc *mc, __u8 cmd, unsigned int length, const void *src, void *dst);
int mc_copy(struct mc *mc, void *dst, const void *src, size_t bytes);
void mc_keep_busy(struct mc *mc, const char *src, char *dst);
int mc_irq(struct mc *mc, unsigned int number);

__u64 mc_load(const void *address);
void mc_store(void *address, __u64 value);
__u64 mc_reg_read(const struct mc *mc, unsigned int offset);
void mc_reg_write(const struct mc *mc, unsigned int offset, __u64 value);
int mc_wait_stopped(const struct mc *mc);
int mc_restart(const struct mc *mc);
int mc_retry(struct mc *mc, struct mc_element *element);

#endif /* CXL_SELFTEST_MEMCPY_AFU_H */
