/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi network: the trade between co-ops, told without any member, from a copy of the log. */
#include <stdlib.h>
#include <string.h>

#include "client/audit.h"
#include "client/audit_copy.h"
#include "client/audit_pull.h"
#include "client/commands.h"
#include "client/flows.h"
#include "client/office.h"

#define PIECE 256 /* records that are read at once */

static int earlier(void *arg, int64_t index, struct act *out)
{
    const struct audit_copy *copy = arg;
    struct refusal refusal;
    struct buf b = BUF_INIT;
    const char *header, *act, *why;
    size_t header_len, act_len;
    struct part part;
    int rc = -1;

    if (index >= 0 && (size_t)index < copy->n_good &&
        audit_copy_read(copy, (size_t)index, (size_t)index + 1, &b) == 0 &&
        flows_split(b.data, b.len, &header, &header_len, &act, &act_len) > 0 &&
        part_parse(&part, act, act_len, &why) == 0) {
        if (part.kind == PART_ACT)
            rc = act_parse(out, &part.act, &refusal) == 0 ? 0 : -1;
        part_free(&part);
    }
    buf_free(&b);
    return rc;
}

static int read_records(struct flows *f, const struct audit_copy *copy)
{
    size_t size = (size_t)copy->info.size;
    struct buf b = BUF_INIT;
    int rc = PUMASI_OK;

    for (size_t i = 0; rc == PUMASI_OK && i < size; i += PIECE) {
        size_t to = i + PIECE < size ? i + PIECE : size, at = 0;

        if (audit_copy_read(copy, i, to, &b) != 0)
            rc = fail(PUMASI_FAILED, _("The copy of the log in %s can't be read."), copy->dir);
        for (size_t r = i; rc == PUMASI_OK && r < to; r++) {
            const char *header, *act;
            size_t header_len, act_len;
            size_t len = flows_split(b.data + at, b.len - at, &header, &header_len, &act, &act_len);

            if (len == 0 || flows_record(f, header, header_len, act, act_len, earlier,
                                         (void *)(uintptr_t)copy) != 0)
                rc = fail(PUMASI_FAILED, _("Record %zu in %s can't be read."), r, copy->dir);
            at += len;
        }
    }
    buf_free(&b);
    flows_settle(f);
    return rc;
}

/* One's own copy, brought up to the ledger's checkpoint; each record is held against the tree. */
static int get_copy(struct client *c, struct audit_copy *copy)
{
    struct audit_report r = {.c = c, .whole = true};
    struct keyfile *key;
    int rc = client_check_connected(c, true);

    if (rc == PUMASI_OK) {
        rc = client_key(c, KEY_ROLE(ROLE_AUDITOR), HOLDER_ALL_NAME, &key);
        if (rc != PUMASI_OK)
            note(_("This is told from all co-ops' books: to an auditor of everything, or from an "
                   "export (--log DIR)."));
    }
    if (rc == PUMASI_OK)
        rc = client_ledger(c, NULL);
    if (rc == PUMASI_OK)
        rc = audit_copy_open(copy, &c->profile, NULL);
    if (rc == PUMASI_OK)
        rc = audit_pull(&r, copy, key, false);
    if (rc == PUMASI_OK && (r.found > 0 || !copy->has_info))
        rc = fail(PUMASI_UNPROVED, _("What the ledger gave isn't the log that it signs: \"pumasi "
                                     "audit --all\" says what is wrong."));
    audit_report_free(&r);
    return rc;
}

static int check_month(const char *s)
{
    char *day;
    int32_t ignored;
    int rc;

    if (s == NULL)
        return PUMASI_OK;
    day = x_asprintf("%s-01", s);
    rc = date_parse(day, &ignored);
    free(day);
    return rc == 0 ? PUMASI_OK : fail(PUMASI_USAGE, _("A month is written as in 2026-11."));
}

static int check_options(const struct client *c, const struct cli *cli, struct flows_ask *ask)
{
    int rc = csv_style_of(c, cli, &ask->style);

    ask->unit = cli_value(cli, "unit");
    ask->from = cli_value(cli, "from");
    ask->to = cli_value(cli, "to");
    if (rc == PUMASI_OK && ask->unit != NULL)
        rc = client_check_unit(ask->unit);
    if (rc == PUMASI_OK)
        rc = check_month(ask->from);
    if (rc == PUMASI_OK)
        rc = check_month(ask->to);
    if (rc == PUMASI_OK && ask->from != NULL && ask->to != NULL && strcmp(ask->from, ask->to) > 0)
        rc = fail(PUMASI_USAGE, _("--from %s is after --to %s."), ask->from, ask->to);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    const char *dir = cli_value(cli, "log"), *picture = cli_value(cli, "picture");
    struct audit_copy copy = {0};
    struct flows_ask ask = {0};
    struct flows f;
    int rc = check_options(c, cli, &ask);

    if (rc != PUMASI_OK)
        return rc;
    flows_init(&f);
    f.by_value_date = cli_given(cli, "value-dates");
    rc = dir != NULL ? audit_copy_foreign(&copy, dir) : get_copy(c, &copy);
    if (rc == PUMASI_OK)
        rc = read_records(&f, &copy);
    if (rc == PUMASI_OK && ask.unit != NULL && flows_find_unit(&f, ask.unit) == NULL)
        rc = fail(PUMASI_FAILED, _("There is no unit \"%s\" in this ledger."), ask.unit);
    if (rc == PUMASI_OK && picture != NULL)
        rc = flows_draw(&f, &ask, picture);
    if (rc == PUMASI_OK && c->json)
        flows_print_json(&f, &ask);
    else if (rc == PUMASI_OK && cli_given(cli, "csv"))
        flows_print_csv(&f, &ask);
    else if (rc == PUMASI_OK)
        flows_print(&f, &ask);
    audit_copy_close(&copy);
    flows_free(&f);
    return rc;
}

static const struct cli_option options[] = {
    {"log", 0, N_("DIR"), N_("an export of a ledger in this folder, with no network")},
    {"from", 0, N_("MONTH"), N_("from this month on, as in 2026-01")},
    {"to", 0, N_("MONTH"), N_("to the end of this month")},
    {"value-dates", 0, NULL,
     N_("count a payment in the month in which the service was given, where it says so, and not in "
        "that in which it was booked")},
    {"unit", 'u', N_("UNIT"), N_("this unit alone")},
    {"csv", 0, NULL, N_("as a table for spreadsheets, with amounts in minor units too")},
    {"bom", 0, NULL, N_("csv: begin with the mark by which Excel knows UTF-8")},
    {"picture", 0, N_("FILE"), N_("draw who paid whom, too, as SVG (needs Graphviz)")},
    {0},
};

const struct command cmd_network = {
    .name = "network",
    .args = "",
    .summary = N_("Tell the trade between co-ops month by month, without any member"),
    .help =
        N_("For auditors of all, or from an export. What is printed can be shown to anybody: how "
           "much went from which co-op to which, of which kind and category, and which share "
           "stayed within a co-op. It is counted from your own copy of the log, the one that "
           "\"pumasi audit --all\" keeps, so that nobody has to take the ledger's word. Where "
           "fewer than three payments of a category went between two co-ops in a month, the "
           "category isn't told."),
    .options = options,
    .flags = COMMAND_UNCONNECTED,
    .run = run,
};
