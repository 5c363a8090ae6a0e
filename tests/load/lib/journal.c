/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What happened, written down before it goes on. */
#include "tests/load/lib/hammer.h"

#include <stdarg.h>
#include <unistd.h>
#include <sodium.h>

void journal(struct hammer *h, const char *fmt, ...)
{
    va_list ap;
    char *line;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&line, fmt, ap);
    va_end(ap);
    if (n < 0 || (h->journal >= 0 && write(h->journal, line, (size_t)n) != n)) {
        perror("hammer: journal");
        exit(2);
    }
    free(line);
}

void wrong(struct hammer *h, const char *fmt, ...)
{
    va_list ap;
    char *sentence;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&sentence, fmt, ap);
    va_end(ap);
    if (n < 0)
        exit(2);
    if (atomic_fetch_add(&h->wrong, 1) < 20)
        fprintf(stderr, "hammer: WRONG: %s\n", sentence);
    journal(h, "V\t%s\n", sentence);
    free(sentence);
}

void hex(char out[HASH_HEX], const struct hash *hash)
{
    sodium_bin2hex(out, HASH_HEX, hash->b, HASH_LEN);
}

int64_t clock_ms(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void pause_ms(int ms)
{
    struct timespec t = {.tv_nsec = (long)ms * 1000000};

    (void)nanosleep(&t, NULL);
}
