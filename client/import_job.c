/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/import_job.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "client/files.h"
#include "client/query.h"
#include "core/b64.h"

#define IMPORTS_DIR "imports"
#define VERSION     1

/* What the 4 bytes in an id say: two bits of kind, the rest counts. */
#define KIND_ROW    (UINT32_C(0) << 30)
#define KIND_MEMBER (UINT32_C(1) << 30)
#define KIND_LIMIT  (UINT32_C(2) << 30)

char *import_job_folder(const struct profile *p, const char *coop, const char *unit,
                        const struct hash *file)
{
    struct buf b = BUF_INIT;
    struct hash all;
    char hex[2 * HASH_LEN + 1], *path;

    buf_printf(&b, "%s\n%s\n%s\n", p->ledger_id, coop, unit);
    buf_put(&b, file->b, HASH_LEN);
    hash_bytes(&all, b.data, b.len);
    buf_free(&b);
    sodium_bin2hex(hex, sizeof(hex), all.b, HASH_LEN);
    path = profile_state_path(p, IMPORTS_DIR, hex);
    return path;
}

static char *in_folder(const struct import_job *j, const char *name)
{
    return x_asprintf("%s/%s", j->folder, name);
}

char *import_job_path(const struct import_job *j, const char *name)
{
    return in_folder(j, name);
}

static int cannot(const char *path)
{
    return fail(PUMASI_FAILED, _("%s can't be used: %s."), path, strerror(errno));
}

