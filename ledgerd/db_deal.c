/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_deal.h"

#include <stdlib.h>
#include <string.h>

#include "core/record.h"

#define PARTS_MAX 16

/* An act and the postings of a transfer: what else a record has, which may be much, isn't read.
 * OFFSET 0: as db_post.c's. */
#define RECORD_OF(idx)                                                          \
    " CROSS JOIN LATERAL (SELECT r.header, substr(r.parts, 1, 100000) AS parts" \
    "  FROM records r WHERE r.idx = " idx " OFFSET 0) r"

/* clang-format off */
const struct db_stmt db_deal_stmts[] = {
    {"ask_deals", "SELECT r.header, r.parts,"
                  " (SELECT coalesce(sum(v.amount), 0)::bigint FROM reversals v"
                  "  WHERE v.record = u.idx), q.answer, q.paid"
                  " FROM unnest($1::bigint[]) AS u(idx)"
                  RECORD_OF("u.idx")
                  " LEFT JOIN LATERAL (SELECT answer, paid FROM requests"
                  "  WHERE idx = u.idx OFFSET 0) q ON true"},
    {"ask_asked", "SELECT r.header, r.parts, 0::bigint, q.answer, q.paid"
                  " FROM unnest($1::bytea[]) AS u(hash)"
                  " CROSS JOIN LATERAL (SELECT idx, answer, paid FROM requests"
                  "  WHERE payload_hash = u.hash OFFSET 0) q"
                  RECORD_OF("q.idx")},
};
/* clang-format on */
const size_t db_deal_stmts_count = ARRAY_LEN(db_deal_stmts);

static int ask(struct db_pipe *pipe, const char *name, struct pgarray *list)
{
    struct db_args args = DB_ARGS_INIT;

    db_arg_array(&args, list);
    return db_pipe_send(pipe, name, &args);
}

int db_deal_ask(struct db_pipe *pipe, struct pgarray *records)
{
    return ask(pipe, "ask_deals", records);
}

int db_deal_ask_asked(struct db_pipe *pipe, struct pgarray *payload_hashes)
{
    return ask(pipe, "ask_asked", payload_hashes);
}

static struct deal *take_deal(const PGresult *res, int row)
{
    const char *header = res_text(res, row, 0), *at = res_text(res, row, 1);
    const char *parts[PARTS_MAX];
    size_t lens[PARTS_MAX], n = 0;

    while (n < PARTS_MAX && *at != '\0') {
        parts[n] = at;
        lens[n] = strcspn(at, "\n");
        at += lens[n] + (at[lens[n]] == '\n');
        n++;
    }
    return record_deal(header, strlen(header), parts, lens, n);
}

int db_deal_take(const PGresult *res, struct state *s)
{
    for (int row = 0; row < PQntuples(res); row++) {
        struct deal *deal = take_deal(res, row);

        if (deal == NULL) {
            continue; /* a record of another kind: there is no such deal */
        }
        deal->reversed = res_int(res, row, 2);
        if (deal->is_request) {
            if (res_null(res, row, 4)) {
                free(deal);
                return -1;
            }
            deal->answer = res_null(res, row, 3) ? -1 : res_int(res, row, 3);
            deal->paid = res_bool(res, row, 4);
            state_put(s, THING_ASK, &ask_new(&deal->payload_hash, deal->record)->thing);
        }
        state_put(s, THING_DEAL, &deal->thing);
    }
    return 0;
}

struct voided *db_deal_voided(const PGresult *res, int row)
{
    struct hash payload_hash;
    struct voided *v;
    enum role role;

    if (res_bytes(res, row, 0, payload_hash.b, HASH_LEN) != 0 ||
        role_parse(res_text(res, row, 2), &role) != 0) {
        return NULL;
    }
    v = voided_new(&payload_hash, res_text(res, row, 1), role);
    v->record = res_int(res, row, 3);
    return v;
}
