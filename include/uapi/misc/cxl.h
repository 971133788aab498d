/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * User ABI of CAPI accelerators: the devices below /dev/cxl.
 *
 * Every structure has the same layout for 32- and 64-bit programs. Fields are
 * in the byte order of the running kernel. Flags and reserved fields that a
 * program does not use must be zero, or the call fails with EINVAL.
 */
#ifndef _UAPI_MISC_CXL_H
#define _UAPI_MISC_CXL_H

#include <linux/types.h>
#include <linux/ioctl.h>

/**
 * struct cxl_ioctl_start_work - argument of CXL_IOCTL_START_WORK
 * @flags: CXL_START_WORK_*, says which of the other fields count
 * @work_element_descriptor: passed to the accelerator as it is
 * @amr: authority mask, with CXL_START_WORK_AMR; limited by the UAMOR of the
 *	caller
 * @num_interrupts: accelerator interrupts wanted, with
 *	CXL_START_WORK_NUM_IRQS; irqs_min of the AFU otherwise
 * @tid: out, with CXL_START_WORK_TID: thread id for the POWER9 wait
 *	instruction, 0 on machines without it. Ignored on input.
 * @reserved1: zero
 * @reserved2: zero
 * @reserved3: zero
 * @reserved4: zero
 * @reserved5: zero
 */
struct cxl_ioctl_start_work {
	__u64 flags;
	__u64 work_element_descriptor;
	__u64 amr;
	__s16 num_interrupts;
	__u16 tid;
	__s32 reserved1;
	__u64 reserved2;
	__u64 reserved3;
	__u64 reserved4;
	__u64 reserved5;
};

#define CXL_START_WORK_AMR		0x0000000000000001ULL
#define CXL_START_WORK_NUM_IRQS		0x0000000000000002ULL
/* Loads from a dead card read all ones instead of raising SIGBUS. */
#define CXL_START_WORK_ERR_FF		0x0000000000000004ULL
#define CXL_START_WORK_TID		0x0000000000000008ULL
#define CXL_START_WORK_ALL		(CXL_START_WORK_AMR |\
					 CXL_START_WORK_NUM_IRQS |\
					 CXL_START_WORK_ERR_FF |\
					 CXL_START_WORK_TID)

/*
 * User-space libraries define the modes a second time: the spelling of the
 * values is part of the ABI.
 */
#define CXL_MODE_DEDICATED		0x1
#define CXL_MODE_DIRECTED		0x2

#define CXL_AFUID_FLAG_SLAVE		0x1

/**
 * struct cxl_afu_id - result of CXL_IOCTL_GET_AFU_ID
 * @flags: CXL_AFUID_FLAG_SLAVE for a context without master rights
 * @card_id: N of cardN
 * @afu_offset: M of afuN.M
 * @afu_mode: CXL_MODE_*
 * @reserved1: zero
 * @reserved2: zero
 * @reserved3: zero
 * @reserved4: zero
 * @reserved5: zero
 * @reserved6: zero
 */
struct cxl_afu_id {
	__u64 flags;
	__u32 card_id;
	__u32 afu_offset;
	__u32 afu_mode;
	__u32 reserved1;
	__u64 reserved2;
	__u64 reserved3;
	__u64 reserved4;
	__u64 reserved5;
	__u64 reserved6;
};

#define CXL_AI_NEED_HEADER		0x0000000000000001ULL
#define CXL_AI_ALL			CXL_AI_NEED_HEADER

#define CXL_AI_HEADER_SIZE		128
#define CXL_AI_BUFFER_SIZE		4096
#define CXL_AI_MAX_ENTRIES		256
#define CXL_AI_MAX_CHUNK_SIZE		(CXL_AI_BUFFER_SIZE * CXL_AI_MAX_ENTRIES)

/**
 * struct cxl_adapter_image - argument of the two image ioctls of a card
 * @flags: CXL_AI_NEED_HEADER: the kernel puts an image header before the data
 * @data: user address of this chunk
 * @len_data: bytes in this chunk
 * @len_image: bytes of the whole image, for the header
 * @reserved1: zero
 * @reserved2: zero
 * @reserved3: zero
 * @reserved4: zero
 */
struct cxl_adapter_image {
	__u64 flags;
	__u64 data;
	__u64 len_data;
	__u64 len_image;
	__u64 reserved1;
	__u64 reserved2;
	__u64 reserved3;
	__u64 reserved4;
};

