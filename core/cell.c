/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/cell.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/fold.h"
#include "core/num.h"

#define NUMBER_MAX 40
#define WORD_MAX   64

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool one_of(const char *s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(s, words[i]))
            return true;
    }
    return false;
}

/* --- numbers --- */

/*
 * A number with its thousands parted and its own decimal mark, as amount_parse takes it: digits,
 * at most one '.'. False when it isn't written as numbers are.
 */
static bool plain_number(const char *s, char decimal, char out[NUMBER_MAX])
{
    const char *mark = strchr(s, decimal);
    size_t head = mark == NULL ? strlen(s) : (size_t)(mark - s), n = 0, run = 0;
    char group = '\0';

    for (size_t i = 0; i < head; i++) {
        if (is_digit(s[i])) {
            run++;
            if (n + 2 >= NUMBER_MAX || (group != '\0' && run > 3))
                return false;
            if (!(n == 1 && out[0] == '0'))
                n++;
            out[n - 1] = s[i]; /* a leading zero is written over */
            continue;
        }
        if (strchr(decimal == ',' ? ".' " : ",' ", s[i]) == NULL ||
            (group != '\0' && (s[i] != group || run != 3)) || run == 0 || run > 3 || s[0] == '0')
            return false; /* nobody parts what begins with 0: in "0.017" the mark is the decimal's
                           */
        group = s[i];
        run = 0;
    }
    if (group != '\0' && run != 3)
        return false;
    if (n == 0)
        out[n++] = '0';
    if (mark != NULL) {
        size_t tail = strlen(mark + 1);

        if (tail == 0 || n + 1 + tail >= NUMBER_MAX)
            return false;
        out[n++] = '.';
        for (size_t i = 0; i < tail; i++) {
            if (!is_digit(mark[1 + i]))
                return false;
            out[n++] = mark[1 + i];
        }
    }
    out[n] = '\0';
    return mark != NULL || head > 0;
}

/* --- amounts --- */

/* A cell taken apart: up to two numbers, and the words around them. */
struct pieces {
    char word[3][WORD_MAX]; /* before, between, after */
    char number[2][NUMBER_MAX];
    size_t n;
};

static bool in_number(const char *s)
{
    return is_digit(*s) || ((*s == '.' || *s == ',') && (is_digit(s[1]) || s[1] == '\0')) ||
           ((*s == ' ' || *s == '\'') && is_digit(s[1]) && is_digit(s[2]) && is_digit(s[3]));
}

/* s is folded. False when there are more numbers than any amount has. */
static bool take_apart(const char *s, struct pieces *p)
{
    size_t len;

    memset(p, 0, sizeof(*p));
    for (;;) {
        len = 0;
        while (*s != '\0' && !is_digit(*s) && !((*s == '.' || *s == ',') && is_digit(s[1]))) {
            if (*s != ' ' && len + 1 < WORD_MAX)
                p->word[p->n][len++] = *s;
            s++;
        }
        if (*s == '\0')
            return true;
        if (p->n == 2)
            return false;
        len = 0;
        while (*s != '\0' && in_number(s) && len + 1 < NUMBER_MAX)
            p->number[p->n][len++] = *s++;
        p->n++;
    }
}

static bool is_hours(const char *w)
{
    static const char *const words[] = {"h",     "h.",    "hr",    "hrs",   "hr.",    "hour",
                                        "hours", "시간",  "std",   "std.",  "stunde", "stunden",
                                        "hora",  "horas", "hores", "heure", "heures"};

    return one_of(w, words, ARRAY_LEN(words));
}

static bool is_minutes(const char *w)
{
    static const char *const words[] = {"m",  "min", "min.",   "mins",    "minute",  "minutes",
                                        "분", "'",   "minuto", "minutos", "minuten", "minuts"};

    return one_of(w, words, ARRAY_LEN(words));
}

/* The unit's own handle or name, or how its money is written. */
static bool is_unit(const char *w, const struct cell_unit *u)
{
    static const char *const won[] = {"원", "₩", "krw", "won"};
    char *name = fold_name(u->name == NULL ? "" : u->name);
    bool yes = *w != '\0' && (str_eq(w, u->unit) || (name != NULL && str_eq(w, name)));

    if (!yes && (str_eq(u->unit, "won") || str_eq(u->unit, "krw")))
        yes = one_of(w, won, ARRAY_LEN(won));
    free(name);
    return yes;
}

