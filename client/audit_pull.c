/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_pull.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/audit_ask.h"
#include "client/log_tiles.h"
#include "client/logkey.h"
#include "client/query.h"
#include "core/witness.h"

#define PAGE        "1000"
#define LEAVES_STEP ((size_t)256 * 256) /* that room is made for at once */

/* ---- The checkpoint ---- */

/* Keeps what shows that a story was told twice, and says so loudly. */
static void two_stories(struct audit_report *r, const struct audit_copy *c, enum audit_word word,
                        const struct checkpoint *a, const struct checkpoint *b,
                        const struct buf *evidence, const char *why)
{
    char name[80];

    (void)snprintf(name, sizeof(name), "%s-%" PRIu64 "-%" PRIu64, audit_word_name(word), a->size,
                   b->size);
    note("%s", _("@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n"
                 "@  WARNING: the ledger shows another history than it did before!      @\n"
                 "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"));
    audit_report_add(r, word, -1, "", "", 0, "%s", why);
    free(r->evidence);
    r->evidence = audit_copy_evidence(c, name, evidence->data, evidence->len);
}

/* A signed checkpoint. */
struct said {
    const struct checkpoint *c;
    const char *note;
};

/* Two of one size, or a smaller one and a larger with tree_prefix from the one to the other: true,
 * and a finding, when they are of two histories whatever anybody in between may have made up. */
static bool is_fork(struct audit_report *r, const struct audit_copy *c, struct said smaller,
                    struct said larger, const struct hash *proof, size_t n, const char *why)
{
    struct witness_request shown = {.note = larger.note, .note_len = strlen(larger.note)};
    struct buf evidence = BUF_INIT;

    if (!tree_shows_fork(smaller.c->size, larger.c->size, &smaller.c->root, &larger.c->root, proof,
                         n) ||
        n > WITNESS_HASHES_MAX)
        return false;
    shown.n = n;
    if (n > 0)
        memcpy(shown.hashes, proof, n * sizeof(*proof));
    witness_evidence_put(&evidence, c->info.origin, r->made, smaller.note, strlen(smaller.note),
                         &shown);
    two_stories(r, c, AUDIT_FORK, smaller.c, larger.c, &evidence, why);
    buf_free(&evidence);
    return true;
}

/* By which of the log keys that are pinned it is signed, *by: the newest may not be in force yet
 * where the published one was made. */
static int get_checkpoint(struct audit_report *r, struct checkpoint *out, char **note,
                          const struct key **by)
{
    const struct profile *p = &r->c->profile;
    const char *why;
    size_t len;
    long status;
    int rc = log_get(r->c, p->url, "/checkpoint", &status, note, &len);

    if (rc == PUMASI_OK && status != 200)
        rc = fail(PUMASI_UNKNOWN, _("The ledger at %s shows no checkpoint (status %ld)."), p->url,
                  status);
    if (rc == PUMASI_OK && (strlen(*note) != len || logkey_open(p, *note, len, out, by, &why) != 0))
        rc = fail(PUMASI_UNPROVED,
                  _("The checkpoint that the ledger shows isn't signed by its pinned log key."));
    return rc;
}

/*
 * What is signed now isn't what the copy and the tiles make. *fork: because it doesn't go on from
 * what was signed before, which the tiles show as far as they make the signed tree; else nothing
 * is known but that they don't.
 */
static int ask_tiles(struct audit_report *r, const struct audit_copy *c, struct said now,
                     bool *fork)
{
    const struct said before = {&c->checkpoint, c->note};
    struct hash hashes[TREE_PROOF_MAX];
    size_t n = 0;
    int rc = PUMASI_OK;

    if (before.c->size > 0 && before.c->size < now.c->size)
        rc = log_prefix(r->c, r->c->profile.url, before.c->size, now.c->size, &before.c->root,
                        hashes, &n);
    *fork =
        rc == PUMASI_OK && is_fork(r, c, before, now, hashes, n,
                                   "what is signed now doesn't go on from what was signed before");
    return rc;
}

/* ---- Leaves ---- */

/* What the tiles and the copy make together, against what is signed. */
static bool makes_root(const struct audit_copy *c, const struct hash *leaves, size_t have,
                       const struct checkpoint *now)
{
    struct tree tree;
    struct hash root;

    tree_init(&tree);
    for (uint64_t i = 0; i < now->size; i++) {
        tree_append(&tree, i < have ? &c->leaves[i] : &leaves[i - have]);
        if (i % 1024 == 0)
            tree_mark(&tree);
    }
    tree_root(&tree, &root);
    tree_free(&tree);
    return hash_eq(&root, &now->root);
}

