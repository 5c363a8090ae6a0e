/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * clearing: what the bench of clearing needs beside the program itself.
 *
 *   clearing make PARTIES DEBTS SEED   a table of debts on stdout, the same for the same seed
 *   clearing solve FILE                 "seconds CPU-seconds cleared" of core/clearing alone
 *   clearing whole PROGRAM ARG...       runs it; "seconds CPU-seconds MB" on stderr's last line,
 *                                       the program's exit status
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clearing.h"
#include "core/csv.h"
#include "core/num.h"

static double now(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* --- make --- */

static uint64_t seed;

/* splitmix64, its upper half */
static uint32_t draw(void)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) >> 32);
}

/* n·u³ for u evenly from 0 to 1: the party of rank r has about r^(-2/3) of the debts of the first.
 */
static uint32_t draw_party(uint32_t n)
{
    uint64_t r = draw(), at = n;

    for (int i = 0; i < 3; i++)
        at = i == 0 ? at * r >> 16 : (at >> 16) * r + ((at & 0xffff) * r >> 16);
    return (uint32_t)(at >> 32 >> 16);
}

static void make(uint32_t parties, int64_t debts)
{
    puts("debtor,creditor,amount");
    while (debts > 0) {
        uint32_t debtor = draw_party(parties), creditor = draw_party(parties);
        uint64_t one = draw(), other = draw();
        /* From 100 on, more than x with the chance (100 / x)². */
        uint64_t amount = (UINT64_C(100) << 32) / ((one > other ? one : other) + 1);

        if (debtor == creditor)
            continue;
        printf("%" PRIu32 ",%" PRIu32 ",%" PRIu64 "\n", debtor, creditor, amount);
        debts--;
    }
}

/* --- solve --- */

struct table {
    struct clearing_debt *debts;
    size_t n, cap;
    uint32_t n_parties;
};

static int64_t number(const struct csv_field *f)
{
    int64_t n;

    if (num_parse(f->s, f->len, 0, AMOUNT_MAX, &n) != 0) {
        fprintf(stderr, "clearing: not a number: %s\n", f->s);
        exit(1);
    }
    return n;
}

static int take(void *arg, const struct csv_row *row)
{
    struct table *t = arg;
    struct clearing_debt d;

    if (row->row == 1)
        return 0;
    if (row->n != 3)
        return 1;
    d = (struct clearing_debt){(uint32_t)number(&row->fields[0]), (uint32_t)number(&row->fields[1]),
                               number(&row->fields[2])};
    if (t->n == t->cap) {
        t->cap = t->cap * 2 + 1024;
        t->debts = x_realloc(t->debts, t->cap * sizeof(*t->debts));
    }
    t->debts[t->n++] = d;
    if (d.debtor >= t->n_parties)
        t->n_parties = d.debtor + 1;
    if (d.creditor >= t->n_parties)
        t->n_parties = d.creditor + 1;
    return 0;
}

static int by_pair(const void *a, const void *b)
{
    const struct clearing_debt *x = a, *y = b;

    if (x->debtor != y->debtor)
        return x->debtor < y->debtor ? -1 : 1;
    return x->creditor < y->creditor ? -1 : x->creditor > y->creditor;
}

static void merge(struct table *t)
{
    size_t kept = 0;

    qsort(t->debts, t->n, sizeof(*t->debts), by_pair);
    for (size_t i = 0; i < t->n; i++) {
        if (kept > 0 && by_pair(&t->debts[kept - 1], &t->debts[i]) == 0)
            t->debts[kept - 1].amount += t->debts[i].amount;
        else
            t->debts[kept++] = t->debts[i];
    }
    t->n = kept;
}

static void load(struct table *t, const char *path)
{
    struct csv *csv = csv_new(take, t);
    FILE *f = fopen(path, "r");
    char bytes[65536];
    size_t len;
    int rc = f == NULL;

    while (rc == 0 && (len = fread(bytes, 1, sizeof(bytes), f)) > 0)
        rc = csv_feed(csv, bytes, len);
    if (rc != 0 || csv_end(csv) != 0) {
        fprintf(stderr, "clearing: can't read %s\n", path);
        exit(1);
    }
    fclose(f);
    csv_free(csv);
    merge(t);
}

static int solve(const char *path)
{
    struct table t = {.n = 0};
    struct clearing_sums sums;
    struct clearing in;
    const char **names;
    int64_t *cleared;
    double wall, cpu;
    size_t at;

    load(&t, path);
    names = x_malloc(t.n_parties * sizeof(*names));
    for (uint32_t v = 0; v < t.n_parties; v++)
        names[v] = x_asprintf("%" PRIu32, v);
    cleared = x_malloc(t.n * sizeof(*cleared));
    in = (struct clearing){
        .n_parties = t.n_parties, .names = names, .n_debts = t.n, .debts = t.debts};
    wall = now(CLOCK_MONOTONIC);
    cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    if (clearing_solve(&in, cleared, &sums, &at) != CLEARING_DONE) {
        fprintf(stderr, "clearing: no solution\n");
        return 1;
    }
    printf("%.3f %.3f %" PRId64 "\n", now(CLOCK_MONOTONIC) - wall,
           now(CLOCK_PROCESS_CPUTIME_ID) - cpu, sums.cleared);
    return 0;
}

/* --- whole --- */

static int whole(char **argv)
{
    double wall = now(CLOCK_MONOTONIC);
    struct rusage used;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
        return 127;
    fprintf(stderr, "%.3f %.3f %.0f\n", now(CLOCK_MONOTONIC) - wall,
            (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6,
            (double)used.ru_maxrss / 1024);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    int64_t parties, debts, start;

    if (argc == 5 && strcmp(argv[1], "make") == 0 &&
        num_parse(argv[2], strlen(argv[2]), 2, INT32_MAX, &parties) == 0 &&
        num_parse(argv[3], strlen(argv[3]), 0, INT32_MAX, &debts) == 0 &&
        num_parse(argv[4], strlen(argv[4]), 0, INT64_MAX, &start) == 0) {
        seed = (uint64_t)start;
        make((uint32_t)parties, debts);
        return fflush(stdout) == 0 ? 0 : 1;
    }
    if (argc == 3 && strcmp(argv[1], "solve") == 0)
        return solve(argv[2]);
    if (argc > 2 && strcmp(argv[1], "whole") == 0)
        return whole(argv + 2);
    fprintf(stderr,
            "usage: clearing make PARTIES DEBTS SEED | solve FILE | whole PROGRAM ARG...\n");
    return 2;
}
