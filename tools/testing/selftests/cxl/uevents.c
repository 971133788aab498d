// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel tells udev, and what udev finds when it looks at once: nodes,
 * attributes, and the mode that its rules test.
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cxl_test.h"

#define MAX_EVENTS	32

/* An event about a device of ours, and what was there when it came. */
struct uevent {
	char action[16];
	char name[32];
	char devname[64];
	unsigned int major;
	unsigned int minor;
	bool attributes;
	bool node;
	char mode[32];
};

struct listener {
	const struct cxl_afu *afu;
	int sock;
	int stop;
	int count;
	struct uevent events[MAX_EVENTS];
};

FIXTURE(uevents) {
	struct cxl_afu afu;
	struct cxl_binding binding;
	struct listener listener;
	pthread_t thread;
};

static bool readable(const char *dir, const char *name)
{
	char buf[256];

	return cxl_file_read(dir, name, buf, sizeof(buf)) >= 0;
}

/* The attributes of the device, as a rule or a library would read them. */
static bool has_attributes(const struct cxl_afu *afu, const char *name)
{
	const char *last = name + strlen(name) - 1;

	if (!strncmp(name, "card", 4))
		return readable(afu->card_dir, "caia_version") &&
		       readable(afu->card_dir, "psl_revision") &&
		       !access(afu->card_dir, F_OK);
	if (*last == 'm')
		return readable(afu->master_dir, "mmio_size") &&
		       readable(afu->master_dir, "pp_mmio_len") &&
		       readable(afu->master_dir, "dev");
	if (*last == 's')
		return readable(afu->slave_dir, "dev");
	return readable(afu->dir, "mmio_size") && readable(afu->dir, "irqs_min") &&
	       readable(afu->dir, "modes_supported") && readable(afu->dir, "api_version") &&
	       readable(afu->dir, "prefault_mode");
}

static void look_around(const struct cxl_afu *afu, struct uevent *event)
{
	char node[80];
	struct stat st;

	event->attributes = has_attributes(afu, event->name);
	if (cxl_file_read(afu->dir, "mode", event->mode, sizeof(event->mode)) < 0)
		event->mode[0] = 0;
	snprintf(node, sizeof(node), "/dev/%s", event->devname);
	event->node = event->devname[0] && !stat(node, &st) && S_ISCHR(st.st_mode) &&
		      major(st.st_rdev) == event->major && minor(st.st_rdev) == event->minor;
}

/* "ACTION@PATH", then variables, each with a zero behind it. */
static bool parse(const char *msg, const char *end, struct uevent *event)
{
	const char *p, *slash;
	bool ours = false;

	memset(event, 0, sizeof(*event));
	slash = strrchr(msg, '/');
	if (!slash)
		return false;
	snprintf(event->name, sizeof(event->name), "%s", slash + 1);
	for (p = msg + strlen(msg) + 1; p < end; p += strlen(p) + 1) {
		if (!strcmp(p, "SUBSYSTEM=cxl"))
			ours = true;
		else if (!strncmp(p, "ACTION=", 7))
			snprintf(event->action, sizeof(event->action), "%s", p + 7);
		else if (!strncmp(p, "DEVNAME=", 8))
			snprintf(event->devname, sizeof(event->devname), "%s", p + 8);
		else if (!strncmp(p, "MAJOR=", 6))
			event->major = strtoul(p + 6, NULL, 10);
		else if (!strncmp(p, "MINOR=", 6))
			event->minor = strtoul(p + 6, NULL, 10);
	}
	return ours;
}

/*
 * To look as early as possible: as soon as there is an event, the listener takes
 * the processor away from whoever made the kernel send it.
 */
static void come_first(void)
{
	struct sched_param param = { .sched_priority = 1 };

	pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
}

static void stay_on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *listen_to_kernel(void *arg)
{
	struct listener *listener = arg;
	struct pollfd pfd = { .fd = listener->sock, .events = POLLIN };
	char msg[8192];
	ssize_t n;

	come_first();
	for (;;) {
		bool stop = __atomic_load_n(&listener->stop, __ATOMIC_ACQUIRE);

		if (poll(&pfd, 1, stop ? 0 : 10) <= 0) {
			if (stop)
				return NULL;
			continue;
		}
		n = recv(listener->sock, msg, sizeof(msg) - 1, 0);
		if (n <= 0 || listener->count == MAX_EVENTS)
			continue;
		msg[n] = 0;
		if (parse(msg, msg + n, &listener->events[listener->count]))
			look_around(listener->afu, &listener->events[listener->count++]);
	}
}

