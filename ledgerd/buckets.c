/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/buckets.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8
#define SETS (BUCKETS_MAX / WAYS)

/* Known by a keyed hash of the name: nobody can aim at another one's. */
struct bucket {
    uint64_t mark;   /* 0: none */
    int64_t full_at; /* when nothing will be missing any more */
};

struct buckets {
    int64_t most, debt;
    unsigned char key[crypto_shorthash_KEYBYTES];
    struct bucket at[SETS][WAYS];
};

struct buckets *buckets_new(int64_t most, int64_t debt)
{
    struct buckets *b = x_calloc(1, sizeof(*b));

    b->most = most;
    b->debt = debt;
    crypto_shorthash_keygen(b->key);
    return b;
}

void buckets_free(struct buckets *b)
{
    free(b);
}

static uint64_t mark_of(const struct buckets *b, const void *name, size_t len)
{
    unsigned char hash[crypto_shorthash_BYTES];
    uint64_t mark;

    (void)crypto_shorthash(hash, name, len, b->key);
    memcpy(&mark, hash, sizeof(mark));
    return mark != 0 ? mark : 1;
}

int64_t buckets_wait(const struct buckets *b, const void *name, size_t len, int64_t cost,
                     int64_t now)
{
    uint64_t mark = mark_of(b, name, len);
    const struct bucket *set = b->at[mark % SETS];

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].mark == mark) {
            int64_t wait = set[i].full_at + cost - now - b->most;
            return wait > 0 ? wait : 0;
        }
    }
    return 0;
}

void buckets_take(struct buckets *b, const void *name, size_t len, int64_t cost, bool owed,
                  int64_t now)
{
    uint64_t mark = mark_of(b, name, len);
    struct bucket *set = b->at[mark % SETS], *found = &set[0];
    int64_t full_at, latest;

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].mark == mark) {
            found = &set[i];
            break;
        }
        if (set[i].full_at < found->full_at) {
            found = &set[i];
        }
    }
    if (found->mark != mark) {
        *found = (struct bucket){mark, 0};
    }
    full_at = found->full_at > now ? found->full_at : now;
    latest = now + b->most + (owed ? b->debt : 0);
    if (full_at < latest) {
        found->full_at = full_at + cost < latest ? full_at + cost : latest;
    }
}
