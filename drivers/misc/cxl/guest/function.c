// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions of a facility: the hypervisor's side of an AFU.
 */
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/irqdomain.h>
#include <linux/kmemleak.h>
#include <linux/ktime.h>
#include <linux/of.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "../trace.h"
#include "guest.h"
#include "of.h"

/* Privileged 2 registers of a slice (CAIA 1.0, ch. 10) */
#define P2_SLBIA	0x048
#define P2_SLBIA_PENDING	BIT_ULL(0)	/* IBM bit 63 */
#define P2_SIZE		SZ_4K

#define SERR_STATUS	GENMASK_ULL(63, 55)	/* IBM bits 0:8 */
#define SERR_MASK_SHIFT	32			/* IBM bits 32:40 */
#define SERR_AE		BIT_ULL(33)		/* IBM bit 30 */

#define SLBIA_POLL_US	1
#define SLBIA_LIMIT_US	1000

/* A function may still be recovering when we meet it. */
#define READY_LIMIT_MS	60000
#define READY_POLL_MS	100

static long control(struct guest_afu *guest, enum guest_function_op op,
		    const u64 params[4], u64 *out)
{
	guard(mutex)(&guest->hcall_lock);

	return guest_control_function(guest->handle, op, params, out);
}

/**
 * guest_function_error_log() - what the platform logged of an error
 * @guest: the function, not in state NORMAL
 *
 * May sleep.
 *
 * Return: number of the entry in the platform's log, 0 for none.
 */
u64 guest_function_error_log(struct guest_afu *guest)
{
	static const u64 params[4];
	u64 plid;

	if (control(guest, GUEST_FUNCTION_ERROR_LOG, params, &plid) != H_SUCCESS)
		return 0;
	return plid;
}

/**
 * guest_function_state() - error state of a function
 * @guest: the function
 *
 * The question itself may make the hypervisor notice an error. May sleep.
 *
 * Return: enum guest_error_state, or a negative errno.
 */
int guest_function_state(struct guest_afu *guest)
{
	static const u64 params[4];
	u64 state;
	long rc;

	rc = control(guest, GUEST_FUNCTION_ERROR_STATE, params, &state);
	if (rc != H_SUCCESS)
		return guest_hcall_errno(rc);
	if (state < GUEST_STATE_NORMAL || state > GUEST_STATE_DEAD)
		return -EIO;
	return state;
}

/* Out of recovery; how it gets to work from there is up to the reset. */
static int wait_ready(struct guest_afu *guest)
{
	ktime_t end = ktime_add_ms(ktime_get(), READY_LIMIT_MS);
	int state;

	for (;;) {
		state = guest_function_state(guest);
		if (state != GUEST_STATE_UNAVAILABLE)
			return state;
		if (ktime_after(ktime_get(), end))
			return -EBUSY;
		msleep(READY_POLL_MS);
	}
}

int guest_function_reset(struct cxl_afu *afu)
{
	struct guest_afu *guest = to_guest_afu(afu);
	static const u64 params[4];
	int state;
	long rc;

	state = wait_ready(guest);
	if (state < 0)
		return state;
	rc = control(guest, GUEST_FUNCTION_RESET, params, NULL);
	if (rc != H_SUCCESS) {
		dev_err_ratelimited(&afu->dev, "reset failed: %ld\n", rc);
		return guest_hcall_errno(rc);
	}
	scoped_guard(mutex, &guest->hcall_lock)
		guest->detach_timed_out = false;
	/* Let it report slice errors again; not every function has any. */
	control(guest, GUEST_FUNCTION_ACK_SERR, params, NULL);
	return 0;
}

int guest_function_slbia(struct cxl_afu *afu)
{
	struct guest_afu *guest = to_guest_afu(afu);
	void __iomem *reg = guest->p2 + P2_SLBIA;
	u64 value;
	int ret;

	if (!guest->p2)
		return -EIO;

	out_be64(reg, 0);
	ret = read_poll_timeout_atomic(in_be64, value, !(value & P2_SLBIA_PENDING) ||
				       value == ~0ULL, SLBIA_POLL_US,
				       SLBIA_LIMIT_US, false, reg);
	if (value == ~0ULL)
		return -EIO;
	return ret ? -EBUSY : 0;
}

