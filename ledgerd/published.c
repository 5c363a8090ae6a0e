/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/published.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/name.h"
#include "lang/lang.h"
#include "ledgerd/files.h"

/*
 * The file has two slots that are written over in turn, so that a write that a crash tears leaves
 * the other one: a checkpoint costs one flush of data and no change of the folder. A slot is a note
 * and newlines up to a page, lest both share a sector. Earlier versions wrote a bare note.
 */
#define SLOT_LEN  4096
#define SLOTS     2
#define FILE_LEN  (SLOTS * SLOT_LEN)
#define FILE_NAME "checkpoint"
_Static_assert(NOTE_MAX <= SCRIBE_MAX && FILE_LEN <= SCRIBE_MAX, "scribe");

struct published {
    pthread_mutex_t lock;
    char *path;
    char origin[ORIGIN_MAX + 1]; /* of what is signed; written by the poster, with the lock */
    char *dir;
    struct scribe *scribe; /* NULL: files are made here */
    const struct log_signer *signers;
    size_t n_signers;
    unsigned used; /* bit i: signer i is in force */
    bool there;
    unsigned signed_by; /* the latest is, bit i by signer i; 0: by an earlier key */
    uint64_t turns;     /* how often that, or the origin, became another one */
    int slot;           /* it stands there; -1 when the file is none of two slots */
    struct checkpoint latest;
    int64_t time; /* when it was signed, or written last */
    struct buf note;
};

/* Opens a note by our keys, or else by an earlier one; the next one is then signed by ours at once.
 */
static int open_note(const struct published *p, const char *origin, const char *note, size_t len,
                     const struct key *earlier, size_t n, struct checkpoint *c, unsigned *signed_by,
                     const char **why)
{
    struct checkpoint one;
    const char *fault;

    *signed_by = 0;
    for (size_t i = 0; i < p->n_signers; i++) {
        if (checkpoint_open(&one, note, len, origin, &p->signers[i].key, &fault) == 0) {
            *signed_by |= 1U << i;
            *c = one;
        } else if (i == 0) {
            *why = fault;
        }
    }
    for (size_t i = 0; i < n && *signed_by == 0; i++) {
        if (checkpoint_open(c, note, len, origin, &earlier[i], &fault) == 0) {
            return 0;
        }
    }
    return *signed_by != 0 ? 0 : -1;
}

/* A bare note, or one slot of the file: it becomes the latest when it is newer than what is. */
static int take_slot(struct published *p, int slot, const char *bytes, size_t len,
                     const struct key *earlier, size_t n, const char **why)
{
    char origin[ORIGIN_MAX + 1];
    struct checkpoint c;
    unsigned signed_by;

    while (len > 1 && bytes[len - 1] == '\n' && bytes[len - 2] == '\n') {
        len--;
    }
    /* Of an origin before, where the ledger goes on and nothing was signed since; or of a later
     * one, where an older database was put back. */
    if (checkpoint_origin(origin, bytes, len) != 0 ||
        (!name_origin_follows(p->origin, origin) && !name_origin_follows(origin, p->origin))) {
        str_copy(origin, sizeof(origin), p->origin);
    }
    if (open_note(p, origin, bytes, len, earlier, n, &c, &signed_by, why) != 0) {
        return -1;
    }
    if (p->there && !str_eq(origin, p->latest.origin)) {
        if (!name_origin_follows(origin, p->latest.origin)) {
            return 0;
        }
    } else if (p->there && (c.size < p->latest.size ||
                            (c.size == p->latest.size && (signed_by & ~p->signed_by) == 0))) {
        return 0;
    }
    p->there = true;
    p->signed_by = signed_by;
    p->slot = slot;
    p->latest = c;
    buf_clear(&p->note);
    buf_put(&p->note, bytes, len);
    return 0;
}

/* ---- Files of the data folder, made by whoever may ---- */

static int put_file(const struct published *p, const char *name, const void *bytes, size_t len)
{
    if (p->scribe != NULL) {
        return scribe_write(p->scribe, name, bytes, len);
    }
    char *path = x_asprintf("%s/%s", p->dir, name);
    int rc = file_write(path, bytes, len, 0644), saved = errno;
    free(path);
    errno = saved;
    return rc;
}

