/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/batch.h"

#include <stdlib.h>
#include <string.h>

#include "core/record.h"
#include "ledgerd/declines.h"
#include "ledgerd/house.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/pending_admit.h"
#include "ledgerd/pending_merge.h"
#include "ledgerd/poster.h"
#include "ledgerd/receipt.h"
#include "ledgerd/salts.h"
#include "lang/zone.h"

/* Bytes of a receipt for its note, which has some 200, and a line feed: none is copied for more. */
#define NOTE_ROOM 320
/* So many batches in a row are run with care after one that couldn't be run in haste. */
#define CAREFUL_BATCHES 8

/* A job that was posted: its header's place among the headers. */
struct posted {
    struct job *job;
    size_t header, header_len;
};

struct batch {
    struct ledgerd *d;
    struct ledger *l;
    struct moment now;
    struct want want;
    struct strmap *asked; /* accounts in want */
    struct pendings pend;
    struct store store;
    struct record rec;
    struct buf headers;
    struct salts salts;
    struct posted *posted;
    size_t n_posted, cap_posted;
    struct key *keys; /* newly registered */
    size_t n_keys, cap_keys;
    int careful; /* batches to come that are run with care */
};

struct batch *batch_new(struct ledgerd *d)
{
    struct batch *b = x_calloc(1, sizeof(*b));

    b->d = d;
    b->asked = strmap_new();
    want_init(&b->want);
    pendings_init(&b->pend);
    store_init(&b->store);
    salts_init(&b->salts);
    return b;
}

void batch_free(struct batch *b)
{
    if (b == NULL) {
        return;
    }
    strmap_free(b->asked);
    want_free(&b->want);
    pendings_free(&b->pend);
    store_free(&b->store);
    record_free(&b->rec);
    buf_free(&b->headers);
    free(b->posted);
    free(b->keys);
    salts_free(&b->salts);
    free(b);
}

static void clear(struct batch *b)
{
    strmap_clear(b->asked);
    want_clear(&b->want);
    pendings_clear(&b->pend);
    store_clear(&b->store);
    buf_clear(&b->headers);
    b->n_posted = 0;
    b->n_keys = 0;
}

/* ---- Load ---- */

static void want_account(void *arg, const char *account)
{
    struct batch *b = arg;

    if (state_account(b->l->state, account) == NULL && strmap_get(b->asked, account) == NULL) {
        *strmap_put(b->asked, account) = 1;
        pgarray_text(&b->want.accounts, account);
    }
}

static void gather_wants(struct batch *b, struct job **jobs, size_t n)
{
    struct hash payload_hash;
    int64_t record;

    for (size_t i = 0; i < n; i++) {
        const struct act *a = &jobs[i]->act;
        pgarray_text(&b->want.by, a->by);
        pgarray_text(&b->want.jti, a->jti);
        rules_accounts(b->l->state, a, want_account, b);
        if (rules_deal(a, &record) && record < (int64_t)b->l->tree.size) {
            pgarray_int(&b->want.deals, record);
        }
        if (rules_asked(a, &payload_hash)) {
            pgarray_bytes(&b->want.asked, payload_hash.b, HASH_LEN);
        }
    }
}

/*
 * Most batches are of new acts, all of which are posted. In haste they are decided as if they were
 * that, with what is in memory, and stored in one round trip that fails where an id isn't new, an
 * act of it waits, or the head isn't ours any more. What doesn't turn out so is run with care.
 */
static bool may_hurry(const struct batch *b, struct job **jobs, size_t n)
{
    if (b->careful > 0 || b->want.deals.n + b->want.asked.n > 0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (recent_has(b->l->recent, &jobs[i]->act.payload_hash)) {
            return false; /* sent again, it seems */
        }
    }
    return true;
}

/* Which accounts a reversal is about shows once the transfer is loaded, and which transfer it is
 * that a declined reversal was to take back, once that one is. */
static enum db_end load_more(struct batch *b, struct db_post *db, struct job **jobs, size_t n)
{
    if (b->want.hasty) {
        return DB_DONE;
    }
    bool deals = b->want.deals.n > 0;
    int64_t record;

    pgarray_clear(&b->want.accounts);
    pgarray_clear(&b->want.deals);
    pgarray_clear(&b->want.asked);
    for (size_t i = 0; i < n; i++) {
        if (deals) {
            rules_accounts(b->l->state, &jobs[i]->act, want_account, b);
        }
        if (decline_deal(&b->pend, &jobs[i]->act, &record) && record < (int64_t)b->l->tree.size) {
            pgarray_int(&b->want.deals, record);
        }
    }
    return b->want.accounts.n + b->want.deals.n == 0 ? DB_DONE : db_post_load(db, b->l, &b->want);
}

/* ---- Decide ---- */

