// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes of an AFU: attach and detach.
 */
#include <linux/cleanup.h>

#include "element.h"
#include "native.h"
#include "psl.h"
#include "regs.h"
#include "spa.h"

static const struct native_psl *psl_of(struct native_afu *afu)
{
	return native_adapter_of(afu)->psl;
}

static bool dedicated(struct native_afu *afu)
{
	return afu->mode == CXL_AFU_MODE_DEDICATED;
}

static void set_area(struct cxl_context *ctx)
{
	struct native_afu *afu = to_native_afu(ctx->afu);
	const struct native_descriptor *desc = &afu->desc;

	if (ctx->master || !desc->pp_len)
		cxl_area_set(&ctx->area, afu->psa, ctx->afu->psa_size);
	else
		cxl_area_set(&ctx->area, afu->psa + desc->pp_off + desc->pp_len * ctx->pe,
			     desc->pp_len);
}

static int attach_directed(struct native_context *ctx, const struct cxl_start *start)
{
	struct native_afu *afu = to_native_afu(ctx->core.afu);
	int ret;

	ret = psl_of(afu)->fill_element(ctx, start, &afu->spa.elements[ctx->core.pe]);
	if (ret)
		return ret;
	return native_afu_enable(afu) ?: native_spa_add(afu, ctx->core.pe);
}

/* The AFU starts with the process, so all of it has to be there. */
static int attach_dedicated(struct native_context *ctx, const struct cxl_start *start)
{
	struct native_afu *afu = to_native_afu(ctx->core.afu);
	struct native_element element;
	int ret;

	ret = psl_of(afu)->fill_element(ctx, start, &element);
	if (ret)
		return ret;
	ret = psl_of(afu)->load_dedicated(afu, &element);
	if (ret)
		return ret;
	ret = native_afu_stop(afu);
	if (ret)
		return ret;
	native_p2n_write(afu, PSL_WED, start->wed);
	return native_afu_enable(afu);
}

static int attach(struct native_context *ctx, const struct cxl_start *start)
{
	struct native_afu *afu = to_native_afu(ctx->core.afu);
	int ret;

	if (!dedicated(afu))
		return attach_directed(ctx, start);

	ret = attach_dedicated(ctx, start);
	/* An AFU that is half started may be running. */
	if (ret && native_afu_stop(afu) && native_online(native_adapter_of(afu)))
		return -ETIMEDOUT;
	return ret;
}

int native_ctx_attach(struct cxl_context *core, const struct cxl_start *start)
{
	struct native_context *ctx = to_native_context(core);
	int ret;

	ctx->process_id = cxl_context_process_id(core);
	set_area(core);
	/* The PSL interrupt of the slice serves all; the AFU counts on from there. */
	cxl_irqs_connect(core, 1);
	native_ctx_set_phase(core, NATIVE_PHASE_ATTACHING);

	ret = attach(ctx, start);
	if (!ret)
		return 0;
	native_ctx_set_phase(core, NATIVE_PHASE_NONE);
	native_irqs_disconnect(core);
	if (ret == -ETIMEDOUT || ret == -EBUSY)
		native_afu_check(core->afu);
	return ret;
}

/*
 * The PSL should drop by itself what it has cached of a process. But the number
 * may go to another address space, and then nobody would notice what it kept.
 */
static int detach_directed(struct native_context *ctx, struct native_afu *afu)
{
	return native_spa_remove(afu, ctx->core.pe) ?:
	       psl_of(afu)->forget_process(native_adapter_of(afu), ctx->process_id);
}

static int detach_dedicated(struct native_context *ctx, struct native_afu *afu)
{
	int ret;

	ret = native_afu_stop(afu);
	if (ret)
		return ret;
	native_p2n_write(afu, PSL_SSTP1, 0);
	return native_afu_slbia(&afu->core);
}

int native_ctx_detach(struct cxl_context *core)
{
	struct native_context *ctx = to_native_context(core);
	struct native_afu *afu = to_native_afu(core->afu);
	int ret;

	ret = dedicated(afu) ? detach_dedicated(ctx, afu) : detach_directed(ctx, afu);
	if (!ret)
		ret = native_faults_wait(core);
	native_ctx_set_phase(core, NATIVE_PHASE_NONE);
	native_irqs_disconnect(core);

	/* A card that is cut off has let go of everything. */
	if (!native_online(native_adapter_of(afu)))
		return 0;
	if (ret)
		dev_err(&core->afu->dev, "cannot detach process element %u: %d\n",
			core->pe, ret);
	return ret;
}
