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
    size_t n_stewards;
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
    char err[512];

    if (in->n_stewards == ACT_KEYS_MAX)
        return usage_error(_("There are more than 100 stewards at %s."), path);
    if (jwk_file_read(&in->stewards[in->n_stewards], path, err, sizeof(err)) != 0) {
        fprintf(stderr, "ledgerd init: %s\n", err);
        return 1;
    }
    in->n_stewards++;
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

/* Makes, signs and stores ledger.open. -1 and a sentence. */
static int store_opening(PGconn *conn, const struct init *in, const struct ownkeys *keys, char *err,
                         size_t err_size)
{
    struct buf payload = BUF_INIT, needs = BUF_INIT;
    struct submission sub = {0};
    struct refusal r;
    struct act act;
    int ret = -1;

    put_payload(&payload, in, keys);
    envelope_new(&sub.env, payload.data, payload.len);
    envelope_sign(&sub.env, keys->log[0].secret);
    envelope_sign(&sub.env, keys->clerk_secret);
    buf_printf(&needs, "[{\"holder\":\"stewards\",\"role\":\"steward\",\"have\":0,\"of\":%zu}]",
               in->n_stewards);
    /* Through the same door as everybody's: two stewards with one key, say, are refused here. */
    if (act_parse(&act, &sub.env, &r) != 0) {
        snprintf(err, err_size, "%s", r.detail);
    } else {
        ret = db_init_ledger(conn, in->origin, &act, &sub, needs.data, err, err_size);
        act_free(&act);
    }
    submission_free(&sub);
    buf_free(&payload);
    buf_free(&needs);
    return ret;
}

/* An empty schema in the database, and a connection to it. NULL and a sentence. */
static PGconn *empty_schema(const struct database *db, char *err, size_t err_size)
{
    PGconn *conn = database_connect(db, "ledgerd init", err, err_size);
    bool there = false;
    int applied;

    if (!conn)
        return NULL;
    if (db_migrate_run(conn, &applied, err, err_size) == 0 &&
        db_has_ledger(conn, &there, err, err_size) == 0) {
        if (!there)
            return conn;
        snprintf(err, err_size,
                 _("There is a ledger in this database already: nothing was changed."));
    }
    PQfinish(conn);
    return NULL;
}

static int make_new(const struct conf *conf, const struct init *in, PGconn *conn)
{
    struct ownkeys keys;
    char err[512], vkey[VKEY_MAX];
    struct kid kid;
    int ret;

    ret = ownkeys_create(&keys, conf->data, err, sizeof(err));
    if (ret == 0) /* the ledger's keys are on the disk before anything names them */
        ret = store_opening(conn, in, &keys, err, sizeof(err));
    if (ret != 0) {
        fprintf(stderr, "ledgerd init: %s\n", err);
    } else {
        vkey_text(vkey, in->origin, &keys.log[0].key);
        key_kid(&kid, &keys.log[0].key);
        printf(_("The ledger %s is made in %s; its days are days in %s.\n"
                 "Print the fingerprint of its log key on paper, as \"pumasi connect\" shows it to "
                 "everybody who connects: %s\n"
                 "The same key as programs take it that check checkpoints: %s\n\n"
                 "It opens once its stewards have signed, within 30 days:\n"
                 "  ledgerd --data %s\n"
                 "and then each steward:\n"
                 "  pumasi connect http://127.0.0.1:7474 && pumasi open\n"),
               in->origin, conf->data, in->zone, kid.s, vkey, conf->data);
    }
    ownkeys_wipe(&keys);
    return ret == 0 ? 0 : 1;
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

int cmd_init(struct conf *conf, int argc, char **argv)
{
    struct init in = {0};
    struct ownkeys old = {0};
    struct database db;
    char err[512];
    PGconn *conn;
    int ret;

    zone_prepare();
    if ((ret = read_options(&in, argc, argv)) != 0 || (ret = check_options(&in)) != 0)
        return ret;
    /* What root may read and the daemon's user perhaps not is read first. */
    if (in.keys && ownkeys_read(&old, in.keys, err, sizeof(err)) != 0)
        goto fail;
    /* No cluster is made for an export that there isn't. */
    if (privs_become(conf->user, conf->data, true, err, sizeof(err)) != 0 ||
        (in.from && look_at(in.from, err, sizeof(err)) != 0) ||
        database_open(&db, conf, true, false, err, sizeof(err)) != 0)
        goto fail;
    conn = empty_schema(&db, err, sizeof(err));
    if (!conn) {
        fprintf(stderr, "ledgerd init: %s\n", err);
        ret = 1;
    } else if (in.from) {
        ret = rebuild_from(conf, &db, conn, in.from, in.keys ? &old : NULL);
    } else {
        ret = make_new(conf, &in, conn);
    }
    PQfinish(conn);
    database_close(&db);
    ownkeys_wipe(&old);
    return ret;
fail:
    fprintf(stderr, "ledgerd init: %s\n", err);
    ownkeys_wipe(&old);
    return 1;
}
