// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages. One about a missing permission says which, on what, and who has it.
 */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capi.h"

static void say(const char *format, va_list args)
{
	/* what was printed before is to be seen before */
	fflush(stdout);
	fputs("capi: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

/* Says what went wrong and returns @status, for the caller to return, too. */
int capi_fail(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	return status;
}

void capi_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

/*
 * Names come from the files alone: the name service would need shared libraries,
 * which a static program does not have.
 */
static char *user_name(uid_t uid)
{
	FILE *file = fopen("/etc/passwd", "re");
	char *name = NULL;
	struct passwd *pw;

	while (file && !name && (pw = fgetpwent(file))) {
		if (pw->pw_uid == uid)
			name = capi_strdup(pw->pw_name);
	}
	if (file)
		fclose(file);
	if (name)
		return name;
	return uid ? capi_print("%u", uid) : capi_strdup("root");
}

static char *group_name(gid_t gid)
{
	FILE *file = fopen("/etc/group", "re");
	struct group *gr;
	char *name = NULL;

	while (file && !name && (gr = fgetgrent(file))) {
		if (gr->gr_gid == gid)
			name = capi_strdup(gr->gr_name);
	}
	if (file)
		fclose(file);
	if (name)
		return name;
	return gid ? capi_print("%u", gid) : capi_strdup("root");
}

/**
 * capi_owner() - who may use a file
 * @path: the file
 *
 * Return: text to be freed, or NULL if the file cannot be seen.
 */
char *capi_owner(const char *path)
{
	char *user __autofree = NULL, *group __autofree = NULL;
	struct stat st;

	if (stat(path, &st))
		return NULL;
	user = user_name(st.st_uid);
	group = group_name(st.st_gid);
	return capi_print("owner %s, group %s, mode %04o", user, group, st.st_mode & 07777);
}

/* The first directory on the way to a file that must not be searched, or "". */
static void find_closed(const char *path, char *dir, size_t size)
{
	const char *slash = path;
	size_t len;

	while ((slash = strchr(slash + 1, '/'))) {
		len = slash - path;
		if (len >= size)
			break;
		memcpy(dir, path, len);
		dir[len] = '\0';
		if (access(dir, X_OK) && errno == EACCES)
			return;
	}
	dir[0] = '\0';
}

/**
 * capi_access() - which permission is missing
 * @wanted: "read", "write" or "read and write"
 * @path: on this file
 *
 * Return: text to be freed.
 */
char *capi_access(const char *wanted, const char *path)
{
	char *owner __autofree = NULL;
	char dir[PATH_MAX];

	find_closed(path, dir, sizeof(dir));
	if (dir[0]) {
		wanted = "search";
		path = dir;
	}
	owner = capi_owner(path);
	return capi_print("needs %s access to %s (%s)", wanted, path,
			  owner ? owner : "not visible");
}

/**
 * capi_fail_path() - say that a file could not be used
 * @err: errno of the attempt, positive or negative
 * @wanted: the access that was tried
 * @path: the file
 *
 * Return: the exit code that fits.
 */
int capi_fail_path(int err, const char *wanted, const char *path)
{
	char *text __autofree = NULL;

	err = abs(err);
	switch (err) {
	case EACCES:
	case EPERM:
		text = capi_access(wanted, path);
		return capi_fail(CAPI_NO_ACCESS, "%s", text);
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return capi_fail(CAPI_NOT_FOUND, "%s is not there, or has gone meanwhile", path);
	case EBUSY:
		return capi_fail(CAPI_BUSY, "%s is in use", path);
	case ETIMEDOUT:
		return capi_fail(CAPI_TIMEOUT, "%s: no answer in time", path);
	default:
		return capi_fail(CAPI_FAILED, "cannot %s %s: %s", wanted, path, strerror(err));
	}
}
