/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi outbox: what was begun and isn't known to be finished. */
#include <stdlib.h>
#include <time.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/outbox.h"
#include "client/submit.h"
#include "client/table.h"

static const struct table_column columns[] = {{N_("Begun"), TABLE_LEFT},
                                              {N_("State"), TABLE_LEFT},
                                              {N_("What"), TABLE_LEFT},
                                              {N_("Id"), TABLE_LEFT}};

static const char *state_of(const struct outbox_entry *e)
{
    return e->waiting ? _("waits for signatures") : e->sent ? _("outcome unknown") : _("not sent");
}

static void list(struct client *c, const struct outbox_entry *entries, size_t n)
{
    struct table *t = table_new(columns, ARRAY_LEN(columns));
    json_t *items = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct outbox_entry *e = &entries[i];
        char *ago = say_ago(e->made, (int64_t)time(NULL));

        table_add(t, ago);
        table_add(t, state_of(e));
        table_add(t, e->what);
        table_add(t, e->jti);
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "by", e->by, "jti",
                                        e->jti, "type", e->type, "what", e->what, "made",
                                        (json_int_t)e->made, "exp", (json_int_t)e->exp, "state",
                                        e->waiting ? "waiting"
                                        : e->sent  ? "unknown"
                                                   : "unsent"));
        free(ago);
    }
    if (c->json) {
        json_t *all = json_pack("{s:O}", "items", items);

        client_print_json(all);
        json_decref(all);
    } else if (n == 0) {
        note("%s", _("Everything is finished."));
    } else {
        table_print(t, stdout, table_style_of(stdout));
    }
    json_decref(items);
    table_free(t);
}

/* Finishes or forgets one; the worst exit code of all is the command's. */
static int settle(struct client *c, struct outbox_entry *e, bool finish)
{
    char *what = x_strdup(e->what);
    struct submit_result result;
    int rc = finish ? submit_entry(c, e, &result) : submit_discard(c, e, &result);

    rc = submit_finish(c, what, &result, rc);
    free(what);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    bool finish = cli_given(cli, "finish"), discard = cli_given(cli, "discard-unsent");
    const char *jti = cli_arg(cli, 0);
    struct outbox_entry *entries;
    size_t n, matched = 0;
    int rc = outbox_list(&c->profile, &entries, &n);

    if (rc != PUMASI_OK)
        return rc;
    if (finish && discard) {
        rc = fail(PUMASI_USAGE, _("Either --finish or --discard-unsent."));
    } else if (!finish && !discard) {
        list(c, entries, n);
    } else {
        for (size_t i = 0; i < n; i++) {
            int one;

            if ((jti != NULL && !str_eq(entries[i].jti, jti)) || (discard && entries[i].waiting))
                continue;
            matched++;
            one = settle(c, &entries[i], finish);
            rc = one > rc ? one : rc;
        }
        if (matched == 0)
            note("%s", _("There is nothing of that kind."));
    }
    outbox_list_free(entries, n);
    return rc;
}

static const struct cli_option options[] = {
    {"finish", 0, NULL, N_("send them again, until each one's fate is known")},
    {"discard-unsent", 0, NULL, N_("forget those that can't be posted any more")},
    {0},
};

const struct command cmd_outbox = {
    .name = "outbox",
    .args = N_("[ID]"),
    .summary = N_("Show what was begun and isn't finished; finish or forget it"),
    .help = N_("Sending an act again is safe: the ledger posts it once, and answers with the first "
               "receipt. One whose outcome is unknown can be forgotten only after it has expired."),
    .max_args = 1,
    .options = options,
    .run = run,
};
