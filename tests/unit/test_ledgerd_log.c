/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "ledgerd/log.h"

static int ends[2];

static int setup(void **state)
{
    (void)state;
    return pipe2(ends, O_CLOEXEC | O_NONBLOCK);
}

static int teardown(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    log_open(STDERR_FILENO, LOG_FORMAT_AUTO, LOG_LEVEL_INFO);
    return 0;
}

/* What was logged since the last call. */
static const char *logged(void)
{
    static char text[65536];
    ssize_t n = read(ends[0], text, sizeof(text) - 1);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void plain_line(void **state)
{
    const char *text;

    (void)state;
    log_open(ends[1], LOG_FORMAT_PLAIN, LOG_LEVEL_INFO);
    log_info("%d acts posted", 3);
    text = logged();
    /* "2026-11-22 21:44:04.123 info  3 acts posted\n" */
    assert_int_equal(text[4], '-');
    assert_int_equal(text[19], '.');
    assert_string_equal(text + 23, " info  3 acts posted\n");
}

static void plain_fields(void **state)
{
    (void)state;
    log_open(ends[1], LOG_FORMAT_PLAIN, LOG_LEVEL_INFO);
    log_event(LOG_LEVEL_WARN, "slow", LOG_INT("ms", -12), LOG_STR("by", "alice@hansalim"),
              LOG_STR("why", "two words"), LOG_STR("none", ""), LOG_STR("null", NULL));
    assert_string_equal(logged() + 23, " warn  slow ms=-12 by=alice@hansalim why=\"two words\" "
                                       "none=\"\" null=\"\"\n");
}

static void levels(void **state)
{
    (void)state;
    log_open(ends[1], LOG_FORMAT_PLAIN, LOG_LEVEL_WARN);
    log_debug("a");
    log_info("b");
    assert_string_equal(logged(), "");
    assert_false(log_wants(LOG_LEVEL_INFO));
    assert_true(log_wants(LOG_LEVEL_WARN));
    log_error("c");
    assert_string_equal(logged() + 23, " error c\n");
}

/* A pipe is no terminal. */
static void json_when_no_terminal(void **state)
{
    json_t *line, *time;

    (void)state;
    log_open(ends[1], LOG_FORMAT_AUTO, LOG_LEVEL_DEBUG);
    log_event(LOG_LEVEL_DEBUG, "a \"quoted\" word", LOG_INT("n", 7), LOG_STR("s", "x=\"y\""));
    line = json_loads(logged(), 0, NULL);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "level")), "debug");
    assert_string_equal(json_string_value(json_object_get(line, "msg")), "a \"quoted\" word");
    assert_string_equal(json_string_value(json_object_get(line, "s")), "x=\"y\"");
    assert_int_equal(json_integer_value(json_object_get(line, "n")), 7);
    time = json_object_get(line, "time");
    assert_int_equal(json_string_length(time), strlen("2026-11-22T21:44:04.123Z"));
    json_decref(line);
}

struct sample {
    const char *in, *out;
};

static const struct sample samples[] = {
    {"a\nb", "a\\nb"},
    {"a\r\tb", "a\\r\\tb"},
    {"\x1b[31mred", "\\x1b[31mred"},
    {"\x7f", "\\x7f"},
    {"\xc2\x85", "\\u{0085}"}, /* C1: next line */
    {"a\xe2\x80\xae"
     "b",
     "a\\u{202e}b"},                     /* right-to-left override */
    {"\xe2\x81\xa6", "\\u{2066}"},       /* isolate */
    {"\xe2\x80\xa8", "\\u{2028}"},       /* line separator */
    {"\xe2\x80\x8b", "\\u{200b}"},       /* zero-width space */
    {"\xef\xbb\xbf", "\\u{feff}"},       /* byte order mark */
    {"\xf3\xa0\x81\x81", "\\u{e0041}"},  /* tag character */
    {"\xff", "\\xff"},                   /* no UTF-8 */
    {"\xc0\x8a", "\\xc0\\x8a"},          /* over-long line end */
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
    {"\xe3\x81", "\\xe3\\x81"},                               /* cut */
    {"\xec\xa0\x95\xec\x9b\x90", "\xec\xa0\x95\xec\x9b\x90"}, /* Hangul stays */
    {"\\n", "\\\\n"}, /* what only looks escaped is told apart */
};

