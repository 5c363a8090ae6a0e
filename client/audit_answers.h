/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_ANSWERS_H
#define PUMASI_AUDIT_ANSWERS_H

#include "client/audit.h"
#include "client/audit_copy.h"
#include "core/strmap.h"

/*
 * What the ledger shows to its members, against its log: each account of the books that may be
 * seen, at the point that was audited, and all postings of some of them, chosen by chance, or of
 * all.
 */
struct audit_leg {
    int64_t record, amount, balance, seq;
};
struct audit_account {
    char name[ACCOUNT_MAX + 1];
    int64_t balance, seq; /* as it is shown */
    bool sampled;         /* its postings are compared too */
    size_t n, cap;
    struct audit_leg *legs; /* in the log */
};
/* A memo as it was shown. */
struct audit_memo {
    int64_t record;
    char *text;
};
struct audit_answers {
    struct strmap *of; /* name → place in accounts, from 1 */
    size_t n, cap;
    struct audit_account *accounts;
    size_t n_coops, cap_coops;
    char (*coops)[COOP_MAX + 1]; /* whose books were asked for */
    int64_t sample,
        memos_shown; /* of so many that were shown, so many are kept, chosen by chance */
    size_t n_memos;
    struct audit_memo *memos;
};

/* Asks for the accounts; before the replay, which tells their postings. `sample`: of so many. */
int audit_answers_get(struct audit_answers *s, struct audit_report *r, const struct keyfile *key,
                      const struct audit_copy *c, int64_t sample) MUST_CHECK;
/* For audit_watch, `s` its argument. */
void audit_answers_posting(void *answers, int64_t record, const char *account, int64_t amount,
                           int64_t balance, int64_t seq);
/* After it: compares, and asks for the postings. */
int audit_answers_compare(struct audit_answers *s, struct audit_report *r,
                          const struct keyfile *key, const struct audit_copy *c,
                          const struct audit *a) MUST_CHECK;
void audit_answers_free(struct audit_answers *s);

#endif
