// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes, open, the limit of contexts, and calls that a node does not support.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cxl_test.h"

#define MAX_CONTEXTS 8192

FIXTURE(open) {
	struct cxl_afu afu;
};

FIXTURE_SETUP(open)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	cxl_raise_file_limit();
}

FIXTURE_TEARDOWN(open)
{
}

static int major_of_cxl(void)
{
	char line[128], name[64];
	int major, found = -1;
	FILE *file = fopen("/proc/devices", "r");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%d %63s", &major, name) == 2 && !strcmp(name, "cxl"))
			found = major;
	}
	if (file)
		fclose(file);
	return found;
}

static void check_node(struct __test_metadata *_metadata, const char *node,
		       const char *dir, unsigned int minor)
{
	char dev[32], expected[32];
	struct stat st;

	ASSERT_EQ(0, stat(node, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	/* whoever wants others to use the card has a udev rule */
	EXPECT_EQ(0600U, st.st_mode & 07777);
	EXPECT_EQ(0U, st.st_uid);
	EXPECT_EQ(minor, minor(st.st_rdev));
	ASSERT_GT(cxl_file_read(dir, "dev", dev, sizeof(dev)), 0);
	snprintf(expected, sizeof(expected), "%u:%u\n", major(st.st_rdev), minor(st.st_rdev));
	EXPECT_STREQ(expected, dev);
	EXPECT_EQ(major_of_cxl(), (int)major(st.st_rdev));
}

TEST_F(open, nodes)
{
	unsigned int base = 13 * self->afu.card + 3 * self->afu.slice;

	check_node(_metadata, self->afu.master, self->afu.master_dir, base + 2);
	check_node(_metadata, self->afu.slave, self->afu.slave_dir, base + 3);
}

/* A directed AFU has no dedicated node. */
TEST_F(open, no_dedicated_node)
{
	char node[80];

	snprintf(node, sizeof(node), "/dev/cxl/afu%d.%dd", self->afu.card, self->afu.slice);
	EXPECT_EQ(-ENOENT, cxl_open(node, O_RDWR));
}

TEST_F(open, every_access_mode)
{
	const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_NONBLOCK };
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		fd = cxl_open(self->afu.slave, modes[i]);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(0, close(fd));
		fd = cxl_open(self->afu.master, modes[i]);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(0, close(fd));
	}
}

TEST_F(open, master_and_slaves_together)
{
	int fds[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = cxl_open(i % 2 ? self->afu.slave : self->afu.master, O_RDWR);
		ASSERT_GE(fds[i], 0);
	}
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		EXPECT_EQ(0, close(fds[i]));
}

/* A node of which the driver knows nothing. */
TEST_F(open, stale_minor)
{
	const char *node = "/tmp/cxl-stale-node";
	int ret;

	unlink(node);
	ASSERT_EQ(0, mknod(node, S_IFCHR | 0600, makedev(major_of_cxl(), 255)));
	ret = cxl_open(node, O_RDWR);
	unlink(node);
	EXPECT_TRUE(ret == -ENXIO || ret == -ENODEV) {
		TH_LOG("open: %d", ret);
	}
}

/* A node that somebody has kept from the time when the AFU had a mode. */
TEST_F(open, node_of_no_mode)
{
	const char *node = "/tmp/cxl-kept-node";
	struct stat st;
	int ret;

	unlink(node);
	ASSERT_EQ(0, stat(self->afu.slave, &st));
	ASSERT_EQ(0, mknod(node, S_IFCHR | 0600, st.st_rdev));
	EXPECT_EQ(0, cxl_file_write(self->afu.dir, "mode", "none"));
	ret = cxl_open(node, O_RDWR);
	EXPECT_EQ(0, cxl_file_write(self->afu.dir, "mode", "afu_directed"));
	EXPECT_TRUE(ret == -ENXIO || ret == -ENODEV) {
		TH_LOG("open: %d", ret);
	}
	/* and with the mode it opens the same AFU as before */
	ret = cxl_open(node, O_RDWR);
	EXPECT_GE(ret, 0);
	close(ret);
	unlink(node);
}

static int open_all(const struct cxl_afu *afu, int *fds, int *count)
{
	int fd;

	for (*count = 0; *count < MAX_CONTEXTS; (*count)++) {
		fd = cxl_open(*count % 2 ? afu->slave : afu->master, O_RDWR);
		if (fd < 0)
			return fd;
		fds[*count] = fd;
	}
	return 0;
}

