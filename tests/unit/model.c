/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base.h"
#include "model_paths.h"

static int64_t floor_of(const struct model_coop *c, int member, int unit)
{
    return c->member[member].limits[unit] ? c->member[member].floor[unit] : c->floor[unit];
}

static int64_t ceiling_of(const struct model_coop *c, int member, int unit)
{
    return c->member[member].limits[unit] ? c->member[member].ceiling[unit] : c->ceiling[unit];
}

static const char *inactive(const struct model_member *who)
{
    return who->state == 0 ? NULL : who->state == 3 ? "closed" : "frozen";
}

/* A payment, or one that goes back, or back by force. */
static const char *pay(struct model *m, const struct model_record *r, bool back, bool forced)
{
    struct model_coop *c = &m->coop[r->coop];
    struct model_member *from = &c->member[r->member],
                        *to = &m->coop[r->to_coop].member[r->to_member];
    int u = r->unit;

    if (inactive(from) && !(forced && from->state != 3))
        return inactive(from);
    if (from->recovery.open && !forced)
        return "frozen";
    if (!c->policy[u])
        return "unknown-unit";
    if (from->balance[u] - r->amount < floor_of(c, r->member, u))
        return "insufficient-credit";
    if (r->coop != r->to_coop)
        return "line-exhausted";
    if (!to->there || inactive(to) ||
        (!back && to->balance[u] + r->amount > ceiling_of(c, r->to_member, u)))
        return "payee-cannot-receive";
    from->balance[u] -= r->amount;
    to->balance[u] += r->amount;
    from->seq[u]++;
    to->seq[u]++;
    c->book++;
    return "posted";
}

static bool same(int coop, int member, int other_coop, int other_member)
{
    return coop == other_coop && member == other_member;
}

/* What an act of these terms would be as a record. */
static struct model_record record_for(const struct model_act *a, int64_t ms)
{
    return (struct model_record){.type = a->type,
                                 .id = a->id,
                                 .coop = a->coop,
                                 .member = a->member,
                                 .to_coop = a->to_coop,
                                 .to_member = a->to_member,
                                 .unit = a->unit,
                                 .amount = a->amount,
                                 .ms = ms,
                                 .office = a->by_member < 0,
                                 .last_day = a->last_day};
}

static const char *transfer(struct model *m, const struct model_act *a, int64_t ms)
{
    struct model_record *asked = record_of(m, a->record, MODEL_REQUEST);
    struct model_record r = record_for(a, ms);
    const char *answer;

    if (same(a->coop, a->member, a->to_coop, a->to_member))
        return "same-account";
    if (a->value_day > ms / 86400000)
        return "malformed";
    if (a->record >= 0) {
        bool payer = asked && same(a->coop, a->member, asked->coop, asked->member);
        bool concerned =
            asked && (a->by_member < 0
                          ? a->by_coop == asked->coop || a->by_coop == asked->to_coop
                          : same(a->by_coop, a->by_member, asked->coop, asked->member) ||
                                same(a->by_coop, a->by_member, asked->to_coop, asked->to_member));
        bool payee = asked && same(a->to_coop, a->to_member, asked->to_coop, asked->to_member);

        if (!concerned)
            return "unknown-record";
        if (!payer || !payee || asked->unit != a->unit || asked->amount != a->amount)
            return "request-mismatch";
        if (asked->answered)
            return "already-answered";
        if (asked->last_day < ms / 86400000)
            return "expired";
    }
    answer = pay(m, &r, false, false);
    if (asked && strcmp(answer, "posted") == 0)
        asked->answered = true;
    return answer;
}

static void touch_books(struct model *m, int coop, int other)
{
    m->coop[coop].book++;
    if (other != coop)
        m->coop[other].book++;
}

static const char *request(struct model *m, const struct model_act *a, int64_t ms)
{
    const struct model_member *from = &m->coop[a->coop].member[a->member];
    const struct model_member *to = &m->coop[a->to_coop].member[a->to_member];

    if (same(a->coop, a->member, a->to_coop, a->to_member))
        return "same-account";
    if (a->value_day > ms / 86400000 || a->last_day < ms / 86400000)
        return "malformed";
    if (inactive(to))
        return inactive(to);
    if (!m->coop[a->to_coop].policy[a->unit])
        return "unknown-unit";
    if (!from->there)
        return "unknown-account";
    if (from->state == 3)
        return "closed";
    touch_books(m, a->coop, a->to_coop);
    return "posted";
}

