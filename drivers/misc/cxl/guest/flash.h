/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flashing: a program hands a new image for the FPGA to the card's node.
 */
#ifndef _CXL_GUEST_FLASH_H
#define _CXL_GUEST_FLASH_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "flash_image.h"

struct guest_adapter;
struct guest_sg_entry;

/**
 * struct guest_flash - download of an image
 * @phase: how far it has come
 * @token: names the operation in the next hypervisor call
 * @data: the piece that is passed on, GUEST_SG_MAX_SIZE bytes; while the node is
 *	open, and as long as the hypervisor may read it
 * @list: the scatter/gather list of @data
 * @lent: the hypervisor did not come to an end with @data and @list
 * @open: the node is; only one may have it at a time
 * @reloaded: the card has been found anew, as another adapter
 * @wait: for @open, @phase and @reloaded
 * @recover: resets the card after an unfinished download
 * @reload: has the card found anew
 */
struct guest_flash {
	/**
	 * @lock: guards @phase to @open. Held over the removal of
	 * AFUs, taken before cxl_afu.lock and guest_adapter.hcall_lock.
	 */
	struct mutex lock;
	enum guest_flash_phase phase;
	u64 token;
	void *data;
	struct guest_sg_entry *list;
	bool lent;
	bool open;
	bool reloaded;
	wait_queue_head_t wait;
	struct work_struct recover;
	struct work_struct reload;
};

int guest_flash_wq_create(void);
void guest_flash_wq_flush(void);
void guest_flash_wq_destroy(void);
void guest_flash_init(struct guest_adapter *adapter);
void guest_flash_stop(struct guest_adapter *adapter);

#endif /* _CXL_GUEST_FLASH_H */
