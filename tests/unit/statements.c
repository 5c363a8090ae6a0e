/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "altered.h"
#include "core/note.h"
#include "statements.h"

#define DAY_MS INT64_C(86400000)

void forger_init(struct forger *of, const struct fix *f)
{
    of->n = f->n;
    of->log = x_calloc(f->n + 16, sizeof(*of->log));
    for (size_t i = 0; i < f->n; i++)
        altered_copy(&of->log[i], &f->log[i]);
}

void forger_free(struct forger *of)
{
    for (size_t i = 0; i < of->n; i++)
        altered_free(&of->log[i]);
    free(of->log);
}

void forger_id(char *out, size_t size, const struct forger *of)
{
    char text[HASH_B64U_LEN + 1];
    struct hash entry;

    hash_bytes(&entry, of->log[0].header.data, of->log[0].header.len);
    hash_text(text, &entry);
    (void)snprintf(out, size, FIX_ORIGIN "#%s", text);
}

void forger_alter(struct forger *of, size_t record, size_t part, const char *from, const char *to)
{
    altered_replace(&of->log[record].parts[part], from, to);
    altered_header(&of->log[record]);
}

void forger_append(struct forger *of, int64_t ms, const char *const *parts, size_t n)
{
    struct fix_record *r = &of->log[of->n];
    char time[TIME_LEN + 1];

    memset(r, 0, sizeof(*r));
    r->ms = ms;
    r->n = n;
    for (size_t i = 0; i < n; i++)
        buf_puts(&r->parts[i], parts[i]);
    time_text(time, ms);
    buf_printf(&r->header, "{\"v\":1,\"index\":%zu,\"time\":\"%s\",\"rules\":1,\"parts\":[]}",
               of->n++, time);
    altered_header(r);
}

char *forger_act(const char *payload, const char *signers)
{
    struct buf b = BUF_INIT;
    struct envelope env;

    fix_envelope(&env, payload, signers);
    buf_puts(&b, "{\"part\":\"act\",\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"act\":");
    envelope_put(&b, &env);
    buf_putc(&b, '}');
    envelope_free(&env);
    return buf_take(&b);
}

void forger_plant(struct forger *of, struct fix *f, const struct planting *p)
{
    char *payload = fix_payload(f, p->type, p->by, "%s", p->members);
    char *act = forger_act(payload, p->signers);
    char *posting =
        x_asprintf("{\"part\":\"posting\",\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\","
                   "\"account\":\"%s\",\"amount\":%lld,\"balance\":%lld,"
                   "\"floor\":-600,\"seq\":%lld}",
                   p->account, (long long)p->amount, (long long)p->balance, (long long)p->seq);

    forger_append(of, f->ms, (const char *const[]){act, posting}, 2);
    free(payload);
    free(act);
    free(posting);
}

void forger_cut(struct forger *of, size_t n)
{
    for (; of->n > n; of->n--)
        altered_free(&of->log[of->n - 1]);
}

/* ---- Snapshots ---- */

#define LEAVES_MAX 200
struct all_leaves {
    size_t n;
    struct leaf at[LEAVES_MAX];
};

static int compare_leaves(const void *a, const void *b)
{
    const struct leaf *x = a, *y = b;

    return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->name, y->name);
}

static void gather_leaves(struct all_leaves *out, const struct forger *of, int64_t size)
{
    static const enum leaf_kind kinds[] = {LEAF_ACCOUNT, LEAF_ACCOUNT, LEAF_SUBJECT, LEAF_BOOK};
    const char *why;

    out->n = 0;
    for (int64_t i = 0; i < size; i++) {
        for (size_t k = 1; k < of->log[i].n; k++) {
            struct part p;
            size_t at = 0;

            assert_int_equal(
                part_parse(&p, of->log[i].parts[k].data, of->log[i].parts[k].len, &why), 0);
            while (at < out->n &&
                   (out->at[at].kind != kinds[p.kind] || strcmp(out->at[at].name, p.name) != 0))
                at++;
            assert_true(at < LEAVES_MAX);
            out->n = at == out->n ? at + 1 : out->n;
            memset(&out->at[at], 0, sizeof(out->at[at]));
            out->at[at].kind = kinds[p.kind];
            str_copy(out->at[at].name, sizeof(out->at[at].name), p.name);
            out->at[at].balance = p.balance;
            out->at[at].seq = p.seq;
            out->at[at].index = i;
            memcpy(out->at[at].salt, p.salt, sizeof(p.salt));
            part_free(&p);
        }
    }
    qsort(out->at, out->n, sizeof(out->at[0]), compare_leaves);
}

