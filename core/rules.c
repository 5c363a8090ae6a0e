/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of acts, what an act looks up, and how it is decided. Who may authorise it is in
 * rules_authority.c, what it changes in rules_outcome.c, the rules of each type in act_….c. */
#include "core/rules.h"

#include <string.h>

#include "core/act_row.h"

/* One row a type, in the order of enum act_type. */
const struct act_row act_rows[ACT_TYPE_COUNT] = {
    [ACT_LEDGER_OPEN] = {"ledger.open", ledger_open_parse, ledger_open_ways, ledger_open_decide},
    [ACT_UNIT_CREATE] = {"unit.create", unit_create_parse, unit_create_ways, unit_create_decide},
    [ACT_COOP_CREATE] = {"coop.create", coop_create_parse, coop_create_ways, coop_create_decide},
    [ACT_COOP_POLICY] = {"coop.policy", coop_policy_parse, coop_policy_ways, coop_policy_decide},
    [ACT_MEMBER_CREATE] = {"member.create", member_create_parse, member_create_ways,
                           member_create_decide},
    [ACT_MEMBER_UPDATE] = {"member.update", member_update_parse, member_or_registrar_ways,
                           member_update_decide},
    [ACT_MEMBER_FREEZE] = {"member.freeze", member_reason_parse, member_or_registrar_ways,
                           member_freeze_decide},
    [ACT_MEMBER_UNFREEZE] = {"member.unfreeze", member_reason_parse, member_unfreeze_ways,
                             member_unfreeze_decide},
    [ACT_MEMBER_CLOSE] = {"member.close", member_reason_parse, member_or_registrar_ways,
                          member_close_decide},
    [ACT_RECORD_ALLOW] = {"record.allow", record_allow_parse, record_allow_ways,
                          record_allow_decide},
    [ACT_ACCOUNT_LIMITS] = {"account.limits", account_limits_parse, account_limits_ways,
                            account_limits_decide},
    [ACT_KEY_ADD] = {"key.add", key_add_parse, key_add_ways, key_add_decide},
    [ACT_KEY_REVOKE] = {"key.revoke", key_revoke_parse, key_governing_ways, key_revoke_decide},
    [ACT_THRESHOLD_SET] = {"threshold.set", threshold_set_parse, key_governing_ways,
                           threshold_set_decide},
    [ACT_TRANSFER] = {"transfer", transfer_parse, transfer_ways, transfer_decide},
    [ACT_REQUEST] = {"request", request_parse, request_ways, request_decide},
    [ACT_REVERSAL] = {"reversal", reversal_parse, reversal_ways, reversal_decide},
    [ACT_DECLINE] = {"decline", decline_parse, decline_ways, decline_decide},
    [ACT_SNAPSHOT] = {"snapshot", snapshot_parse, snapshot_ways, snapshot_decide},
    [ACT_KEY_RECOVER] = {"key.recover", key_recover_parse, key_recover_ways, key_recover_decide},
    [ACT_KEY_RECOVER_FINISH] = {"key.recover.finish", key_recover_end_parse,
                                key_recover_finish_ways, key_recover_finish_decide},
    [ACT_KEY_OBJECT] = {"key.object", key_recover_end_parse, key_object_ways, key_object_decide},
    [ACT_LINE_SET] = {"line.set", line_set_parse, line_set_ways, line_set_decide},
    [ACT_CLEARING_PROPOSE] = {"clearing.propose", clearing_propose_parse, clearing_propose_ways,
                              clearing_propose_decide},
    [ACT_CLEARING_CONSENT] = {"clearing.consent", clearing_consent_parse, clearing_answer_ways,
                              clearing_consent_decide},
    [ACT_CLEARING_DECLINE] = {"clearing.decline", clearing_decline_parse, clearing_answer_ways,
                              clearing_decline_decide},
    [ACT_CLEARING_POST] = {"clearing.post", clearing_post_parse, clearing_post_ways,
                           clearing_post_decide},
    [ACT_LEDGER_CONTINUE] = {"ledger.continue", ledger_continue_parse, ledger_continue_ways,
                             ledger_continue_decide},
    [ACT_LEVY] = {"levy", levy_parse, levy_ways, levy_decide},
    [ACT_ESTATE] = {"estate", estate_parse, estate_ways, estate_decide},
    [ACT_COOP_CLOSE] = {"coop.close", coop_close_parse, coop_close_ways, coop_close_decide},
    [ACT_SETTLEMENT] = {"settlement", settlement_parse, settlement_ways, settlement_decide},
};

/* ---- What an act looks up besides what is always loaded ---- */

struct each_account {
    const char *member;
    void (*fn)(void *arg, const char *account);
    void *arg;
};

static void account_of_unit(void *arg, const struct thing *unit)
{
    struct each_account *each = arg;
    char name[ACCOUNT_MAX + 1];

    name_account(name, each->member, unit->name);
    each->fn(each->arg, name);
}

bool rules_deal(const struct act *a, int64_t *record)
{
    if (a->type == ACT_REVERSAL)
        *record = a->u.reversal.record;
    else if (a->type == ACT_TRANSFER && a->u.transfer.has_request)
        *record = a->u.transfer.request;
    else
        return false;
    return true;
}

