/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/statement_file.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/bar.h"
#include "client/files.h"
#include "client/logkey.h"
#include "core/statement_read.h"
#include "core/subject_read.h"
#include "lang/zone.h"

#define THREADS_MAX 64
#define FEW_RECORDS 2000
#define ALONE       64 /* checked before a thread has begun */

static int32_t day(void *arg, int64_t ms)
{
    (void)arg;
    return zone_day(ms);
}

/* --- whom to trust --- */

/* The latest change of the ledger itself that the file shows: its name and its keys. */
static struct holder *ledger_of(const struct statement *st)
{
    struct holder *found = NULL;

    for (size_t i = 0; i < st->n_keys; i++) {
        for (size_t k = 0; k < st->keys[i].n_parts; k++) {
            struct change_read change;
            struct holder *h;

            if (change_read(&change, st->keys[i].parts[k].s, st->keys[i].parts[k].len) != 0)
                continue;
            h = holder_of_change(&change, 0);
            change_read_free(&change);
            if (h != NULL && h->kind == HOLDER_LEDGER) {
                free(found);
                found = h;
            } else {
                free(h);
            }
        }
    }
    return found;
}

/* Where nobody says whom to trust: the file's own word for who made it, which is enough to see
 * whether it agrees with itself. */
static void trust_file(struct statement_file *f)
{
    struct holder *ledger = ledger_of(&f->st);

    f->trust.ledger_id = x_strdup(f->st.aud);
    for (size_t i = 0; ledger != NULL && i < ledger->n_keys; i++) {
        struct kid kid;

        key_kid(&kid, &ledger->keys[i].key);
        if (ledger->keys[i].role == ROLE_LOG && str_eq(kid.s, f->st.kid.s))
            f->trust.log_key = ledger->keys[i].key;
    }
    free(ledger);
}

static int take_trust(struct client *c, const struct cli *cli, struct statement_file *f)
{
    const char *pin = cli_value(cli, "pin"), *why;

    f->profile = NULL;
    f->pinned = true;
    if (pin != NULL) {
        if (pin_parse(&f->trust, pin, &why) != 0)
            return fail(PUMASI_USAGE, _("What --pin was given can't be used: %s."), _(why));
        return PUMASI_OK;
    }
    f->pinned = c->profile.connected && c->profile.ledger_id[0] != '\0';
    if (f->pinned) {
        f->profile = &c->profile;
        f->trust.ledger_id = x_strdup(c->profile.ledger_id);
        f->trust.log_key = c->profile.log_key;
    }
    return PUMASI_OK;
}

/* A statement of an id that was pinned before the ledger went on under another one: it is judged by
 * that, and what it shows beyond what was kept is lost. */
static void take_past(const struct profile *p, struct statement_file *f)
{
    for (size_t i = 0; f->pinned && i < p->n_past; i++) {
        if (!str_eq(p->past[i].ledger_id, f->st.aud))
            continue;
        free(f->trust.ledger_id);
        f->trust.ledger_id = x_strdup(f->st.aud);
        if (f->st.closing.index >= p->past[i].found)
            note(_("This statement is of before the ledger lost records: entries from record "
                   "%" PRId64 " on aren't in it any more. The statement proves that they were."),
                 p->past[i].found);
        else
            note("%s", _("This statement is of before the ledger went on under another id."));
    }
}

/* A statement that was made before the stewards changed the log key is good for ever, but whoever
 * stole the old one could make one now. */
static void tell_earlier_key(const struct statement_file *f)
{
    if (f->profile != NULL && !logkeys_have(&f->trust.log_key, 1, &f->profile->log_key))
        note("%s",
             _("This statement is signed with a log key that the ledger's stewards have "
               "replaced since. If they did because it was stolen, get a new statement of the "
               "same days and compare the two."));
}

/* --- checking on all cores --- */

struct work {
    struct statement_check_run *run;
    size_t n;
    atomic_size_t next, done;
};

static void *check(void *arg)
{
    struct work *w = arg;
    size_t i;

    while ((i = atomic_fetch_add(&w->next, 1)) < w->n) {
        statement_check_record(w->run, i);
        atomic_fetch_add(&w->done, 1);
    }
    return NULL;
}

