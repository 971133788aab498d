// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module comes and goes: how long until it has bound its card. Nothing of
 * the AFU may be in use.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

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

static void forget_module(struct bench *b)
{
	close(b->fd);
	b->fd = -1;
}

const struct bench_op bench_module_ops[] = {
	{
		.name = "module_load", .per = "load", .units = 1, .samples = 3,
		.setup = find_module, .prepare = unload, .timed = load,
		.teardown = forget_module,
	},
	{ }
};
