/*
 * CAPI card of a bare metal POWER8 machine: what its files share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CAPI_PNV_CAPI_H
#define HW_CAPI_PNV_CAPI_H

#include "hw/capi/psl.h"
#include "hw/pci/pci.h"
#include "hw/ppc/pnv.h"
#include "hw/pci-host/pnv_phb3.h"
#include "target/ppc/cpu.h"

#define TYPE_PNV_CAPI "pnv-capi"
OBJECT_DECLARE_SIMPLE_TYPE(PnvCapi, PNV_CAPI)

#define PNV_CAPI_SLICES         4
#define PNV_CAPI_UNIT           (64 * KiB)  /* of offsets in the VSEC */
#define PNV_CAPI_NEVER          UINT32_MAX  /* a time that does not come */

/* A property that was not set: the AFU decides */
#define PNV_CAPI_DEFAULT32      UINT32_MAX
#define PNV_CAPI_DEFAULT64      UINT64_MAX

/* In the descriptor area */
#define PNV_CAPI_DESC_HEADER    0x50
#define PNV_CAPI_CR_OFFSET      0x100
#define PNV_CAPI_EB_OFFSET      0x1000

/* Programming models, as the descriptor names them */
#define PNV_CAPI_MODELS         0x8000  /* the others are valid */
#define PNV_CAPI_DEDICATED      0x0010
#define PNV_CAPI_DIRECTED       0x0004

/* Configuration space */
#define PNV_CAPI_EXP            0x80
#define PNV_CAPI_VPD            0xc0
#define PNV_CAPI_AER            0x100
#define PNV_CAPI_VSEC           0x400
#define PNV_CAPI_VSEC_SIZE      0x80

#define VSEC_AFUS               0x08
#define VSEC_STATUS             0x09
#define VSEC_MODE               0x0a
#define   VSEC_MODE_AREA            0xe0
#define   VSEC_MODE_256TB           0x20
#define   VSEC_MODE_CAPI            0x01
#define VSEC_PSL_REVISION       0x0c
#define VSEC_CAIA_MINOR         0x0e
#define VSEC_CAIA_MAJOR         0x0f
#define VSEC_BASE_IMAGE         0x10
#define VSEC_IMAGE              0x13
#define   VSEC_IMAGE_USER           0x80
#define   VSEC_IMAGE_LOAD           0x20
#define   VSEC_IMAGE_SELECT         0x10
#define VSEC_DESC_OFFSET        0x20
#define VSEC_DESC_SIZE          0x24
#define VSEC_PS_OFFSET          0x28
#define VSEC_PS_SIZE            0x2c

/* The CAPP unit of the chip */
#define CAPP_REGS               0x805
#define CAPP_ERR_STATUS         0x00e
#define   CAPP_ERR_RECOVERY         PPC_BIT(0)
#define   CAPP_ERR_DONE             PPC_BIT(1)
#define   CAPP_ERR_FAILED           PPC_BIT(5)
#define CAPP_SNOOP_CONFIG       0x01a
#define CAPP_TB                 0x026
#define CAPP_TFMR               0x027

typedef struct PnvCapp {
    MemoryRegion xscom;
    uint64_t reg[CAPP_REGS];
} PnvCapp;

/* What the host bridge lacks, in front of its own registers */
typedef struct PnvCapiPhb {
    MemoryRegion nfir;
    MemoryRegion spci;
    MemoryRegion mmio;
    uint64_t pesta[PNV_PHB3_NUM_PE];
    uint64_t pestb[PNV_PHB3_NUM_PE];
    QEMUTimer *error;           /* an error interrupt that comes later */
    bool error_held;            /* or that nobody has taken yet */
    bool perst;                 /* reset line of the link asserted */
} PnvCapiPhb;

/* Adapter registers, PSL_SERR_An and others: see the CAIA */
#define P1_ERRIVTE              0x0008
#define   P1_ERRIVTE_TBERROR        PPC_BIT(31)
#define P1_CONTROL              0x0020
#define   P1_CONTROL_FLUSHED        0x0000000c00000000ULL
#define   P1_CONTROL_FLUSH          PPC_BIT(31)
#define   P1_CONTROL_TB             PPC_BIT(63)
#define P1_LBISEL               0x0080
#define P1_SLBIE                0x0088
#define P1_SLBIA                0x0090
#define P1_TLBIE                0x00a0
#define P1_TLBIA                0x00a8
#define P1_AFUSEL               0x00b0
#define   P1_AFUSEL_ALL             PPC_BIT(55)
#define P1_FIR1                 0x0100
#define P1_FIR2                 0x0108
#define P1_TIMEBASE             0x0110
#define P1_VERSION              0x0118
#define P1_DSNDCTL              0x0150
#define P1_SIZE                 0x10000
#define P1_REGS                 (0x180 / 8)

