/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_TILES_H
#define PUMASI_AUDIT_TILES_H

#include "client/client.h"
#include "core/hash.h"

/* GET of a public path that isn't JSON. *body is the caller's to free, NULL on failure. */
int audit_get(struct client *c, const char *path, long *status, char **body,
              size_t *len) MUST_CHECK;
/* Leaf hashes `from` to `to` (not included) of the log of `size` records, from its tiles of level 0
 * (C2SP tlog-tiles). */
int audit_tiles(struct client *c, size_t from, size_t to, size_t size, struct hash *out) MUST_CHECK;
/* Does each part have its hash in the header: all of them, or, `some`, in its order? */
bool audit_parts_match(const char *header, const char *const *parts, size_t n, bool some);

#endif
