/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_THING_H
#define PUMASI_THING_H

#include "core/act.h"
#include "core/base.h"

/*
 * The things that a ledger's state is made of (state.h). Immutable once put into a state. Each is
 * one block of memory that begins with `struct thing`, its strings behind it, and is freed by
 * free().
 */
struct thing {
    const char *name; /* inside the same block; unique in its table */
};

enum thing_kind {
    THING_HOLDER,   /* "alice@hansalim", "hansalim", "stewards", "ledger", "*" */
    THING_UNIT,     /* "hour" */
    THING_POLICY,   /* "hansalim/hour" */
    THING_ACCOUNT,  /* "alice@hansalim/hour" */
    THING_KEY,      /* the kid */
    THING_BOOK,     /* "hansalim" */
    THING_VOID,     /* "<payload hash> <holder> <role>": acts that were declined */
    THING_SNAPSHOT, /* "ledger": the latest one */
    THING_LINE,     /* "hansalim/icoop/hour": what hansalim trusts icoop with */
    THING_ROUND,    /* "hour": the latest round of clearing in it */
    /* As far as they were asked for: */
    THING_ID,   /* "<by> <jti>": acts posted before */
    THING_DEAL, /* "17": the transfer or the request that is record 17 */
    THING_ASK,  /* "<payload hash>": which record is the request of that payload */
};
#define THING_KINDS (THING_ASK + 1)

/* A subject counts its change parts: seq from 1, `record` is the latest one's index. */
struct subject {
    int64_t seq;
    int64_t record;
};

enum holder_kind {
    HOLDER_LEDGER,
    HOLDER_STEWARDS,
    HOLDER_COOP,
    HOLDER_PERSON,
    HOLDER_PURSE,
    HOLDER_AUDITORS
};
enum holder_state {
    HOLDER_ACTIVE,
    HOLDER_FROZEN,
    HOLDER_CLOSED
};

struct holder_key {
    struct key key;
    enum role role;
};

/* New keys that wait to replace those in force (protocol 4.4.1). */
struct recovery {
    int64_t record; /* of the key.recover */
    int64_t due_ms; /* from when on it can be finished: milliseconds since 1970 */
    bool objected;  /* by one of the keys in force */
    int64_t threshold;
    size_t n_keys;
    struct holder_key keys[]; /* sorted as a holder's */
};

struct holder {
    struct thing thing;
    enum holder_kind kind;
    enum holder_state state;
    struct subject subject;
    bool frozen_by_office;
    int64_t frozen_ms;    /* since when without a pause: milliseconds since 1970; 0 else */
    bool allowed;         /* may registrars record for me? */
    struct act_hash name; /* a member's */
    const char *title;    /* plain name of a co-op or of the ledger; else "" */
    const char *zone;     /* the ledger's; else "" */
    int64_t rules;        /* the ledger's; else 0 */
    int64_t threshold; /* how many of the governing role's keys must sign; 0 where the holder has no
                          such role */
    const struct recovery *recovery; /* of the governing role's keys, inside the same block; NULL
                                        while none is open */
    size_t n_keys;
    struct holder_key keys[]; /* in force, sorted by role, then by kid */
};

struct unit {
    struct thing thing;
    struct subject subject;
    const char *title;
    int64_t scale;
    enum unit_kind kind;
};

struct policy {
    struct thing thing;
    struct subject subject;
    struct act_bounds bounds, registrar;
    int64_t reversal_days;
    bool has_clearing; /* it was said; `clearing` holds anyway */
    enum clearing_choice clearing;
    struct act_levies levy;
};

struct account {
    struct thing thing;
    int64_t balance;
    int64_t seq;    /* postings so far */
    int64_t record; /* the latest posting's, -1 without one */
    bool has_limits;
    struct act_bounds limits;
    struct subject limits_subject;
    int64_t number; /* by which whoever keeps the state finds it; 0 without one. No rule asks */
};

/* What the ledger last committed to as a whole. */
struct snapshot {
    struct thing thing;
    struct subject subject;
    int64_t size, count;
    struct hash root;
    int32_t day; /* of its record, in the ledger's zone: days since 1970 */
};

/* How much of a unit one co-op lets another owe it. */
struct credit_line {
    struct thing thing;
    struct subject subject;
    int64_t limit; /* minor units, 0 or more */
    bool transit;  /* may others' payments pass over it? */
};

struct key_row {
    struct thing thing;
    struct key key;
    enum role role;
    bool revoked;
    const char *holder;
};

struct book {
    struct thing thing;
    struct subject entries;
};

struct posted_id {
    struct thing thing;
    int64_t record;
    struct hash payload_hash;
};

/* A holder's word, given in a role, that an act shall never be posted. */
struct voided {
    struct thing thing;
    struct hash payload_hash;
    enum role role;
    const char *holder;
    int64_t record; /* of the decline */
};

