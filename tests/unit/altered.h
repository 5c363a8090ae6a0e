/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ALTERED_H
#define PUMASI_ALTERED_H

/* Records that somebody alters who can write their headers anew. */
#include "fixture.h"

/* A copy of a record that may be altered. */
void altered_copy(struct fix_record *to, const struct fix_record *from);
void altered_free(struct fix_record *rec);
/* Replaces the first `from` in a text, which must be there. */
void altered_replace(struct buf *b, const char *from, const char *to);
/* The header over the parts as they are now. */
void altered_header(struct fix_record *rec);

#endif