/* From the tiles, as far as they are there: a size is only what somebody signed. */
static int more_leaves(struct audit_report *r, size_t have, size_t size, struct hash **leaves)
{
    int rc = PUMASI_OK;

    for (size_t from = have, to; rc == PUMASI_OK && from < size; from = to) {
        to = size - from > LEAVES_STEP ? from + LEAVES_STEP : size;
        *leaves = x_realloc(*leaves, (to - have) * sizeof(**leaves));
        rc = log_leaves(r->c, r->c->profile.url, from, to, size, *leaves + (from - have));
    }
    return rc;
}

/*
 * The leaves from the copy's end to the checkpoint, the caller's to free, in *leaves; *good: with
 * the copy's they make the signed root. Where they don't, what a run that was ended in the middle
 * left may be the reason, so that is thrown away and tried without.
 */
static int get_leaves(struct audit_report *r, struct audit_copy *c, const struct checkpoint *now,
                      struct hash **leaves, bool *good)
{
    for (;;) {
        size_t have = (size_t)audit_copy_size(c), known = c->has_info ? (size_t)c->info.size : 0;
        int rc;

        if (have > now->size) {
            rc = audit_copy_cut(c, (int64_t)(known < now->size ? known : now->size));
            if (rc != PUMASI_OK)
                return rc;
            continue;
        }
        rc = more_leaves(r, have, (size_t)now->size, leaves);
        if (rc != PUMASI_OK)
            return rc;
        *good = makes_root(c, *leaves, have, now);
        if (*good || have == known)
            return PUMASI_OK;
        rc = audit_copy_cut(c, (int64_t)known);
        if (rc != PUMASI_OK)
            return rc;
        free(*leaves);
        *leaves = NULL;
    }
}

struct pulling {
    struct audit_report *r;
    struct audit_copy *c;
    const struct keyfile *key;
    const struct checkpoint *now;
    const struct hash *leaves; /* from the copy's former size on */
    size_t had;                /* that size */
    bool good;                 /* the leaves are those of the signed tree */
    int64_t from;              /* the index that comes */
    bool unanswered;           /* from there on, and that was found */
    bool treeless;             /* no leaves were to be had, and that was found */
};

/* Of a tree that the ledger can't read any more, that is a finding; there are its records yet. */
static int get_leaves_or_find(struct pulling *p, struct hash **leaves)
{
    struct query_lenience lenience = {0};
    int rc;

    p->r->c->lenience = &lenience;
    rc = get_leaves(p->r, p->c, p->now, leaves, &p->good);
    p->r->c->lenience = NULL;
    if (lenience.status == 0)
        return rc;
    audit_unanswered(p->r, AUDIT_ROOT, -1, "", lenience.status);
    p->good = false;
    p->treeless = true;
    return PUMASI_OK;
}

/* ---- Records ---- */

static const struct hash *leaf_of(const struct pulling *p, int64_t index)
{
    return (size_t)index < p->had ? &p->c->leaves[index] : &p->leaves[(size_t)index - p->had];
}

static int take(struct pulling *p, const struct audit_got *got)
{
    struct hash entry, leaf;
    bool good = p->good && got->index >= p->from;
    char *path, name[64];

    hash_bytes(&entry, got->header, strlen(got->header));
    tree_leaf_hash(&leaf, entry.b, HASH_LEN);
    if (good && !hash_eq(&leaf, leaf_of(p, got->index))) {
        good = false;
        if (p->c->n == p->c->n_good) {
            (void)snprintf(name, sizeof(name), "record-%" PRId64, got->index);
            path = audit_copy_evidence(p->c, name, got->header, strlen(got->header));
            if (!p->r->evidence)
                p->r->evidence = path;
            else
                free(path);
        }
        audit_report_add(p->r, AUDIT_ALTERED, got->index, "", "", 0,
                         "the record isn't the one that is in the log's tree");
    }
    if (good && !p->c->coop && got->index != p->from) {
        good = false;
        audit_report_add(p->r, AUDIT_NOT_SHOWN, p->from, "", "", 0,
                         "the ledger leaves records out");
    }
    if (good)
        good = audit_parts_match(got->header, got->parts, got->n_parts, p->c->coop != NULL);
    p->from = got->index + 1;
    p->r->got++;
    return audit_copy_add(p->c, got->header, got->parts, got->n_parts, got->index, &leaf, good);
}

/* Where records are got from that index on. */
static char *log_path(const struct audit_copy *c, int64_t from)
{
    return x_asprintf("/v1/log?limit=" PAGE "&from=%" PRId64 "%s%s", from, c->coop ? "&book=" : "",
                      c->coop ? c->coop : "");
}

