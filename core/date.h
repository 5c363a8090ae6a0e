/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DATE_H
#define PUMASI_DATE_H

#include "core/base.h"

#define DATE_LEN 10 /* 2026-11-22 */
#define TIME_LEN 24 /* 2026-11-22T21:31:41.123Z */

/*
 * Days since 1970-01-01 of a proleptic Gregorian YYYY-MM-DD of the years 0001 to 9999; -1 when it
 * is none.
 */
int date_parse(const char *s, int32_t *days) MUST_CHECK;
void date_text(char out[DATE_LEN + 1], int32_t days);
/* RFC 3339 in UTC with milliseconds, from and to milliseconds since 1970. */
void time_text(char out[TIME_LEN + 1], int64_t ms);
int time_parse(const char *s, int64_t *ms) MUST_CHECK;

#endif
