/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AFU descriptor: what an accelerator says of itself (CAIA 1.0, ch. 11).
 */
#ifndef _CXL_NATIVE_DESCRIPTOR_H
#define _CXL_NATIVE_DESCRIPTOR_H

#include <linux/types.h>

/* Doublewords at the start of the descriptor that have a meaning */
#define DESCRIPTOR_WORDS	10

/**
 * struct native_descriptor - properties of an AFU
 * @min_irqs: least AFU interrupts of a process
 * @max_processes: most processes, 0 if only one can be
 * @modes: mask of BIT(enum cxl_afu_mode)
 * @nr_crs: configuration records
 * @cr_len: bytes of each
 * @cr_off: bytes from the start of the descriptor to the first
 * @psa: the AFU has a problem state area
 * @pp_len: bytes of it for each process, 0 for none
 * @pp_off: bytes from its start to those of the first process
 * @eb_len: bytes of the error buffer, 0 for none
 * @eb_off: bytes from the start of the descriptor
 */
struct native_descriptor {
	unsigned int min_irqs;
	unsigned int max_processes;
	unsigned long modes;
	unsigned int nr_crs;
	u64 cr_len;
	u64 cr_off;
	bool psa;
	u64 pp_len;
	u64 pp_off;
	u64 eb_len;
	u64 eb_off;
};

int native_descriptor_parse(const u64 words[DESCRIPTOR_WORDS], u64 desc_size,
			    u64 ps_size, struct native_descriptor *desc,
			    const char **why);

#endif /* _CXL_NATIVE_DESCRIPTOR_H */
