/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/witness_round.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/http.h"
#include "client/log_tiles.h"

#define TRIES           3 /* while the checkpoint moves on before the cosignature is there */
#define TIMEOUT_SECONDS 20

struct look {
    struct client *c;
    const struct witness_key *key;
    struct witness_logs *w;
    size_t i;
    char *note; /* the ledger's checkpoint as it came */
    size_t len;
    struct checkpoint checkpoint;
    const char *result; /* a word for --json */
};

static const struct witness_log *log_of(const struct look *l)
{
    return &l->w->logs[l->i];
}

/* One request to the ledger; PUMASI_OK for every answer. */
static int ask(struct look *l, const char *path, const struct buf *body, struct http_answer *out)
{
    char *url = x_asprintf("%s%s", l->w->at[l->i].url, path), *why;
    struct http_request rq = {.method = body != NULL ? "POST" : "GET",
                              .url = url,
                              .content_type = body != NULL ? "text/plain; charset=utf-8" : NULL,
                              .body = body != NULL ? body->data : NULL,
                              .body_len = body != NULL ? body->len : 0,
                              .timeout = TIMEOUT_SECONDS};
    int rc = PUMASI_OK;

    if (http_do(l->c->http, &rq, out, &why) != HTTP_ANSWERED) {
        l->result = "unreached";
        rc = fail(PUMASI_UNKNOWN, "%s: %s", log_of(l)->origin, why);
        free(why);
    }
    free(url);
    return rc;
}

static int bad_answer(struct look *l, const char *path, const struct http_answer *a)
{
    l->result = "unreached";
    return fail(PUMASI_UNKNOWN, _("%s: %s%s answers %ld."), log_of(l)->origin, l->w->at[l->i].url,
                path, a->status);
}

/* The ledger lost records, and its stewards go on under another origin: whether so, its operator
 * finds out from them. */
static int say_goes_on(struct look *l, const struct checkpoint *later)
{
    const struct witness_log *log = log_of(l);
    char vkey[VKEY_MAX];

    l->result = "continued";
    vkey_text(vkey, later->origin, &log->keys[0]);
    return fail(PUMASI_FAILED,
                _("%s says that it lost records and goes on as %s, with %" PRIu64
                  " records now; cosigned here were %" PRIu64 ". To a witness that is another log. "
                  "Ask its stewards whether that is so; then follow it by: pumasi witness follow "
                  "%s '%s' and let go of the old one by: pumasi witness unfollow %s"),
                log->origin, later->origin, later->size, log->latest.size, l->w->at[l->i].url, vkey,
                log->origin);
}

static int get_checkpoint(struct look *l)
{
    const struct witness_log *log = log_of(l);
    struct checkpoint later;
    struct http_answer a;
    const char *why;
    int rc = ask(l, "/checkpoint", NULL, &a);

    if (rc != PUMASI_OK)
        return rc;
    if (a.status != 200) {
        rc = bad_answer(l, "/checkpoint", &a);
    } else if (checkpoint_open_any(&l->checkpoint, a.body, a.len, log->origin, log->keys,
                                   log->n_keys, &why) != 0) {
        if (witness_goes_on(log, a.body, a.len, &later)) {
            rc = say_goes_on(l, &later);
            http_answer_free(&a);
            return rc;
        }
        l->result = "unsigned";
        rc = fail(PUMASI_UNPROVED,
                  _("%s: the checkpoint isn't signed by a key that it is followed by: %s. It is "
                    "not cosigned."),
                  log->origin, _(why));
    } else {
        free(l->note);
        l->note = x_strndup(a.body, a.len);
        l->len = a.len;
    }
    http_answer_free(&a);
    return rc;
}

/* The proof from what is remembered to what is shown, where one is needed: from the tiles, which
 * every log has. */
static int get_proof(struct look *l, struct witness_request *out)
{
    const struct witness_log *log = log_of(l);
    struct hash hashes[TREE_PROOF_MAX];
    int rc;

    *out = (struct witness_request){
        .old = log->seen ? log->latest.size : 0, .note = l->note, .note_len = l->len};
    if (!log->seen || log->latest.size == 0 || log->latest.size >= l->checkpoint.size)
        return PUMASI_OK;
    rc = log_prefix(l->c, l->w->at[l->i].url, log->latest.size, l->checkpoint.size,
                    &log->latest.root, hashes, &out->n);
    if (rc != PUMASI_OK || out->n > WITNESS_HASHES_MAX) {
        l->result = "unreached";
        return rc != PUMASI_OK ? rc : PUMASI_UNKNOWN;
    }
    memcpy(out->hashes, hashes, out->n * sizeof(hashes[0]));
    return PUMASI_OK;
}

static void say_fork(const struct look *l, const char *path)
{
    char *loud =
        x_asprintf(_("@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n"
                     "@  WARNING: this ledger has signed two histories!                     @\n"
                     "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"));

    note("%s", loud);
    free(loud);
    (void)fail(PUMASI_UNPROVED,
               _("%s has signed a log of %" PRIu64 " records, and now one of %" PRIu64
                 " that doesn't go on from it. It was restored from an old backup, or somebody "
                 "rewrites its past. The other one is not cosigned. Both signed checkpoints are "
                 "kept in %s: show them to its stewards and to the other witnesses."),
               log_of(l)->origin, log_of(l)->latest.size, l->checkpoint.size, path);
}

static int accuse(struct look *l, const struct witness_request *rq)
{
    char *path;
    int rc = witness_logs_accuse(&l->c->profile, l->w, l->i, rq, &path);

    l->result = "fork";
    if (rc == PUMASI_OK)
        say_fork(l, path);
    free(path);
    return PUMASI_UNPROVED;
}

