/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/pginit.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/hash.h"
#include "core/num.h"
#include "lang/lang.h"
#include "ledgerd/files.h"
#include "ledgerd/pgproc.h"
#include "ledgerd/pgroles.h"

/* Where distributions put version %d. */
static const char *const bin_places[] = {"/usr/lib/postgresql/%d/bin", "/usr/pgsql-%d/bin"};

int pginit_cluster_version(const char *pg_dir, char *err, size_t err_size)
{
    char *path = x_asprintf("%s/PG_VERSION", pg_dir);
    char *text = file_read(path, 64, NULL);
    int64_t version;
    int rc = -1;

    if (text == NULL && errno == ENOENT) {
        rc = 0;
    } else if (text == NULL) {
        snprintf(err, err_size, "%s: %s", path, strerror(errno));
    } else if (num_parse(text, strcspn(text, "\n"), 1, 1000, &version) != 0) {
        snprintf(err, err_size, _("%s does not hold a version of PostgreSQL"), path);
    } else if (version < PG_OLDEST || version > PG_NEWEST) {
        snprintf(
            err, err_size,
            _("the database in %s was made by PostgreSQL %d, and this ledgerd works with %d to "
              "%d: export it with the ledgerd that made it, then `ledgerd init --from`"),
            pg_dir, (int)version, PG_OLDEST, PG_NEWEST);
    } else {
        rc = (int)version;
    }
    free(text);
    free(path);
    return rc;
}

/* The major version of the `postgres` in folder bin; -1 and a sentence. */
static int program_version(const char *bin, char *err, size_t err_size)
{
    char *postgres = x_asprintf("%s/postgres", bin);
    const char *argv[] = {postgres, "--version", NULL};
    char *said = NULL;
    int status = pgproc_run(argv, "/", &said);
    const char *digits;
    int64_t version;
    int rc = -1;

    /* "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "postgres (PostgreSQL) 18beta1" */
    digits = strstr(said, "(PostgreSQL) ");
    if (status != 0 || digits == NULL) {
        char *words = pgproc_last_words(said);

        snprintf(err, err_size, _("%s --version doesn't work: %s"), postgres,
                 *words != '\0' ? words : _("it says nothing"));
        free(words);
    } else {
        digits += strlen("(PostgreSQL) ");
        if (num_parse(digits, strspn(digits, "0123456789"), 1, 1000, &version) == 0)
            rc = (int)version;
        else
            snprintf(err, err_size, _("%s --version says no version"), postgres);
    }
    free(said);
    free(postgres);
    return rc;
}

/* Judges the programs in bin for a cluster of `version` (0: none yet). */
static int programs_suit(const char *bin, int version, char *err, size_t err_size)
{
    int theirs = program_version(bin, err, err_size);

    if (theirs < 0)
        return -1;
    if (theirs < PG_OLDEST || theirs > PG_NEWEST) {
        snprintf(err, err_size,
                 _("the programs in %s are of PostgreSQL %d, and this ledgerd works with %d to %d"),
                 bin, theirs, PG_OLDEST, PG_NEWEST);
        return -1;
    }
    if (version != 0 && theirs != version) {
        snprintf(
            err, err_size,
            _("the database was made by PostgreSQL %d, and the programs in %s are of %d: install "
              "PostgreSQL %d, or `ledgerd export` with the old one and `ledgerd init --from`"),
            version, bin, theirs, version);
        return -1;
    }
    return 0;
}

char *pginit_find_programs(const char *configured, int version, char *err, size_t err_size)
{
    int newest = version != 0 ? version : PG_NEWEST;
    int oldest = version != 0 ? version : PG_OLDEST;

    if (*configured != '\0')
        return programs_suit(configured, version, err, err_size) == 0 ? x_strdup(configured) : NULL;
    for (int v = newest; v >= oldest; v--) {
        for (size_t i = 0; i < ARRAY_LEN(bin_places); i++) {
            struct buf bin = BUF_INIT, initdb = BUF_INIT;
            const char *mark = strchr(bin_places[i], '%');

            buf_put(&bin, bin_places[i], (size_t)(mark - bin_places[i]));
            buf_put_i64(&bin, v);
            buf_puts(&bin, mark + 2);
            buf_printf(&initdb, "%s/initdb", bin.data);
            if (access(initdb.data, X_OK) == 0 && programs_suit(bin.data, v, err, err_size) == 0) {
                buf_free(&initdb);
                return buf_take(&bin);
            }
            buf_free(&initdb);
            buf_free(&bin);
        }
    }
    if (version != 0)
        snprintf(err, err_size,
                 _("the database was made by PostgreSQL %d, which is not installed here: install "
                   "postgresql-%d, or say with pg_bin where its programs are"),
                 version, version);
    else
        snprintf(
            err, err_size,
            _("no PostgreSQL of version %d to %d is installed here (`apt install postgresql`), or "
              "say with pg_bin where its programs are"),
            PG_OLDEST, PG_NEWEST);
    return NULL;
}

