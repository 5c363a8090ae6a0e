/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/render_words.h"

#include <stdlib.h>

#include "client/render.h"

char *render_amount(const struct client *c, int64_t amount, const char *unit)
{
    const struct profile_unit *u = profile_unit(&c->profile, unit);
    char number[AMOUNT_TEXT_MAX];

    if (u == NULL)
        return x_asprintf(_("%lld minor units of %s"), (long long)amount, unit);
    amount_text(number, amount, u->kind, u->scale);
    return x_asprintf("%s %s", number, unit);
}

char *render_quoted(const char *s)
{
    char *safe = say_safe(s), *out = x_asprintf("“%s”", safe);

    free(safe);
    return out;
}

char *render_key_of(enum role role, const char *holder)
{
    switch (role) {
    case ROLE_MEMBER:
        return x_asprintf(_("key of %s"), holder);
    case ROLE_TREASURER:
        return x_asprintf(_("treasurer key of %s"), holder);
    case ROLE_REGISTRAR:
        return x_asprintf(_("registrar key of %s"), holder);
    case ROLE_STEWARD:
        return x_strdup(_("steward key"));
    case ROLE_AUDITOR:
        if (str_eq(holder, "*"))
            return x_strdup(_("auditor key for everything"));
        return x_asprintf(_("auditor key of %s"), holder);
    case ROLE_LOG:
        return x_strdup(_("log key of the ledger"));
    case ROLE_CLERK:
        return x_strdup(_("clerk key of the ledger"));
    }
    return x_strdup(holder);
}

char *render_signers(enum role role, const char *holder)
{
    if (role == ROLE_STEWARD)
        return x_strdup(_("stewards"));
    if (role == ROLE_MEMBER)
        return x_asprintf(_("keys of %s"), holder);
    if (role == ROLE_TREASURER)
        return x_asprintf(_("treasurers of %s"), holder);
    if (role == ROLE_REGISTRAR)
        return x_asprintf(_("registrars of %s"), holder);
    return x_asprintf(_("auditors of %s"), holder);
}

const char *render_unit_kind(enum unit_kind kind)
{
    switch (kind) {
    case UNIT_TIME:
        return _("time");
    case UNIT_CREDIT:
        return _("credit");
    case UNIT_GOODS:
        return _("goods");
    }
    return "?";
}

/* One bound in words: what is below zero is owed, what is above is held. */
static char *floor_words(const struct client *c, int64_t floor, const char *unit)
{
    char *amount = render_amount(c, floor < 0 ? -floor : floor, unit), *out;

    if (floor < 0)
        out = x_asprintf(_("may owe up to %s"), amount);
    else if (floor == 0)
        out = x_strdup(_("may not owe anything"));
    else
        out = x_asprintf(_("must keep at least %s"), amount);
    free(amount);
    return out;
}

static char *ceiling_words(const struct client *c, const struct act_bounds *b, const char *unit)
{
    char *amount, *out;

    if (b->no_ceiling)
        return x_strdup(_("may hold any amount"));
    amount = render_amount(c, b->ceiling < 0 ? -b->ceiling : b->ceiling, unit);
    if (b->ceiling > 0)
        out = x_asprintf(_("may hold up to %s"), amount);
    else if (b->ceiling == 0)
        out = x_strdup(_("may not hold anything"));
    else
        out = x_asprintf(_("must owe at least %s"), amount);
    free(amount);
    return out;
}

char *render_bounds(const struct client *c, const struct act_bounds *b, const char *unit)
{
    char *low = floor_words(c, b->floor, unit), *high = ceiling_words(c, b, unit);
    char *out = x_asprintf("%s, %s", low, high);

    free(low);
    free(high);
    return out;
}

const char *render_means(enum settlement_means means)
{
    switch (means) {
    case MEANS_MONEY:
        return _("money");
    case MEANS_GOODS:
        return _("goods");
    case MEANS_HOURS:
        return _("hours of work");
    }
    return "";
}
