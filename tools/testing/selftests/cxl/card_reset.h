/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resets of a card, as both platforms do them: in a partition the card is there
 * again when the write returns; on bare metal it comes back later, in place or, if
 * another image is loaded, as another device.
 */
#ifndef CXL_SELFTEST_CARD_RESET_H
#define CXL_SELFTEST_CARD_RESET_H

#include "cxl_utils.h"

bool card_is_away(int error);
bool card_stays_in_reset(const struct cxl_afu *afu);
int card_reset(const struct cxl_afu *afu, const char *how);
unsigned int card_reset_rounds(const struct cxl_afu *afu, unsigned int rounds);
int card_end_contexts(const struct cxl_afu *afu);

#endif /* CXL_SELFTEST_CARD_RESET_H */
