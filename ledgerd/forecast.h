/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_FORECAST_H
#define PUMASI_FORECAST_H

#include <libpq-fe.h>
#include <stdatomic.h>

#include "core/base.h"

/*
 * What a clearing now would take off of what co-ops owe each other, unit by unit (protocol section
 * 12), kept for as long as nothing was posted. Where a unit has very many debts, so that it takes
 * long, what was worked out last goes on being told while it is worked out anew. Any thread.
 */
struct forecast;

struct forecast *forecast_new(void);
void forecast_free(struct forecast *f);

/* More debts than this are worked out while nobody waits. */
#define FORECAST_AT_ONCE 10000
/* And so again at most so often. */
#define FORECAST_AGAIN_S 20

enum forecast_end {
    FORECAST_DONE,
    FORECAST_LATER,  /* it would take too long: see forecast_work */
    FORECAST_FAILED, /* the database: a sentence is in err */
};
/* Brings a unit up to what conn sees, the first `size` records, unless it would take long. */
enum forecast_end forecast_see(struct forecast *f, PGconn *conn, const char *unit, int64_t size,
                               const atomic_bool *stop, char *err, size_t err_size) MUST_CHECK;
/*
 * Is it for the caller to have forecast_work called for the unit, as it was due and nobody else
 * does? Then until forecast_work returns it is for nobody else.
 */
bool forecast_claim(struct forecast *f, const char *unit) MUST_CHECK;
/* Works a unit out, however long that takes. -1 when that failed, with a sentence in err. */
int forecast_work(struct forecast *f, PGconn *conn, const char *unit, const atomic_bool *stop,
                  char *err, size_t err_size) MUST_CHECK;
/* Gives a claim back of which nothing came. */
void forecast_disclaim(struct forecast *f, const char *unit);

/*
 * What a clearing takes off of what debtor owes creditor, of which `amount` stands now: *out, 0 to
 * amount. Returns at which size of the log it was worked out; -1, and *out is 0, when it wasn't
 * yet.
 */
int64_t forecast_of(struct forecast *f, const char *unit, const char *debtor, const char *creditor,
                    int64_t amount, int64_t *out) MUST_CHECK;

#endif
