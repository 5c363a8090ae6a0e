/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi receipts: the receipts kept on this machine; needs no network. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/files.h"
#include "client/query.h"
#include "client/receipt.h"
#include "client/table.h"

static const struct table_column columns[] = {{N_("Record"), TABLE_RIGHT},
                                              {N_("Booked"), TABLE_LEFT},
                                              {N_("Proof"), TABLE_LEFT},
                                              {N_("What"), TABLE_LEFT}};

struct shelf {
    struct client *c;
    struct table *table;
    json_t *items;
    size_t bad;
};

/* Verifies one file and adds its row. */
static void take(struct shelf *s, const char *path)
{
    const struct profile *p = &s->c->profile;
    const char *why;
    struct receipt r;
    json_t *file = files_read_json(path, &why), *receipt = json_object_get(file, "receipt");
    bool ok = file != NULL && receipt_verify_kept(&r, receipt, p, &why) == 0;
    char *index, *time;

    if (!ok) {
        s->bad++;
        note(_("%s doesn't verify: %s."), path, _(why));
    }
    index = x_asprintf("%" PRId64, json_number(receipt, "index"));
    time = say_time(json_text(receipt, "time"));
    table_add(s->table, index);
    table_add(s->table, time);
    table_add(s->table, ok ? _("good") : _("BAD"));
    table_add(s->table, json_text(file, "what"));
    if (receipt != NULL)
        json_array_append_new(s->items,
                              json_pack("{s:s, s:s, s:b, s:O}", "what", json_text(file, "what"),
                                        "file", path, "verified", ok, "receipt", receipt));
    free(index);
    free(time);
    json_decref(file);
}

static int run(struct client *c, const struct cli *cli)
{
    struct shelf s = {c, table_new(columns, ARRAY_LEN(columns)), json_array(), 0};
    char *folder = profile_state_path(&c->profile, "receipts", NULL), **names;
    size_t n;
    int rc = PUMASI_OK;

    if (files_list(folder, ".json", &names, &n) != 0) {
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), folder, strerror(errno));
        goto out;
    }
    for (size_t i = n; i-- > 0;) { /* names sort by index: newest first */
        char *path = x_asprintf("%s/%s", folder, names[i]);

        take(&s, path);
        free(path);
    }
    files_list_free(names, n);
    if (c->json) {
        json_t *all = json_pack("{s:O}", "items", s.items);

        client_print_json(all);
        json_decref(all);
    } else if (n == 0) {
        note("%s", _("There are no receipts yet."));
    } else {
        table_print(s.table, stdout, table_style_of(stdout));
    }
    if (s.bad > 0)
        rc = fail(PUMASI_UNPROVED, _("Receipts that don't verify: %zu."), s.bad);
out:
    free(folder);
    json_decref(s.items);
    table_free(s.table);
    return rc;
}

const struct command cmd_receipts = {
    .name = "receipts",
    .args = "",
    .summary = N_("List the receipts kept here, each verified again"),
    .help =
        N_("Needs no network: each receipt proves by itself that its record is in the log which "
           "the ledger signed."),
    .run = run,
};
