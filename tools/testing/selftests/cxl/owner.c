// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose memory a context uses, and for how long: threads, fork, exec, passed
 * descriptors, and owners that are gone.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "cxl_test.h"

#define AFTER_EXEC "--after-exec"

FIXTURE(owner) {
	struct cxl_afu afu;
	size_t page;
	/* shared by all processes of a test */
	struct shared *shared;
	char *src;
	char *dst;
};

struct shared {
	struct mc mc;
	int step;
	char dst[64];
};

FIXTURE_SETUP(owner)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	self->page = sysconf(_SC_PAGESIZE);
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
	self->src = cxl_pages(self->page);
	self->dst = cxl_pages(self->page);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
	cxl_fill(self->src, self->page, 1);
	memset(self->dst, 0, self->page);
}

FIXTURE_TEARDOWN(owner)
{
}

static void put(char *to, const char *text)
{
	memcpy(to, text, strlen(text) + 1);
}

struct starter {
	const struct cxl_afu *afu;
	struct mc mc;
	int ret;
};

static void *start_and_exit(void *arg)
{
	struct starter *starter = arg;

	starter->ret = mc_setup(&starter->mc, starter->afu, 1);
	return NULL;
}

/* The memory is that of the process, whatever becomes of the thread. */
TEST_F(owner, starting_thread_exits)
{
	struct starter starter = { .afu = &self->afu };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, start_and_exit, &starter));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	ASSERT_EQ(0, starter.ret);
	/* not touched before: takes faults */
	self->dst = cxl_pages(self->page);
	ASSERT_NE(NULL, self->dst);
	ASSERT_EQ(0, mc_copy(&starter.mc, self->dst, self->src, self->page));
	EXPECT_EQ(-1, cxl_mismatch(self->dst, self->page, 1));
	mc_close(&starter.mc);
}

struct heir {
	struct mc mc;
	pthread_t main;
	char *src;
	size_t bytes;
};

static void *outlive_main(void *arg)
{
	struct heir *heir = arg;
	char *dst = cxl_pages(heir->bytes);

	if (pthread_join(heir->main, NULL) || !dst ||
	    mc_copy(&heir->mc, dst, heir->src, heir->bytes) ||
	    cxl_mismatch(dst, heir->bytes, 1) != -1)
		_exit(1);
	_exit(0);
}

