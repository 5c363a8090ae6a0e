/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BASE_H
#define PUMASI_BASE_H

/*
 * What every file of the project may lean on: fixed-width types, attributes, memory that never
 * fails.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_LEN(a)           (sizeof(a) / sizeof((a)[0]))
/* Marks a string for the translators, where it can't be translated yet (lang/lang.h). */
#define N_(s) (s)
/* Marks a detail of a problem that goes over the wire: English there, and the client translates. */
#define WIRE_(s) (s)

/*
 * Allocation. These never return NULL: out of memory ends the process (abort), as no part of a
 * ledger can go on half-done. Sizes are bounded by the callers' own limits. Free with free().
 */
void *x_malloc(size_t size);
void *x_calloc(size_t n, size_t size);
void *x_realloc(void *p, size_t size);
char *x_strdup(const char *s);
char *x_strndup(const char *s, size_t n);
/* printf into a fresh string; the caller frees it. */
char *x_asprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Copies s into dst of `size` bytes, always NUL-terminated, cut where it is too long. */
void str_copy(char *dst, size_t size, const char *s);
/* True when both strings are equal. */
bool str_eq(const char *a, const char *b);

#endif