static char *get_file(const struct published *p, const char *name, size_t *len)
{
    if (p->scribe != NULL) {
        return scribe_read(p->scribe, name, len);
    }
    char *path = x_asprintf("%s/%s", p->dir, name);
    char *bytes = file_read(path, NOTE_MAX, len);
    free(path);
    return bytes;
}

/* Writes over a slot: a flush of data, and no word to another process where that can be. */
static int put_slot(const struct published *p, int slot, const char *bytes)
{
    int64_t at = (int64_t)slot * SLOT_LEN;
    int rc = file_overwrite(p->path, FILE_LEN, at, bytes, SLOT_LEN);

    /* It may be another file by now than the one that we may write to. */
    if (rc != 0 && p->scribe != NULL) {
        rc = scribe_overwrite(p->scribe, FILE_NAME, FILE_LEN, at, bytes, SLOT_LEN);
    }
    return rc;
}

static char *kept_name(const char *kid)
{
    return x_asprintf(FILE_NAME ".%s", kid);
}

/* What a key signed last, for those who pinned it. It proves nothing new: that it can't be written
 * is no fault. */
static void keep_last(const struct published *p, const struct key *key, const struct buf *note)
{
    struct kid kid;

    key_kid(&kid, key);
    char *name = kept_name(kid.s);
    (void)!put_file(p, name, note->data, note->len);
    free(name);
}

static bool is_ours(const struct published *p, const struct key *key)
{
    for (size_t i = 0; i < p->n_signers; i++) {
        if (memcmp(p->signers[i].key.x, key->x, KEY_LEN) == 0) {
            return true;
        }
    }
    return false;
}

/* 0 also when there is no file yet. */
static int read_file(struct published *p, const struct key *earlier, size_t n, char *err,
                     size_t err_size)
{
    const char *why = NULL;
    struct checkpoint c;
    struct stat st;
    size_t len;
    char *bytes = file_read(p->path, NOTE_MAX, &len);

    if (bytes == NULL) {
        if (errno == ENOENT) {
            return 0;
        }
        (void)snprintf(err, err_size, "%s: %s", p->path, strerror(errno));
        return -1;
    }
    if (len == FILE_LEN) {
        for (int i = 0; i < SLOTS; i++) {
            (void)take_slot(p, i, bytes + (ptrdiff_t)i * SLOT_LEN, SLOT_LEN, earlier, n, &why);
        }
    } else {
        (void)take_slot(p, -1, bytes, len, earlier, n, &why);
    }
    free(bytes);
    if (!p->there) {
        (void)snprintf(err, err_size, "%s: %s", p->path, _(why));
        return -1;
    }
    p->time = stat(p->path, &st) == 0 ? (int64_t)st.st_mtime : 0;
    for (size_t i = 0; i < n; i++) {
        /* One of ours is kept when it goes, unless ledgerd was ended before that. */
        if (!is_ours(p, &earlier[i]) && checkpoint_open(&c, p->note.data, p->note.len,
                                                        p->latest.origin, &earlier[i], &why) == 0) {
            keep_last(p, &earlier[i], &p->note);
        }
    }
    return 0;
}

struct published *published_open(const char *data_dir, const char *origin,
                                 const struct log_signer *signers, size_t n_signers,
                                 const struct key *earlier, size_t n, char *err, size_t err_size)
{
    struct published *p = x_calloc(1, sizeof(*p));

    pthread_mutex_init(&p->lock, NULL);
    p->path = x_asprintf("%s/" FILE_NAME, data_dir);
    p->dir = x_strdup(data_dir);
    p->slot = -1;
    str_copy(p->origin, sizeof(p->origin), origin);
    p->signers = signers;
    p->n_signers = n_signers;
    p->used = (1U << n_signers) - 1;
    if (read_file(p, earlier, n, err, err_size) != 0) {
        published_free(p);
        return NULL;
    }
    return p;
}

void published_by_scribe(struct published *p, struct scribe *scribe)
{
    p->scribe = scribe;
}

void published_free(struct published *p)
{
    if (p == NULL) {
        return;
    }
    pthread_mutex_destroy(&p->lock);
    buf_free(&p->note);
    free(p->path);
    free(p->dir);
    free(p);
}

