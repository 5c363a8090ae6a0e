/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ACT_ROW_H
#define PUMASI_ACT_ROW_H

#include "core/rules.h"

/*
 * The table of act types. A new act is a row here, its members in act.h's union, and a file of
 * parse, ways and decide. Only the rules include this header.
 */

/* A number of signatures wanted from a group of keys: a holder's in a role, or those that the
 * payload lists. */
struct group {
    const char *holder;
    enum role role;
    int64_t of;
    struct kid *listed; /* owned by the ways; NULL: the holder's registered keys */
    size_t n_listed;
};

/* One way to authorise an act: all its groups. Every signature must belong to one of them. */
#define GROUPS_MAX 4
struct way {
    size_t n;
    struct group groups[GROUPS_MAX];
    enum refusal_code barred; /* not REFUSED_NOT: whoever signs so is refused with this */
};
#define WAYS_MAX 4
struct ways {
    size_t n;
    struct way way[WAYS_MAX];
};

struct act_row {
    const char *name;
    /* The type's own members; faults go into `in`. */
    void (*parse)(struct strict *in, struct act *a);
    /* Who may authorise it. -1 with a refusal when nobody could (`by` isn't who may act so, what it
     * is about isn't there). */
    int (*ways)(const struct state *s, const struct act *a, struct ways *out, struct refusal *r);
    /* The rules, once it is authorised, by the `way` of those that goes the signatures' way. -1
     * with out->refusal; else legs, changes and keys are in out. */
    int (*decide)(const struct state *s, const struct act *a, struct moment now, int64_t index,
                  struct outcome *out);
};

extern const struct act_row act_rows[ACT_TYPE_COUNT];

/* Parsing, for the rows. Each copies a checked member into `out`; a fault is remembered in `in`. */
void parse_name(struct strict *in, const char *member, bool (*is)(const char *s), char *out,
                size_t size);
void parse_holder(struct strict *in, const char *member, char *out, size_t size);
void parse_plain_text(struct strict *in, const char *member, char *out, size_t size);
void parse_hash(struct strict *in, const char *member, struct act_hash *out);
void parse_bounds(struct strict *in, const char *floor, const char *ceiling,
                  struct act_bounds *out);
void parse_key(struct strict *in, const char *member, struct key *out);
void parse_keys(struct strict *in, const char *member, struct act_keys *out);
/* A fault when two of the lists (or one in itself) name the same key. */
void parse_distinct(struct strict *in, const char *member, const struct act_keys *lists[],
                    size_t n);

/* Holder and role, which must fit each other. */
void parse_holder_role(struct strict *in, char *holder, size_t size, enum role *role);

/* Ways, for the rows. way_add begins a new way and returns it. */
struct way *way_add(struct ways *ways);
void way_office(struct way *way, const char *holder, enum role role, int64_t of);
void way_listed(struct way *way, const char *holder, enum role role, const struct key *keys,
                size_t n);
/* A holder's governing keys: as many as its threshold says. */
void way_governing(const struct state *s, struct way *way, const char *holder, enum role role);
/* The role of the first group of the first way, whoever signed; -1 with a refusal when there is
 * none. */
int way_first(const struct state *s, const struct act *a, enum role *role,
              struct refusal *r) MUST_CHECK;
/* -1 with not-permitted unless the act's `by` is that holder. */
int act_by(const struct act *a, const char *holder, struct refusal *r) MUST_CHECK;

/* Outcomes, for the rows. They take over what they are given. */
void outcome_change(const struct state *s, struct outcome *out, enum thing_kind kind,
                    struct thing *after, int64_t index);
void outcome_leg(const struct state *s, struct outcome *out, struct account *after, int64_t amount,
                 int64_t floor, int64_t index);
void outcome_key(struct outcome *out, const struct key *key, const char *holder, enum role role,
                 bool revoked);
/* -1 with already-exists when a key of the list is or was registered. */
int keys_are_new(const struct state *s, const struct key *keys, size_t n,
                 struct refusal *r) MUST_CHECK;

/* The account of that name to make a leg of: a copy, or a new one where there is none. */
struct account *account_to_move(const struct state *s, const char *name);
/* The member or purse of that address: NULL with unknown-account. */
const struct holder *member_of(const struct state *s, const char *address, struct refusal *r);
/* The purse of that address: NULL with unknown-account. */
const struct holder *purse_of(const struct state *s, const char *address, struct refusal *r);
/* The limits in force for an account: its own, else its co-op's policy for the unit. False when
 * there is no policy. */
bool limits_of(const struct state *s, const char *address, const char *unit,
               struct act_bounds *out);

