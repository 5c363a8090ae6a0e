/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/amount.h"

#include <stdio.h>
#include <string.h>

#include "core/num.h"

/* A scale beyond this is no unit's: its texts would not fit, nor its products an int64_t. */
#define SCALE_MAX INT64_C(1000000000)

const char *unit_kind_name(enum unit_kind kind)
{
    switch (kind) {
    case UNIT_TIME:
        return "time";
    case UNIT_CREDIT:
        return "credit";
    case UNIT_GOODS:
        return "goods";
    }
    return "unknown";
}

int unit_kind_parse(const char *s, enum unit_kind *out)
{
    for (int kind = UNIT_TIME; kind <= UNIT_GOODS; kind++) {
        if (str_eq(s, unit_kind_name((enum unit_kind)kind))) {
            *out = (enum unit_kind)kind;
            return 0;
        }
    }
    return -1;
}

static bool is_clock(enum unit_kind kind, int64_t scale)
{
    return kind == UNIT_TIME && scale == 60;
}

/* The number of decimals of a power of ten, 0 for 1; -1 for any other scale. */
static int decimals_of(int64_t scale)
{
    int n = 0;

    for (; scale % 10 == 0; scale /= 10)
        n++;
    return scale == 1 ? n : -1;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits only (num_parse would take a sign, which has been read already). */
static int plain(const char *s, size_t len, int64_t *out)
{
    return len == 0 || !is_digit(s[0]) ? -1 : num_parse(s, len, 0, AMOUNT_MAX, out);
}

/* A whole number whose thousands may be parted by commas: all of them, or none. */
static int whole(const char *s, size_t len, int64_t *out)
{
    const char *comma = memchr(s, ',', len);
    size_t i, head;
    int64_t n, three;

    if (comma == NULL)
        return plain(s, len, out);
    head = (size_t)(comma - s);
    if (head > 3 || s[0] == '0' || plain(s, head, &n) != 0)
        return -1;
    for (i = head; i < len; i += 4) {
        if (len - i < 4 || s[i] != ',' || !is_digit(s[i + 1]) || !is_digit(s[i + 2]) ||
            !is_digit(s[i + 3]))
            return -1;
        three = (s[i + 1] - '0') * 100 + (s[i + 2] - '0') * 10 + (s[i + 3] - '0');
        if (num_mul(n, 1000, &n) != 0 || num_add(n, three, &n) != 0)
            return -1;
    }
    *out = n;
    return 0;
}

/* n wholes and `rest` minor units, as minor units. */
static int total(int64_t n, int64_t scale, int64_t rest, int64_t *out, const char **why)
{
    if (num_mul(n, scale, &n) != 0 || num_add(n, rest, &n) != 0 || n > AMOUNT_MAX) {
        *why = N_("the amount is too large");
        return -1;
    }
    *out = n;
    return 0;
}

/* "12", "1,200", "1.5" */
static int decimal(const char *s, size_t len, int64_t scale, int64_t *out, const char **why)
{
    const char *dot = memchr(s, '.', len);
    size_t head = dot == NULL ? len : (size_t)(dot - s), i;
    int64_t n, rest = 0;

    if (whole(s, head, &n) != 0) {
        *why = N_("it isn't a number, or too large; thousands may be parted by ',' in threes");
        return -1;
    }
    if (dot != NULL && head + 1 == len) {
        *why = N_("there are no digits after the '.'");
        return -1;
    }
    for (i = head + 1; i < len; i++) {
        if (!is_digit(s[i])) {
            *why = N_("there is something other than digits after the '.'");
            return -1;
        }
    }
    /*
     * 0.d1d2…dk × scale, from the last digit to the first. If the whole is an integer then so is
     * each step, since 10 divides dk × scale when 10^k divides d1…dk × scale, and so on upwards.
     * `rest` stays below scale.
     */
    for (i = len; i > head + 1; i--) {
        rest += (s[i - 1] - '0') * scale;
        if (rest % 10 != 0) {
            *why = N_("the unit can't be divided so finely");
            return -1;
        }
        rest /= 10;
    }
    return total(n, scale, rest, out, why);
}

/* "7/12", "3 7/12": what amount_text writes for a scale that is no power of ten. */
static int fraction(const char *s, size_t len, int64_t scale, int64_t *out, const char **why)
{
    const char *space = memchr(s, ' ', len), *part = space == NULL ? s : space + 1, *slash;
    size_t left = len - (size_t)(part - s);
    int64_t n = 0, up, down;

    slash = memchr(part, '/', left);
    if (slash == NULL || plain(part, (size_t)(slash - part), &up) != 0 ||
        plain(slash + 1, left - (size_t)(slash - part) - 1, &down) != 0 ||
        (space != NULL && whole(s, (size_t)(space - s), &n) != 0)) {
        *why = N_("it isn't a number and a fraction such as 3 7/12");
        return -1;
    }
    if (down == 0 || scale % down != 0 || up >= down) {
        *why = N_("the unit can't be divided so, or the fraction isn't below 1");
        return -1;
    }
    return total(n, scale, up * (scale / down), out, why);
}

/* "1:30", "01:30" */
static int colon(const char *s, size_t len, int64_t *out, const char **why)
{
    const char *mark = memchr(s, ':', len);
    size_t head = (size_t)(mark - s);
    int64_t hours, minutes;

    if (head == 2 && s[0] == '0') { /* as clocks write it */
        s++;
        head--;
    }
    if (whole(s, head, &hours) != 0) {
        *why = N_("the hours before the ':' aren't a number");
        return -1;
    }
    if (strlen(mark) != 3 || !is_digit(mark[1]) || !is_digit(mark[2]) || mark[1] > '5') {
        *why = N_("the minutes after the ':' aren't two digits from 00 to 59");
        return -1;
    }
    minutes = (mark[1] - '0') * 10 + (mark[2] - '0');
    return total(hours, 60, minutes, out, why);
}

/* "2h", "90m", "1h30m" */
static int hours_minutes(const char *s, size_t len, int64_t *out, const char **why)
{
    const char *h = memchr(s, 'h', len);
    const char *rest = h == NULL ? s : h + 1;
    size_t left = len - (size_t)(rest - s);
    int64_t hours = 0, minutes = 0;

    if (h != NULL && whole(s, (size_t)(h - s), &hours) != 0) {
        *why = N_("the hours before the 'h' aren't a number");
        return -1;
    }
    if (left > 0 && (rest[left - 1] != 'm' || whole(rest, left - 1, &minutes) != 0)) {
        *why = N_("the minutes aren't a number with an 'm' after it");
        return -1;
    }
    if (h != NULL && minutes > 59) {
        *why = N_("the minutes after the hours are more than 59");
        return -1;
    }
    return total(hours, 60, minutes, out, why);
}

int amount_parse(const char *s, enum unit_kind kind, int64_t scale, bool signed_ok, int64_t *out,
                 const char **why)
{
    bool negative = s[0] == '-';
    int64_t n;
    size_t len;
    int rc;

    if (scale < 1 || scale > SCALE_MAX) {
        *why = N_("the unit's scale is out of range");
        return -1;
    }
    if (negative && !signed_ok) {
        *why = N_("it is negative");
        return -1;
    }
    if (negative)
        s++;
    len = strlen(s);
    if (is_clock(kind, scale) && memchr(s, ':', len) != NULL)
        rc = colon(s, len, &n, why);
    else if (is_clock(kind, scale) && strpbrk(s, "hm") != NULL)
        rc = hours_minutes(s, len, &n, why);
    else if (!is_clock(kind, scale) && decimals_of(scale) < 0 && memchr(s, '/', len) != NULL)
        rc = fraction(s, len, scale, &n, why);
    else
        rc = decimal(s, len, scale, &n, why);
    if (rc != 0)
        return -1;
    *out = negative ? -n : n;
    return 0;
}

void amount_text(char out[AMOUNT_TEXT_MAX], int64_t amount, enum unit_kind kind, int64_t scale)
{
    uint64_t n = amount < 0 ? -(uint64_t)amount : (uint64_t)amount, units, rest;
    const char *sign = amount < 0 ? "-" : "";
    int decimals, len;

    if (scale < 1 || scale > SCALE_MAX) {
        (void)snprintf(out, AMOUNT_TEXT_MAX, "%s%llu minor", sign, (unsigned long long)n);
        return;
    }
    units = n / (uint64_t)scale;
    rest = n % (uint64_t)scale;
    decimals = decimals_of(scale);
    if (is_clock(kind, scale))
        len = snprintf(out, AMOUNT_TEXT_MAX, "%s%llu:%02llu", sign, (unsigned long long)units,
                       (unsigned long long)rest);
    else if (decimals > 0)
        len = snprintf(out, AMOUNT_TEXT_MAX, "%s%llu.%0*llu", sign, (unsigned long long)units,
                       decimals, (unsigned long long)rest);
    else if (rest == 0)
        len = snprintf(out, AMOUNT_TEXT_MAX, "%s%llu", sign, (unsigned long long)units);
    else if (units == 0)
        len = snprintf(out, AMOUNT_TEXT_MAX, "%s%llu/%lld", sign, (unsigned long long)rest,
                       (long long)scale);
    else
        len = snprintf(out, AMOUNT_TEXT_MAX, "%s%llu %llu/%lld", sign, (unsigned long long)units,
                       (unsigned long long)rest, (long long)scale);
    /*
     * Whatever lies within ±(2^53−1) fits. Half a number would be a wrong one, so beyond that: the
     * minor units.
     */
    if (len >= AMOUNT_TEXT_MAX)
        (void)snprintf(out, AMOUNT_TEXT_MAX, "%s%llu minor", sign, (unsigned long long)n);
}
