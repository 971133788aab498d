// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults and errors that the PSL reports for a context: each is answered once
 * and in the right way, and ends as the event it should be, or as none.
 */
#include <poll.h>
#include <pthread.h>

#include "cxl_test.h"
#include "inject.h"

/* Seconds for tests of what may stop an AFU: to heal it can take resets. */
#define HEAL_S		120

#define DSISR_DS	0x8000000000000000ULL
#define DSISR_DM	0x4000000000000000ULL
#define DSISR_ST	0x2000000000000000ULL
#define DSISR_UR	0x1000000000000000ULL
#define DSISR_M		0x0000000040000000ULL
#define DSISR_P		0x0000000008000000ULL
#define DSISR_A		0x0000000004000000ULL
#define DSISR_S		0x0000000002000000ULL
#define DSISR_K		0x0000000000200000ULL

FIXTURE(inject_fault) {
	struct inject inject;
	struct mc mc;
	size_t page;
	char *src;
	char *dst;
};

FIXTURE_SETUP(inject_fault)
{
	struct cxl_afu afu;

	self->mc.fd = -1;
	if (no_afu(_metadata, &afu))
		SKIP(return, "no memcpy AFU");
	if (!host_present())
		SKIP(return, "no host to ask");
	ASSERT_EQ(0, inject_begin(&self->inject, &afu));
	self->page = sysconf(_SC_PAGESIZE);
	self->src = cxl_pages(self->page);
	self->dst = cxl_pages(self->page);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	cxl_fill(self->src, self->page, 1);
	memset(self->dst, 0, self->page);
	ASSERT_EQ(0, mc_setup(&self->mc, &afu, 1));
	ASSERT_EQ(0, mc_copy(&self->mc, self->dst, self->src, 64));
}

FIXTURE_TEARDOWN(inject_fault)
{
	mc_close(&self->mc);
	if (!host_present())
		return;
	EXPECT_EQ(0, inject_heal(&self->inject));
	EXPECT_EQ(0, inject_violations(&self->inject));
}

/*
 * Faults come one at a time: a copy that needs one of its own is done only after
 * the ordered one has been answered, which shows that it has been.
 */
static void check_goes_on(struct __test_metadata *_metadata, struct mc *mc, const char *src)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *fresh = cxl_pages(page);

	ASSERT_NE(NULL, fresh);
	ASSERT_EQ(0, mc_copy(mc, fresh, src, page));
	EXPECT_EQ(-1, cxl_mismatch(fresh, page, 1));
	munmap(fresh, page);
}

static int order(const struct inject *inject, const struct mc *mc, const char *kind,
		 const void *address, const char *access)
{
	char what[64];

	snprintf(what, sizeof(what), "%s:0x%lx%s", kind, (unsigned long)address, access);
	return inject_fault(inject, mc->pe, what);
}

/* Nothing to tell: the kernel has done what was needed. */
static void check_resolved(struct __test_metadata *_metadata, const struct inject *inject,
			   struct mc *mc, const char *kind, const void *address,
			   const char *access, const char *src)
{
	ASSERT_EQ(0, order(inject, mc, kind, address, access));
	check_goes_on(_metadata, mc, src);
	EXPECT_EQ(0, cxl_poll(mc->fd, 0)) {
		TH_LOG("event after %s at %p", kind, address);
	}
}

/* One event, with what the registers had. */
static void check_failed(struct __test_metadata *_metadata, const struct inject *inject,
			 struct mc *mc, const char *kind, const void *address,
			 const char *access, __u64 dsisr, const char *src)
{
	struct cxl_event event;

	ASSERT_EQ(0, order(inject, mc, kind, address, access));
	ASSERT_EQ(0, cxl_read_event(mc->fd, &event, 5000)) {
		TH_LOG("no event after %s at %p", kind, address);
	}
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ(40, event.header.size);
	EXPECT_EQ(mc->pe, event.header.process_element);
	EXPECT_EQ((unsigned long)address, event.fault.addr);
	EXPECT_EQ(dsisr, event.fault.dsisr);
	check_goes_on(_metadata, mc, src);
	EXPECT_EQ(0, cxl_poll(mc->fd, 0));
}

