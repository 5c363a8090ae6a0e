/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Records go round in batches: this thread reads a batch of the copy, one of the others takes it
 * apart and verifies its signatures, this one judges it, all in the order of the log.
 */
#include "client/audit_replay.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/audit_keys.h"
#include "lang/zone.h"
#include "core/dump.h"

#define BATCH   64 /* records */
#define BATCHES 24 /* on their way at once */
#define THREADS 64

enum batch_state {
    BATCH_FREE,
    BATCH_FILLED,
    BATCH_TAKEN,
    BATCH_READY
};
struct batch {
    enum batch_state state;
    struct buf bytes;
    size_t first, n;
    struct audit_item *items;
};
struct replay {
    const struct audit_copy *copy;
    struct audit_keys keys;
    int64_t verified;
    pthread_mutex_t lock;
    pthread_cond_t filled, ready;
    bool stop;
    struct batch batches[BATCHES];
    int64_t log_seq; /* of the ledger's own changes, when these were its log keys */
    size_t n_log;
    struct key log[ACT_KEYS_MAX];
};

/* ---- Ahead ---- */

static void read_items(struct replay *r, struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct audit_item *item = &b->items[i];
        bool done = (int64_t)(b->first + i) < r->verified;

        audit_item_read(item, r->copy->coop != NULL, done ? NULL : audit_keys_lookup, &r->keys);
        for (size_t k = 0; done && item->read && k < item->record.env.n_sigs; k++)
            item->record.env.sigs[k].verified = true;
    }
}

static struct batch *next_filled(struct replay *r)
{
    struct batch *first = NULL;

    for (size_t i = 0; i < BATCHES; i++)
        if (r->batches[i].state == BATCH_FILLED && (!first || r->batches[i].first < first->first))
            first = &r->batches[i];
    return first;
}

static void *work(void *arg)
{
    struct replay *r = arg;
    struct batch *b;

    (void)pthread_mutex_lock(&r->lock);
    while (!r->stop) {
        b = next_filled(r);
        if (!b) {
            (void)pthread_cond_wait(&r->filled, &r->lock);
            continue;
        }
        b->state = BATCH_TAKEN;
        (void)pthread_mutex_unlock(&r->lock);
        read_items(r, b);
        (void)pthread_mutex_lock(&r->lock);
        b->state = BATCH_READY;
        (void)pthread_cond_signal(&r->ready);
    }
    (void)pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* ---- In order ---- */

/* The pieces of the next records into a batch, for the others to read. -1 with errno. */
static int fill(struct replay *r, struct batch *b, size_t first)
{
    size_t to = first + BATCH < r->copy->n ? first + BATCH : r->copy->n, used = 0;

    b->first = first;
    if (audit_copy_read(r->copy, first, to, &b->bytes) != 0)
        return -1;
    for (b->n = 0; b->n < to - first; b->n++) {
        struct audit_item *item = &b->items[b->n];
        int64_t took = dump_split(b->bytes.data + used, b->bytes.len - used, &item->header,
                                  &item->header_len, &item->parts);

        if (took <= 0) { /* it was whole when the copy was opened */
            errno = EIO;
            return -1;
        }
        used += (size_t)took;
    }
    (void)pthread_mutex_lock(&r->lock);
    b->state = BATCH_FILLED;
    (void)pthread_cond_signal(&r->filled);
    (void)pthread_mutex_unlock(&r->lock);
    return 0;
}

static void wait_ready(struct replay *r, const struct batch *b)
{
    (void)pthread_mutex_lock(&r->lock);
    while (b->state != BATCH_READY)
        (void)pthread_cond_wait(&r->ready, &r->lock);
    (void)pthread_mutex_unlock(&r->lock);
}

/* In a book's copy, each record is to be a leaf of the log's tree. */
static void check_leaf(struct audit_report *report, const struct audit_copy *c,
                       const struct audit_item *item)
{
    if (c->coop && item->index >= 0 && (size_t)item->index < c->n_leaves &&
        !hash_eq(&item->leaf, &c->leaves[item->index]))
        audit_report_add(report, AUDIT_ALTERED, item->index, "", "", 0,
                         "the record isn't the one that is in the log's tree");
}

/* Which log keys the record that was just judged took away. */
static void follow_log_keys(struct replay *r, const struct audit *a, int64_t record,
                            struct audit_report *report)
{
    const struct holder *ledger = state_holder(audit_state(a), "ledger");

    if (!ledger || ledger->subject.seq == r->log_seq)
        return;
    r->log_seq = ledger->subject.seq;
    for (size_t i = 0; i < r->n_log; i++) {
        if (holder_has_key(ledger, ROLE_LOG, &r->log[i]))
            continue;
        report->revoked =
            x_realloc(report->revoked, (report->n_revoked + 1) * sizeof(*report->revoked));
        report->revoked[report->n_revoked++] = (struct audit_revoked){r->log[i], record};
    }
    r->n_log = 0;
    for (size_t i = 0; i < ledger->n_keys && r->n_log < ARRAY_LEN(r->log); i++)
        if (ledger->keys[i].role == ROLE_LOG)
            r->log[r->n_log++] = ledger->keys[i].key;
}

static int judge_all(struct replay *r, struct audit *a, struct audit_report *report)
{
    struct bar bar;
    size_t filled = 0;

    bar_begin(&bar, _("Checking records"), (int64_t)r->copy->n);
    for (size_t done = 0; done < r->copy->n;) {
        struct batch *b = &r->batches[done / BATCH % BATCHES];

        for (; filled < r->copy->n && filled < done + BATCHES * BATCH; filled += BATCH)
            if (fill(r, &r->batches[filled / BATCH % BATCHES], filled) != 0)
                return -1;
        wait_ready(r, b);
        for (size_t i = 0; i < b->n; i++) {
            check_leaf(report, r->copy, &b->items[i]);
            audit_record(a, &b->items[i]);
            follow_log_keys(r, a, b->items[i].index, report);
            audit_item_clear(&b->items[i]);
        }
        done += b->n;
        (void)pthread_mutex_lock(&r->lock);
        b->state = BATCH_FREE;
        (void)pthread_mutex_unlock(&r->lock);
        bar_step(&bar, (int64_t)done);
    }
    audit_end(a);
    bar_end(&bar);
    return 0;
}

/* ---- What an audit asks for ---- */

struct asking {
    struct audit_report *report;
    const struct audit_copy *copy;
    struct replay *replay;
    const struct audit_watch *watch;
};

static void on_zone(void *arg, const char *zone)
{
    (void)arg;
    if (zone_set(zone) != 0)
        note(
            _("This machine doesn't know the ledger's time zone %s, so days are those of UTC here, "
              "and a value date may seem to lie in the future."),
            zone);
}

static int32_t on_day(void *arg, int64_t ms)
{
    (void)arg;
    return zone_day(ms);
}

static void on_key(void *arg, const struct kid *kid, const struct key *key)
{
    struct asking *asking = arg;

    audit_keys_add(&asking->replay->keys, kid, key);
}

static void on_found(void *arg, const struct audit_finding *f)
{
    struct asking *asking = arg;

    audit_report_found(asking->report, f);
}

static void on_posting(void *arg, int64_t record, const char *account, int64_t amount,
                       int64_t balance, int64_t seq)
{
    const struct audit_watch *watch = ((struct asking *)arg)->watch;

    if (watch && watch->posting)
        watch->posting(watch->arg, record, account, amount, balance, seq);
}

/* An earlier record, from the copy. */
static struct deal *on_deal(void *arg, int64_t record)
{
    const struct audit_copy *c = ((struct asking *)arg)->copy;
    struct part_list parts = {0};
    const char *header;
    size_t header_len;
    struct buf b = BUF_INIT;
    struct deal *deal = NULL;

    if (audit_copy_find(c, record, &b, &header, &header_len, &parts))
        deal = record_deal(header, header_len, parts.text, parts.len, parts.n);
    part_list_free(&parts);
    buf_free(&b);
    return deal;
}

/* Records were lost before this one, and it says so itself. */
static void on_continued(void *arg, const struct act *act, int64_t record, const char *id)
{
    struct audit_report *r = ((struct asking *)arg)->report;
    struct audit_continued *c;

    r->continued = x_realloc(r->continued, (r->n_continued + 1) * sizeof(*r->continued));
    c = &r->continued[r->n_continued++];
    memset(c, 0, sizeof(*c));
    c->record = record;
    str_copy(c->before, sizeof(c->before), act->aud);
    str_copy(c->id, sizeof(c->id), id);
    (void)!continue_kept(act, &c->kept); /* it was parsed with the act */
}

/* ---- The whole ---- */

static size_t start(struct replay *r, pthread_t *threads)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t want = cores > 1 ? (size_t)cores : 1, n = 0;

    while (n < want && n < THREADS && pthread_create(&threads[n], NULL, work, r) == 0)
        n++;
    return n;
}

