// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel driver that owns the AFU: what it calls itself, and what programs do with
 * the files that it makes. The driver is in test_modules.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cxl_test.h"
#include "inject.h"
#include "test_modules/cxl_test_afu_ioctl.h"

#define MODULE		"test_modules/cxl_test_afu.ko"
#define MODULE_NAME	"cxl_test_afu"
#define RUN		"/sys/kernel/debug/cxl_test_afu/run"
#define READ_MIN	4096

FIXTURE(kernel_driver) {
	struct cxl_afu afu;
	bool loaded;
	int node;
	struct mc mc;
};

static int load(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return ret;
}

static int unload(void)
{
	return syscall(SYS_delete_module, MODULE_NAME, O_NONBLOCK) ? -errno : 0;
}

/* What has just been closed is released a moment later. */
static int unload_soon(void)
{
	int tries, ret;

	for (tries = 0; tries < 100; tries++) {
		ret = unload();
		if (ret != -EAGAIN)
			break;
		usleep(10000);
	}
	return ret;
}

/* The node comes a moment after the module. */
static int open_node(void)
{
	int tries, fd = -1;

	for (tries = 0; tries < 100 && fd < 0; tries++) {
		fd = open(CXL_TEST_NODE, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			usleep(10000);
	}
	return fd;
}

FIXTURE_SETUP(kernel_driver)
{
	int ret;

	memset(&self->mc, 0, sizeof(self->mc));
	self->mc.fd = -1;
	self->node = -1;
	self->loaded = false;
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ret = load();
	if (ret == -ENOENT && !getenv("CXL_TEST_CARD"))
		SKIP(return, "no " MODULE);
	if (ret == -EPERM)
		SKIP(return, "may not load modules");
	ASSERT_EQ(0, ret);
	self->loaded = true;
	self->node = open_node();
	ASSERT_GE(self->node, 0);
}

FIXTURE_TEARDOWN(kernel_driver)
{
	mc_close(&self->mc);
	if (self->node >= 0)
		close(self->node);
	if (self->loaded)
		EXPECT_EQ(0, unload_soon());
}

/* Have the driver run one of its tests. */
static void run(struct __test_metadata *_metadata, const char *name)
{
	char why[256] = "";
	int fd = open(RUN, O_RDWR | O_CLOEXEC);
	ssize_t ret;

	ASSERT_GE(fd, 0);
	ret = write(fd, name, strlen(name));
	if (ret != (ssize_t)strlen(name)) {
		ret = -errno;
		if (pread(fd, why, sizeof(why) - 1, 0) < 0)
			why[0] = 0;
	}
	close(fd);
	ASSERT_EQ((ssize_t)strlen(name), ret) {
		TH_LOG("%s: %s", name, why);
	}
}

#define DRIVER_TEST(name)			\
	TEST_F_TIMEOUT(kernel_driver, name, 60)	\
	{					\
		run(_metadata, #name);		\
	}

DRIVER_TEST(identity)
DRIVER_TEST(copy)
DRIVER_TEST(module_memory)
DRIVER_TEST(bad_address)
DRIVER_TEST(states)
DRIVER_TEST(contexts)
DRIVER_TEST(exhaust)
DRIVER_TEST(registers)
DRIVER_TEST(reset)
DRIVER_TEST(disable)
DRIVER_TEST(tasks)
DRIVER_TEST(interrupts)
DRIVER_TEST(interrupt_errors)
DRIVER_TEST(interrupts_freed_early)
DRIVER_TEST(dma)
DRIVER_TEST(config)
DRIVER_TEST(file_errors)
DRIVER_TEST(race)

/* A context of the driver's, with a ring of this program. */
static int get_fd(int node, struct mc *mc, __u32 flags)
{
	struct cxl_test_get_fd args = { .flags = flags };
	int ret = mc_ring(mc, 8);

	if (ret)
		return ret;
	args.wed = mc_wed(mc);
	mc->fd = ioctl(node, CXL_TEST_GET_FD, &args);
	return mc->fd < 0 ? -errno : 0;
}

static void copies(struct __test_metadata *_metadata, struct mc *mc)
{
	static char src[4096], dst[4096];

	cxl_fill(src, sizeof(src), 7);
	memset(dst, 0, sizeof(dst));
	ASSERT_EQ(0, mc_copy(mc, dst, src, sizeof(src)));
	ASSERT_EQ(0, memcmp(dst, src, sizeof(src)));
}

/* All that a program does with a file of a started context */
static void works(struct __test_metadata *_metadata, struct mc *mc,
		  const struct cxl_afu *afu)
{
	struct cxl_event event;
	struct cxl_afu_id id;
	struct stat st;
	__u32 pe;

	ASSERT_EQ(0, cxl_get_pe(mc->fd, &pe));
	ASSERT_EQ(0, cxl_get_afu_id(mc->fd, &id));
	EXPECT_EQ((__u64)CXL_AFUID_FLAG_SLAVE, id.flags);
	EXPECT_EQ((__u32)afu->card, id.card_id);
	ASSERT_EQ(0, fstat(mc->fd, &st));
	EXPECT_FALSE(S_ISCHR(st.st_mode));
	copies(_metadata, mc);
	ASSERT_EQ(0, mc_map(mc, afu->dir));
	EXPECT_EQ(mc_wed(mc), mc_reg_read(mc, MC_REG_WED));
	EXPECT_EQ(-EIO, cxl_start_wed(mc->fd, 0));
	EXPECT_EQ(MC_DONE, mc_irq(mc, 2));
	ASSERT_EQ(0, cxl_read_event(mc->fd, &event, 5000));
	EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
	EXPECT_EQ(2, event.irq.irq);
	EXPECT_EQ((__u16)pe, event.header.process_element);
}

TEST_F(kernel_driver, started_by_driver)
{
	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_START));
	works(_metadata, &self->mc, &self->afu);
}

