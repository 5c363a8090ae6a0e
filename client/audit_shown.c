/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_shown.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/audit_ask.h"
#include "client/audit_pull.h"
#include "core/name.h"

#define SUBJECT_MAX (ACCOUNT_MAX + 16)

struct showing {
    const struct audit_answers *s;
    struct audit_report *r;
    const struct keyfile *key;
    const struct audit_copy *c;
    const struct audit *a;
    struct strmap *changed; /* subjects of records behind those that were audited; NULL: unasked */
    struct strmap *seen;    /* members of the co-op at hand that are shown */
    int64_t sample;         /* of so many members all is looked at, */
    int64_t n_chosen;       /* which are chosen by chance */
    char (*chosen)[ADDRESS_MAX + 1];
    const char *coop;
    const json_t *policies;
    size_t n_policies;
    const json_t *units;
    size_t n_units;
    int rc;
};

/* ---- What came since ---- */

static void take_subjects(struct showing *k, const struct audit_got *got)
{
    for (size_t i = 0; i < got->n_parts; i++) {
        json_t *part = json_loads(got->parts[i], JSON_REJECT_DUPLICATES, NULL);

        if (str_eq(json_text(part, "part"), "change"))
            *strmap_put(k->changed, json_text(part, "subject")) = 1;
        json_decref(part);
    }
}

static int ask_changed(struct showing *k)
{
    int64_t next = audit_copy_size(k->c);
    int rc = PUMASI_OK;

    k->changed = strmap_new();
    while (rc == PUMASI_OK && next >= 0) {
        char *path = x_asprintf("/v1/log?limit=1000&from=%" PRId64 "%s%s", next,
                                k->c->coop ? "&book=" : "", k->c->coop ? k->c->coop : "");
        struct audit_page page = {0};
        json_t *answer = NULL;
        long status;

        rc = audit_get(k->r, k->key, path, false, &answer, &status);
        if (rc == PUMASI_OK && status != 200)
            audit_unanswered(k->r, AUDIT_NOT_SHOWN, next, "", status);
        else if (rc == PUMASI_OK && audit_page_read(&page, answer, next) != 0)
            rc = fail(PUMASI_UNPROVED, _("The ledger's list of records makes no sense."));
        for (size_t i = 0; rc == PUMASI_OK && i < page.n; i++)
            take_subjects(k, &page.records[i]);
        next = rc == PUMASI_OK && status == 200 ? page.next : -1;
        audit_page_free(&page);
        json_decref(answer);
        free(path);
    }
    return rc;
}

/* It isn't shown as the log leaves it, unless it was changed since. */
static void differs(struct showing *k, enum audit_word word, const char *subject, const char *about,
                    const char *why)
{
    if (k->rc == PUMASI_OK && k->changed == NULL)
        k->rc = ask_changed(k);
    if (k->rc == PUMASI_OK && strmap_get(k->changed, subject) == NULL)
        audit_report_add(k->r, word, -1, about, "", 0, "%s", why);
}

/* ---- Comparing ---- */

static bool bounds_are(const json_t *row, const char *floor, const char *ceiling,
                       const struct act_bounds *b)
{
    const json_t *top = json_object_get(row, ceiling);

    return json_is_integer(json_object_get(row, floor)) && json_number(row, floor) == b->floor &&
           (b->no_ceiling ? json_is_null(top)
                          : json_is_integer(top) && json_integer_value(top) == b->ceiling);
}

static bool lists(const json_t *kids, const char *kid)
{
    json_t *x;
    size_t i;

    json_array_foreach (kids, i, x)
        if (json_is_string(x) && str_eq(json_string_value(x), kid))
            return true;
    return false;
}

