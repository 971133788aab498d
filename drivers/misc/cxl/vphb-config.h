/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration records of an AFU as PCI sees them.
 */
#ifndef _CXL_VPHB_CONFIG_H
#define _CXL_VPHB_CONFIG_H

#include <linux/types.h>

/**
 * struct cxl_config_view - a record, and what is not shown of it
 * @len: bytes of the record
 * @writable: it can be written to
 * @msi: offset of the capability for MSIs, 0 for none
 * @msix: offset of the capability for MSI-X, 0 for none
 */
struct cxl_config_view {
	unsigned int len;
	bool writable;
	u8 msi;
	u8 msix;
	/** @load: the word at an offset, a multiple of 4; 0 or an error. Atomic. */
	int (*load)(const struct cxl_config_view *view, unsigned int off, u32 *value);
	/** @store: write such a word; 0 or an error. Atomic. */
	int (*store)(const struct cxl_config_view *view, unsigned int off, u32 value);
};

void cxl_config_hide_msis(struct cxl_config_view *view);
int cxl_config_view_read(const struct cxl_config_view *view, unsigned int where,
			 unsigned int size, u32 *value);
int cxl_config_view_write(const struct cxl_config_view *view, unsigned int where,
			  unsigned int size, u32 value);

#endif /* _CXL_VPHB_CONFIG_H */
