/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/pgleftovers.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/num.h"
#include "ledgerd/files.h"
#include "ledgerd/log.h"
#include "ledgerd/pginit.h"
#include "ledgerd/pgproc.h"

/* How long the gentle ways are given, in ms. */
#define LEFT_FAST_MS 30000 /* SIGINT to a postmaster: sessions end, a checkpoint is written */
#define ORPHANS_MS   1000  /* backends without a server end by themselves */
#define LOCKS_MS     1000  /* a lock file's owner that is no server may be about to vanish */

/*
 * Reads a lock file of PostgreSQL: whose it is, and whether it says that the server is ready. 0, or
 * -1 when there is none. (Line 1 is the pid, with a minus that of `postgres --single`, line 8 of
 * postmaster.pid the state.)
 */
static int read_lock_file(const char *path, pid_t *pid, bool *ready)
{
    char *text = file_read(path, 8192, NULL);
    const char *line = text;
    int64_t n;
    int rc = -1;

    if (text != NULL && *line == '-')
        line++;
    if (text != NULL && num_parse(line, strcspn(line, "\n"), 1, INT32_MAX, &n) == 0) {
        *pid = (pid_t)n;
        for (int i = 1; i < 8 && line != NULL; i++) {
            line = strchr(line, '\n');
            line = line != NULL ? line + 1 : NULL;
        }
        *ready = line != NULL && strncmp(line, "ready", 5) == 0;
        rc = 0;
    }
    free(text);
    return rc;
}

int pgleftovers_pid_file(const char *pg_dir, pid_t *pid, bool *ready)
{
    char *path = x_asprintf("%s/postmaster.pid", pg_dir);
    int rc = read_lock_file(path, pid, ready);

    free(path);
    return rc;
}

bool pgleftovers_unlock(const char *pg_dir, const char *socket_dir, int64_t waited_ms)
{
    const char *const dirs[] = {pg_dir, socket_dir};
    const char *const names[] = {"postmaster.pid", PG_SOCKET_NAME ".lock"};
    bool done = true;

    for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
        char *path = x_asprintf("%s/%s", dirs[i], names[i]);
        pid_t pid;
        bool ready;

        if (read_lock_file(path, &pid, &ready) == 0 && kill(pid, 0) == 0) {
            if (!pgproc_is_zombie(pid) && waited_ms < LOCKS_MS) {
                done = false;
            } else {
                log_info("%s names process %d, which is no PostgreSQL: removed", path, (int)pid);
                unlink(path);
            }
        }
        free(path);
    }
    return done;
}

bool pgleftovers_clear(const char *pg_dir, int64_t waited_ms, int *signalled)
{
    pid_t pids[PGPROC_MANY], master = 0;
    size_t n = pgproc_find(pg_dir, pids, PGPROC_MANY);
    int64_t gentle = ORPHANS_MS;
    bool ready;

    if (n == 0)
        return true;
    if (n > PGPROC_MANY)
        n = PGPROC_MANY;
    if (pgleftovers_pid_file(pg_dir, &master, &ready) == 0) {
        for (size_t i = 0; i < n; i++) {
            if (pids[i] != master)
                continue;
            gentle = LEFT_FAST_MS;
            if (*signalled == 0) {
                log_info(
                    "stopping the PostgreSQL (process %d) that an earlier ledgerd left running",
                    (int)master);
                kill(master, SIGINT);
                *signalled = SIGINT;
            }
        }
    }
    if (waited_ms >= gentle + PGPROC_QUIT_MS && *signalled != SIGKILL) {
        log_warn("killing %zu processes of PostgreSQL that don't end", n);
        *signalled = SIGKILL;
    } else if (waited_ms >= gentle && *signalled != SIGQUIT && *signalled != SIGKILL) {
        log_info("telling %zu processes of PostgreSQL to end at once", n);
        pgproc_signal(pids, n, SIGQUIT);
        *signalled = SIGQUIT;
    }
    /* Each time: more may have been forked meanwhile. */
    if (*signalled == SIGKILL)
        pgproc_signal(pids, n, SIGKILL);
    return false;
}
