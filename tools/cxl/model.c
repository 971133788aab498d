// SPDX-License-Identifier: GPL-2.0-only
/* What sysfs says of a card or an AFU, as JSON. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capi.h"
#include "model.h"
#include "vpd.h"

#define BINARY_MAX	65536

/* The two platforms call the same four identifiers differently. */
static const struct {
	const char *key;
	const char *of;
} ids[] = {
	{ "vendor", "vendor-id" },
	{ "device", "device-id" },
	{ "subsystem_vendor", "subsystem-vendor-id" },
	{ "subsystem_device", "subsystem-id" },
};

struct json_object *capi_in(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

/* The text of a member, or NULL. */
const char *capi_get(struct json_object *object, const char *key)
{
	return json_object_get_string(capi_in(object, key));
}

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void add_string(struct json_object *object, const char *key, const char *text)
{
	add(object, key, json_object_new_string(text));
}

enum capi_platform capi_platform_of(const struct capi_name *card)
{
	return capi_has(card, "base_image") ? CAPI_BARE_METAL : CAPI_POWERVM;
}

static int of_id(const char *dir, const char *property)
{
	char *path __autofree = capi_print("%s/device/of_node/%s", dir, property);
	unsigned char be[4];

	if (capi_read_file(path, be, sizeof(be)) != sizeof(be))
		return -1;
	return be[2] << 8 | be[3];
}

static int pci_id(const char *dir, const char *attribute)
{
	char *path __autofree = capi_print("%s/device/%s", dir, attribute);
	char *text __autofree = capi_read_text(path);

	return text ? strtol(text, NULL, 16) : -1;
}

/**
 * capi_id_of() - an identifier of the card in the terms of PCI
 * @card: the card
 * @id: "vendor", "device", "subsystem_vendor" or "subsystem_device"
 *
 * Return: 16 bits, or -1 if it is not known.
 */
int capi_id_of(const struct capi_name *card, const char *id)
{
	char *dir __autofree = capi_dir(card);
	size_t i;

	if (capi_platform_of(card) == CAPI_BARE_METAL)
		return pci_id(dir, id);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		if (!strcmp(ids[i].key, id))
			return of_id(dir, ids[i].of);
	}
	return -1;
}

static struct json_object *describe_ids(const struct capi_name *card)
{
	struct json_object *object = json_object_new_object();
	char text[8];
	size_t i;
	int id;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		id = capi_id_of(card, ids[i].key);
		if (id < 0)
			continue;
		snprintf(text, sizeof(text), "0x%04x", id & 0xffff);
		add_string(object, ids[i].key, text);
	}
	return object;
}

/* A whole number is one in JSON, too; anything else is text. */
static struct json_object *text_value(const char *text)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (!errno && *text && !*end && (*text != '0' || !text[1]))
		return json_object_new_int64(number);
	return json_object_new_string(text);
}

static struct json_object *lines_value(char *text)
{
	struct json_object *array = json_object_new_array();
	char *rest = NULL, *line;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		json_object_array_add(array, json_object_new_string(line));
	return array;
}

static bool is_binary(const char *name)
{
	return !strcmp(name, "vpd") || !strcmp(name, "afu_err_buff") || !strcmp(name, "config");
}

/* Attributes that one can only write to, and those that are shown otherwise. */
static bool is_skipped(const char *name, const struct stat *st)
{
	return !S_ISREG(st->st_mode) || !(st->st_mode & 0444) || is_binary(name) ||
	       !strcmp(name, "uevent");
}

