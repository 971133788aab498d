// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation that a system call makes fails once, one after the other. The
 * call fails with a proper error or does without, and works when repeated. What
 * is then left behind, kmemleak finds at the end of the run.
 *
 * Needs a kernel with fault injection.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "cxl_test.h"
#include "machine.h"
#include "pci_card.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define SLABS "/sys/kernel/slab"

/* What the calls work on; not all of them need all of it. */
struct victim {
	struct cxl_afu afu;
	struct cxl_binding binding;
	/* on bare metal only */
	struct pci_card card;
	bool has_card;
	size_t page;
	int fail_fd;
	int fd;
	struct mc mc;
	void *map;
};

FIXTURE(failnth) {
	struct victim victim;
};

/* Where a function of the kernel starts and ends, as text. */
static int find_function(const char *name, char start[32], char end[32])
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long from = 0, to = -1UL, address;
	char line[256], symbol[128];

	while (file && !from && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx %*c %127s", &address, symbol) == 2 &&
		    !strcmp(symbol, name))
			from = address;
	}
	if (file)
		rewind(file);
	/* not in the order of addresses */
	while (from && fgets(line, sizeof(line), file)) {
		address = strtoul(line, NULL, 16);
		if (address > from && address < to)
			to = address;
	}
	if (file)
		fclose(file);
	snprintf(start, 32, "0x%lx", from);
	snprintf(end, 32, "0x%lx", to);
	return from ? 0 : -ENOENT;
}

/*
 * PCI does without a device that it has no memory for while it scans a bus, and
 * warns of some, or frees its own too often. That is not what this is about.
 */
static int spare_scans(const char *path)
{
	char start[32], end[32];
	int ret;

	ret = find_function("pci_scan_root_bus_bridge", start, end);
	if (!ret)
		ret = cxl_file_write(path, "reject-start", start);
	return ret ? ret : cxl_file_write(path, "reject-end", end);
}

/*
 * The kernel does without files of an interrupt in /proc that there is no memory
 * for, and warns of their absence later. So all kinds of objects but those.
 */
static int spare_irq_files(void)
{
	DIR *dir = opendir(SLABS);
	struct dirent *entry;
	char path[512];

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "proc_dir_entry"))
			continue;
		snprintf(path, sizeof(path), SLABS "/%s", entry->d_name);
		/* one that several users share stays out, too */
		cxl_file_write(path, "failslab", "1");
	}
	closedir(dir);
	return cxl_file_write("/sys/kernel/debug/failslab", "cache-filter", "Y");
}

/* Also for allocations that may sleep, of any size, and without a word. */
static int inject_everywhere(const char *dir)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", dir);
	ret = spare_scans(path);
	if (!ret)
		ret = cxl_file_write(path, "ignore-gfp-wait", "N");
	if (!ret)
		ret = cxl_file_write(path, "verbose", "0");
	if (!ret && !strcmp(dir, "fail_page_alloc"))
		ret = cxl_file_write(path, "min-order", "0");
	return ret;
}

FIXTURE_SETUP(failnth)
{
	int ret;

	if (no_afu(_metadata, &self->victim.afu))
		SKIP(return, "no memcpy AFU");
	self->victim.fail_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	if (self->victim.fail_fd < 0)
		SKIP(return, "no injection of failures (%d)", errno);
	ret = inject_everywhere("failslab");
	if (!ret)
		ret = inject_everywhere("fail_page_alloc");
	if (!ret)
		ret = spare_irq_files();
	if (ret)
		SKIP(return, "no injection of allocation failures (%d)", ret);
	ASSERT_EQ(0, cxl_find_binding(&self->victim.afu, &self->victim.binding));
	self->victim.has_card = !pci_card_find(&self->victim.card, &self->victim.afu);
	self->victim.page = sysconf(_SC_PAGESIZE);
	self->victim.fd = -1;
	self->victim.mc.fd = -1;
}

FIXTURE_TEARDOWN(failnth)
{
	mc_close(&self->victim.mc);
	if (access(self->victim.afu.dir, F_OK))
		cxl_bind(&self->victim.binding);
}

/* The next allocation but @nth - 1 of this thread fails; 0 for none. */
static int set_fail(int fd, int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	return pwrite(fd, text, len, 0) == len ? 0 : -errno;
}

