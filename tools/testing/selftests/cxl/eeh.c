// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors that cut off a card of bare metal with 32 contexts at work, again and
 * again: the contexts end, everything works afterwards, and nothing is left.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>

#include "cxl_test.h"
#include "inject.h"
#include "level.h"
#include "pci_card.h"

#define CONTEXTS 32
#define BYTES 4096

/**
 * struct error - a way to cut off a card
 * @property: of the card, what happens to its host bridge
 * @notice: whether the bridge tells, or somebody has to look
 * @same: the administrator has promised that the card comes back as it was: it
 *	recovers in place. Otherwise it is removed, and found again
 */
struct error {
	const char *property;
	const char *notice;
	bool same;
};

static const struct error errors[] = {
	{ "inject-fence", "notify", true },
	{ "inject-freeze", "notify", false },
	{ "inject-freeze", "silent", true },
	{ "inject-fence", "silent", false },
};

FIXTURE(eeh) {
	struct inject inject;
	struct pci_card card;
	struct mc mcs[CONTEXTS];
	char *src;
	char *dst;
	struct level before;
	struct level after;
};

FIXTURE_SETUP(eeh)
{
	struct cxl_afu afu;
	int i;

	for (i = 0; i < CONTEXTS; i++)
		self->mcs[i].fd = -1;
	if (no_afu(_metadata, &afu))
		SKIP(return, "no memcpy AFU");
	if (pci_card_find(&self->card, &afu))
		SKIP(return, "no card on bare metal");
	if (!host_present())
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, inject_begin(&self->inject, &afu));
	pci_card_bear_errors();
	self->src = cxl_pages(BYTES);
	self->dst = cxl_pages(CONTEXTS * BYTES);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	cxl_fill(self->src, BYTES, 1);
}

static void close_all(struct mc *mcs)
{
	int i;

	for (i = 0; i < CONTEXTS; i++)
		mc_close(&mcs[i]);
}

FIXTURE_TEARDOWN(eeh)
{
	close_all(self->mcs);
	/* the next program wants the card, too */
	if (access(self->card.afu.slave, F_OK))
		pci_card_rescan();
}

/* Every second one wants all ones when its registers have gone. */
static int start(struct mc *mc, const struct cxl_afu *afu, bool err_ff)
{
	struct cxl_ioctl_start_work work = { .flags = err_ff ? CXL_START_WORK_ERR_FF : 0 };
	int ret = mc_open(mc, afu->slave, 2048);

	if (!ret)
		ret = mc_start(mc, &work);
	return ret ? ret : mc_map(mc, afu->dir);
}

/* All of them at work at the same time, with more than they get done. */
static int start_all(struct mc *mcs, const struct cxl_afu *afu, const char *src, char *dst)
{
	int i, ret;

	for (i = 0; i < CONTEXTS; i++) {
		ret = start(&mcs[i], afu, i % 2);
		if (ret)
			return ret;
		mc_hold(&mcs[i]);
		while (mc_push(&mcs[i], MC_COPY, MC_COPY_MAX, src, dst + i * BYTES))
			;
	}
	for (i = 0; i < CONTEXTS; i++)
		mc_release(&mcs[i]);
	return 0;
}

/* How many have more to do. */
static int count_busy(const struct mc *mcs)
{
	int i, busy = 0;

	for (i = 0; i < CONTEXTS; i++)
		busy += !__atomic_load_n(&mcs[i].ring[mcs[i].entries - 1].status,
					 __ATOMIC_RELAXED);
	return busy;
}

/* Nobody may have noticed yet; and the card may have gone already. */
static void look_at(const struct pci_card *card)
{
	char text[16];

	cxl_file_read(card->afu.card_dir, "psl_timebase_synced", text, sizeof(text));
}

/* Waits until a context is dead: 0 or -ETIMEDOUT. */
static int wait_dead(const struct pci_card *card, int fd)
{
	__u64 end = cxl_now_ms() + PCI_CARD_WAIT_MS;

	while (inject_wait_dead(fd, 50)) {
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
		look_at(card);
	}
	return 0;
}

static sigjmp_buf bus_error;

static void on_bus_error(int sig)
{
	(void)sig;
	siglongjmp(bus_error, 1);
}

/* What its program finds in the registers, 0 for the signal. */
static __u64 read_handle(const struct mc *mc)
{
	if (sigsetjmp(bus_error, 1))
		return 0;
	return mc_reg_read(mc, MC_REG_HANDLE);
}

static void check_dead(struct __test_metadata *_metadata, const struct mc *mcs)
{
	char buf[CXL_READ_MIN_SIZE];
	struct cxl_afu_id id;
	__u32 pe;
	int i;

	ASSERT_NE(SIG_ERR, signal(SIGBUS, on_bus_error));
	for (i = 0; i < CONTEXTS; i++) {
		EXPECT_EQ(-EIO, cxl_start_wed(mcs[i].fd, 0));
		EXPECT_EQ(-EIO, cxl_get_pe(mcs[i].fd, &pe));
		EXPECT_EQ(-EIO, cxl_get_afu_id(mcs[i].fd, &id));
		EXPECT_EQ(-EIO, cxl_read(mcs[i].fd, buf, sizeof(buf)));
		EXPECT_EQ(POLLERR, cxl_poll(mcs[i].fd, 0));
		EXPECT_EQ(i % 2 ? ~0ULL : 0, read_handle(&mcs[i]));
	}
	signal(SIGBUS, SIG_DFL);
}

