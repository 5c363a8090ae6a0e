/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_KEYS_H
#define PUMASI_AUDIT_KEYS_H

#include <pthread.h>

#include "core/key.h"

/* The keys that a log has registered so far, for the threads that verify ahead. A kid's key never
 * changes; whether it has a right is for whoever judges. */
struct audit_keys {
    pthread_rwlock_t lock;
    size_t n, cap;
    struct audit_key {
        struct kid kid; /* "" where the place is empty */
        struct key key;
    } * table;
};

void audit_keys_init(struct audit_keys *k);
void audit_keys_free(struct audit_keys *k);
void audit_keys_add(struct audit_keys *k, const struct kid *kid, const struct key *key);
/* An envelope_lookup. */
bool audit_keys_lookup(void *keys, const struct kid *kid, struct key *out);

#endif
