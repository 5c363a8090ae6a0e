/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/rules.h"

#include <stdlib.h>
#include <string.h>

#include "core/act_row.h"
#include "core/num.h"
#include "core/round.h"

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

/* ---- Authority ---- */

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

static void ways_free(struct ways *ways)
{
    for (size_t w = 0; w < ways->n; w++)
        for (size_t g = 0; g < ways->way[w].n; g++)
            free(ways->way[w].groups[g].listed);
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

static void judge_signatures(const struct state *s, const struct act *a, const struct envelope *env,
                             struct outcome *out, bool *useful)
{
    struct ways ways = {0};

    out->verdict = VERDICT_REFUSED;
    for (size_t i = 0; useful && i < env->n_sigs; i++)
        useful[i] = false;
    if (may_ask(s, a, env, &out->refusal) == 0 &&
        act_rows[a->type].ways(s, a, &ways, &out->refusal) == 0 &&
        holders_exist(s, &ways, &out->refusal) == 0)
        judge_ways(s, a, &ways, env, out, useful);
    ways_free(&ways);
}

void rules_authority(const struct state *s, const struct act *a, const struct envelope *env,
                     struct outcome *out, bool *useful)
{
    memset(out, 0, sizeof(*out));
    judge_signatures(s, a, env, out, useful);
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
    judge_signatures(s, a, env, out, NULL);
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
    struct ways ways = {0};

    memset(out, 0, sizeof(*out));
    if (act_rows[a->type].ways(s, a, &ways, &out->refusal) == 0 &&
        holders_exist(s, &ways, &out->refusal) == 0 && ways.n > 0 && ways.way[0].n > 0) {
        out->verdict = VERDICT_POSTED;
        out->signed_as = ways.way[0].groups[0].role;
        judge_type(s, a, now, index, out);
    }
    ways_free(&ways);
}

static void put_deal(struct state *s, struct deal *deal)
{
    if (deal->is_request && !state_deal(s, deal->record))
        state_put(s, THING_ASK, &ask_new(&deal->payload_hash, deal->record)->thing);
    state_put(s, THING_DEAL, &deal->thing);
}

static void free_lists(struct outcome *out)
{
    free(out->legs);
    free(out->books);
    strmap_free(out->book_of);
    free(out->keys);
}

void rules_apply(struct state *s, struct outcome *out)
{
    for (size_t i = 0; i < out->n_legs; i++)
        state_put(s, THING_ACCOUNT, &out->legs[i].after->thing);
    for (size_t i = 0; i < out->n_changes; i++)
        state_put(s, out->changes[i].kind, out->changes[i].after);
    for (size_t i = 0; i < out->n_books; i++)
        state_put(s, THING_BOOK, &out->books[i]->thing);
    for (size_t i = 0; i < out->n_keys; i++)
        state_put(s, THING_KEY, &out->keys[i]->thing);
    for (size_t i = 0; i < out->n_deals; i++)
        put_deal(s, out->deals[i]);
    if (out->voided)
        state_put(s, THING_VOID, &out->voided->thing);
    free_lists(out);
    memset(out, 0, sizeof(*out));
}

void outcome_free(struct outcome *out)
{
    for (size_t i = 0; i < out->n_legs; i++)
        free(out->legs[i].after);
    for (size_t i = 0; i < out->n_changes; i++)
        free(out->changes[i].after);
    for (size_t i = 0; i < out->n_books; i++)
        free(out->books[i]);
    for (size_t i = 0; i < out->n_keys; i++)
        free(out->keys[i]);
    for (size_t i = 0; i < out->n_deals; i++)
        free(out->deals[i]);
    free(out->voided);
    free_lists(out);
    memset(out, 0, sizeof(*out));
}

/* ---- Pieces of outcomes ---- */

#define BOOKS_FEW 16

void outcome_add_leg(struct outcome *out, const struct leg *leg)
{
    if (out->n_legs == out->cap_legs) {
        out->cap_legs = out->cap_legs ? out->cap_legs * 2 : 4;
        out->legs = x_realloc(out->legs, out->cap_legs * sizeof(*out->legs));
    }
    out->legs[out->n_legs++] = *leg;
}

void outcome_add_book(struct outcome *out, struct book *book)
{
    if (out->n_books == out->cap_books) {
        out->cap_books = out->cap_books ? out->cap_books * 2 : 2;
        out->books = x_realloc(out->books, out->cap_books * sizeof(struct book *));
    }
    out->books[out->n_books++] = book;
}

/* Without a look at each: a clearing has a thousand books, and many thousand legs. */
static bool has_book(struct outcome *out, const char *coop)
{
    if (out->n_books < BOOKS_FEW) {
        for (size_t i = 0; i < out->n_books; i++)
            if (str_eq(out->books[i]->thing.name, coop))
                return true;
        return false;
    }
    if (!out->book_of)
        out->book_of = strmap_new();
    for (size_t i = strmap_count(out->book_of); i < out->n_books; i++)
        *strmap_put(out->book_of, out->books[i]->thing.name) = (int64_t)i + 1;
    return strmap_get(out->book_of, coop) != NULL;
}

void outcome_book(const struct state *s, struct outcome *out, const char *coop, int64_t index)
{
    const struct book *before = state_book(s, coop);
    struct book *after;

    if (has_book(out, coop))
        return;
    after = before ? book_copy(before) : book_new(coop);
    after->entries.seq++;
    after->entries.record = index;
    outcome_add_book(out, after);
}

/* The subject inside of a thing, and the co-op whose book the thing belongs to ("" when none). */
static struct subject *subject_in(enum thing_kind kind, struct thing *thing,
                                  char coop[COOP_MAX + 1])
{
    switch (kind) {
    case THING_HOLDER: {
        struct holder *h = (struct holder *)thing;

        coop[0] = '\0';
        if (h->kind == HOLDER_COOP || holder_is_member(h))
            name_coop_of(thing->name, coop);
        return &h->subject;
    }
    case THING_UNIT:
        coop[0] = '\0';
        return &((struct unit *)thing)->subject;
    case THING_POLICY:
        name_coop_of(thing->name, coop);
        return &((struct policy *)thing)->subject;
    case THING_ACCOUNT:
        name_coop_of(thing->name, coop);
        return &((struct account *)thing)->limits_subject;
    case THING_SNAPSHOT:
        coop[0] = '\0';
        return &((struct snapshot *)thing)->subject;
    case THING_ROUND:
        coop[0] = '\0';
        return &((struct round *)thing)->subject;
    case THING_LINE:
        name_coop_of(thing->name, coop);
        return &((struct credit_line *)thing)->subject;
    case THING_KEY:
    case THING_BOOK:
    case THING_VOID:
    case THING_ID:
    case THING_DEAL:
    case THING_ASK:
        break;
    }
    abort(); /* no such change is ever made */
}

void outcome_change(const struct state *s, struct outcome *out, enum thing_kind kind,
                    struct thing *after, int64_t index)
{
    char coop[COOP_MAX + 1];
    struct subject *subject = subject_in(kind, after, coop);

    subject->seq++;
    subject->record = index;
    out->changes[out->n_changes++] = (struct change){kind, after};
    if (coop[0] != '\0')
        outcome_book(s, out, coop, index);
}

void outcome_leg(const struct state *s, struct outcome *out, struct account *after, int64_t amount,
                 int64_t floor, int64_t index)
{
    char coop[COOP_MAX + 1];

    after->seq++;
    after->record = index;
    outcome_add_leg(out, &(struct leg){.after = after, .amount = amount, .floor = floor});
    name_coop_of(after->thing.name, coop);
    outcome_book(s, out, coop, index);
}

void outcome_deal(struct outcome *out, struct deal *deal)
{
    out->deals[out->n_deals++] = deal;
}

void outcome_key(struct outcome *out, const struct key *key, const char *holder, enum role role,
                 bool revoked)
{
    struct kid kid;
    struct key_row *row;

    key_kid(&kid, key);
    row = key_row_new(&kid, holder);
    row->key = *key;
    row->role = role;
    row->revoked = revoked;
    out->keys = x_realloc(out->keys, (out->n_keys + 1) * sizeof(struct key_row *));
    out->keys[out->n_keys++] = row;
}

int keys_are_new(const struct state *s, const struct key *keys, size_t n, struct refusal *r)
{
    for (size_t i = 0; i < n; i++) {
        struct kid kid;

        key_kid(&kid, &keys[i]);
        if (state_key(s, kid.s))
            return refuse(
                r, REFUSED_ALREADY_EXISTS,
                "The key %s is or was somebody's: a key has one holder in one role for ever.",
                kid.s);
    }
    return 0;
}

struct account *account_to_move(const struct state *s, const char *name)
{
    const struct account *before = state_account(s, name);

    return before ? account_copy(before) : account_new(name);
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

int coop_is_open(const struct holder *coop, struct refusal *r)
{
    if (coop && coop->state != HOLDER_CLOSED)
        return 0;
    return refuse(r, REFUSED_CLOSED, "%s is closed.", coop ? coop->thing.name : "The co-op");
}

int member_is_active(const struct holder *member, struct refusal *r)
{
    bool closed = member->state == HOLDER_CLOSED;

    if (member->state == HOLDER_ACTIVE)
        return 0;
    return refuse(r, closed ? REFUSED_CLOSED : REFUSED_FROZEN, "%s is %s.", member->thing.name,
                  closed ? "closed" : "frozen");
}

bool limits_of(const struct state *s, const char *address, const char *unit, struct act_bounds *out)
{
    const struct policy *policy = state_policy(s, name_coop_start(address), unit);
    char name[ACCOUNT_MAX + 1];
    const struct account *account;

    if (!policy)
        return false;
    name_account(name, address, unit);
    account = state_account(s, name);
    *out = account && account->has_limits ? account->limits : policy->bounds;
    return true;
}
