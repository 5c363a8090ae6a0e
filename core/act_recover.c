/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * key.recover, key.recover.finish and key.object: new keys for who lost the old ones. A member's by
 * its office, treasurers' by the stewards. What was begun shows for seven days before it can be
 * finished; no key alone decides it, neither an old one, which may be stolen, nor a registrar's.
 */
#include <stdlib.h>
#include <string.h>

#include "core/act_row.h"
#include "core/num.h"

#define RECOVERY_DELAY_MS (INT64_C(7) * 86400000)

static void parse_whose(struct strict *in, struct act_recover *v)
{
    parse_holder_role(in, v->holder, sizeof(v->holder), &v->role);
    if (!in->fault && v->role != ROLE_MEMBER && v->role != ROLE_TREASURER)
        strict_fail(in, "role", "is none whose keys can be recovered");
    parse_hash(in, "reason_hash", &v->reason);
}

void key_recover_parse(struct strict *in, struct act *a)
{
    struct act_recover *v = &a->u.recover;

    parse_whose(in, v);
    parse_keys(in, "keys", &v->keys);
    if (!in->fault && v->keys.n == 0)
        strict_fail(in, "keys", "is empty: at least one is wanted");
    strict_int(in, "threshold", STRICT_REQUIRED, 1, (int64_t)v->keys.n, &v->threshold);
}

void key_recover_end_parse(struct strict *in, struct act *a)
{
    parse_whose(in, &a->u.recover);
    strict_int(in, "record", STRICT_REQUIRED, 0, NUM_MAX, &a->u.recover.record);
}

/* The holder, if there is such a member or co-op: NULL with unknown-account. */
static const struct holder *holder_of(const struct state *s, const struct act_recover *v,
                                      struct refusal *r)
{
    const struct holder *h;

    if (v->role == ROLE_MEMBER)
        return member_of(s, v->holder, r);
    h = state_holder(s, v->holder);
    if (!h)
        (void)refuse(r, REFUSED_UNKNOWN_ACCOUNT, "There is no %s.", v->holder);
    return h;
}

/* Who recovers these keys: the member's office, the stewards for a treasurer's. */
static const char *recoverer(const struct act_recover *v)
{
    return v->role == ROLE_MEMBER ? name_coop_start(v->holder) : "stewards";
}

int key_recover_ways(const struct state *s, const struct act *a, struct ways *out,
                     struct refusal *r)
{
    const struct act_recover *v = &a->u.recover;
    const struct holder *h = holder_of(s, v, r);
    struct way *way;

    if (!h)
        return -1;
    if (h->kind == HOLDER_PURSE)
        return refuse(r, REFUSED_NOT_PERMITTED, "%s is a purse and has no keys.", v->holder);
    if (h->n_keys == 0)
        return refuse(r, REFUSED_NOT_PERMITTED,
                      "%s has no keys to be recovered: a first one is added.", v->holder);
    if (act_by(a, recoverer(v), r) != 0)
        return -1;
    way = way_add(out);
    if (v->role == ROLE_MEMBER)
        way_office(way, a->by, ROLE_REGISTRAR, 1);
    else
        way_governing(s, way, a->by, ROLE_STEWARD);
    way_listed(way, v->holder, v->role, v->keys.keys, v->keys.n);
    return 0;
}

int key_recover_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                       struct outcome *out)
{
    const struct act_recover *v = &a->u.recover;
    const struct holder *before = state_holder(s, v->holder);
    struct recovery *recovery;
    struct holder *after;

    if (before->state == HOLDER_CLOSED)
        return refuse(&out->refusal, REFUSED_CLOSED, "%s is closed.", v->holder);
    if (before->recovery)
        return refuse(&out->refusal, REFUSED_ALREADY_EXISTS,
                      "The keys of %s are being recovered already, since record %lld.", v->holder,
                      (long long)before->recovery->record);
    if (keys_are_new(s, v->keys.keys, v->keys.n, &out->refusal) != 0)
        return -1;
    recovery = recovery_new(v->keys.n);
    recovery->record = index;
    recovery->due_ms = now.ms + RECOVERY_DELAY_MS;
    recovery->threshold = v->threshold;
    for (size_t i = 0; i < v->keys.n; i++)
        recovery->keys[i] = (struct holder_key){v->keys.keys[i], v->role};
    recovery_sort_keys(recovery);
    after = holder_recovering(before, before->n_keys, recovery);
    free(recovery);
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

/*
 * Those who decide whether the new keys come into force. Of a member's, once an old key objected,
 * no registrar does any more.
 */
static void deciders(const struct state *s, const struct holder *h, enum role role,
                     struct ways *out)
{
    const char *coop = name_coop_start(h->thing.name);

    if (role == ROLE_TREASURER) {
        way_governing(s, way_add(out), "stewards", ROLE_STEWARD);
        return;
    }
    if (!h->recovery || !h->recovery->objected)
        way_office(way_add(out), coop, ROLE_REGISTRAR, 1);
    way_governing(s, way_add(out), coop, ROLE_TREASURER);
}

int key_recover_finish_ways(const struct state *s, const struct act *a, struct ways *out,
                            struct refusal *r)
{
    const struct act_recover *v = &a->u.recover;
    const struct holder *h = holder_of(s, v, r);

    if (!h || act_by(a, recoverer(v), r) != 0)
        return -1;
    deciders(s, h, v->role, out);
    return 0;
}

/* By the holder one of its keys in force, by those who decide they: then nothing comes of it. */
int key_object_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    const struct act_recover *v = &a->u.recover;

    if (!str_eq(a->by, v->holder))
        return key_recover_finish_ways(s, a, out, r);
    if (!holder_of(s, v, r))
        return -1;
    way_office(way_add(out), v->holder, v->role, 1);
    return 0;
}

