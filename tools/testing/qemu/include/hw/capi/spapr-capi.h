/*
 * CAPI cards of a pseries guest: what the machine calls
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CAPI_SPAPR_CAPI_H
#define HW_CAPI_SPAPR_CAPI_H

/* Add the nodes of all cards, and their hcalls to /rtas, to a device tree */
void spapr_capi_dt(void *fdt);

/* A page table entry that can map MMIO has been stored */
void spapr_capi_note_hpte(uint64_t ptex);

#endif /* HW_CAPI_SPAPR_CAPI_H */