/* A list of kids against the holder's keys in a role. */
static bool kids_are(const json_t *kids, const struct holder *h, enum role role)
{
    size_t n = 0;
    struct kid kid;

    for (size_t i = 0; i < h->n_keys; i++) {
        if (h->keys[i].role != role)
            continue;
        key_kid(&kid, &h->keys[i].key);
        if (!lists(kids, kid.s))
            return false;
        n++;
    }
    return json_is_array(kids) && json_array_size(kids) == n;
}

static const json_t *row_of_unit(const json_t *list, const char *unit)
{
    json_t *row;
    size_t i;

    json_array_foreach (list, i, row)
        if (str_eq(json_text(row, "unit"), unit))
            return row;
    return NULL;
}

/* Members that are there only where they say something: 0 stands for "not there". */
static bool levies_are(const json_t *row, const struct act_levies *levy)
{
    return json_is_integer(json_object_get(row, "levy_per_mille")) == levy->has_per_mille &&
           json_number(row, "levy_per_mille") == (levy->has_per_mille ? levy->per_mille : 0) &&
           json_is_integer(json_object_get(row, "levy_monthly")) == levy->has_monthly &&
           json_number(row, "levy_monthly") == (levy->has_monthly ? levy->monthly : 0) &&
           str_eq(json_text(row, "levy_purse"), levy->purse);
}

static bool is_of_coop(const char *name, const char *coop)
{
    size_t len = strlen(coop);

    return strncmp(name, coop, len) == 0 && name[len] == '/';
}

/* A policy of the log: is it shown so? */
static void compare_policy(void *arg, const struct thing *thing)
{
    struct showing *k = arg;
    const struct policy *p = (const struct policy *)thing;
    char subject[SUBJECT_MAX];
    const json_t *row;

    if (!is_of_coop(thing->name, k->coop))
        return;
    k->n_policies++;
    row = row_of_unit(k->policies, strchr(thing->name, '/') + 1);
    (void)snprintf(subject, sizeof(subject), "policy:%s", thing->name);
    if (!row || !bounds_are(row, "floor", "ceiling", &p->bounds) ||
        !bounds_are(row, "registrar_floor", "registrar_ceiling", &p->registrar) ||
        json_number(row, "reversal_days") != p->reversal_days)
        differs(k, AUDIT_ANSWER_LIMITS, subject, subject,
                "the co-op's limits in that unit aren't shown as the log has them");
    else if (!str_eq(json_text(row, "clearing"),
                     p->has_clearing ? clearing_choice_name(p->clearing) : "") ||
             !levies_are(row, &p->levy))
        differs(k, AUDIT_ANSWER_LIMITS, subject, subject,
                "the co-op's levies or rounds in that unit aren't shown as the log has them");
}

static void compare_coop(struct showing *k)
{
    const struct holder *h = state_holder(audit_state(k->a), k->coop);
    char *path = x_asprintf("/v1/coops/%s", k->coop);
    json_t *shown = NULL;
    long status;

    k->rc = audit_get(k->r, k->key, path, true, &shown, &status);
    free(path);
    if (k->rc == PUMASI_OK && status != 200)
        audit_unanswered(k->r, AUDIT_ANSWER_STATE, -1, k->coop, status);
    if (k->rc != PUMASI_OK || status != 200)
        return;
    if (!h || h->kind != HOLDER_COOP) {
        differs(k, AUDIT_ANSWER_STATE, k->coop, k->coop,
                "the co-op is shown, and isn't in the log");
    } else {
        if (!str_eq(json_text(shown, "state"), holder_state_name(h->state)) ||
            !str_eq(json_text(shown, "name"), h->title) ||
            json_number(shown, "threshold") != h->threshold ||
            !kids_are(json_object_get(shown, "treasurers"), h, ROLE_TREASURER) ||
            !kids_are(json_object_get(shown, "registrars"), h, ROLE_REGISTRAR) ||
            !kids_are(json_object_get(shown, "auditors"), h, ROLE_AUDITOR))
            differs(k, AUDIT_ANSWER_STATE, k->coop, k->coop,
                    "the co-op's name, state, keys or threshold aren't shown as the log has them");
        k->policies = json_object_get(shown, "policies");
        k->n_policies = 0;
        state_each(audit_state(k->a), THING_POLICY, compare_policy, k);
        if (json_array_size(k->policies) > k->n_policies)
            differs(k, AUDIT_ANSWER_LIMITS, "", k->coop,
                    "limits are shown in a unit that the log has none for");
        k->policies = NULL;
    }
    json_decref(shown);
}

