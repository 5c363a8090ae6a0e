/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RECORD_VIEW_H
#define PUMASI_RECORD_VIEW_H

#include "core/act.h"
#include "core/base.h"
#include "core/record.h"
#include "ledgerd/auth.h"
#include "ledgerd/db_read.h"

/* A stored record taken apart for readers: its parts, and of those the caller may see which. */
struct record_view {
    struct record_header header;
    size_t n, cap;
    struct part *parts;
    const char **text; /* the parts' texts, borrowed */
    size_t *text_len;
    bool *visible;
    size_t n_visible;
    bool has_act;
    struct act act;
};

/*
 * header and parts as the database has them, `parts` one a line (perhaps the first alone); both
 * must outlive the view. NULL, and logged, when they are damaged. With `by` and a caller the
 * visible ones are marked; `parties`: whose request it answers, "payer payee", NULL when none.
 */
struct record_view *record_view_new(const char *header, const char *parts, const char *by,
                                    const char *parties, const struct caller *c);
void record_view_free(struct record_view *v);

/* How a transfer or a reversal looks from one of its accounts, for lists of postings. */
struct transfer_view {
    /* A member, of a settlement a co-op; empty when the act moves nothing of this member's */
    char counterparty[ADDRESS_MAX + 1];
    char category[CATEGORY_MAX + 1]; /* of a reversal: the transfer's */
    bool has_value_date;
    int32_t value_date;
    /* "member", "registrar" (for a person), "treasurers" (forced, or of the co-op's own), "ledger";
     * NULL when it isn't told */
    const char *signed_by;
    bool has_request;
    int64_t request;
    bool forced;
    int64_t reverses; /* -1: it is no reversal */
    int64_t reversed; /* minor units, 0 for nothing */
    bool through;     /* between members of other co-ops: nothing else is told */
};
/* `member`: whose account it is; of a co-op's own that account's name without the unit, or in a
 * book the co-op. `coop`: in whose book it is seen; NULL for those who may see all. `col`: the
 * first of the row's columns of enum transfer_column. -1, and logged, when the row is damaged. */
int transfer_view_of(struct transfer_view *out, const struct act *act, const char *member,
                     const char *coop, const PGresult *res, int row, int col) MUST_CHECK;
/* Appends the members "value_date", "counterparty", "memo", "category", "signed_by", "reverses",
 * "reversed" and, where they say something, "forced" and "request". */
void transfer_view_put(struct buf *b, const struct transfer_view *t, const char *memo);

#endif
