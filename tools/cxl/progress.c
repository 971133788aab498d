// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far something long has come: on a terminal a bar that stays on one line,
 * elsewhere a line now and then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capi.h"
#include "explain.h"
#include "progress.h"
#include "table.h"

#define BAR_EVERY	0.1
#define BAR_MAX		40
#define LINE_EVERY	5.0
#define LINE_PERCENT	25

void capi_progress_begin(struct capi_progress *progress, const char *what, size_t total,
			 bool quiet)
{
	memset(progress, 0, sizeof(*progress));
	progress->what = what;
	progress->total = total;
	progress->quiet = quiet;
	progress->start = capi_now();
	progress->percent = -1;
	capi_progress_show(progress, 0);
}

/* "12.5 MiB/s, 0:07 left" */
static char *speed(const struct capi_progress *progress, size_t done)
{
	char *text __autofree = NULL;
	double passed = capi_now() - progress->start;
	double rate = passed > 0 ? done / passed : 0;
	long left;

	/* too early to tell */
	if (!done || passed <= 0 || (passed < 0.05 && done < progress->total))
		return capi_strdup("");
	text = capi_bytes((long long)rate);
	if (done == progress->total)
		return capi_print("%s/s, %.1f s", text, passed);
	left = (progress->total - done) / rate + 0.5;
	return capi_print("%s/s, %ld:%02ld left", text, left / 60, left % 60);
}

static void show_bar(const struct capi_progress *progress, size_t done, int percent, int width)
{
	char *tail __autofree = speed(progress, done);
	char *line __autofree = NULL;
	char bar[BAR_MAX + 1];
	int room, full;

	room = width - 36 - (int)strlen(progress->what);
	if (room > BAR_MAX)
		room = BAR_MAX;
	if (room < 5) {
		line = capi_print("%s %3d%%%s%s", progress->what, percent, *tail ? " " : "",
				  tail);
	} else {
		full = room * percent / 100;
		memset(bar, '-', room);
		memset(bar, '#', full);
		bar[room] = '\0';
		line = capi_print("%s [%s] %3d%%%s%s", progress->what, bar, percent,
				  *tail ? "  " : "", tail);
	}
	/* the last column is left free, where some terminals wrap */
	printf("\r%.*s\033[K", width - 1, line);
	fflush(stdout);
}

static void show_line(const struct capi_progress *progress, size_t done, int percent)
{
	char *tail __autofree = speed(progress, done);

	printf("%s %d%%%s%s\n", progress->what, percent, *tail ? ", " : "", tail);
	fflush(stdout);
}

static bool is_due(const struct capi_progress *progress, int percent, int width)
{
	double ago = capi_now() - progress->shown;

	if (progress->percent < 0)
		return true;
	if (percent == 100)
		return progress->percent < 100;
	if (width)
		return ago >= BAR_EVERY;
	return ago >= LINE_EVERY || percent >= progress->percent + LINE_PERCENT;
}

/**
 * capi_progress_show() - show how far it has come
 * @progress: what
 * @done: bytes so far
 */
void capi_progress_show(struct capi_progress *progress, size_t done)
{
	int percent = progress->total ? 100.0 * done / progress->total : 100;
	int width = capi_width();

	if (progress->quiet || !is_due(progress, percent, width))
		return;
	if (width)
		show_bar(progress, done, percent, width);
	else
		show_line(progress, done, percent);
	progress->shown = capi_now();
	progress->percent = percent;
}

/* Leaves the line, so that what follows begins on the next one. */
void capi_progress_end(struct capi_progress *progress, size_t done)
{
	capi_progress_show(progress, done);
	if (!progress->quiet && capi_width())
		printf("\n");
	fflush(stdout);
}