/* Nothing from outside can forge a line, hide one, or move a terminal's cursor. */
static void escapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        const struct sample *s = &samples[i];
        char want[128];
        const char *text;
        json_t *line;

        log_open(ends[1], LOG_FORMAT_PLAIN, LOG_LEVEL_INFO);
        log_info("%s", s->in);
        snprintf(want, sizeof(want), " info  %s\n", s->out);
        assert_string_equal(logged() + 23, want);
        log_event(LOG_LEVEL_INFO, "m", LOG_STR("k", s->in));
        snprintf(want, sizeof(want), " info  m k=%s\n", s->out);
        assert_string_equal(logged() + 23, want);

        log_open(ends[1], LOG_FORMAT_JSON, LOG_LEVEL_INFO);
        log_event(LOG_LEVEL_INFO, s->in, LOG_STR("k", s->in));
        text = logged();
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
        line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(line);
        assert_string_equal(json_string_value(json_object_get(line, "msg")), s->out);
        assert_string_equal(json_string_value(json_object_get(line, "k")), s->out);
        json_decref(line);
    }
}

static void forged_field(void **state)
{
    (void)state;
    log_open(ends[1], LOG_FORMAT_PLAIN, LOG_LEVEL_INFO);
    log_event(LOG_LEVEL_INFO, "m", LOG_STR("k", "v\" level=error"));
    assert_string_equal(logged() + 23, " info  m k=\"v\\\" level=error\"\n");
}

static void long_message_is_cut(void **state)
{
    char *big = malloc(20001);
    const char *text;
    json_t *line;

    (void)state;
    memset(big, 'a', 20000);
    big[20000] = '\0';
    log_open(ends[1], LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    log_info("%s", big);
    text = logged();
    assert_in_range(strlen(text), 4096, 4300);
    assert_non_null(strstr(text, "aaa...\""));
    line = json_loads(text, 0, NULL);
    assert_non_null(line);
    json_decref(line);
    free(big);
}

static void errno_is_kept(void **state)
{
    (void)state;
    log_open(ends[1], LOG_FORMAT_PLAIN, LOG_LEVEL_INFO);
    errno = ENOSPC;
    log_info("%m");
    assert_int_equal(errno, ENOSPC);
    assert_non_null(strstr(logged(), "No space left"));
}

#define THREADS 4
#define LINES   50

static void *many(void *arg)
{
    for (int i = 0; i < LINES; i++)
        log_event(LOG_LEVEL_INFO, "from a thread", LOG_INT("thread", (intptr_t)arg),
                  LOG_STR("pad", "................................................"));
    return NULL;
}

/* Each line comes out whole, whoever else writes. */
static void threads_do_not_mix(void **state)
{
    pthread_t threads[THREADS];
    const char *text;
    int lines = 0;

    (void)state;
    log_open(ends[1], LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    for (intptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    text = logged();
    for (const char *p = text; *p != '\0'; lines++) {
        size_t len = strcspn(p, "\n");
        json_t *line = json_loadb(p, len, 0, NULL);

        assert_non_null(line);
        json_decref(line);
        p += len + 1;
    }
    assert_int_equal(lines, THREADS * LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain_line, setup, teardown),
        cmocka_unit_test_setup_teardown(plain_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(levels, setup, teardown),
        cmocka_unit_test_setup_teardown(json_when_no_terminal, setup, teardown),
        cmocka_unit_test_setup_teardown(escapes, setup, teardown),
        cmocka_unit_test_setup_teardown(forged_field, setup, teardown),
        cmocka_unit_test_setup_teardown(long_message_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(errno_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(threads_do_not_mix, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
