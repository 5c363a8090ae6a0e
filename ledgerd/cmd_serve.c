/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ledgerd: serves. Everything is started here in order, and stopped in the opposite one. */
#include <errno.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "lang/zone.h"
#include "ledgerd/clerk.h"
#include "ledgerd/collector.h"
#include "ledgerd/commands.h"
#include "ledgerd/database.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/db_init.h"
#include "ledgerd/desk.h"
#include "ledgerd/forecast.h"
#include "ledgerd/follower.h"
#include "ledgerd/http.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/migrate.h"
#include "ledgerd/notify.h"
#include "ledgerd/outward.h"
#include "ledgerd/ownkeys.h"
#include "ledgerd/poster.h"
#include "ledgerd/privs.h"
#include "ledgerd/reads.h"
#include "ledgerd/sandbox.h"
#include "ledgerd/scribe.h"
#include "ledgerd/shown.h"
#include "ledgerd/verify.h"
#include "ledgerd/witnessing.h"

struct serve {
    struct ledgerd d;
    struct database db;
    struct scribe *scribe;
    struct sandbox *sandbox;
    struct event *term, *intr, *usr1, *hup, *keeper, *tick;
    bool stopping;
    bool failed;                       /* it stops because of that */
    bool superuser;                    /* its role in the database is one */
    enum poster_mode mode;             /* as the service manager was last told */
    struct log_keys log_keys;          /* all that the ledger ever had */
    char first_origin[ORIGIN_MAX + 1]; /* what it is called as a witness, which never changes */
    struct peers witnesses, sisters;   /* until the collector and the follower have them */
};

/* ---- Events ---- */

static void on_stop(evutil_socket_t sig, short what, void *arg)
{
    struct serve *s = arg;

    (void)what;
    if (s->stopping)
        return;
    s->stopping = true;
    log_info("Stopping (signal %d).", (int)sig);
    notify_stopping();
    event_base_loopbreak(s->d.base);
}

static void on_confirm(evutil_socket_t sig, short what, void *arg)
{
    struct serve *s = arg;

    (void)sig;
    (void)what;
    poster_confirm_clock(s->d.poster);
}

static void on_reload(evutil_socket_t sig, short what, void *arg)
{
    struct serve *s = arg;

    (void)sig;
    (void)what;
    http_reload(s->d.http);
}

static void tick_after(struct serve *s, int64_t ms)
{
    struct timeval tv = {ms / 1000, (ms % 1000) * 1000};

    event_add(s->tick, &tv);
}

/* PostgreSQL was started again, or nobody is left to do so. */
static void on_keeper(evutil_socket_t fd, short what, void *arg)
{
    struct serve *s = arg;
    uint64_t restarts = 0;
    bool alive = pgkeeper_look(s->db.keeper, &restarts);

    (void)fd;
    (void)what;
    s->d.metrics->database_restarts += restarts;
    if (!alive) {
        log_error("The process that keeps PostgreSQL has died: stopping.");
        event_del(s->keeper);
        s->failed = true;
        s->stopping = true;
        event_base_loopbreak(s->d.base);
    }
}

/* What `systemctl status` shows. */
static void tell_mode(const struct serve *s)
{
    char *text = x_asprintf("%s%s", poster_mode_name(s->mode),
                            s->superuser ? _("; its role in the database is a superuser") : "");

    notify_status(text);
    free(text);
}

