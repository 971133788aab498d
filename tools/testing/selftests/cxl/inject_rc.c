// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypervisor calls that fail: what a program is told, and that everything works
 * again when they do not fail any more.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>

#include "cxl_test.h"
#include "inject.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Much more than a call takes that fails at once, or is busy for a moment. */
#define SOON_MS	5000ULL

/* A return code, and the error that a program gets for it. */
struct code {
	int rc;
	int error;
};

static const struct code codes[] = {
	{ RC_HARDWARE, -EBUSY },
	{ RC_AUTHORITY, -EBUSY },
	{ RC_RESOURCE, -EBUSY },
	{ RC_STATE, -EBUSY },
	{ RC_FUNCTION, -EINVAL },
	{ RC_PARAMETER, -EINVAL },
	/* nothing that a hypervisor should say */
	{ RC_NOT_FOUND, -EINVAL },
	{ -999, -EINVAL },
};

FIXTURE(inject_rc) {
	struct inject inject;
	struct mc mc;
	char src[256];
	char dst[256];
};

FIXTURE_SETUP(inject_rc)
{
	struct cxl_afu afu;

	self->mc.fd = -1;
	if (no_afu(_metadata, &afu))
		SKIP(return, "no memcpy AFU");
	if (!host_present())
		SKIP(return, "no host to ask");
	if (!cxl_is_guest(&afu))
		SKIP(return, "no hypervisor whose answers could be chosen");
	ASSERT_EQ(0, inject_begin(&self->inject, &afu));
	cxl_fill(self->src, sizeof(self->src), 1);
	memset(self->dst, 0, sizeof(self->dst));
}

FIXTURE_TEARDOWN(inject_rc)
{
	mc_close(&self->mc);
	if (!host_present())
		return;
	EXPECT_EQ(0, inject_heal(&self->inject));
	EXPECT_EQ(0, inject_violations(&self->inject));
}

static void check_copy(struct __test_metadata *_metadata, struct mc *mc, char *dst,
		       const char *src)
{
	memset(dst, 0, 256);
	ASSERT_EQ(0, mc_copy(mc, dst, src, 256));
	ASSERT_EQ(0, memcmp(dst, src, 256));
}

/* After each failure the context is as it was, and the next start works. */
TEST_F(inject_rc, attach)
{
	const struct inject *inject = &self->inject;
	unsigned int i;
	__u32 pe;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		ASSERT_EQ(0, mc_open(&self->mc, inject->afu.slave, 1));
		ASSERT_EQ(0, inject_rc(inject, H_ATTACH ":*:%d:3", codes[i].rc));
		EXPECT_EQ(codes[i].error, mc_start(&self->mc, NULL)) {
			TH_LOG("answer %d", codes[i].rc);
		}
		EXPECT_EQ(codes[i].error, mc_start(&self->mc, NULL));
		EXPECT_EQ(codes[i].error, mc_start(&self->mc, NULL));
		ASSERT_EQ(0, cxl_get_pe(self->mc.fd, &pe));
		EXPECT_EQ(0xffffffffU, pe);
		EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->mc.fd, 0));
		EXPECT_EQ(EIO, errno);
		EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
		ASSERT_EQ(0, mc_start(&self->mc, NULL)) {
			TH_LOG("again after answer %d", codes[i].rc);
		}
		ASSERT_EQ(0, mc_map(&self->mc, inject->afu.dir));
		check_copy(_metadata, &self->mc, self->dst, self->src);
		EXPECT_EQ(MC_DONE, mc_irq(&self->mc, 1));
		mc_close(&self->mc);
	}
}

/* A start that failed has taken nothing: all interrupts can be had afterwards. */
TEST_F_TIMEOUT(inject_rc, attach_leaves_nothing, 120)
{
	struct cxl_ioctl_start_work work = { .flags = CXL_START_WORK_NUM_IRQS };
	const struct inject *inject = &self->inject;
	__u64 before, now;
	long long irqs;
	int i;

	if (!cxl_has_stats(&inject->afu))
		SKIP(return, "no counters in debugfs");
	ASSERT_EQ(0, cxl_file_number(inject->afu.dir, "irqs_max", &irqs));
	work.num_interrupts = irqs;
	ASSERT_EQ(0, cxl_stat(&inject->afu, "contexts", &before));
	ASSERT_EQ(0, inject_rc(inject, H_ATTACH ":*:%d:60", RC_HARDWARE));
	for (i = 0; i < 60; i++) {
		ASSERT_EQ(0, mc_open(&self->mc, inject->afu.slave, 1));
		ASSERT_EQ(-EBUSY, mc_start(&self->mc, &work));
		mc_close(&self->mc);
	}
	ASSERT_EQ(0, cxl_stat(&inject->afu, "contexts", &now));
	EXPECT_EQ(before, now);
	ASSERT_EQ(0, mc_open(&self->mc, inject->afu.slave, 1));
	ASSERT_EQ(0, mc_start(&self->mc, &work));
	ASSERT_EQ(0, mc_map(&self->mc, inject->afu.dir));
	EXPECT_EQ(MC_DONE, mc_irq(&self->mc, irqs));
}