static int minutes_of(const char *number, int64_t max, int64_t *out, const char **why)
{
    if (num_parse(number, strlen(number), 0, max, out) == 0)
        return 0;
    *why = N_("the minutes aren't a whole number, or more than 59 after the hours");
    return -1;
}

/* Hours and minutes in words. 1 when it isn't written so at all. */
static int in_words(const struct pieces *p, const char n[2][NUMBER_MAX], int64_t *out,
                    const char **why)
{
    int64_t minutes = 0;

    if (p->n == 1 && str_eq(p->word[0], "반") && p->word[1][0] == '\0')
        return 1;
    if (p->n == 1 && is_minutes(p->word[1]))
        return minutes_of(n[0], AMOUNT_MAX, out, why);
    if (p->n == 1 && (is_hours(p->word[1]) || str_eq(p->word[1], "시간반"))) {
        if (amount_parse(n[0], UNIT_TIME, 60, false, out, why) != 0)
            return -1;
        *out += is_hours(p->word[1]) ? 0 : 30;
        return 0;
    }
    if (p->n == 2 && is_hours(p->word[1]) && (p->word[2][0] == '\0' || is_minutes(p->word[2]))) {
        if (strchr(n[0], '.') != NULL) {
            *why = N_("it has both a part of an hour and minutes");
            return -1;
        }
        if (minutes_of(n[1], 59, &minutes, why) != 0 ||
            amount_parse(n[0], UNIT_TIME, 60, false, out, why) != 0)
            return -1;
        return num_add(*out, minutes, out);
    }
    return 1;
}

/* "1:30", "01:30", "1:30:00" */
static int with_colons(char *s, int64_t *out, const char **why)
{
    char *first = strchr(s, ':'), *second = strchr(first + 1, ':');

    if (second != NULL) {
        if (!str_eq(second, ":00")) {
            *why = N_("it has seconds, and the smallest part of an hour here is a minute");
            return -1;
        }
        *second = '\0';
    }
    return amount_parse(s, UNIT_TIME, 60, false, out, why);
}

/* amount_parse, to the nearest minor unit where that is wanted: 1.33 hours are 80 minutes. */
static int in_decimals(const char *n, const struct cell_unit *u, int64_t *out, const char **why)
{
    const char *dot = strchr(n, '.');
    size_t len = dot == NULL ? 0 : strlen(dot + 1);
    int64_t part = 0, ten = 1;
    char head[NUMBER_MAX];

    /* Where nobody writes thousandths, three digits behind a mark are thousands; not behind a 0. */
    if (len == 3 && n[0] != '0' && (u->scale == 1 || u->scale == 10 || u->scale == 100)) {
        *why = N_("it has more decimals than the unit");
        return -1;
    }
    if (!u->round || dot == NULL || len > 6)
        return amount_parse(n, u->kind, u->scale, false, out, why);
    str_copy(head, (size_t)(dot - n) + 1, n);
    if (amount_parse(head, u->kind, u->scale, false, out, why) != 0)
        return -1;
    for (size_t i = 1; i <= len; i++) {
        part = part * 10 + (dot[i] - '0');
        ten *= 10;
    }
    return num_add(*out, (2 * part * u->scale + ten) / (2 * ten), out);
}

static enum cell_fit fit(int rc)
{
    return rc == 0 ? CELL_FITS : CELL_UNFIT;
}

static enum cell_fit unsigned_amount(char *s, const struct cell_unit *u, char decimal, int64_t *out,
                                     const char **why)
{
    bool clock = u->kind == UNIT_TIME && u->scale == 60;
    char n[2][NUMBER_MAX] = {"", ""};
    struct pieces p;
    int rc;

    if (clock && strchr(s, ':') != NULL)
        return fit(with_colons(s, out, why));
    if (strchr(s, '/') != NULL)
        return fit(amount_parse(s, u->kind, u->scale, false, out, why));
    *why = N_("it isn't a number");
    if (clock && str_eq(s, "반시간")) {
        *out = 30;
        return CELL_FITS;
    }
    if (!take_apart(s, &p) || p.n == 0)
        return CELL_NONE;
    for (size_t i = 0; i < p.n; i++) {
        if (!plain_number(p.number[i], decimal, n[i])) {
            *why = N_("it isn't a number; thousands are parted in threes");
            return CELL_NONE;
        }
    }
    if (clock && p.word[0][0] == '\0') {
        rc = in_words(&p, n, out, why);
        if (rc <= 0)
            return fit(rc);
    }
    *why = N_("there are words beside the number that aren't the unit's");
    if (p.n != 1 || (p.word[0][0] != '\0' && !is_unit(p.word[0], u)) ||
        (p.word[1][0] != '\0' && !is_unit(p.word[1], u)))
        return CELL_NONE;
    if (u->minutes && p.word[0][0] == '\0' && p.word[1][0] == '\0')
        return fit(minutes_of(n[0], AMOUNT_MAX, out, why));
    return fit(in_decimals(n[0], u, out, why));
}

