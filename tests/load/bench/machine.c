/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the machine can do, without a ledger. */
#include <fcntl.h>
#include <unistd.h>

#include "core/act.h"
#include "tests/load/bench/bench.h"

#define PAGE    8192
#define PAGES   2048 /* of the file that is flushed: 16 MiB, as a segment of the WAL */
#define FLUSHES 1000

struct limit {
    struct bench *b;
    char **lines;
    struct key *keys; /* of each line's payer, so that looking it up costs nothing */
    size_t n;
    atomic_size_t next, wrong;
};

static bool key_of_payer(void *arg, const struct kid *kid, struct key *out)
{
    const struct key *key = arg;

    (void)kid;
    *out = *key;
    return true;
}

static void *find_keys(void *arg)
{
    struct limit *l = arg;
    size_t i;

    while ((i = atomic_fetch_add(&l->next, 1)) < l->n) {
        uint8_t secret[KEY_SECRET_LEN];
        struct submission sub;
        struct refusal r;
        struct act act;

        if (submission_parse(&sub, l->lines[i], strlen(l->lines[i]), &r) != 0 ||
            act_parse(&act, &sub.env, &r) != 0) {
            fprintf(stderr, "bench: no act: %s\n", l->lines[i]);
            exit(1);
        }
        secret_of(&l->b->h, act.by, secret);
        key_of_secret(&l->keys[i], secret);
        act_free(&act);
        submission_free(&sub);
    }
    return NULL;
}

/* What a ledger can't leave out. */
static void *verify(void *arg)
{
    struct limit *l = arg;
    size_t i;

    while ((i = atomic_fetch_add(&l->next, 1)) < l->n) {
        struct submission sub;
        struct refusal r;
        struct act act;

        if (submission_parse(&sub, l->lines[i], strlen(l->lines[i]), &r) != 0) {
            atomic_fetch_add(&l->wrong, 1);
            continue;
        }
        if (act_parse(&act, &sub.env, &r) != 0) {
            atomic_fetch_add(&l->wrong, 1);
        } else {
            if (envelope_verify(&sub.env, key_of_payer, &l->keys[i], &r) != 0)
                atomic_fetch_add(&l->wrong, 1);
            act_free(&act);
        }
        submission_free(&sub);
    }
    return NULL;
}

void limit(struct bench *b, const char *path)
{
    struct limit l = {.b = b};
    int64_t start, cpu;
    double seconds;

    l.lines = read_lines(path, &l.n);
    l.keys = x_calloc(l.n, sizeof(*l.keys));
    on_all_cores(find_keys, &l);
    atomic_store(&l.next, 0);
    cpu = cpu_us();
    start = now_us();
    on_all_cores(verify, &l);
    seconds = (double)(now_us() - start) / 1e6;
    cpu = cpu_us() - cpu;
    printf("%zu %.3f %.1f %.1f\n", l.n, seconds, (double)l.n / seconds, (double)cpu / (double)l.n);
    if (atomic_load(&l.wrong) > 0) {
        fprintf(stderr, "bench: %zu acts don't verify\n", atomic_load(&l.wrong));
        exit(1);
    }
    for (size_t i = 0; i < l.n; i++)
        free(l.lines[i]);
    free(l.lines);
    free(l.keys);
}

void flush(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct times times = {0};
    char page[PAGE];

    memset(page, 'x', sizeof(page));
    for (size_t i = 0; i < PAGES; i++)
        if (pwrite(fd, page, PAGE, (off_t)(i * PAGE)) != PAGE) {
            perror(path);
            exit(1);
        }
    if (fsync(fd) != 0)
        exit(1);
    for (size_t i = 0; i < FLUSHES; i++) {
        int64_t start = now_us();

        page[0] = (char)i;
        if (pwrite(fd, page, PAGE, (off_t)(i * PAGE)) != PAGE || fdatasync(fd) != 0) {
            perror(path);
            exit(1);
        }
        times_put(&times, now_us() - start);
    }
    printf("%.3f %.3f\n", (double)times_at(&times, 0.5) / 1e3,
           (double)times_at(&times, 0.99) / 1e3);
    free(times.us);
    close(fd);
    unlink(path);
}
