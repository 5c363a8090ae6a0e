/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi show: one record in plain words, or a statement as a bank prints it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/cited.h"
#include "client/commands.h"
#include "client/explain.h"
#include "client/output.h"
#include "client/render.h"
#include "client/statement_file.h"
#include "client/table.h"

/* --- a record --- */

/* What was verified, and nothing else: the payload, and the texts that fit its hashes. */
static void print_json(const struct cited *r)
{
    static const char *const fields[] = {"memo", "name", "reason", "reference"};
    json_t *payload = json_loads(r->w.s.env.payload, JSON_REJECT_DUPLICATES, NULL);
    json_t *texts = json_object(), *all;
    struct refusal ignored;

    if (act_check_texts(&r->w.act, &r->w.s, &ignored) == 0) {
        for (size_t i = 0; i < r->w.s.n_texts; i++) {
            for (size_t k = 0; k < ARRAY_LEN(fields); k++) {
                if (str_eq(r->w.s.texts[i].field, fields[k]))
                    json_object_set_new(texts, fields[k], json_string(r->w.s.texts[i].text));
            }
        }
    }
    all = json_pack("{s:I, s:s, s:o, s:o}", "index", (json_int_t)r->index, "time", r->time,
                    "payload", payload, "texts", texts);
    client_print_json(all);
    json_decref(all);
}

/* The record, and below it what it names. */
static int print(struct client *c, const struct cited *r)
{
    struct render_named named = cited_named(r);
    struct explained e;
    char *text;
    int rc = explain(c, &r->w.act, NULL, &e);

    if (rc == PUMASI_OK) {
        text = render_named(c, &named, e.named);
        fputs(text, stdout);
        free(text);
    }
    explain_free(&e);
    return rc;
}

static int show_record(struct client *c, const struct cli *cli, int64_t index)
{
    static const char *const others[] = {"format", "output", "separator", "decimal",
                                         "bom",    "pin",    "since"};
    struct cited r = {0};
    int rc = client_check_connected(c, true);

    for (size_t i = 0; rc == PUMASI_OK && i < ARRAY_LEN(others); i++) {
        if (cli_given(cli, others[i]))
            rc = fail(PUMASI_USAGE, _("--%s is for the file of a statement, not for a record."),
                      others[i]);
    }
    if (rc == PUMASI_OK)
        rc = client_ledger(c, NULL); /* units may be new */
    if (rc == PUMASI_OK)
        rc = cited_fetch(c, NULL, index, &r);
    if (rc == PUMASI_OK && c->json)
        print_json(&r);
    else if (rc == PUMASI_OK)
        rc = print(c, &r);
    cited_free(&r);
    return rc;
}

/* --- a statement --- */

enum format {
    FORMAT_TEXT,
    FORMAT_CSV,
    FORMAT_HTML
};

static int take_format(const struct client *c, const struct cli *cli, enum format *out)
{
    static const char *const names[] = {"text", "csv", "html"};
    const char *format = cli_value(cli, "format");
    char *safe;

    if (c->json && format != NULL)
        return fail(PUMASI_USAGE, _("Give either --format or --json."));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (format == NULL || str_eq(format, names[i])) {
            *out = (enum format)i;
            return PUMASI_OK;
        }
    }
    safe = say_safe(format);
    (void)fail(PUMASI_USAGE, _("There is no format \"%s\": it is text, csv or html."), safe);
    free(safe);
    return PUMASI_USAGE;
}

static int write_out(const char *output, const struct buf *b)
{
    if (output != NULL && !str_eq(output, "-"))
        return output_file(output, b->data, b->len);
    if (fwrite(b->data, 1, b->len, stdout) != b->len || fflush(stdout) != 0)
        return fail(PUMASI_FAILED, _("The output can't be written: %s."), strerror(errno));
    return PUMASI_OK;
}

static int show_file(struct client *c, const struct cli *cli)
{
    const char *output = cli_value(cli, "output");
    bool colour = output == NULL && table_style_of(stdout) == TABLE_COLOUR;
    struct statement_file *f = x_calloc(1, sizeof(*f));
    struct statement_view v;
    struct csv_style style;
    struct buf b = BUF_INIT;
    enum format format = FORMAT_TEXT;
    int rc = take_format(c, cli, &format), written;

    if (rc == PUMASI_OK)
        rc = csv_style_take(cli, format == FORMAT_CSV, &style);
    if (rc == PUMASI_OK)
        rc = statement_file_open(c, cli, cli_arg(cli, 0), f);
    if (rc != PUMASI_OK)
        goto out;
    statement_file_view(f, (int64_t)time(NULL) * 1000, &v);
    if (c->json) {
        view_put_json(&b, &v);
    } else {
        switch (format) {
        case FORMAT_TEXT:
            view_put_text(&b, &v, colour);
            break;
        case FORMAT_CSV:
            view_put_csv(&b, &v, &style);
            break;
        case FORMAT_HTML:
            view_put_html(&b, &v);
            break;
        }
    }
    written = write_out(output, &b);
    rc = statement_file_exit(f);
    if (written != PUMASI_OK)
        rc = written;
    else if (rc != PUMASI_OK && (format != FORMAT_TEXT || output != NULL))
        note("%s", view_summary(&v)); /* nobody may have seen it yet */
    statement_view_free(&v);
    buf_free(&b);
    statement_file_free(f);
out:
    free(f);
    return rc;
}

/* A record is a number; a file that is called like one is ./12. */
static int run(struct client *c, const struct cli *cli)
{
    const char *what = cli_arg(cli, 0);
    int64_t index;
    int rc;

    if (what[strspn(what, "0123456789")] != '\0')
        return show_file(c, cli);
    rc = cited_index(what, &index);
    return rc == PUMASI_OK ? show_record(c, cli, index) : rc;
}

static const struct cli_option options[] = {
    {"format", 'f', "text|csv|html", N_("statement: to read here, for a spreadsheet, to print")},
    {"output", 'o', N_("FILE"), N_("write a file, complete or not at all, instead of the output")},
    {"pin", 0, N_("LINE"), N_("statement: the ledger to trust, as \"pumasi whoami\" prints it")},
    {"since", 0, N_("FILE"),
     N_("statement: an earlier one of the account: did the ledger only add to what it was then?")},
    {"separator", 0, N_("CHARACTER"), N_("csv: \",\", \";\" or \"tab\" between cells (\",\")")},
    {"decimal", 0, "point|comma", N_("csv: the mark of decimals (point; comma with \";\")")},
    {"bom", 0, NULL, N_("csv: begin with the mark by which Excel knows UTF-8")},
    {0},
};

const struct command cmd_show = {
    .name = "show",
    .args = N_("RECORD|FILE"),
    .summary = N_("Show a record in plain words, or a statement as a bank prints one"),
    .help = N_("RECORD is a number that \"pumasi history\" and \"pumasi requests\" show. What is "
               "printed is verified: it stands in the log that the ledger has signed. FILE is a "
               "statement. It is verified without a network, by the ledger id and the log key that "
               "are pinned here or that --pin names, and shown with what was proved, what failed, "
               "and what it can't show. The exit status is 0 when nothing failed, 1 "
               "when something did, 5 when the file is no statement or no ledger is pinned."),
    .min_args = 1,
    .max_args = 1,
    .options = options,
    .flags = COMMAND_UNCONNECTED,
    .run = run,
};
