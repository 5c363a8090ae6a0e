/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SUBJECT_READ_H
#define PUMASI_SUBJECT_READ_H

#include "core/state.h"
#include "core/thing.h"
#include "core/value.h"

/*
 * Change parts read again: the other direction of subject.h, for whoever has a part of a log and no
 * tables. The text of a part is a line of a record (protocol section 6.2).
 */

/* A change part's members. `state` belongs to `json`. */
struct change_read {
    char name[ACCOUNT_MAX + 16]; /* the subject */
    int64_t seq;
    uint8_t salt[16];
    const struct value *state;
    struct value *json;
};
/* 0, or -1 when the text is no change part; nothing needs freeing then. */
int change_read(struct change_read *out, const char *part, size_t len) MUST_CHECK;
void change_read_free(struct change_read *c);

/*
 * The holder that a change makes: its state, keys and threshold, `subject` with the change's seq
 * and `record`. NULL when the subject is no holder or its state is none. The caller owns it.
 */
struct holder *holder_of_change(const struct change_read *c, int64_t record) MUST_CHECK;

/*
 * Puts a copy of the holder into the state, as of that change and record, and its keys; those that
 * the state's holder of this name had and this one hasn't are revoked. Commits.
 */
void holder_learn(struct state *s, const struct holder *h, int64_t seq, int64_t record);

/* What "unit:hour" was made as; 0, or -1 when it is no unit's change. title: TEXT_NAME_MAX + 1. */
int unit_of_change(const struct change_read *c, char *name, char *title, int64_t *scale,
                   enum unit_kind *kind) MUST_CHECK;

#endif
