/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/follower.h"

#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/outward.h"
#include "ledgerd/witnessing.h"

/* Looks at a ledger that takes no cosignatures of ours before it is offered one again: its operator
 * may have named us since. */
#define UNWANTED_LOOKS 10

enum step {
    STEP_IDLE,
    STEP_CHECKPOINT, /* asked for */
    STEP_TILE,       /* asked for */
    STEP_DECISION,   /* with the witness's thread */
    STEP_GIVING,     /* the cosignature is on its way */
};

struct sister {
    struct follower *f;
    size_t i;
    enum step step;
    int64_t next;
    char *note;
    size_t len;
    struct checkpoint checkpoint;
    struct witness_log log; /* as it was when the checkpoint came */
    struct tileset tiles;   /* of the checkpoint's size */
    bool whole;             /* a partial tile wasn't there, and all of it is asked for */
    bool failing, behind, continued, untaken; /* so it was said in the log */
    int unwanted; /* looks until it is offered a cosignature again: it didn't take the last one */
};

struct follower {
    struct ledgerd *d;
    struct peers peers;
    size_t first;
    struct sister sisters[PEERS_MAX];
};

struct follower *follower_new(struct ledgerd *d, struct peers *sisters, size_t first)
{
    struct follower *f = x_calloc(1, sizeof(*f));

    f->d = d;
    f->peers = *sisters;
    sisters->n = 0;
    f->first = first;
    for (size_t i = 0; i < f->peers.n; i++) {
        f->sisters[i] = (struct sister){.f = f, .i = i};
        /* One with two keys stands there twice, and is looked at once. */
        for (size_t k = 0; k < i; k++)
            if (str_eq(f->peers.rows[k].who.name, f->peers.rows[i].who.name) &&
                f->peers.rows[k].url != NULL)
                f->sisters[i].next = INT64_MAX;
    }
    return f;
}

void follower_free(struct follower *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->peers.n; i++) {
        free(f->sisters[i].note);
        tileset_free(&f->sisters[i].tiles);
    }
    peers_free(&f->peers);
    free(f);
}

static const char *origin_of(const struct sister *s)
{
    return s->f->peers.rows[s->i].who.name;
}

static void go(struct sister *s, enum step step, enum errand_kind kind, const struct tile_ref *tile,
               const struct buf *body)
{
    bool sent = outward_send(s->f->d->outward, s->f->first + s->i, kind, tile,
                             body != NULL ? body->data : NULL, body != NULL ? body->len : 0);

    s->step = sent ? step : STEP_IDLE;
}

void follower_tick(struct follower *f, int64_t now)
{
    for (size_t i = 0; i < f->peers.n; i++) {
        struct sister *s = &f->sisters[i];

        if (f->peers.rows[i].url == NULL || s->step != STEP_IDLE || now < s->next)
            continue;
        s->next = now + f->d->conf->follow_seconds;
        go(s, STEP_CHECKPOINT, ERRAND_CHECKPOINT, NULL, NULL);
    }
}

/* Said once, until it goes well again. */
static void failed(struct sister *s, int64_t status, const char *why)
{
    s->step = STEP_IDLE;
    if (!s->failing)
        log_event(LOG_LEVEL_WARN, N_("a ledger can't be looked at just now"),
                  LOG_STR("origin", origin_of(s)), LOG_INT("status", status), LOG_STR("why", why));
    s->failing = true;
}

/*
 * Another log to a witness, which its operator has to name; said once, until it goes well again,
 * and also by a ledger that was out of reach just before, as those are that come back so.
 */
static void goes_on(struct sister *s, const struct checkpoint *later)
{
    char vkey[VKEY_MAX];

    vkey_text(vkey, later->origin, &s->log.keys[0]);
    if (!s->continued)
        log_event(LOG_LEVEL_ERROR,
                  N_("a ledger says that it lost records and goes on under another origin: ask its "
                     "stewards, then name it under witness_for in the place of the old one"),
                  LOG_STR("origin", origin_of(s)), LOG_INT("cosigned", (int64_t)s->log.latest.size),
                  LOG_STR("goes_on_as", later->origin), LOG_INT("shown", (int64_t)later->size),
                  LOG_STR("vkey", vkey));
    s->continued = true;
    s->step = STEP_IDLE;
}

static bool has_our_line(const struct sister *s)
{
    const char *why;

    return cosign_find(s->note, s->len, witnessing_who(s->f->d->witnessing), NULL, NULL, NULL,
                       &why) > 0;
}

static void give(struct sister *s, const struct buf *lines)
{
    struct buf b = BUF_INIT;

    buf_put(&b, s->note, s->len);
    buf_put(&b, lines->data, lines->len);
    if (b.len <= ERRAND_BODY_MAX)
        go(s, STEP_GIVING, ERRAND_COSIGNATURES, NULL, &b);
    buf_free(&b);
}

static void on_decided(struct witness_job *job)
{
    struct sister *s = job->owner;

    /* Its tiles aren't those of the checkpoint: by its own doing, or by somebody's in between. */
    if (job->decision.verdict == WITNESS_UNPROVED && !job->decision.fork)
        failed(s, 200, _(job->decision.why));
    else
        s->failing = false;
    s->step = STEP_IDLE;
    if (job->decision.verdict == WITNESS_COSIGN && !job->unstored && !has_our_line(s)) {
        if (s->unwanted > 0)
            s->unwanted--;
        else
            give(s, &job->lines);
    }
    witness_job_free(job);
}