bool import_job_begun(const char *folder)
{
    char *path = x_asprintf("%s/job.json", folder);
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

/* --- job.json --- */

static json_t *b64u_json(const void *bytes, size_t n)
{
    struct buf b = BUF_INIT;
    json_t *s;

    buf_put_b64u(&b, bytes, n);
    s = json_stringn(b.data, b.len);
    buf_free(&b);
    return s;
}

/* A bit for each of the file's members, as all of them may be meant. */
static json_t *bits_json(const struct import_job *j, const bool *on)
{
    size_t len = j->n_members / 8 + 1;
    uint8_t *bits = x_calloc(len, 1);
    json_t *s;

    for (size_t i = 0; i < j->n_members; i++) {
        if (on[i])
            bits[i / 8] |= (uint8_t)(1u << (i % 8));
    }
    s = b64u_json(bits, len);
    free(bits);
    return s;
}

static int bits_from_json(const struct import_job *j, const char *s, bool *on)
{
    size_t len = j->n_members / 8 + 1;
    uint8_t *bits = x_calloc(len, 1);
    int rc = b64u_decode_exact(s, strlen(s), bits, len);

    for (size_t i = 0; rc == 0 && i < j->n_members; i++)
        on[i] = (bits[i / 8] & 1u << (i % 8)) != 0;
    free(bits);
    return rc;
}

static json_t *make_json(const struct import_job *j)
{
    bool *on = x_calloc(j->n_members + 1, sizeof(*on));
    json_t *s;

    for (size_t i = 0; i < j->n_make; i++)
        on[j->make[i]] = true;
    s = bits_json(j, on);
    free(on);
    return s;
}

static int make_from_json(struct import_job *j, const char *s)
{
    bool *on = x_calloc(j->n_members + 1, sizeof(*on));
    int rc = bits_from_json(j, s, on);

    j->make = x_calloc(j->n_members + 1, sizeof(*j->make));
    for (uint32_t i = 0; i < j->n_members; i++) {
        if (on[i])
            j->make[j->n_make++] = i;
    }
    free(on);
    return rc;
}

/* Jobs of before there were spreadsheets have none. */
static int purses_from_json(struct import_job *j, const json_t *s)
{
    j->purses = x_calloc(j->n_members + 1, sizeof(*j->purses));
    return s == NULL ? 0
                     : bits_from_json(j, json_is_string(s) ? json_string_value(s) : "", j->purses);
}

static json_t *limits_json(const struct import_job *j)
{
    json_t *all = json_array();

    for (size_t i = 0; i < j->n_limits; i++) {
        const struct import_limit *l = &j->limits[i];

        json_array_append_new(
            all, json_pack("{s:I, s:I, s:o}", "member", (json_int_t)l->member, "floor",
                           (json_int_t)l->bounds.floor, "ceiling",
                           l->bounds.no_ceiling ? json_null() : json_integer(l->bounds.ceiling)));
    }
    return all;
}

static int limits_from_json(struct import_job *j, const json_t *all)
{
    json_t *row;
    size_t i;

    if (!json_is_array(all))
        return -1;
    j->limits = x_calloc(json_array_size(all) + 1, sizeof(*j->limits));
    json_array_foreach (all, i, row) {
        const json_t *ceiling = json_object_get(row, "ceiling");
        struct import_limit *l = &j->limits[j->n_limits++];
        int64_t member = json_number(row, "member");

        if (member < 0 || (size_t)member >= j->n_members)
            return -1;
        l->member = (uint32_t)member;
        l->bounds.floor = json_number(row, "floor");
        l->bounds.no_ceiling = !json_is_integer(ceiling);
        l->bounds.ceiling = json_integer_value(ceiling);
        l->by_registrar = true;
    }
    return 0;
}

static int write_job(const struct import_job *j)
{
    char *path = in_folder(j, "job.json");
    json_t *json = json_pack(
        "{s:i, s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, "
        "s:I, s:I, s:I, s:I, s:I}",
        "version", VERSION, "file", j->file, "coop", j->coop, "unit", j->unit, "id",
        b64u_json(j->id, sizeof(j->id)), "secret", b64u_json(j->secret, sizeof(j->secret)), "begun",
        (json_int_t)j->ms, "rows", (json_int_t)j->n_rows, "bad", (json_int_t)j->n_bad, "members",
        (json_int_t)j->n_members, "make", make_json(j), "purses", bits_json(j, j->purses), "limits",
        limits_json(j), "done", (json_int_t)j->done, "refused", (json_int_t)j->n_refused,
        "receipts_bytes", (json_int_t)j->receipts_len, "refused_bytes", (json_int_t)j->refused_len,
        "finished", (json_int_t)j->finished_ms);
    int rc = PUMASI_OK;

    if (json == NULL)
        errno = EILSEQ; /* only a file name can be such */
    if (json == NULL || files_write_json(path, json) != 0)
        rc = cannot(path);
    json_decref(json);
    free(path);
    return rc;
}

static size_t count(const json_t *json, const char *name)
{
    int64_t n = json_number(json, name);

    return n < 0 ? 0 : (size_t)n;
}

static int read_job(struct import_job *j, const json_t *json)
{
    const char *id = json_text(json, "id"), *secret = json_text(json, "secret");

    if (json_number(json, "version") != VERSION ||
        b64u_decode_exact(id, strlen(id), j->id, sizeof(j->id)) != 0 ||
        b64u_decode_exact(secret, strlen(secret), j->secret, sizeof(j->secret)) != 0)
        return -1;
    j->file = x_strdup(json_text(json, "file"));
    str_copy(j->coop, sizeof(j->coop), json_text(json, "coop"));
    str_copy(j->unit, sizeof(j->unit), json_text(json, "unit"));
    j->ms = json_number(json, "begun");
    j->n_rows = count(json, "rows");
    j->n_bad = count(json, "bad");
    j->n_members = count(json, "members");
    j->done = count(json, "done");
    j->n_refused = count(json, "refused");
    j->receipts_len = json_number(json, "receipts_bytes");
    j->refused_len = json_number(json, "refused_bytes");
    j->finished_ms = json_number(json, "finished");
    if (j->n_members > IMPORT_FILE_MAX || make_from_json(j, json_text(json, "make")) != 0 ||
        purses_from_json(j, json_object_get(json, "purses")) != 0 ||
        limits_from_json(j, json_object_get(json, "limits")) != 0)
        return -1;
    return j->done <= import_job_acts(j) && j->receipts_len >= 0 && j->refused_len >= 0 ? 0 : -1;
}

/* --- opening --- */

/* Opens a file of results; what was written past `len` is of acts not noted down as through. */
static int open_results(const struct import_job *j, const char *name, int64_t len, int *fd)
{
    char *path = in_folder(j, name);
    int rc = PUMASI_OK;

    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0 || ftruncate(*fd, len) != 0 || lseek(*fd, 0, SEEK_END) < 0)
        rc = cannot(path);
    free(path);
    return rc;
}