/* A transfer or a request, as far as later acts may name it. */
#define DEAL_VIA_MAX 3
struct deal {
    struct thing thing;
    int64_t record;
    int64_t ms; /* the record's time, milliseconds since 1970 */
    bool is_request;
    bool by_office; /* a registrar recorded it, or a purse's treasurers */
    char from[ADDRESS_MAX + 1], to[ADDRESS_MAX + 1];
    char unit[UNIT_MAX + 1];
    int64_t amount;
    int64_t reversed;                 /* transfer: how much of it was reversed */
    int64_t levy;                     /* transfer: what the payer paid on top of it */
    char levy_purse[ADDRESS_MAX + 1]; /* and where it went; empty without one */
    int32_t expires;                  /* request: the last day, days since 1970 */
    int64_t answer; /* request: the record that paid or declined it, -1 while it is open */
    bool paid;      /* request: `answer` is a transfer */
    struct hash payload_hash; /* request */
    /* A transfer to another co-op: those that it passed in between, from payer to payee. */
    size_t n_via;
    char via[DEAL_VIA_MAX][COOP_MAX + 1];
};

struct ask {
    struct thing thing;
    int64_t record;
};

/* Makers: one block each, the strings copied in. The caller owns the result until state_put. */
struct holder *holder_new(const char *name, const char *title, const char *zone, size_t n_keys);
struct holder *holder_copy(const struct holder *h,
                           size_t n_keys); /* with room for n_keys; as many as fit are copied */
/* holder_copy with that recovery, copied too, in the place of its own; NULL: without one. */
struct holder *holder_recovering(const struct holder *h, size_t n_keys,
                                 const struct recovery *recovery);
/* Zeroed, with room for n_keys. Freed by free(). */
struct recovery *recovery_new(size_t n_keys);
/* Sorts keys by role, then kid; to be called once they are filled in. */
void holder_sort_keys(struct holder *h);
void recovery_sort_keys(struct recovery *recovery);
size_t holder_count(const struct holder *h, enum role role);
bool holder_has_key(const struct holder *h, enum role role, const struct key *key);
bool holder_is_member(const struct holder *h); /* person or purse */
struct unit *unit_new(const char *name, const char *title);
struct policy *policy_new(const char *coop, const char *unit);
/* "<coop>/<partner>/<unit>": the line that coop gives partner. */
#define LINE_NAME_MAX (COOP_MAX + 1 + COOP_MAX + 1 + UNIT_MAX)
struct line_name {
    char coop[COOP_MAX + 1], partner[COOP_MAX + 1], unit[UNIT_MAX + 1];
};
void line_name(char out[LINE_NAME_MAX + 1], const char *coop, const char *partner,
               const char *unit);
void line_name_split(struct line_name *out, const char *name);
struct credit_line *line_new(const char *coop, const char *partner, const char *unit);
struct account *account_new(const char *name);
struct key_row *key_row_new(const struct kid *kid, const char *holder);
struct snapshot *snapshot_new(void);
struct book *book_new(const char *coop);
struct posted_id *posted_id_new(const char *by, const char *jti);
#define VOIDED_NAME_MAX (HASH_B64U_LEN + 1 + HOLDER_MAX + 1 + 16)
void voided_name(char out[VOIDED_NAME_MAX + 1], const struct hash *payload_hash, const char *holder,
                 enum role role);
struct voided *voided_new(const struct hash *payload_hash, const char *holder, enum role role);
#define DEAL_NAME_MAX 20
void deal_name(char out[DEAL_NAME_MAX + 1], int64_t record);
/* The deal that record `record` of that act (a transfer or a request) is, before anything named it;
 * `ms` is its time. */
struct deal *deal_new(const struct act *a, int64_t record, int64_t ms);
/* Has that holder a part in it, as payer, payee or the office of one, and so may know of it? */
bool deal_concerns(const struct deal *d, const char *holder);
/* The next co-op that the transfer passed; one too many is passed over. */
void deal_add_via(struct deal *d, const char *coop);
struct ask *ask_new(const struct hash *payload_hash, int64_t record);
/* A copy of a thing without variable parts inside but its strings. */
struct account *account_copy(const struct account *a);
struct book *book_copy(const struct book *b);
struct deal *deal_copy(const struct deal *d);

/* The role whose keys govern a holder: member, treasurer, steward. False for a purse, the ledger
 * and auditors, which have none. */
bool holder_governing_role(enum holder_kind kind, enum role *role);

/* "ask", "auto", "never"; and back: 0, or -1 for another word. */
const char *clearing_choice_name(enum clearing_choice choice);
int clearing_choice_parse(const char *s, enum clearing_choice *out) MUST_CHECK;

const char *holder_kind_name(enum holder_kind kind);
const char *holder_state_name(enum holder_state state);

#endif
