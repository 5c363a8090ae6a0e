/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/forecast.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clearing.h"
#include "core/name.h"
#include "core/strmap.h"
#include "ledgerd/db_debts.h"
#include "ledgerd/db_read.h"

/* A unit's debts and what is cleared of each, sorted by debtor and creditor. */
struct told {
    int64_t size; /* of the log; -1: nothing was worked out */
    size_t n_names;
    char **names; /* of the parties, in the order of strcmp */
    size_t n;
    struct clearing_debt *debts;
    int64_t *cleared;
};

struct unit {
    struct unit *next;
    char name[UNIT_MAX + 1];
    struct told told;
    bool claimed;
    int64_t worked; /* when it was last worked out while nobody waited, s of the monotonic clock */
};

struct forecast {
    pthread_mutex_t lock;
    struct unit *units; /* few; with the lock, and never taken out */
};

struct forecast *forecast_new(void)
{
    struct forecast *f = x_calloc(1, sizeof(*f));

    pthread_mutex_init(&f->lock, NULL);
    return f;
}

static void told_free(struct told *t)
{
    for (size_t i = 0; i < t->n_names; i++)
        free(t->names[i]);
    free(t->names);
    free(t->debts);
    free(t->cleared);
    *t = (struct told){.size = -1};
}

void forecast_free(struct forecast *f)
{
    if (f == NULL)
        return;
    for (struct unit *u = f->units, *next; u != NULL; u = next) {
        next = u->next;
        told_free(&u->told);
        free(u);
    }
    pthread_mutex_destroy(&f->lock);
    free(f);
}

/* With the lock: made where there is none. */
static struct unit *unit_of(struct forecast *f, const char *name)
{
    struct unit *u = f->units;

    while (u != NULL && !str_eq(u->name, name))
        u = u->next;
    if (u == NULL) {
        u = x_calloc(1, sizeof(*u));
        str_copy(u->name, sizeof(u->name), name);
        u->told.size = -1;
        u->next = f->units;
        f->units = u;
    }
    return u;
}

/* ---- Working it out ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_debts(const void *one, const void *other)
{
    const struct clearing_debt *a = one, *b = other;

    if (a->debtor != b->debtor)
        return a->debtor < b->debtor ? -1 : 1;
    return (a->creditor > b->creditor) - (a->creditor < b->creditor);
}

/* The parties' names, sorted, and their numbers. */
static void take_names(struct told *t, const PGresult *res, struct strmap *numbers)
{
    static const int columns[] = {DEBTS_DEBTOR, DEBTS_CREDITOR};
    size_t cap = 0;

    for (int row = 0; row < PQntuples(res); row++) {
        for (size_t c = 0; c < ARRAY_LEN(columns); c++) {
            const char *name = col_text(res, row, columns[c]);

            if (strmap_get(numbers, name) != NULL)
                continue;
            *strmap_put(numbers, name) = 0;
            if (t->n_names == cap) {
                cap = cap == 0 ? 64 : cap * 2;
                t->names = x_realloc(t->names, cap * sizeof(*t->names));
            }
            t->names[t->n_names++] = x_strdup(name);
        }
    }
    if (t->n_names > 0)
        qsort(t->names, t->n_names, sizeof(*t->names), compare_names);
    for (size_t i = 0; i < t->n_names; i++)
        *strmap_put(numbers, t->names[i]) = (int64_t)i;
}

static void take_debts(struct told *t, const PGresult *res)
{
    struct strmap *numbers = strmap_new();

    take_names(t, res, numbers);
    t->n = (size_t)PQntuples(res);
    t->debts = x_malloc((t->n + 1) * sizeof(*t->debts));
    t->cleared = x_calloc(t->n + 1, sizeof(*t->cleared));
    for (size_t i = 0; i < t->n; i++) {
        t->debts[i] = (struct clearing_debt){
            .debtor = (uint32_t)*strmap_get(numbers, col_text(res, (int)i, DEBTS_DEBTOR)),
            .creditor = (uint32_t)*strmap_get(numbers, col_text(res, (int)i, DEBTS_CREDITOR)),
            .amount = col_int(res, (int)i, DEBTS_AMOUNT),
        };
    }
    if (t->n > 0)
        qsort(t->debts, t->n, sizeof(*t->debts), compare_debts);
    strmap_free(numbers);
}

static bool go_on(void *arg, const struct clearing_progress *p)
{
    (void)p;
    return !*(const atomic_bool *)arg;
}

