/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: everything an accelerator makes the kernel do.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cxl

#if !defined(_CXL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _CXL_TRACE_H

#include <linux/tracepoint.h>

#include <asm/copro.h>

#include "afu.h"
#include "context.h"

#define cxl_show_state(state)				\
	__print_symbolic(state,				\
			 { CXL_CTX_OPENED, "opened" },	\
			 { CXL_CTX_STARTED, "started" },	\
			 { CXL_CTX_STOPPED, "stopped" },	\
			 { CXL_CTX_CLOSED, "closed" })

#define cxl_show_afu_state(state)			\
	__print_symbolic(state,				\
			 { CXL_AFU_NEW, "new" },	\
			 { CXL_AFU_LIVE, "live" },	\
			 { CXL_AFU_FAILED, "failed" },	\
			 { CXL_AFU_BROKEN, "broken" },	\
			 { CXL_AFU_DOWN, "down" },	\
			 { CXL_AFU_DEAD, "dead" },	\
			 { CXL_AFU_GONE, "gone" })

#define cxl_show_answer(answer)						\
	__print_symbolic(answer,					\
			 { CXL_FAULT_RESTART, "restart" },		\
			 { CXL_FAULT_ADDRESS_ERROR, "address error" },	\
			 { CXL_FAULT_ACK, "acknowledge" },		\
			 { CXL_FAULT_CLEAR_ERROR, "clear error" })

#define cxl_show_dsisr(dsisr)				\
	__print_flags(dsisr, "|",			\
		      { CXL_DSISR_DS, "DS" },		\
		      { CXL_DSISR_DM, "DM" },		\
		      { CXL_DSISR_ST, "ST" },		\
		      { CXL_DSISR_UR, "UR" },		\
		      { CXL_DSISR_PE, "PE" },		\
		      { CXL_DSISR_AE, "AE" },		\
		      { CXL_DSISR_OC, "OC" },		\
		      { CXL_DSISR_M, "M" },		\
		      { CXL_DSISR_P, "P" },		\
		      { CXL_DSISR_A, "A" },		\
		      { CXL_DSISR_S, "S" },		\
		      { CXL_DSISR_K, "K" })

TRACE_EVENT(cxl_afu_state,
	TP_PROTO(struct cxl_afu *afu, unsigned int state),
	TP_ARGS(afu, state),
	TP_STRUCT__entry(
		__field(unsigned int, state)
		__string(name, dev_name(&afu->dev))
	),
	TP_fast_assign(
		__entry->state = state;
		__assign_str(name);
	),
	TP_printk("%s %s", __get_str(name), cxl_show_afu_state(__entry->state))
);

TRACE_EVENT(cxl_slice_error,
	TP_PROTO(struct cxl_afu *afu, u64 serr),
	TP_ARGS(afu, serr),
	TP_STRUCT__entry(
		__field(u64, serr)
		__string(name, dev_name(&afu->dev))
	),
	TP_fast_assign(
		__entry->serr = serr;
		__assign_str(name);
	),
	TP_printk("%s status %#llx", __get_str(name), __entry->serr)
);

TRACE_EVENT(cxl_llcmd,
	TP_PROTO(struct cxl_afu *afu, u64 command, u16 element, int ret),
	TP_ARGS(afu, command, element, ret),
	TP_STRUCT__entry(
		__field(u64, command)
		__field(u16, element)
		__field(int, ret)
		__string(name, dev_name(&afu->dev))
	),
	TP_fast_assign(
		__entry->command = command;
		__entry->element = element;
		__entry->ret = ret;
		__assign_str(name);
	),
	TP_printk("%s element %u: command %llu ret %d", __get_str(name),
		  __entry->element, __entry->command, __entry->ret)
);

DECLARE_EVENT_CLASS(cxl_control,
	TP_PROTO(struct cxl_afu *afu, u64 value, int ret),
	TP_ARGS(afu, value, ret),
	TP_STRUCT__entry(
		__field(u64, value)
		__field(int, ret)
		__string(name, dev_name(&afu->dev))
	),
	TP_fast_assign(
		__entry->value = value;
		__entry->ret = ret;
		__assign_str(name);
	),
	TP_printk("%s %#llx ret %d", __get_str(name), __entry->value, __entry->ret)
);