/* How many allocations short of the failing one the thread has been. */
static int rest(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : -1;
}

/* A call whose allocations fail */
struct call {
	const char *name;
	int (*prepare)(struct victim *victim);
	int (*run)(struct victim *victim);
	/* undoes what it did, or what prepare() did; the result is checked */
	int (*clean)(struct victim *victim, int ret);
	/* what the kernel says instead of -ENOMEM in places, ended by 0 */
	int also[3];
	/* expensive calls: not every allocation, but so many */
	unsigned int samples;
};

static bool is_refusal(const struct call *call, int ret)
{
	int i;

	for (i = 0; call->also[i]; i++) {
		if (ret == call->also[i])
			return true;
	}
	return ret == -ENOMEM;
}

/* Injects one failure: was there an allocation to fail? */
static bool fail_once(struct __test_metadata *_metadata, struct victim *victim,
		      const struct call *call, int nth)
{
	bool hit;
	int ret;

	if (call->prepare)
		ASSERT_EQ(0, call->prepare(victim));
	ASSERT_EQ(0, set_fail(victim->fail_fd, nth));
	ret = call->run(victim);
	hit = rest(victim->fail_fd) == 0;
	ASSERT_EQ(0, set_fail(victim->fail_fd, 0));
	/* without a failure it works, with one it may */
	if (ret < 0)
		EXPECT_TRUE(is_refusal(call, ret)) {
			TH_LOG("%s, allocation %d: %d", call->name, nth, ret);
		}
	if (!hit)
		EXPECT_LE(0, ret);
	EXPECT_EQ(0, call->clean(victim, ret)) {
		TH_LOG("%s, allocation %d", call->name, nth);
	}
	return hit;
}

#define ALLOCATIONS_MAX 20000

/* How many allocations there are: as many as a far away one has come closer. */
static int count_allocations(struct __test_metadata *_metadata,
			     struct victim *victim, const struct call *call)
{
	int ret, left;

	if (call->prepare)
		ASSERT_EQ(0, call->prepare(victim));
	ASSERT_EQ(0, set_fail(victim->fail_fd, ALLOCATIONS_MAX));
	ret = call->run(victim);
	left = rest(victim->fail_fd);
	ASSERT_EQ(0, set_fail(victim->fail_fd, 0));
	EXPECT_LE(0, ret);
	EXPECT_EQ(0, call->clean(victim, ret));
	return ALLOCATIONS_MAX - left;
}

/* Return: whether far fewer failed than were counted. */
static bool sweep_once(struct __test_metadata *_metadata, struct victim *victim,
		       const struct call *call)
{
	int count, nth, step, hits = 0;

	count = count_allocations(_metadata, victim, call);
	step = call->samples && count > (int)call->samples ? count / call->samples : 1;
	/* some more: the number is not always the same */
	for (nth = 1; nth <= count + step; nth += step)
		hits += fail_once(_metadata, victim, call, nth);
	TH_LOG("%s: %d allocations, %d failed", call->name, count, hits);
	return hits * step < count / 2;
}

static void sweep(struct __test_metadata *_metadata, struct victim *victim,
		  const struct call *call)
{
	/* the first one fills caches */
	count_allocations(_metadata, victim, call);
	/* later calls need less than the one counted: the last ones were not met */
	if (sweep_once(_metadata, victim, call))
		sweep_once(_metadata, victim, call);
}

static int open_slave(struct victim *victim)
{
	victim->fd = cxl_open(victim->afu.slave, O_RDWR | O_CLOEXEC);
	return victim->fd;
}

static int prepare_open(struct victim *victim)
{
	int fd = open_slave(victim);

	return fd < 0 ? fd : 0;
}

static int close_fd(struct victim *victim)
{
	int ret = close(victim->fd) ? -errno : 0;

	victim->fd = -1;
	return ret;
}

static int clean_fd(struct victim *victim, int ret)
{
	(void)ret;
	return victim->fd < 0 ? 0 : close_fd(victim);
}

TEST_F_TIMEOUT(failnth, open, 120)
{
	static const struct call call = {
		.name = "open", .run = open_slave, .clean = clean_fd,
	};

	sweep(_metadata, &self->victim, &call);
}

static int start(struct victim *victim)
{
	struct cxl_ioctl_start_work work = { .flags = CXL_START_WORK_ERR_FF };

	return cxl_start(victim->fd, &work);
}