static const char *reversal(struct model *m, const struct model_act *a, enum model_role role,
                            int64_t ms)
{
    struct model_record *r = record_of(m, a->record, MODEL_TRANSFER);
    const struct model_record back = {.coop = r->to_coop,
                                      .member = r->to_member,
                                      .to_coop = r->coop,
                                      .to_member = r->member,
                                      .unit = r->unit,
                                      .amount = a->amount};
    const struct model_coop *c = &m->coop[r->to_coop];
    bool forced = role == MODEL_TREASURER && !c->member[r->to_member].purse;
    int64_t days = forced ? c->days[r->unit] : 30;
    const char *answer;

    if ((forced || role == MODEL_REGISTRAR) && ms > r->ms + days * 86400000)
        return "not-permitted";
    if (a->amount > r->amount - r->back)
        return r->back == 0 ? "limit-out-of-bounds" : "already-reversed";
    answer = pay(m, &back, true, forced);
    if (strcmp(answer, "posted") == 0)
        r->back += a->amount;
    return answer;
}

static bool has_void(const struct model *m, int id, enum model_role role, int coop, int member)
{
    for (int i = 0; i < m->n_voids; i++)
        if (m->voided[i].id == id && m->voided[i].role == role && m->voided[i].coop == coop &&
            (role != MODEL_MEMBER || m->voided[i].member == member))
            return true;
    return false;
}

static const char *decline(struct model *m, const struct model_act *a, enum model_role role)
{
    struct model_record *r = request_of_act(m, a->target);

    if (a->by_member >= 0 && inactive(&m->coop[a->by_coop].member[a->by_member]))
        return inactive(&m->coop[a->by_coop].member[a->by_member]);
    if (r) {
        if (r->answered)
            return "already-answered";
        r->answered = true;
        touch_books(m, r->coop, r->to_coop);
        return "posted";
    }
    if (has_void(m, a->target, role, a->by_coop, a->by_member))
        return "already-answered";
    m->voided = x_realloc(m->voided, ((size_t)m->n_voids + 1) * sizeof(*m->voided));
    m->voided[m->n_voids++] = (struct model_void){a->target, role, a->by_coop, a->by_member};
    m->coop[a->by_coop].book++;
    return "posted";
}

/* Was it declined by one who is asked to sign on this path? */
static bool is_void(const struct model *m, const struct model_act *a, const struct path *p)
{
    for (int w = 0; w < p->n; w++) {
        const struct want *want = &p->want[w];

        if (want->role != MODEL_NOBODY && a->type != MODEL_KEY_REVOKE &&
            has_void(m, a->id, want->role, want->coop, want->member))
            return true;
    }
    return false;
}

/* Is a key among the signers' that speaks for whom the act is by? */
static bool has_own_signature(const struct model *m, const struct model_act *a)
{
    for (int s = 0; s < a->n_signers; s++) {
        const struct model_key *k = &m->key[a->signer[s]];

        if (k->role != MODEL_NOBODY && !k->revoked && k->coop == a->by_coop &&
            (a->by_member < 0 ? k->role != MODEL_MEMBER
                              : k->role == MODEL_MEMBER && k->member == a->by_member))
            return true;
    }
    return false;
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
        who->recovery.open = false;
    } else if (a->type == MODEL_ALLOW) {
        who->allowed = a->allowed;
    }
    who->changes++;
    c->book++;
    return "posted";
}

