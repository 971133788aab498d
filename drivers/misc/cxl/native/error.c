// SPDX-License-Identifier: GPL-2.0-only
/*
 * Error interrupts: what the card and its slices complain about.
 */
#include "../trace.h"
#include "native.h"
#include "regs.h"

/* Stop recording, so that what led to the error can be read. */
#define TRACE_STOP		0x8000000000000017ULL
#define SLICE_TRACE_STOP	0x8000000000000000ULL

/* PSL_SERR_An, from IBM bit 0 */
static const char * const serr_names[] = {
	"no answer of the AFU", "access to a disabled AFU", "overrun by the AFU",
	"bad interrupt source", "bad context", "command to a disabled AFU",
	"no answer to a command", "parity error", "duplicate tag",
};

static const char *serr_name(u64 serr)
{
	int i;

	if (serr & PSL_SERR_AE)
		return "the AFU ended with an error";
	for (i = 0; i < ARRAY_SIZE(serr_names); i++)
		if (serr & BIT_ULL(63 - i))
			return serr_names[i];
	return "other error";
}

static void stop_traces(struct native_adapter *adapter)
{
	struct cxl_afu *afu;
	int slice;

	native_p1_write(adapter, PSL_TRACE, TRACE_STOP);
	guard(rcu)();
	for (slice = 0; slice < CXL_MAX_SLICES; slice++) {
		afu = rcu_dereference(adapter->core.afu[slice]);
		if (afu)
			native_p1n_write(to_native_afu(afu), PSL_SLICE_TRACE,
					 SLICE_TRACE_STOP);
	}
}

irqreturn_t native_adapter_error(int virq, void *data)
{
	struct native_adapter *adapter = data;
	u64 errivte = native_p1_read(adapter, PSL_ERRIVTE);

	if (errivte == PSL_GONE)
		return IRQ_HANDLED;
	dev_err_ratelimited(&adapter->core.dev, "error %#llx, FIR1 %#llx, FIR2 %#llx\n",
			    errivte, native_p1_read(adapter, PSL_FIR1),
			    native_p1_read(adapter, PSL_FIR2));
	stop_traces(adapter);
	return IRQ_HANDLED;
}

/* Reported bits are cleared by being written; masked ones do not come again. */
irqreturn_t native_slice_error(int virq, void *data)
{
	struct native_afu *afu = data;
	u64 serr = native_p1n_read(afu, PSL_SERR);

	if (serr == PSL_GONE)
		return IRQ_HANDLED;
	trace_cxl_slice_error(&afu->core, serr);
	cxl_afu_count(&afu->core, CXL_STAT_SLICE_ERRORS);
	dev_err_ratelimited(&afu->core.dev, "slice error %#llx: %s, masked until the AFU is reset; AFU error %#llx, PSL error %#llx, FIR %#llx\n",
			    serr, serr_name(serr), native_p2n_read(afu, AFU_ERR),
			    native_p2n_read(afu, PSL_ERRSTAT),
			    native_p1n_read(afu, PSL_FIR_SLICE));
	native_p1n_write(afu, PSL_SERR,
			 serr | (serr & PSL_SERR_STATUS) >> PSL_SERR_MASK_SHIFT);
	return IRQ_HANDLED;
}
