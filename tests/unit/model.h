/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_MODEL_H
#define PUMASI_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The rules once more, naively: arrays of a few members, keys by their numbers, no code shared with
 * core/. test_model compares it with the real ones, step by step. Written from docs/protocol.md; it
 * knows only the acts and the little world that the test makes.
 */
#define MODEL_COOPS   2
#define MODEL_MEMBERS 7 /* a co-op's: 0 to 4 persons, 5 and 6 purses */
#define MODEL_UNITS   2
#define MODEL_KEYS    400

enum model_type {
    MODEL_TRANSFER,
    MODEL_REQUEST,
    MODEL_REVERSAL,
    MODEL_DECLINE,
    MODEL_LIMITS,
    MODEL_POLICY,
    MODEL_CREATE,
    MODEL_UPDATE,
    MODEL_FREEZE,
    MODEL_UNFREEZE,
    MODEL_CLOSE,
    MODEL_ALLOW,
    MODEL_KEY_ADD,
    MODEL_KEY_REVOKE,
    MODEL_THRESHOLD,
    MODEL_RECOVER,
    MODEL_FINISH,
    MODEL_OBJECT,
    MODEL_TYPES,
};

/* Who a key is of: a role in a co-op; its member's number for members. */
enum model_role {
    MODEL_NOBODY,
    MODEL_MEMBER,
    MODEL_TREASURER,
    MODEL_REGISTRAR,
    MODEL_STEWARD, /* -1, -2 and -3 are their keys; two must sign */
};
struct model_key {
    enum model_role role;
    int coop, member;
    bool revoked;
};

/* A new key that waits to take the place of the old ones. */
struct model_recovery {
    bool open, objected;
    int since; /* its record */
    int64_t due;
    int key;
};

struct model_member {
    bool there, purse, allowed;
    int state;   /* 0 active, 1 frozen by itself, 2 frozen by the office, 3 closed */
    int need;    /* threshold */
    int changes; /* seq of the holder */
    int64_t balance[MODEL_UNITS], floor[MODEL_UNITS], ceiling[MODEL_UNITS];
    int seq[MODEL_UNITS];
    bool limits[MODEL_UNITS];
    struct model_recovery recovery;
};
struct model_coop {
    int need; /* treasurers' threshold */
    int book; /* seq */
    bool policy[MODEL_UNITS];
    int64_t floor[MODEL_UNITS], ceiling[MODEL_UNITS], reach_floor[MODEL_UNITS],
        reach_ceiling[MODEL_UNITS];
    int days[MODEL_UNITS];          /* reversal_days */
    struct model_recovery recovery; /* of the treasurers */
    struct model_member member[MODEL_MEMBERS];
};
/* A transfer or a request that was posted; of other records the type alone. */
struct model_record {
    enum model_type type;
    int id; /* its act's */
    int coop, member, to_coop, to_member, unit;
    int64_t amount, back; /* transfer: how much was reversed */
    int64_t ms;
    bool office;      /* transfer: by the payer's co-op */
    int64_t last_day; /* request */
    bool answered;
};
/* Somebody's word that an act shall never be posted. */
struct model_void {
    int id;
    enum model_role role;
    int coop, member;
};
struct model {
    struct model_coop coop[MODEL_COOPS];
    struct model_key key[MODEL_KEYS];
    struct model_record *record; /* of all records so far; freed by model_free */
    int n_records, n_voids;
    struct model_void *voided;
};

/* An act: what it is about, by whom it says it is, who signed. */
#define MODEL_SIGNERS 4
struct model_act {
    int id;       /* of this very payload: the same again is the same act */
    int64_t made; /* its iat, in milliseconds */
    enum model_type type;
    int coop, member;       /* whom it is about; the payer */
    int to_coop, to_member; /* payee */
    int by_coop, by_member; /* by_member -1: the office; by_coop MODEL_COOPS: the stewards */
    int unit;
    int64_t amount, floor, ceiling, reach_floor, reach_ceiling;
    int days;   /* policy */
    int record; /* transfer: the request that it answers, or -1; reversal; finish and object */
    int target; /* decline: the id of an act */
    int64_t value_day, last_day; /* days since 1970; no value date: 0 */
    bool allowed, purse;
    enum model_role role; /* key.add and so on: of the member, or of the co-op's office */
    int key, need;        /* the key added, revoked, or the member's first (-1: none) */
    int n_signers, signer[MODEL_SIGNERS];
};

/* At that time: "posted", "pending" or the refusal's name; what is posted has changed the model. */
const char *model_do(struct model *m, const struct model_act *a, int64_t ms);
/* Counts records that it needs to know no more of than that they are there. */
void model_skip(struct model *m, int records);
void model_free(struct model *m);

#endif
