/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/conf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/num.h"
#include "lang/lang.h"
#include "ledgerd/address.h"
#include "ledgerd/calendar.h"
#include "ledgerd/files.h"
#include "ledgerd/peers.h"

#define CONF_SYSTEM_FILE "/etc/pumasi/ledgerd.conf"
#define CONF_LINE_MAX    4096
#define CONF_OPTIONS_MAX 64

#define AT(field) offsetof(struct conf, field)

const struct conf_option conf_options[] = {
    {"data", "ledgerd", CONF_PATH, "/var/lib/pumasi", AT(data), 0, 0, NULL, false,
     N_("the data folder")},
    {"user", "ledgerd", CONF_TEXT, "ledgerd", AT(user), 0, 0, NULL, false,
     N_("whom to become when started as root")},
    {"sandbox", "ledgerd", CONF_CHOICE, "auto", AT(sandbox), 0, 0, "auto|require|off", false,
     N_("whether to give up what serving doesn't need")},
    {"listen", "http", CONF_ADDRS, "127.0.0.1:7474", AT(listen), 0, 0, NULL, false,
     N_("addresses to serve on, separated by commas")},
    {"tls_listen", "http", CONF_ADDRS, "", AT(tls_listen), 0, 0, NULL, true,
     N_("addresses to serve on by HTTPS; empty: none")},
    {"tls_certificate", "http", CONF_PATH, "", AT(tls_certificate), 0, 0, NULL, true,
     N_("file of the certificate and its chain (PEM)")},
    {"tls_key", "http", CONF_PATH, "", AT(tls_key), 0, 0, NULL, true,
     N_("file of the certificate's private key (PEM)")},
    {"metrics_listen", "http", CONF_ADDRS, "127.0.0.1:7475", AT(metrics_listen), 0, 0, NULL, true,
     N_("addresses to serve /metrics on; empty: none")},
    {"trusted_proxy", "http", CONF_NETWORKS, "", AT(trusted_proxy), 0, 0, NULL, true,
     N_("proxies whose X-Forwarded-For counts, separated by commas")},
    {"request_timeout_ms", "http", CONF_INT, "60000", AT(request_timeout_ms), 1000, 600000, NULL,
     false, N_("longest time for a request to arrive")},
    {"publish_minutes", "http", CONF_INT, "0", AT(publish_minutes), 0, 1440, NULL, false,
     N_("minutes between public checkpoints; 0: each one")},
    {"database", "database", CONF_TEXT, "", AT(database), 0, 0, NULL, true,
     N_("libpq connection string; empty: a cluster of its own")},
    {"pg_bin", "database", CONF_PATH, "", AT(pg_bin), 0, 0, NULL, true,
     N_("folder of PostgreSQL's programs")},
    {"read_connections", "database", CONF_INT, "4", AT(read_connections), 1, 64, NULL, false,
     N_("connections that answer queries")},
    {"statement_timeout_ms", "database", CONF_INT, "10000", AT(statement_timeout_ms), 100, 600000,
     NULL, false, N_("longest time for one statement")},
    {"snapshot_days", "database", CONF_INT, "400", AT(snapshot_days), 1, 36500, NULL, false,
     N_("days whose snapshots have paths; of older ones a month's last")},
    {"verify_threads", "posting", CONF_INT, "0", AT(verify_threads), 0, 256, NULL, false,
     N_("threads that verify signatures; 0: one for each core")},
    {"batch_max", "posting", CONF_INT, "1000", AT(batch_max), 1, 10000, NULL, false,
     N_("most acts posted in one transaction")},
    {"queue_max", "posting", CONF_INT, "20000", AT(queue_max), 1, 1000000, NULL, false,
     N_("most acts that wait; more are answered busy")},
    {"takeover_ms", "posting", CONF_INT, "15000", AT(takeover_ms), 1000, 600000, NULL, false,
     N_("silence after which another ledgerd may post")},
    {"rounds", "clearing", CONF_CALENDAR, "", AT(rounds), 0, 0, NULL, true,
     N_("rounds of clearing to propose: UNIT weekly WEEKDAY or UNIT monthly DAY")},
    {"answer_days", "clearing", CONF_INT, "7", AT(answer_days), 1, 30, NULL, false,
     N_("days that co-ops have to answer a round")},
    {"refusals_per_minute", "limits", CONF_INT, "1200", AT(refusals_per_minute), 0, 1000000, NULL,
     false, N_("refusals that an address, and a key, may cause; 0: any number")},
    {"member_acts_per_day", "limits", CONF_INT, "1000", AT(member_acts_per_day), 0, 1000000, NULL,
     false, N_("acts of a member that move nothing; 0: any number")},
    {"strangers_per_day", "limits", CONF_INT, "300", AT(strangers_per_day), 0, 1000000, NULL, false,
     N_("acts that only new keys have signed, of an address; 0: any number")},
    {"witnesses", "witness", CONF_COSIGNERS, "", AT(witnesses), 0, 0, NULL, true,
     N_("who cosigns this ledger's checkpoints: VKEY [URL], separated by commas")},
    {"cosign_seconds", "witness", CONF_INT, "10", AT(cosign_seconds), 1, 3600, NULL, false,
     N_("how long a public checkpoint stands, for them to cosign it")},
    {"witness_for", "witness", CONF_LOGS, "", AT(witness_for), 0, 0, NULL, true,
     N_("ledgers that this one witnesses: VKEY [URL], separated by commas")},
    {"witness_name", "witness", CONF_TEXT, "", AT(witness_name), 0, 0, NULL, true,
     N_("what it is called as their witness; empty: its origin")},
    {"follow_seconds", "witness", CONF_INT, "60", AT(follow_seconds), 1, 86400, NULL, false,
     N_("how often it looks at those with a URL")},
    {"log_format", "log", CONF_CHOICE, "auto", AT(log_format), 0, 0, "auto|plain|json", false,
     N_("how the log on stderr looks")},
    {"log_level", "log", CONF_CHOICE, "info", AT(log_level), 0, 0, "debug|info|warn|error", false,
     N_("what is left out of the log")},
};
const size_t conf_options_count = ARRAY_LEN(conf_options);