TEST_F(kernel_driver, started_by_program)
{
	struct cxl_afu_id id;

	ASSERT_EQ(0, get_fd(self->node, &self->mc, 0));
	/* By this libcxl knows which AFU it is. */
	ASSERT_EQ(0, cxl_get_afu_id(self->mc.fd, &id));
	ASSERT_EQ(0, mc_start(&self->mc, NULL));
	works(_metadata, &self->mc, &self->afu);
}

TEST_F(kernel_driver, default_operations)
{
	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_DEFAULT_OPS));
	ASSERT_EQ(0, mc_start(&self->mc, NULL));
	works(_metadata, &self->mc, &self->afu);
}

TEST_F(kernel_driver, master)
{
	struct cxl_afu_id id;

	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_START | CXL_TEST_MASTER));
	ASSERT_EQ(0, cxl_get_afu_id(self->mc.fd, &id));
	EXPECT_EQ(0ULL, id.flags);
	copies(_metadata, &self->mc);
}

TEST_F(kernel_driver, never_started)
{
	struct pollfd pfd;
	int i;

	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, get_fd(self->node, &self->mc, 0));
		pfd.fd = self->mc.fd;
		pfd.events = POLLIN;
		EXPECT_EQ(0, poll(&pfd, 1, 0));
		mc_close(&self->mc);
	}
}

/* Touch the registers, in a process that may die of it. */
static int touch(const struct mc *mc)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		mc_reg_read(mc, MC_REG_WED);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void *stop_soon(void *arg)
{
	usleep(200000);
	ioctl(*(int *)arg, CXL_TEST_STOP);
	return NULL;
}

/* Who waits is woken, registers are gone, and the file is of no use any more. */
TEST_F(kernel_driver, stopped_by_driver)
{
	char buf[READ_MIN];
	struct pollfd pfd;
	pthread_t thread;

	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_START));
	ASSERT_EQ(0, mc_map(&self->mc, self->afu.dir));
	EXPECT_EQ(0, touch(&self->mc));
	ASSERT_EQ(0, pthread_create(&thread, NULL, stop_soon, &self->mc.fd));
	EXPECT_EQ(-1, read(self->mc.fd, buf, sizeof(buf)));
	EXPECT_EQ(EIO, errno);
	pthread_join(thread, NULL);
	pfd.fd = self->mc.fd;
	pfd.events = POLLIN;
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLERR, pfd.revents);
	EXPECT_EQ(SIGBUS, touch(&self->mc));
	EXPECT_EQ(-EIO, cxl_start_wed(self->mc.fd, 0));
}

