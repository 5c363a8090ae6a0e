/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who may authorise an act, and which of its signatures count. */
#include <stdlib.h>
#include <string.h>

#include "core/act_row.h"

/* ---- Ways, for the rows ---- */

struct way *way_add(struct ways *ways)
{
    struct way *way = &ways->way[ways->n++];

    memset(way, 0, sizeof(*way));
    return way;
}

void way_office(struct way *way, const char *holder, enum role role, int64_t of)
{
    way->groups[way->n++] = (struct group){.holder = holder, .role = role, .of = of};
}

void way_listed(struct way *way, const char *holder, enum role role, const struct key *keys,
                size_t n)
{
    struct kid *kids;

    if (n == 0)
        return;
    /* Once, as each signature is looked for among them. */
    kids = x_calloc(n, sizeof(*kids));
    for (size_t i = 0; i < n; i++)
        key_kid(&kids[i], &keys[i]);
    way->groups[way->n++] = (struct group){
        .holder = holder, .role = role, .of = (int64_t)n, .listed = kids, .n_listed = n};
}

void way_governing(const struct state *s, struct way *way, const char *holder, enum role role)
{
    const struct holder *h = state_holder(s, holder);

    /* Nobody can sign for a holder that isn't there: one signature is wanted, and no key fits. */
    way_office(way, holder, role, h && h->threshold > 0 ? h->threshold : 1);
}

int act_by(const struct act *a, const char *holder, struct refusal *r)
{
    if (str_eq(a->by, holder))
        return 0;
    return refuse(r, REFUSED_NOT_PERMITTED, "This act is for %s to make, and it says by %s.",
                  holder, a->by);
}

/* ---- The signatures ---- */

static void ways_free(struct ways *ways)
{
    for (size_t w = 0; w < ways->n; w++)
        for (size_t g = 0; g < ways->way[w].n; g++)
            free(ways->way[w].groups[g].listed);
}

static bool key_in_group(const struct state *s, const struct group *g, const struct kid *kid)
{
    const struct key_row *row;

    if (g->listed) {
        for (size_t i = 0; i < g->n_listed; i++)
            if (strcmp(g->listed[i].s, kid->s) == 0)
                return true;
        return false;
    }
    row = state_key(s, kid->s);
    return row && !row->revoked && row->role == g->role && str_eq(row->holder, g->holder);
}

static bool key_in_way(const struct state *s, const struct way *way, const struct kid *kid)
{
    for (size_t g = 0; g < way->n; g++)
        if (key_in_group(s, &way->groups[g], kid))
            return true;
    return false;
}

/* How many of the signatures belong to a group. */
static int64_t count_in_group(const struct state *s, const struct group *g,
                              const struct envelope *env)
{
    int64_t n = 0;

    for (size_t i = 0; i < env->n_sigs; i++)
        n += key_in_group(s, g, &env->sigs[i].kid);
    return n;
}

static bool way_takes_all(const struct state *s, const struct way *way, const struct envelope *env)
{
    for (size_t i = 0; i < env->n_sigs; i++)
        if (!key_in_way(s, way, &env->sigs[i].kid))
            return false;
    return env->n_sigs > 0;
}

static bool way_is_complete(const struct state *s, const struct way *way,
                            const struct envelope *env)
{
    for (size_t g = 0; g < way->n; g++)
        if (count_in_group(s, &way->groups[g], env) < way->groups[g].of)
            return false;
    return true;
}

/* The way that the signatures go: a complete one, else the first that takes them all, else NULL. */
static const struct way *way_chosen(const struct state *s, const struct ways *ways,
                                    const struct envelope *env)
{
    const struct way *first = NULL;

    for (size_t w = 0; w < ways->n; w++) {
        if (!way_takes_all(s, &ways->way[w], env))
            continue;
        if (way_is_complete(s, &ways->way[w], env))
            return &ways->way[w];
        if (!first)
            first = &ways->way[w];
    }
    return first;
}

static void list_needs(const struct state *s, const struct way *way, const struct envelope *env,
                       struct outcome *out)
{
    for (size_t g = 0; g < way->n && out->n_needs < NEEDS_MAX; g++) {
        const struct group *group = &way->groups[g];
        struct need *need = &out->needs[out->n_needs];

        need->have = count_in_group(s, group, env);
        need->of = group->of;
        need->role = group->role;
        str_copy(need->holder, sizeof(need->holder), group->holder);
        out->n_needs += need->have < need->of;
    }
}