/* Contexts that run do not notice that others cannot start. */
TEST_F(inject_rc, attach_beside_others)
{
	struct mc other;

	ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
	ASSERT_EQ(0, inject_rc(&self->inject, H_ATTACH ":*:%d", RC_STATE));
	ASSERT_EQ(0, mc_open(&other, self->inject.afu.slave, 1));
	EXPECT_EQ(-EBUSY, mc_start(&other, NULL));
	/* the driver asks whether the state is what it was: it is */
	poll(NULL, 0, 100);
	check_copy(_metadata, &self->mc, self->dst, self->src);
	EXPECT_EQ(0, mc_start(&other, NULL));
	mc_close(&other);
}

/* How many contexts are quarantined after one was closed with this answer. */
static __u64 close_with_answer(struct __test_metadata *_metadata, struct inject *inject,
			       struct mc *mc, int rc, int count)
{
	__u64 before = 0, after = 0, start;

	ASSERT_EQ(0, mc_setup(mc, &inject->afu, 1));
	/* idle: what a card keeps that was told to let go, it does not use */
	ASSERT_EQ(MC_DONE, mc_run(mc, MC_STOP, 0, NULL, NULL));
	ASSERT_EQ(0, mc_wait_stopped(mc));
	ASSERT_EQ(0, cxl_stat(&inject->afu, "quarantined", &before));
	ASSERT_EQ(0, inject_rc(inject, H_DETACH ":*:%d:%d", rc, count));
	start = cxl_now_ms();
	mc_close(mc);
	EXPECT_GT(SOON_MS, cxl_now_ms() - start) {
		TH_LOG("close after answer %d", rc);
	}
	ASSERT_EQ(0, cxl_stat(&inject->afu, "quarantined", &after));
	return after - before;
}

/* The AFU becomes good again by itself, and nothing is left of the context. */
static void check_recovers(struct __test_metadata *_metadata, const struct inject *inject)
{
	__u64 contexts = ~0ULL;

	ASSERT_EQ(0, inject_clear(inject));
	ASSERT_EQ(0, inject_wait_open(inject, 0, STATE_WAIT_MS));
	ASSERT_EQ(0, inject_works(&inject->afu));
	ASSERT_EQ(0, cxl_stat(&inject->afu, "contexts", &contexts));
	EXPECT_EQ(0ULL, contexts);
}

/* The card may still use the context: nothing of it is given to others. */
TEST_F_TIMEOUT(inject_rc, detach_fails, 60)
{
	static const int rcs[] = { RC_HARDWARE, RC_AUTHORITY, RC_FUNCTION, RC_NOT_FOUND };
	unsigned int i;

	if (!cxl_has_stats(&self->inject.afu))
		SKIP(return, "no counters in debugfs");
	for (i = 0; i < ARRAY_SIZE(rcs); i++) {
		EXPECT_EQ(1ULL, close_with_answer(_metadata, &self->inject, &self->mc,
						  rcs[i], 1)) {
			TH_LOG("answer %d", rcs[i]);
		}
		check_recovers(_metadata, &self->inject);
	}
}

/* The hypervisor has no such process: it is gone, and that is what was wanted. */
TEST_F_TIMEOUT(inject_rc, detach_of_nothing, 60)
{
	static const int rcs[] = { RC_STATE, RC_PARAMETER };
	unsigned int i;

	if (!cxl_has_stats(&self->inject.afu))
		SKIP(return, "no counters in debugfs");
	for (i = 0; i < ARRAY_SIZE(rcs); i++) {
		EXPECT_EQ(0ULL, close_with_answer(_metadata, &self->inject, &self->mc,
						  rcs[i], 1)) {
			TH_LOG("answer %d", rcs[i]);
		}
		/* the card does have it, as only this test knows */
		ASSERT_EQ(0, cxl_file_write(self->inject.afu.dir, "reset", "1"));
		check_recovers(_metadata, &self->inject);
	}
}