/* What stands at the end of postgresql.conf, written once by pginit_create. */
static const char include_lines[] =
    "\n# Added by ledgerd. The first file is written anew at each start; your own settings go\n"
    "# into the second one, beside this folder, where an upgrade keeps them.\n"
    "include = 'ledgerd-settings.conf'\n"
    "include_if_exists = '../postgresql.conf'\n";

static int append_includes(const char *pg_dir)
{
    char *path = x_asprintf("%s/postgresql.conf", pg_dir);
    char *text = file_read(path, 1024 * 1024, NULL);
    char *whole = text != NULL ? x_asprintf("%s%s", text, include_lines) : NULL;
    int rc = whole != NULL ? file_write(path, whole, strlen(whole), 0600) : -1;
    int saved = errno;

    free(whole);
    free(text);
    free(path);
    errno = saved;
    return rc;
}

static int run_initdb(const char *bin, const char *making, char *err, size_t err_size)
{
    char *initdb = x_asprintf("%s/initdb", bin);
    /*
     * Collation C orders UTF-8 as C.UTF-8 does, and no upgrade of the C library changes it. A new
     * segment of WAL is filled and flushed while a commit waits for it: for 20 to 40 ms with the
     * usual 16 MB, for 2 to 4 with 2 MB, though eight times as often.
     */
    const char *argv[] = {initdb,
                          "-D",
                          making,
                          "-U",
                          PG_SUPERUSER,
                          "--encoding=UTF8",
                          "--locale-provider=libc",
                          "--locale=C.UTF-8",
                          "--lc-collate=C",
                          "--data-checksums",
                          "--wal-segsize=2",
                          "--auth-local=peer",
                          "--auth-host=reject",
                          NULL};
    char *said = NULL;
    int status = pgproc_run(argv, "/", &said);

    if (status != 0) {
        char *words = pgproc_last_words(said);

        if (strstr(said, "No space left") != NULL)
            snprintf(err, err_size,
                     _("the database can't be made in %s: the disk is full (it takes 200 MB)"),
                     making);
        else
            snprintf(err, err_size, _("the database can't be made in %s: %s"), making,
                     *words != '\0' ? words : _("initdb failed without a word"));
        free(words);
    }
    free(said);
    free(initdb);
    return status == 0 ? 0 : -1;
}

int pginit_create(const char *bin, const char *pg_dir, char *err, size_t err_size)
{
    char *making = x_asprintf("%s.new", pg_dir);
    int rc = -1;

    if (getpwuid(geteuid()) == NULL) {
        snprintf(err, err_size,
                 _("user id %u has no name in /etc/passwd, and PostgreSQL needs one: add it there"),
                 (unsigned)geteuid());
        goto out;
    }
    if (access(pg_dir, F_OK) == 0) {
        snprintf(err, err_size, _("%s is there already, and is no database of PostgreSQL"), pg_dir);
        goto out;
    }
    if (dir_remove(making) != 0) {
        snprintf(err, err_size, _("%s can't be removed: %s"), making, strerror(errno));
        goto out;
    }
    if (run_initdb(bin, making, err, err_size) != 0)
        goto remove;
    if (append_includes(making) != 0) {
        snprintf(err, err_size, "%s/postgresql.conf: %s", making, strerror(errno));
        goto remove;
    }
    if (pginit_write_settings(making, err, err_size) != 0 ||
        pgroles_make(bin, making, err, err_size) != 0)
        goto remove;
    if (rename(making, pg_dir) != 0) {
        snprintf(err, err_size, "%s: %s", pg_dir, strerror(errno));
        goto remove;
    }
    rc = 0;
    goto out;
remove:
    if (dir_remove(making) != 0) {
        /* The next try removes it first. */
    }
out:
    free(making);
    return rc;
}

/* An eighth of the memory, 128 MB to 1 GB: the ledger shares the machine with others. */
static int64_t shared_buffers_mb(void)
{
    int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    int64_t mb = pages > 0 && page > 0 ? pages / 8 * page / (1024 * 1024) : 128;

    return mb < 128 ? 128 : mb > 1024 ? 1024 : mb;
}

