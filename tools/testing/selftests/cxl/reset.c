// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets of the card and of the AFU, idle and in use. Afterwards everything
 * works again, for new contexts.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "card_reset.h"
#include "cxl_test.h"

#define BYTES	4096

FIXTURE(reset) {
	struct cxl_afu afu;
	char *src;
	char *dst;
};

FIXTURE_SETUP(reset)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	if (!card_stays_in_reset(&self->afu))
		SKIP(return, "a reset of this card takes the device away");
	self->src = cxl_pages(BYTES);
	self->dst = cxl_pages(BYTES);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	cxl_fill(self->src, BYTES, 1);
}

FIXTURE_TEARDOWN(reset)
{
}

static void check_works(struct __test_metadata *_metadata, const struct cxl_afu *afu,
			char *dst, const char *src)
{
	struct mc mc;

	memset(dst, 0, BYTES);
	ASSERT_EQ(0, mc_setup(&mc, afu, 1));
	EXPECT_EQ(0, mc_copy(&mc, dst, src, BYTES));
	EXPECT_EQ(0, memcmp(src, dst, BYTES));
	mc_close(&mc);
}

static void check_dead(struct __test_metadata *_metadata, int fd)
{
	char buf[CXL_READ_MIN_SIZE];
	struct cxl_event event;
	__u32 pe;

	EXPECT_EQ(-EIO, cxl_start_wed(fd, 0));
	EXPECT_EQ(-EIO, cxl_get_pe(fd, &pe));
	/* a fault may have been in flight when the context ended */
	while (cxl_poll(fd, CXL_WAIT_MS) == POLLIN)
		ASSERT_EQ(0, cxl_read_event(fd, &event, 0));
	EXPECT_EQ(-EIO, cxl_read(fd, buf, sizeof(buf)));
	EXPECT_EQ(POLLERR, cxl_poll(fd, CXL_WAIT_MS));
}

TEST_F_TIMEOUT(reset, other_words, 100)
{
	static const char * const words[] = {
		"0", "2", "-2", "11", "1x", "x", "user", " 1 1", "4294967297",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		EXPECT_EQ(-EINVAL, card_reset(&self->afu, words[i]))
			TH_LOG("card, %s", words[i]);
		EXPECT_EQ(-EINVAL, cxl_file_write(self->afu.dir, "reset", words[i]))
			TH_LOG("AFU, %s", words[i]);
	}
	EXPECT_EQ(-EINVAL, cxl_file_write(self->afu.dir, "reset", "-1"));
	check_works(_metadata, &self->afu, self->dst, self->src);
}

TEST_F_TIMEOUT(reset, idle, 200)
{
	unsigned int i, rounds = (card_reset_rounds(&self->afu, 6) + 1) / 2;

	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, card_reset(&self->afu, i ? "1\n" : "1"));
		check_works(_metadata, &self->afu, self->dst, self->src);
		ASSERT_EQ(0, card_reset(&self->afu, "-1"));
		check_works(_metadata, &self->afu, self->dst, self->src);
	}
}

/* Refused, and nobody notices. */
TEST_F_TIMEOUT(reset, refused_in_use, 100)
{
	struct mc mc;

	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 8));
	EXPECT_EQ(-EBUSY, card_reset(&self->afu, "1"));
	EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.dir, "reset", "1"));
	EXPECT_EQ(0, mc_copy(&mc, self->dst, self->src, BYTES));
	EXPECT_EQ(0, memcmp(self->src, self->dst, BYTES));
	EXPECT_EQ(MC_DONE, mc_irq(&mc, 1));
	mc_close(&mc);
	EXPECT_EQ(0, card_reset(&self->afu, "1"));
	EXPECT_EQ(0, cxl_file_write(self->afu.dir, "reset", "1"));
}

/* A context that was not started does not keep the card from being reset. */
TEST_F_TIMEOUT(reset, opened, 100)
{
	int fd = cxl_open(self->afu.slave, O_RDWR);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.dir, "reset", "1"));
	EXPECT_EQ(0, card_reset(&self->afu, "1"));
	check_dead(_metadata, fd);
	check_works(_metadata, &self->afu, self->dst, self->src);
	EXPECT_EQ(0, close(fd));
}

TEST_F_TIMEOUT(reset, forced, 200)
{
	int opened = cxl_open(self->afu.slave, O_RDWR);
	struct mc mc;

	ASSERT_GE(opened, 0);
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 64));
	mc_keep_busy(&mc, self->src, self->dst);
	ASSERT_EQ(0, card_reset(&self->afu, "-1"));
	check_dead(_metadata, opened);
	check_dead(_metadata, mc.fd);
	/* dead files are in nobody's way */
	EXPECT_EQ(0, card_reset(&self->afu, "1"));
	EXPECT_EQ(0, cxl_file_write(self->afu.dir, "reset", "1"));
	check_works(_metadata, &self->afu, self->dst, self->src);
	close(opened);
	mc_close(&mc);
	check_works(_metadata, &self->afu, self->dst, self->src);
}

/* Registers of a dead context: all ones, if it asked for that. */
TEST_F_TIMEOUT(reset, registers_after_forced, 100)
{
	struct cxl_ioctl_start_work work = { .flags = CXL_START_WORK_ERR_FF };
	struct mc mc;

	ASSERT_EQ(0, mc_open(&mc, self->afu.slave, 1));
	ASSERT_EQ(0, mc_start(&mc, &work));
	ASSERT_EQ(0, mc_map(&mc, self->afu.dir));
	EXPECT_NE(~0ULL, mc_reg_read(&mc, MC_REG_WED));
	ASSERT_EQ(0, card_reset(&self->afu, "-1"));
	EXPECT_EQ(~0ULL, mc_reg_read(&mc, MC_REG_WED));
	mc_close(&mc);
}

struct starter {
	const struct cxl_afu *afu;
	int stop;
	int started;
	int unexpected;
};

/* Starts contexts all the time; each works, or is refused in a known way. */
static void *start_contexts(void *arg)
{
	struct starter *starter = arg;
	int fd, ret;

	while (!__atomic_load_n(&starter->stop, __ATOMIC_RELAXED)) {
		fd = cxl_open(starter->afu->slave, O_RDWR);
		ret = fd < 0 ? fd : cxl_start_wed(fd, 0);
		if (!ret)
			starter->started++;
		else if (!card_is_away(ret) && ret != -EBUSY)
			starter->unexpected = ret;
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

TEST_F_TIMEOUT(reset, race_with_start, 250)
{
	struct starter starter = { .afu = &self->afu };
	unsigned int i, rounds = card_reset_rounds(&self->afu, 20);
	pthread_t thread;
	int ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, start_contexts, &starter));
	for (i = 0; i < rounds; i++) {
		ret = card_reset(&self->afu, i & 1 ? "1" : "-1");
		EXPECT_TRUE(ret == 0 || ret == -EBUSY)
			TH_LOG("reset returned %d", ret);
	}
	__atomic_store_n(&starter.stop, 1, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, starter.unexpected);
	check_works(_metadata, &self->afu, self->dst, self->src);
}

TEST_HARNESS_MAIN