/* Tells systemd that the loop lives. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct serve *s = arg;
    int64_t due = notify_watchdog_ms() > 0 ? notify_watchdog_ms() / 3 : 10000;

    (void)fd;
    (void)what;
    notify_watchdog();
    if (s->d.poster && poster_mode(s->d.poster) != s->mode) {
        s->mode = poster_mode(s->d.poster);
        tell_mode(s);
    }
    tick_after(s, due < 10 ? 10 : due);
}

static int add_events(struct serve *s)
{
    struct event_base *base = s->d.base;

    s->term = evsignal_new(base, SIGTERM, on_stop, s);
    s->intr = evsignal_new(base, SIGINT, on_stop, s);
    s->usr1 = evsignal_new(base, SIGUSR1, on_confirm, s);
    s->hup = evsignal_new(base, SIGHUP, on_reload, s);
    s->tick = evtimer_new(base, on_tick, s);
    if (event_add(s->term, NULL) != 0 || event_add(s->intr, NULL) != 0 ||
        event_add(s->usr1, NULL) != 0 || event_add(s->hup, NULL) != 0)
        return -1;
    if (s->db.keeper) {
        s->keeper = event_new(base, pgkeeper_fd(s->db.keeper), EV_READ | EV_PERSIST, on_keeper, s);
        if (!s->keeper || event_add(s->keeper, NULL) != 0)
            return -1;
    }
    tick_after(s, 10);
    return 0;
}

static void free_events(struct serve *s)
{
    struct event *all[] = {s->term, s->intr, s->usr1, s->hup, s->keeper, s->tick};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (all[i])
            event_free(all[i]);
}

/* ---- Start ---- */

/*
 * The log keys that are held here against those of the ledger in the database: one must be in
 * force. When that is the one which follows, the one before was revoked. -1 and a sentence.
 */
static int check_log_keys(const struct serve *s, const char *data, struct ownkeys *keys, char *err,
                          size_t err_size)
{
    if (log_keys_has(&s->log_keys, &keys->log[0].key))
        return 0;
    if (keys->n_log > 1 && log_keys_has(&s->log_keys, &keys->log[1].key)) {
        log_info(N_("log.key is revoked: log-next.key takes its place"));
        return ownkeys_pass_on(keys, data, err, err_size);
    }
    snprintf(err, err_size, _("%s/log.key isn't the log key of the ledger %s."), data, s->d.origin);
    return -1;
}

static void take_keys(struct ledgerd *d, const struct ownkeys *keys)
{
    /* Not to a swap partition, as far as the limit on locked memory allows. */
    (void)sodium_mlock(d->log, sizeof(d->log));
    (void)sodium_mlock(d->clerk_secret, sizeof(d->clerk_secret));
    memcpy(d->log, keys->log, sizeof(d->log));
    d->n_log = keys->n_log;
    d->clerk_key = keys->clerk_key;
    memcpy(d->clerk_secret, keys->clerk_secret, KEY_SECRET_LEN);
}

/* The ledger's days, also where another ledgerd posts: the poster sets them anew when it begins. */
static int take_zone(PGconn *conn, char *err, size_t err_size)
{
    char *zone = db_zone(conn, err, err_size);

    if (!zone)
        return -1;
    if (*zone && zone_set(zone) != 0)
        log_warn("This machine doesn't know the ledger's time zone %s.", zone);
    free(zone);
    return 0;
}

/* The ledger's own keys, and that they are of the ledger in the database. -1 and a sentence. */
static int open_ledger(struct serve *s, const struct conf *conf, char *err, size_t err_size)
{
    struct ledgerd *d = &s->d;
    struct ownkeys keys;
    int64_t size;
    int ret = -1;
    PGconn *conn;

    if (ownkeys_read(&keys, conf->data, err, err_size) != 0)
        return -1;
    conn = database_connect(&s->db, "ledgerd start", err, err_size);
    if (!conn)
        goto out;
    if (db_schema_check(conn, err, err_size) != SCHEMA_OK ||
        db_head_origin(conn, d->origin, &size, err, err_size) != 0 ||
        db_first_origin(conn, s->first_origin, err, err_size) != 0 ||
        db_log_keys(conn, &s->log_keys, err, err_size) != 0 ||
        take_zone(conn, err, err_size) != 0 ||
        check_log_keys(s, conf->data, &keys, err, err_size) != 0)
        goto out;
    take_keys(d, &keys);
    s->superuser = db_is_superuser(conn);
    if (s->superuser)
        log_warn(
            "ledgerd's role in the database is a superuser: whoever takes ledgerd over can have "
            "PostgreSQL run programs.");
    d->conninfo = x_strdup(s->db.conninfo);
    if (!s->db.keeper)
        sandbox_allow_database(s->sandbox, conn);
    ret = 0;
out:
    PQfinish(conn);
    ownkeys_wipe(&keys);
    return ret;
}

