/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/dump.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "lang/lang.h"
#include "ledgerd/files.h"

enum dump_file {
    RECORDS,
    TEXTS,
    PENDING,
    DUMP_FILES
};

static const char *const file_names[DUMP_FILES] = {"records", "texts.ndjson", "pending.ndjson"};

/* ---- Writing ---- */

struct dump_writer {
    char *dir;
    FILE *file[DUMP_FILES];
    bool failed;
    int error; /* errno of the first failure */
};

static FILE *open_in(const char *dir, const char *name, const char *mode)
{
    char *path = x_asprintf("%s/%s", dir, name);
    FILE *f = fopen(path, mode);

    free(path);
    return f;
}

struct dump_writer *dump_create(const char *dir, char *err, size_t err_size)
{
    struct dump_writer *w;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        snprintf(err, err_size, _("Can't make the folder %s: %s."), dir, strerror(errno));
        return NULL;
    }
    if (!dir_is_empty(dir)) {
        snprintf(err, err_size, _("The folder %s isn't empty: name a new one."), dir);
        return NULL;
    }
    w = x_calloc(1, sizeof(*w));
    w->dir = x_strdup(dir);
    for (int i = 0; i < DUMP_FILES; i++) {
        w->file[i] = open_in(dir, file_names[i], "wxe");
        if (!w->file[i]) {
            snprintf(err, err_size, _("Can't write %s/%s: %s."), dir, file_names[i],
                     strerror(errno));
            dump_writer_free(w);
            return NULL;
        }
    }
    return w;
}

static void put_line(struct dump_writer *w, enum dump_file file, const char *line)
{
    if (!w->failed && (fputs(line, w->file[file]) == EOF || putc('\n', w->file[file]) == EOF)) {
        w->failed = true;
        w->error = errno;
    }
}

void dump_record(struct dump_writer *w, const char *header, const char *parts)
{
    put_line(w, RECORDS, header);
    put_line(w, RECORDS, parts);
    put_line(w, RECORDS, "");
}

void dump_text(struct dump_writer *w, int64_t index, const char *field, const uint8_t salt[16],
               const char *text)
{
    struct buf b = BUF_INIT;

    buf_puts(&b, "{\"index\":");
    buf_put_i64(&b, index);
    buf_puts(&b, ",\"field\":");
    buf_puts_json(&b, field);
    buf_puts(&b, ",\"salt\":\"");
    buf_put_b64u(&b, salt, 16);
    buf_puts(&b, "\",\"text\":");
    buf_puts_json(&b, text);
    buf_putc(&b, '}');
    put_line(w, TEXTS, b.data);
    buf_free(&b);
}

void dump_pending(struct dump_writer *w, const char *submission)
{
    put_line(w, PENDING, submission);
}

/* One small file of the folder. */
static int put_file(const char *dir, const char *name, const char *text, size_t len)
{
    char *path = x_asprintf("%s/%s", dir, name);
    int ret = file_write(path, text, len, 0600);

    free(path);
    return ret;
}

int dump_finish(struct dump_writer *w, const struct dump_info *info, const char *note, char *err,
                size_t err_size)
{
    struct buf b = BUF_INIT;

    for (int i = 0; i < DUMP_FILES && !w->failed; i++)
        if (fflush(w->file[i]) != 0 || fsync(fileno(w->file[i])) != 0) {
            w->failed = true;
            w->error = errno;
        }
    dump_info_put(&b, info);
    if (!w->failed && (put_file(w->dir, "checkpoint", note, strlen(note)) != 0 ||
                       put_file(w->dir, "ledger.json", b.data, b.len) != 0)) {
        w->failed = true;
        w->error = errno;
    }
    buf_free(&b);
    if (w->failed)
        snprintf(err, err_size, _("Can't write the export in %s: %s."), w->dir, strerror(w->error));
    return w->failed ? -1 : 0;
}

void dump_writer_free(struct dump_writer *w)
{
    if (!w)
        return;
    for (int i = 0; i < DUMP_FILES; i++)
        if (w->file[i])
            fclose(w->file[i]);
    free(w->dir);
    free(w);
}

/* ---- Reading ---- */

struct dump_reader {
    char *dir;
    char *note;
    FILE *file[DUMP_FILES];
    struct buf record; /* the record at hand, its lines ended by NULs */
    struct buf line;
    int64_t n; /* records read */
};

static char *read_small(const char *dir, const char *name, size_t *len)
{
    char *path = x_asprintf("%s/%s", dir, name);
    char *text = file_read(path, NOTE_MAX, len);

    free(path);
    return text;
}

