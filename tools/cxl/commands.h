/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands. Each returns an exit code. */
#ifndef CAPI_COMMANDS_H
#define CAPI_COMMANDS_H

#include <argp.h>

int capi_list(int argc, char **argv);
int capi_show(int argc, char **argv);
int capi_flash(int argc, char **argv);
int capi_reset(int argc, char **argv);
int capi_mode(int argc, char **argv);
int capi_prefault(int argc, char **argv);
int capi_top(int argc, char **argv);
int capi_test(int argc, char **argv);
int capi_id(int argc, char **argv);

/* options.c */
void capi_parse(const struct argp *argp, int argc, char **argv, void *input);
double capi_seconds(struct argp_state *state, const char *text, double least);

#endif /* CAPI_COMMANDS_H */
