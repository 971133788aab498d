/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the core and the platform below it.
 *
 * The core never asks which platform it runs on: what only one side can do is
 * a capability, everything else an operation that every backend has.
 */
#ifndef _CXL_BACKEND_H
#define _CXL_BACKEND_H

#include <linux/bits.h>
#include <linux/types.h>

struct attribute_group;
struct cxl_adapter;
struct cxl_afu;
struct cxl_context;
struct mm_struct;

/* PSL_DSISR_An: why the PSL interrupts (CAIA 1.0, ch. 8) */
#define CXL_DSISR_DS	BIT_ULL(63)	/* IBM bit 0: no segment */
#define CXL_DSISR_DM	BIT_ULL(62)	/* IBM bit 1: no page, or no right to it */
#define CXL_DSISR_ST	BIT_ULL(61)	/* IBM bit 2: segment table not mapped */
#define CXL_DSISR_UR	BIT_ULL(60)	/* IBM bit 3: utilisation record not mapped */
#define CXL_DSISR_PE	BIT_ULL(59)	/* IBM bit 4: PSL error */
#define CXL_DSISR_AE	BIT_ULL(58)	/* IBM bit 5: AFU error */
#define CXL_DSISR_OC	BIT_ULL(57)	/* IBM bit 6: context warning */
#define CXL_DSISR_M	BIT_ULL(30)	/* IBM bit 33: no page table entry */
#define CXL_DSISR_P	BIT_ULL(27)	/* IBM bit 36: protection violation */
#define CXL_DSISR_A	BIT_ULL(26)	/* IBM bit 37: lock on uncached storage */
#define CXL_DSISR_S	BIT_ULL(25)	/* IBM bit 38: access was a store */
#define CXL_DSISR_K	BIT_ULL(21)	/* IBM bit 42: storage key violation */

#define CXL_DSISR_TRANS	(CXL_DSISR_DS | CXL_DSISR_DM | CXL_DSISR_ST | CXL_DSISR_UR)

/**
 * struct cxl_psl_irq_info - the fault registers of a slice
 * @dsisr: PSL_DSISR_An, CXL_DSISR_*
 * @dar: PSL_DAR_An, effective address of a translation fault
 * @afu_err: AFU_ERR_An, valid with CXL_DSISR_AE
 * @err_stat: PSL_ErrStat_An, valid with CXL_DSISR_PE
 * @ticket: for the backend
 */
struct cxl_psl_irq_info {
	u64 dsisr;
	u64 dar;
	u64 afu_err;
	u64 err_stat;
	unsigned int ticket;
};

/**
 * enum cxl_fault_answer - how a PSL interrupt is answered
 * @CXL_FAULT_RESTART: translate again (PSL_TFC_An[R])
 * @CXL_FAULT_ADDRESS_ERROR: the access fails (PSL_TFC_An[AE])
 * @CXL_FAULT_ACK: no translation fault, seen (PSL_TFC_An[A])
 * @CXL_FAULT_CLEAR_ERROR: PSL error; clears PSL_ErrStat_An instead
 */
enum cxl_fault_answer {
	CXL_FAULT_RESTART,
	CXL_FAULT_ADDRESS_ERROR,
	CXL_FAULT_ACK,
	CXL_FAULT_CLEAR_ERROR,
};

/**
 * enum cxl_afu_mode - programming model of an AFU
 * @CXL_AFU_MODE_NONE: no contexts, no device nodes
 * @CXL_AFU_MODE_DEDICATED: one context
 * @CXL_AFU_MODE_DIRECTED: many contexts that the AFU chooses from
 */
enum cxl_afu_mode {
	CXL_AFU_MODE_NONE,
	CXL_AFU_MODE_DEDICATED,
	CXL_AFU_MODE_DIRECTED,
};

/**
 * struct cxl_start - how a context is to be started
 * @mm: address space it works on, with users; NULL for the kernel's own
 * @pid: process that it belongs to, or 0; for people only
 * @wed: work element descriptor
 * @amr: authority mask, already limited by the UAMOR of the caller
 * @nr_irqs: AFU interrupts to get for it, the PSL interrupt not counted; if its
 *	owner has got some, these are used instead
 * @by_driver: a kernel driver starts it, that is, also if it has been stopped,
 *	and whatever signals the caller has
 * @sixty_four: the program uses 64-bit addresses
 * @root: the program runs with effective user id 0
 * @err_ff: loads from a dead card read all ones
 */
