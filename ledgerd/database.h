/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DATABASE_H
#define PUMASI_DATABASE_H

#include <libpq-fe.h>

#include "core/base.h"
#include "ledgerd/conf.h"
#include "ledgerd/pgkeeper.h"

/* The database of a ledger for as long as a command works on it: the configured one, or the private
 * cluster, which is started for it. */
struct database {
    struct pgkeeper *keeper; /* NULL: a configured one, or another ledgerd's that runs */
    char *conninfo;
    int lock; /* of the data folder, -1 without */
};

/*
 * Opens it. make: the private cluster is made where there is none. share: when another ledgerd is
 * at work in the data folder its running server is used. Called before there are threads. -1 and a
 * sentence.
 */
int database_open(struct database *db, const struct conf *conf, bool make, bool share, char *err,
                  size_t err_size) MUST_CHECK;
/* Stops the cluster if we started it. */
void database_close(struct database *db);
/* A blocking connection with the usual settings. NULL and a sentence. */
PGconn *database_connect(const struct database *db, const char *app_name, char *err,
                         size_t err_size) MUST_CHECK;

#endif
