// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slices: enable, disable and reset of the AFU, purge of the PSL, modes.
 */
#include <linux/cleanup.h>
#include <linux/iopoll.h>

#include "../trace.h"
#include "native.h"
#include "psl.h"
#include "regs.h"
#include "spa.h"

#define PURGE_POLL_US		100
#define PURGE_LIMIT_US		(5 * USEC_PER_SEC)

#define SLBIA_POLL_US		1
#define SLBIA_LIMIT_US		1000

static void __iomem *control_reg(struct native_afu *afu)
{
	return afu->p2n + AFU_CNTL;
}

/* Some AFUs leave the request for a reset set, and then ignore the next one. */
static void clear_request(struct native_afu *afu)
{
	u64 value = native_p2n_read(afu, AFU_CNTL);

	if (value != PSL_GONE && value & AFU_CNTL_RA)
		native_p2n_write(afu, AFU_CNTL, value & ~AFU_CNTL_RA);
}

/* Change some bits, and wait until others are what they should be. */
static int control(struct native_afu *afu, u64 clear, u64 set, u64 mask, u64 want)
{
	u64 value;
	int ret;

	lockdep_assert_held(&afu->control_lock);

	value = native_p2n_read(afu, AFU_CNTL);
	if (value == PSL_GONE)
		return -EIO;
	value = (value & ~clear) | set;
	native_p2n_write(afu, AFU_CNTL, value);
	ret = native_poll(native_adapter_of(afu), control_reg(afu), mask, want);
	trace_cxl_afu_ctrl(&afu->core, value, ret);
	clear_request(afu);
	return ret;
}

static int disable(struct native_afu *afu)
{
	return control(afu, AFU_CNTL_E | AFU_CNTL_RA, 0, AFU_CNTL_ES,
		       AFU_CNTL_ES_DISABLED);
}

static int reset(struct native_afu *afu)
{
	return control(afu, 0, AFU_CNTL_RA, AFU_CNTL_RS | AFU_CNTL_ES,
		       AFU_CNTL_RS_COMPLETE | AFU_CNTL_ES_DISABLED);
}

static bool is_disabled(struct native_afu *afu)
{
	return (native_p2n_read(afu, AFU_CNTL) & AFU_CNTL_ES) == AFU_CNTL_ES_DISABLED;
}

/* In each round, answer what the AFU waits for: it could not drain otherwise. */
static u64 purge_round(struct native_afu *afu, bool *pending)
{
	u64 status = native_p1n_read(afu, PSL_SCNTL);

	if (status == PSL_GONE)
		return status;
	native_faults_drop(afu);
	status &= PSL_SCNTL_PS;
	/* A status of nothing counts only after that of something. */
	if (status == PSL_SCNTL_PS_PENDING)
		*pending = true;
	else if (!status && *pending)
		status = PSL_SCNTL_PS_COMPLETE;
	return status;
}

static int purge(struct native_afu *afu)
{
	bool pending = false;
	u64 control, status;
	int ret;

	lockdep_assert_held(&afu->control_lock);

	control = native_p1n_read(afu, PSL_SCNTL);
	if (control == PSL_GONE)
		return -EIO;
	native_p1n_write(afu, PSL_SCNTL, control | PSL_SCNTL_PC);
	ret = read_poll_timeout(purge_round, status, status == PSL_GONE ||
				status == PSL_SCNTL_PS_COMPLETE, PURGE_POLL_US,
				PURGE_LIMIT_US, false, afu, &pending);
	native_p1n_write(afu, PSL_SCNTL, control & ~PSL_SCNTL_PC);
	if (status == PSL_GONE)
		ret = -EIO;
	else if (ret)
		ret = -EBUSY;
	trace_cxl_psl_ctrl(&afu->core, control | PSL_SCNTL_PC, ret);
	return ret;
}

/**
 * native_afu_stop() - reset, disable, purge
 * @afu: the AFU
 *
 * Afterwards it neither runs nor has anything under way. What was started before
 * is gone. May sleep.
 *
 * Return: 0, -EIO or -EBUSY.
 */
int native_afu_stop(struct native_afu *afu)
{
	int ret;

	guard(mutex)(&afu->control_lock);

	ret = reset(afu) ?: disable(afu) ?: purge(afu);
	if (ret && native_online(native_adapter_of(afu)))
		dev_err_ratelimited(&afu->core.dev, "cannot be stopped: %d\n", ret);
	return ret;
}

/* What the PSL has cached of segments that have changed meanwhile has to go. */
static int enable(struct native_afu *afu)
{
	u64 value = native_p2n_read(afu, AFU_CNTL);
	int ret;

	if (value == PSL_GONE)
		return -EIO;
	if ((value & AFU_CNTL_ES) == AFU_CNTL_ES_ENABLED)
		return 0;
	ret = native_afu_slbia(&afu->core);
	if (ret)
		return ret;
	/* E may be left over from before a reset, and then would do nothing. */
	if (value & (AFU_CNTL_E | AFU_CNTL_ES))
		ret = disable(afu);
	return ret ?: control(afu, AFU_CNTL_RA, AFU_CNTL_E, AFU_CNTL_ES,
			      AFU_CNTL_ES_ENABLED);
}

