/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model.h"

#include <stddef.h>

/* Signatures wanted of one kind of key. */
struct want {
    enum model_role role; /* MODEL_NOBODY: the act's own new key, `of` 1 or 0 */
    int coop, member, of;
};
/* All of `want` are to be met; `out_of_bounds`: whoever signs so is refused. */
struct path {
    int n;
    struct want want[3];
    bool out_of_bounds;
};

static bool counts(const struct model *m, const struct model_act *a, const struct want *w, int key)
{
    const struct model_key *k = &m->key[key];

    if (w->role == MODEL_NOBODY)
        return w->of > 0 && key == a->key;
    return k->role == w->role && k->coop == w->coop && !k->revoked &&
           (w->role != MODEL_MEMBER || k->member == w->member);
}

/* 2 complete, 1 some are missing, 0 a signature fits nowhere. */
static int path_judge(const struct model *m, const struct model_act *a, const struct path *p)
{
    bool complete = true;

    for (int s = 0; s < a->n_signers; s++) {
        bool fits = false;

        for (int w = 0; w < p->n; w++)
            fits = fits || counts(m, a, &p->want[w], a->signer[s]);
        if (!fits)
            return 0;
    }
    for (int w = 0; w < p->n; w++) {
        int have = 0;

        for (int s = 0; s < a->n_signers; s++)
            have += counts(m, a, &p->want[w], a->signer[s]);
        complete = complete && have >= p->want[w].of;
    }
    return a->n_signers == 0 ? 0 : complete ? 2 : 1;
}

static int keys_of(const struct model *m, enum model_role role, int coop, int member)
{
    int n = 0;

    for (int k = 0; k < MODEL_KEYS; k++)
        n += m->key[k].role == role && !m->key[k].revoked && m->key[k].coop == coop &&
             (role != MODEL_MEMBER || m->key[k].member == member);
    return n;
}

static struct path path_of(enum model_role role, int coop, int member, int of)
{
    return (struct path){1, {{role, coop, member, of}}, false};
}

static bool by_itself(const struct model_act *a)
{
    return a->by_coop == a->coop && a->by_member == a->member;
}

static bool by_office(const struct model_act *a)
{
    return a->by_coop == a->coop && a->by_member == -1;
}

