// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vital product data in the format of PCI (PCI Local Bus 3.0, appendix I): an
 * identifier string, then keywords of two letters.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "capi.h"
#include "vpd.h"

#define TAG_LARGE	0x80
#define TAG_IDENTIFIER	0x82
#define TAG_READ_ONLY	0x90
#define TAG_END		0x78

static const struct {
	const char *keyword;
	const char *meaning;
} known[] = {
	{ "PN", "part number" },
	{ "FN", "FRU number" },
	{ "EC", "engineering change level" },
	{ "MN", "manufacturer" },
	{ "SN", "serial number" },
	{ "FC", "feature code" },
	{ "CC", "card type (CCIN)" },
	{ "FG", "fabric location" },
	{ "LC", "location code" },
};

const char *capi_vpd_meaning(const char *keyword)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (!strcmp(known[i].keyword, keyword))
			return known[i].meaning;
	}
	return "";
}

/* Text without its padding, and with dots for what is none. */
static void add_text(struct json_object *object, const char *key,
		     const unsigned char *data, size_t len)
{
	char text[512];
	size_t i;

	while (len && (data[len - 1] == ' ' || !data[len - 1]))
		len--;
	for (i = 0; i < len && i < sizeof(text) - 1; i++)
		text[i] = isascii(data[i]) && isprint(data[i]) ? data[i] : '.';
	text[i] = '\0';
	json_object_object_add(object, key, json_object_new_string(text));
}

static void add_keywords(struct json_object *object, const unsigned char *data, size_t len)
{
	char key[3] = "";
	size_t n;

	for (; len >= 3; data += 3 + n, len -= 3 + n) {
		n = data[2];
		if (n > len - 3)
			return;
		memcpy(key, data, 2);
		/* RV is a checksum and room that is left */
		if (isalnum(key[0]) && isalnum(key[1]) && strcmp(key, "RV"))
			add_text(object, key, data + 3, n);
	}
}

/**
 * capi_vpd_parse() - read vital product data
 * @data: the data
 * @len: bytes of it
 *
 * Return: an object with "name" and the keywords, as far as they could be read.
 */
struct json_object *capi_vpd_parse(const unsigned char *data, size_t len)
{
	struct json_object *object = json_object_new_object();
	size_t n, head;

	while (len && data[0] != TAG_END) {
		if (data[0] & TAG_LARGE) {
			head = 3;
			if (len < head)
				break;
			n = data[1] | data[2] << 8;
		} else {
			head = 1;
			n = data[0] & 7;
		}
		if (n > len - head)
			break;
		if (data[0] == TAG_IDENTIFIER)
			add_text(object, "name", data + head, n);
		else if (data[0] == TAG_READ_ONLY)
			add_keywords(object, data + head, n);
		data += head + n;
		len -= head + n;
	}
	return object;
}