/* If it failed, then as if it had not been tried. */
static int clean_start(struct victim *victim, int ret)
{
	int again = ret ? start(victim) : 0;

	return close_fd(victim) ? : again;
}

TEST_F_TIMEOUT(failnth, start_work, 120)
{
	static const struct call call = {
		.name = "start", .prepare = prepare_open, .run = start,
		.clean = clean_start,
	};

	sweep(_metadata, &self->victim, &call);
}

static int start_prefault(struct victim *victim)
{
	return cxl_start_wed(victim->fd, (uintptr_t)victim);
}

static int clean_prefault(struct victim *victim, int ret)
{
	int again = ret ? start_prefault(victim) : 0;

	return close_fd(victim) ? : again;
}

TEST_F_TIMEOUT(failnth, start_with_all_segments, 120)
{
	static const struct call call = {
		.name = "start with prefault", .prepare = prepare_open,
		.run = start_prefault, .clean = clean_prefault,
	};

	ASSERT_EQ(0, cxl_file_write(self->victim.afu.dir, "prefault_mode", "all"));
	sweep(_metadata, &self->victim, &call);
	ASSERT_EQ(0, cxl_file_write(self->victim.afu.dir, "prefault_mode", "none"));
}

static int get_ids(struct victim *victim)
{
	struct cxl_afu_id id;
	__u32 pe;
	int ret = cxl_get_pe(victim->mc.fd, &pe);

	return ret ? ret : cxl_get_afu_id(victim->mc.fd, &id);
}

static int clean_nothing(struct victim *victim, int ret)
{
	(void)victim;
	(void)ret;
	return 0;
}

TEST_F_TIMEOUT(failnth, ids, 60)
{
	static const struct call call = {
		.name = "ids", .run = get_ids, .clean = clean_nothing,
	};

	ASSERT_EQ(0, mc_setup(&self->victim.mc, &self->victim.afu, 1));
	sweep(_metadata, &self->victim, &call);
}

static int map(struct victim *victim)
{
	victim->map = mmap(NULL, victim->page, PROT_READ | PROT_WRITE, MAP_SHARED,
			   victim->mc.fd, 0);
	return victim->map == MAP_FAILED ? -errno : 0;
}

static int clean_map(struct victim *victim, int ret)
{
	if (ret)
		return 0;
	return munmap(victim->map, victim->page) ? -errno : 0;
}

TEST_F_TIMEOUT(failnth, mmap, 60)
{
	static const struct call call = {
		.name = "mmap", .run = map, .clean = clean_map,
	};

	ASSERT_EQ(0, mc_setup(&self->victim.mc, &self->victim.afu, 1));
	sweep(_metadata, &self->victim, &call);
	/* whatever failed, the context works */
	EXPECT_EQ(MC_DONE, mc_irq(&self->victim.mc, 1));
}

/* There is an event; one is enough for all of the tries but the last. */
static int raise_irq(struct victim *victim)
{
	if (mc_irq(&victim->mc, 1) != MC_DONE)
		return -EIO;
	return cxl_poll(victim->mc.fd, CXL_WAIT_MS) > 0 ? 0 : -ETIMEDOUT;
}

static int poll_and_read(struct victim *victim)
{
	char buf[CXL_READ_MIN_SIZE];
	int ret = cxl_poll(victim->mc.fd, 0);

	return ret < 0 ? ret : (int)cxl_read(victim->mc.fd, buf, sizeof(buf));
}

/* A read that failed has taken nothing. */
static int clean_read(struct victim *victim, int ret)
{
	struct cxl_event event;

	if (ret < 0)
		return cxl_read_event(victim->mc.fd, &event, 0);
	return ret == 16 ? 0 : -EPROTO;
}

TEST_F_TIMEOUT(failnth, poll_and_read, 60)
{
	static const struct call call = {
		.name = "poll and read", .prepare = raise_irq, .run = poll_and_read,
		.clean = clean_read,
	};

	ASSERT_EQ(0, mc_setup(&self->victim.mc, &self->victim.afu, 1));
	sweep(_metadata, &self->victim, &call);
}

static int prepare_close(struct victim *victim)
{
	int ret = prepare_open(victim);

	return ret ? ret : start(victim);
}

