/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/export_name.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/date.h"

#define DECIMALS 6

static bool is_alnum(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9');
}

static char upper(char ch)
{
    return ch >= 'a' && ch <= 'z' ? (char)(ch - 'a' + 'A') : ch;
}

/*
 * Appends what of a name may stand in an account: letters, their marks, digits, and the characters
 * of `more`. All else becomes '-', a run of it one, and none stands at either end; `space` is what
 * white space becomes.
 */
static void put_name(struct buf *b, const char *name, const char *more, char space)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)name;
    size_t start = b->len;
    char gap = '\0';

    while (*p != '\0') {
        utf8proc_int32_t ch;
        utf8proc_ssize_t n = utf8proc_iterate(p, -1, &ch);
        utf8proc_category_t category = n > 0 ? utf8proc_category(ch) : UTF8PROC_CATEGORY_CN;
        bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;

        if (n <= 0)
            n = 1;
        if (letter || (ch < 0x80 && strchr(more, (char)ch) != NULL)) {
            if (gap != '\0' && b->len > start)
                buf_putc(b, gap);
            gap = '\0';
            buf_put(b, p, (size_t)n);
        } else if (category == UTF8PROC_CATEGORY_ZS && gap != '-') {
            gap = space;
        } else {
            gap = '-';
        }
        p += n;
    }
}

static void split(const char *member, char coop[COOP_MAX + 1], size_t *handle)
{
    name_coop_of(member, coop);
    *handle = strcspn(member, "@");
}

void export_hledger_account(struct buf *b, const char *root, const char *member, const char *name)
{
    char coop[COOP_MAX + 1];
    size_t handle, bare;

    split(member, coop, &handle);
    buf_printf(b, "%s:%s:%.*s", root, coop, (int)handle, member);
    if (name == NULL)
        return;
    bare = b->len;
    buf_putc(b, ' ');
    put_name(b, name, ".-_'", ' ');
    if (b->len == bare + 1)
        b->data[b->len = bare] = '\0';
}

/* A handle or a co-op as a part of an account; `dashes` keeps "--" out of it. */
static void put_part(struct buf *b, const char *s, size_t len, bool dashes)
{
    size_t i = 0;

    if (len > 0 && s[0] == '!') {
        buf_puts(b, "CONTRA-");
        i++;
    } else if (len > 0) {
        buf_putc(b, upper(s[i++]));
    }
    for (; i < len; i++) {
        if (s[i] == '.')
            buf_puts(b, "DOT");
        else if (s[i] == '_')
            buf_puts(b, "LINE");
        else if (s[i] == '-' && dashes &&
                 !(is_alnum(s[i - 1]) && i + 1 < len && is_alnum(s[i + 1])))
            buf_puts(b, "DASH");
        else
            buf_putc(b, s[i]);
    }
}

void export_beancount_account(struct buf *b, const char *root, const char *member, const char *name)
{
    char coop[COOP_MAX + 1];
    size_t handle, bare;

    split(member, coop, &handle);
    buf_printf(b, "%s:", root);
    put_part(b, coop, strlen(coop), false);
    buf_putc(b, ':');
    put_part(b, member, handle, true);
    if (name == NULL)
        return;
    bare = b->len;
    buf_puts(b, "--");
    put_name(b, name, "", '-');
    if (b->len == bare + 2)
        b->data[b->len = bare] = '\0';
}

/* The number of decimals of a scale that is a power of ten, else -1. */
static int decimals_of(int64_t scale)
{
    int n = 0;

    for (; scale % 10 == 0; scale /= 10)
        n++;
    return scale == 1 ? n : -1;
}

bool export_is_decimal(const struct profile_unit *u)
{
    return decimals_of(u->scale) >= 0;
}

static const char *minor_of(const struct profile_unit *u)
{
    if (export_is_decimal(u))
        return "";
    return u->kind == UNIT_TIME && u->scale == 60 ? ".min" : ".minor";
}

