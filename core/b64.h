/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_B64_H
#define PUMASI_B64_H

#include "core/base.h"

/*
 * RFC 4648. Decoding is strict: no white space, no foreign character, canonical tail bits; section
 * 5 (url) without padding, section 4 (std) with it. Decoders write at most `cap` bytes to out, set
 * *outlen, and return 0, or -1 when the text isn't canonical or doesn't fit. Public data only: not
 * constant-time.
 */
int b64u_decode(const char *s, size_t len, void *out, size_t cap, size_t *outlen) MUST_CHECK;
int b64_decode(const char *s, size_t len, void *out, size_t cap, size_t *outlen) MUST_CHECK;

/* Decodes exactly n bytes; -1 when the text holds another number of bytes. */
int b64u_decode_exact(const char *s, size_t len, void *out, size_t n) MUST_CHECK;

/* Encoders: out must hold B64U_LEN(n) + 1 (B64_LEN(n) + 1) bytes and is NUL-terminated. */
#define B64U_LEN(n) (((n)*4 + 2) / 3)
#define B64_LEN(n)  (((n) + 2) / 3 * 4)
void b64u_encode(char *out, const void *bytes, size_t n);
void b64_encode(char *out, const void *bytes, size_t n);

#endif
