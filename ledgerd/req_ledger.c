/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /v1/ledger: what a client needs before it can do anything; public. */
#include <stdlib.h>

#include "core/note.h"
#include "ledgerd/collector.h"
#include "ledgerd/out.h"
#include "ledgerd/req.h"
#include "ledgerd/shown.h"
#include "ledgerd/witnessing.h"

/* The answer so far, between the two reads. */
static void state_free(void *state)
{
    struct buf *b = state;

    buf_free(b);
    free(b);
}

/* Who cosigns this ledger; what it is as a witness of others; the forks that it has seen. */
static void put_witnesses(struct buf *b, struct ledgerd *d)
{
    struct witness_log log;
    char vkey[VKEY_MAX];

    out_open(b, "witnesses", '[');
    collector_put(d->collector, b);
    out_close(b, ']');
    if (d->witnessing != NULL) {
        cosigner_text(vkey, witnessing_who(d->witnessing));
        out_open(b, "witness", '{');
        out_str(b, "vkey", vkey);
        out_open(b, "logs", '[');
        for (size_t i = 0; witnessing_log(d->witnessing, i, &log); i++) {
            out_open(b, NULL, '{');
            out_str(b, "origin", log.origin);
            out_int(b, "size", log.seen ? (int64_t)log.latest.size : 0);
            out_close(b, '}');
        }
        out_close(b, ']');
        out_close(b, '}');
    }
    out_open(b, "forks", '[');
    if (d->witnessing != NULL) {
        witnessing_put_forks(d->witnessing, b);
    }
    out_close(b, ']');
}

static void on_units(struct request *r, const PGresult *res)
{
    struct buf *b = r->state;

    out_open(b, "units", '[');
    for (int i = 0; i < PQntuples(res); i++) {
        out_open(b, NULL, '{');
        out_str(b, "unit", col_text(res, i, UNITS_UNIT));
        out_str(b, "name", col_text(res, i, UNITS_TITLE));
        out_int(b, "scale", col_int(res, i, UNITS_SCALE));
        out_str(b, "kind", col_text(res, i, UNITS_KIND));
        out_close(b, '}');
    }
    out_close(b, ']');
    put_witnesses(b, r->d);
    out_close(b, '}');
    request_json(r, 200, b);
}

/* The act alone that waits for the stewards, of what is stored as a submission. */
static int put_act(struct buf *b, const char *submission, size_t len)
{
    struct submission sub;
    struct refusal refusal;

    if (submission_parse(&sub, submission, len, &refusal) != 0) {
        return -1;
    }
    out_raw(b, "act", "", 0);
    envelope_put(b, &sub.env);
    submission_free(&sub);
    return 0;
}

/* The act that waits for the stewards and whose signatures it wants. */
static int put_waiting(struct buf *b, const PGresult *res)
{
    if (col_null(res, 0, LEDGER_WAITING) ||
        put_act(b, col_text(res, 0, LEDGER_WAITING), col_len(res, 0, LEDGER_WAITING)) != 0) {
        return -1;
    }
    out_raw(b, "needs", col_text(res, 0, LEDGER_NEEDS), col_len(res, 0, LEDGER_NEEDS));
    return 0;
}

/* What this ledger goes on from. */
static void put_continues(struct buf *b, const PGresult *res)
{
    out_open(b, "continues", '{');
    out_str(b, "id", col_text(res, 0, LEDGER_BEFORE));
    out_int(b, "size", col_int(res, 0, LEDGER_CONTINUED));
    out_str(b, "kept", col_text(res, 0, LEDGER_KEPT));
    out_close(b, '}');
}

/* The oldest alone for those who pinned it, and all that sign now. */
static void put_log_keys(struct buf *b, const char *origin, const struct key *keys, size_t n)
{
    char vkey[VKEY_MAX];

    vkey_text(vkey, origin, &keys[0]);
    out_jwk(b, "log_key", &keys[0]);
    out_str(b, "vkey", vkey);
    out_open(b, "log_keys", '[');
    for (size_t i = 0; i < n; i++) {
        out_jwk(b, NULL, &keys[i]);
    }
    out_close(b, ']');
}

static void on_ledger(struct request *r, const PGresult *res)
{
    struct buf *b = x_calloc(1, sizeof(*b));
    struct checkpoint checkpoint;
    struct ledgerd *d = r->d;
    struct key keys[LOG_SIGNERS_MAX];
    size_t n = published_keys(d->published, keys);

    r->state = b;
    r->state_free = state_free;
    if (PQntuples(res) != 1) {
        request_busy(r, "the database has not been initialised yet");
        return;
    }
    if (n == 0) {
        request_busy(r, "this ledgerd holds no log key that is in force");
        return;
    }
    bool open = col_text(res, 0, LEDGER_ID)[0] != '\0';
    bool continuing = open && col_bool(res, 0, LEDGER_CONTINUING);
    out_open(b, NULL, '{');
    out_str(b, "id", open ? col_text(res, 0, LEDGER_ID) : NULL);
    out_str(b, "origin", col_text(res, 0, LEDGER_ORIGIN));
    out_str(b, "name", open ? col_text(res, 0, LEDGER_TITLE) : NULL);
    out_str(b, "state", continuing ? "continuing" : open ? "open" : "unopened");
    put_log_keys(b, col_text(res, 0, LEDGER_ORIGIN), keys, n);
    if ((!open || continuing) && put_waiting(b, res) != 0) {
        request_read_failed(r, READ_BROKEN);
        return;
    }
    if (!open) {
        out_close(b, '}');
        request_json(r, 200, b);
        return;
    }
    if (!col_null(res, 0, LEDGER_CONTINUED)) {
        put_continues(b, res);
    }
    out_str(b, "zone", col_text(res, 0, LEDGER_ZONE));
    out_int(b, "rules", col_int(res, 0, LEDGER_RULES));
    /* What is public is what was published. */
    if (shown_get(d->shown, request_now(), &checkpoint, NULL, NULL)) {
        out_int(b, "size", (int64_t)checkpoint.size);
    } else {
        out_int(b, "size", col_int(res, 0, LEDGER_SIZE));
    }
    request_read(r, read_units(), on_units);
}

void req_ledger(struct request *r)
{
    request_read(r, read_ledger(), on_ledger);
}
