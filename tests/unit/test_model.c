/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#include <sys/random.h>

#include "core/date.h"
#include "core/num.h"
#include "forgetful.h"
#include "model_pick.h"

/*
 * Random acts against core's rules and against the naive model, step by step: the same verdict, the
 * same refusal, the same balances, seqs and keys in force; books sum to zero; and the records,
 * replayed from scratch, come to the same state.
 *
 * MODEL_SEED makes a run again, MODEL_STEPS makes it longer; the seed of each is printed.
 */
#define WORLDS 6
#define STEPS  800

static const char *const coops[MODEL_COOPS + 1] = {"aa-coop", "bb-coop", "stewards"};
static const char *const units[MODEL_UNITS] = {"hour", "won"};
static const char *const kinds[] = {"?", "member", "treasurer", "registrar"};

#define IS(call, answer) assert_string_equal(call, answer)

/* ---- The same act for core ---- */

static void put_bounds(struct buf *b, const char *prefix, int64_t floor, int64_t ceiling)
{
    buf_printf(b, ",'%sfloor':%lld,'%sceiling':%lld", prefix, (long long)floor, prefix,
               (long long)ceiling);
}

static void put_terms(struct buf *b, const struct model_act *a)
{
    char date[DATE_LEN + 1];

    buf_printf(b, "'from':'m%d@%s','to':'m%d@%s','unit':'%s','amount':%lld", a->member,
               coops[a->coop], a->to_member, coops[a->to_coop], units[a->unit],
               (long long)a->amount);
    if (a->value_day) {
        date_text(date, (int32_t)a->value_day);
        buf_printf(b, ",'value_date':'%s'", date);
    }
    if (a->type == MODEL_REQUEST) {
        date_text(date, (int32_t)a->last_day);
        buf_printf(b, ",'expires':'%s'", date);
    } else if (a->record >= 0) {
        buf_printf(b, ",'request':%d", a->record);
    }
}

static void put_members(const struct world *w, struct buf *b, const struct model_act *a)
{
    const char *coop = coops[a->coop];

    if (a->type == MODEL_TRANSFER || a->type == MODEL_REQUEST) {
        put_terms(b, a);
    } else if (a->type == MODEL_REVERSAL) {
        buf_printf(b, "'record':%d,'amount':%lld", a->record, (long long)a->amount);
    } else if (a->type == MODEL_DECLINE) {
        buf_puts(b, "'act':'");
        buf_put_b64u(b, w->hash[a->target].b, HASH_LEN);
        buf_puts(b, "'");
    } else if (a->type == MODEL_POLICY) {
        buf_printf(b, "'coop':'%s','unit':'%s','reversal_days':%d", coop, units[a->unit], a->days);
        put_bounds(b, "", a->floor, a->ceiling);
        put_bounds(b, "registrar_", a->reach_floor, a->reach_ceiling);
    } else if (a->type >= MODEL_KEY_ADD) {
        buf_printf(b, "'holder':'");
        if (a->role == MODEL_MEMBER)
            buf_printf(b, "m%d@", a->member);
        buf_printf(b, "%s','role':'%s'", coop, kinds[a->role]);
        if (a->type == MODEL_RECOVER)
            buf_printf(b, ",'keys':[$k%d],'threshold':1", a->key);
        else if (a->type > MODEL_RECOVER)
            buf_printf(b, ",'record':%d", a->record);
        else if (a->type == MODEL_THRESHOLD)
            buf_printf(b, ",'threshold':%d", a->need);
        else if (a->type == MODEL_KEY_ADD)
            buf_printf(b, ",'key':$k%d", a->key);
        else
            buf_printf(b, ",'kid':'#k%d'", a->key);
    } else {
        buf_printf(b, "'member':'m%d@%s'", a->member, coop);
        if (a->type == MODEL_LIMITS) {
            buf_printf(b, ",'unit':'%s'", units[a->unit]);
            put_bounds(b, "", a->floor, a->ceiling);
        } else if (a->type == MODEL_ALLOW) {
            buf_printf(b, ",'allowed':%s", a->allowed ? "true" : "false");
        } else if (a->type == MODEL_CREATE && a->key >= 0) {
            buf_printf(b, ",'kind':'person','keys':[$k%d],'threshold':1", a->key);
        } else if (a->type == MODEL_CREATE) {
            buf_printf(b, ",'kind':'%s','keys':[],'threshold':0", a->purse ? "purse" : "person");
        }
    }
}

