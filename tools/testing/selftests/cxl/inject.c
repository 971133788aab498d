// SPDX-License-Identifier: GPL-2.0-only
/*
 * Emulated cards that go wrong on purpose, see inject.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "card_reset.h"
#include "inject.h"

/**
 * struct order - something that a test may have ordered
 * @property: of the card
 * @json: what it is without an order
 */
struct order {
	const char *property;
	const char *json;
};

static const struct order bare_metal_orders[] = {
	{ "stuck-process", "\"\"" },
	{ "inject-llcmd", "\"\"" },
	{ "lose-irqs", "\"\"" },
	{ "delay-irqs-ms", "0" },
	{ "lazy-removal", "false" },
	{ "slbia-reads", "0" },
	{ "llcmd-ms", "0" },
	{ "enable-ms", "0" },
	{ "disable-ms", "0" },
	{ "reset-ms", "0" },
	{ "purge-ms", "0" },
	{ "flush-ms", "0" },
	{ "invalidate-ms", "0" },
	{ "sticky-reset", "false" },
	{ "timebase-skew-ns", "0" },
	{ "all-ones", "false" },
	{ NULL, NULL },
};

static const struct order guest_orders[] = {
	{ "stuck-process", "\"\"" },
	{ "inject-rc", "\"\"" },
	{ "lose-irqs", "\"\"" },
	{ "delay-irqs-ms", "0" },
	{ "lazy-removal", "false" },
	{ "late-interrupts", "false" },
	{ "strict-end", "false" },
	{ "slbia-reads", "0" },
	{ "facility-reset-ms", "100" },
	{ "busy-code", "0" },
	{ "busy-attach-ms", "0" },
	{ "busy-attach-rounds", "0" },
	{ "busy-detach-ms", "0" },
	{ "busy-detach-rounds", "0" },
	{ "busy-reset-ms", "0" },
	{ "busy-reset-rounds", "0" },
	{ "busy-control-ms", "0" },
	{ "busy-control-rounds", "0" },
	{ "busy-facility-ms", "0" },
	{ "busy-facility-rounds", "0" },
	{ NULL, NULL },
};

/* Drops all orders. What has happened to the AFU stays, see inject_heal(). */
int inject_clear(const struct inject *inject)
{
	const struct order *order = cxl_is_guest(&inject->afu) ? guest_orders :
								 bare_metal_orders;
	int ret = 0;

	for (; order->property; order++)
		ret |= host_set(inject->card, order->property, "%s", order->json);
	return ret;
}

/* Copies something by a new context: 0, or what went wrong. */
int inject_works(const struct cxl_afu *afu)
{
	char src[256], dst[256] = "";
	struct mc mc;
	int ret;

	cxl_fill(src, sizeof(src), 1);
	ret = mc_setup(&mc, afu, 1);
	if (ret)
		return ret;
	ret = mc_copy(&mc, dst, src, sizeof(dst));
	if (!ret && cxl_mismatch(dst, sizeof(dst), 1) != -1)
		ret = -EBADMSG;
	mc_close(&mc);
	return ret;
}

/**
 * inject_heal() - drop all orders, and get the AFU to work again
 * @inject: the card; no context of this program is left
 *
 * By a reset of the AFU, and if that does not help of the card.
 *
 * Return: 0 or a negative errno.
 */
int inject_heal(const struct inject *inject)
{
	int ret = inject_clear(inject);

	if (ret)
		return -EIO;
	ret = inject_works(&inject->afu);
	if (!ret)
		return 0;
	cxl_file_write(inject->afu.dir, "reset", "1");
	ret = inject_works(&inject->afu);
	if (!ret)
		return 0;
	card_reset(&inject->afu, "-1");
	return inject_works(&inject->afu);
}

int inject_begin(struct inject *inject, const struct cxl_afu *afu)
{
	int ret;

	inject->afu = *afu;
	snprintf(inject->card, sizeof(inject->card), "card%d", afu->card);
	/* a program that was killed may have left something */
	ret = inject_heal(inject);
	if (ret)
		return ret;
	return host_get_u64(inject->card, "stat-violations", &inject->violations);
}

/* How many mistakes of the driver the card has found; -1 if it cannot be asked. */
long inject_violations(const struct inject *inject)
{
	uint64_t now;

	if (host_get_u64(inject->card, "stat-violations", &now))
		return -1;
	return now - inject->violations;
}

/* Adds an ordered answer, as OPCODE:OPERATION:RC[:COUNT[:SKIP]]. */
int inject_rc(const struct inject *inject, const char *format, ...)
{
	char order[64];
	va_list args;

	va_start(args, format);
	vsnprintf(order, sizeof(order), format, args);
	va_end(args);
	return host_set(inject->card, "inject-rc", "\"%s\"", order);
}

/* The next context that is closed is not let go of, and the driver is told so. */
int inject_refused_detach(const struct inject *inject)
{
	if (cxl_is_guest(&inject->afu))
		return inject_rc(inject, H_DETACH ":*:%d", RC_HARDWARE);
	/* command 1: terminate */
	return host_set(inject->card, "inject-llcmd", "\"1:error\"");
}

/* Presents a fault of a process element; @what is KIND[:VALUE[:store]]. */
int inject_fault(const struct inject *inject, __u32 pe, const char *what)
{
	return host_set(inject->card, "inject-fault", "\"%d:%u:%s\"", inject->afu.slice,
			pe & 0xffff, what);
}

int inject_state(const struct inject *inject, int state)
{
	return host_set(inject->card, "function-state", "\"%d:%d\"", inject->afu.slice, state);
}

/**
 * inject_wait_open() - wait until open() ends in a certain way
 * @inject: the card
 * @result: 0 or a negative errno
 * @timeout_ms: for how long
 *
 * Return: 0 or -ETIMEDOUT.
 */
int inject_wait_open(const struct inject *inject, int result, int timeout_ms)
{
	__u64 end = cxl_now_ms() + timeout_ms;
	int fd;

	for (;;) {
		fd = cxl_open(inject->afu.slave, O_RDWR);
		if (fd >= 0)
			close(fd);
		if ((fd < 0 ? fd : 0) == result)
			return 0;
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
		poll(NULL, 0, 20);
	}
}

/* Waits until a context is dead and nothing is left to read: 0 or -ETIMEDOUT. */
int inject_wait_dead(int fd, int timeout_ms)
{
	__u64 end = cxl_now_ms() + timeout_ms;
	struct cxl_event event;
	int mask;

	do {
		mask = cxl_poll(fd, 100);
		if (mask == POLLERR)
			return 0;
		if (mask == POLLIN)
			cxl_read_event(fd, &event, 0);
	} while (cxl_now_ms() < end);
	return -ETIMEDOUT;
}