static bool lookup_state(void *arg, const struct kid *kid, struct key *out)
{
    const struct key_row *row = state_key(arg, kid->s);

    if (row != NULL) {
        *out = row->key;
    }
    return row != NULL;
}

static int64_t rules_in_force(const struct state *s)
{
    const struct holder *ledger = state_holder(s, "ledger");

    return ledger == NULL ? RULES_VERSION : ledger->rules;
}

static void note_posted(struct batch *b, struct job *job)
{
    if (b->n_posted == b->cap_posted) {
        b->cap_posted = b->cap_posted == 0 ? 64 : b->cap_posted * 2;
        b->posted = x_realloc(b->posted, b->cap_posted * sizeof(*b->posted));
    }
    b->posted[b->n_posted++] = (struct posted){job, b->headers.len, b->rec.header.len};
    buf_put(&b->headers, b->rec.header.data, b->rec.header.len);
}

static void note_keys(struct batch *b, const struct outcome *out)
{
    for (size_t i = 0; i < out->n_keys; i++) {
        if (b->n_keys == b->cap_keys) {
            b->cap_keys = b->cap_keys == 0 ? 64 : b->cap_keys * 2;
            b->keys = x_realloc(b->keys, b->cap_keys * sizeof(*b->keys));
        }
        b->keys[b->n_keys++] = out->keys[i]->key;
    }
}

/* Record 0 gives the ledger its id and its days, one of a ledger.continue another id. */
static void begin_ledger(struct batch *b, const struct act *a, const char *origin)
{
    state_begin(b->l->state, origin, &b->rec.entry);
    if (a->type != ACT_LEDGER_OPEN) {
        return;
    }
    if (zone_set(a->u.ledger_open.zone) != 0) {
        log_error("this machine doesn't know the ledger's time zone %s: install tzdata",
                  a->u.ledger_open.zone);
    }
    b->now.today = zone_day(b->now.ms);
}

static void post(struct batch *b, struct job *job, const struct submission *sub,
                 struct pending_act *pa, struct outcome *out)
{
    struct ledger *l = b->l;
    int64_t index = (int64_t)l->tree.size;
    const char *origin;

    record_build(&b->rec, index, b->now.ms, rules_in_force(l->state), &sub->env, out,
                 salts_take(&b->salts, record_count_parts(out)));
    struct hash leaf = ledger_append(l, &b->rec.entry);
    store_record(&b->store, l, index, &job->act, &b->rec, &leaf, out);
    store_texts(&b->store, index, sub);
    note_keys(b, out);
    note_posted(b, job);
    rules_apply(l->state, out);
    struct posted_id *id = posted_id_new(job->act.by, job->act.jti);
    id->record = index;
    id->payload_hash = job->act.payload_hash;
    state_put(l->state, THING_ID, &id->thing);
    if (rules_begins(&job->act, &origin)) {
        begin_ledger(b, &job->act, origin);
    }
    if (pa != NULL) {
        pendings_drop(&b->pend, pa, &job->act);
    }
    if (job->act.type == ACT_DECLINE) {
        decline_end(&b->pend, &job->act);
    }
    job->status = JOB_POSTED;
    job->record = index;
}

static void wait_for_others(struct batch *b, struct job *job, const struct submission *sub,
                            struct pending_act *pa, const struct outcome *out)
{
    pa = pending_admit(&b->pend, pa, b->l, b->d->limits, job, sub);
    if (pa == NULL) {
        return;
    }
    job->again = !pendings_wait(&b->pend, pa, &job->act, sub, out->needs, out->n_needs);
    pending_put(&job->answer, &job->act, &sub->env, pa->needs.data);
    job->status = JOB_PENDING;
}

/* The last signature met a refusal: the act stays pending, with it. */
static void keep_signatures(struct batch *b, const struct job *job, const struct submission *sub,
                            struct pending_act *pa)
{
    struct outcome authority;

    rules_authority(b->l->state, &job->act, &sub->env, &authority, NULL);
    if (authority.verdict != VERDICT_REFUSED) {
        (void)pendings_wait(&b->pend, pa, &job->act, sub, authority.needs, authority.n_needs);
    }
    outcome_free(&authority);
}

/* pa: the act waits already, and sub has the signatures of both; `more` than waited, if so. */
static void decide_with(struct batch *b, struct job *job, const struct submission *sub,
                        struct pending_act *pa, bool more)
{
    struct outcome out;

