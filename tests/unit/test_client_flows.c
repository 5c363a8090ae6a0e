/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A network's trade, counted from the golden records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/flows.h"

#include <cmocka.h>

#define RECORDS 42 /* those of the first story */

struct log {
    char *header[RECORDS], *act[RECORDS];
};

static void read_record(struct log *l, size_t i)
{
    char *pattern = x_asprintf("tests/data/golden/%02zu-*.txt", i), *line = NULL;
    size_t cap = 0;
    glob_t found;
    FILE *file;

    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    file = fopen(found.gl_pathv[0], "r");
    assert_non_null(file);
    while (getline(&line, &cap, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "header ", 7) == 0 && l->header[i] == NULL)
            l->header[i] = x_strdup(line + 7);
        else if (strncmp(line, "part ", 5) == 0 && l->act[i] == NULL)
            l->act[i] = x_strdup(line + 5);
    }
    fclose(file);
    free(line);
    free(pattern);
    globfree(&found);
}

static int set_up(void **state)
{
    struct log *l = x_calloc(1, sizeof(*l));

    for (size_t i = 0; i < RECORDS; i++)
        read_record(l, i);
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    struct log *l = *state;

    for (size_t i = 0; i < RECORDS; i++) {
        free(l->header[i]);
        free(l->act[i]);
    }
    free(l);
    return 0;
}

static int earlier(void *arg, int64_t index, struct act *out)
{
    struct log *l = arg;
    struct refusal refusal;
    const char *why;
    struct part part;
    int rc = -1;

    if (index < 0 || index >= RECORDS ||
        part_parse(&part, l->act[index], strlen(l->act[index]), &why) != 0)
        return -1;
    rc = act_parse(out, &part.act, &refusal) == 0 ? 0 : -1;
    part_free(&part);
    return rc;
}

static int add(struct flows *f, struct log *l, size_t i)
{
    return flows_record(f, l->header[i], strlen(l->header[i]), l->act[i], strlen(l->act[i]),
                        earlier, l);
}

static void test_counted(void **state)
{
    struct log *l = *state;
    struct flows f;

    flows_init(&f);
    for (size_t i = 0; i < RECORDS; i++)
        assert_int_equal(add(&f, l, i), 0);
    flows_settle(&f);
    assert_int_equal(f.size, RECORDS);
    assert_int_equal(f.coops, 1);
    assert_int_equal(f.n_units, 1);
    assert_string_equal(flows_find_unit(&f, "hour")->name, "시간");
    assert_null(flows_find_unit(&f, "won"));
    /* What went to the fund and came from it is no trade. One payment for a garden is too few to
     * tell what it was for. */
    assert_int_equal(f.n, 2);
    assert_string_equal(f.rows[0].month, "2026-11");
    assert_string_equal(f.rows[0].category, "");
    assert_int_equal(f.rows[0].payments, 2);
    assert_int_equal(f.rows[0].amount, 60 + 45);
    assert_int_equal(f.rows[0].reversals, 3);
    assert_int_equal(f.rows[0].reversed, 45);
    assert_int_equal(flow_net(&f.rows[0]), 60);
    assert_string_equal(f.rows[1].category, FLOWS_OTHER);
    assert_int_equal(f.rows[1].payments, 1);
    assert_int_equal(f.rows[1].amount, 90);
    assert_string_equal(f.rows[1].from, "hansalim");
    assert_string_equal(f.rows[1].to, "hansalim");
    flows_free(&f);
}

static void test_not_a_log(void **state)
{
    struct log *l = *state;
    struct flows f;

    flows_init(&f);
    assert_int_equal(add(&f, l, 1), -1); /* not the first one */
    assert_int_equal(flows_record(&f, l->header[0], strlen(l->header[0]), "{}", 2, earlier, l), -1);
    assert_int_equal(flows_record(&f, "", 0, l->act[0], strlen(l->act[0]), earlier, l), -1);
    /* Another part in the act's place. */
    assert_int_equal(flows_record(&f, l->header[0], strlen(l->header[0]),
                                  "{\"part\":\"book\",\"salt\":\"HAl7LDdZYZtSZmIv53IX-g\","
                                  "\"book\":\"hansalim\",\"seq\":1}",
                                  82, earlier, l),
                     -1);
    assert_int_equal(add(&f, l, 0), 0);
    assert_int_equal(add(&f, l, 0), -1);
    flows_free(&f);
}

static void test_split(void **state)
{
    const char *header, *act;
    size_t header_len, act_len;

    (void)state;
    assert_int_equal(flows_split("h\na\nb\n\nmore", 12, &header, &header_len, &act, &act_len), 7);
    assert_int_equal(header_len, 1);
    assert_memory_equal(act, "a", act_len);
    assert_int_equal(flows_split("h\na\n\n", 5, &header, &header_len, &act, &act_len), 5);
    assert_int_equal(act_len, 1);
    /* One without a part, one that doesn't end, nothing. */
    assert_int_equal(flows_split("h\n\n", 3, &header, &header_len, &act, &act_len), 0);
    assert_int_equal(flows_split("h\na\n", 4, &header, &header_len, &act, &act_len), 0);
    assert_int_equal(flows_split("\n\n", 2, &header, &header_len, &act, &act_len), 0);
    assert_int_equal(flows_split("", 0, &header, &header_len, &act, &act_len), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counted),
        cmocka_unit_test(test_not_a_log),
        cmocka_unit_test(test_split),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
