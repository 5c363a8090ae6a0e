/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a database has been through, beside what this ledgerd knows; of real ones
 * test_ledgerd_pgserver.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ledgerd/migrate.h"

static void migrations_compared(void **state)
{
    static const struct migration own[] = {{1, "one", "a"}, {2, "two", "b"}};
    char one[MIGRATION_HASH_SIZE], two[MIGRATION_HASH_SIZE];
    const struct migration_applied have[] = {{1, "one", one}, {2, "two", two}, {3, "three", "x"}};
    const struct migration_applied renamed[] = {{1, "uno", one}};
    const struct migration_applied gap[] = {{2, "two", two}};

    char err[600];

    (void)state;
    migration_hash("a", one);
    migration_hash("b", two);
    assert_string_equal(one, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
    assert_int_equal(migrate_compare(own, 2, have, 0, err, sizeof(err)), SCHEMA_EMPTY);
    assert_int_equal(migrate_compare(own, 2, have, 1, err, sizeof(err)), SCHEMA_OLDER);
    assert_non_null(strstr(err, "older than this ledgerd (schema 1, and this ledgerd needs 2)"));
    assert_non_null(strstr(err, "ledgerd migrate"));
    assert_int_equal(migrate_compare(own, 2, have, 2, err, sizeof(err)), SCHEMA_OK);
    assert_int_equal(migrate_compare(own, 2, have, 3, err, sizeof(err)), SCHEMA_NEWER);
    assert_int_equal(migrate_compare(own, 2, renamed, 1, err, sizeof(err)), SCHEMA_DIFFERS);
    assert_int_equal(migrate_compare(own, 2, gap, 1, err, sizeof(err)), SCHEMA_DIFFERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(migrations_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
