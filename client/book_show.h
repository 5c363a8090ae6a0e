/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BOOK_SHOW_H
#define PUMASI_BOOK_SHOW_H

#include "client/book.h"

/* What `pumasi book` is asked to show. Strings are borrowed, NULL where not given. */
struct book_ask {
    struct keyfile *key;
    const char *coop, *unit;
    const char *as_of;                             /* of accounts */
    const char *since, *until, *category, *member; /* of postings */
    bool csv;
    struct csv_style style; /* of csv */
};

/* The accounts in every unit, each unit summed. An enum pumasi_exit. */
int book_show_accounts(struct client *c, const struct book_ask *ask) MUST_CHECK;
/* The journal, oldest first; each record is checked to sum to zero. An enum pumasi_exit. */
int book_show_postings(struct client *c, const struct book_ask *ask) MUST_CHECK;

/* A text cut to what fits `width` columns of a terminal, with "…" where it was cut. The caller
 * frees it.
 */
char *book_clip(const char *s, size_t width);

#endif
