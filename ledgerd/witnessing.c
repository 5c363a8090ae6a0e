/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/witnessing.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/value.h"
#include "lang/lang.h"
#include "ledgerd/files.h"
#include "ledgerd/log.h"
#include "ledgerd/metrics.h"
#include "ledgerd/ownkeys.h"
#include "ledgerd/thread.h"

#define WAITING_MAX  64
#define EVIDENCE_MAX (1u << 18)

/* One log: what core decides by, and what stands on the disk. */
struct known {
    char *note; /* of the checkpoint remembered; NULL: none yet */
    size_t note_len;
    char *evidence; /* JSON; NULL: no fork was seen */
};

struct witnessing {
    char *folder;
    struct cosigner who;
    uint8_t secret[KEY_SECRET_LEN];
    struct metrics *metrics;
    size_t n;
    struct witness_log logs[PEERS_MAX]; /* written by the thread, with the lock */
    struct known known[PEERS_MAX];
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t given;
    bool ending;
    size_t waiting;
    struct witness_job *first, **last; /* to be decided */
    struct witness_job *decided;
    int fd; /* readable when some are decided */
    struct event *event;
};

void witness_job_free(struct witness_job *job)
{
    free(job->body);
    buf_free(&job->lines);
    free(job);
}

/* ---- The disk ---- */

static char *path_of(const struct witnessing *w, size_t i, const char *suffix)
{
    char *name = witness_file_name(w->logs[i].origin, suffix);
    char *path = x_asprintf("%s/%s", w->folder, name);

    free(name);
    return path;
}

/* Persisted before anything is cosigned: tlog-witness, "add-checkpoint". */
static int remember(struct witnessing *w, size_t i, const struct checkpoint *c,
                    const struct witness_request *rq)
{
    char *path = path_of(w, i, ".note");
    int rc = file_write(path, rq->note, rq->note_len, 0644);

    if (rc != 0) {
        log_event(LOG_LEVEL_ERROR, N_("a checkpoint can't be remembered, and isn't cosigned"),
                  LOG_STR("file", path), LOG_STR("why", strerror(errno)));
    } else {
        pthread_mutex_lock(&w->lock);
        w->logs[i].latest = *c;
        w->logs[i].seen = true;
        pthread_mutex_unlock(&w->lock);
        free(w->known[i].note);
        w->known[i].note = x_strndup(rq->note, rq->note_len);
        w->known[i].note_len = rq->note_len;
    }
    free(path);
    return rc;
}

/* Both signed checkpoints in a file that is never written over: the first fork stands. */
static void accuse(struct witnessing *w, size_t i, const struct checkpoint *c,
                   const struct witness_request *rq)
{
    char *path = path_of(w, i, ".fork.json");
    bool first = access(path, F_OK) != 0;
    struct buf b = BUF_INIT;

    witness_evidence_put(&b, w->logs[i].origin, (int64_t)time(NULL), w->known[i].note,
                         w->known[i].note_len, rq);
    if (first && file_write(path, b.data, b.len, 0644) != 0)
        log_event(LOG_LEVEL_ERROR, N_("the evidence of a fork can't be written"),
                  LOG_STR("file", path), LOG_STR("why", strerror(errno)));
    if (first) {
        pthread_mutex_lock(&w->lock);
        free(w->known[i].evidence);
        w->known[i].evidence = x_strndup(b.data, b.len - 1);
        pthread_mutex_unlock(&w->lock);
        atomic_fetch_add(&w->metrics->sister_forks, 1);
    }
    /* Last: whoever reads it there finds it in all other places. */
    log_event(LOG_LEVEL_ERROR,
              N_("FORK: this ledger has signed two histories; the other one is not cosigned"),
              LOG_STR("origin", w->logs[i].origin),
              LOG_INT("cosigned", (int64_t)w->logs[i].latest.size),
              LOG_INT("shown", (int64_t)c->size), LOG_STR("evidence", path));
    buf_free(&b);
    free(path);
}

/* ---- The thread ---- */

static void cosign(struct witnessing *w, struct witness_job *job, const struct witness_request *rq)
{
    struct note_parts parts;
    const char *why;

    if (note_split(&parts, rq->note, rq->note_len, &why) != 0)
        return; /* it was opened */
    cosign_put(&job->lines, &w->who, w->secret, parts.text, parts.text_len, (int64_t)time(NULL));
    atomic_fetch_add(&w->metrics->cosigned, 1);
}

