/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who may read what. */
#include "ledgerd/scope.h"

#include <stdio.h>
#include <string.h>

#include "ledgerd/request.h"

bool scope_audits_all(const struct caller *c)
{
    return c->registered && c->role == ROLE_AUDITOR && str_eq(c->holder, "*");
}

bool scope_everyone(const struct request *r)
{
    return r->caller.registered;
}

bool scope_filtered(const struct request *r)
{
    return r->caller.known;
}

bool scope_of_coop(const struct request *r)
{
    return name_is_coop(r->arg[0]) && scope_sees_coop(&r->caller, r->arg[0]);
}

bool scope_of_account(const struct request *r)
{
    return scope_sees_accounts(&r->caller, r->arg[0]);
}

bool scope_of_log(const struct request *r)
{
    return scope_audits_all(&r->caller) || (r->caller.registered && r->caller.coop[0] != '\0');
}

bool scope_sees_coop(const struct caller *c, const char *coop)
{
    if (!c->registered) {
        return false;
    }
    return scope_audits_all(c) || (c->coop[0] != '\0' && str_eq(c->coop, coop));
}

bool scope_sees_member(const struct caller *c, const char *member)
{
    char coop[COOP_MAX + 1];

    if (!c->registered) {
        return false;
    }
    if (c->role == ROLE_MEMBER && str_eq(c->holder, member)) {
        return true;
    }
    name_coop_of(member, coop);
    return scope_sees_coop(c, coop);
}

bool scope_sees_accounts(const struct caller *c, const char *of)
{
    char account[ACCOUNT_MAX + 1], coop[COOP_MAX + 1];

    if (of[0] != '!') {
        return name_is_address(of) && scope_sees_member(c, of);
    }
    name_account(account, of, "x"); /* any unit: what it is shows later */
    if (strlen(of) > ACCOUNT_MAX - 2 || !name_is_account(account)) {
        return false;
    }
    name_coop_of(of, coop);
    return scope_sees_coop(c, coop);
}

void scope_concerned(const struct part *p, char member[ADDRESS_MAX + 1], char coop[COOP_MAX + 1])
{
    const char *colon = strchr(p->name, ':');
    const char *name = colon != NULL ? colon + 1 : p->name;
    size_t len = strcspn(name, "/");

    member[0] = coop[0] = '\0';
    if (p->kind == PART_ACT || strncmp(p->name, "unit:", 5) == 0 ||
        strncmp(p->name, "round:", 6) == 0) {
        return;
    }
    if (memchr(name, '@', len) != NULL) {
        if (len <= ADDRESS_MAX && name[0] != '!') {
            memcpy(member, name, len);
            member[len] = '\0';
        }
        name_coop_of(name, coop);
    } else if (len <= COOP_MAX) {
        memcpy(coop, name, len);
        coop[len] = '\0';
        if (!name_is_coop(coop)) {
            coop[0] = '\0'; /* stewards, ledger, * */
        }
    }
}

/* Does the record move what is members', and nothing of that in this co-op's book? */
static bool passes_through(const struct part *parts, size_t n, const char *coop)
{
    char member[ADDRESS_MAX + 1], of[COOP_MAX + 1];
    bool members = false;

    for (size_t i = 0; i < n; i++) {
        scope_concerned(&parts[i], member, of);
        if (parts[i].kind == PART_POSTING && member[0] != '\0') {
            if (str_eq(of, coop)) {
                return false;
            }
            members = true;
        }
    }
    return members;
}

/* The other co-op of a line, whose affair it is as much. */
static bool sees_line(const struct caller *c, const struct part *p)
{
    struct line_name of;

    if (p->kind != PART_CHANGE || strncmp(p->name, "line:", 5) != 0) {
        return false;
    }
    line_name_split(&of, p->name + 5);
    return scope_sees_coop(c, of.partner);
}

static bool signed_it(const struct caller *c, const struct part *part)
{
    for (size_t i = 0; part->kind == PART_ACT && i < part->act.n_sigs; i++) {
        if (str_eq(part->act.sigs[i].kid.s, c->kid.s)) {
            return true;
        }
    }
    return false;
}

/* May the caller have the record's act, whatever the parts say: who acted, its office, who signed?
 */
