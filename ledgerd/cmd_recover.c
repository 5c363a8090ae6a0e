/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * ledgerd recover: a database that stands behind the checkpoint kept outside gets back the records
 * that it lacks, from the copies that others have. What doesn't lead to the newest checkpoint that
 * the ledger signed is never stored.
 */
#include <getopt.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "lang/zone.h"
#include "ledgerd/commands.h"
#include "ledgerd/database.h"
#include "ledgerd/db_init.h"
#include "ledgerd/db_load.h"
#include "ledgerd/lost.h"
#include "ledgerd/migrate.h"
#include "ledgerd/ownkeys.h"
#include "ledgerd/privs.h"
#include "ledgerd/published.h"
#include "ledgerd/recover_continue.h"
#include "ledgerd/replay.h"

#define SOURCES_MAX 256
/* Records that are told one by one when they are missing. */
#define TOLD_MAX 100

struct recover {
    const char *sources[SOURCES_MAX];
    size_t n_sources;
    bool go_on;   /* --continue: without what can't be found */
    bool differs; /* as many records as were signed, but others */
    char origin[ORIGIN_MAX + 1];
    struct key keys[LOG_KEYS_MAX + LOG_SIGNERS_MAX];
    size_t n_keys;
    struct ownkeys own;
    struct log_keys known; /* to the database */
    struct keyring *keyring;
    struct db_post *post;
    struct ledger ledger;
    struct replay replay;
    struct lost lost;
    char err[600];
};

static int usage(void)
{
    fputs(
        _("usage: ledgerd recover --from SOURCE... [--data DATA]\n"
          "       ledgerd recover --continue [--from SOURCE...] [--data DATA]\n"
          "SOURCE is an auditor's copy or another export (a folder), or receipts and records' parts"
          " as pumasi keeps them (a folder or a file).\n"),
        stderr);
    return 2;
}

static int read_options(struct recover *r, int argc, char **argv)
{
    static const struct option options[] = {
        {"from", required_argument, NULL, 'f'},
        {"continue", no_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'c')
            r->go_on = true;
        else if (c == 'f' && r->n_sources < SOURCES_MAX)
            r->sources[r->n_sources++] = optarg;
        else
            return usage();
    }
    for (int i = optind; i < argc; i++) { /* `--from a b`: what is left are further ones */
        if (r->n_sources == 0 || r->n_sources == SOURCES_MAX)
            return usage();
        r->sources[r->n_sources++] = argv[i];
    }
    return r->n_sources == 0 && !r->go_on ? usage() : 0;
}

static int fault(struct recover *r, const char *sentence)
{
    str_copy(r->err, sizeof(r->err), _(sentence));
    return -1;
}

/* ---- The database ---- */

/* The log keys that may have signed: all that the database knows, and those held here. */
static void gather_keys(struct recover *r)
{
    for (size_t i = 0; i < r->known.n; i++)
        r->keys[r->n_keys++] = r->known.all[i];
    for (size_t i = 0; i < r->own.n_log; i++)
        r->keys[r->n_keys++] = r->own.log[i].key;
}

static int load(struct recover *r, const struct conf *conf, const struct database *db)
{
    PGconn *conn = database_connect(db, "ledgerd recover", r->err, sizeof(r->err));
    int64_t size;
    int ret = -1;

    if (!conn)
        return -1;
    if (db_schema_check(conn, r->err, sizeof(r->err)) == SCHEMA_OK &&
        db_head_origin(conn, r->origin, &size, r->err, sizeof(r->err)) == 0 &&
        db_log_keys(conn, &r->known, r->err, sizeof(r->err)) == 0)
        ret = 0;
    PQfinish(conn);
    if (ret != 0)
        return -1;
    gather_keys(r);
    r->post = db_post_open(db->conninfo, conf, r->err, sizeof(r->err));
    if (!r->post)
        return -1;
    if (db_post_lock(r->post) != DB_DONE ||
        db_post_take_over(r->post, &r->ledger.head.epoch) != DB_DONE)
        return fault(r, N_("Another ledgerd posts to this database: stop it first."));
    r->keyring = keyring_new();
    ledger_init(&r->ledger, r->origin, r->keyring);
    if (db_load_ledger(r->post, &r->ledger, r->err, sizeof(r->err)) != 0)
        return -1;
    const struct holder *ledger = state_holder(r->ledger.state, "ledger");
    if (ledger && zone_set(ledger->zone) != 0)
        return fault(r, N_("this machine doesn't know the ledger's time zone: install tzdata"));
    return 0;
}

