/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATE_H
#define PUMASI_STATE_H

#include "core/base.h"
#include "core/network.h"
#include "core/round.h"
#include "core/thing.h"

/*
 * What the rules look at: the ledger's state as far as it is loaded. A change puts a new thing in
 * the old one's place, and until state_commit() the old one is kept so that state_rollback() can
 * bring it back.
 */
struct state;

/* An empty state: no ledger opened yet. `origin` is copied. */
struct state *state_new(const char *origin);
void state_free(struct state *s);

/* NULL when it isn't there (or isn't loaded: the caller's affair). Valid until the next
 * state_commit or _rollback. */
const struct holder *state_holder(const struct state *s, const char *name);
const struct unit *state_unit(const struct state *s, const char *name);
const struct policy *state_policy(const struct state *s, const char *coop, const char *unit);
const struct credit_line *state_line(const struct state *s, const char *coop, const char *partner,
                                     const char *unit);
const struct credit_line *state_line_named(const struct state *s, const char *name);
const struct account *state_account(const struct state *s, const char *name);
const struct key_row *state_key(const struct state *s, const char *kid);
const struct book *state_book(const struct state *s, const char *coop);
const struct round *state_round(const struct state *s, const char *unit);
const struct snapshot *state_snapshot(const struct state *s);
const struct deal *state_deal(const struct state *s, int64_t record);
const struct deal *state_deal_named(const struct state *s, const char *name);
/* The request of that payload. */
const struct deal *state_asked(const struct state *s, const struct hash *payload_hash);
/* NULL unless that holder declined it in that role. */
const struct voided *state_voided(const struct state *s, const struct hash *payload_hash,
                                  const char *holder, enum role role);
const struct posted_id *state_id(const struct state *s, const char *by, const char *jti);

/* Puts a thing in its table in the place of one of the same name; the state owns it from here. */
void state_put(struct state *s, enum thing_kind kind, struct thing *thing);
/* Makes all puts since the last commit lasting, or takes them back. */
void state_commit(struct state *s);
void state_rollback(struct state *s);
/* Forgets every thing of a kind (a cache that can be loaded again); call only right after a commit.
 */
void state_forget(struct state *s, enum thing_kind kind);
size_t state_count(const struct state *s, enum thing_kind kind);
/* Calls fn for each thing of a kind, in no order. */
void state_each(const struct state *s, enum thing_kind kind,
                void (*fn)(void *arg, const struct thing *thing), void *arg);

/*
 * Where holders, keys and accounts rest that aren't in the state's own tables, which can then be
 * forgotten. fetch makes the thing of that name, as it was last kept; NULL when there is none. keep
 * is told each one that a commit made lasting.
 */
struct state_rest {
    struct thing *(*fetch)(void *arg, enum thing_kind kind, const char *name);
    void (*keep)(void *arg, enum thing_kind kind, const struct thing *thing);
    void *arg;
};
/* Before anything is put. The functions and their argument must outlive the state. */
void state_set_rest(struct state *s, const struct state_rest *rest);

/* The index of its lines and positions; the state's own. Accounts that are positions stay in it
 * although THING_ACCOUNT is forgotten. */
struct network *state_network(const struct state *s);

const char *state_origin(const struct state *s);
/* "<origin>#<hash>", or "" before record 0. */
const char *state_ledger_id(const struct state *s);
/* By whoever loads a state: the origin and the id that it has by now. */
void state_set_ledger_id(struct state *s, const char *origin, const char *id);
/*
 * By whoever applies the record that a ledger's id comes from, which is record 0 or one of a
 * ledger.continue: that origin, and the id of it and the record's entry. A rollback takes it back.
 */
void state_begin(struct state *s, const char *origin, const struct hash *entry);
/* The ledger id of the record that has this entry. */
void ledger_id_text(char out[LEDGER_ID_MAX + 1], const char *origin, const struct hash *entry);

#endif
