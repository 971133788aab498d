// SPDX-License-Identifier: GPL-2.0-only
/*
 * capi - list, examine, flash and test CAPI accelerators.
 *
 * Everything here uses the public interface of the driver: /sys/class/cxl,
 * /dev/cxl, and the counters below /sys/kernel/debug/cxl.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capi.h"
#include "commands.h"

#ifndef CAPI_VERSION
#define CAPI_VERSION "1.0"
#endif

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "list", capi_list },
	{ "show", capi_show },
	{ "flash", capi_flash },
	{ "reset", capi_reset },
	{ "mode", capi_mode },
	{ "prefault", capi_prefault },
	{ "top", capi_top },
	{ "test", capi_test },
	{ "id", capi_id },
};

static const char doc[] =
	"List, examine, flash and test CAPI accelerators.\v"
	"Commands:\n"
	"  list                   cards and their AFUs\n"
	"  show CARD|AFU          every attribute, explained\n"
	"  flash CARD IMAGE       give a card a new image\n"
	"  reset CARD|AFU         reset it\n"
	"  mode AFU [MODE]        show or change the programming model\n"
	"  prefault AFU [MODE]    show or change which segments are prefaulted\n"
	"  top [CARD|AFU...]      live counters of contexts\n"
	"  test AFU               copy and verify through a memcpy AFU\n"
	"  id CARD|AFU            properties for udev\n\n"
	"A card is named card0, an AFU afu0.0. 'capi COMMAND --help' tells more.\n\n"
	"Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not there or gone, "
	"4 a permission is missing, 5 in use, 6 not in time, 7 not supported here, "
	"128 + N ended by signal N.";

const char *argp_program_version = "capi " CAPI_VERSION;

struct choice {
	const struct command *command;
	int argc;
	char **argv;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct choice *choice = state->input;
	size_t i;

	switch (key) {
	case ARGP_KEY_ARG:
		for (i = 0; i < ARRAY_SIZE(commands); i++) {
			if (!strcmp(commands[i].name, arg))
				choice->command = &commands[i];
		}
		if (!choice->command)
			argp_error(state, "there is no command '%s'", arg);
		choice->argc = state->argc - state->next + 1;
		choice->argv = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What was printed has arrived, or it is a failure: a full disk, for instance. */
static int close_output(int status)
{
	int err = 0;

	if (fflush(stdout) || ferror(stdout))
		err = errno ? errno : EIO;
	if (!err || status)
		return status;
	return capi_fail(CAPI_FAILED, "cannot write: %s", strerror(err));
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "COMMAND [ARGUMENT...]",
		.doc = doc,
	};
	struct choice choice = { 0 };
	char *name;

	argp_err_exit_status = CAPI_USAGE;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &choice) || !choice.command)
		return CAPI_USAGE;
	name = capi_print("capi %s", choice.command->name);
	choice.argv[0] = name;
	argc = choice.command->run(choice.argc, choice.argv);
	free(name);
	return close_output(argc);
}
