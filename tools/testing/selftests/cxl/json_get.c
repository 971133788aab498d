// SPDX-License-Identifier: GPL-2.0-only
/*
 * json_get [KEY...]: read JSON (RFC 8259) from standard input, all of it and nothing
 * else, and print the value that the keys lead to, one level each; a list has the keys
 * 0, 1 and so on. Status 1 if there is no such value, 2 if it is no JSON.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

/**
 * struct parser - where it is
 * @at: the next character
 * @keys: that lead to the value
 * @count: how many
 * @matched: levels whose key was that of the path to here
 * @depth: levels above here
 * @from: the value, if it was found
 * @to: its end
 */
struct parser {
	const char *at;
	char **keys;
	int count;
	int matched;
	int depth;
	const char *from;
	const char *to;
};

static void value(struct parser *parser);

static void fail(const char *why)
{
	fprintf(stderr, "json_get: %s\n", why);
	exit(2);
}

static void skip_space(struct parser *parser)
{
	while (*parser->at && strchr(" \t\r\n", *parser->at))
		parser->at++;
}

static void expect(struct parser *parser, const char *word)
{
	if (strncmp(parser->at, word, strlen(word)))
		fail("unknown word or missing character");
	parser->at += strlen(word);
}

static void string(struct parser *parser)
{
	int i;

	expect(parser, "\"");
	for (; *parser->at != '"'; parser->at++) {
		if ((unsigned char)*parser->at < ' ')
			fail("bare control character, or the text ends too early");
		if (*parser->at != '\\')
			continue;
		parser->at++;
		if (!*parser->at || !strchr("\"\\/bfnrtu", *parser->at))
			fail("bad escape");
		for (i = 0; *parser->at == 'u' && i < 4; i++) {
			if (!isxdigit(parser->at[i + 1]))
				fail("bad escape");
		}
		if (*parser->at == 'u')
			parser->at += 4;
	}
	parser->at++;
}

static void digits(struct parser *parser)
{
	if (!isdigit(*parser->at))
		fail("digit expected");
	while (isdigit(*parser->at))
		parser->at++;
}

static void number(struct parser *parser)
{
	if (*parser->at == '-')
		parser->at++;
	if (*parser->at == '0')
		parser->at++;
	else
		digits(parser);
	if (*parser->at == '.') {
		parser->at++;
		digits(parser);
	}
	if (*parser->at == 'e' || *parser->at == 'E') {
		parser->at++;
		if (*parser->at == '+' || *parser->at == '-')
			parser->at++;
		digits(parser);
	}
}

/* A value below a key: the one that is looked for, or on the way to it? */
static void member(struct parser *parser, const char *key, size_t len)
{
	const char *want = parser->matched < parser->count ? parser->keys[parser->matched] : NULL;
	bool match = want && parser->matched == parser->depth && strlen(want) == len &&
		     !strncmp(want, key, len);

	parser->matched += match;
	parser->depth++;
	if (parser->depth > DEPTH_MAX)
		fail("too deep");
	value(parser);
	parser->depth--;
	parser->matched -= match;
}

static void object(struct parser *parser)
{
	const char *key;

	expect(parser, "{");
	skip_space(parser);
	if (*parser->at == '}') {
		parser->at++;
		return;
	}
	for (;;) {
		skip_space(parser);
		key = parser->at + 1;
		string(parser);
		skip_space(parser);
		expect(parser, ":");
		member(parser, key, strcspn(key, "\""));
		if (*parser->at != ',')
			break;
		parser->at++;
	}
	expect(parser, "}");
}

static void array(struct parser *parser)
{
	char key[16];
	int i;

	expect(parser, "[");
	skip_space(parser);
	if (*parser->at == ']') {
		parser->at++;
		return;
	}
	for (i = 0; ; i++) {
		snprintf(key, sizeof(key), "%d", i);
		member(parser, key, strlen(key));
		if (*parser->at != ',')
			break;
		parser->at++;
	}
	expect(parser, "]");
}

static void value(struct parser *parser)
{
	const char *from;

	skip_space(parser);
	from = parser->at;
	switch (*parser->at) {
	case '{':
		object(parser);
		break;
	case '[':
		array(parser);
		break;
	case '"':
		string(parser);
		break;
	case 't':
		expect(parser, "true");
		break;
	case 'f':
		expect(parser, "false");
		break;
	case 'n':
		expect(parser, "null");
		break;
	default:
		number(parser);
	}
	if (parser->matched == parser->count && parser->depth == parser->count) {
		parser->from = from;
		parser->to = parser->at;
	}
	skip_space(parser);
}

static char *read_all(void)
{
	size_t size = 1 << 20, len;
	char *text = malloc(size);

	if (!text)
		fail("out of memory");
	len = fread(text, 1, size - 1, stdin);
	if (len == size - 1)
		fail("too long");
	text[len] = '\0';
	if (strlen(text) != len)
		fail("zero byte");
	return text;
}

int main(int argc, char **argv)
{
	struct parser parser = { .keys = argv + 1, .count = argc - 1 };
	char *text = read_all();

	parser.at = text;
	value(&parser);
	if (*parser.at)
		fail("text behind the end");
	if (!parser.from)
		return 1;
	/* a string without its quotes */
	if (*parser.from == '"') {
		parser.from++;
		parser.to--;
	}
	printf("%.*s\n", (int)(parser.to - parser.from), parser.from);
	free(text);
	return 0;
}
