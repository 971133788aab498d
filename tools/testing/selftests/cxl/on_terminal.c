// SPDX-License-Identifier: GPL-2.0-only
/*
 * on_terminal [-w COLUMNS] [-t SECONDS] [-e TEXT -s TEXT]... COMMAND...: run a command
 * on a terminal of its own, and print what it writes there. Where it has written the
 * text after -e, it is sent the text after -s ("^C" is what the key sends). Ends with
 * the status of the command, as a shell would, or with 124 if it takes too long.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TALKS_MAX	8

struct session {
	const char *expect[TALKS_MAX];
	const char *send[TALKS_MAX];
	int count;
	int talk;
	int fd;
	pid_t child;
	char *seen;
	size_t len;
};

static void die(const char *what)
{
	perror(what);
	exit(126);
}

/* Answers what came since the last answer. */
static void answer(struct session *session)
{
	const char *text;

	if (session->talk >= session->count ||
	    !strstr(session->seen, session->expect[session->talk]))
		return;
	text = session->send[session->talk++];
	if (!strcmp(text, "^C"))
		text = "\003";
	if (write(session->fd, text, strlen(text)) < 0)
		die("write");
	session->len = 0;
	session->seen[0] = '\0';
}

static int forward(struct session *session)
{
	char buffer[4096];
	ssize_t n = read(session->fd, buffer, sizeof(buffer));

	/* EIO is how a terminal ends */
	if (n <= 0)
		return -1;
	fwrite(buffer, 1, n, stdout);
	session->seen = realloc(session->seen, session->len + n + 1);
	if (!session->seen)
		die("realloc");
	memcpy(session->seen + session->len, buffer, n);
	session->len += n;
	session->seen[session->len] = '\0';
	answer(session);
	return 0;
}

static int run(struct session *session, int seconds)
{
	struct pollfd entry = { .fd = session->fd, .events = POLLIN };
	time_t end = time(NULL) + seconds;
	int status;

	while (poll(&entry, 1, 200) <= 0 || !forward(session)) {
		if (time(NULL) <= end)
			continue;
		kill(session->child, SIGKILL);
		waitpid(session->child, &status, 0);
		return 124;
	}
	if (waitpid(session->child, &status, 0) < 0)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct session session = { 0 };
	int opt, seconds = 60, status;

	while ((opt = getopt(argc, argv, "+w:t:e:s:")) != -1) {
		if (opt == 'w')
			size.ws_col = atoi(optarg);
		else if (opt == 't')
			seconds = atoi(optarg);
		else if (opt == 'e' && session.count < TALKS_MAX)
			session.expect[session.count] = optarg;
		else if (opt == 's' && session.count < TALKS_MAX && session.expect[session.count])
			session.send[session.count++] = optarg;
		else
			return 126;
	}
	if (optind == argc)
		return 126;
	session.child = forkpty(&session.fd, NULL, NULL, &size);
	if (session.child < 0)
		die("forkpty");
	if (!session.child) {
		execvp(argv[optind], argv + optind);
		_exit(127);
	}
	status = run(&session, seconds);
	free(session.seen);
	return status;
}
