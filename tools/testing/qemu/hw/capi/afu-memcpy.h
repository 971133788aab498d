/*
 * The memcpy AFU: what its files share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CAPI_AFU_MEMCPY_H
#define HW_CAPI_AFU_MEMCPY_H

#include "hw/capi/afu.h"
#include "qemu/timer.h"

#define TYPE_CAPI_AFU_MEMCPY "capi-afu-memcpy"
OBJECT_DECLARE_SIMPLE_TYPE(CapiAfuMemcpy, CAPI_AFU_MEMCPY)

/* Master (global) registers */
#define MCP_CFG             0x0000
#define   MCP_CFG_STOP      0x2000000000000000ULL
#define MCP_ERR             0x0010
#define MCP_ERR_INFO        0x0018
#define MCP_TRACE_CTL       0x0020

/* Per-process registers */
#define MCP_WED             0x00
#define MCP_PH              0x08
#define MCP_STATUS          0x10
#define   MCP_STATUS_STOPPED    0x0800000000000000ULL
#define   MCP_STATUS_TERMINATED 0x1000000000000000ULL
#define MCP_PCTRL           0x18
#define   MCP_PCTRL_RESTART     0x8000000000000000ULL
#define   MCP_PCTRL_TERMINATE   0x4000000000000000ULL
#define MCP_TB              0x40

/* Work element descriptor */
#define MCP_WED_BASE        0xfffffffffffff000ULL
#define MCP_WED_DEPTH       0x0000000000000fffULL
#define MCP_WED_LINE        4   /* elements per unit of depth */

/* Work element */
#define MCP_WE_SIZE         32
#define MCP_WE_CMD          0
#define   MCP_CMD_VALID     0x80
#define   MCP_CMD_WRAP      0x40
#define   MCP_CMD_CODE      0x3f
#define MCP_WE_STATUS       1
#define MCP_WE_LENGTH       2
#define   MCP_LENGTH_8      0x0008 /* INCR and ATOMIC: 8 byte operand */
#define MCP_WE_EXTRA        4
#define   MCP_EXTRA_LE      0x80
#define MCP_WE_OP1          8
#define MCP_WE_SRC          16
#define MCP_WE_DST          24

enum {
    MCP_COPY = 0,
    MCP_IRQ = 1,
    MCP_STOP = 2,
    MCP_INCR = 4,
    MCP_ATOMIC = 5,
};

/* Status byte of an element */
#define MCP_ST_COMPLETE     0x80
#define MCP_ST_PAGED        0x40
#define MCP_ST_AERROR       0x20
#define MCP_ST_DERROR       0x10
#define MCP_ST_FAULT        0x08
#define MCP_ST_FAILED       0x04
#define MCP_ST_TERMINATED   0x02
#define MCP_ST_UNDEFINED    0x01

typedef enum McpState {
    MCP_RUN,
    MCP_STOPPED,
    MCP_TERMINATED,
} McpState;

/* Where an element is; each step is at most one access to the PSL */
typedef enum McpStep {
    MCP_STEP_PEEK,              /* read the first doubleword */
    MCP_STEP_FETCH,             /* read the element */
    MCP_STEP_LOAD,              /* read the source */
    MCP_STEP_STORE,             /* write the destination */
    MCP_STEP_STATUS,            /* write the status byte */
} McpStep;

typedef struct McpContext {
    CapiAfuMemcpy *afu;
    PslContext *psl;
    CapiAccess acc;
    McpState state;
    McpStep step;
    bool waiting;               /* for the PSL to complete @acc */
    bool restart;               /* written, not yet followed by a fetch */
    bool wrap;
    bool ready;                 /* on the ready list */
    uint8_t status;             /* to be written */
    uint8_t we[MCP_WE_SIZE];
    uint8_t *data;
    uint32_t index;
    uint32_t elements;
    uint64_t queue;
    uint64_t tb;
    unsigned tb_delay;          /* reads until a requested time base is there */
    int64_t poll_ns;            /* current back-off */
    int64_t next_poll;
    QTAILQ_ENTRY(McpContext) next;
} McpContext;

typedef QTAILQ_HEAD(McpList, McpContext) McpList;

struct CapiAfuMemcpy {
    CapiAfu parent_obj;

    uint64_t cfg;
    uint64_t trace_ctl;
    McpList ready;              /* have something to do now */
    McpList idle;               /* poll their queue now and then */
    uint32_t nr_idle;
    int64_t next_poll;          /* no idle context is due before */
    QEMUTimer *timer;
};

/* afu-memcpy-exec.c */
void mcp_engine(void *opaque);
void mcp_make_ready(McpContext *mc);
void mcp_unlink(McpContext *mc);
void mcp_done(CapiAccess *acc, CapiResp resp);

/* afu-memcpy-op.c */
bool mcp_atomic(CapiAccess *acc, uint64_t old, uint64_t *new);
bool mcp_atomic_known(uint8_t extra, uint32_t size);
void mcp_increment(uint8_t *data, uint32_t size);

static inline uint32_t mcp_operand_size(const McpContext *mc)
{
    return lduw_be_p(mc->we + MCP_WE_LENGTH) & MCP_LENGTH_8 ? 8 : 4;
}

#endif /* HW_CAPI_AFU_MEMCPY_H */
