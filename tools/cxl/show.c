// SPDX-License-Identifier: GPL-2.0-only
/* capi show: every attribute of a card or an AFU, with what it means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capi.h"
#include "commands.h"
#include "explain.h"
#include "model.h"
#include "table.h"
#include "vpd.h"

static const struct capi_column columns[] = {
	{ .title = "NAME" },
	{ .title = "VALUE" },
	{ .title = "MEANING" },
};

struct options {
	bool json;
	const char *name;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (options->name)
			argp_error(state, "too many arguments");
		options->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->name)
			argp_error(state, "which card or AFU?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* One value of JSON on one line. */
static char *flat(struct json_object *value)
{
	char *text = capi_strdup(""), *longer;
	size_t i;

	if (!json_object_is_type(value, json_type_array)) {
		free(text);
		return capi_strdup(json_object_get_string(value));
	}
	for (i = 0; i < json_object_array_length(value); i++) {
		longer = capi_print("%s%s%s", text, *text ? " " : "",
				    json_object_get_string(json_object_array_get_idx(value, i)));
		free(text);
		text = longer;
	}
	return text;
}

static void add_attributes(struct capi_table *table, const char *prefix,
			   struct json_object *attributes)
{
	json_object_object_foreach(attributes, key, value) {
		char *name __autofree = capi_print("%s%s", prefix, key);
		char *text __autofree = flat(value);
		char *meaning __autofree = capi_explain(key, text);

		capi_table_add(table, name, text, meaning);
	}
}

static void add_node(struct capi_table *table, const char *name, struct json_object *node)
{
	char *meaning __autofree = NULL;
	const char *permitted = capi_get(node, "permitted");

	if (!node)
		return;
	if (!strcmp(permitted, "no node"))
		meaning = capi_strdup("the node is missing");
	else
		meaning = capi_print("%s%s", capi_get(node, "access"),
				     strcmp(permitted, "yes") ? "; not yours to use" : "");
	capi_table_add(table, name, capi_get(node, "path"), meaning);
}

static void add_vpd(struct capi_table *table, struct json_object *vpd)
{
	if (!vpd)
		return;
	json_object_object_foreach(vpd, key, value) {
		char *name __autofree = capi_print("vpd %s", key);

		capi_table_add(table, name, json_object_get_string(value),
			       capi_vpd_meaning(key));
	}
}

static void add_unreadable(struct capi_table *table, struct json_object *unreadable)
{
	if (!unreadable)
		return;
	json_object_object_foreach(unreadable, key, why) {
		capi_table_add(table, key, "?", json_object_get_string(why));
	}
}

static void add_afu(struct capi_table *table, struct json_object *afu)
{
	struct json_object *records = capi_in(afu, "records"), *nodes = capi_in(afu, "nodes");
	struct json_object *buffer = capi_in(afu, "error_buffer"), *item;
	size_t i;

	capi_table_add(table, "accelerator", capi_get(afu, "accelerator"),
		       "by its first configuration record");
	add_attributes(table, "", capi_in(afu, "attributes"));
	for (i = 0; i < json_object_array_length(records); i++) {
		char *prefix __autofree = NULL;

		item = json_object_array_get_idx(records, i);
		prefix = capi_print("%s/", capi_get(item, "name"));
		add_attributes(table, prefix, capi_in(item, "attributes"));
	}
	for (i = 0; i < json_object_array_length(nodes); i++) {
		char *prefix __autofree = NULL;

		item = json_object_array_get_idx(nodes, i);
		prefix = capi_print("%s/", capi_get(item, "name"));
		add_attributes(table, prefix, capi_in(item, "attributes"));
		add_node(table, capi_get(item, "name"), capi_in(item, "node"));
	}
	if (buffer) {
		char *size __autofree = capi_bytes(json_object_get_int64(capi_in(buffer, "bytes")));
		bool empty = json_object_get_boolean(capi_in(buffer, "empty"));

		capi_table_add(table, "afu_err_buff", size, empty ? "all zero" :
			       capi_get(buffer, "start"));
	}
	add_unreadable(table, capi_in(afu, "unreadable"));
}

static void add_card(struct capi_table *table, struct json_object *card)
{
	struct json_object *afus = capi_in(card, "afus"), *ids = capi_in(card, "ids");
	const char *location = capi_get(card, "location"), *mode;
	struct json_object *afu;
	size_t i;

	capi_table_add(table, "platform", capi_get(card, "platform"),
		       strcmp(capi_get(card, "platform"), "PowerVM") ?
		       "this kernel owns the card" : "a hypervisor owns the card");
	capi_table_add(table, "device", capi_get(card, "device"), "");
	if (location)
		capi_table_add(table, "location", location, "of the slot");
	json_object_object_foreach(ids, key, value) {
		capi_table_add(table, key, json_object_get_string(value), "");
	}
	add_attributes(table, "", capi_in(card, "attributes"));
	add_node(table, "node", capi_in(card, "node"));
	add_vpd(table, capi_in(card, "vpd"));
	for (i = 0; i < json_object_array_length(afus); i++) {
		afu = json_object_array_get_idx(afus, i);
		mode = capi_get(capi_in(afu, "attributes"), "mode");
		capi_table_add(table, "afu", capi_get(afu, "name"), mode ? mode : "");
	}
	add_unreadable(table, capi_in(card, "unreadable"));
}

static void print(const struct capi_name *name, struct json_object *object)
{
	struct capi_table table;

	capi_table_begin(&table, columns, ARRAY_SIZE(columns));
	table.titles = false;
	printf("%s\n", name->text);
	if (name->slice < 0)
		add_card(&table, object);
	else
		add_afu(&table, object);
	capi_table_print(&table, capi_width());
	capi_table_end(&table);
}

int capi_show(int argc, char **argv)
{
	static const struct argp_option list[] = {
		{ "json", 'j', NULL, 0, "Print JSON", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = list,
		.parser = parse,
		.args_doc = "CARD|AFU",
		.doc = "Show every attribute of a card or an AFU, and what it means.",
	};
	struct options options = { 0 };
	struct json_object *object;
	struct capi_name name;
	int ret;

	capi_parse(&argp, argc, argv, &options);
	ret = capi_resolve(&name, options.name);
	if (ret)
		return ret;
	object = name.slice < 0 ? capi_describe_card(&name, true) :
		 capi_describe_afu(&name, true);
	if (!capi_exists(&name))
		ret = capi_fail(CAPI_NOT_FOUND, "%s has gone meanwhile", name.text);
	else if (options.json)
		puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		print(&name, object);
	json_object_put(object);
	return ret;
}
