/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATEMENT_READ_H
#define PUMASI_STATEMENT_READ_H

#include "core/statement.h"

/*
 * Reads a file; nothing of it is verified or believed yet. Strict: exactly the members that
 * statement_put writes, in any order, the places in `hashes` within it. 0, or -1 with *why a
 * constant sentence; then nothing needs freeing.
 */
int statement_read(struct statement *out, const char *s, size_t len, const char **why) MUST_CHECK;
/* The same in two steps: kid, signature and signed_text first, so that the signature can be
 * verified while the rest is read. Where the second fails, the statement still needs freeing. */
int statement_open(struct statement *out, const char *s, size_t len, const char **why) MUST_CHECK;
int statement_read_payload(struct statement *out, const char **why) MUST_CHECK;

#endif