static bool is_text_kind(enum conf_kind kind)
{
    return kind == CONF_TEXT || kind == CONF_PATH || kind == CONF_ADDRS || kind == CONF_NETWORKS ||
           kind == CONF_LOGS || kind == CONF_COSIGNERS || kind == CONF_CALENDAR;
}

static char **text_of(struct conf *c, const struct conf_option *o)
{
    return (char **)(void *)((char *)c + o->offset);
}

static int64_t *number_of(struct conf *c, const struct conf_option *o)
{
    return (int64_t *)(void *)((char *)c + o->offset);
}

static const struct conf_option *option_find(const char *name)
{
    for (size_t i = 0; i < conf_options_count; i++)
        if (str_eq(conf_options[i].name, name))
            return &conf_options[i];
    return NULL;
}

/* The place of value in "a|b|c", or -1. */
static int64_t choice_find(const char *choices, const char *value)
{
    size_t len = strlen(value);
    int64_t n = 0;

    for (const char *p = choices; *p != '\0'; n++) {
        size_t part = strcspn(p, "|");

        if (part == len && memcmp(p, value, len) == 0)
            return n;
        p += part + (p[part] == '|');
    }
    return -1;
}

static int number_set(struct conf *c, const struct conf_option *o, const char *value, char *err,
                      size_t err_size)
{
    int64_t n;

    if (o->kind == CONF_CHOICE) {
        n = choice_find(o->choices, value);
        if (n < 0) {
            snprintf(err, err_size, _("%s is one of %s, not '%s'"), o->name, o->choices, value);
            return -1;
        }
    } else if (num_parse(value, strlen(value), o->min, o->max, &n) != 0) {
        snprintf(err, err_size, _("%s is a whole number from %lld to %lld, not '%s'"), o->name,
                 (long long)o->min, (long long)o->max, value);
        return -1;
    }
    *number_of(c, o) = n;
    return 0;
}

