/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * paths: how long looking for payments' ways makes a batch wait, of batches that end as ledgerd's
 * do, in networks from a seed.
 *
 *   paths COOPS LINES SECONDS   for so long each; a line for each network and kind of payment:
 *       NAME SEARCHES FOUND MEDIAN LONGEST BATCHES ACTS LONGEST-WAIT LONGEST-CPU EDGES
 *     SEARCHES and FOUND are how many were looked for and found; MEDIAN and LONGEST µs of one; ACTS
 *     the fewest that a batch came to; then ms of the batch that waited longest, by the clock and
 *     by the CPU time, each the longest of its own; and the most edges that a batch looked at
 *
 *   towns   two towns. A co-op lends to those of its own; the few that lend to another town have
 *           no room, so everything near both ends is looked through, and there is no way: the worst
 *           that we could think of
 *   mixed   lines between any two, one in ten with room for the larger half of the payments
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/num.h"
#include "core/state.h"
#include "ledgerd/batch.h"

#define BATCH_ACTS 1000     /* batch_max of ledgerd's configuration where nothing is said */
#define CACHE      33554432 /* bytes that are walked over between batches */
#define AMOUNT     50

static uint64_t seed = 7;
static int64_t coops, lines, seconds;

/* splitmix64: 0 to n - 1 */
static int64_t pick(int64_t n)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((z ^ z >> 31) % (uint64_t)n);
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* ---- Networks ---- */

struct coop {
    char name[COOP_MAX + 1];
};

static void coop_name(struct coop *c, int64_t i)
{
    (void)snprintf(c->name, sizeof(c->name), "coop%06" PRId64, i);
}

static void put_coop(struct state *s, int64_t i)
{
    struct holder *h;
    struct coop c;

    coop_name(&c, i);
    h = holder_new(c.name, c.name, "", 0);
    h->kind = HOLDER_COOP;
    h->state = HOLDER_ACTIVE;
    state_put(s, THING_HOLDER, &h->thing);
}

/* How much B may owe A. False when A has given B a line already. */
static bool put_line(struct state *s, int64_t a, int64_t b, int64_t limit)
{
    struct credit_line *l;
    struct coop from, to;

    coop_name(&from, a);
    coop_name(&to, b);
    if (a == b || state_line(s, from.name, to.name, "hour"))
        return false;
    l = line_new(from.name, to.name, "hour");
    l->limit = limit;
    l->transit = true;
    state_put(s, THING_LINE, &l->thing);
    return true;
}

/* Of two towns of half the co-ops each. The first of each lends to and borrows from all of it. */
static void make_towns(struct state *s)
{
    const int64_t half = coops / 2;
    int64_t left = lines;

    for (int64_t i = 0; i < 2 * half; i++)
        if (i % half != 0) {
            left -= put_line(s, i, i - i % half, 2 * AMOUNT);
            left -= put_line(s, i - i % half, i, 2 * AMOUNT);
        }
    while (left > 0) {
        int64_t town = pick(2) * half;
        bool other = pick(100) == 0;

        left -= put_line(s, town + pick(half), (other ? half - town : town) + pick(half),
                         other ? AMOUNT / 2 : 2 * AMOUNT);
    }
}

static void make_mixed(struct state *s)
{
    for (int64_t left = lines; left > 0;)
        left -= put_line(s, pick(coops), pick(coops), pick(10) == 0 ? 2 * AMOUNT : AMOUNT / 2);
}

/* Whose payment to whom; its amount. */
typedef int64_t draw_payment(struct coop *from, struct coop *to);

/* From one town's first co-op to the other's. */
static int64_t draw_towns(struct coop *from, struct coop *to)
{
    const int64_t town = pick(2), half = coops / 2;

    coop_name(from, town * half);
    coop_name(to, (1 - town) * half);
    return AMOUNT;
}

static int64_t draw_mixed(struct coop *from, struct coop *to)
{
    const int64_t a = pick(coops);

    coop_name(from, a);
    coop_name(to, (a + 1 + pick(coops - 1)) % coops);
    return pick(2) == 0 ? AMOUNT / 5 : AMOUNT;
}

/* ---- Measuring ---- */