#define P1N_SIZE                0x100
#define P1N_SR                  0x00
#define P1N_LPID                0x08
#define P1N_AMBAR               0x10
#define P1N_SPOFFSET            0x18
#define P1N_ID                  0x20
#define   P1N_ID_FIRST_LAST         0x0000000300000000ULL
#define P1N_SERR                0x28
#define P1N_SDR                 0x30
#define P1N_AMOR                0x38
#define P1N_SPAP                0x88
#define   P1N_SPAP_V                PPC_BIT(63)
#define P1N_LLCMD               0x90
#define P1N_SCNTL               0xa0
#define   P1N_SCNTL_MODE            0x0000ffff00000000ULL
#define   P1N_SCNTL_DEDICATED       0x0000000200000000ULL
#define   P1N_SCNTL_DIRECTED        0x0000000400000000ULL
#define   P1N_SCNTL_PURGING         0x0000000001000000ULL
#define   P1N_SCNTL_PURGED          0x0000000003000000ULL
#define   P1N_SCNTL_PURGE           PPC_BIT(48)
#define   P1N_SCNTL_SUSPENDED       0x0000000000000300ULL
#define   P1N_SCNTL_SUSPEND         PPC_BIT(63)
#define P1N_IVTE_OFFSET         0xb0
#define P1N_IVTE_LIMIT          0xb8
#define P1N_FIR                 0xc0
#define P1N_AFU_DEBUG           0xc8

#define P2N_SIZE                0x1000
#define P2N_PID_TID             0x00
#define P2N_SSTP0               0x20
#define P2N_SSTP1               0x28
#define P2N_AMR                 0x30
#define P2N_SLBIE               0x40
#define P2N_SLBIA               0x48
#define P2N_SLBI_SELECT         0x50
#define P2N_DSISR               0x60
#define P2N_DAR                 0x68
#define P2N_DSR                 0x70
#define P2N_TFC                 0x78
#define P2N_PEHANDLE            0x80
#define P2N_ERRSTAT             0x88
#define P2N_AFU_CNTL            0x90
#define   AFU_CNTL_ES               0xe000000000000000ULL
#define   AFU_CNTL_ENABLED          0x8000000000000000ULL
#define   AFU_CNTL_E                PPC_BIT(3)
#define   AFU_CNTL_RESETTING        0x0400000000000000ULL
#define   AFU_CNTL_RESET_DONE       0x0800000000000000ULL
#define   AFU_CNTL_RA               PPC_BIT(7)
#define P2N_AFU_ERR             0x98
#define P2N_WED                 0xa0
#define P2N_REGS                (0xc0 / 8)

/* Operand of the invalidations: everything, a partition, a process */
#define LBI_QUALIFIER           3
#define LBI_ALL                 0
#define LBI_LPID                1
#define LBI_LPID_PID            3

#define PSL_SERR_AFUDIS         PPC_BIT(1)
#define PSL_SERR_BADSRC         PPC_BIT(3)
#define PSL_SERR_LLCMDDIS       PPC_BIT(5)
#define PSL_SERR_LLCMDTO        PPC_BIT(6)
#define PSL_SERR_IVTE           0x000000000000ffffULL

/* Linked list commands */
#define LLCMD_TERMINATE         1
#define LLCMD_REMOVE            2
#define LLCMD_SUSPEND           3
#define LLCMD_RESUME            4
#define LLCMD_ADD               5
#define LLCMD_UPDATE            6
#define LLCMD_ERROR             0x8000

typedef struct PnvCapiSlice PnvCapiSlice;

/*
 * Something that software has started and polls. It is shown as pending at
 * least once, and until its time has come.
 */
typedef struct PnvCapiWait {
    bool on;
    bool shown;
    int64_t until;
} PnvCapiWait;

typedef enum PnvCapiReset {
    CAPI_RESET_NONE,
    CAPI_RESET_PENDING,
    CAPI_RESET_DONE,
} PnvCapiReset;

struct PnvCapiSlice {
    PnvCapi *card;
    uint32_t index;
    CapiAfu *afu;
    PslSlice psl;
    uint64_t p1n[P1N_SIZE / 8];
    uint64_t p2n[P2N_REGS];
    uint64_t errstat;           /* what no fault shows any more */
    uint64_t afu_err;           /* of an AFU that has ended with an error */
    uint64_t pehandle;
    uint8_t *elements;          /* as they were when they were added */
    bool described;             /* reset once, so it has a descriptor */

    /* AFU_Cntl_An */
    bool e;
    bool enabled;
    bool ra;                    /* stays set with some AFUs */
    bool es_goal;               /* when es_wait is over */
    PnvCapiReset rs;
    PnvCapiWait es_wait;
    PnvCapiWait rs_wait;
    PnvCapiWait purge;
    PnvCapiWait slbia;
    uint32_t slbia_reads;       /* of SLBIA_An, still to be "pending" */

