/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_NUM_H
#define PUMASI_NUM_H

#include "core/base.h"

/* Every integer of the protocol lies within ±(2^53−1), so that JavaScript reads it exactly. */
#define NUM_MAX INT64_C(9007199254740991)
#define NUM_MIN (-NUM_MAX)
/* An amount is at most 10^15 minor units. */
#define AMOUNT_MAX INT64_C(1000000000000000)

/*
 * The project's one number parser: an optional '-', then decimal digits without leading zeros (but
 * "0"), the whole of s, within min..max. 0, or -1 when it is anything else.
 */
int num_parse(const char *s, size_t len, int64_t min, int64_t max, int64_t *out) MUST_CHECK;

/* 0 to 15 of a hexadecimal digit, in either case; -1 of anything else. */
int num_hex(char c);

/* Checked arithmetic: 0, or -1 when the result leaves ±(2^53−1); *out is untouched then. */
int num_add(int64_t a, int64_t b, int64_t *out) MUST_CHECK;
int num_sub(int64_t a, int64_t b, int64_t *out) MUST_CHECK;
int num_mul(int64_t a, int64_t b, int64_t *out) MUST_CHECK;
/* a − b, at most and at least what the protocol's integers reach: for showing, never for booking.
 */
int64_t num_gap(int64_t a, int64_t b);

#endif
