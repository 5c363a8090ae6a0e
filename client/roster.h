/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ROSTER_H
#define PUMASI_ROSTER_H

#include "client/client.h"
#include "client/names.h"
#include "core/name.h"

/* A co-op's members, as its office may see them. */
struct roster_member {
    char *name; /* "" without one */
    bool purse;
    bool active, closed; /* neither: frozen */
    bool recorded;       /* registrars may record for it */
};
struct roster {
    struct names addresses;
    struct roster_member *list; /* as in addresses */
};

/* An enum pumasi_exit, after a sentence. Free it in every case. */
int roster_fetch(struct roster *r, struct client *c, const struct keyfile *key,
                 const char *coop) MUST_CHECK;
/* For tests: adds one. */
void roster_add(struct roster *r, const char *address, const char *name,
                const struct roster_member *m);
/* NULL when there is none of that address. */
const struct roster_member *roster_find(const struct roster *r, const char *address);
void roster_free(struct roster *r);

#endif
