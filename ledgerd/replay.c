/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "lang/zone.h"
#include "ledgerd/log.h"

void replay_init(struct replay *r, struct ledger *ledger, struct db_post *post)
{
    memset(r, 0, sizeof(*r));
    r->ledger = ledger;
    r->post = post;
    r->time_ms = ledger->head.time_ms;
    store_init(&r->store);
    pendings_init(&r->pendings);
    want_init(&r->wanted);
    want_init(&r->named);
}

void replay_free(struct replay *r)
{
    store_free(&r->store);
    pendings_free(&r->pendings);
    want_free(&r->wanted);
    want_free(&r->named);
}

static int fault(char *why, size_t size, const char *sentence)
{
    str_copy(why, size, _(sentence));
    return -1;
}

/* ---- Loading ---- */

static int load_named(struct replay *r)
{
    enum db_end end = db_post_load(r->post, r->ledger, &r->named);

    want_clear(&r->named);
    return end == DB_DONE ? 0 : -1;
}

int replay_load_deal(struct replay *r, int64_t record)
{
    pgarray_int(&r->named.deals, record);
    return load_named(r);
}

static int load_deal(void *arg, struct state *s, int64_t record)
{
    (void)s;
    return replay_load_deal(arg, record);
}

static int load_asked(void *arg, struct state *s, const struct hash *payload_hash)
{
    struct replay *r = arg;

    (void)s;
    pgarray_bytes(&r->named.asked, payload_hash->b, HASH_LEN);
    return load_named(r);
}

static void want_account(void *arg, const char *account)
{
    struct replay *r = arg;

    if (!state_account(r->ledger->state, account))
        pgarray_text(&r->named.accounts, account);
}

/* The accounts that the act in a record's first part touches. What can't be read is refused later.
 */
static int load_accounts(struct replay *r, const char *part_text, size_t len)
{
    struct refusal ignored;
    const char *why;
    struct part part;
    struct act act;
    int64_t record;
    int ret = 0;

    if (part_parse(&part, part_text, len, &why) != 0)
        return 0;
    if (part.kind == PART_ACT && act_parse(&act, &part.act, &ignored) == 0) {
        pgarray_text(&r->wanted.by, act.by); /* it may be waiting still */
        pgarray_text(&r->wanted.jti, act.jti);
        if (rules_deal(&act, &record) && !state_deal(r->ledger->state, record))
            ret = replay_load_deal(r, record);
        rules_accounts(r->ledger->state, &act, want_account, r);
        if (ret == 0 && r->named.accounts.n > 0)
            ret = load_named(r);
        act_free(&act);
    }
    part_free(&part);
    return ret;
}

/* ---- Records ---- */

/* A posted record into state, tree and store. */
static void keep(struct replay *r, int64_t index, const struct act *act, const struct record *rec,
                 struct outcome *out, const struct submission *texts)
{
    struct posted_id *id = posted_id_new(act->by, act->jti);
    const char *origin;
    struct hash leaf = ledger_append(r->ledger, &rec->entry);

    store_record(&r->store, r->ledger, index, act, rec, &leaf, out);
    store_texts(&r->store, index, texts);
    rules_apply(r->ledger->state, out);
    id->record = index;
    id->payload_hash = act->payload_hash;
    state_put(r->ledger->state, THING_ID, &id->thing);
    if (rules_begins(act, &origin))
        state_begin(r->ledger->state, origin, &rec->entry);
    if (index == 0) {
        const struct holder *ledger = state_holder(r->ledger->state, "ledger");

        /* A zone that this machine doesn't know leaves UTC, in which a value date may seem to be
         * tomorrow's. */
        if (zone_set(ledger->zone) != 0)
            log_warn("This machine doesn't know the ledger's time zone %s.", ledger->zone);
    }
    r->n++;
}

int replay_record(struct replay *r, const char *header, size_t header_len, const char *const *parts,
                  const size_t *part_lens, size_t n_parts, replay_texts *texts, void *arg,
                  char *why, size_t why_size)
{
    struct record rec = {0};
    const struct replay_source from = {r, load_deal, load_asked};
    int64_t index = (int64_t)r->ledger->tree.size;
    struct record_header head;
    struct submission sub = {0};
    struct outcome out;
    struct act act;
    struct refusal refusal;
    const char *bad;
    int ret = -1;

    if (record_header_peek(&head, header, header_len, &bad) != 0)
        return fault(why, why_size, bad);
    if (head.index != index)
        return fault(why, why_size, N_("its index isn't its place in the log"));
    if (r->load_accounts && n_parts > 0 && load_accounts(r, parts[0], part_lens[0]) != 0)
        return fault(why, why_size, N_("what it names couldn't be looked up"));
    if (record_replay(r->ledger->state, &from, header, header_len, parts, part_lens, n_parts,
                      r->time_ms, zone_day(head.ms), &out, &act, why, why_size) != 0) {
        if (_(why) != why) /* a constant sentence */
            str_copy(why, why_size, _(why));
        return -1;
    }
    if (rules_found(&act, &r->ledger->tree, &refusal) != 0) {
        str_copy(why, why_size, refusal.detail);
        goto out;
    }
    if (texts(arg, index, &act, &sub, why, why_size) != 0)
        goto out;
    if (act_check_texts(&act, &sub, &refusal) != 0) {
        (void)fault(why, why_size, refusal.detail);
        goto out;
    }
    buf_put(&rec.header, header, header_len);
    for (size_t i = 0; i < n_parts; i++)
        buf_put(record_add_part(&rec), parts[i], part_lens[i]);
    hash_bytes(&rec.entry, header, header_len);
    r->time_ms = head.ms;
    keep(r, index, &act, &rec, &out, &sub);
    record_free(&rec);
    ret = 0;
out:
    outcome_free(&out);
    act_free(&act);
    submission_free(&sub);
    return ret;
}

/* It waits in the database and is posted now. */
static void drop_pending(struct replay *r, struct pending_act *pa)
{
    struct submission sub;
    struct refusal ignored;
    struct act act;

    pa->gone = true;
    if (submission_parse(&sub, pa->submission, strlen(pa->submission), &ignored) != 0)
        return;
    if (act_parse(&act, &sub.env, &ignored) == 0) {
        pendings_drop(&r->pendings, pa, &act);
        act_free(&act);
    }
    submission_free(&sub);
}

int replay_store(struct replay *r, char *err, size_t err_size)
{
    struct ledger *l = r->ledger;

    store_finish(&r->store, l);
    if (db_post_begin(r->post, l, &r->wanted, &r->pendings) != DB_DONE)
        return fault(err, err_size, db_post_fault(r->post));
    for (size_t i = 0; r->load_accounts && i < r->pendings.n; i++)
        drop_pending(r, r->pendings.at[i]);
    db_post_store(r->post, l, r->time_ms, &r->store, &r->pendings, &r->wanted);
    if (db_post_stored(r->post, &r->wanted) != DB_DONE)
        return fault(err, err_size, db_post_fault(r->post));
    want_clear(&r->wanted);
    state_commit(l->state);
    tree_mark(&l->tree);
    tiles_mark(&l->tiles);
    l->head.size = l->tree.size;
    l->head.time_ms = r->time_ms;
    state_forget(l->state, THING_ID);
    state_forget(l->state, THING_DEAL);
    state_forget(l->state, THING_ASK);
    store_clear(&r->store);
    r->n = 0;
    return 0;
}