/* By each key that is in force, a line each. */
static void sign(const struct published *p, unsigned used, struct draft *out)
{
    out->signed_by = used;
    for (size_t i = 0; i < p->n_signers; i++) {
        if ((used & 1U << i) == 0) {
            continue;
        }
        if (out->note.len == 0) {
            checkpoint_sign(&out->note, &out->checkpoint, p->signers[i].secret);
        } else {
            checkpoint_sign_also(&out->note, 0, p->origin, p->signers[i].secret);
        }
    }
}

int published_draft(struct published *p, uint64_t size, const struct hash *root, struct draft *out)
{
    *out = (struct draft){.checkpoint = {.size = size, .root = *root}, .note = BUF_INIT};
    pthread_mutex_lock(&p->lock);
    unsigned used = p->used;
    bool there = p->there && str_eq(p->latest.origin, p->origin);
    bool same = there && p->latest.size == size && hash_eq(&p->latest.root, root);
    bool shrinks = there && (p->latest.size > size || (p->latest.size == size && !same));
    out->is_old = same && (used & ~p->signed_by) == 0;
    if (out->is_old) {
        buf_put(&out->note, p->note.data, p->note.len);
    }
    pthread_mutex_unlock(&p->lock);
    if (used == 0) {
        errno = EKEYREVOKED;
        buf_free(&out->note);
        return -1;
    }
    if (shrinks) { /* the callers see to it; whoever signs two histories can't take it back */
        errno = EINVAL;
        return -1;
    }
    if (!out->is_old) {
        str_copy(out->checkpoint.origin, sizeof(out->checkpoint.origin), p->origin);
        sign(p, used, out);
    }
    return 0;
}

/* Both slots anew: beside the file, and renamed. */
static int write_anew(struct published *p, const char *slot)
{
    struct buf both = BUF_INIT;

    for (int i = 0; i < SLOTS; i++) {
        buf_put(&both, slot, SLOT_LEN);
    }
    int rc = put_file(p, FILE_NAME, both.data, both.len);
    int saved = errno;
    buf_free(&both);
    errno = saved;
    return rc;
}

/* The slot that the note now stands in, or -1 with errno. */
static int write_note(struct published *p, const struct buf *note)
{
    char slot[SLOT_LEN];
    int next = p->slot == 0 ? 1 : 0;

    if (note->len > sizeof(slot)) {
        errno = EFBIG;
        return -1;
    }
    memset(slot, '\n', sizeof(slot));
    memcpy(slot, note->data, note->len);
    if (p->slot >= 0 && put_slot(p, next, slot) == 0) {
        return next;
    }
    return write_anew(p, slot) == 0 ? 0 : -1; /* the file is gone, or can't be written over */
}

int published_write(struct published *p, struct draft *d)
{
    int rc = -1, saved;

    if (d->is_old) {
        rc = 0;
        goto out;
    }
    /* One at a time, so that only readers are about; they don't wait while the disk works. */
    int slot = write_note(p, &d->note);
    if (slot < 0) {
        goto out;
    }
    pthread_mutex_lock(&p->lock);
    struct buf old = p->note;
    p->note = d->note;
    d->note = old;
    p->turns +=
        p->signed_by != d->signed_by || !str_eq(p->latest.origin, d->checkpoint.origin) ? 1 : 0;
    p->latest = d->checkpoint;
    p->slot = slot;
    p->there = true;
    p->time = (int64_t)time(NULL);
    p->signed_by = d->signed_by;
    pthread_mutex_unlock(&p->lock);
    rc = 0;
out:
    saved = errno;
    buf_free(&d->note);
    errno = saved;
    return rc;
}

int published_sign(struct published *p, uint64_t size, const struct hash *root)
{
    struct draft d;

    if (published_draft(p, size, root, &d) != 0) {
        return -1;
    }
    return published_write(p, &d);
}

bool published_get(struct published *p, struct checkpoint *c, char **note, size_t *len)
{
    pthread_mutex_lock(&p->lock);
    bool there = p->there;
    if (there) {
        if (c != NULL) {
            *c = p->latest;
        }
        if (note != NULL) {
            *note = x_strndup(p->note.data, p->note.len);
            *len = p->note.len;
        }
    }
    pthread_mutex_unlock(&p->lock);
    return there;
}

