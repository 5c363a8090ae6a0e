/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which versions of PostgreSQL a cluster may be of; clusters that are made,
 * test_ledgerd_pgserver.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ledgerd/files.h"
#include "ledgerd/pginit.h"

static void versions(void **state)
{
    static const struct {
        const char *text;
        int version;
        const char *says;
    } cases[] = {
        {"15\n", 15, ""},
        {"18\n", 18, ""},
        {"14\n", -1, "made by PostgreSQL 14"},
        {"19\n", -1, "made by PostgreSQL 19"},
        {"9.6\n", -1, "does not hold a version"},
    };
    const char *tmp = getenv("TMPDIR");
    char *dir = x_asprintf("%s/versions-XXXXXX", tmp ? tmp : "/tmp"), *file;
    char err[600];

    (void)state;
    assert_non_null(mkdtemp(dir));
    file = x_asprintf("%s/PG_VERSION", dir);
    assert_int_equal(pginit_cluster_version(dir, err, sizeof(err)), 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        err[0] = '\0';
        assert_int_equal(file_write(file, cases[i].text, strlen(cases[i].text), 0600), 0);
        assert_int_equal(pginit_cluster_version(dir, err, sizeof(err)), cases[i].version);
        assert_non_null(strstr(err, cases[i].says));
    }
    assert_null(pginit_find_programs("/nonexistent", 0, err, sizeof(err)));
    assert_non_null(strstr(err, "/nonexistent/postgres"));
    assert_int_equal(dir_remove(dir), 0);
    free(file);
    free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
