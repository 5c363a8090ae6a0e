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
 * always under the latest. But when other log keys sign, or the ledger goes on under another
 * origin, the latest is shown at once: nobody could verify the one before as of today, or follow,
 * until the time is up. The loop's thread.
 */
struct shown;

/*
 * minutes: 0 shows the latest one always. cosign_seconds: so long it stands at least, for witnesses
 * to cosign it; 0: there are none.
 */
struct shown *shown_new(struct published *p, int64_t minutes, int64_t cosign_seconds);
void shown_free(struct shown *s);
/*
 * What may be shown at `now` (seconds since 1970): like published_get, the note borrowed until the
 * next call, with the cosignatures that are there. Never an older one than before.
 */
bool shown_get(struct shown *s, int64_t now, struct checkpoint *c, const char **note, size_t *len);
/*
 * The i-th witness (below PEERS_MAX) has cosigned c: its signature line, with the newline, stands
 * below the note from now on, as long as that one is shown. Let be when another one is.
 */
void shown_cosign(struct shown *s, size_t i, const struct checkpoint *c, const char *line,
                  size_t len);
/* When what is shown was taken, at the earliest, in seconds since 1970. */
int64_t shown_taken(const struct shown *s);
/* How many cosignatures are below what is shown. */
size_t shown_cosigned(const struct shown *s);

/* For how many seconds from `now` on it will be the same; 0 when nobody can say. */
int64_t shown_stands(const struct shown *s, int64_t now);

#endif
