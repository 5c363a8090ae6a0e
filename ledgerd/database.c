/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/privs.h"

/* Recovery after a crash replays at most a few gigabytes of WAL. */
#define START_PATIENCE_MS (10 * 60 * 1000)

int database_open(struct database *db, const struct conf *conf, bool make, bool share, char *err,
                  size_t err_size)
{
    *db = (struct database){.lock = -1};
    db->lock = privs_lock_data(conf->data, err, err_size);
    if (db->lock < 0 && !share)
        return -1;
    if (conf->database[0] != '\0') {
        db->conninfo = x_strdup(conf->database);
        return 0;
    }
    db->server = pgserver_new(conf->data, conf->pg_bin, err, err_size);
    if (!db->server)
        goto fail;
    if (db->lock <
        0) { /* another ledgerd is at work there: its server is used, and not looked after */
        db->conninfo = x_strdup(pgserver_conninfo(db->server));
        pgserver_free(db->server);
        db->server = NULL;
        return 0;
    }
    if (!make && !pgserver_exists(db->server)) {
        snprintf(err, err_size, _("There is no ledger in %s: run `ledgerd init` first."),
                 conf->data);
        goto fail;
    }
    if (make && pgserver_init(db->server, err, err_size) != 0)
        goto fail;
    if (pgserver_start(db->server, START_PATIENCE_MS, err, err_size) != 0)
        goto fail;
    db->conninfo = x_strdup(pgserver_conninfo(db->server));
    return 0;
fail:
    pgserver_free(db->server);
    db->server = NULL;
    database_close(db);
    return -1;
}

void database_close(struct database *db)
{
    if (db->server) {
        pgserver_stop(db->server);
        pgserver_free(db->server);
    }
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
