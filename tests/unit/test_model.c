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

#include "core/num.h"
#include "model.h"

/*
 * Random acts against core's rules and against the naive model, step by step: the same verdict, the
 * same refusal, the same balances, seqs and keys in force; books sum to zero; and the records,
 * replayed from scratch, come to the same state.
 *
 * MODEL_SEED makes a run again, MODEL_STEPS makes it longer; the seed of each is printed.
 */
#define WORLDS 6
#define STEPS  800

static const char *const coops[MODEL_COOPS] = {"aa-coop", "bb-coop"};
static const char *const units[MODEL_UNITS] = {"hour", "won"};
static const char *const kinds[] = {"?", "member", "treasurer", "registrar"};

#define IS(call, answer) assert_string_equal(call, answer)

struct world {
    struct fix *f;
    struct model m;
    struct fix_key key[MODEL_KEYS];
    int keys; /* used so far */
    uint64_t random;
};

/* splitmix64 */
static uint64_t next(struct world *w)
{
    uint64_t z = (w->random += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int below(struct world *w, int n)
{
    return (int)(next(w) % (uint64_t)n);
}

static bool chance(struct world *w, int percent)
{
    return below(w, 100) < percent;
}

/* ---- An act ---- */

static void sign(struct model_act *a, int key)
{
    for (int i = 0; i < a->n_signers; i++)
        if (a->signer[i] == key)
            return;
    if (a->n_signers < MODEL_SIGNERS)
        a->signer[a->n_signers++] = key;
}

/* Signs with up to n keys in force of a role. */
static void sign_as(struct world *w, struct model_act *a, enum model_role role, int n)
{
    int start = below(w, w->keys);

    for (int i = 0; i < w->keys && n > 0; i++) {
        int key = (start + i) % w->keys;
        const struct model_key *k = &w->m.key[key];

        if (k->role == role && k->coop == a->by_coop && (!k->revoked || chance(w, 5)) &&
            (role != MODEL_MEMBER || k->member == a->by_member)) {
            sign(a, key);
            n--;
        }
    }
}

/* Floor and ceiling, now and then none. */
static void bounds(struct world *w, int64_t *floor, int64_t *ceiling)
{
    *floor = below(w, 150) - 120;
    *ceiling = *floor + below(w, 250);
}

static enum model_type pick_type(struct world *w)
{
    static const int weight[MODEL_TYPES] = {
        [MODEL_TRANSFER] = 47, [MODEL_LIMITS] = 8,  [MODEL_POLICY] = 4,     [MODEL_CREATE] = 4,
        [MODEL_UPDATE] = 3,    [MODEL_FREEZE] = 5,  [MODEL_UNFREEZE] = 7,   [MODEL_CLOSE] = 1,
        [MODEL_ALLOW] = 4,     [MODEL_KEY_ADD] = 8, [MODEL_KEY_REVOKE] = 4, [MODEL_THRESHOLD] = 5};
    int at = below(w, 100);

    for (int t = 0; t < MODEL_TYPES; t++)
        if ((at -= weight[t]) < 0)
            return (enum model_type)t;
    fail_msg("weights don't add up to 100");
    return MODEL_TRANSFER;
}

/* Mostly small; now and then just what the payer has left or the payee has room for, or one more.
 */
static int64_t pick_amount(struct world *w, const struct model_act *a)
{
    const struct model_coop *c = &w->m.coop[a->coop];
    const struct model_member *from = &c->member[a->member], *to = &c->member[a->to_member];
    int u = a->unit;
    int64_t edge;

    if (chance(w, 60))
        return 1 + below(w, 90);
    if (chance(w, 50))
        edge = from->balance[u] - (from->limits[u] ? from->floor[u] : c->floor[u]);
    else
        edge = (to->limits[u] ? to->ceiling[u] : c->ceiling[u]) - to->balance[u];
    edge += below(w, 2);
    return edge > 0 ? edge : 1;
}

/* A key for the act: mostly one that nobody has, mostly one that fits. */
static int pick_key(struct world *w, const struct model_act *a)
{
    if (a->type != MODEL_KEY_REVOKE)
        return w->keys < MODEL_KEYS && chance(w, 90) ? w->keys : below(w, w->keys);
    for (int tries = 0; tries < 40; tries++) {
        int key = below(w, w->keys);

        if (w->m.key[key].role == a->role && w->m.key[key].coop == a->coop &&
            (a->role != MODEL_MEMBER || w->m.key[key].member == a->member))
            return key;
    }
    return below(w, w->keys);
}

static bool has_keys(const struct world *w, int coop, int member)
{
    for (int k = 0; k < w->keys; k++)
        if (w->m.key[k].role == MODEL_MEMBER && w->m.key[k].coop == coop &&
            w->m.key[k].member == member && !w->m.key[k].revoked)
            return true;
    return false;
}

static void pick(struct world *w, struct model_act *a)
{
    const struct model_member *who;
    bool office;

    memset(a, 0, sizeof(*a));
    a->type = pick_type(w);
    a->coop = below(w, MODEL_COOPS);
    a->member = below(w, MODEL_MEMBERS);
    a->to_coop = chance(w, 90) ? a->coop : below(w, MODEL_COOPS);
    a->to_member = below(w, MODEL_MEMBERS);
    a->unit = chance(w, 70) ? 0 : 1;
    a->amount = pick_amount(w, a);
    a->allowed = chance(w, 60);
    a->need = 1 + below(w, 3);
    a->purse = (a->member >= 5) != chance(w, 5);
    a->role = chance(w, 60) ? MODEL_MEMBER : chance(w, 50) ? MODEL_TREASURER : MODEL_REGISTRAR;
    if (a->type == MODEL_THRESHOLD && a->role == MODEL_REGISTRAR)
        a->role = MODEL_MEMBER;
    bounds(w, &a->floor, &a->ceiling);
    bounds(w, &a->reach_floor, &a->reach_ceiling);
    who = &w->m.coop[a->coop].member[a->member];
    if (!who->there && chance(w, 75))
        a->type = MODEL_CREATE;
    a->key = -1;
    if (a->type == MODEL_KEY_ADD || a->type == MODEL_KEY_REVOKE ||
        (a->type == MODEL_CREATE && !a->purse && chance(w, 75)))
        a->key = pick_key(w, a);
    a->by_coop = chance(w, 97) ? a->coop : below(w, MODEL_COOPS);
    a->by_member = chance(w, 60) ? a->member : -1;
    if (chance(w, 80)) { /* who is likely to do such a thing */
        if (a->type == MODEL_LIMITS || a->type == MODEL_POLICY || a->type == MODEL_CREATE ||
            who->purse)
            a->by_member = -1;
        else if (a->type >= MODEL_KEY_ADD)
            a->by_member = a->role == MODEL_MEMBER ? a->member : -1;
        else
            a->by_member = has_keys(w, a->coop, a->member) ? a->member : -1;
    }
    office = a->type == MODEL_POLICY || who->purse || (a->type == MODEL_CREATE && a->purse) ||
             a->type == MODEL_UNFREEZE || a->type >= MODEL_KEY_ADD;
    if (a->by_member >= 0)
        sign_as(w, a, MODEL_MEMBER, chance(w, 80) ? who->need : 1 + below(w, 2));
    else if (chance(w, office ? 85 : 20))
        sign_as(w, a, MODEL_TREASURER, chance(w, 80) ? w->m.coop[a->coop].need : 1 + below(w, 3));
    else
        sign_as(w, a, MODEL_REGISTRAR, 1);
    if (a->key >= 0 && a->type != MODEL_KEY_REVOKE && chance(w, 90))
        sign(a, a->key);
    if (chance(w, 6))
        sign(a, below(w, w->keys));
    if (a->key == w->keys)
        w->keys++;
}

/* ---- The same act for core ---- */

static void put_bounds(struct buf *b, const char *prefix, int64_t floor, int64_t ceiling)
{
    buf_printf(b, ",'%sfloor':%lld,'%sceiling':%lld", prefix, (long long)floor, prefix,
               (long long)ceiling);
}

static void put_members(struct buf *b, const struct model_act *a)
{
    const char *coop = coops[a->coop];

    if (a->type == MODEL_TRANSFER) {
        buf_printf(b, "'from':'m%d@%s','to':'m%d@%s','unit':'%s','amount':%lld", a->member, coop,
                   a->to_member, coops[a->to_coop], units[a->unit], (long long)a->amount);
    } else if (a->type == MODEL_POLICY) {
        buf_printf(b, "'coop':'%s','unit':'%s','reversal_days':1", coop, units[a->unit]);
        put_bounds(b, "", a->floor, a->ceiling);
        put_bounds(b, "registrar_", a->reach_floor, a->reach_ceiling);
    } else if (a->type >= MODEL_KEY_ADD) {
        buf_printf(b, "'holder':'");
        if (a->role == MODEL_MEMBER)
            buf_printf(b, "m%d@", a->member);
        buf_printf(b, "%s','role':'%s'", coop, kinds[a->role]);
        if (a->type == MODEL_THRESHOLD)
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

static const char *core_do(struct world *w, const struct model_act *a)
{
    static const char *const types[MODEL_TYPES] = {
        "transfer",      "account.limits", "coop.policy",     "member.create",
        "member.update", "member.freeze",  "member.unfreeze", "member.close",
        "record.allow",  "key.add",        "key.revoke",      "threshold.set"};
    struct buf b = BUF_INIT;
    char by[64], signers[64];
    const char *answer;
    size_t n = 0;

    put_members(&b, a);
    if (a->by_member >= 0)
        (void)snprintf(by, sizeof(by), "m%d@%s", a->by_member, coops[a->by_coop]);
    else
        (void)snprintf(by, sizeof(by), "%s", coops[a->by_coop]);
    signers[0] = '\0';
    for (int i = 0; i < a->n_signers; i++)
        n += (size_t)snprintf(signers + n, sizeof(signers) - n, "k%d ", a->signer[i]);
    w->f->ms += 1 + below(w, 5);
    answer = fix_act(w->f, signers, types[a->type], by, "%s", b.data);
    buf_free(&b);
    return answer;
}

/* ---- Comparing ---- */

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
    for (int u = 0; u < MODEL_UNITS; u++) {
        (void)snprintf(name, sizeof(name), "m%d@%s/%s", i, coops[c], units[u]);
        assert_int_equal(fix_balance(w->f, name), m->balance[u]);
        assert_int_equal(fix_seq(w->f, name), m->seq[u]);
    }
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
    size_t answers[REFUSED_COUNT] = {0}, posted = 0, pending = 0, n = 0;
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

            pick(w, &a);
            core = core_do(w, &a);
            model = model_do(&w->m, &a);
            if (!str_eq(core, model))
                fail_msg("MODEL_SEED=%llu world %d step %llu, act %d: core says %s (%s), the model "
                         "%s",
                         (unsigned long long)seed, world, (unsigned long long)step, (int)a.type,
                         core, w->f->out.refusal.detail, model);
            posted += str_eq(core, "posted");
            pending += str_eq(core, "pending");
            answers[w->f->out.refusal.code] += 1;
            compare(w);
        }
        fix_check_books(w->f);
        fix_check_replay(w->f);
        fix_free(w->f);
    }
    print_message("%zu acts, %zu posted, %zu pending\n", n, posted, pending);
    for (int i = 1; i < REFUSED_COUNT; i++)
        if (answers[i])
            print_message("%zu %s\n", answers[i], refusal_name((enum refusal_code)i));
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
