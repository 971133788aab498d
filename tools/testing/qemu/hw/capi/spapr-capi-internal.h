/*
 * PAPR coherent platform facility: what its files share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CAPI_SPAPR_CAPI_INTERNAL_H
#define HW_CAPI_SPAPR_CAPI_INTERNAL_H

#include "hw/capi/psl.h"
#include "hw/capi/spapr-capi.h"
#include "hw/ppc/spapr.h"

#define TYPE_SPAPR_CAPI "spapr-capi"
OBJECT_DECLARE_SIMPLE_TYPE(SpaprCapi, SPAPR_CAPI)

#define H_ATTACH_CA_PROCESS         0x344
#define H_CONTROL_CA_FUNCTION       0x348
#define H_DETACH_CA_PROCESS         0x34c
#define H_COLLECT_CA_INT_INFO       0x350
#define H_CONTROL_CA_FAULTS         0x354
#define H_DOWNLOAD_CA_FUNCTION      0x35c
#define H_DOWNLOAD_CA_FACILITY      0x364
#define H_CONTROL_CA_FACILITY       0x368

#ifndef H_BAD_DATA
#define H_BAD_DATA  -70
#endif
#ifndef H_SG_LIST
#define H_SG_LIST   -72
#endif
#ifndef H_STATE
#define H_STATE     -75
#endif

/* Error states of a function */
#define CAPI_STATE_NORMAL       1
#define CAPI_STATE_DISABLED     2
#define CAPI_STATE_TEMPORARY    3
#define CAPI_STATE_PERMANENT    4

#define SPAPR_CAPI_FUNCTIONS    4
#define SPAPR_CAPI_BITMAP_ISNS  2048
#define SPAPR_CAPI_PAGE         4096
#define SPAPR_CAPI_IMAGE_HEADER 128

/* A property that was not set: the AFU or the machine decides */
#define CAPI_DEFAULT32          UINT32_MAX
#define CAPI_DEFAULT64          UINT64_MAX

typedef struct SpaprCapiFunction SpaprCapiFunction;
typedef struct SpaprCapiOp SpaprCapiOp;
typedef struct SpaprCapiIrq SpaprCapiIrq;

/* Kinds of long operations whose time can be set */
typedef enum SpaprCapiDelayClass {
    CAPI_DELAY_ATTACH,
    CAPI_DELAY_DETACH,
    CAPI_DELAY_RESET,           /* function reset */
    CAPI_DELAY_CONTROL,         /* other operations on a function */
    CAPI_DELAY_FACILITY,
    CAPI_DELAY_DOWNLOAD,
    CAPI_DELAY__MAX,
} SpaprCapiDelayClass;

typedef struct SpaprCapiDelay {
    uint32_t ms;
    uint32_t rounds;            /* busy answers, UINT32_MAX: for ever */
} SpaprCapiDelay;

typedef enum SpaprCapiIrqKind {
    CAPI_IRQ_PSL,
    CAPI_IRQ_AFU,
    CAPI_IRQ_ERROR,
    CAPI_IRQ__MAX,
} SpaprCapiIrqKind;

/* After @skip interrupts of a kind, @count get lost */
typedef struct SpaprCapiLoss {
    uint64_t count;
    uint64_t skip;
} SpaprCapiLoss;

/* A process element, by its handle */
typedef struct SpaprCapiProcess {
    uint64_t token;             /* 0: free */
    PslContext *ctx;            /* NULL while the attach is busy */
    uint32_t *isns;             /* [0] is the PSL's */
    uint32_t nr_isns;
    bool stuck;                 /* its detach does not end */
} SpaprCapiProcess;

struct SpaprCapiFunction {
    SpaprCapi *capi;
    uint32_t index;
    bool absent;                /* the image of the card has no such function */
    uint32_t max_processes;
    uint64_t handle;
    CapiAfu *afu;
    PslSlice slice;
    uint32_t state;
    bool resetting;
    SpaprCapiProcess *proc;
    uint32_t nr_ints;           /* of all processes */
    uint64_t serr;
    uint64_t plid;
    uint32_t error_isn;
    uint32_t slbia_reads;       /* reads of SLBIA_An still to be "pending" */
    hwaddr p2_addr;
    hwaddr psa_addr;
    MemoryRegion p2;
    MemoryRegion psa;
};

/* One hypercall */
typedef struct SpaprCapiCall {
    SpaprCapi *capi;
    SpaprCapiFunction *fn;      /* NULL: the handle is the facility's */
    target_ulong opcode;
    target_ulong *args;
} SpaprCapiCall;

/**
 * struct SpaprCapiOp - an operation that may take several hypercalls
 * @commit: do it; runs once, when its time has come
 * @release: undo what was reserved if @commit will never run, may be NULL
 * @out: values for R4 and up if @rc is H_SUCCESS or H_CONTINUE
 */
