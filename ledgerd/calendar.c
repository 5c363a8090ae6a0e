/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/calendar.h"

#include <stdio.h>
#include <string.h>

#include "core/date.h"
#include "core/num.h"
#include "lang/lang.h"

#define WORDS    3
#define WORD_MAX 32
/* The last one that each month has. */
#define MONTH_DAY_MAX 28

static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};

/* Splits up to the next comma into words; false when they aren't three. */
static bool take_words(const char **text, char word[WORDS][WORD_MAX])
{
    size_t n = 0;
    const char *p = *text;

    for (;;) {
        size_t len;

        p += strspn(p, " \t");
        len = strcspn(p, " \t,");
        if (len == 0)
            break;
        if (n == WORDS || len >= WORD_MAX)
            return false;
        memcpy(word[n], p, len);
        word[n++][len] = '\0';
        p += len;
    }
    *text = p + (*p == ',');
    return n == WORDS;
}

static bool take_day(struct calendar_row *row, const char *how, const char *day)
{
    int64_t n;

    row->weekly = str_eq(how, "weekly");
    for (size_t i = 0; row->weekly && i < ARRAY_LEN(weekdays); i++)
        if (str_eq(weekdays[i], day)) {
            row->day = (int)i;
            return true;
        }
    if (!str_eq(how, "monthly") || num_parse(day, strlen(day), 1, MONTH_DAY_MAX, &n) != 0)
        return false;
    row->day = (int)n;
    return true;
}

int calendar_parse(struct calendar *out, const char *text, char *err, size_t err_size)
{
    memset(out, 0, sizeof(*out));
    text += strspn(text, " \t");
    while (*text != '\0') {
        struct calendar_row *row = &out->rows[out->n];
        char word[WORDS][WORD_MAX];

        if (out->n == CALENDAR_MAX) {
            snprintf(err, err_size, _("these are more rounds than %d"), CALENDAR_MAX);
            return -1;
        }
        if (!take_words(&text, word) || !name_is_unit(word[0]) ||
            !take_day(row, word[1], word[2])) {
            snprintf(err, err_size,
                     _("each is UNIT weekly WEEKDAY (monday to sunday) or UNIT monthly DAY (1 to "
                       "%d), separated by commas"),
                     MONTH_DAY_MAX);
            return -1;
        }
        str_copy(row->unit, sizeof(row->unit), word[0]);
        for (size_t i = 0; i < out->n; i++)
            if (str_eq(out->rows[i].unit, row->unit)) {
                snprintf(err, err_size, _("the unit %s is there twice"), row->unit);
                return -1;
            }
        out->n++;
        text += strspn(text, " \t");
    }
    return 0;
}

bool calendar_is_due(const struct calendar_row *row, int32_t day)
{
    char text[DATE_LEN + 1];

    if (row->weekly) /* 1970 began on a Thursday */
        return (int)((((int64_t)day + 3) % 7 + 7) % 7) == row->day;
    date_text(text, day);
    return (text[8] - '0') * 10 + text[9] - '0' == row->day;
}
