/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The small grammars: dates and times, numbers, names, base64. What is taken has one text, and that
 * is the one it came as. */
#include "fuzz.h"

#include "core/b64.h"
#include "core/date.h"
#include "core/hash.h"
#include "core/name.h"
#include "core/num.h"

static void check_times(const char *s)
{
    char text[TIME_LEN + 1];
    int32_t days;
    int64_t ms;

    if (date_parse(s, &days) == 0) {
        date_text(text, days);
        MUST(strcmp(text, s) == 0);
    }
    if (time_parse(s, &ms) == 0) {
        time_text(text, ms);
        MUST(strcmp(text, s) == 0);
    }
}

static void check_num(const char *s, size_t len)
{
    struct buf b = BUF_INIT;
    int64_t n;

    if (num_parse(s, len, INT64_MIN, INT64_MAX, &n) == 0) {
        buf_put_i64(&b, n);
        MUST(b.len == len && memcmp(b.data, s, len) == 0);
        MUST((num_parse(s, len, NUM_MIN, NUM_MAX, &n) == 0) == (n >= NUM_MIN && n <= NUM_MAX));
    }
    buf_free(&b);
}

static void check_names(const char *s)
{
    char coop[COOP_MAX + 1], again[COOP_MAX + 1], account[ACCOUNT_MAX + 1];

    MUST(!name_is_coop(s) || (strlen(s) <= COOP_MAX && !name_is_address(s)));
    if (name_is_address(s)) {
        MUST(strlen(s) <= ADDRESS_MAX && !name_is_account(s));
        name_coop_of(s, coop);
        MUST(name_is_coop(coop) && strcmp(coop, name_coop_start(s)) == 0);
        name_account(account, s, "hour");
        MUST(name_is_account(account) && strlen(account) == strlen(s) + 5);
        name_coop_of(account, again);
        MUST(strcmp(again, coop) == 0);
    }
    if (name_is_account(s)) {
        MUST(strlen(s) <= ACCOUNT_MAX);
        name_coop_of(s, coop);
        MUST(name_is_coop(coop) && name_is_unit(strchr(s, '/') + 1));
    }
    /* None holds what would have to be escaped in JSON, in a path or in SQL. */
    if (name_is_coop(s) || name_is_handle(s) || name_is_address(s) || name_is_unit(s) ||
        name_is_account(s) || name_is_jti(s) || name_is_category(s) || name_is_origin(s) ||
        name_is_zone(s))
        MUST(s[strcspn(s, "\"\\'% \n\r\t;?#\x7f")] == '\0' && s[0] != '\0');
    MUST(!name_is_zone(s) || strchr(s, '.') == NULL);
}

static void check_b64(const char *s, size_t len)
{
    char *bytes = x_malloc(len + 1);
    struct buf b = BUF_INIT;
    struct hash hash;
    char text[HASH_B64U_LEN + 1];
    size_t n;

    if (b64u_decode(s, len, bytes, len, &n) == 0) {
        MUST(n <= len && len == B64U_LEN(n));
        buf_put_b64u(&b, bytes, n);
        MUST(b.len == len && memcmp(b.data, s, len) == 0);
        MUST(n == 0 || b64u_decode(s, len, bytes, n - 1, &n) != 0);
    }
    buf_clear(&b);
    if (b64_decode(s, len, bytes, len, &n) == 0) {
        MUST(n <= len && len == B64_LEN(n));
        buf_put_b64(&b, bytes, n);
        MUST(b.len == len && memcmp(b.data, s, len) == 0);
    }
    if (strlen(s) == len && hash_parse(&hash, s) == 0) {
        hash_text(text, &hash);
        MUST(strcmp(text, s) == 0);
    }
    buf_free(&b);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = x_malloc(size + 1);

    memcpy(s, data, size);
    s[size] = '\0';
    check_times(s);
    check_num(s, size);
    check_names(s);
    check_b64(s, size);
    free(s);
    return 0;
}
