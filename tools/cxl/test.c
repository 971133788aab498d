// SPDX-License-Identifier: GPL-2.0-only
/* capi test: copy through a memcpy AFU, and look at every byte of the copy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/types.h>

#include "capi.h"
#include "commands.h"
#include "explain.h"
#include "ring.h"

/* What images of PSL8 and of PSL9 copy with one element, at most. */
#define ELEMENT_PSL8	2048
#define ELEMENT_PSL9	128
#define ALIGN		128
#define GUARD		4096
#define SIZE_MAX_MIB	1024UL

struct options {
	const char *name;
	size_t bytes;
	long loops;
	double seconds;
};

/* A number of bytes, maybe with K, M or G. */
static size_t parse_size(struct argp_state *state, const char *text)
{
	unsigned long long value;
	int shift = 0;
	char *end;

	value = strtoull(text, &end, 10);
	if (*end && strchr("KkMmGg", *end)) {
		shift = strchr("Kk", *end) ? 10 : strchr("Mm", *end) ? 20 : 30;
		end++;
	}
	if (*text < '0' || *text > '9' || *end || !value ||
	    value > (SIZE_MAX_MIB << 20) >> shift)
		argp_error(state, "'%s' is no size from 1 to %luM", text, SIZE_MAX_MIB);
	value <<= shift;
	return (value + ALIGN - 1) / ALIGN * ALIGN;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	char *end;

	switch (key) {
	case 's':
		options->bytes = parse_size(state, arg);
		return 0;
	case 'l':
		options->loops = strtol(arg, &end, 10);
		if (end == arg || *end || options->loops < 1)
			argp_error(state, "'%s' is no number of loops", arg);
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
			argp_error(state, "which AFU?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int check_kind(const struct capi_name *afu)
{
	char *vendor __autofree = capi_attribute(afu, "cr0/vendor");
	char *device __autofree = capi_attribute(afu, "cr0/device");

	if (vendor && device && !strcmp(vendor, "0x1014") && !strcmp(device, "0x4350"))
		return 0;
	return capi_fail(CAPI_UNSUPPORTED, "%s is no memcpy AFU: its first configuration record "
			 "says %s:%s, not 0x1014:0x4350", afu->text, vendor ? vendor : "nothing",
			 device ? device : "nothing");
}

static size_t element_of(const struct capi_name *afu)
{
	char *version __autofree = NULL;
	struct capi_name card = { .card = afu->card, .slice = -1 };

	snprintf(card.text, sizeof(card.text), "card%d", afu->card);
	version = capi_attribute(&card, "caia_version");
	return version && strtol(version, NULL, 10) >= 2 ? ELEMENT_PSL9 : ELEMENT_PSL8;
}

/* Different from loop to loop, and at every place. */
static void fill(__u64 *words, size_t bytes, __u64 seed)
{
	size_t i;

	for (i = 0; i < bytes / sizeof(*words); i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		words[i] = seed;
	}
}

static int compare(const struct capi_name *afu, const unsigned char *dst,
		   const unsigned char *src, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++) {
		if (dst[i] != src[i])
			return capi_fail(CAPI_FAILED, "%s: byte %zu of the copy is 0x%02x, not "
					 "0x%02x", afu->text, i, dst[i], src[i]);
	}
	for (i = 0; i < GUARD; i++) {
		if (dst[bytes + i] != 0xee)
			return capi_fail(CAPI_FAILED, "%s: byte %zu behind the copy was written "
					 "to", afu->text, i);
	}
	return 0;
}

/* A lap for as much as a ring can take. */
static int copy(struct capi_ring *ring, char *dst, const char *src, size_t bytes)
{
	size_t most = CAPI_RING_COPIES * ring->element, done, len;
	int ret = 0;

	for (done = 0; !ret && done < bytes; done += len) {
		len = bytes - done < most ? bytes - done : most;
		ret = capi_ring_copy(ring, dst + done, src + done, len);
	}
	return ret;
}

static int test(const struct capi_name *afu, const struct options *options,
		struct capi_ring *ring, char *src, char *dst)
{
	char *size __autofree = NULL, *rate __autofree = NULL;
	double spent = 0, start;
	long i;
	int ret;

	for (i = 0; i < options->loops; i++) {
		fill((__u64 *)src, options->bytes, 0x9e3779b97f4a7c15ULL + i);
		memset(dst, 0xee, options->bytes + GUARD);
		start = capi_now();
		ret = copy(ring, dst, src, options->bytes);
		spent += capi_now() - start;
		if (!ret)
			ret = compare(afu, (unsigned char *)dst, (unsigned char *)src,
				      options->bytes);
		if (ret)
			return ret;
	}
	size = capi_bytes((double)options->bytes * options->loops);
	rate = capi_bytes(options->bytes * options->loops / (spent > 0 ? spent : 1));
	printf("%s: %s copied and verified in %.3f s, %s/s (elements %lu, interrupts %lu)\n",
	       afu->text, size, spent, rate, ring->copies, ring->interrupts);
	return 0;
}

static int run(const struct capi_name *afu, const struct options *options)
{
	char *mode __autofree = capi_attribute(afu, "mode");
	char *node __autofree = NULL;
	struct capi_ring ring = { .seconds = options->seconds };
	size_t room = options->bytes + GUARD;
	char *memory;
	int ret;

	if (!mode || !strcmp(mode, "none"))
		return capi_fail(CAPI_UNSUPPORTED, "%s has no mode: set one with 'capi mode'",
				 afu->text);
	node = capi_print(CAPI_DEV "/%s%c", afu->text, *mode == 'd' ? 'd' : 's');
	ring.node = node;
	ring.element = element_of(afu);
	memory = mmap(NULL, 2 * room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return capi_fail(CAPI_FAILED, "out of memory");
	ret = test(afu, options, &ring, memory, memory + room);
	munmap(memory, 2 * room);
	return ret;
}

int capi_test(int argc, char **argv)
{
	static const struct argp_option list[] = {
		{ "size", 's', "BYTES", 0, "Bytes to copy, also with K, M or G (1M)", 0 },
		{ "loops", 'l', "NUMBER", 0, "Copies to make (1)", 0 },
		{ "timeout", 't', "SECONDS", 0, "Longest time without progress (30)", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = list,
		.parser = parse,
		.args_doc = "AFU",
		.doc = "Copy through a memcpy AFU and verify the copy.",
	};
	struct options options = { .bytes = 1 << 20, .loops = 1, .seconds = 30 };
	struct capi_name afu;
	int ret;

	capi_parse(&argp, argc, argv, &options);
	ret = capi_resolve_afu(&afu, options.name);
	if (!ret)
		ret = check_kind(&afu);
	if (ret)
		return ret;
	capi_catch_signals();
	return run(&afu, &options);
}
