/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Payloads of acts: which are parsed, and which are malformed. What each number and name may be is
 * in test_act_ranges.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "good_acts.h"

static const char *const optional[] = {
    "name_hash",      "reference_hash", "reason_hash", "memo_hash", "value_date",
    "category",       "request",        "max_hops",    "transit",   "clearing",
    "levy_per_mille", "levy_monthly",   "levy_max"};

static bool is_optional(const char *member)
{
    for (size_t i = 0; i < ARRAY_LEN(optional); i++)
        if (str_eq(member, optional[i]))
            return true;
    return false;
}

static void malformed(const char *payload)
{
    struct act a;

    if (parse_payload(payload, &a) != REFUSED_MALFORMED) {
        act_free(&a);
        fail_msg("it isn't malformed: %s", payload);
    }
}

static void malformed_json(const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    malformed(text);
    free(text);
}

static void test_good(void **state)
{
    struct fix *f = good_acts_fix();

    (void)state;
    for (size_t i = 0; i < ACT_TYPE_COUNT; i++) {
        char *payload = good_act_payload(f, (enum act_type)i);
        struct act a;

        assert_int_equal(good_acts[i].type, i);
        assert_int_equal(parse_payload(payload, &a), REFUSED_NOT);
        assert_int_equal(a.type, i);
        assert_string_equal(a.by, good_acts[i].by);
        assert_int_equal(a.exp, a.iat + 610);
        act_free(&a);
        free(payload);
    }
    fix_free(f);
}

/* Every member of every type: without it, null, of another kind, twice, and with one more. */
static void test_each_member(void **state)
{
    struct fix *f = good_acts_fix();
    size_t tried = 0;

    (void)state;
    for (size_t i = 0; i < ACT_TYPE_COUNT; i++) {
        char *payload = good_act_payload(f, (enum act_type)i);
        json_t *json = payload_json(payload), *all = payload_json(payload), *value;
        const char *member;

        json_object_foreach (all, member, value) {
            static const char *const wrong[] = {"null", "1.0", "\"?\"",     "[]", "{}",
                                                "true", "[1]", "{\"a\":1}", "-1", "\"\""};
            json_t *kept = json_incref(value);
            char *name = x_strdup(member);
            struct buf twice = BUF_INIT;

            for (size_t w = 0; w < ARRAY_LEN(wrong); w++) {
                json_t *bad = json_loads(wrong[w], JSON_DECODE_ANY, NULL);

                if (json_equal(bad, value) || (str_eq(name, "allowed") && json_is_true(bad)) ||
                    (str_eq(wrong[w], "null") && strstr(name, "ceiling")) ||
                    (str_eq(wrong[w], "[]") && str_eq(name, "registrars")) ||
                    (wrong[w][0] == '[' && str_eq(name, "consents")) ||
                    (str_eq(wrong[w], "-1") && strstr(name, "floor")) ||
                    (str_eq(wrong[w], "-1") && strstr(name, "ceiling")) ||
                    (str_eq(wrong[w], "\"?\"") && (str_eq(name, "name") || str_eq(name, "aud")))) {
                    json_decref(bad); /* right for this member */
                    continue;
                }
                if (str_eq(wrong[w], "[]") && str_eq(name, "keys")) {
                    json_decref(bad); /* a member without a device */
                    continue;
                }
                (void)json_object_set_new(json, name, bad);
                malformed_json(json);
                tried++;
            }
            (void)json_object_del(json, name);
            if (!is_optional(name)) {
                malformed_json(json);
            } else {
                char *text = json_dumps(json, JSON_COMPACT);
                struct act a;

                assert_int_equal(parse_payload(text, &a), REFUSED_NOT);
                act_free(&a);
                free(text);
            }
            (void)json_object_set_new(json, name, kept);
            /* A member twice, the second time by an escape. */
            buf_put(&twice, payload, strlen(payload) - 1);
            buf_printf(&twice, ",\"\\u%04x%s\":1}", (unsigned char)name[0], name + 1);
            malformed(twice.data);
            buf_free(&twice);
            free(name);
        }
        (void)json_object_set_new(json, "extra", json_integer(1));
        malformed_json(json);
        json_decref(json);
        json_decref(all);
        free(payload);
    }
    assert_true(tried > 700);
    fix_free(f);
}