static void decide(struct witnessing *w, struct witness_job *job)
{
    struct witness_decision *d = &job->decision;
    const struct witness_log *log;
    struct witness_request rq;

    if (witness_request_parse(&rq, job->body, job->len, &d->why) != 0) {
        d->verdict = WITNESS_MALFORMED;
        return;
    }
    witness_decide(d, w->logs, w->n, &rq);
    if (d->verdict == WITNESS_MALFORMED || d->verdict == WITNESS_UNKNOWN ||
        d->verdict == WITNESS_UNSIGNED)
        return;
    log = &w->logs[d->log];
    if (d->fork)
        accuse(w, d->log, &d->checkpoint, &rq);
    if (d->verdict == WITNESS_COSIGN) {
        bool grown = !log->seen || d->checkpoint.size > log->latest.size;

        job->unstored = grown && remember(w, d->log, &d->checkpoint, &rq) != 0;
        if (!job->unstored)
            cosign(w, job, &rq);
    }
    job->known = log->seen ? log->latest.size : 0;
}

static void *run(void *arg)
{
    struct witnessing *w = arg;

    pthread_mutex_lock(&w->lock);
    for (;;) {
        struct witness_job *job;

        while (w->first == NULL && !w->ending)
            pthread_cond_wait(&w->given, &w->lock);
        job = w->first;
        if (job == NULL)
            break;
        w->first = job->next;
        if (w->first == NULL)
            w->last = &w->first;
        pthread_mutex_unlock(&w->lock);
        decide(w, job);
        pthread_mutex_lock(&w->lock);
        job->next = w->decided;
        w->decided = job;
        w->waiting--;
        (void)eventfd_write(w->fd, 1);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ---- The loop's side ---- */

static void on_decided(evutil_socket_t fd, short what, void *arg)
{
    struct witnessing *w = arg;
    struct witness_job *all, *next;
    eventfd_t count;

    (void)what;
    (void)eventfd_read((int)fd, &count);
    pthread_mutex_lock(&w->lock);
    all = w->decided;
    w->decided = NULL;
    pthread_mutex_unlock(&w->lock);
    for (; all != NULL; all = next) {
        next = all->next;
        all->done(all);
    }
}

bool witnessing_push(struct witnessing *w, struct witness_job *job)
{
    bool room;

    pthread_mutex_lock(&w->lock);
    room = w->started && !w->ending && w->waiting < WAITING_MAX;
    if (room) {
        job->next = NULL;
        *w->last = job;
        w->last = &job->next;
        w->waiting++;
        pthread_cond_signal(&w->given);
    }
    pthread_mutex_unlock(&w->lock);
    return room;
}

const struct cosigner *witnessing_who(const struct witnessing *w)
{
    return &w->who;
}

bool witnessing_log(struct witnessing *w, size_t n, struct witness_log *out)
{
    if (n >= w->n)
        return false;
    pthread_mutex_lock(&w->lock);
    *out = w->logs[n];
    pthread_mutex_unlock(&w->lock);
    return true;
}

void witnessing_put_forks(struct witnessing *w, struct buf *b)
{
    const char *comma = "";

    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < w->n; i++) {
        if (w->known[i].evidence != NULL) {
            buf_puts(b, comma);
            buf_puts(b, w->known[i].evidence);
            comma = ",";
        }
    }
    pthread_mutex_unlock(&w->lock);
}

/* ---- Start and end ---- */

static void add_log(struct witnessing *w, const struct peer *p)
{
    struct witness_log *log = NULL;

    for (size_t i = 0; i < w->n; i++)
        if (str_eq(w->logs[i].origin, p->who.name))
            log = &w->logs[i];
    if (log == NULL) {
        log = &w->logs[w->n++];
        str_copy(log->origin, sizeof(log->origin), p->who.name);
    }
    if (log->n_keys < WITNESS_KEYS_MAX)
        log->keys[log->n_keys++] = p->who.key;
}

static int recall_evidence(struct witnessing *w, size_t i)
{
    char *path = path_of(w, i, ".fork.json");
    size_t len;
    char *text = file_read(path, EVIDENCE_MAX, &len);
    struct value *json = text != NULL ? value_parse(text, len) : NULL;

    /* Whatever stands there, somebody has seen a fork. */
    if (text != NULL || errno != ENOENT) {
        w->known[i].evidence = json != NULL ? x_strdup(text) : x_strdup("{}");
        atomic_fetch_add(&w->metrics->sister_forks, 1);
        log_event(LOG_LEVEL_ERROR,
                  N_("evidence of a fork is here; move it away once it is settled"),
                  LOG_STR("origin", w->logs[i].origin), LOG_STR("evidence", path));
    }
    value_free(json);
    free(text);
    free(path);
    return 0;
}

static int recall(struct witnessing *w, size_t i, char *err, size_t err_size)
{
    struct witness_log *log = &w->logs[i];
    struct known *k = &w->known[i];
    char *path = path_of(w, i, ".note");
    const char *why = NULL;
    int rc = 0;

    k->note = file_read(path, NOTE_MAX, &k->note_len);
    if (k->note == NULL && errno != ENOENT) {
        snprintf(err, err_size, "%s: %s", path, strerror(errno));
        rc = -1;
    } else if (k->note != NULL &&
               checkpoint_open_any(&log->latest, k->note, k->note_len, log->origin, log->keys,
                                   log->n_keys, &why) != 0) {
        snprintf(err, err_size,
                 _("%s, the checkpoint cosigned last, can't be used: %s. After a change of that "
                   "ledger's log key name both keys under witness_for."),
                 path, _(why));
        rc = -1;
    }
    log->seen = rc == 0 && k->note != NULL;
    free(path);
    return rc == 0 ? recall_evidence(w, i) : -1;
}

/* The key and the folder of the memory are made together, and neither alone. */
static int open_key(struct witnessing *w, const char *data_dir, char *err, size_t err_size)
{
    char *path = x_asprintf("%s/witness.key", data_dir);
    bool key = access(path, F_OK) == 0, folder = access(w->folder, F_OK) == 0;
    int rc = -1;

    if (key && !folder)
        snprintf(err, err_size,
                 _("%s is there, and what that witness remembered isn't (%s): it could cosign a "
                   "second history. Move the key away, and tell those who go by it the new one."),
                 path, w->folder);
    else if (!folder && mkdir(w->folder, 0700) != 0)
        snprintf(err, err_size, _("Can't write %s: %s."), w->folder, strerror(errno));
    else if (!folder && dir_sync(data_dir) != 0)
        snprintf(err, err_size, _("Can't write %s: %s."), data_dir, strerror(errno));
    else
        rc = ownkeys_witness(w->secret, data_dir, !key, err, err_size);
    free(path);
    return rc;
}

struct witnessing *witnessing_open(const char *data_dir, const char *name, const struct peers *logs,
                                   struct metrics *m, char *err, size_t err_size)
{
    struct witnessing *w = x_calloc(1, sizeof(*w));

    w->metrics = m;
    w->folder = x_asprintf("%s/witness", data_dir);
    w->last = &w->first;
    w->fd = -1;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->given, NULL);
    (void)sodium_mlock(w->secret, sizeof(w->secret)); /* not to a swap partition, where allowed */
    str_copy(w->who.name, sizeof(w->who.name), name);
    for (size_t i = 0; i < logs->n; i++)
        add_log(w, &logs->rows[i]);
    if (open_key(w, data_dir, err, err_size) != 0) {
        witnessing_free(w);
        return NULL;
    }
    key_of_secret(&w->who.key, w->secret);
    for (size_t i = 0; i < w->n; i++) {
        if (recall(w, i, err, err_size) != 0) {
            witnessing_free(w);
            return NULL;
        }
    }
    char vkey[VKEY_MAX];
    cosigner_text(vkey, &w->who);
    log_event(LOG_LEVEL_INFO, "witness", LOG_STR("vkey", vkey));
    return w;
}

int witnessing_start(struct witnessing *w, struct event_base *base)
{
    int failed;

    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->event = w->fd < 0 ? NULL : event_new(base, w->fd, EV_READ | EV_PERSIST, on_decided, w);
    if (w->event == NULL || event_add(w->event, NULL) != 0)
        return -1;
    failed = thread_start(&w->thread, run, w);
    w->started = failed == 0;
    errno = failed;
    return failed == 0 ? 0 : -1;
}

void witnessing_stop(struct witnessing *w)
{
    if (w == NULL || !w->started)
        return;
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_signal(&w->given);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    on_decided(w->fd, 0, w);
    event_free(w->event);
    close(w->fd);
    w->started = false;
}

void witnessing_free(struct witnessing *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->n; i++) {
        free(w->known[i].note);
        free(w->known[i].evidence);
    }
    pthread_cond_destroy(&w->given);
    pthread_mutex_destroy(&w->lock);
    sodium_munlock(w->secret, sizeof(w->secret)); /* and wipes it */
    free(w->folder);
    free(w);
}
