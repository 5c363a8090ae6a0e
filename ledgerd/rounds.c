/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/rounds.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/b64.h"
#include "lang/lang.h"
#include "lang/zone.h"
#include "ledgerd/calendar.h"
#include "ledgerd/db_round.h"
#include "ledgerd/jti.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/own_act.h"

#define LIFETIME_S 600  /* of its acts */
#define AGAIN_S    1    /* until the first look at what became of them */
#define SLOW_S     60   /* at most, between two tries with one round */
#define PAUSE_S    3600 /* between two tries of a proposal: there may be nothing to clear yet */

/* A round that was tried to be posted, or computed again, and is still open. */
struct attempt {
    char unit[UNIT_MAX + 1];
    int64_t record;
    unsigned tries;
    time_t next;
};

struct rounds {
    struct ledgerd *d;
    struct calendar calendar;
    time_t proposed[CALENDAR_MAX]; /* when each row was tried last; monotonic */
    size_t n, cap;
    struct attempt *attempts; /* of the rounds that are open */
};

struct rounds *rounds_new(struct ledgerd *d)
{
    struct rounds *r = x_calloc(1, sizeof(*r));
    char err[300];

    r->d = d;
    if (calendar_parse(&r->calendar, d->conf->rounds, err, sizeof(err)) != 0) {
        log_error("%s", err); /* it was parsed before, with the other options */
    }
    return r;
}

void rounds_free(struct rounds *r)
{
    if (r == NULL) {
        return;
    }
    free(r->attempts);
    free(r);
}

static time_t monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* ---- Submitting ---- */

static void on_done(struct job *job)
{
    if (job->status == JOB_POSTED || job->status == JOB_REPEATED) {
        log_event(LOG_LEVEL_INFO, N_("a round of clearing goes on"),
                  LOG_STR("act", act_type_name(job->act.type)),
                  LOG_STR("unit", job->act.u.clearing.unit), LOG_INT("record", job->record));
    } else {
        log_event(LOG_LEVEL_INFO, N_("a round of clearing doesn't go on so"),
                  LOG_STR("act", job->parsed ? act_type_name(job->act.type) : ""),
                  LOG_STR("why", job->refusal.detail));
    }
    job_free(job);
}

static void begin(struct buf *b, const char *type, const char *ledger_id, const char *jti,
                  const char *unit)
{
    long long now = (long long)time(NULL);

    buf_printf(b, "{\"type\":\"%s\",\"aud\":", type);
    buf_puts_json(b, ledger_id);
    buf_puts(b, ",\"by\":\"ledger\",\"jti\":\"");
    if (jti != NULL) {
        buf_puts(b, jti);
    } else {
        jti_put(b, now * 1000);
    }
    buf_printf(b, "\",\"iat\":%lld,\"exp\":%lld,\"unit\":\"%s\"", now, now + LIFETIME_S, unit);
}

static void submit(struct rounds *r, struct buf *b)
{
    buf_putc(b, '}');
    own_act_submit(r->d, b, r->d->clerk_secret, on_done);
    buf_free(b);
}

static void submit_post(struct rounds *r, const char *ledger_id, const struct round_head *h)
{
    struct buf b = BUF_INIT;

    begin(&b, "clearing.post", ledger_id, NULL, h->unit);
    buf_printf(&b, ",\"round\":%lld,\"hash\":\"%s\",\"consents\":[", (long long)h->record, h->hash);
    for (size_t i = 0; i < h->n_consents; i++) {
        buf_printf(&b, "%s%lld", i == 0 ? "" : ",", (long long)h->consents[i]);
    }
    buf_putc(&b, ']');
    submit(r, &b);
}

/* A first proposal where record is negative. */
static void submit_proposal(struct rounds *r, const char *ledger_id, const char *jti,
                            const char *unit, int64_t record)
{
    struct buf b = BUF_INIT;
    long long deadline = (long long)time(NULL) + r->d->conf->answer_days * 86400 - LIFETIME_S;

    begin(&b, "clearing.propose", ledger_id, jti, unit);
    buf_printf(&b, ",\"deadline\":%lld", deadline);
    if (record >= 0) {
        buf_printf(&b, ",\"round\":%lld", (long long)record);
    }
    submit(r, &b);
}

/* ---- Open rounds ---- */

