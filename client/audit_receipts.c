/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_receipts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/logkey.h"
#include "client/query.h"
#include "client/receipt.h"
#include "core/act.h"

static void add_mark(struct audit_marks *m, const struct checkpoint *c, const struct key *by,
                     const char *file)
{
    if (m->n % 64 == 0)
        m->list = x_realloc(m->list, (m->n + 64) * sizeof(*m->list));
    m->list[m->n++] = (struct audit_mark){*c, *by, x_strdup(file)};
}

void audit_marks_free(struct audit_marks *m)
{
    for (size_t i = 0; i < m->n; i++)
        free(m->list[i].file);
    free(m->list);
    *m = (struct audit_marks){0};
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = ((const struct audit_mark *)a)->checkpoint.size;
    uint64_t y = ((const struct audit_mark *)b)->checkpoint.size;

    return x < y ? -1 : x > y;
}

/* Each mark against the leaves, which are gone through once. */
static void check_marks(struct audit_report *r, const struct audit_copy *c, struct audit_marks *m)
{
    struct tree tree;
    struct hash root;
    size_t i = 0;

    if (m->n > 0)
        qsort(m->list, m->n, sizeof(*m->list), by_size);
    tree_init(&tree);
    for (size_t k = 0; k < m->n; k++) {
        const struct checkpoint *want = &m->list[k].checkpoint;

        /* One that covers more than the ledger went on from is of what is lost. */
        if (want->size > 0 && profile_lost(&r->c->profile, want->origin, (int64_t)want->size - 1)) {
            r->checkpoints_lost++;
            continue;
        }
        if (want->size > c->n_leaves)
            continue;
        for (; i < want->size; i++) {
            tree_append(&tree, &c->leaves[i]);
            if (i % 1024 == 0)
                tree_mark(&tree);
        }
        tree_root(&tree, &root);
        r->checkpoints++;
        if (!hash_eq(&root, &want->root))
            audit_report_add(r, AUDIT_FORK, -1, "", "", 0,
                             "the log isn't the one of the checkpoint of %llu records in %s",
                             (unsigned long long)want->size, m->list[k].file);
    }
    tree_free(&tree);
}

/* What was paid, where the receipt is that of a payment. */
static int64_t stake_of(const json_t *file, char unit[UNIT_MAX + 1])
{
    const char *text = json_text(file, "submission");
    struct submission sub;
    struct refusal ignored;
    struct act act;
    int64_t stake = 0;

    unit[0] = '\0';
    if (submission_parse(&sub, text, strlen(text), &ignored) != 0)
        return 0;
    if (act_parse(&act, &sub.env, &ignored) == 0) {
        if (act.type == ACT_TRANSFER) {
            str_copy(unit, UNIT_MAX + 1, act.u.transfer.unit);
            stake = act.u.transfer.amount;
        }
        act_free(&act);
    }
    submission_free(&sub);
    return stake;
}

static void gone(struct audit_report *r, const struct receipt *receipt, const json_t *file,
                 const char *why, const char *path)
{
    const char *what = json_text(file, "what");
    char unit[UNIT_MAX + 1];
    int64_t stake = stake_of(file, unit);

    audit_report_add(r, AUDIT_RECEIPT_GONE, receipt->index, "", unit, stake, "%s (%s)", why,
                     what[0] != '\0' ? what : path);
}

/* Of a record that the ledger went on without: no fraud by itself, and never to be overlooked. */
static void add_lost(struct audit_report *r, int64_t record, const char *what)
{
    r->lost = x_realloc(r->lost, (r->n_lost + 1) * sizeof(*r->lost));
    r->lost[r->n_lost++] = (struct audit_lost){record, say_safe(what)};
}

/* A receipt beyond the checkpoint that everybody sees: is its record there? */
static int check_newer(struct audit_report *r, const struct receipt *receipt, const json_t *file,
                       const char *from, const struct keyfile *key)
{
    char *path = x_asprintf("/v1/records/%" PRId64 "/proof", receipt->index);
    json_t *answer = NULL;
    long status = 0;
    int rc = query_status(r->c, key, path, &status, &answer);

    if (rc == PUMASI_OK && status == 404 && r->whole)
        gone(r, receipt, file, "the ledger doesn't have that record any more", from);
    else
        r->receipts_open++;
    json_decref(answer);
    free(path);
    return rc;
}

/* What is gone through, and the note that was opened last: many receipts of an import have one. */
struct shelf {
    struct audit_report *r;
    const struct audit_copy *c;
    const struct keyfile *key;
    struct audit_marks *marks;
    const char *path;
    char *note;
    struct checkpoint checkpoint;
};

static int open_note(void *arg, const struct proof *proof, struct checkpoint *out, const char **why)
{
    struct shelf *s = arg;
    const struct key *by;

    if (!s->note || strlen(s->note) != proof->note_len ||
        memcmp(s->note, proof->note, proof->note_len) != 0) {
        if (logkey_open_kept(&s->r->c->profile, proof->note, proof->note_len, &s->checkpoint, &by,
                             why) != 0) {
            free(s->note);
            s->note = NULL;
            return -1;
        }
        free(s->note);
        s->note = x_strndup(proof->note, proof->note_len);
        add_mark(s->marks, &s->checkpoint, by, s->path);
    }
    *out = s->checkpoint;
    return 0;
}

