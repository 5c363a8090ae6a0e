/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi receipts: the receipts kept on this machine; by itself it needs no network. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/cosigned.h"
#include "client/files.h"
#include "client/query.h"
#include "client/receipt.h"
#include "client/table.h"

static const struct table_column columns[] = {{N_("Record"), TABLE_RIGHT},
                                              {N_("Booked"), TABLE_LEFT},
                                              {N_("Proof"), TABLE_LEFT},
                                              {N_("What"), TABLE_LEFT}};

static const struct table_column cosigned_columns[] = {{N_("Record"), TABLE_RIGHT},
                                                       {N_("Booked"), TABLE_LEFT},
                                                       {N_("Proof"), TABLE_LEFT},
                                                       {N_("Witnesses"), TABLE_LEFT},
                                                       {N_("What"), TABLE_LEFT}};

struct shelf {
    struct client *c;
    struct table *table;
    json_t *items;
    size_t bad, lost;
    const json_t *last; /* the receipt of the row before that is good and not lost; NULL: none */
    size_t forked;
    const struct keyfile *key; /* with --parts: whose parts are fetched */
    size_t fetched;
    struct cosigned *cosigned; /* with --quorum */
    size_t few;                /* receipts that it isn't reached for */
};

static int keep(const char *path, const json_t *file)
{
    if (files_write_json(path, file) != 0)
        return fail(PUMASI_FAILED, _("%s can't be written: %s."), path, strerror(errno));
    return PUMASI_OK;
}

/* Who of the quorum has cosigned a checkpoint with this record in it, as "busan, seoul" in the row
 * and as JSON in *out. */
static int look_for_cosigners(struct shelf *s, const char *path, json_t *file,
                              const struct receipt *r, json_t **out)
{
    const struct trust *trust = &s->cosigned->trust;
    struct buf names = BUF_INIT;
    struct trust_found by;
    bool changed;
    int rc = cosigned_find(s->cosigned, r, file, &by, &changed);

    for (size_t i = 0; i < trust->quorum.n; i++)
        if (by.found[i])
            buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", trust->quorum.names[i]);
    s->few += by.rc <= 0;
    table_add(s->table, names.len > 0 ? names.data : "-");
    *out = trust_json(trust, &by);
    buf_free(&names);
    return rc == PUMASI_OK && changed ? keep(path, file) : rc;
}

/*
 * Puts the parts of the record that this key may see beside its receipt: should the ledger ever
 * lose the record, it is put together again from what its parties kept.
 */
static int keep_parts(struct shelf *s, const char *path, json_t *file, const json_t *receipt)
{
    char *url = x_asprintf("/v1/records/%" PRId64, json_number(receipt, "index"));
    json_t *record = NULL;
    long status;
    int rc = query_status(s->c, s->key, url, &status, &record);

    /* What another of one's keys may see is left for that key. */
    if (rc == PUMASI_OK && status == 200 &&
        str_eq(json_text(record, "header"), json_text(receipt, "header"))) {
        json_object_set(file, "record", record);
        rc = keep(path, file);
        s->fetched += rc == PUMASI_OK;
    }
    json_decref(record);
    free(url);
    return rc;
}

/* Two records of one number: the ledger's log was another one when it gave one of them. */
static void compare_with_last(struct shelf *s, const json_t *receipt)
{
    if (s->last != NULL && json_number(s->last, "index") == json_number(receipt, "index") &&
        !str_eq(json_text(s->last, "header"), json_text(receipt, "header"))) {
        s->forked++;
        note(_("WARNING: two receipts are of record %" PRId64
               ", and they differ: the ledger signed "
               "two histories. Keep both, and show them to its stewards and auditors."),
             json_number(receipt, "index"));
    }
    s->last = receipt;
}

