/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi statement: an account's statement as a file that proves itself. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/files.h"
#include "client/logkey.h"
#include "client/output.h"
#include "client/query.h"
#include "client/statement_file.h"
#include "core/statement_read.h"

#define SECONDS 300 /* for a long one over a slow line */

struct wish {
    const char *member, *unit, *from, *to, *output;
    int64_t since; /* size of an earlier statement's checkpoint; 0: none */
};

static int take_days(const struct cli *cli, struct wish *w)
{
    int32_t from, to;
    int rc;

    w->from = cli_value(cli, "from");
    w->to = cli_value(cli, "to");
    if (w->from == NULL || w->to == NULL)
        return fail(PUMASI_USAGE,
                    _("Say from which day to which: --from 2026-01-01 --to 2026-03-31."));
    rc = client_check_date(w->from);
    if (rc == PUMASI_OK)
        rc = client_check_date(w->to);
    if (rc == PUMASI_OK && date_parse(w->from, &from) == 0 && date_parse(w->to, &to) == 0 &&
        from > to)
        rc = fail(PUMASI_USAGE, _("The period ends before it begins."));
    return rc;
}

/* The size of the log that an earlier statement speaks of, as the ledger signed it. */
static int take_since(struct client *c, const char *path, int64_t *since)
{
    char *safe = say_safe(path), *bytes = NULL;
    struct checkpoint checkpoint;
    struct statement st;
    const char *why;
    size_t len;
    int rc = PUMASI_OK;

    if (files_read(path, STATEMENT_MAX, &bytes, &len) != 0) {
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), safe, strerror(errno));
    } else if (statement_read(&st, bytes, len, &why) != 0) {
        rc = statement_unread(PUMASI_FAILED, safe, st.at, why);
    } else {
        if (logkey_open_kept(&c->profile, st.checkpoint.s, st.checkpoint.len, &checkpoint, NULL,
                             &why) != 0)
            rc = fail(PUMASI_UNPROVED, _("%s isn't a statement of this ledger: %s."), safe, _(why));
        else
            *since = (int64_t)checkpoint.size;
        statement_free(&st);
    }
    free(bytes);
    free(safe);
    return rc;
}

static int fetch(struct client *c, const struct keyfile *key, const struct wish *w, char **bytes,
                 size_t *len)
{
    char *path = x_asprintf("/v1/accounts/%s/%s", w->member, w->unit);
    json_t *account = NULL;
    struct buf b = BUF_INIT;
    long status;
    int rc = query_status(c, key, path, &status, &account);

    /* Asked for first, so that what is missing can be told by its name. */
    if (rc == PUMASI_OK && status == 404)
        rc = query_no_account(c, key, w->member, w->unit);
    json_decref(account);
    buf_printf(&b, "%s/statement?from=%s&to=%s", path, w->from, w->to);
    if (w->since > 0)
        buf_printf(&b, "&since_size=%" PRId64, w->since);
    if (rc == PUMASI_OK)
        rc = query_bytes(c, key, b.data, SECONDS, bytes, len);
    buf_free(&b);
    free(path);
    return rc;
}

/* Is it what was asked for, and signed by the ledger? All else is for `pumasi verify`. */
static int check(const struct client *c, const struct wish *w, const struct statement *st)
{
    char account[ACCOUNT_MAX + 1];
    struct kid kid;

    name_account(account, w->member, w->unit);
    key_kid(&kid, &c->profile.log_key);
    if (str_eq(st->account, account) && str_eq(st->aud, c->profile.ledger_id) &&
        str_eq(st->kid.s, kid.s) &&
        key_verify(&c->profile.log_key, st->signed_text.s, st->signed_text.len, st->sig))
        return PUMASI_OK;
    return fail(PUMASI_UNPROVED, _("What came isn't this account's statement signed by the "
                                   "ledger's pinned log key. Nothing was written; ask those who "
                                   "run the ledger."));
}

static int write_out(const struct wish *w, const char *bytes, size_t len)
{
    if (w->output != NULL && !str_eq(w->output, "-"))
        return output_file(w->output, bytes, len);
    if (fwrite(bytes, 1, len, stdout) != len || fflush(stdout) != 0)
        return fail(PUMASI_FAILED, _("The output can't be written: %s."), strerror(errno));
    return PUMASI_OK;
}

static int keep(const struct client *c, const struct wish *w, const char *bytes, size_t len)
{
    struct statement st;
    const char *why;
    char *safe;
    int rc;

    if (statement_read(&st, bytes, len, &why) != 0)
        return statement_unread(PUMASI_UNPROVED, _("What came"), st.at, why);
    rc = check(c, w, &st);
    if (rc == PUMASI_OK)
        rc = write_out(w, bytes, len);
    if (rc == PUMASI_OK && w->output != NULL && !str_eq(w->output, "-")) {
        safe = say_safe(w->output);
        note(ngettext("%s has %zu entry. To see what it proves: pumasi verify %s",
                      "%s has %zu entries. To see what it proves: pumasi verify %s", st.n_entries),
             safe, st.n_entries, safe);
        free(safe);
    }
    statement_free(&st);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    struct wish w = {
        .member = cli_arg(cli, 0), .unit = cli_arg(cli, 1), .output = cli_value(cli, "output")};
    const char *since = cli_value(cli, "since");
    const struct profile_unit *u;
    struct keyfile *key;
    char *bytes = NULL;
    size_t len;
    int rc = PUMASI_OK;

    if (w.unit == NULL) { /* one's own */
        w.unit = w.member;
        w.member = NULL;
    } else {
        rc = client_check_account_of(c, w.member);
    }
    if (rc == PUMASI_OK)
        rc = take_days(cli, &w);
    if (rc == PUMASI_OK && since != NULL)
        rc = take_since(c, since, &w.since);
    if (rc == PUMASI_OK)
        rc = client_unit(c, w.unit, &u);
    if (rc == PUMASI_OK)
        rc = client_reading_key(c, w.member, &key);
    if (rc == PUMASI_OK && w.member == NULL && key->role != ROLE_MEMBER)
        rc = fail(PUMASI_USAGE, _("The key %s is an office's: say whose statement you want."),
                  key->name);
    if (rc == PUMASI_OK && w.member == NULL)
        w.member = key->holder;
    if (rc == PUMASI_OK)
        rc = fetch(c, key, &w, &bytes, &len);
    if (rc == PUMASI_OK)
        rc = keep(c, &w, bytes, len);
    free(bytes);
    return rc;
}

static const struct cli_option options[] = {
    {"from", 0, N_("DATE"), N_("the first day, in the ledger's time zone")},
    {"to", 0, N_("DATE"), N_("the last day")},
    {"output", 'o', N_("FILE"), N_("write a file, complete or not at all, instead of the output")},
    {"since", 0, N_("FILE"),
     N_("an earlier statement: proves too that the ledger only added to what it was then")},
    {0},
};

const struct command cmd_statement = {
    .name = "statement",
    .args = N_("[MEMBER] UNIT"),
    .summary = N_("Fetch an account's statement, a file that proves itself"),
    .help = N_("Without MEMBER it is your own account. The file holds what was posted in these "
               "days with all signatures and proofs. \"pumasi verify\" checks it and \"pumasi "
               "show\" shows it, anywhere and without a network."),
    .min_args = 1,
    .max_args = 2,
    .options = options,
    .run = run,
};