struct audit *audit_replay(struct audit_report *report, const struct audit_copy *copy,
                           int64_t verified, const struct audit_watch *watch)
{
    struct replay *r = x_calloc(1, sizeof(*r));
    struct asking asking = {report, copy, r, watch};
    const struct audit_conf conf = {.origin = copy->info.origin,
                                    .coop = copy->coop,
                                    .snapshots = copy->snapshots,
                                    .n_snapshots = copy->n_snapshots,
                                    .arg = &asking,
                                    .found = on_found,
                                    .zone = on_zone,
                                    .day = on_day,
                                    .continued = on_continued,
                                    .deal = on_deal,
                                    .key = on_key,
                                    .posting = on_posting};
    char *tz = getenv("TZ") ? x_strdup(getenv("TZ")) : NULL;
    struct audit *a = audit_new(&conf);
    pthread_t threads[THREADS];
    size_t n_threads;
    int rc = -1;

    r->copy = copy;
    r->verified = verified;
    audit_keys_init(&r->keys);
    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_cond_init(&r->filled, NULL);
    (void)pthread_cond_init(&r->ready, NULL);
    for (size_t i = 0; i < BATCHES; i++)
        r->batches[i].items = x_calloc(BATCH, sizeof(struct audit_item));
    n_threads = start(r, threads);
    errno = EAGAIN;
    if (n_threads > 0)
        rc = judge_all(r, a, report);
    if (rc != 0)
        (void)fail(PUMASI_FAILED, _("The records in %s can't be read: %s."), copy->dir,
                   strerror(errno));
    (void)pthread_mutex_lock(&r->lock);
    r->stop = true;
    (void)pthread_cond_broadcast(&r->filled);
    (void)pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < n_threads; i++)
        (void)pthread_join(threads[i], NULL);
    for (size_t i = 0; i < BATCHES; i++) {
        for (size_t k = 0; k < BATCH; k++)
            audit_item_free(&r->batches[i].items[k]);
        free(r->batches[i].items);
        buf_free(&r->batches[i].bytes);
    }
    /* What is told to people is of their own zone again. */
    if (tz)
        (void)setenv("TZ", tz, 1);
    else
        (void)unsetenv("TZ");
    tzset();
    free(tz);
    report->counts = *audit_counts(a);
    audit_keys_free(&r->keys);
    free(r);
    if (rc != 0) {
        audit_free(a);
        return NULL;
    }
    return a;
}
