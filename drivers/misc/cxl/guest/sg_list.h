/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scatter/gather lists: how the hypervisor is told of memory that is larger
 * than a page of its own, 4 KiB.
 */
#ifndef _CXL_GUEST_SG_LIST_H
#define _CXL_GUEST_SG_LIST_H

#include <linux/sizes.h>
#include <linux/types.h>

#define GUEST_SG_PAGE		SZ_4K
#define GUEST_SG_MAX_ENTRIES	256
#define GUEST_SG_MAX_SIZE	(GUEST_SG_MAX_ENTRIES * GUEST_SG_PAGE)

/**
 * struct guest_sg_entry - a piece of memory
 * @addr: its real address; the piece crosses no boundary of 4 KiB
 * @len: its bytes
 */
struct guest_sg_entry {
	__be64 addr;
	__be64 len;
};

struct guest_sg_entry *guest_sg_list_alloc(void);
unsigned int guest_sg_list_fill(struct guest_sg_entry *list, void *buf, size_t len);

#endif /* _CXL_GUEST_SG_LIST_H */
