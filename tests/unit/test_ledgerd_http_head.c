/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/base.h"
#include "ledgerd/http_head.h"

/* The head in a block of exactly its size, so that sanitizers see a step beyond it. */
struct parsed {
    struct http_head head;
    char *bytes;
    int status;
};

static struct parsed parse_len(const char *text, size_t len)
{
    struct parsed p;
    const char *why = NULL;

    p.bytes = x_malloc(len + (len == 0));
    memcpy(p.bytes, text, len);
    p.status = http_head_parse(&p.head, p.bytes, len, &why);
    if (p.status != 0) {
        assert_non_null(why);
    }
    return p;
}

static struct parsed parse(const char *text)
{
    return parse_len(text, strlen(text));
}

static void refused(const char *text, int status)
{
    struct parsed p = parse(text);

    if (p.status != status) {
        fail_msg("%d instead of %d: %s", p.status, status, text);
    }
    free(p.bytes);
}

#define HOST "Host: x\r\n"

static void test_plain(void **state)
{
    struct parsed p =
        parse("GET /v1/coops?limit=3 HTTP/1.1\r\nHost: ledger.example:7474\r\n"
              "Authorization:Bearer abc \r\nX-Empty:\r\nX-B: \t two  words\t\r\n\r\n");

    (void)state;
    assert_int_equal(p.status, 0);
    assert_string_equal(p.head.method, "GET");
    assert_string_equal(p.head.path, "/v1/coops");
    assert_string_equal(p.head.query, "limit=3");
    assert_true(p.head.keep_alive);
    assert_false(p.head.chunked);
    assert_false(p.head.has_length);
    assert_false(p.head.expects_continue);
    assert_int_equal(p.head.length, 0);
    assert_string_equal(http_head_field(&p.head, "authorization"), "Bearer abc");
    assert_string_equal(http_head_field(&p.head, "x-empty"), "");
    assert_string_equal(http_head_field(&p.head, "X-b"), "two  words");
    assert_null(http_head_field(&p.head, "X"));
    free(p.bytes);

    p = parse("POST / HTTP/1.1\r\n" HOST "Content-Length: 0012\r\nExpect: 100-Continue\r\n\r\n");
    assert_int_equal(p.status, 0);
    assert_null(p.head.query);
    assert_true(p.head.has_length);
    assert_int_equal(p.head.length, 12);
    assert_true(p.head.expects_continue);
    free(p.bytes);

    p = parse("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n");
    assert_int_equal(p.status, 0);
    assert_true(p.head.chunked);
    free(p.bytes);

    p = parse("GET http://ledger.example/a?b?c HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(p.status, 0);
    assert_string_equal(p.head.path, "/a");
    assert_string_equal(p.head.query, "b?c");
    free(p.bytes);
}

static void keeps(const char *text, bool keep_alive)
{
    struct parsed p = parse(text);

    assert_int_equal(p.status, 0);
    assert_int_equal(p.head.keep_alive, keep_alive);
    free(p.bytes);
}

static void test_keep_alive(void **state)
{
    (void)state;
    keeps("GET / HTTP/1.1\r\n" HOST "\r\n", true);
    keeps("GET / HTTP/1.1\r\n" HOST "Connection: Close\r\n\r\n", false);
    keeps("GET / HTTP/1.1\r\n" HOST "Connection: x, close\r\n\r\n", false);
    keeps("GET / HTTP/1.1\r\n" HOST "Connection: closed\r\n\r\n", true);
    keeps("GET / HTTP/1.0\r\n\r\n", false);
    keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true);
    keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false);
}