static void leaf_tree(struct tree *t, const struct all_leaves *all, int64_t size)
{
    tree_init(t);
    for (size_t i = 0; i < all->n; i++) {
        struct hash h;

        leaf_hash(&h, &all->at[i], size);
        tree_append(t, &h);
    }
}

/* Root and number of leaves of a snapshot of the fixture's first `size` records. */
static void forger_root(const struct forger *of, int64_t size, struct hash *root, int64_t *count)
{
    struct all_leaves *all = x_calloc(1, sizeof(*all));
    struct tree t;

    gather_leaves(all, of, size);
    leaf_tree(&t, all, size);
    tree_root(&t, root);
    *count = (int64_t)all->n;
    tree_free(&t);
    free(all);
}

void fix_snapshot(struct fix *f)
{
    struct forger of;
    char text[HASH_B64U_LEN + 1];
    struct hash root;
    int64_t count;

    forger_init(&of, f);
    forger_root(&of, (int64_t)f->n, &root, &count);
    forger_free(&of);
    hash_text(text, &root);
    assert_string_equal(fix_act(f, "clerk", "snapshot", "ledger",
                                "'size':%zu,'count':%lld,'root':'%s'", f->n, (long long)count,
                                text),
                        "posted");
}

/* ---- Statements ---- */

/* The place of a hash. */
static uint32_t place(struct statement *st, const struct hash *h)
{
    for (size_t i = 0; i < st->n_hashes; i++)
        if (hash_eq(&st->hashes[i], h))
            return (uint32_t)i;
    st->hashes = x_realloc(st->hashes, (st->n_hashes + 1) * sizeof(*st->hashes));
    st->hashes[st->n_hashes] = *h;
    return (uint32_t)st->n_hashes++;
}

static void prove(struct forged *f, struct statement_record *r, size_t index)
{
    struct hash proof[TREE_PROOF_MAX];
    int n = tree_inclusion(tree_get, &f->tree, index, f->tree.size, proof);

    assert_true(n >= 0);
    r->n_proof = (size_t)n;
    for (int i = 0; i < n; i++)
        r->proof[i] = place(&f->st, &proof[i]);
}

static void show(struct forged *f, struct statement_record *r, const struct forger *of,
                 size_t index)
{
    memset(r, 0, sizeof(*r));
    r->header = (struct statement_text){of->log[index].header.data, of->log[index].header.len};
    prove(f, r, index);
}

static void show_part(struct statement_record *r, const struct forger *of, size_t index,
                      size_t part)
{
    r->parts[r->n_parts++] =
        (struct statement_text){of->log[index].parts[part].data, of->log[index].parts[part].len};
}

/* The place of the account's posting in a record; 0: it has none. */
static size_t own_posting(const struct forger *of, size_t index, const char *account,
                          struct part *p)
{
    const char *why;

    for (size_t k = 1; k < of->log[index].n; k++) {
        assert_int_equal(
            part_parse(p, of->log[index].parts[k].data, of->log[index].parts[k].len, &why), 0);
        if (p->kind == PART_POSTING && str_eq(p->name, account))
            return k;
        part_free(p);
    }
    return 0;
}

static void make_posting(struct forged *f, const struct forger *of, const struct forging *want,
                         size_t index)
{
    struct statement *st = &f->st;
    struct statement_point point;
    struct statement_record *r;
    struct part p;
    size_t part = own_posting(of, index, want->account, &p);

    if (part == 0)
        return;
    point = (struct statement_point){p.balance, p.seq, (int64_t)index};
    if (p.seq == want->first - 1) {
        st->opening = st->closing = point;
        if (!want->skip_before) {
            show(f, &st->before, of, index);
            show_part(&st->before, of, index, part);
        }
    } else if (p.seq >= want->first && p.seq <= want->last && p.seq != want->skip_entry) {
        r = &st->entries[st->n_entries++];
        show(f, r, of, index);
        if (p.seq != want->withhold)
            show_part(r, of, index, 0);
        show_part(r, of, index, part);
        st->closing = point;
        *(p.amount >= 0 ? &st->in : &st->out) += p.amount >= 0 ? p.amount : -p.amount;
    } else if (p.seq == want->last + 1 && !want->skip_after) {
        show(f, &st->after, of, index);
        show_part(&st->after, of, index, part);
    }
}

/* The record that the reversal in that record takes back; -1 when it is none. */
static int64_t reversed_by(const struct forger *of, size_t index)
{
    struct refusal refusal;
    struct part p;
    struct act act;
    const char *why;
    int64_t record = -1;

    assert_int_equal(
        part_parse(&p, of->log[index].parts[0].data, of->log[index].parts[0].len, &why), 0);
    if (act_parse(&act, &p.act, &refusal) == 0) {
        record = act.type == ACT_REVERSAL ? act.u.reversal.record : -1;
        act_free(&act);
    }
    part_free(&p);
    return record;
}