    if (rules_found(&job->act, &b->l->tree, &job->refusal) != 0) {
        return;
    }
    rules_decide(b->l->state, &job->act, &sub->env, b->now, (int64_t)b->l->tree.size, &out);
    switch (out.verdict) {
    case VERDICT_POSTED:
        if (job->act.type != ACT_DECLINE ||
            decline_judge(b->l->state, &b->pend, &job->act, out.signed_as, &job->refusal) == 0) {
            post(b, job, sub, pa, &out);
        }
        break;
    case VERDICT_PENDING:
        wait_for_others(b, job, sub, pa, &out);
        break;
    case VERDICT_REFUSED:
        job->refusal = out.refusal;
        if (pa != NULL && more && out.refusal.code != REFUSED_EXPIRED) {
            keep_signatures(b, job, sub, pa);
        }
        break;
    }
    outcome_free(&out);
}

/* An act that waits, and one more submission of it. */
static void decide_pending(struct batch *b, struct job *job, struct pending_act *pa)
{
    struct submission sub;
    struct buf text = BUF_INIT;
    bool more;

    if (pending_merge(&sub, pa, b->l->state, &job->act, &job->sub, &more) != 0) {
        log_error("a pending act is damaged: it is taken for what was submitted now");
        decide_with(b, job, &job->sub, pa, true);
        return;
    }
    submission_put(&text, &sub);
    if (text.len > ENVELOPE_MAX || sub.env.n_sigs > ENVELOPE_SIGS_MAX) {
        (void)refuse(&job->refusal, REFUSED_TOO_LARGE, "With all its signatures it is too large.");
    } else {
        decide_with(b, job, &sub, pa, more);
    }
    buf_free(&text);
    submission_free(&sub);
}

/* Was the act of that payload posted lately? Of a request the rules know it themselves. */
static bool is_posted(const struct batch *b, const struct hash *payload_hash)
{
    if (state_asked(b->l->state, payload_hash) != NULL) {
        return false;
    }
    for (size_t i = 0; i < b->n_posted; i++) {
        if (hash_eq(&b->posted[i].job->act.payload_hash, payload_hash)) {
            return true;
        }
    }
    return recent_has(b->l->recent, payload_hash);
}

/* What costs a member nothing, and stays for ever: all that it does itself but transfers and
 * reversals. */
static bool is_free(const struct act *a)
{
    return strchr(a->by, '@') != NULL && a->type != ACT_TRANSFER && a->type != ACT_REVERSAL;
}

static bool is_limited(const struct batch *b, struct job *job)
{
    int wait = is_free(&job->act) ? limits_member_wait(b->d->limits, job->act.by, limits_now()) : 0;

    if (wait == 0) {
        return false;
    }
    job->status = JOB_LIMITED;
    job->limited = limits_why_member;
    job->retry_after = wait;
    return true;
}

static void decide(struct batch *b, struct job *job)
{
    const struct state *s = b->l->state;
    const struct act *a = &job->act;

    job->status = JOB_REFUSED; /* until something else is said below */
    job->again = false;
    memset(&job->refusal, 0, sizeof(job->refusal));
    buf_clear(&job->answer);
    /* What was posted before isn't answered either: no checkpoint covers it just now. */
    if (b->l->head.is_continuing && !hash_eq(&a->payload_hash, &b->l->head.continuing)) {
        (void)refuse(&job->refusal, REFUSED_BUSY, "%s", poster_why_continuing);
        return;
    }
    if (job->unknown_key &&
        envelope_verify(&job->sub.env, lookup_state, b->l->state, &job->refusal) != 0) {
        return;
    }
    const struct posted_id *id = state_id(s, a->by, a->jti);
    struct pending_act *pa = pendings_find(&b->pend, a->by, a->jti);
    const struct hash *before = id != NULL   ? &id->payload_hash
                                : pa != NULL ? &pa->payload_hash
                                             : &a->payload_hash;
    if (!hash_eq(before, &a->payload_hash)) {
        (void)refuse(&job->refusal, REFUSED_ID_REUSED, "Another act of %s has this jti.", a->by);
        return;
    }
    if (id != NULL) {
        job->status = JOB_REPEATED;
        job->record = id->record;
        return;
    }
    if (house_rules(b->d, b->l, a, a->type == ACT_DECLINE && is_posted(b, &a->u.decline.act),
                    &job->refusal) != 0 ||
        is_limited(b, job)) {
        return;
    }
    if (pa != NULL) {
        decide_pending(b, job, pa);
    } else {
        decide_with(b, job, &job->sub, NULL, false);
    }
}

/* ---- Answer ---- */

/* All of it but the note, which is signed once it is committed; with the tree not yet marked. */
static void begin_receipt(const struct batch *b, const struct posted *p)
{
    struct job *job = p->job;
    struct buf proof = BUF_INIT;
    struct hash path[TREE_PROOF_MAX];

    if (job->want_proof) {
        int n = tree_inclusion(tree_get, &b->l->tree, (uint64_t)job->record, b->l->tree.size, path);
        if (n < 0) {
            fatal("the tree has lost a node of its latest batch");
        }
        proof_put(&proof, (uint64_t)job->record, path, (size_t)n, NULL, 0);
    }
    const struct receipt r = {
        .index = job->record,
        .ms = b->now.ms,
        .by = job->act.by,
        .jti = job->act.jti,
        .header = b->headers.data + p->header,
        .header_len = p->header_len,
        .proof = proof.data,
        .proof_len = proof.len,
    };
    receipt_begin(&job->answer, &r, job->want_proof ? NOTE_ROOM : 0);
    buf_free(&proof);
}

