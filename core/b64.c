/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/b64.h"

#include <endian.h>
#include <string.h>

static const char url_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/*
 * Decoding looks each of four characters up in a table of its own where its six bits already stand
 * in their place among 24, so that a group costs four loads and three ORs; a foreign character sets
 * bit 24 and is noticed once a group. The compiler fills the tables in.
 */
#define FOREIGN (UINT32_C(1) << 24)
#define SIX(c, c62, c63)                         \
    ((c) >= 'A' && (c) <= 'Z'   ? (c) - 'A'      \
     : (c) >= 'a' && (c) <= 'z' ? (c) - 'a' + 26 \
     : (c) >= '0' && (c) <= '9' ? (c) - '0' + 52 \
     : (c) == (c62)             ? 62             \
     : (c) == (c63)             ? 63             \
                                : -1)
#define CELL(c, a, z, sh) (SIX(c, a, z) < 0 ? FOREIGN : (uint32_t)SIX(c, a, z) << (sh))
#define CELL4(c, a, z, sh) \
    CELL(c, a, z, sh), CELL((c) + 1, a, z, sh), CELL((c) + 2, a, z, sh), CELL((c) + 3, a, z, sh)
#define CELL16(c, a, z, sh)                                                 \
    CELL4(c, a, z, sh), CELL4((c) + 4, a, z, sh), CELL4((c) + 8, a, z, sh), \
        CELL4((c) + 12, a, z, sh)
#define CELL64(c, a, z, sh)                                                      \
    CELL16(c, a, z, sh), CELL16((c) + 16, a, z, sh), CELL16((c) + 32, a, z, sh), \
        CELL16((c) + 48, a, z, sh)
#define PLACE(a, z, sh)                                                                         \
    {                                                                                           \
        CELL64(0, a, z, sh), CELL64(64, a, z, sh), CELL64(128, a, z, sh), CELL64(192, a, z, sh) \
    }
#define TABLE(a, z)                                                      \
    {                                                                    \
        PLACE(a, z, 18), PLACE(a, z, 12), PLACE(a, z, 6), PLACE(a, z, 0) \
    }

static const uint32_t url_bits[4][256] = TABLE('-', '_');
static const uint32_t std_bits[4][256] = TABLE('+', '/');

static inline uint32_t group(const uint32_t bits[4][256], const uint8_t *in)
{
    return bits[0][in[0]] | bits[1][in[1]] | bits[2][in[2]] | bits[3][in[3]];
}

/*
 * Decodes `len` characters without padding; always inlined so that each alphabet's table is a
 * constant.
 */
static inline __attribute__((always_inline)) int decode(const uint32_t bits[4][256], const char *s,
                                                        size_t len, void *out, size_t cap,
                                                        size_t *outlen)
{
    const uint8_t *in = (const uint8_t *)s;
    uint8_t *o = out;
    size_t tail = len % 4, n = len / 4 * 3 + (tail == 0 ? 0 : tail - 1), left = len - tail;
    uint32_t a, b;

    if (tail == 1 || n > cap)
        return -1;
    /* Eight characters make six bytes, stored as eight: only where two more bytes will follow. */
    for (; left >= 12; left -= 8, in += 8, o += 6) {
        uint64_t six;

        a = group(bits, in);
        b = group(bits, in + 4);
        if ((a | b) & FOREIGN)
            return -1;
        six = htobe64((uint64_t)a << 40 | (uint64_t)b << 16);
        memcpy(o, &six, 8);
    }
    for (; left >= 4; left -= 4, in += 4, o += 3) {
        a = group(bits, in);
        if (a & FOREIGN)
            return -1;
        o[0] = (uint8_t)(a >> 16);
        o[1] = (uint8_t)(a >> 8);
        o[2] = (uint8_t)a;
    }
    if (tail != 0) {
        a = bits[0][in[0]] | bits[1][in[1]] | (tail == 3 ? bits[2][in[2]] : 0);
        /* The bits that no byte takes must be zero, or one value would have several texts. */
        if ((a & FOREIGN) || (a & (tail == 3 ? 0xffU : 0xffffU)))
            return -1;
        o[0] = (uint8_t)(a >> 16);
        if (tail == 3)
            o[1] = (uint8_t)(a >> 8);
    }
    *outlen = n;
    return 0;
}

int b64u_decode(const char *s, size_t len, void *out, size_t cap, size_t *outlen)
{
    return decode(url_bits, s, len, out, cap, outlen);
}

int b64_decode(const char *s, size_t len, void *out, size_t cap, size_t *outlen)
{
    if (len % 4 != 0)
        return -1;
    /* At most two, and only at the end: any other '=' is foreign to the table. */
    if (len > 0 && s[len - 1] == '=')
        len -= s[len - 2] == '=' ? 2 : 1;
    return decode(std_bits, s, len, out, cap, outlen);
}

int b64u_decode_exact(const char *s, size_t len, void *out, size_t n)
{
    size_t got;

    if (n > SIZE_MAX / 4 - 2 || len != B64U_LEN(n))
        return -1;
    return b64u_decode(s, len, out, n, &got);
}

/* Writes the characters of n bytes without padding; returns where the next one goes. */
static inline __attribute__((always_inline)) char *encode(const char *chars, char *out,
                                                          const uint8_t *in, size_t n)
{
    uint32_t v;

    for (; n >= 3; n -= 3, in += 3) {
        v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        *out++ = chars[v >> 18];
        *out++ = chars[v >> 12 & 63];
        *out++ = chars[v >> 6 & 63];
        *out++ = chars[v & 63];
    }
    if (n > 0) {
        v = (uint32_t)in[0] << 16 | (n == 2 ? (uint32_t)in[1] << 8 : 0);
        *out++ = chars[v >> 18];
        *out++ = chars[v >> 12 & 63];
        if (n == 2)
            *out++ = chars[v >> 6 & 63];
    }
    return out;
}

void b64u_encode(char *out, const void *bytes, size_t n)
{
    *encode(url_chars, out, bytes, n) = '\0';
}

void b64_encode(char *out, const void *bytes, size_t n)
{
    char *end = encode(std_chars, out, bytes, n);

    for (; n % 3 != 0; n++)
        *end++ = '=';
    *end = '\0';
}
