/* SPDX-License-Identifier: GPL-2.0-only */
/* Cards, AFUs and their attributes in sysfs. */
#ifndef CAPI_SYSFS_H
#define CAPI_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CAPI_CLASS	"/sys/class/cxl"
#define CAPI_DEV	"/dev/cxl"

/**
 * struct capi_name - a card or an AFU
 * @card: N of cardN and afuN.M
 * @slice: M of afuN.M, or -1 for a card
 * @text: the name
 */
struct capi_name {
	int card;
	int slice;
	char text[32];
};

/**
 * struct capi_names - some of them, in order
 * @at: to be freed
 * @count: how many
 */
struct capi_names {
	struct capi_name *at;
	size_t count;
};

bool capi_parse_name(struct capi_name *name, const char *text);
int capi_find_cards(struct capi_names *names);
int capi_find_afus(struct capi_names *names, int card);
int capi_resolve(struct capi_name *name, const char *text);
int capi_resolve_afu(struct capi_name *name, const char *text);
int capi_resolve_card(struct capi_name *name, const char *text);

char *capi_dir(const struct capi_name *name);
bool capi_exists(const struct capi_name *name);
bool capi_has(const struct capi_name *name, const char *attribute);
ssize_t capi_read_file(const char *path, void *buffer, size_t size);
char *capi_read_text(const char *path);
char *capi_attribute(const struct capi_name *name, const char *attribute);
int capi_write_file(const char *path, const char *text);

#endif /* CAPI_SYSFS_H */