struct dump_reader *dump_open(const char *dir, struct dump_info *info, const char **note, char *err,
                              size_t err_size)
{
    struct dump_reader *r = x_calloc(1, sizeof(*r));
    size_t len = 0;
    char *text = read_small(dir, "ledger.json", &len);

    r->dir = x_strdup(dir);
    if (!text || dump_info_parse(info, text, len) != 0) {
        snprintf(err, err_size, _("%s isn't a whole export: its ledger.json is missing or wrong."),
                 dir);
        goto fail;
    }
    r->note = read_small(dir, "checkpoint", NULL);
    for (int i = 0; i < DUMP_FILES; i++)
        r->file[i] = open_in(dir, file_names[i], "re");
    if (!r->note || !r->file[RECORDS]) {
        snprintf(err, err_size,
                 _("%s isn't a whole export: its records or checkpoint can't be read."), dir);
        goto fail;
    }
    free(text);
    *note = r->note;
    return r;
fail:
    free(text);
    dump_close(r);
    return NULL;
}

#define LINE_STEP 65536

/* One line without its end into r->line. 1, 0 at the end, -1 and a sentence. */
static int read_line(struct dump_reader *r, enum dump_file file, size_t *len, char *err,
                     size_t err_size)
{
    struct buf *b = &r->line;
    size_t n;

    if (!r->file[file])
        return 0;
    buf_clear(b);
    /* Not getline, which would take in a line of any length. */
    do {
        buf_reserve(b, LINE_STEP);
        if (!fgets(b->data + b->len, LINE_STEP, r->file[file])) {
            if (ferror(r->file[file])) {
                snprintf(err, err_size, _("Can't read %s/%s: %s."), r->dir, file_names[file],
                         strerror(errno));
                return -1;
            }
            if (b->len == 0)
                return 0;
            break;
        }
        n = strlen(b->data + b->len);
        b->len += n;
    } while (n == LINE_STEP - 1 && b->data[b->len - 1] != '\n' && b->len < DUMP_LINE_MAX);
    /* With a NUL in it, it ends there. */
    if (b->len == 0 || b->len > DUMP_LINE_MAX || b->data[b->len - 1] != '\n') {
        snprintf(err, err_size, _("%s/%s has a line that is cut off, too long or not a text."),
                 r->dir, file_names[file]);
        return -1;
    }
    b->data[b->len - 1] = '\0';
    *len = b->len - 1;
    return 1;
}

int dump_next_record(struct dump_reader *r, const char **header, size_t *header_len,
                     struct part_list *parts, char *err, size_t err_size)
{
    size_t len, at = 0;
    int ret;

    /* The lines' lengths first, as the record moves while it grows; the header's among them. */
    buf_clear(&r->record);
    parts->n = 0;
    while ((ret = read_line(r, RECORDS, &len, err, err_size)) == 1 && len > 0) {
        if (parts->n > RECORD_PARTS_MAX) {
            snprintf(err, err_size, _("record %lld has too many parts"), (long long)r->n);
            return -1;
        }
        buf_put(&r->record, r->line.data, len + 1);
        part_list_add(parts, NULL, len);
    }
    if (ret < 0 || (ret == 0 && parts->n == 0))
        return ret;
    if (ret == 0 || parts->n < 2) {
        snprintf(err, err_size, _("record %lld is cut off"), (long long)r->n);
        return -1;
    }
    *header = r->record.data;
    *header_len = parts->len[0];
    at = *header_len + 1;
    parts->n--;
    for (size_t i = 0; i < parts->n; i++) {
        parts->text[i] = r->record.data + at;
        parts->len[i] = parts->len[i + 1];
        at += parts->len[i] + 1;
    }
    r->n++;
    return 1;
}

int dump_next_text(struct dump_reader *r, const char **line, size_t *len, char *err,
                   size_t err_size)
{
    int ret = read_line(r, TEXTS, len, err, err_size);

    *line = r->line.data;
    return ret;
}

int dump_next_pending(struct dump_reader *r, const char **line, size_t *len, char *err,
                      size_t err_size)
{
    int ret = read_line(r, PENDING, len, err, err_size);

    *line = r->line.data;
    return ret;
}

void dump_close(struct dump_reader *r)
{
    if (!r)
        return;
    for (int i = 0; i < DUMP_FILES; i++)
        if (r->file[i])
            fclose(r->file[i]);
    buf_free(&r->record);
    buf_free(&r->line);
    free(r->note);
    free(r->dir);
    free(r);
}
