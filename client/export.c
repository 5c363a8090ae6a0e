/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/export.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/num.h"

void export_free(struct export *x)
{
    for (size_t i = 0; i < x->n; i++) {
        free(x->postings[i].memo);
        free(x->postings[i].signed_by);
    }
    free(x->postings);
    free(x->accounts);
    json_decref(x->names);
    json_decref(x->index);
    memset(x, 0, sizeof(*x));
}

int export_account(struct export *x, const char *member, const struct profile_unit *unit,
                   size_t *out)
{
    char account[ACCOUNT_MAX + 1];
    struct export_account *a;
    json_t *place;

    if (strlen(member) + 1 + strlen(unit->unit) > ACCOUNT_MAX)
        return -1;
    name_account(account, member, unit->unit);
    if (!name_is_account(account))
        return -1;
    if (x->index == NULL)
        x->index = json_object();
    place = json_object_get(x->index, account);
    if (place != NULL) {
        *out = (size_t)json_integer_value(place);
        return 0;
    }
    if (x->n_accounts == x->accounts_cap) {
        x->accounts_cap = x->accounts_cap == 0 ? 16 : x->accounts_cap * 2;
        x->accounts = x_realloc(x->accounts, x->accounts_cap * sizeof(*x->accounts));
    }
    a = &x->accounts[x->n_accounts];
    memset(a, 0, sizeof(*a));
    memcpy(a->member, member, strlen(member));
    a->unit = unit;
    json_object_set_new(x->index, account, json_integer((json_int_t)x->n_accounts));
    *out = x->n_accounts++;
    return 0;
}

struct export_posting *export_posting(struct export *x)
{
    struct export_posting *p;

    if (x->n == x->cap) {
        x->cap = x->cap == 0 ? 256 : x->cap * 2;
        x->postings = x_realloc(x->postings, x->cap * sizeof(*x->postings));
    }
    p = &x->postings[x->n];
    memset(p, 0, sizeof(*p));
    p->order = x->n++;
    return p;
}

const char *export_name_of(const struct export *x, const char *member)
{
    return json_string_value(json_object_get(x->names, member));
}

int32_t export_first_day(const struct export *x)
{
    if (x->has_from)
        return x->from;
    return x->n > 0 ? x->postings[0].day : 0;
}

static void put_comment(struct buf *b, char *line)
{
    buf_puts(b, "; ");
    buf_puts(b, line);
    buf_putc(b, '\n');
    free(line);
}

