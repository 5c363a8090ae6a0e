/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ACT_H
#define PUMASI_ACT_H

#include "core/amount.h"
#include "core/base.h"
#include "core/envelope.h"
#include "core/hash.h"
#include "core/key.h"
#include "core/name.h"
#include "core/refusal.h"
#include "core/strict.h"
#include "core/text.h"

/*
 * A decoded payload (protocol section 2): the members that every act has, and those of its type.
 * One row of act_types and one file core/act_<subject>.c for each type; rules.h has the entry
 * points.
 */
enum act_type {
    ACT_LEDGER_OPEN,
    ACT_UNIT_CREATE,
    ACT_COOP_CREATE,
    ACT_COOP_POLICY,
    ACT_MEMBER_CREATE,
    ACT_MEMBER_UPDATE,
    ACT_MEMBER_FREEZE,
    ACT_MEMBER_UNFREEZE,
    ACT_MEMBER_CLOSE,
    ACT_RECORD_ALLOW,
    ACT_ACCOUNT_LIMITS,
    ACT_KEY_ADD,
    ACT_KEY_REVOKE,
    ACT_THRESHOLD_SET,
    ACT_TRANSFER,
    ACT_REQUEST,
    ACT_REVERSAL,
    ACT_DECLINE,
    ACT_SNAPSHOT,
    ACT_KEY_RECOVER,
    ACT_KEY_RECOVER_FINISH,
    ACT_KEY_OBJECT,
    ACT_LINE_SET,
    ACT_CLEARING_PROPOSE,
    ACT_CLEARING_CONSENT,
    ACT_CLEARING_DECLINE,
    ACT_CLEARING_POST,
    ACT_LEDGER_CONTINUE,
    ACT_LEVY,
    ACT_ESTATE,
    ACT_COOP_CLOSE,
    ACT_SETTLEMENT,
};
#define ACT_TYPE_COUNT (ACT_SETTLEMENT + 1)

#define HOLDER_MAX       ADDRESS_MAX
#define ACT_KEYS_MAX     100
#define ACT_LIFETIME_MAX (30 * 86400) /* seconds */

#define LEVY_PER_MILLE_MAX 1000
/* For so long a registrar may take back what the office recorded. */
#define OFFICE_REVERSAL_MS (30 * INT64_C(86400000))

/* Keys listed in a payload. */
struct act_keys {
    size_t n;
    struct key *keys; /* owned by the act */
};

/* An optional hash of a text that travels beside the act. */
struct act_hash {
    bool there;
    struct hash hash;
};

struct act_bounds { /* minor units */
    int64_t floor, ceiling;
    bool no_ceiling;
};

struct act_ledger_open {
    char name[TEXT_NAME_MAX + 1];
    char zone[65];
    uint8_t nonce[16];
    struct key log_key, clerk_key;
    struct act_keys stewards;
    int64_t threshold, rules;
};
struct act_unit_create {
    char unit[UNIT_MAX + 1];
    char name[TEXT_NAME_MAX + 1];
    int64_t scale;
    enum unit_kind kind;
};
struct act_coop_create {
    char coop[COOP_MAX + 1];
    char name[TEXT_NAME_MAX + 1];
    struct act_keys treasurers, registrars;
    int64_t threshold;
};
/* Does a co-op clear with the others: when it consents, always, or never? */
enum clearing_choice {
    CLEARING_ASK,
    CLEARING_AUTO,
    CLEARING_NEVER,
};
/* What members pay their co-op, into a purse of its. */
struct act_levies {
    bool has_per_mille, has_monthly;
    int64_t per_mille;           /* of what they pay, on top of it */
    int64_t monthly;             /* minor units */
    char purse[ADDRESS_MAX + 1]; /* empty when absent */
};
struct act_coop_policy {
    char coop[COOP_MAX + 1];
    char unit[UNIT_MAX + 1];
    struct act_bounds bounds, registrar;
    int64_t reversal_days;
    bool has_clearing; /* else CLEARING_ASK goes without saying */
    enum clearing_choice clearing;
    struct act_levies levy;
};
struct act_member { /* .create, .update, .freeze, .unfreeze, .close and record.allow */
    char member[ADDRESS_MAX + 1];
    bool purse;
    bool allowed;
    struct act_hash name, reason;
    struct act_keys keys;
    int64_t threshold;
};
struct act_account_limits {
    char member[ADDRESS_MAX + 1];
    char unit[UNIT_MAX + 1];
    struct act_bounds bounds;
    struct act_hash reason;
};
struct act_key { /* key.add, key.revoke, threshold.set */
    char holder[HOLDER_MAX + 1];
    enum role role;
    struct key key;
    struct kid kid;
    int64_t threshold;
};
struct act_recover { /* key.recover, key.recover.finish and key.object */
    char holder[HOLDER_MAX + 1];
    enum role role;       /* member or treasurer */
    struct act_keys keys; /* key.recover: those that come into force */
    int64_t threshold;
    int64_t record; /* the others: which record began the recovery */
    struct act_hash reason;
};
struct act_transfer { /* request too */
    char from[ADDRESS_MAX + 1], to[ADDRESS_MAX + 1];
    char unit[UNIT_MAX + 1];
    int64_t amount;
    struct act_hash memo;
    bool has_value_date;
    int32_t value_date;              /* days since 1970 */
    char category[CATEGORY_MAX + 1]; /* empty when absent */
    bool has_request;                /* transfer: the record of the request that it answers */
    int64_t request;
    int64_t max_hops; /* transfer: edges that its way may have at most, 4 when absent */
    int64_t levy_max; /* transfer: how much of a levy the payer agrees to, 0 when it doesn't say */
    int32_t expires;  /* request: the last day on which it can be answered, days since 1970 */
};
struct act_reversal {
    int64_t record; /* of the transfer */
    int64_t amount;
    struct act_hash reason;
};
struct act_decline {
    struct hash act; /* SHA-256 of the payload of what is declined */
    struct act_hash reason;
};

