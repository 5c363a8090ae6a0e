/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an audit remembers of the records that it judged: ids, last entries, deals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit_in.h"
#include "core/b64.h"
#include "core/num.h"
#include "core/subject.h"

/* ---- Ids ---- */

static size_t id_place(const uint8_t id[16], size_t cap)
{
    uint64_t h;

    memcpy(&h, id, sizeof(h));
    return (size_t)(h & (cap - 1));
}

/* Puts it in; false when it is there. An id of zeros is taken for an empty place: nobody finds one.
 */
static bool id_put(uint8_t (*ids)[16], size_t cap, const uint8_t id[16])
{
    static const uint8_t empty[16];

    for (size_t i = id_place(id, cap);; i = (i + 1) & (cap - 1)) {
        if (memcmp(ids[i], id, 16) == 0)
            return false;
        if (memcmp(ids[i], empty, 16) == 0) {
            memcpy(ids[i], id, 16);
            return true;
        }
    }
}

static void ids_grow(struct audit *a)
{
    static const uint8_t empty[16];
    size_t cap = a->cap_ids ? a->cap_ids * 2 : 1024;
    uint8_t(*ids)[16];

    if ((a->n_ids + 1) * 2 <= a->cap_ids)
        return;
    ids = x_calloc(cap, sizeof(*ids));
    for (size_t i = 0; i < a->cap_ids; i++)
        if (memcmp(a->ids[i], empty, 16) != 0)
            (void)id_put(ids, cap, a->ids[i]);
    free(a->ids);
    a->ids = ids;
    a->cap_ids = cap;
}

bool audit_take_id(struct audit *a, const char *by, const char *jti)
{
    struct hash hash;

    ids_grow(a);
    hash_two(&hash, by, strlen(by) + 1, jti, strlen(jti));
    if (!id_put(a->ids, a->cap_ids, hash.b))
        return false;
    a->n_ids++;
    return true;
}

/* ---- Deals ---- */

static void keep_deal(struct audit *a, const struct deal *d)
{
    char payload[HASH_B64U_LEN + 1];
    int64_t *place;

    if (!d->is_request && d->reversed == 0)
        return;
    place = strmap_put(a->kept_of, d->thing.name);
    if (*place == 0) {
        if (a->n_kept == a->cap_kept) {
            a->cap_kept = a->cap_kept ? a->cap_kept * 2 : 64;
            a->kept = x_realloc(a->kept, a->cap_kept * sizeof(struct deal *));
        }
        a->kept[a->n_kept++] = NULL;
        *place = (int64_t)a->n_kept;
    }
    free(a->kept[*place - 1]);
    a->kept[*place - 1] = deal_copy(d);
    if (d->is_request) {
        hash_text(payload, &d->payload_hash);
        *strmap_put(a->asked, payload) = d->record + 1;
    }
}

int audit_deal(void *audit, struct state *s, int64_t record)
{
    struct audit *a = audit;
    char name[DEAL_NAME_MAX + 1];
    const int64_t *place;
    struct deal *deal = NULL;

    if (record < 0 || record >= a->next)
        return 0;
    deal_name(name, record);
    place = strmap_get(a->kept_of, name);
    if (place)
        deal = deal_copy(a->kept[*place - 1]);
    else if (a->conf.deal)
        deal = a->conf.deal(a->conf.arg, record);
    if (deal)
        state_put(s, THING_DEAL, &deal->thing);
    return 0;
}

const struct deal *audit_request(const struct audit *a, int64_t record)
{
    char name[DEAL_NAME_MAX + 1];
    const int64_t *place;

    deal_name(name, record);
    place = strmap_get(a->kept_of, name);
    return place && a->kept[*place - 1]->is_request ? a->kept[*place - 1] : NULL;
}

void audit_each_request(const struct audit *a, void (*fn)(void *arg, const struct deal *d),
                        void *arg)
{
    for (size_t i = 0; i < a->n_kept; i++)
        if (a->kept[i]->is_request)
            fn(arg, a->kept[i]);
}

int64_t audit_reversed(const struct audit *a, int64_t record)
{
    char name[DEAL_NAME_MAX + 1];
    const int64_t *sum;

    deal_name(name, record);
    sum = strmap_get(a->reversed, name);
    return sum ? *sum : 0;
}

