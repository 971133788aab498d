// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypervisor calls of a coherent platform facility: issuing them, repeating
 * them while the hypervisor is busy, one wrapper for each.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>

#include "../backend.h"
#include "../trace.h"
#include "hcall.h"

/**
 * guest_hcall_issue() - issue a call once
 * @call: the call; &guest_hcall.ret is filled in
 *
 * Any context.
 *
 * Return: H_*.
 */
VISIBLE_IF_KUNIT long guest_hcall_issue(struct guest_hcall *call)
{
	const u64 *args = call->args;

	KUNIT_STATIC_STUB_REDIRECT(guest_hcall_issue, call);

	call->issues++;
	return plpar_hcall9(call->opcode, call->ret, args[0], args[1], args[2],
			    args[3], args[4], args[5], args[6]);
}

VISIBLE_IF_KUNIT void guest_hcall_sleep(unsigned int ms, bool killable)
{
	KUNIT_STATIC_STUB_REDIRECT(guest_hcall_sleep, ms, killable);

	if (killable)
		schedule_timeout_killable(msecs_to_jiffies(ms));
	else
		msleep(ms);
}

static unsigned int busy_ms(long rc)
{
	return H_IS_LONG_BUSY(rc) ? get_longbusy_msecs(rc) : CXL_HCALL_BUSY_MS;
}

static bool is_busy(long rc)
{
	return rc == H_BUSY || H_IS_LONG_BUSY(rc);
}

static long repeat_busy(struct guest_hcall *call, unsigned int budget_ms, long rc)
{
	ktime_t end = ktime_add_ms(ktime_get(), budget_ms);
	s64 left;

	do {
		if (call->token >= 0)
			call->args[call->token] = call->ret[0];
		left = ktime_ms_delta(end, ktime_get());
		if (left <= 0 || (call->killable && fatal_signal_pending(current)))
			return H_BUSY;
		guest_hcall_sleep(min3((s64)busy_ms(rc), left,
				       (s64)CXL_HCALL_MAX_SLEEP_MS), call->killable);
		rc = guest_hcall_issue(call);
	} while (is_busy(rc));
	return rc;
}

/**
 * guest_hcall_repeat() - issue a call until the hypervisor is not busy
 * @call: the call
 * @budget_ms: for how long, 0 to issue it once
 *
 * The hypervisor's idea of how long it takes is only a hint. Sleeps, but with a
 * budget of 0, and unless the call is killable without regard to signals: a sequence
 * that was begun must be brought to its end.
 *
 * Return: H_*, and never a long busy code.
 */
long guest_hcall_repeat(struct guest_hcall *call, unsigned int budget_ms)
{
	long rc = guest_hcall_issue(call);

	if (likely(!is_busy(rc)))
		return rc;
	return budget_ms ? repeat_busy(call, budget_ms, rc) : H_BUSY;
}

/**
 * guest_hcall_errno() - what a program is told of a result
 * @rc: H_*
 *
 * Return: 0; -EBUSY when the hypervisor cannot, will not or does not answer;
 * -EINVAL when it says that the call was wrong, or something unheard of.
 */
int guest_hcall_errno(long rc)
{
	switch (rc) {
	case H_SUCCESS:
		return 0;
	case H_AUTHORITY:
	case H_RESOURCE:
	case H_HARDWARE:
	case H_STATE:
	case H_BUSY:
		return -EBUSY;
	case H_PARAMETER:
	case H_FUNCTION:
	case H_NOT_FOUND:
	case H_NOT_AVAILABLE:
	case H_SG_LIST:
	case H_BAD_DATA:
	case H_UNSUPPORTED:
		return -EINVAL;
	default:
		pr_warn_once("cxl: unexpected answer %ld of the hypervisor\n", rc);
		return -EINVAL;
	}
}

/**
 * guest_attach() - attach a process
 * @function: handle of the function
 * @element: real address of the process element structure
 * @process: filled in on success
 *
 * Return: H_*.
 */
long guest_attach(u64 function, phys_addr_t element, struct guest_process *process)
{
	struct guest_hcall call = {
		.opcode = H_ATTACH_CA_PROCESS,
		.args = { function, element },
		.token = 2,
	};
	long rc;

	rc = guest_hcall_repeat(&call, CXL_HCALL_BUDGET_MS);
	process->token = call.ret[0];
	process->mmio = call.ret[1];
	process->mmio_size = call.ret[2];
	trace_cxl_hcall_attach(function, 0, element, call.issues, rc, call.ret[0]);
	return rc;
}

/**
 * guest_detach() - detach a process
 * @function: handle of the function
 * @token: the process
 * @budget_ms: how long to put up with busy answers
 *
 * Return: H_*; H_RESOURCE while a CPU maps its problem state area.
 */
long guest_detach(u64 function, u64 token, unsigned int budget_ms)
{
	struct guest_hcall call = {
		.opcode = H_DETACH_CA_PROCESS,
		.args = { function, token },
		.token = 2,
	};
	long rc;

	rc = guest_hcall_repeat(&call, budget_ms);
	trace_cxl_hcall_detach(function, 0, token, call.issues, rc, call.ret[0]);
	return rc;
}

/**
 * guest_control_function() - an operation on a function
 * @function: its handle
 * @op: the operation
 * @params: its parameters
 * @out: result of the operation, may be NULL
 *
 * Return: H_*.
 */
