/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SHOWN_H
#define PUMASI_SHOWN_H

#include "core/base.h"
#include "core/note.h"
#include "ledgerd/published.h"

/*
 * The checkpoint that anybody may see. Each batch has a checkpoint of its own, and whoever watched
 * them all would learn when the ledger is used and how much. So where the operator says so, the
 * public sees a new one only once in so many minutes, while a party's receipts and proofs are
 * always under the latest. The loop's thread.
 */
struct shown;

/* minutes: 0 shows the latest one always. */
struct shown *shown_new(struct published *p, int64_t minutes);
void shown_free(struct shown *s);
/*
 * What may be shown at `now` (seconds since 1970): like published_get, the note borrowed until the
 * next call. Never an older one than before.
 */
bool shown_get(struct shown *s, int64_t now, struct checkpoint *c, const char **note, size_t *len);
/* For how many seconds from `now` on it will be the same; 0 when nobody can say. */
int64_t shown_stands(const struct shown *s, int64_t now);

#endif