/* Puts what the rows make in the place of what was told. False when it was stopped. */
static bool work(struct forecast *f, const char *unit, int64_t size, const PGresult *res,
                 const atomic_bool *stop)
{
    struct told t = {.size = size}, before;
    struct clearing in = {.watch = go_on, .arg = (void *)(uintptr_t)stop};
    struct clearing_sums sums;
    enum clearing_end end;
    struct unit *u;
    size_t at;

    take_debts(&t, res);
    in.n_parties = (uint32_t)t.n_names;
    in.names = (const char *const *)t.names;
    in.n_debts = t.n;
    in.debts = t.debts;
    end = clearing_solve(&in, t.cleared, &sums, &at);
    if (end != CLEARING_DONE) {
        told_free(&t);
        return false;
    }
    pthread_mutex_lock(&f->lock);
    u = unit_of(f, unit);
    before = u->told;
    u->told = t;
    pthread_mutex_unlock(&f->lock);
    told_free(&before);
    return true;
}

enum forecast_end forecast_see(struct forecast *f, PGconn *conn, const char *unit, int64_t size,
                               const atomic_bool *stop, char *err, size_t err_size)
{
    enum forecast_end end = FORECAST_DONE;
    bool known, large;
    PGresult *res;

    pthread_mutex_lock(&f->lock);
    known = unit_of(f, unit)->told.size == size;
    large = unit_of(f, unit)->told.n > FORECAST_AT_ONCE;
    pthread_mutex_unlock(&f->lock);
    if (known)
        return FORECAST_DONE;
    if (large)
        return FORECAST_LATER;
    res = db_debts(conn, unit, FORECAST_AT_ONCE + 1, err, err_size);
    if (res == NULL)
        return FORECAST_FAILED;
    if (PQntuples(res) > FORECAST_AT_ONCE || !work(f, unit, size, res, stop))
        end = FORECAST_LATER;
    PQclear(res);
    return end;
}

/* ---- While nobody waits ---- */

static int64_t monotonic_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec;
}

bool forecast_claim(struct forecast *f, const char *unit)
{
    struct unit *u;
    bool due;

    pthread_mutex_lock(&f->lock);
    u = unit_of(f, unit);
    due = !u->claimed && (u->told.size < 0 || monotonic_s() - u->worked >= FORECAST_AGAIN_S);
    u->claimed |= due;
    pthread_mutex_unlock(&f->lock);
    return due;
}

void forecast_disclaim(struct forecast *f, const char *unit)
{
    pthread_mutex_lock(&f->lock);
    unit_of(f, unit)->claimed = false;
    unit_of(f, unit)->worked = monotonic_s();
    pthread_mutex_unlock(&f->lock);
}

int forecast_work(struct forecast *f, PGconn *conn, const char *unit, const atomic_bool *stop,
                  char *err, size_t err_size)
{
    int64_t size = db_debts_size(conn, err, err_size);
    PGresult *res = size < 0 ? NULL : db_debts(conn, unit, INT64_MAX, err, err_size);
    bool failed = res == NULL;

    /* Debts that can't be cleared, as their sum is beyond all numbers, stay without a forecast. */
    if (!failed)
        (void)work(f, unit, size, res, stop);
    PQclear(res);
    forecast_disclaim(f, unit);
    return failed ? -1 : 0;
}

/* ---- Telling it ---- */

static bool number_of(const struct told *t, const char *name, uint32_t *out)
{
    char **at = t->n_names == 0
                    ? NULL
                    : bsearch(&name, t->names, t->n_names, sizeof(*t->names), compare_names);

    if (at != NULL)
        *out = (uint32_t)(at - t->names);
    return at != NULL;
}

int64_t forecast_of(struct forecast *f, const char *unit, const char *debtor, const char *creditor,
                    int64_t amount, int64_t *out)
{
    struct clearing_debt key = {0}, *debt = NULL;
    const struct told *t;
    int64_t size;

    *out = 0;
    pthread_mutex_lock(&f->lock);
    t = &unit_of(f, unit)->told;
    size = t->size;
    if (number_of(t, debtor, &key.debtor) && number_of(t, creditor, &key.creditor))
        debt = bsearch(&key, t->debts, t->n, sizeof(*t->debts), compare_debts);
    if (debt != NULL)
        *out = t->cleared[debt - t->debts];
    pthread_mutex_unlock(&f->lock);
    /* Trade goes on meanwhile. */
    if (*out > amount)
        *out = amount;
    return size;
}
