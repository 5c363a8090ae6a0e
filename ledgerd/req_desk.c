/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/req_desk.h"

void req_desk_answer(struct request *r, struct desk_job *job)
{
    struct refusal refusal;

    switch (job->end) {
    case DESK_DONE:
        request_reply(r, 200, "application/json", &job->body);
        return;
    case DESK_NOT_FOUND:
        request_not_found(r);
        return;
    case DESK_TOO_LARGE:
        (void)refuse(&refusal, REFUSED_TOO_LARGE, "%s", job->why);
        request_refuse(r, &refusal);
        return;
    case DESK_BUSY:
        request_busy(r, job->why != NULL ? job->why : "the database doesn't answer just now");
        return;
    case DESK_BROKEN:
        request_problem(r, PROBLEM_INTERNAL,
                        "the database could not be read; see the ledger's log");
        return;
    }
}
