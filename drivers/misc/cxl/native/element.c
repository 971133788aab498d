// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process elements, as the PSL reads them.
 */
#include <linux/kconfig.h>
#include <linux/string.h>

#include "../backend.h"
#include "element.h"

static u64 state_register(const struct native_element_info *info)
{
	u64 sr = NATIVE_SR_R;

	sr |= info->start->mm ? NATIVE_SR_PR : NATIVE_SR_HV;
	if (info->start->sixty_four)
		sr |= NATIVE_SR_SF;
	if (info->no_second_group)
		sr |= NATIVE_SR_TC;
	if (info->master)
		sr |= NATIVE_SR_MP;
	if (IS_ENABLED(CONFIG_CPU_LITTLE_ENDIAN))
		sr |= NATIVE_SR_LE;
	return sr;
}

/**
 * native_element_encode() - fill in the process element of a program, or the kernel
 * @element: the result, all of it; not valid yet
 * @info: what goes into it
 *
 * Vectors are the low 16 bits of interrupt numbers, which the host bridge completes.
 */
void native_element_encode(struct native_element *element,
			   const struct native_element_info *info)
{
	int i;

	memset(element, 0, sizeof(*element));
	element->sr = cpu_to_be64(state_register(info));
	element->sdr = cpu_to_be64(info->sdr);
	for (i = 0; i < CXL_IRQ_RANGES; i++) {
		element->ivte_offset[i] = cpu_to_be16(info->ranges->offset[i]);
		element->ivte_range[i] = cpu_to_be16(info->ranges->range[i]);
	}
	element->lpid = cpu_to_be32(info->lpid);
	element->pid = cpu_to_be32(info->process_id);
	element->sstp0 = cpu_to_be64(info->sstp0);
	element->sstp1 = cpu_to_be64(info->sstp1);
	element->amr = cpu_to_be64(info->start->amr);
	element->wed = cpu_to_be64(info->start->wed);
}