/* A reset of the AFU does not fail because a program uses it, nor harm the driver. */
TEST_F(kernel_driver, reset_under_program)
{
	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_START));
	ASSERT_EQ(0, mc_map(&self->mc, self->afu.dir));
	EXPECT_EQ(mc_wed(&self->mc), mc_reg_read(&self->mc, MC_REG_WED));
	run(_metadata, "reset");
	mc_close(&self->mc);
	run(_metadata, "copy");
}

static void send(struct __test_metadata *_metadata, int fd, __u32 number, __u32 size)
{
	struct cxl_test_event args = { .number = number, .size = size };

	ASSERT_EQ(0, ioctl(fd, CXL_TEST_SEND, &args));
}

static void expect_delivered(struct __test_metadata *_metadata, int fd, __u32 good,
			     __u32 faults, __u32 invalid)
{
	struct cxl_test_delivered now;

	ASSERT_EQ(0, ioctl(fd, CXL_TEST_DELIVERED, &now));
	EXPECT_EQ(good, now.good);
	EXPECT_EQ(faults, now.faults);
	EXPECT_EQ(invalid, now.invalid);
}

/* Before all others, one at a time, with what the driver has put in. */
TEST_F(kernel_driver, driver_events)
{
	static char big[2 * READ_MIN];
	struct cxl_event_header *header = (struct cxl_event_header *)big;
	int i, n;

	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_START));
	ASSERT_EQ(0, mc_map(&self->mc, self->afu.dir));
	EXPECT_EQ(MC_DONE, mc_irq(&self->mc, 1));
	ASSERT_EQ(1, cxl_poll(self->mc.fd, 5000));
	send(_metadata, self->mc.fd, 3, 100);
	for (n = 0; n < 3; n++) {
		memset(big, 0xff, sizeof(big));
		ASSERT_EQ(8 + 100, read(self->mc.fd, big, sizeof(big)));
		EXPECT_EQ(CXL_EVENT_AFU_DRIVER, header->type);
		EXPECT_EQ(8 + 100, header->size);
		for (i = 0; i < 100; i++)
			EXPECT_EQ(i, big[8 + i]);
		EXPECT_EQ((char)0xff, big[8 + 100]);
	}
	ASSERT_EQ(16, read(self->mc.fd, big, READ_MIN));
	EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, header->type);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
	expect_delivered(_metadata, self->mc.fd, 3, 0, 0);
}

/* Events that there are not, that are too large, or that nobody can store */
TEST_F(kernel_driver, driver_event_errors)
{
	static const __u32 too_large[] = { READ_MIN - 7, 0xfff8, 0xffff, 0x10000 };
	char *buf = cxl_pages(2 * READ_MIN), *bad;
	unsigned int i;

	ASSERT_NE(NULL, buf);
	bad = mmap(NULL, READ_MIN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)bad);
	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_START));
	/* The largest one */
	send(_metadata, self->mc.fd, 1, READ_MIN - 8);
	EXPECT_EQ(READ_MIN, read(self->mc.fd, buf, READ_MIN));
	expect_delivered(_metadata, self->mc.fd, 1, 0, 0);
	for (i = 0; i < ARRAY_SIZE(too_large); i++) {
		send(_metadata, self->mc.fd, 1, too_large[i]);
		EXPECT_EQ(-1, read(self->mc.fd, buf, 2 * READ_MIN));
		EXPECT_EQ(EFAULT, errno);
		expect_delivered(_metadata, self->mc.fd, 1, 0, i + 1);
	}
	send(_metadata, self->mc.fd, 1, 0);
	EXPECT_EQ(-1, read(self->mc.fd, buf, READ_MIN));
	EXPECT_EQ(EFAULT, errno);
	expect_delivered(_metadata, self->mc.fd, 1, 0, i + 1);

	send(_metadata, self->mc.fd, 1, 8);
	EXPECT_EQ(-1, read(self->mc.fd, bad, READ_MIN));
	EXPECT_EQ(EFAULT, errno);
	expect_delivered(_metadata, self->mc.fd, 1, 1, i + 1);
	EXPECT_EQ(0, cxl_poll(self->mc.fd, 0));
}

