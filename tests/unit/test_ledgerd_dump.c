/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading an export that somebody else made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledgerd/dump.h"

static const char *const names[] = {"ledger.json", "checkpoint", "records", "texts.ndjson",
                                    "pending.ndjson"};

static char folder[PATH_MAX];

static void put(const char *name, const char *text, size_t len)
{
    char *path = x_asprintf("%s/%s", folder, name);
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    free(path);
}

static int set_up(void **state)
{
    static const char info[] = "{\"format\":\"" DUMP_FORMAT "\",\"id\":\"a#b\",\"origin\":\"a\","
                               "\"vkey\":\"v\",\"size\":1}\n";

    const char *tmp = getenv("TMPDIR");

    (void)state;
    (void)snprintf(folder, sizeof(folder), "%s/dump.XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(folder));
    put("ledger.json", info, sizeof(info) - 1);
    put("checkpoint", "note\n", 5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *path = x_asprintf("%s/%s", folder, names[i]);

        (void)unlink(path);
        free(path);
    }
    return rmdir(folder);
}

/* What becomes of the first record; the reader is closed. */
static int first_record(size_t *n_parts, char *why, size_t size)
{
    struct part_list parts = {0};
    const char *note, *header;
    struct dump_info info;
    size_t header_len;
    struct dump_reader *r = dump_open(folder, &info, &note, why, size);
    int rc;

    assert_non_null(r);
    rc = dump_next_record(r, &header, &header_len, &parts, why, size);
    *n_parts = parts.n;
    part_list_free(&parts);
    dump_close(r);
    return rc;
}

static void a_record(void **state)
{
    char why[512];
    size_t n;

    (void)state;
    put("records", "header\nact\nposting\n\n", 20);
    assert_int_equal(first_record(&n, why, sizeof(why)), 1);
    assert_int_equal(n, 2);
}

static void what_is_no_record(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        {"header\n\n", 8},         {"header\nact\n", 11},     {"header\nact", 10},
        {"header\na\0ct\n\n", 13}, {"header\n\0act\n\n", 13}, {"header\nact\0\n\n", 13},
    };
    char why[512];
    size_t n;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put("records", rows[i].text, rows[i].len);
        assert_int_equal(first_record(&n, why, sizeof(why)), -1);
    }
}

static void lines_have_a_length(void **state)
{
    char *text = x_malloc(DUMP_LINE_MAX + 16), why[512];
    size_t n;

    (void)state;
    memset(text, 'x', DUMP_LINE_MAX + 16);
    memcpy(text, "header\n", 7);
    memcpy(text + 7 + DUMP_LINE_MAX - 1, "\n\n", 2); /* as long as may be */
    put("records", text, 7 + DUMP_LINE_MAX + 1);
    assert_int_equal(first_record(&n, why, sizeof(why)), 1);
    memcpy(text + 7 + DUMP_LINE_MAX - 1, "x\n\n", 3);
    put("records", text, 7 + DUMP_LINE_MAX + 2);
    assert_int_equal(first_record(&n, why, sizeof(why)), -1);
    free(text);
}

/* It is given up after the longest line there may be, not when memory is at its end. */
static void a_file_without_end(void **state)
{
    char *path = x_asprintf("%s/records", folder), why[512];
    size_t n;

    (void)state;
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_int_equal(first_record(&n, why, sizeof(why)), -1);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_have_a_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_without_end, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
