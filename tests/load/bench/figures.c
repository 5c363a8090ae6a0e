/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Times, files, threads. */
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/load/bench/bench.h"

int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t cpu_us(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec +
           u.ru_stime.tv_usec;
}

size_t cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 0 ? (size_t)n : 1;
}

void times_put(struct times *t, int64_t us)
{
    if (t->n == t->room) {
        t->room = t->room ? 2 * t->room : 4096;
        t->us = x_realloc(t->us, t->room * sizeof(*t->us));
    }
    t->us[t->n++] = us < INT32_MAX ? (int32_t)us : INT32_MAX;
}

static int compare_us(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return x < y ? -1 : x > y;
}

int64_t times_at(struct times *t, double fraction)
{
    if (t->n == 0)
        return 0;
    qsort(t->us, t->n, sizeof(*t->us), compare_us);
    return t->us[(size_t)((double)(t->n - 1) * fraction)];
}

char **read_lines(const char *path, size_t *n)
{
    FILE *f = fopen(path, "re");
    char **lines = NULL, *line = NULL;
    size_t cap = 0, room = 0;
    ssize_t len;

    if (!f) {
        perror(path);
        exit(1);
    }
    *n = 0;
    while ((len = getline(&line, &cap, f)) > 0) {
        if (*n == room) {
            room = room ? 2 * room : 1024;
            lines = x_realloc(lines, room * sizeof(*lines));
        }
        lines[(*n)++] = x_strndup(line, (size_t)len - 1);
    }
    free(line);
    fclose(f);
    if (*n == 0) {
        fprintf(stderr, "bench: %s is empty\n", path);
        exit(1);
    }
    return lines;
}

void on_all_cores(void *(*one)(void *), void *arg)
{
    size_t n = cores();
    pthread_t *threads = x_calloc(n, sizeof(*threads));

    for (size_t i = 0; i < n; i++)
        if (pthread_create(&threads[i], NULL, one, arg) != 0) {
            fprintf(stderr, "bench: no thread can be started\n");
            exit(1);
        }
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}
