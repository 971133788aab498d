// SPDX-License-Identifier: GPL-2.0-only
/* Cards, AFUs and their attributes in sysfs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capi.h"
#include "sysfs.h"

#define TEXT_MAX 4096

/* A number of up to four digits, as a name has it; moves *text behind it. */
static int parse_number(const char **text)
{
	int value = 0, digits = 0;

	for (; **text >= '0' && **text <= '9' && digits < 4; (*text)++, digits++)
		value = value * 10 + **text - '0';
	return digits ? value : -1;
}

/**
 * capi_parse_name() - take the name of a card or an AFU apart
 * @name: filled in
 * @text: cardN, afuN.M, also as the path of a node: /dev/cxl/afuN.Ms
 *
 * Return: false if it is no such name.
 */
bool capi_parse_name(struct capi_name *name, const char *text)
{
	const char *slash = strrchr(text, '/');
	bool node = false;

	if (slash) {
		node = !strncmp(text, CAPI_DEV "/", strlen(CAPI_DEV "/"));
		text = slash + 1;
	}
	name->slice = -1;
	if (!strncmp(text, "card", 4)) {
		text += 4;
		name->card = parse_number(&text);
		snprintf(name->text, sizeof(name->text), "card%d", name->card);
		return name->card >= 0 && !*text;
	}
	if (strncmp(text, "afu", 3))
		return false;
	text += 3;
	name->card = parse_number(&text);
	if (name->card < 0 || *text++ != '.')
		return false;
	name->slice = parse_number(&text);
	snprintf(name->text, sizeof(name->text), "afu%d.%d", name->card, name->slice);
	if (node && *text && strchr("dms", *text))
		text++;
	return name->slice >= 0 && !*text;
}

static int compare_names(const void *a, const void *b)
{
	const struct capi_name *one = a, *two = b;

	return one->card != two->card ? one->card - two->card : one->slice - two->slice;
}

static bool is_afu(const struct capi_name *name)
{
	return name->slice >= 0;
}

/* Cards if @afus is not set, else AFUs, of one card or, with -1, of all. */
static int find_names(struct capi_names *names, bool afus, int card)
{
	struct capi_name name;
	struct dirent *entry;
	DIR *dir;

	names->at = NULL;
	names->count = 0;
	dir = opendir(CAPI_CLASS);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (!capi_parse_name(&name, entry->d_name) || afus != is_afu(&name))
			continue;
		if (card >= 0 && name.card != card)
			continue;
		names->at = capi_realloc(names->at, (names->count + 1) * sizeof(name));
		names->at[names->count++] = name;
	}
	closedir(dir);
	if (names->count)
		qsort(names->at, names->count, sizeof(name), compare_names);
	return 0;
}

/* Return: 0, or a negative errno if there is no driver. */
int capi_find_cards(struct capi_names *names)
{
	return find_names(names, false, -1);
}

int capi_find_afus(struct capi_names *names, int card)
{
	return find_names(names, true, card);
}

char *capi_dir(const struct capi_name *name)
{
	return capi_print(CAPI_CLASS "/%s", name->text);
}

bool capi_exists(const struct capi_name *name)
{
	char *dir __autofree = capi_dir(name);

	return !access(dir, F_OK);
}

bool capi_has(const struct capi_name *name, const char *attribute)
{
	char *path __autofree = capi_print(CAPI_CLASS "/%s/%s", name->text, attribute);

	return !access(path, F_OK);
}

/* Says what there is instead. */
static int not_there(const char *text, bool afus)
{
	char *list __autofree = capi_strdup("");
	struct capi_names names;
	char *longer;
	size_t i;

	if (find_names(&names, afus, -1))
		return capi_fail(CAPI_NOT_FOUND,
				 "no %s: the driver cxl is not loaded (there is no " CAPI_CLASS ")",
				 text);
	for (i = 0; i < names.count; i++) {
		longer = capi_print("%s %s", list, names.at[i].text);
		free(list);
		list = longer;
	}
	free(names.at);
	return capi_fail(CAPI_NOT_FOUND, "there is no %s; %s there are:%s", text,
			 afus ? "AFUs" : "cards", *list ? list : " none");
}

/**
 * capi_resolve() - find what an argument of the command line names
 * @name: filled in
 * @text: the argument
 *
 * Return: 0, or the exit code after a message.
 */
int capi_resolve(struct capi_name *name, const char *text)
{
	if (!capi_parse_name(name, text))
		return capi_fail(CAPI_USAGE, "'%s' is no name like card0 or afu0.0", text);
	return capi_exists(name) ? 0 : not_there(name->text, name->slice >= 0);
}

int capi_resolve_afu(struct capi_name *name, const char *text)
{
	if (capi_parse_name(name, text) && name->slice < 0)
		return capi_fail(CAPI_USAGE, "this is for an AFU like afu0.0, not for a card");
	return capi_resolve(name, text);
}

int capi_resolve_card(struct capi_name *name, const char *text)
{
	if (capi_parse_name(name, text) && name->slice >= 0)
		return capi_fail(CAPI_USAGE, "this is for a card like card0, not for an AFU");
	return capi_resolve(name, text);
}

/**
 * capi_read_file() - read the start of a file
 * @path: the file
 * @buffer: where to
 * @size: bytes of @buffer
 *
 * Return: bytes read, or a negative errno.
 */
ssize_t capi_read_file(const char *path, void *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t done = 0, n = 0;

	if (fd < 0)
		return -errno;
	while ((size_t)done < size) {
		n = read(fd, (char *)buffer + done, size - done);
		if (n < 0)
			n = -errno;
		if (n <= 0)
			break;
		done += n;
	}
	close(fd);
	return n < 0 ? n : done;
}

/**
 * capi_read_text() - read a file with a line or a few
 * @path: the file
 *
 * Return: the text without the last newline, to be freed, or NULL with errno.
 */
char *capi_read_text(const char *path)
{
	char text[TEXT_MAX + 1];
	ssize_t n = capi_read_file(path, text, TEXT_MAX);

	if (n < 0) {
		errno = -n;
		return NULL;
	}
	if (n && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return capi_strdup(text);
}

char *capi_attribute(const struct capi_name *name, const char *attribute)
{
	char *path __autofree = capi_print(CAPI_CLASS "/%s/%s", name->text, attribute);

	return capi_read_text(path);
}

/* Return: 0 or a negative errno. */
int capi_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		ret = -errno;
	else if ((size_t)n != strlen(text))
		ret = -EIO;
	close(fd);
	return ret;
}
