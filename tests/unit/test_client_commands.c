/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The command table is consistent, the command line is taken apart rightly, and the man page knows
 * every command and option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/files.h"

/* After ours: it has a macro that is called fail, too. */
#include <cmocka.h>

#define WORDS_MAX 16

/* Takes a line apart at blanks; the exit code. */
static int parse(struct cli *out, char *line)
{
    char *argv[WORDS_MAX + 1] = {NULL};
    int argc = 0;

    for (char *word = line; word != NULL && argc < WORDS_MAX;) {
        char *blank = strchr(word, ' ');

        argv[argc++] = word;
        if (blank != NULL)
            *blank++ = '\0';
        word = blank;
    }
    return cli_parse(out, argc, argv, commands);
}

static void test_pay(void **state)
{
    char line[] = "pumasi -p work pay --json bob@x -m garden 1:30 -y hour";
    struct cli cli;

    assert_int_equal(parse(&cli, line), PUMASI_OK);
    assert_ptr_equal(cli.command, &cmd_pay);
    assert_int_equal(cli.n_args, 3);
    assert_string_equal(cli_arg(&cli, 0), "bob@x");
    assert_string_equal(cli_arg(&cli, 1), "1:30");
    assert_string_equal(cli_arg(&cli, 2), "hour");
    assert_null(cli_arg(&cli, 3));
    assert_string_equal(cli_value(&cli, "memo"), "garden");
    assert_string_equal(cli_value(&cli, "profile"), "work");
    assert_true(cli_given(&cli, "json"));
    assert_true(cli_given(&cli, "yes"));
    assert_false(cli_given(&cli, "finish"));
}

static void test_forms(void **state)
{
    char together[] = "pumasi pay -yma bob@x --category=food 1 hour -k a --key b";
    char negative[] = "pumasi pay bob@x -1:30 hour";
    char fingerprint[] =
        "pumasi key revoke hansalim -mLf3Aq8mptCpCoCpWAZGVMMh_kbhIKBFW9OKFPZp10 --role registrar";
    char words[] = "pumasi key list";
    char dashes[] = "pumasi pay -- --json -m x";
    struct cli cli;

    assert_int_equal(parse(&cli, together), PUMASI_OK);
    assert_true(cli_given(&cli, "yes"));
    assert_string_equal(cli_value(&cli, "memo"), "a");
    assert_string_equal(cli_value(&cli, "category"), "food");
    assert_string_equal(cli_nth(&cli, "key", 0), "a");
    assert_string_equal(cli_nth(&cli, "key", 1), "b");
    assert_null(cli_nth(&cli, "key", 2));
    assert_int_equal(cli.n_args, 3);

    assert_int_equal(parse(&cli, negative), PUMASI_OK);
    assert_string_equal(cli_arg(&cli, 1), "-1:30");
    assert_int_equal(parse(&cli, fingerprint), PUMASI_OK);
    assert_string_equal(cli_arg(&cli, 1), "-mLf3Aq8mptCpCoCpWAZGVMMh_kbhIKBFW9OKFPZp10");
    assert_string_equal(cli_value(&cli, "role"), "registrar");
    assert_int_equal(parse(&cli, words), PUMASI_OK);
    assert_ptr_equal(cli.command, &cmd_key_list);
    assert_int_equal(parse(&cli, dashes), PUMASI_OK);
    assert_string_equal(cli_arg(&cli, 0), "--json");
    assert_string_equal(cli_arg(&cli, 1), "-m");
}

static void test_wrong(void **state)
{
    static const char *const lines[] = {
        "pumasi",
        "pumasi pya bob@x 1 hour",
        "pumasi key",
        "pumasi key nwe",
        "pumasi request bob@x 1",
        "pumasi pay bob@x 1 hour more",
        "pumasi pay --request",
        "pumasi reverse",
        "pumasi reverse 12 1:30 hour",
        "pumasi decline",
        "pumasi decline 12 13",
        "pumasi requests 12",
        "pumasi pay bob@x 1 hour --memo",
        "pumasi pay bob@x 1 hour --colour",
        "pumasi pay bob@x 1 hour -Q",
        "pumasi --memo x pay bob@x 1 hour", /* pay's own option before it is known that it is pay */
        "pumasi balance --finish",
    };
    struct cli cli;

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        char *line = x_strdup(lines[i]);

        assert_int_equal(parse(&cli, line), PUMASI_USAGE);
        free(line);
    }
}

