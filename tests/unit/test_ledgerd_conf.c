/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledgerd/conf.h"
#include "ledgerd/files.h"
#include "ledgerd/log.h"

static char dir[256];
static char err[600];

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(dir, sizeof(dir), "%s/conf-XXXXXX", tmp != NULL ? tmp : "/tmp");
    return mkdtemp(dir) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return dir_remove(dir);
}

static char *in_dir(const char *name)
{
    return x_asprintf("%s/%s", dir, name);
}

/* Reads text as a configuration file. */
static int read_text(struct conf *c, const char *text)
{
    char *path = in_dir("test.conf");
    int rc;

    assert_int_equal(file_write(path, text, strlen(text), 0600), 0);
    conf_init(c);
    err[0] = '\0';
    rc = conf_read_file(c, path, err, sizeof(err));
    free(path);
    return rc;
}

static void defaults(void **state)
{
    struct conf c;

    (void)state;
    conf_init(&c);
    assert_string_equal(c.data, "/var/lib/pumasi");
    assert_string_equal(c.listen, "127.0.0.1:7474");
    assert_string_equal(c.database, "");
    assert_int_equal(c.batch_max, 1000);
    assert_int_equal(c.takeover_ms, 15000);
    assert_int_equal(c.log_format, LOG_FORMAT_AUTO);
    assert_int_equal(c.log_level, LOG_LEVEL_INFO);
    conf_free(&c);
}

static void reads_a_file(void **state)
{
    struct conf c;

    (void)state;
    assert_int_equal(read_text(&c, "# a comment\n"
                                   "[database]\n"
                                   "  database = host=a,b dbname='my ledger'\n"
                                   "read_connections=8 ; behind a blank\n"
                                   "\n"
                                   "[log]\r\n"
                                   "log_format = json\r\n"
                                   "[posting]\n"
                                   "verify_threads = 3"),
                     0);
    assert_string_equal(c.database, "host=a,b dbname='my ledger'");
    assert_int_equal(c.read_connections, 8);
    assert_int_equal(c.log_format, LOG_FORMAT_JSON);
    assert_int_equal(c.verify_threads, 3);
    conf_free(&c);
}

struct bad {
    const char *text;
    int line;
    const char *says;
};

static const struct bad bads[] = {
    {"[http]\nlisten = 127.0.0.1:7474\nport = 1\n", 3, "no option 'port'"},
    {"[http]\nbatch_max = 5\n", 2, "belongs under [posting]"},
    {"batch_max = 5\n", 1, "belongs under [posting]"},
    {"[httpd]\nx = 5\n", 2, "no section [httpd]"},
    {"[posting]\nbatch_max = 0\n", 2, "from 1 to 10000, not '0'"},
    {"[posting]\nbatch_max = 10001\n", 2, "from 1 to 10000"},
    {"[posting]\nbatch_max = 1e3\n", 2, "whole number"},
    {"[posting]\nbatch_max = 007\n", 2, "whole number"},
    {"[posting]\nbatch_max =\n", 2, "whole number"},
    {"[posting]\nbatch_max = 5\nbatch_max = 6\n", 3, "given twice"},
    {"[log]\nlog_level = loud\n", 2, "debug|info|warn|error, not 'loud'"},
    {"[log]\nlog_level = inf\n", 2, "not 'inf'"},
    {"[ledgerd]\ndata =\n", 2, "must not be empty"},
    {"[http]\nlisten = localhost:7474\n", 2, "'localhost:7474' is no address"},
    {"[http]\nlisten = 127.0.0.1:7474,\n", 2, "'' is no address"},
    {"[http]\nlisten =\n", 2, "must not be empty"},
    {"[http]\ntrusted_proxy = 10.0.0.0/8, proxy\n", 2, "'proxy' is no address or network"},
    {"[http\nlisten = 127.0.0.1:7474\n", 1, "neither"},
    {"\n\nwhat is this\n", 3, "neither"},
};

static void bad_lines_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
        char where[64];
        struct conf c;

        if (read_text(&c, bads[i].text) == 0)
            fail_msg("taken: %s", bads[i].text);
        snprintf(where, sizeof(where), "test.conf:%d: ", bads[i].line);
        if (strstr(err, where) == NULL || strstr(err, bads[i].says) == NULL)
            fail_msg("'%s' is not about '%s%s'", err, where, bads[i].says);
        conf_free(&c);
    }
}

