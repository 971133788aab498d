// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cards of bare metal that say nonsense about themselves: the capability in
 * configuration space, the descriptor of the AFU. Each is refused with a word in
 * the log and leaves nothing behind, or it can be used as far as it goes.
 */
#include <fcntl.h>
#include <poll.h>

#include "cxl_test.h"
#include "inject.h"
#include "level.h"
#include "machine.h"
#include "pci_card.h"

#define SEED 0xca9101ULL

/* Of the capability: what says how the card talks, which a test would only feel */
#define VSEC_BYTES	0x30
#define VSEC_SLICES	0x08
#define VSEC_MODE	0x0a
#define DESCRIPTOR_BYTES 0x50

/* Lines that one card may cause */
#define LINES_MAX 12

FIXTURE(hostile) {
	struct pci_card card;
	int log_fd;
	struct level before;
	struct level after;
};

static void make_good(const struct pci_card *card)
{
	host_set(card->name, "vsec", "\"\"");
	host_set(card->name, "descriptor", "\"\"");
	host_set(card->name, "all-ones", "false");
}

FIXTURE_SETUP(hostile)
{
	struct cxl_afu afu;

	self->log_fd = -1;
	if (no_afu(_metadata, &afu))
		SKIP(return, "no memcpy AFU");
	if (pci_card_find(&self->card, &afu))
		SKIP(return, "no card on bare metal");
	if (!host_present())
		SKIP(return, "no host to ask");
	make_good(&self->card);
	self->log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_GE(self->log_fd, 0);
	ASSERT_EQ(0, cxl_unbind(&self->card.binding));
}

FIXTURE_TEARDOWN(hostile)
{
	if (self->log_fd < 0)
		return;
	close(self->log_fd);
	make_good(&self->card);
	if (access(self->card.afu.card_dir, F_OK))
		cxl_bind(&self->card.binding);
}

/* The same numbers everywhere */
static __u64 any(__u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33 ^ *state << 20;
}

/* Where things are often just right, or just not */
static __u64 any_value(__u64 *state)
{
	__u64 kind = any(state);

	switch (kind % 4) {
	case 0:
		return (1ULL << (kind >> 2 & 63)) - (kind >> 8) % 3;
	case 1:
		return kind >> 8 & 0xfff;
	case 2:
		return kind >> 8 & 1 ? ~0ULL : 0;
	default:
		return any(state);
	}
}

/* Registers that do not exist take their time not to answer. */
static bool is_slow(unsigned int offset, unsigned int width)
{
	return offset <= VSEC_SLICES && offset + width > VSEC_SLICES;
}

/* One field as the host wants it, for the one or the other table. */
static int any_field(__u64 *state, bool vsec, char *text, size_t size)
{
	unsigned int width = 1U << any(state) % 4, offset, bytes;

	bytes = vsec ? VSEC_BYTES : DESCRIPTOR_BYTES;
	do {
		offset = any(state) % (bytes / width) * width;
	} while (vsec && ((offset <= VSEC_MODE && offset + width > VSEC_MODE) ||
			  (is_slow(offset, width) && any(state) % 8)));
	return snprintf(text, size, "%#x:%u:%llu", offset, width,
			any_value(state) & (width < 8 ? (1ULL << 8 * width) - 1 : ~0ULL));
}

/* Up to three fields of one table. */
static int make_hostile(const struct pci_card *card, __u64 *state, char *text, size_t size)
{
	bool vsec = any(state) % 5 < 3;
	int fields = 1 + any(state) % 3, len = 0;

	while (fields--) {
		len += any_field(state, vsec, text + len, size - len);
		if (fields)
			len += snprintf(text + len, size - len, "+");
	}
	if (host_set(card->name, vsec ? "descriptor" : "vsec", "\"\"") ||
	    host_set(card->name, vsec ? "vsec" : "descriptor", "\"%s\"", text))
		return -EIO;
	return 0;
}

/*
 * The next line about the card, or false if there is none yet. That of the driver
 * core counts for nothing: it says the same of all cards.
 */