/* Of a book's records too of which others' parts aren't seen, and that no deal is kept of. */
static void keep_reversal(struct audit *a, const struct act_reversal *v)
{
    char name[DEAL_NAME_MAX + 1];
    int64_t *sum;

    deal_name(name, v->record);
    sum = strmap_put(a->reversed, name);
    *sum = *sum > NUM_MAX - v->amount ? NUM_MAX : *sum + v->amount; /* both within NUM_MAX */
}

/* Of a record that is here in part the act is the first, where it is shown at all. */
static void keep_shown_reversal(struct audit *a, const struct audit_item *item)
{
    struct part part;
    struct act act;
    struct refusal ignored;
    const char *why;

    if (item->parts.n == 0 || part_parse(&part, item->parts.text[0], item->parts.len[0], &why) != 0)
        return;
    if (part.kind == PART_ACT && act_parse(&act, &part.act, &ignored) == 0) {
        if (act.type == ACT_REVERSAL)
            keep_reversal(a, &act.u.reversal);
        act_free(&act);
    }
    part_free(&part);
}

int audit_asked(void *audit, struct state *s, const struct hash *payload_hash)
{
    struct audit *a = audit;
    char payload[HASH_B64U_LEN + 1];
    const int64_t *record;

    hash_text(payload, payload_hash);
    record = strmap_get(a->asked, payload);
    if (!record)
        return 0;
    state_put(s, THING_ASK, &ask_new(payload_hash, *record - 1)->thing);
    return audit_deal(a, s, *record - 1);
}

/* ---- Last entries ---- */

/* Salts of parts that aren't the act's begin at a fixed place. */
static void salt_of(const struct audit_item *item, size_t i, uint8_t salt[RECORD_SALT_LEN])
{
    static const char member[] = "\"salt\":\"";
    const char *at = memmem(item->parts.text[i], item->parts.len[i], member, sizeof(member) - 1);
    size_t from = at ? (size_t)(at - item->parts.text[i]) + sizeof(member) - 1 : 0;

    memset(salt, 0, RECORD_SALT_LEN);
    if (at && item->parts.len[i] - from >= 22 &&
        b64u_decode_exact(item->parts.text[i] + from, 22, salt, RECORD_SALT_LEN) != 0)
        memset(salt, 0, RECORD_SALT_LEN);
}

static struct leaf *leaf_at(struct audit *a, enum leaf_kind kind, const char *name)
{
    char key[LEAF_NAME_MAX + 8];
    int64_t *place;

    (void)snprintf(key, sizeof(key), "%d %s", (int)kind, name);
    place = strmap_put(a->leaf_of, key);
    if (*place == 0) {
        if (a->n_leaves == a->cap_leaves) {
            a->cap_leaves = a->cap_leaves ? a->cap_leaves * 2 : 256;
            a->leaves = x_realloc(a->leaves, a->cap_leaves * sizeof(*a->leaves));
        }
        memset(&a->leaves[a->n_leaves], 0, sizeof(*a->leaves));
        a->leaves[a->n_leaves].kind = kind;
        str_copy(a->leaves[a->n_leaves].name, sizeof(a->leaves->name), name);
        *place = (int64_t)++a->n_leaves;
    }
    return &a->leaves[*place - 1];
}

/* The part of a kind and name that says so; the record has them in the outcome's order, unless it
 * is forged. 0 when there is none. */
static size_t part_of(const struct audit_item *item, const char *kind, const char *named,
                      const char *name, size_t likely)
{
    const size_t skip = strlen(kind) + 22 + strlen(named), len = strlen(name);

    for (size_t k = 0; k < item->parts.n; k++) {
        size_t i = (likely + k) % item->parts.n;
        const char *p = item->parts.text[i];

        if (item->parts.len[i] > skip + len && memcmp(p, kind, strlen(kind)) == 0 &&
            memcmp(p + skip, name, len) == 0 && p[skip + len] == '"')
            return i;
    }
    return 0;
}