static int option_set(struct conf *c, const struct conf_option *o, const char *value, char *err,
                      size_t err_size)
{
    if (!is_text_kind(o->kind))
        return number_set(c, o, value, err, err_size);
    if (*value == '\0' && !o->may_be_empty) {
        snprintf(err, err_size, _("%s must not be empty"), o->name);
        return -1;
    }
    if (o->kind == CONF_ADDRS) {
        struct conf_addr *addrs;
        size_t n;
        char why[200];

        if (conf_addrs(value, &addrs, &n, why, sizeof(why)) != 0) {
            snprintf(err, err_size, "%s: %s", o->name, why);
            return -1;
        }
        free(addrs);
        if (n == 0 && !o->may_be_empty) {
            snprintf(err, err_size, _("%s must not be empty"), o->name);
            return -1;
        }
    }
    if (o->kind == CONF_NETWORKS) {
        struct networks networks;
        char why[200];

        if (networks_parse(&networks, value, why, sizeof(why)) != 0) {
            snprintf(err, err_size, "%s: %s", o->name, why);
            return -1;
        }
        networks_free(&networks);
    }
    if (o->kind == CONF_LOGS || o->kind == CONF_COSIGNERS) {
        struct peers peers;
        char why[200];

        if (peers_parse(&peers, value, o->kind == CONF_LOGS ? NOTE_ED25519 : NOTE_COSIGNATURE, why,
                        sizeof(why)) != 0) {
            snprintf(err, err_size, "%s: %s", o->name, why);
            return -1;
        }
        peers_free(&peers);
    }
    if (o->kind == CONF_CALENDAR) {
        struct calendar calendar;
        char why[300];

        if (calendar_parse(&calendar, value, why, sizeof(why)) != 0) {
            snprintf(err, err_size, "%s: %s", o->name, why);
            return -1;
        }
    }
    free(*text_of(c, o));
    *text_of(c, o) = x_strdup(value);
    return 0;
}

void conf_init(struct conf *c)
{
    *c = (struct conf){0};
    for (size_t i = 0; i < conf_options_count; i++) {
        const struct conf_option *o = &conf_options[i];
        char err[256];

        /* The table's own defaults: wrong ones show in the first test that runs. */
        if (option_set(c, o, o->fallback, err, sizeof(err)) != 0) {
            fprintf(stderr, _("ledgerd: default of %s: %s\n"), o->name, err);
            abort();
        }
    }
}

void conf_free(struct conf *c)
{
    for (size_t i = 0; i < conf_options_count; i++)
        if (is_text_kind(conf_options[i].kind))
            free(*text_of(c, &conf_options[i]));
    *c = (struct conf){0};
}

/* What reading one file needs to know. */
struct reading {
    struct conf *c;
    FILE *file;
    int line;
    int bad_line; /* the first line with an error, 0: none yet */
    bool trusted; /* only root, or we ourselves as somebody else, can change it */
    bool seen[CONF_OPTIONS_MAX];
    char err[512];
};

static void reading_fail(struct reading *r, const char *sentence)
{
    if (r->bad_line != 0)
        return;
    r->bad_line = r->line;
    str_copy(r->err, sizeof(r->err), sentence);
}

/*
 * inih's reader: one line a call. Blanks in front are taken off, as inih would read an indented
 * line as a continuation; a line that doesn't fit is an error instead of two lines.
 */
static char *reading_line(char *line, int size, void *arg)
{
    struct reading *r = arg;
    size_t len, blank;

    if (r->bad_line != 0 || fgets(line, size, r->file) == NULL)
        return NULL;
    r->line++;
    len = strlen(line);
    if (len + 1 >= (size_t)size && line[len - 1] != '\n') {
        reading_fail(r, _("the line is too long"));
        return NULL;
    }
    blank = strspn(line, " \t");
    memmove(line, line + blank, len - blank + 1);
    return line;
}

static bool section_known(const char *section)
{
    for (size_t i = 0; i < conf_options_count; i++)
        if (str_eq(conf_options[i].section, section))
            return true;
    return false;
}

static int reading_option(void *arg, const char *section, const char *name, const char *value)
{
    struct reading *r = arg;
    const struct conf_option *o = option_find(name);
    char err[512];

    if (o == NULL && *section != '\0' && !section_known(section))
        snprintf(err, sizeof(err), _("there is no section [%s]"), section);
    else if (o == NULL)
        snprintf(err, sizeof(err), _("there is no option '%s'"), name);
    else if (!str_eq(o->section, section))
        snprintf(err, sizeof(err), _("'%s' belongs under [%s]"), name, o->section);
    else if (r->seen[o - conf_options])
        snprintf(err, sizeof(err), _("'%s' is given twice"), name);
    else if (!r->trusted && str_eq(name, "user"))
        snprintf(err, sizeof(err),
                 _("'user' may only stand in a file that belongs to root and that nobody else can "
                   "write"));
    else if (option_set(r->c, o, value, err, sizeof(err)) == 0) {
        r->seen[o - conf_options] = true;
        return 1;
    }
    reading_fail(r, err);
    return 0;
}