struct cxl_start {
	struct mm_struct *mm;
	pid_t pid;
	u64 wed;
	u64 amr;
	unsigned int nr_irqs;
	bool by_driver;
	bool sixty_four;
	bool root;
	bool err_ff;
};

/**
 * struct cxl_backend_ops - what a platform does for the core
 *
 * Every operation is mandatory. Unless stated otherwise an operation is called
 * in process context without spinlocks, may sleep, and returns 0 or a negative
 * errno: -EIO when the hardware is dead, -EBUSY when it did not answer in time
 * or refused, -EINVAL when it does not know what it is asked for.
 */
struct cxl_backend_ops {
	/** @name: for messages */
	const char *name;
	/** @context_size: bytes of its context; struct cxl_context comes first */
	size_t context_size;
	/**
	 * @element_is_id: the process element of a context is its number, known
	 * as soon as it is opened; otherwise @ctx_attach tells
	 */
	bool element_is_id;
	/** @config_writable: configuration records can be written to */
	bool config_writable;
	/**
	 * @reset_is_error: the platform takes @adapter_reset for an error, and tells
	 * the backend what is going to happen; kernel drivers learn of it then
	 */
	bool reset_is_error;
	/** @adapter_groups: attributes that only its cards have, or NULL */
	const struct attribute_group **adapter_groups;

	/** @adapter_free: free the adapter; its last reference has gone */
	void (*adapter_free)(struct cxl_adapter *adapter);
	/**
	 * @adapter_may_reset: can the card be reset? Anything but 0 is what the
	 * one who asks for it gets.
	 */
	int (*adapter_may_reset)(struct cxl_adapter *adapter);
	/**
	 * @adapter_reset: reset the card. No context is attached. On return its
	 * AFUs can be reset; or -EINPROGRESS says that the card comes back later,
	 * and the backend calls cxl_adapter_recover() or cxl_adapter_del().
	 */
	int (*adapter_reset)(struct cxl_adapter *adapter);
	/** @adapter_timebase_synced: does the PSL have the time of the processors? */
	bool (*adapter_timebase_synced)(struct cxl_adapter *adapter);
	/**
	 * @adapter_read_vpd: read the first @len bytes (at least 1) of the vital
	 * product data. Returns how many were stored.
	 */
	ssize_t (*adapter_read_vpd)(struct cxl_adapter *adapter, void *buf,
				    size_t len);
	/**
	 * @adapter_set_same_image: somebody promises that what the card loads
	 * when it is reset is what it had before, or takes that back. Any context.
	 */
	void (*adapter_set_same_image)(struct cxl_adapter *adapter, bool same);

	/** @afu_free: free the AFU; its last reference has gone */
	void (*afu_free)(struct cxl_afu *afu);
	/**
	 * @afu_set_mode: make the hardware ready for contexts of a mode that the
	 * AFU supports, or for none, and set cxl_afu.max_contexts. No context is
	 * left but quarantined ones. After a failure the AFU is in mode none.
	 * Called with cxl_afu.lock held.
	 */
	int (*afu_set_mode)(struct cxl_afu *afu, enum cxl_afu_mode mode);
	/**
	 * @afu_reset: bring the AFU into its initial state; all process
	 * elements are gone afterwards. Called with cxl_afu.lock held.
	 */
	int (*afu_reset)(struct cxl_afu *afu);
	/**
	 * @afu_enable: let an AFU run that has been reset, so that registers can
	 * be used although no context is attached. One that runs stays as it is.
	 */
	int (*afu_enable)(struct cxl_afu *afu);
	/**
	 * @afu_check: look after the AFU soon, for its state has changed or its
	 * hardware acts up: end the contexts of a BROKEN AFU, reset it, and a
	 * FAILED one when it is idle. Does not wait. Any context.
	 */
	void (*afu_check)(struct cxl_afu *afu);
	/**
	 * @afu_slbia: drop all segments the PSL has cached for the AFU and
	 * wait for it. Atomic, interrupts may be off, at most 1 ms, under RCU.
	 */
	int (*afu_slbia)(struct cxl_afu *afu);
	/**
	 * @afu_read_err_buffer: read @len bytes (1 to 4096) from @off, both
	 * within cxl_afu.eb_len.
	 */
	int (*afu_read_err_buffer)(struct cxl_afu *afu, void *buf, u64 off,
				   size_t len);
	/**
	 * @afu_read_config: read @len bytes (1 to 4096) from @off of
	 * configuration record @record, in the order of the record's bytes;
	 * all within cxl_afu.nr_crs and cxl_afu.cr_len.
	 */
	int (*afu_read_config)(struct cxl_afu *afu, unsigned int record,
			       void *buf, u64 off, size_t len);
	/**
	 * @afu_load_config: the word at @off, a multiple of 4, of configuration
	 * record @record; within cxl_afu.nr_crs and cxl_afu.cr_len. Atomic,
	 * interrupts may be off.
	 */
	int (*afu_load_config)(struct cxl_afu *afu, unsigned int record,
			       unsigned int off, u32 *value);
	/**
	 * @afu_store_config: write such a word. -EPERM where @config_writable is
	 * not set. Atomic, interrupts may be off.
	 */
	int (*afu_store_config)(struct cxl_afu *afu, unsigned int record,
				unsigned int off, u32 value);

