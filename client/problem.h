/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PROBLEM_H
#define PUMASI_PROBLEM_H

#include <jansson.h>

#include "client/client.h"

/* The refusal's name: the last segment of the problem's "type"; "" when it has none. Borrowed. */
const char *problem_name(const json_t *problem);
/*
 * One clear sentence, and what to do, for an answer of `status` with `problem` (may be NULL).
 * `what` is what was asked for in plain words ("payment of …"), `unit` the unit of its numbers;
 * both may be NULL. The caller frees it.
 */
char *problem_sentence(struct client *c, long status, const json_t *problem, const char *what,
                       const char *unit);
/* Same, where the ledger doesn't take a query because of its key; NULL where it isn't that. */
char *problem_of_key(const struct keyfile *key, const json_t *problem);
/* Is the outcome open after such an answer (503, 500, 502, 504, 408, 429), so that the same act
 * must be sent again? */
bool problem_is_open(long status);

#endif
