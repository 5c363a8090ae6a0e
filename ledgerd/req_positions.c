/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GET /v1/coops/{coop}/positions: what stands between a co-op and its partners, for its office and
 * auditors. What a clearing would take off is worked out by the desk, off the loop.
 */
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/num.h"
#include "ledgerd/db_debts.h"
#include "ledgerd/forecast.h"
#include "ledgerd/log.h"
#include "ledgerd/out.h"
#include "ledgerd/req.h"
#include "ledgerd/req_desk.h"

struct row {
    char unit[UNIT_MAX + 1], partner[COOP_MAX + 1];
    int64_t position;                  /* what the co-op owes; negative: what it is owed */
    bool has_given, has_taken;         /* there is a line */
    bool given_transit, taken_transit; /* others' payments may pass over it */
    int64_t given, taken;              /* how much may be owed */
    bool moved, owed;                  /* the two times below are known */
    int64_t idx;                       /* of the last movement */
    char time[TIME_LEN + 1];           /* of it */
    char day[DATE_LEN + 1], oldest[DATE_LEN + 1];
    int64_t cleared_at, clears; /* -1: not known yet */
};

/* One question, from its rows to its answer. */
struct positions {
    struct desk_job job; /* first */
    struct request *owner;
    struct ledgerd *d;
    int64_t size;
    char coop[COOP_MAX + 1];
    char time[TIME_LEN + 1];
    size_t n;
    struct row *rows;
};

static void positions_free(struct positions *p)
{
    buf_free(&p->job.body);
    free(p->rows);
    free(p);
}

/* ---- The answer ---- */

static int64_t positive(int64_t n)
{
    return n > 0 ? n : 0;
}

/* What may still be paid directly: as far as the payee's co-op trusts, and what it owes. */
static int64_t can_pay(const struct row *r)
{
    return positive(num_gap(r->taken, r->position));
}

static int64_t can_receive(const struct row *r)
{
    return positive(num_gap(r->given, -r->position));
}

static void put_line(struct buf *b, const char *name, const char *transit, bool there,
                     int64_t limit, bool passes)
{
    if (there) {
        out_int(b, name, limit);
        out_bool(b, transit, passes);
    } else {
        out_null(b, name);
        out_null(b, transit);
    }
}

static void put_row(struct buf *b, const struct row *r)
{
    out_open(b, NULL, '{');
    out_str(b, "partner", r->partner);
    out_str(b, "unit", r->unit);
    out_int(b, "position", r->position);
    put_line(b, "given", "given_transit", r->has_given, r->given, r->given_transit);
    put_line(b, "taken", "taken_transit", r->has_taken, r->taken, r->taken_transit);
    out_int(b, "can_pay", can_pay(r));
    out_int(b, "can_receive", can_receive(r));
    if (r->moved) {
        out_int(b, "index", r->idx);
    } else {
        out_null(b, "index");
    }
    out_str(b, "time", r->moved ? r->time : NULL);
    out_str(b, "day", r->moved ? r->day : NULL);
    out_str(b, "oldest", r->owed ? r->oldest : NULL);
    if (r->cleared_at < 0) {
        out_null(b, "clears");
    } else {
        out_int(b, "clears", r->clears);
    }
    out_close(b, '}');
}

/* Of the rows of one unit, which begin at i. Where they end. */
static size_t put_total(struct buf *b, const struct positions *p, size_t i)
{
    int64_t owe = 0, owed = 0, given = 0, taken = 0, pay = 0, receive = 0, clears = 0;
    const char *unit = p->rows[i].unit;
    int64_t at = INT64_MAX;

    for (; i < p->n && str_eq(p->rows[i].unit, unit); i++) {
        const struct row *r = &p->rows[i];

        owe = num_gap(owe, -positive(r->position));
        owed = num_gap(owed, -positive(-r->position));
        given = num_gap(given, -r->given);
        taken = num_gap(taken, -r->taken);
        pay = num_gap(pay, -can_pay(r));
        receive = num_gap(receive, -can_receive(r));
        clears = num_gap(clears, -r->clears);
        at = r->cleared_at < at ? r->cleared_at : at;
    }
    out_open(b, NULL, '{');
    out_str(b, "unit", unit);
    out_int(b, "position", num_gap(owe, owed));
    out_int(b, "owe", owe);
    out_int(b, "owed", owed);
    out_int(b, "given", given);
    out_int(b, "taken", taken);
    out_int(b, "can_pay", pay);
    out_int(b, "can_receive", receive);
    if (at < 0) {
        out_null(b, "clears");
        out_null(b, "clearing_size");
    } else {
        out_int(b, "clears", clears);
        out_int(b, "clearing_size", at);
    }
    out_close(b, '}');
    return i;
}

static void put_answer(struct buf *b, const struct positions *p)
{
    out_open(b, NULL, '{');
    out_str(b, "coop", p->coop);
    out_int(b, "size", p->size);
    out_str(b, "time", p->time[0] != '\0' ? p->time : NULL);
    out_open(b, "items", '[');
    for (size_t i = 0; i < p->n; i++) {
        put_row(b, &p->rows[i]);
    }
    out_close(b, ']');
    out_open(b, "totals", '[');
    for (size_t i = 0; i < p->n;) {
        i = put_total(b, p, i);
    }
    out_close(b, ']');
    out_null(b, "next");
    out_close(b, '}');
    buf_putc(b, '\n');
}

/* ---- What a clearing would take off ---- */

/* A unit of many debts, worked out while nobody waits. */
struct refresh {
    struct desk_job job; /* first */
    struct ledgerd *d;
    char unit[UNIT_MAX + 1];
};

