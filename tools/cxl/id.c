// SPDX-License-Identifier: GPL-2.0-only
/*
 * capi id: properties of a card for udev, which can import them and make names that
 * stay the same from boot to boot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capi.h"
#include "commands.h"
#include "model.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const char **name = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*name)
			argp_error(state, "too many arguments");
		*name = arg;
		return 0;
	case ARGP_KEY_END:
		if (!*name)
			argp_error(state, "which card or AFU?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What has a place in the name of a file. */
static void print(const char *key, const char *value)
{
	if (!value || !*value)
		return;
	printf("%s=", key);
	for (; *value; value++)
		putchar(*value == '/' || *value <= ' ' || *value > '~' ? '_' : *value);
	putchar('\n');
}

static void print_card(const struct capi_name *card)
{
	char *id __autofree = NULL;
	struct json_object *object = capi_describe_card(card, true);
	struct json_object *ids = capi_in(object, "ids"), *vpd = capi_in(object, "vpd");
	const char *vendor = capi_get(ids, "vendor"), *device = capi_get(ids, "device");
	const char *serial = capi_get(vpd, "SN"), *location = capi_get(object, "location");

	print("CAPI_CARD", card->text);
	print("CAPI_SERIAL", serial);
	print("CAPI_PART", capi_get(vpd, "PN"));
	print("CAPI_PATH", location ? location : capi_get(object, "device"));
	if (serial && vendor && device) {
		/* without 0x */
		id = capi_print("%s%s-%s", vendor + 2, device + 2, serial);
		print("CAPI_ID", id);
	}
	json_object_put(object);
}

int capi_id(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "CARD|AFU",
		.doc = "Print properties of a card, and of one of its AFUs, for udev.",
	};
	struct capi_name name, card = { .slice = -1 };
	const char *text = NULL;
	int ret;

	capi_parse(&argp, argc, argv, &text);
	ret = capi_resolve(&name, text);
	if (ret)
		return ret;
	card.card = name.card;
	snprintf(card.text, sizeof(card.text), "card%d", name.card);
	print_card(&card);
	if (name.slice >= 0) {
		char *slice __autofree = capi_print("%d", name.slice);

		print("CAPI_AFU", slice);
	}
	return CAPI_OK;
}