int conf_read_file(struct conf *c, const char *path, char *err, size_t err_size)
{
    struct reading r = {.c = c};
    struct stat st;
    int rc;

    _Static_assert(ARRAY_LEN(conf_options) <= CONF_OPTIONS_MAX, "CONF_OPTIONS_MAX is too small");
    r.file = fopen(path, "re");
    if (r.file == NULL || fstat(fileno(r.file), &st) != 0) {
        snprintf(err, err_size, "%s: %s", path, strerror(errno));
        if (r.file != NULL)
            fclose(r.file);
        return -1;
    }
    r.trusted = geteuid() != 0 || (st.st_uid == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0);
    ini_stop_on_first_error = true;
    ini_max_line = CONF_LINE_MAX; /* the library's default of 200 is little for several hosts */
    rc = ini_parse_stream(reading_line, &r, reading_option, &r);
    if (r.bad_line == 0 && rc != 0) {
        r.line = rc > 0 ? rc : r.line;
        reading_fail(&r, _("this is neither [section], name = value nor a comment"));
    }
    if (r.bad_line == 0 && ferror(r.file))
        reading_fail(&r, strerror(errno));
    fclose(r.file);
    if (r.bad_line != 0) {
        snprintf(err, err_size, "%s:%d: %s", path, r.bad_line, r.err);
        return -1;
    }
    return 0;
}

/* An option of the command line. */
struct override {
    const struct conf_option *option;
    char *value;
};

/* Finds the option that arg (behind its "--", name_len bytes) names; '-' may stand for '_'. */
static const struct conf_option *override_find(const char *arg, size_t name_len)
{
    char name[64];

    if (name_len >= sizeof(name))
        return NULL;
    memcpy(name, arg, name_len);
    name[name_len] = '\0';
    for (char *p = name; *p != '\0'; p++)
        if (*p == '-')
            *p = '_';
    return option_find(name);
}

/*
 * Takes our options out of argv into overrides and *config. *n counts them. A word that isn't ours
 * stays.
 */
static int overrides_take(int *argc, char **argv, struct override *overrides, size_t *n,
                          const char **config, char *err, size_t err_size)
{
    int kept = *argc > 0 ? 1 : 0;

    for (int i = 1; i < *argc; i++) {
        const char *arg = argv[i];
        size_t name_len;
        const struct conf_option *o;
        bool is_config;
        const char *value;

        if (str_eq(arg, "--")) {
            while (i < *argc)
                argv[kept++] = argv[i++];
            break;
        }
        name_len = strncmp(arg, "--", 2) == 0 ? strcspn(arg + 2, "=") : 0;
        o = name_len > 0 ? override_find(arg + 2, name_len) : NULL;
        is_config = name_len == strlen("config") && strncmp(arg + 2, "config", name_len) == 0;
        if (o == NULL && !is_config) {
            argv[kept++] = argv[i];
            continue;
        }
        value = arg[2 + name_len] == '=' ? arg + 3 + name_len : argv[++i];
        if (i >= *argc || value == NULL) {
            snprintf(err, err_size, _("%s needs a value"), arg);
            return -1;
        }
        if (is_config) {
            *config = value;
            continue;
        }
        if (*n == CONF_OPTIONS_MAX) {
            snprintf(err, err_size, _("too many options"));
            return -1;
        }
        overrides[*n].option = o;
        overrides[(*n)++].value =
            o->kind == CONF_PATH && *value != '\0' ? file_absolute(value) : x_strdup(value);
    }
    *argc = kept;
    argv[kept] = NULL;
    return 0;
}

/* The file to read, or NULL when there is none; the caller frees it. */
static char *config_find(const struct conf *c, const char *config)
{
    char *in_data;

    if (config != NULL)
        return x_strdup(config);
    in_data = x_asprintf("%s/ledgerd.conf", c->data);
    if (access(in_data, F_OK) == 0)
        return in_data;
    free(in_data);
    return access(CONF_SYSTEM_FILE, F_OK) == 0 ? x_strdup(CONF_SYSTEM_FILE) : NULL;
}

