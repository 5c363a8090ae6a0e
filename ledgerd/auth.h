/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUTH_H
#define PUMASI_AUTH_H

#include "core/act.h"
#include "core/base.h"
#include "core/key.h"
#include "core/name.h"

struct request;

/* Who asks, once the query token is found good (protocol section 4). */
struct caller {
    bool known;      /* there was a good token */
    bool registered; /* the key is in the log; else only a pending act would register it */
    char holder[HOLDER_MAX + 1];
    enum role role; /* of a registered key */
    struct kid kid;
    char coop[COOP_MAX + 1]; /* whose office or auditor the caller is; else empty */
};

/* Sets c->coop from holder and role. */
void caller_scope(struct caller *c);

/* Is there an Authorization header at all? */
bool auth_offered(const struct request *r);
/*
 * Judges the token: parses it, looks its key up in the database (so that a standby knows of
 * revocations), checks it for this method and path. Then r->caller is set and r->go called, else
 * the request is answered 401. A key that only a pending act would register is good where
 * `pending_too`.
 */
void auth_check(struct request *r, bool pending_too);

#endif
