/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_REST_H
#define PUMASI_REST_H

#include "core/state.h"
#include "ledgerd/keyring.h"

/*
 * The holders, keys and accounts of a state while no batch looks at them, packed: a member with its
 * key takes about 150 bytes, where the state itself takes 600. All holders and keys are here, and
 * all accounts of the co-ops' own, which begin with '!'; members' as far as they were asked for,
 * since they can be loaded again. The poster's thread.
 */
struct rest;

/* The keys themselves are in the keyring, which outlives it. */
struct rest *rest_new(struct keyring *keyring);
void rest_free(struct rest *r);
/* What the state is to be given (state_set_rest). */
struct state_rest rest_of_state(struct rest *r);
/* Keeps a thing as the state does it at a commit: for loading. */
void rest_keep(struct rest *r, enum thing_kind kind, const struct thing *thing);
/* Forgets all members' accounts once they take more than REST_ACCOUNTS_MAX bytes. Only when the
 * state has none in hand that a batch has asked for. */
void rest_trim(struct rest *r);
#define REST_ACCOUNTS_MAX ((size_t)24 << 20)
/* How many of a kind rest. */
size_t rest_count(const struct rest *r, enum thing_kind kind);

#endif
