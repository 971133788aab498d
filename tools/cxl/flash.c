// SPDX-License-Identifier: GPL-2.0-only
/*
 * capi flash: give a card a new image. In a partition the card's node takes it in
 * pieces, first all of them to store, then all of them again to compare.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <misc/cxl.h>

#include "back.h"
#include "capi.h"
#include "changes.h"
#include "commands.h"
#include "explain.h"
#include "image.h"
#include "model.h"
#include "progress.h"

struct job {
	const char *name;
	const char *path;
	bool yes;
	bool force;
	bool quiet;
	double seconds;
	size_t piece;

	double closed;
	struct capi_name card;
	struct capi_image image;
	char *node;
	int fd;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct job *job = state->input;

	switch (key) {
	case 'y':
		job->yes = true;
		return 0;
	case 'f':
		job->force = true;
		return 0;
	case 'q':
		job->quiet = true;
		return 0;
	case 't':
		job->seconds = capi_seconds(state, arg, 1);
		return 0;
	case ARGP_KEY_ARG:
		if (job->path)
			argp_error(state, "too many arguments");
		else if (job->name)
			job->path = arg;
		else
			job->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (!job->path)
			argp_error(state, "which card, and which image?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Said to those who own the machine: their cards have no such node. */
static int check_platform(const struct job *job)
{
	if (capi_platform_of(&job->card) == CAPI_POWERVM)
		return 0;
	return capi_fail(CAPI_UNSUPPORTED, "%s is on bare metal, where this driver takes no "
			 "images: the flash is written through the card's PCI function, by "
			 "programs such as capi-flash-script of capi-utils", job->card.text);
}

static int check_access(const struct job *job)
{
	if (!access(job->node, R_OK | W_OK))
		return 0;
	return capi_fail_path(errno, "read and write", job->node);
}

/* What is to happen, and the question. */
static int confirm(const struct job *job)
{
	char *size __autofree = capi_bytes(job->image.len);
	char answer[64] = "";
	int ret;

	if (!job->quiet)
		printf("%s: %s, %s, %s\n", job->card.text, job->image.path, size,
		       job->image.header ? "for this card by its header" :
		       "a bare bitstream, the kernel makes the header");
	if (job->yes)
		return 0;
	if (!isatty(STDIN_FILENO))
		return capi_fail(CAPI_USAGE,
				 "there is no terminal to ask whether to go on: use --yes");
	printf("All work on %s ends, and its image is replaced. Go on? [y/N] ", job->card.text);
	fflush(stdout);
	do {
		ret = capi_poll(STDIN_FILENO, 60000);
	} while (!ret);
	if (ret < 0) {
		printf("\n");
		return capi_signal_exit();
	}
	if (!fgets(answer, sizeof(answer), stdin))
		printf("\n");
	if (!strcmp(answer, "y\n") || !strcmp(answer, "yes\n"))
		return 0;
	return capi_fail(CAPI_FAILED, "nothing was done");
}

