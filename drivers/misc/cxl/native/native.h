/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bare metal: cards that are PCI functions, in a machine that this kernel is in
 * charge of (powernv). It owns all registers of the PSL and the scheduled
 * processes area; the firmware owns the host bridge and the coherence unit of
 * the chip (CAPP).
 */
#ifndef _CXL_NATIVE_H
#define _CXL_NATIVE_H

#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <misc/cxl-base.h>

#include "../adapter.h"
#include "../afu.h"
#include "../context.h"
#include "descriptor.h"
#include "vsec.h"

struct native_element;
struct native_psl;
struct pci_dev;

/**
 * struct native_line - an interrupt of a card or slice
 * @hwirq: as the PSL and the host bridge count
 * @virq: Linux number, 0 for none
 */
struct native_line {
	int hwirq;
	unsigned int virq;
};

#define NATIVE_ADAPTER_FILES	5
#define NATIVE_SLICE_FILES	10

/**
 * struct native_file - a register in debugfs
 * @adapter: its card
 * @reg: the register
 */
struct native_file {
	struct native_adapter *adapter;
	void __iomem *reg;
};

/**
 * struct native_adapter - a card
 * @core: the core's part
 * @pci: its function, until the card has been removed. Not referenced: programs may
 *	hold the card for as long as they like, and the end of a function that lasts
 *	takes the resources of the host bridge from the one that has come after it
 * @psl: what depends on the generation of its PSL
 * @vsec: what it says of itself
 * @vsec_pos: where it says it
 * @slices: AFUs in use
 * @p1: privileged 1 registers
 * @p2: address of the BAR with everything else
 * @online: registers can be reached; false during and after an error
 * @in_reset: firmware works on a PERST, which a recovery must not disturb
 * @enabled: the PCI function is
 * @image_loads: PERST makes the card load an image
 * @image_user: that of the user, not that of the factory
 * @irqs_exhausted: the host bridge had no interrupt left when it was asked last
 * @same_image: the administrator promises that PERST changes nothing
 * @error_irq: something is wrong with the card
 * @files: see debugfs.c
 */
struct native_adapter {
	struct cxl_adapter core;
	struct pci_dev *pci;
	const struct native_psl *psl;
	struct native_vsec vsec;
	int vsec_pos;
	unsigned int slices;
	void __iomem *p1;
	phys_addr_t p2;
	bool online;
	bool in_reset;
	bool enabled;
	/**
	 * @image_lock: guards @image_loads, @image_user and what the card is told
	 * of them. A leaf.
	 */
	struct mutex image_lock;
	bool image_loads;
	bool image_user;
	bool irqs_exhausted;
	bool same_image;
	/**
	 * @lookaside_lock: one invalidation at a time, which takes several
	 * registers. A leaf.
	 */
	struct mutex lookaside_lock;
	struct native_line error_irq;
	struct native_file files[NATIVE_ADAPTER_FILES];
};

/**
 * struct native_spa - scheduled processes area of a slice
 * @elements: process elements, by number; the whole area starts here
 * @size: bytes
 * @nr: how many elements
 * @status: command status, where the PSL answers
 */
struct native_spa {
	struct native_element *elements;
	size_t size;
	unsigned int nr;
	__be64 *status;
};

/**
 * struct native_afu - a slice of a card
 * @core: the core's part
 * @p1n: privileged 1 registers
 * @p2n: privileged 2 registers
 * @desc_area: AFU descriptor, configuration records, error buffer
 * @psa: start of the problem state area
 * @desc: what the descriptor says
 * @mode: what the hardware is set up for, under cxl_afu.lock
 * @command_lost: a command was not answered since the last reset
 * @spa: process elements
 * @answers: how many faults have been answered, or lost in a reset
 * @error_irq: slice errors
 * @psl_irq: faults of all contexts
 * @check: looks after the AFU, see recovery.c
 * @reset_due: it could not be reset after it had been BROKEN, under cxl_afu.lock
 * @debugfs: directory of @files
 * @files: see debugfs.c
 */
