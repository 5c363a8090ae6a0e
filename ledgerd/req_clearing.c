/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GET /v1/clearing/{unit}: the latest round of clearing in a unit, for the offices and auditors of
 * the co-ops in it and for auditors of all. A round of a thousand co-ops has very many legs, so the
 * desk makes the answer.
 */
#include <stdlib.h>
#include <string.h>

#include "ledgerd/db_round.h"
#include "ledgerd/out.h"
#include "ledgerd/req.h"
#include "ledgerd/req_desk.h"
#include "ledgerd/scope.h"

struct round_ask {
    struct desk_job job; /* first */
    struct request *owner;
    char unit[UNIT_MAX + 1];
    char coop[COOP_MAX + 1]; /* whose round it is to be; empty: an auditor's of all */
};

static void put_parties(struct buf *b, const struct round *round)
{
    out_open(b, "parties", '[');
    for (size_t i = 0; i < round->n_parties; i++) {
        const struct round_party *p = &round->parties[i];

        out_open(b, NULL, '{');
        out_str(b, "coop", p->coop);
        out_str(b, "stand", round_stand_name(p->stand));
        if (p->record >= 0) {
            out_int(b, "record", p->record);
        } else {
            out_null(b, "record");
        }
        out_close(b, '}');
    }
    out_close(b, ']');
}

static void put_legs(struct buf *b, const struct round *round)
{
    out_open(b, "legs", '[');
    for (size_t i = 0; i < round->n_legs; i++) {
        const struct round_leg *leg = &round->legs[i];

        out_open(b, NULL, '{');
        out_str(b, "debtor", round->parties[leg->debtor].coop);
        out_str(b, "creditor", round->parties[leg->creditor].coop);
        out_int(b, "amount", leg->amount);
        out_close(b, '}');
    }
    out_close(b, ']');
}

/* What an open round does for a co-op: as much as is taken off what it owes is taken off what it is
 * owed. */
static int put_own(struct round_ask *ask, PGconn *conn, const struct round *round)
{
    const struct round_party *p = round_party(round, ask->coop);
    struct buf *b = &ask->job.body;
    int64_t owes, owed, off = 0;

    if (db_round_owed(conn, ask->coop, ask->unit, &owes, &owed, ask->job.err,
                      sizeof(ask->job.err)) != 0) {
        return -1;
    }
    for (size_t i = 0; i < round->n_legs; i++) {
        off += &round->parties[round->legs[i].debtor] == p ? round->legs[i].amount : 0;
    }
    out_open(b, "own", '{');
    out_str(b, "coop", ask->coop);
    out_int(b, "owes", owes);
    out_int(b, "owed", owed);
    out_int(b, "cleared", off);
    out_int(b, "owes_after", owes - off);
    out_int(b, "owed_after", owed - off);
    out_close(b, '}');
    return 0;
}

static int put_round(struct round_ask *ask, PGconn *conn, const struct round *round)
{
    struct buf *b = &ask->job.body;
    struct round_counts n;

    round_count(round, &n);
    out_open(b, NULL, '{');
    out_str(b, "unit", ask->unit);
    out_str(b, "state", round_state_name(round->state));
    out_int(b, "round", round->record);
    out_int(b, "record", round->subject.record);
    out_int(b, "seq", round->subject.seq);
    out_int(b, "deadline", round->deadline);
    out_int(b, "cleared", round->cleared);
    out_b64u(b, "hash", round->hash.b, HASH_LEN);
    out_int(b, "asked", (int64_t)n.asked);
    out_int(b, "consents", (int64_t)n.consents);
    if (ask->coop[0] != '\0' && round->state == ROUND_OPEN && put_own(ask, conn, round) != 0) {
        return -1;
    }
    put_parties(b, round);
    put_legs(b, round);
    out_close(b, '}');
    buf_putc(b, '\n');
    return 0;
}

static enum desk_end make(struct desk_job *job, struct ledgerd *d, PGconn *conn)
{
    struct round_ask *ask = (struct round_ask *)job;
    enum desk_end end = DESK_NOT_FOUND;
    struct round *round;

    (void)d;
    if (db_round_get(conn, ask->unit, &round, job->err, sizeof(job->err)) != 0) {
        return DESK_BUSY;
    }
    if (round != NULL && (ask->coop[0] == '\0' || round_party(round, ask->coop) != NULL)) {
        end = put_round(ask, conn, round) == 0 ? DESK_DONE : DESK_BUSY;
    }
    free(round);
    return end;
}

static void on_round(struct desk_job *job)
{
    struct round_ask *ask = (struct round_ask *)job;

    req_desk_answer(ask->owner, job);
    buf_free(&job->body);
    free(ask);
}

void req_clearing(struct request *r)
{
    struct round_ask *ask;

    if (!name_is_unit(r->arg[0]) || (r->caller.coop[0] == '\0' && !scope_audits_all(&r->caller))) {
        request_not_found(r);
        return;
    }
    ask = x_calloc(1, sizeof(*ask));
    ask->owner = r;
    ask->job.kid = r->caller.kid;
    ask->job.run = make;
    ask->job.done = on_round;
    str_copy(ask->unit, sizeof(ask->unit), r->arg[0]);
    str_copy(ask->coop, sizeof(ask->coop), r->caller.coop);
    if (!desk_ask(r->d->desk, &ask->job)) {
        free(ask);
        request_busy(r, "too many statements are being made just now");
    }
}
