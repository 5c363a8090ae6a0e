/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ledgerd init: makes a new ledger, or one again from its records. */
#include <getopt.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/b64.h"
#include "core/note.h"
#include "core/num.h"
#include "core/rules.h"
#include "lang/lang.h"
#include "ledgerd/commands.h"
#include "ledgerd/database.h"
#include "ledgerd/db_init.h"
#include "ledgerd/dump.h"
#include "ledgerd/files.h"
#include "ledgerd/jti.h"
#include "ledgerd/migrate.h"
#include "ledgerd/ownkeys.h"
#include "ledgerd/privs.h"
#include "ledgerd/rebuild.h"
#include "lang/zone.h"

struct init {
    const char *origin, *name, *zone, *from, *keys;
    char local_zone[128];
    int64_t threshold;
    struct key stewards[ACT_KEYS_MAX];
    const char *steward_files[ACT_KEYS_MAX];
    size_t n_stewards;
};

/* A new ledger before anything of it is on the disk. */
struct opening {
    struct ownkeys keys;
    struct submission sub;
    struct act act;
    bool parsed;
};

PRINTF_LIKE(1, 2)
static int usage_error(const char *fmt, ...)
{
    va_list ap;

    fputs("ledgerd init: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputs(_("\nusage: ledgerd init --data DIR --origin NAME --name TEXT --steward FILE.jwk..."
            " [--threshold N] [--zone ZONE]\n"
            "       ledgerd init --data DIR --from EXPORT [--keys OLDDATA]\n"),
          stderr);
    return 2;
}

static int add_steward(struct init *in, const char *path)
{
    struct key *key = &in->stewards[in->n_stewards];
    char err[512];

    if (in->n_stewards == ACT_KEYS_MAX)
        return usage_error(_("There are more than 100 stewards at %s."), path);
    if (jwk_file_read(key, path, err, sizeof(err)) != 0) {
        fprintf(stderr, "ledgerd init: %s\n", err);
        return 1;
    }
    for (size_t i = 0; i < in->n_stewards; i++)
        if (memcmp(key, &in->stewards[i], sizeof(*key)) == 0)
            return usage_error(_("%s and %s hold the same key: each steward is named once, by a key"
                                 " of their own."),
                               in->steward_files[i], path);
    in->steward_files[in->n_stewards++] = path;
    return 0;
}

/* The zone of this machine, as the link /etc/localtime tells; UTC when it doesn't. */
static const char *machine_zone(char *zone, size_t size)
{
    ssize_t n = readlink("/etc/localtime", zone, size - 1);
    const char *mark = "/zoneinfo/";
    char *at;

    if (n <= 0)
        return "UTC";
    zone[n] = '\0';
    at = strstr(zone, mark);
    return at && zone_exists(at + strlen(mark)) ? at + strlen(mark) : "UTC";
}

static int read_options(struct init *in, int argc, char **argv)
{
    static const struct option options[] = {
        {"origin", required_argument, NULL, 'o'},    {"name", required_argument, NULL, 'n'},
        {"steward", required_argument, NULL, 's'},   {"zone", required_argument, NULL, 'z'},
        {"threshold", required_argument, NULL, 't'}, {"from", required_argument, NULL, 'f'},
        {"keys", required_argument, NULL, 'k'},      {NULL, 0, NULL, 0},
    };
    int c, ret;

    in->threshold = 1;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'o')
            in->origin = optarg;
        else if (c == 'n')
            in->name = optarg;
        else if (c == 'z')
            in->zone = optarg;
        else if (c == 'f')
            in->from = optarg;
        else if (c == 'k')
            in->keys = optarg;
        else if (c == 's' && (ret = add_steward(in, optarg)) != 0)
            return ret;
        else if (c == 't' &&
                 num_parse(optarg, strlen(optarg), 1, ACT_KEYS_MAX, &in->threshold) != 0)
            return usage_error(_("The threshold \"%s\" is no number from 1 to 100."), optarg);
        else if (c == '?')
            return usage_error(_("That wasn't understood."));
    }
    /* `--steward a.jwk b.jwk`: what is left are further stewards. */
    for (int i = optind; i < argc; i++)
        if ((ret = add_steward(in, argv[i])) != 0)
            return ret;
    return 0;
}