/* The first thread of the process started the context and is gone. */
TEST_F(owner, main_thread_exits)
{
	static struct heir heir;
	pthread_t thread;
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		heir.main = pthread_self();
		heir.src = self->src;
		heir.bytes = self->page;
		if (mc_setup(&heir.mc, &self->afu, 1) ||
		    pthread_create(&thread, NULL, outlive_main, &heir))
			_exit(2);
		pthread_exit(NULL);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* A context whose ring and registers all processes of the test have. */
static int shared_context(struct shared *shared, const struct cxl_afu *afu)
{
	struct mc *mc = &shared->mc;
	void *ring;
	int ret;

	ret = mc_open(mc, afu->slave, 1);
	if (ret)
		return ret;
	ring = mmap(mc->ring, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (ring != mc->ring)
		return -errno;
	ret = mc_start(mc, NULL);
	return ret ? ret : mc_map(mc, afu->dir);
}

/* Parent and child have the same address with different content. */
TEST_F(owner, child_uses_memory_of_parent)
{
	struct shared *shared = self->shared;
	int status;
	pid_t pid;

	ASSERT_EQ(0, shared_context(shared, &self->afu));
	put(self->src, "parent");
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		put(self->src, "child");
		_exit(mc_copy(&shared->mc, shared->dst, self->src, 64) ? 1 : 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_STREQ("parent", shared->dst);
	/* the child's exit has not ended the context */
	put(self->src, "still");
	EXPECT_EQ(0, mc_copy(&shared->mc, shared->dst, self->src, 64));
	EXPECT_STREQ("still", shared->dst);
	mc_close(&shared->mc);
}

/* The child started: it is the child's memory, though the parent opened. */
TEST_F(owner, memory_of_the_starter)
{
	struct mc mc;
	int status;
	pid_t pid;

	ASSERT_EQ(0, mc_open(&mc, self->afu.slave, 1));
	put(self->src, "parent");
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		put(self->src, "child");
		_exit(mc_start(&mc, NULL) ||
		      mc_copy(&mc, self->shared->dst, self->src, 64) ? 1 : 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_STREQ("child", self->shared->dst);
	mc_close(&mc);
}

/* Its memory is gone with the child, the parent has the descriptor. */
static void check_orphan(struct __test_metadata *_metadata, const struct cxl_afu *afu,
			 int fd)
{
	struct cxl_event event;
	struct cxl_afu_id id;

	/* the AFU still polls its ring */
	ASSERT_EQ(0, cxl_read_event(fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ(0, cxl_get_afu_id(fd, &id));
	EXPECT_EQ(-EIO, cxl_start_wed(fd, 0));
	EXPECT_EQ(0, close(fd));
	if (cxl_has_stats(afu))
		EXPECT_EQ(0, cxl_wait_all_detached(afu));
}

TEST_F_TIMEOUT(owner, starter_exits, 60)
{
	struct mc mc;
	int status, i;
	pid_t pid;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, mc_open(&mc, self->afu.slave, 1));
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid)
			_exit(mc_start(&mc, NULL) ||
			      mc_copy(&mc, self->dst, self->src, 64) ? 1 : 0);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, status);
		check_orphan(_metadata, &self->afu, mc.fd);
		mc.fd = -1;
		mc_close(&mc);
	}
}

/* Freed memory must not be written by a context whose owner is gone. */
TEST_F_TIMEOUT(owner, starter_killed_while_busy, 60)
{
	struct mc mc;
	int status, i;
	size_t bytes = 64 * self->page;
	char *mem;
	pid_t pid;

	for (i = 0; i < 5; i++) {
		self->shared->step = 0;
		ASSERT_EQ(0, mc_open(&mc, self->afu.slave, MC_LINES_MAX));
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			if (mc_start(&mc, NULL))
				_exit(1);
			mc_keep_busy(&mc, self->src, self->dst);
			cxl_step_set(&self->shared->step, 1);
			for (;;)
				pause();
		}
		ASSERT_EQ(0, cxl_step_wait(&self->shared->step, 1));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		/* likely gets the pages that the child had */
		mem = cxl_pages(bytes);
		ASSERT_NE(NULL, mem);
		cxl_fill(mem, bytes, i);
		check_orphan(_metadata, &self->afu, mc.fd);
		EXPECT_EQ(-1, cxl_mismatch(mem, bytes, i));
		munmap(mem, bytes);
		mc.fd = -1;
		mc_close(&mc);
	}
}

static int send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

static int receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(sock, &msg, 0) != 1)
		return -errno;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

/* Runs a context on a descriptor that somebody else opened. */
static int use_received(int sock, const struct cxl_afu *afu, const char *src)
{
	struct mc mc, opener;
	char dst[64] = "";
	int ret;

	/* for the ring; its own node stays unused */
	ret = mc_open(&opener, afu->slave, 1);
	if (ret)
		return 1;
	mc = opener;
	mc.fd = receive_fd(sock);
	if (mc.fd < 0)
		return 2;
	if (mc_start(&mc, NULL) || mc_map(&mc, afu->dir))
		return 3;
	if (mc_copy(&mc, dst, src, sizeof(dst)) || memcmp(src, dst, sizeof(dst)))
		return 4;
	return mc_irq(&mc, 1) == MC_DONE ? 0 : 5;
}

/* One process opens for another, which has the memory. */
TEST_F(owner, passed_before_start)
{
	int socks[2], fd, status;
	struct cxl_event event;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(use_received(socks[1], &self->afu, self->src));
	fd = cxl_open(self->afu.slave, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, send_fd(socks[0], fd));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	/* one context: the interrupt that the other process asked for is here */
	ASSERT_EQ(0, cxl_read_event(fd, &event, CXL_WAIT_MS));
	EXPECT_EQ(CXL_EVENT_AFU_INTERRUPT, event.header.type);
	close(fd);
}

