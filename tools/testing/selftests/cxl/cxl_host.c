// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of a test guest to its host, over the terminal that the environment
 * variable CXL_TEST_HOST names: one line each way.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include "cxl_host.h"

#define LINE_SIZE 1024
/* Much longer than a busy host takes. */
#define ANSWER_MS 30000

/* Whether there is a host to ask. Without one, tests that need it skip. */
bool host_present(void)
{
	const char *tty = getenv("CXL_TEST_HOST");

	return tty && !access(tty, R_OK | W_OK);
}

/* Alone on the line, without echo, and without what nobody waited for. */
static int line_open(void)
{
	const char *tty = getenv("CXL_TEST_HOST");
	struct termios raw;
	int fd;

	if (!tty) {
		errno = ENODEV;
		return -1;
	}
	fd = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX) || tcgetattr(fd, &raw))
		goto fail;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) || tcflush(fd, TCIFLUSH))
		goto fail;
	return fd;

fail:
	close(fd);
	return -1;
}

static int line_write(int fd, const char *line, size_t len)
{
	ssize_t n;

	for (; len; line += n, len -= n) {
		n = write(fd, line, len);
		if (n < 0)
			return -1;
	}
	return 0;
}

/* Reads up to the end of a line, which becomes the end of the string. */
static int line_read(int fd, char *line, size_t size)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	while (len < size - 1) {
		n = poll(&pfd, 1, ANSWER_MS);
		if (!n)
			errno = ETIMEDOUT;
		if (n <= 0)
			return -1;
		n = read(fd, line + len, size - 1 - len);
		if (n <= 0)
			return -1;
		len += n;
		if (line[len - 1] == '\n') {
			line[len - 1] = 0;
			return 0;
		}
	}
	errno = EMSGSIZE;
	return -1;
}

/* One request. Return: what follows "ok" in @line, or NULL after a message. */
static const char *ask(char *line, size_t size)
{
	char request[LINE_SIZE];
	int fd = line_open(), ret = -1;

	snprintf(request, sizeof(request), "%.*s", (int)strcspn(line, "\n"), line);
	if (fd >= 0) {
		ret = line_write(fd, line, strlen(line));
		if (!ret)
			ret = line_read(fd, line, size);
		if (ret)
			fprintf(stderr, "host, %s: %s\n", request, strerror(errno));
		close(fd);
	} else {
		fprintf(stderr, "host: %s\n", strerror(errno));
	}
	if (ret)
		return NULL;
	if (strcmp(line, "ok") && strncmp(line, "ok ", 3)) {
		fprintf(stderr, "host, %s: %s\n", request, line);
		return NULL;
	}
	return line + 2 + (line[2] == ' ');
}

/**
 * host_set() - set a property of an emulated card
 * @card: name of the card, as in sysfs
 * @property: name of the property
 * @format: of the value in JSON: 3, true, "text" with its quotes
 *
 * Return: 0, or -1 after a message on standard error.
 */
int host_set(const char *card, const char *property, const char *format, ...)
{
	char line[LINE_SIZE], value[LINE_SIZE / 2];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	if (len < 0 || len >= (int)sizeof(value) || strchr(value, '\n')) {
		fprintf(stderr, "host: no value for %s\n", property);
		return -1;
	}
	snprintf(line, sizeof(line), "set %s %s %s\n", card, property, value);
	return ask(line, sizeof(line)) ? 0 : -1;
}

/**
 * host_get() - read a property of an emulated card
 * @card: name of the card, as in sysfs
 * @property: name of the property
 * @json: receives its value
 * @size: bytes at @json
 *
 * Return: 0, or -1 after a message on standard error.
 */
int host_get(const char *card, const char *property, char *json, size_t size)
{
	char line[LINE_SIZE];
	const char *value;

	snprintf(line, sizeof(line), "get %s %s\n", card, property);
	value = ask(line, sizeof(line));
	if (!value)
		return -1;
	return snprintf(json, size, "%s", value) < (int)size ? 0 : -1;
}

/**
 * host_get_u64() - read a property that is a number
 * @card: name of the card, as in sysfs
 * @property: name of the property
 * @value: receives it
 *
 * Return: 0, or -1 after a message on standard error.
 */
int host_get_u64(const char *card, const char *property, uint64_t *value)
{
	char json[64], *end;

	if (host_get(card, property, json, sizeof(json)))
		return -1;
	errno = 0;
	*value = strtoull(json, &end, 10);
	if (!errno && end != json && !*end)
		return 0;
	fprintf(stderr, "host: %s of %s is no number: %s\n", property, card, json);
	return -1;
}
