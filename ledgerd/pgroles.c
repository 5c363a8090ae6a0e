/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/pgroles.h"

#include <stdio.h>
#include <stdlib.h>

#include "lang/lang.h"
#include "ledgerd/db_roles.h"
#include "ledgerd/pginit.h"
#include "ledgerd/pgproc.h"

/* Runs SQL as the superuser; what it said, for the caller to free, and its wait status. */
static int run_single(const char *bin, const char *pg_dir, const char *on_error, const char *dbname,
                      const char *sql, char **said)
{
    char *postgres = x_asprintf("%s/postgres", bin);
    const char *argv[] = {postgres, "--single", "-D", pg_dir, "-c", on_error, "-c", "fsync=on",
                          "-c", "full_page_writes=on",
                          /* Nobody is there to confirm it. */
                          "-c", "synchronous_commit=local", dbname, NULL};
    int status = pgproc_run_with(argv, pg_dir, sql, said);

    free(postgres);
    return status;
}

int pgroles_make(const char *bin, const char *pg_dir, char *err, size_t err_size)
{
    char *said = NULL, *words;
    int status;

    /* That it is there already is no fault; any other one is seen by what follows. */
    status =
        run_single(bin, pg_dir, "exit_on_error=off", "postgres", db_roles_make_database, &said);
    if (status == 0) {
        free(said);
        status = run_single(bin, pg_dir, "exit_on_error=on", PG_DATABASE, db_roles_make, &said);
    }
    if (status != 0) {
        words = pgproc_last_words(said);
        snprintf(err, err_size, _("the database's roles can't be made in %s: %s"), pg_dir,
                 *words != '\0' ? words : _("PostgreSQL failed without a word"));
        free(words);
    }
    free(said);
    return status == 0 ? 0 : -1;
}