/* What tlog-witness says of it. Tiles that don't make the signed tree may be those of somebody in
 * between: they accuse nobody, and nothing is cosigned. */
static int judge(struct look *l, const struct witness_request *rq)
{
    const struct witness_log *log = log_of(l);
    struct witness_decision d;

    witness_decide(&d, log, 1, rq);
    if (d.fork)
        return accuse(l, rq);
    if (log->seen && l->checkpoint.size < log->latest.size) {
        l->result = "behind";
        return fail(PUMASI_FAILED,
                    _("%s shows a log of %" PRIu64 " records, and has signed one of %" PRIu64
                      " before: an old copy, or it was restored from an old backup. It is not "
                      "cosigned."),
                    log->origin, l->checkpoint.size, log->latest.size);
    }
    if (d.verdict == WITNESS_UNPROVED) {
        l->result = "unproved";
        return fail(PUMASI_UNKNOWN,
                    _("%s: the tiles at %s don't make the log of %" PRIu64 " records that it has "
                      "signed. Somebody in between changes them, or the ledger keeps its log from "
                      "you. It is not cosigned; it is tried again next time."),
                    log->origin, l->w->at[l->i].url, l->checkpoint.size);
    }
    if (d.verdict != WITNESS_COSIGN) {
        l->result = "refused";
        return fail(PUMASI_FAILED, _("%s is not cosigned: %s."), log->origin, _(d.why));
    }
    return PUMASI_OK;
}

/* Does the note carry our cosignature already? */
static bool is_cosigned(const struct look *l)
{
    const char *why;

    return cosign_find(l->note, l->len, &l->key->who, NULL, NULL, NULL, &why) > 0;
}

/* Gives the ledger the checkpoint with our line. PUMASI_PENDING: it has moved on meanwhile. */
static int give(struct look *l)
{
    struct note_parts parts;
    struct http_answer a;
    struct buf b = BUF_INIT;
    const char *why;
    int rc;

    if (note_split(&parts, l->note, l->len, &why) != 0)
        return fail(PUMASI_FAILED, "%s", _(why));
    buf_put(&b, l->note, l->len);
    cosign_put(&b, &l->key->who, l->key->secret, parts.text, parts.text_len, (int64_t)time(NULL));
    rc = ask(l, "/v1/cosignatures", &b, &a);
    buf_free(&b);
    if (rc != PUMASI_OK)
        return rc;
    if (a.status == 409) {
        rc = PUMASI_PENDING;
    } else if (a.status == 403 || a.status == 404) {
        l->result = "unwanted";
        rc = fail(PUMASI_FAILED,
                  _("%s is as it should be, but doesn't take cosignatures of %s: its operator has "
                    "to name this witness's key (\"pumasi witness list\") under `witnesses`."),
                  log_of(l)->origin, l->key->who.name);
    } else if (a.status != 200) {
        rc = bad_answer(l, "/v1/cosignatures", &a);
    }
    http_answer_free(&a);
    return rc;
}

/* Once through; PUMASI_PENDING: again, with the next checkpoint. */
static int once(struct look *l)
{
    const struct witness_log *log = log_of(l);
    struct witness_request rq;
    int rc = get_checkpoint(l);

    if (rc == PUMASI_OK)
        rc = get_proof(l, &rq);
    if (rc == PUMASI_OK)
        rc = judge(l, &rq);
    if (rc != PUMASI_OK)
        return rc;
    l->result = "seen";
    /* On disk first: a witness that forgot could cosign another history. */
    if (!log->seen || l->checkpoint.size > log->latest.size) {
        rc = witness_logs_remember(&l->c->profile, l->w, l->i, &l->checkpoint, l->note, l->len);
        if (rc != PUMASI_OK)
            return rc;
    }
    if (is_cosigned(l))
        return PUMASI_OK;
    rc = give(l);
    if (rc == PUMASI_OK) {
        l->result = "cosigned";
        if (!l->c->json)
            printf(_("%s: %" PRIu64 " records, cosigned\n"), log->origin, l->checkpoint.size);
    }
    return rc;
}

/* A fork that was seen is told of each time, until somebody has taken the file away. */
static int remind(const struct look *l)
{
    char *path = witness_logs_evidence(&l->c->profile, log_of(l)->origin);
    int rc = PUMASI_OK;

    if (path != NULL)
        rc = fail(PUMASI_UNPROVED,
                  _("%s was seen to have two histories: see %s. Move the file away once that is "
                    "settled."),
                  log_of(l)->origin, path);
    free(path);
    return rc;
}

int witness_round(struct client *c, const struct witness_key *key, struct witness_logs *w, size_t i,
                  json_t *items)
{
    struct look l = {.c = c, .key = key, .w = w, .i = i, .result = "failed"};
    int rc = PUMASI_PENDING;

    for (int n = 0; n < TRIES && rc == PUMASI_PENDING; n++)
        rc = once(&l);
    if (rc == PUMASI_PENDING)
        rc = fail(PUMASI_UNKNOWN, _("%s publishes checkpoints faster than they can be cosigned."),
                  log_of(&l)->origin);
    if (rc != PUMASI_UNPROVED && remind(&l) != PUMASI_OK)
        rc = PUMASI_UNPROVED;
    json_array_append_new(items,
                          json_pack("{s:s, s:s, s:I, s:I}", "origin", log_of(&l)->origin, "result",
                                    l.result, "shown", (json_int_t)l.checkpoint.size, "remembered",
                                    (json_int_t)log_of(&l)->latest.size));
    free(l.note);
    return rc;
}