/**
 * native_afu_enable() - let the AFU run
 * @afu: ready; one that runs already stays as it is
 *
 * May sleep. Who is killed while others try need not wait until it is his turn;
 * what the hardware has been told is waited for in any case.
 *
 * Return: 0, -EIO, -EBUSY or -ERESTARTSYS.
 */
int native_afu_enable(struct native_afu *afu)
{
	int ret;

	if (mutex_lock_killable(&afu->control_lock))
		return -ERESTARTSYS;
	ret = enable(afu);
	mutex_unlock(&afu->control_lock);
	return ret;
}

/* In dedicated mode it starts with its process. */
int native_afu_enable_idle(struct cxl_afu *core)
{
	struct native_afu *afu = to_native_afu(core);

	return afu->mode == CXL_AFU_MODE_DIRECTED ? native_afu_enable(afu) : 0;
}

int native_afu_slbia(struct cxl_afu *core)
{
	struct native_afu *afu = to_native_afu(core);
	struct native_adapter *adapter = native_adapter_of(afu);
	void __iomem *reg = afu->p2n + PSL_SLBIA_AN;
	u64 value;
	int ret;

	/* Who is away forgets, or is made to when it comes back. */
	if (!native_online(adapter))
		return 0;
	native_p2n_write(afu, PSL_SLBIA_AN, PSL_BIA_ALL);
	value = native_look(adapter, reg, PSL_BIA_PENDING, 0);
	if (value == PSL_GONE || !(value & PSL_BIA_PENDING))
		return 0;
	ret = read_poll_timeout_atomic(native_read, value, value == PSL_GONE ||
				       !(value & PSL_BIA_PENDING), SLBIA_POLL_US,
				       SLBIA_LIMIT_US, false, adapter, reg);
	return ret ? -EBUSY : 0;
}

/* Slice errors were masked when they were reported. */
static void unmask_errors(struct native_afu *afu)
{
	u64 serr = native_p1n_read(afu, PSL_SERR);

	if (serr != PSL_GONE)
		native_p1n_write(afu, PSL_SERR, serr & PSL_SERR_IVTE);
}

/*
 * The process elements in memory are none any more either: nothing is left for a
 * command to remove.
 */
static void forget_elements(struct native_afu *afu)
{
	unsigned int i;

	guard(mutex)(&afu->command_lock);

	for (i = 0; afu->spa.elements && i < afu->spa.nr; i++)
		afu->spa.elements[i].state = 0;
	afu->command_lost = false;
}

int native_afu_reset(struct cxl_afu *core)
{
	struct native_afu *afu = to_native_afu(core);
	int ret;

	ret = native_afu_stop(afu);
	if (ret)
		return ret;
	forget_elements(afu);
	ret = native_afu_slbia(core);
	unmask_errors(afu);
	return ret;
}

static int start_directed(struct native_afu *afu)
{
	int ret;

	ret = afu->spa.elements ? 0 : native_spa_alloc(afu);
	if (ret)
		return ret;
	native_adapter_of(afu)->psl->start_directed(afu);
	afu->core.max_contexts = afu->spa.nr;
	return 0;
}

/**
 * native_afu_start_mode() - make the slice ready for contexts
 * @afu: stopped, in no mode
 * @mode: that of its contexts
 *
 * May sleep.
 *
 * Return: 0, -EIO or -ENOMEM.
 */
int native_afu_start_mode(struct native_afu *afu, enum cxl_afu_mode mode)
{
	int ret = 0;

	switch (mode) {
	case CXL_AFU_MODE_DIRECTED:
		ret = start_directed(afu);
		break;
	case CXL_AFU_MODE_DEDICATED:
		native_adapter_of(afu)->psl->start_dedicated(afu);
		afu->core.max_contexts = 1;
		break;
	case CXL_AFU_MODE_NONE:
		afu->core.max_contexts = 0;
		break;
	}
	if (ret)
		return ret;
	/* Writes do not tell whether they were lost. */
	if (mode != CXL_AFU_MODE_NONE && native_p2n_read(afu, AFU_CNTL) == PSL_GONE)
		return -EIO;
	afu->mode = mode;
	return 0;
}

/* The PSL reads the elements until it has been told not to, and has stopped. */
static int stop_mode(struct native_afu *afu)
{
	int ret;

	if (afu->mode == CXL_AFU_MODE_NONE)
		return 0;
	ret = native_afu_reset(&afu->core);
	if (ret && native_online(native_adapter_of(afu)))
		return ret;
	native_p1n_write(afu, PSL_SPAP, 0);
	afu->mode = CXL_AFU_MODE_NONE;
	return 0;
}

int native_afu_set_mode(struct cxl_afu *core, enum cxl_afu_mode mode)
{
	struct native_afu *afu = to_native_afu(core);

	lockdep_assert_held(&core->lock);

	return stop_mode(afu) ?: native_afu_start_mode(afu, mode);
}

/**
 * native_afu_sanitise() - whatever the slice was used for before, it is not now
 * @afu: its registers are mapped
 *
 * May sleep.
 *
 * Return: 0 or -EIO.
 */
int native_afu_sanitise(struct native_afu *afu)
{
	if (!is_disabled(afu)) {
		dev_warn(&afu->core.dev, "was left running, is stopped\n");
		if (native_afu_stop(afu))
			return -EIO;
	}
	native_adapter_of(afu)->psl->clear_slice(afu);
	native_faults_drop(afu);
	return 0;
}
