/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/strict.h"

/* Parses a copy of exactly len bytes, so that a sanitizer sees any reading past them. */
static struct value *parse_bytes(const char *s, size_t len, const char **why)
{
    char *copy = malloc(len == 0 ? 1 : len);
    struct value *value;

    memcpy(copy, s, len);
    value = strict_parse(copy, len, why);
    free(copy);
    return value;
}

static void test_good(void **state)
{
    static const char *const good[] = {
        "{}",
        " \t\r\n{ \"a\" : [ 1 , null , true ] } \n",
        "{\"a\":9007199254740991,\"b\":-9007199254740991}",
        "{\"a\":-1,\"b\":0,\"c\":10}",
        "{\"a\":\"\\u0061\\ud83d\\ude00 \\\"\\\\\"}",
        "{\"품앗이\":\"품앗이\"}",
        "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}",
        /* What only looks wrong, as it stands in a string. */
        "{\"-0\":\"-0 1.5 [[[[[[[[[[[[[[[[[[[[[[[\"}",
        "{\"a\":\"\\\"-0\"}",
        "{\"a\":\"\\\\\",\"b\":1}",
    };

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        const char *why = "not told";
        struct value *value = parse_bytes(good[i], strlen(good[i]), &why);

        if (value == NULL)
            fail_msg("%s: %s", good[i], why);
        value_free(value);
    }
}

static void refused(const char *s, size_t len)
{
    const char *why = NULL;
    struct value *value = parse_bytes(s, len, &why);

    if (value != NULL)
        fail_msg("should be refused: %.*s", (int)len, s);
    assert_non_null(why);
}

static void test_bad(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "null",
        "1",
        "\"a\"",
        "[]",
        "[{}]",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":[1,]}",
        "{\"a\":1]",
        "{\"a\":nul}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":1}//",
        "{\"a\":1}/**/",
        "{\"a\":\"",
        "{\"a\":\"\\",
        "\"",
        "-",
        /* something after it */
        "{}{}",
        "{}x",
        "{},",
        "{}1",
        "{} \xc2\xa0",
        /* a byte order mark */
        "\xef\xbb\xbf{}",
        /* duplicates, plainly, escaped, deeper */
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"\\u0061\":1,\"b\":0,\"a\":2}",
        "{\"x\":[{\"k\":1,\"k\":2}]}",
        "{\"a\\/b\":1,\"a/b\":2}",
        /* numbers */
        "{\"a\":1.0}",
        "{\"a\":1.5}",
        "{\"a\":1e2}",
        "{\"a\":1E2}",
        "{\"a\":0e0}",
        "{\"a\":-0}",
        "{\"a\":[1,-0]}",
        "{\"a\":-0.0}",
        "{\"a\":01}",
        "{\"a\":-01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":0x1}",
        "{\"a\":-}",
        "{\"a\":9007199254740992}",
        "{\"a\":-9007199254740992}",
        "{\"a\":[{\"b\":9007199254740992}]}",
        "{\"a\":9223372036854775808}",
        "{\"a\":99999999999999999999999}",
        "{\"a\":1e400}",
        /* strings */
        "{\"a\":\"\\u0000\"}",
        "{\"\\u0000\":1}",
        "{\"a\":\"x\\u0000y\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\x01\"}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ud800\\u0061\"}",
        /* UTF-8: a stray byte, cut, overlong, a surrogate, beyond U+10FFFF */
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xed\x95\"}",
        "{\"a\":\"\xc0\xaf\"}",
        "{\"a\":\"\xc0\x80\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\xf4\x90\x80\x80\"}",
        "{\"\xff\":1}",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refused(bad[i], strlen(bad[i]));
    refused("{}\0", 3);
    refused("\0{}", 3);
    refused("{\"a\":\"x\0y\"}", 11);
    refused("{\"a\0b\":1}", 9);
    refused("{\0}", 3);
}

