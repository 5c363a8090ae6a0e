/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/cell_date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/fold.h"
#include "core/num.h"

#define SERIAL_EPOCH 25569 /* Excel's number of 1970-01-01 */
#define SERIAL_LEAP  60    /* its 29 February 1900, a day that wasn't */
#define SERIAL_MAX   2958465
#define YEAR_MIN     1900

const char *cell_order_name(enum cell_order order)
{
    switch (order) {
    case CELL_YMD:
        return "ymd";
    case CELL_DMY:
        return "dmy";
    case CELL_MDY:
        return "mdy";
    case CELL_SERIAL:
        return "serial";
    }
    return "unknown";
}

int cell_order_parse(const char *s, enum cell_order *out)
{
    for (int i = 0; i < CELL_ORDERS; i++) {
        if (str_eq(s, cell_order_name((enum cell_order)i))) {
            *out = (enum cell_order)i;
            return 0;
        }
    }
    return -1;
}

/* One of the three parts of a date. */
struct part {
    int64_t n;
    size_t digits; /* 0: the name of a month */
    bool year;     /* 년 stands behind it */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool month_name(const char **s, struct part *out)
{
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};

    for (size_t i = 0; i < ARRAY_LEN(months); i++) {
        size_t len = 0;

        while (months[i][len] != '\0' && months[i][len] == (*s)[len])
            len++;
        if (len < 3 || ((*s)[len] >= 'a' && (*s)[len] <= 'z'))
            continue;
        *s += len;
        *out = (struct part){(int64_t)i + 1, 0, false};
        return true;
    }
    return false;
}

static bool take_part(const char **s, struct part *out)
{
    size_t len = 0;

    while (is_digit((*s)[len]))
        len++;
    if (len == 0)
        return month_name(s, out);
    /* num_parse takes no zeros in front. */
    if (len > 4 || num_parse(*s + (len > 1 && **s == '0'), len - (len > 1 && **s == '0'), 0, 9999,
                             &out->n) != 0)
        return false;
    out->digits = len;
    out->year = false;
    *s += len;
    return true;
}

static bool skip(const char **s, const char *what)
{
    size_t len = strlen(what);

    if (strncmp(*s, what, len) != 0)
        return false;
    *s += len;
    return true;
}

/* What stands between two parts; false when nothing does. */
static bool take_between(const char **s, struct part *before)
{
    const char *from = *s;

    if (skip(s, "년"))
        before->year = true;
    else
        (void)(skip(s, "월") || skip(s, "-") || skip(s, "/") || skip(s, ".") || skip(s, ","));
    (void)skip(s, " ");
    return *s != from;
}

/* Only what belongs to a time or a day of the week? */
static bool is_time(const char *s)
{
    static const char *const words[] = {
        "오전",   "오후",   "시",     "분",  "초",  "월요일", "화요일", "수요일", "목요일",
        "금요일", "토요일", "일요일", "월",  "화",  "수",     "목",     "금",     "토",
        "일",     "utc",    "gmt",    "am",  "pm",  "a.m.",   "p.m.",   "mon",    "tue",
        "wed",    "thu",    "fri",    "sat", "sun", "cet",    "cest",   "kst",    "z",
        "t",      " ",      "(",      ")",   ":",   ".",      "+",      "-",      ","};

    if (*s != '\0' && strchr(" t(,", *s) == NULL)
        return false;
    while (*s != '\0') {
        size_t i = 0;

        if (is_digit(*s)) {
            s++;
            continue;
        }
        while (i < ARRAY_LEN(words) && !skip(&s, words[i]))
            i++;
        if (i == ARRAY_LEN(words))
            return false;
    }
    return true;
}

static int calendar_day(const struct part *y, const struct part *m, const struct part *d,
                        int32_t *day)
{
    char text[DATE_LEN + 1];
    int64_t year = y->n;

    if ((y->digits != 4 && y->digits != 2) || m->digits > 2 || d->digits > 2 || d->digits == 0 ||
        m->n > 12 || d->n > 31)
        return -1;
    if (y->digits == 2)
        year += year < 80 ? 2000 : 1900;
    if (year < YEAR_MIN) /* a slip of the pen */
        return -1;
    (void)snprintf(text, sizeof(text), "%04d-%02d-%02d", (int)year, (int)m->n, (int)d->n);
    return date_parse(text, day);
}

/* The three parts in the order that they show by themselves, else in the one that is asked for. */
static int ordered(const struct part p[3], enum cell_order order, int32_t *day)
{
    if (p[0].digits == 4 || p[0].year)
        return calendar_day(&p[0], &p[1], &p[2], day);
    if (p[0].digits == 0)
        return calendar_day(&p[2], &p[0], &p[1], day);
    if (p[1].digits == 0)
        return calendar_day(&p[2], &p[1], &p[0], day);
    switch (order) {
    case CELL_YMD:
        return p[2].digits == 4 ? -1 : calendar_day(&p[0], &p[1], &p[2], day);
    case CELL_DMY:
        return calendar_day(&p[2], &p[1], &p[0], day);
    case CELL_MDY:
        return calendar_day(&p[2], &p[0], &p[1], day);
    case CELL_SERIAL:
        break;
    }
    return -1;
}

/* "45000", "45000.6041": the day, whatever the time. */
static int serial(const char *s, int32_t *day)
{
    size_t whole = strspn(s, "0123456789");
    const char *rest = s + whole;
    int64_t n;

    if (*rest == '.' || *rest == ',')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest != '\0' || num_parse(s, whole, 1, SERIAL_MAX, &n) != 0 || n == SERIAL_LEAP)
        return -1;
    *day = (int32_t)(n - SERIAL_EPOCH + (n < SERIAL_LEAP ? 1 : 0));
    return 0;
}

/* "20260331" */
static bool eight_digits(const char *s, struct part p[3])
{
    if (strspn(s, "0123456789") != 8 || s[8] != '\0')
        return false;
    p[0] = (struct part){(s[0] - '0') * 1000 + (s[1] - '0') * 100 + (s[2] - '0') * 10 + s[3] - '0',
                         4, true};
    p[1] = (struct part){(s[4] - '0') * 10 + s[5] - '0', 2, false};
    p[2] = (struct part){(s[6] - '0') * 10 + s[7] - '0', 2, false};
    return true;
}

int cell_date(const char *s, enum cell_order order, int32_t *day)
{
    char *t = fold_text(s);
    const char *at = t;
    struct part p[3];
    int rc = -1;

    if (t == NULL)
        return -1;
    if (order == CELL_SERIAL) {
        rc = serial(t, day);
    } else if (eight_digits(t, p)) {
        rc = ordered(p, order, day);
    } else if (take_part(&at, &p[0]) && take_between(&at, &p[0]) && take_part(&at, &p[1]) &&
               take_between(&at, &p[1]) && take_part(&at, &p[2])) {
        if (!skip(&at, "일"))
            (void)skip(&at, ".");
        if (is_time(at))
            rc = ordered(p, order, day);
    }
    free(t);
    return rc;
}