/* Nobody ever can sign for a holder that isn't there: an act that wants it doesn't wait. */
static int holders_exist(const struct state *s, const struct ways *ways, struct refusal *r)
{
    for (size_t w = 0; w < ways->n; w++)
        for (size_t g = 0; g < ways->way[w].n; g++) {
            const struct group *group = &ways->way[w].groups[g];

            if (!group->listed && !state_holder(s, group->holder))
                return refuse(r, REFUSED_UNKNOWN_ACCOUNT, "There is no %s.", group->holder);
        }
    return 0;
}

/* May whoever is in the group say that the act shall never be posted? */
static bool has_say(const struct act *a, const struct group *group)
{
    return a->type != ACT_KEY_REVOKE && !group->listed;
}

/*
 * Did somebody whose signature this way asks for say that the act shall never be posted? A new key
 * that only proves that somebody has it has no say. Nor has anybody against the revoking of a key:
 * it could be the very one that was stolen.
 */
static int not_voided(const struct state *s, const struct act *a, const struct way *way,
                      struct refusal *r)
{
    for (size_t g = 0; g < way->n; g++) {
        const struct group *group = &way->groups[g];
        const struct voided *voided = state_voided(s, &a->payload_hash, group->holder, group->role);

        if (voided && has_say(a, group))
            return refuse(r, REFUSED_VOIDED, "%s declined this act, by record %lld.", group->holder,
                          (long long)voided->record);
    }
    return 0;
}

static void judge_ways(const struct state *s, const struct act *a, const struct ways *ways,
                       const struct envelope *env, struct outcome *out, bool *useful)
{
    const struct way *way = way_chosen(s, ways, env);

    for (size_t i = 0; useful && i < env->n_sigs; i++)
        for (size_t w = 0; w < ways->n; w++)
            useful[i] = useful[i] || key_in_way(s, &ways->way[w], &env->sigs[i].kid);
    if (!way) {
        (void)refuse(&out->refusal, REFUSED_NOT_PERMITTED,
                     "A signature is by a key that this act doesn't call for.");
    } else if (way->barred != REFUSED_NOT) {
        (void)refuse(&out->refusal, way->barred,
                     "This is more than the policy leaves to a registrar: treasurers must sign.");
    } else if (not_voided(s, a, way, &out->refusal) != 0) {
        return;
    } else if (way_is_complete(s, way, env)) {
        out->verdict = VERDICT_POSTED;
        out->signed_as = way->groups[0].role;
    } else {
        list_needs(s, way, env, out);
        out->verdict = VERDICT_PENDING;
    }
}

/*
 * A reversal and a decline name what somebody else did, and only keys of their `by` sign them: -1
 * when none has, so that nobody learns from an answer what such an act would have met.
 */
static int may_ask(const struct state *s, const struct act *a, const struct envelope *env,
                   struct refusal *r)
{
    if (a->type != ACT_REVERSAL && a->type != ACT_DECLINE)
        return 0;
    for (size_t i = 0; i < env->n_sigs; i++) {
        const struct key_row *row = state_key(s, env->sigs[i].kid.s);

        if (row && !row->revoked && str_eq(row->holder, a->by))
            return 0;
    }
    return refuse(r, REFUSED_NOT_PERMITTED, "No signature is by a key of %s.", a->by);
}

void rules_authority(const struct state *s, const struct act *a, const struct envelope *env,
                     struct outcome *out, bool *useful)
{
    struct ways ways = {0};

    memset(out, 0, sizeof(*out));
    for (size_t i = 0; useful && i < env->n_sigs; i++)
        useful[i] = false;
    if (may_ask(s, a, env, &out->refusal) == 0 &&
        act_rows[a->type].ways(s, a, &ways, &out->refusal) == 0 &&
        holders_exist(s, &ways, &out->refusal) == 0)
        judge_ways(s, a, &ways, env, out, useful);
    ways_free(&ways);
}

int way_first(const struct state *s, const struct act *a, enum role *role, struct refusal *r)
{
    struct ways ways = {0};
    int rc = -1;

    if (act_rows[a->type].ways(s, a, &ways, r) == 0 && holders_exist(s, &ways, r) == 0 &&
        ways.n > 0 && ways.way[0].n > 0) {
        *role = ways.way[0].groups[0].role;
        rc = 0;
    }
    ways_free(&ways);
    return rc;
}

bool rules_calls_for(const struct state *s, const struct act *a, const struct envelope *env,
                     const char *holder, enum role role)
{
    struct ways ways = {0};
    struct refusal ignored;
    const struct way *way;
    bool found = false;

    if (act_rows[a->type].ways(s, a, &ways, &ignored) == 0) {
        way = way_chosen(s, &ways, env);
        for (size_t g = 0; way && g < way->n; g++)
            found |= has_say(a, &way->groups[g]) && way->groups[g].role == role &&
                     str_eq(way->groups[g].holder, holder);
    }
    ways_free(&ways);
    return found;
}