FIXTURE_SETUP(uevents)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	ASSERT_EQ(0, cxl_find_binding(&self->afu, &self->binding));
	self->listener.afu = &self->afu;
	self->listener.sock = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
				     NETLINK_KOBJECT_UEVENT);
	if (self->listener.sock < 0)
		SKIP(return, "no events of the kernel: %s", strerror(errno));
	ASSERT_EQ(0, bind(self->listener.sock, (struct sockaddr *)&address, sizeof(address)));
	stay_on_one_cpu();
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, listen_to_kernel, &self->listener));
}

FIXTURE_TEARDOWN(uevents)
{
	if (access(self->afu.card_dir, F_OK))
		cxl_bind(&self->binding);
	if (access(self->afu.slave, F_OK))
		cxl_file_write(self->afu.dir, "mode", "afu_directed");
	close(self->listener.sock);
}

static void stop_listening(struct __test_metadata *_metadata, struct listener *listener,
			   pthread_t thread)
{
	__atomic_store_n(&listener->stop, 1, __ATOMIC_RELEASE);
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

/* Position of an event among those that came, or -1. */
static int find(const struct listener *listener, const char *action, const char *name)
{
	int i;

	for (i = 0; i < listener->count; i++) {
		if (!strcmp(listener->events[i].action, action) &&
		    !strcmp(listener->events[i].name, name))
			return i;
	}
	return -1;
}

static void check_node(struct __test_metadata *_metadata, const struct listener *listener,
		       const char *node, unsigned int minor)
{
	int i = find(listener, "add", node + strlen("/dev/cxl/"));
	const struct uevent *event = &listener->events[i];

	ASSERT_GE(i, 0) {
		TH_LOG("no event for %s", node);
	}
	EXPECT_STREQ(node + strlen("/dev/"), event->devname);
	EXPECT_EQ(minor, event->minor);
	EXPECT_TRUE(event->attributes);
	EXPECT_TRUE(event->node);
	EXPECT_STREQ("afu_directed\n", event->mode);
}

TEST_F(uevents, mode)
{
	unsigned int minor = 13 * self->afu.card + 3 * self->afu.slice + 2;
	const char *master = self->afu.master + strlen("/dev/cxl/");
	const char *slave = self->afu.slave + strlen("/dev/cxl/");

	ASSERT_EQ(0, cxl_file_write(self->afu.dir, "mode", "none"));
	ASSERT_EQ(0, cxl_file_write(self->afu.dir, "mode", "afu_directed"));
	stop_listening(_metadata, &self->listener, self->thread);
	check_node(_metadata, &self->listener, self->afu.master, minor);
	check_node(_metadata, &self->listener, self->afu.slave, minor + 1);
	/* in this order, and in the other one when they go */
	EXPECT_LT(find(&self->listener, "add", master), find(&self->listener, "add", slave));
	EXPECT_GE(find(&self->listener, "remove", slave), 0);
	EXPECT_LT(find(&self->listener, "remove", slave),
		  find(&self->listener, "remove", master));
	EXPECT_LT(find(&self->listener, "remove", master),
		  find(&self->listener, "add", master));
	/* two events for each of the nodes, none for the AFU */
	EXPECT_EQ(4, self->listener.count);
}

/* The whole card, from the top down and back. */
TEST_F(uevents, card)
{
	const char *const dirs[] = { self->afu.card_dir, self->afu.dir, self->afu.master_dir,
				     self->afu.slave_dir };
	const struct listener *listener = &self->listener;
	int last_add = -1, last_remove = MAX_EVENTS, i, at;
	unsigned int k;

	ASSERT_EQ(0, cxl_unbind(&self->binding));
	ASSERT_EQ(0, cxl_bind(&self->binding));
	stop_listening(_metadata, &self->listener, self->thread);
	for (k = 0; k < ARRAY_SIZE(dirs); k++) {
		const char *name = strrchr(dirs[k], '/') + 1;

		at = find(listener, "remove", name);
		EXPECT_GE(at, 0) {
			TH_LOG("%s", name);
		}
		EXPECT_LT(at, last_remove);
		last_remove = at;
		at = find(listener, "add", name);
		EXPECT_GT(at, last_add) {
			TH_LOG("%s", name);
		}
		last_add = at;
		if (at >= 0)
			EXPECT_TRUE(listener->events[at].attributes) {
				TH_LOG("attributes of %s", name);
			}
	}
	for (i = 0; i < listener->count; i++)
		EXPECT_STRNE("change", listener->events[i].action);
}

TEST_HARNESS_MAIN
