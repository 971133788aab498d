// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts that get lost, that come late, and that nobody has asked for.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "cxl_test.h"
#include "inject.h"
#include "machine.h"

#define PAGE	65536UL

FIXTURE(odd_irqs) {
	struct inject inject;
	struct mc mc;
	char *src;
};

FIXTURE_SETUP(odd_irqs)
{
	struct cxl_afu afu;

	self->mc.fd = -1;
	if (no_afu(_metadata, &afu))
		SKIP(return, "no memcpy AFU");
	if (!host_present())
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, inject_begin(&self->inject, &afu));
	self->src = cxl_pages(PAGE);
	ASSERT_NE(NULL, self->src);
	cxl_fill(self->src, PAGE, 1);
	ASSERT_EQ(0, mc_setup(&self->mc, &afu, 1));
	/* what the ring and the source need, the AFU has after this */
	ASSERT_EQ(MC_DONE, mc_run(&self->mc, MC_COPY, 64, self->src, self->src + 64));
	cxl_fill(self->src, PAGE, 1);
}

FIXTURE_TEARDOWN(odd_irqs)
{
	mc_close(&self->mc);
	if (!host_present())
		return;
	EXPECT_EQ(0, inject_heal(&self->inject));
	EXPECT_EQ(0, inject_violations(&self->inject));
}

/* A copy that takes a fault, and then an interrupt of the AFU. */
static void check_works(struct __test_metadata *_metadata, struct mc *mc, const char *src)
{
	struct cxl_event event;
	char *fresh = cxl_pages(PAGE);

	ASSERT_NE(NULL, fresh);
	ASSERT_EQ(0, mc_copy(mc, fresh, src, 4096));
	ASSERT_EQ(-1, cxl_mismatch(fresh, 4096, 1));
	ASSERT_EQ(MC_DONE, mc_irq(mc, 2));
	ASSERT_EQ(0, cxl_read_event(mc->fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
	EXPECT_EQ(2, event.irq.irq);
	EXPECT_EQ(0, cxl_poll(mc->fd, 0));
	munmap(fresh, PAGE);
}

static int spurious(const struct inject *inject, __u32 pe, int source, int count)
{
	return host_set(inject->card, "inject-irq", "\"%d:%u:%d:%d\"", inject->afu.slice,
			pe & 0xffff, source, count);
}

static int lose_irqs(const struct inject *inject, const char *what)
{
	return host_set(inject->card, "lose-irqs", "\"%s\"", what);
}

/* The PSL's own without a fault: nothing to do, nothing to tell. */
TEST_F(odd_irqs, spurious_psl)
{
	ASSERT_EQ(0, spurious(&self->inject, self->mc.pe, 0, 50));
	check_works(_metadata, &self->mc, self->src);
	poll(NULL, 0, 200);
	check_works(_metadata, &self->mc, self->src);
}

/* In the middle of faults: none of them is answered twice. */
TEST_F(odd_irqs, spurious_psl_with_faults)
{
	struct mc other;
	int i;

	ASSERT_EQ(0, mc_setup(&other, &self->inject.afu, 1));
	ASSERT_EQ(0, spurious(&self->inject, self->mc.pe, 0, 1000));
	ASSERT_EQ(0, spurious(&self->inject, other.pe, 0, 1000));
	for (i = 0; i < 30; i++) {
		check_works(_metadata, &self->mc, self->src);
		check_works(_metadata, &other, self->src);
	}
	mc_close(&other);
}

/* Nor is a program told twice of an address that is no good, or not at all. */
TEST_F_TIMEOUT(odd_irqs, spurious_psl_with_bad_addresses, 60)
{
	unsigned int i, rounds = machine_rounds(100);
	__u64 before, after, page = sysconf(_SC_PAGESIZE);
	struct mc_element *element;
	struct cxl_event event;

	if (!cxl_has_stats(&self->inject.afu))
		SKIP(return, "no counters in debugfs");
	element = mc_push(&self->mc, MC_COPY, 0, NULL, NULL);
	ASSERT_EQ(MC_DONE, mc_wait(&self->mc, element, CXL_WAIT_MS));
	ASSERT_EQ(0, cxl_stat(&self->inject.afu, "failed_faults", &before));
	for (i = 0; i < rounds; i++) {
		if (i % 50 == 0)
			ASSERT_EQ(0, spurious(&self->inject, self->mc.pe, 0, 1000));
		element = mc_push(&self->mc, MC_COPY, 64, CXL_HOLE + i * page, self->src);
		ASSERT_NE(NULL, element);
		ASSERT_EQ(MC_AERROR, mc_wait(&self->mc, element, CXL_WAIT_MS));
		ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
		ASSERT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
		ASSERT_EQ((uintptr_t)CXL_HOLE + i * page, event.fault.addr & -128UL);
		ASSERT_EQ(0, mc_wait_stopped(&self->mc));
		ASSERT_EQ(0, cxl_poll(self->mc.fd, 0));
		element->length = 0;
		ASSERT_EQ(MC_DONE, mc_retry(&self->mc, element));
	}
	ASSERT_EQ(0, cxl_stat(&self->inject.afu, "failed_faults", &after));
	EXPECT_EQ(rounds, after - before);
}

/* The AFU's: the program is told, for nobody else can know what it means. */
TEST_F(odd_irqs, spurious_afu)
{
	struct cxl_event event;

	ASSERT_EQ(0, spurious(&self->inject, self->mc.pe, 3, 1));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
	EXPECT_EQ(3, event.irq.irq);
	EXPECT_EQ(self->mc.pe, event.header.process_element);
	check_works(_metadata, &self->mc, self->src);
}

/* Closed while they come. */
TEST_F(odd_irqs, spurious_while_closing)
{
	struct mc mc;
	int round;

	for (round = 0; round < 10; round++) {
		ASSERT_EQ(0, mc_setup(&mc, &self->inject.afu, 1));
		ASSERT_EQ(0, spurious(&self->inject, mc.pe, 0, 100));
		ASSERT_EQ(0, spurious(&self->inject, mc.pe, 1, 100));
		mc_close(&mc);
	}
	check_works(_metadata, &self->mc, self->src);
}

/* The driver finds the fault by itself, after a while. */
TEST_F_TIMEOUT(odd_irqs, lost_psl, 120)
{
	char *fresh = cxl_pages(PAGE);
	struct mc_element *element;
	struct mc other;

	ASSERT_NE(NULL, fresh);
	ASSERT_EQ(0, mc_setup(&other, &self->inject.afu, 1));
	ASSERT_EQ(0, lose_irqs(&self->inject, "psl:1"));
	element = mc_push(&self->mc, MC_COPY, 64, self->src, fresh);
	ASSERT_NE(NULL, element);
	EXPECT_EQ(MC_DONE, mc_wait(&self->mc, element, STATE_WAIT_MS));
	EXPECT_EQ(0, memcmp(fresh, self->src, 64));
	check_works(_metadata, &self->mc, self->src);
	check_works(_metadata, &other, self->src);
	mc_close(&other);
}

/* Closed, or killed, while all wait for the interrupt that does not come. */
TEST_F_TIMEOUT(odd_irqs, close_with_lost_psl, 120)
{
	char *fresh = cxl_pages(PAGE);
	__u64 start;

	ASSERT_NE(NULL, fresh);
	ASSERT_EQ(0, lose_irqs(&self->inject, "psl:1"));
	ASSERT_NE(NULL, mc_push(&self->mc, MC_COPY, 64, self->src, fresh));
	poll(NULL, 0, 50);
	start = cxl_now_ms();
	mc_close(&self->mc);
	EXPECT_GT(1000ULL, cxl_now_ms() - start);
	EXPECT_EQ(0, inject_works(&self->inject.afu));
}

TEST_F_TIMEOUT(odd_irqs, kill_with_lost_psl, 120)
{
	char *fresh = cxl_pages(PAGE);
	int ready[2], status;
	__u64 start;
	char byte = 0;
	pid_t pid;

	ASSERT_NE(NULL, fresh);
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		struct mc mc;

		if (mc_setup(&mc, &self->inject.afu, 1) ||
		    mc_run(&mc, MC_COPY, 0, NULL, NULL) != MC_DONE ||
		    lose_irqs(&self->inject, "psl:1"))
			_exit(1);
		mc_push(&mc, MC_COPY, 64, self->src, fresh);
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	poll(NULL, 0, 50);
	start = cxl_now_ms();
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_GT(1000ULL, cxl_now_ms() - start);
	check_works(_metadata, &self->mc, self->src);
}

/* An interrupt of the AFU is lost for good; the next one is not. */
TEST_F(odd_irqs, lost_afu)
{
	struct cxl_event event;

	ASSERT_EQ(0, lose_irqs(&self->inject, "afu:1"));
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 1));
	EXPECT_EQ(-ETIMEDOUT, cxl_read_event(self->mc.fd, &event, 300));
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 1));
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(1, event.irq.irq);
	check_works(_metadata, &self->mc, self->src);
}

