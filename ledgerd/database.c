/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/privs.h"

int database_open(struct database *db, const struct conf *conf, bool make, bool share, char *err,
                  size_t err_size)
{
    struct pgserver *server;

    *db = (struct database){.lock = -1};
    db->lock = privs_lock_data(conf->data, err, err_size);
    if (db->lock < 0 && !share)
        return -1;
    if (conf->database[0] != '\0') {
        db->conninfo = x_strdup(conf->database);
        return 0;
    }
    server = pgserver_new(conf->data, conf->pg_bin, err, err_size);
    if (!server)
        goto fail;
    /* Without the lock another ledgerd is at work there: its server is used, not looked after. */
    if (db->lock >= 0) {
        if (!make && !pgserver_exists(server)) {
            snprintf(err, err_size, _("There is no ledger in %s: run `ledgerd init` first."),
                     conf->data);
            goto fail;
        }
        db->keeper = pgkeeper_start(server, make, db->lock, err, err_size);
        if (!db->keeper)
            goto fail;
    }
    db->conninfo = x_strdup(pgserver_conninfo(server));
    pgserver_free(server);
    return 0;
fail:
    pgserver_free(server);
    database_close(db);
    return -1;
}

void database_close(struct database *db)
{
    pgkeeper_stop(db->keeper);
    free(db->conninfo);
    if (db->lock >= 0)
        close(db->lock);
    *db = (struct database){.lock = -1};
}

PGconn *database_connect(const struct database *db, const char *app_name, char *err,
                         size_t err_size)
{
    struct db_settings settings = {.app_name = app_name, .connect_timeout_ms = 10000};

    return db_connect(db->conninfo, &settings, err, err_size);
}
