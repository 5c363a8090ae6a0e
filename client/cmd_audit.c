/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi audit: a ledger from record 0 on, by the rules. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/audit.h"
#include "client/audit_run.h"
#include "client/commands.h"
#include "client/files.h"
#include "client/pin.h"

static int write_page(const struct audit_report *r, const char *path)
{
    struct buf b = BUF_INIT;
    int rc = PUMASI_OK;

    audit_show_html(&b, r);
    if (files_write(path, b.data, b.len) != 0)
        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), path, strerror(errno));
    buf_free(&b);
    return rc;
}

static int show(const struct audit_report *r, const struct cli *cli)
{
    const char *page = cli_value(cli, "html");
    int rc = page ? write_page(r, page) : PUMASI_OK;

    if (r->c->json) {
        json_t *json = audit_show_json(r);

        client_print_json(json);
        json_decref(json);
    } else {
        audit_show_text(r);
    }
    /* Not what any command fails with: that says that something was found. */
    return r->found > 0 ? PUMASI_FAILED : rc != PUMASI_OK ? PUMASI_UNKNOWN : PUMASI_OK;
}

/* --id and --vkey, what they may be. A slip of the pen isn't to look like another ledger. */
static int check_trusted(const struct cli *cli)
{
    const char *id = cli_value(cli, "id"), *vkey = cli_value(cli, "vkey");
    char name[ORIGIN_MAX + 1], *safe;
    struct key key;
    int rc = PUMASI_OK;

    if (id && !pin_is_id(id)) {
        safe = say_safe(id);
        rc = fail(
            PUMASI_USAGE,
            _("\"%s\" isn't the id of a ledger: \"pumasi whoami\" prints it, and behind it the "
              "log key for --vkey."),
            safe);
        free(safe);
    } else if (vkey && vkey_parse(vkey, name, sizeof(name), &key) != 0) {
        safe = say_safe(vkey);
        rc = fail(PUMASI_USAGE,
                  _("\"%s\" isn't a log key as --vkey takes it: \"pumasi whoami\" prints it behind "
                    "the ledger's id."),
                  safe);
        free(safe);
    }
    return rc;
}

static int check_options(const struct cli *cli)
{
    int n = cli_given(cli, "book") + cli_given(cli, "all") + cli_given(cli, "log");

    if (n != 1)
        return fail(PUMASI_USAGE, _("Say what to audit: --book COOP, --all or --log DIR."));
    if (!cli_given(cli, "log") && (cli_given(cli, "id") || cli_given(cli, "vkey")))
        return fail(PUMASI_USAGE, _("--id and --vkey are for --log: of a ledger that you are "
                                    "connected to, they are pinned."));
    if (cli_given(cli, "log") &&
        (cli_given(cli, "again") || cli_given(cli, "accounts") || cli_given(cli, "no-answers")))
        return fail(PUMASI_USAGE, _("--again, --accounts and --no-answers are for --book and "
                                    "--all."));
    return check_trusted(cli);
}

static int run(struct client *c, const struct cli *cli)
{
    struct audit_report r = {.c = c, .made = (int64_t)time(NULL)};
    struct audit_ask ask = {.coop = cli_value(cli, "book"),
                            .dir = cli_value(cli, "log"),
                            .id = cli_value(cli, "id"),
                            .vkey = cli_value(cli, "vkey"),
                            .again = cli_given(cli, "again"),
                            .answers = !cli_given(cli, "no-answers"),
                            .accounts = AUDIT_ACCOUNTS};
    int rc = check_options(cli);

    if (rc == PUMASI_OK && !ask.dir && !c->profile.connected)
        rc = fail(PUMASI_FAILED, _("You aren't connected to a ledger yet: see \"pumasi connect "
                                   "--help\"."));
    if (rc == PUMASI_OK)
        rc = cli_number(cli, "accounts", 0, INT64_MAX, &ask.accounts);
    if (rc == PUMASI_OK && ask.coop)
        rc = client_check_coop(ask.coop);
    if (rc == PUMASI_OK) {
        rc = ask.dir ? audit_run_export(&r, &ask) : audit_run_ledger(&r, &ask);
        rc = rc == PUMASI_OK ? show(&r, cli) : rc == PUMASI_FAILED ? PUMASI_UNKNOWN : rc;
    }
    audit_report_free(&r);
    return rc;
}

static const struct cli_option options[] = {
    {"book", 0, N_("COOP"), N_("what may be seen of this co-op's book")},
    {"all", 0, NULL, N_("the whole ledger, for auditors of all")},
    {"log", 0, N_("DIR"), N_("an export of a ledger in this folder, with no network")},
    {"id", 0, N_("ID"), N_("log: the id that the ledger must have")},
    {"vkey", 0, N_("VKEY"), N_("log: the log key that must have signed it")},
    {"again", 0, NULL, N_("get every record anew and verify every signature again")},
    {"accounts", 0, N_("N"), N_("compare the shown histories of so many accounts (1000)")},
    {"no-answers", 0, NULL, N_("look at the log alone, not at what the ledger shows of it")},
    {"html", 0, N_("FILE"), N_("write the report as a page to print, too")},
    {0},
};

const struct command cmd_audit = {
    .name = "audit",
    .args = "",
    .summary = N_("Check a ledger, or a co-op's book, from its first record on"),
    .help = N_("Gets the records that your key may see into a copy of your own, and checks each by "
               "the rules: signatures, limits, balances, numbers, sums, the signed tree; that "
               "nothing you were shown before is gone; and that the ledger shows its members what "
               "the log says. Run it again and it goes on from there. The exit status is 0 when "
               "everything is right, 1 when something is wrong, 4 when the audit couldn't be "
               "made."),
    .options = options,
    .flags = COMMAND_UNCONNECTED,
    .run = run,
};
