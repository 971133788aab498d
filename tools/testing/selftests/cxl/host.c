// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the host that other tests rely on when they injure a card.
 */
#include <sys/wait.h>

#include "cxl_host.h"
#include "cxl_test.h"

FIXTURE(host) {
	struct cxl_afu afu;
	char card[16];
	/* properties that every kind of card has, or one for each kind */
	const char *number;
	const char *zero;
	const char *truth;
	const char *order;
};

FIXTURE_SETUP(host)
{
	if (!host_present())
		SKIP(return, "no host to ask");
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	snprintf(self->card, sizeof(self->card), "card%d", self->afu.card);
	if (cxl_is_guest(&self->afu)) {
		self->number = "facility-reset-ms";
		self->zero = "slbia-reads";
		self->truth = "strict-end";
		self->order = "inject-rc";
	} else {
		self->number = "llcmd-ms";
		self->zero = "flush-ms";
		self->truth = "sticky-reset";
		self->order = "inject-llcmd";
	}
}

FIXTURE_TEARDOWN(host)
{
	if (host_present())
		host_set(self->card, self->number, "%d", cxl_is_guest(&self->afu) ? 100 : 0);
}

TEST_F(host, set_and_get)
{
	uint64_t value = 0;
	char json[16];

	ASSERT_EQ(0, host_set(self->card, self->number, "%d", 123));
	ASSERT_EQ(0, host_get_u64(self->card, self->number, &value));
	EXPECT_EQ(123UL, value);
	ASSERT_EQ(0, host_set(self->card, self->truth, "true"));
	ASSERT_EQ(0, host_get(self->card, self->truth, json, sizeof(json)));
	EXPECT_STREQ("true", json);
	EXPECT_EQ(0, host_set(self->card, self->truth, "false"));
	EXPECT_EQ(0, host_set(self->card, self->order, "\"\""));
}

/* What is refused is refused alone: the next request is answered. */
TEST_F(host, refusals)
{
	uint64_t value;

	EXPECT_EQ(-1, host_set(self->card, "no-such-property", "1"));
	EXPECT_EQ(-1, host_set(self->card, self->number, "\"text\""));
	EXPECT_EQ(-1, host_set("card99", self->number, "1"));
	EXPECT_EQ(-1, host_get_u64(self->card, self->truth, &value));
	EXPECT_EQ(0, host_get_u64(self->card, self->number, &value));
}

/* The host's counters belong to the card that the guest calls by this name. */
TEST_F(host, same_card)
{
	uint64_t before, now;
	struct mc mc;

	ASSERT_EQ(0, host_get_u64(self->card, "stat-afu-interrupts", &before));
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	EXPECT_EQ(MC_DONE, mc_irq(&mc, 1));
	EXPECT_EQ(0, host_get_u64(self->card, "stat-afu-interrupts", &now));
	mc_close(&mc);
	EXPECT_EQ(before + 1, now);
}

/* Each of several processes gets the answer to its own question. */
TEST_F(host, several_processes)
{
	int i, child, status;
	uint64_t value;
	pid_t pid;

	ASSERT_EQ(0, host_set(self->card, self->number, "77"));
	for (child = 0; child < 4; child++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (pid)
			continue;
		for (i = 0; i < 20; i++) {
			if (child & 1 ?
			    host_get_u64(self->card, self->number, &value) || value != 77 :
			    host_get_u64(self->card, self->zero, &value) || value)
				_exit(1);
		}
		_exit(0);
	}
	while (child--) {
		ASSERT_LE(0, wait(&status));
		EXPECT_EQ(0, status);
	}
}

TEST_HARNESS_MAIN
