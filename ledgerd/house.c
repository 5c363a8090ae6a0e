/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/house.h"

/* Does this ledgerd hold another log key that is in force? */
static bool signs_without(const struct ledgerd *d, const struct ledger *l, const struct kid *kid)
{
    const struct holder *ledger = state_holder(l->state, "ledger");
    struct kid ours;

    for (size_t i = 0; ledger != NULL && i < d->n_log; i++) {
        key_kid(&ours, &d->log[i].key);
        if (!str_eq(ours.s, kid->s) && holder_has_key(ledger, ROLE_LOG, &d->log[i].key)) {
            return true;
        }
    }
    return false;
}

int house_rules(const struct ledgerd *d, const struct ledger *l, const struct act *a,
                bool is_posted, struct refusal *r)
{
    if (a->type == ACT_LEDGER_OPEN && l->tree.size > 0) {
        return refuse(r, REFUSED_ALREADY_EXISTS, "The ledger is open already.");
    }
    if (a->type == ACT_LEDGER_OPEN && !hash_eq(&a->payload_hash, &l->head.opening)) {
        return refuse(r, REFUSED_NOT_PERMITTED,
                      "Only the ledger.open that this ledger made can open it.");
    }
    if (a->type == ACT_LEDGER_CONTINUE && !l->head.is_continuing) {
        return refuse(
            r, REFUSED_NOT_PERMITTED,
            "Only an act that `ledgerd recover --continue` made can continue the ledger.");
    }
    if (a->type == ACT_KEY_REVOKE && a->u.key.role == ROLE_LOG &&
        !signs_without(d, l, &a->u.key.kid)) {
        return refuse(r, REFUSED_NOT_PERMITTED,
                      "The ledger signs with this key alone: it must have the next one first.");
    }
    if (a->type == ACT_KEY_REVOKE && a->u.key.role == ROLE_LOG &&
        !published_leads_on(d->published, &a->u.key.kid)) {
        return refuse(
            r, REFUSED_NOT_PERMITTED,
            "Nothing signed by this key shows the next one yet: revoke it a little later.");
    }
    if (a->type == ACT_DECLINE && is_posted) {
        return refuse(r, REFUSED_ALREADY_ANSWERED, "That act is posted already.");
    }
    return 0;
}
