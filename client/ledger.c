/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/continued.h"
#include "client/logkey.h"
#include "client/query.h"

void client_tell_another(const struct profile *p, const char *id, const struct key *log_key)
{
    struct kid shown = {""}, pinned;
    char *safe = say_safe(id);

    key_kid(&pinned, &p->log_key);
    if (log_key != NULL)
        key_kid(&shown, log_key);
    note("%s", _("@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n"
                 "@  WARNING: this is not the ledger that you connected to before!      @\n"
                 "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"));
    note(_("pinned: %s, log key %s"), p->ledger_id[0] != '\0' ? p->ledger_id : p->origin, pinned.s);
    note(_("shown:  %s, log key %s"), safe[0] != '\0' ? safe : _("(not opened yet)"),
         shown.s[0] != '\0' ? shown.s : "-");
    free(safe);
}

/* Says loudly that this isn't the ledger whose id or key is pinned. */
static int another_ledger(const struct profile *p, const json_t *ledger)
{
    struct key keys[LOGKEYS_MAX];

    client_tell_another(p, json_text(ledger, "id"), logkeys_read(ledger, keys) > 0 ? keys : NULL);
    return fail(
        PUMASI_UNPROVED,
        _("What answers at %s isn't the ledger that is pinned. Someone may be in between, or "
          "it was set up anew. Nothing was sent. Ask those who run it; only if they confirm "
          "it, connect under another profile: pumasi --profile NAME connect %s"),
        p->url, p->url);
}

void client_tell_alarms(const json_t *ledger)
{
    size_t i;
    json_t *row;

    json_array_foreach (json_object_get(ledger, "forks"), i, row) {
        char *origin = say_safe(json_text(row, "origin"));

        note(
            _("WARNING: this ledger is a witness of %s, and has seen it sign two histories. If you "
              "have to do with %s, ask its stewards."),
            origin, origin);
        free(origin);
    }
    json_array_foreach (json_object_get(ledger, "witnesses"), i, row) {
        char *name = say_safe(json_text(row, "name"));

        if (json_number(row, "ahead") > 0)
            note(_("WARNING: the witness %s has cosigned a larger log of this ledger than it shows "
                   "now. It may have been restored from an old backup: ask those who run it before "
                   "you count on anything."),
                 name);
        free(name);
    }
}

int client_ledger(struct client *c, json_t **out)
{
    struct profile *p = &c->profile;
    struct key keys[LOGKEYS_MAX];
    const char *id;
    json_t *ledger;
    int rc = query_get(c, NULL, "/v1/ledger", &ledger);

    if (out != NULL)
        *out = NULL;
    if (rc != PUMASI_OK)
        return rc;
    id = json_text(ledger, "id");
    /* Before record 0 there is no id, and the log key stands in the act that is to be signed. */
    if (p->ledger_id[0] != '\0' &&
        (!str_eq(id, p->ledger_id) || !str_eq(json_text(ledger, "origin"), p->origin) ||
         !logkey_follow(c, keys, logkeys_read(ledger, keys)))) {
        rc = continued_claims(p, ledger) ? continued_refuse(p, ledger) : another_ledger(p, ledger);
        json_decref(ledger);
        return rc;
    }
    c->ledger_checked = true;
    client_tell_alarms(ledger);
    if (json_is_array(json_object_get(ledger, "units")))
        profile_set_units(p, json_object_get(ledger, "units"));
    if (out != NULL)
        *out = ledger;
    else
        json_decref(ledger);
    return PUMASI_OK;
}

int client_unit(struct client *c, const char *unit, const struct profile_unit **out)
{
    struct buf known = BUF_INIT;
    int rc = client_check_unit(unit);

    *out = NULL;
    if (rc != PUMASI_OK)
        return rc;
    *out = profile_unit(&c->profile, unit);
    if (*out == NULL && !c->ledger_checked) {
        rc = client_ledger(c, NULL);
        if (rc != PUMASI_OK)
            return rc;
        *out = profile_unit(&c->profile, unit);
    }
    if (*out != NULL)
        return PUMASI_OK;
    for (size_t i = 0; i < c->profile.n_units; i++)
        buf_printf(&known, "%s%s", i == 0 ? "" : ", ", c->profile.units[i].unit);
    if (known.len > 0)
        (void)fail(PUMASI_FAILED, _("This ledger has no unit \"%s\". It has: %s."), unit,
                   known.data);
    else
        (void)fail(PUMASI_FAILED,
                   _("This ledger has no units yet. A steward makes one with: pumasi unit create"));
    buf_free(&known);
    return PUMASI_FAILED;
}

int client_amount(struct client *c, const char *text, const char *unit, bool signed_ok,
                  int64_t *out)
{
    const struct profile_unit *u;
    const char *why, *example;
    char *safe;
    int rc = client_unit(c, unit, &u);

    if (rc != PUMASI_OK)
        return rc;
    if (amount_parse(text, u->kind, u->scale, signed_ok, out, &why) == 0)
        return PUMASI_OK;
    safe = say_safe(text);
    example = u->kind == UNIT_TIME && u->scale == 60 ? _("1:30, 1.5 or 90m")
              : u->scale == 1                        ? "12"
              : u->scale % 10 == 0                   ? "12.5"
                                                     : "12";
    (void)fail(PUMASI_USAGE, _("\"%s\" is no amount of %s: %s. Write it as %s."), safe, unit,
               _(why), example);
    free(safe);
    return PUMASI_USAGE;
}

char *client_number_text(struct client *c, int64_t amount, const char *unit)
{
    const struct profile_unit *u = unit == NULL ? NULL : profile_unit(&c->profile, unit);
    char text[AMOUNT_TEXT_MAX];

    if (u == NULL)
        return x_asprintf("%lld", (long long)amount);
    amount_text(text, amount, u->kind, u->scale);
    return x_strdup(text);
}

char *client_amount_text(struct client *c, int64_t amount, const char *unit)
{
    char *number = client_number_text(c, amount, unit), *text;

    if (unit == NULL || unit[0] == '\0')
        return number;
    if (profile_unit(&c->profile, unit) == NULL)
        text = x_asprintf(_("%s smallest parts of %s"), number, unit);
    else
        text = x_asprintf("%s %s", number, unit);
    free(number);
    return text;
}
