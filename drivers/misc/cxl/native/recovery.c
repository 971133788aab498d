// SPDX-License-Identifier: GPL-2.0-only
/*
 * AFUs that do not do what they are told: contexts end, and they are reset.
 */
#include <linux/cleanup.h>

#include "native.h"

static void recover(struct native_afu *afu)
{
	int ret;

	ret = cxl_afu_restore(&afu->core);
	if (ret)
		dev_err_ratelimited(&afu->core.dev, "not recovered: %d\n", ret);
	else
		dev_info(&afu->core.dev, "recovered\n");
}

/* While the card is away, what brings the card back brings its AFUs back. */
static void check_work(struct work_struct *work)
{
	struct native_afu *afu = container_of(work, struct native_afu, check);
	struct cxl_afu *core = &afu->core;

	guard(mutex)(&core->lock);

	if (!native_online(native_adapter_of(afu)))
		return;
	switch (READ_ONCE(core->state)) {
	case CXL_AFU_FAILED:
		/* A reset ends the contexts of all. */
		if (!cxl_contexts_in_use(core))
			recover(afu);
		break;
	case CXL_AFU_BROKEN:
		cxl_afu_down(core);
		recover(afu);
		break;
	default:
		break;
	}
}

void native_recovery_init(struct native_afu *afu)
{
	INIT_WORK(&afu->check, check_work);
}

void native_afu_check(struct cxl_afu *afu)
{
	queue_work(system_long_wq, &to_native_afu(afu)->check);
}

/**
 * native_recovery_stop() - no longer look after an AFU
 * @afu: still registered
 *
 * Waits for a recovery that is under way. May sleep.
 */
void native_recovery_stop(struct native_afu *afu)
{
	/* For good: a context that is being attached may still give a hint. */
	disable_work_sync(&afu->check);
}