static bool next_line(int fd, const struct pci_card *card, char *text, size_t size)
{
	char line[2048], *start;
	ssize_t n;

	/* EPIPE: some were overwritten before they were read */
	while ((n = read(fd, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		line[n < 0 ? 0 : n] = 0;
		line[strcspn(line, "\n")] = 0;
		start = strchr(line, ';');
		if (!start || strncmp(++start, "cxl", 3) ||
		    strstr(start, "probe with driver") ||
		    (!strstr(start, card->binding.device) && !strstr(start, card->name) &&
		     !strstr(start, strrchr(card->afu.dir, '/') + 1)))
			continue;
		snprintf(text, size, "%s", start);
		return true;
	}
	return false;
}

/* How many lines there are, and the last one. */
static int read_log(int fd, const struct pci_card *card, char *last, size_t size)
{
	int lines = 0;

	*last = 0;
	while (next_line(fd, card, last, size))
		lines++;
	return lines;
}

/* Is one of them about this? */
static bool has_said(int fd, const struct pci_card *card, const char *word)
{
	char line[512];
	bool found = false;

	while (next_line(fd, card, line, sizeof(line)))
		found |= !!strstr(line, word);
	return found;
}

/* What a program finds: it gets something done, or an error. */
static int try_card(const struct pci_card *card)
{
	char src[256], dst[256] = "";
	struct mc mc;
	int ret;

	cxl_fill(src, sizeof(src), 3);
	ret = mc_open(&mc, card->afu.slave, 1);
	if (!ret)
		ret = mc_start(&mc, NULL);
	if (!ret)
		ret = mc_wait(&mc, mc_push(&mc, MC_COPY, sizeof(src), src, dst), 2000);
	if (ret == MC_DONE)
		ret = cxl_mismatch(dst, sizeof(dst), 3) == -1 ? 0 : -EBADMSG;
	mc_close(&mc);
	return ret;
}

/**
 * struct outcome - what has become of the cards
 * @refused: so many were refused
 * @no_afu: or their AFU was
 * @unusable: or no program can use it, and is told so
 * @working: or it copies
 */
struct outcome {
	int refused;
	int no_afu;
	int unusable;
	int working;
};

static void probe(struct __test_metadata *_metadata, const struct pci_card *card,
		  int log_fd, const char *what, struct outcome *outcome)
{
	char last[512], text[256];
	int ret, lines;

	read_log(log_fd, card, last, sizeof(last));
	ret = cxl_bind(&card->binding);
	lines = read_log(log_fd, card, last, sizeof(last));
	EXPECT_LE(lines, LINES_MAX) {
		TH_LOG("%s: %s", what, last);
	}
	if (ret || access(card->afu.dir, F_OK))
		EXPECT_GE(lines, 1) {
			TH_LOG("%s: %d, not a word", what, ret);
		}
	if (ret)
		outcome->refused++;
	else if (access(card->afu.dir, F_OK))
		outcome->no_afu++;
	else if (try_card(card))
		outcome->unusable++;
	else
		outcome->working++;
	if (!ret)
		EXPECT_EQ(0, cxl_unbind(&card->binding)) {
			TH_LOG("%s: not unbound", what);
		}
	EXPECT_FALSE(pci_card_residue(card, text, sizeof(text))) {
		TH_LOG("%s: left %s", what, text);
	}
}

static void expect_good(struct __test_metadata *_metadata, const struct pci_card *card)
{
	make_good(card);
	ASSERT_EQ(0, cxl_bind(&card->binding));
	EXPECT_EQ(0, inject_works(&card->afu));
}

TEST_F_TIMEOUT(hostile, by_chance, 3600)
{
	unsigned int rounds = pci_card_rounds(machine_rounds(200)), i;
	char what[256], text[LEVEL_TEXT_MAX];
	struct outcome outcome = { 0 };
	__u64 state = SEED;
	bool grown;

	level_measure(&self->before);
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, make_hostile(&self->card, &state, what, sizeof(what)));
		probe(_metadata, &self->card, self->log_fd, what, &outcome);
	}
	level_measure(&self->after);
	TH_LOG("%d refused, %d without an AFU, %d cannot be used, %d work",
	       outcome.refused, outcome.no_afu, outcome.unusable, outcome.working);
	grown = level_compare(&self->before, &self->after, rounds, 16384, text, sizeof(text));
	TH_LOG("%s", text);
	EXPECT_FALSE(grown);
	/* otherwise it would be no test of these */
	EXPECT_GT(outcome.refused, 0);
	EXPECT_GT(outcome.working, 0);
	expect_good(_metadata, &self->card);
}