static void test_member_without_keys(void **state)
{
    struct fix *f = good_acts_fix();
    static const struct {
        const char *members;
        bool good;
    } cases[] = {
        {"'kind':'person','keys':[],'threshold':0", true},
        {"'kind':'person','keys':[],'threshold':1", true},
        {"'kind':'person','keys':[],'threshold':2", false},
        {"'kind':'purse','keys':[],'threshold':0", true},
        {"'kind':'purse','keys':[],'threshold':2", false},
        {"'kind':'purse','keys':[$a],'threshold':1", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *payload = fix_payload(f, "member.create", "hansalim", "'member':'a@hansalim',%s",
                                    cases[i].members);
        struct act a;

        assert_int_equal(parse_payload(payload, &a),
                         cases[i].good ? REFUSED_NOT : REFUSED_MALFORMED);
        if (cases[i].good)
            act_free(&a);
        free(payload);
    }
    fix_free(f);
}

/* 100 keys in a list and no more. */
static void test_many_keys(void **state)
{
    struct fix *f = good_acts_fix();

    (void)state;
    for (int n = ACT_KEYS_MAX; n <= ACT_KEYS_MAX + 1; n++) {
        struct buf keys = BUF_INIT;
        char *payload;
        struct act a;

        for (int i = 0; i < n; i++)
            buf_printf(&keys, "%s$k%d", i ? "," : "", i);
        payload = fix_payload(f, "member.create", "hansalim",
                              "'member':'a@hansalim','kind':'person','keys':[%s],'threshold':7",
                              keys.data);
        if (n == ACT_KEYS_MAX) {
            assert_int_equal(parse_payload(payload, &a), REFUSED_NOT);
            assert_int_equal(a.u.member.keys.n, ACT_KEYS_MAX);
            act_free(&a);
        } else {
            malformed(payload);
        }
        free(payload);
        buf_free(&keys);
    }
    fix_free(f);
}

static void test_values(void **state)
{
    struct fix *f = good_acts_fix();
    char *payload = good_act_payload(f, ACT_TRANSFER);
    struct act a;

    (void)state;
    assert_int_equal(parse_payload(payload, &a), REFUSED_NOT);
    assert_string_equal(a.u.transfer.from, "alice@hansalim");
    assert_string_equal(a.u.transfer.to, "bob@hansalim");
    assert_string_equal(a.u.transfer.unit, "hour");
    assert_int_equal(a.u.transfer.amount, 90);
    assert_true(a.u.transfer.memo.there);
    assert_true(a.u.transfer.has_value_date);
    assert_int_equal(a.u.transfer.value_date, FIX_MS / 86400000 - 1);
    assert_string_equal(a.u.transfer.category, "garden");
    assert_true(a.u.transfer.has_request);
    assert_int_equal(a.u.transfer.request, 4);
    act_free(&a);
    free(payload);
    payload = good_act_payload(f, ACT_COOP_POLICY);
    assert_int_equal(parse_payload(payload, &a), REFUSED_NOT);
    assert_int_equal(a.u.coop_policy.bounds.floor, -5);
    assert_int_equal(a.u.coop_policy.registrar.ceiling, 6);
    assert_int_equal(a.u.coop_policy.reversal_days, 3);
    assert_false(a.u.coop_policy.bounds.no_ceiling);
    act_free(&a);
    free(payload);
    fix_free(f);
}

static void test_not_json(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "[]",
                                      "1",
                                      "null",
                                      "\"transfer\"",
                                      "{}",
                                      "{\"type\":\"transfer\"}",
                                      "{\"type\":1}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        malformed(bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_each_member),
        cmocka_unit_test(test_member_without_keys),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_not_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