/* Everything takes longer, and works. */
TEST_F_TIMEOUT(odd_irqs, delayed, 60)
{
	int i;

	ASSERT_EQ(0, host_set(self->inject.card, "delay-irqs-ms", "100"));
	for (i = 0; i < 5; i++)
		check_works(_metadata, &self->mc, self->src);
	mc_close(&self->mc);
	EXPECT_EQ(0, inject_works(&self->inject.afu));
}

/* Under way when the context ends: it does not arrive at the next one. */
static void check_not_inherited(struct __test_metadata *_metadata,
				const struct inject *inject, struct mc *mc, int wait_ms)
{
	int i;

	for (i = 1; i <= 3; i++)
		ASSERT_EQ(MC_DONE, mc_irq(mc, i));
	mc_close(mc);
	ASSERT_EQ(0, mc_setup(mc, &inject->afu, 1));
	EXPECT_EQ(0, cxl_poll(mc->fd, wait_ms));
}

TEST_F_TIMEOUT(odd_irqs, delayed_over_close, 60)
{
	int i;

	ASSERT_EQ(0, host_set(self->inject.card, "delay-irqs-ms", "200"));
	for (i = 0; i < 5; i++)
		check_not_inherited(_metadata, &self->inject, &self->mc, 300);
	ASSERT_EQ(0, host_set(self->inject.card, "delay-irqs-ms", "0"));
	check_works(_metadata, &self->mc, self->src);
}

/* A detach that does not call them back leaves those that no CPU has taken. */
TEST_F_TIMEOUT(odd_irqs, late_over_close, 60)
{
	int i;

	/* a card on bare metal calls none back in any case */
	if (cxl_is_guest(&self->inject.afu))
		ASSERT_EQ(0, host_set(self->inject.card, "late-interrupts", "true"));
	for (i = 0; i < 50; i++)
		check_not_inherited(_metadata, &self->inject, &self->mc, 0);
	if (cxl_is_guest(&self->inject.afu))
		ASSERT_EQ(0, host_set(self->inject.card, "late-interrupts", "false"));
	check_works(_metadata, &self->mc, self->src);
}

TEST_HARNESS_MAIN