static struct attempt *attempt_at(struct rounds *r, const struct round_head *h)
{
    struct attempt *a;

    for (size_t i = 0; i < r->n; i++) {
        if (str_eq(r->attempts[i].unit, h->unit)) {
            if (r->attempts[i].record != h->record) { /* it was computed again */
                r->attempts[i].record = h->record;
                r->attempts[i].tries = 0;
                r->attempts[i].next = 0;
            }
            return &r->attempts[i];
        }
    }
    if (r->n == r->cap) {
        r->cap = r->cap * 2 + 4;
        r->attempts = x_realloc(r->attempts, r->cap * sizeof(*r->attempts));
    }
    a = &r->attempts[r->n++];
    memset(a, 0, sizeof(*a));
    str_copy(a->unit, sizeof(a->unit), h->unit);
    a->record = h->record;
    return a;
}

static void lower(int *within, int64_t seconds)
{
    if (seconds < *within) {
        *within = seconds < AGAIN_S ? AGAIN_S : (int)seconds;
    }
}

/*
 * What nobody has to be waited for any more is posted. Where that doesn't end the round, a debt in
 * it isn't owed any more, and it is computed again; where that doesn't either, something came
 * between, and the whole is tried once more, ever less often.
 */
static void look_at(struct rounds *r, const char *ledger_id, const struct round_head *h,
                    int *within)
{
    bool complete = h->counts.consents == h->counts.asked && h->counts.against == 0;
    int64_t left = h->deadline - (int64_t)time(NULL) + 1;
    struct attempt *a = attempt_at(r, h);
    time_t now = monotonic();

    if (!complete && h->counts.against == 0 && left > 0) {
        lower(within, left);
        return;
    }
    if (now < a->next) {
        lower(within, a->next - now);
        return;
    }
    if (complete && a->tries % 2 == 0) {
        submit_post(r, ledger_id, h);
    } else {
        submit_proposal(r, ledger_id, NULL, h->unit, h->record);
    }
    a->tries++;
    a->next = now + (a->tries < 6 ? (time_t)1 << a->tries : SLOW_S);
    lower(within, a->next - now);
}

/* ---- The calendar ---- */

/* One for each day: whoever else posts, or posts again, makes the same. */
static void proposal_jti(char out[HASH_B64U_LEN + 1], const char *unit, int32_t day)
{
    struct buf b = BUF_INIT;
    struct hash hash;

    buf_puts(&b, "clearing");
    buf_putc(&b, '\0');
    buf_puts(&b, unit);
    buf_putc(&b, '\0');
    buf_put_i64(&b, day);
    hash_bytes(&hash, b.data, b.len);
    hash_text(out, &hash);
    buf_free(&b);
}

static int look_at_calendar(struct rounds *r, PGconn *conn, const char *ledger_id,
                            const struct round_head *open, size_t n, char *err, size_t err_size)
{
    int32_t today = zone_day((int64_t)time(NULL) * 1000);
    time_t now = monotonic();

    for (size_t i = 0; i < r->calendar.n; i++) {
        const struct calendar_row *row = &r->calendar.rows[i];
        char jti[HASH_B64U_LEN + 1];
        bool done =
            !calendar_is_due(row, today) || (r->proposed[i] > 0 && now < r->proposed[i] + PAUSE_S);
        for (size_t k = 0; k < n; k++) {
            done = done || str_eq(open[k].unit, row->unit);
        }
        if (done) {
            continue;
        }
        proposal_jti(jti, row->unit, today);
        if (db_round_posted(conn, jti, &done, err, err_size) != 0) {
            return -1;
        }
        if (!done) {
            submit_proposal(r, ledger_id, jti, row->unit, -1);
        }
        r->proposed[i] = now;
    }
    return 0;
}

int rounds_look(struct rounds *r, PGconn *conn, const char *ledger_id, int *within, char *err,
                size_t err_size)
{
    struct round_head *open;
    size_t n;
    int rc;

    if (ledger_id[0] == '\0') {
        return 0;
    }
    if (db_round_open(conn, &open, &n, err, err_size) != 0) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        look_at(r, ledger_id, &open[i], within);
    }
    rc = look_at_calendar(r, conn, ledger_id, open, n, err, err_size);
    db_round_heads_free(open, n);
    return rc;
}