/* Who is named in the configuration, which was checked when it was read, and the process that goes
 * out to them: before there are keys in memory. */
static int open_outward(struct serve *s, const struct conf *conf, char *err, size_t err_size)
{
    if (peers_parse(&s->witnesses, conf->witnesses, NOTE_COSIGNATURE, err, err_size) != 0 ||
        peers_parse(&s->sisters, conf->witness_for, NOTE_ED25519, err, err_size) != 0)
        return -1;
    return outward_open(&s->d.outward, (int)conf->sandbox, &s->witnesses, &s->sisters, err,
                        err_size);
}

/* This ledgerd as a witness, and its own witnesses. */
static int open_witnessing(struct serve *s, const struct conf *conf, char *err, size_t err_size)
{
    struct ledgerd *d = &s->d;
    const char *name = *conf->witness_name != '\0' ? conf->witness_name : s->first_origin;
    size_t n_witnesses = s->witnesses.n;

    if (s->sisters.n > 0) {
        d->witnessing = witnessing_open(conf->data, name, &s->sisters, d->metrics, err, err_size);
        if (!d->witnessing)
            return -1;
    }
    d->collector = collector_new(d, &s->witnesses);
    d->follower = follower_new(d, &s->sisters, n_witnesses);
    return 0;
}

/* What needs rights that are given up afterwards: files are read and sockets bound. No threads. */
static int open_parts(struct serve *s, const struct conf *conf, char *err, size_t err_size)
{
    struct ledgerd *d = &s->d;

    d->published = published_open(conf->data, d->origin, d->log, d->n_log, s->log_keys.all,
                                  s->log_keys.n, err, err_size);
    if (!d->published)
        return -1;
    published_by_scribe(d->published, s->scribe);
    published_use(d->published, s->log_keys.all, s->log_keys.n_in_force);
    d->shown = shown_new(d->published, conf->publish_minutes,
                         s->witnesses.n > 0 ? conf->cosign_seconds : 0);
    d->base = event_base_new();
    d->metrics = metrics_new();
    d->keyring = keyring_new();
    d->forecast = forecast_new();
    d->limits =
        limits_new(conf->refusals_per_minute, conf->member_acts_per_day, conf->strangers_per_day);
    d->queue = queue_new((size_t)conf->queue_max);
    if (!d->base || add_events(s) != 0) {
        snprintf(err, err_size, _("The event loop can't start: %s."), strerror(errno));
        return -1;
    }
    if (open_witnessing(s, conf, err, err_size) != 0)
        return -1;
    d->http = http_start(d, err, err_size);
    return d->http ? 0 : -1;
}

/* The threads and the connections to the database, which work within the sandbox. */
static int start_parts(struct serve *s, const struct conf *conf, char *err, size_t err_size)
{
    struct ledgerd *d = &s->d;

    d->verifier = verifier_start(d, (int)conf->verify_threads);
    d->poster = poster_start(d);
    d->reads = reads_start(d);
    d->clerk = d->poster ? clerk_start(d) : NULL;
    d->desk = desk_start(d);
    d->counter = desk_start(d);
    if (!d->verifier || !d->poster || !d->reads || !d->clerk || !d->desk || !d->counter) {
        snprintf(err, err_size, _("A thread can't start: %s."), strerror(errno));
        return -1;
    }
    if ((d->witnessing && witnessing_start(d->witnessing, d->base) != 0) ||
        (d->outward && outward_start(d->outward, d) != 0)) {
        snprintf(err, err_size, _("A thread can't start: %s."), strerror(errno));
        return -1;
    }
    return 0;
}

/*
 * What is written of the data folder while serving. The other files in it are the configuration,
 * the keys, and all of the private PostgreSQL: who could write those would be out at the next
 * start.
 */
