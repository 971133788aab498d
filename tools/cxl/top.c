// SPDX-License-Identifier: GPL-2.0-only
/* capi top: live counters of the contexts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "capi.h"
#include "commands.h"
#include "counters.h"
#include "table.h"

#define NAMES_MAX	64

static const struct capi_column columns[] = {
	{ .title = "AFU" },
	{ .title = "CONTEXT", .right = true, .rank = 8 },
	{ .title = "ELEMENT", .right = true, .rank = 7 },
	{ .title = "NODE", .rank = 9 },
	{ .title = "STATE", .rank = 6 },
	{ .title = "PID", .right = true },
	{ .title = "COMMAND", .rank = 4 },
	{ .title = "FAULTS", .right = true, .rank = 2 },
	{ .title = "FAULTS/S", .right = true },
	{ .title = "FAILED", .right = true, .rank = 5 },
	{ .title = "IRQS", .right = true, .rank = 3 },
	{ .title = "IRQS/S", .right = true },
	{ .title = "EVENTS", .right = true, .rank = 3 },
	{ .title = "EVENTS/S", .right = true, .rank = 1 },
};

static const char * const counters[] = {
	[CAPI_FAULTS] = "faults",
	[CAPI_FAILED_FAULTS] = "failed_faults",
	[CAPI_INTERRUPTS] = "interrupts",
	[CAPI_EVENTS] = "events",
};

struct options {
	const char *texts[NAMES_MAX];
	struct capi_name names[NAMES_MAX];
	size_t count;
	double delay;
	long rounds;
	bool batch;
	bool json;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	char *end;

	switch (key) {
	case 'b':
		options->batch = true;
		return 0;
	case '1':
		options->batch = true;
		options->rounds = 1;
		return 0;
	case 'd':
		options->delay = capi_seconds(state, arg, 0.1);
		return 0;
	case 'j':
		options->batch = true;
		options->json = true;
		return 0;
	case 'n':
		options->rounds = strtol(arg, &end, 10);
		if (end == arg || *end || options->rounds < 1)
			argp_error(state, "'%s' is no number of rounds", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (options->count == NAMES_MAX)
			argp_error(state, "too many arguments");
		options->texts[options->count++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool wanted(const struct options *options, const struct capi_name *afu)
{
	size_t i;

	for (i = 0; i < options->count; i++) {
		if (options->names[i].card == afu->card &&
		    (options->names[i].slice < 0 || options->names[i].slice == afu->slice))
			return true;
	}
	return !options->count;
}

/* Most faults and interrupts first. */
static int compare(const void *a, const void *b)
{
	const struct capi_context *one = a, *two = b;
	double left = one->rates[CAPI_FAULTS] + one->rates[CAPI_INTERRUPTS];
	double right = two->rates[CAPI_FAULTS] + two->rates[CAPI_INTERRUPTS];

	if (left != right)
		return left < right ? 1 : -1;
	if (one->afu.card != two->afu.card)
		return one->afu.card - two->afu.card;
	if (one->afu.slice != two->afu.slice)
		return one->afu.slice - two->afu.slice;
	return one->id < two->id ? -1 : one->id > two->id;
}

/*
 * Number of AFUs there are, of those wanted, or the exit code negated after a
 * message. An AFU that goes away meanwhile has no contexts.
 */
static int take(const struct options *options, struct capi_sample *sample)
{
	struct capi_names afus;
	int seen = 0, ret;
	size_t i;

	memset(sample, 0, sizeof(*sample));
	sample->time = capi_now();
	if (capi_find_afus(&afus, -1))
		return 0;
	for (i = 0; i < afus.count; i++) {
		if (!wanted(options, &afus.at[i]))
			continue;
		ret = capi_sample_add(sample, &afus.at[i]);
		if (ret == -EACCES) {
			free(afus.at);
			return -capi_fail_path(ret, "read", CAPI_DEBUGFS "/cxl");
		}
		seen += !ret;
	}
	free(afus.at);
	return seen;
}

static char *rate(double value)
{
	return value < 0 ? capi_strdup("-") : capi_print("%.1f", value);
}

static void add_row(struct capi_table *table, const struct capi_context *context)
{
	char *id __autofree = capi_print("%ld", context->id);
	char *element __autofree = capi_print(context->element < 0 ? "-" : "%ld",
					      context->element);
	char *pid __autofree = capi_print("%ld", context->pid);
	char *counts[CAPI_COUNTERS], *rates[CAPI_COUNTERS];
	int i;

	for (i = 0; i < CAPI_COUNTERS; i++) {
		counts[i] = capi_print("%lld", context->counts[i]);
		rates[i] = rate(context->rates[i]);
	}
	capi_table_add(table, context->afu.text, id, element, context->node, context->state,
		       pid, context->command, counts[CAPI_FAULTS], rates[CAPI_FAULTS],
		       counts[CAPI_FAILED_FAULTS], counts[CAPI_INTERRUPTS],
		       rates[CAPI_INTERRUPTS], counts[CAPI_EVENTS], rates[CAPI_EVENTS]);
	for (i = 0; i < CAPI_COUNTERS; i++) {
		free(counts[i]);
		free(rates[i]);
	}
}