/* The payload of an act that there wasn't before. */
static char *payload_of(struct world *w, const struct model_act *a)
{
    static const char *const types[MODEL_TYPES] = {"transfer",
                                                   "request",
                                                   "reversal",
                                                   "decline",
                                                   "account.limits",
                                                   "coop.policy",
                                                   "member.create",
                                                   "member.update",
                                                   "member.freeze",
                                                   "member.unfreeze",
                                                   "member.close",
                                                   "record.allow",
                                                   "key.add",
                                                   "key.revoke",
                                                   "threshold.set",
                                                   "key.recover",
                                                   "key.recover.finish",
                                                   "key.object"};
    struct buf b = BUF_INIT;
    char by[64];
    char *payload;

    put_members(w, &b, a);
    if (a->by_member >= 0)
        (void)snprintf(by, sizeof(by), "m%d@%s", a->by_member, coops[a->by_coop]);
    else
        (void)snprintf(by, sizeof(by), "%s", coops[a->by_coop]);
    w->f->iat = w->f->ms / 1000;
    w->f->exp = w->f->iat + ACT_LIFETIME_MAX;
    payload = fix_payload(w->f, types[a->type], by, "%s", b.data);
    buf_free(&b);
    assert_int_equal(a->id, w->ids);
    w->hash = x_realloc(w->hash, (size_t)(w->ids + 1) * sizeof(*w->hash));
    hash_bytes(&w->hash[w->ids++], payload, strlen(payload));
    return payload;
}

static const char *core_do(struct world *w, const struct model_act *a, const char *payload)
{
    char signers[64];
    size_t n = 0;

    signers[0] = '\0';
    for (int i = 0; i < a->n_signers; i++)
        n += (size_t)snprintf(signers + n, sizeof(signers) - n, "%c%d ",
                              a->signer[i] < 0 ? 's' : 'k', abs(a->signer[i]));
    return fix_submit(w->f, payload, signers);
}

/* ---- Acts that come late ---- */

/* Takes a draft away; the payload is the caller's. */
static struct draft take_draft(struct world *w, int i)
{
    struct draft d = w->draft[i];

    w->draft[i] = w->draft[--w->n_drafts];
    return d;
}

static void keep_draft(struct world *w, const struct model_act *a, char *payload)
{
    if (w->n_drafts == DRAFTS) {
        struct draft old = take_draft(w, below(w, DRAFTS));

        free(old.payload);
    }
    w->draft[w->n_drafts++] = (struct draft){*a, payload};
}

/* An act to try now, and its payload: mostly a new one. */
static char *next_act(struct world *w, struct model_act *a)
{
    while (w->n_drafts > 0 && chance(w, 10)) {
        struct draft d = take_draft(w, below(w, w->n_drafts));

        if (w->f->ms < d.act.made + (ACT_LIFETIME_MAX - 86400) * INT64_C(1000)) {
            *a = d.act;
            return d.payload;
        }
        free(d.payload);
    }
    pick(w, a);
    return payload_of(w, a);
}

/* ---- Comparing ---- */

static void compare_recovery(const struct recovery *r, const struct model_recovery *m,
                             const struct fix_key *keys)
{
    assert_int_equal(r != NULL, m->open);
    if (!r)
        return;
    assert_int_equal(r->record, m->since);
    assert_int_equal(r->due_ms, m->due);
    assert_int_equal(r->objected, m->objected);
    assert_int_equal(r->n_keys, 1);
    assert_memory_equal(&r->keys[0].key, &keys[m->key].key, sizeof(struct key));
}