/* The checkpoint kept outside, and that what the database has is the beginning of that log. */
static int take_kept(struct recover *r, const struct conf *conf)
{
    struct published *p = published_open(conf->data, r->origin, r->own.log, r->own.n_log, r->keys,
                                         r->n_keys, r->err, sizeof(r->err));
    struct checkpoint c;
    struct hash root;
    bool there;
    size_t len;
    char *note;

    if (!p)
        return -1;
    there = published_get(p, &c, &note, &len);
    published_free(p);
    if (!there)
        return 0;
    if (!name_origin_follows(r->origin, c.origin)) /* else the ledger went on since */
        lost_checkpoint(&r->lost, &c, note, len);
    free(note);
    if (c.size > r->ledger.head.size || !str_eq(c.origin, r->origin))
        return 0;
    if (db_load_root_at(r->post, c.size, &root, r->err, sizeof(r->err)) != 0)
        return -1;
    r->differs = !hash_eq(&root, &c.root);
    if (r->differs && r->go_on && c.size == r->ledger.head.size)
        return 0;
    if (r->differs) {
        snprintf(
            r->err, sizeof(r->err),
            _("The database holds another history than the one that was signed: at %llu records"
              " the two differ. No records are missing that could be added to it. Restore the"
              " right database."),
            (unsigned long long)c.size);
        return -1;
    }
    return 0;
}

/* ---- What is missing ---- */

/* Who made the act and who has copies of its record. */
static void tell_act(const struct act *a)
{
    if (a->type == ACT_TRANSFER || a->type == ACT_REQUEST)
        printf(_("  a %s from %s to %s, made by %s, id %s: ask both, or their co-ops' offices\n"),
               act_type_name(a->type), a->u.transfer.from, a->u.transfer.to, a->by, a->jti);
    else
        printf(_("  a %s, made by %s, id %s: ask them, or the office of their co-op\n"),
               act_type_name(a->type), a->by, a->jti);
}

static void tell_one(const struct lost_record *r, uint64_t index)
{
    struct refusal ignored;
    const char *why;
    struct part part;
    struct act act;
    size_t there = 0;

    for (size_t i = 0; i < r->n; i++)
        there += r->parts[i] != NULL;
    if (!r->header) {
        printf(_("record %llu: nothing of it was found\n"), (unsigned long long)index);
        return;
    }
    printf(_("record %llu: %zu of its %zu parts were found\n"), (unsigned long long)index, there,
           r->n);
    if (r->parts[0] && part_parse(&part, r->parts[0], strlen(r->parts[0]), &why) == 0) {
        if (part.kind == PART_ACT && act_parse(&act, &part.act, &ignored) == 0) {
            tell_act(&act);
            act_free(&act);
        }
        part_free(&part);
    } else if (r->by && r->jti) {
        printf(_("  made by %s, id %s: ask them, or the office of their co-op\n"), r->by, r->jti);
    }
}

/* True when something is missing, after saying what. */
static bool tell_missing(const struct recover *r)
{
    const struct lost_record none = {0};
    size_t missing = 0;

    for (size_t i = 0; i < r->lost.n; i++) {
        const struct lost_record *one = r->lost.records ? &r->lost.records[i] : &none;

        if (lost_is_whole(one))
            continue;
        if (missing++ < TOLD_MAX)
            tell_one(one, r->lost.first + i);
    }
    if (missing > TOLD_MAX)
        printf(_("and %zu more\n"), missing - TOLD_MAX);
    return missing > 0;
}

/* ---- Taking them back ---- */

/* A replay_texts: those that belong to the act; others are left out, as texts may be. */
static int texts_of(void *arg, int64_t index, const struct act *act, struct submission *out,
                    char *why, size_t size)
{
    const struct recover *r = arg;
    const struct lost_record *from = &r->lost.records[(uint64_t)index - r->lost.first];

    (void)why;
    (void)size;
    for (size_t i = 0; i < from->n_texts; i++) {
        struct submission one = {.n_texts = 1, .texts = {from->texts[i]}};
        struct refusal ignored;

        if (act_check_texts(act, &one, &ignored) != 0)
            continue;
        out->texts[out->n_texts] = from->texts[i];
        out->texts[out->n_texts++].text = x_strndup(from->texts[i].text, from->texts[i].len);
    }
    return 0;
}

/* Every checkpoint seen is of this log. -1 and a sentence. */
static int check_roots(struct recover *r)
{
    struct hash root;

    for (size_t i = 0; i < r->lost.n_checkpoints; i++) {
        const struct checkpoint *c = &r->lost.checkpoints[i].of;

        if (c->size != r->ledger.tree.size)
            continue;
        tree_root(&r->ledger.tree, &root);
        if (!hash_eq(&root, &c->root)) {
            snprintf(r->err, sizeof(r->err),
                     _("What was found doesn't lead to the checkpoint that was signed at %llu"
                       " records. One of the sources is wrong, or the database isn't the one that"
                       " was signed. Nothing was stored."),
                     (unsigned long long)c->size);
            return -1;
        }
    }
    return 0;
}

