// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scatter/gather lists (LoPAR, "Coherent Platform Facilities").
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <asm/io.h>

#include "sg_list.h"

static_assert(sizeof(struct guest_sg_entry) * GUEST_SG_MAX_ENTRIES == GUEST_SG_PAGE);

static phys_addr_t real_address(void *addr)
{
	if (is_vmalloc_addr(addr))
		return page_to_phys(vmalloc_to_page(addr)) + offset_in_page(addr);
	return __pa(addr);
}

/**
 * guest_sg_list_alloc() - an empty list
 *
 * May sleep.
 *
 * Return: the list, 4 KiB aligned, for kfree(); or NULL for want of memory.
 */
struct guest_sg_entry *guest_sg_list_alloc(void)
{
	return kzalloc(GUEST_SG_PAGE, GFP_KERNEL);
}

/**
 * guest_sg_list_fill() - describe a buffer
 * @list: from guest_sg_list_alloc(); what it described before is forgotten
 * @buf: from kvmalloc(), 4 KiB aligned
 * @len: its bytes, 1 to GUEST_SG_MAX_SIZE
 *
 * Any context.
 *
 * Return: length of the list.
 */
unsigned int guest_sg_list_fill(struct guest_sg_entry *list, void *buf, size_t len)
{
	size_t done, piece;
	unsigned int i = 0;

	for (done = 0; done < len; done += piece) {
		piece = min_t(size_t, len - done, GUEST_SG_PAGE);
		list[i].addr = cpu_to_be64(real_address(buf + done));
		list[i].len = cpu_to_be64(piece);
		i++;
	}
	return i;
}
