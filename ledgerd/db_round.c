/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_round.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "lang/lang.h"
#include "ledgerd/db_ask.h"
#include "ledgerd/db_read.h"

static int odd(char *err, size_t err_size)
{
    (void)snprintf(err, err_size, _("table %s holds what ledgerd never writes"), "rounds");
    return -1;
}

static PGresult *ask_text(PGconn *conn, const char *sql, const char *a, const char *b, char *err,
                          size_t err_size)
{
    struct db_ask ask = {0};

    if (a != NULL) {
        db_ask_text(&ask, a);
    }
    if (b != NULL) {
        db_ask_text(&ask, b);
    }
    return db_ask_run(conn, sql, &ask, err, err_size);
}

int db_round_get(PGconn *conn, const char *unit, struct round **out, char *err, size_t err_size)
{
    PGresult *res = ask_text(conn,
                             "SELECT r.parties, l.legs, r.state, r.seq, r.record, r.round,"
                             " r.deadline FROM rounds r JOIN round_legs l ON l.unit = r.unit"
                             " WHERE r.unit = $1::text",
                             unit, NULL, err, err_size);
    struct round *r = NULL;
    int rc = 0;

    if (res == NULL) {
        return -1;
    }
    if (PQntuples(res) == 1) {
        r = round_read(unit, col_text(res, 0, 0), col_text(res, 0, 1));
        if (r == NULL || round_state_parse(col_text(res, 0, 2), &r->state) != 0) {
            free(r);
            r = NULL;
            rc = odd(err, err_size);
        } else {
            r->subject.seq = col_int(res, 0, 3);
            r->subject.record = col_int(res, 0, 4);
            r->record = col_int(res, 0, 5);
            r->deadline = col_int(res, 0, 6);
        }
    }
    PQclear(res);
    *out = r;
    return rc;
}

static int compare_int(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The consents among the parties, which round_put_parties wrote. */
static int take_consents(struct round_head *h, const char *parties)
{
    struct round *r = round_read(h->unit, parties, "");

    if (r == NULL) {
        return -1;
    }
    h->consents = x_malloc((r->n_parties + 1) * sizeof(*h->consents));
    for (size_t i = 0; i < r->n_parties; i++) {
        if (r->parties[i].stand == ROUND_CONSENTED) {
            h->consents[h->n_consents++] = r->parties[i].record;
        }
    }
    qsort(h->consents, h->n_consents, sizeof(*h->consents), compare_int);
    free(r);
    return 0;
}

int db_round_open(PGconn *conn, struct round_head **out, size_t *n, char *err, size_t err_size)
{
    PGresult *res = ask_text(conn,
                             "SELECT unit, round, deadline, hash, asked, consents, against, parties"
                             " FROM rounds WHERE state = 'open' ORDER BY unit",
                             NULL, NULL, err, err_size);
    struct hash hash;
    int rc = 0;

    if (res == NULL) {
        return -1;
    }
    *out = x_calloc((size_t)PQntuples(res) + 1, sizeof(**out));
    *n = 0;
    for (int row = 0; row < PQntuples(res) && rc == 0; row++) {
        struct round_head *h = &(*out)[(*n)++];
        str_copy(h->unit, sizeof(h->unit), col_text(res, row, 0));
        h->record = col_int(res, row, 1);
        h->deadline = col_int(res, row, 2);
        h->counts.asked = (size_t)col_int(res, row, 4);
        h->counts.consents = (size_t)col_int(res, row, 5);
        h->counts.against = (size_t)col_int(res, row, 6);
        if (!col_bytes(res, row, 3, hash.b, HASH_LEN) ||
            take_consents(h, col_text(res, row, 7)) != 0) {
            rc = odd(err, err_size);
        } else {
            hash_text(h->hash, &hash);
        }
    }
    PQclear(res);
    if (rc != 0) {
        db_round_heads_free(*out, *n);
    }
    return rc;
}

void db_round_heads_free(struct round_head *heads, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(heads[i].consents);
    }
    free(heads);
}

int db_round_owed(PGconn *conn, const char *coop, const char *unit, int64_t *owes, int64_t *owed,
                  char *err, size_t err_size)
{
    /* Of each co-op the accounts with the others are few; they stand before all others' names. */
    PGresult *res =
        ask_text(conn,
                 "SELECT coalesce(sum(balance) FILTER (WHERE balance > 0), 0)::bigint,"
                 " coalesce(-sum(balance) FILTER (WHERE balance < 0), 0)::bigint FROM accounts"
                 " WHERE coop = $1::text AND account > '!pos.' AND account < '!pos/'"
                 " AND split_part(account, '/', 2) = $2::text",
                 coop, unit, err, err_size);

    if (res == NULL) {
        return -1;
    }
    *owes = col_int(res, 0, 0);
    *owed = col_int(res, 0, 1);
    PQclear(res);
    return 0;
}

int db_round_posted(PGconn *conn, const char *jti, bool *posted, char *err, size_t err_size)
{
    PGresult *res = ask_text(
        conn, "SELECT EXISTS (SELECT 1 FROM records WHERE by = 'ledger' AND jti = $1::text)", jti,
        NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    *posted = col_bool(res, 0, 0);
    PQclear(res);
    return 0;
}
