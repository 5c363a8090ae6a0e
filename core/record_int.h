/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RECORD_INT_H
#define PUMASI_RECORD_INT_H

#include "core/record.h"

/* What the files that make up record.h share, and nobody else. */

/* {"v":1,…} of the parts' hashes; appended to b. */
void record_put_header(struct buf *b, int64_t index, int64_t ms, int64_t rules,
                       const struct hash *parts, size_t n);
/* The parts alone, for who knows their hashes; salts and memory as with record_build. */
void record_build_parts(struct record *rec, const struct envelope *env, const struct outcome *out,
                        const uint8_t *salts);

/* Says what is wrong with a record, as a format or as the refusal it met; always -1. */
int record_fail(struct record_fault *fault, enum record_wrong what, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
int record_fail_refused(struct record_fault *fault, const struct refusal *r);

#endif
