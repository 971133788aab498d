// SPDX-License-Identifier: GPL-2.0-only
/* capi list: cards and their AFUs, a row each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capi.h"
#include "commands.h"
#include "model.h"
#include "table.h"

static const struct capi_column columns[] = {
	{ .title = "CARD" },
	{ .title = "PLATFORM", .rank = 7 },
	{ .title = "CAIA", .rank = 5 },
	{ .title = "PSL", .right = true, .rank = 4 },
	{ .title = "IMAGE", .rank = 3 },
	{ .title = "ON PERST", .rank = 6 },
	{ .title = "AFU" },
	{ .title = "MODE" },
	{ .title = "MODES SUPPORTED", .rank = 8 },
	{ .title = "PREFAULT", .rank = 9 },
	{ .title = "ACCELERATOR", .rank = 2 },
};

struct options {
	bool json;
	bool titles;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	(void)arg;
	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case 'n':
		options->titles = false;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "too many arguments");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static char *joined(struct json_object *array)
{
	char *text = capi_strdup(""), *longer;
	size_t i;

	for (i = 0; array && i < json_object_array_length(array); i++) {
		longer = capi_print("%s%s%s", text, *text ? "," : "",
				    json_object_get_string(json_object_array_get_idx(array, i)));
		free(text);
		text = longer;
	}
	return text;
}

static void add_row(struct capi_table *table, struct json_object *card, struct json_object *afu)
{
	char *modes __autofree = joined(capi_in(capi_in(afu, "attributes"), "modes_supported"));
	struct json_object *own = capi_in(card, "attributes");
	struct json_object *attributes = capi_in(afu, "attributes");

	capi_table_add(table, capi_get(card, "name"), capi_get(card, "platform"),
		       capi_get(own, "caia_version"), capi_get(own, "psl_revision"),
		       capi_get(own, "image_loaded"), capi_get(own, "load_image_on_perst"),
		       capi_get(afu, "name"), capi_get(attributes, "mode"),
		       *modes ? modes : NULL, capi_get(attributes, "prefault_mode"),
		       capi_get(afu, "accelerator"));
}

static void print_table(struct json_object *cards, bool titles)
{
	struct json_object *card, *afus;
	struct capi_table table;
	size_t i, j;

	capi_table_begin(&table, columns, ARRAY_SIZE(columns));
	table.titles = titles;
	for (i = 0; i < json_object_array_length(cards); i++) {
		card = json_object_array_get_idx(cards, i);
		afus = capi_in(card, "afus");
		for (j = 0; j < json_object_array_length(afus); j++)
			add_row(&table, card, json_object_array_get_idx(afus, j));
		if (!j)
			add_row(&table, card, NULL);
	}
	capi_table_print(&table, capi_width());
	capi_table_end(&table);
}

static void print_json(struct json_object *cards)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "cards", json_object_get(cards));
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

int capi_list(int argc, char **argv)
{
	static const struct argp_option list[] = {
		{ "json", 'j', NULL, 0, "Print JSON", 0 },
		{ "no-titles", 'n', NULL, 0, "Leave out the line of titles", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = list,
		.parser = parse,
		.doc = "List cards and their AFUs.",
	};
	struct options options = { .titles = true };
	struct json_object *cards;
	struct capi_names names;
	size_t i;
	int ret;

	capi_parse(&argp, argc, argv, &options);
	ret = capi_find_cards(&names);
	cards = json_object_new_array();
	for (i = 0; i < names.count; i++)
		json_object_array_add(cards, capi_describe_card(&names.at[i], false));
	free(names.at);
	if (options.json)
		print_json(cards);
	else if (names.count)
		print_table(cards, options.titles);
	json_object_put(cards);
	if (ret)
		return capi_fail(CAPI_NOT_FOUND,
				 "no cards: the driver cxl is not loaded (there is no " CAPI_CLASS
				 ")");
	return names.count ? CAPI_OK : capi_fail(CAPI_NOT_FOUND, "there are no cards");
}
