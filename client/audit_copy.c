/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/audit_scan.h"
#include "client/files.h"

static char *path_in(const struct audit_copy *c, const char *name)
{
    return x_asprintf("%s/%s", c->dir, name);
}

static int trouble(const struct audit_copy *c, const char *name)
{
    return fail(PUMASI_FAILED, _("The auditor's copy %s/%s can't be used: %s."), c->dir, name,
                strerror(errno));
}

static int open_file(const struct audit_copy *c, const char *name, int flags)
{
    char *path = path_in(c, name);
    int fd = open(path, flags | O_CLOEXEC, 0600);

    free(path);
    return fd;
}

static void zero(struct audit_copy *c)
{
    memset(c, 0, sizeof(*c));
    c->lock = c->records = c->leaves_fd = c->suspect = -1;
    c->last_index = -1;
}

/* ledger.json and the checkpoint, where both are there and belong together. */
static void read_info(struct audit_copy *c)
{
    char *info_path = path_in(c, c->coop ? "book.json" : "ledger.json");
    char *note_path = path_in(c, "checkpoint"), *text = NULL, name[ORIGIN_MAX + 1];
    const char *why;
    struct key key;
    size_t len;

    if (files_read(info_path, NOTE_MAX, &text, &len) == 0 &&
        dump_info_parse(&c->info, text, len) == 0 &&
        files_read(note_path, NOTE_MAX, &c->note, &len) == 0 &&
        vkey_parse(c->info.vkey, name, sizeof(name), &key) == 0) {
        if (checkpoint_open(&c->checkpoint, c->note, len, c->info.origin, &key, &why) == 0)
            c->has_info = true;
        else
            c->unsigned_note = checkpoint_read(&c->checkpoint, c->note, len, c->info.origin) == 0;
    }
    free(text);
    free(info_path);
    free(note_path);
}

static int read_leaves(struct audit_copy *c)
{
    struct stat st;

    if (fstat(c->leaves_fd, &st) != 0)
        return trouble(c, "leaves");
    c->n_leaves = c->cap_leaves = (size_t)st.st_size / HASH_LEN;
    c->leaves = x_malloc((c->cap_leaves + 1) * HASH_LEN);
    for (size_t got = 0; got < c->n_leaves * HASH_LEN;) {
        ssize_t n =
            pread(c->leaves_fd, (char *)c->leaves + got, c->n_leaves * HASH_LEN - got, (off_t)got);

        if (n <= 0)
            return trouble(c, "leaves");
        got += (size_t)n;
    }
    if (ftruncate(c->leaves_fd, (off_t)(c->n_leaves * HASH_LEN)) != 0)
        return trouble(c, "leaves");
    return PUMASI_OK;
}

static char *own_dir(const struct profile *p, const char *coop)
{
    char *name = coop ? x_asprintf("book-%s", coop) : x_strdup("all");
    char *dir = profile_state_path(p, "audit", name);

    free(name);
    return dir;
}

int audit_copy_put_away(const struct profile *p, const char *coop, char **path, int64_t *size)
{
    struct audit_copy c;
    char *beside = NULL;
    int rc = PUMASI_OK;

    zero(&c);
    c.dir = own_dir(p, coop);
    c.coop = coop ? x_strdup(coop) : NULL;
    read_info(&c);
    *path = NULL;
    for (size_t i = p->n_past; i-- > 0 && !*path;) {
        char origin[ORIGIN_MAX + 1];
        struct dump_info info = {0};
        struct stat st;

        if (!ledger_id_origin(origin, p->past[i].ledger_id))
            continue;
        for (char *s = origin; *s; s++)
            if (*s == '/')
                *s = '_';
        free(beside);
        beside = x_asprintf("%s.%s", c.dir, origin);
        if (c.has_info && str_eq(c.info.id, p->past[i].ledger_id)) {
            if (rename(c.dir, beside) != 0) {
                rc = trouble(&c, "ledger.json");
                break;
            }
            info = c.info;
        } else if (stat(beside, &st) == 0) { /* by an earlier run */
            struct audit_copy old;

            zero(&old);
            old.dir = x_strdup(beside);
            old.coop = coop ? x_strdup(coop) : NULL;
            read_info(&old);
            info = old.info;
            audit_copy_close(&old);
        }
        if (info.size > p->past[i].found) {
            *path = x_strdup(beside);
            *size = info.size;
        }
    }
    free(beside);
    audit_copy_close(&c);
    return rc;
}