static void put_hledger_symbol(struct buf *b, const char *unit, const char *minor)
{
    /* Letters alone need no quotation marks. */
    bool quoted = minor[0] != '\0' || strspn(unit, "abcdefghijklmnopqrstuvwxyz") != strlen(unit);

    buf_printf(b, quoted ? "\"%s%s\"" : "%s%s", unit, minor);
}

void export_hledger_commodity(struct buf *b, const struct profile_unit *u)
{
    put_hledger_symbol(b, u->unit, minor_of(u));
}

void export_hledger_unit(struct buf *b, const char *unit)
{
    put_hledger_symbol(b, unit, "");
}

static void put_capitals(struct buf *b, const char *s)
{
    for (; *s != '\0'; s++)
        buf_putc(b, upper(*s));
}

void export_beancount_unit(struct buf *b, const char *unit)
{
    size_t len = strlen(unit);

    put_capitals(b, unit);
    /* At least two characters, and the last a letter or digit. */
    if (len < 2 || unit[len - 1] == '-')
        buf_puts(b, ".U");
}

void export_beancount_commodity(struct buf *b, const struct profile_unit *u)
{
    if (export_is_decimal(u)) {
        export_beancount_unit(b, u->unit);
        return;
    }
    put_capitals(b, u->unit);
    put_capitals(b, minor_of(u));
}

/* A number that has so many decimals when `scaled` is divided by as many tens. */
static void put_scaled(struct buf *b, bool minus, uint64_t scaled, int decimals, char point)
{
    uint64_t tens = 1;

    for (int i = 0; i < decimals; i++)
        tens *= 10;
    if (minus && scaled != 0)
        buf_putc(b, '-');
    buf_printf(b, "%llu", (unsigned long long)(scaled / tens));
    if (decimals > 0)
        buf_printf(b, "%c%0*llu", point, decimals, (unsigned long long)(scaled % tens));
}

static uint64_t magnitude(int64_t n)
{
    return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

void export_number(struct buf *b, int64_t amount, const struct profile_unit *u)
{
    int decimals = decimals_of(u->scale);

    put_scaled(b, amount<0, magnitude(amount), decimals> 0 ? decimals : 0, '.');
}

void export_decimal(struct buf *b, int64_t amount, const struct profile_unit *u, char point)
{
    int decimals = decimals_of(u->scale);
    uint64_t n = magnitude(amount), scale = (uint64_t)u->scale, rest = n % scale, places = 1;

    if (decimals >= 0) {
        put_scaled(b, amount < 0, n, decimals, point);
        return;
    }
    for (int i = 0; i < DECIMALS; i++)
        places *= 10;
    rest = (rest * places * 2 + scale) / (scale * 2); /* a scale is at most 10^9 */
    n = n / scale + rest / places;
    rest %= places;
    if (amount < 0 && (n != 0 || rest != 0))
        buf_putc(b, '-');
    buf_printf(b, "%llu%c%0*llu", (unsigned long long)n, point, DECIMALS, (unsigned long long)rest);
}

void export_fraction(struct buf *b, const struct profile_unit *u)
{
    uint64_t scale = (uint64_t)u->scale, tens = UINT64_C(1000000000000);

    put_scaled(b, false, (tens * 2 + scale) / (scale * 2), 12, '.');
}

void export_day(struct buf *b, int32_t day)
{
    char text[DATE_LEN + 1];

    date_text(text, day);
    buf_puts(b, text);
}

void export_hledger_text(struct buf *b, const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s == ';')
            buf_puts(b, "\xef\xbc\x9b");
        else if (*s == '|')
            buf_puts(b, "\xef\xbd\x9c");
        else
            buf_putc(b, (unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s);
    }
}

void export_beancount_text(struct buf *b, const char *s)
{
    buf_putc(b, '"');
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\')
            buf_putc(b, '\\');
        buf_putc(b, (unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s);
    }
    buf_putc(b, '"');
}