static int open_all_results(struct import_job *j)
{
    int rc = open_results(j, "receipts.ndjson", j->receipts_len, &j->receipts);

    if (rc == PUMASI_OK)
        rc = open_results(j, "refused.ndjson", j->refused_len, &j->refused);
    if (rc == PUMASI_OK) {
        char *path = in_folder(j, "receipts.ndjson");

        if (files_sync_folder_of(path) != 0)
            rc = cannot(path);
        free(path);
    }
    return rc;
}

static int take_lock(struct import_job *j)
{
    char *path = in_folder(j, "lock");
    int rc = PUMASI_OK;

    if (files_mkdir(j->folder) != 0 ||
        (j->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
        rc = cannot(path);
    else if (flock(j->lock, LOCK_EX | LOCK_NB) != 0)
        rc = fail(PUMASI_FAILED, _("Another pumasi is importing this very file just now. Let it "
                                   "end, or end it, and run this again."));
    free(path);
    return rc;
}

int import_job_open(struct import_job *j, const char *folder, bool *found)
{
    char *path;
    const char *why;
    json_t *json;
    int rc;

    memset(j, 0, sizeof(*j));
    j->lock = j->receipts = j->refused = -1;
    j->folder = x_strdup(folder);
    *found = false;
    rc = take_lock(j);
    if (rc != PUMASI_OK)
        return rc;
    path = in_folder(j, "job.json");
    if (access(path, F_OK) == 0) {
        json = files_read_json(path, &why);
        if (json == NULL || read_job(j, json) != 0)
            rc = fail(PUMASI_FAILED, _("%s can't be used: %s."), path,
                      json == NULL ? why : _("it isn't what \"pumasi import\" writes"));
        json_decref(json);
        *found = true;
        if (rc == PUMASI_OK)
            rc = open_all_results(j);
    }
    free(path);
    return rc;
}

int import_job_begin(struct import_job *j, const char *path, const char *coop, const char *unit,
                     const struct import_file *f, const struct import_plan *plan,
                     const struct roster *roster, int64_t ms)
{
    const char *slash = strrchr(path, '/');
    int rc;

    free(j->file);
    j->file = x_strdup(slash == NULL ? path : slash + 1);
    str_copy(j->coop, sizeof(j->coop), coop);
    str_copy(j->unit, sizeof(j->unit), unit);
    randombytes_buf(j->id, sizeof(j->id));
    randombytes_buf(j->secret, sizeof(j->secret));
    j->ms = ms;
    j->n_rows = f->n_rows;
    j->n_bad = f->n_bad;
    j->n_members = f->members.n;
    j->make = x_calloc(plan->n + 1, sizeof(*j->make));
    for (size_t i = 0; i < plan->n; i++) {
        if (!plan->accounts[i].there)
            j->make[j->n_make++] = (uint32_t)i;
    }
    j->purses = x_calloc(f->members.n + 1, sizeof(*j->purses));
    for (size_t i = 0; i < f->members.n; i++) {
        const struct roster_member *r = roster_find(roster, f->members.list[i]);

        j->purses[i] = r != NULL && r->purse;
    }
    j->limits = x_calloc(plan->n_limits + 1, sizeof(*j->limits));
    memcpy(j->limits, plan->limits, plan->n_limits * sizeof(*j->limits));
    j->n_limits = plan->n_limits;
    rc = open_all_results(j);
    return rc == PUMASI_OK ? write_job(j) : rc;
}

int import_job_put_away(struct import_job *j)
{
    struct import_job fresh = {.lock = -1, .receipts = -1, .refused = -1};
    struct buf to = BUF_INIT;
    int rc = PUMASI_OK;

    buf_printf(&to, "%s-", j->folder);
    buf_put_b64u(&to, j->id, sizeof(j->id));
    if (rename(j->folder, to.data) != 0 || files_sync_folder_of(j->folder) != 0)
        rc = cannot(j->folder);
    buf_free(&to);
    fresh.folder = x_strdup(j->folder);
    import_job_close(j);
    *j = fresh;
    return rc == PUMASI_OK ? take_lock(j) : rc;
}

bool import_job_fits(const struct import_job *j, const struct import_file *f)
{
    return j->n_rows == f->n_rows && j->n_bad == f->n_bad && j->n_members == f->members.n;
}

void import_job_close(struct import_job *j)
{
    int fds[] = {j->receipts, j->refused, j->lock};

    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    sodium_memzero(j->secret, sizeof(j->secret));
    free(j->folder);
    free(j->file);
    free(j->make);
    free(j->purses);
    free(j->limits);
    memset(j, 0, sizeof(*j));
    j->lock = j->receipts = j->refused = -1;
}

/* --- acts --- */

size_t import_job_first_row(const struct import_job *j)
{
    return j->n_make + j->n_limits;
}

size_t import_job_acts(const struct import_job *j)
{
    return import_job_first_row(j) + j->n_rows;
}

static uint32_t what_is(const struct import_job *j, size_t i)
{
    if (i < j->n_make)
        return KIND_MEMBER | j->make[i];
    if (i < import_job_first_row(j))
        return KIND_LIMIT | j->limits[i - j->n_make].member;
    return KIND_ROW | (uint32_t)(i - import_job_first_row(j));
}

void import_job_jti(const struct import_job *j, size_t i, char out[JTI_MAX + 1])
{
    uint8_t bytes[6 + 4 + IMPORT_ID_LEN];
    uint32_t what = what_is(j, i);

    for (int b = 0; b < 6; b++)
        bytes[b] = (uint8_t)((uint64_t)j->ms >> (8 * (5 - b)));
    for (int b = 0; b < 4; b++)
        bytes[6 + b] = (uint8_t)(what >> (8 * (3 - b)));
    memcpy(bytes + 10, j->id, IMPORT_ID_LEN);
    b64u_encode(out, bytes, sizeof(bytes));
}

void import_job_salt(const struct import_job *j, uint32_t n, uint8_t out[TEXT_SALT_LEN])
{
    uint8_t bytes[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    struct hash h;

    hash_two(&h, j->secret, sizeof(j->secret), bytes, sizeof(bytes));
    memcpy(out, h.b, TEXT_SALT_LEN);
}

/* --- results --- */

static int append(const struct import_job *j, const char *name, int fd, struct buf *b, int64_t *len)
{
    size_t at = 0;

    while (at < b->len) {
        ssize_t n = write(fd, b->data + at, b->len - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            goto failed;
        at += (size_t)n;
    }
    if (b->len > 0 && fdatasync(fd) != 0)
        goto failed;
    *len += (int64_t)b->len;
    buf_clear(b);
    return PUMASI_OK;

failed:;
    char *path = in_folder(j, name);
    int rc = cannot(path);

    free(path);
    return rc;
}

int import_job_save(struct import_job *j, struct import_results *r, size_t done)
{
    int rc = append(j, "receipts.ndjson", j->receipts, &r->receipts, &j->receipts_len);

    if (rc == PUMASI_OK)
        rc = append(j, "refused.ndjson", j->refused, &r->refused, &j->refused_len);
    if (rc != PUMASI_OK)
        return rc;
    j->done = done;
    j->n_refused += r->n_refused;
    r->n_refused = 0;
    return write_job(j);
}

int import_job_finish(struct import_job *j, int64_t ms)
{
    j->finished_ms = ms;
    return write_job(j);
}

int import_job_refusals(const struct import_job *j,
                        void (*fn)(void *arg, size_t i, const char *why), void *arg)
{
    char *path = in_folder(j, "refused.ndjson"), *text = NULL;
    size_t len;
    int rc = PUMASI_OK;

    if (files_read(path, SIZE_MAX / 4, &text, &len) != 0) {
        rc = cannot(path);
        goto out;
    }
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        json_t *json = json_loadb(line, (size_t)(end - line), 0, NULL);

        if (json != NULL && json_is_integer(json_object_get(json, "act")) &&
            count(json, "act") < import_job_acts(j))
            fn(arg, count(json, "act"), json_text(json, "reason"));
        json_decref(json);
    }
out:
    free(text);
    free(path);
    return rc;
}
