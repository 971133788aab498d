// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counters of contexts: a file for each AFU with a line for each context below
 * a line of names. Names that are not known are passed over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "capi.h"
#include "counters.h"

/* More than any line has. */
#define WORDS_MAX	32

static const struct {
	const char *name;
	enum capi_counter counter;
} known[] = {
	{ "segment_faults", CAPI_FAULTS },
	{ "page_faults", CAPI_FAULTS },
	{ "failed_faults", CAPI_FAILED_FAULTS },
	{ "afu_interrupts", CAPI_INTERRUPTS },
	{ "events", CAPI_EVENTS },
};

/**
 * capi_counters_check() - can counters be read at all?
 *
 * Return: 0 or, after a message, the exit code.
 */
int capi_counters_check(void)
{
	struct statfs fs;

	if (statfs(CAPI_DEBUGFS, &fs))
		return capi_fail(CAPI_UNSUPPORTED, "this kernel has no debugfs, where the "
				 "counters are");
	if (access(CAPI_DEBUGFS, R_OK | X_OK) && errno == EACCES)
		return capi_fail_path(EACCES, "read", CAPI_DEBUGFS "/cxl");
	if (fs.f_type != DEBUGFS_MAGIC)
		return capi_fail(CAPI_UNSUPPORTED, "debugfs, where the counters are, is not "
				 "mounted: mount -t debugfs none " CAPI_DEBUGFS);
	if (access(CAPI_DEBUGFS "/cxl", F_OK))
		return capi_fail(CAPI_UNSUPPORTED,
				 "the driver has no counters in " CAPI_DEBUGFS);
	return 0;
}

static int split(char *line, char **words)
{
	char *rest = NULL, *word;
	int count = 0;

	for (word = strtok_r(line, "\n ", &rest); word && count < WORDS_MAX;
	     word = strtok_r(NULL, "\n ", &rest))
		words[count++] = word;
	return count;
}

static void put_word(struct capi_context *context, const char *name, const char *word)
{
	size_t i;

	if (!strcmp(name, "context"))
		context->id = strtol(word, NULL, 10);
	else if (!strcmp(name, "element"))
		context->element = strtol(word, NULL, 10);
	else if (!strcmp(name, "pid"))
		context->pid = strtol(word, NULL, 10);
	else if (!strcmp(name, "node"))
		snprintf(context->node, sizeof(context->node), "%s", word);
	else if (!strcmp(name, "state"))
		snprintf(context->state, sizeof(context->state), "%s", word);
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (!strcmp(known[i].name, name))
			context->counts[known[i].counter] += strtoll(word, NULL, 10);
	}
}

static void find_command(struct capi_context *context)
{
	char *path __autofree = capi_print("/proc/%ld/comm", context->pid);
	char *name __autofree = context->pid > 0 ? capi_read_text(path) : NULL;

	snprintf(context->command, sizeof(context->command), "%s", name ? name : "-");
}

static void add(struct capi_sample *sample, const struct capi_name *afu, char **names,
		int count, char **words)
{
	struct capi_context context = { .afu = *afu };
	int i;

	for (i = 0; i < CAPI_COUNTERS; i++)
		context.rates[i] = -1;
	for (i = 0; i < count; i++)
		put_word(&context, names[i], words[i]);
	find_command(&context);
	sample->at = capi_realloc(sample->at, (sample->count + 1) * sizeof(context));
	sample->at[sample->count++] = context;
}

/**
 * capi_sample_add() - read the counters of an AFU's contexts
 * @sample: where they are added to
 * @afu: the AFU
 *
 * Return: 0 or a negative errno.
 */
int capi_sample_add(struct capi_sample *sample, const struct capi_name *afu)
{
	char *path __autofree = capi_print(CAPI_DEBUGFS "/cxl/%s/contexts", afu->text);
	char *words[WORDS_MAX], *names[WORDS_MAX], *titles = NULL, *line = NULL;
	FILE *file = fopen(path, "re");
	size_t size = 0, other = 0;
	int count;

	if (!file)
		return -errno;
	count = getline(&titles, &other, file) > 0 ? split(titles, names) : 0;
	errno = 0;
	while (getline(&line, &size, file) > 0) {
		if (split(line, words) == count)
			add(sample, afu, names, count, words);
	}
	count = ferror(file) ? -errno : 0;
	free(titles);
	free(line);
	fclose(file);
	return count;
}

static const struct capi_context *same(const struct capi_sample *sample,
				       const struct capi_context *context)
{
	size_t i;

	for (i = 0; i < sample->count; i++) {
		const struct capi_context *other = &sample->at[i];

		if (other->id == context->id && other->pid == context->pid &&
		    !strcmp(other->afu.text, context->afu.text))
			return other;
	}
	return NULL;
}

/* The rates since an earlier sample, where a context was there, too. */
void capi_sample_rates(struct capi_sample *sample, const struct capi_sample *before)
{
	double seconds = sample->time - before->time;
	const struct capi_context *old;
	size_t i;
	int c;

	for (i = 0; i < sample->count && seconds > 0; i++) {
		old = same(before, &sample->at[i]);
		for (c = 0; old && c < CAPI_COUNTERS; c++) {
			/* fewer than before: another context of the same number */
			if (sample->at[i].counts[c] >= old->counts[c])
				sample->at[i].rates[c] = (sample->at[i].counts[c] -
							  old->counts[c]) / seconds;
		}
	}
}
