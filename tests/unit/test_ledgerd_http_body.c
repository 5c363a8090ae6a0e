/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bodies of requests, wherever the network cuts them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "ledgerd/http_body.h"

/* Reads `text`, of which a first part comes before the rest; what isn't read of it is *rest. */
static enum http_body_step read_cut(struct http_body *b, const struct http_head *head,
                                    const char *text, size_t cut, uint64_t *most, size_t *rest)
{
    struct evbuffer *in = evbuffer_new();
    enum http_body_step step;
    bool all = false;

    assert_non_null(in);
    assert_int_equal(evbuffer_add(in, text, cut), 0);
    http_body_begin(b, head);
    *most = http_body_announced(b);
    for (;;) {
        step = http_body_read(b, in);
        if (step == HTTP_BODY_GROWS) {
            *most = http_body_announced(b);
        } else if (step == HTTP_BODY_WAITS && !all) {
            all = true;
            assert_int_equal(evbuffer_add(in, text + cut, strlen(text) - cut), 0);
        } else {
            break;
        }
    }
    *rest = evbuffer_get_length(in) + (all ? 0 : strlen(text) - cut);
    evbuffer_free(in);
    return step;
}

/* However it is cut, it ends with that step. A whole one is `body`, and what follows is left. */
static void check(const struct http_head *head, const char *text, enum http_body_step wanted,
                  const char *body, const char *next)
{
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        struct http_body b = {0};
        uint64_t most;
        size_t rest;

        assert_int_equal(read_cut(&b, head, text, cut, &most, &rest), wanted);
        if (wanted == HTTP_BODY_WHOLE) {
            assert_int_equal(b.bytes.len, strlen(body));
            assert_string_equal(b.bytes.data == NULL ? "" : b.bytes.data, body);
            assert_int_equal(most, strlen(body));
            assert_int_equal(rest, strlen(next));
        }
        http_body_free(&b);
    }
}

static void a_body_of_known_length_ends_there(void **state)
{
    struct http_head head = {.has_length = true, .length = 5};

    (void)state;
    check(&head, "12345", HTTP_BODY_WHOLE, "12345", "");
    check(&head, "12345GET /", HTTP_BODY_WHOLE, "12345", "GET /");
    check(&head, "1234", HTTP_BODY_WAITS, NULL, NULL);
    head.length = 0;
    check(&head, "GET /", HTTP_BODY_WHOLE, "", "GET /");
}

static const struct http_head chunked = {.chunked = true};

static void chunks_are_put_together(void **state)
{
    char text[400];

    (void)state;
    check(&chunked, "0\r\n\r\n", HTTP_BODY_WHOLE, "", "");
    check(&chunked, "2\r\n{}\r\n0\r\n\r\nGET /", HTTP_BODY_WHOLE, "{}", "GET /");
    check(&chunked, "2;a=b\r\n\r\n\r\n00a\r\n0123456789\r\n0\r\n\r\n", HTTP_BODY_WHOLE,
          "\r\n0123456789", "");
    /* Trailers are passed over. */
    check(&chunked, "1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n2\r\n", HTTP_BODY_WHOLE, "x", "2\r\n");
    check(&chunked, "2\r\n{}\r\n0\r\nA: b\r\n", HTTP_BODY_WAITS, NULL, NULL);
    (void)snprintf(text, sizeof(text), "1;%0254d\r\n", 0);
    check(&chunked, text, HTTP_BODY_BAD, NULL, NULL);
    (void)snprintf(text, sizeof(text), "1;%0253d\r\nx\r\n0\r\n\r\n", 0);
    check(&chunked, text, HTTP_BODY_WHOLE, "x", "");
}

static void what_is_no_chunk_is_bad(void **state)
{
    static const char *const texts[] = {
        "2\n{}\r\n0\r\n\r\n",    /* a bare LF */
        "\r\n2\r\n{}\r\n",       /* no size */
        "+2\r\n{}\r\n0\r\n\r\n", /* nothing but hexadecimal digits */
        "0x2\r\n{}\r\n0\r\n\r\n",
        "-1\r\n",
        "2\r\n{}0\r\n\r\n",           /* no line end behind the chunk */
        "2\r\n{}}\r\n0\r\n\r\n",      /* a longer chunk than it said */
        "2\r\n{}\r\n0\r\nA: b\n\r\n", /* a bare LF among the trailers */
        "ffffffffffffffff\r\n",       /* beyond what can be counted */
        "8000000000000000\r\n",
        "10000000000000001\r\nx\r\n\n", /* 1 in 64 bits */
    };
    struct buf b = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        check(&chunked, texts[i], HTTP_BODY_BAD, NULL, NULL);
    }
    /* Trailers for ever, in short lines or in one long one. */
    buf_puts(&b, "0\r\n");
    for (int i = 0; i < 128; i++) {
        buf_puts(&b, "A: bcd\r\n");
    }
    check(&chunked, b.data, HTTP_BODY_WAITS, NULL, NULL);
    buf_puts(&b, "\r\n");
    check(&chunked, b.data, HTTP_BODY_BAD, NULL, NULL);
    buf_clear(&b);
    buf_printf(&b, "0\r\n%0300d", 0);
    check(&chunked, b.data, HTTP_BODY_BAD, NULL, NULL);
    buf_free(&b);
}

static void a_chunk_is_announced_before_it_comes(void **state)
{
    struct http_body b = {0};
    uint64_t most;
    size_t rest;

    (void)state;
    assert_int_equal(read_cut(&b, &chunked, "3\r\nabc\r\n7fffffff\r\nd", 3, &most, &rest),
                     HTTP_BODY_WAITS);
    assert_int_equal(most, INT64_C(0x7fffffff) + 3);
    assert_int_equal(b.bytes.len, 4);
    http_body_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_of_known_length_ends_there),
        cmocka_unit_test(chunks_are_put_together),
        cmocka_unit_test(what_is_no_chunk_is_bad),
        cmocka_unit_test(a_chunk_is_announced_before_it_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
