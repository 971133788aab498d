// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at once: all contexts of the AFU at work in several processes,
 * many events, and an administrator who resets, reconfigures, unbinds and
 * unloads in the meantime.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "card_reset.h"
#include "cxl_test.h"
#include "hammer.h"
#include "machine.h"

#define PROCESSES 8
#define CONTEXTS_MAX 512

struct shared {
	int opened;
	int go;
};

FIXTURE(stress) {
	struct cxl_afu afu;
	struct shared *shared;
};

FIXTURE_SETUP(stress)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	cxl_raise_file_limit();
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
}

FIXTURE_TEARDOWN(stress)
{
}

static void check_works(struct __test_metadata *_metadata, const struct cxl_afu *afu)
{
	char src[256], dst[256];
	struct mc mc;

	cxl_fill(src, sizeof(src), 7);
	ASSERT_EQ(0, mc_setup(&mc, afu, 1));
	EXPECT_EQ(0, mc_copy(&mc, dst, src, sizeof(src)));
	EXPECT_EQ(-1, cxl_mismatch(dst, sizeof(dst), 7));
	EXPECT_EQ(MC_DONE, mc_irq(&mc, 1));
	mc_close(&mc);
	if (cxl_has_stats(afu))
		EXPECT_EQ(0, cxl_wait_all_detached(afu));
}

/* One context's work: two copies, then a bad address or an interrupt. */
static bool push_work(struct mc *mc, int i, char *src, char *dst)
{
	cxl_fill(src, MC_COPY_MAX, i);
	return mc_push(mc, MC_COPY, MC_COPY_MAX, src, dst) &&
	       mc_push(mc, MC_COPY, MC_COPY_MAX, dst, dst + MC_COPY_MAX) &&
	       (i % 5 ? mc_push(mc, MC_IRQ, i % 3 + 1, NULL, NULL) :
			mc_push(mc, MC_COPY, 64, src, CXL_HOLE));
}

static bool check_work(struct mc *mc, int i, const char *dst)
{
	struct cxl_event event;

	if (cxl_read_event(mc->fd, &event, CXL_WAIT_MS) ||
	    event.header.process_element != mc->pe)
		return false;
	if (i % 5 && (event.header.type != CXL_EVENT_AFU_INTERRUPT ||
		      event.irq.irq != i % 3 + 1))
		return false;
	if (i % 5 == 0 && (event.header.type != CXL_EVENT_DATA_STORAGE ||
			   (event.fault.addr & -128UL) != (uintptr_t)CXL_HOLE))
		return false;
	return !cxl_poll(mc->fd, 0) &&
	       cxl_mismatch(dst + MC_COPY_MAX, MC_COPY_MAX, i) == -1;
}

/* Return: what went wrong, 0 for nothing. */
static int work_in_contexts(const struct cxl_afu *afu, struct shared *shared, int count,
			    int base)
{
	struct mc *mcs = calloc(count, sizeof(*mcs));
	char *src = cxl_pages((size_t)count * MC_COPY_MAX);
	char *dst = cxl_pages((size_t)count * 2 * MC_COPY_MAX);
	int i;

	if (!mcs || !src || !dst)
		return 1;
	for (i = 0; i < count; i++) {
		if (mc_open(&mcs[i], afu->slave, 1) || mc_start(&mcs[i], NULL))
			return 2;
		__atomic_add_fetch(&shared->opened, 1, __ATOMIC_RELEASE);
	}
	if (cxl_step_wait(&shared->go, 1))
		return 3;
	for (i = 0; i < count; i++) {
		if (!push_work(&mcs[i], base + i, src + i * MC_COPY_MAX,
			       dst + (size_t)i * 2 * MC_COPY_MAX))
			return 4;
	}
	for (i = 0; i < count; i++) {
		if (!check_work(&mcs[i], base + i, dst + (size_t)i * 2 * MC_COPY_MAX))
			return 5;
	}
	/* ends them in one way or another */
	for (i = 0; base % 2 && i < count; i++)
		mc_close(&mcs[i]);
	return 0;
}

/* How many contexts can be started at a time. */
static int count_contexts(const struct cxl_afu *afu)
{
	static int fds[CONTEXTS_MAX];
	int n = 0, i;

	for (; n < CONTEXTS_MAX; n++) {
		fds[n] = cxl_open(afu->slave, O_RDWR);
		if (fds[n] < 0)
			break;
		if (cxl_start_wed(fds[n], 0)) {
			close(fds[n]);
			break;
		}
	}
	for (i = 0; i < n; i++)
		close(fds[i]);
	return n;
}

