/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_NETWORK_H
#define PUMASI_NETWORK_H

#include "core/base.h"
#include "core/name.h"

struct account;
struct credit_line;
struct state;

/*
 * Who trusts whom and who owes whom, unit by unit: an index that a state keeps of its lines and of
 * its accounts !pos.… (protocol section 4.10), and the search for a payment's way over
 * it. What X pays over the edge X → Y raises the balance of !pos.Y@X, what X owes Y, and lowers
 * that of !pos.X@Y by as much, which may not fall below the line that Y gives X.
 */
struct network;

struct network *network_new(void);
void network_free(struct network *n);
/* For the state, as things are put and taken back: the line "A/B/unit" (NULL: there is none) and
 * the balance of an account, which is passed over unless it is a position. */
void network_set_line(struct network *n, const char *name, const struct credit_line *line);
void network_set_position(struct network *n, const char *account, int64_t balance);

/* Is it !pos.<co-op>@<co-op>/<unit>? Then whose book it is in and whose it is, and in what. */
struct position {
    char coop[COOP_MAX + 1], partner[COOP_MAX + 1];
    char unit[UNIT_MAX + 1];
};
bool position_parse(struct position *out, const char *account);
/* "!pos.<partner>@<coop>/<unit>" */
void position_name(char out[ACCOUNT_MAX + 1], const char *coop, const char *partner,
                   const char *unit);
/* What coop owes partner, in minor units; what partner owes coop is negative. 0 without any. */
int64_t position_of(const struct state *s, const char *coop, const char *partner, const char *unit);
/* How far that may fall: −limit of the line that coop gives partner, 0 without one. */
int64_t position_floor(const struct state *s, const char *coop, const char *partner,
                       const char *unit);

/* The co-ops that a payment passes, the payer's first and the payee's last. */
#define WAY_HOPS_MAX 4
struct network_way {
    size_t n; /* 0: none */
    char coop[WAY_HOPS_MAX + 1][COOP_MAX + 1];
};
/*
 * The way of a payment between members of two co-ops: of those of at most max_hops edges with room
 * for the amount on each, one with the fewest, and of these the one whose co-ops' names come first,
 * compared one after the other from the payer's on, byte by byte. A way of one edge needs room
 * only; of more, on every edge a line that lets others' payments pass, and no co-op in between that
 * isn't active. False when there is none.
 */
bool network_path(const struct state *s, const char *from, const char *to, const char *unit,
                  int64_t amount, int64_t max_hops, struct network_way *out);
/* How many edges all searches so far have looked at: what they cost. */
uint64_t network_effort(const struct state *s);

/* Calls fn for each position of a unit that isn't zero, once, in the order of the debtors' names
 * and then of the creditors'. */
void network_each(const struct state *s, const char *unit,
                  void (*fn)(void *arg, const char *debtor, const char *creditor, int64_t amount),
                  void *arg);

#endif
