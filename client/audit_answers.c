/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_answers.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "client/audit_ask.h"
#include "core/num.h"

static const char *unit_of(const char *account)
{
    const char *slash = strchr(account, '/');

    return slash ? slash + 1 : "";
}

static int64_t gap(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a; /* all within NUM_MAX */
}

static struct audit_account *find(const struct audit_answers *s, const char *name)
{
    const int64_t *place = s->of ? strmap_get(s->of, name) : NULL;

    return place ? &s->accounts[*place - 1] : NULL;
}

/* Anybody may answer anything. */
static bool is_number(const json_t *item, const char *name)
{
    int64_t n = json_number(item, name);

    return json_is_integer(json_object_get(item, name)) && n >= -NUM_MAX && n <= NUM_MAX;
}

/* ---- Accounts ---- */

static int keep_account(void *arg, json_t *item)
{
    struct audit_answers *s = arg;
    const char *name = json_text(item, "account");
    struct audit_account *a;

    if (!name_is_account(name) || find(s, name) || !is_number(item, "seq") ||
        !is_number(item, "balance"))
        return fail(PUMASI_UNPROVED, _("The ledger's list of accounts makes no sense."));
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 64;
        s->accounts = x_realloc(s->accounts, s->cap * sizeof(*s->accounts));
    }
    a = &s->accounts[s->n++];
    memset(a, 0, sizeof(*a));
    str_copy(a->name, sizeof(a->name), name);
    a->balance = json_number(item, "balance");
    a->seq = json_number(item, "seq");
    *strmap_put(s->of, name) = (int64_t)s->n;
    return PUMASI_OK;
}

static int keep_coop(void *arg, json_t *item)
{
    struct audit_answers *s = arg;
    const char *coop = json_text(item, "coop");

    if (!name_is_coop(coop))
        return fail(PUMASI_UNPROVED, _("The ledger's list of co-ops makes no sense."));
    if (s->n_coops == s->cap_coops) {
        s->cap_coops = s->cap_coops ? s->cap_coops * 2 : 16;
        s->coops = x_realloc(s->coops, s->cap_coops * sizeof(*s->coops));
    }
    str_copy(s->coops[s->n_coops++], sizeof(*s->coops), coop);
    return PUMASI_OK;
}

/* Postings of a co-op's position towards another are in its book, and nobody's own. */
static bool is_members(const struct audit_account *a)
{
    return a->name[0] != '!';
}

/* Which of them, by chance: the first of a shuffled list. */
static void choose(struct audit_answers *s, int64_t sample)
{
    size_t left = 0;

    for (size_t i = 0; i < s->n; i++)
        left += is_members(&s->accounts[i]);
    for (size_t i = 0; i < s->n && sample > 0; i++) {
        if (!is_members(&s->accounts[i]))
            continue;
        if ((uint64_t)sample >= left || randombytes_uniform((uint32_t)left) < (uint64_t)sample) {
            s->accounts[i].sampled = true;
            sample--;
        }
        left--;
    }
}

int audit_answers_get(struct audit_answers *s, struct audit_report *r, const struct keyfile *key,
                      const struct audit_copy *c, int64_t sample)
{
    int64_t size = audit_copy_size(c);
    int rc = PUMASI_OK;
    long status;

    s->of = strmap_new();
    s->sample = sample;
    if (c->coop) {
        json_t *item = json_pack("{s:s}", "coop", c->coop);

        rc = keep_coop(s, item);
        json_decref(item);
    } else {
        rc = audit_list(r, key, "/v1/coops", false, NULL, keep_coop, s, &status);
        if (rc == PUMASI_OK && status != 200)
            audit_unanswered(r, AUDIT_ANSWER_STATE, -1, "", status);
    }
    for (size_t i = 0; rc == PUMASI_OK && i < s->n_coops; i++) {
        char *path = x_asprintf("/v1/coops/%s/accounts?size=%" PRId64, s->coops[i], size);
        struct query_view view;

        rc = audit_list(r, key, path, true, &view, keep_account, s, &status);
        free(path);
        if (rc == PUMASI_OK && status != 200)
            audit_unanswered(r, AUDIT_ANSWER_ACCOUNT_MISSING, -1, s->coops[i], status);
    }
    if (rc == PUMASI_OK)
        choose(s, sample);
    return rc;
}

void audit_answers_posting(void *answers, int64_t record, const char *account, int64_t amount,
                           int64_t balance, int64_t seq)
{
    struct audit_account *a = find(answers, account);

    if (!a || !a->sampled)
        return;
    if (a->n == a->cap) {
        a->cap = a->cap ? a->cap * 2 : 8;
        a->legs = x_realloc(a->legs, a->cap * sizeof(*a->legs));
    }
    a->legs[a->n++] = (struct audit_leg){record, amount, balance, seq};
}

/* ---- Comparing ---- */

/* A transfer of which so much more is shown to be reversed than was audited. */
struct excess {
    int64_t record, more; /* minor units */
};

