/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/lost.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/b64.h"
#include "core/tree.h"
#include "core/value.h"
#include "lang/lang.h"
#include "ledgerd/dump.h"
#include "ledgerd/files.h"
#include "ledgerd/replay.h"

#define SOURCE_FILE_MAX ((size_t)64 << 20)

void lost_init(struct lost *l, const char *origin, const struct key *keys, size_t n_keys,
               uint64_t first)
{
    memset(l, 0, sizeof(*l));
    l->origin = origin;
    l->keys = keys;
    l->n_keys = n_keys;
    l->first = first;
}

static void drop_parts(struct lost_record *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->parts[i]);
    free(r->parts);
    free(r->header);
    r->parts = NULL;
    r->header = NULL;
    r->n = 0;
}

static void drop_checkpoints(struct lost *l)
{
    for (size_t i = 0; i < l->n_checkpoints; i++)
        free(l->checkpoints[i].note);
    free(l->checkpoints);
    l->checkpoints = NULL;
    l->n_checkpoints = 0;
}

void lost_free(struct lost *l)
{
    for (size_t i = 0; i < l->n && l->records; i++) {
        struct lost_record *r = &l->records[i];

        drop_parts(r);
        for (size_t t = 0; t < r->n_texts; t++)
            free(r->texts[t].text);
        free(r->by);
        free(r->jti);
    }
    free(l->records);
    drop_checkpoints(l);
    memset(l, 0, sizeof(*l));
}

/* ---- Checkpoints ---- */

void lost_checkpoint(struct lost *l, const struct checkpoint *c, const char *note, size_t len)
{
    struct lost_checkpoint *new;

    /* Where the ledger went on under another origin, the later one is what has to be led to: an
     * earlier one may cover records that were given up. */
    if (l->n_checkpoints > 0 && name_origin_follows(l->target.origin, c->origin))
        return;
    if (l->n_checkpoints > 0 && name_origin_follows(c->origin, l->target.origin)) {
        drop_checkpoints(l);
        l->target = (struct checkpoint){.size = 0};
    }
    for (size_t i = 0; i < l->n_checkpoints; i++)
        if (l->checkpoints[i].of.size == c->size && hash_eq(&l->checkpoints[i].of.root, &c->root))
            return;
    l->checkpoints = x_realloc(l->checkpoints, (l->n_checkpoints + 1) * sizeof(*l->checkpoints));
    new = &l->checkpoints[l->n_checkpoints++];
    *new = (struct lost_checkpoint){.of = *c, .note = x_strndup(note, len)};
    if (c->size > l->target.size) {
        l->target = *c;
        l->n = c->size > l->first ? (size_t)(c->size - l->first) : 0;
    }
}

/* Is the note signed by one of the ledger's log keys? */
static bool open_note(const struct lost *l, const char *note, size_t len, struct checkpoint *c)
{
    char origin[ORIGIN_MAX + 1];
    const char *why;

    /* Perhaps of an origin under which the ledger went on since. */
    if (checkpoint_origin(origin, note, len) != 0 || !name_origin_follows(origin, l->origin))
        str_copy(origin, sizeof(origin), l->origin);
    for (size_t i = 0; i < l->n_keys; i++)
        if (checkpoint_open(c, note, len, origin, &l->keys[i], &why) == 0)
            return true;
    return false;
}

/* ---- Records ---- */

static struct lost_record *record_at(struct lost *l, int64_t index)
{
    if (index < 0 || (uint64_t)index < l->first || (uint64_t)index - l->first >= l->n)
        return NULL;
    if (!l->records)
        l->records = x_calloc(l->n, sizeof(*l->records));
    return &l->records[(uint64_t)index - l->first];
}

/* What a header says goes there, unless another one is. The record, and then *h is the caller's to
 * free; NULL when it is none of them. */
static struct lost_record *take_header(struct lost *l, const char *header, size_t len, bool proven,
                                       struct record_header *h)
{
    struct lost_record *r;
    const char *why;

    if (record_header_parse(h, header, len, &why) != 0)
        return NULL;
    r = record_at(l, h->index);
    if (!r) {
        record_header_free(h);
        return NULL;
    }
    if (r->header && (strlen(r->header) != len || memcmp(r->header, header, len) != 0)) {
        if (r->proven || !proven) {
            record_header_free(h);
            return NULL; /* which of two is right shows in the tree */
        }
        drop_parts(r);
    }
    r->proven = r->proven || proven;
    if (!r->header) {
        r->header = x_strndup(header, len);
        r->n = h->n_parts;
        r->parts = x_calloc(r->n, sizeof(*r->parts));
    }
    return r;
}

