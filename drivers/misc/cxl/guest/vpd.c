// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vital product data of a card: what it is, who made it, its serial number.
 */
#include <linux/cleanup.h>
#include <linux/kmemleak.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "guest.h"
#include "sg_list.h"

/* The hypervisor may still store into what it was given. */
static void leave(void *buf, struct guest_sg_entry *list)
{
	kmemleak_not_leak(buf);
	kmemleak_not_leak(list);
}

ssize_t guest_read_vpd(struct cxl_adapter *adapter, void *buf, size_t len)
{
	struct guest_adapter *guest = to_guest_adapter(adapter);
	struct guest_sg_entry *list;
	unsigned int entries;
	ssize_t ret;
	void *copy;
	u64 size;
	long rc;

	len = min_t(size_t, len, GUEST_SG_MAX_SIZE);
	copy = kvzalloc(round_up(len, GUEST_SG_PAGE), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	ret = -ENOMEM;
	list = guest_sg_list_alloc();
	if (!list)
		goto out_copy;

	entries = guest_sg_list_fill(list, copy, len);
	scoped_guard(mutex, &guest->hcall_lock)
		rc = guest_collect_vpd(guest->handle, __pa(list), entries, &size);
	if (rc == H_BUSY) {
		leave(copy, list);
		return -EBUSY;
	}
	ret = rc == H_STATE ? -EIO : guest_hcall_errno(rc);
	if (!ret) {
		/* It says how much there is, not how much it has stored. */
		ret = min_t(u64, size, len);
		memcpy(buf, copy, ret);
	}
	kfree(list);
out_copy:
	kvfree(copy);
	return ret;
}