DEFINE_EVENT(cxl_control, cxl_afu_ctrl,
	TP_PROTO(struct cxl_afu *afu, u64 value, int ret),
	TP_ARGS(afu, value, ret)
);

DEFINE_EVENT(cxl_control, cxl_psl_ctrl,
	TP_PROTO(struct cxl_afu *afu, u64 value, int ret),
	TP_ARGS(afu, value, ret)
);

TRACE_EVENT(cxl_context,
	TP_PROTO(struct cxl_context *ctx, unsigned int state),
	TP_ARGS(ctx, state),
	TP_STRUCT__entry(
		__field(unsigned int, id)
		__field(unsigned int, state)
		__string(name, dev_name(&ctx->afu->dev))
		__field(u32, element)
	),
	TP_fast_assign(
		__entry->id = ctx->id;
		__entry->state = state;
		__assign_str(name);
		__entry->element = ctx->pe;
	),
	TP_printk("%s element %d: context %u %s",
		  __get_str(name), __entry->element,
		  __entry->id, cxl_show_state(__entry->state))
);

TRACE_EVENT(cxl_attach,
	TP_PROTO(struct cxl_context *ctx, const struct cxl_start *start, int ret),
	TP_ARGS(ctx, start, ret),
	TP_STRUCT__entry(
		__field(u64, wed)
		__field(u64, amr)
		__field(unsigned int, irqs)
		__field(pid_t, pid)
		__field(int, ret)
		__string(name, dev_name(&ctx->afu->dev))
		__field(u32, element)
	),
	TP_fast_assign(
		__entry->wed = start->wed;
		__entry->amr = start->amr;
		__entry->irqs = start->nr_irqs;
		__entry->pid = task_pid_nr(current);
		__entry->ret = ret;
		__assign_str(name);
		__entry->element = ctx->pe;
	),
	TP_printk("%s element %d: wed %#llx amr %#llx irqs %u pid %d ret %d",
		  __get_str(name), __entry->element,
		  __entry->wed, __entry->amr, __entry->irqs,
		  __entry->pid, __entry->ret)
);

TRACE_EVENT(cxl_detach,
	TP_PROTO(struct cxl_context *ctx, int ret),
	TP_ARGS(ctx, ret),
	TP_STRUCT__entry(
		__field(int, ret)
		__string(name, dev_name(&ctx->afu->dev))
		__field(u32, element)
	),
	TP_fast_assign(
		__entry->ret = ret;
		__assign_str(name);
		__entry->element = ctx->pe;
	),
	TP_printk("%s element %d: ret %d",
		  __get_str(name), __entry->element,
		  __entry->ret)
);

TRACE_EVENT(cxl_afu_irq,
	TP_PROTO(struct cxl_context *ctx, unsigned int number),
	TP_ARGS(ctx, number),
	TP_STRUCT__entry(
		__field(unsigned int, number)
		__string(name, dev_name(&ctx->afu->dev))
		__field(u32, element)
	),
	TP_fast_assign(
		__entry->number = number;
		__assign_str(name);
		__entry->element = ctx->pe;
	),
	TP_printk("%s element %d: interrupt %u",
		  __get_str(name), __entry->element,
		  __entry->number)
);

TRACE_EVENT(cxl_psl_irq_ack,
	TP_PROTO(struct cxl_context *ctx, unsigned int answer),
	TP_ARGS(ctx, answer),
	TP_STRUCT__entry(
		__field(unsigned int, answer)
		__string(name, dev_name(&ctx->afu->dev))
		__field(u32, element)
	),
	TP_fast_assign(
		__entry->answer = answer;
		__assign_str(name);
		__entry->element = ctx->pe;
	),
	TP_printk("%s element %d: %s",
		  __get_str(name), __entry->element,
		  cxl_show_answer(__entry->answer))
);