    /* the linked list command under way */
    QEMUTimer *llcmd_timer;
    uint64_t llcmd;             /* 0: none */
    bool llcmd_started;
    bool llcmd_lost;            /* for ever under way */
    MemoryRegion p1n_mr;
    MemoryRegion p2n_mr;
    MemoryRegion desc_mr;
    MemoryRegion ps_mr;
};

/* Milliseconds until something is done, PNV_CAPI_NEVER: it never is */
typedef enum PnvCapiDelay {
    CAPI_DELAY_ENABLE,
    CAPI_DELAY_DISABLE,
    CAPI_DELAY_RESET,
    CAPI_DELAY_PURGE,
    CAPI_DELAY_LLCMD,
    CAPI_DELAY_INVALIDATE,
    CAPI_DELAY_FLUSH,
    CAPI_DELAY__MAX,
} PnvCapiDelay;

typedef enum PnvCapiIrqKind {
    CAPI_IRQ_PSL,
    CAPI_IRQ_AFU,
    CAPI_IRQ_ERROR,             /* of a slice or the adapter */
    CAPI_IRQ__MAX,
} PnvCapiIrqKind;

/* After @skip interrupts of a kind, @count get lost */
typedef struct PnvCapiLoss {
    uint64_t count;
    uint64_t skip;
} PnvCapiLoss;

typedef struct PnvCapiLateIrq {
    uint64_t vector;
    int64_t when;
    QTAILQ_ENTRY(PnvCapiLateIrq) next;
} PnvCapiLateIrq;

/* How the next commands of a kind end, as a test has ordered it */
typedef enum PnvCapiLlcmdEnd {
    CAPI_LLCMD_ERROR,           /* status 0x8000 and the code */
    CAPI_LLCMD_ONES,            /* the whole doubleword */
    CAPI_LLCMD_SILENCE,         /* for ever pending */
    CAPI_LLCMD_TIMEOUT,         /* the same, and a slice error */
} PnvCapiLlcmdEnd;

typedef struct PnvCapiLlcmdInjection {
    uint64_t code;              /* 0: any */
    uint64_t count;             /* 0: nothing is ordered */
    PnvCapiLlcmdEnd end;
} PnvCapiLlcmdInjection;

struct PnvCapi {
    PCIDevice parent_obj;

    /* configuration */
    char *afu_type;
    GByteArray *vpd;
    uint32_t nr_slices;
    uint32_t processes;
    uint64_t psa_size;
    uint64_t pp_offset;
    uint64_t pp_size;
    uint64_t err_buffer_size;
    uint32_t config_records;
    uint64_t config_record_size;
    char *model;
    uint32_t models;            /* programming models the descriptor offers */
    bool ucode;
    bool user_image;

    /* can change while the guest runs */
    char *vsec_patch;
    char *image_patch[2];       /* of the factory image, of the user image */
    char *desc_patch;
    bool link_up;
    bool present;
    bool all_ones;
    bool timebase_sync;
    int64_t timebase_skew;      /* ns */
    bool lazy_removal;
    bool sticky_reset;
    bool silent_perst;
    uint32_t delay[CAPI_DELAY__MAX];
    PnvCapiLoss loss[CAPI_IRQ__MAX];
    uint32_t irq_delay_ms;
    uint32_t slbia_reads;
    PnvCapiLlcmdInjection llcmd_injection;

    /* state */
    PnvPHB3 *phb3;
    PnvCapp capp;
    PnvCapiPhb phb;
    MemoryRegion bar0;
    MemoryRegion bar2;
    MemoryRegion bar4;
    MemoryRegion p1_mr;
    PnvCapiSlice slice[PNV_CAPI_SLICES];
    uint64_t p1[P1_REGS];
    uint64_t tb_start;          /* of a time base that is not synchronised */
    bool tb_synced;
    bool invalidated_slb;       /* since the last reset */
    bool invalidated_tlb;
    bool reported_unreachable;
    uint64_t flushed_stores;    /* of all slices, at the last flush */
    QEMUTimer *late_timer;
    QTAILQ_HEAD(, PnvCapiLateIrq) late_irqs;    /* by time */
    PnvCapiWait flush;
    PnvCapiWait slbia;
    PnvCapiWait tlbia;
    uint64_t desc_offset;
    uint64_t desc_size;
    uint64_t ps_offset;
    uint64_t ps_size;
    int64_t quiet_until;        /* no configuration accesses before */
    bool in_perst_reset;
    bool loaded_user;           /* image */
    QTAILQ_ENTRY(PnvCapi) next;
};