/* What pays what to whom: a transfer, or the way back of one. */
struct payment {
    const char *from, *to, *unit;
    int64_t amount;
    int64_t max_hops; /* a transfer's, where the two are of different co-ops */
    bool back;   /* a reversal: the ceiling of who gets it back doesn't count, `way` is given */
    bool forced; /* by the treasurers of who pays it back: a freeze doesn't keep it from them */
    struct network_way way; /* which co-ops it passes; of a transfer it is found */
    /* What goes into a purse of the payer's co-op on top, or with `back` from it to who paid. */
    int64_t levy, levy_max;
    const char *purse;
    bool over; /* the payee's ceiling doesn't count */
};
/* Puts all legs into the outcome, or a refusal. The unit exists. */
int payment_decide(const struct state *s, struct payment *p, int64_t index,
                   struct outcome *out) MUST_CHECK;
/*
 * debtor owes creditor so much more (negative: less): a leg of !pos.<creditor>@<debtor>, then one
 * of !pos.<debtor>@<creditor>. Checked: -1 with line-exhausted when the one that falls would fall
 * below its floor; else the legs are marked. -1 too when a balance would leave the protocol's
 * integers. An outcome can have each pair but once.
 */
int position_move(const struct state *s, struct outcome *out, const char *debtor,
                  const char *creditor, const char *unit, int64_t amount, int64_t index,
                  bool checked) MUST_CHECK;
/* Counts a record in a book that neither a leg nor a change touches. */
void outcome_book(const struct state *s, struct outcome *out, const char *coop, int64_t index);
/* A transfer or request begins, or is answered or reversed. Takes the deal over. */
void outcome_deal(struct outcome *out, struct deal *deal);
/* -1 with closed when the co-op is. */
int coop_is_open(const struct holder *coop, struct refusal *r) MUST_CHECK;
/* -1 with frozen or closed unless the member is active. */
int member_is_active(const struct holder *member, struct refusal *r) MUST_CHECK;
/* -1 with frozen while new keys of the holder's wait to replace those in force. */
int keys_not_recovered(const struct holder *h, struct refusal *r) MUST_CHECK;
/*
 * Keys that are being recovered may be in wrong hands: -1 with frozen when one of them signed
 * anything but an objection to just that. Judged last before the act's own rules, so that acts that
 * wait go on waiting, and can be posted if the recovery comes to nothing.
 */
int keys_stand_still(const struct state *s, const struct act *a, const struct envelope *env,
                     struct refusal *r) MUST_CHECK;
/* May a registrar of its co-op record what it pays? It has no keys, or allowed it. */
bool registrar_may_pay(const struct holder *payer);
/* What transfer and request are both refused for: unknown-unit, same-account, malformed. */
int terms_decide(const struct state *s, const struct act_transfer *t, struct moment now,
                 struct refusal *r) MUST_CHECK;

void ledger_open_parse(struct strict *in, struct act *a);
int ledger_open_ways(const struct state *s, const struct act *a, struct ways *out,
                     struct refusal *r);
int ledger_open_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                       struct outcome *out);
void ledger_continue_parse(struct strict *in, struct act *a);
int ledger_continue_ways(const struct state *s, const struct act *a, struct ways *out,
                         struct refusal *r);
int ledger_continue_decide(const struct state *s, const struct act *a, struct moment now,
                           int64_t index, struct outcome *out);
void unit_create_parse(struct strict *in, struct act *a);
int unit_create_ways(const struct state *s, const struct act *a, struct ways *out,
                     struct refusal *r);
int unit_create_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                       struct outcome *out);
void coop_create_parse(struct strict *in, struct act *a);
int coop_create_ways(const struct state *s, const struct act *a, struct ways *out,
                     struct refusal *r);
int coop_create_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                       struct outcome *out);
void coop_policy_parse(struct strict *in, struct act *a);
int coop_policy_ways(const struct state *s, const struct act *a, struct ways *out,
                     struct refusal *r);
int coop_policy_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                       struct outcome *out);
void member_create_parse(struct strict *in, struct act *a);
int member_create_ways(const struct state *s, const struct act *a, struct ways *out,
                       struct refusal *r);
int member_create_decide(const struct state *s, const struct act *a, struct moment now,
                         int64_t index, struct outcome *out);
void member_update_parse(struct strict *in, struct act *a);
int member_update_decide(const struct state *s, const struct act *a, struct moment now,
                         int64_t index, struct outcome *out);
void member_reason_parse(struct strict *in, struct act *a); /* freeze, unfreeze, close */
int member_or_registrar_ways(const struct state *s, const struct act *a, struct ways *out,
                             struct refusal *r);
