/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ledger.open and unit.create: what the stewards found. */
#include <string.h>

#include "core/act_row.h"
#include "core/b64.h"

void ledger_open_parse(struct strict *in, struct act *a)
{
    struct act_ledger_open *o = &a->u.ledger_open;
    struct act_keys ours = {2, (struct key[2]){{{0}}, {{0}}}};
    const char *nonce;

    parse_plain_text(in, "name", o->name, sizeof(o->name));
    nonce = strict_string(in, "nonce", STRICT_REQUIRED);
    if (nonce && b64u_decode_exact(nonce, strlen(nonce), o->nonce, sizeof(o->nonce)) != 0)
        strict_fail(in, "nonce", "isn't the base64url of 16 bytes");
    parse_name(in, "zone", name_is_zone, o->zone, sizeof(o->zone));
    parse_key(in, "log_key", &o->log_key);
    parse_key(in, "clerk_key", &o->clerk_key);
    parse_keys(in, "stewards", &o->stewards);
    ours.keys[0] = o->log_key;
    ours.keys[1] = o->clerk_key;
    if (!in->fault)
        parse_distinct(in, "stewards", (const struct act_keys *[]){&ours, &o->stewards}, 2);
    if (!in->fault && o->stewards.n == 0)
        strict_fail(in, "stewards", "is empty: a ledger wants at least one");
    strict_int(in, "threshold", STRICT_REQUIRED, 1, (int64_t)o->stewards.n, &o->threshold);
    strict_int(in, "rules", STRICT_REQUIRED, RULES_VERSION, RULES_VERSION, &o->rules);
}

int ledger_open_ways(const struct state *s, const struct act *a, struct ways *out,
                     struct refusal *r)
{
    const struct act_ledger_open *o = &a->u.ledger_open;
    struct way *way = way_add(out);

    (void)s;
    if (act_by(a, "stewards", r) != 0)
        return -1;
    way_listed(way, "ledger", ROLE_LOG, &o->log_key, 1);
    way_listed(way, "ledger", ROLE_CLERK, &o->clerk_key, 1);
    way_listed(way, "stewards", ROLE_STEWARD, o->stewards.keys, o->stewards.n);
    return 0;
}

int ledger_open_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                       struct outcome *out)
{
    const struct act_ledger_open *o = &a->u.ledger_open;
    struct holder *ledger, *stewards;

    (void)now;
    if (index != 0 || state_holder(s, "ledger"))
        return refuse(&out->refusal, REFUSED_ALREADY_EXISTS, "The ledger is open already.");
    ledger = holder_new("ledger", o->name, o->zone, 2);
    ledger->kind = HOLDER_LEDGER;
    ledger->rules = o->rules;
    ledger->keys[0] = (struct holder_key){o->log_key, ROLE_LOG};
    ledger->keys[1] = (struct holder_key){o->clerk_key, ROLE_CLERK};
    outcome_key(out, &o->log_key, "ledger", ROLE_LOG, false);
    outcome_key(out, &o->clerk_key, "ledger", ROLE_CLERK, false);
    stewards = holder_new("stewards", "", "", o->stewards.n);
    stewards->kind = HOLDER_STEWARDS;
    stewards->threshold = o->threshold;
    for (size_t i = 0; i < o->stewards.n; i++) {
        stewards->keys[i] = (struct holder_key){o->stewards.keys[i], ROLE_STEWARD};
        outcome_key(out, &o->stewards.keys[i], "stewards", ROLE_STEWARD, false);
    }
    holder_sort_keys(ledger);
    holder_sort_keys(stewards);
    outcome_change(s, out, THING_HOLDER, &ledger->thing, index);
    outcome_change(s, out, THING_HOLDER, &stewards->thing, index);
    return 0;
}

void unit_create_parse(struct strict *in, struct act *a)
{
    struct act_unit_create *u = &a->u.unit_create;
    const char *kind;

    parse_name(in, "unit", name_is_unit, u->unit, sizeof(u->unit));
    parse_plain_text(in, "name", u->name, sizeof(u->name));
    strict_int(in, "scale", STRICT_REQUIRED, 1, 1000000000, &u->scale);
    kind = strict_string(in, "kind", STRICT_REQUIRED);
    if (kind && unit_kind_parse(kind, &u->kind) != 0)
        strict_fail(in, "kind", "must be time, credit or goods");
}

int unit_create_ways(const struct state *s, const struct act *a, struct ways *out,
                     struct refusal *r)
{
    if (act_by(a, "stewards", r) != 0)
        return -1;
    way_governing(s, way_add(out), "stewards", ROLE_STEWARD);
    return 0;
}

int unit_create_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                       struct outcome *out)
{
    const struct act_unit_create *u = &a->u.unit_create;
    struct unit *unit;

    (void)now;
    if (state_unit(s, u->unit))
        return refuse(&out->refusal, REFUSED_ALREADY_EXISTS, "There is a unit %s already.",
                      u->unit);
    unit = unit_new(u->unit, u->name);
    unit->scale = u->scale;
    unit->kind = u->kind;
    outcome_change(s, out, THING_UNIT, &unit->thing, index);
    return 0;
}
