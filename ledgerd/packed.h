/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PACKED_H
#define PUMASI_PACKED_H

#include "core/base.h"

/*
 * Names, each with a short run of bytes, many of them: all in one block of memory, 26 bytes beside
 * their own for each. Names are numbered from 0 in the order in which they came, without a gap. One
 * thread at a time.
 */
struct packed;

struct packed *packed_new(void);
void packed_free(struct packed *p);
/* The bytes of a name and how many, valid until the next put; NULL when it has none. */
const uint8_t *packed_get(const struct packed *p, const char *name, size_t *len);
/* Puts bytes in the place of those that the name had. */
void packed_put(struct packed *p, const char *name, const void *bytes, size_t len);
/* The name's number; one that isn't there comes in without bytes. */
uint32_t packed_number(struct packed *p, const char *name);
/* The name of that number, which must be there; valid until the next put or packed_number. */
const char *packed_name(const struct packed *p, uint32_t number);
size_t packed_count(const struct packed *p);
/* The memory that it takes. */
size_t packed_size(const struct packed *p);

#endif
