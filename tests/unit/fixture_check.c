/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What holds of every fixture's ledger: its log replays to the same state, and its books add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#include "core/buf.h"
#include "core/subject.h"

/* ---- The whole of a state ---- */

struct dump {
    enum thing_kind kind;
    char **lines;
    size_t n, cap;
};

static void dump_subject(struct buf *b, enum thing_kind kind, const struct thing *thing)
{
    struct change c = {kind, (struct thing *)(uintptr_t)thing};

    subject_put_name(b, &c);
    buf_printf(b, " seq %lld record %lld ", (long long)subject_of(&c)->seq,
               (long long)subject_of(&c)->record);
    subject_put_state(b, &c);
}

static void dump_one(void *arg, const struct thing *thing)
{
    struct dump *d = arg;
    struct buf b = BUF_INIT;
    const struct account *a = (const struct account *)thing;
    const struct key_row *k = (const struct key_row *)thing;
    const struct book *book = (const struct book *)thing;
    const struct posted_id *id = (const struct posted_id *)thing;
    const struct deal *deal = (const struct deal *)thing;

    buf_printf(&b, "%d %s: ", (int)d->kind, thing->name);
    switch (d->kind) {
    case THING_HOLDER:
        buf_printf(&b, "frozen since %lld ", (long long)((const struct holder *)thing)->frozen_ms);
        dump_subject(&b, d->kind, thing);
        break;
    case THING_UNIT:
    case THING_POLICY:
    case THING_LINE:
        dump_subject(&b, d->kind, thing);
        break;
    case THING_ROUND:
        round_put_parties(&b, (const struct round *)thing);
        round_put_legs(&b, (const struct round *)thing);
        dump_subject(&b, d->kind, thing);
        break;
    case THING_SNAPSHOT:
        buf_printf(&b, "day %d ", ((const struct snapshot *)thing)->day);
        dump_subject(&b, d->kind, thing);
        break;
    case THING_ACCOUNT:
        buf_printf(&b, "balance %lld seq %lld record %lld limits %d ", (long long)a->balance,
                   (long long)a->seq, (long long)a->record, a->has_limits);
        dump_subject(&b, d->kind, thing);
        break;
    case THING_KEY:
        buf_printf(&b, "%s %s %d ", k->holder, role_name(k->role), k->revoked);
        buf_put_b64u(&b, k->key.x, KEY_LEN);
        break;
    case THING_BOOK:
        buf_printf(&b, "seq %lld record %lld", (long long)book->entries.seq,
                   (long long)book->entries.record);
        break;
    case THING_VOID:
        buf_printf(&b, "record %lld", (long long)((const struct voided *)thing)->record);
        break;
    case THING_DEAL:
        buf_printf(&b, "%d %s %s %s amount %lld reversed %lld answer %lld %d levy %lld %s",
                   deal->is_request, deal->from, deal->to, deal->unit, (long long)deal->amount,
                   (long long)deal->reversed, (long long)deal->answer, deal->paid,
                   (long long)deal->levy, deal->levy_purse);
        for (size_t i = 0; i < deal->n_via; i++)
            buf_printf(&b, " %s", deal->via[i]);
        break;
    case THING_ASK:
        buf_printf(&b, "record %lld", (long long)((const struct ask *)thing)->record);
        break;
    case THING_ID:
        buf_printf(&b, "record %lld ", (long long)id->record);
        buf_put_b64u(&b, id->payload_hash.b, HASH_LEN);
        break;
    }
    buf_putc(&b, '\n');
    if (d->n == d->cap) {
        d->cap = d->cap ? d->cap * 2 : 64;
        d->lines = x_realloc(d->lines, d->cap * sizeof(*d->lines));
    }
    d->lines[d->n++] = buf_take(&b);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void dump_position(void *arg, const char *debtor, const char *creditor, int64_t amount)
{
    buf_printf(arg, "%s owes %s %lld\n", debtor, creditor, (long long)amount);
}

char *fix_dump(const struct state *s)
{
    static const char *const units[] = {"hour", "won"};
    struct buf b = BUF_INIT;

    buf_printf(&b, "%s %s\n", state_origin(s), state_ledger_id(s));
    for (int kind = 0; kind < THING_KINDS; kind++) {
        struct dump d = {.kind = (enum thing_kind)kind};

        state_each(s, d.kind, dump_one, &d);
        assert_int_equal(d.n, state_count(s, d.kind));
        if (d.n > 0)
            qsort(d.lines, d.n, sizeof(*d.lines), compare_lines);
        for (size_t i = 0; i < d.n; i++) {
            buf_puts(&b, d.lines[i]);
            free(d.lines[i]);
        }
        free(d.lines);
    }
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        network_each(s, units[i], dump_position, &b);
    return buf_take(&b);
}

/* ---- Replaying ---- */

int fix_replay_one(struct state *s, const struct fix *f, size_t index, char *why, size_t size)
{
    return fix_replay_from(s, NULL, f, index, why, size);
}

int fix_replay_from(struct state *s, const struct replay_source *from, const struct fix *f,
                    size_t index, char *why, size_t size)
{
    const struct fix_record *rec = &f->log[index];
    const char *parts[FIX_PARTS_MAX];
    size_t lens[FIX_PARTS_MAX];
    struct outcome out;
    struct act act;
    struct posted_id *id;
    const char *origin;
    struct hash entry;

    for (size_t i = 0; i < rec->n; i++) {
        parts[i] = rec->parts[i].data;
        lens[i] = rec->parts[i].len;
    }
    if (record_replay(s, from, rec->header.data, rec->header.len, parts, lens, rec->n,
                      index ? f->log[index - 1].ms : INT64_MIN, rec->today, &out, &act, why,
                      size) != 0)
        return -1;
    rules_apply(s, &out);
    hash_bytes(&entry, rec->header.data, rec->header.len);
    if (rules_begins(&act, &origin))
        state_begin(s, origin, &entry);
    id = posted_id_new(act.by, act.jti);
    id->record = (int64_t)index;
    id->payload_hash = act.payload_hash;
    state_put(s, THING_ID, &id->thing);
    state_commit(s);
    act_free(&act);
    return 0;
}

void fix_check_replay(const struct fix *f)
{
    struct state *s = state_new(FIX_ORIGIN);
    char why[512], *a, *b;

    for (size_t i = 0; i < f->n; i++)
        if (fix_replay_one(s, f, i, why, sizeof(why)) != 0)
            fail_msg("record %zu isn't replayed: %s", i, why);
    a = fix_dump(f->s);
    b = fix_dump(s);
    assert_string_equal(a, b);
    free(a);
    free(b);
    state_free(s);
}

/* ---- Books ---- */

struct seen {
    char *name;
    int64_t seq, sum;
};
struct seens {
    struct seen *of;
    size_t n;
};

static struct seen *seen_find(struct seens *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->of[i].name, name))
            return &all->of[i];
    all->of = x_realloc(all->of, (all->n + 1) * sizeof(*all->of));
    all->of[all->n] = (struct seen){.name = x_strdup(name)};
    return &all->of[all->n++];
}