static void long_lines(void **state)
{
    char text[6000];
    struct conf c;

    (void)state;
    snprintf(text, sizeof(text), "[database]\ndatabase = host=%0*d\n", 3000, 1);
    assert_int_equal(read_text(&c, text), 0);
    assert_int_equal(strlen(c.database), strlen("host=") + 3000);
    conf_free(&c);
    snprintf(text, sizeof(text), "[database]\ndatabase = host=%0*d\n", 5000, 1);
    assert_int_equal(read_text(&c, text), -1);
    assert_non_null(strstr(err, "test.conf:2: the line is too long"));
    conf_free(&c);
}

static void missing_file(void **state)
{
    struct conf c;
    char *path = in_dir("none.conf");

    (void)state;
    conf_init(&c);
    assert_int_equal(conf_read_file(&c, path, err, sizeof(err)), -1);
    assert_non_null(strstr(err, "No such file"));
    conf_free(&c);
    free(path);
}

/* Who can write the file must not thereby choose whom a root process becomes. */
static void user_only_from_roots_file(void **state)
{
    char *path = in_dir("test.conf");
    struct conf c;

    (void)state;
    assert_int_equal(read_text(&c, "[ledgerd]\nuser = other\n"), 0);
    conf_free(&c);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 65534, 65534), 0);
        conf_init(&c);
        assert_int_equal(conf_read_file(&c, path, err, sizeof(err)), -1);
        assert_non_null(strstr(err, "belongs to root"));
        conf_free(&c);
        assert_int_equal(chown(path, 0, 0), 0);
        assert_int_equal(chmod(path, 0620), 0);
        conf_init(&c);
        assert_int_equal(conf_read_file(&c, path, err, sizeof(err)), -1);
        conf_free(&c);
    }
    free(path);
}

static void command_line_wins(void **state)
{
    char *file = in_dir("ledgerd.conf"), *used;
    const char *text = "[posting]\nbatch_max = 5\nqueue_max = 7\n[ledgerd]\ndata = /elsewhere\n";
    char *argv[] = {(char *)"ledgerd",
                    (char *)"init",
                    (char *)"--batch-max=9",
                    (char *)"--name",
                    (char *)"Mapo",
                    (char *)"--data",
                    dir,
                    (char *)"--",
                    (char *)"--data",
                    NULL};
    int argc = 9;
    struct conf c;

    (void)state;
    assert_int_equal(file_write(file, text, strlen(text), 0600), 0);
    assert_int_equal(conf_load(&c, &argc, argv, &used, err, sizeof(err)), 0);
    assert_string_equal(used, file);
    assert_int_equal(c.batch_max, 9);
    assert_int_equal(c.queue_max, 7);
    assert_string_equal(c.data, dir);
    /* What isn't ours stays, in order. */
    assert_int_equal(argc, 6);
    assert_string_equal(argv[1], "init");
    assert_string_equal(argv[2], "--name");
    assert_string_equal(argv[3], "Mapo");
    assert_string_equal(argv[4], "--");
    assert_string_equal(argv[5], "--data");
    assert_null(argv[6]);
    conf_free(&c);
    free(used);
    free(file);
}