/* One page; *next is where the next one begins, -1 at the end. */
static int get_page(struct pulling *p, int64_t *next)
{
    char *path = log_path(p->c, *next);
    struct audit_page page = {0};
    json_t *answer = NULL;
    long status;
    int rc = audit_get(p->r, p->key, path, false, &answer, &status);

    free(path);
    if (rc != PUMASI_OK)
        return rc;
    if (status != 200) {
        audit_unanswered(p->r, AUDIT_NOT_SHOWN, *next, "", status);
        p->unanswered = true;
        *next = -1;
        return PUMASI_OK;
    }
    if (audit_page_read(&page, answer, *next) != 0)
        rc = fail(PUMASI_UNPROVED, _("The ledger's list of records makes no sense."));
    for (size_t i = 0; rc == PUMASI_OK && i < page.n; i++)
        if ((uint64_t)page.records[i].index < p->now->size)
            rc = take(p, &page.records[i]);
    if (rc == PUMASI_OK)
        rc = audit_copy_sync(p->c);
    *next = page.next >= 0 && (uint64_t)page.next < p->now->size ? page.next : -1;
    audit_page_free(&page);
    json_decref(answer);
    return rc;
}

static int get_records(struct pulling *p)
{
    struct bar bar;
    int64_t next = p->c->last_index + 1;
    int rc = PUMASI_OK;

    p->from = next;
    if ((uint64_t)next >= p->now->size)
        return PUMASI_OK;
    bar_begin(&bar, _("Getting records"), (int64_t)p->now->size);
    while (rc == PUMASI_OK && next >= 0) {
        bar_step(&bar, next);
        rc = get_page(p, &next);
    }
    bar_end(&bar);
    if (rc == PUMASI_OK && !p->unanswered && !p->c->coop && p->from < (int64_t)p->now->size)
        audit_report_add(p->r, AUDIT_NOT_SHOWN, p->from, "", "", 0,
                         "the ledger shows no more records, of %llu that it signed",
                         (unsigned long long)p->now->size);
    return rc;
}

/* ---- Everything anew ---- */

/* Gets what the copy has once more and compares it, byte for byte. */
static int compare_again(struct audit_report *r, const struct audit_copy *c,
                         const struct keyfile *key, int64_t size)
{
    struct bar bar;
    struct buf ours = BUF_INIT, theirs = BUF_INIT;
    int64_t next = 0, index = 0;
    size_t at = 0;
    int rc = PUMASI_OK;

    bar_begin(&bar, _("Comparing records"), size);
    while (rc == PUMASI_OK && next >= 0 && at < c->n_good) {
        char *path = log_path(c, next);
        struct audit_page page = {0};
        json_t *answer = NULL;
        long status;

        rc = audit_get(r, key, path, false, &answer, &status);
        free(path);
        if (rc == PUMASI_OK && status != 200) {
            audit_unanswered(r, AUDIT_NOT_SHOWN, next, "", status);
            break;
        }
        if (rc == PUMASI_OK && audit_page_read(&page, answer, next) != 0)
            rc = fail(PUMASI_UNPROVED, _("The ledger's list of records makes no sense."));
        for (size_t i = 0; rc == PUMASI_OK && i < page.n && at < c->n_good; i++, at++) {
            buf_clear(&theirs);
            buf_printf(&theirs, "%s\n", page.records[i].header);
            for (size_t k = 0; k < page.records[i].n_parts; k++)
                buf_printf(&theirs, "%s\n", page.records[i].parts[k]);
            buf_puts(&theirs, "\n");
            index = page.records[i].index;
            if (audit_copy_read(c, at, at + 1, &ours) != 0)
                rc = fail(PUMASI_FAILED, _("The auditor's copy in %s can't be read."), c->dir);
            else if (ours.len != theirs.len || memcmp(ours.data, theirs.data, ours.len) != 0)
                audit_report_add(r, AUDIT_ALTERED, index, "", "", 0,
                                 "the ledger shows the record otherwise than it did before");
        }
        next = rc == PUMASI_OK ? page.next : -1;
        audit_page_free(&page);
        json_decref(answer);
        bar_step(&bar, index);
    }
    bar_end(&bar);
    if (rc == PUMASI_OK && next < 0 && at < c->n_good)
        audit_report_add(r, AUDIT_NOT_SHOWN, index, "", "", 0,
                         "the ledger no longer shows records that it showed before");
    buf_free(&ours);
    buf_free(&theirs);
    return rc;
}

/* ---- The whole ---- */

static void describe(struct dump_info *info, const struct profile *p, const struct checkpoint *now,
                     const struct key *by)
{
    memset(info, 0, sizeof(*info));
    str_copy(info->id, sizeof(info->id), p->ledger_id);
    str_copy(info->origin, sizeof(info->origin), p->origin);
    vkey_text(info->vkey, p->origin, by);
    info->size = (int64_t)now->size;
}