static int open_node(struct job *job)
{
	job->fd = open(job->node, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (job->fd >= 0)
		return 0;
	if (errno == EBUSY)
		return capi_fail(CAPI_BUSY, "another program flashes %s", job->card.text);
	return capi_fail_path(errno, "read and write", job->node);
}

/* What the driver meant with an error. */
static int explain(const struct job *job, bool validate, int err)
{
	switch (-err) {
	case EBUSY:
		return capi_fail(CAPI_BUSY, "%s is in use or being reset, or the hypervisor does "
				 "not take the image now; 'capi top' shows who uses it",
				 job->card.text);
	case EINVAL:
		if (validate)
			return capi_fail(CAPI_FAILED, "validation failed: what %s has received is "
					 "damaged; it keeps its old image", job->card.text);
		return capi_fail(CAPI_FAILED, "%s refuses %s: it is damaged or for another card",
				 job->card.text, job->path);
	default:
		return capi_fail_path(err, "flash", job->node);
	}
}

/* Hands over a piece: 1 if more must follow, 0 if that was all, or an errno. */
static int pass_piece(const struct job *job, unsigned long request, size_t offset, size_t *len)
{
	struct cxl_adapter_image piece = {
		.data = (uintptr_t)(job->image.bytes + offset),
		.len_image = job->image.len,
	};
	int ret;

	*len = job->image.len - offset;
	if (*len > job->piece)
		*len = job->piece;
	if (!offset && !job->image.header) {
		piece.flags = CXL_AI_NEED_HEADER;
		if (*len > CXL_AI_MAX_CHUNK_SIZE - CXL_AI_HEADER_SIZE)
			*len = CXL_AI_MAX_CHUNK_SIZE - CXL_AI_HEADER_SIZE;
	}
	piece.len_data = *len;
	ret = ioctl(job->fd, request, &piece);
	return ret < 0 ? -errno : ret;
}

/* All of the image, once. */
static int pass(struct job *job, bool validate)
{
	unsigned long request = validate ? CXL_IOCTL_VALIDATE_IMAGE : CXL_IOCTL_DOWNLOAD_IMAGE;
	struct capi_progress progress;
	size_t done = 0, len;
	int ret = 1;

	capi_progress_begin(&progress, validate ? "Validate" : "Download", job->image.len,
			    job->quiet);
	while (ret == 1 && done < job->image.len && !capi_interrupted()) {
		ret = pass_piece(job, request, done, &len);
		if (ret >= 0)
			done += len;
		capi_progress_show(&progress, done);
	}
	capi_progress_end(&progress, done);
	if (ret < 0)
		return explain(job, validate, ret);
	/* after the last piece of the validation there is nothing left to stop */
	if (done == job->image.len && !ret)
		return 0;
	if (capi_interrupted())
		return capi_signal_exit();
	return capi_fail(CAPI_FAILED, "%s took %zu of %zu bytes and %s", job->card.text, done,
			 job->image.len, ret ? "wants more" : "was content");
}

static int transfer(struct job *job)
{
	int ret;

	ret = open_node(job);
	if (ret)
		return ret;
	ret = pass(job, false);
	if (!ret)
		ret = pass(job, true);
	if (!ret && !job->quiet) {
		printf("Waiting for %s to come back\n", job->card.text);
		fflush(stdout);
	}
	/* closing starts the card, anew or again */
	job->closed = capi_now();
	close(job->fd);
	if (ret > CAPI_SIGNALLED)
		capi_note("interrupted; %s keeps its old image", job->card.text);
	return ret;
}

static int wait_back(const struct job *job, const struct capi_before *before)
{
	int ret = capi_wait_back(before, job->seconds);

	if (ret == -EINTR) {
		capi_note("interrupted; %s has its new image and is coming back", job->card.text);
		return capi_signal_exit();
	}
	if (ret)
		return capi_fail(CAPI_TIMEOUT, "%s was not back after %g s; the kernel log may "
				 "say why", job->card.text, job->seconds);
	return 0;
}

static int flash(struct job *job)
{
	struct json_object *old = capi_describe_card(&job->card, true), *new;
	struct capi_before before;
	int ret;

	capi_before_take(&before, &job->card);
	ret = transfer(job);
	if (!ret)
		ret = wait_back(job, &before);
	capi_before_free(&before);
	if (!ret && !job->quiet) {
		new = capi_describe_card(&job->card, true);
		printf("%s is back with its new image after %.1f s. What has changed:\n",
		       job->card.text, capi_now() - job->closed);
		if (!capi_changes(old, new))
			printf("  nothing that can be seen from outside\n");
		json_object_put(new);
	}
	json_object_put(old);
	return ret;
}

static int prepare(struct job *job)
{
	int ret;

	ret = capi_resolve_card(&job->card, job->name);
	if (!ret)
		ret = check_platform(job);
	if (ret)
		return ret;
	job->node = capi_print(CAPI_DEV "/%s", job->card.text);
	ret = capi_image_load(&job->image, job->path);
	if (!ret && !job->force)
		ret = capi_image_check(&job->image, &job->card);
	if (!ret)
		ret = check_access(job);
	return ret ? ret : confirm(job);
}

int capi_flash(int argc, char **argv)
{
	static const struct argp_option list[] = {
		{ "yes", 'y', NULL, 0, "Do not ask", 0 },
		{ "force", 'f', NULL, 0, "Leave the check of the image to the card", 0 },
		{ "quiet", 'q', NULL, 0, "Print nothing but errors", 0 },
		{ "timeout", 't', "SECONDS", 0, "Longest time to wait for the card (120)", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = list,
		.parser = parse,
		.args_doc = "CARD IMAGE",
		.doc = "Give a card a new image: download, validate, wait until it is back.",
	};
	struct job job = { .seconds = CAPI_BACK_SECONDS, .piece = CXL_AI_MAX_CHUNK_SIZE };
	int ret;

	capi_parse(&argp, argc, argv, &job);
	capi_catch_signals();
	/* whoever reads what is printed may go: the card must not suffer */
	signal(SIGPIPE, SIG_IGN);
	ret = prepare(&job);
	if (!ret)
		ret = flash(&job);
	capi_image_free(&job.image);
	free(job.node);
	return ret;
}
