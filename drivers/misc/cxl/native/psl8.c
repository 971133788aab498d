// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSL of POWER8 (CAIA 1).
 */
#include <linux/cleanup.h>
#include <linux/of.h>
#include <linux/pci.h>

#include <asm/mmu.h>
#include <asm/pnv-pci.h>
#include <asm/reg.h>

#include "element.h"
#include "native.h"
#include "psl.h"
#include "regs.h"
#include "spa.h"

#define DSNDCTL_CHIP_SHIFT	58
#define DSNDCTL_UNIT_SHIFT	50
/* Kinds of commands, and an answer of the AFU to MMIO within 256 us */
#define DSNDCTL_BASE		0x0000900004000000ULL

/* One synchronisation every 2 * 2048 cycles */
#define TB_CTLSTAT_SYNC		0x0400000000000000ULL

/* Values that the PSL wants, whatever it is used for (psl reference, set-up) */
#define RESLCKTO_VALUE		0x0000020000000200ULL
#define SNWRALLOC_VALUE		0x00000000ffffffffULL
#define FIR_CNTL_VALUE		0x2200000000000001ULL
#define TRACE_VALUE		0x0000ff7c00000000ULL
#define APCALLOC_VALUE		0xfffffffefefefefeULL
#define COALLOC_VALUE		0xff000000fefefefeULL
#define SLICE_TRACE_VALUE	0x0000ffff00000000ULL
/* An AFU that does not answer for 4 to 8 s hangs. */
#define RXCTL_VALUE		0x7000000000000000ULL

static int invalidate(struct native_adapter *adapter, unsigned int reg, u64 value)
{
	native_p1_write(adapter, reg, value);
	return native_poll(adapter, adapter->p1 + reg, PSL_BIA_PENDING, 0);
}

static int psl8_clear_adapter(struct native_adapter *adapter)
{
	guard(mutex)(&adapter->lookaside_lock);

	native_p1_write(adapter, PSL_ERRIVTE, PSL_ERRIVTE_TBERROR);
	native_p1_write(adapter, PSL_AFUSEL, PSL_AFUSEL_A);
	return invalidate(adapter, PSL_TLBIA, PSL_BIA_ALL) ?:
	       invalidate(adapter, PSL_SLBIA, PSL_BIA_ALL);
}

static int psl8_setup_adapter(struct native_adapter *adapter)
{
	u64 chip, unit;
	int ret;

	ret = native_phb_route(adapter, &chip, &unit);
	if (ret)
		return ret;
	native_p1_write(adapter, PSL_DSNDCTL, DSNDCTL_BASE | chip << DSNDCTL_CHIP_SHIFT |
			unit << DSNDCTL_UNIT_SHIFT);
	native_p1_write(adapter, PSL_RESLCKTO, RESLCKTO_VALUE);
	native_p1_write(adapter, PSL_SNWRALLOC, SNWRALLOC_VALUE);
	native_p1_write(adapter, PSL_FIR_CNTL, FIR_CNTL_VALUE);
	native_p1_write(adapter, PSL_TRACE, TRACE_VALUE);
	return 0;
}

static void psl8_start_timebase(struct native_adapter *adapter)
{
	native_p1_write(adapter, PSL_TB_CTLSTAT, TB_CTLSTAT_SYNC);
	/* The change of the bit starts it. */
	native_p1_write(adapter, PSL_CONTROL, 0);
	native_p1_write(adapter, PSL_CONTROL, PSL_CONTROL_TB);
}

/* Nobody can do anything about an error: the card is going away. */
static void psl8_flush_cache(struct native_adapter *adapter)
{
	u64 control = native_p1_read(adapter, PSL_CONTROL);

	if (control == PSL_GONE)
		return;
	native_p1_write(adapter, PSL_CONTROL, control | PSL_CONTROL_FR);
	native_poll(adapter, adapter->p1 + PSL_CONTROL, PSL_CONTROL_FS, PSL_CONTROL_FS);
	native_p1_write(adapter, PSL_CONTROL, control & ~PSL_CONTROL_FR);
}

/* What is valid first, so that nothing is valid and half gone. */
static void psl8_clear_slice(struct native_afu *afu)
{
	static const unsigned int p1n[] = {
		PSL_SPAP, PSL_IVTE_LIMIT, PSL_IVTE_OFFSET, PSL_AMBAR,
		PSL_SPOFFSET, PSL_HAURP,
	};
	static const unsigned int p2n[] = {
		PSL_CSRP, PSL_AURP1, PSL_AURP0, PSL_SSTP1, PSL_SSTP0,
	};
	u64 value;
	int i;

	for (i = 0; i < ARRAY_SIZE(p1n); i++)
		native_p1n_write(afu, p1n[i], 0);
	for (i = 0; i < ARRAY_SIZE(p2n); i++)
		native_p2n_write(afu, p2n[i], 0);

	/* Status bits go by being written. */
	value = native_p1n_read(afu, PSL_SERR);
	if (value && value != PSL_GONE)
		native_p1n_write(afu, PSL_SERR, value & ~PSL_SERR_IVTE);
	value = native_p2n_read(afu, PSL_ERRSTAT);
	if (value && value != PSL_GONE)
		native_p2n_write(afu, PSL_ERRSTAT, value);
}

