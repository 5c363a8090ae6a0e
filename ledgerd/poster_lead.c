/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who posts: connecting, taking over, standing by. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/lineage.h"
#include "core/record.h"
#include "ledgerd/db_continue.h"
#include "ledgerd/db_load.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "lang/lang.h"
#include "ledgerd/poster_int.h"
#include "lang/zone.h"

/* ---- The clock ---- */

enum poster_mode poster_leading_mode(const struct poster *p)
{
    return p->clock.stopped               ? POSTER_STOPPED_CLOCK
           : p->ledger.head.is_continuing ? POSTER_CONTINUING
                                          : POSTER_POSTING;
}

void poster_watch_clock(struct poster *p)
{
    struct clockwatch *w = &p->clock;
    bool stopped = w->stopped;
    int64_t head = p->ledger.head.time_ms;
    enum clockwatch_view view =
        clockwatch_look(w, poster_clock_ms(CLOCK_REALTIME), poster_clock_ms(CLOCK_BOOTTIME), head);

    if (atomic_exchange(&p->confirmed, false) && stopped) {
        log_event(LOG_LEVEL_WARN, "the operator confirmed the clock", LOG_INT("wall_ms", w->wall));
        clockwatch_confirm(w, head);
        poster_set_mode(p, poster_leading_mode(p));
    } else if (w->stopped && !stopped) {
        log_event(
            LOG_LEVEL_ERROR,
            view == CLOCK_LEAPT ? N_("the clock leapt: posting waits for SIGUSR1")
                                : N_("the clock is behind the log: posting waits for SIGUSR1"),
            LOG_INT("wall_ms", w->wall), LOG_INT("leap_ms", w->leap_ms), LOG_INT("head_ms", head));
        poster_set_mode(p, POSTER_STOPPED_CLOCK);
    }
}

/* ---- Connecting, taking over ---- */

void poster_let_go(struct poster *p)
{
    (void)publisher_wait(p->publisher);
    if (p->db != NULL) {
        db_post_close(p->db);
        p->db = NULL;
        p->seen = 0;
        /* A connection that came to nothing doesn't make the acts in the queue wait anew. */
        if (poster_mode(p) != POSTER_CONNECTING) {
            p->away_since = poster_now_ms();
        }
    }
    if (p->leading) {
        atomic_store(&p->d->metrics->pending_acts, 0); /* who posts next knows */
        ledger_free(&p->ledger);
        p->leading = false;
    }
}

void poster_drop(struct poster *p)
{
    poster_let_go(p);
    if (!p->forked) {
        poster_set_mode(p, POSTER_CONNECTING);
    }
}

static void see_fork(struct poster *p, uint64_t size, const struct checkpoint *c)
{
    log_event(LOG_LEVEL_ERROR,
              size < c->size
                  ? N_("the database is behind the last checkpoint: nothing is posted. Was an "
                       "old backup restored?")
                  : N_("the database disagrees with the last checkpoint: nothing is posted"),
              LOG_INT("database_size", size), LOG_INT("checkpoint_size", c->size));
    if (size < c->size) {
        log_error(
            "Records that were acknowledged to people are missing: %llu. Don't delete"
            " %s/checkpoint, and let nobody post. Stop ledgerd. Then put the newest copy of the"
            " database back, or take the records back from an auditor's copy: ledgerd recover"
            " --data %s --from COPY",
            (unsigned long long)(c->size - size), p->d->conf->data, p->d->conf->data);
    } else {
        log_error(
            "The database holds other records than those that were signed. Don't delete"
            " %s/checkpoint, and let nobody post. Stop ledgerd and put the right database back.",
            p->d->conf->data);
    }
    p->forked = true;
    poster_set_mode(p, POSTER_STOPPED_FORK);
    poster_drop(p);
}

/* Did one of our log keys sign the act, whoever else did? */
static bool we_signed(const struct ledgerd *d, const struct envelope *env)
{
    for (size_t i = 0; i < d->n_log; i++) {
        if (envelope_signed_by(env, &d->log[i].key)) {
            return true;
        }
    }
    return false;
}

/*
 * A ledger.continue as a submission or as a record's part, which is from this ledgerd's operator: a
 * log key of ours signed it, and that is nowhere in the database. False when it isn't.
 */