#define CXL_MAGIC 0xCA

/* of an AFU device */
#define CXL_IOCTL_START_WORK		_IOW(CXL_MAGIC, 0x00, struct cxl_ioctl_start_work)
#define CXL_IOCTL_GET_PROCESS_ELEMENT	_IOR(CXL_MAGIC, 0x01, __u32)
#define CXL_IOCTL_GET_AFU_ID		_IOR(CXL_MAGIC, 0x02, struct cxl_afu_id)
/* of a card device (PowerVM guest) */
#define CXL_IOCTL_DOWNLOAD_IMAGE	_IOW(CXL_MAGIC, 0x0A, struct cxl_adapter_image)
#define CXL_IOCTL_VALIDATE_IMAGE	_IOW(CXL_MAGIC, 0x0B, struct cxl_adapter_image)

/* read() refuses a smaller buffer with EINVAL. */
#define CXL_READ_MIN_SIZE		0x1000

/**
 * enum cxl_event_type - what a struct cxl_event carries
 * @CXL_EVENT_RESERVED: never delivered
 * @CXL_EVENT_AFU_INTERRUPT: the accelerator raised an interrupt
 * @CXL_EVENT_DATA_STORAGE: an address of the accelerator could not be
 *	translated
 * @CXL_EVENT_AFU_ERROR: the accelerator reported an error
 * @CXL_EVENT_AFU_DRIVER: defined by the kernel driver of this AFU
 */
enum cxl_event_type {
	CXL_EVENT_RESERVED		= 0,
	CXL_EVENT_AFU_INTERRUPT		= 1,
	CXL_EVENT_DATA_STORAGE		= 2,
	CXL_EVENT_AFU_ERROR		= 3,
	CXL_EVENT_AFU_DRIVER		= 4,
};

/**
 * struct cxl_event_header - common start of every event
 * @type: enum cxl_event_type
 * @size: bytes of the event, this header included
 * @process_element: as CXL_IOCTL_GET_PROCESS_ELEMENT returns it
 * @reserved1: zero
 */
struct cxl_event_header {
	__u16 type;
	__u16 size;
	__u16 process_element;
	__u16 reserved1;
};

/**
 * struct cxl_event_afu_interrupt - an interrupt of the accelerator
 * @flags: zero
 * @irq: number within the context, the first is 1
 * @reserved1: zero
 */
struct cxl_event_afu_interrupt {
	__u16 flags;
	__u16 irq;
	__u32 reserved1;
};

/**
 * struct cxl_event_data_storage - an address that could not be translated
 * @flags: zero
 * @reserved1: zero
 * @reserved2: zero
 * @addr: effective address the accelerator used
 * @dsisr: reason, PSL_DSISR_An
 * @reserved3: zero
 */
struct cxl_event_data_storage {
	__u16 flags;
	__u16 reserved1;
	__u32 reserved2;
	__u64 addr;
	__u64 dsisr;
	__u64 reserved3;
};

/**
 * struct cxl_event_afu_error - an error code of the accelerator
 * @flags: zero
 * @reserved1: zero
 * @reserved2: zero
 * @error: AFU_ERR_An, defined by the accelerator
 */
struct cxl_event_afu_error {
	__u16 flags;
	__u16 reserved1;
	__u32 reserved2;
	__u64 error;
};

/**
 * struct cxl_event_afu_driver_reserved - event of a kernel AFU driver
 * @data_size: bytes in @data; not part of what read() returns
 * @data: defined by that driver
 */
struct cxl_event_afu_driver_reserved {
	__u32 data_size;
	__u8 data[];
};

/**
 * struct cxl_event - what read() of an AFU device returns
 * @header: type and true size
 * @irq: for CXL_EVENT_AFU_INTERRUPT
 * @fault: for CXL_EVENT_DATA_STORAGE
 * @afu_error: for CXL_EVENT_AFU_ERROR
 * @afu_driver_event: for CXL_EVENT_AFU_DRIVER
 */
struct cxl_event {
	struct cxl_event_header header;
	union {
		struct cxl_event_afu_interrupt irq;
		struct cxl_event_data_storage fault;
		struct cxl_event_afu_error afu_error;
		struct cxl_event_afu_driver_reserved afu_driver_event;
	};
};

#endif /* _UAPI_MISC_CXL_H */
