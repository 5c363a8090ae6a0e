/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi: pays and asks in a ledger. See commands.c for what it can do. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>

#include "client/client.h"
#include "client/commands.h"

static int run(struct client *c, const struct cli *cli)
{
    const struct command *k = cli->command;
    int rc = client_init(c, cli);

    if (rc != PUMASI_OK)
        return rc;
    if ((k->flags & COMMAND_UNCONNECTED) == 0) {
        rc = client_check_connected(c, (k->flags & COMMAND_UNOPENED) == 0);
        if (rc != PUMASI_OK)
            return rc;
    }
    return k->run(c, cli);
}

int main(int argc, char **argv)
{
    struct client client = {0};
    struct cli cli;
    int rc;

    lang_start("pumasi");
    if (sodium_init() < 0)
        return fail(PUMASI_FAILED, "%s", _("libsodium doesn't start."));
    signal(SIGPIPE, SIG_IGN);
    rc = cli_parse(&cli, argc, argv, commands);
    if (rc != PUMASI_OK)
        return rc;
    if (cli.help) {
        cli_help(stdout, &cli, commands, command_groups);
    } else if (cli.version) {
        printf("pumasi %s\n", PUMASI_VERSION);
    } else {
        rc = run(&client, &cli);
        client_free(&client);
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        return rc != PUMASI_OK ? rc : fail(PUMASI_FAILED, "%s", _("The output can't be written."));
    return rc;
}
