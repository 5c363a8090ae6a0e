/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/migrate.h"

#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "lang/lang.h"

void migration_hash(const char *sql, char hash[static MIGRATION_HASH_SIZE])
{
    struct hash h;

    hash_bytes(&h, sql, strlen(sql));
    for (size_t i = 0; i < HASH_LEN; i++)
        snprintf(hash + 2 * i, 3, "%02x", h.b[i]);
}

enum schema_state migrate_compare(const struct migration *own, size_t own_count,
                                  const struct migration_applied *applied, size_t n, char *err,
                                  size_t err_size)
{
    char hash[MIGRATION_HASH_SIZE];

    for (size_t i = 0; i < n && i < own_count; i++) {
        if (applied[i].number != own[i].number) {
            snprintf(
                err, err_size,
                _("the database's migrations are not in order: number %lld stands where %d should"),
                (long long)applied[i].number, own[i].number);
            return SCHEMA_DIFFERS;
        }
        migration_hash(own[i].sql, hash);
        if (!str_eq(applied[i].name, own[i].name) || !str_eq(applied[i].sha256, hash)) {
            snprintf(
                err, err_size,
                _("migration %d of the database (%s) is not this ledgerd's (%s), or was changed "
                  "after it was applied: use the ledgerd that made it"),
                own[i].number, applied[i].name, own[i].name);
            return SCHEMA_DIFFERS;
        }
    }
    if (n > own_count) {
        snprintf(
            err, err_size,
            _("the database is newer than this ledgerd (schema %lld, and this ledgerd knows up to "
              "%zu): run the newer ledgerd"),
            (long long)applied[n - 1].number, own_count);
        return SCHEMA_NEWER;
    }
    if (n == 0 && own_count > 0) {
        snprintf(err, err_size, _("the database is empty: run `ledgerd init`"));
        return SCHEMA_EMPTY;
    }
    if (n < own_count) {
        snprintf(
            err, err_size,
            _("the database is older than this ledgerd (schema %zu, and this ledgerd needs %zu): "
              "run `ledgerd migrate`"),
            n, own_count);
        return SCHEMA_OLDER;
    }
    return SCHEMA_OK;
}
