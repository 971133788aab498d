// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work for the memcpy AFU in the memory of the kernel.
 */
#include <linux/delay.h>
#include <linux/gfp.h>

#include "cxl_test_afu.h"

#define CMD_VALID	0x80
#define CMD_COPY	0
#define CMD_IRQ		1

#define STATUS_DONE	0x80

#define WAIT_MS		5000

int ring_alloc(struct ring *ring)
{
	ring->elements = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
						  get_order(RING_BYTES));
	ring->used = 0;
	return ring->elements ? 0 : -ENOMEM;
}

void ring_free(struct ring *ring)
{
	free_pages((unsigned long)ring->elements, get_order(RING_BYTES));
	ring->elements = NULL;
}

/* For the next start of the context: the AFU begins at the beginning. */
void ring_reset(struct ring *ring)
{
	memset(ring->elements, 0, RING_BYTES);
	ring->used = 0;
}

u64 ring_wed(const struct ring *ring)
{
	return (u64)ring->elements | (RING_ELEMENTS / RING_PER_LINE);
}

static struct ring_element *push(struct ring *ring, u8 cmd, u64 dst, u64 src,
				 unsigned int length)
{
	struct ring_element *element = &ring->elements[ring->used++];

	element->length = cpu_to_be16(length);
	element->src = cpu_to_be64(src);
	element->dst = cpu_to_be64(dst);
	/* All of it is there before it is valid. */
	dma_wmb();
	WRITE_ONCE(element->cmd, cmd | CMD_VALID);
	return element;
}

static int wait_for(struct ring_element *element, u8 *status)
{
	int i;

	for (i = 0; i < WAIT_MS; i++) {
		*status = READ_ONCE(element->status);
		if (*status)
			return 0;
		usleep_range(500, 1000);
	}
	return -ETIMEDOUT;
}

/* Copy by the AFU, and tell how it went. */
int ring_copy(struct ring *ring, u64 dst, u64 src, unsigned int length, u8 *status)
{
	if (ring->used == RING_ELEMENTS)
		return -ENOSPC;
	return wait_for(push(ring, CMD_COPY, dst, src, length), status);
}

/* Have the AFU raise an interrupt. */
int ring_raise(struct ring *ring, unsigned int number)
{
	u8 status;
	int ret;

	if (ring->used == RING_ELEMENTS)
		return -ENOSPC;
	ret = wait_for(push(ring, CMD_IRQ, 0, 0, number), &status);
	if (ret)
		return ret;
	return status == STATUS_DONE ? 0 : -EIO;
}

/* Copy by the AFU, and compare. */
int ring_copy_ok(struct ring *ring, void *dst, void *src, unsigned int length)
{
	u8 status;
	int ret;

	memset(src, 0x11 + ring->used, length);
	memset(dst, 0, length);
	ret = ring_copy(ring, (u64)dst, (u64)src, length, &status);
	if (ret)
		return ret;
	if (status != STATUS_DONE)
		return -EIO;
	return memcmp(dst, src, length) ? -EILSEQ : 0;
}