TEST_F_TIMEOUT(stress, all_contexts_of_several_processes, 120)
{
	int all = count_contexts(&self->afu), each = all / PROCESSES, rest = all % PROCESSES;
	pid_t pids[PROCESSES];
	int i, fd, status;

	ASSERT_GT(each, 0);
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		ASSERT_GE(pids[i], 0);
		if (!pids[i])
			_exit(work_in_contexts(&self->afu, self->shared,
					       each + (i ? 0 : rest), i * 101));
	}
	ASSERT_EQ(0, cxl_step_wait(&self->shared->opened, all));
	/* for want of a context, or of interrupts */
	fd = cxl_open(self->afu.slave, O_RDWR);
	EXPECT_EQ(-ENOSPC, fd < 0 ? fd : cxl_start_wed(fd, 0));
	cxl_step_set(&self->shared->go, 1);
	for (i = 0; i < PROCESSES; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	if (fd >= 0)
		close(fd);
	check_works(_metadata, &self->afu);
	TH_LOG("%d contexts", all);
}

#define EVENT_CONTEXTS 48

/* Takes the event of a context and asks the AFU for the next one. */
static bool next_event(struct mc *mc, unsigned int *raised, unsigned int wanted)
{
	int expected = *raised % 3 + 1;
	struct cxl_event event;

	if (cxl_read_event(mc->fd, &event, 0) ||
	    event.header.type != CXL_EVENT_AFU_INTERRUPT ||
	    event.header.process_element != mc->pe || event.irq.irq != expected)
		return false;
	mc->done = mc->pushed;
	if (++*raised == wanted)
		return true;
	if (!mc_push(mc, MC_IRQ, *raised % 3 + 1, NULL, NULL))
		return false;
	return !mc_restart(mc);
}

/* Every interrupt becomes exactly one event, in every context. */
TEST_F_TIMEOUT(stress, no_event_is_lost, 120)
{
	unsigned int wanted = machine_rounds(60), left = EVENT_CONTEXTS, i;
	static unsigned int raised[EVENT_CONTEXTS];
	static struct mc mcs[EVENT_CONTEXTS];
	struct epoll_event ready[8], add = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC), n;

	ASSERT_GE(epoll, 0);
	for (i = 0; i < EVENT_CONTEXTS; i++) {
		ASSERT_EQ(0, mc_setup(&mcs[i], &self->afu, 1));
		add.data.u32 = i;
		ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, mcs[i].fd, &add));
		ASSERT_NE(NULL, mc_push(&mcs[i], MC_IRQ, 1, NULL, NULL));
	}
	while (left) {
		n = epoll_wait(epoll, ready, ARRAY_SIZE(ready), CXL_WAIT_MS);
		ASSERT_GT(n, 0) {
			TH_LOG("%u contexts wait for events", left);
		}
		while (n--) {
			i = ready[n].data.u32;
			ASSERT_TRUE(next_event(&mcs[i], &raised[i], wanted));
			left -= raised[i] == wanted;
		}
	}
	for (i = 0; i < EVENT_CONTEXTS; i++) {
		EXPECT_EQ(0, cxl_poll(mcs[i].fd, 0));
		mc_close(&mcs[i]);
	}
	close(epoll);
}

FIXTURE(hammered) {
	struct cxl_afu afu;
	struct cxl_binding binding;
	struct hammers hammers;
};

FIXTURE_SETUP(hammered)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	if (geteuid())
		SKIP(return, "for root only");
	ASSERT_EQ(0, cxl_find_binding(&self->afu, &self->binding));
	ASSERT_EQ(0, hammers_start(&self->hammers, &self->afu, 4));
	ASSERT_EQ(0, hammers_wait(&self->hammers, 4));
}

FIXTURE_TEARDOWN(hammered)
{
	hammers_stop(&self->hammers);
	if (access(self->afu.dir, F_OK))
		cxl_bind(&self->binding);
	if (access(self->afu.slave, F_OK))
		cxl_file_write(self->afu.dir, "mode", "afu_directed");
}

/* The load has gone on, nobody has seen anything strange, nothing is left. */
static void finish(struct __test_metadata *_metadata, const struct cxl_afu *afu,
		   struct hammers *hammers)
{
	EXPECT_EQ(0, hammers_wait(hammers, 4));
	TH_LOG("%lu contexts in the meantime", hammers_copies(hammers));
	EXPECT_EQ(0, hammers_stop(hammers));
	check_works(_metadata, afu);
}

TEST_F_TIMEOUT(hammered, forced_resets, 250)
{
	unsigned int i, rounds = card_reset_rounds(&self->afu, machine_rounds(40));

	if (!card_stays_in_reset(&self->afu))
		SKIP(return, "a reset of this card takes the device away");
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, card_reset(&self->afu, "-1"));
		if (i % 8 == 0)
			EXPECT_EQ(0, hammers_wait(&self->hammers, 1));
	}
	finish(_metadata, &self->afu, &self->hammers);
}