struct native_afu {
	struct cxl_afu core;
	void __iomem *p1n;
	void __iomem *p2n;
	void __iomem *desc_area;
	phys_addr_t psa;
	struct native_descriptor desc;
	enum cxl_afu_mode mode;
	/**
	 * @control_lock: serialises what enables, resets and purges. Taken
	 * inside cxl_context.start_lock.
	 */
	struct mutex control_lock;
	/**
	 * @command_lock: one command at a time; guards @spa and @command_lost.
	 * Not taken by fault work, which commands wait for.
	 */
	struct mutex command_lock;
	bool command_lost;
	struct native_spa spa;
	/**
	 * @fault_lock: a fault is read, or answered, under it; guards @answers and
	 * native_context.phase. Taken in interrupts.
	 */
	spinlock_t fault_lock;
	unsigned int answers;
	struct native_line error_irq;
	struct native_line psl_irq;
	struct delayed_work check;
	bool reset_due;
	struct dentry *debugfs;
	struct native_file files[NATIVE_SLICE_FILES];
};

/**
 * enum native_phase - who answers the faults of a context
 * @NATIVE_PHASE_NONE: whoever sees them, for the context is not attached
 * @NATIVE_PHASE_ATTACHING: the core, as soon as it is attached
 * @NATIVE_PHASE_ATTACHED: the core
 */
enum native_phase {
	NATIVE_PHASE_NONE,
	NATIVE_PHASE_ATTACHING,
	NATIVE_PHASE_ATTACHED,
};

/**
 * struct native_context - a process of an AFU
 * @core: the core's part
 * @phase: who answers its faults
 * @fault_waits: one was seen in phase ATTACHING
 * @ranges: its interrupts, that of the PSL first
 * @process_id: tells its segments from those of others in the PSL's buffers
 */
struct native_context {
	struct cxl_context core;
	enum native_phase phase;
	bool fault_waits;
	struct cxl_irq_ranges ranges;
	u32 process_id;
};

/* The core allocates contexts and knows their first member only. */
static_assert(offsetof(struct native_context, core) == 0);

static inline struct native_adapter *to_native_adapter(struct cxl_adapter *adapter)
{
	return container_of(adapter, struct native_adapter, core);
}

static inline struct native_afu *to_native_afu(struct cxl_afu *afu)
{
	return container_of(afu, struct native_afu, core);
}

static inline struct native_context *to_native_context(struct cxl_context *ctx)
{
	return container_of(ctx, struct native_context, core);
}

static inline struct native_adapter *native_adapter_of(struct native_afu *afu)
{
	return to_native_adapter(afu->core.adapter);
}

#ifdef CONFIG_PPC_POWERNV
int cxl_native_register(void);
void cxl_native_unregister(void);
#else
static inline int cxl_native_register(void)
{
	return -ENODEV;
}

static inline void cxl_native_unregister(void)
{
}
#endif

/* registers.c */
bool native_online(struct native_adapter *adapter);
void native_notice(struct native_adapter *adapter);
u64 native_read(struct native_adapter *adapter, void __iomem *reg);
void native_write(struct native_adapter *adapter, void __iomem *reg, u64 value);
u64 native_look(struct native_adapter *adapter, void __iomem *reg, u64 mask, u64 want);
int native_poll(struct native_adapter *adapter, void __iomem *reg, u64 mask, u64 want);
u64 native_p1_read(struct native_adapter *adapter, unsigned int reg);
void native_p1_write(struct native_adapter *adapter, unsigned int reg, u64 value);
u64 native_p1n_read(struct native_afu *afu, unsigned int reg);
void native_p1n_write(struct native_afu *afu, unsigned int reg, u64 value);
u64 native_p2n_read(struct native_afu *afu, unsigned int reg);
void native_p2n_write(struct native_afu *afu, unsigned int reg, u64 value);

/* pci.c: configuration space */
int native_pci_read_vsec(struct native_adapter *adapter);
int native_pci_enable_capi(struct native_adapter *adapter);
int native_pci_set_image(struct native_adapter *adapter, bool loads, bool user);
int native_pci_enable(struct native_adapter *adapter);
void native_pci_disable(struct native_adapter *adapter);
bool native_pci_same_card(struct native_adapter *adapter);

/* phb.c: the host bridge */
int native_phb_route(struct native_adapter *adapter, u64 *chip, u64 *unit);
int native_phb_enter_capi(struct native_adapter *adapter);
void native_phb_stop_snooping(struct native_adapter *adapter);
bool native_phb_has_timebase(struct native_adapter *adapter);