struct act_clearing { /* .propose, .consent, .decline and .post */
    char unit[UNIT_MAX + 1];
    bool has_round;
    int64_t round;    /* which record proposed the round; of a proposal, the one that it replaces */
    int64_t deadline; /* propose: for consents, seconds since 1970 */
    struct hash hash; /* consent, post: of the legs */
    struct act_hash reason; /* decline */
    size_t n_consents;      /* post */
    int64_t *consents;      /* their records, ascending; owned by the act */
};
struct act_line_set {
    char coop[COOP_MAX + 1], partner[COOP_MAX + 1]; /* who trusts whom */
    char unit[UNIT_MAX + 1];
    int64_t limit; /* how much partner may owe coop */
    bool transit;
};
/* What a member pays for a month, as the policy then says. */
struct act_levy {
    char member[ADDRESS_MAX + 1];
    char unit[UNIT_MAX + 1];
    int32_t month; /* since the year 0: levy.h */
};
/* What a member leaves goes to a purse, or is made good from it. */
struct act_estate {
    char member[ADDRESS_MAX + 1], purse[ADDRESS_MAX + 1];
    char unit[UNIT_MAX + 1];
    struct act_hash reason;
};
struct act_coop_close {
    char coop[COOP_MAX + 1];
    struct act_hash reason;
};

/* What `from` gave `to` outside the ledger. */
enum settlement_means {
    MEANS_MONEY,
    MEANS_GOODS,
    MEANS_HOURS,
};
struct act_settlement {
    char from[COOP_MAX + 1], to[COOP_MAX + 1];
    char unit[UNIT_MAX + 1];
    int64_t amount;
    enum settlement_means means;
    int32_t date; /* days since 1970 */
    struct act_hash reference;
};

struct act_snapshot {
    int64_t size, count; /* of the log; leaves of the snapshot's tree */
    struct hash root;
};

struct act_ledger_continue {
    char origin[ORIGIN_MAX + 1]; /* from this record on */
    char *kept;                  /* the latest checkpoint known; owned by the act */
    int64_t found;               /* how many records are left, and so the index of this one */
    struct hash root;            /* of their tree */
};

struct act {
    enum act_type type;
    char aud[LEDGER_ID_MAX + 1];
    char by[HOLDER_MAX + 1];
    char jti[JTI_MAX + 1];
    int64_t iat, exp; /* seconds */
    struct hash payload_hash;
    union {
        struct act_ledger_open ledger_open;
        struct act_unit_create unit_create;
        struct act_coop_create coop_create;
        struct act_coop_policy coop_policy;
        struct act_member member;
        struct act_account_limits account_limits;
        struct act_key key;
        struct act_recover recover;
        struct act_transfer transfer; /* request too */
        struct act_reversal reversal;
        struct act_decline decline;
        struct act_snapshot snapshot;
        struct act_line_set line_set;
        struct act_clearing clearing;
        struct act_ledger_continue ledger_continue;
        struct act_levy levy;
        struct act_estate estate;
        struct act_coop_close coop_close;
        struct act_settlement settlement;
    } u;
};

/* "money", "goods", "hours": 0, or -1 for another word. */
int settlement_means_parse(const char *s, enum settlement_means *out) MUST_CHECK;

const char *act_type_name(enum act_type type); /* "transfer" */

/*
 * Decodes the payload of an envelope: grammar and ranges, nothing of the ledger's state. The only
 * refusal is malformed, and then nothing needs freeing.
 */
int act_parse(struct act *out, const struct envelope *env, struct refusal *r) MUST_CHECK;
void act_free(struct act *a);

/*
 * The texts that travel beside the act against the hashes in it and the rule for texts. A text may
 * be missing, since whoever signs later need not have it. Refusals: text-mismatch, malformed.
 */
int act_check_texts(const struct act *a, const struct submission *s, struct refusal *r) MUST_CHECK;

#endif
