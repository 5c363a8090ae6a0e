/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi verify: what a statement's file proves; needs no network. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/statement_file.h"
#include "client/trusted.h"
#include "client/wrap.h"
#include "core/num.h"

#define WIDTH 80

static json_t *checks_json(const struct statement_verdict *v)
{
    json_t *all = json_array();

    for (int i = 0; i < CHECKS; i++)
        json_array_append_new(all, json_pack("{s:s, s:s, s:I, s:I}", "check",
                                             statement_check_name((enum statement_check)i), "mark",
                                             statement_mark_name(v->checks[i].mark), "count",
                                             (json_int_t)v->checks[i].count, "failed",
                                             (json_int_t)v->checks[i].failed));
    return all;
}

static json_t *findings_json(const struct statement_verdict *v)
{
    json_t *all = json_array();

    for (size_t i = 0; i < v->n_findings; i++) {
        const struct statement_finding *f = &v->findings[i];

        json_array_append_new(
            all, json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "check",
                           statement_check_name(f->check), "mark", statement_mark_name(f->mark),
                           "reason", statement_reason_name(f->reason), "index",
                           (json_int_t)f->index, "number", (json_int_t)f->number, "name", f->name));
    }
    return all;
}

static void print_quorum(const struct trust *t, const struct trust_found *q)
{
    const struct quorum *names = &t->quorum;

    if (q->rc < 0) {
        printf(_("\nWitnesses: %s.\n"), _(q->why));
        return;
    }
    if (q->rc > 0)
        printf(_("\nWitnesses: %zu of the %zu that must have cosigned have.\n"), q->count,
               names->need);
    else
        printf(_("\nWitnesses: only %zu of the %zu that must have cosigned have. That the ledger "
                 "shows others the same history isn't shown.\n"),
               q->count, names->need);
    for (size_t i = 0; i < names->n; i++) {
        char when[TIME_LEN + 1] = "", *local;

        if (q->found[i])
            time_text(when, q->times[i] < NUM_MAX / 1000 ? q->times[i] * 1000 : 0);
        local = q->found[i] ? say_time(when) : x_strdup(_("not cosigned"));
        printf("  - %s: %s\n", names->names[i], local);
        free(local);
    }
}

/* For programs: docs/protocol.md, section 11.4 has the words. */
static void print_json(const struct statement_file *f, const struct statement_view *v,
                       json_t *quorum)
{
    char from[DATE_LEN + 1], to[DATE_LEN + 1];
    json_t *all;

    date_text(from, f->st.from);
    date_text(to, f->st.to);
    all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:o}", "result",
                    view_result_name(v->result), "ledger", f->st.aud, "account", f->st.account,
                    "from", from, "to", to, "entries", (json_int_t)f->st.n_entries, "covered",
                    (json_int_t)f->verdict.covered, "checks", checks_json(&f->verdict), "findings",
                    findings_json(&f->verdict), "quorum", quorum);
    client_print_json(all);
    json_decref(all);
}

static void print_text(const struct statement_file *f, const struct statement_view *v)
{
    static const struct {
        enum statement_mark mark;
        const char *bullet;
    } parts[] = {{MARK_FAILED, "!  "}, {MARK_PROVED, "+  "}, {MARK_NOT_SHOWN, "-  "}};
    char from[DATE_LEN + 1], to[DATE_LEN + 1], *account = say_safe(f->st.account);
    struct buf b = BUF_INIT;
    size_t at, end;

    date_text(from, f->st.from);
    date_text(to, f->st.to);
    buf_printf(&b, _("Statement of %s, %s to %s\n"), account, from, to);
    for (size_t m = 0; m < ARRAY_LEN(parts); m++) {
        view_findings(v, parts[m].mark, &at, &end);
        if (at < end)
            buf_printf(&b, "\n%s\n", view_heading(v, parts[m].mark));
        for (; at < end; at++) {
            char *text = say_safe(v->findings[at].text);

            buf_puts(&b, parts[m].bullet);
            wrap_put(&b, text, strlen(parts[m].bullet), WIDTH);
            free(text);
        }
    }
    buf_putc(&b, '\n');
    wrap_put(&b, view_summary(v), 0, WIDTH);
    fputs(b.data, stdout);
    buf_free(&b);
    free(account);
}

static int run(struct client *c, const struct cli *cli)
{
    struct statement_file *f = x_calloc(1, sizeof(*f));
    const char *quorum = cli_value(cli, "quorum");
    struct trust_found q = {.rc = 1};
    struct statement_view v;
    struct trust trust;
    int rc = quorum != NULL ? trust_parse(&c->profile, quorum, &trust) : PUMASI_OK;

    if (rc != PUMASI_OK) {
        free(f);
        return rc;
    }
    rc = statement_file_open(c, cli, cli_arg(cli, 0), f);
    if (rc == PUMASI_OK) {
        if (quorum != NULL)
            trust_find(&trust, f->st.checkpoint.s, f->st.checkpoint.len, &q);
        statement_file_view(f, (int64_t)time(NULL) * 1000, &v);
        if (c->json)
            print_json(f, &v, quorum != NULL ? trust_json(&trust, &q) : json_null());
        else
            print_text(f, &v);
        rc = statement_file_exit(f);
        if (!c->json && quorum != NULL)
            print_quorum(&trust, &q);
        if (rc == PUMASI_OK && q.rc <= 0)
            rc = PUMASI_FAILED;
        statement_view_free(&v);
        statement_file_free(f);
    }
    free(f);
    return rc;
}

static const struct cli_option options[] = {
    {"pin", 0, N_("LINE"), N_("the ledger to trust, as \"pumasi whoami\" prints it")},
    {"since", 0, N_("FILE"),
     N_("an earlier statement of the account: has the ledger only added to what it was then?")},
    {"quorum", 0, N_("QUORUM"),
     N_("how many of which witnesses must have cosigned: \"2 of chunchon,seoul,busan\"")},
    {0},
};

const struct command cmd_verify = {
    .name = "verify",
    .args = N_("FILE"),
    .summary = N_("Check what a statement proves, with no network"),
    .help = N_("All that is trusted is one line of text, the ledger id and the log key: what this "
               "profile has pinned, or --pin. Says what was proved, what failed, and what this "
               "file can't show. The exit status is 0 when nothing failed, 1 when something did, 5 "
               "when the file is no statement or no ledger is pinned."),
    .min_args = 1,
    .max_args = 1,
    .options = options,
    .flags = COMMAND_UNCONNECTED,
    .run = run,
};