/* While a program has a file the driver stays, and while the driver is there cxl does. */
TEST_F(kernel_driver, modules_stay)
{
	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_START));
	close(self->node);
	self->node = -1;
	EXPECT_EQ(-EAGAIN, unload());
	mc_close(&self->mc);
	EXPECT_EQ(-1, syscall(SYS_delete_module, "cxl", O_NONBLOCK));
	EXPECT_EQ(EAGAIN, errno);
}

/* What needs an AFU that nobody uses is refused. */
TEST_F(kernel_driver, afu_is_in_use)
{
	EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.dir, "mode", "none"));
	EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.dir, "reset", "1"));
}

static void get_errors(struct __test_metadata *_metadata, int node,
		       struct cxl_test_errors *errors)
{
	ASSERT_EQ(0, ioctl(node, CXL_TEST_GET_ERRORS, errors));
}

/* Until the driver knows that all goes on, or for half a minute */
static bool resumed(struct __test_metadata *_metadata, int node, __u32 before)
{
	struct cxl_test_errors errors;
	int tries;

	for (tries = 0; tries < 300; tries++) {
		get_errors(_metadata, node, &errors);
		if (errors.resumes > before)
			return true;
		usleep(100000);
	}
	return false;
}

/*
 * A reset of the card is an error to the driver, with its contexts started: they are
 * stopped before, and started again after it. Files of programs are of no use then.
 */
TEST_F_TIMEOUT(kernel_driver, card_is_reset, 90)
{
	struct cxl_test_errors before, after;
	struct pollfd pfd;

	/* With an image loaded a card on bare metal would be another one. */
	if (!cxl_is_guest(&self->afu))
		ASSERT_EQ(0, cxl_file_write(self->afu.card_dir, "load_image_on_perst",
					    "none"));
	get_errors(_metadata, self->node, &before);
	ASSERT_EQ(0, ioctl(self->node, CXL_TEST_BUSY));
	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_START));
	EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.card_dir, "reset", "1"));
	get_errors(_metadata, self->node, &after);
	EXPECT_EQ(before.frozen, after.frozen);

	ASSERT_EQ(0, cxl_file_write(self->afu.card_dir, "reset", "-1"));
	EXPECT_TRUE(resumed(_metadata, self->node, before.resumes));
	get_errors(_metadata, self->node, &after);
	EXPECT_EQ(before.frozen + 1, after.frozen);
	EXPECT_EQ(before.resets + 1, after.resets);
	EXPECT_EQ(before.resumes + 1, after.resumes);
	EXPECT_EQ(before.dead, after.dead);
	pfd.fd = self->mc.fd;
	pfd.events = POLLIN;
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLERR, pfd.revents);
	/* It is no mistake of a driver not to know yet that its context has ended. */
	EXPECT_EQ(0, ioctl(self->mc.fd, CXL_TEST_STOP));
	EXPECT_EQ(-1, ioctl(self->mc.fd, CXL_TEST_STOP));
	EXPECT_EQ(EBUSY, errno);
	mc_close(&self->mc);
	ASSERT_EQ(0, ioctl(self->node, CXL_TEST_IDLE));
	run(_metadata, "copy");
	run(_metadata, "interrupts");
	if (!cxl_is_guest(&self->afu))
		ASSERT_EQ(0, cxl_file_write(self->afu.card_dir, "load_image_on_perst",
					    "user"));
}

