/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ROUND_H
#define PUMASI_ROUND_H

#include "core/base.h"
#include "core/buf.h"
#include "core/hash.h"
#include "core/name.h"
#include "core/refusal.h"
#include "core/thing.h"

/*
 * A round of clearing in one unit (docs/protocol.md, section 4.16): which of what co-ops owe each
 * other is to be cancelled, who takes part and who said yes to it. Made from debts and from what
 * was said before alone, so that whoever replays a log gets the same legs.
 */
enum round_state {
    ROUND_OPEN,
    ROUND_POSTED, /* its legs were cleared, by the subject's latest record */
    ROUND_ENDED,  /* nothing was left to clear */
};

/* How a co-op stands to a round. */
enum round_stand {
    ROUND_AUTO,      /* takes part, and needn't be asked */
    ROUND_ASKED,     /* hasn't answered yet */
    ROUND_CONSENTED, /* by `record` */
    ROUND_DECLINED,  /* by `record`; left out from the next computation on */
    ROUND_SILENT,    /* didn't answer in time, and is left out */
};

struct round_party {
    char coop[COOP_MAX + 1];
    enum round_stand stand;
    int64_t record; /* -1 where there is none */
};

struct round_leg {
    uint32_t debtor, creditor; /* which parties */
    int64_t amount;            /* minor units, 1 or more */
};

struct round {
    struct thing thing; /* "hour" */
    struct subject subject;
    enum round_state state;
    int64_t record;   /* of the proposal that computed the legs */
    int64_t deadline; /* for consents, seconds since 1970 */
    int64_t cleared;  /* all legs together, at most NUM_MAX */
    struct hash hash; /* of the legs' text */
    size_t n_parties, n_legs;
    struct round_party *parties; /* by name; those with legs, and those that are left out */
    struct round_leg *legs;      /* by debtor, then creditor */
};

struct round_counts {
    size_t asked, consents;  /* of the parties with legs: who is asked, and who of them consented */
    size_t against;          /* parties with legs that declined: they are yet to be left out */
    size_t declined, silent; /* all of them, left out or not */
};

/* What a co-op owes another; positive. */
struct round_debt {
    const char *debtor, *creditor;
    int64_t amount;
};

/*
 * Computes a round from the debts of a unit, no pair twice, among the co-ops that take part: `wish`
 * says how, NEVER leaves a co-op out. `before`, NULL for a first proposal, is the round that it
 * replaces: who declined there or was silent is left out, and goes on standing as such; a consent
 * goes on counting when the party's own legs are the same. The result has no record, subject and
 * deadline yet; its legs may be none, and it is ended then. -1 with limit-out-of-bounds when the
 * sums are past what the protocol's integers hold.
 */
int round_compute(struct round **out, const char *unit, const struct round_debt *debts, size_t n,
                  enum clearing_choice (*wish)(void *arg, const char *coop), void *arg,
                  const struct round *before, struct refusal *r) MUST_CHECK;

/* A copy whose parties may be changed. The caller owns it: one block, freed by free(). */
struct round *round_copy(const struct round *r);
/* The party of that name; NULL when it is none. */
struct round_party *round_party(const struct round *r, const char *coop);
bool round_has_legs(const struct round *r, const struct round_party *p);
void round_count(const struct round *r, struct round_counts *out);

/* "debtor creditor amount\n" for each leg: what the hash is of. */
void round_put_legs(struct buf *b, const struct round *r);
/* "coop stand record\n" for each party. */
void round_put_parties(struct buf *b, const struct round *r);
/* The round of those texts, with the hash and the sum that they make. NULL when the two above don't
 * write them. State, record, deadline and subject are the caller's to set. */
struct round *round_read(const char *unit, const char *parties, const char *legs) MUST_CHECK;

const char *round_state_name(enum round_state state); /* "open" */
int round_state_parse(const char *s, enum round_state *out) MUST_CHECK;
const char *round_stand_name(enum round_stand stand); /* "asked" */

#endif
