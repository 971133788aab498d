// SPDX-License-Identifier: GPL-2.0-only
/*
 * AFUs that do not do what they are told: contexts end, and they are reset. Now and
 * then also a look at whether the slice shows a fault whose interrupt got lost, for
 * which all its contexts would wait for ever.
 */
#include <linux/cleanup.h>

#include "../vphb.h"
#include "native.h"

#define POLL_MS		3000
#define CHECK_MS	10

static void recover(struct native_afu *afu)
{
	int ret;

	ret = cxl_afu_restore(&afu->core);
	afu->reset_due = ret;
	if (ret)
		dev_err_ratelimited(&afu->core.dev, "not recovered: %d\n", ret);
	else
		dev_info(&afu->core.dev, "recovered\n");
}

static void look_after(struct native_afu *afu)
{
	struct cxl_afu *core = &afu->core;

	switch (READ_ONCE(core->state)) {
	case CXL_AFU_LIVE:
		native_faults_look(afu);
		break;
	case CXL_AFU_FAILED:
		/* A reset ends the contexts of all. */
		if (cxl_contexts_attached(core))
			native_faults_look(afu);
		else
			recover(afu);
		break;
	case CXL_AFU_BROKEN:
		cxl_afu_down(core, true);
		recover(afu);
		break;
	case CXL_AFU_DOWN:
		/* Tried again, unless the whole card is about to come back. */
		if (afu->reset_due && !READ_ONCE(native_adapter_of(afu)->in_reset))
			recover(afu);
		break;
	default:
		break;
	}
}

/*
 * While the card is away, what brings the card back brings its AFUs back; if only the
 * platform has noticed that the host bridge is cut off, which nobody looks at now.
 * Kernel drivers learn of a broken AFU before its contexts end; and once it is broken it
 * stays so until then.
 */
static void check_work(struct work_struct *work)
{
	struct native_afu *afu = container_of(to_delayed_work(work), struct native_afu,
					      check);
	struct native_adapter *adapter = native_adapter_of(afu);
	bool broken = READ_ONCE(afu->core.state) == CXL_AFU_BROKEN;

	if (broken)
		cxl_vphb_error_detected(&afu->core, pci_channel_io_frozen);
	scoped_guard(mutex, &afu->core.lock) {
		if (!native_online(adapter))
			native_notice(adapter);
		else if (broken == (READ_ONCE(afu->core.state) == CXL_AFU_BROKEN))
			look_after(afu);
	}
	cxl_vphb_recovered(&afu->core);
	queue_delayed_work(system_long_wq, &afu->check, msecs_to_jiffies(POLL_MS));
}

void native_recovery_init(struct native_afu *afu)
{
	INIT_DELAYED_WORK(&afu->check, check_work);
}

/**
 * native_recovery_start() - look after an AFU from now on
 * @afu: registered
 */
void native_recovery_start(struct native_afu *afu)
{
	queue_delayed_work(system_long_wq, &afu->check, msecs_to_jiffies(POLL_MS));
}

/* Now, but not more often than it takes: who asks may do so again and again. */
void native_afu_check(struct cxl_afu *afu)
{
	mod_delayed_work(system_long_wq, &to_native_afu(afu)->check,
			 msecs_to_jiffies(CHECK_MS));
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
	disable_delayed_work_sync(&afu->check);
}
