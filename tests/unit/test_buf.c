/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

static void test_empty(void **state)
{
    struct buf b = BUF_INIT;
    char *s = buf_take(&b);

    assert_string_equal(s, "");
    free(s);
    buf_clear(&b);
    assert_null(b.data);
    buf_put(&b, NULL, 0);
    assert_string_equal(b.data, "");
    buf_free(&b);
    assert_null(b.data);
    buf_free(&b);
}

/* Grows a byte at a time over several doublings and is a string at every length. */
static void test_grows(void **state)
{
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < 5000; i++) {
        buf_putc(&b, (char)('a' + i % 26));
        assert_int_equal(b.len, i + 1);
        assert_int_equal(strlen(b.data), i + 1);
        assert_true(b.cap > b.len);
    }
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(b.data[i], 'a' + (int)(i % 26));
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.data, "");
    buf_free(&b);
}

static void test_reserve(void **state)
{
    struct buf b = BUF_INIT;
    char *before;

    buf_reserve(&b, 1000);
    assert_string_equal(b.data, "");
    before = b.data;
    for (int i = 0; i < 1000; i++)
        buf_putc(&b, 'x');
    assert_ptr_equal(b.data, before);
    buf_free(&b);
}

static void test_take(void **state)
{
    struct buf b = BUF_INIT;
    char *s;

    buf_puts(&b, "one");
    s = buf_take(&b);
    buf_puts(&b, "two");
    assert_string_equal(s, "one");
    assert_string_equal(b.data, "two");
    free(s);
    buf_free(&b);
}

static void test_numbers(void **state)
{
    static const int64_t all[] = {0, 7, -7, 10, -10, 99, 1234567890, INT64_MAX, INT64_MIN};
    struct buf b = BUF_INIT;
    char want[32];

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        buf_clear(&b);
        buf_put_i64(&b, all[i]);
        (void)snprintf(want, sizeof(want), "%lld", (long long)all[i]);
        assert_string_equal(b.data, want);
    }
    buf_free(&b);
}

static void test_printf(void **state)
{
    struct buf b = BUF_INIT;

    buf_puts(&b, ">");
    buf_printf(&b, "%s %d", "a", 1);
    buf_printf(&b, "%0500d", 5);
    assert_int_equal(b.len, 504);
    assert_memory_equal(b.data, ">a 1000", 7);
    assert_int_equal(b.data[503], '5');
    buf_free(&b);
}

static void json_is(const char *s, size_t len, const char *want)
{
    struct buf b = BUF_INIT;

    buf_put_json(&b, s, len);
    assert_string_equal(b.data, want);
    assert_int_equal(b.len, strlen(want));
    buf_free(&b);
}

/* Each byte at each place of a text, however texts are gone through. */
static void test_json_everywhere(void **state)
{
    static const char *const short_forms[128] = {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\t'] = "\\t",
        ['\n'] = "\\n", ['\f'] = "\\f",  ['\r'] = "\\r",
    };

    for (size_t len = 1; len <= 20; len++)
        for (size_t at = 0; at < len; at++)
            for (unsigned c = 0; c < 256; c++) {
                char s[21], escape[8], want[64];

                memset(s, 'a', len);
                s[at] = (char)c;
                if (c < 128 && short_forms[c])
                    snprintf(escape, sizeof(escape), "%s", short_forms[c]);
                else
                    snprintf(escape, sizeof(escape), c < 0x20 ? "\\u%04x" : "%c", c);
                snprintf(want, sizeof(want), "\"%.*s%s%.*s\"", (int)at, "aaaaaaaaaaaaaaaaaaaa",
                         escape, (int)(len - at - 1), "aaaaaaaaaaaaaaaaaaaa");
                json_is(s, len, want);
            }
}

static void test_json(void **state)
{
    struct buf b = BUF_INIT;

    json_is("", 0, "\"\"");
    json_is("a ~", 3, "\"a ~\"");
    json_is("\0", 1, "\"\\u0000\"");
    /* RFC 8785, section 3.2.2.2: short escapes where JSON has them, lower-case hex else. */
    json_is("\b\t\n\f\r\"\\", 7, "\"\\b\\t\\n\\f\\r\\\"\\\\\"");
    json_is("\x01\x0b\x1f", 3, "\"\\u0001\\u000b\\u001f\"");
    /* Neither the solidus nor DEL nor anything beyond ASCII, U+2028 among them. */
    json_is("/\x7f", 2, "\"/\x7f\"");
    json_is("품앗이\xe2\x80\xa8é", 14, "\"품앗이\xe2\x80\xa8é\"");
    json_is("a\"b", 3, "\"a\\\"b\"");
    buf_puts_json(&b, "x\ny");
    assert_string_equal(b.data, "\"x\\ny\"");
    buf_free(&b);
}

static void test_base64(void **state)
{
    struct buf b = BUF_INIT;

    buf_puts(&b, ":");
    buf_put_b64u(&b, "\xfb\xff", 2);
    buf_puts(&b, ":");
    buf_put_b64(&b, "\xfb\xff", 2);
    buf_put_b64u(&b, "", 0);
    assert_string_equal(b.data, ":-_8:+/8=");
    assert_int_equal(b.len, 9);
    buf_free(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),   cmocka_unit_test(test_grows),
        cmocka_unit_test(test_reserve), cmocka_unit_test(test_take),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_printf),
        cmocka_unit_test(test_json),    cmocka_unit_test(test_json_everywhere),
        cmocka_unit_test(test_base64),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
