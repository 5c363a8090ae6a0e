/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/published.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lang/lang.h"
#include "ledgerd/files.h"

struct published {
    pthread_mutex_t lock;
    char *path;
    char origin[sizeof(((struct checkpoint *)0)->origin)];
    uint8_t secret[KEY_SECRET_LEN];
    bool there;
    bool by_earlier; /* the latest is signed by an earlier key */
    struct checkpoint latest;
    int64_t time; /* when it was signed, or written last */
    struct buf note;
};

/* Opens a note by our key, or else by an earlier one; the next one is then signed by ours at once.
 */
static int open_note(struct published *p, const char *note, size_t len, const struct key *earlier,
                     size_t n, const char **why)
{
    const char *ignored;
    struct key key;

    key_of_secret(&key, p->secret);
    if (checkpoint_open(&p->latest, note, len, p->origin, &key, why) == 0) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (checkpoint_open(&p->latest, note, len, p->origin, &earlier[i], &ignored) == 0) {
            p->by_earlier = true;
            return 0;
        }
    }
    return -1;
}

/* 0 also when there is no file yet. */
static int read_file(struct published *p, const struct key *earlier, size_t n, char *err,
                     size_t err_size)
{
    const char *why = NULL;
    struct stat st;
    size_t len;
    char *note = file_read(p->path, NOTE_MAX, &len);

    if (note == NULL) {
        if (errno == ENOENT) {
            return 0;
        }
        (void)snprintf(err, err_size, "%s: %s", p->path, strerror(errno));
        return -1;
    }
    if (open_note(p, note, len, earlier, n, &why) != 0) {
        (void)snprintf(err, err_size, "%s: %s", p->path, _(why));
        free(note);
        return -1;
    }
    buf_put(&p->note, note, len);
    p->there = true;
    p->time = stat(p->path, &st) == 0 ? (int64_t)st.st_mtime : 0;
    free(note);
    return 0;
}

struct published *published_open(const char *data_dir, const char *origin,
                                 const uint8_t log_secret[KEY_SECRET_LEN],
                                 const struct key *earlier, size_t n, char *err, size_t err_size)
{
    struct published *p = x_calloc(1, sizeof(*p));

    pthread_mutex_init(&p->lock, NULL);
    p->path = x_asprintf("%s/checkpoint", data_dir);
    str_copy(p->origin, sizeof(p->origin), origin);
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
    explicit_bzero(p->secret, sizeof(p->secret));
    buf_free(&p->note);
    free(p->path);
    free(p);
}

int published_sign(struct published *p, uint64_t size, const struct hash *root)
{
    struct checkpoint c = {.size = size, .root = *root};
    struct buf note = BUF_INIT;

    /*
     * Only the poster signs, so nothing changes between this look and the swap below; the lock is
     * not held while the disk works.
     */
    pthread_mutex_lock(&p->lock);
    bool same = p->there && p->latest.size == size && hash_eq(&p->latest.root, root);
    bool shrinks = p->there && (p->latest.size > size || (p->latest.size == size && !same));
    same = same && !p->by_earlier;
    pthread_mutex_unlock(&p->lock);
    if (same) {
        return 0;
    }
    if (shrinks) { /* the callers see to it; whoever signs two histories can't take it back */
        errno = EINVAL;
        return -1;
    }
    str_copy(c.origin, sizeof(c.origin), p->origin);
    checkpoint_sign(&note, &c, p->secret);
    if (file_write(p->path, note.data, note.len, 0644) != 0) {
        int saved = errno;
        buf_free(&note);
        errno = saved;
        return -1;
    }
    pthread_mutex_lock(&p->lock);
    struct buf old = p->note;
    p->note = note;
    p->latest = c;
    p->there = true;
    p->time = (int64_t)time(NULL);
    p->by_earlier = false;
    pthread_mutex_unlock(&p->lock);
    buf_free(&old);
    return 0;
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
