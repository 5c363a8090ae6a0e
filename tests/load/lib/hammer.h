/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_HAMMER_H
#define PUMASI_HAMMER_H

/* What the files of the load generator share; see tests/load/hammer.c for what it does. */

#include <curl/curl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/envelope.h"
#include "core/name.h"
#include "core/note.h"
#include "core/num.h"
#include "core/record.h"
#include "core/text.h"
#include "core/tree.h"

#define SHOTS_MAX 200 /* acts sent in one request at most */
#define SPECIALS  32  /* members for one connection alone: the most connections */
#define PAUSE_MS  50  /* before an act is sent again */
#define HASH_HEX  (2 * HASH_LEN + 1)
#define UNIT      "hour"
#define COOPS     2
extern const char *const coops[COOPS];

struct hammer {
    const char *url, *journal_path, *leaves_path;
    int64_t seed, load, members, connections, seconds;
    bool once; /* nothing is sent a second time */
    int journal;
    char id[256], origin[ORIGIN_MAX + 1], vkey[VKEY_MAX];
    struct key log_key;
    atomic_bool stop;
    atomic_int wrong;
    atomic_int_fast64_t sent, posted, refused, again; /* `again`: no answer, or 503 */
};

/* One connection: a thread with its own random numbers. */
struct conn {
    struct hammer *h;
    CURL *curl;
    struct buf answer;
    int number;
    long request_ms; /* how long it waits for an answer */
    uint64_t random;
    int64_t acts;
};

/* An act on its way. */
struct shot {
    char jti[JTI_MAX + 1], by[ADDRESS_MAX + 1];
    char *body;
    const char *want; /* "posted", "pending", a refusal, or NULL: whatever comes */
    bool done;
    int64_t index;            /* of its record, once it is posted */
    struct hash payload_hash; /* by which a decline names it */
};

/* ---- journal.c ---- */

void journal(struct hammer *h, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Something that must never be: journalled, shown, and the exit status is 1. */
void wrong(struct hammer *h, const char *fmt, ...) PRINTF_LIKE(2, 3);
void hex(char out[HASH_HEX], const struct hash *hash);
int64_t clock_ms(clockid_t id);
void pause_ms(int ms);

/* ---- send.c ---- */

void conn_open(struct conn *c, struct hammer *h, int number);
void conn_close(struct conn *c);
/* The status, or 0 when no whole answer came; the body is in c->answer. A body makes it a POST of
 * that type. */
long ask(struct conn *c, const char *path, const char *body, size_t len, const char *type);
/* GET /v1/ledger: who it is, into the hammer; the caller releases the answer. Tries for some
 * minutes. */
json_t *meet(struct conn *c);
/* Journals the acts, then sends the very same bytes until all are answered or it is time to stop.
 * True when all are. The bodies are freed. */
bool shoot(struct conn *c, struct shot *shots, size_t n, bool bulk);
/* Sends them for some minutes at most, without a line that they are; frees nothing. At most
 * SHOTS_MAX.
 */
void shoot_patiently(struct conn *c, struct shot *shots, size_t n, bool bulk);

/* ---- acts.c ---- */

/* The secret key of that name, from the seed. */
void secret_of(const struct hammer *h, const char *name, uint8_t secret[KEY_SECRET_LEN]);
void put_jwk(struct buf *b, const struct hammer *h, const char *name);
/* A random number from 0 to n - 1. */
int64_t rnd(struct conn *c, int64_t n);
/* Names: "registrar@mapo" of an office's key; members of both co-ops; members for one connection.
 */
const char *office(char out[ADDRESS_MAX + 1], const char *role, const char *coop);
void member(char out[ADDRESS_MAX + 1], int64_t i);
void special(char out[ADDRESS_MAX + 1], int64_t i);
/* Begins a payload with the members that every act has; the caller adds its own, each after a ','.
 */
void act_begin(struct conn *c, struct buf *b, struct shot *s, const char *type, const char *by);
/* Signs with the keys of those names and makes the submission, with a text in the field where there
 * is one; frees b. */
void act_end(struct conn *c, struct buf *b, struct shot *s, const char *const *signers,
             const char *field, const char *text);
#define SIGNERS(...) ((const char *const[]){__VA_ARGS__, NULL})
void make_new_member(struct conn *c, struct shot *s, const char *address, const char *name);
/* Mostly a payment that must be posted, sometimes one that must be refused. */
void make_any_transfer(struct conn *c, struct shot *s);

/* ---- The commands: setup.c, load.c, after.c ---- */

#define FLOOR INT64_C(-1000000000)
void setup(struct hammer *h);
/* Sends one act that must be posted; frees what it is made of. Ends the program where it isn't. */
void must(struct conn *c, struct shot *s);
/* A co-op of two treasurers who must sign together, and a registrar; with a policy and a purse. */
void setup_coop(struct conn *c, const char *coop);
void run(struct hammer *h);
void finish(struct hammer *h);
void check(struct hammer *h);
int64_t number(const char *s); /* -1 when it is none */

#endif
