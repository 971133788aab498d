/*
 * The interface between an accelerator model (AFU) and the PSL model
 *
 * An AFU model sees contexts by handle, accesses memory by effective address
 * and raises interrupts by logical source number. It knows nothing of the
 * platform that hosts the card.
 *
 * Everything here runs under the big QEMU lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CAPI_AFU_H
#define HW_CAPI_AFU_H

#include "hw/sysbus.h"
#include "qemu/queue.h"
#include "qom/object.h"

#define TYPE_CAPI_AFU "capi-afu"
OBJECT_DECLARE_TYPE(CapiAfu, CapiAfuClass, CAPI_AFU)

typedef struct PslSlice PslSlice;
typedef struct PslContext PslContext;
typedef struct CapiAccess CapiAccess;

/* Answers of the PSL to a command of the AFU */
typedef enum CapiResp {
    CAPI_RESP_DONE = 0,
    CAPI_RESP_AERROR = 1,
    CAPI_RESP_DERROR = 3,
    CAPI_RESP_NLOCK = 4,
    CAPI_RESP_NRES = 5,
    CAPI_RESP_FLUSHED = 6,
    CAPI_RESP_FAULT = 7,
    CAPI_RESP_FAILED = 8,
    CAPI_RESP_PAGED = 10,
    CAPI_RESP_CONTEXT = 11,
    /* not a PSL code: CapiAccess.done will be called later */
    CAPI_RESP_PENDING = 0x100,
} CapiResp;

typedef enum CapiAccessType {
    CAPI_ACCESS_READ,
    CAPI_ACCESS_WRITE,
    /* atomic read-modify-write of 4 or 8 bytes through CapiAccess.modify */
    CAPI_ACCESS_ATOMIC,
} CapiAccessType;

/* A fault that waits for, or has been given to, the operating system */
typedef struct PslFault {
    PslContext *ctx;
    CapiAccess *acc;            /* NULL if no access caused it */
    uint64_t dsisr;
    uint64_t dar;
    uint64_t dsr;
    uint64_t afu_err;
    uint64_t errstat;
    QTAILQ_ENTRY(PslFault) next;
} PslFault;

/**
 * struct CapiAccess - one command of an AFU to the PSL
 * @type: what to do
 * @ea: effective address
 * @buf: data, @len bytes; unused by atomics
 * @len: bytes, any number for reads and writes, 4 or 8 for atomics
 * @modify: atomics: new value for a big-endian operand, false: do not store
 * @done: called if psl_access() returned CAPI_RESP_PENDING
 * @opaque: for the owner
 *
 * The rest belongs to the PSL. The structure must stay in place until the
 * access is complete.
 */
struct CapiAccess {
    CapiAccessType type;
    uint64_t ea;
    uint8_t *buf;
    uint32_t len;
    bool (*modify)(CapiAccess *acc, uint64_t old, uint64_t *new);
    void (*done)(CapiAccess *acc, CapiResp resp);
    void *opaque;

    PslContext *ctx;
    uint32_t pos;
    CapiResp resp;
    PslFault fault;
    QTAILQ_ENTRY(CapiAccess) next;
};

/* What an AFU offers; the host of the card may override it before realize */
typedef struct CapiAfuGeometry {
    uint64_t psa_size;          /* problem state area, bytes */
    uint64_t pp_offset;         /* first per-process window in it */
    uint64_t pp_size;           /* bytes per window */
    uint32_t processes;         /* contexts that can exist at a time */
    uint32_t config_records;
    uint64_t config_record_size;
    uint64_t err_buffer_size;
    uint32_t min_ints;          /* AFU interrupts per context */
} CapiAfuGeometry;

struct CapiAfu {
    SysBusDevice parent_obj;

    CapiAfuGeometry geom;
    PslSlice *slice;
};

/**
 * struct CapiAfuClass - what a model implements
 * @reset: forget every context and every register
 * @context_size: bytes of per-context state, zeroed before @add
 * @add: a context was added; afu_context() is its state
 * @terminate: issue nothing new for this context
 * @remove: drop all state of the context
 * @psa_read, @psa_write: problem state area, whole-area offset, 4 or 8 bytes,
 *     naturally aligned, value in register order
 * @config_read: bytes of configuration record @rec, inside its size
 * @err_read: bytes of the error buffer, inside its size
 * @vpd: optional, add keywords to the read-only part of the card's VPD
 */
struct CapiAfuClass {
    SysBusDeviceClass parent_class;

    size_t context_size;
    void (*reset)(CapiAfu *afu);
    void (*add)(CapiAfu *afu, PslContext *ctx);
    void (*terminate)(CapiAfu *afu, PslContext *ctx);
    void (*remove)(CapiAfu *afu, PslContext *ctx);
    uint64_t (*psa_read)(CapiAfu *afu, uint64_t offset, unsigned size);
    void (*psa_write)(CapiAfu *afu, uint64_t offset, uint64_t val,
                      unsigned size);
    void (*config_read)(CapiAfu *afu, uint32_t rec, uint64_t offset,
                        uint8_t *buf, uint32_t len);
    void (*err_read)(CapiAfu *afu, uint64_t offset, uint8_t *buf,
                     uint32_t len);
    void (*vpd)(CapiAfu *afu, GByteArray *ro);
};

/* Services of the PSL */
CapiResp psl_access(PslContext *ctx, CapiAccess *acc);
CapiResp psl_interrupt(PslContext *ctx, uint32_t source);
void psl_restart(PslContext *ctx);
void psl_afu_error(PslContext *ctx, uint64_t code);
uint64_t psl_timebase(PslSlice *slice);

uint32_t psl_context_handle(const PslContext *ctx);
uint64_t psl_context_wed(const PslContext *ctx);
void *psl_context_afu_state(PslContext *ctx);
PslContext *psl_context_by_handle(PslSlice *slice, uint32_t handle);

#endif /* HW_CAPI_AFU_H */