/*
 * Has the card survived more than so many resets? A driver that does not count
 * them shows it by its AFU: that works.
 */
static bool is_recovered(const struct pci_card *card, long resets)
{
	long now = pci_card_resets(card);

	return now < 0 ? !inject_works(&card->afu) : now > resets;
}

/* Waits until the card works again, as the same object or another one. */
static void wait_recovered(struct __test_metadata *_metadata, const struct pci_card *card,
			   const struct error *error, long resets)
{
	__u64 end = cxl_now_ms() + PCI_CARD_WAIT_MS;

	if (!error->same)
		ASSERT_EQ(0, pci_card_wait(card, false));
	ASSERT_EQ(0, pci_card_wait(card, true));
	while (error->same && !is_recovered(card, resets)) {
		ASSERT_LT(cxl_now_ms(), end);
		if (resets >= 0)
			look_at(card);
		poll(NULL, 0, 20);
	}
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/* One error, from contexts at work to the next one that works. */
static void cut_off(struct __test_metadata *_metadata, const struct pci_card *card,
		    const struct error *error, struct mc *mcs, const char *src, char *dst)
{
	const struct cxl_afu *afu = &card->afu;
	ino_t inode = inode_of(afu->card_dir);
	long resets = pci_card_resets(card);
	__u64 begin = cxl_now_ms(), dead;
	int i, busy;

	ASSERT_EQ(0, cxl_file_write(afu->card_dir, "load_image_on_perst", "user"));
	ASSERT_EQ(0, cxl_file_write(afu->card_dir, "perst_reloads_same_image",
				    error->same ? "1" : "0"));
	ASSERT_EQ(0, start_all(mcs, afu, src, dst));
	ASSERT_EQ(0, host_set(card->name, error->property, "\"%s\"", error->notice));
	busy = count_busy(mcs);
	EXPECT_GT(busy, CONTEXTS / 2);
	for (i = 0; i < CONTEXTS; i++)
		ASSERT_EQ(0, wait_dead(card, mcs[i].fd));
	dead = cxl_now_ms();
	check_dead(_metadata, mcs);

	memset(dst, 0x5a, CONTEXTS * BYTES);
	wait_recovered(_metadata, card, error, resets);
	EXPECT_EQ(error->same, inode == inode_of(afu->card_dir));
	ASSERT_EQ(0, inject_works(afu));
	/* the old contexts have neither come to life nor written anything */
	check_dead(_metadata, mcs);
	close_all(mcs);
	EXPECT_EQ(0x5a, dst[0]);
	EXPECT_EQ(0, memcmp(dst, dst + 1, CONTEXTS * BYTES - 1));
	EXPECT_EQ(0, pci_card_no_contexts(card));
	TH_LOG("%s, %s, %s: %d at work, dead after %llu ms, works after %llu ms",
	       error->property, error->notice, error->same ? "in place" : "removed", busy,
	       dead - begin, cxl_now_ms() - begin);
}

/* The interrupts of contexts stay with the card, once they have been used. */
static void measure(struct __test_metadata *_metadata, const struct pci_card *card,
		    struct mc *mcs, char *src, char *dst, struct level *level)
{
	ASSERT_EQ(0, start_all(mcs, &card->afu, src, dst));
	close_all(mcs);
	level_measure(level);
}

TEST_F_TIMEOUT(eeh, again_and_again, 3600)
{
	unsigned int rounds = pci_card_rounds(ARRAY_SIZE(errors)), i;
	char text[LEVEL_TEXT_MAX];
	bool grown;

	/* the first one of those in place, and of removals, fills caches */
	for (i = 0; i < 2; i++)
		cut_off(_metadata, &self->card, &errors[i], self->mcs, self->src, self->dst);
	measure(_metadata, &self->card, self->mcs, self->src, self->dst, &self->before);
	for (; i < rounds + 2; i++)
		cut_off(_metadata, &self->card, &errors[i % ARRAY_SIZE(errors)], self->mcs,
			self->src, self->dst);
	measure(_metadata, &self->card, self->mcs, self->src, self->dst, &self->after);
	/* with the kernel's notes of each error */
	grown = level_compare(&self->before, &self->after, rounds, 16384, text,
			      sizeof(text));
	TH_LOG("%s", text);
	EXPECT_FALSE(grown);
	EXPECT_EQ(0, pci_card_no_contexts(&self->card));
	EXPECT_EQ(0, inject_violations(&self->inject));
}

TEST_HARNESS_MAIN