static void add_attribute(struct json_object *object, struct json_object *unreadable,
			  const char *path, const char *name)
{
	char *text __autofree = capi_read_text(path);
	char *why __autofree = NULL;

	if (text && !strcmp(name, "modes_supported")) {
		add(object, name, lines_value(text));
	} else if (text) {
		add(object, name, text_value(text));
	} else {
		why = errno == EACCES ? capi_access("read", path) : capi_strdup(strerror(errno));
		add_string(unreadable, name, why);
	}
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* All text attributes of a directory; those that cannot be read to @unreadable. */
static struct json_object *describe_attributes(const char *dir, struct json_object *unreadable)
{
	struct json_object *object = json_object_new_object();
	struct dirent **entries;
	int i, n;

	n = scandir(dir, &entries, NULL, compare_entries);
	for (i = 0; i < n; i++) {
		char *path __autofree = capi_print("%s/%s", dir, entries[i]->d_name);
		struct stat st;

		if (!lstat(path, &st) && !is_skipped(entries[i]->d_name, &st))
			add_attribute(object, unreadable, path, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return object;
}

/* The device node of a directory that has a device number. */
static void add_node(struct json_object *object, const char *name, const char *dir)
{
	char *number __autofree = capi_print("%s/dev", dir);
	char *path __autofree = capi_print(CAPI_DEV "/%s", name);
	char *owner __autofree = capi_owner(path);
	struct json_object *node;

	if (access(number, F_OK))
		return;
	node = json_object_new_object();
	add_string(node, "path", path);
	if (owner)
		add_string(node, "access", owner);
	add_string(node, "permitted", access(path, F_OK) ? "no node" :
		   access(path, R_OK | W_OK) ? "no" : "yes");
	add(object, "node", node);
}

static void add_vpd(struct json_object *object, struct json_object *unreadable,
		    const struct capi_name *card)
{
	unsigned char *data __autofree = capi_alloc(BINARY_MAX);
	char *path __autofree = capi_print(CAPI_CLASS "/%s/%svpd", card->text,
					   capi_platform_of(card) == CAPI_BARE_METAL ?
					   "device/" : "");
	char *why __autofree = NULL;
	ssize_t n;

	if (access(path, F_OK))
		return;
	n = capi_read_file(path, data, BINARY_MAX);
	if (n >= 0) {
		add(object, "vpd", capi_vpd_parse(data, n));
		return;
	}
	why = n == -EACCES ? capi_access("read", path) : capi_strdup(strerror(-n));
	add_string(unreadable, "vpd", why);
}

static void add_error_buffer(struct json_object *object, struct json_object *unreadable,
			     const char *dir)
{
	char *path __autofree = capi_print("%s/afu_err_buff", dir);
	unsigned char *data __autofree = capi_alloc(BINARY_MAX);
	struct json_object *buffer;
	char start[3 * 16 + 1] = "";
	struct stat st;
	ssize_t i, n;

	if (stat(path, &st))
		return;
	n = capi_read_file(path, data, BINARY_MAX);
	if (n < 0) {
		add_string(unreadable, "afu_err_buff", strerror(-n));
		return;
	}
	buffer = json_object_new_object();
	add(buffer, "bytes", json_object_new_int64(st.st_size));
	for (i = 0; i < n && i < 16; i++)
		sprintf(start + 3 * i, "%02x ", data[i]);
	if (i)
		start[3 * i - 1] = '\0';
	add_string(buffer, "start", start);
	for (i = 0; i < n && !data[i]; i++)
		;
	add(buffer, "empty", json_object_new_boolean(i == n));
	add(object, "error_buffer", buffer);
}

/* Configuration records cr0, cr1, ..., in order. */
static struct json_object *describe_records(const char *dir, struct json_object *unreadable)
{
	struct json_object *array = json_object_new_array(), *record;
	int i;

	for (i = 0; ; i++) {
		char *sub __autofree = capi_print("%s/cr%d", dir, i);
		char *config __autofree = capi_print("%s/config", sub);
		char *name __autofree = capi_print("cr%d", i);
		struct stat st;

		if (access(sub, F_OK))
			return array;
		record = json_object_new_object();
		add_string(record, "name", name);
		add(record, "attributes", describe_attributes(sub, unreadable));
		if (!stat(config, &st))
			add(record, "config_bytes", json_object_new_int64(st.st_size));
		json_object_array_add(array, record);
	}
}

static struct json_object *describe_nodes(const struct capi_name *afu, const char *dir,
					  struct json_object *unreadable)
{
	struct json_object *array = json_object_new_array(), *node;
	const char *letter;

	for (letter = "dms"; *letter; letter++) {
		char *name __autofree = capi_print("%s%c", afu->text, *letter);
		char *sub __autofree = capi_print("%s/%s", dir, name);

		if (access(sub, F_OK))
			continue;
		node = json_object_new_object();
		add_string(node, "name", name);
		add(node, "attributes", describe_attributes(sub, unreadable));
		add_node(node, name, sub);
		json_object_array_add(array, node);
	}
	return array;
}

/* What the accelerator is, by its first configuration record. */
static const char *accelerator(struct json_object *records)
{
	struct json_object *attributes, *first = NULL;
	const char *vendor, *device;

	if (json_object_array_length(records))
		first = json_object_array_get_idx(records, 0);
	attributes = capi_in(first, "attributes");
	vendor = capi_get(attributes, "vendor");
	device = capi_get(attributes, "device");
	if (!vendor || !device || strcmp(vendor, "0x1014"))
		return "unknown";
	if (!strcmp(device, "0x4350"))
		return "memcpy";
	if (!strcmp(device, "0x04f0") || !strcmp(device, "0x0600") || !strcmp(device, "0x0624"))
		return "flash storage";
	return "unknown";
}

/**
 * capi_describe_afu() - everything about an AFU
 * @afu: the AFU
 * @all: also what takes a while to read, and what most are not permitted to
 *
 * Return: a new object.
 */
struct json_object *capi_describe_afu(const struct capi_name *afu, bool all)
{
	char *dir __autofree = capi_dir(afu);
	struct json_object *object = json_object_new_object();
	struct json_object *unreadable = json_object_new_object(), *records;

	add_string(object, "name", afu->text);
	add(object, "attributes", describe_attributes(dir, unreadable));
	records = describe_records(dir, unreadable);
	add_string(object, "accelerator", accelerator(records));
	add(object, "records", records);
	add(object, "nodes", describe_nodes(afu, dir, unreadable));
	if (all)
		add_error_buffer(object, unreadable, dir);
	if (json_object_object_length(unreadable))
		add(object, "unreadable", unreadable);
	else
		json_object_put(unreadable);
	return object;
}

static void add_place(struct json_object *object, const char *dir)
{
	char *location __autofree = capi_print("%s/device/of_node/ibm,loc-code", dir);
	char *link __autofree = capi_print("%s/device", dir);
	char *code __autofree = capi_read_text(location);
	char *path __autofree = realpath(link, NULL);

	if (path)
		add_string(object, "device", strrchr(path, '/') + 1);
	if (code && *code)
		add_string(object, "location", code);
}

/**
 * capi_describe_card() - everything about a card and its AFUs
 * @card: the card
 * @all: see capi_describe_afu()
 *
 * Return: a new object.
 */
struct json_object *capi_describe_card(const struct capi_name *card, bool all)
{
	char *dir __autofree = capi_dir(card);
	struct json_object *object = json_object_new_object();
	struct json_object *unreadable = json_object_new_object();
	struct json_object *array = json_object_new_array();
	struct capi_names afus;
	size_t i;

	add_string(object, "name", card->text);
	add_string(object, "platform", capi_platform_of(card) == CAPI_POWERVM ?
		   "PowerVM" : "bare metal");
	add_place(object, dir);
	add(object, "ids", describe_ids(card));
	add(object, "attributes", describe_attributes(dir, unreadable));
	add_node(object, card->text, dir);
	if (all)
		add_vpd(object, unreadable, card);
	if (json_object_object_length(unreadable))
		add(object, "unreadable", unreadable);
	else
		json_object_put(unreadable);
	if (!capi_find_afus(&afus, card->card)) {
		for (i = 0; i < afus.count; i++)
			json_object_array_add(array, capi_describe_afu(&afus.at[i], all));
		free(afus.at);
	}
	add(object, "afus", array);
	return object;
}