static void test_request_line(void **state)
{
    (void)state;
    refused("", 400);
    refused("\r\n\r\n", 400);
    refused("GET\r\n\r\n", 400);
    refused("GET /\r\n\r\n", 400);
    refused("GET  / HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET /  HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET / HTTP/1.1 \r\n" HOST "\r\n", 400);
    refused(" GET / HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET / x HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("G\tT / HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("G(T / HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET / http/1.1\r\n" HOST "\r\n", 400);
    refused("GET / HTTP/11\r\n" HOST "\r\n", 400);
    refused("GET / HTTP/1.1x\r\n" HOST "\r\n", 400);
    refused("GET / HTTP/2.0\r\n" HOST "\r\n", 505);
    refused("GET / HTTP/1.2\r\n" HOST "\r\n", 505);
    refused("GET * HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET ledger.example:80 HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET http://ledger.example HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET http:/// HTTP/1.1\r\n" HOST "\r\n", 400);
    /* The host ends at a '?' too, so there is no path: not everybody's "/healthz". */
    refused("GET http://h?a=/healthz HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET https://?/healthz HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET ftp://x/ HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET /\xed\x95\x9c HTTP/1.1\r\n" HOST "\r\n", 400);
    refused("GET /\x7f HTTP/1.1\r\n" HOST "\r\n", 400);
}

static void test_first_bytes(void **state)
{
    (void)state;
    assert_true(http_head_may_begin("", 0));
    assert_true(http_head_may_begin("G", 1));
    assert_true(http_head_may_begin("~x", 2));
    assert_true(http_head_may_begin("\r", 1)); /* more may come */
    assert_true(http_head_may_begin("\r\n", 2));
    assert_false(http_head_may_begin("\rG", 2));
    assert_false(http_head_may_begin("\nG", 2));
    assert_false(http_head_may_begin(" G", 2));
    assert_false(http_head_may_begin("\0G", 2));
    assert_false(http_head_may_begin("(", 1));
    assert_false(http_head_may_begin("\xed\x95\x9c", 3));
    assert_false(http_head_may_begin("\x16\x03\x01", 3)); /* TLS */
}

static void test_fields(void **state)
{
    struct parsed p;

    (void)state;
    refused("GET / HTTP/1.1\r\n\r\n", 400); /* no Host */
    refused("GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: x y\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: u@x\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" HOST "X\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" HOST "X : x\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", 400); /* a folded line */
    refused("GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" HOST "X: a\nY: b\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" HOST "X: a\rY: b\r\n\r\n", 400);
    refused("GET / HTTP/1.1\n" HOST "\r\n", 400);
    refused("GET / HTTP/1.1\r\n" HOST "\r\nmore", 400);
    refused("GET / HTTP/1.1\r\n" HOST, 400);
    refused("GET / HTTP/1.1\r\n" HOST "Authorization: a\r\nAuthorization: b\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" HOST "Content-Type: a\r\ncontent-type: a\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\n\r\n", 417);
    p = parse_len("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n", 34);
    assert_int_equal(p.status, 400);
    free(p.bytes);
    p = parse_len("GET /\0a HTTP/1.1\r\n" HOST "\r\n", 29);
    assert_int_equal(p.status, 400);
    free(p.bytes);
    p = parse("GET / HTTP/1.1\r\n" HOST "X: caf\xc3\xa9 \xff\r\n\r\n");
    assert_int_equal(p.status, 0);
    free(p.bytes);
}

static void test_too_many_fields(void **state)
{
    char text[HTTP_HEAD_MAX];

    (void)state;
    for (int n = HTTP_FIELDS_MAX - 1; n <= HTTP_FIELDS_MAX; n++) {
        struct parsed p;
        size_t len = 0;

        memcpy(text, "GET / HTTP/1.1\r\n" HOST, 25);
        len = 25;
        for (int i = 0; i < n; i++) {
            memcpy(text + len, "X: y\r\n", 6);
            len += 6;
        }
        memcpy(text + len, "\r\n", 2);
        p = parse_len(text, len + 2);
        assert_int_equal(p.status, n < HTTP_FIELDS_MAX ? 0 : 431);
        free(p.bytes);
    }
}

static void test_framing(void **state)
{
    (void)state;
    refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 5 5\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501);
    refused("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501);
    refused("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"
            "\r\n\r\n",
            400);
    refused("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
            400);
    refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 400);
    refused("HEAD / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 0);
}

static void chunk(const char *line, int status, uint64_t size)
{
    uint64_t got = 0;

    assert_int_equal(http_chunk_size(line, strlen(line), 1 << 22, &got), status);
    if (status == 0) {
        assert_int_equal(got, size);
    }
}

static void test_chunks(void **state)
{
    (void)state;
    chunk("0", 0, 0);
    chunk("000a", 0, 10);
    chunk("1fF", 0, 511);
    chunk("400000", 0, 1 << 22);
    chunk("400001", -1, 0);
    chunk("5;name=\"value\"", 0, 5);
    chunk("5 ; name", 0, 5);
    chunk("", -1, 0);
    chunk(";x", -1, 0);
    chunk("5 5", -1, 0);
    chunk("0x5", -1, 0);
    chunk("-1", -1, 0);
    chunk("g", -1, 0);
    chunk("5;\x01", -1, 0);
    chunk("00000000000000000", -1, 0); /* no end of zeros */
    chunk("ffffffffffffffffffff", -1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_request_line), cmocka_unit_test(test_first_bytes),
        cmocka_unit_test(test_fields),       cmocka_unit_test(test_too_many_fields),
        cmocka_unit_test(test_framing),      cmocka_unit_test(test_chunks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