/* Mapped somewhere: tried again, but not for ever. */
TEST_F_TIMEOUT(inject_rc, detach_of_mapped, 60)
{
	if (!cxl_has_stats(&self->inject.afu))
		SKIP(return, "no counters in debugfs");
	EXPECT_EQ(0ULL, close_with_answer(_metadata, &self->inject, &self->mc, RC_RESOURCE, 2));
	check_recovers(_metadata, &self->inject);
	EXPECT_EQ(1ULL, close_with_answer(_metadata, &self->inject, &self->mc, RC_RESOURCE,
					  1000));
	check_recovers(_metadata, &self->inject);
}

/* Reading or answering a fault fails once: tried again, nobody notices. */
TEST_F(inject_rc, fault_once)
{
	static const char * const calls[] = { H_COLLECT, H_FAULTS };
	static const int rcs[] = { RC_HARDWARE, RC_BUSY, RC_LONG_BUSY_1_MS };
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned int call, i;
	char *fresh;

	ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
	check_copy(_metadata, &self->mc, self->dst, self->src);
	for (call = 0; call < ARRAY_SIZE(calls); call++) {
		for (i = 0; i < ARRAY_SIZE(rcs); i++) {
			fresh = cxl_pages(page);
			ASSERT_NE(NULL, fresh);
			ASSERT_EQ(0, inject_rc(&self->inject, "%s:*:%d", calls[call], rcs[i]));
			check_copy(_metadata, &self->mc, fresh, self->src);
			EXPECT_EQ(0, cxl_poll(self->mc.fd, 0)) {
				TH_LOG("call %s, answer %d", calls[call], rcs[i]);
			}
			munmap(fresh, page);
		}
	}
}

/* A page in a segment that no AFU has seen yet; both are there for a CPU. */
static char *far_page(size_t page, unsigned int number)
{
	void *want = (void *)((number + 1UL) << 40);
	char *mem = mmap(want, page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (mem == MAP_FAILED)
		return NULL;
	/* not by a store, after which it would have an entry in the hash table */
	return madvise(mem, page, MADV_POPULATE_WRITE) ? NULL : mem;
}

/* Counts of the driver and of the card: how often something was served */
struct served {
	__u64 segments;
	__u64 pages;
	__u64 failed;
	uint64_t card_segments;
	uint64_t card_pages;
};

static struct served served(struct __test_metadata *_metadata, const struct inject *inject)
{
	struct served now = { 0 };

	ASSERT_EQ(0, cxl_stat(&inject->afu, "segment_faults", &now.segments));
	ASSERT_EQ(0, cxl_stat(&inject->afu, "page_faults", &now.pages));
	ASSERT_EQ(0, cxl_stat(&inject->afu, "failed_faults", &now.failed));
	ASSERT_EQ(0, host_get_u64(inject->card, "stat-segment-faults", &now.card_segments));
	ASSERT_EQ(0, host_get_u64(inject->card, "stat-page-faults", &now.card_pages));
	return now;
}

/*
 * Faults that need not be waited for are served where nobody can wait for the
 * hypervisor either. Busy or not, the first time or at each step: each is served
 * once, as the card counts them.
 */
TEST_F_TIMEOUT(inject_rc, fault_of_mapped_memory, 60)
{
	static const char * const calls[] = { H_COLLECT, H_FAULTS };
	static const int rcs[] = { RC_HARDWARE, RC_BUSY, RC_LONG_BUSY_1_MS };
	unsigned int i, number = 0, skip, count, call;
	size_t page = sysconf(_SC_PAGESIZE);
	struct served before, after;
	char *mem;

	if (!cxl_has_stats(&self->inject.afu))
		SKIP(return, "no counters in debugfs");
	ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
	check_copy(_metadata, &self->mc, self->dst, self->src);
	for (i = 0; i < 2 * 2 * 2 * ARRAY_SIZE(rcs); i++) {
		/* of the segment, or of the page after it; once, or twice */
		call = i % 2;
		skip = i / 2 % 2;
		count = i / 4 % 2 + 1;
		mem = far_page(page, number++);
		if (!mem)
			SKIP(return, "no memory at this address");
		before = served(_metadata, &self->inject);
		ASSERT_EQ(0, inject_rc(&self->inject, "%s:*:%d:%u:%u", calls[call], rcs[i / 8],
				       count, skip));
		ASSERT_EQ(0, mc_copy(&self->mc, mem, self->src, 256));
		ASSERT_EQ(0, memcmp(mem, self->src, 256));
		EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
		after = served(_metadata, &self->inject);
		EXPECT_EQ(1U, after.segments - before.segments) {
			TH_LOG("call %s, answer %d, %u times after %u", calls[call], rcs[i / 8],
			       count, skip);
		}
		EXPECT_EQ(after.card_segments - before.card_segments,
			  after.segments - before.segments);
		EXPECT_EQ(1U, after.pages - before.pages);
		EXPECT_EQ(after.card_pages - before.card_pages, after.pages - before.pages);
		EXPECT_EQ(before.failed, after.failed);
		munmap(mem, page);
	}
}

/* The same for an address that is no good: one event, whatever the hypervisor does. */
TEST_F(inject_rc, bad_address)
{
	static const char * const calls[] = { H_COLLECT, H_FAULTS };
	static const int rcs[] = { RC_HARDWARE, RC_BUSY, RC_LONG_BUSY_1_MS };
	struct mc_element *element;
	struct cxl_event event;
	unsigned int i;

	ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
	element = mc_push(&self->mc, MC_COPY, 0, NULL, NULL);
	ASSERT_EQ(MC_DONE, mc_wait(&self->mc, element, CXL_WAIT_MS));
	for (i = 0; i < 2 * 2 * ARRAY_SIZE(rcs); i++) {
		ASSERT_EQ(0, inject_rc(&self->inject, "%s:*:%d:%u", calls[i % 2], rcs[i / 4],
				       i / 2 % 2 + 1));
		element = mc_push(&self->mc, MC_COPY, 64, CXL_HOLE, self->dst);
		ASSERT_NE(NULL, element);
		ASSERT_EQ(MC_AERROR, mc_wait(&self->mc, element, CXL_WAIT_MS)) {
			TH_LOG("call %s, answer %d", calls[i % 2], rcs[i / 4]);
		}
		ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, CXL_WAIT_MS));
		EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
		EXPECT_EQ((unsigned long)CXL_HOLE, event.fault.addr & -128UL);
		ASSERT_EQ(0, mc_wait_stopped(&self->mc));
		EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
		element->length = 0;
		ASSERT_EQ(MC_DONE, mc_retry(&self->mc, element));
	}
}