static void psl8_setup_slice(struct native_afu *afu)
{
	native_p1n_write(afu, PSL_APCALLOC, APCALLOC_VALUE);
	native_p1n_write(afu, PSL_COALLOC, COALLOC_VALUE);
	native_p1n_write(afu, PSL_SLICE_TRACE, SLICE_TRACE_VALUE);
	native_p1n_write(afu, PSL_RXCTL, RXCTL_VALUE);
}

static void psl8_start_directed(struct native_afu *afu)
{
	native_p1n_write(afu, PSL_SPAP, native_spap(__pa(afu->spa.elements), afu->spa.size));
	native_p1n_write(afu, PSL_SCNTL, PSL_SCNTL_PM_DIRECTED);
	native_p1n_write(afu, PSL_AMOR, ~0ULL);
	/* The only PSL in its list */
	native_p1n_write(afu, PSL_ID, PSL_ID_F | PSL_ID_L);
}

static void psl8_start_dedicated(struct native_afu *afu)
{
	native_p1n_write(afu, PSL_SCNTL, PSL_SCNTL_PM_DEDICATED);
	native_p1n_write(afu, PSL_CTXTIME, 0);
	native_p1n_write(afu, PSL_SPAP, 0);
	native_p1n_write(afu, PSL_AMOR, ~0ULL);
	native_p1n_write(afu, PSL_LPID, mfspr(SPRN_LPID));
	native_p1n_write(afu, PSL_HAURP, 0);
	native_p1n_write(afu, PSL_SDR, mfspr(SPRN_SDR1));
	native_p2n_write(afu, PSL_CSRP, 0);
	native_p2n_write(afu, PSL_AURP0, 0);
	native_p2n_write(afu, PSL_AURP1, 0);
}

static int psl8_fill_element(struct native_context *ctx, const struct cxl_start *start,
			     struct native_element *element)
{
	struct native_element_info info = {
		.start = start,
		.ranges = &ctx->ranges,
		.sdr = mfspr(SPRN_SDR1),
		.lpid = mfspr(SPRN_LPID),
		.process_id = ctx->process_id,
		.master = ctx->core.master,
		.no_second_group = mfspr(SPRN_LPCR) & LPCR_TC,
	};
	int ret;

	ret = cxl_segment_table_pointer(&ctx->core.segments, &info.sstp0, &info.sstp1);
	if (ret)
		return ret;
	native_element_encode(element, &info);
	return 0;
}

/* Four fields of 16 bits, the first one on top */
static u64 four_fields(const __be16 field[CXL_IRQ_RANGES])
{
	u64 value = 0;
	int i;

	for (i = 0; i < CXL_IRQ_RANGES; i++)
		value = value << 16 | be16_to_cpu(field[i]);
	return value;
}

/* The segment table last gets valid, after what is cached of another has gone. */
static int psl8_load_dedicated(struct native_afu *afu, const struct native_element *element)
{
	int ret;

	native_p2n_write(afu, PSL_PID_TID, (u64)be32_to_cpu(element->pid) << PSL_PID_SHIFT);
	native_p1n_write(afu, PSL_SR, be64_to_cpu(element->sr));
	native_p2n_write(afu, PSL_SSTP1, 0);
	ret = native_afu_slbia(&afu->core);
	if (ret)
		return ret;
	native_p2n_write(afu, PSL_SSTP0, be64_to_cpu(element->sstp0));
	native_p2n_write(afu, PSL_SSTP1, be64_to_cpu(element->sstp1));
	native_p1n_write(afu, PSL_IVTE_OFFSET, four_fields(element->ivte_offset));
	native_p1n_write(afu, PSL_IVTE_LIMIT, four_fields(element->ivte_range));
	native_p2n_write(afu, PSL_AMR, be64_to_cpu(element->amr));
	return 0;
}

static int psl8_forget_process(struct native_adapter *adapter, u32 process_id)
{
	guard(mutex)(&adapter->lookaside_lock);

	native_p1_write(adapter, PSL_LBISEL, (u64)process_id << PSL_LBISEL_PID_SHIFT |
			mfspr(SPRN_LPID));
	return invalidate(adapter, PSL_SLBIA, PSL_BIA_LPID_PID);
}

const struct native_psl native_psl8 = {
	.name = "PSL8",
	.caia_major = 1,
	.timebase = PSL_TIMEBASE,
	.clear_adapter = psl8_clear_adapter,
	.setup_adapter = psl8_setup_adapter,
	.start_timebase = psl8_start_timebase,
	.flush_cache = psl8_flush_cache,
	.clear_slice = psl8_clear_slice,
	.setup_slice = psl8_setup_slice,
	.start_directed = psl8_start_directed,
	.start_dedicated = psl8_start_dedicated,
	.fill_element = psl8_fill_element,
	.load_dedicated = psl8_load_dedicated,
	.forget_process = psl8_forget_process,
};
