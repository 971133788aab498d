// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cards as PCI functions, see pci_card.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pci_card.h"

/**
 * pci_card_find() - find the function of a card
 * @card: filled in
 * @afu: an AFU of the card
 *
 * Return: 0, -ENODEV for a card that is none, or another negative errno.
 */
int pci_card_find(struct pci_card *card, const struct cxl_afu *afu)
{
	int ret;

	if (cxl_is_guest(afu))
		return -ENODEV;
	card->afu = *afu;
	snprintf(card->name, sizeof(card->name), "card%d", afu->card);
	ret = cxl_find_binding(afu, &card->binding);
	if (!ret)
		snprintf(card->dir, sizeof(card->dir), "/sys/bus/pci/devices/%s",
			 card->binding.device);
	return ret;
}

/* As if it had been unplugged, after a word. */
int pci_card_remove(const struct pci_card *card)
{
	return cxl_file_write(card->dir, "remove", "1");
}

/* Finds what has been plugged in. */
int pci_card_rescan(void)
{
	return cxl_file_write("/sys/bus/pci", "rescan", "1");
}

/* Waits until the AFU has its node, or until there is no card: 0 or -ETIMEDOUT. */
int pci_card_wait(const struct pci_card *card, bool there)
{
	const char *path = there ? card->afu.slave : card->afu.card_dir;
	__u64 end = cxl_now_ms() + PCI_CARD_WAIT_MS;

	while (!access(path, F_OK) != there) {
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
		poll(NULL, 0, 20);
	}
	return 0;
}

/* How many resets the card has survived since it was found; less than 0: unknown. */
long pci_card_resets(const struct pci_card *card)
{
	static const char name[] = "card_resets ";
	char dir[64], buf[4096], *line;

	snprintf(dir, sizeof(dir), "/sys/kernel/debug/cxl/%s", card->name);
	if (cxl_file_read(dir, "stats", buf, sizeof(buf)) < 0)
		return -1;
	line = strstr(buf, name);
	return line ? strtol(line + strlen(name), NULL, 10) : -1;
}

/**
 * pci_card_no_contexts() - wait until no context of a card is left
 * @card: its programs have closed everything
 *
 * Return: 0, also if the driver does not count them, or a negative errno.
 */
int pci_card_no_contexts(const struct pci_card *card)
{
	__u64 contexts;
	int ret;

	if (!cxl_has_stats(&card->afu))
		return 0;
	ret = cxl_wait_all_detached(&card->afu);
	if (!ret)
		ret = cxl_stat(&card->afu, "contexts", &contexts);
	return ret ? ret : contexts ? -EBUSY : 0;
}

/* The platform gives up cards that have too many errors in an hour. */
void pci_card_bear_errors(void)
{
	cxl_file_write("/sys/kernel/debug/powerpc", "eeh_max_freezes", "100000");
}

/* Looks for a line with one of @words. */
static bool find_line(const char *path, const char * const words[], char *line, size_t size)
{
	FILE *file = fopen(path, "r");
	bool found = false;
	int i;

	while (file && !found && fgets(line, size, file)) {
		for (i = 0; words[i]; i++)
			found |= !!strstr(line, words[i]);
	}
	if (file)
		fclose(file);
	return found;
}

/**
 * pci_card_residue() - has the driver left anything of a card that it has not?
 * @card: unbound, or never bound
 * @text: receives what
 * @size: bytes at @text
 *
 * Return: true if so.
 */
bool pci_card_residue(const struct pci_card *card, char *text, size_t size)
{
	static const char * const irqs[] = { "cxl-card", " card", " afu", NULL };
	static const char * const regions[] = { "cxl privileged", NULL };
	char line[4096];
	long long users;

	if (!access(card->afu.card_dir, F_OK) || !access(card->afu.dir, F_OK))
		snprintf(text, size, "%s", card->afu.card_dir);
	else if (find_line("/proc/interrupts", irqs, line, sizeof(line)) ||
		 find_line("/proc/iomem", regions, line, sizeof(line)))
		snprintf(text, size, "%s", line);
	else if (!cxl_file_number(card->dir, "enable", &users) && users)
		snprintf(text, size, "%lld users of the function", users);
	else
		return false;
	return true;
}

/* How often to repeat something that takes seconds: CXL_TEST_ROUNDS, or @rounds. */
unsigned int pci_card_rounds(unsigned int rounds)
{
	const char *text = getenv("CXL_TEST_ROUNDS");
	int wanted = text ? atoi(text) : 0;

	return wanted > 0 ? (unsigned int)wanted : rounds;
}