static void keep_entry(struct audit *a, const struct audit_item *item, enum leaf_kind kind,
                       const char *name, int64_t seq, int64_t balance, size_t likely)
{
    static const char *const begin[LEAF_KINDS] = {"{\"part\":\"posting\",\"salt\":\"",
                                                  "{\"part\":\"book\",\"salt\":\"",
                                                  "{\"part\":\"change\",\"salt\":\""};
    static const char *const named[LEAF_KINDS] = {"\",\"account\":\"", "\",\"book\":\"",
                                                  "\",\"subject\":\""};
    size_t i = part_of(item, begin[kind], named[kind], name, likely);
    struct leaf *leaf = leaf_at(a, kind, name);

    leaf->seq = seq;
    leaf->balance = balance;
    leaf->index = item->index >= 0 ? item->index : a->next;
    salt_of(item, i, leaf->salt);
}

void audit_keep(struct audit *a, const struct audit_item *item, const struct outcome *out)
{
    const struct audit_conf *conf = &a->conf;
    const int64_t index = item->index >= 0 ? item->index : a->next;
    struct buf name = BUF_INIT;
    size_t i = 1;

    for (size_t k = 0; k < out->n_legs; k++) {
        const struct leg *leg = &out->legs[k];
        const char *account = leg->after->thing.name;

        keep_entry(a, item, LEAF_ACCOUNT, account, leg->after->seq, leg->after->balance, i++);
        if (conf->posting)
            conf->posting(conf->arg, index, account, leg->amount, leg->after->balance,
                          leg->after->seq);
    }
    for (size_t k = 0; k < out->n_changes; k++) {
        buf_clear(&name);
        subject_put_name(&name, &out->changes[k]);
        keep_entry(a, item, LEAF_SUBJECT, name.data, subject_of(&out->changes[k])->seq, 0, i++);
    }
    for (size_t k = 0; k < out->n_books; k++)
        keep_entry(a, item, LEAF_BOOK, out->books[k]->thing.name, out->books[k]->entries.seq, 0,
                   i++);
    for (size_t k = 0; k < out->n_deals; k++)
        keep_deal(a, out->deals[k]);
    if (item->read && item->record.act.type == ACT_REVERSAL)
        keep_reversal(a, &item->record.act.u.reversal);
    else if (item->in_part)
        keep_shown_reversal(a, item);
    for (size_t k = 0; conf->key && k < out->n_keys; k++) {
        struct kid kid;

        key_kid(&kid, &out->keys[k]->key);
        conf->key(conf->arg, &kid, &out->keys[k]->key);
    }
    a->counts.postings += (int64_t)out->n_legs;
    a->counts.changes += (int64_t)out->n_changes;
    a->counts.books += (int64_t)out->n_books;
    buf_free(&name);
}

/* ---- Snapshots ---- */

static int by_kind_and_name(const void *x, const void *y)
{
    const struct leaf *const *a = x, *const *b = y;

    if ((*a)->kind != (*b)->kind)
        return (*a)->kind < (*b)->kind ? -1 : 1;
    return strcmp((*a)->name, (*b)->name);
}

static void make_root(struct audit *a, int64_t size)
{
    const struct leaf **sorted = x_malloc((a->n_leaves + 1) * sizeof(*sorted));
    struct audit_root *root = &a->roots[a->n_roots++];
    struct tree tree;

    for (size_t i = 0; i < a->n_leaves; i++)
        sorted[i] = &a->leaves[i];
    qsort(sorted, a->n_leaves, sizeof(*sorted), by_kind_and_name);
    tree_init(&tree);
    for (size_t i = 0; i < a->n_leaves; i++) {
        struct hash hash;

        leaf_hash(&hash, sorted[i], size);
        tree_append(&tree, &hash);
        tree_mark(&tree);
    }
    root->size = size;
    root->count = (int64_t)a->n_leaves;
    tree_root(&tree, &root->root);
    tree_free(&tree);
    free(sorted);
}

void audit_make_roots(struct audit *a)
{
    const struct audit_conf *conf = &a->conf;

    if (conf->coop)
        return;
    if (!a->roots && conf->n_snapshots > 0)
        a->roots = x_calloc(conf->n_snapshots, sizeof(*a->roots));
    while (a->n_roots < conf->n_snapshots && conf->snapshots[a->n_roots] <= a->next)
        make_root(a, conf->snapshots[a->n_roots]);
}

