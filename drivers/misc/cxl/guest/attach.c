// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes of a function: attach, faults, detach.
 */
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/slab.h>

#include <asm/book3s/64/mmu-hash.h>

#include "guest.h"
#include "process_element.h"

/* How often, and how far apart, a detach is tried while mappings are left. */
#define DETACH_TRIES	5
#define DETACH_WAIT_MS	10

/* How often a fault is read or answered before the hardware counts as broken. */
#define FAULT_TRIES	3

void guest_irqs_free(struct cxl_context *ctx)
{
	struct guest_context *guest = to_guest_context(ctx);

	cxl_irqs_free(ctx);
	/* Kept by a process that could not be detached until now. */
	kfree(guest->element);
	guest->element = NULL;
}

static int encode_element(struct cxl_context *ctx, const struct cxl_start *start)
{
	struct guest_context *guest = to_guest_context(ctx);
	struct guest_element_info info = {
		.start = start,
		.pool = &ctx->afu->adapter->irqs.pool,
		.isns = &ctx->irqs,
		.process_id = cxl_context_process_id(ctx),
		.privileged = (start->root || !start->mm) &&
			      to_guest_afu(ctx->afu)->privileged,
	};
	int ret;

	ret = cxl_segment_table_pointer(&ctx->segments, &info.sstp0, &info.sstp1);
	if (ret)
		return ret;
	/* One that the hypervisor has kept until it was reset may be left. */
	kfree(guest->element);
	/* Its size is its alignment, so it crosses no 4 KiB boundary. */
	guest->element = kmalloc(sizeof(*guest->element), GFP_KERNEL);
	if (!guest->element)
		return -ENOMEM;
	guest_element_encode(guest->element, &info);
	return 0;
}

static void set_area(struct cxl_context *ctx, const struct guest_process *process)
{
	struct guest_afu *afu = to_guest_afu(ctx->afu);

	if (afu->process_mmio)
		WRITE_ONCE(ctx->afu->pp_size, process->mmio_size);
	if (afu->process_mmio && !ctx->master)
		cxl_area_set(&ctx->area, process->mmio, process->mmio_size);
	else
		cxl_area_set(&ctx->area, afu->psa, ctx->afu->psa_size);
}

int guest_ctx_attach(struct cxl_context *ctx, const struct cxl_start *start)
{
	struct guest_context *guest = to_guest_context(ctx);
	struct guest_afu *afu = to_guest_afu(ctx->afu);
	struct guest_process process;
	long rc;
	int ret;

	ret = encode_element(ctx, start);
	if (ret)
		return ret;

	scoped_guard(mutex, &afu->hcall_lock)
		rc = guest_attach(afu->handle, __pa(guest->element), &process);
	if (rc != H_SUCCESS) {
		dev_err_ratelimited(&ctx->afu->dev, "cannot attach a process: %ld\n", rc);
		if (rc == H_STATE || rc == H_BUSY)
			guest_function_check(ctx->afu);
		return rc == H_BUSY ? -ETIMEDOUT : guest_hcall_errno(rc);
	}

	kfree(guest->element);
	guest->element = NULL;
	guest->token = process.token;
	WRITE_ONCE(ctx->pe, lower_32_bits(process.token));
	set_area(ctx, &process);
	return 0;
}

/* Hundreds of contexts that a card does not let go of must not take hours. */
static long detach_once(struct cxl_context *ctx)
{
	struct guest_afu *afu = to_guest_afu(ctx->afu);
	long rc;

	guard(mutex)(&afu->hcall_lock);

	rc = guest_detach(afu->handle, to_guest_context(ctx)->token,
			  afu->detach_timed_out ? CXL_HCALL_LAST_BUDGET_MS :
			  CXL_HCALL_BUDGET_MS);
	if (rc == H_BUSY)
		afu->detach_timed_out = true;
	return rc;
}

/* The hypervisor counts the partition's mappings of the process' area. */
static long detach_unmapped(struct cxl_context *ctx)
{
	int tries = 0;
	long rc;

	for (;;) {
		rc = detach_once(ctx);
		if (rc != H_RESOURCE || ++tries == DETACH_TRIES)
			return rc;
		if (tries > 1)
			msleep(DETACH_WAIT_MS);
		cxl_area_revoke(&ctx->area);
		/* A master may have looked at it. */
		cxl_areas_unmap(ctx->afu);
	}
}

/*
 * The hypervisor should have done so (LoPAR, H_DETACH_CA_PROCESS). But if segments
 * of an address space survived its last context, nobody would tell the PSL of a
 * change to them, and the next context would use what has long been changed.
 */