static void decide(struct sister *s, const struct hash *hashes, size_t n)
{
    struct witness_job *job = x_calloc(1, sizeof(*job));
    struct buf b = BUF_INIT;

    witness_request_put(&b, s->log.seen ? s->log.latest.size : 0, hashes, n, s->note, s->len);
    job->len = b.len;
    job->body = buf_take(&b);
    job->done = on_decided;
    job->owner = s;
    s->step = STEP_DECISION;
    if (!witnessing_push(s->f->d->witnessing, job)) {
        s->step = STEP_IDLE;
        witness_job_free(job);
    }
}

static bool find_log(struct sister *s)
{
    for (size_t n = 0; witnessing_log(s->f->d->witnessing, n, &s->log); n++)
        if (str_eq(s->log.origin, origin_of(s)))
            return true;
    return false;
}

/* An old copy in some cache, or a ledger that was restored from an old backup: told loudly, but it
 * contradicts nothing yet. */
static void is_behind(struct sister *s)
{
    if (!s->behind)
        log_event(LOG_LEVEL_ERROR,
                  N_("a ledger shows a smaller log than it signed before: an old copy, or it was "
                     "restored from an old backup"),
                  LOG_STR("origin", origin_of(s)), LOG_INT("cosigned", (int64_t)s->log.latest.size),
                  LOG_INT("shown", (int64_t)s->checkpoint.size));
    s->behind = true;
    s->failing = false;
    s->step = STEP_IDLE;
}

/* The proof from what is remembered to what is shown, of tiles; asks for one that is missing. */
static void prove(struct sister *s)
{
    struct hash hashes[TREE_PROOF_MAX];
    int n = tree_prefix(tileset_get, &s->tiles, s->log.latest.size, s->checkpoint.size,
                        &s->log.latest.root, hashes);

    if (n < 0)
        go(s, STEP_TILE, ERRAND_TILE, &s->tiles.missing, NULL);
    else if (n > WITNESS_HASHES_MAX)
        failed(s, 200, "");
    else
        decide(s, hashes, (size_t)n);
}

static void on_checkpoint(struct sister *s, const struct errand_end *end)
{
    const char *why;

    if (!find_log(s) || end->status != 200) {
        failed(s, end->status, end->status == 0 ? end->body : "");
        return;
    }
    if (checkpoint_open_any(&s->checkpoint, end->body, end->len, origin_of(s), s->log.keys,
                            s->log.n_keys, &why) != 0) {
        if (witness_goes_on(&s->log, end->body, end->len, &s->checkpoint))
            goes_on(s, &s->checkpoint);
        else
            failed(s, end->status, _(why));
        return;
    }
    s->continued = false;
    free(s->note);
    s->note = x_strndup(end->body, end->len);
    s->len = end->len;
    if (s->log.seen && s->checkpoint.size < s->log.latest.size) {
        is_behind(s);
        return;
    }
    s->behind = false;
    if (s->log.seen && s->log.latest.size > 0 && s->checkpoint.size > s->log.latest.size) {
        tileset_free(&s->tiles);
        tileset_init(&s->tiles, s->checkpoint.size);
        s->whole = false;
        prove(s);
    } else if (s->log.seen && hash_eq(&s->checkpoint.root, &s->log.latest.root) &&
               has_our_line(s)) {
        s->failing = false;
        s->step = STEP_IDLE;
    } else {
        decide(s, NULL, 0);
    }
}

static void on_tile(struct sister *s, const struct errand_end *end)
{
    if (end->status == 404 && !s->whole && s->tiles.missing.width < TILE_WIDTH) {
        struct tile_ref ref = s->tiles.missing;

        /* A log may have given up a partial tile once it got full. */
        ref.width = TILE_WIDTH;
        s->whole = true;
        go(s, STEP_TILE, ERRAND_TILE, &ref, NULL);
    } else if (end->status != 200 || tileset_add(&s->tiles, end->body, end->len) != 0) {
        failed(s, end->status, end->status == 0 ? end->body : "");
    } else {
        s->whole = false;
        prove(s);
    }
}

static void on_given(struct sister *s, int64_t status)
{
    bool untaken = status == 403 || status == 404;

    s->step = STEP_IDLE;
    if (untaken)
        s->unwanted = UNWANTED_LOOKS;
    if (untaken && !s->untaken)
        log_event(
            LOG_LEVEL_INFO,
            N_("a ledger takes no cosignatures of this witness: its operator can name it under "
               "witnesses"),
            LOG_STR("origin", origin_of(s)), LOG_INT("status", status));
    s->untaken = untaken;
}

void follower_answer(struct follower *f, const struct errand_end *end)
{
    struct sister *s;

    if (end->peer >= f->peers.n)
        return;
    s = &f->sisters[end->peer];
    switch (s->step) {
    case STEP_IDLE:
    case STEP_DECISION:
        break;
    case STEP_CHECKPOINT:
        on_checkpoint(s, end);
        break;
    case STEP_TILE:
        on_tile(s, end);
        break;
    case STEP_GIVING:
        on_given(s, end->status);
        break;
    }
}

void follower_put_metrics(struct follower *f, struct buf *b)
{
    int behind = 0;

    if (f->peers.n == 0)
        return;
    for (size_t i = 0; i < f->peers.n; i++)
        behind += f->sisters[i].behind;
    buf_printf(
        b,
        "# HELP pumasi_sisters_behind Ledgers witnessed here that show a smaller log than "
        "they signed before.\n# TYPE pumasi_sisters_behind gauge\npumasi_sisters_behind %d\n",
        behind);
}
