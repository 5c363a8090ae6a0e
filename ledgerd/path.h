/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PATH_H
#define PUMASI_PATH_H

#include "core/base.h"

#define PATH_SEGMENTS_MAX 8
#define PATH_ARGS_MAX     4

/* The segments of a request's path, percent-decoded (RFC 3986 section 2.1). */
struct path {
    size_t n;
    char *segment[PATH_SEGMENTS_MAX]; /* inside `text` */
    char *text;                       /* owned */
};

/*
 * Takes a path apart ("/v1/ledger" has two segments). -1 when it doesn't begin with '/', has a bad
 * escape, a NUL or too many segments; nothing to free then.
 */
int path_parse(struct path *out, const char *raw) MUST_CHECK;
void path_free(struct path *p);

/*
 * Against a pattern, "/v1/members/{member}": true when each segment is the pattern's, or stands
 * where the pattern has one in braces and is visible ASCII; args are the latter, borrowed from p. A
 * * at the end stands for one or more segments of any kind.
 */
bool path_match(const struct path *p, const char *pattern, const char *args[PATH_ARGS_MAX]);

/*
 * The value of a parameter of a query string, percent-decoded, in a fresh string; NULL when it
 * isn't there. A bad escape or a NUL stands for itself, so that it is refused where the value is
 * read.
 */
char *query_param(const char *query, const char *name);

#endif
