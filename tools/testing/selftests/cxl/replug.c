// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card of bare metal that is unplugged and plugged in again while processes use
 * it all the time: with a word to the kernel before, and without.
 */
#include "cxl_test.h"
#include "hammer.h"
#include "inject.h"
#include "level.h"
#include "machine.h"
#include "pci_card.h"

#define HAMMERS 4

FIXTURE(replug) {
	struct pci_card card;
	struct hammers hammers;
};

FIXTURE_SETUP(replug)
{
	struct cxl_afu afu;

	if (no_afu(_metadata, &afu))
		SKIP(return, "no memcpy AFU");
	if (geteuid())
		SKIP(return, "for root only");
	if (pci_card_find(&self->card, &afu))
		SKIP(return, "no card on bare metal");
	pci_card_bear_errors();
}

FIXTURE_TEARDOWN(replug)
{
	hammers_stop(&self->hammers);
	if (access(self->card.afu.slave, F_OK))
		pci_card_rescan();
}

/* With a word before. */
static void unplug(struct __test_metadata *_metadata, const struct pci_card *card)
{
	char text[256];

	ASSERT_EQ(0, pci_card_remove(card));
	EXPECT_FALSE(pci_card_residue(card, text, sizeof(text))) {
		TH_LOG("left: %s", text);
	}
	ASSERT_EQ(0, pci_card_rescan());
	ASSERT_EQ(0, pci_card_wait(card, true));
}

/* The bridge notices, the card is given up, and one day there is one again. */
static void pull_out(struct __test_metadata *_metadata, const struct pci_card *card)
{
	ASSERT_EQ(0, host_set(card->name, "present", "false"));
	ASSERT_EQ(0, pci_card_wait(card, false));
	ASSERT_EQ(0, host_set(card->name, "present", "true"));
	/* waits until the kernel has done with the old one */
	ASSERT_EQ(0, pci_card_rescan());
	ASSERT_EQ(0, pci_card_wait(card, true));
}

/* A card that has just come and been used so often: its interrupts stay with it. */
static void measure(struct __test_metadata *_metadata, const struct pci_card *card,
		    struct level *level)
{
	int i;

	for (i = 0; i < 2 * HAMMERS; i++)
		ASSERT_EQ(0, inject_works(&card->afu));
	ASSERT_EQ(0, pci_card_no_contexts(card));
	level_measure(level);
}

typedef void (*away_and_back)(struct __test_metadata *_metadata,
			      const struct pci_card *card);

static void repeat(struct __test_metadata *_metadata, const struct pci_card *card,
		   struct hammers *hammers, unsigned int rounds, away_and_back once)
{
	static struct level before, after;
	char text[LEVEL_TEXT_MAX];
	__u64 begin;
	unsigned int i;
	bool grown;

	/* the first one fills caches */
	once(_metadata, card);
	measure(_metadata, card, &before);
	begin = cxl_now_ms();
	ASSERT_EQ(0, hammers_start(hammers, &card->afu, HAMMERS));
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, hammers_wait(hammers, HAMMERS));
		once(_metadata, card);
	}
	ASSERT_EQ(0, hammers_wait(hammers, HAMMERS));
	TH_LOG("%u times, %lu contexts in the meantime, %llu ms", rounds,
	       hammers_copies(hammers), cxl_now_ms() - begin);
	EXPECT_EQ(0, hammers_stop(hammers));
	once(_metadata, card);
	measure(_metadata, card, &after);
	grown = level_compare(&before, &after, rounds, 16384, text, sizeof(text));
	TH_LOG("%s", text);
	EXPECT_FALSE(grown);
	EXPECT_EQ(0, inject_works(&card->afu));
	EXPECT_EQ(0, pci_card_no_contexts(card));
}

TEST_F_TIMEOUT(replug, with_a_word_before, 3600)
{
	repeat(_metadata, &self->card, &self->hammers,
	       pci_card_rounds(machine_rounds(20)), unplug);
}

TEST_F_TIMEOUT(replug, by_surprise, 3600)
{
	if (!host_present())
		SKIP(return, "no host to ask");
	repeat(_metadata, &self->card, &self->hammers, pci_card_rounds(1), pull_out);
}

TEST_HARNESS_MAIN