struct measured {
    int64_t *ns; /* of searches */
    size_t n, cap, found, batches, acts;
    int64_t wait, cpu;
    uint64_t edges;
};

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* What a batch does beside searching, so that the network isn't in the processor's cache still. */
static void forget_cache(void)
{
    static volatile uint8_t *bytes;

    if (!bytes)
        bytes = x_calloc(CACHE, 1);
    for (size_t i = 0; i < CACHE; i += 64)
        bytes[i]++;
}

/* As decide_all in ledgerd/batch.c: acts until they are enough or the searches have taken enough,
 * or in haste until one isn't found. ns that the searches took; *n is how many. */
static int64_t decide(const struct state *s, draw_payment *draw, bool hasty, struct measured *m,
                      size_t *n)
{
    const uint64_t until = network_effort(s) + BATCH_EFFORT_MAX;
    bool found = true;
    int64_t wait = 0;

    for (*n = 0; *n < BATCH_ACTS && network_effort(s) < until && (found || !hasty); (*n)++) {
        struct network_way way;
        struct coop from, to;
        int64_t amount = draw(&from, &to), start;

        if (m->n == m->cap) {
            m->cap = m->cap * 2 + 1024;
            m->ns = x_realloc(m->ns, m->cap * sizeof(*m->ns));
        }
        start = now_ns(CLOCK_MONOTONIC);
        found = network_path(s, from.name, to.name, "hour", amount, WAY_HOPS_MAX, &way);
        m->ns[m->n] = now_ns(CLOCK_MONOTONIC) - start;
        wait += m->ns[m->n++];
        m->found += found;
    }
    if (hasty && !found)
        *n = 0;
    return wait;
}

/* In haste first, and with care from the start again where an act comes to nothing. */
static void batch(const struct state *s, draw_payment *draw, struct measured *m)
{
    const int64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    const uint64_t before = network_effort(s), first = seed;
    uint64_t edges;
    int64_t wait, took;
    size_t n;

    wait = decide(s, draw, true, m, &n);
    if (n == 0) {
        seed = first;
        wait += decide(s, draw, false, m, &n);
    }
    took = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    edges = network_effort(s) - before;
    m->wait = wait > m->wait ? wait : m->wait;
    m->cpu = took > m->cpu ? took : m->cpu;
    m->acts = m->batches == 0 || n < m->acts ? n : m->acts;
    m->edges = edges > m->edges ? edges : m->edges;
    m->batches++;
}

static void measure(const char *name, void (*make)(struct state *), draw_payment *draw)
{
    struct state *s = state_new("ledger.example/bench");
    struct measured m = {.n = 0};
    int64_t until;

    for (int64_t i = 0; i < coops; i++)
        put_coop(s, i);
    make(s);
    state_commit(s);
    until = now_ns(CLOCK_MONOTONIC) + seconds * INT64_C(1000000000);
    do {
        forget_cache();
        batch(s, draw, &m);
    } while (now_ns(CLOCK_MONOTONIC) < until);
    qsort(m.ns, m.n, sizeof(*m.ns), compare);
    printf("%s %zu %zu %.1f %.1f %zu %zu %.2f %.2f %" PRIu64 "\n", name, m.n, m.found,
           (double)m.ns[m.n / 2] / 1e3, (double)m.ns[m.n - 1] / 1e3, m.batches, m.acts,
           (double)m.wait / 1e6, (double)m.cpu / 1e6, m.edges);
    free(m.ns);
    state_free(s);
}

int main(int argc, char **argv)
{
    /* Each town has room for so many lines, and as many as its first co-op has at the least. */
    if (argc != 4 || num_parse(argv[1], strlen(argv[1]), 4, 999999, &coops) != 0 ||
        num_parse(argv[2], strlen(argv[2]), 2 * coops, coops * coops / 4, &lines) != 0 ||
        num_parse(argv[3], strlen(argv[3]), 1, 3600, &seconds) != 0) {
        fprintf(stderr, "usage: paths COOPS LINES SECONDS, of lines 2 to COOPS / 4 a co-op\n");
        return 2;
    }
    measure("towns", make_towns, draw_towns);
    measure("mixed", make_mixed, draw_mixed);
    return fflush(stdout) == 0 ? 0 : 1;
}
