/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PENDINGS_H
#define PUMASI_PENDINGS_H

#include "core/rules.h"
#include "ledgerd/forwarded.h"
#include "ledgerd/pgarray.h"
#include "core/strmap.h"

/*
 * The acts waiting for signatures that one batch meets: those loaded because an act has their (by,
 * jti), and those that it makes. Written by db_pending.h.
 */
struct pending_act {
    char by[HOLDER_MAX + 1];
    char jti[JTI_MAX + 1];
    struct hash payload_hash;
    char maker[KID_LEN + 1];
    char *submission; /* JSON text; owned */
    bool stored;      /* there is a row of it */
    bool changed;     /* to be written: what follows is set */
    bool gone;        /* to be deleted; no longer there for acts that follow */
    const char *type;
    int64_t exp;
    struct buf needs; /* JSON; of a stored one too */
    struct pgarray signers, asks;
    bool strange; /* begins to wait now, and the ledger knows none of its signers; it came from: */
    struct remote from;
};

struct pendings {
    struct pending_act **at;
    size_t n, cap;
    struct strmap *places; /* "by jti" to the place in at, plus one */
    /* Keys in the payloads of acts to be inserted (new_…) or deleted. */
    struct pending_keys {
        size_t n;
        struct pgarray kid, by, jti, x, holder;
    } new_keys, gone_keys;
};

void pendings_init(struct pendings *p);
void pendings_free(struct pendings *p);
void pendings_clear(struct pendings *p);
/* NULL when none waits under that id. */
struct pending_act *pendings_find(const struct pendings *p, const char *by, const char *jti);
/* The one whose payload has that hash; NULL when none of those loaded has. */
struct pending_act *pendings_find_payload(const struct pendings *p, const struct hash *hash);
/* A new one, zeroed but for its id; the one of that id, if there was one, is gone. */
struct pending_act *pendings_add(struct pendings *p, const char *by, const char *jti);
/* Waits from now on, with these signatures and needs. False where it does so already: nothing is
 * written then. */
bool pendings_wait(struct pendings *p, struct pending_act *pa, const struct act *a,
                   const struct submission *sub, const struct need *needs, size_t n_needs);
/* Has been posted. */
void pendings_drop(struct pendings *p, struct pending_act *pa, const struct act *a);
/* Whose pending act this is: the kid of its first signer whom the ledger knows, else of its first.
 */
const char *pendings_maker(const struct state *s, const struct envelope *env, bool *known);
/* How many more (or fewer) of a maker's acts wait than before the batch. */
int64_t pendings_change(const struct pendings *p, const char *maker);
bool pendings_is_changed(const struct pendings *p);
/* Adds the changes to the counts of makers: after the commit. */
void pendings_count(const struct pendings *p, struct strmap *makers);

#endif