/* The driver loses the device with its contexts started, and gets the new one. */
TEST_F_TIMEOUT(kernel_driver, card_is_replaced, 90)
{
	struct cxl_test_errors errors;
	bool gone = false;
	int tries;

	if (cxl_is_guest(&self->afu))
		SKIP(return, "the hypervisor resets a card without replacing it");
	ASSERT_EQ(0, ioctl(self->node, CXL_TEST_BUSY));
	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_START));
	ASSERT_EQ(0, cxl_file_write(self->afu.card_dir, "reset", "-1"));
	for (tries = 0; tries < 600; tries++) {
		bool there = !ioctl(self->node, CXL_TEST_GET_ERRORS, &errors);

		if (gone && there)
			break;
		if (!there)
			gone = true;
		usleep(100000);
	}
	EXPECT_TRUE(gone);
	EXPECT_EQ(0U, errors.frozen);
	run(_metadata, "copy");
	run(_metadata, "interrupts");
}

static void expect_same_image(struct __test_metadata *_metadata, const struct cxl_afu *afu,
			      char want)
{
	char is[16] = "";

	ASSERT_LT(0, cxl_file_read(afu->card_dir, "perst_reloads_same_image", is, sizeof(is)));
	EXPECT_EQ(want, is[0]);
}

/* A driver can promise that a reset does not change the card; then nobody may ask for one. */
TEST_F(kernel_driver, same_image)
{
	bool guest = cxl_is_guest(&self->afu);

	run(_metadata, "same_image");
	if (!guest) {
		expect_same_image(_metadata, &self->afu, '1');
		EXPECT_EQ(-EINVAL, cxl_file_write(self->afu.card_dir, "reset", "-1"));
	}
	run(_metadata, "other_image");
	if (!guest)
		expect_same_image(_metadata, &self->afu, '0');
}

/* The directory of the device that the driver is bound to */
static bool find_device(char *path, size_t size)
{
	const char *dir = "/sys/bus/pci/drivers/" MODULE_NAME;
	struct dirent *entry;
	bool found = false;
	DIR *list;

	list = opendir(dir);
	while (list && !found && (entry = readdir(list))) {
		found = entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
		if (found)
			snprintf(path, size, "/sys/bus/pci/devices/%s", entry->d_name);
	}
	if (list)
		closedir(list);
	return found;
}

static int bind_device(const char *path, const char *what)
{
	return cxl_file_write("/sys/bus/pci/drivers/" MODULE_NAME, what,
			      strrchr(path, '/') + 1);
}

TEST_F_TIMEOUT(kernel_driver, unbind_and_bind, 60)
{
	char path[256];
	int i;

	ASSERT_TRUE(find_device(path, sizeof(path)));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, ioctl(self->node, CXL_TEST_BUSY));
		ASSERT_EQ(0, bind_device(path, "unbind"));
		EXPECT_EQ(-1, ioctl(self->node, CXL_TEST_BUSY));
		EXPECT_EQ(ENODEV, errno);
		ASSERT_EQ(0, bind_device(path, "bind"));
		run(_metadata, "copy");
	}
}

static void *bind_thread(void *path)
{
	return (void *)(intptr_t)bind_device(path, "bind");
}

static int hold_probe(const char *yes)
{
	return cxl_file_write("/sys/module/" MODULE_NAME "/parameters", "hold_probe", yes);
}

