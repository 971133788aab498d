// SPDX-License-Identifier: GPL-2.0-only
/* What the values of attributes mean, see Documentation/ABI/testing/sysfs-class-cxl. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capi.h"
#include "explain.h"

/* With a value it is the meaning of that one alone; else of all of them. */
static const struct {
	const char *attribute;
	const char *value;
	const char *meaning;
} meanings[] = {
	{ "caia_version", NULL, "version of the architecture that the card follows" },
	{ "psl_revision", NULL, "revision of the Power Service Layer" },
	{ "psl_timebase_synced", "1", "timebase in step with that of the processors" },
	{ "psl_timebase_synced", "0", "timebase NOT in step with that of the processors" },
	{ "tunneled_ops_supported", "1", "wakes threads, does atomic operations" },
	{ "tunneled_ops_supported", "0", "cannot wake threads (needs POWER9)" },
	{ "base_image", NULL, "revision of the factory image" },
	{ "image_loaded", "user", "runs the user's image" },
	{ "image_loaded", "factory", "runs the factory's image" },
	{ "load_image_on_perst", "none", "a reset keeps the image that is loaded" },
	{ "load_image_on_perst", "user", "a reset loads the user's image" },
	{ "load_image_on_perst", "factory", "a reset loads the factory's image" },
	{ "perst_reloads_same_image", "0", "after an error the card is found anew" },
	{ "perst_reloads_same_image", "1", "the card recovers in place; resets are refused" },
	{ "irqs_min", NULL, "interrupts of a context that does not ask" },
	{ "irqs_max", NULL, "most interrupts a context may ask for" },
	{ "modes_supported", NULL, "programming models it can have" },
	{ "mode", "afu_directed", "many contexts at once" },
	{ "mode", "dedicated_process", "one context at a time" },
	{ "mode", "none", "cannot be opened" },
	{ "prefault_mode", "none", "segments are entered when first used" },
	{ "prefault_mode", "work_element_descriptor", "the segment of the WED is entered first" },
	{ "prefault_mode", "all", "all segments of the process are entered first" },
	{ "api_version", NULL, "version of the interface for programs" },
	{ "api_version_compatible", NULL, "oldest version programs may be made for" },
	{ "pp_mmio_off", NULL, "where the registers of processes begin" },
	{ "dev", NULL, "number of the device node" },
};

/* "64 KiB": the largest unit that leaves at least 1. */
char *capi_bytes(double bytes)
{
	static const char * const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	unsigned int i;

	for (i = 0; bytes >= 1024 && i < ARRAY_SIZE(units) - 1; i++)
		bytes /= 1024;
	return capi_print(bytes == (long long)bytes ? "%.0f %s" : "%.1f %s", bytes, units[i]);
}

static char *explain_size(const char *value, const char *what)
{
	char *size __autofree = capi_bytes(strtod(value, NULL));

	return capi_print("%s %s", size, what);
}

/* Base class and, for accelerators, more. */
static const char *explain_class(const char *value)
{
	switch (strtoul(value, NULL, 16) >> 16) {
	case 0x01:
		return "storage controller";
	case 0x02:
		return "network controller";
	case 0x10:
		return "encryption controller";
	case 0x12:
		return "processing accelerator";
	default:
		return "";
	}
}

/**
 * capi_explain() - what the value of an attribute means
 * @attribute: its name
 * @value: its value
 *
 * Return: text to be freed, empty if nothing is known.
 */
char *capi_explain(const char *attribute, const char *value)
{
	size_t i;

	if (!strcmp(attribute, "mmio_size"))
		return explain_size(value, "of registers to map");
	if (!strcmp(attribute, "pp_mmio_len"))
		return explain_size(value, "of registers for each process");
	if (!strcmp(attribute, "class"))
		return capi_strdup(explain_class(value));
	for (i = 0; i < ARRAY_SIZE(meanings); i++) {
		if (!strcmp(meanings[i].attribute, attribute) &&
		    (!meanings[i].value || !strcmp(meanings[i].value, value)))
			return capi_strdup(meanings[i].meaning);
	}
	return capi_strdup("");
}