/* Passed when started: still the memory of the process that started. */
TEST_F(owner, passed_after_start)
{
	int socks[2], fd, status;
	struct cxl_event event;
	struct mc mc;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		fd = receive_fd(socks[1]);
		if (fd < 0 || cxl_start_wed(fd, 0) != -EIO)
			_exit(1);
		cxl_step_set(&self->shared->step, 1);
		_exit(cxl_read_event(fd, &event, CXL_WAIT_MS) ||
		      event.header.type != CXL_EVENT_AFU_INTERRUPT || event.irq.irq != 2);
	}
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	ASSERT_EQ(0, send_fd(socks[0], mc.fd));
	ASSERT_EQ(0, cxl_step_wait(&self->shared->step, 1));
	ASSERT_EQ(MC_DONE, mc_irq(&mc, 2));
	EXPECT_EQ(0, mc_copy(&mc, self->dst, self->src, 64));
	EXPECT_EQ(0, memcmp(self->dst, self->src, 64));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	mc_close(&mc);
}

/* What a program finds that was given a started context by exec(). */
static int after_exec(int fd)
{
	struct cxl_event event;
	struct cxl_afu_id id;

	if (cxl_get_afu_id(fd, &id))
		return 2;
	if (cxl_read_event(fd, &event, CXL_WAIT_MS))
		return 3;
	return event.header.type == CXL_EVENT_DATA_STORAGE ? 0 : 4;
}

TEST_F(owner, exec_keeps_descriptor)
{
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		char number[16];
		struct mc mc;

		if (mc_setup(&mc, &self->afu, 1) || mc_copy(&mc, self->dst, self->src, 64) ||
		    fcntl(mc.fd, F_SETFD, 0))
			_exit(1);
		snprintf(number, sizeof(number), "%d", mc.fd);
		execl("/proc/self/exe", "owner", AFTER_EXEC, number, NULL);
		_exit(1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	if (cxl_has_stats(&self->afu))
		EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
}

/* Close on exec ends the context, the mapping goes with the old program. */
TEST_F(owner, exec_closes)
{
	int socks[2], status;
	char byte;
	pid_t pid;

	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		struct mc mc;

		close(socks[0]);
		if (mc_setup(&mc, &self->afu, 1) || dup2(socks[1], 0))
			_exit(1);
		execl("/proc/self/exe", "owner", AFTER_EXEC, "wait", NULL);
		_exit(1);
	}
	close(socks[1]);
	ASSERT_EQ(1, read(socks[0], &byte, 1));
	/* the new program runs, and has no context */
	EXPECT_EQ(0, cxl_wait_all_detached(&self->afu));
	close(socks[0]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* The context lives until the last of the processes has let go of it. */
TEST_F(owner, last_holder)
{
	__u64 detaches, now;
	struct mc mc;
	int status;
	pid_t pid;

	if (!cxl_has_stats(&self->afu))
		SKIP(return, "no counters in debugfs");
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	ASSERT_EQ(0, cxl_stat(&self->afu, "detaches", &detaches));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(cxl_step_wait(&self->shared->step, 1) ? 1 : 0);
	mc_close(&mc);
	ASSERT_EQ(0, cxl_stat(&self->afu, "detaches", &now));
	EXPECT_EQ(detaches, now);
	cxl_step_set(&self->shared->step, 1);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, cxl_stat_wait(&self->afu, "detaches", detaches + 1));
}

int main(int argc, char **argv)
{
	char byte = 0;

	if (argc != 3 || strcmp(argv[1], AFTER_EXEC))
		return test_harness_run(argc, argv);
	if (strcmp(argv[2], "wait"))
		return after_exec(atoi(argv[2]));
	/* says that it is there, and waits for the end */
	return write(0, &byte, 1) == 1 && read(0, &byte, 1) == 0 ? 0 : 1;
}