TRACE_EVENT(cxl_ste_write,
	TP_PROTO(struct cxl_context *ctx, const struct copro_slb *slb),
	TP_ARGS(ctx, slb),
	TP_STRUCT__entry(
		__field(u64, segment)
		__field(u64, virtual)
		__string(name, dev_name(&ctx->afu->dev))
		__field(u32, element)
	),
	TP_fast_assign(
		__entry->segment = slb->esid;
		__entry->virtual = slb->vsid;
		__assign_str(name);
		__entry->element = ctx->pe;
	),
	TP_printk("%s element %d: segment %#llx to %#llx",
		  __get_str(name), __entry->element,
		  __entry->segment, __entry->virtual)
);

/*
 * Programs that watch faults read these fields, and count cxl_pte_miss: exactly
 * one for each page an AFU misses.
 */
DECLARE_EVENT_CLASS(cxl_fault_class,
	TP_PROTO(struct cxl_context *ctx, u64 dsisr, u64 dar),
	TP_ARGS(ctx, dsisr, dar),
	TP_STRUCT__entry(
		__field(u64, dsisr)
		__field(u64, dar)
		__field(u16, pe)
		__field(u8, afu)
		__field(u8, card)
	),
	TP_fast_assign(
		__entry->dsisr = dsisr;
		__entry->dar = dar;
		__entry->pe = ctx->pe;
		__entry->afu = ctx->afu->slice;
		__entry->card = ctx->afu->adapter->id;
	),
	TP_printk("afu%u.%u element %u: address %#llx status %#llx %s",
		  __entry->card, __entry->afu, __entry->pe, __entry->dar,
		  __entry->dsisr, cxl_show_dsisr(__entry->dsisr))
);

#define CXL_TRACE_FAULT(name)						\
DEFINE_EVENT(cxl_fault_class, name,					\
	TP_PROTO(struct cxl_context *ctx, u64 dsisr, u64 dar),		\
	TP_ARGS(ctx, dsisr, dar))

CXL_TRACE_FAULT(cxl_psl_irq);
CXL_TRACE_FAULT(cxl_psl_irq_spurious);
CXL_TRACE_FAULT(cxl_ste_miss);
CXL_TRACE_FAULT(cxl_pte_miss);

TRACE_EVENT(cxl_slbia,
	TP_PROTO(struct mm_struct *mm),
	TP_ARGS(mm),
	TP_STRUCT__entry(
		__field(struct mm_struct *, mm)
	),
	TP_fast_assign(
		__entry->mm = mm;
	),
	TP_printk("mm=%p", __entry->mm)
);

/* Hypervisor calls on a function or facility, repeated ones once. */
DECLARE_EVENT_CLASS(cxl_hcall_class,
	TP_PROTO(u64 handle, u64 op, u64 arg, unsigned int issues, long rc, u64 out),
	TP_ARGS(handle, op, arg, issues, rc, out),
	TP_STRUCT__entry(
		__field(u64, handle)
		__field(u64, op)
		__field(u64, arg)
		__field(unsigned int, issues)
		__field(long, rc)
		__field(u64, out)
	),
	TP_fast_assign(
		__entry->handle = handle;
		__entry->op = op;
		__entry->arg = arg;
		__entry->issues = issues;
		__entry->rc = rc;
		__entry->out = out;
	),
	TP_printk("handle=0x%llx op=0x%llx arg=0x%llx issues=%u rc=%ld out=0x%llx",
		  __entry->handle, __entry->op, __entry->arg, __entry->issues,
		  __entry->rc, __entry->out)
);

#define CXL_TRACE_HCALL(name)						\
DEFINE_EVENT(cxl_hcall_class, name,					\
	TP_PROTO(u64 handle, u64 op, u64 arg, unsigned int issues, long rc, u64 out), \
	TP_ARGS(handle, op, arg, issues, rc, out))

CXL_TRACE_HCALL(cxl_hcall_attach);
CXL_TRACE_HCALL(cxl_hcall_detach);
CXL_TRACE_HCALL(cxl_hcall_control_function);
CXL_TRACE_HCALL(cxl_hcall_collect_int_info);
CXL_TRACE_HCALL(cxl_hcall_control_faults);
CXL_TRACE_HCALL(cxl_hcall_control_facility);
CXL_TRACE_HCALL(cxl_hcall_download_facility);

#endif /* _CXL_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
