/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a statement's file shows, put so that it is found: acts by record, the changes of holders,
 * their keys, and the ledger's ids. */
#include <stdlib.h>
#include <string.h>

#include "core/statement_run.h"

struct run_record *run_entry(const struct statement_check_run *run, size_t i)
{
    return &run->records[run->first_entry + i];
}

struct run_record *run_one(const struct statement_check_run *run, enum run_section section)
{
    for (size_t i = 0; i < run->n; i++)
        if (run->records[i].section == section)
            return &run->records[i];
    return NULL;
}

bool run_shows_act(const struct run_record *r)
{
    return r->section == RUN_ENTRY || r->section == RUN_NAMED || r->section == RUN_SNAPSHOT;
}

static int compare_acts(const void *a, const void *b)
{
    const struct run_record *x = *(struct run_record *const *)a;
    const struct run_record *y = *(struct run_record *const *)b;

    return x->index < y->index ? -1 : x->index > y->index;
}

void run_sort_acts(struct statement_check_run *run)
{
    run->acts = x_calloc(run->n + 1, sizeof(struct run_record *));
    for (size_t i = 0; i < run->n; i++)
        if (run->records[i].act)
            run->acts[run->n_acts++] = &run->records[i];
    if (run->n_acts)
        qsort(run->acts, run->n_acts, sizeof(struct run_record *), compare_acts);
}

struct run_record *run_act_at(const struct statement_check_run *run, int64_t index)
{
    const struct run_record wanted = {.index = index}, *key = &wanted;
    struct run_record **found =
        run->n_acts ? bsearch(&key, run->acts, run->n_acts, sizeof(key), compare_acts) : NULL;

    return found ? *found : NULL;
}

const struct run_record *run_transfer(const struct statement_check_run *run, int64_t index)
{
    const struct run_record *r = run_act_at(run, index);

    return r && r->act->type == ACT_TRANSFER ? r : NULL;
}

const struct run_change *run_change_of(const struct statement_check_run *run, const char *name)
{
    for (size_t lo = 0, hi = run->n_changes; lo < hi;) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(run->changes[mid].name, name);

        if (order == 0 && (mid == 0 || !str_eq(run->changes[mid - 1].name, name)))
            return &run->changes[mid];
        if (order >= 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

char *statement_zone(const struct statement *st)
{
    struct change_read c;
    struct holder *h;
    char *zone;

    for (size_t i = 0; st->n_keys && i < st->keys[0].n_parts; i++) {
        if (change_read(&c, st->keys[0].parts[i].s, st->keys[0].parts[i].len) != 0)
            continue;
        h = holder_of_change(&c, 0);
        change_read_free(&c);
        if (h && h->kind == HOLDER_LEDGER) {
            zone = x_strdup(h->zone);
            free(h);
            return zone;
        }
        free(h);
    }
    return x_strdup("");
}

int statement_unit(const struct statement *st, struct statement_unit *out)
{
    const char *unit = strchr(st->account, '/');
    struct change_read c;
    int rc = -1;

    memset(out, 0, sizeof(*out));
    str_copy(out->name, sizeof(out->name), unit ? unit + 1 : "");
    out->scale = 1;
    for (size_t i = 0; rc != 0 && i < st->unit.n_parts; i++) {
        char name[UNIT_MAX + 1];

        if (change_read(&c, st->unit.parts[i].s, st->unit.parts[i].len) != 0)
            continue;
        if (unit_of_change(&c, name, out->title, &out->scale, &out->kind) == 0 &&
            str_eq(name, out->name))
            rc = 0;
        else
            out->scale = 1;
        change_read_free(&c);
    }
    return rc;
}

/* ---- Hashes ---- */

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

static void use_places(bool *used, const uint32_t *places, size_t n)
{
    for (size_t i = 0; i < n; i++)
        used[places[i]] = true;
}

void judge_hashes(struct statement_check_run *run)
{
    const struct statement *st = run->st;
    const size_t n = st->n_hashes;
    bool *used = x_calloc(n + 1, sizeof(*used)), all = true, once = true;
    struct hash *sorted = x_calloc(n + 1, sizeof(*sorted));

    for (size_t i = 0; i < run->n; i++)
        use_places(used, run->records[i].shown->proof, run->records[i].shown->n_proof);
    for (size_t i = 0; i < st->n_leaves; i++)
        use_places(used, st->leaves[i].proof, st->leaves[i].n_proof);
    use_places(used, st->consistency, st->n_consistency);
    if (n > 0)
        memcpy(sorted, st->hashes, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), compare_hashes);
    for (size_t i = 0; i < n; i++) {
        all = all && used[i];
        once = once && (i == 0 || !hash_eq(&sorted[i - 1], &sorted[i]));
    }
    if (!all)
        run_find(run, CHECK_RECORDS, REASON_NO_PROOF, -1, 0, NULL);
    if (!once)
        run_find(run, CHECK_RECORDS, REASON_DOUBLE, -1, 0, NULL);
    free(sorted);
    free(used);
}

/* ---- Keys that the file knows ---- */

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct run_key *)a)->kid.s, ((const struct run_key *)b)->kid.s);
}

