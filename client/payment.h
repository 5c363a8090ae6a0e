/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PAYMENT_H
#define PUMASI_PAYMENT_H

#include <jansson.h>

#include "client/client.h"
#include "client/submit.h"

/* What is to be paid, or asked for: the same words in both. Strings but for the memo are borrowed.
 */
struct payment {
    const char *from, *to, *unit;
    int64_t amount;
    const char *value_date, *category; /* NULL where not given */
    char *memo;                        /* owned; NULL without one */
    int64_t levy;                      /* what the payer's co-op takes on top, as it was shown */
};

/* --memo, --value-date and --category, checked. PUMASI_OK, or PUMASI_USAGE after a sentence; free
 * with payment_free in either case. */
int payment_options(const struct cli *cli, struct payment *p) MUST_CHECK;
void payment_free(struct payment *p);
/* An amount as typed, more than nothing. As client_amount. */
int payment_amount(struct client *c, const char *text, struct payment *p) MUST_CHECK;

/* Asks what the payer's co-op takes on top and says it: p->levy. The key has to be one that may see
 * the payer's limits; where none is told, there is none. */
int payment_levy(struct client *c, const struct keyfile *key, struct payment *p) MUST_CHECK;

/* The payload's members and the memo of a transfer or request. rq->members is the caller's to
 * decref. */
void payment_put(const struct payment *p, struct submit_request *rq);

/* Today in the ledger's time zone, as days since 1970: asks the ledger which that is. */
int payment_today(struct client *c, int32_t *out) MUST_CHECK;

#endif