/* The end of a context needs no memory that might not be there. */
TEST_F_TIMEOUT(failnth, close, 60)
{
	static const struct call call = {
		.name = "close", .prepare = prepare_close, .run = close_fd,
		.clean = clean_nothing,
	};

	sweep(_metadata, &self->victim, &call);
	if (cxl_has_stats(&self->victim.afu))
		EXPECT_EQ(0, cxl_wait_all_detached(&self->victim.afu));
}

/* Opening the file may fail as well. */
static int read_attributes(struct victim *victim)
{
	static const char * const names[] = {
		"mmio_size", "irqs_max", "mode", "modes_supported", "prefault_mode",
		"api_version", "cr0/vendor", "cr0/config", "afu_err_buff",
	};
	char buf[8192];
	size_t i;
	ssize_t n;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		n = cxl_file_read(victim->afu.dir, names[i], buf, sizeof(buf));
		if (n < 0 && n != -ENOENT)
			return n;
	}
	return 0;
}

TEST_F_TIMEOUT(failnth, attributes, 120)
{
	static const struct call call = {
		.name = "attributes", .run = read_attributes, .clean = clean_nothing,
		.samples = 100,
	};

	sweep(_metadata, &self->victim, &call);
}

static int reset_card(struct victim *victim)
{
	return cxl_file_write(victim->afu.card_dir, "reset", "1");
}

static int try_card(const struct victim *victim)
{
	struct mc mc;
	int ret = mc_setup(&mc, &victim->afu, 1);

	if (!ret)
		mc_close(&mc);
	return ret;
}

/* The card works, or a further reset makes it work. */
static int clean_reset(struct victim *victim, int ret)
{
	if (ret)
		ret = reset_card(victim);
	return ret ? ret : try_card(victim);
}

TEST_F_TIMEOUT(failnth, reset, 120)
{
	static const struct call call = {
		.name = "reset", .run = reset_card, .clean = clean_reset,
		.samples = 60,
	};

	if (!cxl_is_guest(&self->victim.afu))
		SKIP(return, "the kernel gets this card to work again, later and by itself");
	sweep(_metadata, &self->victim, &call);
}

static int unbind(struct victim *victim)
{
	return cxl_unbind(&victim->binding);
}

static int bind(struct victim *victim)
{
	return cxl_bind(&victim->binding);
}

static int bind_and_try(struct victim *victim)
{
	int ret = bind(victim);

	return ret ? ret : try_card(victim);
}

/* A card that could not be bound is as if nobody had tried. */
static bool is_left(const struct victim *victim)
{
	char text[256];

	if (!victim->has_card)
		return !access(victim->afu.card_dir, F_OK);
	if (!pci_card_residue(&victim->card, text, sizeof(text)))
		return false;
	printf("# left: %s\n", text);
	return true;
}

/*
 * A card may be there without its AFU, or the AFU without its node, which the
 * kernel makes. Then all of it goes, and comes back whole.
 */
static int clean_bind(struct victim *victim, int ret)
{
	if (ret && is_left(victim))
		return -EEXIST;
	if (!ret && !try_card(victim))
		return 0;
	if (!ret && unbind(victim))
		return -EIO;
	return bind_and_try(victim);
}

/* Gone, unless there was no memory even to tell the driver. */
static int clean_unbind(struct victim *victim, int ret)
{
	if (ret)
		return try_card(victim);
	if (!access(victim->afu.card_dir, F_OK))
		return -EEXIST;
	/* nor may there have been any to remove the nodes, which others do */
	unlink(victim->afu.slave);
	unlink(victim->afu.master);
	return bind_and_try(victim);
}

/* Only samples: there are many, and each try takes its time. */
TEST_F_TIMEOUT(failnth, bind, 3600)
{
	const struct call call = {
		.name = "bind", .prepare = unbind, .run = bind, .clean = clean_bind,
		.samples = pci_card_rounds(60),
		/* pci_request_region() and irq_create_mapping() */
		.also = { -EBUSY, -ENOSPC },
	};

	sweep(_metadata, &self->victim, &call);
}

/* Taking the driver away always works, like a card that is pulled out. */
TEST_F_TIMEOUT(failnth, unbind, 120)
{
	static const struct call call = {
		.name = "unbind", .run = unbind, .clean = clean_unbind, .samples = 40,
	};

	sweep(_metadata, &self->victim, &call);
}

TEST_HARNESS_MAIN