struct SpaprCapiOp {
    uint64_t token;
    SpaprCapi *capi;
    SpaprCapiFunction *fn;
    target_ulong opcode;
    target_ulong operation;
    target_ulong arg[4];
    PslElement el;
    target_long (*commit)(SpaprCapiOp *op);
    void (*release)(SpaprCapiOp *op);
    uint32_t rounds;
    int64_t ready_ns;
    QEMUTimer *timer;
    bool done;
    target_long rc;
    target_ulong out[3];
    unsigned nr_out;
    QTAILQ_ENTRY(SpaprCapiOp) next;
};

/* An answer that a test has ordered */
typedef struct SpaprCapiInjection {
    uint64_t opcode;
    int64_t operation;          /* -1: any */
    int64_t rc;
    uint64_t count;
    uint64_t skip;
    QTAILQ_ENTRY(SpaprCapiInjection) next;
} SpaprCapiInjection;

/* How far the download of an image has come */
typedef enum SpaprCapiPhase {
    CAPI_FLASH_IDLE,
    CAPI_FLASH_DOWNLOAD,
    CAPI_FLASH_DOWNLOADED,
    CAPI_FLASH_VALIDATE,
    CAPI_FLASH_VALIDATED,       /* takes effect when the facility is reset */
    CAPI_FLASH_ABANDONED,       /* until the facility is reset */
} SpaprCapiPhase;

typedef struct SpaprCapiFlash {
    SpaprCapiPhase phase;
    bool busy;                  /* a piece is being worked on */
    uint64_t token;             /* of the next piece */
    GByteArray *image;          /* with its header */
    uint64_t pos;               /* compared so far */
    QEMUTimer *timer;
} SpaprCapiFlash;

typedef struct SpaprCapiIsn {
    uint8_t fn;                 /* index + 1 of the owner */
    uint16_t refs;
} SpaprCapiIsn;

struct SpaprCapi {
    DeviceState parent_obj;

    /* configuration */
    char *afu_type;
    char *status;
    char *loc_code;
    uint32_t nr_functions;
    uint32_t processes;
    uint32_t nr_isns;
    uint32_t min_ints;
    uint32_t max_ints;
    uint32_t max_total_ints;
    uint64_t psa_size;
    uint64_t pp_offset;
    uint64_t pp_size;
    bool process_mmio;
    bool publish_mmio_size;
    bool privileged;
    bool privileged_facility;
    bool error_isn_in_pool;
    uint64_t err_buffer_size;
    uint32_t config_records;
    uint64_t config_record_size;
    uint32_t vpd_size;
    uint16_t vendor_id;
    uint16_t device_id;
    uint16_t subsystem_vendor_id;
    uint16_t subsystem_id;
    uint32_t flash_size;        /* 0: no images can be loaded */

    /* can change while the guest runs */
    bool licensed;
    bool mask_at_attach;
    bool late_interrupts;
    bool strict_end;
    bool lazy_removal;
    SpaprCapiDelay delay[CAPI_DELAY__MAX];
    uint32_t busy_code;
    uint32_t reset_ms;
    uint32_t slbia_reads;
    SpaprCapiLoss loss[CAPI_IRQ__MAX];
    uint32_t irq_delay_ms;
    uint32_t flash_abandon_ms;
    uint32_t update_piece;      /* bytes that ibm,update-* store at once */

    /* state */
    SpaprMachineState *spapr;
    uint32_t index;
    uint64_t handle;
    uint32_t state;
    bool resetting;
    QEMUTimer *reset_timer;
    SpaprCapiFlash flash;
    GByteArray *image;          /* what the FPGA was loaded with, if it was */
    uint32_t psl_revision;
    SpaprCapiFunction fn[SPAPR_CAPI_FUNCTIONS];
    uint32_t isn_base;
    SpaprCapiIsn *isn;
    uint32_t token_seq;         /* upper half of process tokens */
    uint64_t op_seq;            /* continue tokens */
    uint32_t nr_ops;
    uint32_t plid_seq;
    QEMUTimer *irq_timer;
    uint32_t nr_irqs;
    QTAILQ_HEAD(, SpaprCapiIrq) irqs;   /* by the time of their arrival */
    QTAILQ_HEAD(, SpaprCapiOp) ops;
    QTAILQ_HEAD(, SpaprCapiInjection) injections;
    QTAILQ_ENTRY(SpaprCapi) next;
};

typedef QTAILQ_HEAD(SpaprCapiList, SpaprCapi) SpaprCapiList;
extern SpaprCapiList spapr_capi_list;

/* spapr-capi.c */
void spapr_capi_set_state(SpaprCapiFunction *fn, uint32_t state);
bool spapr_capi_is_ram(SpaprCapi *capi, hwaddr addr, uint64_t len);
bool spapr_capi_read(SpaprCapi *capi, hwaddr addr, void *buf, uint64_t len);
bool spapr_capi_write(SpaprCapi *capi, hwaddr addr, void *buf, uint64_t len);

/* spapr-capi-host.c */
extern const PslHostOps spapr_capi_host_ops;
void spapr_capi_mask_isn(SpaprCapi *capi, uint32_t isn);
void spapr_capi_withdraw_isn(SpaprCapi *capi, uint32_t isn);
void spapr_capi_raise_isn(SpaprCapi *capi, uint32_t isn);