static void test_asking(void **state)
{
    char request[] = "pumasi request bob@x 1:30 hour -m garden -t fund@x --expires 2026-12-01";
    char answer[] = "pumasi pay -r 12 -y";
    char reverse[] = "pumasi reverse 12 -r wrong 0:30";
    char decline[] = "pumasi decline AmLf3Aq8mptCpCoCpWAZGVMMh -r no";
    char requests[] = "pumasi requests --state paid";
    struct cli cli;

    assert_int_equal(parse(&cli, request), PUMASI_OK);
    assert_ptr_equal(cli.command, &cmd_request);
    assert_string_equal(cli_value(&cli, "to"), "fund@x");
    assert_string_equal(cli_value(&cli, "expires"), "2026-12-01");
    assert_int_equal(parse(&cli, answer), PUMASI_OK);
    assert_int_equal(cli.n_args, 0);
    assert_string_equal(cli_value(&cli, "request"), "12");
    assert_int_equal(parse(&cli, reverse), PUMASI_OK);
    assert_string_equal(cli_arg(&cli, 1), "0:30");
    assert_string_equal(cli_value(&cli, "reason"), "wrong");
    assert_int_equal(parse(&cli, decline), PUMASI_OK);
    assert_string_equal(cli_arg(&cli, 0), "AmLf3Aq8mptCpCoCpWAZGVMMh");
    assert_int_equal(parse(&cli, requests), PUMASI_OK);
    assert_string_equal(cli_value(&cli, "state"), "paid");
}

static void test_help_wins(void **state)
{
    char line[] = "pumasi pay --help";
    struct cli cli;

    assert_int_equal(parse(&cli, line), PUMASI_OK);
    assert_true(cli.help);
    assert_ptr_equal(cli.command, &cmd_pay);
}

static void test_numbers(void **state)
{
    char line[] = "pumasi history -n 12";
    struct cli cli;
    int64_t n = 7;

    assert_int_equal(parse(&cli, line), PUMASI_OK);
    assert_int_equal(cli_number(&cli, "limit", 1, 100, &n), PUMASI_OK);
    assert_int_equal(n, 12);
    assert_int_equal(cli_number(&cli, "limit", 1, 10, &n), PUMASI_USAGE);
    assert_int_equal(cli_number(&cli, "absent", 1, 10, &n), PUMASI_OK);
    assert_int_equal(n, 12);
}

static void check_options(const struct command *k, const char *page)
{
    static const char global[] = "pkyhV";

    for (const struct cli_option *o = k->options; o != NULL && o->name != NULL; o++) {
        char *word = x_asprintf("Fl -%s", o->name), letter[8];

        assert_non_null(o->help);
        if (o->letter != 0) {
            assert_null(strchr(global, o->letter));
            snprintf(letter, sizeof(letter), "Fl %c", o->letter);
            assert_non_null(strstr(page, letter));
        } else if (strstr(page, word) == NULL) {
            fail_msg("pumasi.1 doesn't know --%s", o->name);
        }
        for (const struct cli_option *other = k->options; other < o; other++) {
            assert_string_not_equal(other->name, o->name);
            assert_true(o->letter == 0 || other->letter != o->letter);
        }
        free(word);
    }
}

/* Run where the sources are. */
static void test_table(void **state)
{
    char *page = NULL;
    size_t len;

    if (files_read("docs/man/pumasi.1", 1 << 20, &page, &len) != 0)
        fail_msg("docs/man/pumasi.1 isn't there");
    for (const struct command *const *k = commands; *k != NULL; k++) {
        char *word = x_asprintf(".It Ic %s%s%s", (*k)->name, (*k)->sub == NULL ? "" : " ",
                                (*k)->sub == NULL ? "" : (*k)->sub);
        char *long_word = x_asprintf(".It Xo Ic %s", word + strlen(".It Ic "));

        if (strstr(page, word) == NULL && strstr(page, long_word) == NULL)
            fail_msg("pumasi.1 doesn't know the command of %s", word);
        assert_non_null((*k)->run);
        assert_non_null((*k)->summary);
        assert_non_null((*k)->args);
        assert_true((*k)->max_args == -1 || (*k)->min_args <= (*k)->max_args);
        check_options(*k, page);
        for (const struct command *const *other = commands; other < k; other++)
            assert_false(str_eq((*k)->name, (*other)->name) && (*k)->sub != NULL &&
                         (*other)->sub != NULL && str_eq((*k)->sub, (*other)->sub));
        free(long_word);
        free(word);
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pay),     cmocka_unit_test(test_forms),
        cmocka_unit_test(test_wrong),   cmocka_unit_test(test_help_wins),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_table),
        cmocka_unit_test(test_asking),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