/**
 * struct nonsense - one thing that is wrong with a card
 * @property: of the card
 * @json: its value
 * @error: how the driver refuses it, 0 if it is its AFU that cannot be used
 * @word: in the log
 */
struct nonsense {
	const char *property;
	const char *json;
	int error;
	const char *word;
};

static const struct nonsense list[] = {
	{ "vsec", "\"0x0:2:0x10\"", -ENODEV, "no CAPI capability" },
	{ "vsec", "\"0x4:2:0x1281\"", -ENODEV, "no CAPI capability" },
	{ "vsec", "\"0x4:4:0x07f01280\"", -EINVAL, "too short" },
	{ "vsec", "\"0x4:4:0xffffffff\"", -ENODEV, "no CAPI capability" },
	{ "vsec", "\"0x8:1:0\"", -EINVAL, "no AFU" },
	{ "vsec", "\"0x9:1:0x80\"", -EBUSY, "second port" },
	{ "vsec", "\"0x9:1:0x40\"", -EINVAL, "MSI-X" },
	{ "vsec", "\"0x9:1:0x20\"", -EINVAL, "MSI-X" },
	{ "vsec", "\"0xf:1:2\"", -ENODEV, "not supported" },
	{ "vsec", "\"0xf:1:0\"", -ENODEV, "not supported" },
	{ "vsec", "\"0x20:4:0\"", -EINVAL, "no AFU descriptors" },
	{ "vsec", "\"0x24:4:0xffffffff\"", -EINVAL, "exceed" },
	{ "vsec", "\"0x28:4:0xffffffff\"", -EINVAL, "exceed" },
	{ "vsec", "\"0x2c:4:0x10000\"", -EINVAL, "exceed" },
	{ "all-ones", "true", -EIO, "cannot be set up" },
	{ "descriptor", "\"0:8:0xffffffffffffffff\"", 0, "does not answer" },
	{ "descriptor", "\"2:2:0\"", 0, "takes no process" },
	{ "descriptor", "\"0x28:8:0x8000\"", 0, "is empty" },
	{ "descriptor", "\"0x30:8:0x03ffffffffffffff\"", 0, "too small" },
	{ "descriptor", "\"0x38:8:0xffffffffffffffff\"", 0, "too small" },
};

/* Each has its errno, and a word that says what it is. */
TEST_F_TIMEOUT(hostile, one_thing, 300)
{
	const struct pci_card *card = &self->card;
	char last[512], text[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(list); i++) {
		make_good(card);
		ASSERT_EQ(0, host_set(card->name, list[i].property, "%s", list[i].json));
		read_log(self->log_fd, card, last, sizeof(last));
		EXPECT_EQ(list[i].error, cxl_bind(&card->binding)) {
			TH_LOG("%s %s", list[i].property, list[i].json);
		}
		EXPECT_TRUE(has_said(self->log_fd, card, list[i].word)) {
			TH_LOG("%s %s: not '%s'", list[i].property, list[i].json, list[i].word);
		}
		EXPECT_EQ(-1, access(card->afu.dir, F_OK));
		if (!access(card->afu.card_dir, F_OK))
			EXPECT_EQ(0, cxl_unbind(&card->binding));
		EXPECT_FALSE(pci_card_residue(card, text, sizeof(text))) {
			TH_LOG("%s %s: left %s", list[i].property, list[i].json, text);
		}
	}
	expect_good(_metadata, card);
}

TEST_HARNESS_MAIN