static int check_options(struct init *in)
{
    const char *fault;

    if (in->from)
        return 0;
    if (in->keys)
        return usage_error(_("--keys goes with --from: a new ledger gets keys of its own."));
    if (!in->origin || !name_is_origin(in->origin))
        return usage_error(
            _("--origin is wanted: the ledger's name in its log, for ever, lower-case"
              " letters, digits, '.', '-' and '/', such as ledger.example.org."));
    if (!in->name)
        return usage_error(_("--name is wanted: what people call the ledger."));
    fault = text_fault(in->name, strlen(in->name), TEXT_NAME_MAX);
    if (fault)
        return usage_error(_("The name %s."), _(fault));
    if (in->n_stewards == 0)
        return usage_error(_("--steward is wanted: the public key of each steward, as `pumasi key"
                             " export` writes it."));
    if (in->threshold > (int64_t)in->n_stewards)
        return usage_error(_("The threshold is higher than the number of stewards."));
    if (!in->zone)
        in->zone = machine_zone(in->local_zone, sizeof(in->local_zone));
    if (!name_is_zone(in->zone) || !zone_exists(in->zone))
        return usage_error(_("The time zone \"%s\" isn't known here (package tzdata)."), in->zone);
    return 0;
}

/* The payload of the only ledger.open that this ledger will take. */
static void put_payload(struct buf *b, const struct init *in, const struct ownkeys *keys)
{
    int64_t now = (int64_t)time(NULL);
    uint8_t nonce[16];

    randombytes_buf(nonce, sizeof(nonce));
    buf_puts(b, "{\"type\":\"ledger.open\",\"aud\":");
    buf_puts_json(b, in->origin);
    buf_puts(b, ",\"by\":\"stewards\",\"jti\":\"");
    jti_put(b, now * 1000);
    buf_printf(b, "\",\"iat\":%lld,\"exp\":%lld,\"name\":", (long long)now,
               (long long)(now + ACT_LIFETIME_MAX));
    buf_puts_json(b, in->name);
    buf_puts(b, ",\"nonce\":\"");
    buf_put_b64u(b, nonce, sizeof(nonce));
    buf_puts(b, "\",\"zone\":");
    buf_puts_json(b, in->zone);
    buf_puts(b, ",\"log_key\":");
    key_put_jwk(b, &keys->log[0].key);
    buf_puts(b, ",\"clerk_key\":");
    key_put_jwk(b, &keys->clerk_key);
    buf_puts(b, ",\"stewards\":[");
    for (size_t i = 0; i < in->n_stewards; i++) {
        if (i)
            buf_putc(b, ',');
        key_put_jwk(b, &in->stewards[i]);
    }
    buf_printf(b, "],\"threshold\":%lld,\"rules\":%d}", (long long)in->threshold, RULES_VERSION);
}

/*
 * Makes the ledger's own keys and ledger.open, signed, in memory. Through the same door as
 * everybody's acts: what is refused there is refused before anything is made. -1 and a sentence.
 */
static int opening_make(struct opening *o, const struct init *in, char *err, size_t err_size)
{
    struct buf payload = BUF_INIT;
    struct refusal r;

    ownkeys_generate(&o->keys);
    put_payload(&payload, in, &o->keys);
    envelope_new(&o->sub.env, payload.data, payload.len);
    envelope_sign(&o->sub.env, o->keys.log[0].secret);
    envelope_sign(&o->sub.env, o->keys.clerk_secret);
    buf_free(&payload);
    o->parsed = act_parse(&o->act, &o->sub.env, &r) == 0;
    if (!o->parsed)
        snprintf(err, err_size, "%s", r.detail);
    return o->parsed ? 0 : -1;
}

static void opening_free(struct opening *o)
{
    if (o->parsed)
        act_free(&o->act);
    submission_free(&o->sub);
    ownkeys_wipe(&o->keys);
}

/* Keys that lie in the data folder already are never written over, nor is another ledger begun
 * with them. -1 and a sentence when they are in the way. */
static int check_keys(const struct conf *conf, const struct init *in, const struct ownkeys *old,
                      char *err, size_t err_size)
{
    char *cluster = x_asprintf("%s/pg", conf->data);
    bool has_database = *conf->database || access(cluster, F_OK) == 0;

    free(cluster);
    if (!ownkeys_there(conf->data))
        return 0;
    if (in->keys)
        return ownkeys_are(old, conf->data, err, err_size);
    /* Whose they are is seen in the database, where there is one. */
    return in->from || has_database ? 0 : ownkeys_left(conf->data, err, err_size);
}

/*
 * An empty schema in the database, and a connection to it. NULL and a sentence; *there when that is
 * because of a ledger that it has.
 */
static PGconn *empty_schema(const struct database *db, bool *there, char *err, size_t err_size)
{
    PGconn *conn = database_connect(db, "ledgerd init", err, err_size);
    enum schema_state state;
    int applied;

    if (!conn)
        return NULL;
    /* One of an older ledgerd isn't brought up to date here either. */
    state = db_schema_check(conn, err, err_size);
    if (state == SCHEMA_ERROR || ((state == SCHEMA_OK || state == SCHEMA_OLDER) &&
                                  db_has_ledger(conn, there, err, err_size) != 0))
        goto fail;
    if (*there) {
        snprintf(err, err_size,
                 _("There is a ledger in this database already: nothing was changed."));
        goto fail;
    }
    if (db_migrate_run(conn, &applied, err, err_size) == 0)
        return conn;
fail:
    PQfinish(conn);
    return NULL;
}

