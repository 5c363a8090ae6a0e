/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pending: what waits for signatures. */
#include <stdio.h>
#include <stdlib.h>

#include "client/commands.h"
#include "client/explain.h"
#include "client/query.h"
#include "client/recovery.h"
#include "client/render.h"
#include "client/submit.h"
#include "client/table.h"
#include "client/waiting.h"
#include "core/date.h"

static void add_row(const struct client *c, struct table *t, const struct waiting *w,
                    const struct render_named *named)
{
    char *what = render_headline(c, &w->act, named), *needs = waiting_needs(w->item), *until;
    char utc[TIME_LEN + 1];

    time_text(utc, w->act.exp * 1000);
    until = say_time(utc);
    table_add(t, w->mine.n > 0 ? _("sign") : _("wait"));
    table_add(t, what);
    table_add(t, needs);
    table_add(t, until);
    table_add(t, w->act.jti);
    free(what);
    free(needs);
    free(until);
}

static void print_json(const struct waiting_list *l)
{
    json_t *all = json_array();

    for (size_t i = 0; i < l->n; i++)
        json_array_append(all, l->rows[i].item);
    office_print_items(all);
}

/*
 * What this profile began and the ledger no longer lists was posted by the last signer, or has
 * expired: sent once more, it brings the receipt, or that it is over. Nothing can post twice.
 */
static void collect(struct client *c, const struct waiting_list *l)
{
    struct outbox_entry *list = NULL;
    size_t n = 0;

    if (outbox_list(&c->profile, &list, &n) != PUMASI_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        struct submit_result r;
        bool listed = false;
        char *what;

        for (size_t k = 0; !listed && k < l->n; k++)
            listed = str_eq(l->rows[k].act.jti, list[i].jti);
        if (listed || !list[i].waiting)
            continue;
        what = x_strdup(list[i].what);
        if (submit_entry(c, &list[i], &r) == PUMASI_OK)
            note(_("Posted since: %s (record %lld)."), what, (long long)r.receipt.index);
        submit_result_free(&r);
        outbox_entry_init(&list[i]); /* used up */
        free(what);
    }
    outbox_list_free(list, n);
}

static int print_table(struct client *c, const struct waiting_list *l)
{
    static const struct table_column columns[] = {
        {N_("You"), TABLE_LEFT},   {N_("Act"), TABLE_LEFT}, {N_("Still needs"), TABLE_LEFT},
        {N_("Until"), TABLE_LEFT}, {N_("Id"), TABLE_LEFT},
    };
    struct table *t = table_new(columns, ARRAY_LEN(columns));
    bool mine = false;
    int rc = PUMASI_OK;

    for (size_t i = 0; rc == PUMASI_OK && i < l->n; i++) {
        struct explained e;

        rc = explain(c, &l->rows[i].act, l, &e);
        if (rc == PUMASI_OK)
            add_row(c, t, &l->rows[i], e.named);
        explain_free(&e);
        mine = mine || l->rows[i].mine.n > 0;
    }
    if (rc == PUMASI_OK)
        table_print(t, stdout, table_style_of(stdout));
    if (rc == PUMASI_OK && mine && say_can_ask())
        note(_("\"pumasi sign ID\" shows one in full and asks; \"pumasi sign --all\" goes through "
               "them; \"pumasi decline ID\" ends one."));
    table_free(t);
    return rc;
}

/* Is the key one that the list was asked for by? */
static bool in_use(struct client *c, const struct keyfile *k)
{
    bool named = c->n_key_names == 0;

    for (size_t i = 0; !named && i < c->n_key_names; i++)
        named = client_find_key(c, c->key_names[i]) == k;
    return named && k->secret != NULL;
}

/* What an office has to know of: of each co-op once. */
static void print_recoveries(struct client *c)
{
    for (size_t i = 0; i < c->n_keys; i++) {
        const struct keyfile *k = c->keys[i];
        bool done = !in_use(c, k) || !name_is_coop(k->holder);
        json_t *answer = NULL;
        char *path;
        long status;

        for (size_t j = 0; !done && j < i; j++)
            done = in_use(c, c->keys[j]) && str_eq(c->keys[j]->holder, k->holder);
        if (done)
            continue;
        path = x_asprintf("/v1/coops/%s", k->holder);
        if (query_status(c, k, path, &status, &answer) == PUMASI_OK && status == 200)
            recovery_print(answer);
        json_decref(answer);
        free(path);
    }
}

static int run(struct client *c, const struct cli *cli)
{
    struct waiting_list l;
    int rc = waiting_fetch(c, &l);

    (void)cli;
    if (rc != PUMASI_OK)
        return rc;
    collect(c, &l);
    if (c->json)
        print_json(&l);
    else if (l.n == 0)
        note(_("Nothing waits."));
    else
        rc = print_table(c, &l);
    if (!c->json && rc == PUMASI_OK)
        print_recoveries(c);
    waiting_list_free(&l);
    return rc;
}

const struct command cmd_pending = {
    .name = "pending",
    .args = "",
    .summary = N_("List what waits for your signature, or for others' after yours"),
    .help = N_("Asks with every key of the profile, or with those that --key names. Fetches the "
               "receipts of what was begun here and has been posted since."),
    .min_args = 0,
    .max_args = 0,
    .run = run,
};