/* pnv-capi.c */
void pnv_capi_violation(PnvCapi *card, const char *what, uint64_t val);
bool pnv_capi_dead(PnvCapi *card);
bool pnv_capi_link_down(PnvCapi *card);
void pnv_capi_lost(PnvCapi *card);
void pnv_capi_perst(PnvCapi *card);
const uint8_t *pnv_capi_vpd(PnvCapi *card, uint32_t *size);
void pnv_capi_wait_start(PnvCapi *card, PnvCapiWait *wait, PnvCapiDelay delay);
bool pnv_capi_wait_over(PnvCapiWait *wait);
bool pnv_capi_wait_idle(const PnvCapiWait *wait);

/* pnv-capi-config.c */
bool pnv_capi_config_init(PnvCapi *card, Error **errp);
void pnv_capi_config_reset(PnvCapi *card);
void pnv_capi_config_power_on(PnvCapi *card);
void pnv_capi_config_changed(PnvCapi *card);
uint32_t pnv_capi_config_read(PCIDevice *pdev, uint32_t addr, int len);
void pnv_capi_config_write(PCIDevice *pdev, uint32_t addr, uint32_t val,
                           int len);
bool pnv_capi_protocol_on(PnvCapi *card);

/* pnv-capi-capp.c */
void pnv_capp_init(PnvCapi *card);
void pnv_capp_reset(PnvCapi *card);
uint64_t pnv_capp_timebase(void);
bool pnv_capp_timebase_valid(PnvCapi *card);

/* pnv-capi-firmware.c */
void pnv_capi_firmware_init(PnvCapi *card);

/* pnv-capi-phb.c */
void pnv_capi_phb_init(PnvCapi *card);
void pnv_capi_phb_reset(PnvCapi *card);
bool pnv_capi_fenced(PnvCapi *card);
bool pnv_capi_config_injected(PnvCapi *card, bool store);
bool pnv_capi_frozen(PnvCapi *card);
bool pnv_capi_mode_on(PnvCapi *card);
void pnv_capi_fence(PnvCapi *card, int64_t notice_ms);
void pnv_capi_link_changed(PnvCapi *card);
void pnv_capi_freeze(PnvCapi *card, bool notice);

/* pnv-capi-adapter.c */
void pnv_capi_adapter_init(PnvCapi *card);
void pnv_capi_adapter_reset(PnvCapi *card);
void pnv_capi_adapter_check_flushed(PnvCapi *card);
void pnv_capi_adapter_cache_lost(PnvCapi *card);
void pnv_capi_adapter_error(PnvCapi *card, uint64_t fir1, bool timebase);

/* pnv-capi-slice.c */
void pnv_capi_slice_init(PnvCapiSlice *slice);
void pnv_capi_slice_reset(PnvCapiSlice *slice);
void pnv_capi_slice_lost(PnvCapiSlice *slice);
void pnv_capi_serr(PnvCapiSlice *slice, uint64_t status);

/* pnv-capi-control.c */
uint64_t pnv_capi_afu_cntl_read(PnvCapiSlice *slice);
void pnv_capi_afu_cntl_write(PnvCapiSlice *slice, uint64_t val);
uint64_t pnv_capi_scntl_read(PnvCapiSlice *slice);
void pnv_capi_scntl_write(PnvCapiSlice *slice, uint64_t val);
bool pnv_capi_afu_enabled(PnvCapiSlice *slice);
bool pnv_capi_dedicated(PnvCapiSlice *slice);
void pnv_capi_dedicated_update(PnvCapiSlice *slice);

/* pnv-capi-spa.c */
void pnv_capi_llcmd(PnvCapiSlice *slice, uint64_t val);
void pnv_capi_llcmd_drop(PnvCapiSlice *slice);
void pnv_capi_spa_init(PnvCapiSlice *slice);

/* pnv-capi-element.c */
void pnv_capi_element_from_registers(PnvCapiSlice *slice, PslElement *el);
void pnv_capi_element_from_memory(PnvCapiSlice *slice, const uint8_t *pe,
                                  PslElement *el);

/* pnv-capi-afu.c */
void pnv_capi_afu_areas_init(PnvCapiSlice *slice);

/* pnv-capi-host.c */
extern const PslHostOps pnv_capi_host_ops;
void pnv_capi_msi(PnvCapi *card, PnvCapiIrqKind kind, uint64_t vector);
void pnv_capi_drop_late_irqs(PnvCapi *card);
void pnv_capi_irqs_init(PnvCapi *card);

/* pnv-capi-inject.c */
void pnv_capi_add_properties(Object *obj);

/* pnv-capi-patch.c */
bool pnv_capi_patch(uint8_t *buf, uint32_t size, bool big_endian,
                    const char *property, const char *patch, Error **errp);

#endif /* HW_CAPI_PNV_CAPI_H */