static void print_table(const struct options *options, const struct capi_sample *sample, int afus)
{
	char *title __autofree = NULL;
	struct capi_table table;
	int width = capi_width();
	size_t i, most = -1;
	char clock[16];
	time_t now;

	now = time(NULL);
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
	title = capi_print("%s  AFUs %d, contexts %zu, every %g s", clock, afus, sample->count,
			   options->delay);
	if (!options->batch) {
		/* what is left of the last picture is erased */
		printf("\033[H\033[J");
		most = capi_height() > 4 ? capi_height() - 4 : 1;
	}
	printf("%.*s\n", width ? width : (int)strlen(title), title);
	capi_table_begin(&table, columns, ARRAY_SIZE(columns));
	for (i = 0; i < sample->count && i < most; i++)
		add_row(&table, &sample->at[i]);
	capi_table_print(&table, width);
	capi_table_end(&table);
	if (!afus)
		printf("%.*s\n", width ? width : 40, "There is no such AFU at the moment.");
}

static struct json_object *json_context(const struct capi_context *context)
{
	struct json_object *object = json_object_new_object();
	struct json_object *rates = json_object_new_object();
	int i;

	json_object_object_add(object, "afu", json_object_new_string(context->afu.text));
	json_object_object_add(object, "context", json_object_new_int64(context->id));
	json_object_object_add(object, "element", json_object_new_int64(context->element));
	json_object_object_add(object, "node", json_object_new_string(context->node));
	json_object_object_add(object, "state", json_object_new_string(context->state));
	json_object_object_add(object, "pid", json_object_new_int64(context->pid));
	json_object_object_add(object, "command", json_object_new_string(context->command));
	for (i = 0; i < CAPI_COUNTERS; i++) {
		json_object_object_add(object, counters[i],
				       json_object_new_int64(context->counts[i]));
		json_object_object_add(rates, counters[i], context->rates[i] < 0 ? NULL :
				       json_object_new_double(context->rates[i]));
	}
	json_object_object_add(object, "rates", rates);
	return object;
}

/* A line for each round. */
static void print_json(const struct capi_sample *sample, int afus)
{
	struct json_object *object = json_object_new_object();
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < sample->count; i++)
		json_object_array_add(array, json_context(&sample->at[i]));
	json_object_object_add(object, "time", json_object_new_int64(time(NULL)));
	json_object_object_add(object, "afus", json_object_new_int(afus));
	json_object_object_add(object, "contexts", array);
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static int watch(const struct options *options)
{
	struct capi_sample sample, before = { 0 };
	long round;
	int afus;

	for (round = 1; ; round++) {
		afus = take(options, &sample);
		if (afus < 0)
			break;
		capi_sample_rates(&sample, &before);
		if (sample.count)
			qsort(sample.at, sample.count, sizeof(*sample.at), compare);
		if (options->json)
			print_json(&sample, afus);
		else
			print_table(options, &sample, afus);
		fflush(stdout);
		free(before.at);
		before = sample;
		if (ferror(stdout) || (options->rounds && round >= options->rounds) ||
		    capi_pause(options->delay * 1000))
			break;
	}
	free(before.at);
	if (afus < 0)
		return -afus;
	/* ^C is how it is ended */
	return afus || !options->rounds ? CAPI_OK :
	       capi_fail(CAPI_NOT_FOUND, "there are no AFUs to look at any more");
}

int capi_top(int argc, char **argv)
{
	static const struct argp_option list[] = {
		{ "batch", 'b', NULL, 0, "Print one table below the other", 0 },
		{ "once", '1', NULL, 0, "Print one table", 0 },
		{ "delay", 'd', "SECONDS", 0, "Time between two looks (2)", 0 },
		{ "json", 'j', NULL, 0, "Print a line of JSON for each look", 0 },
		{ "rounds", 'n', "NUMBER", 0, "End after so many looks", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = list,
		.parser = parse,
		.args_doc = "[CARD|AFU...]",
		.doc = "Show what contexts have the kernel do, until interrupted.",
	};
	struct options options = { .delay = 2 };
	struct capi_names afus;
	size_t i;
	int ret;

	capi_parse(&argp, argc, argv, &options);
	if (!isatty(STDOUT_FILENO))
		options.batch = true;
	for (i = 0; i < options.count; i++) {
		ret = capi_resolve(&options.names[i], options.texts[i]);
		if (ret)
			return ret;
	}
	if (capi_find_afus(&afus, -1) || !afus.count)
		return capi_fail(CAPI_NOT_FOUND, "there are no AFUs");
	free(afus.at);
	ret = capi_counters_check();
	if (ret)
		return ret;
	capi_catch_signals();
	return watch(&options);
}
