/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* key.add, key.revoke and threshold.set. */
#include <string.h>

#include "core/act_row.h"

/* Which roles a holder of that name can have. */
static bool role_fits(const char *holder, enum role role)
{
    switch (role) {
    case ROLE_MEMBER:
        return name_is_address(holder);
    case ROLE_TREASURER:
    case ROLE_REGISTRAR:
        return name_is_coop(holder);
    case ROLE_AUDITOR:
        return name_is_coop(holder) || str_eq(holder, "*");
    case ROLE_STEWARD:
        return str_eq(holder, "stewards");
    case ROLE_LOG:
    case ROLE_CLERK:
        return str_eq(holder, "ledger");
    }
    return false;
}

void parse_holder_role(struct strict *in, char *holder, size_t size, enum role *role)
{
    const char *name;

    parse_holder(in, "holder", holder, size);
    name = strict_string(in, "role", STRICT_REQUIRED);
    if (name && role_parse(name, role) != 0)
        strict_fail(in, "role", "names no role that there is");
    if (!in->fault && !role_fits(holder, *role))
        strict_fail(in, "role", "is none that this holder can have");
}

void key_add_parse(struct strict *in, struct act *a)
{
    parse_holder_role(in, a->u.key.holder, sizeof(a->u.key.holder), &a->u.key.role);
    parse_key(in, "key", &a->u.key.key);
}

void key_revoke_parse(struct strict *in, struct act *a)
{
    const char *kid;

    parse_holder_role(in, a->u.key.holder, sizeof(a->u.key.holder), &a->u.key.role);
    kid = strict_string(in, "kid", STRICT_REQUIRED);
    if (!kid)
        return;
    if (kid_is_valid(kid))
        str_copy(a->u.key.kid.s, sizeof(a->u.key.kid.s), kid);
    else
        strict_fail(in, "kid", "is no thumbprint");
}

void threshold_set_parse(struct strict *in, struct act *a)
{
    struct act_key *k = &a->u.key;

    parse_holder_role(in, k->holder, sizeof(k->holder), &k->role);
    if (!in->fault && k->role != ROLE_MEMBER && k->role != ROLE_TREASURER &&
        k->role != ROLE_STEWARD)
        strict_fail(in, "role", "has no threshold");
    strict_int(in, "threshold", STRICT_REQUIRED, 1, ACT_KEYS_MAX, &k->threshold);
}

/* Who governs a role's keys: holder and role of those who sign (protocol section 2, Governing). */
static const char *governor(const struct act_key *k, enum role *role)
{
    switch (k->role) {
    case ROLE_MEMBER:
        *role = ROLE_MEMBER;
        return k->holder;
    case ROLE_TREASURER:
    case ROLE_REGISTRAR:
        *role = ROLE_TREASURER;
        return k->holder;
    case ROLE_AUDITOR:
        *role = str_eq(k->holder, "*") ? ROLE_STEWARD : ROLE_TREASURER;
        return str_eq(k->holder, "*") ? "stewards" : k->holder;
    case ROLE_STEWARD:
    case ROLE_LOG:
    case ROLE_CLERK:
        break;
    }
    *role = ROLE_STEWARD;
    return "stewards";
}

int key_governing_ways(const struct state *s, const struct act *a, struct ways *out,
                       struct refusal *r)
{
    enum role role;
    const char *holder = governor(&a->u.key, &role);

    if (act_by(a, holder, r) != 0)
        return -1;
    way_governing(s, way_add(out), holder, role);
    return 0;
}

int key_add_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    const struct act_key *k = &a->u.key;

    if (k->role == ROLE_MEMBER) {
        const struct holder *m = member_of(s, k->holder, r);

        if (!m)
            return -1;
        if (m->kind == HOLDER_PURSE)
            return refuse(r, REFUSED_NOT_PERMITTED, "%s is a purse and has no keys.", k->holder);
        if (m->n_keys == 0) {
            const char *coop = name_coop_start(k->holder);

            if (act_by(a, coop, r) != 0)
                return -1;
            way_office(way_add(out), coop, ROLE_REGISTRAR, 1);
            way_listed(&out->way[0], k->holder, k->role, &k->key, 1);
            return 0;
        }
    }
    if (key_governing_ways(s, a, out, r) != 0)
        return -1;
    way_listed(&out->way[0], k->holder, k->role, &k->key, 1);
    return 0;
}