/*
 * It fails and fails. Then nothing can be done for the context, and the AFU would
 * stand still for all others: they end, and it is reset.
 */
static void fault_never(struct __test_metadata *_metadata, struct inject *inject,
			struct mc *mc, const char *call)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *fresh = cxl_pages(page);
	struct mc other;

	ASSERT_NE(NULL, fresh);
	ASSERT_EQ(0, mc_setup(mc, &inject->afu, 1));
	ASSERT_EQ(0, mc_setup(&other, &inject->afu, 1));
	ASSERT_EQ(MC_DONE, mc_run(mc, MC_COPY, 0, NULL, NULL));
	ASSERT_EQ(0, inject_rc(inject, "%s:*:%d:1000", call, RC_HARDWARE));
	ASSERT_NE(NULL, mc_push(mc, MC_COPY, 64, mc, fresh));
	EXPECT_EQ(0, inject_wait_dead(mc->fd, STATE_WAIT_MS)) {
		TH_LOG("call %s", call);
	}
	EXPECT_EQ(0, inject_wait_dead(other.fd, STATE_WAIT_MS));
	mc_close(mc);
	mc_close(&other);
	check_recovers(_metadata, inject);
	munmap(fresh, page);
}

TEST_F_TIMEOUT(inject_rc, fault_never_read, 60)
{
	fault_never(_metadata, &self->inject, &self->mc, H_COLLECT);
}

TEST_F_TIMEOUT(inject_rc, fault_never_answered, 60)
{
	fault_never(_metadata, &self->inject, &self->mc, H_FAULTS);
}

/* A reset that fails leaves everything as it was. */
TEST_F(inject_rc, afu_reset)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		ASSERT_EQ(0, inject_rc(&self->inject, H_CONTROL ":%d:%d", OP_RESET,
				       codes[i].rc));
		EXPECT_EQ(codes[i].error, cxl_file_write(self->inject.afu.dir, "reset", "1")) {
			TH_LOG("answer %d", codes[i].rc);
		}
		EXPECT_EQ(0, inject_works(&self->inject.afu));
		EXPECT_EQ(0, cxl_file_write(self->inject.afu.dir, "reset", "1"));
		EXPECT_EQ(0, inject_works(&self->inject.afu));
	}
}