/* A driver that comes in the middle of an error has nothing to get over. */
TEST_F_TIMEOUT(kernel_driver, bound_in_error, 120)
{
	struct cxl_test_errors errors;
	pthread_t thread;
	void *bound;
	struct inject inject;
	char path[256];

	if (!host_present() || !cxl_is_guest(&self->afu))
		SKIP(return, "on bare metal the platform ends an error by itself");
	ASSERT_TRUE(find_device(path, sizeof(path)));
	ASSERT_EQ(0, inject_begin(&inject, &self->afu));
	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_START));
	ASSERT_EQ(0, inject_state(&inject, STATE_UNAVAILABLE));
	EXPECT_EQ(0, inject_wait_dead(self->mc.fd, STATE_WAIT_MS));
	mc_close(&self->mc);
	EXPECT_EQ(0, bind_device(path, "unbind"));
	EXPECT_NE(0, bind_device(path, "bind"));
	/* this one comes as soon as the AFU works, and before drivers are told */
	ASSERT_EQ(0, hold_probe("Y"));
	ASSERT_EQ(0, pthread_create(&thread, NULL, bind_thread, path));
	EXPECT_EQ(0, inject_state(&inject, STATE_DISABLED));
	EXPECT_EQ(0, inject_wait_open(&inject, 0, STATE_WAIT_MS));
	EXPECT_EQ(0, hold_probe("N"));
	ASSERT_EQ(0, pthread_join(thread, &bound));
	ASSERT_EQ(0, (intptr_t)bound);
	/* of the next error it is told, when the first one is over for all */
	ASSERT_EQ(0, cxl_file_write(self->afu.card_dir, "reset", "-1"));
	EXPECT_TRUE(resumed(_metadata, self->node, 0));
	get_errors(_metadata, self->node, &errors);
	EXPECT_EQ(1U, errors.frozen);
	EXPECT_EQ(1U, errors.resets);
	EXPECT_EQ(1U, errors.resumes);
	run(_metadata, "copy");
	EXPECT_EQ(0, inject_violations(&inject));
}

/* Of an error without end it is told as of one that may end, and then the rest. */
TEST_F_TIMEOUT(kernel_driver, lost_for_good, 90)
{
	struct cxl_test_errors before, after;
	struct inject inject;
	char path[256];

	if (!host_present() || !cxl_is_guest(&self->afu))
		SKIP(return, "on bare metal the platform ends an error by itself");
	ASSERT_TRUE(find_device(path, sizeof(path)));
	ASSERT_EQ(0, inject_begin(&inject, &self->afu));
	get_errors(_metadata, self->node, &before);
	ASSERT_EQ(0, ioctl(self->node, CXL_TEST_BUSY));
	ASSERT_EQ(0, get_fd(self->node, &self->mc, CXL_TEST_START));
	ASSERT_EQ(0, inject_state(&inject, STATE_DEAD));
	EXPECT_EQ(0, inject_wait_dead(self->mc.fd, STATE_WAIT_MS));
	mc_close(&self->mc);
	get_errors(_metadata, self->node, &after);
	EXPECT_EQ(before.frozen + 1, after.frozen);
	EXPECT_EQ(before.dead + 1, after.dead);
	EXPECT_EQ(before.resets, after.resets);
	EXPECT_EQ(0, bind_device(path, "unbind"));
	ASSERT_EQ(0, cxl_file_write(self->afu.card_dir, "reset", "-1"));
	EXPECT_EQ(0, bind_device(path, "bind"));
	run(_metadata, "copy");
	EXPECT_EQ(0, inject_violations(&inject));
}

/* Taken from PCI and found again; it has all it needs. */
TEST_F_TIMEOUT(kernel_driver, remove_and_rescan, 60)
{
	char path[256], bus[300];
	int i;

	ASSERT_TRUE(find_device(path, sizeof(path)));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, cxl_file_write(path, "remove", "1"));
		EXPECT_NE(0, access(path, F_OK));
		snprintf(bus, sizeof(bus), "/sys/bus/pci");
		ASSERT_EQ(0, cxl_file_write(bus, "rescan", "1"));
		ASSERT_EQ(0, access(path, F_OK));
		run(_metadata, "dma");
		run(_metadata, "interrupts");
	}
}

/* Enabled from outside, without a driver, and removed like that */
TEST_F(kernel_driver, enabled_by_nobody)
{
	char path[256];

	ASSERT_TRUE(find_device(path, sizeof(path)));
	ASSERT_EQ(0, bind_device(path, "unbind"));
	ASSERT_EQ(0, cxl_file_write(path, "enable", "1"));
	EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.dir, "mode", "none"));
	ASSERT_EQ(0, cxl_file_write(path, "remove", "1"));
	EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
	ASSERT_EQ(0, cxl_file_write("/sys/bus/pci", "rescan", "1"));
	run(_metadata, "copy");
}

TEST_HARNESS_MAIN
