/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A round of clearing from its texts, as pumasi makes them of a ledger's answer: parties, a NUL,
 * legs. What is taken is written again in the same bytes, and can be computed anew.
 */
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/round.h"
#include "fuzz.h"

static enum clearing_choice wish(void *arg, const char *coop)
{
    (void)arg;
    return coop[0] < 'k' ? CLEARING_ASK : CLEARING_AUTO;
}

/* The legs as debts among all parties, in the place of that round. */
static void again(const struct round *r)
{
    struct round_debt *debts = calloc(r->n_legs + 1, sizeof(*debts));
    struct round *after = NULL;
    struct refusal refusal;

    MUST(debts != NULL);
    for (size_t i = 0; i < r->n_legs; i++)
        debts[i] = (struct round_debt){r->parties[r->legs[i].debtor].coop,
                                       r->parties[r->legs[i].creditor].coop, r->legs[i].amount};
    if (round_compute(&after, "hour", debts, r->n_legs, wish, NULL, r, &refusal) == 0) {
        MUST(after->cleared >= 0 && after->cleared <= r->cleared);
        for (size_t i = 0; i < after->n_parties; i++)
            MUST(after->parties[i].stand != ROUND_CONSENTED ||
                 round_party(r, after->parties[i].coop)->stand == ROUND_CONSENTED);
        free(after);
    }
    free(debts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 2);
    struct buf b = BUF_INIT;
    struct round_counts n;
    struct round *r;
    const char *legs;

    MUST(text != NULL);
    memcpy(text, data, size);
    text[size] = text[size + 1] = '\0';
    legs = text + strlen(text) + 1;
    r = round_read("hour", text, legs);
    if (r) {
        round_put_parties(&b, r);
        MUST(strcmp(b.data ? b.data : "", text) == 0);
        buf_clear(&b);
        round_put_legs(&b, r);
        MUST(strcmp(b.data ? b.data : "", legs) == 0);
        round_count(r, &n);
        MUST(n.consents <= n.asked && n.against <= n.declined && r->cleared <= NUM_MAX);
        again(r);
        free(r);
    }
    buf_free(&b);
    free(text);
    return 0;
}
