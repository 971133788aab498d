// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for a card that goes away and comes back. Directories of sysfs that were
 * made anew have another inode, so that not even a short absence is overlooked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "back.h"
#include "capi.h"

#define LOOK_MS		100
/* So long nothing changes any more. */
#define QUIET_SECONDS	0.5

static ino_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/* The directory of an AFU's node, of whatever mode; 0 if there is none. */
static ino_t node_inode(const struct capi_name *afu)
{
	const char *letter;
	ino_t inode = 0;

	for (letter = "ds"; *letter && !inode; letter++) {
		char *path __autofree = capi_print(CAPI_CLASS "/%s%c", afu->text, *letter);

		inode = inode_of(path);
	}
	return inode;
}

static ino_t card_inode(const struct capi_name *card)
{
	char *dir __autofree = capi_dir(card);

	return inode_of(dir);
}

void capi_before_take(struct capi_before *before, const struct capi_name *card)
{
	size_t i;

	before->card = *card;
	before->inode = card_inode(card);
	capi_find_afus(&before->afus, card->card);
	before->inodes = capi_alloc(before->afus.count * sizeof(ino_t));
	for (i = 0; i < before->afus.count; i++)
		before->inodes[i] = node_inode(&before->afus.at[i]);
}

void capi_before_free(struct capi_before *before)
{
	free(before->afus.at);
	free(before->inodes);
}

/* Has the card, or any node of its AFUs, been made anew? */
bool capi_is_new(const struct capi_before *before)
{
	ino_t inode = card_inode(&before->card);
	size_t i;

	if (inode != before->inode)
		return inode;
	for (i = 0; i < before->afus.count; i++) {
		inode = node_inode(&before->afus.at[i]);
		if (inode && inode != before->inodes[i])
			return true;
	}
	return false;
}

/* All nodes that sysfs knows can be opened by their names: 0 if not. */
static unsigned long look(const struct capi_name *card)
{
	unsigned long sum = card_inode(card);
	struct capi_names afus;
	const char *letter;
	size_t i;

	if (!sum || capi_find_afus(&afus, card->card))
		return 0;
	for (i = 0; i < afus.count; i++) {
		for (letter = "dms"; *letter; letter++) {
			char *dir __autofree = capi_print(CAPI_CLASS "/%s%c",
							  afus.at[i].text, *letter);
			char *node __autofree = capi_print(CAPI_DEV "/%s%c",
							   afus.at[i].text, *letter);

			if (inode_of(dir) && access(node, F_OK)) {
				free(afus.at);
				return 0;
			}
			sum = sum * 31 + inode_of(dir);
		}
	}
	free(afus.at);
	return sum;
}

/**
 * capi_wait_back() - wait for a card that has been reset
 * @before: taken before
 * @seconds: longest time
 *
 * Return: 0 when the card was made anew and has not changed for a moment,
 * -ETIMEDOUT or, after a signal, -EINTR.
 */
int capi_wait_back(const struct capi_before *before, double seconds)
{
	double end = capi_now() + seconds, since = 0;
	unsigned long last = 0, now;

	for (;;) {
		now = capi_is_new(before) ? look(&before->card) : 0;
		if (now != last)
			since = capi_now();
		last = now;
		if (now && capi_now() - since >= QUIET_SECONDS)
			return 0;
		if (capi_now() > end)
			return -ETIMEDOUT;
		if (capi_pause(LOOK_MS))
			return -EINTR;
	}
}
