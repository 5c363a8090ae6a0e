/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/recovery.h"

#include <stdlib.h>
#include <string.h>

#include "client/query.h"
#include "client/table.h"
#include "core/date.h"
#include "core/num.h"

bool recovery_header_parse(struct recovery_header *out, const char *s)
{
    static const char due[] = "; due=";
    const char *at = strstr(s, due);
    int64_t ms;

    if (at == NULL || num_parse(s, (size_t)(at - s), 0, NUM_MAX, &out->record) != 0)
        return false;
    at += strlen(due);
    if (strlen(at) < TIME_LEN)
        return false;
    memcpy(out->due, at, TIME_LEN);
    out->due[TIME_LEN] = '\0';
    at += TIME_LEN;
    out->objected = str_eq(at, "; objected");
    return time_parse(out->due, &ms) == 0 && (*at == '\0' || out->objected);
}

/* True once in a run for each key. */
static bool first_time(struct client *c, const struct keyfile *key)
{
    for (size_t i = 0; i < c->n_keys; i++) {
        if (c->keys[i] == key && !c->keys[i]->told) {
            c->keys[i]->told = true;
            return true;
        }
    }
    return false;
}

void recovery_notice(struct client *c, const struct keyfile *key, const char *header)
{
    struct recovery_header h;
    char *due;

    if (key == NULL || !recovery_header_parse(&h, header) || !first_time(c, key))
        return;
    due = say_time(h.due);
    if (key->role != ROLE_MEMBER)
        note(_("ATTENTION: the stewards are giving %s new treasurers' keys (record %lld), which "
               "take the place of the old ones from %s on. Until then nothing that treasurers "
               "sign is posted."),
             key->holder, (long long)h.record, due);
    else if (h.objected)
        note(_("ATTENTION: somebody asked for new keys for %s (record %lld), and one of the old "
               "ones objected. The treasurers of %s decide, from %s on. Until then nothing is "
               "paid from the account."),
             key->holder, (long long)h.record, name_coop_start(key->holder), due);
    else
        note(_("ATTENTION: somebody asked for new keys for %s (record %lld), which take the place "
               "of yours from %s on. Until then nothing is paid from the account."),
             key->holder, (long long)h.record, due);
    if (!h.objected && (key->role == ROLE_MEMBER || key->role == ROLE_TREASURER))
        note(_("If that isn't wanted, say so now: pumasi key object %s"), key->holder);
    free(due);
}

const json_t *recovery_in(const json_t *answer)
{
    const json_t *r = json_object_get(answer, "recovery");

    return json_is_object(r) ? r : NULL;
}

static void add_row(struct table *t, const char *holder, const json_t *r)
{
    char *due = say_time(json_text(r, "due")), *record;

    table_add(t, holder);
    table_add(t, due);
    table_add(t, json_is_true(json_object_get(r, "objected")) ? _("yes") : _("no"));
    record = x_asprintf("%lld", (long long)json_number(r, "record"));
    table_add(t, record);
    free(record);
    free(due);
}

void recovery_print(const json_t *coop)
{
    static const struct table_column columns[] = {
        {N_("New keys for"), TABLE_LEFT},
        {N_("From"), TABLE_LEFT},
        {N_("Objected"), TABLE_LEFT},
        {N_("Record"), TABLE_RIGHT},
    };
    const json_t *own = recovery_in(coop), *members = json_object_get(coop, "recoveries"), *row;
    struct table *t;
    size_t i;

    if (own == NULL && json_array_size(members) == 0)
        return;
    t = table_new(columns, ARRAY_LEN(columns));
    if (own != NULL)
        add_row(t, json_text(coop, "coop"), own);
    json_array_foreach (members, i, row)
        add_row(t, json_text(row, "member"), row);
    table_print(t, stdout, table_style_of(stdout));
    table_free(t);
    note("%s", _("These are recoveries of lost keys. \"pumasi show RECORD\" says who began one; "
                 "\"pumasi key finish\" and \"pumasi key object\" end it."));
}
