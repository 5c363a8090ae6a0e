/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a policy says of levies and clearing (docs/protocol.md 4.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
#define POLICY                                                     \
    "'coop':'hansalim','unit':'hour','floor':-600,'ceiling':1200," \
    "'registrar_floor':-900,'registrar_ceiling':1800,'reversal_days':30"

static const char *policy(struct fix *f, const char *more)
{
    return fix_act(f, "t1 t2", "coop.policy", "hansalim", POLICY "%s", more);
}

static void test_policy(void **state)
{
    struct fix *f = *state;

    IS(policy(f, ",'levy_per_mille':5"), "malformed"); /* into no purse */
    IS(policy(f, ",'levy_monthly':5"), "malformed");
    IS(policy(f, ",'levy_monthly':0,'levy_purse':'fund@hansalim'"), "malformed");
    IS(policy(f, ",'levy_per_mille':1001,'levy_purse':'fund@hansalim'"), "malformed");
    IS(policy(f, ",'levy_per_mille':-1,'levy_purse':'fund@hansalim'"), "malformed");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':'fund@icoop'"), "malformed");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':'fund'"), "malformed");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':null"), "malformed");
    IS(policy(f, ",'clearing':'sometimes'"), "malformed");
    IS(policy(f, ",'clearing':null"), "malformed");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':'alice@hansalim'"), "unknown-account");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':'nobody@hansalim'"), "unknown-account");
    /* The state says what was said, in its order. */
    IS(policy(f, ",'levy_purse':'fund@hansalim','levy_monthly':60,'levy_per_mille':0,"
                 "'clearing':'never'"),
       "posted");
    assert_non_null(strstr(fix_part(f, f->n - 1, 1),
                           "\"reversal_days\":30,\"clearing\":\"never\",\"levy_per_mille\":0,"
                           "\"levy_monthly\":60,\"levy_purse\":\"fund@hansalim\"}}"));
    assert_int_equal(state_policy(f->s, "hansalim", "hour")->clearing, CLEARING_NEVER);
    IS(policy(f, ",'clearing':'ask'"), "posted");
    assert_non_null(
        strstr(fix_part(f, f->n - 1, 1), "\"reversal_days\":30,\"clearing\":\"ask\"}}"));
    IS(policy(f, ",'levy_per_mille':0"), "posted"); /* nothing to pay, so no purse */
    IS(policy(f, ""), "posted");
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), "\"reversal_days\":30}}"));
    assert_int_equal(state_policy(f->s, "hansalim", "hour")->clearing, CLEARING_ASK);
    IS(fix_act(f, "t1 t2", "member.close", "hansalim", "'member':'fund@hansalim'"), "posted");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':'fund@hansalim'"), "closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_policy)};

    return cmocka_run_group_tests_name("rules_levy", tests, NULL, NULL);
}
