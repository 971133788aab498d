// SPDX-License-Identifier: GPL-2.0-only
/* capi mode, capi prefault: show or change a setting of an AFU. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capi.h"
#include "commands.h"
#include "sysfs.h"

struct options {
	const char *name;
	const char *value;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (!options->name)
			options->name = arg;
		else if (!options->value)
			options->value = arg;
		else
			argp_error(state, "too many arguments");
		return 0;
	case ARGP_KEY_END:
		if (!options->name)
			argp_error(state, "which AFU?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Is a word one of the lines of a text? */
static bool is_line(const char *text, const char *word)
{
	const char *end = text + strlen(text), *next;

	for (; text < end; text = next + 1) {
		next = strchrnul(text, '\n');
		if ((size_t)(next - text) == strlen(word) && !strncmp(text, word, next - text))
			return true;
	}
	return false;
}

static int show(const struct capi_name *afu, const char *attribute)
{
	char *path __autofree = capi_print(CAPI_CLASS "/%s/%s", afu->text, attribute);
	char *value __autofree = capi_read_text(path);

	if (!value)
		return capi_fail_path(errno, "read", path);
	puts(value);
	return CAPI_OK;
}

/* What the kernel meant with an error. */
static int explain(const struct capi_name *afu, const char *attribute, const char *value,
		   int err)
{
	char *path __autofree = capi_print(CAPI_CLASS "/%s/%s", afu->text, attribute);

	switch (-err) {
	case EBUSY:
		return capi_fail(CAPI_BUSY,
				 "%s is open in a program; 'capi top' shows which one", afu->text);
	case EINVAL:
		return capi_fail(CAPI_UNSUPPORTED, "%s cannot have the %s '%s'", afu->text,
				 attribute, value);
	case EIO:
		return capi_fail(CAPI_FAILED, "%s does not work at the moment", afu->text);
	default:
		return capi_fail_path(err, "write", path);
	}
}

static int set(const struct capi_name *afu, const char *attribute, const char *value)
{
	char *path __autofree = capi_print(CAPI_CLASS "/%s/%s", afu->text, attribute);
	char *before __autofree = capi_read_text(path);
	char *after __autofree = NULL;
	int ret;

	ret = capi_write_file(path, value);
	if (ret)
		return explain(afu, attribute, value, ret);
	after = capi_read_text(path);
	if (!after)
		return capi_fail_path(errno, "read", path);
	if (strcmp(after, value))
		return capi_fail(CAPI_FAILED, "%s: %s is '%s' now, not '%s'", afu->text,
				 attribute, after, value);
	printf("%s: %s -> %s\n", afu->text, before ? before : "?", after);
	return CAPI_OK;
}

int capi_mode(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "AFU [MODE]",
		.doc = "Show the programming model of an AFU, or change it to MODE: "
			"dedicated_process, afu_directed or none.",
	};
	char *supported __autofree = NULL;
	struct options options = { 0 };
	struct capi_name afu;
	int ret;

	capi_parse(&argp, argc, argv, &options);
	ret = capi_resolve_afu(&afu, options.name);
	if (ret)
		return ret;
	if (!options.value)
		return show(&afu, "mode");
	supported = capi_attribute(&afu, "modes_supported");
	if (supported && strcmp(options.value, "none") && !is_line(supported, options.value)) {
		while (strchr(supported, '\n'))
			*strchr(supported, '\n') = ' ';
		return capi_fail(CAPI_UNSUPPORTED, "%s cannot have the mode '%s', but: %s none",
				 afu.text, options.value, supported);
	}
	return set(&afu, "mode", options.value);
}

int capi_prefault(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "AFU [MODE]",
		.doc = "Show which segments are entered before a context starts, or change "
			"it to MODE: none, work_element_descriptor or all.",
	};
	struct options options = { 0 };
	struct capi_name afu;
	int ret;

	capi_parse(&argp, argc, argv, &options);
	ret = capi_resolve_afu(&afu, options.name);
	if (ret)
		return ret;
	return options.value ? set(&afu, "prefault_mode", options.value) :
	       show(&afu, "prefault_mode");
}