void audit_check_snapshot(struct audit *a, const struct act *act, int64_t index)
{
    const struct act_snapshot *s = &act->u.snapshot;
    const struct audit_root *root = NULL;

    if (a->conf.coop) /* the rest of its tree isn't to be seen */
        return;
    for (size_t i = 0; i < a->n_roots; i++)
        if (a->roots[i].size == s->size)
            root = &a->roots[i];
    a->counts.snapshots++;
    if (!root || root->count != s->count || !hash_eq(&root->root, &s->root))
        audit_found(&a->conf, AUDIT_SNAPSHOT, index, "ledger", "", 0,
                    "the snapshot isn't of what the first %lld records leave", (long long)s->size);
}

/* ---- Sums ---- */

struct summing {
    struct audit *a;
    struct strmap *of; /* "<co-op>/<unit>" → its place in names and sums, from 1 */
    size_t n, cap;
    struct {
        char name[COOP_MAX + 1 + UNIT_MAX + 1];
        int64_t sum;
        bool beyond; /* all numbers */
    } * sums;
};

static void add_balance(void *arg, const struct thing *thing)
{
    struct summing *s = arg;
    const struct account *account = (const struct account *)thing;
    char coop[COOP_MAX + 1], name[COOP_MAX + 1 + UNIT_MAX + 1];
    const char *slash = strchr(thing->name, '/');
    int64_t *place;

    name_coop_of(thing->name, coop);
    if (s->a->conf.coop && !str_eq(coop, s->a->conf.coop))
        return; /* of another's book only those records are here that touch this one too */
    (void)snprintf(name, sizeof(name), "%s/%.*s", coop, UNIT_MAX, slash ? slash + 1 : "");
    place = strmap_put(s->of, name);
    if (*place == 0) {
        if (s->n == s->cap) {
            s->cap = s->cap ? s->cap * 2 : 16;
            s->sums = x_realloc(s->sums, s->cap * sizeof(*s->sums));
        }
        memset(&s->sums[s->n], 0, sizeof(*s->sums));
        str_copy(s->sums[s->n].name, sizeof(s->sums->name), name);
        *place = (int64_t)++s->n;
    }
    if (num_add(s->sums[*place - 1].sum, account->balance, &s->sums[*place - 1].sum) != 0)
        s->sums[*place - 1].beyond = true;
    s->a->counts.accounts += account->seq > 0;
}

/* Of each pair of positions the one that stands first by name, or alone. */
static void check_mirror(void *arg, const struct thing *thing)
{
    struct audit *a = arg;
    const struct account *account = (const struct account *)thing, *other;
    char name[ACCOUNT_MAX + 1];
    struct position of;
    int64_t sum;

    if (!position_parse(&of, thing->name))
        return;
    position_name(name, of.partner, of.coop, of.unit);
    other = state_account(a->state, name);
    if (other && strcmp(name, thing->name) < 0)
        return;
    if (num_add(account->balance, other ? other->balance : 0, &sum) != 0 || sum != 0)
        audit_found(&a->conf, AUDIT_MIRROR, -1, thing->name, of.unit,
                    account->balance < 0 ? -account->balance : account->balance,
                    "what the one co-op owes isn't what the other one is owed");
}

void audit_check_sums(struct audit *a)
{
    struct summing s = {.a = a, .of = strmap_new()};

    if (!a->conf.coop)
        state_each(a->state, THING_ACCOUNT, check_mirror, a);
    a->counts.accounts = 0;
    state_each(a->state, THING_ACCOUNT, add_balance, &s);
    for (size_t i = 0; i < s.n; i++)
        if (s.sums[i].sum != 0 || s.sums[i].beyond) {
            const char *unit = strchr(s.sums[i].name, '/') + 1;
            int64_t sum = s.sums[i].sum;

            audit_found(&a->conf, AUDIT_SUM, -1, s.sums[i].name, unit, sum < 0 ? -sum : sum,
                        "the balances of this book don't sum to zero");
        }
    a->counts.sums = (int64_t)s.n;
    strmap_free(s.of);
    free(s.sums);
}

void audit_count_free(struct audit *a)
{
    for (size_t i = 0; i < a->n_kept; i++)
        free(a->kept[i]);
    free(a->kept);
    free(a->ids);
    free(a->leaves);
    free(a->roots);
    strmap_free(a->leaf_of);
    strmap_free(a->kept_of);
    strmap_free(a->asked);
    strmap_free(a->reversed);
}
