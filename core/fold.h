/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_FOLD_H
#define PUMASI_FOLD_H

#include "core/base.h"

/*
 * What people typed, as far as it can be compared. Unicode's NFKC_Casefold (UAX #31): full-width
 * digits become digits, a no-break space a space, capitals small letters, and what can't be seen
 * goes. Fresh strings that the caller frees; NULL when s isn't UTF-8.
 */

/* Without white space around it, and one space for each run of it. For cells and headers. */
char *fold_text(const char *s);
/* Without any white space: a name with and without the space between its parts is the same. */
char *fold_name(const char *s);

/*
 * How many letters must be put in, left out or changed to make one of two folded names into the
 * other; a Hangul syllable counts as its two or three letters. `max` + 1 for all that is more.
 */
size_t fold_distance(const char *a, const char *b, size_t max);
/* How far apart two names of such length may be for a slip of the pen: 1, or 2 for longer ones. */
size_t fold_slip(const char *a);

#endif