/* Keys that this run made are taken back where the database is sure to know of no ledger. */
static void take_back(const struct conf *conf, PGconn *conn)
{
    char ignored[512];
    bool there = true;

    if (db_has_ledger(conn, &there, ignored, sizeof(ignored)) == 0 && !there)
        ownkeys_remove(conf->data);
}

/* The keys are on the disk before anything names them. -1 and a sentence. */
static int make_new(const struct conf *conf, const struct init *in, const struct opening *o,
                    PGconn *conn, char *err, size_t err_size)
{
    struct buf needs = BUF_INIT;
    char vkey[VKEY_MAX];
    struct kid kid;
    int ret;

    if (ownkeys_there(conf->data))
        return ownkeys_left(conf->data, err, err_size);
    buf_printf(&needs, "[{\"holder\":\"stewards\",\"role\":\"steward\",\"have\":0,\"of\":%zu}]",
               in->n_stewards);
    ret = ownkeys_write(&o->keys, conf->data, err, err_size);
    if (ret == 0)
        ret = db_init_ledger(conn, in->origin, &o->act, &o->sub, needs.data, err, err_size);
    buf_free(&needs);
    if (ret != 0) {
        take_back(conf, conn);
        return -1;
    }
    vkey_text(vkey, in->origin, &o->keys.log[0].key);
    key_kid(&kid, &o->keys.log[0].key);
    printf(_("The ledger %s is made in %s; its days are days in %s.\n"
             "Print the fingerprint of its log key on paper, as \"pumasi connect\" shows it to "
             "everybody who connects: %s\n"
             "The same key as programs take it that check checkpoints: %s\n\n"
             "It opens once its stewards have signed, within 30 days:\n"
             "  ledgerd --data %s\n"
             "and then each steward:\n"
             "  pumasi connect http://127.0.0.1:7474 && pumasi open\n"),
           in->origin, conf->data, in->zone, kid.s, vkey, conf->data);
    return 0;
}

static int look_at(const char *export, char *err, size_t err_size)
{
    struct dump_info info;
    const char *note;
    struct dump_reader *r = dump_open(export, &info, &note, err, err_size);

    if (!r)
        return -1;
    dump_close(r);
    return 0;
}

/* Makes everything, once all has been checked. */
static int make(const struct conf *conf, const struct init *in, const struct opening *o,
                const struct ownkeys *old)
{
    struct database db;
    bool there = false, said = false;
    char err[1024];
    int ret = 1;

    if (database_open(&db, conf, true, false, err, sizeof(err)) == 0) {
        PGconn *conn = empty_schema(&db, &there, err, sizeof(err));

        said = conn && in->from; /* a rebuild says itself what failed */
        if (said)
            ret = rebuild_from(conf, &db, conn, in->from, in->keys ? old : NULL);
        else if (conn)
            ret = make_new(conf, in, o, conn, err, sizeof(err)) == 0 ? 0 : 1;
        PQfinish(conn);
        database_close(&db);
    }
    if (ret == 0 || said)
        return ret;
    fprintf(stderr, "ledgerd init: %s\n", err);
    if (!there && !ownkeys_there(conf->data))
        fprintf(stderr,
                _("No ledger was made. Once that is mended, run this again: nothing in %s has to be"
                  " removed first.\n"),
                conf->data);
    return 1;
}

int cmd_init(struct conf *conf, int argc, char **argv)
{
    struct init in = {0};
    struct opening o = {0};
    struct ownkeys old = {0};
    char err[1024];
    int ret;

    zone_prepare();
    if ((ret = read_options(&in, argc, argv)) != 0 || (ret = check_options(&in)) != 0)
        return ret;
    /* What root may read and the daemon's user perhaps not is read first; and no cluster is made
     * for an export that there isn't. */
    if ((in.keys && ownkeys_read(&old, in.keys, err, sizeof(err)) != 0) ||
        (!in.from && opening_make(&o, &in, err, sizeof(err)) != 0) ||
        privs_become(conf->user, conf->data, true, err, sizeof(err)) != 0 ||
        (in.from && look_at(in.from, err, sizeof(err)) != 0) ||
        check_keys(conf, &in, &old, err, sizeof(err)) != 0) {
        fprintf(stderr, "ledgerd init: %s\n", err);
        ret = 1;
    } else {
        ret = make(conf, &in, &o, &old);
    }
    opening_free(&o);
    ownkeys_wipe(&old);
    return ret;
}