static bool is_ours(const struct ledgerd *d, const struct envelope *env, struct act *act)
{
    struct refusal ignored;

    if (act_parse(act, env, &ignored) != 0) {
        return false;
    }
    if (act->type == ACT_LEDGER_CONTINUE && we_signed(d, env)) {
        return true;
    }
    act_free(act);
    return false;
}

/* The ledger.continue that waits is ours, and of the log that is here. */
static bool continues(struct poster *p, char *err, size_t err_size)
{
    struct submission sub;
    struct refusal refusal;
    struct act act;
    char *text;
    bool right = false;

    if (db_continue_waiting(p->db, &text, err, err_size) != 0) {
        return false;
    }
    if (text != NULL && submission_parse(&sub, text, strlen(text), &refusal) == 0) {
        if (is_ours(p->d, &sub.env, &act)) {
            right = rules_found(&act, &p->ledger.tree, &refusal) == 0;
            act_free(&act);
        }
        submission_free(&sub);
    }
    free(text);
    str_copy(err, err_size, _("run ledgerd recover --continue again"));
    return right;
}

/* By a record of the database, and ours, the ledger went on from that origin: 1 so it did, 0 not,
 * -1 and a sentence where that can't be seen now. */
static int continued(struct poster *p, const char *origin, char *err, size_t err_size)
{
    char of[ORIGIN_MAX + 1], *text;
    struct part part;
    struct act act;
    const char *why;
    bool right = false;

    if (db_continue_of(p->db, origin, &text, err, err_size) != 0) {
        return -1;
    }
    if (text != NULL && part_parse(&part, text, strlen(text), &why) == 0) {
        if (part.kind == PART_ACT && is_ours(p->d, &part.act, &act)) {
            right = ledger_id_origin(of, act.aud) && str_eq(of, origin);
            act_free(&act);
        }
        part_free(&part);
    }
    free(text);
    return right;
}

/*
 * Compares the log in the database, of that size and root, with the checkpoint kept outside. -1
 * when that can't be done now, or when they disagree (then p->forked).
 */
static int check_published(struct poster *p, const struct head *head, const struct hash *root)
{
    struct checkpoint c;
    char err[DB_ERR_MAX];
    uint64_t size = head->size;
    bool there = published_get(p->d->published, &c, NULL, NULL);

    if (there && !str_eq(c.origin, head->origin)) {
        int went_on = continued(p, c.origin, err, sizeof(err));
        if (went_on < 0) {
            poster_complain(p, _("the log can't be compared with the last checkpoint"), err);
            return -1;
        }
        if (went_on == 0) {
            see_fork(p, size, &c);
            return -1;
        }
        log_event(LOG_LEVEL_WARN, N_("the ledger goes on under another origin"),
                  LOG_STR("origin", head->origin), LOG_INT("signed_before", c.size));
        there = false;
    }
    published_continue(p->d->published, head->origin);
    if (there) {
        struct hash then = *root;
        if (size > c.size && db_load_root_at(p->db, c.size, &then, err, sizeof(err)) != 0) {
            poster_complain(p, _("the log can't be compared with the last checkpoint"), err);
            return -1;
        }
        if (size < c.size || !hash_eq(&then, &c.root)) {
            see_fork(p, size, &c);
            return -1;
        }
    }
    atomic_store(&p->d->metrics->records, (int64_t)size);
    return 0;
}

static int sign(struct poster *p, uint64_t size, const struct hash *root)
{
    if (size > 0 && publisher_sign(p->publisher, size, root) != 0) {
        poster_complain(p, _("the checkpoint can't be written"), strerror(errno));
        return -1;
    }
    return 0;
}

static int load(struct poster *p, char *err, size_t err_size)
{
    ledger_init(&p->ledger, p->d->origin, p->d->keyring);
    p->leading = true; /* there is a ledger to be freed by poster_drop() */
    if (db_load_ledger(p->db, &p->ledger, err, err_size) != 0) {
        return -1;
    }
    ledger_use_log_keys(&p->ledger, p->d->published);
    const struct holder *ledger = state_holder(p->ledger.state, "ledger");
    if (ledger != NULL && zone_set(ledger->zone) != 0) {
        str_copy(err, err_size,
                 _("this machine doesn't know the ledger's time zone: install tzdata"));
        return -1;
    }
    return 0;
}