/* The part goes where the header has its hash: `likely` there, as they mostly come in order. */
static void take_part(struct lost_record *r, const struct record_header *h, const char *part,
                      size_t len, size_t likely)
{
    struct hash hash;

    hash_bytes(&hash, part, len);
    for (size_t k = 0; k < r->n; k++) {
        size_t i = (likely + k) % r->n;

        if (hash_eq(&hash, &h->parts[i])) {
            if (!r->parts[i])
                r->parts[i] = x_strndup(part, len);
            return;
        }
    }
}

static void take_text(struct lost_record *r, const struct submitted_text *text)
{
    for (size_t i = 0; i < r->n_texts; i++)
        if (str_eq(r->texts[i].field, text->field))
            return;
    if (r->n_texts == TEXTS_MAX)
        return;
    r->texts[r->n_texts] = *text;
    r->texts[r->n_texts++].text = x_strndup(text->text, text->len);
}

bool lost_is_whole(const struct lost_record *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (!r->parts[i])
            return false;
    return r->header != NULL;
}

/* ---- Exports ---- */

static int look_export(struct lost *l, const char *dir, char *err, size_t err_size)
{
    struct checkpoint c;
    struct dump_info info;
    const char *note;
    struct dump_reader *in = dump_open(dir, &info, &note, err, err_size);
    int ret = in ? 0 : -1;

    if (in && open_note(l, note, strlen(note), &c)) {
        lost_checkpoint(l, &c, note, strlen(note));
    } else if (in) {
        snprintf(err, err_size, _("The checkpoint in %s isn't signed by a log key of %s."), dir,
                 l->origin);
        ret = -1;
    }
    dump_close(in);
    return ret;
}

static int take_export_texts(struct lost *l, struct dump_reader *in, char *err, size_t err_size)
{
    struct submitted_text text;
    const char *line;
    int64_t index;
    size_t len;
    int got;

    while ((got = dump_next_text(in, &line, &len, err, err_size)) == 1) {
        if (dump_text_parse(line, len, &index, &text) != 0)
            continue; /* texts may be missing */
        struct lost_record *r = record_at(l, index);

        if (r)
            take_text(r, &text);
        free(text.text);
    }
    return got;
}

static int take_export(struct lost *l, const char *dir, char *err, size_t err_size)
{
    const char *note, *header;
    size_t header_len;
    struct part_list parts = {0};
    struct record_header h;
    struct dump_info info;
    struct dump_reader *in = dump_open(dir, &info, &note, err, err_size);
    int got = in ? 0 : -1;

    while (in && (got = dump_next_record(in, &header, &header_len, &parts, err, err_size)) == 1) {
        struct lost_record *r = take_header(l, header, header_len, false, &h);

        for (size_t i = 0; r && i < parts.n; i++)
            take_part(r, &h, parts.text[i], parts.len[i], i);
        if (r)
            record_header_free(&h);
    }
    if (got == 0)
        got = take_export_texts(l, in, err, err_size);
    part_list_free(&parts);
    dump_close(in);
    return got;
}

/* ---- Receipts and records' parts ---- */

/* Whether a receipt proves the header under a signed checkpoint, which counts unless records are
 * being taken. */
static bool receipt_proves(struct lost *l, const struct value *receipt, bool taking)
{
    const char *header = value_text(value_member(receipt, "header"));
    const char *text = value_text(value_member(receipt, "proof")), *why;
    struct hash entry, leaf;
    struct record_header h;
    struct checkpoint c;
    struct proof proof;
    bool is_signed;

    is_signed = text && proof_parse(&proof, text, strlen(text), &why) == 0 &&
                open_note(l, proof.note, proof.note_len, &c);
    if (is_signed && !taking)
        lost_checkpoint(l, &c, proof.note, proof.note_len);
    if (!is_signed || !header || record_header_peek(&h, header, strlen(header), &why) != 0 ||
        proof.index != (uint64_t)h.index || proof.index >= c.size)
        return false;
    hash_bytes(&entry, header, strlen(header));
    tree_leaf_hash(&leaf, entry.b, HASH_LEN);
    return tree_check_inclusion(&leaf, proof.index, c.size, proof.hashes, proof.n, &c.root);
}

