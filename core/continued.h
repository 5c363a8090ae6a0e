/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CONTINUED_H
#define PUMASI_CONTINUED_H

#include "core/lineage.h"

/*
 * That a ledger goes on under another id, for whoever pinned an earlier one and has no log: from
 * record 0, every change of the stewards and of the ledger itself, and the acts of ledger.continue
 * among them, which the stewards' keys of that time must have signed. Each record is to be proven
 * in one tree by the caller.
 */
struct continued;

struct continued *continued_new(void);
void continued_free(struct continued *c);
/*
 * The next of these records, in the order of the log: its header, and of its parts the changes of
 * `ledger` and `stewards`, and the act where it is a ledger.open or a ledger.continue. -1 with *why
 * a constant sentence, and it is of no use any more.
 */
int continued_take(struct continued *c, const char *header, size_t len, const char *const *parts,
                   const size_t *lens, size_t n, const char **why) MUST_CHECK;
/* The ids so far. */
const struct lineage *continued_ids(const struct continued *c);

#endif
