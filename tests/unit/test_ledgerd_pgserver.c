/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/num.h"
#include "ledgerd/conf.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/db_post.h"
#include "ledgerd/files.h"
#include "ledgerd/log.h"
#include "ledgerd/migrate.h"
#include "ledgerd/pginit.h"
#include "ledgerd/pgkeeper.h"
#include "ledgerd/pgproc.h"
#include "ledgerd/pgserver.h"
#include "ledgerd/privs.h"

/* A real private cluster, made once; each test leaves it stopped or up, and the next one copes. */

#define PATIENCE_MS 60000

static char base[256], data[300], pg_dir[320];
static char err[600];
static struct pgserver *server;

static const struct db_settings settings = {.app_name = "test",
                                            .connect_timeout_ms = PATIENCE_MS,
                                            .statement_timeout_ms = 7000,
                                            .idle_session_ms = 9000};

/* PostgreSQL doesn't run as root: becomes the first of these users that there is. */
static const char *some_user(void)
{
    static const char *const users[] = {"ledgerd", "postgres", "nobody"};

    for (size_t i = 0; i < ARRAY_LEN(users); i++)
        if (getpwnam(users[i]) != NULL)
            return users[i];
    return "nobody";
}

static int group_setup(void **state)
{
    const char *tmp = getenv("TMPDIR");
    const struct passwd *pw = getpwnam(some_user());

    (void)state;
    log_open(STDERR_FILENO, LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    snprintf(base, sizeof(base), "%s/pgserver-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(base) == NULL || (geteuid() == 0 && chown(base, pw->pw_uid, pw->pw_gid) != 0))
        return -1;
    snprintf(data, sizeof(data), "%s/data", base);
    snprintf(pg_dir, sizeof(pg_dir), "%s/pg", data);
    if (privs_become(some_user(), data, true, err, sizeof(err)) != 0) {
        fprintf(stderr, "%s\n", err);
        return -1;
    }
    server = pgserver_new(data, "", err, sizeof(err));
    if (server == NULL || pgserver_init(server, err, sizeof(err)) != 0) {
        fprintf(stderr, "%s\n", err);
        return -1;
    }
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    pgserver_stop(server);
    pgserver_free(server);
    return dir_remove(base);
}

static void start(void)
{
    if (pgserver_state(server) != PGSERVER_UP &&
        pgserver_start(server, PATIENCE_MS, err, sizeof(err)) != 0)
        fail_msg("%s", err);
}

static PGconn *connect_or_fail(void)
{
    PGconn *conn = db_connect(pgserver_conninfo(server), &settings, err, sizeof(err));

    if (conn == NULL)
        fail_msg("%s", err);
    return conn;
}

/* The one value that a query answers; valid until the next call. */
static const char *ask(PGconn *conn, const char *sql)
{
    static char value[256];
    PGresult *res = PQexec(conn, sql);

    if (PQresultStatus(res) != PGRES_TUPLES_OK || PQntuples(res) != 1)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    str_copy(value, sizeof(value), PQgetvalue(res, 0, 0));
    PQclear(res);
    return value;
}

static void run(PGconn *conn, const char *sql)
{
    if (db_exec_simple(conn, sql, err, sizeof(err)) != 0)
        fail_msg("%s: %s", sql, err);
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Looks after the server as the event loop does, until it has come up `ups` times. */
static void tick_until_ups(int64_t ups)
{
    int64_t deadline = now_ms() + PATIENCE_MS;

    while (pgserver_tick(server) != PGSERVER_UP || pgserver_ups(server) < ups) {
        assert_true(now_ms() < deadline);
        int64_t due = pgserver_due_ms(server);
        poll(NULL, 0, (int)(due < 20 ? due : 20));
    }
}

static pid_t postmaster(void)
{
    char *path = x_asprintf("%s/postmaster.pid", pg_dir);
    char *text = file_read(path, 8192, NULL);
    int64_t pid;

    assert_non_null(text);
    assert_int_equal(num_parse(text, strcspn(text, "\n"), 1, INT32_MAX, &pid), 0);
    free(text);
    free(path);
    return (pid_t)pid;
}

static size_t servers(void)
{
    return pgproc_find(pg_dir, NULL, 0);
}

/* Its logger sees the end of the others, and ends after them. */
static void none_is_left(void)
{
    int64_t deadline = now_ms() + PATIENCE_MS;

    while (servers() != 0) {
        assert_true(now_ms() < deadline);
        poll(NULL, 0, 20);
    }
}

static void has_our_settings(void **state)
{
    PGconn *conn;
    char *conninfo;
    struct stat st;

    (void)state;
    start();
    conn = connect_or_fail();
    assert_string_equal(ask(conn, "SHOW data_checksums"), "on");
    assert_string_equal(ask(conn, "SHOW listen_addresses"), "");
    assert_string_equal(ask(conn, "SHOW fsync"), "on");
    assert_string_equal(ask(conn, "SHOW jit"), "off");
    assert_string_equal(ask(conn, "SHOW server_encoding"), "UTF8");
    assert_string_equal(ask(conn, "SHOW lc_ctype"), "C.UTF-8");
    assert_string_equal(ask(conn, "SHOW TimeZone"), "UTC");
    assert_string_equal(ask(conn, "SHOW statement_timeout"), "7s");
    assert_string_equal(ask(conn, "SHOW lock_timeout"), "7s");
    assert_string_equal(ask(conn, "SHOW idle_session_timeout"), "9s");
    assert_string_equal(ask(conn, "SHOW transaction_isolation"), "read committed");
    assert_string_equal(ask(conn, "SHOW synchronous_commit"), "on");
    assert_string_equal(ask(conn, "SELECT current_database()"), "ledger");
    assert_string_equal(ask(conn, "SHOW is_superuser"), "off");
    PQfinish(conn);
    conninfo = x_asprintf("%s user=" PG_SUPERUSER, pgserver_conninfo(server));
    assert_null(db_connect(conninfo, &settings, err, sizeof(err)));
    assert_non_null(strstr(err, "pg_hba.conf rejects connection"));
    free(conninfo);
    assert_int_equal(stat(pg_dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void init_again_changes_nothing(void **state)
{
    struct pgserver *other = pgserver_new(data, "", err, sizeof(err));

    (void)state;
    assert_non_null(other);
    assert_true(pgserver_exists(other));
    assert_int_equal(pgserver_init(other, err, sizeof(err)), 0);
    pgserver_free(other);
}

static void stops_and_leaves_nothing(void **state)
{
    (void)state;
    start();
    assert_true(servers() > 1);
    pgserver_stop(server);
    assert_int_equal(pgserver_state(server), PGSERVER_STOPPED);
    none_is_left();
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie either */
    assert_int_equal(pgserver_tick(server), PGSERVER_STOPPED);
}

static void postmaster_killed(void **state)
{
    PGconn *conn;

    (void)state;
    start();
    conn = connect_or_fail();
    run(conn, "CREATE TABLE kept (n int)");
    run(conn, "INSERT INTO kept VALUES (7)");
    kill(postmaster(), SIGKILL);
    tick_until_ups(pgserver_ups(server) + 1);
    PQfinish(conn);
    conn = connect_or_fail();
    assert_string_equal(ask(conn, "SELECT n FROM kept"), "7");
    run(conn, "DROP TABLE kept");
    PQfinish(conn);
}

/* A backend at work notices late that its postmaster is gone; the new one must wait for it. */
static void postmaster_killed_under_a_busy_backend(void **state)
{
    PGconn *conn;

    (void)state;
    start();
    conn = connect_or_fail();
    run(conn, "SET statement_timeout = 0");
    assert_int_equal(PQsendQuery(conn, "SELECT count(*) FROM generate_series(1, 1000000000000)"),
                     1);
    assert_int_equal(PQflush(conn), 0);
    kill(postmaster(), SIGKILL);
    tick_until_ups(pgserver_ups(server) + 1);
    PQfinish(conn);
}

static void all_killed(void **state)
{
    pid_t pids[64];

    (void)state;
    for (int i = 0; i < 3; i++) {
        size_t n;

        start();
        n = pgproc_find(pg_dir, pids, ARRAY_LEN(pids));
        assert_in_range(n, 2, ARRAY_LEN(pids));
        for (size_t k = 0; k < n; k++)
            kill(pids[k], SIGKILL);
        tick_until_ups(pgserver_ups(server) + 1);
        PQfinish(connect_or_fail());
    }
}

/* When ledgerd is killed, the kernel tells PostgreSQL to stop, and the next ledgerd finds it at
 * that. */
static void supervisor_killed(void **state)
{
    int ends[2];
    char byte = 0;
    pid_t child;

    (void)state;
    pgserver_stop(server);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        struct pgserver *own = pgserver_new(data, "", err, sizeof(err));
        bool up = own != NULL && pgserver_start(own, PATIENCE_MS, err, sizeof(err)) == 0;

        if (write(ends[1], up ? "u" : "-", 1) == 1)
            pause();
        _exit(1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    assert_int_equal(byte, 'u');
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    start();
    PQfinish(connect_or_fail());
}

static bool pid_file_says_ready(void)
{
    char *path = x_asprintf("%s/postmaster.pid", pg_dir);
    char *text = file_read(path, 8192, NULL);
    bool ready = text != NULL && strstr(text, "\nready") != NULL;

    free(text);
    free(path);
    return ready;
}

/* A server that nobody stops is stopped cleanly before the new one starts. */
static void left_running(void **state)
{
    char *bin = pginit_find_programs("", pginit_cluster_version(pg_dir, err, sizeof(err)), err,
                                     sizeof(err));
    char *postgres = x_asprintf("%s/postgres", bin),
         *sockets = x_asprintf("--unix_socket_directories=%s/run", data);
    const char *argv[] = {postgres, "-D", pg_dir, "--listen_addresses=", sockets, NULL};
    int64_t deadline = now_ms() + PATIENCE_MS;
    int status = -1;
    pid_t left;

    (void)state;
    pgserver_stop(server);
    left = pgproc_spawn(argv, "/", STDERR_FILENO, 0);
    assert_true(left > 0);
    while (!pid_file_says_ready()) {
        assert_true(now_ms() < deadline);
        poll(NULL, 0, 20);
    }
    start();
    assert_int_not_equal(postmaster(), left);
    assert_int_equal(waitpid(left, &status, WNOHANG), left);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    PQfinish(connect_or_fail());
    free(sockets);
    free(postgres);
    free(bin);
}

static void lock_files_of_others(void **state)
{
    char *text = x_asprintf("%d\n%s\n0\n5432\n\n\n", (int)getpid(), pg_dir);
    char *pid_file = x_asprintf("%s/postmaster.pid", pg_dir);
    char *lock_file = x_asprintf("%s/run/" PG_SOCKET_NAME ".lock", data);

    (void)state;
    pgserver_stop(server);
    assert_int_equal(file_write(pid_file, text, strlen(text), 0600), 0);
    assert_int_equal(file_write(lock_file, text, strlen(text), 0600), 0);
    start();
    free(lock_file);
    free(pid_file);
    free(text);
}

static void wrong_settings_are_said(void **state)
{
    static const char wrong[] = "shared_buffers = lots\n";
    char *path = x_asprintf("%s/postgresql.conf", data);

    (void)state;
    pgserver_stop(server);
    log_open(STDERR_FILENO, LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    assert_int_equal(file_write(path, wrong, strlen(wrong), 0600), 0);
    assert_int_equal(pgserver_start(server, PATIENCE_MS, err, sizeof(err)), -1);
    assert_non_null(strstr(err, "shared_buffers"));
    none_is_left();
    assert_int_equal(unlink(path), 0);
    start();
    free(path);
}

static void long_path_moves_the_socket(void **state)
{
    char *deep = x_asprintf("%s/%0*d", base, 100, 0);
    struct pgserver *p;
    const char *conninfo;
    PGconn *conn;

    (void)state;
    assert_int_equal(mkdir(deep, 0700), 0);
    p = pgserver_new(deep, "", err, sizeof(err));
    assert_non_null(p);
    conninfo = pgserver_conninfo(p);
    assert_non_null(strstr(conninfo, "host='/tmp/pumasi-"));
    if (pgserver_init(p, err, sizeof(err)) != 0 ||
        pgserver_start(p, PATIENCE_MS, err, sizeof(err)) != 0)
        fail_msg("%s", err);
    conn = db_connect(conninfo, &settings, err, sizeof(err));
    assert_non_null(conn);
    PQfinish(conn);
    pgserver_stop(p);
    char *dir = x_strndup(strstr(conninfo, "/tmp"), strcspn(strstr(conninfo, "/tmp"), "'"));
    assert_int_equal(dir_remove(dir), 0);
    /* Somebody else's folder in its place is not trusted. */
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(pgserver_start(p, 2000, err, sizeof(err)), -1);
    assert_non_null(strstr(err, "not a folder of this user alone"));
    assert_int_equal(dir_remove(dir), 0);
    free(dir);
    pgserver_free(p);
    free(deep);
}

static void migrations_of_a_real_database(void **state)
{
    PGconn *conn;
    int applied = -1;

    (void)state;
    start();
    conn = connect_or_fail();
    assert_int_equal(db_schema_check(conn, err, sizeof(err)), SCHEMA_EMPTY);
    if (db_migrate_run(conn, &applied, err, sizeof(err)) != 0)
        fail_msg("%s", err);
    assert_int_equal(applied, migrations_count);
    assert_int_equal(db_schema_check(conn, err, sizeof(err)), SCHEMA_OK);
    assert_int_equal(db_migrate_run(conn, &applied, err, sizeof(err)), 0);
    assert_int_equal(applied, 0);

    run(conn, "INSERT INTO schema_version (number, name, sha256) VALUES (999, 'later', '')");
    assert_int_equal(db_schema_check(conn, err, sizeof(err)), SCHEMA_NEWER);
    assert_non_null(strstr(err, "newer than this ledgerd (schema 999"));
    assert_int_equal(db_migrate_run(conn, &applied, err, sizeof(err)), -1);
    run(conn, "DELETE FROM schema_version WHERE number = 999");

    run(conn, "UPDATE schema_version SET sha256 = 'x' WHERE number = 1");
    assert_int_equal(db_schema_check(conn, err, sizeof(err)), SCHEMA_DIFFERS);
    assert_int_equal(db_migrate_run(conn, &applied, err, sizeof(err)), -1);
    PQfinish(conn);
}

static void connection_errors_are_sentences(void **state)
{
    (void)state;
    assert_null(db_connect("no such word", &settings, err, sizeof(err)));
    assert_non_null(strstr(err, "connection string is wrong"));
    assert_null(strchr(err, '\n'));
    assert_null(db_connect("host=/nonexistent", &settings, err, sizeof(err)));
    assert_non_null(strstr(err, "can't be reached"));
    assert_null(strchr(err, '\n'));
}

/* The operator's own options stay, ours win. */
static void own_options_are_kept(void **state)
{
    char *conninfo;
    PGconn *conn;

    (void)state;
    start();
    conninfo = x_asprintf("%s options='-c work_mem=5MB -c TimeZone=Asia/Seoul'",
                          pgserver_conninfo(server));
    conn = db_connect(conninfo, &settings, err, sizeof(err));
    assert_non_null(conn);
    assert_string_equal(ask(conn, "SHOW work_mem"), "5MB");
    assert_string_equal(ask(conn, "SHOW TimeZone"), "UTC");
    PQfinish(conn);
    free(conninfo);
}

/*
 * A poster that was stopped with half of its statements sent: its session is neither idle nor
 * within a statement, so no time-out of the server's ends it. Whoever stands by does. The tables
 * are there, by the test before this one.
 */
static void a_poster_that_hangs_loses_its_lock(void **state)
{
    const char *conninfo = pgserver_conninfo(server);
    struct db_post *hung, *next;
    struct conf conf;
    int64_t deadline;
    enum db_end end;

    (void)state;
    start();
    conf_init(&conf);
    conf.takeover_ms = 600000; /* neither session may be idle for too long by itself */
    hung = db_post_open(conninfo, &conf, err, sizeof(err));
    next = db_post_open(conninfo, &conf, err, sizeof(err));
    assert_true(hung != NULL && next != NULL);
    assert_int_equal(db_post_lock(hung), DB_DONE);
    assert_int_equal(db_post_lock(next), DB_OTHERS);
    for (int i = 0; i < 3000; i++) /* libpq sends them as its buffer fills, and no end of them */
        (void)db_pipe_send(hung->pipe, "ping", NULL);
    next->takeover_ms = 300;
    deadline = now_ms() + PATIENCE_MS;
    while ((end = db_post_lock(next)) == DB_OTHERS && now_ms() < deadline)
        poll(NULL, 0, 50);
    assert_int_equal(end, DB_DONE);
    assert_int_equal(db_post_ping(hung), DB_LOST);
    db_post_close(hung);
    db_post_close(next);
    conf_free(&conf);
}

/* What ledgerd hears of the keeper, which does the same from a process of its own. */
static void kept_by_another_process(void **state)
{
    struct pgserver *own = pgserver_new(data, "", err, sizeof(err));
    struct pgkeeper *keeper;
    uint64_t restarts = 0;
    int64_t deadline = now_ms() + PATIENCE_MS;
    char *path = x_asprintf("%s/postgresql.conf", data);

    (void)state;
    pgserver_stop(server);
    assert_non_null(own);
    /* What is wrong comes back as a sentence, and nothing stays. */
    log_open(STDERR_FILENO, LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    assert_int_equal(file_write(path, "shared_buffers = lots\n", 22, 0600), 0);
    assert_null(pgkeeper_start(own, false, -1, err, sizeof(err)));
    assert_non_null(strstr(err, "shared_buffers"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);

    keeper = pgkeeper_start(own, true, -1, err, sizeof(err));
    if (keeper == NULL)
        fail_msg("%s", err);
    pgserver_free(own); /* the keeper has its own */
    PQfinish(connect_or_fail());
    assert_true(pgkeeper_look(keeper, &restarts));
    assert_int_equal(restarts, 0);
    kill(postmaster(), SIGKILL);
    while (restarts == 0) {
        struct pollfd line = {.fd = pgkeeper_fd(keeper), .events = POLLIN};

        assert_true(now_ms() < deadline);
        assert_int_equal(poll(&line, 1, PATIENCE_MS), 1);
        assert_true(pgkeeper_look(keeper, &restarts));
    }
    assert_int_equal(restarts, 1);
    PQfinish(connect_or_fail());
    pgkeeper_stop(keeper);
    none_is_left();
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_our_settings),
        cmocka_unit_test(init_again_changes_nothing),
        cmocka_unit_test(own_options_are_kept),
        cmocka_unit_test(connection_errors_are_sentences),
        cmocka_unit_test(migrations_of_a_real_database),
        cmocka_unit_test(a_poster_that_hangs_loses_its_lock),
        cmocka_unit_test(postmaster_killed),
        cmocka_unit_test(postmaster_killed_under_a_busy_backend),
        cmocka_unit_test(all_killed),
        cmocka_unit_test(stops_and_leaves_nothing),
        cmocka_unit_test(supervisor_killed),
        cmocka_unit_test(left_running),
        cmocka_unit_test(kept_by_another_process),
        cmocka_unit_test(lock_files_of_others),
        cmocka_unit_test(wrong_settings_are_said),
        cmocka_unit_test(long_path_moves_the_socket),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
