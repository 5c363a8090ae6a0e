/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi export: accounts or a book for an accountant's own program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/export.h"
#include "client/export_read.h"
#include "client/office.h"
#include "client/output.h"
#include "core/date.h"

enum format {
    FORMAT_CSV,
    FORMAT_HLEDGER,
    FORMAT_BEANCOUNT
};

struct wish {
    enum format format;
    struct csv_style style;
    const char *member, *unit, *output; /* NULL: not given */
    bool names;
};

static int take_format(const struct cli *cli, struct wish *w)
{
    static const char *const names[] = {"csv", "hledger", "beancount"};
    const char *format = cli_value(cli, "format");
    char *safe;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (format == NULL || str_eq(format, names[i])) {
            w->format = (enum format)i;
            return PUMASI_OK;
        }
    }
    safe = say_safe(format);
    (void)fail(PUMASI_USAGE, _("There is no format \"%s\": it is csv, hledger or beancount."),
               safe);
    free(safe);
    return PUMASI_USAGE;
}

static int take_day(const struct cli *cli, const char *option, bool *given, int32_t *day)
{
    const char *s = cli_value(cli, option);
    int rc;

    *given = s != NULL;
    if (s == NULL)
        return PUMASI_OK;
    rc = client_check_date(s);
    return rc == PUMASI_OK && date_parse(s, day) != 0 ? PUMASI_USAGE : rc;
}

static int take_period(const struct cli *cli, struct export *x)
{
    int rc = take_day(cli, "from", &x->has_from, &x->from);

    if (rc == PUMASI_OK)
        rc = take_day(cli, "to", &x->has_to, &x->to);
    if (rc == PUMASI_OK && x->has_from && x->has_to && x->from > x->to)
        rc = fail(PUMASI_USAGE, _("The period ends before it begins."));
    return rc;
}

/* [MEMBER] [UNIT], where a member has an '@' and a unit has none; a book's is only a unit. */
static int take_arguments(struct client *c, const struct cli *cli, struct export *x, struct wish *w)
{
    const struct profile_unit *u;
    int rc = PUMASI_OK;

    w->member = cli_arg(cli, 0);
    w->unit = cli_arg(cli, 1);
    if (w->member != NULL && w->unit == NULL && strchr(w->member, '@') == NULL) {
        w->unit = w->member;
        w->member = NULL;
    }
    x->book = cli_value(cli, "book");
    if (x->book != NULL && w->member != NULL)
        return fail(PUMASI_USAGE, _("Say either a member or --book, not both."));
    if (x->book != NULL)
        rc = client_check_coop(x->book);
    if (rc == PUMASI_OK && w->member != NULL)
        rc = client_check_address(c, w->member);
    if (rc == PUMASI_OK && w->unit != NULL)
        rc = client_unit(c, w->unit, &u);
    return rc;
}

static int gather(struct client *c, struct export *x, const struct wish *w)
{
    struct keyfile *key;
    int rc;

    if (x->book != NULL) {
        rc = office_reader(c, x->book, &key);
        if (rc == PUMASI_OK) {
            rc = export_read_book(x, c, key, w->unit, w->names);
            office_note_key(c, key, rc);
        }
        return rc;
    }
    rc = client_reading_key(c, w->member, &key);
    if (rc != PUMASI_OK && w->member == NULL)
        note(_("An office exports its co-op's book: pumasi export --book COOP"));
    if (rc != PUMASI_OK)
        return rc;
    if (w->member == NULL && key->role != ROLE_MEMBER)
        return fail(PUMASI_USAGE,
                    _("The key %s is an office's: say whose accounts you want, or which co-op's "
                      "book with --book."),
                    key->name);
    return export_read_member(x, c, key, w->member != NULL ? w->member : key->holder, w->unit,
                              w->names);
}

static int write_out(const struct export *x, const struct wish *w)
{
    struct buf b = BUF_INIT;
    int rc = PUMASI_OK;

    switch (w->format) {
    case FORMAT_CSV:
        export_csv(&b, x, &w->style);
        break;
    case FORMAT_HLEDGER:
        export_hledger(&b, x);
        break;
    case FORMAT_BEANCOUNT:
        export_beancount(&b, x);
        break;
    }
    if (w->output != NULL && !str_eq(w->output, "-"))
        rc = output_file(w->output, b.data, b.len);
    else if (fwrite(b.data, 1, b.len, stdout) != b.len || fflush(stdout) != 0)
        rc = fail(PUMASI_FAILED, _("The output can't be written: %s."), strerror(errno));
    buf_free(&b);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    struct wish w = {.output = cli_value(cli, "output"), .names = cli_given(cli, "names")};
    struct export x = {0};
    int rc = take_format(cli, &w);

    if (rc == PUMASI_OK && c->json)
        rc = fail(PUMASI_USAGE, _("export has formats of its own, not --json."));
    if (rc == PUMASI_OK)
        rc = csv_style_take(cli, w.format == FORMAT_CSV, &w.style);
    if (rc == PUMASI_OK)
        rc = take_period(cli, &x);
    if (rc == PUMASI_OK)
        rc = take_arguments(c, cli, &x, &w);
    if (rc == PUMASI_OK)
        rc = gather(c, &x, &w);
    if (rc == PUMASI_OK)
        rc = write_out(&x, &w);
    export_free(&x);
    return rc;
}

static const struct cli_option options[] = {
    {"book", 'b', N_("COOP"), N_("all accounts of a co-op instead of a member's")},
    {"format", 'f', "csv|hledger|beancount", N_("what it is for (csv)")},
    {"from", 0, N_("DATE"), N_("from this day on, with what stood on the accounts before it")},
    {"to", 0, N_("DATE"), N_("to the end of this day")},
    {"output", 'o', N_("FILE"), N_("write a file, complete or not at all, instead of the output")},
    {"names", 0, NULL, N_("name accounts by what members are called, and not by handles alone")},
    {"separator", 0, N_("CHARACTER"), N_("csv: \",\", \";\" or \"tab\" between cells (\",\")")},
    {"decimal", 0, "point|comma", N_("csv: the mark of decimals (point; comma with \";\")")},
    {"bom", 0, NULL, N_("csv: begin with the mark by which Excel knows UTF-8")},
    {0},
};

const struct command cmd_export = {
    .name = "export",
    .args = "[MEMBER] [UNIT]",
    .summary = N_("Write accounts or a book for a spreadsheet, hledger or Beancount"),
    .max_args = 2,
    .options = options,
    .run = run,
};
