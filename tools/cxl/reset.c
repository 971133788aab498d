// SPDX-License-Identifier: GPL-2.0-only
/* capi reset: reset a card or an AFU. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "back.h"
#include "capi.h"
#include "commands.h"
#include "model.h"

struct options {
	const char *name;
	bool force;
	bool wait;
	double seconds;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'f':
		options->force = true;
		return 0;
	case 'n':
		options->wait = false;
		return 0;
	case 't':
		options->seconds = capi_seconds(state, arg, 1);
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

/* What the kernel meant with an error. */
static int explain(const struct capi_name *name, const char *path, int err)
{
	char *same __autofree = NULL;

	switch (-err) {
	case EBUSY:
		if (name->slice >= 0)
			return capi_fail(CAPI_BUSY, "%s is open in a program; "
					 "'capi top' shows which one", name->text);
		return capi_fail(CAPI_BUSY, "%s is in use, or being reset or flashed; "
				 "--force ends all contexts first", name->text);
	case EINVAL:
		same = name->slice < 0 ? capi_attribute(name, "perst_reloads_same_image") : NULL;
		if (same && !strcmp(same, "1"))
			return capi_fail(CAPI_UNSUPPORTED, "%s is not reset as long as its "
					 "perst_reloads_same_image is 1", name->text);
		break;
	}
	return capi_fail_path(err, "write", path);
}

/* On bare metal the card is cut off when the write returns. */
static int wait_back(const struct capi_before *before, const struct options *options)
{
	int ret;

	if (!options->wait || capi_platform_of(&before->card) == CAPI_POWERVM)
		return 0;
	ret = capi_wait_back(before, options->seconds);
	if (ret == -EINTR) {
		capi_note("interrupted; %s is still being reset", before->card.text);
		return capi_signal_exit();
	}
	if (ret)
		return capi_fail(CAPI_TIMEOUT, "%s was not back after %g s", before->card.text,
				 options->seconds);
	return 0;
}

static int reset_card(const struct capi_name *card, const struct options *options)
{
	char *path __autofree = capi_print(CAPI_CLASS "/%s/reset", card->text);
	double start = capi_now();
	struct capi_before before;
	bool returns;
	int ret;

	/* there is no card to ask while it is away */
	returns = capi_platform_of(card) == CAPI_POWERVM || options->wait;
	capi_before_take(&before, card);
	capi_catch_signals();
	ret = capi_write_file(path, options->force ? "-1" : "1");
	ret = ret ? explain(card, path, ret) : wait_back(&before, options);
	capi_before_free(&before);
	if (ret)
		return ret;
	if (returns)
		printf("%s: reset, back after %.1f s\n", card->text, capi_now() - start);
	else
		printf("%s: reset, comes back by itself\n", card->text);
	return CAPI_OK;
}

static int reset_afu(const struct capi_name *afu, const struct options *options)
{
	char *path __autofree = capi_print(CAPI_CLASS "/%s/reset", afu->text);
	int ret;

	if (options->force)
		return capi_fail(CAPI_USAGE, "only a card can be reset with --force");
	ret = capi_write_file(path, "1");
	if (ret)
		return explain(afu, path, ret);
	printf("%s: reset\n", afu->text);
	return CAPI_OK;
}

int capi_reset(int argc, char **argv)
{
	static const struct argp_option list[] = {
		{ "force", 'f', NULL, 0, "End all contexts of the card first", 0 },
		{ "no-wait", 'n', NULL, 0, "Do not wait for the card to come back", 0 },
		{ "timeout", 't', "SECONDS", 0, "Longest time to wait (120)", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = list,
		.parser = parse,
		.args_doc = "CARD|AFU",
		.doc = "Reset a card, which ends no context unless forced to, or an AFU.",
	};
	struct options options = { .wait = true, .seconds = CAPI_BACK_SECONDS };
	struct capi_name name;
	int ret;

	capi_parse(&argp, argc, argv, &options);
	ret = capi_resolve(&name, options.name);
	if (ret)
		return ret;
	return name.slice < 0 ? reset_card(&name, &options) : reset_afu(&name, &options);
}
