/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SAY_H
#define PUMASI_SAY_H

#include "core/base.h"
#include "core/buf.h"
#include "lang/lang.h"

/*
 * How `pumasi` talks: results on stdout, everything else on stderr, each failure one clear sentence
 * and what to do. Strings for people are marked for translation (lang/lang.h).
 */

/* Exit codes, documented in pumasi(1). Every command and most functions of client/ return one. */
enum pumasi_exit {
    PUMASI_OK = 0,
    PUMASI_FAILED = 1,  /* refused by the ledger, or something here is wrong; nothing was changed */
    PUMASI_USAGE = 2,   /* the command line makes no sense */
    PUMASI_PENDING = 3, /* accepted, but others must sign yet */
    PUMASI_UNKNOWN =
        4, /* the ledger can't be reached or doesn't say whether it posted: run the same again */
    PUMASI_UNPROVED = 5, /* the ledger's answer doesn't verify against what is pinned */
};

/* Prints "pumasi: <sentence>\n" to stderr and returns `code`, so that a caller may `return
 * fail(…)`. */
int fail(enum pumasi_exit code, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Prints "<sentence>\n" to stderr: what people should know, but scripts don't read. */
void note(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Draws a line on stderr, a terminal: how far something is. The next one takes its place, and so
 * does whatever else is said; at the end nothing is left of it. By one thread. */
void say_progress(const char *fmt, ...) PRINTF_LIKE(1, 2);
void say_progress_end(void);

/* Is stderr and stdin a terminal, so that a question can be asked? False as soon as PUMASI_BATCH is
 * set. */
bool say_can_ask(void);
/* Asks a yes/no question on the terminal; an empty answer means `preset`, and so does end of input.
 */
bool say_ask(bool preset, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * A copy of s that is safe on a terminal and in a table: control, bidi and format characters and
 * bytes that aren't UTF-8 come out as \xHH, tabs and newlines too. For every text that came from
 * outside. The caller frees it.
 */
char *say_safe(const char *s);

/* "10 minutes ago", "just now", "3 days ago"; both in seconds since 1970. The caller frees it. */
char *say_ago(int64_t then, int64_t now);
/* Local "2026-11-22 21:31" of an RFC 3339 time of the protocol (s itself, made safe, when it is
 * none). The caller frees it. */
char *say_time(const char *s);

#endif
