/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Payloads: what is taken keeps to every grammar and range, and the rules can look at it, in an
 * empty ledger and at any time, without harm. */
#include "fuzz.h"

#include "core/num.h"
#include "core/rules.h"

static void check_bounds(const struct act_bounds *b)
{
    MUST(b->floor >= NUM_MIN && b->floor <= NUM_MAX);
    MUST(b->no_ceiling || (b->ceiling >= b->floor && b->ceiling <= NUM_MAX));
}

static void check_keys(const struct act_keys *keys, size_t least)
{
    MUST(keys->n >= least && keys->n <= ACT_KEYS_MAX);
    for (size_t i = 0; i < keys->n; i++) {
        MUST(key_is_valid(&keys->keys[i]));
        for (size_t j = 0; j < i; j++)
            MUST(memcmp(&keys->keys[i], &keys->keys[j], sizeof(struct key)) != 0);
    }
}

static void check_levies(const struct act_coop_policy *p)
{
    const struct act_levies *l = &p->levy;

    MUST(l->per_mille >= 0 && l->per_mille <= LEVY_PER_MILLE_MAX);
    MUST(!l->has_monthly || (l->monthly >= 1 && l->monthly <= AMOUNT_MAX));
    MUST(l->purse[0] == '\0' ? l->per_mille == 0 && !l->has_monthly : name_is_address(l->purse));
    MUST(p->has_clearing || p->clearing == CLEARING_ASK);
}

static void check_type(const struct act *a)
{
    const struct act_transfer *t = &a->u.transfer;

    switch (a->type) {
    case ACT_LEDGER_OPEN:
        check_keys(&a->u.ledger_open.stewards, 1);
        MUST(name_is_zone(a->u.ledger_open.zone));
        MUST(a->u.ledger_open.threshold >= 1 &&
             a->u.ledger_open.threshold <= (int64_t)a->u.ledger_open.stewards.n);
        break;
    case ACT_UNIT_CREATE:
        MUST(name_is_unit(a->u.unit_create.unit) && a->u.unit_create.scale >= 1);
        break;
    case ACT_COOP_CREATE:
        check_keys(&a->u.coop_create.treasurers, 1);
        check_keys(&a->u.coop_create.registrars, 0);
        MUST(name_is_coop(a->u.coop_create.coop));
        break;
    case ACT_COOP_POLICY:
        check_bounds(&a->u.coop_policy.bounds);
        check_bounds(&a->u.coop_policy.registrar);
        check_levies(&a->u.coop_policy);
        break;
    case ACT_MEMBER_CREATE:
        check_keys(&a->u.member.keys, 0);
        MUST(!a->u.member.purse || a->u.member.keys.n == 0);
        MUST(name_is_address(a->u.member.member));
        break;
    case ACT_MEMBER_UPDATE:
    case ACT_MEMBER_FREEZE:
    case ACT_MEMBER_UNFREEZE:
    case ACT_MEMBER_CLOSE:
    case ACT_RECORD_ALLOW:
        MUST(name_is_address(a->u.member.member));
        break;
    case ACT_ACCOUNT_LIMITS:
        MUST(name_is_address(a->u.account_limits.member));
        check_bounds(&a->u.account_limits.bounds);
        break;
    case ACT_KEY_ADD:
        MUST(key_is_valid(&a->u.key.key));
        break;
    case ACT_KEY_REVOKE:
        MUST(kid_is_valid(a->u.key.kid.s));
        break;
    case ACT_THRESHOLD_SET:
        MUST(a->u.key.threshold >= 1 && a->u.key.threshold <= ACT_KEYS_MAX);
        break;
    case ACT_TRANSFER:
    case ACT_REQUEST:
        MUST(name_is_address(t->from) && name_is_address(t->to) && name_is_unit(t->unit));
        MUST(t->amount >= 1 && t->amount <= AMOUNT_MAX);
        MUST(t->category[0] == '\0' || name_is_category(t->category));
        MUST(a->type == ACT_REQUEST || (t->max_hops >= 1 && t->max_hops <= WAY_HOPS_MAX));
        MUST(!t->has_request ||
             (a->type == ACT_TRANSFER && t->request >= 0 && t->request <= NUM_MAX));
        MUST(t->levy_max >= 0 && t->levy_max <= AMOUNT_MAX);
        break;
    case ACT_REVERSAL:
        MUST(a->u.reversal.record >= 0 && a->u.reversal.record <= NUM_MAX);
        MUST(a->u.reversal.amount >= 1 && a->u.reversal.amount <= AMOUNT_MAX);
        break;
    case ACT_DECLINE:
        break;
    case ACT_KEY_RECOVER:
        check_keys(&a->u.recover.keys, 1);
        MUST(a->u.recover.threshold >= 1 && a->u.recover.threshold <= (int64_t)a->u.recover.keys.n);
        MUST(a->u.recover.role == ROLE_MEMBER || a->u.recover.role == ROLE_TREASURER);
        break;
    case ACT_KEY_RECOVER_FINISH:
    case ACT_KEY_OBJECT:
        MUST(a->u.recover.record >= 0 && a->u.recover.record <= NUM_MAX);
        MUST(a->u.recover.role == ROLE_MEMBER || a->u.recover.role == ROLE_TREASURER);
        break;
    case ACT_LINE_SET:
        MUST(name_is_coop(a->u.line_set.coop) && name_is_coop(a->u.line_set.partner));
        MUST(a->u.line_set.limit >= 0 && a->u.line_set.limit <= AMOUNT_MAX);
        break;
    case ACT_CLEARING_PROPOSE:
    case ACT_CLEARING_CONSENT:
    case ACT_CLEARING_DECLINE:
    case ACT_CLEARING_POST:
        MUST(name_is_unit(a->u.clearing.unit));
        MUST(a->u.clearing.has_round || a->type == ACT_CLEARING_PROPOSE);
        MUST(a->u.clearing.round >= 0 && a->u.clearing.round <= NUM_MAX);
        for (size_t i = 1; i < a->u.clearing.n_consents; i++)
            MUST(a->u.clearing.consents[i - 1] < a->u.clearing.consents[i]);
        break;
    case ACT_LEVY:
        MUST(name_is_address(a->u.levy.member) && name_is_unit(a->u.levy.unit));
        MUST(a->u.levy.month > 0);
        break;
    case ACT_ESTATE:
        MUST(name_is_address(a->u.estate.member) && name_is_unit(a->u.estate.unit));
        MUST(name_is_address(a->u.estate.purse));
        break;
    case ACT_COOP_CLOSE:
        MUST(name_is_coop(a->u.coop_close.coop));
        break;
    case ACT_SETTLEMENT:
        MUST(name_is_coop(a->u.settlement.from) && name_is_coop(a->u.settlement.to));
        MUST(name_is_unit(a->u.settlement.unit));
        MUST(a->u.settlement.amount >= 1 && a->u.settlement.amount <= AMOUNT_MAX);
        break;
    case ACT_SNAPSHOT:
        MUST(a->u.snapshot.size >= 1 && a->u.snapshot.count >= 1);
        break;
    case ACT_LEDGER_CONTINUE:
        MUST(name_is_origin(a->u.ledger_continue.origin));
        MUST(a->u.ledger_continue.found >= 1 && a->u.ledger_continue.kept != NULL);
        break;
    }
}