/* After a reset of the card that failed, new contexts are accepted at once. */
TEST_F_TIMEOUT(inject_rc, card_reset, 60)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		ASSERT_EQ(0, inject_rc(&self->inject, H_FACILITY ":1:%d", codes[i].rc));
		EXPECT_EQ(codes[i].error,
			  cxl_file_write(self->inject.afu.card_dir, "reset", "1")) {
			TH_LOG("answer %d", codes[i].rc);
		}
		EXPECT_EQ(0, inject_works(&self->inject.afu));
	}
	EXPECT_EQ(0, cxl_file_write(self->inject.afu.card_dir, "reset", "1"));
	EXPECT_EQ(0, inject_works(&self->inject.afu));
}

/* That the state cannot be read is no reason to end contexts. */
TEST_F(inject_rc, error_state)
{
	ASSERT_EQ(0, mc_setup(&self->mc, &self->inject.afu, 1));
	ASSERT_EQ(0, inject_rc(&self->inject, H_CONTROL ":%d:%d:2", OP_ERROR_STATE,
			       RC_HARDWARE));
	/* the driver asks twice in this time */
	poll(NULL, 0, 7000);
	check_copy(_metadata, &self->mc, self->dst, self->src);
	EXPECT_EQ(0, inject_works(&self->inject.afu));
}

static ssize_t read_at(const char *dir, const char *name, char *buf, size_t len, off_t offset)
{
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = pread(fd, buf, len, offset);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

TEST_F(inject_rc, error_buffer)
{
	const char *dir = self->inject.afu.dir;
	char buf[64];
	unsigned int i;

	if (read_at(dir, "afu_err_buff", buf, 8, 0) == -ENOENT)
		SKIP(return, "the AFU has no error buffer");
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		/* what is refused as a wrong parameter is tried in another way */
		ASSERT_EQ(0, inject_rc(&self->inject, H_CONTROL ":%d:%d:%d", OP_ERROR_BUFFER,
				       codes[i].rc, codes[i].rc == RC_PARAMETER ? 2 : 1));
		EXPECT_EQ(codes[i].rc == RC_STATE ? -EIO : codes[i].error,
			  read_at(dir, "afu_err_buff", buf, 8, 0)) {
			TH_LOG("answer %d", codes[i].rc);
		}
		EXPECT_EQ(8, read_at(dir, "afu_err_buff", buf, 8, 0));
	}
}

/* As on PCI, what cannot be read is all ones. */
TEST_F(inject_rc, configuration_record)
{
	const char *dir = self->inject.afu.dir;
	unsigned char buf[8];
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		ASSERT_EQ(0, inject_rc(&self->inject, H_CONTROL ":%d:%d:%d", OP_CONFIG,
				       codes[i].rc, codes[i].rc == RC_PARAMETER ? 2 : 1));
		ASSERT_EQ(8, read_at(dir, "cr0/config", (char *)buf, 8, 0));
		for (k = 0; k < sizeof(buf); k++)
			EXPECT_EQ(0xff, buf[k]);
		ASSERT_EQ(8, read_at(dir, "cr0/config", (char *)buf, 8, 0));
		EXPECT_EQ(0x14, buf[0]);
	}
}

/* Firmware that takes "greater or equal" at its word keeps the last byte. */
TEST_F(inject_rc, strict_end)
{
	const char *dir = self->inject.afu.dir;
	unsigned char buf[256], expected[256];

	ASSERT_EQ(256, read_at(dir, "cr0/config", (char *)expected, 256, 0));
	ASSERT_EQ(0, host_set(self->inject.card, "strict-end", "true"));
	ASSERT_EQ(256, read_at(dir, "cr0/config", (char *)buf, 256, 0));
	EXPECT_EQ(0, memcmp(buf, expected, 255));
	EXPECT_TRUE(buf[255] == 0xff || buf[255] == expected[255]);
	memset(buf, 0, sizeof(buf));
	ASSERT_EQ(8, read_at(dir, "cr0/config", (char *)buf, 8, 248));
	EXPECT_EQ(0, memcmp(buf, expected + 248, 7));
	EXPECT_EQ(0, read_at(dir, "cr0/config", (char *)buf, 8, 256));
}

TEST_HARNESS_MAIN
