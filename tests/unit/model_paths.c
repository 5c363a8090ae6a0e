/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model_paths.h"

#include <stddef.h>

static bool counts(const struct model *m, const struct model_act *a, const struct want *w, int key)
{
    const struct model_key *k = &m->key[key < 0 ? 0 : key];

    if (w->role == MODEL_STEWARD || key < 0)
        return w->role == MODEL_STEWARD && key < 0;
    if (w->role == MODEL_NOBODY)
        return w->of > 0 && key == a->key;
    return k->role == w->role && k->coop == w->coop && !k->revoked &&
           (w->role != MODEL_MEMBER || k->member == w->member);
}

int path_judge(const struct model *m, const struct model_act *a, const struct path *p)
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

int keys_of(const struct model *m, enum model_role role, int coop, int member)
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

bool by_itself(const struct model_act *a)
{
    return a->by_coop == a->coop && a->by_member == a->member;
}

static bool by_office(const struct model_act *a)
{
    return a->by_coop == a->coop && a->by_member == -1;
}

static bool by_is(const struct model_act *a, int coop, int member)
{
    return a->by_coop == coop && a->by_member == member;
}

static bool registrar_may_pay(const struct model *m, int coop, int member)
{
    const struct model_member *who = &m->coop[coop].member[member];

    return !who->purse && (who->allowed || keys_of(m, MODEL_MEMBER, coop, member) == 0);
}

struct model_record *record_of(const struct model *m, int number, enum model_type type)
{
    if (number < 0 || number >= m->n_records || m->record[number].type != type)
        return NULL;
    return &m->record[number];
}

struct model_record *request_of_act(const struct model *m, int id)
{
    for (int i = 0; i < m->n_records; i++)
        if (m->record[i].type == MODEL_REQUEST && m->record[i].id == id)
            return &m->record[i];
    return NULL;
}

/* Who may ask to be paid (protocol 4.6). */
static const char *request_paths(const struct model *m, const struct model_act *a, struct path p[2])
{
    const struct model_member *payee = &m->coop[a->to_coop].member[a->to_member];
    bool itself = by_is(a, a->to_coop, a->to_member);

    if (!itself && !by_is(a, a->to_coop, -1))
        return "not-permitted";
    if (!payee->there)
        return "unknown-account";
    if (itself == payee->purse)
        return "not-permitted";
    p[0] = itself
               ? path_of(MODEL_MEMBER, a->to_coop, a->to_member, payee->need > 0 ? payee->need : 1)
               : path_of(MODEL_TREASURER, a->to_coop, 0, m->coop[a->to_coop].need);
    return NULL;
}

/* Who may reverse (4.7). */
static const char *reversal_paths(const struct model *m, const struct model_act *a,
                                  struct path p[2], int *n)
{
    const struct model_record *r = record_of(m, a->record, MODEL_TRANSFER);
    const struct model_member *payer, *payee;

    if (!r || (!by_is(a, r->coop, r->member) && !by_is(a, r->coop, -1) &&
               !by_is(a, r->to_coop, r->to_member) && !by_is(a, r->to_coop, -1)))
        return "unknown-record";
    payer = &m->coop[r->coop].member[r->member];
    payee = &m->coop[r->to_coop].member[r->to_member];
    *n = 0;
    if (by_is(a, r->to_coop, r->to_member) && !payee->purse)
        p[(*n)++] =
            path_of(MODEL_MEMBER, r->to_coop, r->to_member, payee->need > 0 ? payee->need : 1);
    if (by_is(a, r->to_coop, -1))
        p[(*n)++] = path_of(MODEL_TREASURER, r->to_coop, 0, m->coop[r->to_coop].need);
    if (by_is(a, r->coop, -1) && r->office && !payer->purse)
        p[(*n)++] = path_of(MODEL_REGISTRAR, r->coop, 0, 1);
    return *n > 0 ? NULL : "not-permitted";
}

