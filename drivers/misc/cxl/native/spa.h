/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layout of the scheduled processes area (CAIA 1.0, ch. 4). Its size alone says
 * how many process elements it has, and so where the PSL answers commands.
 */
#ifndef _CXL_NATIVE_SPA_H
#define _CXL_NATIVE_SPA_H

#include <linux/bits.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "element.h"
#include "regs.h"

#define SPA_MAX_SIZE		SZ_1M

/**
 * native_spa_capacity() - process elements in an area
 * @size: bytes, a power of two from 4 KiB to 1 MiB
 *
 * Return: how many; what is left over is for lists of the PSL.
 */
static inline unsigned int native_spa_capacity(size_t size)
{
	return (size / 8 - 96) / 17;
}

/* Bytes from the start of an area to the command status. */
static inline size_t native_spa_status_offset(size_t size)
{
	return (native_spa_capacity(size) + 3) * sizeof(struct native_element);
}

/**
 * native_spa_size() - how large an area has to be
 * @processes: process elements wanted
 * @min: least bytes, a power of two
 *
 * Return: bytes; SPA_MAX_SIZE also if that is too little.
 */
static inline size_t native_spa_size(unsigned int processes, size_t min)
{
	size_t size = min;

	while (size < SPA_MAX_SIZE && native_spa_capacity(size) < processes)
		size *= 2;
	return size;
}

/* PSL_SPAP_An for an area at a real address that is aligned to its size */
static inline u64 native_spap(u64 address, size_t size)
{
	return (address & PSL_SPAP_ADDR) |
	       ((size / SZ_4K - 1) << PSL_SPAP_SIZE_SHIFT) | PSL_SPAP_V;
}

/* Commands of the linked list, PSL_LLCMD_An and command status */
#define SPA_TERMINATE		0x0001ULL
#define SPA_REMOVE		0x0002ULL
#define SPA_ADD			0x0005ULL

#define SPA_STATUS_ERROR	BIT_ULL(47)	/* 16 */

/* Command and link as they are written, and with the status of success */
static inline u64 native_spa_command(u64 command, u16 link)
{
	return command << 48 | link;
}

/**
 * native_spa_answer() - what does the command status say?
 * @status: command, status, PSL and link
 * @command: the command that was given
 * @link: of which element
 *
 * Return: 1 when it is done, 0 if not yet, -EIO for an error.
 */
int native_spa_answer(u64 status, u64 command, u16 link);

#endif /* _CXL_NATIVE_SPA_H */
