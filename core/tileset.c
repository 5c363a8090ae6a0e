/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/tileset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

char *tile_path(const struct tile_ref *t)
{
    struct buf b = BUF_INIT;
    uint64_t group = 1;

    buf_printf(&b, "/tile/%u", t->level);
    while (t->n / group >= 1000) {
        group *= 1000;
    }
    for (; group > 1; group /= 1000) {
        buf_printf(&b, "/x%03" PRIu64, t->n / group % 1000);
    }
    buf_printf(&b, "/%03" PRIu64, t->n % 1000);
    if (t->width < TILE_WIDTH) {
        buf_printf(&b, ".p/%u", t->width);
    }
    return buf_take(&b);
}

void tileset_init(struct tileset *s, uint64_t size)
{
    memset(s, 0, sizeof(*s));
    s->size = size;
}

void tileset_free(struct tileset *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->tiles[i].hashes);
    }
    free(s->tiles);
    tileset_init(s, 0);
}

int tileset_add(struct tileset *s, const void *bytes, size_t len)
{
    const size_t want = (size_t)s->missing.width * HASH_LEN;
    struct tileset_tile *t;

    if (want == 0 || (len != want && len != (size_t)TILE_WIDTH * HASH_LEN)) {
        return -1;
    }
    if (s->n == s->cap) {
        s->cap = s->cap == 0 ? 8 : s->cap * 2;
        s->tiles = x_realloc(s->tiles, s->cap * sizeof(*s->tiles));
    }
    t = &s->tiles[s->n++];
    t->ref = s->missing;
    t->hashes = x_malloc(want);
    memcpy(t->hashes, bytes, want);
    return 0;
}

/* The latest ones first: who makes many proofs, in order, mostly wants those. */
static const struct tileset_tile *find(const struct tileset *s, const struct tile_ref *ref)
{
    for (size_t i = s->n; i-- > 0;) {
        if (s->tiles[i].ref.n == ref->n && s->tiles[i].ref.level == ref->level) {
            return &s->tiles[i];
        }
    }
    return NULL;
}

bool tileset_get(void *set, unsigned height, uint64_t i, struct hash *out)
{
    struct tileset *s = set;
    const unsigned above = height % TILE_HEIGHT;
    struct tile_ref ref = {.level = height / TILE_HEIGHT};
    const uint64_t count = ref.level < TILE_LEVELS ? s->size >> (TILE_HEIGHT * ref.level) : 0;
    const uint64_t first = i << above; /* of its hashes on the tile's level */
    const struct tileset_tile *t;
    struct hash nodes[TILE_WIDTH / 2];
    size_t n = (size_t)1 << above;

    s->missing = ref;
    if (first >> above != i || first >= count || count - first < n) {
        return false; /* no node of this tree; width 0, so that nothing can be added for it */
    }
    ref.n = first / TILE_WIDTH;
    ref.width =
        count - ref.n * TILE_WIDTH < TILE_WIDTH ? (unsigned)(count % TILE_WIDTH) : TILE_WIDTH;
    t = find(s, &ref);
    if (t == NULL) {
        s->missing = ref;
        return false;
    }
    memcpy(nodes, &t->hashes[first % TILE_WIDTH], n * sizeof(nodes[0]));
    for (; n > 1; n /= 2) {
        for (size_t k = 0; k < n / 2; k++) {
            tree_node_hash(&nodes[k], &nodes[2 * k], &nodes[2 * k + 1]);
        }
    }
    *out = nodes[0];
    return true;
}