/* Verifies one file and adds its row. */
static int take(struct shelf *s, const char *path)
{
    const struct profile *p = &s->c->profile;
    const char *why;
    struct receipt r;
    json_t *file = files_read_json(path, &why), *receipt = json_object_get(file, "receipt");
    json_t *quorum = json_null();
    bool ok = file != NULL && receipt_verify_kept(&r, receipt, p, &why) == 0;
    bool lost;
    char *index, *time;
    int rc = PUMASI_OK;

    if (!ok) {
        s->bad++;
        note(_("%s doesn't verify: %s."), path, _(why));
    }
    index = x_asprintf("%" PRId64, json_number(receipt, "index"));
    time = say_time(json_text(receipt, "time"));
    table_add(s->table, index);
    table_add(s->table, time);
    lost = ok && profile_lost(p, r.checkpoint.origin, r.index);
    s->lost += lost;
    table_add(s->table, lost ? _("good, but LOST") : ok ? _("good") : _("BAD"));
    if (s->cosigned != NULL && ok && !lost)
        rc = look_for_cosigners(s, path, file, &r, &quorum);
    else if (s->cosigned != NULL)
        table_add(s->table, "-");
    table_add(s->table, json_text(file, "what"));
    if (ok && !lost)
        compare_with_last(s, receipt);
    if (receipt != NULL)
        json_array_append_new(s->items,
                              json_pack("{s:s, s:s, s:b, s:b, s:O, s:O}", "what",
                                        json_text(file, "what"), "file", path, "verified", ok,
                                        "lost", lost, "receipt", receipt, "quorum", quorum));
    if (rc == PUMASI_OK && ok && !lost && s->key != NULL && json_object_get(file, "record") == NULL)
        rc = keep_parts(s, path, file, receipt);
    free(index);
    free(time);
    json_decref(quorum);
    json_decref(file);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    const char *quorum = cli_value(cli, "quorum");
    struct shelf s = {.c = c,
                      .table = quorum != NULL
                                   ? table_new(cosigned_columns, ARRAY_LEN(cosigned_columns))
                                   : table_new(columns, ARRAY_LEN(columns)),
                      .items = json_array()};
    struct cosigned cosigned = {0};
    struct keyfile *key = NULL;
    char *folder = profile_state_path(&c->profile, "receipts", NULL), **names;
    size_t n;
    int rc = quorum != NULL ? cosigned_init(&cosigned, c, quorum) : PUMASI_OK;

    if (rc != PUMASI_OK)
        goto out;
    s.cosigned = quorum != NULL ? &cosigned : NULL;
    if (files_list(folder, ".json", &names, &n) != 0) {
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), folder, strerror(errno));
        goto out;
    }
    if (cli_given(cli, "parts")) {
        rc = client_key(c, KEY_ANY_ROLE, NULL, &key);
        if (rc == PUMASI_OK)
            rc = client_unlock(key);
        s.key = key;
    }
    for (size_t i = n; rc == PUMASI_OK && i-- > 0;) { /* names sort by index: newest first */
        char *path = x_asprintf("%s/%s", folder, names[i]);

        rc = take(&s, path);
        free(path);
    }
    files_list_free(names, n);
    if (rc != PUMASI_OK)
        goto out;
    if (s.key != NULL)
        note(_("Receipts that have the parts of their records now: %zu more."), s.fetched);
    if (c->json) {
        json_t *all = json_pack("{s:O}", "items", s.items);

        client_print_json(all);
        json_decref(all);
    } else if (n == 0) {
        note("%s", _("There are no receipts yet."));
    } else {
        table_print(s.table, stdout, table_style_of(stdout));
    }
    if (s.lost > 0)
        note(
            ngettext("%zu of these records is lost: the receipt proves that it was booked, and the "
                     "ledger went on without it.",
                     "%zu of these records are lost: the receipts prove that they were booked, and "
                     "the ledger went on without them.",
                     (unsigned long)s.lost),
            s.lost);
    if (s.forked > 0)
        rc = PUMASI_UNPROVED;
    if (s.bad > 0)
        rc = fail(PUMASI_UNPROVED, _("Receipts that don't verify: %zu."), s.bad);
    else if (s.few > 0)
        rc = fail(PUMASI_UNPROVED,
                  _("Receipts that too few of these witnesses have cosigned: %zu. What was just "
                    "recorded is cosigned a little later; try again then."),
                  s.few);
out:
    cosigned_free(&cosigned);
    free(folder);
    json_decref(s.items);
    table_free(s.table);
    return rc;
}

static const struct cli_option options[] = {
    {"parts", 0, NULL, N_("fetch what one may see of their records, and keep it beside them")},
    {"quorum", 0, N_("QUORUM"),
     N_("how many of which witnesses must have cosigned: \"2 of chunchon,seoul,busan\"")},
    {0},
};

const struct command cmd_receipts = {
    .name = "receipts",
    .args = "",
    .summary = N_("List the receipts kept here, each verified again"),
    .help =
        N_("Needs no network: each receipt proves by itself that its record is in the log which "
           "the ledger signed. With --parts the ledger is asked for what your key may see of these "
           "records. Should it ever lose them, they are put together again from what those "
           "concerned have kept. With --quorum each record must be in a state of the log that so "
           "many of these witnesses have cosigned; what the ledger shows of that is kept as well."),
    .options = options,
    .run = run,
};