static void count(void *arg, const char *account)
{
    MUST(name_is_account(account));
    ++*(int *)arg;
}

/* The first eight bytes are the record's time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct envelope env;
    struct refusal r = {0};
    struct act act;
    struct outcome out;
    struct state *s;
    struct hash asked;
    int64_t ms, record;
    int accounts = 0;

    if (size < sizeof(ms))
        return 0;
    memcpy(&ms, data, sizeof(ms));
    data += sizeof(ms);
    size -= sizeof(ms);
    if (memchr(data, '\0', size)) /* an envelope holds no such payload */
        return 0;
    envelope_new(&env, (const char *)data, size);
    if (act_parse(&act, &env, &r) != 0) {
        MUST(r.code == REFUSED_MALFORMED && r.detail[0] != '\0');
        envelope_free(&env);
        return 0;
    }
    MUST(act.aud[0] != '\0' && name_is_jti(act.jti));
    MUST(act.exp > act.iat && act.exp - act.iat <= ACT_LIFETIME_MAX);
    check_type(&act);
    if (rules_deal(&act, &record))
        MUST(record >= 0 && record <= NUM_MAX && !rules_asked(&act, &asked));
    s = state_new(act.aud);
    rules_accounts(s, &act, count, &accounts);
    rules_decide(s, &act, &env, (struct moment){ms, 0}, 0, &out);
    MUST(out.verdict == VERDICT_REFUSED); /* nobody signed */
    outcome_free(&out);
    rules_authority(s, &act, &env, &out, NULL);
    MUST(out.verdict == VERDICT_REFUSED);
    state_free(s);
    act_free(&act);
    envelope_free(&env);
    return 0;
}
