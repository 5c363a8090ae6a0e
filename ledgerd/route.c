/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of requests, and the one place where the right to make them is checked. */
#include "ledgerd/route.h"

#include <string.h>

#include "ledgerd/req.h"
#include "ledgerd/scope.h"

const struct route routes[] = {
    {"GET", "/v1/ledger", WHO_PUBLIC, NULL, req_ledger},
    {"GET", "/v1/ledger/log-keys", WHO_PUBLIC, NULL, req_log_keys},
    {"GET", "/v1/ledger/continued", WHO_PUBLIC, NULL, req_continued},
    {"POST", "/v1/acts", WHO_PUBLIC, NULL, req_acts_post},
    {"GET", "/v1/acts/{by}/{jti}", WHO_PENDING, scope_filtered, req_act},
    {"GET", "/v1/members/{member}", WHO_HOLDER, scope_everyone, req_member},
    {"GET", "/v1/accounts/{member}/{unit}", WHO_HOLDER, scope_of_account, req_account},
    {"GET", "/v1/accounts/{member}/{unit}/postings", WHO_HOLDER, scope_of_account, req_postings},
    {"GET", "/v1/accounts/{member}/{unit}/statement", WHO_HOLDER, scope_of_account, req_statement},
    {"GET", "/v1/snapshots", WHO_HOLDER, scope_everyone, req_snapshots},
    {"GET", "/v1/snapshots/{size}/accounts/{member}/{unit}", WHO_HOLDER, scope_filtered,
     req_snapshot_account},
    {"GET", "/v1/snapshots/{size}/books/{coop}", WHO_HOLDER, scope_filtered, req_snapshot_book},
    {"GET", "/v1/snapshots/{size}/subjects/{subject}", WHO_HOLDER, scope_filtered,
     req_snapshot_subject},
    {"GET", "/v1/pending", WHO_PENDING, scope_filtered, req_pending},
    {"GET", "/v1/requests", WHO_HOLDER, scope_filtered, req_requests},
    {"GET", "/v1/coops", WHO_PUBLIC, NULL, req_coops},
    {"GET", "/v1/coops/{coop}", WHO_ANYONE, scope_everyone, req_coop},
    {"GET", "/v1/coops/{coop}/members", WHO_HOLDER, scope_of_coop, req_coop_members},
    {"GET", "/v1/coops/{coop}/accounts", WHO_HOLDER, scope_of_coop, req_coop_accounts},
    {"GET", "/v1/coops/{coop}/postings", WHO_HOLDER, scope_of_coop, req_coop_postings},
    {"GET", "/v1/coops/{coop}/lines", WHO_HOLDER, scope_of_coop, req_coop_lines},
    {"GET", "/v1/coops/{coop}/positions", WHO_HOLDER, scope_of_coop, req_coop_positions},
    {"GET", "/v1/clearing/{unit}", WHO_HOLDER, scope_everyone, req_clearing},
    {"GET", "/v1/settlement/{unit}", WHO_HOLDER, scope_of_log, req_settlement},
    {"GET", "/v1/records/{index}", WHO_HOLDER, scope_filtered, req_record},
    {"GET", "/v1/records/{index}/proof", WHO_HOLDER, scope_filtered, req_record_proof},
    {"GET", "/v1/log", WHO_HOLDER, scope_of_log, req_log},
    {"GET", "/v1/consistency", WHO_PUBLIC, NULL, req_consistency},
    {"GET", "/checkpoint", WHO_PUBLIC, NULL, req_checkpoint},
    {"GET", "/tile/*", WHO_PUBLIC, NULL, req_tile},
    {"POST", "/add-checkpoint", WHO_PUBLIC, NULL, req_add_checkpoint},
    {"POST", "/v1/cosignatures", WHO_PUBLIC, NULL, req_cosignatures},
    {"GET", "/healthz", WHO_PUBLIC, NULL, req_healthz},
    {"GET", "/readyz", WHO_PUBLIC, NULL, req_readyz},
};
const size_t routes_count = ARRAY_LEN(routes);

const struct route routes_inside[] = {
    {"GET", "/metrics", WHO_PUBLIC, NULL, req_metrics},
    {"GET", "/healthz", WHO_PUBLIC, NULL, req_healthz},
    {"GET", "/readyz", WHO_PUBLIC, NULL, req_readyz},
};
const size_t routes_inside_count = ARRAY_LEN(routes_inside);

/* The token is good. */
static void route_go(struct request *r)
{
    if (r->route->scope == NULL || !r->route->scope(r)) {
        request_not_found(r);
        return;
    }
    r->route->handler(r);
}

static void route_admit(struct request *r)
{
    r->go = route_go;
    switch (r->route->who) {
    case WHO_NOBODY:
        request_not_found(r);
        return;
    case WHO_PUBLIC:
        r->route->handler(r);
        return;
    case WHO_ANYONE:
        if (!auth_offered(r)) {
            r->route->handler(r);
            return;
        }
        auth_check(r, false);
        return;
    case WHO_HOLDER:
        auth_check(r, false);
        return;
    case WHO_PENDING:
        auth_check(r, true);
        return;
    }
}

void route_dispatch(struct request *r, const struct route *table, size_t n)
{
    const char *allowed = NULL;

    for (size_t i = 0; i < n; i++) {
        if (!path_match(&r->path, table[i].pattern, r->arg)) {
            continue;
        }
        if (str_eq(table[i].method, r->method) ||
            (str_eq(r->method, "HEAD") && str_eq(table[i].method, "GET"))) {
            r->route = &table[i];
            route_admit(r);
            return;
        }
        allowed = table[i].method; /* no path has two yet */
    }
    if (allowed == NULL) {
        request_not_found(r);
        return;
    }
    request_header(r, "Allow", allowed);
    request_problem(r, PROBLEM_METHOD, "this method can't be used here; see Allow");
}
