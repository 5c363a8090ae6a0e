/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_EXPORT_H
#define PUMASI_DB_EXPORT_H

#include <libpq-fe.h>

#include "core/base.h"
#include "core/tree.h"

/* Reads the whole log in order, in one snapshot of the database. */

struct db_snapshot {
    char ledger_id[256];
    char origin[129];
    int64_t size;
    struct hash root;
};

/* Begins the snapshot: a read-only transaction. -1 and a sentence. */
int db_snapshot_begin(PGconn *conn, struct db_snapshot *out, char *err, size_t err_size) MUST_CHECK;

/* Rows one by one, each list in order of the log; the strings live until the callback returns. -1
 * and a sentence; a callback's -1 ends it. */
struct db_export_rows {
    void *arg;
    int (*record)(void *arg, int64_t idx, const char *header, const char *parts);
    int (*text)(void *arg, int64_t idx, const char *field, const char *salt_hex, const char *body);
    int (*pending)(void *arg, const char *submission);
};
int db_export_all(PGconn *conn, const struct db_export_rows *rows, char *err,
                  size_t err_size) MUST_CHECK;

#endif
