/*
 * The SISLite storage AFU: what its files share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CAPI_AFU_SISLITE_H
#define HW_CAPI_AFU_SISLITE_H

#include "hw/capi/afu.h"
#include "hw/scsi/scsi.h"
#include "qemu/timer.h"

#define TYPE_CAPI_AFU_SISLITE "capi-afu-sislite"
OBJECT_DECLARE_SIMPLE_TYPE(CapiAfuSislite, CAPI_AFU_SISLITE)

#define SIS_CONTEXTS            512
#define SIS_PORTS               4
#define SIS_LUNS                256     /* entries of the LUN table of a port */

/* Map of the problem state area */
#define SIS_HOST_SIZE           0x10000
#define SIS_CTRL_BASE           0x2000000
#define SIS_CTRL_SIZE           0x80
#define SIS_GLOBAL_BASE         0x2010000
#define SIS_PAGE                0x1000
#define SIS_MAP_END             0x2020000

/* endian_ctrl: either bit */
#define SIS_ENDIAN_BIG          0x8000000000000080ULL

/* intr_status */
#define SIS_INTR_ROOM           0x10
#define SIS_INTR_IOARCB         0x08
#define SIS_INTR_IOASA          0x04
#define SIS_INTR_RRQ            0x02

/* ctx_cap */
#define SIS_CAP_PROXY           0x8000000000000000ULL
#define SIS_CAP_REAL            0x4000000000000000ULL
#define SIS_CAP_TRANSLATE       0x2000000000000000ULL
#define SIS_CAP_TARGET          0x1000000000000000ULL
#define SIS_CAP_AFU             0x8ULL
#define SIS_CAP_OTHER           0x4ULL
#define SIS_CAP_WRITE           0x2ULL
#define SIS_CAP_READ            0x1ULL

/* afu_config */
#define SIS_CONFIG_RESET        0x8040000060000022ULL
#define SIS_CONFIG_CAP_OVERRIDE 0x4000000000000000ULL
#define SIS_CONFIG_ROOM         0x0000ff0000000000ULL
#define SIS_CONFIG_ROOM_SHIFT   40
#define SIS_CONFIG_MBOX_CLEAR   0x10ULL

/* interface_version */
#define SIS_VERSION_SQ          0x4000000000000000ULL

/* Events of a port, in its byte of aintr_status */
#define SIS_EVENT_LINK_UP       0x01
#define SIS_EVENT_LINK_DN       0x02
#define SIS_EVENT_LOGI_S        0x04
#define SIS_EVENT_LOGI_F        0x08
#define SIS_EVENT_LOGI_R        0x10
#define SIS_EVENT_CRC_T         0x20
#define SIS_EVENT_LOGO          0x40
#define SIS_EVENT_OTHER         0x80

/* IOARCB */
#define SIS_IOARCB_SIZE         64
#define SIS_REQ_HANDLE          0x8000
#define SIS_REQ_SUP_UNDERRUN    0x4000
#define SIS_REQ_TIMEOUT_UNIT    0x00c0
#define SIS_REQ_TMF             0x0004
#define SIS_REQ_AFU             0x0002
#define SIS_REQ_WRITE           0x0001

/* CDB of an AFU command */
#define SIS_AFU_SYNC            0xc0
#define   SIS_SYNC_HEAVY            1
#define   SIS_SYNC_GLOBAL           2

/* IOASA */
#define SIS_IOASA_SIZE          32      /* what the AFU writes of it */
#define SIS_SENSE_SIZE          20
#define SIS_SENSE_VALID         0x80
#define SIS_OVERRUN             0x20
#define SIS_UNDERRUN            0x10

/* afu_rc */
#define SIS_AFU_RHT_INVALID     0x01
#define SIS_AFU_RHT_UNALIGNED   0x02
#define SIS_AFU_RHT_HANDLE      0x03
#define SIS_AFU_RHT_DMA         0x04
#define SIS_AFU_RHT_PERM        0x05
#define SIS_AFU_LXT_UNALIGNED   0x12
#define SIS_AFU_LXT_BOUNDS      0x13
#define SIS_AFU_LXT_DMA         0x14
#define SIS_AFU_LXT_PERM        0x15
#define SIS_AFU_NO_TRANSLATE    0x1a
#define SIS_AFU_NO_PORT         0x20
#define SIS_AFU_NO_CAP          0x21
#define SIS_AFU_DATA_DMA        0x31
#define SIS_AFU_TIMEOUT         0x51
#define SIS_AFU_DIRECTION       0x62

