// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxl_host: change and read the emulated cards from a script or a shell.
 */
#include <stdio.h>
#include <string.h>

#include "cxl_host.h"

static int help(void)
{
	fputs("usage: cxl_host set CARD PROPERTY VALUE\n"
	      "       cxl_host get CARD PROPERTY\n"
	      "VALUE is JSON: 3, true, '\"text\"'\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	char json[512];

	if (argc == 5 && !strcmp(argv[1], "set"))
		return host_set(argv[2], argv[3], "%s", argv[4]) ? 1 : 0;
	if (argc != 4 || strcmp(argv[1], "get"))
		return help();
	if (host_get(argv[2], argv[3], json, sizeof(json)))
		return 1;
	puts(json);
	return 0;
}