/* adapter.c */
int native_adapter_restart(struct native_adapter *adapter);
bool native_timebase_synced(struct cxl_adapter *adapter);
struct native_adapter *native_adapter_create(struct pci_dev *pci);
void native_adapter_remove(struct native_adapter *adapter);

/* slice.c */
struct native_afu *native_afu_create(struct native_adapter *adapter, unsigned int slice);
void native_afu_remove(struct native_afu *afu);
int native_afu_restart(struct native_afu *afu);
int native_afu_read_err_buffer(struct cxl_afu *afu, void *buf, u64 off, size_t len);
int native_afu_read_config(struct cxl_afu *afu, unsigned int record, void *buf,
			   u64 off, size_t len);
int native_afu_load_config(struct cxl_afu *core, unsigned int record, unsigned int off,
			   u32 *value);
int native_afu_store_config(struct cxl_afu *core, unsigned int record, unsigned int off,
			    u32 value);

/* control.c: enable, disable, reset, purge */
int native_afu_enable(struct native_afu *afu);
int native_afu_enable_idle(struct cxl_afu *core);
int native_afu_stop(struct native_afu *afu);
int native_afu_reset(struct cxl_afu *afu);
int native_afu_slbia(struct cxl_afu *afu);
int native_afu_set_mode(struct cxl_afu *afu, enum cxl_afu_mode mode);
int native_afu_start_mode(struct native_afu *afu, enum cxl_afu_mode mode);
int native_afu_sanitise(struct native_afu *afu);

/* spa.c */
int native_spa_alloc(struct native_afu *afu);
void native_spa_free(struct native_afu *afu);
int native_spa_add(struct native_afu *afu, unsigned int pe);
int native_spa_remove(struct native_afu *afu, unsigned int pe);

/* irq.c */
int native_line_request(struct native_adapter *adapter, struct native_line *line,
			irq_handler_t handler, const char *name, void *data);
void native_line_release(struct native_adapter *adapter, struct native_line *line,
			 void *data);
int native_irq_map(struct cxl_adapter *adapter, u32 hwirq);
void native_irqs_init(struct native_adapter *adapter);
int native_irqs_alloc(struct cxl_context *ctx, unsigned int nr);
unsigned int native_irqs_name(struct cxl_context *ctx, unsigned int number,
			      const char *name);
void native_irqs_disconnect(struct cxl_context *ctx);
void native_irqs_remove(struct native_adapter *adapter);

/* attach.c */
int native_ctx_attach(struct cxl_context *ctx, const struct cxl_start *start);
int native_ctx_detach(struct cxl_context *ctx);

/* fault.c */
void native_faults_look(struct native_afu *afu);
irqreturn_t native_psl_irq(int virq, void *data);
void native_irqs_enable(struct cxl_context *ctx);
void native_ctx_set_phase(struct cxl_context *ctx, enum native_phase phase);
void native_faults_drop(struct native_afu *afu);
int native_faults_wait(struct cxl_context *ctx);
int native_ctx_read_fault(struct cxl_context *ctx, struct cxl_psl_irq_info *info,
			  bool may_wait);
bool native_ctx_answer(struct cxl_context *ctx, const struct cxl_psl_irq_info *info,
		       enum cxl_fault_answer answer, bool may_wait);

/* sysfs.c */
extern const struct attribute_group *native_adapter_groups[];

/* debugfs.c */
void native_debugfs_add_adapter(struct native_adapter *adapter);
void native_debugfs_add_afu(struct native_afu *afu);
void native_debugfs_del_afu(struct native_afu *afu);

/* eeh.c: what the error recovery of the platform tells */
extern const struct pci_error_handlers native_error_handlers;

/* error.c: what the card and its slices complain about */
irqreturn_t native_adapter_error(int virq, void *data);
irqreturn_t native_slice_error(int virq, void *data);

/* recovery.c */
void native_recovery_init(struct native_afu *afu);
void native_recovery_start(struct native_afu *afu);
void native_recovery_stop(struct native_afu *afu);
void native_afu_check(struct cxl_afu *afu);

#endif /* _CXL_NATIVE_H */