/* Who may decline (4.8). */
static const char *decline_paths(const struct model *m, const struct model_act *a, struct path p[2],
                                 int *n)
{
    const struct model_record *r = request_of_act(m, a->target);
    const struct model_member *who =
        &m->coop[a->by_coop].member[a->by_member < 0 ? 0 : a->by_member];
    bool purse;

    *n = 0;
    if (!r && a->by_member < 0) {
        p[(*n)++] = path_of(MODEL_TREASURER, a->by_coop, 0, 1);
        p[(*n)++] = path_of(MODEL_REGISTRAR, a->by_coop, 0, 1);
    } else if (!r) {
        if (!who->there)
            return "unknown-account";
        if (!who->purse)
            p[(*n)++] = path_of(MODEL_MEMBER, a->by_coop, a->by_member, 1);
    } else if (a->by_member >= 0) {
        if ((by_is(a, r->coop, r->member) || by_is(a, r->to_coop, r->to_member)) && !who->purse)
            p[(*n)++] = path_of(MODEL_MEMBER, a->by_coop, a->by_member, 1);
    } else {
        if (a->by_coop == r->coop && registrar_may_pay(m, r->coop, r->member))
            p[(*n)++] = path_of(MODEL_REGISTRAR, a->by_coop, 0, 1);
        purse = (a->by_coop == r->coop && m->coop[r->coop].member[r->member].purse) ||
                (a->by_coop == r->to_coop && m->coop[r->to_coop].member[r->to_member].purse);
        if (purse)
            p[(*n)++] = path_of(MODEL_TREASURER, a->by_coop, 0, 1);
    }
    return *n > 0 ? NULL : "not-permitted";
}

bool by_holder(const struct model_act *a)
{
    return a->role == MODEL_MEMBER ? by_itself(a) : by_office(a);
}

struct model_recovery *recovery_of(struct model *m, const struct model_act *a)
{
    struct model_coop *c = &m->coop[a->coop];

    return a->role == MODEL_MEMBER ? &c->member[a->member].recovery : &c->recovery;
}

/* Who may begin, finish and object (4.4). */
static const char *recover_paths(const struct model *m, const struct model_act *a, struct path p[2],
                                 int *n)
{
    const struct model_coop *c = &m->coop[a->coop];
    const struct model_member *who = &c->member[a->member];
    const struct want new_key = {MODEL_NOBODY, 0, 0, 1};

    if (a->role == MODEL_MEMBER && !who->there)
        return "unknown-account";
    if (a->type == MODEL_OBJECT && by_holder(a)) {
        p[0] = path_of(a->role, a->coop, a->member, 1);
        return NULL;
    }
    if (a->role == MODEL_MEMBER && a->type == MODEL_RECOVER &&
        (who->purse || keys_of(m, MODEL_MEMBER, a->coop, a->member) == 0))
        return "not-permitted";
    if (a->role == MODEL_MEMBER ? !by_office(a) : a->by_coop != MODEL_COOPS)
        return "not-permitted";
    p[0] = a->role == MODEL_MEMBER ? path_of(MODEL_REGISTRAR, a->coop, 0, 1)
                                   : path_of(MODEL_STEWARD, 0, 0, 2);
    if (a->type == MODEL_RECOVER) {
        p[0].want[p[0].n++] = new_key;
    } else if (a->role == MODEL_MEMBER) {
        p[who->recovery.open && who->recovery.objected ? 0 : (*n)++] =
            path_of(MODEL_TREASURER, a->coop, 0, c->need);
    }
    return NULL;
}

const char *paths(const struct model *m, const struct model_act *a, struct path p[2], int *n)
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
        if (by_itself(a) ? who->purse : !who->purse && !registrar_may_pay(m, a->coop, a->member))
            return "not-permitted";
        p[0] = by_itself(a) ? itself : who->purse ? treasurers : registrar;
        return NULL;
    case MODEL_REQUEST:
        return request_paths(m, a, p);
    case MODEL_REVERSAL:
        return reversal_paths(m, a, p, n);
    case MODEL_DECLINE:
        return decline_paths(m, a, p, n);
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
    case MODEL_RECOVER:
    case MODEL_FINISH:
    case MODEL_OBJECT:
        return recover_paths(m, a, p, n);
    case MODEL_TYPES:
        break;
    }
    return "no such act";
}
