/*
 * The memcpy AFU: arithmetic on operands in memory
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "afu-memcpy.h"

/* cmd_extra of an ATOMIC element */
enum {
    MCP_AMO_ADD = 0x00,
    MCP_AMO_XOR = 0x01,
    MCP_AMO_OR = 0x02,
    MCP_AMO_AND = 0x03,
    MCP_AMO_MAX_U = 0x04,
    MCP_AMO_MAX_S = 0x05,
    MCP_AMO_MIN_U = 0x06,
    MCP_AMO_MIN_S = 0x07,
    MCP_AMO_SWAP = 0x08,
    MCP_AMO_CAS_NE = 0x10,
    MCP_AMO_CAS_EQ = 0x11,
    MCP_AMO_INC_BOUNDED = 0x18,
    MCP_AMO_INC_EQUAL = 0x19,
    MCP_AMO_DEC_BOUNDED = 0x1c,
    MCP_AMO_STORE = 0x20,       /* + ADD ... MIN_S: no value returned */
};

static uint8_t amo_code(uint8_t extra)
{
    extra &= ~MCP_EXTRA_LE;
    if (extra >= MCP_AMO_STORE && extra <= MCP_AMO_STORE + MCP_AMO_MIN_S) {
        extra -= MCP_AMO_STORE;
    }
    return extra;
}

bool mcp_atomic_known(uint8_t extra, uint32_t size)
{
    switch (amo_code(extra)) {
    case MCP_AMO_ADD ... MCP_AMO_SWAP:
    case MCP_AMO_CAS_NE:
    case MCP_AMO_CAS_EQ:
    case MCP_AMO_INC_BOUNDED:
    case MCP_AMO_INC_EQUAL:
    case MCP_AMO_DEC_BOUNDED:
        return true;
    default:
        return false;
    }
}

static uint64_t amo_signed_pick(uint64_t m, uint64_t b, uint32_t size,
                                bool max)
{
    int64_t sm = size == 8 ? (int64_t)m : (int32_t)m;
    int64_t sb = size == 8 ? (int64_t)b : (int32_t)b;

    return (sm > sb) == max ? m : b;
}

/* m: memory, a: compare value or bound, b: operand */
static bool amo_compute(uint8_t code, uint32_t size, uint64_t m, uint64_t a,
                        uint64_t b, uint64_t *r)
{
    switch (code) {
    case MCP_AMO_ADD:
        *r = m + b;
        return true;
    case MCP_AMO_XOR:
        *r = m ^ b;
        return true;
    case MCP_AMO_OR:
        *r = m | b;
        return true;
    case MCP_AMO_AND:
        *r = m & b;
        return true;
    case MCP_AMO_MAX_U:
        *r = MAX(m, b);
        return true;
    case MCP_AMO_MIN_U:
        *r = MIN(m, b);
        return true;
    case MCP_AMO_MAX_S:
    case MCP_AMO_MIN_S:
        *r = amo_signed_pick(m, b, size, code == MCP_AMO_MAX_S);
        return true;
    case MCP_AMO_SWAP:
        *r = b;
        return true;
    case MCP_AMO_CAS_NE:
        *r = b;
        return m != a;
    case MCP_AMO_CAS_EQ:
        *r = b;
        return m == a;
    case MCP_AMO_INC_BOUNDED:
        *r = m + 1;
        return m != a;
    case MCP_AMO_INC_EQUAL:
        *r = m + 1;
        return m == a;
    case MCP_AMO_DEC_BOUNDED:
        *r = m - 1;
        return m != a;
    default:
        return false;
    }
}

static uint64_t amo_order(uint64_t v, uint32_t size, bool le)
{
    if (!le) {
        return size == 8 ? v : v & UINT32_MAX;
    }
    return size == 8 ? bswap64(v) : bswap32(v);
}

/* CapiAccess.modify of an ATOMIC element */
bool mcp_atomic(CapiAccess *acc, uint64_t old, uint64_t *new)
{
    McpContext *mc = acc->opaque;
    uint8_t extra = mc->we[MCP_WE_EXTRA];
    bool le = extra & MCP_EXTRA_LE;
    uint64_t a = ldq_be_p(mc->we + MCP_WE_OP1);
    uint64_t b = ldq_be_p(mc->we + MCP_WE_SRC);
    uint64_t r;
    bool store;

    store = amo_compute(amo_code(extra), acc->len,
                        amo_order(old, acc->len, le),
                        amo_order(a, acc->len, le),
                        amo_order(b, acc->len, le), &r);
    if (store) {
        *new = amo_order(r, acc->len, le);
    }
    return store;
}

void mcp_increment(uint8_t *data, uint32_t size)
{
    if (size == 8) {
        stq_be_p(data, ldq_be_p(data) + 1);
    } else {
        stl_be_p(data, ldl_be_p(data) + 1);
    }
}
