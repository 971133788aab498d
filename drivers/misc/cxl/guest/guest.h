/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PowerVM guest: cards that a hypervisor gives to a partition. What belongs to
 * the hypervisor (privileged 1 registers, scheduled processes area, interrupt
 * vectors) is reached by hypervisor calls; the guest owns segment tables and
 * faults.
 */
#ifndef _CXL_GUEST_H
#define _CXL_GUEST_H

#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "../adapter.h"
#include "../afu.h"
#include "../context.h"
#include "flash.h"
#include "hcall.h"

struct device_node;
struct guest_process_element;

/**
 * struct guest_adapter - a coherent platform facility
 * @core: the core's part
 * @handle: names it in hypervisor calls
 * @ids: of the facility, as image headers name it
 * @flash: download of images, see flash.c
 */
struct guest_adapter {
	struct cxl_adapter core;
	u64 handle;
	/** @hcall_lock: held over a sequence of calls that may be busy */
	struct mutex hcall_lock;
	struct guest_image_ids ids;
	struct guest_flash flash;
};

/**
 * struct guest_afu - a coherent platform function
 * @core: the core's part
 * @handle: names it in hypervisor calls
 * @detach_timed_out: a process could not be detached since the last reset
 * @p2: privileged 2 registers, NULL if the partition has no access
 * @psa: start of the problem state area
 * @process_mmio: each process has an area of its own
 * @privileged: the partition may do everything with the function
 * @config: copies of the configuration records, one after the other: PCI reads them
 *	where hypervisor calls could take too long
 * @error_virq: Linux number of the error interrupt, 0 for none
 * @poll: looks at the error state now and then, see recovery.c
 */
struct guest_afu {
	struct cxl_afu core;
	u64 handle;
	/**
	 * @hcall_lock: held over a sequence of calls that may be busy; guards
	 * @detach_timed_out
	 */
	struct mutex hcall_lock;
	bool detach_timed_out;
	void __iomem *p2;
	phys_addr_t psa;
	bool process_mmio;
	bool privileged;
	u8 *config;
	unsigned int error_virq;
	struct delayed_work poll;
};

/**
 * struct guest_context - a process of a function
 * @core: the core's part
 * @token: names it in hypervisor calls, while attached
 * @element: what the hypervisor reads at attach
 */
struct guest_context {
	struct cxl_context core;
	u64 token;
	struct guest_process_element *element;
};

/* The core allocates contexts and knows their first member only. */
static_assert(offsetof(struct guest_context, core) == 0);

static inline struct guest_adapter *to_guest_adapter(struct cxl_adapter *adapter)
{
	return container_of(adapter, struct guest_adapter, core);
}

static inline struct guest_afu *to_guest_afu(struct cxl_afu *afu)
{
	return container_of(afu, struct guest_afu, core);
}

static inline struct guest_context *to_guest_context(struct cxl_context *ctx)
{
	return container_of(ctx, struct guest_context, core);
}

#ifdef CONFIG_PPC_PSERIES
int cxl_guest_register(void);
void cxl_guest_unregister(void);
#else
static inline int cxl_guest_register(void)
{
	return -ENODEV;
}

static inline void cxl_guest_unregister(void)
{
}
#endif

void guest_functions_remove(struct guest_adapter *adapter);

/* function.c: what the core wants of a function */
int guest_function_reset(struct cxl_afu *afu);
int guest_function_state(struct guest_afu *guest);
u64 guest_function_error_log(struct guest_afu *guest);
int guest_function_slbia(struct cxl_afu *afu);
int guest_function_read_err_buffer(struct cxl_afu *afu, void *buf, u64 off,
				   size_t len);
int guest_function_read_config(struct cxl_afu *afu, unsigned int record,
			       void *buf, u64 off, size_t len);
int guest_function_load_config(struct cxl_afu *afu, unsigned int record,
			       unsigned int off, u32 *value);
struct guest_afu *guest_function_create(struct guest_adapter *adapter,
					struct device_node *np, unsigned int slice);
void guest_function_remove(struct guest_afu *guest);

/* vpd.c */
ssize_t guest_read_vpd(struct cxl_adapter *adapter, void *buf, size_t len);

/* recovery.c: errors that only the hypervisor sees */
void guest_recovery_init(struct guest_afu *guest);
void guest_recovery_start(struct guest_afu *guest);
void guest_function_check(struct cxl_afu *afu);
void guest_recovery_stop(struct guest_afu *guest);

/* irq.c: interrupts of processes */
int guest_irq_map(struct cxl_adapter *adapter, u32 isn);
int guest_irqs_alloc(struct cxl_context *ctx, unsigned int nr);
unsigned int guest_irqs_name(struct cxl_context *ctx, unsigned int number,
			     const char *name);
void guest_irqs_enable(struct cxl_context *ctx);

/* attach.c: what the core wants of a process */
void guest_irqs_free(struct cxl_context *ctx);
int guest_ctx_attach(struct cxl_context *ctx, const struct cxl_start *start);
int guest_ctx_detach(struct cxl_context *ctx);
void guest_poll_faults(struct guest_afu *guest);
int guest_ctx_read_fault(struct cxl_context *ctx, struct cxl_psl_irq_info *info,
			 bool may_wait);
bool guest_ctx_answer(struct cxl_context *ctx, const struct cxl_psl_irq_info *info,
		      enum cxl_fault_answer answer, bool may_wait);

#endif /* _CXL_GUEST_H */