	/**
	 * @irq_map: the Linux number of an interrupt of cxl_adapter.irqs, for
	 * which there is none yet, or -ENOSPC.
	 */
	int (*irq_map)(struct cxl_adapter *adapter, u32 number);
	/**
	 * @irqs_alloc: get @nr AFU interrupts, or more, plus what the platform
	 * needs itself, in the order of the AFU's numbering, by cxl_irqs_alloc().
	 * -ENOSPC when there are not enough.
	 */
	int (*irqs_alloc)(struct cxl_context *ctx, unsigned int nr);
	/**
	 * @irqs_enable: from now on call cxl_afu_irq(), in hard interrupts and
	 * under RCU, and cxl_psl_irq() or cxl_fault_claim() for the context, which
	 * is attached and in state STARTED.
	 */
	void (*irqs_enable)(struct cxl_context *ctx);
	/**
	 * @irqs_free: undo @irqs_alloc. The hardware no longer raises them.
	 */
	void (*irqs_free)(struct cxl_context *ctx);
	/**
	 * @irqs_name: give AFU interrupt @number, from 1 to what was given to
	 * @irqs_alloc, a name for /proc/interrupts, or with NULL the one it had at
	 * first. Returns its Linux number, which stays until @irqs_free; 0 if it has
	 * gone with the card.
	 */
	unsigned int (*irqs_name)(struct cxl_context *ctx, unsigned int number,
				  const char *name);

	/**
	 * @ctx_attach: give the context to the hardware. Fills cxl_context.pe
	 * and cxl_context.area. After a failure the hardware does not know the
	 * context, unless -ETIMEDOUT says that it may: then the context has
	 * to be treated as one that could not be detached.
	 */
	int (*ctx_attach)(struct cxl_context *ctx, const struct cxl_start *start);
	/**
	 * @ctx_detach: take the context from the hardware and wait until no
	 * interrupt handler knows it any more. No CPU mapping of its problem
	 * state area is left. On an error the hardware may still use the
	 * context's memory and interrupts.
	 */
	int (*ctx_detach)(struct cxl_context *ctx);
	/**
	 * @ctx_read_fault: read the fault registers. -ENOENT if there is no fault,
	 * or if it is about another context; -EAGAIN if it has to wait for them
	 * and is not told that it @may_wait. Otherwise in any context.
	 */
	int (*ctx_read_fault)(struct cxl_context *ctx, struct cxl_psl_irq_info *info,
			      bool may_wait);
	/**
	 * @ctx_answer: answer the fault that @ctx_read_fault, or the backend itself,
	 * has read, unless a reset has done so meanwhile. Errors are reported, and
	 * nothing is left to do. False if it has to wait for that and is not told
	 * that it @may_wait. Otherwise in any context.
	 */
	bool (*ctx_answer)(struct cxl_context *ctx, const struct cxl_psl_irq_info *info,
			   enum cxl_fault_answer answer, bool may_wait);
};

#endif /* _CXL_BACKEND_H */