/*
 * The hypervisor stores into a 4 KiB aligned buffer; @params ends with offset,
 * address and length, the last of which is params[last]. Firmware may hold that
 * the last byte is out of bounds, because the architecture says "greater or
 * equal" of offset plus length; all but that byte can still be read then.
 */
static int read_buffer(struct guest_afu *guest, enum guest_function_op op,
		       u64 params[4], unsigned int last, void *buf, size_t len)
{
	void *copy __free(kfree) = kmalloc(SZ_4K, GFP_KERNEL);
	long rc;

	if (!copy)
		return -ENOMEM;
	memset(copy, 0xff, len);

	params[last - 1] = __pa(copy);
	params[last] = len;
	rc = control(guest, op, params, NULL);
	if (rc == H_PARAMETER && len > 1) {
		params[last]--;
		rc = control(guest, op, params, NULL);
	}
	if (rc == H_BUSY) {
		/* The hypervisor may still store into it. */
		kmemleak_not_leak(no_free_ptr(copy));
		return -EBUSY;
	}
	if (rc != H_SUCCESS)
		return rc == H_STATE ? -EIO : guest_hcall_errno(rc);
	memcpy(buf, copy, len);
	return 0;
}

int guest_function_read_err_buffer(struct cxl_afu *afu, void *buf, u64 off,
				   size_t len)
{
	u64 params[4] = { off };

	return read_buffer(to_guest_afu(afu), GUEST_FUNCTION_ERROR_BUFFER, params,
			   2, buf, len);
}

int guest_function_read_config(struct cxl_afu *afu, unsigned int record,
			       void *buf, u64 off, size_t len)
{
	u64 params[4] = { record, off };

	return read_buffer(to_guest_afu(afu), GUEST_FUNCTION_CONFIG, params, 3,
			   buf, len);
}

int guest_function_load_config(struct cxl_afu *afu, unsigned int record,
			       unsigned int off, u32 *value)
{
	*value = get_unaligned_le32(to_guest_afu(afu)->config + record * afu->cr_len + off);
	return 0;
}

static int copy_config(struct guest_afu *guest)
{
	struct cxl_afu *afu = &guest->core;
	unsigned int i;
	int ret = 0;

	guest->config = kvcalloc(afu->nr_crs, afu->cr_len, GFP_KERNEL);
	if (!guest->config)
		return -ENOMEM;
	for (i = 0; i < afu->nr_crs && !ret; i++)
		ret = guest_function_read_config(afu, i, guest->config + i * afu->cr_len,
						 0, afu->cr_len);
	return ret;
}

/* PSL_SERR_An (CAIA 1.0, ch. 8), from IBM bit 0 */
static const char * const serr_names[] = {
	"no answer of the AFU", "access to a disabled AFU", "overrun by the AFU",
	"bad interrupt source", "bad context", "command to a disabled AFU",
	"no answer to a command", "parity error", "duplicate tag",
};

static void report_slice_error(struct guest_afu *guest, u64 serr)
{
	const char *name = "other error";
	int i;

	for (i = 0; i < ARRAY_SIZE(serr_names); i++) {
		if (serr & BIT_ULL(63 - i)) {
			name = serr_names[i];
			break;
		}
	}
	if (serr & SERR_AE)
		name = "the AFU ended with an error";
	trace_cxl_slice_error(&guest->core, serr);
	cxl_afu_count(&guest->core, CXL_STAT_SLICE_ERRORS);
	dev_err_ratelimited(&guest->core.dev, "slice error %#llx: %s, masked until the AFU is reset\n",
			    serr, name);
}

/* In a thread of its own, because the hypervisor may be busy. */
static irqreturn_t error_irq_thread(int virq, void *data)
{
	struct guest_afu *guest = data;
	u64 params[4] = {};
	u64 serr;
	long rc;

	rc = control(guest, GUEST_FUNCTION_GET_SERR, params, &serr);
	if (rc == H_SUCCESS) {
		report_slice_error(guest, serr);
		/* Acknowledged and masked: it could come again and again. */
		params[0] = serr | (serr & SERR_STATUS) >> SERR_MASK_SHIFT;
		rc = control(guest, GUEST_FUNCTION_ACK_SERR, params, NULL);
	}
	if (rc != H_SUCCESS)
		dev_err_ratelimited(&guest->core.dev,
				    "slice error cannot be served: %ld\n", rc);
	return IRQ_HANDLED;
}

