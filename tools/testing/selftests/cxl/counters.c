// SPDX-License-Identifier: GPL-2.0-only
/*
 * What debugfs counts: by context, by AFU and by card, and that nothing counted
 * is lost when a context ends.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "card_reset.h"
#include "cxl_test.h"

#define DEBUGFS_DIR	"/sys/kernel/debug/cxl"

FIXTURE(counters) {
	struct cxl_afu afu;
	char dir[128];
	char *buf;
	char *fresh;
	size_t page;
};

FIXTURE_SETUP(counters)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	snprintf(self->dir, sizeof(self->dir), DEBUGFS_DIR "/afu%d.%d",
		 self->afu.card, self->afu.slice);
	self->page = sysconf(_SC_PAGESIZE);
	self->buf = cxl_pages(2 * self->page);
	ASSERT_NE(NULL, self->buf);
	self->fresh = cxl_pages(self->page);
	ASSERT_NE(NULL, self->fresh);
}

FIXTURE_TEARDOWN(counters)
{
}

/*
 * The entry @name of the line whose entry @key is @value in a table with a line
 * of names: 0, or -ENOENT.
 */
static int table_entry(const char *dir, const char *key, const char *value,
		       const char *name, char *result, size_t size)
{
	static char buf[1 << 20];
	char *line, *lines = NULL, *word, *words;
	int column, key_column = -1, name_column = -1;
	const char *found;
	bool match;

	if (cxl_file_read(dir, "contexts", buf, sizeof(buf)) < 0)
		return -ENOENT;
	line = strtok_r(buf, "\n", &lines);
	for (column = 0, word = strtok_r(line, " ", &words); word;
	     word = strtok_r(NULL, " ", &words), column++) {
		if (!strcmp(word, key))
			key_column = column;
		if (!strcmp(word, name))
			name_column = column;
	}
	if (key_column < 0 || name_column < 0)
		return -ENOENT;

	while ((line = strtok_r(NULL, "\n", &lines))) {
		found = NULL;
		match = false;
		for (column = 0, word = strtok_r(line, " ", &words); word;
		     word = strtok_r(NULL, " ", &words), column++) {
			if (column == key_column)
				match = !strcmp(word, value);
			if (column == name_column)
				found = word;
		}
		if (match && found) {
			snprintf(result, size, "%s", found);
			return 0;
		}
	}
	return -ENOENT;
}

static long long context_number(const char *dir, __u32 pe, const char *name)
{
	char key[16], text[32];

	snprintf(key, sizeof(key), "%u", pe);
	if (table_entry(dir, "element", key, name, text, sizeof(text)))
		return -1;
	return atoll(text);
}

/* A context that is merely open has no number in hardware yet. */
TEST_F(counters, context_states)
{
	char key[16], text[32];
	struct mc mc;

	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	snprintf(key, sizeof(key), "%u", mc.pe);
	ASSERT_EQ(0, table_entry(self->dir, "element", key, "state", text, sizeof(text)));
	EXPECT_STREQ("started", text);
	ASSERT_EQ(0, table_entry(self->dir, "element", key, "node", text, sizeof(text)));
	EXPECT_STREQ("slave", text);
	EXPECT_EQ(getpid(), context_number(self->dir, mc.pe, "pid"));
	mc_close(&mc);
	EXPECT_EQ(-ENOENT, table_entry(self->dir, "element", key, "state", text, sizeof(text)));
}

TEST_F(counters, context_opened)
{
	char text[32];
	int fd;

	if (!cxl_is_guest(&self->afu))
		SKIP(return, "elements have numbers from open() on");
	fd = cxl_open(self->afu.master, O_RDWR);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, table_entry(self->dir, "element", "-1", "state", text, sizeof(text)));
	EXPECT_STREQ("opened", text);
	ASSERT_EQ(0, table_entry(self->dir, "element", "-1", "node", text, sizeof(text)));
	EXPECT_STREQ("master", text);
	close(fd);
}

