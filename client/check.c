/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/check.h"

#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "core/date.h"

/* s with capitals made small, where that alone makes it right; else NULL. The caller frees it. */
static char *lowered(const char *s, bool (*ok)(const char *))
{
    char *t = x_strdup(s);

    for (char *p = t; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    }
    if (ok(t))
        return t;
    free(t);
    return NULL;
}

/* The co-op of one's own keys, where there is only one; else NULL. */
static const char *own_coop(struct client *c)
{
    const char *coop = NULL;

    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys; i++) {
        const char *holder = c->keys[i]->holder, *mine;

        if (!name_is_address(holder))
            continue;
        mine = name_coop_start(holder);
        if (coop != NULL && !str_eq(coop, mine))
            return NULL;
        coop = mine;
    }
    return coop;
}

int client_check_connected(const struct client *c, bool opened)
{
    if (!c->profile.connected)
        return fail(PUMASI_FAILED,
                    _("The profile \"%s\" isn't connected to a ledger yet. Connect it with: "
                      "pumasi connect URL"),
                    c->profile.name);
    if (opened && c->profile.ledger_id[0] == '\0')
        return fail(PUMASI_FAILED,
                    _("This ledger wasn't opened yet when you connected to it. Once its "
                      "stewards have opened it, run: pumasi connect %s"),
                    c->profile.url);
    return PUMASI_OK;
}

int client_check_address(struct client *c, const char *s)
{
    char *safe, *small;
    const char *coop;

    if (name_is_address(s))
        return PUMASI_OK;
    safe = say_safe(s);
    small = lowered(s, name_is_address);
    coop = name_is_handle(s) ? own_coop(c) : NULL;
    if (small != NULL)
        (void)fail(PUMASI_USAGE, _("Addresses are written small: did you mean %s?"), small);
    else if (coop != NULL)
        (void)fail(PUMASI_USAGE, _("\"%s\" lacks the co-op: did you mean %s@%s?"), safe, safe,
                   coop);
    else if (strchr(s, '@') == NULL)
        (void)fail(
            PUMASI_USAGE,
            _("\"%s\" is no member's address: it needs the co-op too, as in alice@hansalim."),
            safe);
    else
        (void)fail(PUMASI_USAGE,
                   _("\"%s\" is no member's address: that is handle@coop in small letters "
                     "a-z, digits, '.', '_' and '-', as in alice@hansalim."),
                   safe);
    free(safe);
    free(small);
    return PUMASI_USAGE;
}

int client_check_account_of(struct client *c, const char *s)
{
    char account[ACCOUNT_MAX + 1];
    char *safe;

    if (s[0] != '!')
        return client_check_address(c, s);
    if (strlen(s) <= ACCOUNT_MAX - 2) {
        name_account(account, s, "x"); /* any unit */
        if (name_is_account(account))
            return PUMASI_OK;
    }
    safe = say_safe(s);
    (void)fail(
        PUMASI_USAGE,
        _("\"%s\" is none of a co-op's own accounts: they are !pos.PARTNER@COOP, what stands "
          "between two co-ops, and !outside@COOP, what was settled outside the ledger."),
        safe);
    free(safe);
    return PUMASI_USAGE;
}

int client_check_coop(const char *s)
{
    char *safe, *small;

    if (name_is_coop(s))
        return PUMASI_OK;
    safe = say_safe(s);
    small = lowered(s, name_is_coop);
    if (small != NULL)
        (void)fail(PUMASI_USAGE, _("Co-ops are written small: did you mean %s?"), small);
    else
        (void)fail(PUMASI_USAGE,
                   _("\"%s\" is no co-op's handle: that is 2 to 32 small letters a-z, digits "
                     "and '-', as in hansalim."),
                   safe);
    free(safe);
    free(small);
    return PUMASI_USAGE;
}

int client_check_unit(const char *s)
{
    char *safe, *small;

    if (name_is_unit(s))
        return PUMASI_OK;
    safe = say_safe(s);
    small = lowered(s, name_is_unit);
    if (small != NULL)
        (void)fail(PUMASI_USAGE, _("Units are written small: did you mean %s?"), small);
    else
        (void)fail(PUMASI_USAGE,
                   _("\"%s\" is no unit: that is 1 to 16 small letters a-z, digits and '-', "
                     "as in hour."),
                   safe);
    free(safe);
    free(small);
    return PUMASI_USAGE;
}

int client_check_date(const char *s)
{
    int32_t days;
    char *safe;

    if (date_parse(s, &days) == 0)
        return PUMASI_OK;
    safe = say_safe(s);
    (void)fail(PUMASI_USAGE, _("\"%s\" is no date: write it as 2026-11-22."), safe);
    free(safe);
    return PUMASI_USAGE;
}

int client_check_category(const char *s)
{
    char *safe;

    if (name_is_category(s))
        return PUMASI_OK;
    safe = say_safe(s);
    (void)fail(PUMASI_USAGE,
               _("\"%s\" is no category: that is 1 to 24 small letters a-z, digits and '-', as in "
                 "garden."),
               safe);
    free(safe);
    return PUMASI_USAGE;
}

char *client_text(const char *what, const char *s, size_t max)
{
    char *nfc = text_nfc(s);
    const char *fault = nfc == NULL ? N_("isn't valid UTF-8") : text_fault(nfc, strlen(nfc), max);

    if (fault == NULL)
        return nfc;
    (void)fail(PUMASI_USAGE,
               _("The %s %s. It may have up to %zu bytes (a Hangul syllable takes 3) of plain "
                 "text on one line."),
               what, _(fault), max);
    free(nfc);
    return NULL;
}