/* The open recovery that the act names: NULL with unknown-record. */
static const struct recovery *named(const struct holder *h, const struct act_recover *v,
                                    struct refusal *r)
{
    if (h->recovery && h->recovery->record == v->record)
        return h->recovery;
    (void)refuse(r, REFUSED_UNKNOWN_RECORD, "No recovery of %s's keys is open since record %lld.",
                 v->holder, (long long)v->record);
    return NULL;
}

int key_recover_finish_decide(const struct state *s, const struct act *a, struct moment now,
                              int64_t index, struct outcome *out)
{
    const struct act_recover *v = &a->u.recover;
    const struct holder *before = state_holder(s, v->holder);
    const struct recovery *recovery = named(before, v, &out->refusal);
    struct holder *after;
    size_t n = 0;

    if (!recovery)
        return -1;
    if (now.ms < recovery->due_ms)
        return refuse(&out->refusal, REFUSED_NOT_YET_VALID,
                      "The seven days before these keys can come into force aren't over.");
    for (size_t i = 0; i < recovery->n_keys; i++)
        if (keys_are_new(s, &recovery->keys[i].key, 1, &out->refusal) != 0)
            return -1;
    after = holder_recovering(
        before, before->n_keys - holder_count(before, v->role) + recovery->n_keys, NULL);
    for (size_t i = 0; i < before->n_keys; i++) {
        if (before->keys[i].role == v->role)
            outcome_key(out, &before->keys[i].key, v->holder, v->role, true);
        else
            after->keys[n++] = before->keys[i];
    }
    for (size_t i = 0; i < recovery->n_keys; i++) {
        outcome_key(out, &recovery->keys[i].key, v->holder, v->role, false);
        after->keys[n++] = recovery->keys[i];
    }
    holder_sort_keys(after);
    after->threshold = recovery->threshold;
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

int key_object_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                      struct outcome *out)
{
    const struct act_recover *v = &a->u.recover;
    const struct holder *before = state_holder(s, v->holder);
    const struct recovery *recovery = named(before, v, &out->refusal);
    struct recovery *objected;
    struct holder *after;

    if (!recovery)
        return -1;
    if (!str_eq(a->by, v->holder)) {
        after = holder_recovering(before, before->n_keys, NULL);
        outcome_change(s, out, THING_HOLDER, &after->thing, index);
        return 0;
    }
    if (recovery->objected)
        return refuse(&out->refusal, REFUSED_ALREADY_ANSWERED,
                      "A key of %s objected to this before.", v->holder);
    objected = recovery_new(recovery->n_keys);
    memcpy(objected, recovery, sizeof(*recovery) + recovery->n_keys * sizeof(recovery->keys[0]));
    objected->objected = true;
    /* Treasurers' keys were the stewards' to decide from the start: they get the time to ask. */
    if (v->role == ROLE_TREASURER)
        objected->due_ms = now.ms + RECOVERY_DELAY_MS;
    after = holder_recovering(before, before->n_keys, objected);
    free(objected);
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

int keys_not_recovered(const struct holder *h, struct refusal *r)
{
    if (!h->recovery)
        return 0;
    return refuse(r, REFUSED_FROZEN, "The keys of %s are being recovered, since record %lld.",
                  h->thing.name, (long long)h->recovery->record);
}

int keys_stand_still(const struct state *s, const struct act *a, const struct envelope *env,
                     struct refusal *r)
{
    for (size_t i = 0; i < env->n_sigs; i++) {
        const struct key_row *row = state_key(s, env->sigs[i].kid.s);
        const struct holder *h = row ? state_holder(s, row->holder) : NULL;
        enum role role;

        if (!h || !holder_governing_role(h->kind, &role) || role != row->role ||
            (a->type == ACT_KEY_OBJECT && str_eq(a->u.recover.holder, row->holder)))
            continue;
        if (keys_not_recovered(h, r) != 0)
            return -1;
    }
    return 0;
}
