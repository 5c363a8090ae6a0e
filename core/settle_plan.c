/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/settle_plan.h"

#include <stdlib.h>
#include <string.h>

/* What is left of one side of a party. */
struct side {
    const char *coop;
    size_t party;
    int64_t left;
};

static int by_size(const void *a, const void *b)
{
    const struct side *x = a, *y = b;

    if (x->left != y->left)
        return x->left > y->left ? -1 : 1;
    return strcmp(x->coop, y->coop);
}

struct named {
    const char *from, *to;
    struct settle_payment payment;
};

static int by_names(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcmp(x->from, y->from);

    return order ? order : strcmp(x->to, y->to);
}

static size_t sides(const struct settle_party *parties, size_t n, int sign, struct side *out)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        if (sign > 0 ? parties[i].owes > 0 : parties[i].owes < 0)
            out[count++] = (struct side){parties[i].coop, i, sign * parties[i].owes};
    qsort(out, count, sizeof(*out), by_size);
    return count;
}

static void pay(struct side *from, struct side *to, struct settle_payment *out)
{
    const int64_t amount = from->left < to->left ? from->left : to->left;

    *out = (struct settle_payment){from->party, to->party, amount};
    from->left -= amount;
    to->left -= amount;
}

/* Both are sorted: those of the same size meet. */
static size_t pairs(struct side *debtors, size_t n_debtors, struct side *creditors,
                    size_t n_creditors, struct settle_payment *out)
{
    size_t d = 0, c = 0, n = 0;

    while (d < n_debtors && c < n_creditors) {
        if (debtors[d].left == creditors[c].left)
            pay(&debtors[d++], &creditors[c++], &out[n++]);
        else if (debtors[d].left > creditors[c].left)
            d++;
        else
            c++;
    }
    return n;
}

/* Each payment leaves somebody quits, and the last one two. */
static size_t rest(struct side *debtors, size_t n_debtors, struct side *creditors,
                   size_t n_creditors, struct settle_payment *out)
{
    size_t d = 0, c = 0, n = 0;

    while (d < n_debtors && c < n_creditors) {
        if (debtors[d].left == 0)
            d++;
        else if (creditors[c].left == 0)
            c++;
        else
            pay(&debtors[d], &creditors[c], &out[n++]);
    }
    return n;
}

static void sort(const struct settle_party *parties, struct settle_payment *payments, size_t n)
{
    struct named *named = x_calloc(n + 1, sizeof(*named));

    for (size_t i = 0; i < n; i++)
        named[i] = (struct named){parties[payments[i].from].coop, parties[payments[i].to].coop,
                                  payments[i]};
    qsort(named, n, sizeof(*named), by_names);
    for (size_t i = 0; i < n; i++)
        payments[i] = named[i].payment;
    free(named);
}

size_t settle_plan(const struct settle_party *parties, size_t n, struct settle_payment *out)
{
    struct side *debtors = x_calloc(n + 1, sizeof(*debtors));
    struct side *creditors = x_calloc(n + 1, sizeof(*creditors));
    const size_t n_debtors = sides(parties, n, 1, debtors);
    const size_t n_creditors = sides(parties, n, -1, creditors);
    size_t count = pairs(debtors, n_debtors, creditors, n_creditors, out);

    count += rest(debtors, n_debtors, creditors, n_creditors, out + count);
    free(debtors);
    free(creditors);
    sort(parties, out, count);
    return count;
}
