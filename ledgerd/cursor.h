/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CURSOR_H
#define PUMASI_CURSOR_H

#include "core/base.h"
#include "core/buf.h"

/*
 * Where a list goes on: base64url of one letter for the kind of list and then one to four words.
 * Opaque to clients, and a place only: what may be read is decided anew for each page.
 */
#define CURSOR_WORDS_MAX 4
#define CURSOR_MAX       320 /* characters */

struct cursor {
    size_t n;
    char word[CURSOR_WORDS_MAX][128];
};

/* Appends one made of n words, which have no white space in them. */
void cursor_put(struct buf *b, char kind, const char *const *words, size_t n);
/* 0, or -1 when s is no cursor of that kind and number of words. */
int cursor_parse(struct cursor *out, char kind, size_t n, const char *s) MUST_CHECK;
/* The only word as a number. */
int cursor_parse_int(char kind, const char *s, int64_t min, int64_t max, int64_t *out) MUST_CHECK;

#define LIST_DEFAULT 50
#define LIST_MAX     1000
/* ?limit: s NULL is the default; -1 when it isn't 1 to LIST_MAX. */
int limit_parse(const char *s, int64_t *out) MUST_CHECK;

#endif