int member_freeze_decide(const struct state *s, const struct act *a, struct moment now,
                         int64_t index, struct outcome *out);
int member_unfreeze_ways(const struct state *s, const struct act *a, struct ways *out,
                         struct refusal *r);
int member_unfreeze_decide(const struct state *s, const struct act *a, struct moment now,
                           int64_t index, struct outcome *out);
int member_close_decide(const struct state *s, const struct act *a, struct moment now,
                        int64_t index, struct outcome *out);
void record_allow_parse(struct strict *in, struct act *a);
int record_allow_ways(const struct state *s, const struct act *a, struct ways *out,
                      struct refusal *r);
int record_allow_decide(const struct state *s, const struct act *a, struct moment now,
                        int64_t index, struct outcome *out);
void account_limits_parse(struct strict *in, struct act *a);
int account_limits_ways(const struct state *s, const struct act *a, struct ways *out,
                        struct refusal *r);
int account_limits_decide(const struct state *s, const struct act *a, struct moment now,
                          int64_t index, struct outcome *out);
void key_add_parse(struct strict *in, struct act *a);
int key_add_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r);
int key_add_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                   struct outcome *out);
void key_revoke_parse(struct strict *in, struct act *a);
int key_governing_ways(const struct state *s, const struct act *a, struct ways *out,
                       struct refusal *r);
int key_revoke_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                      struct outcome *out);
void threshold_set_parse(struct strict *in, struct act *a);
int threshold_set_decide(const struct state *s, const struct act *a, struct moment now,
                         int64_t index, struct outcome *out);
void key_recover_parse(struct strict *in, struct act *a);
int key_recover_ways(const struct state *s, const struct act *a, struct ways *out,
                     struct refusal *r);
int key_recover_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                       struct outcome *out);
void key_recover_end_parse(struct strict *in, struct act *a); /* finish, object */
int key_recover_finish_ways(const struct state *s, const struct act *a, struct ways *out,
                            struct refusal *r);
int key_recover_finish_decide(const struct state *s, const struct act *a, struct moment now,
                              int64_t index, struct outcome *out);
int key_object_ways(const struct state *s, const struct act *a, struct ways *out,
                    struct refusal *r);
int key_object_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                      struct outcome *out);
void transfer_parse(struct strict *in, struct act *a);
int transfer_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r);
int transfer_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                    struct outcome *out);
void request_parse(struct strict *in, struct act *a);
int request_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r);
int request_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                   struct outcome *out);
void decline_parse(struct strict *in, struct act *a);
int decline_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r);
int decline_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                   struct outcome *out);
void reversal_parse(struct strict *in, struct act *a);
int reversal_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r);
int reversal_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                    struct outcome *out);
void snapshot_parse(struct strict *in, struct act *a);
int snapshot_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r);
int snapshot_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                    struct outcome *out);
void clearing_propose_parse(struct strict *in, struct act *a);
int clearing_propose_ways(const struct state *s, const struct act *a, struct ways *out,
                          struct refusal *r);
int clearing_propose_decide(const struct state *s, const struct act *a, struct moment now,
                            int64_t index, struct outcome *out);
void clearing_consent_parse(struct strict *in, struct act *a);
int clearing_answer_ways(const struct state *s, const struct act *a, struct ways *out,
                         struct refusal *r); /* consent, decline */
int clearing_consent_decide(const struct state *s, const struct act *a, struct moment now,
                            int64_t index, struct outcome *out);
void clearing_decline_parse(struct strict *in, struct act *a);
int clearing_decline_decide(const struct state *s, const struct act *a, struct moment now,
                            int64_t index, struct outcome *out);
void clearing_post_parse(struct strict *in, struct act *a);
int clearing_post_ways(const struct state *s, const struct act *a, struct ways *out,
                       struct refusal *r);
int clearing_post_decide(const struct state *s, const struct act *a, struct moment now,
                         int64_t index, struct outcome *out);
void line_set_parse(struct strict *in, struct act *a);
int line_set_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r);
int line_set_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                    struct outcome *out);
void levy_parse(struct strict *in, struct act *a);
int levy_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r);
int levy_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                struct outcome *out);
void estate_parse(struct strict *in, struct act *a);
int estate_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r);
int estate_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                  struct outcome *out);
void coop_close_parse(struct strict *in, struct act *a);
int coop_close_ways(const struct state *s, const struct act *a, struct ways *out,
                    struct refusal *r);
int coop_close_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                      struct outcome *out);
void settlement_parse(struct strict *in, struct act *a);
int settlement_ways(const struct state *s, const struct act *a, struct ways *out,
                    struct refusal *r);
int settlement_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                      struct outcome *out);

#endif