/* ---- Lines that the co-op gives; those that it takes are compared with who gives them ---- */

static int compare_line_row(void *arg, json_t *row)
{
    struct showing *k = arg;
    const char *coop = json_text(row, "coop"), *partner = json_text(row, "partner"),
               *unit = json_text(row, "unit");
    char name[LINE_NAME_MAX + 1], *subject;
    const struct credit_line *line;

    if (!name_is_coop(coop) || !name_is_coop(partner) || !name_is_unit(unit) ||
        (!str_eq(coop, k->coop) && !str_eq(partner, k->coop)))
        return fail(PUMASI_UNPROVED, _("The ledger's list of lines makes no sense."));
    line_name(name, coop, partner, unit);
    if (strmap_get(k->seen, name) != NULL)
        return fail(PUMASI_UNPROVED, _("The ledger's list of lines makes no sense."));
    *strmap_put(k->seen, name) = 1;
    if (!str_eq(coop, k->coop))
        return PUMASI_OK;
    line = state_line(audit_state(k->a), coop, partner, unit);
    subject = x_asprintf("line:%s", name);
    if (!line || json_number(row, "limit") != line->limit ||
        json_is_true(json_object_get(row, "transit")) != line->transit)
        differs(k, AUDIT_ANSWER_LIMITS, subject, subject, "the line isn't shown as the log has it");
    free(subject);
    return k->rc;
}

/* A line of the log: was it shown? */
static void find_line(void *arg, const struct thing *thing)
{
    struct showing *k = arg;
    struct line_name n;
    char *subject;

    line_name_split(&n, thing->name);
    if (!str_eq(n.coop, k->coop) || strmap_get(k->seen, thing->name) != NULL)
        return;
    subject = x_asprintf("line:%s", thing->name);
    differs(k, AUDIT_ANSWER_LIMITS, subject, subject, "the line is in the log, and isn't shown");
    free(subject);
}

static void compare_lines(struct showing *k)
{
    char *path = x_asprintf("/v1/coops/%s/lines", k->coop);
    long status;

    strmap_clear(k->seen);
    k->rc = audit_list(k->r, k->key, path, true, NULL, compare_line_row, k, &status);
    if (k->rc == PUMASI_OK && status != 200)
        audit_unanswered(k->r, AUDIT_ANSWER_LIMITS, -1, k->coop, status);
    else if (k->rc == PUMASI_OK)
        state_each(audit_state(k->a), THING_LINE, find_line, k);
    free(path);
}

/* ---- Units, and the ledger's days ---- */

static void compare_unit(void *arg, const struct thing *thing)
{
    struct showing *k = arg;
    const struct unit *u = (const struct unit *)thing;
    const json_t *row = row_of_unit(k->units, thing->name);
    char *subject = x_asprintf("unit:%s", thing->name);

    k->n_units++;
    if (!row || json_number(row, "scale") != u->scale ||
        !str_eq(json_text(row, "name"), u->title) ||
        !str_eq(json_text(row, "kind"), unit_kind_name(u->kind)))
        differs(k, AUDIT_ANSWER_STATE, subject, subject, "the unit isn't shown as the log has it");
    free(subject);
}

