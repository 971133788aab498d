/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for a card that goes away and comes back. */
#ifndef CAPI_BACK_H
#define CAPI_BACK_H

#include <sys/types.h>

#include "sysfs.h"

/* Longest time that a card may be away, if the user says nothing else. */
#define CAPI_BACK_SECONDS 120

/**
 * struct capi_before - what there was before
 * @card: the card
 * @inode: of its directory
 * @afus: its AFUs
 * @inodes: of the directories of their nodes
 */
struct capi_before {
	struct capi_name card;
	ino_t inode;
	struct capi_names afus;
	ino_t *inodes;
};

void capi_before_take(struct capi_before *before, const struct capi_name *card);
void capi_before_free(struct capi_before *before);
bool capi_is_new(const struct capi_before *before);
int capi_wait_back(const struct capi_before *before, double seconds);

#endif /* CAPI_BACK_H */