bool run_key_of(void *arg, const struct kid *kid, struct key *out)
{
    const struct statement_check_run *run = arg;
    const struct run_key *found;
    struct run_key wanted = {.kid = *kid};

    found =
        run->n_keys ? bsearch(&wanted, run->keys, run->n_keys, sizeof(wanted), compare_keys) : NULL;
    if (found)
        *out = found->key;
    return found != NULL;
}

static int compare_changes(const void *a, const void *b)
{
    const struct run_change *x = a, *y = b;
    int names = strcmp(x->name, y->name);

    if (names != 0)
        return names;
    return x->record < y->record ? -1 : x->record > y->record;
}

static void add_change(struct statement_check_run *run, size_t record, const char *part, size_t len,
                       size_t *cap)
{
    struct run_change *out;
    struct change_read c;

    if (change_read(&c, part, len) != 0)
        return; /* checking the record will say so */
    if (run->n_changes == *cap) {
        *cap = *cap ? 2 * *cap : 64;
        run->changes = x_realloc(run->changes, *cap * sizeof(*run->changes));
    }
    out = &run->changes[run->n_changes++];
    memset(out, 0, sizeof(*out));
    out->record = record;
    out->seq = c.seq;
    memcpy(out->salt, c.salt, sizeof(out->salt));
    str_copy(out->name, sizeof(out->name), c.name);
    out->holder = holder_of_change(&c, 0);
    change_read_free(&c);
}

void run_gather_changes(struct statement_check_run *run)
{
    size_t cap = 0, n_keys = 0;

    for (size_t i = 0; i < run->n && run->records[i].section == RUN_KEY; i++)
        for (size_t k = 0; k < run->records[i].shown->n_parts; k++)
            add_change(run, i, run->records[i].shown->parts[k].s,
                       run->records[i].shown->parts[k].len, &cap);
    if (run->n_changes)
        qsort(run->changes, run->n_changes, sizeof(*run->changes), compare_changes);
    for (size_t i = 0; i < run->n_changes; i++)
        n_keys += run->changes[i].holder ? run->changes[i].holder->n_keys : 0;
    run->keys = x_calloc(n_keys + 1, sizeof(*run->keys));
    for (size_t i = 0; i < run->n_changes; i++) {
        const struct holder *h = run->changes[i].holder;

        for (size_t k = 0; h && k < h->n_keys; k++) {
            run->keys[run->n_keys].key = h->keys[k].key;
            key_kid(&run->keys[run->n_keys].kid, &h->keys[k].key);
            run->n_keys++;
        }
    }
    if (run->n_keys)
        qsort(run->keys, run->n_keys, sizeof(*run->keys), compare_keys);
}

/* ---- The ledger's ids ---- */

/* The act of a ledger.continue in a record of `keys`, and the record's header. */
static bool read_continue(const struct statement_record *r, struct act *a,
                          struct record_header *head, struct hash *entry)
{
    struct refusal ignored;
    struct part part;
    const char *why;
    bool is = false;

    if (r->n_parts < 2 || part_parse(&part, r->parts[0].s, r->parts[0].len, &why) != 0)
        return false;
    if (part.kind == PART_ACT && act_parse(a, &part.act, &ignored) == 0) {
        is = a->type == ACT_LEDGER_CONTINUE &&
             record_header_peek(head, r->header.s, r->header.len, &why) == 0;
        if (!is)
            act_free(a);
    }
    part_free(&part);
    hash_bytes(entry, r->header.s, r->header.len);
    return is;
}

void run_gather_ids(struct statement_check_run *run)
{
    const struct statement *st = run->st;
    char origin[ORIGIN_MAX + 1];
    struct hash entry;

    if (st->n_keys == 0)
        return;
    /* The first of them names the id before, and with it the origin that record 0 has. */
    if (!ledger_id_origin(origin, st->aud))
        return;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < st->n_keys; i++) {
            struct record_header head;
            struct act act;

            if (!read_continue(&st->keys[i], &act, &head, &entry))
                continue;
            if (pass == 0)
                (void)ledger_id_origin(origin, act.aud);
            else
                (void)!lineage_add(&run->ids, &act, head.index, &entry);
            act_free(&act);
            if (pass == 0)
                break;
        }
        if (pass == 0) {
            hash_bytes(&entry, st->keys[0].header.s, st->keys[0].header.len);
            lineage_begin(&run->ids, origin, &entry);
        }
    }
}
