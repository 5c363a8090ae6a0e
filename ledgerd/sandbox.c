/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/log.h"
#include "ledgerd/privs.h"
#include "ledgerd/sandbox_int.h"

struct sandbox {
    struct paths read, change; /* files and folders */
    bool network;
};

static void add(struct paths *to, const char *path)
{
    to->all = x_realloc(to->all, (to->n + 1) * sizeof(*to->all));
    to->all[to->n++] = x_strdup(path);
}

static void free_paths(struct paths *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->all[i]);
    free(p->all);
}

static void allow_reading(struct sandbox *s, const char *path)
{
    add(&s->read, path);
}

void sandbox_allow_changes(struct sandbox *s, const char *path)
{
    add(&s->change, path);
}

struct sandbox *sandbox_new(void)
{
    /* Libraries that are loaded late, messages, character sets, time zones; the number of cores. */
    static const char *const system[] = {"/usr", "/lib", "/lib64", "/etc/ld.so.cache",
                                         "/sys/devices/system/cpu"};
    struct sandbox *s = x_calloc(1, sizeof(*s));

    for (size_t i = 0; i < ARRAY_LEN(system); i++)
        allow_reading(s, system[i]);
    return s;
}

void sandbox_free(struct sandbox *s)
{
    if (s == NULL)
        return;
    free_paths(&s->read);
    free_paths(&s->change);
    free(s);
}

/* Lets all files in the folder be read; one that isn't there is passed over. */
static void allow_folder(struct sandbox *s, const char *folder)
{
    allow_reading(s, folder);
}

/* Of the root and of the user's home only this one file. */
static void allow_parent(struct sandbox *s, const char *file)
{
    const char *home = getenv("HOME");
    char *folder = x_strndup(file, (size_t)(strrchr(file, '/') - file));

    allow_reading(s, *folder == '\0' || (home != NULL && str_eq(folder, home)) ? file : folder);
    free(folder);
}

void sandbox_allow_folder_of(struct sandbox *s, const char *file)
{
    char *target = realpath(file, NULL);

    if (file[0] == '/')
        allow_parent(s, file);
    if (target != NULL)
        allow_parent(s, target);
    free(target);
}

/* libpq reads these at every new connection, if they are there. */
static void allow_home(struct sandbox *s)
{
    static const char *const names[] = {".pgpass", ".postgresql", ".pg_service.conf"};
    const char *home = getenv("HOME");

    for (size_t i = 0; home != NULL && home[0] == '/' && i < ARRAY_LEN(names); i++) {
        char *path = x_asprintf("%s/%s", home, names[i]);

        allow_reading(s, path);
        free(path);
    }
}

/* Whether one of these hosts, separated by commas, is reached by the network. */
static bool is_remote(const char *hosts)
{
    for (const char *p = hosts; p != NULL && *p != '\0';) {
        size_t len = strcspn(p, ",");

        if (len > 0 && *p != '/' && *p != '@')
            return true;
        p += len + (p[len] == ',');
    }
    return false;
}

void sandbox_allow_network(struct sandbox *s)
{
    s->network = true;
    /* Whole, as the resolver's files and certificates are replaced by new ones. */
    allow_folder(s, "/etc");
    sandbox_allow_folder_of(s, "/etc/resolv.conf");
}

void sandbox_allow_database(struct sandbox *s, PGconn *conn)
{
    static const char *const files[] = {"passfile",    "sslcert", "sslkey",
                                        "sslrootcert", "sslcrl",  "sslcrldir"};
    static const char *const services[] = {"PGSERVICEFILE", "PGSYSCONFDIR"};
    PQconninfoOption *options = PQconninfo(conn);

    for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
        if ((str_eq(o->keyword, "host") || str_eq(o->keyword, "hostaddr")) && is_remote(o->val))
            s->network = true;
        for (size_t i = 0; o->val != NULL && o->val[0] == '/' && i < ARRAY_LEN(files); i++)
            if (str_eq(o->keyword, files[i]))
                sandbox_allow_folder_of(s, o->val);
    }
    PQconninfoFree(options);
    for (size_t i = 0; i < ARRAY_LEN(services); i++)
        if (getenv(services[i]) != NULL)
            allow_reading(s, getenv(services[i]));
    allow_home(s);
    /* Who ledgerd runs as, where no user is named; services; the resolver's files. Whole, as such
     * files are replaced by new ones. */
    allow_folder(s, "/etc");
    if (s->network)
        sandbox_allow_network(s);
}

/* Says what is on, and what isn't and why. */
static void say(enum sandbox_want want, int landlock, const char *no_files, bool seccomp,
                const char *no_calls)
{
    bool all = landlock > 0 && seccomp;
    char *files = x_asprintf(_("off: %s"), no_files), *calls = x_asprintf(_("off: %s"), no_calls);

    log_event(all || want == SANDBOX_OFF ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "sandbox",
              LOG_STR("seccomp", seccomp ? "on" : calls),
              landlock > 0 ? LOG_INT("landlock", landlock) : LOG_STR("landlock", files));
    free(files);
    free(calls);
}

int sandbox_enter(const struct sandbox *s, enum sandbox_want want, char *err, size_t err_size)
{
    const char *no_files = _("not wanted"), *no_calls = no_files;
    int landlock = 0;
    bool seccomp = false;

    privs_drop_capabilities();
    if (PRIVS_TRACEABLE) {
        no_files = no_calls = _("this program was built to be looked into");
    } else if (want != SANDBOX_OFF) {
        /* In this order: the filter forbids the system calls of the other. */
        landlock = sandbox_landlock(&s->change, &s->read, s->network, &no_files);
        seccomp = sandbox_seccomp(s->network, &no_calls) == 0;
    }
    if (want == SANDBOX_REQUIRE && (landlock == 0 || !seccomp)) {
        snprintf(err, err_size, _("the sandbox is required and can't be had: %s: %s"),
                 landlock == 0 ? "Landlock" : "seccomp", landlock == 0 ? no_files : no_calls);
        return -1;
    }
    say(want, landlock, no_files, seccomp, no_calls);
    return 0;
}
