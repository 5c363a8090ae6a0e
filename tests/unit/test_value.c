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
#include "core/num.h"
#include "core/value.h"

/* Reads a copy of exactly its bytes, so that a sanitizer sees any reading past them. */
static struct value *parse(const char *s)
{
    size_t len = strlen(s);
    char *copy = malloc(len == 0 ? 1 : len);
    struct value *value;

    memcpy(copy, s, len);
    value = value_parse(copy, len);
    free(copy);
    return value;
}

static void test_kinds(void **state)
{
    struct value *o = parse(" { \"s\" : \"x\" , \"n\":-7,\"t\":true,\"f\":false,\"z\":null,"
                            "\"a\":[1,[],\"y\"],\"o\":{\"in\":0}}\r\n\t");
    const struct value *v;

    assert_non_null(o);
    assert_int_equal(o->kind, VALUE_OBJECT);
    assert_int_equal(o->n, 7);
    assert_null(o->name);
    assert_null(o->next);
    v = o->first; /* members keep their order */
    assert_string_equal(v->name, "s");
    assert_string_equal(value_text(v), "x");
    v = v->next;
    assert_string_equal(v->name, "n");
    assert_int_equal(v->kind, VALUE_INT);
    assert_int_equal(v->number, -7);
    assert_null(value_text(v));
    assert_int_equal(value_member(o, "t")->kind, VALUE_TRUE);
    assert_int_equal(value_member(o, "f")->kind, VALUE_FALSE);
    assert_int_equal(value_member(o, "z")->kind, VALUE_NULL);
    v = value_member(o, "a");
    assert_int_equal(v->kind, VALUE_ARRAY);
    assert_int_equal(v->n, 3);
    assert_null(v->first->name);
    assert_int_equal(v->first->number, 1);
    assert_int_equal(v->first->next->kind, VALUE_ARRAY);
    assert_int_equal(v->first->next->n, 0);
    assert_null(v->first->next->first);
    assert_string_equal(value_text(v->first->next->next), "y");
    assert_null(v->first->next->next->next);
    assert_null(value_member(v, "s"));
    v = value_member(o, "o");
    assert_null(v->next);
    assert_int_equal(value_member(v, "in")->number, 0);
    assert_null(value_member(o, "in"));
    assert_null(value_member(NULL, "in"));
    assert_null(value_text(NULL));
    value_free(o);
    value_free(NULL);
}

static void test_strings(void **state)
{
    static const struct {
        const char *json, *text;
    } rows[] = {
        {"\"\"", ""},
        {"\"plain ~\x7f\"", "plain ~\x7f"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"a\\u0062c\"", "abc"},
        {"\"\\u00e9\\u00E9\"", "éé"},
        {"\"\\ud55c\\uAE00\"", "한글"},
        {"\"\\ud83d\\ude00!\"", "😀!"},
        {"\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf"},
        {"\"\\ud800\\udc00\"", "𐀀"},
        {"\"한글 \\\" 😀\"", "한글 \" 😀"},
        {"\"\\uffff\"", "\xef\xbf\xbf"},
    };
    static const char *const bad[] = {
        "\"\\u00\"",
        "\"\\u00g0\"",
        "\"\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\n\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\u0000\"",
        "\"\\x\"",
        "\"\\",
        "\"\\u",
        "\"\\ud800\\u",
        "\"\x1f\"",
        "\"\xed\xa0\x80\"",
        "\"\xc0\x80\"",
        "\"\xe2\x82\"",
        "\"\xf4\x90\x80\x80\"",
        "\"open",
        "\"\\U0041\"",
    };
    struct buf b = BUF_INIT;
    struct value *o;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&b);
        buf_printf(&b, "{%s:[%s,1]}", rows[i].json, rows[i].json);
        o = parse(b.data);
        assert_non_null(o);
        assert_string_equal(o->first->name, rows[i].text);
        assert_string_equal(value_text(o->first->first), rows[i].text);
        assert_int_equal(o->first->first->next->number, 1);
        value_free(o);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        buf_clear(&b);
        buf_printf(&b, "{\"a\":%s}", bad[i]);
        assert_null(parse(b.data));
        buf_clear(&b);
        buf_printf(&b, "{%s:1}", bad[i]);
        assert_null(parse(b.data));
    }
    buf_free(&b);
}

static void test_numbers(void **state)
{
    struct value *o = parse("{\"a\":[9007199254740991,-9007199254740991,0,10]}");
    const struct value *v;

    assert_non_null(o);
    v = o->first->first;
    assert_int_equal(v->number, NUM_MAX);
    assert_int_equal(v->next->number, NUM_MIN);
    assert_int_equal(v->next->next->number, 0);
    assert_int_equal(v->next->next->next->number, 10);
    value_free(o);
    assert_null(parse("{\"a\":9007199254740992}"));
    assert_null(parse("{\"a\":1-2}"));
    assert_null(parse("{\"a\":1.0}"));
    assert_null(parse("{\"a\":1e1}"));
    assert_null(parse("{\"a\":-0}"));
}

/* "m000":0,"m001":1,… of which the last is called like member `twin`. */
static struct value *parse_many(int n, int twin)
{
    struct buf b = BUF_INIT;
    struct value *o;

    for (int i = 0; i < n; i++)
        buf_printf(&b, "%c\"m%03d\":%d", i ? ',' : '{', i == n - 1 ? twin : i, i);
    buf_putc(&b, '}');
    o = parse(b.data);
    buf_free(&b);
    return o;
}

/* Many members: in several pieces of memory, and each name once. */
static void test_many(void **state)
{
    static const int sizes[] = {2, 15, 16, 17, 18, 24, 25, 100, 1000};
    char name[16];

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        int n = sizes[i];
        struct value *o = parse_many(n, n - 1);

        assert_non_null(o);
        assert_int_equal(o->n, n);
        for (int k = 0; k < n; k++) {
            (void)snprintf(name, sizeof(name), "m%03d", k);
            assert_int_equal(value_member(o, name)->number, k);
        }
        value_free(o);
        assert_null(parse_many(n, 0));
        assert_null(parse_many(n, n - 2));
        assert_null(parse_many(n, n / 2 - 1));
    }
}

/* Eight bytes of a string are looked at at once: each byte at each place of it, beside each kind of
 * neighbour. */
static void test_each_byte(void **state)
{
    static const char near[] = {'a', ' ', '!', '#', '[', ']', 0x7f};

    (void)state;
    for (int c = 0; c < 256; c++) {
        for (size_t at = 0; at < 20; at++) {
            for (size_t k = 0; k < sizeof(near); k++) {
                char text[23];
                bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
                struct value *v;

                memset(text, near[k], sizeof(text));
                memcpy(text, "{\"\":\"", 5);
                text[21] = '"';
                text[22] = '}';
                if (at < 16) {
                    text[5 + at] = (char)c;
                }
                v = value_parse(text, sizeof(text));
                assert_int_equal(v != NULL, plain || at >= 16);
                if (v != NULL) {
                    assert_int_equal(strlen(value_text(value_member(v, ""))), 16);
                    assert_memory_equal(value_text(value_member(v, "")), text + 5, 16);
                }
                value_free(v);
            }
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),     cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers),   cmocka_unit_test(test_many),
        cmocka_unit_test(test_each_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