void published_continue(struct published *p, const char *origin)
{
    struct buf note = BUF_INIT;

    if (str_eq(p->origin, origin)) {
        return;
    }
    pthread_mutex_lock(&p->lock);
    str_copy(p->origin, sizeof(p->origin), origin);
    if (p->there) {
        buf_put(&note, p->note.data, p->note.len);
    }
    pthread_mutex_unlock(&p->lock);
    if (note.len > 0) {
        (void)!put_file(p, FILE_NAME ".lost", note.data, note.len); /* it is in the log as well */
    }
    buf_free(&note);
}

/* ---- The log keys ---- */

void published_use(struct published *p, const struct key *in_force, size_t n)
{
    struct buf note = BUF_INIT;
    unsigned used = 0;

    for (size_t i = 0; i < p->n_signers; i++) {
        for (size_t k = 0; k < n; k++) {
            if (memcmp(p->signers[i].key.x, in_force[k].x, KEY_LEN) == 0) {
                used |= 1U << i;
            }
        }
    }
    pthread_mutex_lock(&p->lock);
    unsigned gone = p->used & ~used & (p->there ? p->signed_by : 0);
    if (gone != 0) {
        buf_put(&note, p->note.data, p->note.len);
    }
    p->used = used;
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->n_signers; i++) {
        if ((gone & 1U << i) != 0) {
            keep_last(p, &p->signers[i].key, &note);
        }
    }
    buf_free(&note);
}

size_t published_keys(struct published *p, struct key out[LOG_SIGNERS_MAX])
{
    size_t n = 0;

    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->n_signers; i++) {
        if ((p->used & 1U << i) != 0) {
            out[n++] = p->signers[i].key;
        }
    }
    pthread_mutex_unlock(&p->lock);
    return n;
}

bool published_leads_on(struct published *p, const struct kid *kid)
{
    unsigned it = 0, others;
    struct kid ours;

    for (size_t i = 0; i < p->n_signers; i++) {
        key_kid(&ours, &p->signers[i].key);
        if (str_eq(ours.s, kid->s)) {
            it = 1U << i;
        }
    }
    pthread_mutex_lock(&p->lock);
    others = p->there ? p->signed_by & p->used & ~it : 0;
    bool leads = it == 0 || (others != 0 && (p->signed_by & it) != 0);
    pthread_mutex_unlock(&p->lock);
    return leads;
}

const struct log_signer *published_newest(struct published *p)
{
    const struct log_signer *newest = NULL;

    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->n_signers; i++) {
        if ((p->used & 1U << i) != 0) {
            newest = &p->signers[i];
        }
    }
    pthread_mutex_unlock(&p->lock);
    return newest;
}

bool published_signed(struct published *p, const struct kid *kid)
{
    struct kid ours;
    unsigned it = 0;

    for (size_t i = 0; i < p->n_signers; i++) {
        key_kid(&ours, &p->signers[i].key);
        if (str_eq(ours.s, kid->s)) {
            it = 1U << i;
        }
    }
    pthread_mutex_lock(&p->lock);
    bool signed_it = p->there && (p->signed_by & it) != 0;
    pthread_mutex_unlock(&p->lock);
    return signed_it;
}

bool published_kept(struct published *p, const struct kid *kid, struct checkpoint *c, char **note,
                    size_t *len)
{
    char *name = kept_name(kid->s);
    *note = get_file(p, name, len);
    free(name);
    pthread_mutex_lock(&p->lock);
    bool ours = *note != NULL && checkpoint_read(c, *note, *len, p->origin) == 0;
    pthread_mutex_unlock(&p->lock);
    if (ours) {
        return true;
    }
    free(*note);
    *note = NULL;
    return false;
}

uint64_t published_turns(struct published *p)
{
    pthread_mutex_lock(&p->lock);
    uint64_t turns = p->turns;
    pthread_mutex_unlock(&p->lock);
    return turns;
}

int64_t published_time(struct published *p)
{
    pthread_mutex_lock(&p->lock);
    int64_t at = p->time;
    pthread_mutex_unlock(&p->lock);
    return at;
}