static void command_line_errors(void **state)
{
    static const struct {
        const char *word, *value, *says;
    } cases[] = {
        {"--batch-max", "x", "on the command line: batch_max"},
        {"--listen", NULL, "--listen needs a value"},
        {"--config", "/nonexistent/x.conf", "/nonexistent/x.conf: No such file"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *argv[] = {(char *)"ledgerd", (char *)(uintptr_t)cases[i].word,
                        (char *)(uintptr_t)cases[i].value, NULL};
        int argc = cases[i].value != NULL ? 3 : 2;
        char *used;
        struct conf c;

        assert_int_equal(conf_load(&c, &argc, argv, &used, err, sizeof(err)), -1);
        assert_non_null(strstr(err, cases[i].says));
        conf_free(&c);
        free(used);
    }
}

static void relative_data_is_made_absolute(void **state)
{
    char *argv[] = {(char *)"ledgerd", (char *)"--data", (char *)"some/where", NULL};
    int argc = 3;
    char *used;
    struct conf c;

    (void)state;
    assert_int_equal(conf_load(&c, &argc, argv, &used, err, sizeof(err)), 0);
    assert_int_equal(c.data[0], '/');
    assert_non_null(strstr(c.data, "/some/where"));
    assert_int_equal(argc, 1);
    conf_free(&c);
    free(used);
}

static void addresses(void **state)
{
    struct conf_addr *a;
    size_t n;

    (void)state;
    assert_int_equal(conf_addrs(" 127.0.0.1:7474 , [::1]:0", &a, &n, err, sizeof(err)), 0);
    assert_int_equal(n, 2);
    assert_string_equal(a[0].host, "127.0.0.1");
    assert_int_equal(a[0].port, 7474);
    assert_string_equal(a[1].host, "::1");
    assert_int_equal(a[1].port, 0);
    free(a);
    assert_int_equal(conf_addrs("", &a, &n, err, sizeof(err)), 0);
    assert_int_equal(n, 0);
    assert_int_equal(conf_addrs("127.0.0.1:65536", &a, &n, err, sizeof(err)), -1);
    assert_int_equal(conf_addrs("127.0.0.1", &a, &n, err, sizeof(err)), -1);
    assert_int_equal(conf_addrs("::1:80", &a, &n, err, sizeof(err)), -1);
    assert_int_equal(conf_addrs("[127.0.0.1]:80", &a, &n, err, sizeof(err)), -1);
    assert_int_equal(conf_addrs("127.0.0.1:-1", &a, &n, err, sizeof(err)), -1);
}

static char *read_or_fail(const char *path)
{
    char *text = file_read(path, 1024 * 1024, NULL);

    if (text == NULL)
        fail_msg("%s can't be read: run from the top of the source", path);
    return text;
}

/* Every option stands in the sample, commented out, at its default, under its section. */
static void sample_has_every_option(void **state)
{
    char *text = read_or_fail("config/ledgerd.conf");

    (void)state;
    for (size_t i = 0; i < conf_options_count; i++) {
        const struct conf_option *o = &conf_options[i];
        char *want =
            x_asprintf("\n#%s =%s%s\n", o->name, *o->fallback != '\0' ? " " : "", o->fallback);
        char *head = x_asprintf("\n[%s]\n", o->section);
        const char *at = strstr(text, want), *section = strstr(text, head);

        if (at == NULL || section == NULL || section > at)
            fail_msg("config/ledgerd.conf has no '%s' under [%s]", want, o->section);
        for (const char *p = section + 1; p < at; p++)
            if (p[0] == '\n' && p[1] == '[')
                fail_msg("config/ledgerd.conf: '%s' is not under [%s]", o->name, o->section);
        free(head);
        free(want);
    }
    free(text);
}

/* Nothing else stands there: the sample with its options uncommented is read without complaint. */
static void sample_is_valid(void **state)
{
    char *text = read_or_fail("config/ledgerd.conf"), *out = x_malloc(strlen(text) + 1), *o = out;
    struct conf c;
    int options = 0;

    (void)state;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '#' && (p == text || p[-1] == '\n') && p[1] >= 'a' && p[1] <= 'z') {
            options++;
            continue;
        }
        *o++ = *p;
    }
    *o = '\0';
    if (read_text(&c, out) != 0)
        fail_msg("%s", err);
    assert_int_equal(options, conf_options_count);
    conf_free(&c);
    free(out);
    free(text);
}

/* The manual page has an item for each, under its section, and names its default. */
static void man_page_has_every_option(void **state)
{
    char *text = read_or_fail("docs/man/ledgerd.conf.5");

    (void)state;
    for (size_t i = 0; i < conf_options_count; i++) {
        const struct conf_option *o = &conf_options[i];
        char *item = x_asprintf("\n.It Cm %s\n", o->name);
        char *head = x_asprintf("\n.Ss [%s]\n", o->section);
        const char *at = strstr(text, item), *section = strstr(text, head);
        const char *next, *said;

        if (at == NULL || section == NULL || section > at)
            fail_msg("docs/man/ledgerd.conf.5 has no %s under [%s]", o->name, o->section);
        next = strstr(section + 1, "\n.Ss ");
        assert_true(next == NULL || next > at);
        next = strstr(at + 1, "\n.It ");
        said = strstr(at, "The default is");
        if (said == NULL || (next != NULL && said > next) ||
            (*o->fallback != '\0' && strstr(said, o->fallback) == NULL) ||
            (next != NULL && *o->fallback != '\0' && strstr(said, o->fallback) > next))
            fail_msg("docs/man/ledgerd.conf.5 does not say the default of %s", o->name);
        free(head);
        free(item);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test_setup_teardown(reads_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_lines_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(missing_file, setup, teardown),
        cmocka_unit_test_setup_teardown(user_only_from_roots_file, setup, teardown),
        cmocka_unit_test_setup_teardown(command_line_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(command_line_errors, setup, teardown),
        cmocka_unit_test(relative_data_is_made_absolute),
        cmocka_unit_test(addresses),
        cmocka_unit_test(sample_has_every_option),
        cmocka_unit_test_setup_teardown(sample_is_valid, setup, teardown),
        cmocka_unit_test(man_page_has_every_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
