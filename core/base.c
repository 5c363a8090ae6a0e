/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(void)
{
    /* No allocation and no format on this path; the word is all that can be said. */
    fputs("out of memory\n", stderr);
    abort();
}

void *x_malloc(size_t size)
{
    /* malloc(0) may answer NULL, which would look like a failure. */
    void *p = malloc(size == 0 ? 1 : size);

    if (p == NULL)
        out_of_memory();
    return p;
}

void *x_calloc(size_t n, size_t size)
{
    void *p = n == 0 || size == 0 ? calloc(1, 1) : calloc(n, size);

    if (p == NULL)
        out_of_memory();
    return p;
}

void *x_realloc(void *p, size_t size)
{
    /* realloc(p, 0) frees p in some libraries and not in others. */
    void *q = realloc(p, size == 0 ? 1 : size);

    if (q == NULL)
        out_of_memory();
    return q;
}

char *x_strdup(const char *s)
{
    return x_strndup(s, strlen(s));
}

char *x_strndup(const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *copy = x_malloc(len + 1);

    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *x_asprintf(const char *fmt, ...)
{
    char *s;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&s, fmt, ap) < 0)
        out_of_memory();
    va_end(ap);
    return s;
}

void str_copy(char *dst, size_t size, const char *s)
{
    size_t len;

    if (size == 0)
        return;
    len = strnlen(s, size - 1);
    memcpy(dst, s, len);
    dst[len] = '\0';
}

bool str_eq(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}