/* spapr-capi-isn.c */
void spapr_capi_isns_init(void);
bool spapr_capi_check_isns(SpaprCapi *capi, Error **errp);
void spapr_capi_reserve_isns(SpaprCapi *capi, bool on);

/* spapr-capi-irq.c */
void spapr_capi_irq_send(SpaprCapiFunction *fn, SpaprCapiIrqKind kind,
                         uint32_t isn, uint64_t token);
void spapr_capi_irq_spurious(SpaprCapiFunction *fn, SpaprCapiIrqKind kind,
                             uint32_t isn, uint64_t token, uint32_t count);
void spapr_capi_irq_withdraw(SpaprCapiFunction *fn, uint64_t token);
void spapr_capi_irq_reset(SpaprCapi *capi);
void spapr_capi_irq_init(SpaprCapi *capi);

/* spapr-capi-hpt.c */
bool spapr_capi_hpt_maps(SpaprCapi *capi, hwaddr start, uint64_t size);

/* spapr-capi-mmio.c */
void spapr_capi_mmio_init(SpaprCapiFunction *fn);
void spapr_capi_mmio_fini(SpaprCapiFunction *fn);

/* spapr-capi-op.c */
SpaprCapiOp *spapr_capi_op_new(SpaprCapiCall *c, target_ulong operation);
target_long spapr_capi_op_start(SpaprCapiCall *c, SpaprCapiOp *op,
                                SpaprCapiDelayClass delay);
target_long spapr_capi_op_continue(SpaprCapiCall *c, target_ulong operation,
                                   uint64_t token);
SpaprCapiOp *spapr_capi_op_find(SpaprCapiFunction *fn, target_ulong opcode,
                                target_ulong arg0);
target_long spapr_capi_op_join(SpaprCapiCall *c, SpaprCapiOp *op);
void spapr_capi_op_unstick(SpaprCapi *capi);
void spapr_capi_op_abort_attach(SpaprCapiFunction *fn);
void spapr_capi_op_cancel(SpaprCapi *capi, target_ulong opcode);
void spapr_capi_op_cancel_all(SpaprCapi *capi);

/* spapr-capi-process.c */
SpaprCapiProcess *spapr_capi_process(SpaprCapiFunction *fn, uint64_t token);
void spapr_capi_drop_processes(SpaprCapiFunction *fn);
target_long spapr_capi_attach(SpaprCapiCall *c);
target_long spapr_capi_detach(SpaprCapiCall *c);

/* spapr-capi-fault.c */
target_long spapr_capi_collect(SpaprCapiCall *c);
target_long spapr_capi_faults(SpaprCapiCall *c);

/* spapr-capi-control.c */
target_long spapr_capi_control_function(SpaprCapiCall *c);
target_long spapr_capi_control_facility(SpaprCapiCall *c);

/* spapr-capi-vpd.c */
target_long spapr_capi_vpd(SpaprCapi *capi, const char *name, hwaddr list,
                           uint64_t entries, uint32_t max, target_ulong *len);
bool spapr_capi_list_entry(SpaprCapi *capi, hwaddr list, uint64_t i,
                           uint64_t *addr, uint64_t *len);
target_long spapr_capi_check_list(SpaprCapi *capi, hwaddr list,
                                  uint64_t entries);

/* spapr-capi-image.c */
uint64_t spapr_capi_image_size(SpaprCapi *capi, const uint8_t *header);
target_long spapr_capi_image_check(SpaprCapi *capi, const GByteArray *image);
void spapr_capi_image_activate(SpaprCapi *capi, const GByteArray *image);

/* spapr-capi-download.c */
target_long spapr_capi_download_facility(SpaprCapiCall *c);
bool spapr_capi_flash_under_way(SpaprCapi *capi);
void spapr_capi_flash_reset(SpaprCapi *capi);
void spapr_capi_flash_init(SpaprCapi *capi);
void spapr_capi_add_flash_properties(Object *obj);

/* spapr-capi-fdt.c */
void spapr_capi_card_dt(SpaprCapi *capi, void *fdt);

/* spapr-capi-rtas.c */
void spapr_capi_add_rtas_properties(Object *obj);

/* spapr-capi-inject.c */
void spapr_capi_add_properties(Object *obj);
bool spapr_capi_injected(SpaprCapiCall *c, target_long *rc);
void spapr_capi_free_injections(SpaprCapi *capi);

/* spapr-capi-inject-args.c */
SpaprCapiFunction *spapr_capi_arg_function(SpaprCapi *capi,
                                           const char *property,
                                           const char *text, Error **errp);
SpaprCapiProcess *spapr_capi_arg_process(SpaprCapiFunction *fn,
                                         const char *property,
                                         const char *text, Error **errp);

/* spapr-capi-inject-state.c */
void spapr_capi_add_state_properties(Object *obj);

/* spapr-capi-inject-fault.c */
void spapr_capi_add_fault_properties(Object *obj);

/* spapr-capi-inject-irq.c */
void spapr_capi_add_irq_properties(Object *obj);

#endif /* HW_CAPI_SPAPR_CAPI_INTERNAL_H */
