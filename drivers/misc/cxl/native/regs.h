/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of the PSL (CAIA 1.0, ch. 10). All have 64 bits and are big endian;
 * a comment gives the bit as IBM counts, from the most significant one.
 */
#ifndef _CXL_NATIVE_REGS_H
#define _CXL_NATIVE_REGS_H

#include <linux/bits.h>
#include <linux/sizes.h>

/* What every register reads when nobody answers. */
#define PSL_GONE		(~0ULL)

/* Areas: privileged 1 in BAR 2, privileged 2 in BAR 0 */
#define P1_BAR			2
#define P2_BAR			0
#define P1_SIZE			SZ_64K
#define P1N_SIZE		0x100
#define P2N_SIZE		SZ_4K

/* Privileged 1: the card's */
#define PSL_ERRIVTE		0x0008
#define  PSL_ERRIVTE_TBERROR	BIT_ULL(32)		/* 31 */
#define PSL_CONTROL		0x0020
#define  PSL_CONTROL_FS		GENMASK_ULL(35, 34)	/* 28:29 */
#define  PSL_CONTROL_FR		BIT_ULL(32)		/* 31 */
#define  PSL_CONTROL_TB		BIT_ULL(0)		/* 63 */
#define PSL_LBISEL		0x0080
#define  PSL_LBISEL_PID_SHIFT	32
#define PSL_SLBIA		0x0090
#define PSL_TLBIA		0x00a8
#define  PSL_BIA_PENDING	BIT_ULL(0)		/* 63 */
#define  PSL_BIA_ALL		0
#define  PSL_BIA_LPID_PID	3			/* 62:63 */
#define PSL_AFUSEL		0x00b0
#define  PSL_AFUSEL_A		BIT_ULL(8)		/* 55 */
#define PSL_FIR1		0x0100
#define PSL_FIR2		0x0108
#define PSL_TIMEBASE		0x0110
#define PSL_RESLCKTO		0x0128
#define PSL_TB_CTLSTAT		0x0140
#define PSL_FIR_CNTL		0x0148
#define PSL_DSNDCTL		0x0150
#define PSL_SNWRALLOC		0x0158
#define PSL_TRACE		0x0170

/* Privileged 1: a slice's */
#define PSL_SR			0x00
#define PSL_LPID		0x08
#define PSL_AMBAR		0x10
#define PSL_SPOFFSET		0x18
#define PSL_ID			0x20
#define  PSL_ID_L		BIT_ULL(33)		/* 30 */
#define  PSL_ID_F		BIT_ULL(32)		/* 31 */
#define PSL_SERR		0x28
#define  PSL_SERR_STATUS	GENMASK_ULL(63, 55)	/* 0:8 */
#define  PSL_SERR_AE		BIT_ULL(33)		/* 30 */
#define  PSL_SERR_MASK		GENMASK_ULL(31, 23)	/* 32:40 */
#define  PSL_SERR_MASK_SHIFT	32
#define  PSL_SERR_IVTE		GENMASK_ULL(15, 0)	/* 48:63 */
#define PSL_SDR			0x30
#define PSL_AMOR		0x38
#define PSL_HAURP		0x80
#define PSL_SPAP		0x88
#define  PSL_SPAP_ADDR		GENMASK_ULL(59, 12)	/* 4:51 */
#define  PSL_SPAP_SIZE		GENMASK_ULL(11, 4)	/* 52:59 */
#define  PSL_SPAP_SIZE_SHIFT	4
#define  PSL_SPAP_V		BIT_ULL(0)		/* 63 */
#define PSL_LLCMD		0x90
#define PSL_SCNTL		0xa0
#define  PSL_SCNTL_PM_DEDICATED	(0x0002ULL << 32)	/* 16:31 */
#define  PSL_SCNTL_PM_DIRECTED	(0x0004ULL << 32)	/* 16:31 */
#define  PSL_SCNTL_PS		GENMASK_ULL(25, 24)	/* 38:39 */
#define  PSL_SCNTL_PS_PENDING	BIT_ULL(24)
#define  PSL_SCNTL_PS_COMPLETE	GENMASK_ULL(25, 24)
#define  PSL_SCNTL_PC		BIT_ULL(15)		/* 48 */
#define PSL_CTXTIME		0xa8
#define PSL_IVTE_OFFSET		0xb0
#define PSL_IVTE_LIMIT		0xb8
#define PSL_FIR_SLICE		0xc0
#define PSL_AFU_DEBUG		0xc8
#define PSL_APCALLOC		0xd0
#define PSL_COALLOC		0xd8
#define PSL_RXCTL		0xe0
#define PSL_SLICE_TRACE		0xe8

/* Privileged 2: a slice's */
#define PSL_PID_TID		0x000
#define  PSL_PID_SHIFT		32
#define PSL_CSRP		0x008
#define PSL_AURP0		0x010
#define PSL_AURP1		0x018
#define PSL_SSTP0		0x020
#define PSL_SSTP1		0x028
#define PSL_AMR			0x030
#define PSL_SLBIA_AN		0x048
#define PSL_DSISR		0x060
#define  PSL_DSISR_ANY		GENMASK_ULL(63, 57)	/* 0:6 */
#define PSL_DAR			0x068
#define PSL_DSR			0x070
#define PSL_TFC			0x078
#define  PSL_TFC_A		BIT_ULL(35)		/* 28 */
#define  PSL_TFC_AE		BIT_ULL(33)		/* 30 */
#define  PSL_TFC_R		BIT_ULL(32)		/* 31 */
#define PSL_PEHANDLE		0x080
#define  PSL_PEHANDLE_MASK	0xffff			/* 48:63 */
#define PSL_ERRSTAT		0x088
#define AFU_CNTL		0x090
#define  AFU_CNTL_ES		GENMASK_ULL(63, 61)	/* 0:2 */
#define  AFU_CNTL_ES_DISABLED	0
#define  AFU_CNTL_ES_ENABLED	BIT_ULL(63)
#define  AFU_CNTL_E		BIT_ULL(60)		/* 3 */
#define  AFU_CNTL_RS		GENMASK_ULL(59, 58)	/* 4:5 */
#define  AFU_CNTL_RS_COMPLETE	BIT_ULL(59)
#define  AFU_CNTL_RA		BIT_ULL(56)		/* 7 */
#define AFU_ERR			0x098
#define PSL_WED			0x0a0

#endif /* _CXL_NATIVE_REGS_H */
