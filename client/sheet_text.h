/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SHEET_TEXT_H
#define PUMASI_SHEET_TEXT_H

#include "core/base.h"

/*
 * The bytes of a spreadsheet's file as UTF-8. What *encoding names (as iconv does; NULL: found out)
 * they are taken for: UTF-16 by its mark, UTF-8 where it is valid, else CP949 (Excel in Korean).
 * A file with the mark of UTF-8 is that
 * anyway. Replaces *bytes and *len where they aren't UTF-8, and *encoding where it was NULL. An
 * enum pumasi_exit, after a sentence.
 */
int sheet_text(char **bytes, size_t *len, char **encoding) MUST_CHECK;
/* Does a spreadsheet program need the byte order mark to see that a file is UTF-8? */
bool sheet_text_marked(const char *bytes, size_t len, const char *encoding);

#endif