/* Tries to become the one that posts. */
static void try_lead(struct poster *p)
{
    char err[DB_ERR_MAX];
    struct hash root;
    int64_t epoch;

    enum db_end lock = db_post_lock(p->db);

    if (lock == DB_OTHERS) {
        poster_set_mode(p, POSTER_STANDBY);
        return;
    }
    if (lock != DB_DONE) {
        poster_complain(p, _("the connection was lost"), db_post_fault(p->db));
        poster_drop(p);
        return;
    }
    if (db_post_take_over(p->db, &epoch) != DB_DONE) {
        poster_complain(p, _("posting can't be taken over"), db_post_fault(p->db));
        poster_drop(p);
        return;
    }
    if (load(p, err, sizeof(err)) != 0) {
        poster_complain(p, _("the state can't be loaded"), err);
        poster_drop(p);
        return;
    }
    tree_root(&p->ledger.tree, &root);
    if (p->ledger.head.epoch != epoch) {
        poster_complain(p, _("posting can't be taken over"), _("another ledgerd did so just now"));
        poster_drop(p);
        return;
    }
    if (p->ledger.head.is_continuing) {
        if (!continues(p, err, sizeof(err))) {
            poster_complain(p, _("the act by which the ledger would go on isn't right"), err);
            poster_drop(p);
            return;
        }
    } else if (check_published(p, &p->ledger.head, &root) != 0 ||
               sign(p, p->ledger.head.size, &root) != 0) {
        poster_drop(p);
        return;
    }
    log_event(LOG_LEVEL_INFO, "this ledgerd posts", LOG_INT("epoch", epoch),
              LOG_INT("records", p->ledger.head.size));
    atomic_store(&p->d->metrics->pending_acts, strmap_sum(p->ledger.makers));
    p->next_try = 0;
    p->last_talk = poster_now_ms();
    p->next_expire = poster_now_ms() + POSTER_RETRY_MS;
    poster_set_mode(p, poster_leading_mode(p));
    poster_watch_clock(p);
}

void poster_connect(struct poster *p)
{
    char err[DB_ERR_MAX];

    p->db = db_post_open(p->d->conninfo, p->d->conf, err, sizeof(err));
    if (p->db == NULL) {
        poster_complain(p, _("no connection to the database"), err);
        return;
    }
    try_lead(p);
}

void poster_stay_away(struct poster *p)
{
    if (queue_is_shut(p->d->queue) || poster_now_ms() - p->away_since > POSTER_PATIENCE_MS) {
        poster_turn_away(p, POSTER_RECONNECT_MS, poster_why_busy(p));
    } else {
        poster_pause_ms(POSTER_RECONNECT_MS);
    }
}

/* ---- Standing by ---- */

/*
 * Signs what the other one posts. Where replication may still be waited for, a record that is seen
 * here can be lost in a failover: then only what came before the latest batch is signed, as no
 * batch begins before replication of the one before it is confirmed.
 */
static void follow(struct poster *p)
{
    char err[DB_ERR_MAX];
    struct checkpoint c;
    struct hash root;
    struct head head;
    bool settled;
    struct key keys[ACT_KEYS_MAX];
    size_t n_keys;

    if (db_load_head(p->db, &head, &root, &settled, err, sizeof(err)) != 0) {
        goto lost;
    }
    uint64_t size = head.size;
    if (head.is_continuing) { /* nothing is signed */
        return;
    }
    if (check_published(p, &head, &root) != 0) {
        poster_drop(p);
        return;
    }
    uint64_t sure = settled ? size : size > p->seen ? p->seen : 0;
    p->seen = size;
    if (sure == 0 || (published_get(p->d->published, &c, NULL, NULL) &&
                      str_eq(c.origin, head.origin) && sure <= c.size)) {
        return;
    }
    if (db_load_log_keys(p->db, keys, ARRAY_LEN(keys), &n_keys, err, sizeof(err)) != 0) {
        goto lost;
    }
    published_use(p->d->published, keys, n_keys);
    if (sure < size && db_load_root_at(p->db, sure, &root, err, sizeof(err)) != 0) {
        goto lost;
    }
    if (sign(p, sure, &root) != 0) {
        poster_drop(p);
    }
    return;
lost:
    poster_complain(p, _("the head can't be followed"), err);
    poster_drop(p);
}

void poster_stand_by(struct poster *p)
{
    poster_turn_away(p, POSTER_RETRY_MS, poster_why_busy(p));
    if (poster_now_ms() < p->next_try) {
        return;
    }
    p->next_try = poster_now_ms() + POSTER_RETRY_MS;
    try_lead(p);
    if (p->db != NULL && !p->leading) {
        follow(p);
    }
}