static bool sees_act(const struct caller *c, const char *by, const struct part *act)
{
    bool office = c->role == ROLE_MEMBER || c->role == ROLE_STEWARD || c->coop[0] != '\0';

    if (scope_audits_all(c) || signed_it(c, act) || (office && str_eq(c->holder, by))) {
        return true;
    }
    return strchr(by, '@') != NULL && scope_sees_member(c, by);
}

/* Is one of the words a holder whose affairs the caller may see? */
static bool sees_party(const struct caller *c, const char *parties)
{
    char holder[HOLDER_MAX + 1];

    for (const char *p = parties; p != NULL && *p != '\0';) {
        size_t len = strcspn(p, " ");
        if (len < sizeof(holder)) {
            memcpy(holder, p, len);
            holder[len] = '\0';
            if (scope_sees_member(c, holder)) {
                return true;
            }
        }
        p += len + (p[len] == ' ');
    }
    return false;
}

/* What becomes of a round of clearing concerns every office. */
static bool of_a_round(const struct caller *c, const struct part *part)
{
    return c->coop[0] != '\0' && part->kind == PART_CHANGE && strncmp(part->name, "round:", 6) == 0;
}

size_t scope_parts(const struct caller *c, const char *by, const char *parties,
                   const struct part *parts, size_t n, bool *visible)
{
    char member[ADDRESS_MAX + 1], coop[COOP_MAX + 1];
    bool of_a_member = parties != NULL, of_the_ledger = false, any = false, act_seen = false;
    size_t count = 0;

    memset(visible, 0, n * sizeof(*visible));
    if (!c->registered) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        scope_concerned(&parts[i], member, coop);
        of_a_member |= member[0] != '\0';
        of_the_ledger |= parts[i].kind == PART_CHANGE && (str_eq(parts[i].name, "ledger") ||
                                                          str_eq(parts[i].name, "snapshot:ledger"));
        if (parts[i].kind == PART_ACT) {
            act_seen |= sees_act(c, by, &parts[i]) || sees_party(c, parties);
        } else if (c->role == ROLE_MEMBER) {
            visible[i] = member[0] != '\0' && str_eq(member, c->holder);
        } else {
            visible[i] = scope_audits_all(c) || of_a_round(c, &parts[i]) ||
                         sees_line(c, &parts[i]) || (coop[0] != '\0' && scope_sees_coop(c, coop));
        }
        any |= visible[i];
    }
    if (any && !scope_audits_all(c) && c->coop[0] != '\0') {
        any = !passes_through(parts, n, c->coop); /* it isn't told who paid whom */
    }
    for (size_t i = 0; i < n; i++) {
        if (of_the_ledger || (c->role == ROLE_STEWARD && !of_a_member)) {
            visible[i] = true;
        } else if (parts[i].kind == PART_ACT) {
            visible[i] = any || act_seen;
        }
        count += visible[i];
    }
    return count;
}

bool scope_sees_network(const struct caller *c, const struct part *parts, size_t n)
{
    bool of_network = false;

    for (size_t i = 0; i < n; i++) {
        bool it = parts[i].kind == PART_CHANGE &&
                  (str_eq(parts[i].name, "stewards") || strncmp(parts[i].name, "unit:", 5) == 0);

        if (!it && parts[i].kind != PART_ACT) {
            return false;
        }
        of_network |= it;
    }
    return of_network && c->registered && c->coop[0] != '\0';
}

/* Is `word` one of those in text, which `sep` parts? */
static bool listed(const char *text, char sep, const char *word)
{
    const char seps[] = {sep, '\0'};
    size_t word_len = strlen(word);

    for (const char *p = text; *p != '\0';) {
        size_t len = strcspn(p, seps);
        if (len == word_len && memcmp(p, word, len) == 0) {
            return true;
        }
        p += len + (p[len] == sep);
    }
    return false;
}

bool scope_sees_pending(const struct caller *c, const char *by, const char *kids, const char *asks)
{
    char office[HOLDER_MAX + 32];

    if (!c->known) {
        return false;
    }
    if (listed(kids, ' ', c->kid.s) || listed(asks, '\n', c->kid.s)) {
        return true;
    }
    if (!c->registered) {
        return false;
    }
    /* Truncation can't be: a role's name and a holder's fit. */
    (void)snprintf(office, sizeof(office), "%s %s", role_name(c->role), c->holder);
    return listed(asks, '\n', office) || (c->role != ROLE_AUDITOR && str_eq(c->holder, by));
}
