/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RECORD_VIEW_H
#define PUMASI_RECORD_VIEW_H

#include "core/act.h"
#include "core/base.h"
#include "core/record.h"
#include "ledgerd/auth.h"

/* A stored record taken apart for readers: its parts, and of those the caller may see which. */
struct record_view {
    struct record_header header;
    size_t n;
    struct part parts[RECORD_PARTS_MAX];
    const char *text[RECORD_PARTS_MAX]; /* the parts' texts, borrowed */
    size_t text_len[RECORD_PARTS_MAX];
    bool visible[RECORD_PARTS_MAX];
    size_t n_visible;
    bool has_act;
    struct act act;
};

/*
 * header and parts as the database has them, `parts` one a line (perhaps the first alone); both
 * must outlive the view. NULL, and logged, when they are damaged. With `by` and a caller the
 * visible ones are marked.
 */
struct record_view *record_view_new(const char *header, const char *parts, const char *by,
                                    const struct caller *c);
void record_view_free(struct record_view *v);

/* How a transfer looks from one of its accounts, for lists of postings. */
struct transfer_view {
    const char *counterparty; /* a member; NULL when the act is no transfer of this member's */
    const char *category;     /* NULL without one */
    bool has_value_date;
    int32_t value_date;
    bool by_registrar; /* a co-op's registrar recorded it for a person */
};
void transfer_view_of(struct transfer_view *out, const struct act *act, const char *member,
                      bool payer_is_purse);
/* Appends the members "value_date", "counterparty", "memo", "category", "signed_by", "reverses",
 * "reversed". */
void transfer_view_put(struct buf *b, const struct transfer_view *t, const char *memo);

#endif
