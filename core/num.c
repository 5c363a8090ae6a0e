/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/num.h"

int num_parse(const char *s, size_t len, int64_t min, int64_t max, int64_t *out)
{
    bool negative = len > 0 && s[0] == '-';
    size_t i = negative ? 1 : 0;
    int64_t n = 0;

    if (i == len)
        return -1;
    /* Neither "01" nor "-0": a number has one text. */
    if (s[i] == '0' && (negative || len - i > 1))
        return -1;
    for (; i < len; i++) {
        int digit = s[i] - '0';

        if (digit < 0 || digit > 9)
            return -1;
        /* Summed below zero, as INT64_MIN has no positive counterpart. */
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, digit, &n))
            return -1;
    }
    if (!negative && __builtin_sub_overflow(0, n, &n))
        return -1;
    if (n < min || n > max)
        return -1;
    *out = n;
    return 0;
}

static int within(int64_t n, int64_t *out)
{
    if (n < NUM_MIN || n > NUM_MAX)
        return -1;
    *out = n;
    return 0;
}

int num_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int num_add(int64_t a, int64_t b, int64_t *out)
{
    int64_t n;

    return __builtin_add_overflow(a, b, &n) ? -1 : within(n, out);
}

int num_sub(int64_t a, int64_t b, int64_t *out)
{
    int64_t n;

    return __builtin_sub_overflow(a, b, &n) ? -1 : within(n, out);
}

int num_mul(int64_t a, int64_t b, int64_t *out)
{
    int64_t n;

    return __builtin_mul_overflow(a, b, &n) ? -1 : within(n, out);
}

int64_t num_gap(int64_t a, int64_t b)
{
    int64_t gap;

    if (num_sub(a, b, &gap) == 0)
        return gap;
    return a < b ? NUM_MIN : NUM_MAX;
}
