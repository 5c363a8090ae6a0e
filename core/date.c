/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/date.h"

#include <string.h>

#define DAY_MS    INT64_C(86400000)
#define DAY_FIRST (-719162) /* 0001-01-01 */
#define DAY_LAST  2932896   /* 9999-12-31 */

/*
 * Days from civil date and back, after Howard Hinnant's "chrono-Compatible Low-Level Date
 * Algorithms": years begin in March, so that the leap day is the last of its year, and are counted
 * in eras of 400 (146,097 days). Year 0 of the first era begins at 0000-03-01, so nothing here is
 * negative from year 1 on.
 */
static int32_t days_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400, yoe = y % 400;
    int doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_of(int32_t days, int *year, int *month, int *day)
{
    int z = days + 719468;
    int era = z / 146097, doe = z % 146097;
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;

    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2 ? 1 : 0);
}

/* n digits at s, leading zeros and all; -1 when one isn't a digit (as the end of s isn't). */
static int digits(const char *s, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        value = value * 10 + (s[i] - '0');
    }
    return value;
}

/*
 * The date at the start of s, whatever follows. Reads no further than the first character that is
 * wrong.
 */
static int date_at(const char *s, int32_t *days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day, last;

    year = digits(s, 4);
    if (year < 1 || s[4] != '-')
        return -1;
    month = digits(s + 5, 2);
    if (month < 1 || month > 12 || s[7] != '-')
        return -1;
    day = digits(s + 8, 2);
    last = lengths[month - 1];
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        last = 29;
    if (day < 1 || day > last)
        return -1;
    *days = days_of(year, month, day);
    return 0;
}

int date_parse(const char *s, int32_t *days)
{
    int32_t d;

    if (strnlen(s, DATE_LEN + 1) != DATE_LEN || date_at(s, &d) != 0)
        return -1;
    *days = d;
    return 0;
}

/* Two, three or four digits of n, which has no more. */
static void put_digits(char *out, int n, int value)
{
    for (int i = n - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* Days before year 1 or after year 9999 have no such text and are shown as the nearest that has. */
void date_text(char out[DATE_LEN + 1], int32_t days)
{
    int year, month, day;

    if (days < DAY_FIRST)
        days = DAY_FIRST;
    if (days > DAY_LAST)
        days = DAY_LAST;
    civil_of(days, &year, &month, &day);
    put_digits(out, 4, year);
    out[4] = '-';
    put_digits(out + 5, 2, month);
    out[7] = '-';
    put_digits(out + 8, 2, day);
    out[10] = '\0';
}

/* Outside the years 1 to 9999: as date_text. */
void time_text(char out[TIME_LEN + 1], int64_t ms)
{
    int64_t days, rest;

    if (ms < DAY_FIRST * DAY_MS)
        ms = DAY_FIRST * DAY_MS;
    if (ms > (DAY_LAST + 1) * DAY_MS - 1)
        ms = (DAY_LAST + 1) * DAY_MS - 1;
    days = ms / DAY_MS;
    rest = ms % DAY_MS;
    if (rest < 0) { /* division rounds towards zero; before 1970 the day began earlier */
        rest += DAY_MS;
        days--;
    }
    date_text(out, (int32_t)days);
    out[10] = 'T';
    put_digits(out + 11, 2, (int)(rest / 3600000));
    out[13] = ':';
    put_digits(out + 14, 2, (int)(rest / 60000 % 60));
    out[16] = ':';
    put_digits(out + 17, 2, (int)(rest / 1000 % 60));
    out[19] = '.';
    put_digits(out + 20, 3, (int)(rest % 1000));
    out[23] = 'Z';
    out[24] = '\0';
}

int time_parse(const char *s, int64_t *ms)
{
    int hour, minute, second, milli;
    int32_t days;

    if (strnlen(s, TIME_LEN + 1) != TIME_LEN || date_at(s, &days) != 0)
        return -1;
    if (s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[23] != 'Z')
        return -1;
    hour = digits(s + 11, 2);
    minute = digits(s + 14, 2);
    second = digits(s + 17, 2); /* no leap second: the ledger's clock has none */
    milli = digits(s + 20, 3);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 ||
        milli < 0)
        return -1;
    *ms = days * DAY_MS + hour * INT64_C(3600000) + minute * INT64_C(60000) +
          second * INT64_C(1000) + milli;
    return 0;
}