struct comparing {
    struct audit_answers *s;
    struct audit_report *r;
    const struct audit *a;
    const struct audit_copy *c;
    struct audit_account *account; /* whose postings are read */
    size_t left;                   /* legs that weren't shown yet: newest first */
    size_t n_excess;
    struct excess *excess;
};

static bool asked_for(const struct audit_answers *s, const char *account)
{
    char coop[COOP_MAX + 1];

    name_coop_of(account, coop);
    for (size_t i = 0; i < s->n_coops; i++)
        if (str_eq(s->coops[i], coop))
            return true;
    return false;
}

/* An account of the log: is it shown, and so? */
static void compare_account(void *arg, const struct thing *thing)
{
    struct comparing *k = arg;
    const struct account *a = (const struct account *)thing;
    const struct audit_account *shown = find(k->s, thing->name);

    if (a->seq == 0 || (k->c->coop && !asked_for(k->s, thing->name)))
        return;
    if (!shown) {
        audit_report_add(k->r, AUDIT_ANSWER_ACCOUNT_MISSING, -1, thing->name, unit_of(thing->name),
                         gap(a->balance, 0), "the log has it with %lld postings",
                         (long long)a->seq);
        return;
    }
    if (shown->balance != a->balance)
        audit_report_add(k->r, AUDIT_ANSWER_BALANCE, -1, thing->name, unit_of(thing->name),
                         gap(shown->balance, a->balance),
                         "%lld is shown, and %lld is what the log says", (long long)shown->balance,
                         (long long)a->balance);
    if (shown->seq != a->seq)
        audit_report_add(k->r, AUDIT_ANSWER_SEQ, -1, thing->name, "", 0,
                         "%lld postings are shown, and %lld are in the log", (long long)shown->seq,
                         (long long)a->seq);
}

static void missing(struct comparing *k, const struct audit_leg *leg)
{
    audit_report_add(k->r, AUDIT_ANSWER_POSTING_MISSING, leg->record, k->account->name,
                     unit_of(k->account->name), gap(leg->amount, 0),
                     "posting %lld of the account isn't shown", (long long)leg->seq);
}

/* Every memo that is shown is as likely to be kept as any other. */
static void keep_memo(struct audit_answers *s, int64_t record, const char *text)
{
    size_t place = s->n_memos;

    s->memos_shown++;
    if ((int64_t)s->n_memos < s->sample) {
        if (s->n_memos % 64 == 0)
            s->memos = x_realloc(s->memos, (s->n_memos + 64) * sizeof(*s->memos));
        s->memos[s->n_memos++].text = NULL;
    } else {
        place = randombytes_uniform((uint32_t)s->memos_shown);
    }
    if (place < s->n_memos) {
        free(s->memos[place].text);
        s->memos[place] = (struct audit_memo){record, x_strdup(text)};
    }
}

/* ---- How much of a transfer was reversed ---- */

/* Less than the log has is wrong at once. More may have been reversed since: check_excess asks. */
static void compare_reversed(struct comparing *k, const json_t *item, int64_t record)
{
    int64_t shown = json_number(item, "reversed"), logged = audit_reversed(k->a, record);

    if (shown < logged) {
        audit_report_add(k->r, AUDIT_ANSWER_POSTING, record, k->account->name,
                         unit_of(k->account->name), gap(shown, logged),
                         "%lld of the payment are shown to be reversed, and %lld are in the log",
                         (long long)shown, (long long)logged);
    } else if (shown > logged) {
        if (k->n_excess % 64 == 0)
            k->excess = x_realloc(k->excess, (k->n_excess + 64) * sizeof(*k->excess));
        k->excess[k->n_excess++] = (struct excess){record, shown - logged};
    }
}

static int by_record(const void *x, const void *y)
{
    const struct excess *a = x, *b = y;

    return (a->record > b->record) - (a->record < b->record);
}

static int take_newer(void *arg, json_t *item)
{
    struct comparing *k = arg;
    const struct excess of = {json_number(item, "reverses"), 0};
    struct excess *found;

    if (json_number(item, "index") < audit_copy_size(k->c))
        return PUMASI_OK;
    found = bsearch(&of, k->excess, k->n_excess, sizeof(of), by_record);
    if (found)
        found->more = 0; /* how much, the next audit has in its copy */
    return PUMASI_OK;
}

/* Of what more is shown to be reversed than was audited, there must be a newer reversal. It is
 * asked for again, as it may be newer than the first page that was read. */
static int check_excess(struct comparing *k, const struct keyfile *key, const char *path)
{
    int rc = PUMASI_OK;
    long ignored; /* that they aren't shown was found the first time */

    if (k->n_excess > 0) {
        qsort(k->excess, k->n_excess, sizeof(*k->excess), by_record);
        rc = audit_list(k->r, key, path, true, NULL, take_newer, k, &ignored);
    }
    for (size_t i = 0; rc == PUMASI_OK && i < k->n_excess; i++)
        if (k->excess[i].more > 0)
            audit_report_add(k->r, AUDIT_ANSWER_POSTING, k->excess[i].record, k->account->name,
                             unit_of(k->account->name), k->excess[i].more,
                             "%lld more of the payment are shown to be reversed than the log has",
                             (long long)k->excess[i].more);
    k->n_excess = 0;
    return rc;
}