/* The ways an act may be signed. A refusal when there is none. */
static const char *paths(const struct model *m, const struct model_act *a, struct path p[2], int *n)
{
    const struct model_coop *c = &m->coop[a->coop];
    const struct model_member *who = &c->member[a->member];
    struct path itself = path_of(MODEL_MEMBER, a->coop, a->member, who->need > 0 ? who->need : 1);
    struct path registrar = path_of(MODEL_REGISTRAR, a->coop, 0, 1);
    struct path treasurers = path_of(MODEL_TREASURER, a->coop, 0, c->need);
    const struct want new_key = {MODEL_NOBODY, 0, 0, a->key >= 0 ? 1 : 0};
    bool keyless = keys_of(m, MODEL_MEMBER, a->coop, a->member) == 0;

    *n = 1;
    switch (a->type) {
    case MODEL_TRANSFER:
        if (!by_itself(a) && !by_office(a))
            return "not-permitted";
        if (!who->there)
            return "unknown-account";
        if (by_itself(a) ? who->purse : !who->purse && !keyless && !who->allowed)
            return "not-permitted";
        p[0] = by_itself(a) ? itself : who->purse ? treasurers : registrar;
        return NULL;
    case MODEL_LIMITS:
        if (!by_office(a))
            return "not-permitted";
        if (!who->there)
            return "unknown-account";
        if (!c->policy[a->unit])
            return "unknown-unit";
        *n = 2;
        p[0] = registrar;
        p[0].out_of_bounds =
            a->floor < c->reach_floor[a->unit] || a->ceiling > c->reach_ceiling[a->unit];
        p[1] = treasurers;
        return NULL;
    case MODEL_POLICY:
        p[0] = treasurers;
        return by_office(a) ? NULL : "not-permitted";
    case MODEL_CREATE:
        if (!by_office(a))
            return "not-permitted";
        *n = a->purse ? 2 : 1;
        p[0] = a->purse ? treasurers : registrar;
        if (!a->purse)
            p[0].want[p[0].n++] = new_key;
        p[1] = registrar;
        p[1].want[p[1].n++] = treasurers.want[0];
        return NULL;
    case MODEL_UPDATE:
    case MODEL_FREEZE:
    case MODEL_CLOSE:
    case MODEL_UNFREEZE:
        if (!who->there)
            return "unknown-account";
        if (by_itself(a) && !who->purse && !(a->type == MODEL_UNFREEZE && who->state == 2)) {
            p[0] = itself;
            return NULL;
        }
        if (!by_office(a))
            return "not-permitted";
        p[0] =
            who->purse || (a->type == MODEL_UNFREEZE && who->state == 2) ? treasurers : registrar;
        return NULL;
    case MODEL_ALLOW:
        if (!who->there)
            return "unknown-account";
        p[0] = itself;
        return by_itself(a) ? NULL : "not-permitted";
    case MODEL_KEY_ADD:
    case MODEL_KEY_REVOKE:
    case MODEL_THRESHOLD:
        if (a->role != MODEL_MEMBER) {
            p[0] = treasurers;
            if (!by_office(a))
                return "not-permitted";
        } else if (a->type == MODEL_KEY_ADD && !who->there) {
            return "unknown-account";
        } else if (a->type == MODEL_KEY_ADD && (who->purse || keyless)) {
            p[0] = registrar;
            if (who->purse || !by_office(a))
                return "not-permitted";
        } else {
            p[0] = itself;
            if (!by_itself(a))
                return "not-permitted";
            if (!who->there)
                return "unknown-account";
        }
        if (a->type == MODEL_KEY_ADD)
            p[0].want[p[0].n++] = new_key;
        return NULL;
    case MODEL_TYPES:
        break;
    }
    return "no such act";
}

static int64_t floor_of(const struct model_coop *c, int member, int unit)
{
    return c->member[member].limits[unit] ? c->member[member].floor[unit] : c->floor[unit];
}

static int64_t ceiling_of(const struct model_coop *c, int member, int unit)
{
    return c->member[member].limits[unit] ? c->member[member].ceiling[unit] : c->ceiling[unit];
}

static const char *transfer(struct model *m, const struct model_act *a)
{
    struct model_coop *c = &m->coop[a->coop];
    struct model_member *from = &c->member[a->member], *to = &c->member[a->to_member];

    if (a->coop == a->to_coop && a->member == a->to_member)
        return "same-account";
    if (from->state != 0)
        return from->state == 3 ? "closed" : "frozen";
    if (!c->policy[a->unit])
        return "unknown-unit";
    if (from->balance[a->unit] - a->amount < floor_of(c, a->member, a->unit))
        return "insufficient-credit";
    if (a->coop != a->to_coop)
        return "line-exhausted";
    if (!to->there || to->state != 0 ||
        to->balance[a->unit] + a->amount > ceiling_of(c, a->to_member, a->unit))
        return "payee-cannot-receive";
    from->balance[a->unit] -= a->amount;
    to->balance[a->unit] += a->amount;
    from->seq[a->unit]++;
    to->seq[a->unit]++;
    c->book++;
    return "posted";
}