static void compare_member(const struct world *w, int c, int i)
{
    const struct model_member *m = &w->m.coop[c].member[i];
    char name[64];
    const struct holder *h;

    (void)snprintf(name, sizeof(name), "m%d@%s", i, coops[c]);
    h = state_holder(w->f->s, name);
    assert_int_equal(h != NULL, m->there);
    if (!h)
        return;
    assert_int_equal(h->kind == HOLDER_PURSE, m->purse);
    assert_int_equal(h->allowed, m->allowed);
    assert_int_equal(h->threshold, m->need);
    assert_int_equal(h->subject.seq, m->changes);
    assert_int_equal(h->state == HOLDER_CLOSED   ? 3
                     : h->state == HOLDER_ACTIVE ? 0
                     : h->frozen_by_office       ? 2
                                                 : 1,
                     m->state);
    compare_recovery(h->recovery, &m->recovery, w->key);
    for (int u = 0; u < MODEL_UNITS; u++) {
        (void)snprintf(name, sizeof(name), "m%d@%s/%s", i, coops[c], units[u]);
        assert_int_equal(fix_balance(w->f, name), m->balance[u]);
        assert_int_equal(fix_seq(w->f, name), m->seq[u]);
    }
}

static void compare_deals(const struct world *w)
{
    int requests = 0;

    assert_int_equal(w->f->n, w->m.n_records);
    assert_int_equal(state_count(w->f->s, THING_VOID), w->m.n_voids);
    for (int i = 0; i < w->m.n_records; i++) {
        const struct model_record *m = &w->m.record[i];
        const struct deal *d = state_deal(w->f->s, i);

        assert_int_equal(d != NULL, m->type == MODEL_TRANSFER || m->type == MODEL_REQUEST);
        if (!d)
            continue;
        requests += m->type == MODEL_REQUEST;
        assert_int_equal(d->is_request, m->type == MODEL_REQUEST);
        assert_int_equal(d->reversed, m->back);
        assert_int_equal(d->answer >= 0, m->answered);
        assert_int_equal(d->paid, d->answer >= 0 && w->m.record[d->answer].type == MODEL_TRANSFER);
    }
    assert_int_equal(state_count(w->f->s, THING_ASK), requests);
}

static void compare(const struct world *w)
{
    int in_force = 0;

    for (int c = 0; c < MODEL_COOPS; c++) {
        int64_t sum[MODEL_UNITS] = {0};
        const struct holder *h = state_holder(w->f->s, coops[c]);

        for (int i = 0; i < MODEL_MEMBERS; i++) {
            char name[64];

            compare_member(w, c, i);
            for (int u = 0; u < MODEL_UNITS; u++) {
                (void)snprintf(name, sizeof(name), "m%d@%s/%s", i, coops[c], units[u]);
                sum[u] += fix_balance(w->f, name);
            }
        }
        for (int u = 0; u < MODEL_UNITS; u++)
            assert_int_equal(sum[u], 0);
        assert_int_equal(h->threshold, w->m.coop[c].need);
        compare_recovery(h->recovery, &w->m.coop[c].recovery, w->key);
        assert_int_equal(state_book(w->f->s, coops[c])->entries.seq, w->m.coop[c].book);
    }
    for (int k = 0; k < w->keys; k++) {
        const struct model_key *m = &w->m.key[k];
        const struct key_row *row = state_key(w->f->s, w->key[k].kid.s);
        const struct holder *h;

        assert_int_equal(row != NULL, m->role != MODEL_NOBODY);
        if (!row)
            continue;
        assert_int_equal(row->revoked, m->revoked);
        assert_string_equal(role_name(row->role), kinds[m->role]);
        h = state_holder(w->f->s, row->holder);
        assert_int_equal(holder_has_key(h, row->role, &w->key[k].key), !m->revoked);
        in_force += !m->revoked;
    }
    for (int c = 0; c < MODEL_COOPS; c++) {
        in_force -= (int)state_holder(w->f->s, coops[c])->n_keys;
        for (int i = 0; i < MODEL_MEMBERS; i++) {
            char name[64];
            const struct holder *h;

            (void)snprintf(name, sizeof(name), "m%d@%s", i, coops[c]);
            h = state_holder(w->f->s, name);
            in_force -= h ? (int)h->n_keys : 0;
        }
    }
    assert_int_equal(in_force, 0);
}

/* ---- A run ---- */