bool rules_asked(const struct act *a, struct hash *payload_hash)
{
    if (a->type != ACT_DECLINE)
        return false;
    *payload_hash = a->u.decline.act;
    return true;
}

/* `address` may be empty. */
static void one_account(const char *address, const char *unit,
                        void (*fn)(void *arg, const char *account), void *arg)
{
    char name[ACCOUNT_MAX + 1];

    if (address[0] == '\0')
        return;
    name_account(name, address, unit);
    fn(arg, name);
}

static void both_accounts(const char *from, const char *to, const char *unit,
                          void (*fn)(void *arg, const char *account), void *arg)
{
    one_account(from, unit, fn, arg);
    one_account(to, unit, fn, arg);
}

/* The purse that a member's levy goes into. */
static void levy_account(const struct state *s, const char *member, const char *unit,
                         void (*fn)(void *arg, const char *account), void *arg)
{
    const struct policy *policy = state_policy(s, name_coop_start(member), unit);

    if (policy)
        one_account(policy->levy.purse, unit, fn, arg);
}

void rules_accounts(const struct state *s, const struct act *a,
                    void (*fn)(void *arg, const char *account), void *arg)
{
    char name[ACCOUNT_MAX + 1];

    if (a->type == ACT_TRANSFER) {
        both_accounts(a->u.transfer.from, a->u.transfer.to, a->u.transfer.unit, fn, arg);
        levy_account(s, a->u.transfer.from, a->u.transfer.unit, fn, arg);
    } else if (a->type == ACT_REVERSAL) {
        const struct deal *transfer = state_deal(s, a->u.reversal.record);

        if (transfer) {
            both_accounts(transfer->from, transfer->to, transfer->unit, fn, arg);
            one_account(transfer->levy_purse, transfer->unit, fn, arg);
        }
    } else if (a->type == ACT_LEVY) {
        one_account(a->u.levy.member, a->u.levy.unit, fn, arg);
        levy_account(s, a->u.levy.member, a->u.levy.unit, fn, arg);
    } else if (a->type == ACT_ESTATE) {
        both_accounts(a->u.estate.member, a->u.estate.purse, a->u.estate.unit, fn, arg);
    } else if (a->type == ACT_ACCOUNT_LIMITS) {
        name_account(name, a->u.account_limits.member, a->u.account_limits.unit);
        fn(arg, name);
    } else if (a->type == ACT_MEMBER_CLOSE) {
        struct each_account each = {a->u.member.member, fn, arg};

        state_each(s, THING_UNIT, account_of_unit, &each);
    }
}

/* ---- Deciding ---- */

/* Audience and lifetime, by record time (protocol section 2). */
static int judge_frame(const struct state *s, const struct act *a, struct moment now,
                       struct refusal *r)
{
    const char *aud = a->type == ACT_LEDGER_OPEN ? state_origin(s) : state_ledger_id(s);

    if (!str_eq(a->aud, aud))
        return refuse(r, REFUSED_WRONG_AUDIENCE, "This act is signed for another ledger.");
    if (now.ms < (a->iat - 300) * 1000)
        return refuse(r, REFUSED_NOT_YET_VALID,
                      "This act's time lies in the future: check the clock where it was signed.");
    if (now.ms > a->exp * 1000)
        return refuse(r, REFUSED_EXPIRED, "This act is past its time.");
    return 0;
}

/* A co-op that is closed does nothing any more. */
static int office_is_open(const struct state *s, const struct act *a, struct refusal *r)
{
    const struct holder *by = state_holder(s, a->by);

    if (!by || by->kind != HOLDER_COOP)
        return 0;
    return coop_is_open(by, r);
}

/* The rules of the act's type, on an outcome that is posted as far as it goes. */
static void judge_type(const struct state *s, const struct act *a, struct moment now, int64_t index,
                       struct outcome *out)
{
    if (office_is_open(s, a, &out->refusal) != 0 ||
        act_rows[a->type].decide(s, a, now, index, out) != 0) {
        struct refusal refusal = out->refusal;

        outcome_free(out);
        out->verdict = VERDICT_REFUSED;
        out->refusal = refusal;
    }
}

void rules_decide(const struct state *s, const struct act *a, const struct envelope *env,
                  struct moment now, int64_t index, struct outcome *out)
{
    memset(out, 0, sizeof(*out));
    if (judge_frame(s, a, now, &out->refusal) != 0)
        return;
    rules_authority(s, a, env, out, NULL);
    if (out->verdict != VERDICT_POSTED)
        return;
    if (keys_stand_still(s, a, env, &out->refusal) != 0)
        out->verdict = VERDICT_REFUSED;
    else
        judge_type(s, a, now, index, out);
}

void rules_effect(const struct state *s, const struct act *a, struct moment now, int64_t index,
                  struct outcome *out)
{
    memset(out, 0, sizeof(*out));
    if (way_first(s, a, &out->signed_as, &out->refusal) != 0)
        return;
    out->verdict = VERDICT_POSTED;
    judge_type(s, a, now, index, out);
}
