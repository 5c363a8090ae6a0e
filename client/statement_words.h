/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATEMENT_WORDS_H
#define PUMASI_STATEMENT_WORDS_H

#include "core/statement_verify.h"

/* What was made of a statement, in words that a treasurer understands and in the reader's language.
 * `pumasi verify` and `pumasi show` say the same. */
struct view_finding {
    enum statement_check check;
    enum statement_mark mark;
    char *text; /* a whole sentence or some */
};

/*
 * A verdict in sentences: what failed, what isn't shown, what was proved, each in the order of
 * checks. What was found of many records is said once, with their numbers. The caller frees *out
 * with statement_words_free. Names come from the file: whoever prints makes them safe.
 */
void statement_words(const struct statement_verdict *v, struct view_finding **out, size_t *n);
void statement_words_free(struct view_finding *list, size_t n);

/* The sentence for a reason; never NULL, "" for REASON_NONE. For tests and for single findings. */
const char *statement_reason_words(enum statement_check check, enum statement_reason reason);
/* What no statement can show, whatever was proved. */
const char *statement_never_shown(void);

#endif