static void begin(struct world *w, uint64_t seed)
{
    memset(&w->m, 0, sizeof(w->m));
    w->f = fix_new();
    w->random = seed;
    w->keys = 0;
    w->ids = 0;
    fix_open(w->f);
    for (int u = 0; u < MODEL_UNITS; u++)
        IS(fix_act(w->f, "s1 s2", "unit.create", "stewards",
                   "'unit':'%s','name':'u','scale':1,'kind':'credit'", units[u]),
           "posted");
    for (int c = 0; c < MODEL_COOPS; c++) {
        int k = w->keys;
        char signers[64];

        (void)snprintf(signers, sizeof(signers), "s1 s2 k%d k%d k%d k%d", k, k + 1, k + 2, k + 3);
        IS(fix_act(w->f, signers, "coop.create", "stewards",
                   "'coop':'%s','name':'c','treasurers':[$k%d,$k%d,$k%d],'threshold':2,"
                   "'registrars':[$k%d]",
                   coops[c], k, k + 1, k + 2, k + 3),
           "posted");
        for (int i = 0; i < 4; i++)
            w->m.key[k + i] =
                (struct model_key){i < 3 ? MODEL_TREASURER : MODEL_REGISTRAR, c, 0, false};
        w->m.coop[c].need = 2;
        w->m.coop[c].book = 1;
        w->keys += 4;
    }
    model_skip(&w->m, (int)w->f->n);
}

static void end(struct world *w)
{
    fix_check_books(w->f);
    fix_check_replay(w->f);
    forgetful_check(w->f, w->random);
    fix_free(w->f);
    model_free(&w->m);
    while (w->n_drafts > 0) {
        struct draft d = take_draft(w, 0);

        free(d.payload);
    }
    free(w->hash);
    w->hash = NULL;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *s = getenv(name);
    int64_t n;

    if (!s)
        return otherwise;
    assert_int_equal(num_parse(s, strlen(s), 0, INT64_MAX, &n), 0);
    return (uint64_t)n;
}

static void test_model(void **state)
{
    struct world *w = x_calloc(1, sizeof(*w));
    size_t answers[REFUSED_COUNT] = {0}, by_type[MODEL_TYPES] = {0}, posted = 0, pending = 0, n = 0;
    uint64_t seed = 0, steps = getenv("UNDER_VALGRIND") ? 60 : STEPS;

    (void)state;
    assert_int_equal(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
    seed = setting("MODEL_SEED", seed >> 16);
    steps = setting("MODEL_STEPS", steps);
    print_message("MODEL_SEED=%llu\n", (unsigned long long)seed);
    for (int k = 0; k < MODEL_KEYS; k++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "k%d", k);
        fix_key(&w->key[k], name);
    }
    for (int world = 0; world < WORLDS; world++) {
        begin(w, seed + (uint64_t)world);
        for (uint64_t step = 0; step < steps; step++, n++) {
            struct model_act a;
            const char *model, *core;
            char *payload;

            advance(w);
            payload = next_act(w, &a);
            if (chance(w, 4)) {
                keep_draft(w, &a, payload);
                continue;
            }
            core = core_do(w, &a, payload);
            model = model_do(&w->m, &a, w->f->ms);
            if (!str_eq(core, model))
                fail_msg("MODEL_SEED=%llu world %d step %llu, act %d: core says %s (%s), the model "
                         "%s: %s",
                         (unsigned long long)seed, world, (unsigned long long)step, (int)a.type,
                         core, w->f->out.refusal.detail, model, payload);
            posted += str_eq(core, "posted");
            by_type[a.type] += str_eq(core, "posted");
            pending += str_eq(core, "pending");
            answers[w->f->out.refusal.code] += 1;
            compare(w);
            if (step % 40 == 0)
                compare_deals(w);
            if (!str_eq(core, "posted") && chance(w, 25))
                keep_draft(w, &a, payload);
            else
                free(payload);
        }
        compare_deals(w);
        end(w);
    }
    print_message("%zu acts, %zu posted, %zu pending\n", n, posted, pending);
    for (int i = 1; i < REFUSED_COUNT; i++)
        if (answers[i])
            print_message("%zu %s\n", answers[i], refusal_name((enum refusal_code)i));
    print_message("posted: %zu transfers, %zu requests, %zu reversals, %zu declines, "
                  "%zu recoveries, %zu finished, %zu objections\n",
                  by_type[MODEL_TRANSFER], by_type[MODEL_REQUEST], by_type[MODEL_REVERSAL],
                  by_type[MODEL_DECLINE], by_type[MODEL_RECOVER], by_type[MODEL_FINISH],
                  by_type[MODEL_OBJECT]);
    /* A run that only ever refuses would show little. */
    assert_true(n < 2000 || (posted > n / 10 && pending > n / 200));
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