/* fc_rc */
#define SIS_FC_UNEXPECTED       0x55
#define SIS_FC_LINK_DOWN        0x57
#define SIS_FC_ABORTED          0x58
#define   SIS_ABORT_TIMEOUT         1
#define   SIS_ABORT_AFU             2
#define SIS_FC_SHUT_DOWN        0x5e
#define   SIS_SHUT_DOWN_NEW         1
#define   SIS_SHUT_DOWN_ACTIVE      2

typedef struct SisCommand SisCommand;
typedef QTAILQ_HEAD(, SisCommand) SisCommandList;
typedef void SisThen(SisCommand *cmd, CapiResp resp);

/* Both areas of a context. They exist whether there is a context or not */
typedef struct SisContext {
    CapiAfuSislite *afu;
    PslContext *psl;            /* NULL: no context, or one that ends */
    uint32_t handle;

    /* host transport */
    uint64_t endian_ctrl;
    uint64_t intr_status;
    uint64_t intr_mask;
    uint64_t ioarrin;
    uint64_t rrq_start;
    uint64_t rrq_end;
    uint64_t ctx_ctrl;
    uint64_t mbox;
    uint64_t sq_start;
    uint64_t sq_end;
    uint64_t sq_head;
    uint64_t sq_tail;

    /* provisioning and control */
    uint64_t rht_start;
    uint64_t rht_cnt_id;
    uint64_t ctx_cap;
    bool rht_start_written;     /* since the last context was removed */
    bool rht_cnt_id_written;
    bool mbox_valid;
    bool mbox_read;             /* unlocks ctx_cap */

    uint32_t unfetched;         /* IOARCBs that wait for their fetch */
    uint32_t active;            /* commands that have not ended */
    bool resetting;             /* a context reset has been asked for */
    uint32_t zombies;           /* dropped commands that the PSL works on */
    SisCommandList commands;    /* that were issued here, oldest first */
    SisCommandList rrq;         /* those that wait for their RRQ entry */
    SisCommand *rrq_writing;
    uint64_t rrq_pos;
    bool rrq_toggle;
} SisContext;

typedef struct SisPort {
    uint64_t cmdconfig;
    uint64_t config;
    uint64_t config2;
    uint64_t pname;
    uint64_t nname;
    uint64_t error;
    uint64_t errcap;
    uint64_t errmsk;
    uint64_t crc_count;
    uint64_t crc_thresh;
    uint64_t target[4];         /* D_ID, WWPN, WWNN, limits: informational */
    uint64_t lun[SIS_LUNS];
    uint32_t disks;             /* LUNs behind it */
    bool cable_out;             /* a test has pulled it */
    bool online;                /* as last seen, to notice a change */
    bool ready;
} SisPort;

/* What a test has ordered for commands to come */
typedef struct SisInjection {
    int opcode;                 /* of the CDB, -1: any */
    bool hang;
    uint8_t afu_rc;
    uint8_t fc_rc;
    uint8_t scsi_rc;
    uint8_t extra;
    SCSISense sense;
    uint64_t count;
    uint64_t skip;
    QTAILQ_ENTRY(SisInjection) next;
} SisInjection;

/* What the IOASA will say */
typedef struct SisResult {
    uint8_t flags;
    uint8_t afu_rc;
    uint8_t scsi_rc;
    uint8_t fc_rc;
    uint8_t afu_extra;
    uint8_t scsi_extra;
    uint8_t fc_extra;
    uint32_t resid;
    uint8_t sense[SIS_SENSE_SIZE];
} SisResult;

/*
 * A command from its submission to its RRQ entry. The lists, the PSL while it
 * has @acc, and the SCSI layer while it has @req hold one reference each.
 */
