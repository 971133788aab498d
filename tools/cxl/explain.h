/* SPDX-License-Identifier: GPL-2.0-only */
/* What the values of attributes mean. */
#ifndef CAPI_EXPLAIN_H
#define CAPI_EXPLAIN_H

char *capi_explain(const char *attribute, const char *value);
char *capi_bytes(double bytes);

#endif /* CAPI_EXPLAIN_H */
