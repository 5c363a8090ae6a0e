/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATEMENT_WORLD_H
#define PUMASI_STATEMENT_WORLD_H

/* A ledger whose records are honest, but for one that its operator plants at the end of the log. */
#include "statements.h"

struct world {
    struct fix *f;
    struct forger of; /* of f's records, once world_begin was called */
    char id[256];
    size_t paid; /* for who sets it: the record of the payment that the test is about */
};
/* For cmocka: *state is one with a fix_found ledger. */
int world_set_up(void **state);
int world_tear_down(void **state);
/* All honest records are there. */
void world_begin(struct world *w);

/* Of all days, with no snapshot, the entries up to `last`. */
struct forging forging_all(const char *account, int64_t last);
/* Judges that statement, which must be readable; judged_free frees j. */
void world_judge(const struct world *w, const struct forging *want, struct judged *j);
/* The same of one that is made already, and was perhaps changed since. */
void world_judge_made(const struct world *w, const struct forged *made, struct judged *j);
/* What failed of it, as judged_failure says. */
const char *world_failure(const struct world *w, const struct forging *want);

/* What failed of a statement of all of the account, with that record at the end of the log; which
 * is as before afterwards. */
const char *world_planted(struct world *w, const struct planting *p);

#endif