/* Closed holders change no keys; frozen members only take keys away, since a freeze often means
 * that one was lost. */
static int may_change_keys(const struct holder *h, bool revoking, struct refusal *r)
{
    if (h->state == HOLDER_CLOSED)
        return refuse(r, REFUSED_CLOSED, "%s is closed.", h->thing.name);
    if (h->state == HOLDER_FROZEN && !revoking)
        return refuse(r, REFUSED_FROZEN, "%s is frozen.", h->thing.name);
    return 0;
}

int key_add_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                   struct outcome *out)
{
    const struct act_key *k = &a->u.key;
    const struct holder *before = state_holder(s, k->holder);
    struct holder *after;

    (void)now;
    if (before && may_change_keys(before, false, &out->refusal) != 0)
        return -1;
    if (keys_are_new(s, &k->key, 1, &out->refusal) != 0)
        return -1;
    if (before && holder_count(before, k->role) >= ACT_KEYS_MAX)
        return refuse(&out->refusal, REFUSED_LIMIT_OUT_OF_BOUNDS,
                      "%s has %d keys of that role already.", k->holder, ACT_KEYS_MAX);
    /* Only the auditors of everything come to be with their first key. */
    after = before ? holder_copy(before, before->n_keys + 1) : holder_new(k->holder, "", "", 1);
    if (!before)
        after->kind = HOLDER_AUDITORS;
    after->keys[after->n_keys - 1] = (struct holder_key){k->key, k->role};
    holder_sort_keys(after);
    outcome_key(out, &k->key, k->holder, k->role, false);
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

/* How many keys of a role must be left. */
static int64_t least_keys(const struct holder *h, enum role role)
{
    enum role governing;

    if (role == ROLE_LOG || role == ROLE_CLERK)
        return 1;
    return holder_governing_role(h->kind, &governing) && governing == role ? h->threshold : 0;
}

int key_revoke_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                      struct outcome *out)
{
    const struct act_key *k = &a->u.key;
    const struct holder *before = state_holder(s, k->holder);
    const struct key_row *row = state_key(s, k->kid.s);
    struct holder *after;
    size_t n = 0;

    (void)now;
    if (!before || !row || row->revoked || row->role != k->role || !str_eq(row->holder, k->holder))
        return refuse(&out->refusal, REFUSED_UNKNOWN_KEY, "%s has no such key in force.",
                      k->holder);
    if (may_change_keys(before, true, &out->refusal) != 0)
        return -1;
    if ((int64_t)holder_count(before, k->role) - 1 < least_keys(before, k->role))
        return refuse(&out->refusal, REFUSED_LIMIT_OUT_OF_BOUNDS,
                      "Fewer keys would be left than must sign.");
    after = holder_copy(before, before->n_keys - 1);
    for (size_t i = 0; i < before->n_keys; i++)
        if (memcmp(&before->keys[i].key, &row->key, sizeof(struct key)) != 0)
            after->keys[n++] = before->keys[i];
    outcome_key(out, &row->key, k->holder, k->role, true);
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

int threshold_set_decide(const struct state *s, const struct act *a, struct moment now,
                         int64_t index, struct outcome *out)
{
    const struct act_key *k = &a->u.key;
    const struct holder *before = state_holder(s, k->holder);
    struct holder *after;

    (void)now;
    if (!before)
        return refuse(&out->refusal, REFUSED_UNKNOWN_ACCOUNT, "There is no %s.", k->holder);
    if (may_change_keys(before, false, &out->refusal) != 0)
        return -1;
    if (k->threshold > (int64_t)holder_count(before, k->role))
        return refuse(&out->refusal, REFUSED_LIMIT_OUT_OF_BOUNDS, "%s has fewer keys than that.",
                      k->holder);
    after = holder_copy(before, before->n_keys);
    after->threshold = k->threshold;
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

int keys_are_new(const struct state *s, const struct key *keys, size_t n, struct refusal *r)
{
    for (size_t i = 0; i < n; i++) {
        struct kid kid;

        key_kid(&kid, &keys[i]);
        if (state_key(s, kid.s))
            return refuse(
                r, REFUSED_ALREADY_EXISTS,
                "The key %s is or was somebody's: a key has one holder in one role for ever.",
                kid.s);
    }
    return 0;
}
