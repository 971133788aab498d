// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process element structure, as H_ATTACH_CA_PROCESS takes it.
 */
#include <linux/string.h>

#include "../backend.h"
#include "process_element.h"

/* The PSL interrupt has a field of its own and is not in the bitmap. */
static void encode_isns(struct guest_process_element *element,
			const struct cxl_irq_pool *pool,
			const struct cxl_irq_set *set)
{
	unsigned int i, isn;

	element->psl_isn = cpu_to_be32(cxl_irq_pool_nth(pool, set, 0));
	for (i = 0; i < set->nr_blocks; i++) {
		for (isn = 0; isn < set->block[i].count; isn++) {
			unsigned int bit = set->block[i].first + isn;

			if (i || isn)
				element->isn_bitmap[bit / 8] |= 0x80 >> (bit % 8);
		}
	}
}

/**
 * guest_element_encode() - fill in the process element of a program, or the kernel
 * @element: the result, all of it
 * @info: what goes into it
 */
void guest_element_encode(struct guest_process_element *element,
			  const struct guest_element_info *info)
{
	u64 flags = GUEST_ELEMENT_TRANSLATION;

	if (info->start->mm)
		flags |= GUEST_ELEMENT_PROBLEM_STATE;
	if (info->start->sixty_four)
		flags |= GUEST_ELEMENT_64_BIT;
	if (info->privileged)
		flags |= GUEST_ELEMENT_PRIVILEGED;

	memset(element, 0, sizeof(*element));
	element->version = cpu_to_be64(GUEST_ELEMENT_VERSION);
	element->flags = cpu_to_be64(flags);
	encode_isns(element, info->pool, info->isns);
	element->process_id = cpu_to_be32(info->process_id);
	element->sstp0 = cpu_to_be64(info->sstp0);
	element->sstp1 = cpu_to_be64(info->sstp1);
	element->amr = cpu_to_be64(info->start->amr);
	element->wed = cpu_to_be64(info->start->wed);
}