/* A name that may be shown on a terminal. */
static char *shown(const struct value *text)
{
    const char *s = value_text(text);

    return s && s[strspn(s,
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._-")] ==
                       '\0'
               ? x_strdup(s)
               : NULL;
}

static void take_receipt(struct lost *l, const struct value *receipt)
{
    const char *header = value_text(value_member(receipt, "header"));
    struct record_header h;
    struct lost_record *r;

    if (!receipt_proves(l, receipt, true))
        return;
    r = take_header(l, header, strlen(header), true, &h);
    if (r && !r->by)
        r->by = shown(value_member(receipt, "by"));
    if (r && !r->jti)
        r->jti = shown(value_member(receipt, "jti"));
    if (r)
        record_header_free(&h);
}

static void take_texts(struct lost_record *r, const struct value *texts)
{
    for (const struct value *t = texts && texts->kind == VALUE_OBJECT ? texts->first : NULL; t;
         t = t->next) {
        const char *salt = value_text(value_member(t, "salt"));
        const char *text = value_text(value_member(t, "text"));
        struct submitted_text one = {.text = (char *)text, .len = text ? strlen(text) : 0};

        if (!salt || !text || strlen(t->name) >= sizeof(one.field) ||
            b64u_decode_exact(salt, strlen(salt), one.salt, sizeof(one.salt)) != 0)
            continue;
        str_copy(one.field, sizeof(one.field), t->name);
        take_text(r, &one);
    }
}

/* An answer of GET /v1/records/{index}. */
static void take_answer(struct lost *l, const struct value *answer)
{
    const char *header = value_text(value_member(answer, "header"));
    const struct value *parts = value_member(answer, "parts");
    struct record_header h;
    struct lost_record *r = header ? take_header(l, header, strlen(header), false, &h) : NULL;

    size_t n = 0;

    if (!r)
        return;
    for (const struct value *p = parts && parts->kind == VALUE_ARRAY ? parts->first : NULL; p;
         p = p->next)
        if (value_text(p))
            take_part(r, &h, value_text(p), strlen(value_text(p)), n++);
    if (parts && parts->kind == VALUE_ARRAY)
        take_texts(r, value_member(answer, "texts"));
    record_header_free(&h);
}

/* One object: a receipt, a record's parts, or what `pumasi` keeps, which has both. */
static void read_object(struct lost *l, const struct value *o, bool taking)
{
    const struct value *receipt = value_member(o, "receipt"), *record = value_member(o, "record");

    if (!receipt && value_member(o, "proof"))
        receipt = o;
    if (!record && value_member(o, "parts"))
        record = o;
    if (!taking) {
        if (receipt)
            (void)receipt_proves(l, receipt, false);
        return;
    }
    if (receipt)
        take_receipt(l, receipt);
    if (record)
        take_answer(l, record);
}

/* A file of one object, or of one a line. -1 and a sentence. */
static int read_file(struct lost *l, const char *path, bool taking, char *err, size_t err_size)
{
    size_t len, found = 0;
    char *text = file_read(path, SOURCE_FILE_MAX, &len);
    struct value *o;

    if (!text) {
        snprintf(err, err_size, _("Can't read %s: %s."), path, strerror(errno));
        return -1;
    }
    o = value_parse(text, len);
    if (o) {
        read_object(l, o, taking);
        value_free(o);
        found++;
    }
    for (char *line = text, *end = text + len; !o && line < end;) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        struct value *one = value_parse(line, (size_t)((stop ? stop : end) - line));

        if (one) {
            read_object(l, one, taking);
            value_free(one);
            found++;
        }
        line = stop ? stop + 1 : end;
    }
    free(text);
    if (found > 0)
        return 0;
    snprintf(err, err_size, _("%s holds neither receipts nor records' parts."), path);
    return -1;
}

/* Every .json file in a folder. */
static int read_folder(struct lost *l, const char *dir, bool taking, char *err, size_t err_size)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    int ret = 0;

    if (!d) {
        snprintf(err, err_size, _("Can't read %s: %s."), dir, strerror(errno));
        return -1;
    }
    while (ret == 0 && (e = readdir(d)) != NULL) {
        size_t n = strlen(e->d_name);

        if (n > 5 && str_eq(e->d_name + n - 5, ".json")) {
            char *path = x_asprintf("%s/%s", dir, e->d_name);

            ret = read_file(l, path, taking, err, err_size);
            free(path);
        }
    }
    closedir(d);
    return ret;
}

/* ---- Sources ---- */

static int read_source(struct lost *l, const char *source, bool taking, char *err, size_t err_size)
{
    char *info = x_asprintf("%s/ledger.json", source);
    struct stat st;
    bool is_export = stat(info, &st) == 0;

    free(info);
    if (is_export)
        return taking ? take_export(l, source, err, err_size)
                      : look_export(l, source, err, err_size);
    if (stat(source, &st) == 0 && S_ISDIR(st.st_mode))
        return read_folder(l, source, taking, err, err_size);
    return read_file(l, source, taking, err, err_size);
}

int lost_look(struct lost *l, const char *source, char *err, size_t err_size)
{
    return read_source(l, source, false, err, err_size);
}

int lost_take(struct lost *l, const char *source, char *err, size_t err_size)
{
    return read_source(l, source, true, err, err_size);
}
