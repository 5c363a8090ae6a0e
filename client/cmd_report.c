/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi report: what was exchanged in a co-op, counted from the postings of its book. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/office.h"
#include "client/tally_show.h"

static int parse_by(const char *word, enum report_by *out)
{
    static const struct {
        const char *word;
        enum report_by by;
    } words[] = {{"month", REPORT_MONTH}, {"category", REPORT_CATEGORY}, {"member", REPORT_MEMBER}};

    *out = REPORT_USUAL;
    if (word == NULL)
        return PUMASI_OK;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_eq(words[i].word, word)) {
            *out = words[i].by;
            return PUMASI_OK;
        }
    }
    return fail(PUMASI_USAGE, _("--by takes month, category or member."));
}

static int check_days(const struct report *r)
{
    int rc = r->from == NULL ? PUMASI_OK : client_check_date(r->from);

    if (rc == PUMASI_OK && r->to != NULL)
        rc = client_check_date(r->to);
    if (rc == PUMASI_OK && r->from != NULL && r->to != NULL && strcmp(r->from, r->to) > 0)
        rc = fail(PUMASI_USAGE, _("--from %s is after --to %s."), r->from, r->to);
    return rc;
}

static void count_persons(struct report *r, json_t *members)
{
    const char *address;
    json_t *m;

    json_object_foreach (members, address, m) {
        if (str_eq(json_text(m, "kind"), "person") && !str_eq(json_text(m, "state"), "closed"))
            r->persons++;
    }
}

static int count_one(void *arg, json_t *item)
{
    struct report *r = arg;

    return tally_add(&r->tally, item);
}

/*
 * The book at the end fixes the point of the log; what was posted up to it, from the first day on;
 * and the book where that begins. Who has an account at that point was a member before, so the
 * members come after it.
 */
static int gather(struct report *r, struct client *c, const struct keyfile *key, json_t **members)
{
    char *end = r->to == NULL ? x_strdup("") : x_asprintf("as_of=%s", r->to), *path, *query;
    struct book opening = {.n = 0}, closing;
    int rc = book_fetch(&closing, c, key, r->coop, end);

    free(end);
    if (rc == PUMASI_OK)
        rc = book_members(c, key, r->coop, members);
    tally_init(&r->tally, *members);
    if (rc == PUMASI_OK) {
        r->members = *members;
        count_persons(r, *members);
        path = x_asprintf("/v1/coops/%s/postings?size=%" PRId64 "%s%s", r->coop, closing.view.size,
                          r->from == NULL ? "" : "&since=", r->from == NULL ? "" : r->from);
        rc = query_list_at(c, key, path, 0, &r->view, count_one, r);
        free(path);
    }
    if (rc == PUMASI_OK && r->view.size != closing.view.size)
        rc = fail(PUMASI_UNPROVED, _("The ledger's answers don't belong together."));
    if (rc == PUMASI_OK) {
        query = x_asprintf("size=%" PRId64, r->view.first);
        rc = book_fetch(&opening, c, key, r->coop, query);
        free(query);
    }
    if (rc == PUMASI_OK)
        rc = tally_settle(&r->tally, &opening, &closing);
    book_free(&opening);
    book_free(&closing);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    struct report r = {
        .from = cli_value(cli, "from"),
        .to = cli_value(cli, "to"),
        .unit = cli_value(cli, "unit"),
    };
    const struct profile_unit *u;
    json_t *members = NULL;
    struct keyfile *key;
    int rc = parse_by(cli_value(cli, "by"), &r.by);

    if (rc == PUMASI_OK)
        rc = csv_style_of(c, cli, &r.style);
    if (rc == PUMASI_OK)
        rc = check_days(&r);
    if (rc == PUMASI_OK)
        rc = book_reader(c, cli_arg(cli, 0), &key, &r.coop);
    if (rc == PUMASI_OK && r.unit != NULL)
        rc = client_unit(c, r.unit, &u);
    if (rc != PUMASI_OK)
        return rc;
    rc = gather(&r, c, key, &members);
    if (rc == PUMASI_OK && c->json)
        report_print_json(c, &r);
    else if (rc == PUMASI_OK && cli_given(cli, "csv"))
        report_print_csv(c, &r);
    else if (rc == PUMASI_OK)
        report_print(c, &r);
    else if (rc == PUMASI_FAILED)
        office_note_key(c, key, rc);
    tally_free(&r.tally);
    json_decref(members);
    return rc;
}

static const struct cli_option options[] = {
    {"from", 0, N_("DATE"), N_("the first day (without it: from the first record on)")},
    {"to", 0, N_("DATE"), N_("the last day (without it: up to now)")},
    {"by", 'b', N_("WORD"),
     N_("month, category or member (without it: by month, and by category)")},
    {"unit", 'u', N_("UNIT"), N_("this unit alone")},
    {"csv", 0, NULL, N_("as a table for spreadsheets, with amounts in minor units too")},
    {"bom", 0, NULL, N_("csv: begin with the mark by which Excel knows UTF-8")},
    {0},
};

const struct command cmd_report = {
    .name = "report",
    .args = N_("[COOP]"),
    .summary = N_("Count a co-op's exchanges, hours and active members"),
    .help = N_("Counted from the postings of its book, and reconciled with it: for every account "
               "the opening balance and what was posted make the closing balance that \"pumasi "
               "book --as-of\" shows, or there is no report. An exchange is a transfer between two "
               "members, of this co-op or of two; what purses pay and are paid, levies too, is "
               "counted by itself, and so is what co-ops settle and clear. What was taken back is "
               "counted when that was booked, under its transfer's category, and taken off. A "
               "member is active who paid or was paid at least once."),
    .max_args = 1,
    .options = options,
    .run = run,
};