TEST_F(inject_fault, segment)
{
	check_resolved(_metadata, &self->inject, &self->mc, "segment", self->dst, "", self->src);
	/* the process has nothing there, but a segment it can have */
	check_resolved(_metadata, &self->inject, &self->mc, "segment", CXL_HOLE, "", self->src);
	check_failed(_metadata, &self->inject, &self->mc, "segment",
		     (void *)0xc000000000000000UL, "", DSISR_DS, self->src);
	check_failed(_metadata, &self->inject, &self->mc, "segment", (void *)~0UL, "", DSISR_DS,
		     self->src);
}

TEST_F(inject_fault, page)
{
	check_resolved(_metadata, &self->inject, &self->mc, "page", self->dst, "", self->src);
	check_resolved(_metadata, &self->inject, &self->mc, "page", self->dst, ":store",
		       self->src);
	check_failed(_metadata, &self->inject, &self->mc, "page", CXL_HOLE, "",
		     DSISR_DM | DSISR_M, self->src);
	check_failed(_metadata, &self->inject, &self->mc, "page", CXL_HOLE, ":store",
		     DSISR_DM | DSISR_M | DSISR_S, self->src);
	check_failed(_metadata, &self->inject, &self->mc, "page",
		     (void *)0xc000000000001000UL, ":store", DSISR_DM | DSISR_M | DSISR_S,
		     self->src);
}

/* What the process may do, the kernel makes possible; else it says no. */
TEST_F(inject_fault, protection)
{
	check_resolved(_metadata, &self->inject, &self->mc, "protection", self->dst, ":store",
		       self->src);
	check_resolved(_metadata, &self->inject, &self->mc, "protection", self->dst, "",
		       self->src);
	ASSERT_EQ(0, mprotect(self->dst, self->page, PROT_READ));
	check_resolved(_metadata, &self->inject, &self->mc, "protection", self->dst, "",
		       self->src);
	check_failed(_metadata, &self->inject, &self->mc, "protection", self->dst, ":store",
		     DSISR_DM | DSISR_P | DSISR_S, self->src);
	ASSERT_EQ(0, mprotect(self->dst, self->page, PROT_NONE));
	check_failed(_metadata, &self->inject, &self->mc, "protection", self->dst, "",
		     DSISR_DM | DSISR_P, self->src);
}

/* The same access would fail again: no page table entry helps. */
TEST_F(inject_fault, storage)
{
	check_failed(_metadata, &self->inject, &self->mc, "storage", self->dst, ":store",
		     DSISR_DM | DSISR_A | DSISR_S, self->src);
}

TEST_F(inject_fault, key)
{
	check_failed(_metadata, &self->inject, &self->mc, "key", self->dst, ":store",
		     DSISR_DM | DSISR_K | DSISR_S, self->src);
	check_failed(_metadata, &self->inject, &self->mc, "key", self->dst, "",
		     DSISR_DM | DSISR_K, self->src);
}

/* Tables of the kernel, which are there. If not, the program cannot help it. */
TEST_F_TIMEOUT(inject_fault, tables, HEAL_S)
{
	check_failed(_metadata, &self->inject, &self->mc, "table", self->dst, "",
		     DSISR_ST | DSISR_M, self->src);
	check_failed(_metadata, &self->inject, &self->mc, "aurp", self->dst, "",
		     DSISR_UR | DSISR_M, self->src);
}

/* For the log, not for the program. */
TEST_F(inject_fault, psl_error)
{
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, order(&self->inject, &self->mc, "psl-error", (void *)(1UL << 63),
				   ""));
		check_goes_on(_metadata, &self->mc, self->src);
		EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
	}
}

TEST_F_TIMEOUT(inject_fault, warning, HEAL_S)
{
	ASSERT_EQ(0, inject_fault(&self->inject, self->mc.pe, "warning"));
	check_goes_on(_metadata, &self->mc, self->src);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* An interrupt without a cause. */
TEST_F(inject_fault, none)
{
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, inject_fault(&self->inject, self->mc.pe, "none"));
		check_goes_on(_metadata, &self->mc, self->src);
		EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
	}
}