/* A tree_node of the copy's leaves. */
static bool copy_node(void *arg, unsigned height, uint64_t i, struct hash *out)
{
    const struct audit_copy *c = arg;
    struct tree tree;

    if (height > TREE_HEIGHT_MAX - 1 || i >= c->n_leaves >> height)
        return false;
    tree_init(&tree);
    for (uint64_t k = i << height; k < (i + 1) << height; k++) {
        tree_append(&tree, &c->leaves[k]);
        if (k % 1024 == 0)
            tree_mark(&tree);
    }
    tree_root(&tree, out);
    tree_free(&tree);
    return true;
}

/* A log that shrank, or isn't the one that was: true where the copy can't go on. */
static bool other_story(struct audit_report *r, struct audit_copy *c, struct said now)
{
    const struct said before = {&c->checkpoint, c->note};
    struct hash hashes[TREE_PROOF_MAX];
    struct buf both = BUF_INIT;
    int n;

    if (!c->has_info || now.c->size >= c->checkpoint.size)
        return false;
    n = now.c->size > 0
            ? tree_prefix(copy_node, c, now.c->size, c->checkpoint.size, &now.c->root, hashes)
            : -1;
    if (n < 0 || !is_fork(r, c, now, before, hashes, (size_t)n,
                          "the ledger signs fewer records than before, and other ones")) {
        buf_printf(&both, "%s\n%s", c->note, now.note);
        two_stories(
            r, c, AUDIT_SHORTER, &c->checkpoint, now.c, &both,
            "the ledger shows fewer records than it signed before: an old backup, or an old "
            "copy in between?");
        buf_free(&both);
    }
    return true;
}

/* Another note of that size was kept. */
static void other_tree(struct audit_report *r, const struct audit_copy *c, const char *before,
                       struct said now)
{
    struct checkpoint was;
    const struct said earlier = {&was, before};
    const char *why;

    if (logkey_open(&r->c->profile, before, strlen(before), &was, NULL, &why) != 0 ||
        !is_fork(r, c, earlier, now, NULL, 0, "another tree of the same size was signed before"))
        audit_report_add(r, AUDIT_CHECKPOINT, -1, "", "", 0,
                         "what was kept of a checkpoint that was seen before is damaged");
}

int audit_pull(struct audit_report *r, struct audit_copy *c, const struct keyfile *key, bool again)
{
    struct checkpoint now;
    struct hash *leaves = NULL;
    struct pulling p = {.r = r, .c = c, .key = key, .now = &now, .good = true};
    struct dump_info info;
    char *text = NULL, *before = NULL;
    const struct key *by;
    bool fork = false;
    int rc = get_checkpoint(r, &now, &text, &by), seen;

    if (rc != PUMASI_OK)
        goto out;
    seen = audit_copy_seen(c, text, &now, &before);
    if (seen < 0)
        rc = PUMASI_FAILED;
    if (rc != PUMASI_OK)
        goto out;
    if (!c->has_info)
        describe(&c->info, &r->c->profile, &now, by);
    if (seen == 1)
        other_tree(r, c, before, (struct said){&now, text});
    if (other_story(r, c, (struct said){&now, text}))
        goto out;
    rc = get_leaves_or_find(&p, &leaves);
    if (rc == PUMASI_OK && !p.good && !p.treeless && c->has_info)
        rc = ask_tiles(r, c, (struct said){&now, text}, &fork);
    if (rc != PUMASI_OK || fork)
        goto out;
    if (!p.good && !p.treeless)
        audit_report_add(r, AUDIT_ROOT, -1, "", "", 0,
                         "the tiles don't make the tree that is signed");
    if (again && c->has_info)
        rc = compare_again(r, c, key, c->info.size);
    p.had = (size_t)audit_copy_size(c);
    p.leaves = leaves;
    if (rc == PUMASI_OK && c->coop && p.good) {
        rc = audit_copy_leaves(c, leaves, (size_t)now.size - p.had);
        p.had = c->n_leaves;
    }
    if (rc == PUMASI_OK)
        rc = get_records(&p);
    describe(&info, &r->c->profile, &now, by);
    if (rc == PUMASI_OK && p.good && c->n == c->n_good && audit_copy_size(c) == (int64_t)now.size &&
        seen != 1)
        rc = audit_copy_finish(c, &info, text, &now);
    if (!c->has_info)
        c->checkpoint = now;
    r->incomplete =
        !p.good || p.unanswered || c->n != c->n_good || audit_copy_size(c) != (int64_t)now.size;
out:
    free(leaves);
    free(before);
    free(text);
    return rc;
}
