/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/words.h"

#include "client/say.h"
#include "core/thing.h"

const char *word_role(enum role role)
{
    switch (role) {
    case ROLE_MEMBER:
        return _("member");
    case ROLE_TREASURER:
        return _("treasurer");
    case ROLE_REGISTRAR:
        return _("registrar");
    case ROLE_STEWARD:
        return _("steward");
    case ROLE_AUDITOR:
        return _("auditor");
    case ROLE_LOG:
        return _("log");
    case ROLE_CLERK:
        return _("clerk");
    }
    return role_name(role);
}

const char *word_state(const char *state)
{
    static const char *const states[] = {N_("active"), N_("frozen"), N_("closed")};

    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (str_eq(state, states[i]))
            return _(states[i]);
    }
    return state;
}

const char *word_kind(const char *kind)
{
    static const char *const kinds[] = {N_("time"), N_("credit"), N_("goods"), N_("person"),
                                        N_("purse")};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (str_eq(kind, kinds[i]))
            return _(kinds[i]);
    }
    return kind;
}

const char *word_clearing(const char *choice)
{
    enum clearing_choice c;

    if (clearing_choice_parse(choice, &c) != 0)
        return choice;
    switch (c) {
    case CLEARING_ASK:
        return _("when the co-op consents to the round");
    case CLEARING_AUTO:
        return _("always");
    case CLEARING_NEVER:
        return _("never");
    }
    return choice;
}

char *word_signers(long long n, const char *role, const char *holder)
{
    unsigned long count = (unsigned long)n;
    enum role r;

    if (str_eq(holder, "stewards"))
        return x_asprintf(ngettext("%lld steward", "%lld stewards", count), n);
    if (role_parse(role, &r) != 0)
        return x_asprintf("%lld × %s, %s", n, role, holder);
    switch (r) {
    case ROLE_TREASURER:
        return x_asprintf(ngettext("%lld treasurer of %s", "%lld treasurers of %s", count), n,
                          holder);
    case ROLE_REGISTRAR:
        return x_asprintf(ngettext("%lld registrar of %s", "%lld registrars of %s", count), n,
                          holder);
    case ROLE_AUDITOR:
        return x_asprintf(ngettext("%lld auditor of %s", "%lld auditors of %s", count), n, holder);
    case ROLE_MEMBER:
    case ROLE_STEWARD:
    case ROLE_LOG:
    case ROLE_CLERK:
        break;
    }
    return x_asprintf(ngettext("%lld key of %s", "%lld keys of %s", count), n, holder);
}
