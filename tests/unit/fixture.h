/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_FIXTURE_H
#define PUMASI_FIXTURE_H

/*
 * A ledger for tests, all of it fixed: keys come from the names that tests give them, time stands
 * where it is put, ids and salts are counted. Every record that is posted is kept, so that the
 * whole log can be replayed.
 */
#include "core/record.h"
#include "core/rules.h"
#include "core/tree.h"

#define FIX_ORIGIN "ledger.example/test"
#define FIX_MS     INT64_C(1795305600000) /* 2026-11-22T00:00:00Z */

/* No record of a test has more parts. */
#define FIX_PARTS_MAX 64

/* One record as it would be stored. */
struct fix_record {
    struct buf header;
    size_t n;
    struct buf parts[FIX_PARTS_MAX];
    int64_t ms;
    int32_t today;
};

struct fix {
    struct state *s;
    struct tree tree;
    size_t n, cap; /* records; n is the next one's index */
    struct fix_record *log;
    int64_t ms;         /* record time */
    int32_t today_plus; /* days that the ledger's zone is ahead of UTC's day */
    /* What the next act says; NULL and 0 mean what is right, and each act resets them. */
    const char *aud, *jti;
    int64_t iat, exp;
    unsigned jtis;
    /* Of the last act. */
    struct outcome out; /* refusal or needs; emptied when it posted */
    struct hash last_payload;
};

struct fix_key {
    struct key key;
    struct kid kid;
    uint8_t secret[KEY_SECRET_LEN];
};

/* The key of a name: its seed is SHA-256("pumasi test key " name). */
void fix_key(struct fix_key *out, const char *name);

/* An empty state; fix_open and fix_found go on from there. */
struct fix *fix_new(void);
void fix_free(struct fix *f);
/* ledger.open by `log`, `clerk` and stewards s1, s2, s3, two of whom must sign. */
void fix_open(struct fix *f);
/*
 * fix_open, the units hour (60, time) and won (1, credit), and the co-op hansalim: treasurers t1,
 * t2, t3 of whom two must sign, registrars r1 and r2, the policy of hour -600 to 1200 (a registrar
 * -900 to 1800), and the members alice (key alice), bob (bob), carol (carol1 and carol2, both must
 * sign), old (no keys) and the purse fund.
 */
void fix_found(struct fix *f);
/* A second co-op, icoop, of treasurer u1 and registrar q1, same policy, member dora (dora). */
void fix_found_second(struct fix *f);

/*
 * The payload of an act. Of the members, which are printf's, ' stands for ", $name for the JWK of
 * that name's key, #name for its kid and &17 for the hash of record 17's payload. The caller frees
 * it.
 */
char *fix_payload(struct fix *f, const char *type, const char *by, const char *members, ...)
    PRINTF_LIKE(4, 5);
/* An envelope over it, signed by the keys of the names in `signers`, a space between; verified
 * marks are set. */
void fix_envelope(struct envelope *out, const char *payload, const char *signers);
/* Decides; applies and records what is posted. "posted", "pending", or the refusal's name. */
const char *fix_submit(struct fix *f, const char *payload, const char *signers);
/* All of that at once. */
const char *fix_act(struct fix *f, const char *signers, const char *type, const char *by,
                    const char *members, ...) PRINTF_LIKE(5, 6);
/* fix_act for a plain transfer of hours by the payer. */
const char *fix_pay(struct fix *f, const char *signer, const char *from, const char *to,
                    int64_t amount);

/* The last act's needs as "holder role have/of, …". In a static buffer. */
const char *fix_needs(const struct fix *f);
/* Balance and seq of an account, 0 when it isn't there. */
int64_t fix_balance(const struct fix *f, const char *account);
int64_t fix_seq(const struct fix *f, const char *account);
/* A holder, who must be there. */
const struct holder *fix_holder(const struct fix *f, const char *name);
/* Is the key of that name somebody's, and not revoked? */
bool fix_in_force(const struct fix *f, const char *name);
/* Part i of record `index`. */
const char *fix_part(const struct fix *f, size_t index, size_t i);

/* Everything in a state as sorted text; the caller frees it. */
char *fix_dump(const struct state *s);
/* Replays one kept record into s, applies it and commits. 0, or -1 with why. */
int fix_replay_one(struct state *s, const struct fix *f, size_t index, char *why, size_t size);
/* The same, into one that forgets deals and has them from there. */
int fix_replay_from(struct state *s, const struct replay_source *from, const struct fix *f,
                    size_t index, char *why, size_t size);
/* Replays the log into a new state and compares it with f's. Fails the test when they differ. */
void fix_check_replay(const struct fix *f);
/* Sums of all balances by co-op and unit are zero, and seqs of parts count without a gap. Fails
 * the test when they aren't. */
void fix_check_books(const struct fix *f);

/* For cmocka: setup makes *state a fix_found ledger; teardown checks and frees it. */
int fix_setup(void **state);
int fix_teardown(void **state);

#endif