int audit_copy_open(struct audit_copy *c, const struct profile *p, const char *coop)
{
    int rc = PUMASI_OK;

    zero(c);
    c->own = true;
    c->dir = own_dir(p, coop);
    c->coop = coop ? x_strdup(coop) : NULL;
    if (files_mkdir(c->dir) != 0)
        return trouble(c, ".");
    c->lock = open_file(c, "lock", O_RDWR | O_CREAT);
    if (c->lock < 0)
        return trouble(c, "lock");
    if (flock(c->lock, LOCK_EX | LOCK_NB) != 0)
        return fail(PUMASI_FAILED, _("Another run of \"pumasi audit\" is at work on %s."), c->dir);
    c->records = open_file(c, "records", O_RDWR | O_CREAT);
    c->suspect = open_file(c, "suspect", O_RDWR | O_CREAT | O_TRUNC);
    c->leaves_fd = coop ? open_file(c, "leaves", O_RDWR | O_CREAT) : -1;
    if (c->records < 0 || c->suspect < 0 || (coop && c->leaves_fd < 0))
        return trouble(c, "records");
    read_info(c);
    if (coop)
        rc = read_leaves(c);
    if (rc == PUMASI_OK && audit_scan(c) != 0)
        rc = trouble(c, "records");
    /* What a run that was ended in the middle wrote last. */
    if (rc == PUMASI_OK && ftruncate(c->records, (off_t)c->good_end) != 0)
        rc = trouble(c, "records");
    if (rc == PUMASI_OK && c->has_info && audit_copy_size(c) < c->info.size)
        rc = fail(PUMASI_FAILED,
                  _("The auditor's copy in %s has fewer records than it had: something was taken "
                    "out of it. Restore it from your backup, or move it away to begin anew."),
                  c->dir);
    return rc;
}

int audit_copy_foreign(struct audit_copy *c, const char *dir)
{
    struct stat st;

    zero(c);
    c->dir = x_strdup(dir);
    c->records = open_file(c, "records", O_RDONLY);
    if (c->records < 0)
        return fail(PUMASI_FAILED,
                    _("%s isn't an export of a ledger: its records can't be read (%s)."), dir,
                    strerror(errno));
    read_info(c);
    if (!c->has_info && !c->unsigned_note)
        return fail(PUMASI_FAILED,
                    _("%s isn't a whole export: ledger.json or the signed checkpoint is missing or "
                      "wrong."),
                    dir);
    if (fstat(c->records, &st) != 0 || audit_scan(c) != 0)
        return fail(PUMASI_FAILED, _("%s/records can't be read: %s."), dir, strerror(errno));
    c->end = st.st_size;
    return PUMASI_OK;
}

void audit_copy_close(struct audit_copy *c)
{
    const int fds[] = {c->lock, c->records, c->leaves_fd, c->suspect};

    if (!c->dir)
        return;
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    free(c->dir);
    free(c->coop);
    free(c->at);
    free(c->leaves);
    free(c->snapshots);
    free(c->note);
    zero(c);
}

/* ---- Growing ---- */