/* New keys for a member, or for a co-op's treasurers. */
static const char *recover(struct model *m, const struct model_act *a, int64_t ms)
{
    const int64_t week = INT64_C(7) * 86400000;
    struct model_coop *c = &m->coop[a->coop];
    struct model_member *who = a->role == MODEL_MEMBER ? &c->member[a->member] : NULL;
    struct model_recovery *r = recovery_of(m, a);

    if (a->type == MODEL_RECOVER) {
        if (who && who->state == 3)
            return "closed";
        if (r->open || m->key[a->key].role != MODEL_NOBODY)
            return "already-exists";
        *r = (struct model_recovery){true, false, m->n_records, ms + week, a->key};
    } else if (!r->open || r->since != a->record) {
        return "unknown-record";
    } else if (a->type == MODEL_FINISH) {
        if (ms < r->due)
            return "not-yet-valid";
        if (m->key[r->key].role != MODEL_NOBODY)
            return "already-exists";
        for (int k = 0; k < MODEL_KEYS; k++)
            if (m->key[k].role == a->role && m->key[k].coop == a->coop &&
                (!who || m->key[k].member == a->member))
                m->key[k].revoked = true;
        m->key[r->key] = (struct model_key){a->role, a->coop, a->member, false};
        *(who ? &who->need : &c->need) = 1;
        r->open = false;
    } else if (!by_holder(a)) {
        r->open = false;
    } else {
        if (r->objected)
            return "already-answered";
        r->objected = true;
        if (!who)
            r->due = ms + week;
    }
    if (who)
        who->changes++;
    c->book++;
    return "posted";
}

/* Did a key sign that is being recovered? It may object to that, no more. */
static bool stands_still(struct model *m, const struct model_act *a)
{
    for (int s = 0; s < a->n_signers; s++) {
        const struct model_key *k = a->signer[s] < 0 ? NULL : &m->key[a->signer[s]];
        bool its_own;

        if (!k || (k->role != MODEL_MEMBER && k->role != MODEL_TREASURER))
            continue;
        its_own = a->type == MODEL_OBJECT && a->role == k->role && a->coop == k->coop &&
                  (k->role == MODEL_TREASURER || a->member == k->member);
        if (!its_own && (k->role == MODEL_MEMBER ? m->coop[k->coop].member[k->member].recovery.open
                                                 : m->coop[k->coop].recovery.open))
            return true;
    }
    return false;
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
        c->days[a->unit] = a->days;
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

static const char *judge(struct model *m, const struct model_act *a, int64_t ms)
{
    struct path p[2];
    int n, best = 0;
    const char *refusal;
    const struct path *path = NULL;

    if ((a->type == MODEL_REVERSAL || a->type == MODEL_DECLINE) && !has_own_signature(m, a))
        return "not-permitted";
    refusal = paths(m, a, p, &n);
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
    if (is_void(m, a, path))
        return "voided";
    if (best == 1)
        return "pending";
    if (stands_still(m, a))
        return "frozen";
    if (a->type >= MODEL_RECOVER)
        return recover(m, a, ms);
    if (a->type == MODEL_TRANSFER)
        return transfer(m, a, ms);
    if (a->type == MODEL_REQUEST)
        return request(m, a, ms);
    if (a->type == MODEL_REVERSAL)
        return reversal(m, a, path->want[0].role, ms);
    if (a->type == MODEL_DECLINE)
        return decline(m, a, path->want[0].role);
    if (a->type == MODEL_LIMITS || a->type == MODEL_POLICY)
        return change_bounds(m, a);
    if (a->type == MODEL_KEY_ADD || a->type == MODEL_KEY_REVOKE || a->type == MODEL_THRESHOLD)
        return change_keys(m, a);
    return change_member(m, a);
}

static void keep(struct model *m, struct model_record r)
{
    m->record = x_realloc(m->record, ((size_t)m->n_records + 1) * sizeof(*m->record));
    m->record[m->n_records++] = r;
}

const char *model_do(struct model *m, const struct model_act *a, int64_t ms)
{
    const char *answer = judge(m, a, ms);

    if (strcmp(answer, "posted") == 0)
        keep(m, record_for(a, ms));
    return answer;
}

void model_skip(struct model *m, int records)
{
    while (records-- > 0)
        keep(m, (struct model_record){.type = MODEL_TYPES});
}

void model_free(struct model *m)
{
    free(m->record);
    free(m->voided);
    memset(m, 0, sizeof(*m));
}
