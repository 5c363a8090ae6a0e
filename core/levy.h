/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LEVY_H
#define PUMASI_LEVY_H

#include "core/state.h"

/* What members pay their co-op, as its policy for a unit says (docs/protocol.md 4.5, 4.7, 4.12). */

/* floor(amount × per_mille / 1000) minor units, of at most AMOUNT_MAX and LEVY_PER_MILLE_MAX. */
int64_t levy_of(int64_t amount, int64_t per_mille);

/*
 * What the payer of a transfer pays on top of it, as levy_of has it; *purse is where it goes, a
 * name that lives as long as the policy does. 0, and *purse untouched, where there is none: without
 * a levy, while its purse isn't active, when the payer is a purse, or when the payee is the one
 * that it would go into.
 */
int64_t levy_on_transfer(const struct state *s, const struct act_transfer *t, const char **purse);

/*
 * What of the levy on `amount` goes back when `back` more of it does, of which `before` went back
 * earlier: pro rata of the whole, rounded down, so that all of it is back with all of the amount
 * and never more than all. before + back is at most amount.
 */
int64_t levy_refund(int64_t levy, int64_t amount, int64_t before, int64_t back);

/* "2026-11" as months since the year 0: 0, or -1 when it is none. */
#define LEVY_MONTH_LEN 7
int levy_month_parse(const char *s, int32_t *out) MUST_CHECK;
void levy_month_text(char out[LEVY_MONTH_LEN + 1], int32_t month);
/* The month of a day (days since 1970). */
int32_t levy_month_of(int32_t day);

/*
 * The one jti that the levy on a member for a month has, so that it is taken once: b64u of
 * SHA-256("levy" 0x00 member 0x00 unit 0x00 month).
 */
void levy_jti(char out[HASH_B64U_LEN + 1], const char *member, const char *unit, const char *month);

/*
 * What the rules ask of a levy besides the policy: of a person, in its month or the one after,
 * should the ledger have been away. 0, or -1 with the refusal. The member is there; today is the
 * record's day in the ledger's zone.
 */
int levy_is_due(const struct state *s, const struct act_levy *l, int32_t today,
                struct refusal *r) MUST_CHECK;
/*
 * What they ask of an estate besides the policy: of a member who has been frozen for 30 days, into
 * a purse that is active. 0, or -1 with the refusal. Member and purse are there; ms is the record's
 * time.
 */
int estate_is_due(const struct state *s, const struct act_estate *e, int64_t ms,
                  struct refusal *r) MUST_CHECK;

#endif
