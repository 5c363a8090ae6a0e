/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STRICT_H
#define PUMASI_STRICT_H

#include "core/base.h"
#include "core/value.h"

/*
 * JSON as the protocol admits it (section 2): a text that is one object, valid UTF-8, no duplicate
 * keys (escaped ones are the same key), no real numbers, no "-0", integers within ±(2^53−1), depth
 * at most 16 (the object itself is depth 1), no U+0000. White space of JSON may stand around it,
 * nothing else (no byte order mark). The caller frees what is returned with value_free, or it is
 * NULL with *why set to a constant sentence.
 */
struct value *strict_parse(const char *s, size_t len, const char **why) MUST_CHECK;
/*
 * The sentence: what is wrong with a text that value_parse doesn't take, NULL when nothing is. It
 * goes by jansson, which is slower and tells faults apart; the fuzzing of strict_parse holds the
 * two against each other.
 */
const char *strict_fault(const char *s, size_t len);

/*
 * Reading an object member by member so that nothing unknown is left over: each call takes one
 * member. The first thing wrong is remembered in `fault` (a constant or the member's name is in
 * `where`), later calls then do nothing, and strict_end() answers -1. "<where> <fault>" reads as a
 * sentence. A member may be asked for once only. Borrowed pointers live as long as the object.
 */
struct strict {
    const struct value *object;
    size_t taken;
    const char *where; /* the member at fault */
    const char *fault; /* NULL while all is well */
};

enum strict_need {
    STRICT_OPTIONAL,
    STRICT_REQUIRED
};

void strict_begin(struct strict *in, const struct value *object);
/* NULL when absent (or at fault). */
const char *strict_string(struct strict *in, const char *name, enum strict_need need);
/* True and *out set when there is an integer within min..max. */
bool strict_int(struct strict *in, const char *name, enum strict_need need, int64_t min,
                int64_t max, int64_t *out);
bool strict_bool(struct strict *in, const char *name, enum strict_need need, bool *out);
/* An integer or null, required: true when the member is there; *null tells which. */
bool strict_int_or_null(struct strict *in, const char *name, int64_t min, int64_t max, int64_t *out,
                        bool *null);
const struct value *strict_object(struct strict *in, const char *name, enum strict_need need);
const struct value *strict_array(struct strict *in, const char *name, enum strict_need need);
/* Marks a fault of the caller's own. */
void strict_fail(struct strict *in, const char *where, const char *fault);
/* 0 when nothing was wrong and every member was taken. */
int strict_end(struct strict *in) MUST_CHECK;

#endif
