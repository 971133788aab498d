/*
 * The memcpy AFU: execution of work elements
 *
 * Every context works through its ring of elements in order, one at a time.
 * All contexts share one timer: those with work take turns until a budget is
 * used up, those without are polled at growing intervals.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "afu-memcpy.h"
#include "trace.h"

/*
 * One turn of the engine, and the pause after it. The pause models the time
 * that the work takes on a card; it must be long enough for a CPU that waits
 * for the big lock to get it.
 */
#define MCP_TURN_ELEMENTS   64
#define MCP_TURN_BYTES      (256 * 1024)
#define MCP_TURN_MIN_NS     50000
#define MCP_ELEMENT_NS      300
#define MCP_NS_PER_BYTES(n) ((int64_t)(n) * 3 / 10) /* 3.3 GB/s */
/* What one context may do before the next one has its turn */
#define MCP_SHARE_ELEMENTS  16
#define MCP_SHARE_BYTES     (64 * 1024)

#define MCP_POLL_MIN_NS     20000
#define MCP_POLL_MAX_NS     1000000
/* added per idle context, so that many of them cost no more than a few */
#define MCP_POLL_SHARE_NS   10000

typedef struct McpBudget {
    int elements;
    int bytes;
} McpBudget;

static int64_t mcp_now(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static uint8_t mcp_code(const McpContext *mc)
{
    return mc->we[MCP_WE_CMD] & MCP_CMD_CODE;
}

static uint64_t mcp_slot(const McpContext *mc)
{
    return mc->queue + (uint64_t)mc->index * MCP_WE_SIZE;
}

void mcp_unlink(McpContext *mc)
{
    CapiAfuMemcpy *mcp = mc->afu;

    if (mc->ready) {
        QTAILQ_REMOVE(&mcp->ready, mc, next);
        mc->ready = false;
    } else if (mc->next_poll) {
        QTAILQ_REMOVE(&mcp->idle, mc, next);
        mcp->nr_idle--;
        mc->next_poll = 0;
    }
}

void mcp_make_ready(McpContext *mc)
{
    CapiAfuMemcpy *mcp = mc->afu;
    int64_t when = mcp_now() + 1000;

    if (mc->ready || mc->waiting) {
        return;
    }
    mcp_unlink(mc);
    QTAILQ_INSERT_TAIL(&mcp->ready, mc, next);
    mc->ready = true;
    if (!timer_pending(mcp->timer) || timer_expire_time_ns(mcp->timer) > when) {
        timer_mod(mcp->timer, when);
    }
}

static void mcp_make_idle(McpContext *mc)
{
    CapiAfuMemcpy *mcp = mc->afu;
    int64_t max = MCP_POLL_MAX_NS +
                  (int64_t)mcp->nr_idle * MCP_POLL_SHARE_NS;

    mc->poll_ns = MIN(MAX(mc->poll_ns * 2, MCP_POLL_MIN_NS), max);
    /* on a grid, so that contexts with like intervals are polled together */
    mc->next_poll = QEMU_ALIGN_UP(mcp_now() + mc->poll_ns / 2,
                                  pow2floor(mc->poll_ns));
    mcp->next_poll = MIN(mcp->next_poll, mc->next_poll);
    QTAILQ_INSERT_TAIL(&mcp->idle, mc, next);
    mcp->nr_idle++;
}

static CapiResp mcp_issue(McpContext *mc, CapiAccessType type, uint64_t ea,
                          void *buf, uint32_t len)
{
    CapiResp resp;

    mc->acc.type = type;
    mc->acc.ea = ea;
    mc->acc.buf = buf;
    mc->acc.len = len;
    mc->acc.modify = mcp_atomic;
    mc->acc.done = mcp_done;
    mc->acc.opaque = mc;
    resp = psl_access(mc->psl, &mc->acc);
    mc->waiting = resp == CAPI_RESP_PENDING;
    return resp;
}

static void mcp_stop(McpContext *mc)
{
    mc->step = MCP_STEP_PEEK;
    mc->restart = false;
    if (mc->state == MCP_RUN) {
        mc->state = MCP_STOPPED;
        trace_mcp_stop(psl_context_handle(mc->psl), mc->index);
    }
}

static void mcp_advance(McpContext *mc)
{
    mc->step = MCP_STEP_PEEK;
    mc->poll_ns = 0;
    if (++mc->index == mc->elements) {
        mc->index = 0;
        mc->wrap = !mc->wrap;
    }
}

static uint8_t mcp_status(CapiResp resp)
{
    switch (resp) {
    case CAPI_RESP_DONE:
        return MCP_ST_COMPLETE;
    case CAPI_RESP_AERROR:
        return MCP_ST_AERROR;
    case CAPI_RESP_DERROR:
        return MCP_ST_DERROR;
    case CAPI_RESP_PAGED:
        return MCP_ST_PAGED;
    case CAPI_RESP_FAILED:
        return MCP_ST_FAILED;
    case CAPI_RESP_CONTEXT:
        return MCP_ST_TERMINATED;
    default:
        return MCP_ST_FAULT;
    }
}

static void mcp_finish(McpContext *mc, uint8_t status)
{
    mc->status = status;
    mc->step = MCP_STEP_STATUS;
}

/* The element is in mc->we: start it */
static void mcp_decode(McpContext *mc)
{
    uint8_t extra = mc->we[MCP_WE_EXTRA];

    switch (mcp_code(mc)) {
    case MCP_COPY:
        if (!lduw_be_p(mc->we + MCP_WE_LENGTH)) {
            mcp_finish(mc, MCP_ST_COMPLETE);
            return;
        }
        mc->step = MCP_STEP_LOAD;
        break;
    case MCP_INCR:
        mc->step = MCP_STEP_LOAD;
        break;
    case MCP_ATOMIC:
        if (!mcp_atomic_known(extra, mcp_operand_size(mc))) {
            mcp_finish(mc, MCP_ST_UNDEFINED);
            return;
        }
        mc->step = MCP_STEP_STORE;
        break;
    case MCP_IRQ:
    case MCP_STOP:
        mcp_finish(mc, MCP_ST_COMPLETE);
        break;
    default:
        mcp_finish(mc, MCP_ST_UNDEFINED);
        break;
    }
}

static bool mcp_runnable(const McpContext *mc)
{
    uint8_t cmd = mc->we[MCP_WE_CMD];

    return (cmd & MCP_CMD_VALID) && !!(cmd & MCP_CMD_WRAP) == mc->wrap;
}

static void mcp_nothing_to_run(McpContext *mc)
{
    if (!(mc->afu->cfg & MCP_CFG_STOP)) {
        return;
    }
    /* a Restart written after the slot was read asks for one more look */
    if (!mc->restart) {
        mcp_stop(mc);
    }
}

/* After the status byte: the interrupt, and what the command does to us */
static void mcp_retire(McpContext *mc)
{
    uint8_t code = mcp_code(mc);
    bool stop = code == MCP_STOP || code == MCP_IRQ;
    bool restart = mc->restart;

    trace_mcp_element(psl_context_handle(mc->psl), mc->index, code,
                      lduw_be_p(mc->we + MCP_WE_LENGTH),
                      ldq_be_p(mc->we + MCP_WE_SRC),
                      ldq_be_p(mc->we + MCP_WE_DST), mc->status);
    if (mc->status & (MCP_ST_PAGED | MCP_ST_AERROR | MCP_ST_DERROR |
                      MCP_ST_FAULT | MCP_ST_TERMINATED)) {
        mcp_stop(mc);
        return;
    }
    mcp_advance(mc);
    if (stop && !restart) {
        mcp_stop(mc);
    }
}

/*
 * The outcome of one step. Errors of the element fetch and of the status
 * write can be recorded nowhere, errors of the data go into the element.
 */
static void mcp_step_end(McpContext *mc, CapiResp resp)
{
    if (resp != CAPI_RESP_DONE) {
        if (resp == CAPI_RESP_CONTEXT) {
            mc->state = MCP_TERMINATED;
            return;
        }
        trace_mcp_error(psl_context_handle(mc->psl), mc->step, mc->index,
                        mc->acc.ea, resp);
        if (mc->step < MCP_STEP_LOAD || mc->step == MCP_STEP_STATUS) {
            mcp_stop(mc);
            return;
        }
        psl_restart(mc->psl);
        mcp_finish(mc, mcp_status(resp));
        return;
    }

    switch (mc->step) {
    case MCP_STEP_PEEK:
        if (mcp_runnable(mc)) {
            mc->step = MCP_STEP_FETCH;
        } else {
            mcp_nothing_to_run(mc);
        }
        break;
    case MCP_STEP_FETCH:
        mcp_decode(mc);
        break;
    case MCP_STEP_LOAD:
        if (mcp_code(mc) == MCP_INCR) {
            mcp_increment(mc->data, mcp_operand_size(mc));
        }
        mc->step = MCP_STEP_STORE;
        break;
    case MCP_STEP_STORE:
        mcp_finish(mc, MCP_ST_COMPLETE);
        break;
    case MCP_STEP_STATUS:
        mcp_retire(mc);
        break;
    }
}

/* CapiAccess.done */
void mcp_done(CapiAccess *acc, CapiResp resp)
{
    McpContext *mc = acc->opaque;

    mc->waiting = false;
    mcp_step_end(mc, resp);
    if (mc->state == MCP_RUN) {
        mcp_make_ready(mc);
    }
}

static uint32_t mcp_data_len(McpContext *mc)
{
    return mcp_code(mc) == MCP_COPY ? lduw_be_p(mc->we + MCP_WE_LENGTH)
                                    : mcp_operand_size(mc);
}

static CapiResp mcp_step_status(McpContext *mc)
{
    CapiResp resp;

    /*
     * The interrupt goes first: if the source is refused, that is the status.
     */
    if (mcp_code(mc) == MCP_IRQ && mc->status == MCP_ST_COMPLETE) {
        resp = psl_interrupt(mc->psl, lduw_be_p(mc->we + MCP_WE_LENGTH));
        mc->status = mcp_status(resp);
    }
    /* data are visible before the status that announces them */
    smp_wmb();
    return mcp_issue(mc, CAPI_ACCESS_WRITE, mcp_slot(mc) + MCP_WE_STATUS,
                     &mc->status, 1);
}

static CapiResp mcp_step_begin(McpContext *mc, McpBudget *budget)
{
    uint64_t dst = ldq_be_p(mc->we + MCP_WE_DST);
    uint32_t len;

    switch (mc->step) {
    case MCP_STEP_PEEK:
        mc->restart = false;
        return mcp_issue(mc, CAPI_ACCESS_READ, mcp_slot(mc), mc->we, 8);
    case MCP_STEP_FETCH:
        /* the producer sets valid last */
        smp_rmb();
        return mcp_issue(mc, CAPI_ACCESS_READ, mcp_slot(mc), mc->we,
                         MCP_WE_SIZE);
    case MCP_STEP_LOAD:
        len = mcp_data_len(mc);
        mc->data = g_realloc(mc->data, len);
        budget->bytes -= len;
        return mcp_issue(mc, CAPI_ACCESS_READ, ldq_be_p(mc->we + MCP_WE_SRC),
                         mc->data, len);
    case MCP_STEP_STORE:
        len = mcp_data_len(mc);
        if (mcp_code(mc) == MCP_ATOMIC) {
            return mcp_issue(mc, CAPI_ACCESS_ATOMIC, dst, NULL, len);
        }
        return mcp_issue(mc, CAPI_ACCESS_WRITE, dst, mc->data, len);
    case MCP_STEP_STATUS:
        budget->elements--;
        return mcp_step_status(mc);
    }
    return CAPI_RESP_FAILED;
}

/* Run one context until it waits, has nothing to do or used its share */
static void mcp_run(McpContext *mc, McpBudget *budget)
{
    McpBudget share = { MCP_SHARE_ELEMENTS, MCP_SHARE_BYTES };
    McpBudget left = share;
    bool idle = false;

    while (mc->state == MCP_RUN && left.elements > 0 && left.bytes > 0) {
        bool peek = mc->step == MCP_STEP_PEEK;
        CapiResp resp = mcp_step_begin(mc, &left);

        if (resp == CAPI_RESP_PENDING) {
            break;
        }
        mcp_step_end(mc, resp);
        idle = peek && mc->step == MCP_STEP_PEEK;
        if (idle) {
            break;
        }
    }
    budget->elements -= share.elements - left.elements + 1;
    budget->bytes -= share.bytes - left.bytes;

    if (mc->state != MCP_RUN || mc->waiting) {
        return;
    }
    if (idle) {
        mcp_make_idle(mc);
    } else {
        mcp_make_ready(mc);
    }
}

/* Wake the idle contexts whose time has come */
static void mcp_poll(CapiAfuMemcpy *mcp, int64_t now)
{
    McpContext *mc, *tmp;

    if (now < mcp->next_poll) {
        return;
    }
    mcp->next_poll = INT64_MAX;
    QTAILQ_FOREACH_SAFE(mc, &mcp->idle, next, tmp) {
        if (mc->next_poll <= now) {
            mcp_make_ready(mc);
        } else {
            mcp->next_poll = MIN(mcp->next_poll, mc->next_poll);
        }
    }
}

/* The timer of the AFU: one turn */
void mcp_engine(void *opaque)
{
    CapiAfuMemcpy *mcp = opaque;
    McpBudget budget = { MCP_TURN_ELEMENTS, MCP_TURN_BYTES };
    int64_t next, used;
    McpContext *mc;

    mcp_poll(mcp, mcp_now());
    while (budget.elements > 0 && budget.bytes > 0 &&
           (mc = QTAILQ_FIRST(&mcp->ready))) {
        QTAILQ_REMOVE(&mcp->ready, mc, next);
        mc->ready = false;
        mcp_run(mc, &budget);
    }

    /* may be early, if that context has found work meanwhile: no harm */
    next = mcp->next_poll;
    if (!QTAILQ_EMPTY(&mcp->ready)) {
        used = (MCP_TURN_ELEMENTS - budget.elements) * MCP_ELEMENT_NS +
               MCP_NS_PER_BYTES(MCP_TURN_BYTES - budget.bytes);
        next = mcp_now() + MAX(used, MCP_TURN_MIN_NS);
    }
    if (next != INT64_MAX) {
        timer_mod(mcp->timer, next);
    }
}