long guest_control_function(u64 function, enum guest_function_op op,
			    const u64 params[4], u64 *out)
{
	struct guest_hcall call = {
		.opcode = H_CONTROL_CA_FUNCTION,
		.args = { function, op, params[0], params[1], params[2], params[3] },
		.token = 6,
	};
	long rc;

	rc = guest_hcall_repeat(&call, CXL_HCALL_BUDGET_MS);
	if (out)
		*out = call.ret[0];
	trace_cxl_hcall_control_function(function, op, params[0], call.issues,
					 rc, call.ret[0]);
	return rc;
}

/**
 * guest_reset_facility() - begin the reset of a card
 * @facility: its handle
 *
 * All processes of all functions are gone. The functions are unavailable until
 * the hypervisor has finished, and have to be reset then.
 *
 * Return: H_*.
 */
long guest_reset_facility(u64 facility)
{
	struct guest_hcall call = {
		.opcode = H_CONTROL_CA_FACILITY,
		.args = { facility, GUEST_FACILITY_RESET },
		.token = 6,
	};
	long rc;

	rc = guest_hcall_repeat(&call, CXL_HCALL_BUDGET_MS);
	trace_cxl_hcall_control_facility(facility, GUEST_FACILITY_RESET, 0,
					 call.issues, rc, call.ret[0]);
	return rc;
}

/**
 * guest_collect_vpd() - read the vital product data of a card
 * @facility: handle of the facility
 * @list: real address of the scatter/gather list to store to
 * @entries: its length
 * @size: result: bytes there are, whatever has been stored
 *
 * Return: H_*.
 */
long guest_collect_vpd(u64 facility, phys_addr_t list, unsigned int entries,
		       u64 *size)
{
	struct guest_hcall call = {
		.opcode = H_CONTROL_CA_FACILITY,
		.args = { facility, GUEST_FACILITY_VPD, list, entries },
		.token = 6,
	};
	long rc;

	rc = guest_hcall_repeat(&call, CXL_HCALL_BUDGET_MS);
	*size = call.ret[0];
	trace_cxl_hcall_control_facility(facility, GUEST_FACILITY_VPD, list,
					 call.issues, rc, call.ret[0]);
	return rc;
}

/**
 * guest_download() - hand a piece of an image to a card
 * @facility: handle of the facility
 * @op: what to do with it
 * @list: real address of the scatter/gather list of the piece
 * @entries: its length
 * @token: 0 for the first piece of an image, else what the call returned for the
 *	piece before; updated
 *
 * Sleeps; a fatal signal ends it.
 *
 * Return: H_*; H_CONTINUE when another piece has to follow, H_SUCCESS after the
 * last one. H_BUSY also when it was ended by a signal.
 */
long guest_download(u64 facility, enum guest_download_op op, phys_addr_t list,
		    unsigned int entries, u64 *token)
{
	struct guest_hcall call = {
		.opcode = H_DOWNLOAD_CA_FACILITY,
		.args = { facility, op, list, entries, *token },
		.token = 4,
		.killable = true,
	};
	long rc;

	rc = guest_hcall_repeat(&call, CXL_HCALL_DOWNLOAD_MS);
	*token = call.ret[0];
	trace_cxl_hcall_download_facility(facility, op, entries, call.issues, rc,
					  call.ret[0]);
	return rc;
}

/**
 * guest_collect() - read the fault registers
 * @function: handle of the function
 * @token: the process that got an interrupt
 * @info: filled in
 * @pe: process element that the registers are about
 * @may_wait: put up with busy answers
 *
 * The architecture knows no busy answer to this, and none to guest_respond().
 * Sleeps only if it @may_wait.
 *
 * Return: H_*.
 */
long guest_collect(u64 function, u64 token, struct cxl_psl_irq_info *info, u16 *pe,
		   bool may_wait)
{
	struct guest_hcall call = {
		.opcode = H_COLLECT_CA_INT_INFO,
		.args = { function, token },
		.token = -1,
	};
	long rc;

	rc = guest_hcall_repeat(&call, may_wait ? CXL_HCALL_BUDGET_MS : 0);
	info->dsisr = call.ret[0];
	info->dar = call.ret[1];
	info->afu_err = call.ret[4];
	info->err_stat = call.ret[5];
	*pe = call.ret[6];
	trace_cxl_hcall_collect_int_info(function, 0, token, call.issues, rc,
					 call.ret[0]);
	return rc;
}

/**
 * guest_respond() - answer a PSL interrupt
 * @function: handle of the function
 * @token: the process it is about
 * @control: GUEST_FAULTS_ACK, _ADDRESS_ERROR, _RESTART or 0
 * @reset: GUEST_FAULTS_RESET_ERR_STAT or 0
 * @may_wait: put up with busy answers
 *
 * Sleeps only if it @may_wait.
 *
 * Return: H_*.
 */
long guest_respond(u64 function, u64 token, u64 control, u64 reset, bool may_wait)
{
	struct guest_hcall call = {
		.opcode = H_CONTROL_CA_FAULTS,
		.args = { function, GUEST_FAULTS_RESPOND_PSL, token, control, reset },
		.token = -1,
	};
	long rc;

	rc = guest_hcall_repeat(&call, may_wait ? CXL_HCALL_BUDGET_MS : 0);
	trace_cxl_hcall_control_faults(function, GUEST_FAULTS_RESPOND_PSL, control,
				       call.issues, rc, call.ret[0]);
	return rc;
}
