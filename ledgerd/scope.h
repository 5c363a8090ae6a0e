/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SCOPE_H
#define PUMASI_SCOPE_H

#include "core/base.h"
#include "core/record.h"
#include "ledgerd/auth.h"

struct request;

/*
 * Who may read what, all of it (protocol section 4): a member its own; a registrar, treasurer or
 * auditor its co-op's book; auditors of `*` all; stewards what concerns no member. What one may not
 * see is answered as what is not there.
 */

/* Scope functions of routes: may the caller have this at all? */
bool scope_everyone(const struct request *r);
/* The handler itself leaves out what isn't the caller's, by the functions below. */
bool scope_filtered(const struct request *r);
/* The pattern's first argument is a co-op. */
bool scope_of_coop(const struct request *r);
/* The first argument is whose accounts they are, as in scope_sees_accounts. */
bool scope_of_account(const struct request *r);
/* The log in order: for auditors of all, and offices and auditors of a co-op, whom it shows their
 * book's records and the network's own. */
bool scope_of_log(const struct request *r);

bool scope_audits_all(const struct caller *c);
bool scope_sees_member(const struct caller *c, const char *member);
bool scope_sees_coop(const struct caller *c, const char *coop);
/* `of` is a member or, for its office alone, a co-op's own: !pos.medical@hansalim. False for what
 * is neither. */
bool scope_sees_accounts(const struct caller *c, const char *of);

/*
 * Which parts of a record the caller may see (`visible`, n flags). A member: the act, and what is
 * its own; an office: what is its book's, and the act, unless others' payment passes through its
 * book. What the ledger itself is, its log key and
 * who may change it, everybody has to know who trusts it. `by` acted; `parties` are those whom the
 * act concerns and no part names, a space between, NULL when there are none. Number of visible
 * ones.
 */
size_t scope_parts(const struct caller *c, const char *by, const char *parties,
                   const struct part *parts, size_t n, bool *visible);

/*
 * Is the record a change of a unit or of the stewards and nothing else, and the caller an office?
 * In GET /v1/log it is shown such ones whole, as only by them it can judge what founded its co-op
 * and what its book counts in. What they say is public: units in GET /v1/ledger, and stewards' keys
 * in each act that they sign for the co-op.
 */
bool scope_sees_network(const struct caller *c, const struct part *parts, size_t n);

/*
 * A pending act: to those who may sign it ("role holder" or a kid, a line each in `asks`), who have
 * signed it (kids parted by spaces), and who acts.
 */
bool scope_sees_pending(const struct caller *c, const char *by, const char *kids, const char *asks);

/* Whom a part is about: a member and its co-op, or a co-op alone, or neither; "" where there is
 * none. */
void scope_concerned(const struct part *p, char member[ADDRESS_MAX + 1], char coop[COOP_MAX + 1]);

#endif