struct SisCommand {
    CapiAfuSislite *afu;
    SisContext *ctx;            /* that has issued it */
    unsigned refs;
    uint64_t seq;
    bool sq;                    /* comes from the submission queue */
    bool dead;                  /* nothing more may be seen of it */
    bool in_fifo;               /* linked by @queued */
    bool in_rrq;
    bool unfetched;             /* counts in ctx->unfetched */
    bool accessing;             /* the PSL has @acc */
    bool in_scsi;               /* the SCSI layer has @req */
    bool aborting;              /* ends as soon as neither has */
    bool finishing;             /* has a result, which is being delivered */
    bool waiting;               /* for older commands */

    CapiAccess acc;
    SisThen *then;

    uint64_t ea;                /* of the IOARCB */
    uint64_t ioasa_ea;
    uint8_t ioarcb[SIS_IOARCB_SIZE];
    uint32_t ctx_id;
    uint32_t flags;
    uint32_t handle_or_ports;
    uint64_t lun_id;
    uint32_t data_len;
    uint64_t data_ea;
    uint8_t cdb[16];

    /* resource translation */
    uint8_t entry[16];
    uint32_t lun_index;
    bool by_index;              /* LUN id is in the LUN table of the port */
    uint8_t nmask;              /* log2 of the blocks of a chunk */

    int port;                   /* -1: none yet */
    int lun;
    SCSIRequest *req;
    uint32_t pos;               /* bytes transferred */
    uint8_t *page;              /* a changed answer of the device */

    SisResult result;
    uint8_t ioasa[SIS_IOASA_SIZE];
    uint64_t rrq_pos;
    QEMUTimer *timer;           /* the command's own timeout */

    QTAILQ_ENTRY(SisCommand) in_afu;
    QTAILQ_ENTRY(SisCommand) in_ctx;
    QTAILQ_ENTRY(SisCommand) queued;    /* afu->fifo or ctx->rrq */
};

struct CapiAfuSislite {
    CapiAfu parent_obj;

    SCSIBus bus;
    SisContext ctx[SIS_CONTEXTS];
    SisPort port[SIS_PORTS];

    uint64_t aintr_status;
    uint64_t aintr_mask;
    uint64_t afu_ctrl;
    uint64_t afu_hb;
    uint64_t scratch;
    uint64_t port_sel;
    uint64_t afu_config;
    uint64_t fetch_timeout;
    uint64_t reg48;
    uint64_t parity_mask;

    uint64_t seq;
    SisCommandList commands;    /* all of them, oldest first */
    SisCommandList fifo;        /* that have not been fetched */
    QEMUTimer *timer;

    /* properties */
    uint32_t ports;
    uint32_t room;
    uint32_t fetch_us;
    uint64_t version;
    char *image;
    char *wwpn[SIS_PORTS];
    bool stuck_reset;
    QTAILQ_HEAD(, SisInjection) injections;
    uint64_t stat_commands;
    uint64_t stat_completed;
};

static inline bool sis_big_endian(const SisContext *ctx)
{
    return ctx->endian_ctrl & SIS_ENDIAN_BIG;
}

static inline uint64_t sis_order64(const SisContext *ctx, const void *p)
{
    return sis_big_endian(ctx) ? ldq_be_p(p) : ldq_le_p(p);
}

static inline uint32_t sis_order32(const SisContext *ctx, const void *p)
{
    return sis_big_endian(ctx) ? ldl_be_p(p) : ldl_le_p(p);
}

static inline uint32_t sis_order16(const SisContext *ctx, const void *p)
{
    return sis_big_endian(ctx) ? lduw_be_p(p) : lduw_le_p(p);
}

/* afu-sislite-host.c */
void sis_host_reset(SisContext *ctx);
uint64_t sis_host_read(SisContext *ctx, uint64_t reg);
void sis_host_write(SisContext *ctx, uint64_t reg, uint64_t val);
void sis_sync_error(SisContext *ctx, uint64_t bits);
void sis_interrupt(SisContext *ctx, uint32_t lisn);
void sis_ctrl_reset(SisContext *ctx);
uint64_t sis_ctrl_read(SisContext *ctx, uint64_t reg);
void sis_ctrl_write(SisContext *ctx, uint64_t reg, uint64_t val);

