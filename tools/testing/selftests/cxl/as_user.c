// SPDX-License-Identifier: GPL-2.0-only
/* as_user ID COMMAND...: run a command as a user and a group without a name. */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long id = argc > 2 ? strtol(argv[1], NULL, 10) : 0;

	if (id <= 0) {
		fputs("usage: as_user ID COMMAND...\n", stderr);
		return 126;
	}
	if (setgroups(0, NULL) || setgid(id) || setuid(id)) {
		perror("as_user");
		return 126;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
