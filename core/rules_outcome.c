/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an act changes: put together for the rows, put into the state, or given up. */
#include <stdlib.h>
#include <string.h>

#include "core/act_row.h"
#include "core/subject.h"

static void put_deal(struct state *s, struct deal *deal)
{
    if (deal->is_request && !state_deal(s, deal->record))
        state_put(s, THING_ASK, &ask_new(&deal->payload_hash, deal->record)->thing);
    state_put(s, THING_DEAL, &deal->thing);
}

static void free_lists(struct outcome *out)
{
    free(out->legs);
    free(out->books);
    strmap_free(out->book_of);
    free(out->keys);
}

void rules_apply(struct state *s, struct outcome *out)
{
    for (size_t i = 0; i < out->n_legs; i++)
        state_put(s, THING_ACCOUNT, &out->legs[i].after->thing);
    for (size_t i = 0; i < out->n_changes; i++)
        state_put(s, out->changes[i].kind, out->changes[i].after);
    for (size_t i = 0; i < out->n_books; i++)
        state_put(s, THING_BOOK, &out->books[i]->thing);
    for (size_t i = 0; i < out->n_keys; i++)
        state_put(s, THING_KEY, &out->keys[i]->thing);
    for (size_t i = 0; i < out->n_deals; i++)
        put_deal(s, out->deals[i]);
    if (out->voided)
        state_put(s, THING_VOID, &out->voided->thing);
    free_lists(out);
    memset(out, 0, sizeof(*out));
}

void outcome_free(struct outcome *out)
{
    for (size_t i = 0; i < out->n_legs; i++)
        free(out->legs[i].after);
    for (size_t i = 0; i < out->n_changes; i++)
        free(out->changes[i].after);
    for (size_t i = 0; i < out->n_books; i++)
        free(out->books[i]);
    for (size_t i = 0; i < out->n_keys; i++)
        free(out->keys[i]);
    for (size_t i = 0; i < out->n_deals; i++)
        free(out->deals[i]);
    free(out->voided);
    free_lists(out);
    memset(out, 0, sizeof(*out));
}

/* ---- Pieces of outcomes ---- */

#define BOOKS_FEW 16

void outcome_add_leg(struct outcome *out, const struct leg *leg)
{
    if (out->n_legs == out->cap_legs) {
        out->cap_legs = out->cap_legs ? out->cap_legs * 2 : 4;
        out->legs = x_realloc(out->legs, out->cap_legs * sizeof(*out->legs));
    }
    out->legs[out->n_legs++] = *leg;
}

void outcome_add_book(struct outcome *out, struct book *book)
{
    if (out->n_books == out->cap_books) {
        out->cap_books = out->cap_books ? out->cap_books * 2 : 2;
        out->books = x_realloc(out->books, out->cap_books * sizeof(struct book *));
    }
    out->books[out->n_books++] = book;
}

/* Without a look at each: a clearing has a thousand books, and many thousand legs. */
static bool has_book(struct outcome *out, const char *coop)
{
    if (out->n_books < BOOKS_FEW) {
        for (size_t i = 0; i < out->n_books; i++)
            if (str_eq(out->books[i]->thing.name, coop))
                return true;
        return false;
    }
    if (!out->book_of)
        out->book_of = strmap_new();
    for (size_t i = strmap_count(out->book_of); i < out->n_books; i++)
        *strmap_put(out->book_of, out->books[i]->thing.name) = (int64_t)i + 1;
    return strmap_get(out->book_of, coop) != NULL;
}

void outcome_book(const struct state *s, struct outcome *out, const char *coop, int64_t index)
{
    const struct book *before = state_book(s, coop);
    struct book *after;

    if (has_book(out, coop))
        return;
    after = before ? book_copy(before) : book_new(coop);
    after->entries.seq++;
    after->entries.record = index;
    outcome_add_book(out, after);
}

/* The co-op whose book a change belongs to; "" when none. */
static void book_of(const struct change *c, char coop[COOP_MAX + 1])
{
    bool in_book = c->kind == THING_POLICY || c->kind == THING_ACCOUNT || c->kind == THING_LINE;

    if (c->kind == THING_HOLDER) {
        const struct holder *h = (const struct holder *)c->after;

        in_book = h->kind == HOLDER_COOP || holder_is_member(h);
    }
    coop[0] = '\0';
    if (in_book)
        name_coop_of(c->after->name, coop);
}

void outcome_change(const struct state *s, struct outcome *out, enum thing_kind kind,
                    struct thing *after, int64_t index)
{
    char coop[COOP_MAX + 1];
    struct change *change = &out->changes[out->n_changes++];
    struct subject *subject;

    *change = (struct change){kind, after};
    subject = subject_of(change);
    subject->seq++;
    subject->record = index;
    book_of(change, coop);
    if (coop[0] != '\0')
        outcome_book(s, out, coop, index);
}

void outcome_leg(const struct state *s, struct outcome *out, struct account *after, int64_t amount,
                 int64_t floor, int64_t index)
{
    char coop[COOP_MAX + 1];

    after->seq++;
    after->record = index;
    outcome_add_leg(out, &(struct leg){.after = after, .amount = amount, .floor = floor});
    name_coop_of(after->thing.name, coop);
    outcome_book(s, out, coop, index);
}

void outcome_deal(struct outcome *out, struct deal *deal)
{
    out->deals[out->n_deals++] = deal;
}

void outcome_key(struct outcome *out, const struct key *key, const char *holder, enum role role,
                 bool revoked)
{
    struct kid kid;
    struct key_row *row;

    key_kid(&kid, key);
    row = key_row_new(&kid, holder);
    row->key = *key;
    row->role = role;
    row->revoked = revoked;
    out->keys = x_realloc(out->keys, (out->n_keys + 1) * sizeof(struct key_row *));
    out->keys[out->n_keys++] = row;
}

struct account *account_to_move(const struct state *s, const char *name)
{
    const struct account *before = state_account(s, name);

    return before ? account_copy(before) : account_new(name);
}
