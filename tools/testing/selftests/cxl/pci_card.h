/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cards of a machine without a hypervisor: PCI functions that come and go. For
 * root only.
 */
#ifndef CXL_SELFTEST_PCI_CARD_H
#define CXL_SELFTEST_PCI_CARD_H

#include "cxl_utils.h"

/**
 * struct pci_card - a card
 * @afu: its AFU
 * @name: of the card, as the host knows it
 * @binding: its driver and its function
 * @dir: sysfs directory of its function
 */
struct pci_card {
	struct cxl_afu afu;
	char name[16];
	struct cxl_binding binding;
	char dir[PATH_MAX];
};

/* Longer than the error recovery of the platform takes. */
#define PCI_CARD_WAIT_MS 90000

int pci_card_find(struct pci_card *card, const struct cxl_afu *afu);
int pci_card_remove(const struct pci_card *card);
int pci_card_rescan(void);
int pci_card_wait(const struct pci_card *card, bool there);
long pci_card_resets(const struct pci_card *card);
void pci_card_bear_errors(void);
bool pci_card_residue(const struct pci_card *card, char *text, size_t size);
int pci_card_no_contexts(const struct pci_card *card);
unsigned int pci_card_rounds(unsigned int rounds);

#endif /* CXL_SELFTEST_PCI_CARD_H */