static void allow_data(struct serve *s, const char *data)
{
    static const char *const names[] = {"checkpoint", "witness"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *path = x_asprintf("%s/%s", data, names[i]);

        sandbox_allow_changes(s->sandbox, path);
        free(path);
    }
}

/*
 * Everything, in the order of rights: the keeper with PostgreSQL, the keys, what is listened on;
 * then the sandbox; then the threads, which read what strangers send.
 */
static int start(struct serve *s, const struct conf *conf, char *err, size_t err_size)
{
    s->sandbox = sandbox_new();
    if (*conf->tls_certificate != '\0') { /* read again at SIGHUP */
        sandbox_allow_folder_of(s->sandbox, conf->tls_certificate);
        sandbox_allow_folder_of(s->sandbox, conf->tls_key);
    }
    if (open_outward(s, conf, err, err_size) != 0)
        return -1;
    s->scribe = scribe_start(conf->data, err, err_size);
    if (s->scribe == NULL || open_ledger(s, conf, err, err_size) != 0 ||
        open_parts(s, conf, err, err_size) != 0)
        return -1;
    allow_data(s, conf->data);
    if (sandbox_enter(s->sandbox, (enum sandbox_want)conf->sandbox, err, err_size) != 0)
        return -1;
    return start_parts(s, conf, err, err_size);
}

/* ---- Stop ---- */

/* Finishes what was taken, lets the answers go out, ends all parts that were started. */
static void stop_parts(struct serve *s)
{
    struct ledgerd *d = &s->d;

    outward_stop(d->outward);
    if (d->http)
        http_stop_accepting(d->http);
    witnessing_stop(d->witnessing);
    if (d->clerk)
        clerk_stop(d->clerk);
    d->clerk = NULL;
    if (d->counter)
        desk_stop(d->counter);
    if (d->desk)
        desk_stop(d->desk);
    if (d->queue)
        queue_shut(d->queue);
    if (d->verifier)
        verifier_stop(d->verifier);
    if (d->poster)
        poster_stop(d->poster);
    if (d->http)
        http_finish(d->http);
    if (d->reads)
        reads_stop(d->reads);
    if (d->http)
        http_stop(d->http);
    outward_free(d->outward);
    collector_free(d->collector);
    follower_free(d->follower);
    witnessing_free(d->witnessing);
    peers_free(&s->witnesses);
    peers_free(&s->sisters);
    free_events(s);
    queue_free(d->queue);
    keyring_free(d->keyring);
    forecast_free(d->forecast);
    limits_free(d->limits);
    free(d->metrics);
    shown_free(d->shown);
    published_free(d->published);
    if (d->base)
        event_base_free(d->base);
    free(d->conninfo);
    sandbox_free(s->sandbox);
    scribe_stop(s->scribe);
    sodium_munlock(d->log, sizeof(d->log)); /* and wipes it */
    sodium_munlock(d->clerk_secret, sizeof(d->clerk_secret));
}

int cmd_serve(struct conf *conf, int argc, char **argv)
{
    struct serve s = {.d = {.conf = conf}, .db = {.lock = -1}};
    char err[512];
    int ret = 1;

    if (argc > 1) {
        fprintf(stderr,
                _("ledgerd: there is no command or option \"%s\"; `ledgerd --help` lists them.\n"),
                argv[1]);
        return 2;
    }
    /* Either would end it while nobody handles it: while PostgreSQL starts and stops. */
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    zone_prepare();
    if (privs_become(conf->user, conf->data, false, err, sizeof(err)) != 0)
        fatal("%s", err);
    if (database_open(&s.db, conf, false, false, err, sizeof(err)) != 0)
        fatal("%s", err);
    if (start(&s, conf, err, sizeof(err)) != 0) {
        log_error("%s", err);
    } else {
        log_event(LOG_LEVEL_INFO, "ready", LOG_STR("origin", s.d.origin),
                  LOG_STR("listen", conf->listen));
        notify_ready("serving");
        event_base_dispatch(s.d.base);
        ret = s.failed ? 1 : 0;
    }
    stop_parts(&s);
    database_close(&s.db);
    log_info("Stopped.");
    return ret;
}