static void put_settings(struct buf *b)
{
    buf_puts(
        b, "# Written by ledgerd at each start. Your own settings go into postgresql.conf of the\n"
           "# data folder, which is read after this file.\n");
    buf_printf(b, "shared_buffers = %lldMB\n", (long long)shared_buffers_mb());
    buf_puts(b, "max_connections = 100\n"
                "jit = off\n"
                "max_parallel_workers_per_gather = 0\n"
                "random_page_cost = 1.1\n"
                "wal_buffers = 16MB\n"
                "max_wal_size = 2GB\n"
                "checkpoint_timeout = 15min\n"
                "autovacuum_naptime = 20s\n"
                /* Plans are pinned (db_conn.c): a small sample will do, and costs a fifth. */
                "default_statistics_target = 10\n"
                "timezone = 'UTC'\n"
                "lc_messages = 'C'\n");
    /* What an act says may be about people: neither values nor statements go into a log. */
    buf_puts(b, "log_timezone = 'UTC'\n"
                "logging_collector = on\n"
                "log_destination = 'stderr'\n"
                "log_directory = '../pg-log'\n"
                "log_filename = 'postgresql-%a.log'\n"
                "log_file_mode = 0600\n"
                "log_rotation_age = 1d\n"
                "log_rotation_size = 0\n"
                "log_truncate_on_rotation = on\n"
                "log_line_prefix = '%m [%p] %a '\n"
                "log_error_verbosity = terse\n"
                "log_statement = none\n"
                "log_min_error_statement = panic\n"
                "log_parameter_max_length = 0\n"
                "log_parameter_max_length_on_error = 0\n"
                "log_checkpoints = off\n");
}

static int write_one(const char *pg_dir, const char *name, const struct buf *text, char *err,
                     size_t err_size)
{
    char *path = x_asprintf("%s/%s", pg_dir, name);
    size_t len = 0;
    char *there = file_read(path, 1024 * 1024, &len);
    int rc = 0;

    /* Left alone when it is right already: a full disk then doesn't prevent a start. */
    if (there == NULL || len != text->len || memcmp(there, text->data, len) != 0)
        rc = file_write(path, text->data, text->len, 0600);
    if (rc != 0)
        snprintf(err, err_size, "%s: %s", path, strerror(errno));
    free(there);
    free(path);
    return rc;
}

int pginit_write_settings(const char *pg_dir, char *err, size_t err_size)
{
    const struct passwd *pw = getpwuid(geteuid());
    struct buf b = BUF_INIT;
    int rc = -1;

    if (pw == NULL) {
        snprintf(err, err_size,
                 _("user id %u has no name in /etc/passwd, and PostgreSQL needs one"),
                 (unsigned)geteuid());
        return -1;
    }
    put_settings(&b);
    if (write_one(pg_dir, "ledgerd-settings.conf", &b, err, err_size) != 0)
        goto out;
    /* Who may connect: the user whom the data folder belongs to, as the role PG_ROLE and no other.
     */
    buf_clear(&b);
    buf_printf(&b,
               "# Written by ledgerd at each start.\n"
               "local all %s peer map=owner\n"
               "local all all reject\n"
               "local replication all reject\n",
               PG_ROLE);
    if (write_one(pg_dir, "ledgerd-hba.conf", &b, err, err_size) != 0)
        goto out;
    buf_clear(&b);
    buf_printf(&b, "# Written by ledgerd at each start.\nowner \"%s\" %s\n", pw->pw_name, PG_ROLE);
    if (write_one(pg_dir, "ledgerd-ident.conf", &b, err, err_size) != 0)
        goto out;
    rc = 0;
out:
    buf_free(&b);
    return rc;
}

/* libpq reads a value in quotes with ' and \ escaped. */
char *pginit_conninfo(const char *socket_dir, const char *dbname)
{
    struct buf b = BUF_INIT;

    buf_puts(&b, "host='");
    for (const char *s = socket_dir; *s != '\0'; s++) {
        if (*s == '\'' || *s == '\\')
            buf_putc(&b, '\\');
        buf_putc(&b, *s);
    }
    buf_printf(&b, "' port=5432 user=%s dbname=%s", PG_ROLE, dbname);
    return buf_take(&b);
}

char *pginit_socket_dir(const char *data_dir)
{
    char *dir = x_asprintf("%s/run", data_dir);
    struct sockaddr_un addr;
    struct hash hash;

    if (strlen(dir) + 1 + strlen(PG_SOCKET_NAME) < sizeof(addr.sun_path))
        return dir;
    free(dir);
    hash_bytes(&hash, data_dir, strlen(data_dir));
    return x_asprintf("/tmp/pumasi-%u-%02x%02x%02x%02x%02x%02x", (unsigned)geteuid(), hash.b[0],
                      hash.b[1], hash.b[2], hash.b[3], hash.b[4], hash.b[5]);
}

int pginit_ready_dir(const char *dir, char *err, size_t err_size)
{
    struct stat st;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        snprintf(err, err_size, _("%s can't be made: %s"), dir, strerror(errno));
        return -1;
    }
    if (lstat(dir, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        snprintf(err, err_size, _("%s is not a folder of this user alone (mode 0700): remove it"),
                 dir);
        return -1;
    }
    return 0;
}
