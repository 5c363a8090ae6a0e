/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LINEAGE_H
#define PUMASI_LINEAGE_H

#include "core/act.h"
#include "core/note.h"

/*
 * The ids that one ledger had, in their order: that of record 0, and one for each ledger.continue
 * (protocol section 4.18). Whoever pinned any of them can tell by it which id an act at some index
 * has to name.
 */
struct lineage_id {
    char id[LEDGER_ID_MAX + 1];
    int64_t index;          /* of the record that it comes from: later records name it */
    struct checkpoint kept; /* of a ledger.continue: what had been signed before; else nothing */
};
struct lineage {
    size_t n;
    struct lineage_id *ids; /* owned */
};

/* Begins with the id that record 0 has of this origin. */
void lineage_begin(struct lineage *l, const char *origin, const struct hash *entry);
void lineage_free(struct lineage *l);
/*
 * The next one: a ledger.continue at that index, of that entry. -1, and nothing changes, when it
 * names another id than the latest, an origin that doesn't follow, or another index. Whether
 * whoever signed it might isn't looked at.
 */
int lineage_add(struct lineage *l, const struct act *a, int64_t index,
                const struct hash *entry) MUST_CHECK;
/* A copy of its own. */
struct lineage lineage_copy(const struct lineage *l);
/* The id that acts at this index name; "" without one. */
const char *lineage_at(const struct lineage *l, int64_t index);
/* The latest; "" without one. */
const char *lineage_last(const struct lineage *l);
bool lineage_has(const struct lineage *l, const char *id);

/* The origin of a ledger id. False when it has none. */
bool ledger_id_origin(char out[ORIGIN_MAX + 1], const char *id);
/* What a ledger.continue says was kept; by whom it is signed isn't looked at. -1 when it is no
 * checkpoint of the origin before. */
int continue_kept(const struct act *a, struct checkpoint *kept) MUST_CHECK;

#endif
