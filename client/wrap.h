/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_WRAP_H
#define PUMASI_WRAP_H

#include "core/base.h"
#include "core/buf.h"

/* Text in lines of so many columns of a terminal, where Hangul takes two a syllable. */

/* Bytes of the first line of s: whole words, at least one, however long; up to a line's end. */
size_t wrap_words(const char *s, size_t width);
/* The same, but a word that takes more than a line is cut at a character. At least one character.
 */
size_t wrap_line(const char *s, size_t width);
/*
 * Appends s in lines that end at column `width`, all but the first indented by `indent` blanks; the
 * first one begins there too, with what the caller wrote before. Ends with a newline.
 */
void wrap_put(struct buf *b, const char *s, size_t indent, size_t width);

#endif
