/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/refusal.h"

/* Protocol section 2 has the words in this order, section 4 the statuses. */
static const struct {
    const char *name;
    int status;
} rows[] = {
    {"none", 200},
    {"malformed", 400},
    {"too-large", 413},
    {"bad-signature", 401},
    {"not-permitted", 403},
    {"wrong-audience", 422},
    {"not-yet-valid", 422},
    {"expired", 422},
    {"id-reused", 409},
    {"voided", 422},
    {"unknown-account", 422},
    {"unknown-unit", 422},
    {"unknown-key", 401},
    {"unknown-record", 422},
    {"insufficient-credit", 422},
    {"payee-cannot-receive", 422},
    {"line-exhausted", 422},
    {"same-account", 422},
    {"frozen", 422},
    {"closed", 422},
    {"already-exists", 409},
    {"already-reversed", 409},
    {"already-answered", 409},
    {"request-mismatch", 422},
    {"limit-out-of-bounds", 422},
    {"text-mismatch", 422},
    {"busy", 503},
};

static void test_table(void **state)
{
    assert_int_equal(ARRAY_LEN(rows), REFUSED_COUNT);
    for (int i = 0; i < REFUSED_COUNT; i++) {
        assert_string_equal(refusal_name((enum refusal_code)i), rows[i].name);
        assert_int_equal(refusal_status((enum refusal_code)i), rows[i].status);
    }
}

static void test_refuse(void **state)
{
    struct refusal r;

    memset(&r, 0xff, sizeof(r));
    assert_int_equal(refuse(&r, REFUSED_FROZEN, "%s is frozen", "alice@hansalim"), -1);
    assert_int_equal(r.code, REFUSED_FROZEN);
    assert_string_equal(r.detail, "alice@hansalim is frozen");
    assert_false(r.has_numbers);
    assert_true(r.balance == 0 && r.floor == 0 && r.available == 0 && r.needed == 0);
}

static void test_long_detail_is_cut(void **state)
{
    struct refusal r;

    assert_int_equal(refuse(&r, REFUSED_MALFORMED, "%0300d", 1), -1);
    assert_int_equal(strlen(r.detail), sizeof(r.detail) - 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_long_detail_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