/* The first n of those that are missing, which are all there. */
static int take_back(struct recover *r, size_t n)
{
    char why[500];

    if (check_roots(r) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const struct lost_record *one = &r->lost.records[i];
        size_t *lens = x_calloc(one->n, sizeof(*lens));
        int rc;

        for (size_t p = 0; p < one->n; p++)
            lens[p] = strlen(one->parts[p]);
        rc = replay_record(&r->replay, one->header, strlen(one->header),
                           (const char *const *)one->parts, lens, one->n, texts_of, r, why,
                           sizeof(why));
        free(lens);
        if (rc != 0) {
            snprintf(r->err, sizeof(r->err), _("record %lld: %s. Nothing was stored."),
                     (long long)(r->lost.first + i), why);
            return -1;
        }
        if (check_roots(r) != 0)
            return -1;
    }
    return replay_store(&r->replay, r->err, sizeof(r->err));
}

static int look_at_sources(struct recover *r)
{
    /* The newest checkpoint first: it says how many records there are to look for. */
    for (size_t i = 0; i < r->n_sources; i++)
        if (lost_look(&r->lost, r->sources[i], r->err, sizeof(r->err)) != 0)
            return -1;
    for (size_t i = 0; i < r->n_sources; i++)
        if (lost_take(&r->lost, r->sources[i], r->err, sizeof(r->err)) != 0)
            return -1;
    return 0;
}

/* How many of the missing records can be taken back before the first that can't: as far as a
 * checkpoint shows that they are right. */
static size_t recoverable(const struct recover *r)
{
    size_t whole = 0, most = 0;

    while (r->lost.records && whole < r->lost.n && lost_is_whole(&r->lost.records[whole]))
        whole++;
    for (size_t i = 0; i < r->lost.n_checkpoints; i++) {
        uint64_t size = r->lost.checkpoints[i].of.size;

        if (size > r->lost.first && size - r->lost.first <= whole && size - r->lost.first > most)
            most = (size_t)(size - r->lost.first);
    }
    return most;
}

/* Takes back what can be, and asks the stewards to go on without the rest. */
static int go_on(struct recover *r, const struct database *db)
{
    size_t n = recoverable(r);
    PGconn *conn;
    int ret;

    if (n > 0 && take_back(r, n) != 0)
        return -1;
    if (n > 0)
        printf(_("Verified and stored the first %zu of them.\n"), n);
    conn = database_connect(db, "ledgerd recover", r->err, sizeof(r->err));
    if (!conn)
        return -1;
    ret = recover_continue(conn, &r->ledger, &r->lost, &r->own, r->err, sizeof(r->err));
    PQfinish(conn);
    return ret;
}

static int recover(struct recover *r, const struct conf *conf, const struct database *db)
{
    bool missing;

    if (load(r, conf, db) != 0)
        return -1;
    lost_init(&r->lost, r->origin, r->keys, r->n_keys, r->ledger.head.size);
    replay_init(&r->replay, &r->ledger, r->post);
    r->replay.load_accounts = true;
    if (take_kept(r, conf) != 0 || look_at_sources(r) != 0)
        return -1;
    printf(_("The database has %llu records; the newest checkpoint that was signed covers %llu.\n"),
           (unsigned long long)r->ledger.head.size, (unsigned long long)r->lost.target.size);
    if (r->lost.n == 0 && !r->differs) {
        printf("%s", _("No record is missing: nothing was changed. Start ledgerd.\n"));
        return 0;
    }
    missing = tell_missing(r);
    if (r->go_on)
        return missing || r->differs
                   ? go_on(r, db)
                   : fault(r, N_("All that is missing was found: run the same command without"
                                 " --continue. Nothing was changed."));
    if (missing)
        return fault(r, N_("Not everything is there, so nothing was stored. Get what is missing and"
                           " run the same command again with all sources."));
    if (take_back(r, r->lost.n) != 0)
        return -1;
    printf(_("Verified and stored %zu records: the log has %llu again, as was signed. Start"
             " ledgerd.\n"),
           r->lost.n, (unsigned long long)r->ledger.head.size);
    return 0;
}

int cmd_recover(struct conf *conf, int argc, char **argv)
{
    struct recover r = {0};
    struct database db;
    int ret = read_options(&r, argc, argv);

    if (ret != 0)
        return ret;
    ret = 1;
    zone_prepare();
    if (privs_become(conf->user, conf->data, false, r.err, sizeof(r.err)) != 0 ||
        ownkeys_read(&r.own, conf->data, r.err, sizeof(r.err)) != 0 ||
        database_open(&db, conf, false, false, r.err, sizeof(r.err)) != 0) {
        fprintf(stderr, "ledgerd recover: %s\n", r.err);
        ownkeys_wipe(&r.own);
        return 1;
    }
    ret = recover(&r, conf, &db) == 0 ? 0 : 1;
    fflush(stdout);
    if (ret != 0)
        fprintf(stderr, "ledgerd recover: %s\n", r.err);
    if (r.replay.ledger)
        replay_free(&r.replay);
    lost_free(&r.lost);
    if (r.ledger.state)
        ledger_free(&r.ledger);
    if (r.keyring)
        keyring_free(r.keyring);
    db_post_close(r.post);
    database_close(&db);
    ownkeys_wipe(&r.own);
    return ret;
}