static int request_error_irq(struct guest_afu *guest, u32 isn)
{
	int ret;

	if (!isn)
		return 0;
	cxl_irq_pool_reserve(&guest->core.adapter->irqs.pool, isn);
	guest->error_virq = irq_create_mapping(NULL, isn);
	if (!guest->error_virq)
		return -EINVAL;

	ret = request_threaded_irq(guest->error_virq, NULL, error_irq_thread,
				   IRQF_ONESHOT, dev_name(&guest->core.dev), guest);
	if (ret) {
		irq_dispose_mapping(guest->error_virq);
		guest->error_virq = 0;
	}
	return ret;
}

static void release_hardware(struct guest_afu *guest)
{
	if (guest->error_virq) {
		free_irq(guest->error_virq, guest);
		irq_dispose_mapping(guest->error_virq);
	}
	if (guest->p2)
		iounmap(guest->p2);
}

/* A partition without the right to reset takes the function as it is. */
static int make_normal(struct guest_afu *guest)
{
	int state;

	state = wait_ready(guest);
	if (state == GUEST_STATE_NORMAL && !guest->privileged)
		return 0;
	return state < 0 ? state : guest_function_reset(&guest->core);
}

static void set_properties(struct guest_afu *guest, const struct guest_function *function)
{
	struct cxl_afu *afu = &guest->core;

	guest->psa = function->psa.start;
	guest->process_mmio = function->process_mmio;
	afu->max_contexts = function->processes;
	afu->irqs_min = function->min_ints - 1;
	afu->irqs_limit = function->max_ints - 1;
	afu->psa_size = function->psa.size;
	if (function->process_mmio)
		afu->pp_size = function->process_mmio_size;
	afu->eb_len = function->error_buffer_size;
	afu->cr_len = function->record_size;
	afu->nr_crs = function->nr_records;
	/* A hypervisor that allows one process means the dedicated model. */
	if (function->processes > 1)
		afu->modes_supported = BIT(CXL_AFU_MODE_DIRECTED);
}

static int setup(struct guest_afu *guest, const struct guest_function *function)
{
	int ret;

	ret = make_normal(guest);
	if (ret)
		return ret;
	set_properties(guest, function);
	ret = guest->core.nr_crs ? copy_config(guest) : 0;
	if (ret)
		return ret;
	if (function->p2.size) {
		guest->p2 = ioremap(function->p2.start, P2_SIZE);
		if (!guest->p2)
			return -ENOMEM;
	}
	ret = request_error_irq(guest, function->error_isn);
	if (ret)
		return ret;
	ret = cxl_afu_add(&guest->core);
	if (ret)
		return ret;
	guest_recovery_start(guest);
	return 0;
}

/**
 * guest_function_create() - set up an AFU
 * @adapter: its card
 * @np: its node
 * @slice: its number on the card
 *
 * May sleep.
 *
 * Return: the AFU, registered and with a reference that the caller owns, or an
 * error pointer.
 */
struct guest_afu *guest_function_create(struct guest_adapter *adapter,
					struct device_node *np, unsigned int slice)
{
	struct guest_function function;
	struct guest_afu *guest;
	int ret;

	ret = guest_parse_function(np, &function);
	if (ret)
		return ERR_PTR(ret);
	guest = kzalloc(sizeof(*guest), GFP_KERNEL);
	if (!guest)
		return ERR_PTR(-ENOMEM);

	mutex_init(&guest->hcall_lock);
	guest_recovery_init(guest);
	guest->handle = function.handle;
	guest->privileged = function.privileged;
	ret = cxl_afu_init(&guest->core, &adapter->core, slice);
	if (ret) {
		kfree(guest);
		return ERR_PTR(ret);
	}

	ret = setup(guest, &function);
	if (ret) {
		guest_recovery_stop(guest);
		release_hardware(guest);
		put_device(&guest->core.dev);
		return ERR_PTR(ret);
	}
	return guest;
}

/**
 * guest_function_remove() - remove an AFU
 * @guest: the AFU
 *
 * Drops the reference of guest_function_create(). May sleep.
 */
void guest_function_remove(struct guest_afu *guest)
{
	guest_recovery_stop(guest);
	cxl_afu_del(&guest->core);
	release_hardware(guest);
	put_device(&guest->core.dev);
}
