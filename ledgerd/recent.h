/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RECENT_H
#define PUMASI_RECENT_H

#include "core/base.h"
#include "core/hash.h"

/*
 * The payloads of the latest records, RECENT_MIN of them at least, so that nobody is told that an
 * act is ended which was just posted. Told by 8 bytes of their SHA-256: nobody can aim at those.
 */
#define RECENT_MIN 65536

struct recent;

struct recent *recent_new(void);
void recent_free(struct recent *r);
void recent_clear(struct recent *r);
void recent_add(struct recent *r, const struct hash *payload_hash);
bool recent_has(const struct recent *r, const struct hash *payload_hash);

#endif
