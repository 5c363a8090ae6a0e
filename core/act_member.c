/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* member.create, .update, .freeze, .unfreeze, .close and record.allow. */
#include "core/act_row.h"

void member_create_parse(struct strict *in, struct act *a)
{
    struct act_member *m = &a->u.member;
    const char *kind;

    parse_name(in, "member", name_is_address, m->member, sizeof(m->member));
    kind = strict_string(in, "kind", STRICT_REQUIRED);
    if (kind && !str_eq(kind, "person") && !str_eq(kind, "purse"))
        strict_fail(in, "kind", "must be person or purse");
    m->purse = kind && str_eq(kind, "purse");
    parse_hash(in, "name_hash", &m->name);
    parse_keys(in, "keys", &m->keys);
    if (m->purse && m->keys.n > 0)
        strict_fail(in, "keys", "isn't empty: a purse has no keys");
    /* Without keys the threshold waits for the first one: 0 and 1 say the same. */
    strict_int(in, "threshold", STRICT_REQUIRED, m->keys.n ? 1 : 0,
               m->keys.n ? (int64_t)m->keys.n : 1, &m->threshold);
}

int member_create_ways(const struct state *s, const struct act *a, struct ways *out,
                       struct refusal *r)
{
    const struct act_member *m = &a->u.member;
    const char *coop = name_coop_start(m->member);
    struct way *way;

    if (act_by(a, coop, r) != 0)
        return -1;
    if (m->purse) {
        way_governing(s, way_add(out), coop, ROLE_TREASURER);
        way = way_add(out);
        way_office(way, coop, ROLE_REGISTRAR, 1);
        way_governing(s, way, coop, ROLE_TREASURER);
        return 0;
    }
    way = way_add(out);
    way_office(way, coop, ROLE_REGISTRAR, 1);
    way_listed(way, m->member, ROLE_MEMBER, m->keys.keys, m->keys.n);
    return 0;
}

int member_create_decide(const struct state *s, const struct act *a, struct moment now,
                         int64_t index, struct outcome *out)
{
    const struct act_member *m = &a->u.member;
    struct holder *member;

    (void)now;
    if (state_holder(s, m->member))
        return refuse(&out->refusal, REFUSED_ALREADY_EXISTS, "There is a member %s already.",
                      m->member);
    if (keys_are_new(s, m->keys.keys, m->keys.n, &out->refusal) != 0)
        return -1;
    member = holder_new(m->member, "", "", m->keys.n);
    member->kind = m->purse ? HOLDER_PURSE : HOLDER_PERSON;
    member->name = m->name;
    member->threshold = m->purse ? 0 : m->threshold < 1 ? 1 : m->threshold;
    for (size_t i = 0; i < m->keys.n; i++) {
        member->keys[i] = (struct holder_key){m->keys.keys[i], ROLE_MEMBER};
        outcome_key(out, &m->keys.keys[i], m->member, ROLE_MEMBER, false);
    }
    holder_sort_keys(member);
    outcome_change(s, out, THING_HOLDER, &member->thing, index);
    return 0;
}

void member_update_parse(struct strict *in, struct act *a)
{
    parse_name(in, "member", name_is_address, a->u.member.member, sizeof(a->u.member.member));
    parse_hash(in, "name_hash", &a->u.member.name);
    parse_hash(in, "reason_hash", &a->u.member.reason);
}

void member_reason_parse(struct strict *in, struct act *a)
{
    parse_name(in, "member", name_is_address, a->u.member.member, sizeof(a->u.member.member));
    parse_hash(in, "reason_hash", &a->u.member.reason);
}

/* By the member itself; by its office: a registrar, for a purse the treasurers. */
int member_or_registrar_ways(const struct state *s, const struct act *a, struct ways *out,
                             struct refusal *r)
{
    const struct holder *m = member_of(s, a->u.member.member, r);
    const char *coop = name_coop_start(a->u.member.member);

    if (!m)
        return -1;
    if (m->kind == HOLDER_PERSON && str_eq(a->by, m->thing.name)) {
        way_governing(s, way_add(out), m->thing.name, ROLE_MEMBER);
        return 0;
    }
    if (act_by(a, coop, r) != 0)
        return -1;
    if (m->kind == HOLDER_PURSE)
        way_governing(s, way_add(out), coop, ROLE_TREASURER);
    else
        way_office(way_add(out), coop, ROLE_REGISTRAR, 1);
    return 0;
}

/* -1 with closed; and with frozen, where `thawed` is asked for and the member acts for itself. */
static int still_open(const struct holder *m, const struct act *a, bool thawed, struct refusal *r)
{
    if (m->state == HOLDER_CLOSED)
        return refuse(r, REFUSED_CLOSED, "%s is closed.", m->thing.name);
    if (thawed && m->state == HOLDER_FROZEN && str_eq(a->by, m->thing.name))
        return refuse(r, REFUSED_FROZEN, "%s is frozen.", m->thing.name);
    return 0;
}

