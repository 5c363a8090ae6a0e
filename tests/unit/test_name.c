/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/name.h"

#define X8  "xxxxxxxx"
#define X16 X8 X8
#define X32 X16 X16
#define X64 X32 X32

struct row {
    const char *s;
    bool good;
};

static void check_rows(bool (*judge)(const char *), const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (judge(rows[i].s) != rows[i].good)
            fail_msg("\"%s\" should be %s", rows[i].s, rows[i].good ? "good" : "bad");
    }
}

static void test_coop(void **state)
{
    static const struct row rows[] = {
        {"hansalim", true}, {"0a", true},      {"a-", true},        {X32, true},
        {"", false},        {"a", false},      {X32 "x", false},    {"-a", false},
        {"Aa", false},      {"a.b", false},    {"a_b", false},      {"a@b", false},
        {"한살림", false},  {"ab ", false},    {"stewards", false}, {"ledger", false},
        {"ledgers", true},  {"steward", true}, {"stewards2", true},
    };

    check_rows(name_is_coop, rows, ARRAY_LEN(rows));
}

static void test_handle(void **state)
{
    static const struct row rows[] = {
        {"a", true},  {"0", true},      {"a.b_c-d", true}, {X32, true},    {"stewards", true},
        {"", false},  {X32 "x", false}, {".a", false},     {"_a", false},  {"-a", false},
        {"A", false}, {"a/b", false},   {"!a", false},     {"a\n", false}, {"\xc3\xa9", false},
    };

    check_rows(name_is_handle, rows, ARRAY_LEN(rows));
}

static void test_address(void **state)
{
    static const struct row rows[] = {
        {"alice@hansalim", true},
        {X32 "@" X32, true},
        {"a.b@c-d", true},
        {"", false},
        {"@", false},
        {"alice", false},
        {"alice@", false},
        {"@hansalim", false},
        {"alice@h", false},
        {"a@b@cc", false},
        {"alice@ledger", false},
        {"alice@stewards", false},
        {"!alice@hansalim", false},
        {"alice@hansalim/hour", false},
        {X32 "x@hansalim", false},
        {"alice@" X32 "x", false},
    };

    check_rows(name_is_address, rows, ARRAY_LEN(rows));
}

static void test_unit(void **state)
{
    static const struct row rows[] = {
        {"hour", true},   {"h", true},     {"box-2", true}, {X16, true},
        {"", false},      {"2box", false}, {"-a", false},   {"Hour", false},
        {X16 "x", false}, {"a.b", false},  {"a_b", false},  {"a/b", false},
    };

    check_rows(name_is_unit, rows, ARRAY_LEN(rows));
}

static void test_account(void **state)
{
    static const struct row rows[] = {
        {"alice@hansalim/hour", true},
        {"!outside@hansalim/hour", true},
        {"!pos.medical@hansalim/hour", true},
        {"!posx." X32 "@" X32 "/" X16, false},
        {"!pos." X32 "@" X32 "/" X16, true}, /* any co-op's handle fits behind !pos. */
        {"", false},
        {"!", false},
        {"/", false},
        {"alice@hansalim", false},
        {"alice@hansalim/", false},
        {"/hour", false},
        {"!/hour", false},
        {"!!a@hansalim/hour", false},
        {"alice@!hansalim/hour", false},
        {"alice@hansalim/hour/hour", false},
        {"alice/hour@hansalim", false},
        {"alice@hansalim/Hour", false},
        {"hansalim/hour", false},
    };

    check_rows(name_is_account, rows, ARRAY_LEN(rows));
}

static void test_jti(void **state)
{
    static const struct row rows[] = {
        {X16 "aZ09-_", true},  {"-" X16 "xxxxx", true}, {X64, true},
        {"", false},           {X16 "xxxxx", false},    {X64 "x", false},
        {X16 "aZ09-.", false}, {X16 "aZ09-/", false},   {X16 "aZ0 -_", false},
        {X16 "aZ09-=", false},
    };

    check_rows(name_is_jti, rows, ARRAY_LEN(rows));
}

static void test_category(void **state)
{
    static const struct row rows[] = {
        {"a", true},         {"-", true},  {"9", true},    {X16 X8, true}, {"", false},
        {X16 X8 "x", false}, {"A", false}, {"a_b", false}, {"a b", false},
    };

    check_rows(name_is_category, rows, ARRAY_LEN(rows));
}

static void test_origin(void **state)
{
    static const struct row rows[] = {
        {"a", true},       {"ledger.example/pumasi", true},
        {"0.a-b", true},   {X64 X64, true},
        {"", false},       {X64 X64 "x", false},
        {".a", false},     {"/a", false},
        {"A", false},      {"a+b", false},
        {"a#b", false},    {"a b", false},
        {"a\n", false},    {"a_b", false},
        {"a:8080", false},
    };

    check_rows(name_is_origin, rows, ARRAY_LEN(rows));
}

static void test_zone(void **state)
{
    static const struct row rows[] = {
        {"UTC", true},
        {"Asia/Seoul", true},
        {"America/Argentina/Buenos_Aires", true},
        {"Etc/GMT+9", true},
        {"Etc/GMT-14", true},
        {X64, true},
        {"", false},
        {"/", false},
        {"/UTC", false},
        {"Asia/", false},
        {"Asia//Seoul", false},
        {"..", false},
        {"../etc/passwd", false},
        {"Asia/../Seoul", false},
        {".", false},
        {"Asia/Se oul", false},
        {"Asia/Seoul\n", false},
        {X64 "x", false},
        {X32 "/" X32, false},
        {":UTC", false},
        {"UTC;", false},
    };

    check_rows(name_is_zone, rows, ARRAY_LEN(rows));
}

static void test_coop_of(void **state)
{
    char coop[COOP_MAX + 1];
    const char *s = "alice@hansalim/hour";

    assert_ptr_equal(name_coop_start(s), s + 6);
    s = "hansalim";
    assert_ptr_equal(name_coop_start(s), s);
    name_coop_of("alice@hansalim/hour", coop);
    assert_string_equal(coop, "hansalim");
    name_coop_of("!outside@hansalim/hour", coop);
    assert_string_equal(coop, "hansalim");
    name_coop_of("alice@hansalim", coop);
    assert_string_equal(coop, "hansalim");
    name_coop_of("hansalim", coop);
    assert_string_equal(coop, "hansalim");
    name_coop_of("a@" X32 "/hour", coop);
    assert_string_equal(coop, X32);
    name_coop_of(X64, coop);
    assert_string_equal(coop, X32);
}

static void test_account_name(void **state)
{
    char out[ACCOUNT_MAX + 1];

    name_account(out, "alice@hansalim", "hour");
    assert_string_equal(out, "alice@hansalim/hour");
    assert_true(name_is_account(out));
    name_account(out, "!pos." X32 "@" X32, X16);
    assert_string_equal(out, "!pos." X32 "@" X32 "/" X16);
    assert_int_equal(strlen(out), ACCOUNT_MAX);
    /* What no grammar admits is cut, not written past the end. */
    name_account(out, X64 X64, X64);
    assert_int_equal(strlen(out), ACCOUNT_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coop),         cmocka_unit_test(test_handle),
        cmocka_unit_test(test_address),      cmocka_unit_test(test_unit),
        cmocka_unit_test(test_account),      cmocka_unit_test(test_jti),
        cmocka_unit_test(test_category),     cmocka_unit_test(test_origin),
        cmocka_unit_test(test_zone),         cmocka_unit_test(test_coop_of),
        cmocka_unit_test(test_account_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
