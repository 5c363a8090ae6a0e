/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "model_pick.h"

/* splitmix64 */
static uint64_t next(struct world *w)
{
    uint64_t z = (w->random += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int below(struct world *w, int n)
{
    return (int)(next(w) % (uint64_t)n);
}

bool chance(struct world *w, int percent)
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
    *floor = below(w, 170) - 150;
    *ceiling = *floor + below(w, 250);
}

static enum model_type pick_type(struct world *w)
{
    static const int weight[MODEL_TYPES] = {
        [MODEL_TRANSFER] = 30, [MODEL_REQUEST] = 7,    [MODEL_REVERSAL] = 9,  [MODEL_DECLINE] = 4,
        [MODEL_LIMITS] = 5,    [MODEL_POLICY] = 3,     [MODEL_CREATE] = 4,    [MODEL_UPDATE] = 2,
        [MODEL_FREEZE] = 4,    [MODEL_UNFREEZE] = 7,   [MODEL_CLOSE] = 1,     [MODEL_ALLOW] = 3,
        [MODEL_KEY_ADD] = 5,   [MODEL_KEY_REVOKE] = 2, [MODEL_THRESHOLD] = 2, [MODEL_RECOVER] = 3,
        [MODEL_FINISH] = 5,    [MODEL_OBJECT] = 4};
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
        return 1 + below(w, 40);
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

static int64_t today(const struct world *w)
{
    return w->f->ms / 86400000;
}

void advance(struct world *w)
{
    w->f->ms += 1 + below(w, 5);
    if (chance(w, 2))
        w->f->ms += (1 + below(w, 14)) * INT64_C(86400000);
}

/* Mostly one who can pay and be paid. */
static int pick_member(struct world *w, int coop)
{
    int i = below(w, MODEL_MEMBERS);

    for (int tries = 0; tries < 6 && chance(w, 90); tries++) {
        if (w->m.coop[coop].member[i].there && w->m.coop[coop].member[i].state == 0)
            break;
        i = below(w, MODEL_MEMBERS);
    }
    return i;
}

static void pick_plain(struct world *w, struct model_act *a)
{
    const struct model_member *who;
    bool office;

    a->coop = below(w, MODEL_COOPS);
    a->member = a->type <= MODEL_DECLINE ? pick_member(w, a->coop) : below(w, MODEL_MEMBERS);
    a->to_coop = chance(w, 90) ? a->coop : below(w, MODEL_COOPS);
    do
        a->to_member = pick_member(w, a->to_coop);
    while (a->to_member == a->member && chance(w, 80));
    a->unit = chance(w, 70) ? 0 : 1;
    a->amount = pick_amount(w, a);
    a->allowed = chance(w, 60);
    a->need = 1 + below(w, 3);
    a->days = below(w, 4) * 7;
    a->value_day = chance(w, 85) ? 0 : today(w) + below(w, 3) - 1;
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

/* By the member, or by its office, as is likely to be right; signed. */
static void by_and_signed(struct world *w, struct model_act *a, int coop, int member,
                          enum model_role office)
{
    const struct model_member *who = &w->m.coop[coop].member[member];
    bool alone = office == MODEL_NOBODY; /* one signature, of whoever it is */

    if (alone)
        office = who->purse ? MODEL_TREASURER : MODEL_REGISTRAR;
    a->by_coop = chance(w, 97) ? coop : below(w, MODEL_COOPS);
    a->by_member = who->purse ? -1 : member;
    if (chance(w, 15))
        a->by_member = chance(w, 50) ? -1 : below(w, MODEL_MEMBERS);
    if (a->by_member >= 0)
        sign_as(w, a, MODEL_MEMBER, alone || chance(w, 10) ? 1 : who->need);
    else if (office == MODEL_TREASURER)
        sign_as(w, a, office, alone || chance(w, 15) ? 1 : w->m.coop[a->by_coop].need);
    else
        sign_as(w, a, office, 1);
    if (chance(w, 4))
        sign(a, below(w, w->keys));
}

static void pick_request(struct world *w, struct model_act *a)
{
    pick_plain(w, a);
    a->type = MODEL_REQUEST;
    a->key = -1;
    a->last_day = today(w) + below(w, 12) - 1;
    a->n_signers = 0;
    if (chance(w, 80)) { /* smaller, so that it can be paid */
        a->unit = 0;
        a->amount = 1 + below(w, 20);
    }
    by_and_signed(w, a, a->to_coop, a->to_member, MODEL_TREASURER);
}

/* The number of a record of that type, mostly a late one; -1 when none was found. */
static int pick_record(struct world *w, enum model_type type)
{
    for (int tries = 0; tries < 60; tries++) {
        int back = 1 + below(w, chance(w, 60) && w->m.n_records > 60 ? 60 : w->m.n_records);

        if (w->m.record[w->m.n_records - back].type == type)
            return w->m.n_records - back;
    }
    return -1;
}

static void pick_answer(struct world *w, struct model_act *a)
{
    int number = pick_record(w, MODEL_REQUEST);
    const struct model_record *r = &w->m.record[number < 0 ? 0 : number];

    pick_plain(w, a);
    a->type = MODEL_TRANSFER;
    a->key = -1;
    a->record = number < 0 ? below(w, w->m.n_records + 1) : number;
    if (number < 0)
        return;
    a->coop = r->coop;
    a->member = r->member;
    a->to_coop = r->to_coop;
    a->to_member = chance(w, 97) ? r->to_member : below(w, MODEL_MEMBERS);
    a->unit = chance(w, 97) ? r->unit : 1 - r->unit;
    a->amount = chance(w, 95) ? r->amount : r->amount + 1;
    a->n_signers = 0;
    by_and_signed(w, a, a->coop, a->member,
                  w->m.coop[a->coop].member[a->member].purse ? MODEL_TREASURER : MODEL_REGISTRAR);
}

static void pick_reversal(struct world *w, struct model_act *a)
{
    int number = pick_record(w, chance(w, 97) ? MODEL_TRANSFER : MODEL_REVERSAL);
    const struct model_record *r = &w->m.record[number < 0 ? 0 : number];
    int64_t days;

    a->record = number < 0 || chance(w, 3) ? below(w, w->m.n_records + 3) : number;
    a->amount = 1 + below(w, 30);
    if (number >= 0 && chance(w, 50)) /* what is left, or one more */
        a->amount = r->amount - r->back + below(w, 2);
    if (a->amount < 1)
        a->amount = 1;
    days = chance(w, 50) ? 30 : w->m.coop[r->to_coop].days[r->unit];
    if (number >= 0 && r->ms + days * 86400000 >= w->f->ms && chance(w, 6))
        w->f->ms = r->ms + days * 86400000 + below(w, 2);
    if (chance(w, 45))
        by_and_signed(w, a, r->to_coop, r->to_member, MODEL_TREASURER);
    else if (r->office && chance(w, 70)) {
        a->by_coop = r->coop;
        a->by_member = -1;
        sign_as(w, a, MODEL_REGISTRAR, 1);
    } else {
        a->by_coop = r->to_coop;
        a->by_member = -1;
        sign_as(w, a, MODEL_TREASURER, w->m.coop[a->by_coop].need);
    }
    if (chance(w, 3))
        a->by_member = r->member;
}

static void pick_decline(struct world *w, struct model_act *a)
{
    int number = pick_record(w, MODEL_REQUEST);
    const struct model_act *of = w->n_drafts > 0 ? &w->draft[below(w, w->n_drafts)].act : NULL;

    if (number >= 0 && chance(w, 45)) {
        const struct model_record *r = &w->m.record[number];

        a->target = r->id;
        if (chance(w, 50))
            by_and_signed(w, a, r->coop, r->member, MODEL_NOBODY);
        else
            by_and_signed(w, a, r->to_coop, r->to_member, MODEL_NOBODY);
    } else if (of && chance(w, 70)) {
        a->target = of->id;
        a->by_coop = of->by_coop;
        a->by_member = of->by_member;
        sign_as(w, a,
                a->by_member >= 0 ? MODEL_MEMBER
                : chance(w, 60)   ? MODEL_TREASURER
                                  : MODEL_REGISTRAR,
                1);
    } else {
        a->target = below(w, w->ids);
        by_and_signed(w, a, below(w, MODEL_COOPS), below(w, MODEL_MEMBERS), MODEL_NOBODY);
    }
}

/* Those who decide about new keys; for treasurers' the stewards. */
static void sign_as_decider(struct world *w, struct model_act *a, bool objected)
{
    a->by_member = -1;
    if (a->role == MODEL_TREASURER && chance(w, 97)) {
        a->by_coop = MODEL_COOPS;
        for (int i = chance(w, 90) ? 2 : 1; i > 0; i--)
            sign(a, -1 - below(w, 3));
    } else if (chance(w, objected ? 85 : 20)) {
        sign_as(w, a, MODEL_TREASURER, w->m.coop[a->coop].need);
    } else {
        sign_as(w, a, MODEL_REGISTRAR, 1);
    }
}

static void pick_recover(struct world *w, struct model_act *a)
{
    const struct model_recovery *r = NULL;

    for (int tries = 0; tries < 40; tries++) {
        a->by_coop = a->coop = below(w, MODEL_COOPS);
        a->member = below(w, MODEL_MEMBERS);
        a->role = chance(w, 85) ? MODEL_MEMBER : MODEL_TREASURER;
        r = a->role == MODEL_MEMBER ? &w->m.coop[a->coop].member[a->member].recovery
                                    : &w->m.coop[a->coop].recovery;
        if (r->open == (a->type != MODEL_RECOVER))
            break;
    }
    a->record = r->since + (chance(w, 95) ? 0 : below(w, 3));
    if (a->type == MODEL_RECOVER) {
        a->key = pick_key(w, a);
        sign_as_decider(w, a, false);
        if (chance(w, 95))
            sign(a, a->key);
        if (a->key == w->keys)
            w->keys++;
    } else if (a->type == MODEL_OBJECT && chance(w, 60)) {
        a->by_member = a->role == MODEL_MEMBER ? a->member : -1;
        sign_as(w, a, a->role, chance(w, 95) ? 1 : 2);
    } else {
        sign_as_decider(w, a, r->objected);
    }
    if (a->type == MODEL_FINISH && r->open && r->due > w->f->ms && chance(w, 50))
        w->f->ms = r->due - (chance(w, 20) ? 1 : 0);
    if (chance(w, 3))
        sign(a, below(w, w->keys));
}

void pick(struct world *w, struct model_act *a)
{
    memset(a, 0, sizeof(*a));
    a->record = a->key = -1;
    a->type = pick_type(w);
    if (a->type == MODEL_DECLINE && w->ids == 0)
        a->type = MODEL_TRANSFER;
    if (a->type == MODEL_REQUEST)
        pick_request(w, a);
    else if (a->type == MODEL_REVERSAL)
        pick_reversal(w, a);
    else if (a->type == MODEL_DECLINE)
        pick_decline(w, a);
    else if (a->type >= MODEL_RECOVER)
        pick_recover(w, a);
    else if (a->type == MODEL_TRANSFER && chance(w, 30))
        pick_answer(w, a);
    else
        pick_plain(w, a);
    a->id = w->ids;
    a->made = w->f->ms;
}