/* A file, or a line of one, with "receipt" in it. */
static int check_receipt(struct shelf *s, const json_t *file, const char *why)
{
    struct receipt receipt;
    struct hash leaf;

    if (!file || receipt_verify_by(&receipt, json_object_get(file, "receipt"), NULL, NULL,
                                   open_note, s, &why) != 0) {
        audit_report_add(s->r, AUDIT_RECEIPT, -1, "", "", 0, "%s: %s", s->path, why);
        return PUMASI_OK;
    }
    s->r->receipts++;
    if (profile_lost(&s->r->c->profile, receipt.checkpoint.origin, receipt.index)) {
        add_lost(s->r, receipt.index, json_text(file, "what"));
        return PUMASI_OK;
    }
    tree_leaf_hash(&leaf, receipt.entry.b, HASH_LEN);
    if ((size_t)receipt.index >= s->c->n_leaves)
        return check_newer(s->r, &receipt, file, s->path, s->key);
    if (!hash_eq(&leaf, &s->c->leaves[receipt.index]))
        gone(s->r, &receipt, file, "another record stands in its place", s->path);
    return PUMASI_OK;
}

static int each_receipt(struct shelf *s)
{
    char *folder = profile_state_path(&s->r->c->profile, "receipts", NULL), **names = NULL;
    size_t n = 0;
    int rc = PUMASI_OK;

    if (files_list(folder, ".json", &names, &n) != 0)
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), folder, strerror(errno));
    for (size_t i = 0; rc == PUMASI_OK && i < n; i++) {
        char *path = x_asprintf("%s/%s", folder, names[i]);
        const char *why = "";
        json_t *file = files_read_json(path, &why);

        s->path = path;
        rc = check_receipt(s, file, why);
        json_decref(file);
        free(path);
    }
    files_list_free(names, n);
    free(folder);
    return rc;
}

/* The answers to an import's acts, one a line. A last line without an end is of a run that was
 * killed: the import asks again. */
static int each_line(struct shelf *s)
{
    FILE *f = fopen(s->path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    int rc = PUMASI_OK;

    if (!f && errno == ENOENT)
        return PUMASI_OK;
    while (f && rc == PUMASI_OK && (len = getline(&line, &cap, f)) > 0 && line[len - 1] == '\n') {
        json_t *answer = json_loadb(line, (size_t)len, JSON_REJECT_DUPLICATES, NULL);

        rc = check_receipt(s, answer, N_("it isn't JSON as the ledger writes it"));
        json_decref(answer);
    }
    if (!f || ferror(f))
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), s->path, strerror(errno));
    if (f)
        (void)fclose(f);
    free(line);
    return rc;
}

static int each_import(struct shelf *s)
{
    char *folder = profile_state_path(&s->r->c->profile, "imports", NULL), **names = NULL;
    size_t n = 0;
    int rc = PUMASI_OK;

    if (files_list(folder, "", &names, &n) != 0)
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), folder, strerror(errno));
    for (size_t i = 0; rc == PUMASI_OK && i < n; i++) {
        char *path = x_asprintf("%s/%s/receipts.ndjson", folder, names[i]);

        s->path = path;
        rc = each_line(s);
        free(path);
    }
    files_list_free(names, n);
    free(folder);
    return rc;
}

static void each_checkpoint(struct audit_report *r, const struct audit_copy *c,
                            struct audit_marks *marks)
{
    const struct profile *p = &r->c->profile;
    char *folder = x_asprintf("%s/checkpoints", c->dir), **names = NULL;
    size_t n = 0;

    if (files_list(folder, "", &names, &n) != 0)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        char *path = x_asprintf("%s/%s", folder, names[i]), *text = NULL;
        struct checkpoint checkpoint;
        const struct key *by;
        const char *why;
        size_t len;

        if (files_read(path, NOTE_MAX, &text, &len) == 0 &&
            logkey_open_kept(p, text, len, &checkpoint, &by, &why) == 0)
            add_mark(marks, &checkpoint, by, path);
        free(text);
        free(path);
    }
    files_list_free(names, n);
    free(folder);
}

int audit_receipts(struct audit_report *r, const struct audit_copy *c, const struct keyfile *key,
                   struct audit_marks *marks)
{
    struct shelf shelf = {.r = r, .c = c, .key = key, .marks = marks};
    int rc = each_receipt(&shelf);

    if (rc == PUMASI_OK)
        rc = each_import(&shelf);
    free(shelf.note);
    if (rc == PUMASI_OK) {
        each_checkpoint(r, c, marks);
        check_marks(r, c, marks);
    }
    return rc;
}

void audit_marks_check_keys(struct audit_report *r, const struct audit_marks *marks)
{
    for (size_t i = 0; i < marks->n; i++) {
        const struct audit_mark *m = &marks->list[i];

        for (size_t k = 0; k < r->n_revoked; k++)
            if (memcmp(m->by.x, r->revoked[k].key.x, KEY_LEN) == 0 &&
                m->checkpoint.size > (uint64_t)r->revoked[k].record)
                audit_report_add(r, AUDIT_CHECKPOINT, r->revoked[k].record, "ledger", "", 0,
                                 "the checkpoint of %llu records in %s is signed by a log key that "
                                 "was revoked before",
                                 (unsigned long long)m->checkpoint.size, m->file);
    }
}