static void drop_segments(struct guest_afu *afu)
{
	int ret = afu->p2 ? guest_function_slbia(&afu->core) : 0;

	if (ret == -EBUSY)
		cxl_afu_break(&afu->core);
	else if (ret)
		guest_function_check(&afu->core);
}

int guest_ctx_detach(struct cxl_context *ctx)
{
	struct guest_afu *afu = to_guest_afu(ctx->afu);
	long rc;

	rc = detach_unmapped(ctx);
	cxl_irqs_disconnect(ctx);

	switch (rc) {
	case H_SUCCESS:
		drop_segments(afu);
		return 0;
	/* The hypervisor has ended the process, or is about to. */
	case H_STATE:
	case H_PARAMETER:
		return 0;
	}
	if (guest_function_state(afu) != GUEST_STATE_NORMAL)
		return 0;
	dev_err(&ctx->afu->dev, "cannot detach process element %u: %ld\n", ctx->pe, rc);
	return guest_hcall_errno(rc);
}

/*
 * A fault that is not answered stops the AFU for all. A process that is being
 * detached takes its fault along, and a function that is not in state NORMAL has
 * none.
 */
static void fault_failed(struct cxl_context *ctx, const char *what, long rc)
{
	if (READ_ONCE(ctx->state) != CXL_CTX_STARTED)
		return;
	dev_err_ratelimited(&ctx->afu->dev, "process element %u: fault cannot be %s: %ld\n",
			    ctx->pe, what, rc);
	if (rc == H_HARDWARE || rc == H_BUSY)
		cxl_afu_break(ctx->afu);
	else
		guest_function_check(ctx->afu);
}

/* The registers belong to the function: what they say may be about others. */
int guest_ctx_read_fault(struct cxl_context *ctx, struct cxl_psl_irq_info *info,
			 bool may_wait)
{
	struct guest_afu *afu = to_guest_afu(ctx->afu);
	int tries = 0;
	long rc;
	u16 pe;

	do {
		rc = guest_collect(afu->handle, to_guest_context(ctx)->token, info, &pe,
				   may_wait);
	} while (rc == H_HARDWARE && ++tries < FAULT_TRIES);
	if (rc == H_SUCCESS)
		return info->dsisr && pe == (u16)ctx->pe ? 0 : -ENOENT;
	if (rc == H_BUSY && !may_wait)
		return -EAGAIN;
	fault_failed(ctx, "read", rc);
	return -ENOENT;
}

/**
 * guest_poll_faults() - serve a fault whose interrupt got lost
 * @guest: the function
 *
 * The registers are the function's: whoever asks learns of the one fault that
 * all wait for. Looking at a fault that is being served does no harm. May sleep.
 */
void guest_poll_faults(struct guest_afu *guest)
{
	struct cxl_psl_irq_info info;
	struct cxl_context *ctx;
	long rc;
	u16 pe;

	ctx = cxl_context_get_started(&guest->core, -1);
	if (!ctx)
		return;
	rc = guest_collect(guest->handle, to_guest_context(ctx)->token, &info, &pe, true);
	cxl_context_put_started(ctx);
	if (rc != H_SUCCESS || !info.dsisr)
		return;

	ctx = cxl_context_get_started(&guest->core, pe);
	if (!ctx)
		return;
	cxl_fault_check(ctx);
	cxl_context_put_started(ctx);
}

bool guest_ctx_answer(struct cxl_context *ctx, const struct cxl_psl_irq_info *info,
		      enum cxl_fault_answer answer, bool may_wait)
{
	static const struct {
		u64 control;
		u64 reset;
	} masks[] = {
		[CXL_FAULT_RESTART] = { GUEST_FAULTS_RESTART, 0 },
		[CXL_FAULT_ADDRESS_ERROR] = { GUEST_FAULTS_ADDRESS_ERROR, 0 },
		[CXL_FAULT_ACK] = { GUEST_FAULTS_ACK, 0 },
		[CXL_FAULT_CLEAR_ERROR] = { 0, GUEST_FAULTS_RESET_ERR_STAT },
	};
	struct guest_afu *afu = to_guest_afu(ctx->afu);
	int tries = 0;
	long rc;

	do {
		rc = guest_respond(afu->handle, to_guest_context(ctx)->token,
				   masks[answer].control, masks[answer].reset, may_wait);
	} while (rc == H_HARDWARE && ++tries < FAULT_TRIES);
	if (rc == H_BUSY && !may_wait)
		return false;
	if (rc != H_SUCCESS)
		fault_failed(ctx, "answered", rc);
	return true;
}