/* The first of these that is so is what is said. */
static void test_words(void **state)
{
    static const struct {
        const char *s, *fault;
    } rows[] = {
        {"{\"a\":1", "isn't one JSON object"},
        {"[1]", "isn't one JSON object"},
        {"{\"a\":1.5}", "has a number that isn't an integer"},
        {"{\"a\":1e400}", "has a number out of range"},
        {"{\"a\":99999999999999999999}", "has a number out of range"},
        {"{\"a\":9007199254740992}", "has an integer beyond 2^53-1"},
        {"{\"a\":-0}", "has a number that isn't an integer in canonical form"},
        {"{\"a\":1,\"a\":1}", "has a member twice"},
        {"{\"a\":\"\\u0000\"}", "has a U+0000"},
        {"{\"\\u0000\":1}", "has a U+0000"},
        {"{\"a\":\"\xff\"}", "isn't valid UTF-8"},
        {"{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", "is nested too deeply"},
        {"{\"a\":9007199254740992,\"b\":1.5}", "has an integer beyond 2^53-1"},
        {"{\"a\":1.5,\"b\":1,\"b\":1}", "has a member twice"},
        {"{\"b\":1,\"b\":1,\"a\":-0}", "has a number that isn't an integer in canonical form"},
    };
    const char *why;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_null(strict_parse(rows[i].s, strlen(rows[i].s), &why));
        assert_string_equal(why, rows[i].fault);
    }
    assert_null(strict_parse("{}\0", 3, &why));
    assert_string_equal(why, "has a NUL byte");
}

static struct value *object(const char *s)
{
    const char *why;
    struct value *value = strict_parse(s, strlen(s), &why);

    assert_non_null(value);
    return value;
}

/* depth objects and arrays by turns around a number. */
static char *nested(int depth, bool closed)
{
    struct buf b = BUF_INIT;

    for (int i = 0; i < depth; i++)
        buf_puts(&b, i % 2 == 0 ? "{\"a\":" : "[");
    if (closed) {
        buf_putc(&b, '1');
        for (int i = depth - 1; i >= 0; i--)
            buf_putc(&b, i % 2 == 0 ? '}' : ']');
    }
    return buf_take(&b);
}

static void test_depth(void **state)
{
    char *s = nested(16, true);
    const char *why;
    struct value *value = strict_parse(s, strlen(s), &why);

    assert_non_null(value);
    value_free(value);
    free(s);
    s = nested(17, true);
    refused(s, strlen(s));
    free(s);
    s = nested(3000, false);
    refused(s, strlen(s));
    free(s);
    /* Beside each other isn't within each other. */
    value_free(object("{\"a\":[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]}"));
}

/* Every cut of a good text is refused, and never read past. */
static void test_every_prefix(void **state)
{
    static const char s[] =
        "{\"a\":\"\\\"x\\u0061\xed\x95\x9c\",\"b\":[-12,{\"c\":null}],\"d\":true}";

    for (size_t len = 0; len < sizeof(s) - 1; len++)
        refused(s, len);
}

static void test_members(void **state)
{
    struct value *o = object(
        "{\"s\":\"x\",\"n\":5,\"t\":true,\"f\":false,\"o\":{},\"a\":[1],\"z\":null,\"m\":-7}");
    struct strict in;
    int64_t n = 0, m = 0, z = 42;
    bool t = false, f = true, null = false;

    strict_begin(&in, o);
    assert_string_equal(strict_string(&in, "s", STRICT_REQUIRED), "x");
    assert_null(strict_string(&in, "absent", STRICT_OPTIONAL));
    assert_true(strict_int(&in, "n", STRICT_REQUIRED, 5, 5, &n));
    assert_int_equal(n, 5);
    assert_false(strict_int(&in, "absent", STRICT_OPTIONAL, 0, 1, &n));
    assert_int_equal(n, 5);
    assert_true(strict_bool(&in, "t", STRICT_OPTIONAL, &t));
    assert_true(strict_bool(&in, "f", STRICT_OPTIONAL, &f));
    assert_true(t);
    assert_false(f);
    assert_false(strict_bool(&in, "absent", STRICT_OPTIONAL, &t));
    assert_non_null(strict_object(&in, "o", STRICT_REQUIRED));
    assert_null(strict_object(&in, "absent", STRICT_OPTIONAL));
    assert_int_equal(strict_array(&in, "a", STRICT_REQUIRED)->n, 1);
    assert_null(strict_array(&in, "absent", STRICT_OPTIONAL));
    assert_true(strict_int_or_null(&in, "z", 0, 9, &z, &null));
    assert_true(null);
    assert_int_equal(z, 42);
    assert_null(in.fault);
    /* One is left. */
    {
        struct strict early = in;

        assert_int_equal(strict_end(&early), -1);
        assert_string_equal(early.fault, "has a member that isn't known here");
    }
    assert_true(strict_int_or_null(&in, "m", -7, 9, &m, &null));
    assert_false(null);
    assert_int_equal(m, -7);
    assert_int_equal(strict_end(&in), 0);
    value_free(o);
}