/* What can't be seen in one option alone. */
static int check_whole(const struct conf *c, char *err, size_t err_size)
{
    bool listen = *c->tls_listen != '\0', certificate = *c->tls_certificate != '\0',
         key = *c->tls_key != '\0';

    if (c->data[0] != '/') {
        snprintf(err, err_size, _("data must be a path from the root, not '%s'"), c->data);
        return -1;
    }
    if (listen != certificate || certificate != key) {
        snprintf(err, err_size,
                 _("tls_listen, tls_certificate and tls_key are given together or not at all"));
        return -1;
    }
    if (*c->witness_name != '\0' && !cosigner_name_ok(c->witness_name)) {
        snprintf(err, err_size,
                 _("witness_name is written like a host, in small letters, not '%s'"),
                 c->witness_name);
        return -1;
    }
    if (key && (c->tls_certificate[0] != '/' || c->tls_key[0] != '/')) {
        snprintf(err, err_size, _("tls_certificate and tls_key must be paths from the root"));
        return -1;
    }
    return 0;
}

int conf_load(struct conf *c, int *argc, char **argv, char **file_used, char *err, size_t err_size)
{
    struct override overrides[CONF_OPTIONS_MAX];
    size_t n = 0;
    const char *config = NULL;
    char *file = NULL;
    char why[400];
    int rc = -1;

    conf_init(c);
    *file_used = NULL;
    if (overrides_take(argc, argv, overrides, &n, &config, err, err_size) != 0)
        goto out;
    /* Twice, as --data says where the file may be, and the file must not win over it. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            if (option_set(c, overrides[i].option, overrides[i].value, why, sizeof(why)) != 0) {
                snprintf(err, err_size, _("on the command line: %s"), why);
                goto out;
            }
        }
        if (pass == 0) {
            file = config_find(c, config);
            if (file != NULL && conf_read_file(c, file, err, err_size) != 0)
                goto out;
        }
    }
    if (check_whole(c, why, sizeof(why)) != 0) {
        snprintf(err, err_size, "%s: %s", file != NULL ? file : "ledgerd", why);
        goto out;
    }
    *file_used = file;
    file = NULL;
    rc = 0;
out:
    free(file);
    for (size_t i = 0; i < n; i++)
        free(overrides[i].value);
    return rc;
}

/* One "host:port" or "[host]:port" of len bytes. */
static int addr_parse(const char *s, size_t len, struct conf_addr *a)
{
    const char *colon = memrchr(s, ':', len);
    unsigned char raw[sizeof(struct in6_addr)];
    int64_t port;
    size_t host_len;
    bool six = len > 0 && s[0] == '[';

    if (colon == NULL)
        return -1;
    host_len = (size_t)(colon - s);
    if (num_parse(colon + 1, len - host_len - 1, 0, 65535, &port) != 0)
        return -1;
    if (six) {
        if (host_len < 3 || s[host_len - 1] != ']')
            return -1;
        s++;
        host_len -= 2;
    }
    if (host_len == 0 || host_len >= sizeof(a->host))
        return -1;
    memcpy(a->host, s, host_len);
    a->host[host_len] = '\0';
    a->port = (uint16_t)port;
    return inet_pton(six ? AF_INET6 : AF_INET, a->host, raw) == 1 ? 0 : -1;
}

int conf_addrs(const char *text, struct conf_addr **out, size_t *n, char *err, size_t err_size)
{
    static const char blanks[] = " \t";
    struct conf_addr *addrs = NULL;
    size_t count = 0;

    *out = NULL;
    *n = 0;
    if (text[strspn(text, blanks)] == '\0')
        return 0;
    for (const char *p = text;;) {
        size_t len, part = strcspn(p, ",");
        const char *s = p + strspn(p, blanks);

        len = s < p + part ? (size_t)(p + part - s) : 0;
        while (len > 0 && strchr(blanks, s[len - 1]) != NULL)
            len--;
        addrs = x_realloc(addrs, (count + 1) * sizeof(*addrs));
        if (addr_parse(s, len, &addrs[count]) != 0) {
            snprintf(err, err_size, _("'%.*s' is no address like 127.0.0.1:7474 or [::1]:7474"),
                     (int)(len < 100 ? len : 100), s);
            free(addrs);
            return -1;
        }
        count++;
        if (p[part] == '\0')
            break;
        p += part + 1;
    }
    *out = addrs;
    *n = count;
    return 0;
}