static void compare_ledger(struct showing *k)
{
    const struct holder *h = state_holder(audit_state(k->a), "ledger");
    json_t *shown = NULL;
    long status;

    k->rc = audit_get(k->r, NULL, "/v1/ledger", false, &shown, &status);
    if (k->rc == PUMASI_OK && status != 200)
        audit_unanswered(k->r, AUDIT_ANSWER_STATE, -1, "ledger", status);
    if (k->rc != PUMASI_OK || status != 200)
        return;
    if (h &&
        (!str_eq(json_text(shown, "name"), h->title) || !str_eq(json_text(shown, "zone"), h->zone)))
        differs(k, AUDIT_ANSWER_STATE, "ledger", "ledger",
                "the ledger's name or time zone isn't shown as the log has it");
    k->units = json_object_get(shown, "units");
    state_each(audit_state(k->a), THING_UNIT, compare_unit, k);
    if (k->rc == PUMASI_OK && json_array_size(k->units) > k->n_units) {
        json_t *row;
        size_t i;

        json_array_foreach (k->units, i, row) {
            char *subject = x_asprintf("unit:%s", json_text(row, "unit"));

            if (name_is_unit(subject + 5) && !state_unit(audit_state(k->a), subject + 5))
                differs(k, AUDIT_ANSWER_STATE, subject, subject,
                        "the unit is shown, and isn't in the log");
            free(subject);
        }
    }
    k->units = NULL;
    json_decref(shown);
}

/* Every member that is shown is as likely to be among the chosen as any other. */
static void choose(struct showing *k, const char *name)
{
    uint32_t place = (uint32_t)k->n_chosen;

    if (k->n_chosen < k->sample) {
        if (k->n_chosen % 64 == 0)
            k->chosen = x_realloc(k->chosen, (size_t)(k->n_chosen + 64) * sizeof(*k->chosen));
        k->n_chosen++;
    } else {
        place = randombytes_uniform((uint32_t)k->r->answer_members);
    }
    if (place < k->n_chosen)
        str_copy(k->chosen[place], sizeof(*k->chosen), name);
}

/* A row of the list of members. */
static int compare_row(void *arg, json_t *row)
{
    struct showing *k = arg;
    const char *name = json_text(row, "member");
    const struct holder *h;
    bool purse, recorded;

    if (!name_is_address(name) || !str_eq(name_coop_start(name), k->coop) ||
        strmap_get(k->seen, name) != NULL)
        return fail(PUMASI_UNPROVED, _("The ledger's list of members makes no sense."));
    *strmap_put(k->seen, name) = 1;
    k->r->answer_members++;
    choose(k, name);
    h = state_holder(audit_state(k->a), name);
    if (!h) {
        differs(k, AUDIT_ANSWER_STATE, name, name, "the member is shown, and isn't in the log");
        return k->rc;
    }
    purse = h->kind == HOLDER_PURSE;
    recorded = !purse && (h->n_keys == 0 || h->allowed);
    if (!str_eq(json_text(row, "kind"), purse ? "purse" : "person") ||
        !str_eq(json_text(row, "state"), holder_state_name(h->state)) ||
        json_is_true(json_object_get(row, "recorded")) != recorded)
        differs(k, AUDIT_ANSWER_STATE, name, name,
                "the member's state isn't shown as the log has it");
    return k->rc;
}

/* A member of the log: was it shown? */
static void find_member(void *arg, const struct thing *thing)
{
    struct showing *k = arg;

    if (name_is_address(thing->name) && str_eq(name_coop_start(thing->name), k->coop) &&
        strmap_get(k->seen, thing->name) == NULL)
        differs(k, AUDIT_ANSWER_STATE, thing->name, thing->name,
                "the member is in the log, and isn't shown");
}

static void compare_members(struct showing *k)
{
    char *path = x_asprintf("/v1/coops/%s/members", k->coop);
    long status;

    strmap_clear(k->seen);
    k->rc = audit_list(k->r, k->key, path, true, NULL, compare_row, k, &status);
    if (k->rc == PUMASI_OK && status != 200)
        audit_unanswered(k->r, AUDIT_ANSWER_STATE, -1, k->coop, status);
    else if (k->rc == PUMASI_OK)
        state_each(audit_state(k->a), THING_HOLDER, find_member, k);
    free(path);
}