static int write_at(int fd, const void *bytes, size_t len, int64_t at)
{
    const char *p = bytes;

    while (len > 0) {
        ssize_t n = pwrite(fd, p, len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        p += n;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int audit_copy_leaves(struct audit_copy *c, const struct hash *leaves, size_t n)
{
    int64_t at = (int64_t)(c->n_leaves * HASH_LEN);

    for (size_t i = 0; i < n; i++)
        audit_scan_leaf(c, &leaves[i]);
    if (c->leaves_fd >= 0 &&
        (write_at(c->leaves_fd, leaves, n * HASH_LEN, at) != 0 || fdatasync(c->leaves_fd) != 0))
        return trouble(c, "leaves");
    return PUMASI_OK;
}

int audit_copy_add(struct audit_copy *c, const char *header, const char *const *parts, size_t n,
                   int64_t index, const struct hash *leaf, bool good)
{
    struct buf b = BUF_INIT;
    size_t *lens = x_calloc(n, sizeof(*lens));
    int rc = PUMASI_OK;

    buf_puts(&b, header);
    buf_putc(&b, '\n');
    for (size_t i = 0; i < n; i++) {
        lens[i] = strlen(parts[i]);
        buf_put(&b, parts[i], lens[i]);
        buf_putc(&b, '\n');
    }
    buf_putc(&b, '\n');
    good = good && c->n == c->n_good;
    if (write_at(good ? c->records : c->suspect, b.data, b.len, good ? c->good_end : c->end) != 0)
        rc = trouble(c, good ? "records" : "suspect");
    audit_scan_record(c, parts, lens, n, (int64_t)b.len, good);
    free(lens);
    if (good) {
        c->last_index = index;
        if (!c->coop)
            audit_scan_leaf(c, leaf);
    }
    buf_free(&b);
    return rc;
}

int audit_copy_sync(struct audit_copy *c)
{
    return fdatasync(c->records) == 0 ? PUMASI_OK : trouble(c, "records");
}

int audit_copy_cut(struct audit_copy *c, int64_t size)
{
    size_t n = c->n_good;

    if (c->coop) {
        if (ftruncate(c->leaves_fd, (off_t)size * HASH_LEN) != 0)
            return trouble(c, "leaves");
        c->n_leaves = (size_t)size < c->n_leaves ? (size_t)size : c->n_leaves;
        return PUMASI_OK;
    }
    if ((size_t)size < n) {
        c->good_end = c->at[size];
        c->n = c->n_good = c->n_leaves = (size_t)size;
        c->last_index = size - 1;
    }
    return ftruncate(c->records, (off_t)c->good_end) == 0 ? PUMASI_OK : trouble(c, "records");
}

int audit_copy_finish(struct audit_copy *c, const struct dump_info *info, const char *note,
                      const struct checkpoint *checkpoint)
{
    char *info_path = path_in(c, c->coop ? "book.json" : "ledger.json");
    char *note_path = path_in(c, "checkpoint");
    struct buf b = BUF_INIT;
    int rc = audit_copy_sync(c);

    dump_info_put(&b, info);
    if (rc == PUMASI_OK && (files_write(note_path, note, strlen(note)) != 0 ||
                            files_write(info_path, b.data, b.len) != 0))
        rc = trouble(c, "checkpoint");
    if (rc == PUMASI_OK) {
        c->has_info = true;
        c->info = *info;
        c->checkpoint = *checkpoint;
        free(c->note);
        c->note = x_strdup(note);
    }
    buf_free(&b);
    free(info_path);
    free(note_path);
    return rc;
}

int64_t audit_copy_size(const struct audit_copy *c)
{
    return c->coop ? (int64_t)c->n_leaves : (int64_t)c->n_good;
}

/* ---- Reading ---- */

static int read_piece(int fd, int64_t from, int64_t to, struct buf *b)
{
    while (from < to) {
        size_t want = (size_t)(to - from);
        ssize_t n;

        buf_reserve(b, want + 1);
        n = pread(fd, b->data + b->len, want, (off_t)from);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        b->len += (size_t)n;
        b->data[b->len] = '\0';
        from += n;
    }
    return 0;
}

int audit_copy_read(const struct audit_copy *c, size_t from, size_t to, struct buf *b)
{
    buf_clear(b);
    if (from < c->n_good &&
        read_piece(c->records, c->at[from], to < c->n_good ? c->at[to] : c->good_end, b) != 0)
        return -1;
    if (to > c->n_good) {
        size_t first = from > c->n_good ? from : c->n_good;

        return read_piece(c->suspect, c->at[first], to < c->n ? c->at[to] : c->end, b);
    }
    return 0;
}

bool audit_copy_find(const struct audit_copy *c, int64_t record, struct buf *b, const char **header,
                     size_t *header_len, struct part_list *parts)
{
    size_t low = 0, high = c->n;

    while (low < high) {
        size_t at = c->coop ? low + (high - low) / 2 : (size_t)record;
        struct record_header head;
        const char *why;

        if (at >= c->n || audit_copy_read(c, at, at + 1, b) != 0 ||
            dump_split(b->data, b->len, header, header_len, parts) <= 0 ||
            record_header_peek(&head, *header, *header_len, &why) != 0)
            break;
        if (head.index == record)
            return true;
        if (!c->coop)
            break;
        if (head.index < record)
            low = at + 1;
        else
            high = at;
    }
    return false;
}

int audit_copy_root(const struct audit_copy *c, int64_t size, struct hash *out)
{
    struct tree tree;

    if (size < 0 || (size_t)size > c->n_leaves)
        return -1;
    tree_init(&tree);
    for (int64_t i = 0; i < size; i++) {
        tree_append(&tree, &c->leaves[i]);
        if (i % 1024 == 0)
            tree_mark(&tree);
    }
    tree_root(&tree, out);
    tree_free(&tree);
    return 0;
}

/* ---- What is remembered beside ---- */

/* Are two notes of one text, whoever signed them? */
static bool same_body(const char *a, const char *b)
{
    const char *end = strstr(a, "\n\n");

    return end && strncmp(a, b, (size_t)(end + 2 - a)) == 0;
}

int audit_copy_seen(const struct audit_copy *c, const char *note,
                    const struct checkpoint *checkpoint, char **before)
{
    char *folder = path_in(c, "checkpoints");
    char *path = x_asprintf("%s/%012" PRIu64, folder, checkpoint->size);
    size_t len;
    int ret = files_mkdir(folder);

    *before = NULL;
    if (ret == 0 && files_create(path, note, strlen(note)) != 0)
        ret = errno == EEXIST ? 1 : -1;
    if (ret == 1)
        ret = files_read(path, NOTE_MAX, before, &len) == 0 ? !same_body(*before, note) : -1;
    if (ret < 0)
        (void)trouble(c, "checkpoints");
    if (ret <= 0) {
        free(*before);
        *before = NULL;
    }
    free(path);
    free(folder);
    return ret;
}

char *audit_copy_evidence(const struct audit_copy *c, const char *name, const char *bytes,
                          size_t len)
{
    char *folder = path_in(c, "evidence"), *path = x_asprintf("%s/%s", folder, name);

    if (!c->own || files_mkdir(folder) != 0 || files_write(path, bytes, len) != 0) {
        free(path);
        path = NULL;
    }
    free(folder);
    return path;
}

int64_t audit_copy_verified(const struct audit_copy *c)
{
    char *path = path_in(c, "audited.json"), text[HASH_B64U_LEN + 1];
    const char *why;
    json_t *json = c->own ? files_read_json(path, &why) : NULL;
    int64_t size = json_integer_value(json_object_get(json, "size"));
    const char *root = json_string_value(json_object_get(json, "root"));
    struct hash now;

    if (!root || audit_copy_root(c, size, &now) != 0)
        size = 0;
    else
        hash_text(text, &now);
    if (size > 0 && !str_eq(text, root))
        size = 0;
    json_decref(json);
    free(path);
    return size;
}

int audit_copy_set_verified(const struct audit_copy *c, int64_t size)
{
    char *path = path_in(c, "audited.json"), text[HASH_B64U_LEN + 1];
    struct hash root;
    json_t *json;
    int rc = PUMASI_OK;

    if (audit_copy_root(c, size, &root) == 0) {
        hash_text(text, &root);
        json = json_pack("{s:I, s:s}", "size", (json_int_t)size, "root", text);
        if (files_write_json(path, json) != 0)
            rc = trouble(c, "audited.json");
        json_decref(json);
    }
    free(path);
    return rc;
}