/* One part: its thing's seq is the next one, and a posting's balance the sum so far. */
static void check_part(struct seens *all, const struct buf *text)
{
    static const char *const kinds = "apcb";
    char name[ACCOUNT_MAX + 32];
    struct part part;
    const char *why;
    struct seen *seen;

    assert_int_equal(part_parse(&part, text->data, text->len, &why), 0);
    if (part.kind != PART_ACT) {
        (void)snprintf(name, sizeof(name), "%c %s", kinds[part.kind], part.name);
        seen = seen_find(all, name);
        assert_int_equal(part.seq, ++seen->seq);
    }
    if (part.kind == PART_POSTING) {
        seen->sum += part.amount;
        assert_int_equal(part.balance, seen->sum);
        name_coop_of(part.name, name);
        (void)snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s",
                       strchr(part.name, '/'));
        seen_find(all, name)->sum += part.amount;
    }
    part_free(&part);
}

void fix_check_books(const struct fix *f)
{
    struct seens all = {NULL, 0};

    for (size_t i = 0; i < f->n; i++)
        for (size_t p = 0; p < f->log[i].n; p++)
            check_part(&all, &f->log[i].parts[p]);
    for (size_t i = 0; i < all.n; i++) {
        if (strchr(all.of[i].name, ' ') == NULL)
            assert_int_equal(all.of[i].sum, 0);
        free(all.of[i].name);
    }
    free(all.of);
}