/* Minus signs and dashes of every sort, and white space around, as '-' and none. */
static char *with_minus(const char *s)
{
    static const char *const dashes[] = {"\xe2\x88\x92", "\xe2\x80\x93", "\xe2\x80\x90"};
    char *t = fold_text(s), *from, *to;

    if (t == NULL)
        return NULL;
    for (from = to = t; *from != '\0';) {
        size_t i = 0;

        while (i < ARRAY_LEN(dashes) && strncmp(from, dashes[i], 3) != 0)
            i++;
        *to++ = i < ARRAY_LEN(dashes) ? '-' : *from;
        from += i < ARRAY_LEN(dashes) ? 3 : 1;
    }
    *to = '\0';
    return t;
}

/* Takes signs off both ends: how many there were, and *negative. */
static int take_signs(char **s, bool *negative)
{
    int signs = 0;
    size_t len = strlen(*s);

    *negative = false;
    if (len >= 2 && **s == '(' && (*s)[len - 1] == ')') {
        (*s)[len - 1] = '\0';
        ++*s;
        *negative = true;
        signs++;
    } else if (**s == '-' || **s == '+') {
        *negative = **s == '-';
        ++*s;
        signs++;
    } else if (strncmp(*s, "₩-", strlen("₩-")) == 0) {
        *s += strlen("₩-");
        *negative = true;
        signs++;
    }
    len = strlen(*s);
    if (len > 0 && (*s)[len - 1] == '-') {
        (*s)[len - 1] = '\0';
        *negative = true;
        signs++;
    }
    *s += strspn(*s, " ");
    for (len = strlen(*s); len > 0 && (*s)[len - 1] == ' '; len--)
        (*s)[len - 1] = '\0';
    return signs;
}

enum cell_fit cell_amount(const char *s, const struct cell_unit *u, char decimal, int64_t *out,
                          const char **why)
{
    char *t = with_minus(s), *rest = t;
    enum cell_fit fits = CELL_NONE;
    bool negative;
    int64_t n;

    if (t == NULL) {
        *why = N_("it isn't UTF-8");
        return CELL_NONE;
    }
    if (*t == '\0')
        *why = N_("it is empty");
    else if (take_signs(&rest, &negative) > 1)
        *why = N_("it has more than one sign");
    else
        fits = unsigned_amount(rest, u, decimal, &n, why);
    if (fits == CELL_FITS && n > AMOUNT_MAX) {
        *why = N_("the amount is too large");
        fits = CELL_UNFIT;
    }
    if (fits == CELL_FITS)
        *out = negative ? -n : n;
    free(t);
    return fits;
}

/* --- ways --- */

void cell_vote(struct cell_choice *c, size_t n, const bool ok[], const int64_t value[], int64_t row)
{
    bool any = false;

    for (size_t i = 0; i < n; i++)
        any = any || ok[i];
    if (!any)
        return;
    for (size_t i = 0; i < n; i++) {
        if (!ok[i]) {
            if ((c->possible & 1u << i) != 0)
                c->against[i] = row;
            c->possible &= ~(1u << i);
            continue;
        }
        for (size_t k = 0; k < i; k++) {
            if (ok[k] && value[k] != value[i] && c->apart[k][i] == 0)
                c->apart[k][i] = row;
        }
    }
}

int cell_settle(const struct cell_choice *c, size_t n, int64_t *row)
{
    int found = -1;

    *row = 0;
    for (size_t i = 0; i < n; i++) {
        if ((c->possible & 1u << i) == 0)
            continue;
        if (found < 0)
            found = (int)i;
        for (size_t k = 0; k < i; k++) {
            if ((c->possible & 1u << k) != 0 && c->apart[k][i] != 0) {
                *row = c->apart[k][i];
                return -1;
            }
        }
    }
    return found;
}
