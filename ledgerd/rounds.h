/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ROUNDS_H
#define PUMASI_ROUNDS_H

#include <libpq-fe.h>

#include "core/base.h"

struct ledgerd;

/*
 * The clerk's part in rounds of clearing (docs/protocol.md, section 4.16): a round that nobody has
 * to be waited for any more is posted; one that somebody left, or that isn't owed any more, is
 * computed again; the calendar of the configuration proposes new ones.
 */
struct rounds;

struct rounds *rounds_new(struct ledgerd *d);
void rounds_free(struct rounds *r);
/*
 * Looks what is to be done, and submits it. *within is lowered to the seconds after which there may
 * be something again. -1 and a sentence in err when the database fails.
 */
int rounds_look(struct rounds *r, PGconn *conn, const char *ledger_id, int *within, char *err,
                size_t err_size) MUST_CHECK;

#endif
