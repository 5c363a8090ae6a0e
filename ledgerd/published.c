/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/published.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lang/lang.h"
#include "ledgerd/files.h"

/*
 * The file has two slots that are written over in turn, so that a write that a crash tears leaves
 * the other one: a checkpoint costs one flush of data and no change of the folder. A slot is a note
 * and newlines up to a page, lest both share a sector. Earlier versions wrote a bare note.
 */
#define SLOT_LEN 4096
#define SLOTS    2
#define FILE_LEN (SLOTS * SLOT_LEN)

struct published {
    pthread_mutex_t lock;
    char *path;
    char origin[sizeof(((struct checkpoint *)0)->origin)];
    uint8_t secret[KEY_SECRET_LEN];
    bool there;
    bool by_earlier; /* the latest is signed by an earlier key */
    int slot;        /* it stands there; -1 when the file is none of two slots */
    struct checkpoint latest;
    int64_t time; /* when it was signed, or written last */
    struct buf note;
};

/* Opens a note by our key, or else by an earlier one; the next one is then signed by ours at once.
 */
static int open_note(const struct published *p, const char *note, size_t len,
                     const struct key *earlier, size_t n, struct checkpoint *c, bool *by_earlier,
                     const char **why)
{
    const char *ignored;
    struct key key;

    key_of_secret(&key, p->secret);
    *by_earlier = false;
    if (checkpoint_open(c, note, len, p->origin, &key, why) == 0) {
        return 0;
    }
    *by_earlier = true;
    for (size_t i = 0; i < n; i++) {
        if (checkpoint_open(c, note, len, p->origin, &earlier[i], &ignored) == 0) {
            return 0;
        }
    }
    return -1;
}

/* A bare note, or one slot of the file: it becomes the latest when it is newer than what is. */
static int take_slot(struct published *p, int slot, const char *bytes, size_t len,
                     const struct key *earlier, size_t n, const char **why)
{
    struct checkpoint c;
    bool by_earlier;

    while (len > 1 && bytes[len - 1] == '\n' && bytes[len - 2] == '\n') {
        len--;
    }
    if (open_note(p, bytes, len, earlier, n, &c, &by_earlier, why) != 0) {
        return -1;
    }
    if (p->there &&
        (c.size < p->latest.size || (c.size == p->latest.size && (by_earlier || !p->by_earlier)))) {
        return 0;
    }
    p->there = true;
    p->by_earlier = by_earlier;
    p->slot = slot;
    p->latest = c;
    buf_clear(&p->note);
    buf_put(&p->note, bytes, len);
    return 0;
}

/* 0 also when there is no file yet. */
static int read_file(struct published *p, const struct key *earlier, size_t n, char *err,
                     size_t err_size)
{
    const char *why = NULL;
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
    return 0;
}

struct published *published_open(const char *data_dir, const char *origin,
                                 const uint8_t log_secret[KEY_SECRET_LEN],
                                 const struct key *earlier, size_t n, char *err, size_t err_size)
{
    struct published *p = x_calloc(1, sizeof(*p));

    pthread_mutex_init(&p->lock, NULL);
    p->path = x_asprintf("%s/checkpoint", data_dir);
    p->slot = -1;
    str_copy(p->origin, sizeof(p->origin), origin);
    (void)sodium_mlock(p->secret, sizeof(p->secret)); /* not to a swap partition, where allowed */
    memcpy(p->secret, log_secret, sizeof(p->secret));
    if (read_file(p, earlier, n, err, err_size) != 0) {
        published_free(p);
        return NULL;
    }
    return p;
}

void published_free(struct published *p)
{
    if (p == NULL) {
        return;
    }
    pthread_mutex_destroy(&p->lock);
    sodium_munlock(p->secret, sizeof(p->secret)); /* and wipes it */
    buf_free(&p->note);
    free(p->path);
    free(p);
}

int published_draft(struct published *p, uint64_t size, const struct hash *root, struct draft *out)
{
    *out = (struct draft){.checkpoint = {.size = size, .root = *root}, .note = BUF_INIT};
    pthread_mutex_lock(&p->lock);
    bool same = p->there && p->latest.size == size && hash_eq(&p->latest.root, root);
    bool shrinks = p->there && (p->latest.size > size || (p->latest.size == size && !same));
    out->is_old = same && !p->by_earlier;
    if (out->is_old) {
        buf_put(&out->note, p->note.data, p->note.len);
    }
    pthread_mutex_unlock(&p->lock);
    if (shrinks) { /* the callers see to it; whoever signs two histories can't take it back */
        errno = EINVAL;
        return -1;
    }
    if (!out->is_old) {
        str_copy(out->checkpoint.origin, sizeof(out->checkpoint.origin), p->origin);
        checkpoint_sign(&out->note, &out->checkpoint, p->secret);
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
    int rc = file_write(p->path, both.data, both.len, 0644);
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
    if (p->slot >= 0 &&
        file_overwrite(p->path, FILE_LEN, (int64_t)next * SLOT_LEN, slot, sizeof(slot)) == 0) {
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
    p->latest = d->checkpoint;
    p->slot = slot;
    p->there = true;
    p->time = (int64_t)time(NULL);
    p->by_earlier = false;
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

int64_t published_time(struct published *p)
{
    pthread_mutex_lock(&p->lock);
    int64_t at = p->time;
    pthread_mutex_unlock(&p->lock);
    return at;
}
