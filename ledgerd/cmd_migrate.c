/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ledgerd migrate: brings the tables up to date. */
#include <libpq-fe.h>
#include <stdio.h>

#include "lang/lang.h"
#include "ledgerd/commands.h"
#include "ledgerd/database.h"
#include "ledgerd/migrate.h"
#include "ledgerd/privs.h"

int cmd_migrate(struct conf *conf, int argc, char **argv)
{
    struct database db;
    char err[512];
    PGconn *conn;
    int applied = 0;
    int ret = 1;

    if (argc > 1) {
        fprintf(stderr, _("ledgerd: `migrate` takes no \"%s\".\n"), argv[1]);
        return 2;
    }
    if (privs_become(conf->user, conf->data, false, err, sizeof(err)) != 0 ||
        database_open(&db, conf, false, false, err, sizeof(err)) != 0) {
        fprintf(stderr, "ledgerd: %s\n", err);
        return 1;
    }
    conn = database_connect(&db, "ledgerd migrate", err, sizeof(err));
    if (conn && db_migrate_run(conn, &applied, err, sizeof(err)) == 0) {
        printf(_("The tables are up to date; migrations applied now: %d.\n"), applied);
        ret = 0;
    } else {
        fprintf(stderr, "ledgerd: %s\n", err);
    }
    PQfinish(conn);
    database_close(&db);
    return ret;
}
