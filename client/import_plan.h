/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORT_PLAN_H
#define PUMASI_IMPORT_PLAN_H

#include "client/client.h"
#include "client/import_file.h"
#include "client/roster.h"
#include "core/act.h"

/* What an import will need beside its transfers: members who aren't there yet, and limits. */
struct import_account {
    bool there; /* the member exists */
    int64_t balance;
    struct act_bounds limits;
    int64_t lowest, highest; /* where the file takes it, set by import_plan_replay */
};
/* Limits that an account needs so that no row is refused. */
struct import_limit {
    uint32_t member;
    struct act_bounds bounds; /* at least what it has now */
    bool by_registrar;        /* within what the policy lets a registrar set */
};
struct import_plan {
    int64_t treasurers;              /* how many of them must sign */
    struct act_bounds policy, reach; /* the co-op's for its members, and what a registrar may set */
    int64_t levy_per_mille;          /* of payments by its persons, 0 without */
    char levy_purse[ADDRESS_MAX + 1];
    size_t n; /* the file's members */
    struct import_account *accounts;
    size_t n_missing; /* members who aren't there */
    size_t n_limits;
    struct import_limit *limits;
};

/* Asks the ledger for the co-op's policy and accounts. An enum pumasi_exit, after a
 * sentence. Free the plan in every case. */
int import_plan_fetch(struct import_plan *p, struct client *c, const struct keyfile *key,
                      const char *coop, const char *unit, const struct import_file *f,
                      const struct roster *roster) MUST_CHECK;
/* For each of the file's members an account as one has that isn't there yet: the policy's limits
 * and nothing on it. */
void import_plan_begin(struct import_plan *p, const struct import_file *f);
/*
 * Posts the file's rows in their order on the balances, and collects the accounts whose limits are
 * too narrow for it. -1 when an amount leaves ±(2^53−1).
 */
int import_plan_replay(struct import_plan *p, const struct import_file *f) MUST_CHECK;
void import_plan_free(struct import_plan *p);

#endif