static void check_afu_error(struct __test_metadata *_metadata, const struct mc *mc, __u64 error)
{
	struct cxl_event event;

	ASSERT_EQ(0, cxl_read_event(mc->fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_AFU_ERROR, event.header.type);
	EXPECT_EQ(24, event.header.size);
	EXPECT_EQ(mc->pe, event.header.process_element);
	EXPECT_EQ(0, event.header.reserved1);
	EXPECT_EQ(0, event.afu_error.flags);
	EXPECT_EQ(0, event.afu_error.reserved1);
	EXPECT_EQ(0U, event.afu_error.reserved2);
	EXPECT_EQ(error, event.afu_error.error);
}

TEST_F(inject_fault, afu_error)
{
	ASSERT_EQ(0, inject_fault(&self->inject, self->mc.pe, "afu-error:0x123456789abcdef0"));
	check_afu_error(_metadata, &self->mc, 0x123456789abcdef0ULL);
	check_goes_on(_metadata, &self->mc, self->src);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
	/* no error number is an error, too */
	ASSERT_EQ(0, inject_fault(&self->inject, self->mc.pe, "afu-error:0"));
	check_afu_error(_metadata, &self->mc, 0);
}

/* The first one is kept until it is read, later ones are only logged. */
TEST_F(inject_fault, several_afu_errors)
{
	ASSERT_EQ(0, inject_fault(&self->inject, self->mc.pe, "afu-error:1"));
	ASSERT_EQ(0, inject_fault(&self->inject, self->mc.pe, "afu-error:2"));
	ASSERT_EQ(0, inject_fault(&self->inject, self->mc.pe, "afu-error:3"));
	check_goes_on(_metadata, &self->mc, self->src);
	check_afu_error(_metadata, &self->mc, 1);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
	ASSERT_EQ(0, inject_fault(&self->inject, self->mc.pe, "afu-error:4"));
	check_afu_error(_metadata, &self->mc, 4);
}

/* Interrupts, then faults, then the error, whatever came first. */
TEST_F(inject_fault, order_of_events)
{
	struct cxl_event event;

	ASSERT_EQ(0, inject_fault(&self->inject, self->mc.pe, "afu-error:7"));
	ASSERT_EQ(0, order(&self->inject, &self->mc, "page", CXL_HOLE, ""));
	ASSERT_EQ(0, order(&self->inject, &self->mc, "page", CXL_HOLE + 128, ""));
	check_goes_on(_metadata, &self->mc, self->src);
	ASSERT_EQ(MC_DONE, mc_irq(&self->mc, 2));
	/* the interrupt may still be on its way to the kernel */
	poll(NULL, 0, 200);
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
	EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ((unsigned long)CXL_HOLE, event.fault.addr);
	ASSERT_EQ(0, cxl_read_event(self->mc.fd, &event, 0));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ((unsigned long)CXL_HOLE + 128, event.fault.addr);
	check_afu_error(_metadata, &self->mc, 7);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

#define IRQ_SIZE	16
#define FAULT_SIZE	40
#define ERROR_SIZE	24

/* The place of a kind of event among the others */
static int rank(int type)
{
	return type == CXL_EVENT_AFU_INTERRUPT ? 0 : type == CXL_EVENT_DATA_STORAGE ? 1 : 2;
}

/* The same in a single read of many events, whatever their number. */
TEST_F(inject_fault, order_in_one_read)
{
	struct cxl_ioctl_start_work work = { .flags = CXL_START_WORK_NUM_IRQS };
	static char buf[2 * CXL_READ_MIN_SIZE];
	int irqs, i, total, done, last;
	const int irqs_max = 33;
	struct cxl_event event;
	long long max;

	ASSERT_EQ(0, cxl_file_number(self->inject.afu.dir, "irqs_max", &max));
	if (max < irqs_max)
		SKIP(return, "too few interrupts");
	mc_close(&self->mc);
	ASSERT_EQ(0, mc_open(&self->mc, self->inject.afu.slave, 1));
	work.num_interrupts = irqs_max;
	ASSERT_EQ(0, mc_start(&self->mc, &work));
	ASSERT_EQ(0, mc_map(&self->mc, self->inject.afu.dir));
	for (irqs = 27; irqs <= irqs_max; irqs++) {
		ASSERT_EQ(0, inject_fault(&self->inject, self->mc.pe, "afu-error:7"));
		ASSERT_EQ(0, order(&self->inject, &self->mc, "page", CXL_HOLE, ""));
		ASSERT_EQ(0, order(&self->inject, &self->mc, "page", CXL_HOLE + 128, ""));
		check_goes_on(_metadata, &self->mc, self->src);
		for (i = 1; i <= irqs; i++)
			ASSERT_EQ(MC_DONE, mc_irq(&self->mc, i));
		poll(NULL, 0, 100);
		total = irqs * IRQ_SIZE + 2 * FAULT_SIZE + ERROR_SIZE;
		ASSERT_EQ(total, cxl_read(self->mc.fd, buf, sizeof(buf)));
		for (done = 0, last = 0; done < total; done += event.header.size) {
			memcpy(&event, buf + done, sizeof(event.header));
			ASSERT_LT(0, event.header.size);
			EXPECT_LE(last, rank(event.header.type)) {
				TH_LOG("%d interrupts, at byte %d", irqs, done);
			}
			last = rank(event.header.type);
		}
		EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
	}
}

/* Every cause at once, and other contexts hardly notice. */
TEST_F_TIMEOUT(inject_fault, burst, HEAL_S)
{
	static const char * const what[] = {
		"segment:0x1000", "psl-error:1", "page:0xc000000000000000", "afu-error:5",
		"warning", "table:0", "none", "aurp:0", "protection:0x1000:store",
	};
	struct mc other;
	unsigned int i, round;

	ASSERT_EQ(0, mc_setup(&other, &self->inject.afu, 1));
	for (round = 0; round < 3; round++)
		for (i = 0; i < ARRAY_SIZE(what); i++)
			ASSERT_EQ(0, inject_fault(&self->inject, self->mc.pe, what[i]));
	check_goes_on(_metadata, &other, self->src);
	EXPECT_EQ(0, cxl_poll(other.fd, 0));
	check_goes_on(_metadata, &self->mc, self->src);
	EXPECT_EQ(POLLIN, cxl_poll(self->mc.fd, 0));
	mc_close(&other);
}

/* Closed with faults waiting to be presented, one after the other. */
TEST_F_TIMEOUT(inject_fault, close_with_faults, HEAL_S)
{
	static const char * const what[] = {
		"page:0x1000", "psl-error:1", "afu-error:5", "warning", "segment:0", "none",
	};
	struct mc mc;
	unsigned int round, i;

	for (round = 0; round < 20; round++) {
		ASSERT_EQ(0, mc_setup(&mc, &self->inject.afu, 1));
		for (i = 0; i < ARRAY_SIZE(what); i++)
			ASSERT_EQ(0, inject_fault(&self->inject, mc.pe, what[(i + round) % 6]));
		mc_close(&mc);
	}
	check_goes_on(_metadata, &self->mc, self->src);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* The owner's memory is gone: no fault can be resolved, every one is answered. */
TEST_F(inject_fault, owner_gone)
{
	struct cxl_event event;
	struct mc mc;
	int status;
	pid_t pid;

	ASSERT_EQ(0, mc_open(&mc, self->inject.afu.slave, 1));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(mc_start(&mc, NULL) ? 1 : 0);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(0, cxl_get_pe(mc.fd, &mc.pe));
	/* the AFU polls its ring, which is gone as well */
	ASSERT_EQ(0, cxl_read_event(mc.fd, &event, CXL_WAIT_MS));
	ASSERT_EQ(0, order(&self->inject, &mc, "page", self->dst, ""));
	ASSERT_EQ(0, cxl_read_event(mc.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	ASSERT_EQ(0, inject_fault(&self->inject, mc.pe, "afu-error:9"));
	check_afu_error(_metadata, &mc, 9);
	mc_close(&mc);
}

TEST_HARNESS_MAIN
