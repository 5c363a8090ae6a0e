/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "forgetful.h"

/* What a database would have of each record, as of the last time that the state was forgotten. */
struct kept {
    bool there, paid;
    int64_t reversed, answer;
};
struct store {
    const struct fix *f;
    struct kept *kept;
};

static void keep(void *arg, const struct thing *thing)
{
    struct store *st = arg;
    const struct deal *d = (const struct deal *)(const void *)thing;

    st->kept[d->record] = (struct kept){true, d->paid, d->reversed, d->answer};
}

static void compare(void *arg, const struct thing *thing)
{
    const struct store *st = arg;
    const struct deal *d = (const struct deal *)(const void *)thing;

    assert_true(st->kept[d->record].there);
    assert_int_equal(st->kept[d->record].reversed, d->reversed);
    assert_int_equal(st->kept[d->record].answer, d->answer);
    assert_int_equal(st->kept[d->record].paid, d->paid);
}

/* The deal of a kept record, as the log has it. */
static struct deal *deal_of(const struct fix_record *rec)
{
    const char *parts[FIX_PARTS_MAX];
    size_t lens[FIX_PARTS_MAX];
    struct deal *d;

    for (size_t i = 0; i < rec->n; i++) {
        parts[i] = rec->parts[i].data;
        lens[i] = rec->parts[i].len;
    }
    d = record_deal(rec->header.data, rec->header.len, parts, lens, rec->n);
    assert_non_null(d);
    return d;
}

static int bring(void *arg, struct state *s, int64_t record)
{
    struct store *st = arg;
    const struct fix_record *rec;
    struct deal *d;

    if (record < 0 || (size_t)record >= st->f->n || !st->kept[record].there)
        return 0;
    rec = &st->f->log[record];
    d = deal_of(rec);
    d->reversed = st->kept[record].reversed;
    d->answer = st->kept[record].answer;
    d->paid = st->kept[record].paid;
    if (d->is_request)
        state_put(s, THING_ASK, &ask_new(&d->payload_hash, record)->thing);
    state_put(s, THING_DEAL, &d->thing);
    return 0;
}

static int bring_asked(void *arg, struct state *s, const struct hash *payload_hash)
{
    struct store *st = arg;

    for (size_t i = 0; i < st->f->n; i++) {
        const struct fix_record *rec = &st->f->log[i];
        struct deal *d;
        bool found;

        if (!st->kept[i].there)
            continue;
        d = deal_of(rec);
        found = d->is_request && hash_eq(&d->payload_hash, payload_hash);
        free(d);
        if (found)
            return bring(st, s, (int64_t)i);
    }
    return 0;
}

static void forget(struct state *s)
{
    state_forget(s, THING_DEAL);
    state_forget(s, THING_ASK);
}

void forgetful_check(struct fix *f, uint64_t random)
{
    struct store st = {.f = f, .kept = x_calloc(f->n + 1, sizeof(*st.kept))};
    const struct replay_source from = {&st, bring, bring_asked};
    struct state *s = state_new(FIX_ORIGIN);
    char why[512], *a, *b;

    for (size_t i = 0; i < f->n; i++) {
        if (fix_replay_from(s, &from, f, i, why, sizeof(why)) != 0)
            fail_msg("record %zu isn't replayed by who forgets: %s", i, why);
        random = random * UINT64_C(6364136223846793005) + 1;
        if (random >> 60 == 0) {
            state_each(s, THING_DEAL, keep, &st);
            forget(s);
        }
    }
    state_each(s, THING_DEAL, keep, &st);
    state_each(f->s, THING_DEAL, compare, &st);
    forget(s);
    forget(f->s);
    a = fix_dump(f->s);
    b = fix_dump(s);
    assert_string_equal(a, b);
    free(a);
    free(b);
    free(st.kept);
    state_free(s);
}
