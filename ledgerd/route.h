/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ROUTE_H
#define PUMASI_ROUTE_H

#include "core/base.h"
#include "ledgerd/request.h"

/* Who may ask at all; what is not said is denied. */
enum who {
    WHO_NOBODY,
    WHO_PUBLIC,  /* no token is looked at */
    WHO_ANYONE,  /* a token may be given, and shows more */
    WHO_HOLDER,  /* a registered key */
    WHO_PENDING, /* also a key that a pending act would register */
};

/* One row for each request. The right is checked once, by route_dispatch: `who`, then `scope`. */
struct route {
    const char *method;
    const char *pattern;
    enum who who;
    bool (*scope)(const struct request *r); /* of those with a token; NULL denies them */
    request_go *handler;
};

extern const struct route routes[];        /* on the public listeners */
extern const struct route routes_inside[]; /* on the metrics listener */
extern const size_t routes_count, routes_inside_count;

/* Finds the request's row, checks the right and calls the handler, or answers the request. */
void route_dispatch(struct request *r, const struct route *table, size_t n);

#endif