int member_update_decide(const struct state *s, const struct act *a, struct moment now,
                         int64_t index, struct outcome *out)
{
    const struct holder *before = state_holder(s, a->u.member.member);
    struct holder *after;

    (void)now;
    if (still_open(before, a, true, &out->refusal) != 0)
        return -1;
    after = holder_copy(before, before->n_keys);
    after->name = a->u.member.name;
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

int member_freeze_decide(const struct state *s, const struct act *a, struct moment now,
                         int64_t index, struct outcome *out)
{
    const struct holder *before = state_holder(s, a->u.member.member);
    bool by_office = !str_eq(a->by, before->thing.name);
    struct holder *after;

    if (still_open(before, a, false, &out->refusal) != 0)
        return -1;
    /* A registrar may still take over what the member froze, so that the member's keys alone can't
     * undo it. */
    if (before->state == HOLDER_FROZEN && (before->frozen_by_office || !by_office))
        return refuse(&out->refusal, REFUSED_FROZEN, "%s is frozen already.", before->thing.name);
    after = holder_copy(before, before->n_keys);
    after->state = HOLDER_FROZEN;
    after->frozen_by_office = by_office;
    if (before->state != HOLDER_FROZEN)
        after->frozen_ms = now.ms;
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

int member_unfreeze_ways(const struct state *s, const struct act *a, struct ways *out,
                         struct refusal *r)
{
    const struct holder *m = member_of(s, a->u.member.member, r);
    const char *coop = name_coop_start(a->u.member.member);

    if (!m)
        return -1;
    if (!m->frozen_by_office)
        return member_or_registrar_ways(s, a, out, r);
    if (act_by(a, coop, r) != 0)
        return -1;
    way_governing(s, way_add(out), coop, ROLE_TREASURER);
    return 0;
}

int member_unfreeze_decide(const struct state *s, const struct act *a, struct moment now,
                           int64_t index, struct outcome *out)
{
    const struct holder *before = state_holder(s, a->u.member.member);
    struct holder *after;

    (void)now;
    if (still_open(before, a, false, &out->refusal) != 0)
        return -1;
    if (before->state != HOLDER_FROZEN)
        return refuse(&out->refusal, REFUSED_NOT_PERMITTED, "%s isn't frozen.", before->thing.name);
    after = holder_copy(before, before->n_keys);
    after->state = HOLDER_ACTIVE;
    after->frozen_by_office = false;
    after->frozen_ms = 0;
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

struct balances {
    const struct state *s;
    const char *member;
    const char *unit; /* one with a balance */
};

static void find_balance(void *arg, const struct thing *unit)
{
    struct balances *b = arg;
    char name[ACCOUNT_MAX + 1];
    const struct account *account;

    name_account(name, b->member, unit->name);
    account = state_account(b->s, name);
    if (account && account->balance != 0)
        b->unit = unit->name;
}

int member_close_decide(const struct state *s, const struct act *a, struct moment now,
                        int64_t index, struct outcome *out)
{
    const struct holder *before = state_holder(s, a->u.member.member);
    struct balances balances = {s, before->thing.name, NULL};
    struct holder *after;

    (void)now;
    if (still_open(before, a, true, &out->refusal) != 0)
        return -1;
    state_each(s, THING_UNIT, find_balance, &balances);
    if (balances.unit)
        return refuse(&out->refusal, REFUSED_LIMIT_OUT_OF_BOUNDS,
                      "%s can't be closed while a balance isn't zero.", before->thing.name);
    after = holder_recovering(before, before->n_keys, NULL);
    after->state = HOLDER_CLOSED;
    after->frozen_by_office = false;
    after->frozen_ms = 0;
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

void record_allow_parse(struct strict *in, struct act *a)
{
    parse_name(in, "member", name_is_address, a->u.member.member, sizeof(a->u.member.member));
    strict_bool(in, "allowed", STRICT_REQUIRED, &a->u.member.allowed);
}

int record_allow_ways(const struct state *s, const struct act *a, struct ways *out,
                      struct refusal *r)
{
    if (!member_of(s, a->u.member.member, r) || act_by(a, a->u.member.member, r) != 0)
        return -1;
    way_governing(s, way_add(out), a->u.member.member, ROLE_MEMBER);
    return 0;
}

int record_allow_decide(const struct state *s, const struct act *a, struct moment now,
                        int64_t index, struct outcome *out)
{
    const struct holder *before = state_holder(s, a->u.member.member);
    struct holder *after;

    (void)now;
    if (still_open(before, a, true, &out->refusal) != 0)
        return -1;
    after = holder_copy(before, before->n_keys);
    after->allowed = a->u.member.allowed;
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

const struct holder *member_of(const struct state *s, const char *address, struct refusal *r)
{
    const struct holder *h = state_holder(s, address);

    if (h && holder_is_member(h))
        return h;
    (void)refuse(r, REFUSED_UNKNOWN_ACCOUNT, "There is no member %s.", address);
    return NULL;
}

const struct holder *purse_of(const struct state *s, const char *address, struct refusal *r)
{
    const struct holder *h = state_holder(s, address);

    if (h && h->kind == HOLDER_PURSE)
        return h;
    (void)refuse(r, REFUSED_UNKNOWN_ACCOUNT, "There is no purse %s.", address);
    return NULL;
}

int member_is_active(const struct holder *member, struct refusal *r)
{
    bool closed = member->state == HOLDER_CLOSED;

    if (member->state == HOLDER_ACTIVE)
        return 0;
    return refuse(r, closed ? REFUSED_CLOSED : REFUSED_FROZEN, "%s is %s.", member->thing.name,
                  closed ? "closed" : "frozen");
}
