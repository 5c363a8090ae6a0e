/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_REQ_WORDS_H
#define PUMASI_REQ_WORDS_H

#include "core/base.h"
#include "core/buf.h"

/* Reads columns that hold a small table: a row a line, its words parted by single spaces. */
#define WORDS_MAX 10
struct words {
    const char *at;
    char word[WORDS_MAX][128];
};
void words_begin(struct words *w, const char *text);
/* The next line of exactly n words; false at the end. Other lines are passed over. */
bool words_line(struct words *w, size_t n);
/* A number as it stands, "-" as null. */
void words_int(struct buf *b, const char *name, const char *word);
/* What a policy says of levies: three words from w->word[at] on, each left out where it is "-". */
void words_levy(struct buf *b, const struct words *w, size_t at);

#endif