static int compare_posting(void *arg, json_t *item)
{
    struct comparing *k = arg;
    const struct audit_leg shown = {json_number(item, "index"), json_number(item, "amount"),
                                    json_number(item, "balance"), json_number(item, "seq")};
    const struct audit_leg *leg;

    if (!is_number(item, "index") || !is_number(item, "amount") || !is_number(item, "balance") ||
        !is_number(item, "seq") || shown.record < 0 ||
        (json_is_integer(json_object_get(item, "reversed")) && !is_number(item, "reversed")))
        return fail(PUMASI_UNPROVED, _("The ledger's list of postings makes no sense."));
    if (shown.record >= audit_copy_size(k->c))
        return PUMASI_OK; /* newer than what is audited */
    while (k->left > 0 && k->account->legs[k->left - 1].seq > shown.seq)
        missing(k, &k->account->legs[--k->left]);
    leg = k->left > 0 ? &k->account->legs[k->left - 1] : NULL;
    if (leg && leg->seq == shown.seq)
        k->left--;
    if (!leg || leg->seq != shown.seq || leg->record != shown.record ||
        leg->amount != shown.amount || leg->balance != shown.balance)
        audit_report_add(k->r, AUDIT_ANSWER_POSTING, shown.record, k->account->name,
                         unit_of(k->account->name), gap(shown.amount, leg ? leg->amount : 0),
                         "posting %lld of the account is shown otherwise than the log has it",
                         (long long)shown.seq);
    else
        compare_reversed(k, item, shown.record);
    if (json_is_string(json_object_get(item, "memo")))
        keep_memo(k->s, shown.record, json_text(item, "memo"));
    k->r->answer_postings++;
    return PUMASI_OK;
}

/* An account of the book's list that is nowhere else is no reason to end: its postings are all
 * missing. Nor is one of which the ledger can't read what it has stored. */
static int compare_postings(struct comparing *k, const struct keyfile *key)
{
    char *of = x_asprintf("/v1/accounts/%s", k->account->name),
         *path = x_asprintf("%s/postings", of);
    json_t *answer = NULL;
    long status;
    int rc = audit_get(k->r, key, of, true, &answer, &status);

    json_decref(answer);
    k->left = k->account->n;
    if (rc == PUMASI_OK && status == 200)
        rc = audit_list(k->r, key, path, true, NULL, compare_posting, k, &status);
    if (rc == PUMASI_OK && status == 500) {
        audit_unanswered(k->r, AUDIT_ANSWER_POSTING_MISSING, -1, k->account->name, status);
        k->left = 0;
    }
    while (rc == PUMASI_OK && k->left > 0)
        missing(k, &k->account->legs[--k->left]);
    if (rc == PUMASI_OK)
        rc = check_excess(k, key, path);
    free(path);
    free(of);
    k->r->answer_sampled++;
    return rc;
}

/* A shown account that the log doesn't have. */
static void check_extra(struct comparing *k, const struct audit_account *shown)
{
    const struct account *a = state_account(audit_state(k->a), shown->name);

    if ((!a || a->seq == 0) && (shown->seq > 0 || shown->balance != 0))
        audit_report_add(k->r, AUDIT_ANSWER_ACCOUNT_EXTRA, -1, shown->name, unit_of(shown->name),
                         gap(shown->balance, 0), "%lld postings are shown, and none is in the log",
                         (long long)shown->seq);
}

int audit_answers_compare(struct audit_answers *s, struct audit_report *r,
                          const struct keyfile *key, const struct audit_copy *c,
                          const struct audit *a)
{
    struct comparing k = {.s = s, .r = r, .a = a, .c = c};
    struct bar bar;
    int rc = PUMASI_OK;

    state_each(audit_state(a), THING_ACCOUNT, compare_account, &k);
    r->answer_accounts = (int64_t)s->n;
    bar_begin(&bar, _("Comparing accounts"), (int64_t)s->n);
    for (size_t i = 0; rc == PUMASI_OK && i < s->n; i++) {
        k.account = &s->accounts[i];
        check_extra(&k, k.account);
        if (k.account->sampled)
            rc = compare_postings(&k, key);
        bar_step(&bar, (int64_t)i + 1);
    }
    bar_end(&bar);
    free(k.excess);
    return rc;
}

void audit_answers_free(struct audit_answers *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->accounts[i].legs);
    for (size_t i = 0; i < s->n_memos; i++)
        free(s->memos[i].text);
    free(s->memos);
    free(s->accounts);
    free(s->coops);
    if (s->of)
        strmap_free(s->of);
}