/* afu-sislite-global.c */
void sis_global_reset(CapiAfuSislite *sis);
uint64_t sis_global_read(CapiAfuSislite *sis, uint64_t reg);
void sis_global_write(CapiAfuSislite *sis, uint64_t reg, uint64_t val);
void sis_event(CapiAfuSislite *sis, int port, uint8_t event);

/* afu-sislite-port.c */
void sis_port_reset(CapiAfuSislite *sis, int port);
void sis_port_update(CapiAfuSislite *sis, int port, bool quiet);
uint64_t sis_port_read(CapiAfuSislite *sis, int port, uint64_t reg);
void sis_port_write(CapiAfuSislite *sis, int port, uint64_t reg, uint64_t val);
uint64_t sis_lun_read(CapiAfuSislite *sis, int port, uint64_t reg);
void sis_lun_write(CapiAfuSislite *sis, int port, uint64_t reg, uint64_t val);
bool sis_port_shut_down(CapiAfuSislite *sis, int port);
int sis_port_choose(CapiAfuSislite *sis, uint32_t wanted, uint8_t *extra);
void sis_port_error(CapiAfuSislite *sis, int port, uint64_t bits);
void sis_port_crc(CapiAfuSislite *sis, int port, uint64_t count);

/* afu-sislite-queue.c */
void sis_ioarrin(SisContext *ctx, uint64_t val);
uint64_t sis_room(const SisContext *ctx);
void sis_sq_take(SisContext *ctx);
void sis_context_reset(SisContext *ctx);
bool sis_context_resetting(SisContext *ctx);
void sis_drop_commands(SisContext *ctx);
void sis_engine(void *opaque);

/* afu-sislite-command.c */
SisCommand *sis_command_new(SisContext *ctx, uint64_t ea, bool sq);
void sis_command_ref(SisCommand *cmd);
void sis_command_unref(SisCommand *cmd);
void sis_command_end(SisCommand *cmd);
void sis_command_lost(SisCommand *cmd, CapiResp resp, uint64_t error);
void sis_access(SisCommand *cmd, SisContext *ctx, CapiAccessType type,
                uint64_t ea, void *buf, uint32_t len, SisThen *then);
void sis_abort(SisCommand *cmd, uint8_t afu_rc, uint8_t fc_rc, uint8_t extra);
void sis_abort_check(SisCommand *cmd);

/* afu-sislite-decode.c */
void sis_decode(SisCommand *cmd);
void sis_execute(SisCommand *cmd, uint32_t ports);

/* afu-sislite-rht.c */
void sis_rht_translate(SisCommand *cmd);

/* afu-sislite-scsi.c */
void sis_scsi_init(CapiAfuSislite *sis);
void sis_scsi_start(SisCommand *cmd);
int sis_lun_number(uint64_t lun_id);
void sis_fail_sense(SisCommand *cmd, SCSISense sense);

/* afu-sislite-wwid.c */
bool sis_wwid_wanted(const SisCommand *cmd);
uint32_t sis_wwid_add(SisCommand *cmd, const uint8_t *buf, uint32_t len);

/* afu-sislite-control.c */
void sis_afu_command(SisCommand *cmd);
void sis_task_management(SisCommand *cmd);
void sis_barrier_check(CapiAfuSislite *sis);

/* afu-sislite-finish.c */
void sis_finish(SisCommand *cmd);
void sis_fail_afu(SisCommand *cmd, uint8_t rc, uint8_t extra);
void sis_fail_fc(SisCommand *cmd, uint8_t rc, uint8_t extra);
void sis_rrq_next(SisContext *ctx);
bool sis_rrq_modify(CapiAccess *acc, uint64_t old, uint64_t *new);
void sis_rrq_forget(SisCommand *cmd, CapiResp resp);

/* afu-sislite-inject.c */
bool sis_injected(SisCommand *cmd);
void sis_add_properties(Object *obj);
void sis_free_properties(CapiAfuSislite *sis);

/* afu-sislite-id.c */
void sis_config_read(CapiAfu *afu, uint32_t rec, uint64_t offset,
                     uint8_t *buf, uint32_t len);
void sis_vpd(CapiAfu *afu, GByteArray *ro);

#endif /* HW_CAPI_AFU_SISLITE_H */
