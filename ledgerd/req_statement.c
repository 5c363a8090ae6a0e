/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /v1/accounts/{member}/{unit}/statement: for whoever may read the account. */
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/num.h"
#include "lang/zone.h"
#include "ledgerd/req.h"
#include "ledgerd/req_desk.h"
#include "ledgerd/shown.h"
#include "ledgerd/statement_make.h"

#define SETTLED_S 120 /* after which no record of an earlier minute is still on its way */

static void on_made(struct desk_job *job)
{
    struct statement_ask *ask = (struct statement_ask *)job;

    req_desk_answer(ask->owner, job);
    buf_free(&job->body);
    statement_ask_free(ask);
}

/*
 * A checkpoint that witnesses have cosigned proves more than the latest one. It will do where it is
 * the same, or was taken when the statement's last day had been over for a while: then it has all
 * records of these days.
 */
static void take_cosigned(const struct request *r, struct statement_ask *ask)
{
    struct shown *shown = r->d->shown;
    struct checkpoint c, latest;
    const char *note;
    size_t len;

    if (!shown_get(shown, request_now(), &c, &note, &len) || shown_cosigned(shown) == 0 ||
        (uint64_t)ask->since > c.size || !published_get(r->d->published, &latest, NULL, NULL)) {
        return;
    }
    if (c.size == latest.size || zone_day((shown_taken(shown) - SETTLED_S) * 1000) > ask->to) {
        ask->cosigned = x_strndup(note, len);
        ask->cosigned_len = len;
        ask->cosigned_checkpoint = c;
    }
}

static bool day_param(struct request *r, const char *name, int32_t *out)
{
    char *text = request_param(r, name);
    bool good = text != NULL && date_parse(text, out) == 0;

    free(text);
    return good;
}

/* The account may be had: is the question right? */
static void on_statement_account(struct request *r, const PGresult *res)
{
    struct statement_ask *ask;
    char *since;
    int rc = 0;

    if (PQntuples(res) != 1) {
        request_not_found(r);
        return;
    }
    ask = x_calloc(1, sizeof(*ask));
    ask->owner = r;
    ask->job.kid = r->caller.kid;
    ask->job.run = statement_make;
    ask->job.done = on_made;
    name_account(ask->account, r->arg[0], r->arg[1]);
    since = request_param(r, "since_size");
    if (since != NULL) {
        rc = num_parse(since, strlen(since), 1, NUM_MAX, &ask->since);
    }
    free(since);
    if (!day_param(r, "from", &ask->from) || !day_param(r, "to", &ask->to)) {
        request_malformed(r, "from and to must be dates, as in 2026-11-22");
    } else if (ask->from > ask->to) {
        request_malformed(r, "from must not lie behind to");
    } else if (rc != 0) {
        request_malformed(r, "since_size must be the size of a checkpoint, from 1");
    } else {
        take_cosigned(r, ask);
        if (desk_ask(r->d->desk, &ask->job)) {
            return; /* on_made goes on */
        }
        request_busy(r, "too many statements are being made just now");
    }
    statement_ask_free(ask);
}

void req_statement(struct request *r)
{
    if (!name_is_unit(r->arg[1])) {
        request_not_found(r);
        return;
    }
    request_read(r, read_account(r->arg[0], r->arg[1]), on_statement_account);
}