TEST_F_TIMEOUT(hammered, settings, 120)
{
	static const char * const modes[] = { "all", "none", "work_element_descriptor" };
	unsigned int i, rounds = machine_rounds(300);
	long long min, max;
	char text[32];

	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_min", &min));
	ASSERT_EQ(0, cxl_file_number(self->afu.dir, "irqs_max", &max));
	for (i = 0; i < rounds; i++) {
		snprintf(text, sizeof(text), "%lld", i % 2 ? min : max);
		ASSERT_EQ(0, cxl_file_write(self->afu.dir, "irqs_max", text));
		ASSERT_EQ(0, cxl_file_write(self->afu.dir, "prefault_mode",
					    modes[i % ARRAY_SIZE(modes)]));
		cxl_pause();
	}
	snprintf(text, sizeof(text), "%lld", max);
	EXPECT_EQ(0, cxl_file_write(self->afu.dir, "irqs_max", text));
	EXPECT_EQ(0, cxl_file_write(self->afu.dir, "prefault_mode", "none"));
	finish(_metadata, &self->afu, &self->hammers);
}

TEST_F_TIMEOUT(hammered, unbind, 200)
{
	unsigned int i, rounds = machine_object_rounds(200);

	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, cxl_unbind(&self->binding));
		ASSERT_EQ(0, cxl_bind(&self->binding));
		/* now and then the others get some work done */
		if (i % 16 == 0)
			EXPECT_EQ(0, hammers_wait(&self->hammers, 1));
	}
	finish(_metadata, &self->afu, &self->hammers);
}

/* Written as soon as nobody has a context. */
static int set_mode(const struct cxl_afu *afu, const char *mode)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;
	int ret;

	while ((ret = cxl_file_write(afu->dir, "mode", mode)) == -EBUSY && cxl_now_ms() < end)
		cxl_pause();
	return ret;
}

/* Modes come and go under users, of both if the AFU has both. */
TEST_F_TIMEOUT(hammered, modes, 200)
{
	struct cxl_afu dedicated = self->afu;
	unsigned int i, rounds = machine_rounds(40);
	char supported[64] = "";
	struct hammers others;
	bool both;

	ASSERT_LT(0, cxl_file_read(self->afu.dir, "modes_supported", supported,
				   sizeof(supported)));
	both = strstr(supported, "dedicated_process");
	snprintf(dedicated.slave, sizeof(dedicated.slave), "/dev/cxl/afu%d.%dd",
		 self->afu.card, self->afu.slice);
	ASSERT_EQ(0, hammers_start(&others, &dedicated, both));
	hammers_slow_down(&self->hammers, 20000);
	hammers_slow_down(&others, 20000);
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, set_mode(&self->afu, "none"));
		if (both) {
			ASSERT_EQ(0, set_mode(&self->afu, "dedicated_process"));
			EXPECT_EQ(0, hammers_wait(&others, 1));
		}
		ASSERT_EQ(0, set_mode(&self->afu, "afu_directed"));
		EXPECT_EQ(0, hammers_wait(&self->hammers, 1));
	}
	EXPECT_EQ(0, hammers_stop(&others));
	finish(_metadata, &self->afu, &self->hammers);
}

static int unload(void)
{
	return syscall(__NR_delete_module, "cxl", O_NONBLOCK) ? -errno : 0;
}

/* Refused as long as there is a context, and successful sooner or later. */
TEST_F_TIMEOUT(hammered, unload, 200)
{
	unsigned int i, rounds = machine_object_rounds(20), busy = 0;
	__u64 end;
	int ret;

	if (access("/sys/module/cxl/refcnt", F_OK) || system("modprobe -D cxl >/dev/null 2>&1"))
		SKIP(return, "the driver is not a module that can be loaded again");
	hammers_slow_down(&self->hammers, 20000);
	for (i = 0; i < rounds; i++) {
		end = cxl_now_ms() + CXL_WAIT_MS;
		while ((ret = unload()) == -EWOULDBLOCK) {
			busy++;
			ASSERT_LT(cxl_now_ms(), end);
			cxl_pause();
		}
		ASSERT_EQ(0, ret);
		EXPECT_EQ(-1, access(self->afu.dir, F_OK));
		ASSERT_EQ(0, system("modprobe cxl"));
		EXPECT_EQ(0, hammers_wait(&self->hammers, 1));
	}
	EXPECT_GT(busy, 0U);
	finish(_metadata, &self->afu, &self->hammers);
}

TEST_HARNESS_MAIN
