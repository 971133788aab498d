/* SPDX-License-Identifier: GPL-2.0-only */
/* One lap of work for a memcpy AFU. */
#ifndef CAPI_RING_H
#define CAPI_RING_H

#include <stddef.h>

#include "sysfs.h"

/* Elements of the largest ring, but for the one that raises the interrupt. */
#define CAPI_RING_COPIES	(4095 * 4 - 1)

/**
 * struct capi_ring - a context and its work
 * @node: path of the node
 * @element: bytes of one copy
 * @seconds: longest time without progress
 * @copies: copies that were done
 * @interrupts: that were received
 */
struct capi_ring {
	const char *node;
	size_t element;
	double seconds;
	unsigned long copies;
	unsigned long interrupts;
};

int capi_ring_copy(struct capi_ring *ring, void *dst, const void *src, size_t bytes);

#endif /* CAPI_RING_H */
