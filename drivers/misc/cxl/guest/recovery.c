// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors of a function that only the hypervisor sees. It mends what it can and
 * tells nobody: the partition has to ask (LoPAR, "Coherent Platform
 * Facilities", error handling).
 */
#include <linux/cleanup.h>
#include <linux/workqueue.h>

#include "../vphb.h"
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
	if (cxl_afu_down(&guest->core, true))
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
		if (cxl_contexts_attached(afu))
			guest_poll_faults(guest);
		else
			recover(guest);
		break;
	case CXL_AFU_BROKEN:
		cxl_afu_down(afu, true);
		recover(guest);
		break;
	case CXL_AFU_DOWN:
		recover(guest);
		break;
	default:
		break;
	}
}

static void handle(struct guest_afu *guest, int state)
{
	struct cxl_afu *afu = &guest->core;

	switch (state) {
	case GUEST_STATE_NORMAL:
		handle_normal(guest);
		break;
	case GUEST_STATE_DISABLED:
		handle_disabled(guest);
		break;
	case GUEST_STATE_UNAVAILABLE:
		if (cxl_afu_down(afu, true))
			dev_err(&afu->dev, "unavailable, contexts end\n");
		break;
	case GUEST_STATE_DEAD:
		if (cxl_afu_dead(afu))
			dev_err(&afu->dev, "permanently unavailable, contexts end\n");
		break;
	}
}

/* Are contexts about to end, in this state of the function? */
static bool contexts_end(struct guest_afu *guest, int state)
{
	return state > GUEST_STATE_NORMAL ||
	       READ_ONCE(guest->core.state) == CXL_AFU_BROKEN;
}

static void tell_drivers(struct guest_afu *guest, int state)
{
	cxl_vphb_error_detected(&guest->core, state == GUEST_STATE_DEAD ?
				pci_channel_io_perm_failure : pci_channel_io_frozen);
}

/*
 * By what the state is, not by how it has changed: a recovery that fails is
 * tried again. Under the lock, so that a reset cannot make the answer stale; but
 * kernel drivers are told before and without it, so it is asked for twice, and what
 * they do not know yet is left to the next time, which is soon.
 */
static void recovery_poll(struct work_struct *work)
{
	struct guest_afu *guest = container_of(to_delayed_work(work),
					       struct guest_afu, poll);
	unsigned int next = POLL_MS;
	int before, state;
	bool told;

	before = guest_function_state(guest);
	told = contexts_end(guest, before);
	if (told)
		tell_drivers(guest, before);
	scoped_guard(mutex, &guest->core.lock) {
		state = guest_function_state(guest);
		if (contexts_end(guest, state) && (!told || (state == GUEST_STATE_DEAD &&
							     state != before)))
			next = CHECK_MS;
		else
			handle(guest, state);
	}
	cxl_vphb_recovered(&guest->core);
	queue_delayed_work(system_long_wq, &guest->poll, msecs_to_jiffies(next));
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