/* The first thread checks as well, and says how far all are. */
static void check_all(struct statement_check_run *run)
{
    struct work w = {.run = run, .n = statement_check_count(run)};
    struct bar bar;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    pthread_t threads[THREADS_MAX];
    size_t n_threads = 0, i;

    /* Few are checked before anybody wonders. */
    bar_begin(&bar, _("Checking records"), w.n > FEW_RECORDS ? (int64_t)w.n : 0);
    while (w.n > ALONE && n_threads + 1 < (size_t)cores && n_threads < THREADS_MAX &&
           pthread_create(&threads[n_threads], NULL, check, &w) == 0)
        n_threads++;
    while ((i = atomic_fetch_add(&w.next, 1)) < w.n) {
        statement_check_record(run, i);
        if (atomic_fetch_add(&w.done, 1) % 256 == 0)
            bar_step(&bar, (int64_t)w.done);
    }
    for (i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    bar_end(&bar);
}

/* --- all of it --- */

/* What takes long and needs only the bytes: done beside all else. */
struct beside {
    char *bytes; /* of the file, owned */
    size_t len;
    const struct statement *st; /* as far as statement_open goes */
    const struct key *log_key;  /* NULL: nobody is trusted yet */
    pthread_t thread;
    bool begun;
    struct hash hash; /* of the file */
    bool good;        /* the signature, by log_key */
};

static void *work_beside(void *arg)
{
    struct beside *b = arg;

    if (b->log_key != NULL)
        b->good = key_verify(b->log_key, b->st->signed_text.s, b->st->signed_text.len, b->st->sig);
    hash_bytes(&b->hash, b->bytes, b->len);
    return NULL;
}

/* Its hash and signature are there from then on. */
static void beside_end(struct beside *b)
{
    if (b->begun)
        pthread_join(b->thread, NULL);
    b->begun = false;
    free(b->bytes);
    b->bytes = NULL;
}

/* Reads it, and begins what is to be ended by beside_end, unless this fails. */
int statement_unread(int rc, const char *what, const char *at, const char *why)
{
    if (!at)
        return fail(rc, _("%s is no statement: %s."), what, _(why));
    return fail(rc, _("%s is no statement: in it, \"%s\": %s."), what, at, _(why));
}

/* Under the key `by`, unless nobody is trusted yet. Where that is a profile's, an earlier one of
 * the profile's takes its place if that signed: it led to the one that is pinned now. */
static int read_file(const char *path, struct statement *out, struct key *by,
                     const struct profile *profile, struct beside *b)
{
    char *safe = say_safe(path);
    const char *why, *at = NULL;
    int rc;

    *b = (struct beside){.st = out, .log_key = by};
    if (files_read(path, STATEMENT_MAX, &b->bytes, &b->len) != 0) {
        rc = fail(PUMASI_UNPROVED, _("%s can't be read: %s."), safe, strerror(errno));
        free(safe);
        return rc;
    }
    rc = statement_open(out, b->bytes, b->len, &why);
    if (rc == 0) {
        if (by != NULL && profile != NULL)
            *by = *logkey_named(profile, &out->kid);
        b->begun = pthread_create(&b->thread, NULL, work_beside, b) == 0;
        if (!b->begun)
            work_beside(b);
        rc = statement_read_payload(out, &why);
        at = out->at;
        if (rc != 0) {
            beside_end(b);
            statement_free(out);
        }
    }
    if (rc != 0) {
        rc = statement_unread(PUMASI_UNPROVED, safe, at, why);
        beside_end(b);
    }
    free(safe);
    return rc;
}

/* Is it signed by whom the other file is judged by, or by a log key that it names? */
static bool is_signed(const struct statement *st, const char *ledger_id, const struct key *log_key)
{
    struct statement_trust by = {.ledger_id = ledger_id, .log_key = log_key};
    struct statement_check_run *run = statement_check_begin(st, &by);
    struct statement_verdict v;
    bool good;

    for (size_t i = 0; i < statement_check_count(run); i++)
        statement_check_record(run, i);
    statement_check_end(run, &v);
    good = v.checks[CHECK_SIGNATURE].mark == MARK_PROVED &&
           v.checks[CHECK_LEDGER].mark == MARK_PROVED &&
           v.checks[CHECK_CHECKPOINT].mark == MARK_PROVED;
    statement_verdict_free(&v);
    statement_check_free(run);
    return good;
}

static int read_earlier(const char *path, struct statement_file *f)
{
    char *safe = say_safe(path);
    struct beside b;
    int rc;

    f->earlier = x_calloc(1, sizeof(*f->earlier));
    rc = read_file(path, f->earlier, NULL, NULL, &b);
    beside_end(&b);
    f->earlier_key = rc == PUMASI_OK && f->profile != NULL
                         ? logkey_named(f->profile, &f->earlier->kid)
                         : &f->trust.log_key;
    if (rc == PUMASI_OK && !is_signed(f->earlier, f->trust.ledger_id, f->earlier_key)) {
        statement_free(f->earlier);
        rc = fail(PUMASI_UNPROVED, _("%s isn't a statement that this ledger signed."), safe);
    }
    if (rc != PUMASI_OK) {
        free(f->earlier);
        f->earlier = NULL;
    }
    free(safe);
    return rc;
}

/* b: what was begun beside; NULL: nothing. */
static void judge(struct statement_file *f, struct beside *b)
{
    struct holder *ledger = ledger_of(&f->st);

    if (f->trust.ledger_id == NULL)
        trust_file(f);
    f->ledger_name = x_strdup(ledger == NULL ? "" : ledger->title);
    free(ledger);
    f->zone = statement_zone(&f->st);
    if (zone_set(f->zone) != 0)
        f->zone[0] = '\0';
    f->judged_by = (struct statement_trust){
        .ledger_id = f->trust.ledger_id,
        .log_key = &f->trust.log_key,
        .day = f->zone[0] == '\0' ? NULL : day,
        .earlier = f->earlier,
        .earlier_key = f->earlier_key,
        .signature_ahead = b != NULL && b->log_key != NULL,
    };
    f->run = statement_check_begin(&f->st, &f->judged_by);
    check_all(f->run);
    if (b != NULL) {
        beside_end(b);
        f->hash = b->hash;
        if (f->judged_by.signature_ahead)
            statement_check_signed(f->run, b->good);
    }
    statement_check_end(f->run, &f->verdict);
}

void statement_file_judge(struct statement_file *f)
{
    judge(f, NULL);
}

int statement_file_open(struct client *c, const struct cli *cli, const char *path,
                        struct statement_file *out)
{
    struct beside b = {0};
    int rc;

    /* What is freed is taken again, in megabytes: pages that were touched once are kept. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 25);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    (void)mallopt(M_TOP_PAD, 1 << 24);
    memset(out, 0, sizeof(*out));
    rc = take_trust(c, cli, out);
    if (rc == PUMASI_OK)
        rc = read_file(path, &out->st, out->pinned ? &out->trust.log_key : NULL, out->profile, &b);
    if (rc != PUMASI_OK) {
        pin_free(&out->trust);
        return rc;
    }
    if (cli_value(cli, "pin") == NULL)
        take_past(&c->profile, out);
    tell_earlier_key(out);
    if (cli_value(cli, "since") != NULL) {
        if (!out->pinned)
            trust_file(out);
        rc = read_earlier(cli_value(cli, "since"), out);
    }
    if (rc != PUMASI_OK) {
        beside_end(&b);
        statement_free(&out->st);
        pin_free(&out->trust);
        return rc;
    }
    judge(out, &b);
    return PUMASI_OK;
}

void statement_file_free(struct statement_file *f)
{
    statement_verdict_free(&f->verdict);
    statement_check_free(f->run);
    statement_free(&f->st);
    if (f->earlier != NULL)
        statement_free(f->earlier);
    free(f->earlier);
    pin_free(&f->trust);
    free(f->zone);
    free(f->ledger_name);
    memset(f, 0, sizeof(*f));
}

enum view_result statement_file_result(const struct statement_file *f)
{
    if (statement_verdict_mark(&f->verdict) == MARK_FAILED)
        return VIEW_FAILED;
    return f->pinned ? VIEW_PROVED : VIEW_UNPROVED;
}

int statement_file_exit(const struct statement_file *f)
{
    switch (statement_file_result(f)) {
    case VIEW_PROVED:
        return PUMASI_OK;
    case VIEW_FAILED:
        return PUMASI_FAILED;
    case VIEW_UNPROVED:
        break;
    }
    return PUMASI_UNPROVED;
}
