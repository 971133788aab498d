// SPDX-License-Identifier: GPL-2.0-only
/* What the commands' options have in common. */
#include <stdlib.h>

#include "capi.h"
#include "commands.h"

/* Parses the command line of a command; ends the program if it is wrong. */
void capi_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	error_t err = argp_parse(argp, argc, argv, 0, NULL, input);

	if (err)
		exit(capi_fail(CAPI_USAGE, "the command line cannot be parsed"));
}

/* A number of seconds, also with a fraction, of at least @least up to a day. */
double capi_seconds(struct argp_state *state, const char *text, double least)
{
	double value;
	char *end;

	value = strtod(text, &end);
	if (end == text || *end || !(value >= least && value <= 86400))
		argp_error(state, "'%s' is no number of seconds from %g to 86400", text, least);
	return value;
}
