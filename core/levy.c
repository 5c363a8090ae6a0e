/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/levy.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/date.h"

int64_t levy_of(int64_t amount, int64_t per_mille)
{
    return amount * per_mille / 1000; /* 10^15 × 1,000 at most */
}

int64_t levy_on_transfer(const struct state *s, const struct act_transfer *t, const char **purse)
{
    const struct holder *payer = state_holder(s, t->from), *into;
    const struct policy *policy = state_policy(s, name_coop_start(t->from), t->unit);

    if (!policy || policy->levy.per_mille == 0 || !payer || payer->kind != HOLDER_PERSON ||
        str_eq(t->to, policy->levy.purse))
        return 0;
    into = state_holder(s, policy->levy.purse);
    if (!into || into->state != HOLDER_ACTIVE)
        return 0;
    *purse = policy->levy.purse;
    return levy_of(t->amount, policy->levy.per_mille);
}

/* floor(levy × part / whole), both at most 10^15 and part at most whole. */
static int64_t share(int64_t levy, int64_t part, int64_t whole)
{
    return (int64_t)((__extension__(unsigned __int128) levy) * (uint64_t)part / (uint64_t)whole);
}

int64_t levy_refund(int64_t levy, int64_t amount, int64_t before, int64_t back)
{
    return share(levy, before + back, amount) - share(levy, before, amount);
}

int levy_month_parse(const char *s, int32_t *out)
{
    char first[DATE_LEN + 1];
    int32_t day;

    if (strlen(s) != LEVY_MONTH_LEN)
        return -1;
    memcpy(first, s, LEVY_MONTH_LEN);
    memcpy(first + LEVY_MONTH_LEN, "-01", 4);
    if (date_parse(first, &day) != 0)
        return -1;
    *out = levy_month_of(day);
    return 0;
}

void levy_month_text(char out[LEVY_MONTH_LEN + 1], int32_t month)
{
    const unsigned year = (unsigned)month / 12 % 10000, in = (unsigned)month % 12 + 1;

    (void)snprintf(out, LEVY_MONTH_LEN + 1, "%04u-%02u", year, in);
}

int32_t levy_month_of(int32_t day)
{
    char s[DATE_LEN + 1];
    int32_t year = 0;

    date_text(s, day);
    for (size_t i = 0; i < 4; i++)
        year = year * 10 + (s[i] - '0');
    return year * 12 + (s[5] - '0') * 10 + (s[6] - '0') - 1;
}

void levy_jti(char out[HASH_B64U_LEN + 1], const char *member, const char *unit, const char *month)
{
    struct buf b = BUF_INIT;
    struct hash hash;

    buf_puts(&b, "levy");
    buf_putc(&b, '\0');
    buf_puts(&b, member);
    buf_putc(&b, '\0');
    buf_puts(&b, unit);
    buf_putc(&b, '\0');
    buf_puts(&b, month);
    hash_bytes(&hash, b.data, b.len);
    hash_text(out, &hash);
    buf_free(&b);
}
