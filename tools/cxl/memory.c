// SPDX-License-Identifier: GPL-2.0-only
/* Memory: who asks for some gets it, or the program ends. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capi.h"

static void *got(void *memory)
{
	if (!memory)
		exit(capi_fail(CAPI_FAILED, "out of memory"));
	return memory;
}

void *capi_alloc(size_t bytes)
{
	return got(calloc(1, bytes ? bytes : 1));
}

void *capi_realloc(void *old, size_t bytes)
{
	return got(realloc(old, bytes));
}

char *capi_strdup(const char *text)
{
	return got(strdup(text));
}

char *capi_print(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return got(text);
}

/* For __autofree: gets the address of the pointer. */
void capi_free(void *pointer)
{
	free(*(void **)pointer);
}