static enum desk_end refresh_run(struct desk_job *job, struct ledgerd *d, PGconn *conn)
{
    struct refresh *r = (struct refresh *)job;

    return forecast_work(d->forecast, conn, r->unit, job->stop, job->err, sizeof(job->err)) == 0
               ? DESK_DONE
               : DESK_BUSY;
}

static void refresh_done(struct desk_job *job)
{
    struct refresh *r = (struct refresh *)job;

    if (job->end != DESK_DONE) {
        forecast_disclaim(r->d->forecast, r->unit);
    }
    free(r);
}

/* On the other desk, so that no answer of this one waits for it. */
static void refresh_ask(struct ledgerd *d, const char *unit)
{
    struct refresh *r;

    if (!forecast_claim(d->forecast, unit)) {
        return;
    }
    r = x_calloc(1, sizeof(*r));
    r->d = d;
    r->job.run = refresh_run;
    r->job.done = refresh_done;
    str_copy(r->unit, sizeof(r->unit), unit);
    if (!desk_ask(d->desk, &r->job)) {
        forecast_disclaim(d->forecast, unit);
        free(r);
    }
}

static bool unit_begins(const struct positions *p, size_t i)
{
    return i == 0 || !str_eq(p->rows[i].unit, p->rows[i - 1].unit);
}

/* The desk's thread. */
static enum desk_end see_units(struct desk_job *job, struct ledgerd *d, PGconn *conn)
{
    struct positions *p = (struct positions *)job;
    int64_t size = db_debts_size(conn, job->err, sizeof(job->err));

    if (size < 0) {
        return DESK_BUSY;
    }
    for (size_t i = 0; i < p->n; i++) {
        if (unit_begins(p, i) && forecast_see(d->forecast, conn, p->rows[i].unit, size, job->stop,
                                              job->err, sizeof(job->err)) == FORECAST_FAILED) {
            return DESK_BUSY;
        }
    }
    for (size_t i = 0; i < p->n; i++) {
        struct row *r = &p->rows[i];
        bool owes = r->position > 0;

        r->cleared_at =
            forecast_of(d->forecast, r->unit, owes ? p->coop : r->partner,
                        owes ? r->partner : p->coop, owes ? r->position : -r->position, &r->clears);
    }
    put_answer(&job->body, p);
    return DESK_DONE;
}

static void on_seen(struct desk_job *job)
{
    struct positions *p = (struct positions *)job;

    for (size_t i = 0; job->end == DESK_DONE && i < p->n; i++) {
        if (unit_begins(p, i) && p->rows[i].cleared_at < p->size) {
            refresh_ask(p->d, p->rows[i].unit);
        }
    }
    req_desk_answer(p->owner, job);
    positions_free(p);
}

/* ---- The question ---- */

static void take_row(struct row *r, const PGresult *res, int row)
{
    str_copy(r->unit, sizeof(r->unit), col_text(res, row, POSITIONS_UNIT));
    str_copy(r->partner, sizeof(r->partner), col_text(res, row, POSITIONS_PARTNER));
    r->position = col_int(res, row, POSITIONS_BALANCE);
    r->has_given = !col_null(res, row, POSITIONS_GIVEN);
    r->given = col_int(res, row, POSITIONS_GIVEN);
    r->given_transit = col_bool(res, row, POSITIONS_GIVEN_TRANSIT);
    r->has_taken = !col_null(res, row, POSITIONS_TAKEN);
    r->taken = col_int(res, row, POSITIONS_TAKEN);
    r->taken_transit = col_bool(res, row, POSITIONS_TAKEN_TRANSIT);
    r->moved = !col_null(res, row, POSITIONS_IDX);
    r->idx = col_int(res, row, POSITIONS_IDX);
    str_copy(r->time, sizeof(r->time), col_text(res, row, POSITIONS_MOVED));
    str_copy(r->day, sizeof(r->day), col_text(res, row, POSITIONS_DAY));
    r->owed = !col_null(res, row, POSITIONS_OLDEST);
    str_copy(r->oldest, sizeof(r->oldest), col_text(res, row, POSITIONS_OLDEST));
}

static void on_positions(struct request *r, const PGresult *res)
{
    struct positions *p = x_calloc(1, sizeof(*p));

    p->owner = r;
    p->d = r->d;
    p->job.kid = r->caller.kid;
    p->job.run = see_units;
    p->job.done = on_seen;
    str_copy(p->coop, sizeof(p->coop), r->arg[0]);
    p->size = PQntuples(res) > 0 ? col_int(res, 0, POSITIONS_SIZE) : 0;
    if (PQntuples(res) > 0) {
        str_copy(p->time, sizeof(p->time), col_text(res, 0, POSITIONS_TIME));
    }
    p->rows = x_calloc((size_t)PQntuples(res) + 1, sizeof(*p->rows));
    for (int row = 0; row < PQntuples(res); row++) {
        if (!col_null(res, row, POSITIONS_UNIT)) {
            take_row(&p->rows[p->n++], res, row);
        }
    }
    if (desk_ask(r->d->counter, &p->job)) {
        return; /* on_seen goes on */
    }
    request_busy(r, "too many positions are being looked at just now");
    positions_free(p);
}

/* Those of a co-op that isn't there are as far from an auditor of all as from anybody else. */
static void on_coop_there(struct request *r, const PGresult *res)
{
    if (PQntuples(res) != 1) {
        request_not_found(r);
        return;
    }
    request_read(r, read_positions(r->arg[0]), on_positions);
}

void req_coop_positions(struct request *r)
{
    request_read(r, read_coop(r->arg[0]), on_coop_there);
}
