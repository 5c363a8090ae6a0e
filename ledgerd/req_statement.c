/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /v1/accounts/{member}/{unit}/statement: for whoever may read the account. */
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/num.h"
#include "ledgerd/req.h"
#include "ledgerd/req_desk.h"
#include "ledgerd/statement_make.h"

static void on_made(struct desk_job *job)
{
    struct statement_ask *ask = (struct statement_ask *)job;

    req_desk_answer(ask->owner, job);
    buf_free(&job->body);
    free(ask);
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
    } else if (!desk_ask(r->d->desk, &ask->job)) {
        request_busy(r, "too many statements are being made just now");
    } else {
        return; /* on_made goes on */
    }
    free(ask);
}

void req_statement(struct request *r)
{
    if (!name_is_unit(r->arg[1])) {
        request_not_found(r);
        return;
    }
    request_read(r, read_account(r->arg[0], r->arg[1]), on_statement_account);
}