static const char *change_keys(struct model *m, const struct model_act *a)
{
    struct model_coop *c = &m->coop[a->coop];
    struct model_member *who = a->role == MODEL_MEMBER ? &c->member[a->member] : NULL;
    struct model_key *k = &m->key[a->key >= 0 ? a->key : 0];
    int left = keys_of(m, a->role, a->coop, a->member);
    int *need = who ? &who->need : &c->need;

    if (a->type == MODEL_KEY_REVOKE &&
        (k->role != a->role || k->revoked || k->coop != a->coop || (who && k->member != a->member)))
        return "unknown-key";
    if (who && who->state == 3)
        return "closed";
    if (who && who->state != 0 && a->type != MODEL_KEY_REVOKE)
        return "frozen";
    if (a->type == MODEL_KEY_ADD) {
        if (k->role != MODEL_NOBODY)
            return "already-exists";
        *k = (struct model_key){a->role, a->coop, a->member, false};
    } else if (a->type == MODEL_KEY_REVOKE) {
        if (a->role != MODEL_REGISTRAR && left - 1 < *need)
            return "limit-out-of-bounds";
        k->revoked = true;
    } else {
        if (a->need > left)
            return "limit-out-of-bounds";
        *need = a->need;
    }
    if (who)
        who->changes++;
    c->book++;
    return "posted";
}

static const char *change_member(struct model *m, const struct model_act *a)
{
    struct model_coop *c = &m->coop[a->coop];
    struct model_member *who = &c->member[a->member];

    if (a->type == MODEL_CREATE) {
        if (who->there || (a->key >= 0 && m->key[a->key].role != MODEL_NOBODY))
            return "already-exists";
        *who = (struct model_member){.there = true, .purse = a->purse, .need = a->purse ? 0 : 1};
        if (a->key >= 0)
            m->key[a->key] = (struct model_key){MODEL_MEMBER, a->coop, a->member, false};
    } else if (who->state == 3) {
        return "closed";
    } else if (who->state != 0 && by_itself(a) && a->type != MODEL_FREEZE &&
               a->type != MODEL_UNFREEZE) {
        return "frozen";
    } else if (a->type == MODEL_FREEZE) {
        if (who->state == 2 || (who->state == 1 && by_itself(a)))
            return "frozen";
        who->state = by_itself(a) ? 1 : 2;
    } else if (a->type == MODEL_UNFREEZE) {
        if (who->state == 0)
            return "not-permitted";
        who->state = 0;
    } else if (a->type == MODEL_CLOSE) {
        for (int u = 0; u < MODEL_UNITS; u++)
            if (who->balance[u] != 0)
                return "limit-out-of-bounds";
        who->state = 3;
    } else if (a->type == MODEL_ALLOW) {
        who->allowed = a->allowed;
    }
    who->changes++;
    c->book++;
    return "posted";
}

static const char *change_bounds(struct model *m, const struct model_act *a)
{
    struct model_coop *c = &m->coop[a->coop];
    struct model_member *who = &c->member[a->member];

    if (a->type == MODEL_POLICY) {
        c->policy[a->unit] = true;
        c->floor[a->unit] = a->floor;
        c->ceiling[a->unit] = a->ceiling;
        c->reach_floor[a->unit] = a->reach_floor;
        c->reach_ceiling[a->unit] = a->reach_ceiling;
    } else {
        if (who->state == 3)
            return "closed";
        who->limits[a->unit] = true;
        who->floor[a->unit] = a->floor;
        who->ceiling[a->unit] = a->ceiling;
    }
    c->book++;
    return "posted";
}

const char *model_do(struct model *m, const struct model_act *a)
{
    struct path p[2];
    int n, best = 0;
    const char *refusal = paths(m, a, p, &n);
    const struct path *path = NULL;

    if (refusal)
        return refusal;
    for (int i = 0; i < n; i++)
        if (path_judge(m, a, &p[i]) > best) {
            best = path_judge(m, a, &p[i]);
            path = &p[i];
        }
    if (!path)
        return "not-permitted";
    if (path->out_of_bounds)
        return "limit-out-of-bounds";
    if (best == 1)
        return "pending";
    if (a->type == MODEL_TRANSFER)
        return transfer(m, a);
    if (a->type == MODEL_LIMITS || a->type == MODEL_POLICY)
        return change_bounds(m, a);
    if (a->type == MODEL_KEY_ADD || a->type == MODEL_KEY_REVOKE || a->type == MODEL_THRESHOLD)
        return change_keys(m, a);
    return change_member(m, a);
}