TEST_F(open, limit)
{
	long expected = cxl_of_number(&self->afu, "ibm,#processes");
	static int fds[MAX_CONTEXTS];
	int count, again;

	ASSERT_EQ(-ENOSPC, open_all(&self->afu, fds, &count));
	EXPECT_GT(count, 0);
	if (expected >= 0)
		EXPECT_EQ(expected, count);
	EXPECT_EQ(-ENOSPC, cxl_open(self->afu.slave, O_RDWR));

	/* one closed, one can be opened, of either kind */
	EXPECT_EQ(0, close(fds[count / 2]));
	again = cxl_open(self->afu.slave, O_RDWR);
	EXPECT_GE(again, 0);
	EXPECT_EQ(-ENOSPC, cxl_open(self->afu.master, O_RDWR));
	fds[count / 2] = again;

	while (count--)
		EXPECT_EQ(0, close(fds[count]));
}

/* A failed open must leave nothing behind. */
TEST_F_TIMEOUT(open, limit_is_stable, 60)
{
	static int fds[MAX_CONTEXTS];
	int count, first = -1, round, i;

	for (round = 0; round < 3; round++) {
		ASSERT_EQ(-ENOSPC, open_all(&self->afu, fds, &count));
		for (i = 0; i < 1000; i++)
			ASSERT_EQ(-ENOSPC, cxl_open(self->afu.slave, O_RDWR));
		for (i = 0; i < count; i++)
			ASSERT_EQ(0, close(fds[i]));
		if (first < 0)
			first = count;
		ASSERT_EQ(first, count);
	}
}

TEST_F(open, duplicate_descriptor)
{
	struct cxl_afu_id id;
	int fd = cxl_open(self->afu.slave, O_RDWR), copy;

	ASSERT_GE(fd, 0);
	copy = dup(fd);
	ASSERT_GE(copy, 0);
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, cxl_get_afu_id(copy, &id));
	EXPECT_EQ(0, cxl_start_wed(copy, 0));
	EXPECT_EQ(0, close(copy));
}

TEST_F(open, survives_close_in_child)
{
	struct cxl_afu_id id;
	int fd = cxl_open(self->afu.slave, O_RDWR), status;
	pid_t pid;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, cxl_start_wed(fd, 0));
	pid = fork();
	if (!pid) {
		close(fd);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, cxl_get_afu_id(fd, &id));
	EXPECT_EQ(0, close(fd));
}

static void *open_close_loop(void *arg)
{
	const struct cxl_afu *afu = arg;
	long errors = 0;
	int i, fd;

	for (i = 0; i < 500; i++) {
		fd = cxl_open(i % 3 ? afu->slave : afu->master, O_RDWR);
		if (fd < 0 || (i % 5 == 0 && cxl_start_wed(fd, 0)) || close(fd))
			errors++;
	}
	return (void *)errors;
}

TEST_F_TIMEOUT(open, concurrent, 120)
{
	pthread_t threads[4];
	unsigned int i;
	void *errors;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, open_close_loop, &self->afu));
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &errors));
		EXPECT_EQ(0L, (long)errors);
	}
}

static int errno_of(ssize_t result)
{
	return result < 0 ? errno : 0;
}

TEST_F(open, unsupported_calls)
{
	int fd = cxl_open(self->afu.slave, O_RDWR), pipefd[2], on = 1;
	int readonly = cxl_open(self->afu.slave, O_RDONLY);
	char byte = 0;

	ASSERT_GE(fd, 0);
	ASSERT_GE(readonly, 0);
	ASSERT_EQ(0, pipe(pipefd));
	EXPECT_EQ(EINVAL, errno_of(write(fd, &byte, 1)));
	EXPECT_EQ(EBADF, errno_of(write(readonly, &byte, 1)));
	EXPECT_EQ(ESPIPE, errno_of(lseek(fd, 0, SEEK_SET)));
	EXPECT_EQ(ENOTTY, errno_of(ioctl(fd, FIOASYNC, &on)));
	EXPECT_EQ(EINVAL, errno_of(splice(fd, NULL, pipefd[1], NULL, 4096, 0)));
	EXPECT_EQ(EINVAL, errno_of(sendfile(pipefd[1], fd, NULL, 4096)));
	EXPECT_EQ(0, ioctl(fd, FIONBIO, &on));
	EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, ioctl(fd, FIOCLEX));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, close(readonly));
}

TEST_HARNESS_MAIN