/* What one context does is not counted for the other. */
TEST_F(counters, by_context)
{
	long long faults[2], irqs, events;
	struct cxl_event event;
	struct mc mc[2];

	ASSERT_EQ(0, mc_setup(&mc[0], &self->afu, 1));
	ASSERT_EQ(0, mc_setup(&mc[1], &self->afu, 1));
	/* Both have found their work when they have done some. */
	ASSERT_EQ(0, mc_copy(&mc[0], self->buf, self->buf + 64, 64));
	ASSERT_EQ(0, mc_copy(&mc[1], self->buf, self->buf + 64, 64));

	faults[0] = context_number(self->dir, mc[0].pe, "page_faults");
	faults[1] = context_number(self->dir, mc[1].pe, "page_faults");
	ASSERT_EQ(0, mc_copy(&mc[0], self->fresh, self->buf, 64));
	EXPECT_EQ(faults[0] + 1, context_number(self->dir, mc[0].pe, "page_faults"));
	EXPECT_EQ(faults[1], context_number(self->dir, mc[1].pe, "page_faults"));

	irqs = context_number(self->dir, mc[1].pe, "afu_interrupts");
	events = context_number(self->dir, mc[1].pe, "events");
	ASSERT_LT(0, mc_irq(&mc[1], 1));
	ASSERT_EQ(0, cxl_read_event(mc[1].fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(irqs + 1, context_number(self->dir, mc[1].pe, "afu_interrupts"));
	EXPECT_EQ(events + 1, context_number(self->dir, mc[1].pe, "events"));
	mc_close(&mc[0]);
	mc_close(&mc[1]);
}

/* The AFU keeps what its contexts have counted. */
TEST_F(counters, kept_by_afu)
{
	__u64 before, running, after;
	long long mine;
	struct mc mc;

	ASSERT_EQ(0, cxl_stat(&self->afu, "page_faults", &before));
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	ASSERT_EQ(0, mc_copy(&mc, self->buf, self->buf + self->page, self->page));
	mine = context_number(self->dir, mc.pe, "page_faults");
	EXPECT_LT(0, mine);
	ASSERT_EQ(0, cxl_stat(&self->afu, "page_faults", &running));
	EXPECT_EQ(before + mine, running);
	mc_close(&mc);
	ASSERT_EQ(0, cxl_stat(&self->afu, "page_faults", &after));
	EXPECT_EQ(running, after);
}

static int card_stat(const struct cxl_afu *afu, const char *name, __u64 *value)
{
	char dir[128], buf[4096], *line;
	size_t len = strlen(name);

	snprintf(dir, sizeof(dir), DEBUGFS_DIR "/card%d", afu->card);
	if (cxl_file_read(dir, "stats", buf, sizeof(buf)) < 0)
		return -ENOENT;
	for (line = strtok(buf, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strncmp(line, name, len) && line[len] == ' ') {
			*value = strtoull(line + len, NULL, 10);
			return 0;
		}
	}
	return -ENOENT;
}

/* A card has the sum of its AFUs. */
TEST_F(counters, by_card)
{
	static const char * const names[] = {
		"attaches", "detaches", "page_faults", "afu_interrupts", "resets",
	};
	struct cxl_afu afu = self->afu;
	__u64 sum, value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		sum = 0;
		for (afu.slice = 0; afu.slice < 4; afu.slice++)
			if (!cxl_stat(&afu, names[i], &value))
				sum += value;
		ASSERT_EQ(0, card_stat(&self->afu, names[i], &value)) {
			TH_LOG("%s", names[i]);
		}
		EXPECT_EQ(sum, value);
	}
}

TEST_F_TIMEOUT(counters, card_reset, 100)
{
	__u64 before, after;

	if (!card_stays_in_reset(&self->afu))
		SKIP(return, "a reset of this card takes the device away");
	ASSERT_EQ(0, card_stat(&self->afu, "card_resets", &before));
	ASSERT_EQ(0, card_reset(&self->afu, "1"));
	ASSERT_EQ(0, card_stat(&self->afu, "card_resets", &after));
	EXPECT_EQ(before + 1, after);
}

TEST_HARNESS_MAIN
