/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/name.h"

#include <stdio.h>
#include <string.h>

#include "core/num.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

#define ZONE_MAX 64

/* True when s[0..len) is min to max characters, the first one of `first`, the others of `rest`. */
static bool matches(const char *s, size_t len, size_t min, size_t max, const char *first,
                    const char *rest)
{
    size_t i;

    if (len < min || len > max)
        return false;
    /* strchr finds the NUL too, but no s[i] before len is one: len comes from strlen. */
    if (len > 0 && strchr(first, s[0]) == NULL)
        return false;
    for (i = 1; i < len; i++)
        if (strchr(rest, s[i]) == NULL)
            return false;
    return true;
}

static bool is_coop(const char *s, size_t len)
{
    if (!matches(s, len, 2, COOP_MAX, LOWER DIGIT, LOWER DIGIT "-"))
        return false;
    /* Holders of their own (protocol section 1): no co-op may be taken for them. */
    return !(len == 8 && memcmp(s, "stewards", 8) == 0) &&
           !(len == 6 && memcmp(s, "ledger", 6) == 0);
}

static bool is_handle(const char *s, size_t len)
{
    return matches(s, len, 1, MEMBER_MAX, LOWER DIGIT, LOWER DIGIT "._-");
}

static bool is_address(const char *s, size_t len)
{
    const char *at = memchr(s, '@', len);
    size_t handle_len;

    if (at == NULL)
        return false;
    handle_len = (size_t)(at - s);
    return is_handle(s, handle_len) && is_coop(at + 1, len - handle_len - 1);
}

bool name_is_coop(const char *s)
{
    return is_coop(s, strlen(s));
}

bool name_is_handle(const char *s)
{
    return is_handle(s, strlen(s));
}

bool name_is_address(const char *s)
{
    return is_address(s, strlen(s));
}

bool name_is_holder(const char *s)
{
    return name_is_address(s) || name_is_coop(s) || str_eq(s, "stewards") || str_eq(s, "ledger") ||
           str_eq(s, "*");
}

bool name_is_unit(const char *s)
{
    return matches(s, strlen(s), 1, UNIT_MAX, LOWER, LOWER DIGIT "-");
}

bool name_is_account(const char *s)
{
    const char *slash = strchr(s, '/');
    const char *at = strchr(s, '@');

    if (slash == NULL || !name_is_unit(slash + 1))
        return false;
    if (s[0] != '!')
        return is_address(s, (size_t)(slash - s));
    /* A contra account's own part may hold a whole co-op's handle: !pos.medical@hansalim/hour. */
    return at != NULL && at < slash &&
           matches(s + 1, (size_t)(at - s - 1), 1, 4 + COOP_MAX, LOWER DIGIT, LOWER DIGIT "._-") &&
           is_coop(at + 1, (size_t)(slash - at - 1));
}

bool name_is_jti(const char *s)
{
    return matches(s, strlen(s), JTI_MIN, JTI_MAX, LOWER UPPER DIGIT "-_", LOWER UPPER DIGIT "-_");
}

bool name_is_category(const char *s)
{
    return matches(s, strlen(s), 1, CATEGORY_MAX, LOWER DIGIT "-", LOWER DIGIT "-");
}

bool name_is_origin(const char *s)
{
    return matches(s, strlen(s), 1, ORIGIN_MAX, LOWER DIGIT, LOWER DIGIT "./-");
}

/* The number at the end of an origin, and where its "/" stands; 1 and the end where there is none.
 */
static int64_t origin_number(const char *origin, size_t *stem)
{
    const char *slash = strrchr(origin, '/');
    int64_t n;

    *stem = strlen(origin);
    if (slash == NULL || slash[1] == '0' ||
        num_parse(slash + 1, strlen(slash + 1), 2, 999999999, &n) != 0)
        return 1;
    *stem = (size_t)(slash - origin);
    return n;
}

bool name_next_origin(char out[ORIGIN_MAX + 1], const char *origin)
{
    size_t stem;
    int64_t n = origin_number(origin, &stem);
    int len = snprintf(out, ORIGIN_MAX + 1, "%.*s/%lld", (int)stem, origin, (long long)(n + 1));

    return len > 0 && len <= ORIGIN_MAX;
}

bool name_origin_follows(const char *later, const char *origin)
{
    size_t stem, other;
    int64_t n = origin_number(origin, &stem), m = origin_number(later, &other);

    return stem == other && memcmp(later, origin, stem) == 0 && m > n;
}

bool name_is_zone(const char *s)
{
    size_t len = strlen(s), segment;

    if (len > ZONE_MAX)
        return false;
    /*
     * No '.' at all, so a zone can't climb out of the folder of zones it is looked up in; no empty
     * segment either.
     */
    for (;;) {
        segment = strcspn(s, "/");
        if (!matches(s, segment, 1, ZONE_MAX, LOWER UPPER DIGIT "_+-", LOWER UPPER DIGIT "_+-"))
            return false;
        if (s[segment] == '\0')
            return true;
        s += segment + 1;
    }
}

const char *name_coop_start(const char *s)
{
    const char *at = strchr(s, '@');

    return at == NULL ? s : at + 1;
}

void name_coop_of(const char *s, char out[COOP_MAX + 1])
{
    const char *coop = name_coop_start(s);
    size_t len = strcspn(coop, "/");

    if (len > COOP_MAX)
        len = COOP_MAX;
    memcpy(out, coop, len);
    out[len] = '\0';
}

void name_account(char out[ACCOUNT_MAX + 1], const char *address, const char *unit)
{
    size_t len;

    str_copy(out, ACCOUNT_MAX + 1, address);
    len = strlen(out);
    str_copy(out + len, ACCOUNT_MAX + 1 - len, "/");
    len = strlen(out);
    str_copy(out + len, ACCOUNT_MAX + 1 - len, unit);
}