void export_heading(struct buf *b, const struct export *x)
{
    char text[DATE_LEN + 1];

    put_comment(b, x_asprintf(_("Ledger: %s"), x->ledger_id));
    if (x->book != NULL)
        put_comment(b, x_asprintf(_("Book of: %s"), x->book));
    else if (x->n_accounts > 0)
        put_comment(b, x_asprintf(_("Accounts of: %s"), x->accounts[0].member));
    if (x->has_from) {
        date_text(text, x->from);
        put_comment(b, x_asprintf(_("From: %s"), text));
    }
    if (x->has_to) {
        date_text(text, x->to);
        put_comment(b, x_asprintf(_("To: %s"), text));
        return; /* a period that is over is the same however the ledger grows */
    }
    put_comment(b, x_asprintf(_("Records before: %lld"), (long long)x->size));
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_account(const void *a, const void *b)
{
    const struct export_posting *p = a, *q = b;
    int rc = compare((int64_t)p->account, (int64_t)q->account);

    return rc != 0 ? rc : compare(p->seq, q->seq);
}

static int by_record(const void *a, const void *b)
{
    const struct export_posting *p = a, *q = b;
    int rc = compare(p->index, q->index);

    return rc != 0 ? rc : compare((int64_t)p->order, (int64_t)q->order);
}

static char *entry_fault(const struct export_account *a, int64_t seq)
{
    return x_asprintf(_("What the ledger answers doesn't add up, so nothing was written: entry "
                        "%" PRId64 " of %s/%s is missing, or isn't what those around it call for."),
                      seq, a->member, a->unit->unit);
}

/* The postings of one account, all that were read, in their order. */
static char *settle_account(const struct export *x, struct export_account *a,
                            const struct export_posting *p, size_t n)
{
    int64_t before = a->said_balance, next, said = a->said_seq;

    if (n > 0 && num_sub(p[0].balance, p[0].amount, &before) != 0)
        return entry_fault(a, p[0].seq);
    if (a->whole && (before != 0 || (n > 0 ? p[0].seq != 1 : said != 0)))
        return entry_fault(a, n > 0 ? p[0].seq : said);
    if (n > 0 && (said < p[0].seq - 1 || said > p[n - 1].seq))
        return entry_fault(a, said);
    if (n > 0 && said == p[0].seq - 1 && a->said_balance != before)
        return entry_fault(a, said);
    a->opening = a->closing = before;
    for (size_t i = 0; i < n; i++) {
        if (p[i].seq != p[0].seq + (int64_t)i || num_add(before, p[i].amount, &next) != 0 ||
            next != p[i].balance || p[i].amount == 0 ||
            (p[i].seq == said && next != a->said_balance) ||
            (i > 0 && p[i].index <= p[i - 1].index))
            return entry_fault(a, p[i].seq);
        before = next;
        if (p[i].index < x->size && (!x->has_to || p[i].day <= x->to))
            a->closing = next;
    }
    return NULL;
}

static char *settle_accounts(struct export *x)
{
    char *why = NULL;

    if (x->n > 0)
        qsort(x->postings, x->n, sizeof(*x->postings), by_account);
    for (size_t i = 0, at = 0; why == NULL && i < x->n_accounts; i++) {
        size_t first = at;

        while (at < x->n && x->postings[at].account == i)
            at++;
        why = settle_account(x, &x->accounts[i], x->postings + first, at - first);
    }
    return why;
}

/* Leaves only what is of the period, in the order of the records. */
static char *settle_records(struct export *x)
{
    size_t kept = 0;

    for (size_t i = 0; i < x->n; i++) {
        struct export_posting *p = &x->postings[i];

        if (p->index < x->size && (!x->has_to || p->day <= x->to)) {
            x->postings[kept++] = *p;
            continue;
        }
        free(p->memo);
        free(p->signed_by);
    }
    x->n = kept;
    if (x->n > 0)
        qsort(x->postings, x->n, sizeof(*x->postings), by_record);
    for (size_t i = 1; i < x->n; i++) {
        if (x->postings[i].day < x->postings[i - 1].day)
            return x_asprintf(_("What the ledger answers doesn't add up, so nothing was written: "
                                "record %" PRId64 " is dated before the one in front of it."),
                              x->postings[i].index);
    }
    return NULL;
}

/* Of a book: the legs of each record and all balances sum to zero in each unit. */
static char *settle_book(const struct export *x)
{
    for (size_t i = 0, next; i < x->n; i = next) {
        const struct profile_unit *unit = x->accounts[x->postings[i].account].unit;
        int64_t sum = 0;

        for (next = i; next < x->n && x->postings[next].index == x->postings[i].index; next++) {
            if (x->accounts[x->postings[next].account].unit != unit ||
                num_add(sum, x->postings[next].amount, &sum) != 0)
                sum = NUM_MAX;
        }
        if (sum != 0)
            return x_asprintf(_("What the ledger answers doesn't add up, so nothing was written: "
                                "the two sides of record %" PRId64 " aren't equal."),
                              x->postings[i].index);
    }
    for (size_t u = 0; u < x->n_units; u++) {
        int64_t opening = 0, closing = 0;

        for (size_t i = 0; i < x->n_accounts; i++) {
            const struct export_account *a = &x->accounts[i];

            if (a->unit == &x->units[u] && (num_add(opening, a->opening, &opening) != 0 ||
                                            num_add(closing, a->closing, &closing) != 0))
                return x_asprintf(_("The balances in %s are too large to be added up."),
                                  a->unit->unit);
        }
        if (opening != 0 || closing != 0)
            return x_asprintf(_("What the ledger answers doesn't add up, so nothing was written: "
                                "the balances in %s don't sum to zero."),
                              x->units[u].unit);
    }
    return NULL;
}

struct place {
    const struct export_account *account;
    size_t was;
};

static int by_name(const void *a, const void *b)
{
    const struct export_account *p = ((const struct place *)a)->account;
    const struct export_account *q = ((const struct place *)b)->account;
    int rc = strcmp(p->member, q->member);

    return rc != 0 ? rc : strcmp(p->unit->unit, q->unit->unit);
}

/* Sorts the accounts, and has the postings point to where they now are. */
static void sort_accounts(struct export *x)
{
    struct place *places = x_calloc(x->n_accounts + 1, sizeof(*places));
    size_t *now = x_calloc(x->n_accounts + 1, sizeof(*now));
    struct export_account *sorted = x_calloc(x->n_accounts + 1, sizeof(*sorted));

    for (size_t i = 0; i < x->n_accounts; i++)
        places[i] = (struct place){&x->accounts[i], i};
    qsort(places, x->n_accounts, sizeof(*places), by_name);
    for (size_t i = 0; i < x->n_accounts; i++) {
        sorted[i] = *places[i].account;
        now[places[i].was] = i;
    }
    for (size_t i = 0; i < x->n; i++)
        x->postings[i].account = now[x->postings[i].account];
    free(x->accounts);
    x->accounts = sorted;
    x->accounts_cap = x->n_accounts + 1;
    json_decref(x->index);
    x->index = NULL;
    free(places);
    free(now);
}

char *export_settle(struct export *x)
{
    char *why = settle_accounts(x);

    if (why == NULL)
        why = settle_records(x);
    if (why == NULL && x->book != NULL)
        why = settle_book(x);
    sort_accounts(x);
    return why;
}
