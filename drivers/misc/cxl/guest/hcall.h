/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypervisor calls of a coherent platform facility (LoPAR, "Coherent Platform
 * Facilities").
 *
 * Calls that may be busy are repeated with the hypervisor's continue token for
 * up to CXL_HCALL_BUDGET_MS, sleeping in between; the caller holds the lock of
 * the function or facility so that only one such sequence runs. H_BUSY as the
 * result means that the budget is used up: what the hypervisor was given to
 * work on is still in its hands.
 */
#ifndef _CXL_GUEST_HCALL_H
#define _CXL_GUEST_HCALL_H

#include <linux/types.h>
#include <asm/hvcall.h>

#define H_ATTACH_CA_PROCESS	0x344
#define H_CONTROL_CA_FUNCTION	0x348
#define H_DETACH_CA_PROCESS	0x34c
#define H_COLLECT_CA_INT_INFO	0x350
#define H_CONTROL_CA_FAULTS	0x354
#define H_DOWNLOAD_CA_FACILITY	0x364
#define H_CONTROL_CA_FACILITY	0x368

#define CXL_HCALL_BUDGET_MS	60000
#define CXL_HCALL_DOWNLOAD_MS	120000
/* For one that has already used up such a budget. */
#define CXL_HCALL_LAST_BUDGET_MS	1000
#define CXL_HCALL_BUSY_MS	10
#define CXL_HCALL_MAX_SLEEP_MS	1000

/* The longest list of arguments; the wrapper passes up to nine. */
#define CXL_HCALL_ARGS		7

/* Operations of H_CONTROL_CA_FUNCTION */
enum guest_function_op {
	GUEST_FUNCTION_RESET		= 1,
	GUEST_FUNCTION_ERROR_STATE	= 4,
	GUEST_FUNCTION_ERROR_BUFFER	= 5,
	GUEST_FUNCTION_CONFIG		= 6,
	GUEST_FUNCTION_GET_SERR		= 11,
	GUEST_FUNCTION_ACK_SERR		= 12,
	GUEST_FUNCTION_ERROR_LOG	= 13,
};

/* Operations of H_CONTROL_CA_FACILITY */
enum guest_facility_op {
	GUEST_FACILITY_RESET		= 1,
	GUEST_FACILITY_VPD		= 2,
};

/* Operations of H_DOWNLOAD_CA_FACILITY */
enum guest_download_op {
	GUEST_DOWNLOAD			= 1,
	GUEST_VALIDATE			= 2,
};

/* Error states of a function */
enum guest_error_state {
	GUEST_STATE_NORMAL		= 1,
	GUEST_STATE_DISABLED		= 2,
	GUEST_STATE_UNAVAILABLE		= 3,
	GUEST_STATE_DEAD		= 4,
};

/* Operation of H_CONTROL_CA_FAULTS, and its masks */
#define GUEST_FAULTS_RESPOND_PSL	1
#define GUEST_FAULTS_ACK		0x8
#define GUEST_FAULTS_ADDRESS_ERROR	0x2
#define GUEST_FAULTS_RESTART		0x1
#define GUEST_FAULTS_RESET_ERR_STAT	0x1

/**
 * struct guest_hcall - a call that may have to be repeated
 * @opcode: H_*_CA_*
 * @args: R4 and following
 * @token: index in @args of the continue token, less than 0 without one
 * @killable: a fatal signal ends the repetition
 * @ret: R4 and following on return
 * @issues: how often it was issued
 */
struct guest_hcall {
	unsigned long opcode;
	u64 args[CXL_HCALL_ARGS];
	int token;
	bool killable;
	unsigned long ret[PLPAR_HCALL9_BUFSIZE];
	unsigned int issues;
};

/**
 * struct guest_process - what the hypervisor made of an attached process
 * @token: identifies it from now on; the low half is the process element
 * @mmio: logical real address of its problem state area
 * @mmio_size: bytes of that; both valid with "ibm,process-mmio"
 */
struct guest_process {
	u64 token;
	u64 mmio;
	u64 mmio_size;
};

struct cxl_psl_irq_info;

#if IS_ENABLED(CONFIG_KUNIT)
long guest_hcall_issue(struct guest_hcall *call);
void guest_hcall_sleep(unsigned int ms, bool killable);
#endif
long guest_hcall_repeat(struct guest_hcall *call, unsigned int budget_ms);
int guest_hcall_errno(long rc);

long guest_attach(u64 function, phys_addr_t element, struct guest_process *process);
long guest_detach(u64 function, u64 token, unsigned int budget_ms);
long guest_control_function(u64 function, enum guest_function_op op,
			    const u64 params[4], u64 *out);
long guest_reset_facility(u64 facility);
long guest_collect_vpd(u64 facility, phys_addr_t list, unsigned int entries,
		       u64 *size);
long guest_download(u64 facility, enum guest_download_op op, phys_addr_t list,
		    unsigned int entries, u64 *token);
long guest_collect(u64 function, u64 token, struct cxl_psl_irq_info *info, u16 *pe,
		   bool may_wait);
long guest_respond(u64 function, u64 token, u64 control, u64 reset, bool may_wait);

#endif /* _CXL_GUEST_HCALL_H */
