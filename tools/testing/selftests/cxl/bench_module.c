// SPDX-License-Identifier: GPL-2.0-only
/*
 * What concerns the whole card: a reset by force, and how long until the module has
 * bound it. Nothing of the AFU may be in use before.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "card_reset.h"

/* What the recovery waits for takes seconds, for a link and for the firmware. */
#define LOOK_MS		100
#define BACK_MS		60000

static int setup_reset(struct bench *b)
{
	return card_stays_in_reset(&b->afu) ? 0 : -EOPNOTSUPP;
}

/* Files of contexts that a reset has ended are good for nothing. */
static int add_contexts(struct bench *b)
{
	bench_drop_others(b);
	return bench_add_others(b, b->op->arg);
}

static int drop_contexts(struct bench *b)
{
	bench_drop_others(b);
	return 0;
}

static int use_afu(const struct bench *b)
{
	int ret, fd = cxl_open(b->afu.slave, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return fd;
	ret = bench_start_idle(fd);
	close(fd);
	return ret;
}

/* Until a new context can be started. */
static int reset_card(struct bench *b)
{
	__u64 end = cxl_now_ms() + BACK_MS;
	int ret = cxl_file_write(b->afu.card_dir, "reset", "-1");

	if (ret)
		return ret;
	for (;;) {
		ret = use_afu(b);
		if (!card_is_away(ret) || cxl_now_ms() > end)
			return ret;
		poll(NULL, 0, LOOK_MS);
	}
}

static int find_module(struct bench *b)
{
	glob_t found;
	int ret;

	ret = glob("/lib/modules/*/kernel/drivers/misc/cxl/cxl.ko", 0, NULL, &found);
	if (ret)
		return -ENOENT;
	b->fd = cxl_open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
	globfree(&found);
	return b->fd < 0 ? b->fd : 0;
}

static int unload(struct bench *b)
{
	return syscall(SYS_delete_module, "cxl", O_NONBLOCK) ? -errno : 0;
}

static int load(struct bench *b)
{
	return syscall(SYS_finit_module, b->fd, "", 0) ? -errno : 0;
}

/* Nothing has been used yet. */
static int open_first(struct bench *b)
{
	int ret = unload(b);

	if (!ret)
		ret = load(b);
	if (ret)
		return ret;
	b->others[0] = cxl_open(b->afu.slave, O_RDWR | O_CLOEXEC);
	if (b->others[0] < 0)
		return b->others[0];
	b->nr_others = 1;
	return 0;
}

static int start_first(struct bench *b)
{
	return bench_start_idle(b->others[0]);
}

static void forget_module(struct bench *b)
{
	close(b->fd);
	b->fd = -1;
}

#define RESET(word, number)							\
	{									\
		.name = word, .per = "reset", .units = 1, .samples = 3,		\
		.arg = number, .setup = setup_reset, .prepare = add_contexts,	\
		.timed = reset_card, .finish = drop_contexts,			\
	}

const struct bench_op bench_module_ops[] = {
	RESET("reset_0", 0),
	RESET("reset_256", 256),
	{
		.name = "module_load", .per = "load", .units = 1, .samples = 3,
		.setup = find_module, .prepare = unload, .timed = load,
		.teardown = forget_module,
	}, {
		.name = "attach_first", .per = "start", .units = 1, .samples = 3,
		.setup = find_module, .prepare = open_first, .timed = start_first,
		.finish = drop_contexts, .teardown = forget_module,
	},
	{ }
};