/* The member's limits in a unit that its co-op has a policy for. */
static void compare_limits(struct showing *k, const char *member, const json_t *row)
{
    const char *unit = json_text(row, "unit"), *coop = name_coop_start(member);
    char *account = x_asprintf("%s/%s", member, unit), *limits = x_asprintf("limits:%s", account),
         *policy = x_asprintf("policy:%s/%s", coop, unit);
    const struct policy *p =
        name_is_unit(unit) ? state_policy(audit_state(k->a), coop, unit) : NULL;
    const struct account *a;
    bool own;

    a = p ? state_account(audit_state(k->a), account) : NULL;
    own = a && a->has_limits;
    if (p && json_is_true(json_object_get(row, "own")) == own &&
        bounds_are(row, "floor", "ceiling", own ? &a->limits : &p->bounds))
        goto out;
    if (k->changed == NULL)
        k->rc = ask_changed(k);
    if (k->rc == PUMASI_OK && strmap_get(k->changed, policy) == NULL)
        differs(k, AUDIT_ANSWER_LIMITS, limits, account,
                "the account's limits aren't shown as the log has them");
out:
    free(account);
    free(limits);
    free(policy);
}

static bool keys_are(const json_t *keys, const struct holder *h)
{
    json_t *x, *kids = json_array();
    bool good;
    size_t i;

    json_array_foreach (keys, i, x)
        json_array_append(kids, json_object_get(x, "kid"));
    good = kids_are(kids, h, ROLE_MEMBER);
    json_decref(kids);
    return good;
}

/* All of it, of one member. */
static void compare_member(struct showing *k, const char *member)
{
    const struct holder *h = state_holder(audit_state(k->a), member);
    char *path = x_asprintf("/v1/members/%s", member);
    json_t *shown = NULL, *row;
    long status;
    size_t i;

    k->rc = audit_get(k->r, k->key, path, true, &shown, &status);
    free(path);
    if (k->rc == PUMASI_OK && status != 200)
        audit_unanswered(k->r, AUDIT_ANSWER_STATE, -1, member, status);
    if (k->rc != PUMASI_OK || status != 200)
        return;
    if (h && (!keys_are(json_object_get(shown, "keys"), h) ||
              (h->kind == HOLDER_PERSON &&
               (json_number(shown, "threshold") != h->threshold ||
                json_is_true(json_object_get(shown, "allowed")) != h->allowed))))
        differs(k, AUDIT_ANSWER_STATE, member, member,
                "the member's keys, threshold or permission aren't shown as the log has them");
    json_array_foreach (json_object_get(shown, "limits"), i, row)
        if (k->rc == PUMASI_OK)
            compare_limits(k, member, row);
    json_decref(shown);
}

int audit_shown_compare(const struct audit_answers *s, struct audit_report *r,
                        const struct keyfile *key, const struct audit_copy *c,
                        const struct audit *a, int64_t sample)
{
    struct showing k = {.s = s, .r = r, .key = key, .c = c, .a = a, .sample = sample};

    k.seen = strmap_new();
    compare_ledger(&k);
    for (size_t i = 0; k.rc == PUMASI_OK && i < s->n_coops; i++) {
        k.coop = s->coops[i];
        compare_coop(&k);
        if (k.rc == PUMASI_OK)
            compare_members(&k);
        if (k.rc == PUMASI_OK && c->coop == NULL) /* a book's auditor doesn't see all of a line */
            compare_lines(&k);
    }
    for (int64_t i = 0; k.rc == PUMASI_OK && i < k.n_chosen; i++)
        compare_member(&k, k.chosen[i]);
    free(k.chosen);
    strmap_free(k.seen);
    if (k.changed)
        strmap_free(k.changed);
    return k.rc;
}
