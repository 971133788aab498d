// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors of a function that only the hypervisor sees. It mends what it can and
 * tells nobody: the partition has to ask (LoPAR, "Coherent Platform
 * Facilities", error handling).
 */
#include <linux/cleanup.h>
#include <linux/workqueue.h>

#include "guest.h"

#define FIRST_POLL_MS	1000
#define POLL_MS		3000
#define CHECK_MS	10

/* The hardware works again but runs nothing until it is told to. */
static void recover(struct guest_afu *guest)
{
	struct device *dev = &guest->core.dev;
	int ret;

	ret = cxl_afu_restore(&guest->core);
	if (ret)
		dev_err_ratelimited(dev, "not recovered: %d\n", ret);
	else
		dev_info(dev, "recovered\n");
}

/* Processes are gone already; what they leave in this kernel has to go too. */
static void handle_disabled(struct guest_afu *guest)
{
	if (cxl_afu_down(&guest->core))
		dev_err(&guest->core.dev,
			"disabled by the hypervisor, contexts end; platform log %#llx\n",
			guest_function_error_log(guest));
	recover(guest);
}

/* The hypervisor sees nothing wrong. */
static void handle_normal(struct guest_afu *guest)
{
	struct cxl_afu *afu = &guest->core;

	switch (READ_ONCE(afu->state)) {
	case CXL_AFU_LIVE:
		guest_poll_faults(guest);
		break;
	case CXL_AFU_FAILED:
		/* A reset ends the contexts of all. */
		if (cxl_contexts_in_use(afu))
			guest_poll_faults(guest);
		else
			recover(guest);
		break;
	case CXL_AFU_BROKEN:
		cxl_afu_down(afu);
		recover(guest);
		break;
	case CXL_AFU_DOWN:
		recover(guest);
		break;
	default:
		break;
	}
}

/*
 * By what the state is, not by how it has changed: a recovery that fails is
 * tried again. Under the lock, so that a reset cannot make the answer stale.
 */
static void recovery_poll(struct work_struct *work)
{
	struct guest_afu *guest = container_of(to_delayed_work(work),
					       struct guest_afu, poll);
	struct cxl_afu *afu = &guest->core;

	scoped_guard(mutex, &afu->lock) {
		switch (guest_function_state(guest)) {
		case GUEST_STATE_NORMAL:
			handle_normal(guest);
			break;
		case GUEST_STATE_DISABLED:
			handle_disabled(guest);
			break;
		case GUEST_STATE_UNAVAILABLE:
			if (cxl_afu_down(afu))
				dev_err(&afu->dev, "unavailable, contexts end\n");
			break;
		case GUEST_STATE_DEAD:
			if (cxl_afu_dead(afu))
				dev_err(&afu->dev, "permanently unavailable, contexts end\n");
			break;
		}
	}
	queue_delayed_work(system_long_wq, &guest->poll, msecs_to_jiffies(POLL_MS));
}

void guest_recovery_init(struct guest_afu *guest)
{
	INIT_DELAYED_WORK(&guest->poll, recovery_poll);
}

/**
 * guest_recovery_start() - look after a function from now on
 * @guest: registered and in state NORMAL
 */
void guest_recovery_start(struct guest_afu *guest)
{
	queue_delayed_work(system_long_wq, &guest->poll,
			   msecs_to_jiffies(FIRST_POLL_MS));
}

/* Now, but not more often than it takes: who asks may do so again and again. */
void guest_function_check(struct cxl_afu *afu)
{
	mod_delayed_work(system_long_wq, &to_guest_afu(afu)->poll,
			 msecs_to_jiffies(CHECK_MS));
}

/**
 * guest_recovery_stop() - no longer look after a function
 * @guest: still registered; guest_recovery_start() may not have been called
 *
 * Waits for a recovery that is under way. May sleep.
 */
void guest_recovery_stop(struct guest_afu *guest)
{
	/* For good: a context that is being attached may still give a hint. */
	disable_delayed_work_sync(&guest->poll);
}
