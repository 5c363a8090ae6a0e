/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RULES_H
#define PUMASI_RULES_H

#include "core/act.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/envelope.h"
#include "core/refusal.h"
#include "core/state.h"
#include "core/strmap.h"
#include "core/tree.h"

/*
 * The rules, version 1: a pure function from the state that an act touches, the act with its
 * verified signatures and the record's time to postings and changes, or to a named refusal. ledgerd
 * posts with it, an audit replays with it.
 */
#define RULES_VERSION 1

/* The record's time: milliseconds since 1970, and the day it then was in the ledger's zone. */
struct moment {
    int64_t ms;
    int32_t today; /* days since 1970 */
};

/* Who must still sign, as a pending act's answer lists it. */
struct need {
    char holder[HOLDER_MAX + 1];
    enum role role;
    int64_t have, of;
};
#define NEEDS_MAX 6

enum verdict {
    VERDICT_REFUSED, /* outcome.refusal says why */
    VERDICT_PENDING, /* outcome.needs says who must sign yet */
    VERDICT_POSTED,
};

/* One leg of a transfer; the account as it is after. */
struct leg {
    struct account *after;
    int64_t amount; /* signed */
    int64_t floor;  /* the effective one at this record */
    bool marked;    /* of a kind that may pass the floor */
};

/* One subject as it is after the act. */
struct change {
    enum thing_kind kind; /* THING_HOLDER, _UNIT, _POLICY, _LINE, _ROUND; THING_ACCOUNT for an
                             account's own limits */
    struct thing *after;
};

#define CHANGES_MAX 8
#define DEALS_MAX   2

struct outcome {
    enum verdict verdict;
    struct refusal refusal;
    enum role signed_as; /* posted: the role of those who signed, of the first where several did */
    size_t n_needs;
    struct need needs[NEEDS_MAX];
    size_t n_legs, cap_legs;
    struct leg *legs; /* payer's first */
    size_t n_changes;
    struct change changes[CHANGES_MAX];
    size_t n_books, cap_books;
    struct book **books;
    struct strmap *book_of; /* once they are many: co-op → its place in books, from 1 */
    size_t n_keys;
    struct key_row **keys; /* rows added or changed */
    size_t n_deals;
    struct deal *deals[DEALS_MAX]; /* new, or changed by being answered or reversed */
    struct voided *voided;         /* NULL when nothing was */
    bool forced;                   /* a reversal that the payee didn't sign, nor who recorded it */
};

/*
 * What rules_decide will look up besides holders, units, policies, keys, books and voided acts
 * (which are always loaded). First the deal: the record that an act names, or the request whose
 * payload has that hash; false when it names none of the kind. Then, with the deal in the state,
 * the accounts: calls fn with the name of each.
 */
bool rules_deal(const struct act *a, int64_t *record) MUST_CHECK;
bool rules_asked(const struct act *a, struct hash *payload_hash) MUST_CHECK;
void rules_accounts(const struct state *s, const struct act *a,
                    void (*fn)(void *arg, const char *account), void *arg);

/*
 * Decides an act as record number `index`. Its signatures are verified; those of `env` count. (by,
 * jti) has been looked up by the caller. `texts` may be NULL (a replay has them no longer). When
 * the verdict is posted, the outcome owns what it holds until rules_apply or outcome_free.
 */
void rules_decide(const struct state *s, const struct act *a, const struct envelope *env,
                  struct moment now, int64_t index, struct outcome *out);
/*
 * What an act would do if enough of those had signed it who may: the frame and the signatures
 * aren't judged, the type's own rules are, along the first way to authorise it. An audit goes on
 * with it behind a record that should never have been; nothing is ever posted by it.
 */
void rules_effect(const struct state *s, const struct act *a, struct moment now, int64_t index,
                  struct outcome *out);
/*
 * What a ledger.continue says of the log that the rules can't see in a state: that the tree before
 * it is the one found. -1 with a refusal when it isn't; every other act passes.
 */
int rules_found(const struct act *a, const struct tree *log, struct refusal *r) MUST_CHECK;
/* Is the ledger's id that of this act's record, from which it has this origin (borrowed)? So with a
 * ledger.open and a ledger.continue. */
bool rules_begins(const struct act *a, const char **origin);
/* Puts an outcome's things into the state and leaves the outcome empty of them; they live on in the
 * state until its next change. */
void rules_apply(struct state *s, struct outcome *out);
void outcome_free(struct outcome *out);
/* Adds a leg or a book as it is; the outcome owns its account, or the book, from here. */
void outcome_add_leg(struct outcome *out, const struct leg *leg);
void outcome_add_book(struct outcome *out, struct book *book);

/*
 * Judges authority alone, as on arrival: which signatures count, who must sign yet. Answers as
 * rules_decide does, but VERDICT_POSTED only means "complete". Used to show pending acts and to
 * drop signatures that have lost their right: `useful` (n_sigs flags, may be NULL) tells which
 * signatures are by keys now in force that the act calls for.
 */
void rules_authority(const struct state *s, const struct act *a, const struct envelope *env,
                     struct outcome *out, bool *useful);

/* Does the act, as the state stands and the signatures go, ask for one of that holder in that role,
 * so that its word ends it? */
bool rules_calls_for(const struct state *s, const struct act *a, const struct envelope *env,
                     const char *holder, enum role role);

#endif