static void count(struct batch *b, int64_t us)
{
    struct metrics *m = b->d->metrics;

    atomic_store(&m->disk_full, 0);
    metrics_count_commit(m, (uint64_t)us);
    if (b->n_posted > 0) {
        metrics_count_batch(m, b->n_posted);
        atomic_store(&m->records, (int64_t)b->l->tree.size);
    }
}

/* Of jobs run in haste none may come to anything but being posted: whether it was before, or waits,
 * isn't known. */
static bool decide_all(struct batch *b, struct job **jobs, size_t n, size_t *done)
{
    const uint64_t until = network_effort(b->l->state) + BATCH_EFFORT_MAX;

    *done = 0;
    while (*done < n && network_effort(b->l->state) < until) {
        struct job *job = jobs[(*done)++];
        decide(b, job);
        if (b->want.hasty && job->status != JOB_POSTED) {
            return false;
        }
    }
    return true;
}

/* Loads, decides and stores. On anything but DB_DONE the ledger is as it was. */
static enum db_end try(struct batch *b, struct db_post *db, struct job **jobs, size_t n,
                       size_t *done)
{
    struct ledger *l = b->l;

    clear(b);
    gather_wants(b, jobs, n);
    b->want.hasty = may_hurry(b, jobs, n);
    enum db_end end = db_post_begin(db, l, &b->want, &b->pend);
    if (end == DB_DONE) {
        end = load_more(b, db, jobs, n);
    }
    if (end != DB_DONE) {
        ledger_rollback(l);
        return end;
    }
    state_commit(l->state); /* what was loaded holds whatever becomes of the batch */
    if (!decide_all(b, jobs, n, done)) {
        ledger_rollback(l);
        return db_post_rollback(db) == DB_DONE ? DB_HASTY : DB_LOST;
    }
    if (b->n_posted == 0 && !pendings_is_changed(&b->pend)) {
        ledger_rollback(l);
        return db_post_rollback(db);
    }
    store_finish(&b->store, l);
    int64_t start = metrics_now_us();
    db_post_store(db, l, b->now.ms, &b->store, &b->pend, &b->want);
    for (size_t i = 0; i < b->n_posted; i++) { /* while the database works */
        begin_receipt(b, &b->posted[i]);
    }
    end = db_post_stored(db, &b->want);
    if (end != DB_DONE) {
        ledger_rollback(l);
        return end;
    }
    count(b, metrics_now_us() - start);
    return DB_DONE;
}

/* Counts and remembers what was stored. */
static void note_stored(struct batch *b)
{
    if (pendings_is_changed(&b->pend)) {
        pendings_count(&b->pend, b->l->makers);
        pending_charge(&b->pend, b->d->limits);
        atomic_store(&b->d->metrics->pending_acts, strmap_sum(b->l->makers));
    }
    for (size_t i = 0; i < b->n_posted; i++) {
        const struct act *a = &b->posted[i].job->act;
        recent_add(b->l->recent, &a->payload_hash);
        if (is_free(a)) {
            limits_member_posted(b->d->limits, a->by, limits_now());
        }
    }
    for (size_t i = 0; i < b->n_keys; i++) {
        keyring_add(b->d->keyring, &b->keys[i]);
    }
}

enum db_end batch_run(struct batch *b, struct db_post *db, struct ledger *l, int64_t wall_ms,
                      struct job **jobs, size_t n, size_t *done, bool *posted)
{
    b->l = l;
    *posted = false;
    b->now.ms = wall_ms > l->head.time_ms ? wall_ms : l->head.time_ms;
    b->now.today = zone_day(b->now.ms);
    b->careful -= b->careful > 0;
    enum db_end end = try(b, db, jobs, n, done);
    if (end == DB_HASTY) {
        b->careful = CAREFUL_BATCHES;
        end = try(b, db, jobs, n, done);
    }
    if (end != DB_DONE) {
        b->careful = CAREFUL_BATCHES; /* whether it was committed may not be known */
        return end;
    }
    if (b->n_posted == 0 && !pendings_is_changed(&b->pend)) {
        return DB_DONE;
    }
    note_stored(b);
    *posted = b->n_posted > 0;
    ledger_commit(l, *posted ? b->now.ms : l->head.time_ms);
    return DB_DONE;
}
