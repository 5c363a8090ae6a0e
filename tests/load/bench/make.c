/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Acts, signed on all cores. */
#include <pthread.h>
#include <sodium.h>

#include "tests/load/bench/bench.h"

#define AHEAD 8 /* requests that are signed before there is somebody to send them */

struct factory {
    struct bench *b;
    make_act *make;
    int64_t first, n; /* numbers of the acts; n 0: no end */
    atomic_int_fast64_t next;
    atomic_int workers; /* that have begun: each has a number */
    atomic_int working;
    /* Finished requests, of many acts each. */
    pthread_mutex_t lock;
    pthread_cond_t taken;
    struct buf ready[AHEAD];
    size_t lines[AHEAD], n_ready;
    bool closed;
    FILE *out; /* where lines go instead */
};

static void make_transfer(struct conn *c, struct shot *s, const struct bench *b, int64_t i)
{
    char payer[ADDRESS_MAX + 1], payee[ADDRESS_MAX + 1];
    int64_t n = b->h.members, half = n / 2, from, to;
    struct buf payload = BUF_INIT;

    (void)i;
    if (b->hot) {
        from = 2 * (1 + rnd(c, half - 1)); /* the even ones are of one co-op, and pay the first */
        to = 0;
    } else {
        from = rnd(c, n);
        to = (from + 2 + 2 * rnd(c, half - 1)) % n;
    }
    member(payer, from);
    member(payee, to);
    act_begin(c, &payload, s, "transfer", payer);
    buf_printf(&payload, ",\"from\":\"%s\",\"to\":\"%s\",\"unit\":\"" UNIT "\",\"amount\":%" PRId64,
               payer, payee, 1 + rnd(c, 600));
    act_end(c, &payload, s, SIGNERS(payer), NULL, NULL);
}

static void make_member(struct conn *c, struct shot *s, const struct bench *b, int64_t i)
{
    char address[ADDRESS_MAX + 1];

    (void)b;
    member(address, i);
    make_new_member(c, s, address, "홍길동");
}

/* ---- Workers ---- */

/* Takes the lines over, waiting while there are many. False when nobody wants any more. */
static bool hand_on(struct factory *f, struct buf *lines, size_t n)
{
    bool wanted;

    pthread_mutex_lock(&f->lock);
    while (f->n_ready == AHEAD && !f->closed)
        pthread_cond_wait(&f->taken, &f->lock);
    wanted = !f->closed;
    if (!wanted) {
        buf_free(lines);
    } else if (f->out) {
        if (fwrite(lines->data, 1, lines->len, f->out) != lines->len)
            exit(1);
        buf_free(lines);
    } else {
        f->ready[f->n_ready] = *lines;
        f->lines[f->n_ready++] = n;
        *lines = (struct buf)BUF_INIT;
    }
    pthread_mutex_unlock(&f->lock);
    return wanted;
}

static void *work(void *arg)
{
    struct factory *f = arg;
    bool wanted = true;
    struct conn c;

    /* Its number is part of the ids of its acts; only setup's are above 900. */
    conn_open(&c, &f->b->h, atomic_fetch_add(&f->workers, 1));
    while (wanted) {
        int64_t i = atomic_fetch_add(&f->next, BULK_LINES), end = i + BULK_LINES;
        struct buf lines = BUF_INIT;

        if (f->n > 0 && end > f->first + f->n)
            end = f->first + f->n;
        if (i >= end)
            break;
        for (int64_t k = i; k < end; k++) {
            struct shot s;

            f->make(&c, &s, f->b, k);
            buf_puts(&lines, s.body);
            buf_putc(&lines, '\n');
            free(s.body);
        }
        wanted = hand_on(f, &lines, (size_t)(end - i));
    }
    conn_close(&c);
    atomic_fetch_sub(&f->working, 1);
    return NULL;
}

static enum next next_made(void *from, struct request *r)
{
    struct factory *f = from;
    struct buf out = BUF_INIT, lines;
    int working = atomic_load(&f->working); /* whoever stops has handed on all before */

    pthread_mutex_lock(&f->lock);
    if (f->n_ready == 0) {
        pthread_mutex_unlock(&f->lock);
        return working > 0 ? NEXT_LATER : NEXT_NEVER;
    }
    lines = f->ready[0];
    *r = (struct request){.lines = f->lines[0], .want = "\"status\":201,"};
    f->n_ready--;
    memmove(f->ready, f->ready + 1, f->n_ready * sizeof(f->ready[0]));
    memmove(f->lines, f->lines + 1, f->n_ready * sizeof(f->lines[0]));
    pthread_cond_broadcast(&f->taken);
    pthread_mutex_unlock(&f->lock);
    request_head(&out, "/v1/acts", "application/x-ndjson", lines.len, NULL);
    buf_put(&out, lines.data, lines.len);
    buf_free(&lines);
    r->len = out.len;
    r->data = buf_take(&out);
    return NEXT_ONE;
}

static void factory_init(struct factory *f, struct bench *b, make_act *make, int64_t first,
                         int64_t n)
{
    *f = (struct factory){.b = b, .make = make, .first = first, .n = n};
    atomic_store(&f->next, first);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->taken, NULL);
}

/* Posts what the workers make. */
static void post_made(struct factory *f)
{
    size_t n = cores();
    pthread_t *threads = x_calloc(n, sizeof(*threads));

    atomic_store(&f->working, (int)n);
    for (size_t i = 0; i < n; i++)
        if (pthread_create(&threads[i], NULL, work, f) != 0)
            exit(1);
    drive(f->b, next_made, f);
    pthread_mutex_lock(&f->lock);
    f->closed = true;
    pthread_cond_broadcast(&f->taken);
    pthread_mutex_unlock(&f->lock);
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < f->n_ready; i++)
        buf_free(&f->ready[i]);
    free(threads);
}

/* ---- The commands ---- */

void meet_ledger(struct bench *b)
{
    struct conn c;

    conn_open(&c, &b->h, 998);
    json_decref(meet(&c));
    conn_close(&c);
}

void make_acts(struct bench *b)
{
    struct factory f;

    meet_ledger(b);
    factory_init(&f, b, b->hops < 0 ? make_transfer : make_chain_transfer, 0, b->acts);
    f.out = stdout;
    on_all_cores(work, &f);
}

void post_acts(struct bench *b, make_act *make, int64_t first, int64_t n)
{
    struct factory f;

    factory_init(&f, b, make, first, n);
    post_made(&f);
}

void make_members(struct bench *b)
{
    int64_t members = b->h.members;

    b->h.members = 4; /* the ledger and its first members as hammer makes them */
    setup(&b->h);
    b->h.members = members;
    post_acts(b, make_member, 4, members - 4);
}

void fill(struct bench *b)
{
    meet_ledger(b);
    post_acts(b, make_transfer, 0, b->acts);
}
