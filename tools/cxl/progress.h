/* SPDX-License-Identifier: GPL-2.0-only */
/* How far something long has come. */
#ifndef CAPI_PROGRESS_H
#define CAPI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct capi_progress - something that takes long
 * @what: what it is
 * @total: bytes in all
 * @start: when it began
 * @shown: when it was shown last
 * @percent: that was shown last, -1 before
 * @quiet: show nothing
 */
struct capi_progress {
	const char *what;
	size_t total;
	double start;
	double shown;
	int percent;
	bool quiet;
};

void capi_progress_begin(struct capi_progress *progress, const char *what, size_t total,
			 bool quiet);
void capi_progress_show(struct capi_progress *progress, size_t done);
void capi_progress_end(struct capi_progress *progress, size_t done);

#endif /* CAPI_PROGRESS_H */
