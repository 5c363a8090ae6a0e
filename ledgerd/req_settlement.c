/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GET /v1/settlement/{unit}: who would have to pay whom so that all co-ops are quits in a unit. An
 * office sees what its own co-op pays and is paid, auditors of all see all of it.
 */
#include <stdlib.h>

#include "core/settle_plan.h"
#include "ledgerd/out.h"
#include "ledgerd/req.h"
#include "ledgerd/scope.h"

static void put_payment(struct buf *b, const struct settle_party *parties,
                        const struct settle_payment *p)
{
    out_open(b, NULL, '{');
    out_str(b, "from", parties[p->from].coop);
    out_str(b, "to", parties[p->to].coop);
    out_int(b, "amount", p->amount);
    out_close(b, '}');
}

static void on_positions(struct request *r, const PGresult *res)
{
    /* Of a unit whose co-ops are quits, one row of nobody. */
    const bool quits = PQntuples(res) == 1 && PQgetisnull(res, 0, NET_COOP);
    const size_t n = quits ? 0 : (size_t)PQntuples(res);
    struct settle_party *parties = x_calloc(n + 1, sizeof(*parties));
    struct settle_payment *plan = x_calloc(n + 1, sizeof(*plan));
    struct buf b = BUF_INIT;

    if (PQntuples(res) == 0) {
        free(plan);
        free(parties);
        request_not_found(r);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        parties[i].coop = col_text(res, (int)i, NET_COOP);
        parties[i].owes = col_int(res, (int)i, NET_OWES);
    }
    const size_t payments = settle_plan(parties, n, plan);
    out_open(&b, NULL, '{');
    out_str(&b, "unit", r->arg[0]);
    out_int(&b, "coops", (int64_t)n);
    out_int(&b, "payments", (int64_t)payments);
    out_open(&b, "items", '[');
    for (size_t i = 0; i < payments; i++) {
        if (scope_sees_coop(&r->caller, parties[plan[i].from].coop) ||
            scope_sees_coop(&r->caller, parties[plan[i].to].coop)) {
            put_payment(&b, parties, &plan[i]);
        }
    }
    out_close(&b, ']');
    out_close(&b, '}');
    free(plan);
    free(parties);
    request_json(r, 200, &b);
}

void req_settlement(struct request *r)
{
    if (!name_is_unit(r->arg[0])) {
        request_not_found(r);
        return;
    }
    request_read(r, read_net(r->arg[0]), on_positions);
}