static void show_named(struct forged *f, const struct forger *of, const struct forging *want,
                       size_t index)
{
    struct statement_record *r = &f->st.named[f->st.n_named++];
    struct part p;
    size_t part = own_posting(of, index, want->account, &p);

    show(f, r, of, index);
    show_part(r, of, index, 0);
    if (part > 0)
        show_part(r, of, index, part);
}

/* What the entries take back, unless it is an entry itself. */
static void make_named(struct forged *f, const struct forger *of, const struct forging *want,
                       size_t index)
{
    int64_t record;
    struct part p;
    size_t part = own_posting(of, index, want->account, &p);

    if (part == 0 || p.seq < want->first || p.seq > want->last || p.seq == want->skip_entry ||
        want->account[0] == '!')
        return;
    record = reversed_by(of, index);
    if (record < 0 || (size_t)record >= of->n)
        return;
    part = own_posting(of, (size_t)record, want->account, &p);
    if (part > 0 && p.seq >= want->first && p.seq <= want->last)
        return;
    show_named(f, of, want, (size_t)record);
}

static bool is_wanted(const struct forging *want, const char *name)
{
    size_t len = strlen(name);

    if (str_eq(name, "ledger"))
        return true;
    for (const char *at = want->holders; (at = strstr(at, name)) != NULL; at += len)
        if ((at == want->holders || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
            return true;
    return false;
}

static void make_keys(struct forged *f, const struct forger *of, const struct forging *want,
                      size_t index)
{
    struct statement_record key = {0};
    const char *why;

    for (size_t k = 1; k < of->log[index].n; k++) {
        struct part p;

        assert_int_equal(
            part_parse(&p, of->log[index].parts[k].data, of->log[index].parts[k].len, &why), 0);
        if (p.kind == PART_CHANGE && is_wanted(want, p.name) && (int64_t)index != want->skip_key) {
            if (key.n_parts == 0)
                show(f, &key, of, index);
            show_part(&key, of, index, k);
        }
        if (p.kind == PART_CHANGE && str_eq(p.name, "unit:hour")) {
            show(f, &f->st.unit, of, index);
            show_part(&f->st.unit, of, index, k);
        }
        part_free(&p);
    }
    if (key.n_parts > 0)
        f->st.keys[f->st.n_keys++] = key;
}

static void make_snapshot(struct forged *f, const struct forger *of, const struct forging *want)
{
    struct all_leaves *all = x_calloc(1, sizeof(*all));
    struct statement *st = &f->st;
    struct act act;
    struct refusal refusal;
    const char *why;
    struct part p;
    int64_t size;

    show(f, &st->snapshot, of, (size_t)want->snapshot);
    show_part(&st->snapshot, of, (size_t)want->snapshot, 0);
    show_part(&st->snapshot, of, (size_t)want->snapshot, 1);
    st->has_snapshot = true;
    assert_int_equal(part_parse(&p, st->snapshot.parts[0].s, st->snapshot.parts[0].len, &why), 0);
    assert_int_equal(act_parse(&act, &p.act, &refusal), 0);
    size = act.u.snapshot.size;
    part_free(&p);
    gather_leaves(all, of, size);
    leaf_tree(&f->leaves, all, size);
    st->leaves = x_calloc(all->n, sizeof(*st->leaves));
    for (size_t i = 0; i < all->n; i++) {
        struct statement_leaf *l = &st->leaves[st->n_leaves];
        struct hash proof[TREE_PROOF_MAX];
        struct buf text = BUF_INIT;
        bool mine = all->at[i].kind == LEAF_ACCOUNT && str_eq(all->at[i].name, want->account) &&
                    !want->skip_account_leaf;

        if (!mine && !(all->at[i].kind == LEAF_SUBJECT && is_wanted(want, all->at[i].name) &&
                       !(want->skip_leaf && str_eq(all->at[i].name, want->skip_leaf))))
            continue;
        leaf_put(&text, &all->at[i], size);
        l->text.len = text.len;
        l->text.s = f->leaf_texts[st->n_leaves++] = buf_take(&text);
        l->position = (int64_t)i;
        l->n_proof = (size_t)tree_inclusion(tree_get, &f->leaves, i, all->n, proof);
        for (size_t k = 0; k < l->n_proof; k++)
            l->proof[k] = place(st, &proof[k]);
    }
    free(all);
}

static void make_consistency(struct forged *f, size_t since)
{
    struct hash proof[TREE_PROOF_MAX];
    int n = tree_consistency(tree_get, &f->tree, since, f->tree.size, proof);

    assert_true(n >= 0);
    f->st.has_consistency = true;
    f->st.consistency_size = (int64_t)since;
    f->st.n_consistency = (size_t)n;
    for (int i = 0; i < n; i++)
        f->st.consistency[i] = place(&f->st, &proof[i]);
}

static void make_checkpoint(struct forged *f)
{
    struct checkpoint c = {.origin = FIX_ORIGIN, .size = f->tree.size};
    struct buf note = BUF_INIT;
    struct fix_key log;

    fix_key(&log, "log");
    tree_root(&f->tree, &c.root);
    checkpoint_sign(&note, &c, log.secret);
    f->st.checkpoint.len = note.len;
    f->st.checkpoint.s = f->note = buf_take(&note);
}

void forged_make(struct forged *out, const struct forger *of, const struct forging *want)
{
    size_t size = want->size ? want->size : of->n;
    struct statement *st = &out->st;
    struct hash entry, leaf;

    memset(out, 0, sizeof(*out));
    tree_init(&out->tree);
    tree_init(&out->leaves);
    for (size_t i = 0; i < size; i++) {
        hash_bytes(&entry, of->log[i].header.data, of->log[i].header.len);
        tree_leaf_hash(&leaf, entry.b, HASH_LEN);
        tree_append(&out->tree, &leaf);
    }
    forger_id(st->aud, sizeof(st->aud), of);
    str_copy(st->account, sizeof(st->account), want->account);
    st->from = want->from;
    st->to = want->to;
    st->made = of->log[size - 1].ms + DAY_MS;
    st->opening.index = st->closing.index = -1;
    st->entries = x_calloc(size + 1, sizeof(*st->entries));
    st->named = x_calloc(size + 1, sizeof(*st->named));
    st->keys = x_calloc(size + 1, sizeof(*st->keys));
    for (size_t i = 0; i < size; i++) {
        make_posting(out, of, want, i);
        if (!want->skip_named)
            make_named(out, of, want, i);
        make_keys(out, of, want, i);
    }
    if (want->also_named > 0)
        show_named(out, of, want, (size_t)want->also_named);
    if (want->snapshot >= 0)
        make_snapshot(out, of, want);
    if (want->since)
        make_consistency(out, want->since);
    make_checkpoint(out);
}

void forged_free(struct forged *f)
{
    for (size_t i = 0; i < f->st.n_leaves; i++)
        free(f->leaf_texts[i]);
    free(f->note);
    tree_free(&f->tree);
    tree_free(&f->leaves);
    statement_free(&f->st);
}

void forged_file(struct buf *b, const struct forged *f)
{
    struct buf payload = BUF_INIT;
    struct fix_key log;

    fix_key(&log, "log");
    statement_put(&payload, &f->st);
    statement_sign(b, payload.data, payload.len, log.secret);
    buf_free(&payload);
}

/* ---- Judging ---- */

static int32_t day_at_utc(void *arg, int64_t ms)
{
    (void)arg;
    return (int32_t)(ms / DAY_MS);
}

bool judged_read(struct judged *out, const char *ledger_id, const char *file, size_t len,
                 const struct statement *earlier)
{
    struct statement_trust trust = {.day = day_at_utc, .earlier = earlier};
    const char *why;

    memset(out, 0, sizeof(*out));
    fix_key(&out->log, "log");
    str_copy(out->ledger_id, sizeof(out->ledger_id), ledger_id);
    trust.ledger_id = out->ledger_id;
    trust.log_key = &out->log.key;
    if (statement_read(&out->st, file, len, &why) != 0)
        return false;
    out->run = statement_check_begin(&out->st, &trust);
    for (size_t i = 0; i < statement_check_count(out->run); i++)
        statement_check_record(out->run, i);
    statement_check_end(out->run, &out->verdict);
    return true;
}

void judged_free(struct judged *j)
{
    statement_verdict_free(&j->verdict);
    statement_check_free(j->run);
    statement_free(&j->st);
}

const char *judged_failure(const struct judged *j)
{
    static char text[64];

    text[0] = '\0';
    for (size_t i = 0; i < j->verdict.n_findings && text[0] == '\0'; i++) {
        const struct statement_finding *f = &j->verdict.findings[i];

        if (f->mark == MARK_FAILED)
            (void)snprintf(text, sizeof(text), "%s:%s", statement_check_name(f->check),
                           statement_reason_name(f->reason));
    }
    return text;
}

bool judged_has(const struct judged *j, enum statement_check check, enum statement_reason reason)
{
    for (size_t i = 0; i < j->verdict.n_findings; i++)
        if (j->verdict.findings[i].check == check && j->verdict.findings[i].reason == reason)
            return true;
    return false;
}