enum reader {
    STRING,
    INT,
    BOOL,
    INT_OR_NULL,
    OBJECT,
    ARRAY
};

static void take(struct strict *in, enum reader reader, const char *name, enum strict_need need)
{
    int64_t n;
    bool b;

    switch (reader) {
    case STRING:
        assert_null(strict_string(in, name, need));
        return;
    case INT:
        assert_false(strict_int(in, name, need, 10, 20, &n));
        return;
    case BOOL:
        assert_false(strict_bool(in, name, need, &b));
        return;
    case INT_OR_NULL:
        assert_false(strict_int_or_null(in, name, 10, 20, &n, &b));
        return;
    case OBJECT:
        assert_null(strict_object(in, name, need));
        return;
    case ARRAY:
        assert_null(strict_array(in, name, need));
        return;
    }
}

static void test_faults(void **state)
{
    static const struct {
        enum reader reader;
        const char *name, *fault;
    } rows[] = {
        {STRING, "absent", "is missing"},      {INT, "absent", "is missing"},
        {BOOL, "absent", "is missing"},        {INT_OR_NULL, "absent", "is missing"},
        {OBJECT, "absent", "is missing"},      {ARRAY, "absent", "is missing"},
        {STRING, "n", "isn't a string"},       {STRING, "z", "isn't a string"},
        {INT, "s", "isn't an integer"},        {INT, "z", "isn't an integer"},
        {INT, "n", "is out of range"},         {INT, "big", "is out of range"},
        {INT_OR_NULL, "n", "is out of range"}, {INT_OR_NULL, "t", "isn't an integer"},
        {BOOL, "z", "isn't true or false"},    {BOOL, "n", "isn't true or false"},
        {OBJECT, "a", "isn't an object"},      {OBJECT, "z", "isn't an object"},
        {ARRAY, "o", "isn't an array"},
    };
    struct value *o =
        object("{\"s\":\"12\",\"n\":9,\"big\":21,\"t\":true,\"z\":null,\"o\":{},\"a\":[]}");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct strict in;

        strict_begin(&in, o);
        take(&in, rows[i].reader, rows[i].name, STRICT_REQUIRED);
        assert_non_null(in.fault);
        assert_string_equal(in.fault, rows[i].fault);
        assert_string_equal(in.where, rows[i].name);
        /* The first fault stays; later calls do nothing. */
        assert_null(strict_string(&in, "s", STRICT_REQUIRED));
        strict_fail(&in, "other", "too late");
        assert_string_equal(in.fault, rows[i].fault);
        assert_int_equal(strict_end(&in), -1);
        /* A wrong value is as wrong where it needn't be. */
        if (strcmp(rows[i].name, "absent") != 0) {
            strict_begin(&in, o);
            take(&in, rows[i].reader, rows[i].name, STRICT_OPTIONAL);
            assert_string_equal(in.fault, rows[i].fault);
        }
    }
    value_free(o);
}

static void test_own_fault_and_no_object(void **state)
{
    struct value *o = object("{}"), *array = object("{\"a\":[]}");
    struct strict in;

    strict_begin(&in, o);
    assert_int_equal(strict_end(&in), 0);
    strict_begin(&in, o);
    strict_fail(&in, "amount", "is odd");
    assert_int_equal(strict_end(&in), -1);
    assert_string_equal(in.where, "amount");
    strict_begin(&in, NULL);
    assert_null(strict_string(&in, "a", STRICT_OPTIONAL));
    assert_int_equal(strict_end(&in), -1);
    strict_begin(&in, array->first);
    assert_int_equal(strict_end(&in), -1);
    value_free(array);
    value_free(o);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),         cmocka_unit_test(test_bad),
        cmocka_unit_test(test_words),        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_every_prefix), cmocka_unit_test(test_members),
        cmocka_unit_test(test_faults),       cmocka_unit_test(test_own_fault_and_no_object),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
