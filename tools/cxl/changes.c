// SPDX-License-Identifier: GPL-2.0-only
/* What has changed between two descriptions of a card: two walks over JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capi.h"
#include "changes.h"
#include "model.h"

/* Differs from one time to the next, and says nothing. */
static bool is_noise(const char *key)
{
	return !strcmp(key, "dev") || !strcmp(key, "node") || !strcmp(key, "unreadable");
}

/* Members of these are told apart by their names, the list itself has none. */
static bool is_list(struct json_object *value)
{
	return json_object_is_type(value, json_type_array) &&
	       json_object_array_length(value) &&
	       json_object_is_type(json_object_array_get_idx(value, 0), json_type_object);
}

static struct json_object *named(struct json_object *list, const char *name)
{
	struct json_object *item;
	const char *other;
	size_t i;

	if (!json_object_is_type(list, json_type_array))
		return NULL;
	for (i = 0; i < json_object_array_length(list); i++) {
		item = json_object_array_get_idx(list, i);
		other = capi_get(item, "name");
		if (other && !strcmp(other, name))
			return item;
	}
	return NULL;
}

static unsigned int print_change(const char *where, const char *key, struct json_object *before,
				 struct json_object *after)
{
	printf("  %s%s%s: %s -> %s\n", where, *where ? " " : "", key,
	       before ? json_object_get_string(before) : "none",
	       after ? json_object_get_string(after) : "none");
	return 1;
}

static unsigned int compare(const char *where, struct json_object *before,
			    struct json_object *after);

/* Items of @list that @other lacks. */
static unsigned int print_missing(const char *where, struct json_object *list,
				  struct json_object *other, const char *word)
{
	struct json_object *item;
	unsigned int count = 0;
	const char *name;
	size_t i;

	for (i = 0; is_list(list) && i < json_object_array_length(list); i++) {
		item = json_object_array_get_idx(list, i);
		name = capi_get(item, "name");
		if (name && !named(other, name)) {
			printf("  %s%s%s: %s\n", where, *where ? " " : "", name, word);
			count++;
		}
	}
	return count;
}

static unsigned int compare_lists(const char *where, struct json_object *before,
				  struct json_object *after)
{
	unsigned int count;
	size_t i;

	count = print_missing(where, before, after, "gone");
	count += print_missing(where, after, before, "new");
	for (i = 0; is_list(before) && i < json_object_array_length(before); i++) {
		char *deeper __autofree = NULL;
		struct json_object *item = json_object_array_get_idx(before, i), *now;
		const char *name = capi_get(item, "name");

		now = name ? named(after, name) : NULL;
		if (!now)
			continue;
		deeper = capi_print("%s%s%s", where, *where ? " " : "", name);
		count += compare(deeper, item, now);
	}
	return count;
}

static unsigned int compare_values(const char *where, const char *key,
				   struct json_object *before, struct json_object *after)
{
	if (is_noise(key))
		return 0;
	if (is_list(before) || is_list(after))
		return compare_lists(where, before, after);
	if (json_object_is_type(before, json_type_object) &&
	    json_object_is_type(after, json_type_object))
		return compare(where, before, after);
	return json_object_equal(before, after) ? 0 : print_change(where, key, before, after);
}

static unsigned int compare(const char *where, struct json_object *before,
			    struct json_object *after)
{
	unsigned int count = 0;

	json_object_object_foreach(before, key, value) {
		count += compare_values(where, key, value, capi_in(after, key));
	}
	json_object_object_foreach(after, other, now) {
		if (!capi_in(before, other))
			count += compare_values(where, other, NULL, now);
	}
	return count;
}

/**
 * capi_changes() - print what has changed
 * @before: a card, as capi_describe_card() described it
 * @after: the same card later
 *
 * Return: the number of changes.
 */
unsigned int capi_changes(struct json_object *before, struct json_object *after)
{
	return compare("", before, after);
}
